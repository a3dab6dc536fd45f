// Section 5 of c_api.h: the short way of calls, for scalars in and a scalar out. It allocates and locks
// nothing. Anything unusual goes the long way (calls.cpp), which finds out what it is.
#include "capi/call.h"
#include "capi/dispatch.h"
#include "capi/marshal.h"

#include <cstring>

namespace tn::capi {

namespace {

[[gnu::noinline]] tn_status run_flat_slowly(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                            tn_error** err) noexcept {
    try {
        CallScope scope(core);
        if (scope.status() != TN_OK) return scope.report_status(err);
        const TrapCode code = run(core, plan, row);
        return code == TrapCode::None ? TN_OK : report_trap(core, code, err);
    } catch (...) { return report_exception(err); }
}

// What CallScope and run() do, for the common case: no limits of time, the code is there.
[[gnu::noinline]] tn_status run_flat(InstanceCore& core, FunctionPlan& plan, rt::Slot* row,
                                                 tn_error** err) noexcept {
    rt::Instance& instance = *core.rt;
    const bool from_outside = !core.is_inside();
    if (from_outside) {
        if (instance.enter() != rt::EnterResult::Entered) [[unlikely]]
            return run_flat_slowly(core, plan, row, err);
        core.owner.store(this_thread(), std::memory_order_relaxed);
    } else if (core.place != Place::Entered) {
        return run_flat_slowly(core, plan, row, err);
    } else {
        instance.begin_call();
    }
    const auto entry = plan.entries[static_cast<unsigned>(instance.mode)].load(std::memory_order_acquire);
    // Attention is looked at once inside: what is set later interrupts the call by itself.
    if (core.attention.load(std::memory_order_relaxed) != 0 || !entry || core.interprets) [[unlikely]] {
        if (from_outside) Inside::leave_instance(core);
        return run_flat_slowly(core, plan, row, err);
    }
    core.place = Place::Script;
    const TrapCode code = instance.invoke(entry, row);
    tn_status status = TN_OK;
    if (code != TrapCode::None) [[unlikely]]
        status = report_trap(core, code, err);
    if (from_outside)
        Inside::leave_instance(core);
    else
        core.place = Place::Entered;
    return status;
}

// Scalars only: anything unusual goes the slow way, which finds out what it is.
[[gnu::always_inline]] inline tn_status call(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                             std::size_t nargs, tn_value* ret, tn_error** err) noexcept {
    if (!plan.is_flat || nargs != plan.param_count || plan.module != core.module.get() || core.is_closed() ||
        (nargs != 0 && !args)) [[unlikely]] {
        return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    rt::Slot row[FunctionPlan::max_flat];
    for (std::size_t i = 0; i < nargs; ++i) {
        const tn_tag tag = args[i].tag;
        row[i].u = args[i].as.u;
        if (tag != plan.tags[i] || (!plan.is_wide && !scalar_to_slot(tag, args[i].as, row[i]))) [[unlikely]]
            return call_slowly(core, plan, args, nargs, nullptr, ret, err);
    }
    const tn_status status = run_flat(core, plan, row, err);
    if (status != TN_OK) [[unlikely]] {
        if (ret) TN_SET_NONE(ret);
        return status;
    }
    if (ret) {
        // Tag and aux in one store.
        const std::uint64_t head = plan.result_tag;
        std::memcpy(ret, &head, sizeof head);
        if (plan.result_tag == TN_TAG_F32) [[unlikely]]
            ret->as.f = row[0].f32;
        else
            ret->as.u = plan.result_tag == TN_TAG_UNIT ? 0 : row[0].u;
    }
    return TN_OK;
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

// Scalars only, as `call`: the slots become the row in place of tn_values.
tn_status call_flat_slots(InstanceCore& core, FunctionPlan& plan, tn_slot* io, tn_error** err) noexcept {
    rt::Slot row[FunctionPlan::max_flat];
    if (err) *err = nullptr;
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        const tn_tag tag = plan.tags[i];
        row[i].u = io[i].u;
        if (!plan.is_wide && !scalar_to_slot(tag, io[i], row[i])) [[unlikely]]
            return report_bad_slot(plan, i, err);
    }
    if (const tn_status status = run_flat(core, plan, row, err); status != TN_OK) [[unlikely]]
        return status;
    if (plan.result_tag == TN_TAG_F32)
        io[0].f = row[0].f32;
    else if (plan.result_tag != TN_TAG_UNIT)
        io[0].u = row[0].u;
    return TN_OK;
}

} // namespace tn::capi

using namespace tn::capi;

tn_status tn_call(tn_instance* inst, tn_function* f, const tn_value* args, size_t nargs, tn_value* ret,
                  tn_error** err) {
    if (err) *err = nullptr;
    const Cell* instance = find_handle(inst, HandleKind::Instance);
    const Cell* function = find_handle(f, HandleKind::Function);
    if (!instance || !function) [[unlikely]] {
        if (ret) TN_SET_NONE(ret);
        return refuse_handles(inst, f, err);
    }
    return call(*static_cast<InstanceCore*>(instance->object), *static_cast<FunctionPlan*>(function->plan),
                args, nargs, ret, err);
}

tn_status tn_call_slots(tn_instance* inst, tn_function* f, tn_slot* io, size_t nio, tn_error** err) {
    const Cell* instance = find_handle(inst, HandleKind::Instance);
    const Cell* function = find_handle(f, HandleKind::Function);
    if (instance && function) [[likely]] {
        InstanceCore& core = *static_cast<InstanceCore*>(instance->object);
        FunctionPlan& plan = *static_cast<FunctionPlan*>(function->plan);
        if (plan.is_flat && plan.module == core.module.get() && nio >= plan.io_size && io &&
            static_cast<const FunctionObject*>(function->object)->signature_given && !core.is_closed())
            [[likely]] {
            return call_flat_slots(core, plan, io, err);
        }
    }
    return call_slots_slowly(inst, f, io, nio, err);
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
