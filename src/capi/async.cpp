// Section 11 of c_api.h: tasks, and host functions that answer later.
#include "capi/call.h"
#include "capi/dispatch.h"
#include "capi/task.h"
#include "runtime/seq.h"

#include <memory>

namespace tn::capi {

namespace {

using KeptCompletion = Kept<CompletionObject, HandleKind::Completion>;

// The arguments as slots, with what they hold.
tn_status fill_row(InstanceCore& core, TaskObject& task, const tn_value* args, tn_error** err) {
    const FunctionPlan& plan = *task.plan;
    Inside inside(core);
    if (inside.status() != TN_OK) return inside.report_status(err);
    TextCopies copies(core);
    Problem problem;
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        const ValuePlan& param = plan.params[i];
        rt::Slot* slots = task.row + param.first_slot;
        if (param.type->layout) task.owned.reserve(task.owned.size() + param.type->layout->leaves.size());
        if (!value_to_slots(core, *param.type, args[i], slots, true, copies, problem))
            return report(err, problem.status, {argument_name(plan, i), ": ", problem.text});
        if (param.type->is_scalar() || !param.type->layout) continue;
        for (std::size_t k = 0; k < param.type->layout->leaves.size(); ++k) {
            if (param.type->layout->leaves[k].scalar == Scalar::Ref && slots[k].ref) task.owned.push_back(slots[k].ref);
        }
        if (param.is_slice) { // the memory of a list that stays as it is while the task has it
            const rt::Seq* seq = rt::as_seq(slots[0].ref);
            slots[0].ptr = seq->data;
            slots[1].i = seq->length;
        }
    }
    return TN_OK;
}

// What answers a completion: TN_OK, and it is the caller's to finish.
tn_status claim(CompletionObject& completion) {
    if (completion.is_forgotten.load(std::memory_order_relaxed)) return TN_CLOSED;
    return completion.claim() ? TN_OK : TN_STATE;
}

} // namespace

tn_status start_slowly(tn_instance* inst, tn_function* f, const tn_value* args, std::size_t nargs, tn_task** out,
                       tn_error** err) noexcept {
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = find_instance(inst);
        FunctionObject* function = find_function(f);
        if (!core || !function) return refuse_handles(inst, f, err);
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        FunctionPlan& plan = *function->plan;
        if (tn_status status = check_call(*core, plan, args, nargs, err); status != TN_OK) return status;
        if (plan.has_mut) return report(err, TN_SIGNATURE, {"`", plan.name, "` has `mut` parameters, which a task has no place for"});
        struct Recycles {
            void operator()(TaskObject* unused) const {
                unused->cancel();
                unused->drop(life::owned);
            }
        };
        tn_task* handle = nullptr;
        std::unique_ptr<TaskObject, Recycles> task(TaskObject::make(*core, handle));
        task->plan = &plan;
        task->row = task->short_row;
        if (plan.row_size > TaskObject::short_size) {
            task->long_row.reset(new rt::Slot[plan.row_size]);
            task->cell->life.fetch_or(TaskObject::has_more, std::memory_order_relaxed);
            task->row = task->long_row.get();
        }
        if (!plan.is_flat || !fill_flat(plan, args, task->row)) {
            const tn_status status = fill_row(*core, *task, args, err);
            if (status != TN_OK) return status;
        }
        *out = handle;
        task.release();
        return TN_OK;
    });
}

} // namespace tn::capi

using namespace tn;
using namespace tn::capi;

uint32_t tn_task_state(const tn_task* t) {
    const KeptTask task(t);
    if (!task) return TN_TASK_ENDED;
    switch (task->state()) {
    case TaskObject::Fresh:
    case TaskObject::Between: return TN_TASK_READY;
    case TaskObject::Waiting: return task->awaited && !task->awaited->is_done() ? TN_TASK_WAITING : TN_TASK_READY;
    case TaskObject::Claimed: return TN_TASK_RUNNING;
    case TaskObject::Ended:
    case TaskObject::Stopped: break;
    }
    return TN_TASK_ENDED;
}

tn_status tn_task_set_waker(tn_task* t, tn_wake_fn wake, void* ud, tn_finalizer fin) {
    host::UserData data(ud, fin);
    return guarded(nullptr, [&]() -> tn_status {
        if (!t) return TN_ARG;
        const KeptTask task(t);
        if (!task) return TN_HANDLE;
        std::shared_ptr<Waker> waker;
        if (wake) {
            waker = std::make_shared<Waker>();
            waker->wake = wake;
            waker->data = std::move(data);
        }
        if (wake || task->signal) task->get_signal().set(std::move(waker));
        return TN_OK;
    });
}

void tn_task_cancel(tn_task* t) {
    if (const KeptTask task(t); task) task->cancel();
}

tn_status tn_frame_suspend(tn_frame* fr, tn_completion** out) {
    if (out) *out = nullptr;
    return guarded(nullptr, [&]() -> tn_status {
        if (!fr || !out) return TN_ARG;
        const FrameObject* frame = find_frame(fr);
        if (!frame) return TN_HANDLE;
        InstanceCore& core = *frame->core;
        if (!core.is_inside() || !core.task || !core.rt->can_suspend()) return TN_STATE;
        CompletionObject* completion = core.task->offer();
        completion->cell = new_handle(HandleKind::Dead, completion);
        if (!completion->cell) return TN_NOMEM;
        completion->retain();
        *out = static_cast<tn_completion*>(life::begin(completion->cell, HandleKind::Completion, 0));
        return TN_OK;
    });
}

tn_status tn_completion_resolve(tn_completion* c, const tn_value* v) {
    return guarded(nullptr, [&]() -> tn_status {
        if (!c) return TN_ARG;
        const KeptCompletion completion(c);
        if (!completion) return TN_HANDLE;
        tn_value value;
        TN_SET_UNIT(&value);
        if (v) {
            if (tn_status status = tn_value_copy(v, &value); status != TN_OK) return status;
        }
        if (tn_status status = claim(*completion); status != TN_OK) {
            clear_value(value);
            return status;
        }
        completion->value = value;
        completion->finish(CompletionObject::Value);
        return TN_OK;
    });
}

tn_status tn_completion_resolve_text(tn_completion* c, const char* p, size_t len) {
    return guarded(nullptr, [&]() -> tn_status {
        if (!c) return TN_ARG;
        const KeptCompletion completion(c);
        if (!completion) return TN_HANDLE;
        if (!p && len != 0) return TN_ARG;
        if (len != TN_NTS && len > PTRDIFF_MAX) return TN_ARG;
        std::string text = !p ? std::string() : len == TN_NTS ? std::string(p) : std::string(p, len);
        if (tn_status status = claim(*completion); status != TN_OK) return status;
        completion->text = std::move(text);
        completion->finish(CompletionObject::Text);
        return TN_OK;
    });
}

tn_status tn_completion_reject(tn_completion* c, tn_error* e) {
    struct Ends {
        tn_error* error;
        ~Ends() { tn_error_free(error); }
    } ends{e};
    if (!c || !e) return TN_ARG;
    const KeptCompletion completion(c);
    if (!completion || !find_error(e)) return TN_HANDLE;
    if (tn_status status = claim(*completion); status != TN_OK) return status;
    completion->error = std::exchange(ends.error, nullptr);
    completion->finish(CompletionObject::Error);
    return TN_OK;
}

void tn_completion_free(tn_completion* c) {
    KeptCompletion completion(c);
    if (!completion) return;
    if (completion->claim()) completion->finish(CompletionObject::Dropped);
    completion.give_up();
}
