// Instance: creation, entering and leaving, releases from other threads, the end of a trap.
#include "runtime/instance.h"

#include "runtime/entry_points.h"
#include "runtime/host_type.h"
#include "runtime/wrapped_list.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

namespace tn::rt {

Instance::Instance(std::shared_ptr<const Program> program_arg, std::shared_ptr<RuntimeShared> shared_arg)
    : program(std::move(program_arg)), shared(std::move(shared_arg)), context{} {
    context.descs = program->descs();
    context.instance = this;
    context.heap = &heap;
    context.hash_seed = shared->next_hash_seed();
    const ImageLayout& image = program->image();
    std::memcpy(at(sizeof(Context)), program->image_prototype(), image.total_size - sizeof(Context));
    for (const InstanceRef& ref : program->instance_refs()) {
        if (ref.desc == no_desc) continue;
        Object* object = empty(ref.desc);
        retain(object);
        std::memcpy(data() + ref.offset, &object, sizeof object);
    }
    shared->live_instances.fetch_add(1, std::memory_order_relaxed);
}

std::shared_ptr<Instance> Instance::create(std::shared_ptr<const Program> program,
                                           std::shared_ptr<RuntimeShared> shared) {
    // The image starts at the end of the Context, which may be inside the tail padding of Instance.
    constexpr std::size_t before_context = sizeof(Instance) - ((sizeof(Context) + 63) & ~std::size_t(63));
    const std::size_t size = before_context + program->image().total_size + 63;
    void* memory = ::operator new(size & ~std::size_t(63), std::align_val_t(64));
    auto* instance = new (memory) Instance(std::move(program), std::move(shared));
    return std::shared_ptr<Instance>(instance, &Instance::destroy);
}

void Instance::destroy(Instance* instance) noexcept {
    instance->~Instance();
    ::operator delete(static_cast<void*>(instance), std::align_val_t(64));
}

Instance::~Instance() {
    while (host_objects) close_host_object(*this, host_objects);
    finish_host_memory(std::exchange(host_memory, nullptr));
    give_stack_back();
    DeferredRelease* node = deferred_.load(std::memory_order_acquire);
    while (node) {
        DeferredRelease* next = node->next;
        if (node->object) {
            std::free(node);
        } else { // its frames go with the heap
            auto* call = static_cast<Suspension*>(node);
            shared->stacks.release(call->stack, true);
            delete call;
        }
        node = next;
    }
    shared->live_instances.fetch_sub(1, std::memory_order_relaxed);
}

EnterResult Instance::enter_slowly() noexcept {
    std::uintptr_t state = idle;
    if (!busy_.compare_exchange_strong(state, thread_token() | entered, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        if (!wait_for_release()) return EnterResult::Busy;
    }
    if (!take_from_bias()) {
        busy_.store(idle, std::memory_order_release);
        return EnterResult::Busy;
    }
    if (real_stack_limit_ == no_stack && !take_stack()) {
        busy_.store(idle, std::memory_order_release);
        return EnterResult::NoStack;
    }
    note_thread();
    prepare();
    return EnterResult::Entered;
}

void Instance::leave_slowly() noexcept {
    // Else another thread tries to enter while this one is inside through its bias.
    const bool is_ours = busy_.load(std::memory_order_relaxed) == (thread_token() | entered);
    (is_ours ? busy_ : inside_).store(0, std::memory_order_release);
}

void Instance::take_care() noexcept {
    heap.drop_kept();
    if (!stack_->parked) {
        give_stack_back();
    } else {
        if (std::exchange(stack_was_deep_, false)) StackPool::trim(stack_);
        needs_care_ = false;
    }
}

// Another thread is giving a reference back; that ends without any script's doing.
bool Instance::wait_for_release() noexcept {
    std::uintptr_t state = idle;
    while (!busy_.compare_exchange_weak(state, thread_token() | entered, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
        if ((state & entered) || state == (thread_token() | releasing)) return false;
        state = idle;
        std::this_thread::yield();
    }
    return true;
}

bool Instance::take_stack() noexcept {
    give_stack_back();
    stack_ = shared->stacks.acquire(stack_size_);
    if (!stack_) return false;
    real_stack_limit_ = reinterpret_cast<std::uintptr_t>(stack_->limit);
    needs_care_ = !stack_->parked;
    return true;
}

void Instance::give_stack_back() noexcept {
    if (!stack_) return;
    real_stack_limit_ = no_stack;
    needs_care_ = false;
    shared->stacks.release(std::exchange(stack_, nullptr), std::exchange(stack_was_deep_, false));
}

void Instance::release_from_any_thread(Object* object) noexcept {
    if (begin_release()) {
        rt_release(&context, object);
        drain_releases();
        end_release();
        return;
    }
    if (!object) return;
    auto* node = static_cast<DeferredRelease*>(std::malloc(sizeof(DeferredRelease)));
    if (!node) return; // it is freed with the instance
    node->object = object;
    defer(node);
}

void Instance::defer(DeferredRelease* node) noexcept {
    node->next = deferred_.load(std::memory_order_relaxed);
    while (!deferred_.compare_exchange_weak(node->next, node, std::memory_order_seq_cst,
                                            std::memory_order_relaxed)) {}
    // The owner may have left meanwhile.
    if (begin_release()) {
        drain_releases();
        end_release();
    }
}

// Takes the instance for a release: false when somebody is inside.
bool Instance::begin_release() noexcept {
    std::uintptr_t state = idle;
    if (!busy_.compare_exchange_strong(state, thread_token() | releasing, std::memory_order_seq_cst,
                                       std::memory_order_relaxed)) {
        return false;
    }
    if (take_from_bias()) return true;
    busy_.store(idle, std::memory_order_release);
    return false;
}

// The end of `releasing`, and the finalizers that waited for it.
void Instance::end_release() noexcept {
    heap.drop_kept();
    DeferredFinalizer* node = std::exchange(finalizers_, nullptr);
    HostMemory* ended = std::exchange(ended_memory_, nullptr);
    busy_.store(idle, std::memory_order_release);
    finish_host_memory(ended);
    while (node) {
        node->type->finalize(node->pointer, node->type->user_data);
        std::free(std::exchange(node, node->next));
    }
}

bool Instance::defer_finalizer(const HostType& type, void* pointer) noexcept {
    if (!is_releasing()) return false;
    auto* node = static_cast<DeferredFinalizer*>(std::malloc(sizeof(DeferredFinalizer)));
    if (!node) return false;
    node->type = &type;
    node->pointer = pointer;
    node->next = finalizers_;
    finalizers_ = node;
    return true;
}

bool Instance::defer_host_memory(HostMemory* memory) noexcept {
    if (!is_releasing()) return false;
    memory->next = ended_memory_;
    ended_memory_ = memory;
    return true;
}

void Instance::drain_slow() noexcept {
    DeferredRelease* node = deferred_.exchange(nullptr, std::memory_order_acquire);
    while (node) {
        DeferredRelease* next = node->next;
        if (node->object) {
            rt_release(&context, node->object);
            std::free(node);
        } else {
            end(static_cast<Suspension*>(node));
        }
        node = next;
    }
}

TrapRecord* Instance::begin_trap_record() noexcept {
    if (!trap_record_) trap_record_.reset(new (std::nothrow) TrapRecord);
    if (trap_record_ && !continues_trap_) trap_record_->clear();
    return trap_record_.get();
}

void Instance::finish_trap() noexcept {
    if (context.trap_code == TrapCode::StackOverflow) stack_was_deep_ = needs_care_ = true;
    Object* text = std::exchange(context.trap_text, nullptr);
    const bool is_told = std::exchange(continues_trap_, false);
    if (TrapRecord* record = trap_record_.get(); record && !is_told) {
        record->code = context.trap_code;
        record->a = context.trap_a;
        record->b = context.trap_b;
        if (!text) note_closed(*record, context);
        if (text) {
            const Seq* seq = static_cast<const Seq*>(text);
            auto length = static_cast<std::size_t>(seq->length);
            if (length > TrapRecord::max_text) {
                length = TrapRecord::max_text;
                while (length > 0 && (seq->data[length] & 0xc0) == 0x80) --length; // not inside a character
            }
            try {
                record->text.assign(reinterpret_cast<const char*>(seq->data), length);
            } catch (const std::bad_alloc&) { record->text.clear(); }
        }
    }
    context.trap_a = 0; // see note_closed
    rt_release(&context, text);
}

} // namespace tn::rt
