// Section 5 of c_api.h: the short way of calls, for scalars in and a scalar out. It allocates and locks
// nothing. Anything unusual goes the long way (calls.cpp), which finds out what it is.
#include "capi/call.h"
#include "capi/dispatch.h"
#include "capi/marshal.h"

#include <bit>
#include <cstring>

namespace tn::capi {

namespace {

// The two forms in which scalars come and go, each with what a call in it is made of. Behind run() nothing of
// the plan is read: a callback may free the last handles of instance, module and function. The parts are
// handed on one by one, not as an object, so that they stay in registers.

// A row of slots, which are known to be in range.
struct OnRow {
    static constexpr bool may_refuse = false;
    static auto entry(const FunctionPlan& plan, rt::CodeMode mode) {
        return plan.entries[static_cast<unsigned>(mode)].load(std::memory_order_acquire);
    }
    static bool is_there(driver::CompiledModule::Packed thunk) { return thunk != nullptr; }
    static std::uint32_t run(driver::CompiledModule::Packed thunk, rt::Context* context, rt::Slot* row) {
        return thunk(context, row);
    }
    // From outside of the instance, whatever there is about it.
    static tn_status slowly(InstanceCore& core, FunctionPlan& plan, tn_error** err, rt::Slot* row) noexcept {
        try {
            if (core.is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
            CallScope scope(core);
            if (scope.status() != TN_OK) return scope.report_status(err);
            const TrapCode code = tn::capi::run(core, plan, row);
            return code == TrapCode::None ? TN_OK : report_trap(core, code, err);
        } catch (...) { return report_exception(err); }
    }
    static void failed(rt::Slot*) {}
};

// Values, which the code looks at itself; `ret` may be null.
struct OnValues {
    static constexpr bool may_refuse = true;
    static auto entry(const FunctionPlan& plan, rt::CodeMode mode) {
        return plan.value_entries[static_cast<unsigned>(mode)].load(std::memory_order_acquire);
    }
    static bool is_there(driver::CompiledModule::Values) { return true; } // or refuses
    static std::uint32_t run(driver::CompiledModule::Values thunk, rt::Context* context, const tn_value* args,
                             std::size_t, tn_value* ret) {
        static_assert(sizeof(rt::HostValue) == sizeof(tn_value));
        static_assert(offsetof(rt::HostValue, slot) == offsetof(tn_value, as));
        return thunk(context, reinterpret_cast<const rt::HostValue*>(args),
                     reinterpret_cast<rt::HostValue*>(ret));
    }
    static tn_status slowly(InstanceCore& core, FunctionPlan& plan, tn_error** err, const tn_value* args,
                            std::size_t nargs, tn_value* ret) noexcept {
        return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    static void failed(const tn_value*, std::size_t, tn_value* ret) {
        if (ret) TN_SET_NONE(ret);
    }
};

// What cannot be entered at once: between tn_instance_enter and _leave, in a callback, by another thread than
// before.
template <typename Form, typename... Parts>
[[gnu::noinline]] tn_status run_again(InstanceCore& core, FunctionPlan& plan, tn_error** err,
                                      Parts... parts) noexcept {
    rt::Instance& instance = *core.rt;
    const auto entry = Form::entry(plan, instance.mode);
    if (!core.is_inside() || core.place != Place::Entered || !Form::is_there(entry) ||
        core.attention.load(std::memory_order_relaxed) != 0) {
        return Form::slowly(core, plan, err, parts...);
    }
    instance.begin_call();
    core.place = Place::Script;
    const std::uint32_t code = Form::run(entry, &instance.context, parts...);
    core.place = Place::Entered;
    if (code == 0) return TN_OK;
    if constexpr (Form::may_refuse) {
        if (code == rt::values_refused) return Form::slowly(core, plan, err, parts...);
    }
    instance.context.trap_code = TrapCode::None;
    Form::failed(parts...);
    return report_trap(core, static_cast<TrapCode>(code), err);
}

// The unusual ends of run_at_once(), which was inside.
template <typename Form, typename... Parts>
[[gnu::noinline, gnu::cold]] tn_status leave_and_run(InstanceCore& core, FunctionPlan& plan, tn_error** err,
                                                     Parts... parts) noexcept {
    Inside::leave_instance(core);
    return Form::slowly(core, plan, err, parts...);
}
[[gnu::noinline, gnu::cold]] tn_status leave_after_trap(InstanceCore& core, std::uint32_t code,
                                                        tn_error** err) noexcept {
    core.context()->trap_code = TrapCode::None;
    const tn_status status = report_trap(core, static_cast<TrapCode>(code), err);
    Inside::leave_instance(core);
    return status;
}
[[gnu::noinline, gnu::cold]] tn_status leave_with_care(InstanceCore& core) noexcept {
    Inside::leave_instance(core);
    return TN_OK;
}

// What a call of values may need after it, in memory: callee-saved registers for it would have to be saved
// and restored each time, as nobody looks at it unless the call fails.
struct Kept {
    FunctionPlan& plan;
    const tn_value* args;
    std::size_t nargs;
    tn_value* ret;
    tn_error** err;
};
[[gnu::always_inline]] inline void keep_in_memory(const Kept& kept) {
    asm volatile("" : : "r"(&kept) : "memory");
}

[[gnu::noinline, gnu::cold]] tn_status leave_after(InstanceCore& core, std::uint32_t code,
                                                   const Kept& kept) noexcept {
    if (code == rt::values_refused)
        return leave_and_run<OnValues>(core, kept.plan, kept.err, kept.args, kept.nargs, kept.ret);
    if (kept.ret) TN_SET_NONE(kept.ret);
    return leave_after_trap(core, code, kept.err);
}

// What CallScope and run() do, for the common case: no limits of time, the code is there, and this thread has
// the instance's bias. Few values live across the call, and every other end is a call of its own.
template <typename Form, typename... Parts>
[[gnu::always_inline]] inline tn_status run_at_once(InstanceCore& core, FunctionPlan& plan, tn_error** err,
                                                    Parts... parts) noexcept {
    rt::Instance& instance = *core.rt;
    if (!instance.enter_at_once()) [[unlikely]]
        return run_again<Form>(core, plan, err, parts...);
    const auto entry = Form::entry(plan, instance.mode);
    // Attention is looked at once inside: what is set later interrupts the call by itself.
    if (core.attention.load(std::memory_order_relaxed) != 0 || !Form::is_there(entry)) [[unlikely]]
        return leave_and_run<Form>(core, plan, err, parts...);
    core.place = Place::Script;
    if constexpr (Form::may_refuse) {
        const Kept kept{plan, parts..., err};
        keep_in_memory(kept);
        if (const std::uint32_t code = Form::run(entry, &instance.context, parts...); code != 0) [[unlikely]]
            return leave_after(core, code, kept);
    } else {
        if (const std::uint32_t code = Form::run(entry, &instance.context, parts...); code != 0) [[unlikely]]
            return leave_after_trap(core, code, err);
    }
    if (core.is_closed() || instance.needs_care()) [[unlikely]]
        return leave_with_care(core);
    instance.leave_at_once();
    return TN_OK;
}

// Scalars that have no entry for values: of closures, f32 and char. Anything unusual goes the slow way, which
// finds out what it is.
[[gnu::noinline]] tn_status call_on_row(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                        std::size_t nargs, tn_value* ret, tn_error** err) noexcept {
    rt::Slot row[FunctionPlan::max_flat];
    for (std::size_t i = 0; i < nargs; ++i) {
        if (args[i].tag != plan.tags[i] || !scalar_to_slot(plan.tags[i], args[i].as, row[i])) [[unlikely]]
            return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    const tn_tag result_tag = plan.result_tag; // the plan may be gone behind the call
    const tn_status status = run_at_once<OnRow>(core, plan, err, row);
    if (!ret) return status;
    if (status != TN_OK) [[unlikely]] {
        TN_SET_NONE(ret);
        return status;
    }
    slot_to_scalar(result_tag, row[0], *ret);
    if (result_tag == TN_TAG_UNIT) ret->as.u = 0;
    return TN_OK;
}

[[gnu::noinline]] tn_status call(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                 std::size_t nargs, tn_value* ret, tn_error** err) noexcept {
    if (!plan.is_flat || nargs != plan.param_count || plan.module != core.module.get() ||
        (nargs != 0 && !args)) [[unlikely]] {
        return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    return call_on_row(core, plan, args, nargs, ret, err);
}

[[gnu::noinline, gnu::cold]] tn_status report_bad_slot(const FunctionPlan& plan, std::size_t i,
                                                       tn_error** err) noexcept {
    return guarded(err, [&] {
        return report(
            err, TN_RANGE,
            {argument_name(plan, i), ": the number is out of range for `", plan.param_types[i]->name, "`"});
    });
}

} // namespace

tn_status refuse_handles(const tn_instance* inst, const tn_function* f, tn_error** err) {
    if (!find_instance(inst)) return report_handle(err, inst, "instance");
    return report_handle(err, f, "function");
}

// Scalars only, as `call_on_row`.
tn_status call_flat_slots(InstanceCore& core, FunctionPlan& plan, tn_slot* io, tn_error** err) noexcept {
    rt::Slot row[FunctionPlan::max_flat];
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        if (!scalar_to_slot(plan.tags[i], io[i], row[i])) [[unlikely]]
            return report_bad_slot(plan, i, err);
    }
    const tn_tag result_tag = plan.result_tag;
    if (const tn_status status = run_at_once<OnRow>(core, plan, err, row); status != TN_OK) [[unlikely]]
        return status;
    if (result_tag == TN_TAG_F32)
        io[0].f = row[0].f32;
    else if (result_tag != TN_TAG_UNIT)
        io[0].u = row[0].u;
    return TN_OK;
}

} // namespace tn::capi

using namespace tn::capi;

tn_status tn_call(tn_instance* inst, tn_function* f, const tn_value* args, size_t nargs, tn_value* ret,
                  tn_error** err) {
    if (err) *err = nullptr;
    const Extent<Cell> cells(handle_region);
    const auto* instance = reinterpret_cast<const Cell*>(inst);
    const auto* function = reinterpret_cast<const Cell*>(f);
    if (!cells.has(inst) || !cells.has(f) ||
        instance->kind.load(std::memory_order_acquire) != HandleKind::Instance ||
        function->kind.load(std::memory_order_acquire) != HandleKind::Function) [[unlikely]] {
        if (ret) TN_SET_NONE(ret);
        return refuse_handles(inst, f, err);
    }
    InstanceCore& core = *static_cast<InstanceCore*>(instance->object);
    FunctionPlan& plan = *static_cast<FunctionPlan*>(function->plan);
    if (nargs != function->arity || instance->module != function->module) [[unlikely]]
        return call(core, plan, args, nargs, ret, err);
    return run_at_once<OnValues>(core, plan, err, args, std::size_t{nargs}, ret);
}

tn_status tn_call_slots(tn_instance* inst, tn_function* f, tn_slot* io, size_t nio, tn_error** err) {
    if (err) *err = nullptr;
    const Extent<Cell> cells(handle_region);
    const auto* instance = reinterpret_cast<const Cell*>(inst);
    const auto* function = reinterpret_cast<const Cell*>(f);
    if (!cells.has(inst) || !cells.has(f) ||
        instance->kind.load(std::memory_order_acquire) != HandleKind::Instance ||
        function->kind.load(std::memory_order_acquire) != HandleKind::Function || !io ||
        static_cast<std::uint32_t>(nio) <= function->slots) [[unlikely]] {
        return call_slots_slowly(inst, f, io, nio, err);
    }
    InstanceCore& core = *static_cast<InstanceCore*>(instance->object);
    FunctionPlan& plan = *static_cast<FunctionPlan*>(function->plan);
    if (instance->module != function->module) [[unlikely]]
        return call_slots_slowly(inst, f, io, nio, err);
    if (!plan.is_wide) return call_flat_slots(core, plan, io, err);
    // The host's slots are the row.
    return run_at_once<OnRow>(core, plan, err, reinterpret_cast<tn::rt::Slot*>(io));
}

tn_status tn_frame_call(tn_frame* fr, tn_function* f, const tn_value* args, size_t nargs, tn_value* ret,
                        tn_error** err) {
    if (err) *err = nullptr;
    if (ret) TN_SET_NONE(ret);
    FrameObject* frame = find_frame(fr);
    if (!frame) return report_handle(err, fr, "frame");
    FunctionObject* function = find_function(f);
    if (!function) return report_handle(err, f, "function");
    if (!frame->core->is_inside())
        return report(err, TN_STATE, {"a frame belongs to the thread of its callback"});
    InstanceCore& core = *frame->core;
    FunctionPlan& plan = *function->plan;
    if (plan.is_by_value && nargs == plan.param_count && plan.module == core.module.get())
        return run_again<OnValues>(core, plan, err, args, std::size_t{nargs}, ret);
    return call(core, plan, args, nargs, ret, err);
}
