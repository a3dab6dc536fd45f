// Section 5 of c_api.h: the short way of calls, for scalars in and a scalar out. It allocates and locks
// nothing. Anything unusual goes the long way (calls.cpp), which finds out what it is.
#include "capi/call.h"
#include "capi/dispatch.h"
#include "capi/marshal.h"

#include <bit>
#include <cstring>

namespace tn::capi {

namespace {

[[gnu::noinline, gnu::cold]] tn_status run_flat_slowly(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                                       tn_error** err) noexcept {
    try {
        if (core.is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
        CallScope scope(core);
        if (scope.status() != TN_OK) return scope.report_status(err);
        const TrapCode code = run(core, plan, row);
        return code == TrapCode::None ? TN_OK : report_trap(core, code, err);
    } catch (...) { return report_exception(err); }
}

// What cannot be entered at once: between tn_instance_enter and _leave, in a callback, by another thread than before.
[[gnu::noinline]] tn_status run_flat_again(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                           tn_error** err) noexcept {
    rt::Instance& instance = *core.rt;
    const auto entry = plan.entries[static_cast<unsigned>(instance.mode)].load(std::memory_order_acquire);
    if (!core.is_inside() || core.place != Place::Entered || !entry ||
        core.attention.load(std::memory_order_relaxed) != 0) {
        return run_flat_slowly(core, plan, row, err);
    }
    instance.begin_call();
    core.place = Place::Script;
    const TrapCode code = instance.invoke(entry, row);
    core.place = Place::Entered;
    return code == TrapCode::None ? TN_OK : report_trap(core, code, err);
}

// The unusual ends of run_flat(), which was inside.
[[gnu::noinline, gnu::cold]] tn_status leave_and_run_slowly(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                                            tn_error** err) noexcept {
    Inside::leave_instance(core);
    return run_flat_slowly(core, plan, row, err);
}
[[gnu::noinline, gnu::cold]] tn_status leave_after_trap(InstanceCore& core, TrapCode code, tn_error** err) noexcept {
    core.context()->trap_code = TrapCode::None;
    const tn_status status = report_trap(core, code, err);
    Inside::leave_instance(core);
    return status;
}
[[gnu::noinline, gnu::cold]] tn_status leave_with_care(InstanceCore& core) noexcept {
    Inside::leave_instance(core);
    return TN_OK;
}

// What CallScope and run() do, for the common case: no limits of time, the code is there, and this thread has the
// instance's bias. Few values live across the call, and every other end is a call of its own.
[[gnu::always_inline]] inline tn_status run_flat(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                                 tn_error** err) noexcept {
    rt::Instance& instance = *core.rt;
    if (!instance.enter_at_once()) [[unlikely]]
        return run_flat_again(core, plan, row, err);
    const auto entry = plan.entries[static_cast<unsigned>(instance.mode)].load(std::memory_order_acquire);
    // Attention is looked at once inside: what is set later interrupts the call by itself.
    if (core.attention.load(std::memory_order_relaxed) != 0 || !entry) [[unlikely]]
        return leave_and_run_slowly(core, plan, row, err);
    core.place = Place::Script;
    if (const std::uint32_t code = entry(&instance.context, row); code != 0) [[unlikely]]
        return leave_after_trap(core, static_cast<TrapCode>(code), err);
    if (core.is_closed() || instance.needs_care()) [[unlikely]]
        return leave_with_care(core);
    instance.leave_at_once();
    return TN_OK;
}

// The plan may be gone by now: a callback may free the last handles of instance, module and function. What is needed
// of it behind a call is read before.
[[gnu::always_inline]] inline tn_status give_flat_result(tn_tag result_tag, tn_status status,
                                                         const rt::Slot* row, tn_value* ret) noexcept {
    if (!ret) return status;
    if (status != TN_OK) [[unlikely]] {
        TN_SET_NONE(ret);
        return status;
    }
    // Tag and aux in one store.
    const std::uint64_t head = result_tag;
    std::memcpy(ret, &head, sizeof head);
    ret->as.u = head == TN_TAG_UNIT ? 0 : row[0].u;
    return TN_OK;
}

// As the short way of tn_call, when numbers must be looked at.
[[gnu::noinline]] tn_status call_narrow(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                        std::size_t nargs, tn_value* ret, tn_error** err) noexcept {
    rt::Slot row[FunctionPlan::max_flat];
    for (std::size_t i = 0; i < nargs; ++i) {
        if (args[i].tag != plan.tags[i] || !scalar_to_slot(plan.tags[i], args[i].as, row[i])) [[unlikely]]
            return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    const tn_tag result_tag = plan.result_tag;
    const tn_status status = run_flat(core, plan, row, err);
    if (result_tag == TN_TAG_F32) row[0].f64 = row[0].f32;
    return give_flat_result(result_tag, status, row, ret);
}

// Scalars only: anything unusual goes the slow way, which finds out what it is.
[[gnu::always_inline]] inline tn_status call(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                             std::size_t nargs, tn_value* ret, tn_error** err) noexcept {
    if (!plan.is_flat || nargs != plan.param_count || plan.module != core.module.get() || (nargs != 0 && !args))
        [[unlikely]] {
        return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    if (!plan.is_wide) return call_narrow(core, plan, args, nargs, ret, err);
    rt::Slot row[FunctionPlan::max_flat];
    std::uint32_t differ = 0;
    for (std::size_t i = 0; i < nargs; ++i) {
        differ |= args[i].tag ^ plan.tags[i];
        row[i].u = args[i].as.u;
    }
    if (differ != 0) [[unlikely]]
        return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    const tn_tag result_tag = plan.result_tag;
    return give_flat_result(result_tag, run_flat(core, plan, row, err), row, ret);
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

// Scalars only, as `call_narrow`.
tn_status call_flat_slots(InstanceCore& core, FunctionPlan& plan, tn_slot* io, tn_error** err) noexcept {
    rt::Slot row[FunctionPlan::max_flat];
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        if (!scalar_to_slot(plan.tags[i], io[i], row[i])) [[unlikely]]
            return report_bad_slot(plan, i, err);
    }
    const tn_tag result_tag = plan.result_tag;
    if (const tn_status status = run_flat(core, plan, row, err); status != TN_OK) [[unlikely]]
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
    return call(*static_cast<InstanceCore*>(instance->object), *static_cast<FunctionPlan*>(function->plan),
                args, nargs, ret, err);
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
    if (plan.module != core.module.get()) [[unlikely]]
        return call_slots_slowly(inst, f, io, nio, err);
    if (!plan.is_wide) return call_flat_slots(core, plan, io, err);
    // The host's slots are the row.
    return run_flat(core, plan, reinterpret_cast<tn::rt::Slot*>(io), err);
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
    return call(*frame->core, *function->plan, args, nargs, ret, err);
}
