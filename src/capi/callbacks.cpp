// Section 8 of c_api.h: functions of a script as C function pointers.
#include "capi/call.h"
#include "host/callback_code.h"
#include "runtime/entry_points.h"
#include "runtime/utf8_check.h"

#include <cstring>

namespace tn::capi {

namespace {

struct ClosureObject {
    Ref<InstanceCore> instance;
    FunctionPlan* plan;
    host::CallbackSignature signature;
    std::unique_ptr<host::CallbackCode> code;
    tn_error* error = nullptr; // of the first call that failed since the host asked
    unsigned running = 0;      // calls

    ClosureObject(InstanceCore& core, FunctionPlan& function, std::span<const TypeId> params, TypeId result)
        : instance(Ref<InstanceCore>::share(&core)),
          plan(&function),
          signature(*core.module->compiled->ir().types, *core.module->compiled->ir().layouts, params,
                    result) {}
    ~ClosureObject() { tn_error_free(error); }
    ClosureObject(const ClosureObject&) = delete;
    ClosureObject& operator=(const ClosureObject&) = delete;
};

// The texts that C passed, as Strings of the instance, for one call.
class Texts {
public:
    explicit Texts(InstanceCore& core) : core_(core) {}
    ~Texts() {
        for (rt::Object* text : owned_) rt::rt_release(core_.context(), text);
    }
    Texts(const Texts&) = delete;
    Texts& operator=(const Texts&) = delete;

    tn_status add(rt::Slot& slot, tn_error** err) {
        const char* bytes = static_cast<const char*>(slot.ptr);
        if (!bytes) return report(err, TN_ARG, {"C passed NULL for a String"});
        const std::size_t length = std::strlen(bytes);
        if (rt::find_bad_utf8(bytes, length) != length)
            return report(err, TN_UTF8, {"C passed a text that is not UTF-8"});
        owned_.reserve(owned_.size() + 1);
        slot.ref = rt::rt_bytes_new(core_.context(), bytes, static_cast<std::int64_t>(length), 0);
        if (!slot.ref) return report_runtime_failure(core_, err);
        owned_.push_back(slot.ref);
        return TN_OK;
    }

private:
    InstanceCore& core_;
    std::vector<rt::Object*> owned_;
};

tn_status call(ClosureObject& closure, rt::Slot* io, tn_error** err) {
    InstanceCore& core = *closure.instance;
    if (core.is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
    CallScope scope(core);
    if (scope.status() != TN_OK) return scope.report_status(err);
    Texts texts(core);
    // The row of the function begins where the closure of a script would stand.
    std::memmove(io, io + 1, closure.signature.param_slots() * sizeof(rt::Slot));
    for (std::size_t slot : closure.signature.text_slots()) {
        if (tn_status status = texts.add(io[slot], err); status != TN_OK) return status;
    }
    const TrapCode code = run(core, *closure.plan, io);
    return code == TrapCode::None ? TN_OK : report_trap(core, code, err);
}

void enter_closure(void* user, rt::Slot* io) {
    auto& closure = *static_cast<ClosureObject*>(user);
    tn_error* error = nullptr;
    ++closure.running;
    const tn_status status = guarded(&error, [&] { return call(closure, io, &error); });
    --closure.running;
    if (status != TN_OK) {
        for (std::size_t i = 0; i < closure.signature.result_slots(); ++i) io[i].u = 0;
        if (!closure.error) std::swap(closure.error, error);
        tn_error_free(error);
    }
}

ClosureObject* find_closure(const tn_closure* handle) {
    Cell* cell = find_handle(handle, HandleKind::Closure);
    return cell ? static_cast<ClosureObject*>(cell->object) : nullptr;
}

} // namespace

} // namespace tn::capi

using namespace tn;
using namespace tn::capi;

tn_status tn_closure_new(tn_instance* inst, tn_function* f, tn_closure** out, tn_fnptr* code,
                         tn_error** err) {
    if (out) *out = nullptr;
    if (code) *code = nullptr;
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        FunctionObject* function = find_function(f);
        if (!function) return report_handle(err, f, "function");
        if (!out || !code) return report(err, TN_ARG, {out ? "code is NULL" : "out is NULL"});
        if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
        FunctionPlan& plan = *function->plan;
        if (plan.module != core->module.get()) {
            return report(err, TN_SIGNATURE,
                          {"`", plan.name, "` is a function of another module than the instance"});
        }
        const ir::Module& ir = core->module->compiled->ir();
        std::vector<TypeId> params;
        TypeId result = ir.types->simple(TypeKind::Unit);
        for (const ir::Export& exported : ir.exports) {
            if (exported.func != plan.func) continue;
            params = exported.params;
            result = exported.result;
        }
        if (plan.has_mut || !host::CallbackSignature::fits(*ir.types, params, result)) {
            return report(err, TN_SIGNATURE, {"C cannot call a function with the types of ", plan.signature});
        }
        auto closure = std::make_unique<ClosureObject>(*core, plan, params, result);
        closure->code =
            std::make_unique<host::CallbackCode>(closure->signature, &enter_closure, closure.get());
        Cell* cell = new_handle(HandleKind::Closure, closure.get());
        if (!cell) return report_no_memory(err);
        *code = closure.release()->code->pointer();
        *out = reinterpret_cast<tn_closure*>(cell);
        return TN_OK;
    });
}

tn_status tn_closure_take_error(tn_closure* c, tn_error** out) {
    if (out) *out = nullptr;
    ClosureObject* closure = find_closure(c);
    if (!c || !out) return TN_ARG;
    if (!closure) return TN_HANDLE;
    *out = std::exchange(closure->error, nullptr);
    return *out ? tn_error_status(*out) : TN_OK;
}

void tn_closure_free(tn_closure* c) {
    ClosureObject* closure = find_closure(c);
    if (closure && closure->running != 0) return; // C would return into memory that is gone
    if (void* object = release_handle(c, HandleKind::Closure)) delete static_cast<ClosureObject*>(object);
}
