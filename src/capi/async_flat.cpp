// Section 11 of c_api.h: the short way of a task of scalars that begins and ends in one slice, on the thread that uses
// its instance. Three atomic operations do it: one claims the task, one ends it, one gives the handle back. Anything
// unusual goes the long way (async.cpp, task.cpp).
#include "capi/call.h"
#include "capi/task.h"

namespace tn::capi {

namespace {

// Its arguments have not been read, or are not what they should be.
[[gnu::noinline, gnu::cold]] void give_back_unused(TaskObject& task) noexcept {
    task.cancel();
    task.drop(life::owned);
}

[[gnu::noinline, gnu::cold]] tn_status resume_slowly(tn_task* t, std::uint64_t fuel, tn_value* ret, tn_error** err) noexcept {
    return guarded(err, [&]() -> tn_status {
        const KeptTask task(t);
        return task ? task->resume(fuel, ret, err) : report_handle(err, t, "task");
    });
}

// `inside` when the instance is entered.
[[gnu::noinline, gnu::cold]] tn_status resume_claimed(Cell* cell, bool inside, std::uint64_t fuel, tn_value* ret,
                                                      tn_error** err) noexcept {
    const KeptTask task(cell, KeptTask::taken);
    if (inside) Inside::leave_instance(*task->core);
    return guarded(err, [&] { return task->resume_claimed(TaskObject::Fresh, fuel, ret, err); });
}

[[gnu::noinline, gnu::cold]] void free_slowly(tn_task* t) noexcept {
    KeptTask task(t);
    if (!task) return;
    task->cancel();
    task.give_up();
}

// As CallScope and TaskObject::run_slice() do, for the common case. It is claimed, and has a user.
tn_status run_at_once(TaskObject& task, std::uint64_t fuel, tn_value* ret, tn_error** err) noexcept {
    InstanceCore& core = *task.core;
    rt::Instance& instance = *core.rt;
    const FunctionPlan& plan = *task.plan;
    if (!plan.is_flat || !instance.enter_at_once()) [[unlikely]]
        return resume_claimed(task.cell, false, fuel, ret, err);
    const auto entry = plan.entries[static_cast<unsigned>(rt::CodeMode::Polled)].load(std::memory_order_acquire);
    if (core.attention.load(std::memory_order_relaxed) != 0 || !entry || instance.mode != rt::CodeMode::Polled ||
        (core.slice_us != 0 && !core.turns)) [[unlikely]] {
        return resume_claimed(task.cell, true, fuel, ret, err);
    }
    task.mode = rt::CodeMode::Polled;
    core.place = Place::Script;
    TrapCode code;
    {
        const Slice slice(task, fuel);
        code = static_cast<TrapCode>(entry(&instance.context, task.row));
        if (code != TrapCode::None) [[unlikely]] {
            instance.context.trap_code = TrapCode::None;
            code = task.go_on(code);
        }
    }
    core.place = Place::Entered;
    if (code != TrapCode::None || instance.needs_care()) [[unlikely]] {
        const tn_status status = task.conclude(code, ret, err);
        task.drop(life::user);
        return status;
    }
    Inside::leave_at_once(core);
    if (ret) {
        slot_to_scalar(plan.result_tag, task.row[0], *ret);
        if (plan.result_tag == TN_TAG_UNIT) ret->as.u = 0;
    }
    task.drop(life::user + ((std::uint64_t{TaskObject::Claimed} - TaskObject::Ended) << TaskObject::state_shift));
    return TN_OK;
}

} // namespace

} // namespace tn::capi

using namespace tn::capi;

tn_status tn_task_start(tn_instance* inst, tn_function* f, const tn_value* args, size_t nargs, tn_task** out,
                        tn_error** err) {
    if (err) *err = nullptr;
    if (out) *out = nullptr;
    const Extent<Cell> cells(handle_region);
    const auto* instance = reinterpret_cast<const Cell*>(inst);
    const auto* function = reinterpret_cast<const Cell*>(f);
    if (!cells.has(inst) || !cells.has(f) ||
        instance->kind.load(std::memory_order_acquire) != HandleKind::Instance ||
        function->kind.load(std::memory_order_acquire) != HandleKind::Function || nargs != function->arity ||
        instance->module != function->module || (!args && nargs != 0) || !out) [[unlikely]] {
        return start_slowly(inst, f, args, nargs, out, err);
    }
    InstanceCore& core = *static_cast<InstanceCore*>(instance->object);
    FunctionPlan& plan = *static_cast<FunctionPlan*>(function->plan);
    if (plan.row_size > TaskObject::short_size || core.is_closed() || !core.rt->enter_at_once()) [[unlikely]]
        return start_slowly(inst, f, args, nargs, out, err);
    TaskObject* task = core.last_task;
    void* handle = task && task->is_spare() ? life::begin(task->cell, HandleKind::Task, 0) : nullptr;
    Inside::leave_at_once(core);
    if (!handle) [[unlikely]]
        return start_slowly(inst, f, args, nargs, out, err);
    task->plan = &plan;
    task->row = task->short_row;
    if (!fill_flat(plan, args, task->row)) [[unlikely]] {
        give_back_unused(*task);
        return start_slowly(inst, f, args, nargs, out, err);
    }
    *out = static_cast<tn_task*>(handle);
    return TN_OK;
}

tn_status tn_task_resume(tn_task* t, uint64_t fuel, tn_value* ret, tn_error** err) {
    if (err) *err = nullptr;
    if (ret) TN_SET_NONE(ret);
    Cell* cell = life::find(t, HandleKind::Task);
    std::uint64_t word;
    if (!cell || !life::change(*cell, t, word, [](std::uint64_t now) {
            if (TaskObject::state_in(now) != TaskObject::Fresh) return now;
            return TaskObject::with_state(now, TaskObject::Claimed) + life::user;
        })) [[unlikely]] {
        return resume_slowly(t, fuel, ret, err);
    }
    return run_at_once(*static_cast<TaskObject*>(cell->object), fuel, ret, err);
}

void tn_task_free(tn_task* t) {
    Cell* cell = life::find(t, HandleKind::Task);
    std::uint64_t word;
    if (!cell || !life::change(*cell, t, word, [](std::uint64_t now) {
            const bool is_simple = TaskObject::state_in(now) > TaskObject::Claimed &&
                                   (now & (life::users | TaskObject::has_more | TaskObject::is_out)) == 0;
            return is_simple ? now - life::owned : now;
        })) [[unlikely]] {
        free_slowly(t);
    }
}
