// The life of the host's values, and what scripts do with them. See host_type.h.
#include "runtime/host_type.h"

#include "runtime/runtime_fns.h"
#include "runtime/seq.h"

#include <cstdio>
#include <utility>

namespace tn::rt {

namespace {

constexpr std::size_t max_message = 300;

const HostType& type_of(const Object* object) { return *object->desc->host; }

// The host's function may be called while a trap unwinds, and may use functions that trap.
class KeepsTrap {
public:
    explicit KeepsTrap(Context& context)
        : context_(context),
          code_(std::exchange(context.trap_code, TrapCode::None)),
          text_(std::exchange(context.trap_text, nullptr)) {}
    ~KeepsTrap() {
        context_.trap_code = code_;
        rt_release(&context_, std::exchange(context_.trap_text, text_));
    }
    KeepsTrap(const KeepsTrap&) = delete;
    KeepsTrap& operator=(const KeepsTrap&) = delete;

private:
    Context& context_;
    TrapCode code_;
    Object* text_;
};

std::string closed_text(const HostType& type) { return "this `" + type.path + "` is closed"; }

} // namespace

Object* fail_closed(Context* context, const Object* object) noexcept {
    try {
        return fail(context, TrapCode::HostError, closed_text(type_of(object)));
    } catch (const std::bad_alloc&) { return fail(context, TrapCode::HostError); }
}

void note_closed(TrapRecord& record, const Context& context) noexcept {
    if (record.code != TrapCode::HostError || context.trap_a <= 0) return;
    try {
        record.text = closed_text(*context.descs[context.trap_a - 1]->host);
    } catch (const std::bad_alloc&) { record.text.clear(); }
}

Object* new_host_object(Context* context, const ObjectDesc& desc, void* pointer) noexcept {
    Instance& instance = *context->instance;
    const HostType& type = *desc.host;
    const std::uint64_t extra = type.extra_bytes ? type.extra_bytes(pointer, type.user_data) : 0;
    void* memory = instance.heap.fits(sizeof(HostObject)) && extra <= instance.heap.limit() &&
                           instance.heap.fits(sizeof(HostObject) + extra)
                       ? instance.heap.allocate(sizeof(HostObject))
                       : nullptr;
    if (!memory) {
        if (type.finalize) {
            KeepsTrap keeps(*context);
            type.finalize(pointer, type.user_data);
        }
        return fail(context, TrapCode::MemoryLimit);
    }
    instance.heap.charge(extra);
    auto* object = new (memory) HostObject;
    object->count = 1;
    object->desc = &desc;
    object->pointer = pointer;
    object->extra = extra;
    object->next = instance.host_objects;
    object->link = &instance.host_objects;
    if (object->next) object->next->link = &object->next;
    instance.host_objects = object;
    return object;
}

void close_host_object(Instance& instance, HostObject* object) noexcept {
    void* pointer = object->pointer;
    if (!pointer) return;
    object->pointer = nullptr;
    *object->link = object->next;
    if (object->next) object->next->link = object->link;
    instance.heap.discharge(std::exchange(object->extra, 0));
    const HostType& type = type_of(object);
    if (!type.finalize || instance.defer_finalizer(type, pointer)) return;
    KeepsTrap keeps(instance.context);
    type.finalize(pointer, type.user_data);
}

void measure_host_object(Instance& instance, HostObject* object) noexcept {
    const HostType& type = type_of(object);
    if (!object->pointer || !type.extra_bytes) return;
    const std::uint64_t extra = type.extra_bytes(object->pointer, type.user_data);
    instance.heap.discharge(object->extra);
    object->extra = extra < Heap::max_block ? extra : Heap::max_block;
    instance.heap.charge(object->extra);
}

extern "C" {

Object* rt_host_new(Context* context, std::uint64_t pointer, std::int64_t desc) noexcept {
    if (pointer == 0) {
        char message[max_message];
        std::snprintf(message, sizeof message, "a host function gave no `%.200s`",
                      context->descs[desc]->host->path.c_str());
        return fail(context, TrapCode::HostError, message);
    }
    return new_host_object(context, *context->descs[desc], reinterpret_cast<void*>(pointer));
}

Object* rt_host_unique(Context* context, Object* object) noexcept {
    HostObject* shared = as_host(object);
    const HostType& type = type_of(object);
    if (!shared->pointer) {
        fail_closed(context, object);
        rt_release(context, object);
        return nullptr;
    }
    if (object->count == 1 || !type.clone) return object;
    void* copy = nullptr;
    const std::int32_t status = type.clone(shared->pointer, type.user_data, &copy);
    Object* result = nullptr;
    if (status != 0 || !copy) {
        char message[max_message];
        std::snprintf(message, sizeof message, "a `%.200s` could not be copied (status %d)", type.path.c_str(), status);
        fail(context, TrapCode::HostError, message);
    } else {
        result = new_host_object(context, *object->desc, copy);
    }
    rt_release(context, object);
    return result;
}

void rt_host_measure(Context* context, Object* object) noexcept {
    measure_host_object(*context->instance, as_host(object));
}

bool rt_host_equal(Context* context, Object* a, Object* b) noexcept {
    if (a == b) return true;
    if (!as_host(a)->pointer || !as_host(b)->pointer) {
        fail_closed(context, as_host(a)->pointer ? b : a);
        return false;
    }
    const HostType& type = type_of(a);
    return type.equal(as_host(a)->pointer, as_host(b)->pointer, type.user_data) != 0;
}

std::uint64_t rt_host_hash(Context* context, Object* object) noexcept {
    const HostType& type = type_of(object);
    if (as_host(object)->pointer) return type.hash(as_host(object)->pointer, type.user_data);
    fail_closed(context, object);
    return 0;
}

Object* rt_host_show(Context* context, Object* text, Object* object) noexcept {
    const HostType& type = type_of(object);
    void* pointer = as_host(object)->pointer;
    if (!pointer || !type.show) {
        char shown[max_message];
        std::snprintf(shown, sizeof shown, pointer ? "<%.200s>" : "<closed %.200s>", type.name.c_str());
        return append(context, text, shown);
    }
    Object* shown = type.show(context, type, pointer);
    if (!shown) {
        rt_release(context, text);
        return nullptr;
    }
    Object* result = append(context, text, view(shown));
    rt_release(context, shown);
    return result;
}

} // extern "C"

} // namespace tn::rt
