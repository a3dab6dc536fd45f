// Section 11 of c_api.h: tasks, and host functions that answer later.
#include "capi/call.h"
#include "capi/dispatch.h"
#include "capi/task.h"
#include "runtime/seq.h"

#include <iterator>

namespace tn::capi {

namespace {

// A handle that another thread may free at the same time: the object stays until this ends.
template <typename Object, HandleKind kind> class Kept {
public:
    explicit Kept(const void* handle) {
        Cell* cell = find_handle(address_of_handle(handle), kind);
        if (!cell || !retain_handle(cell, kind)) return;
        if (is_handle_of(handle, cell)) cell_ = cell;
        else end(cell);
    }
    ~Kept() {
        if (cell_) end(cell_);
    }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    explicit operator bool() const { return cell_ != nullptr; }
    Object* operator->() const { return static_cast<Object*>(cell_->object); }
    Object& operator*() const { return *operator->(); }
    // The owner's reference: once.
    void give_up() {
        if (!(*this)->is_freed.exchange(true, std::memory_order_acq_rel)) end(cell_);
    }

private:
    static void end(Cell* cell);
    Cell* cell_ = nullptr;
};
using KeptTask = Kept<TaskObject, HandleKind::Task>;
using KeptCompletion = Kept<CompletionObject, HandleKind::Completion>;
template <> void KeptTask::end(Cell* cell) {
    if (void* object = end_handle(cell)) static_cast<TaskObject*>(object)->recycle();
}
template <> void KeptCompletion::end(Cell* cell) {
    if (void* object = end_handle(cell)) {
        retire_handle(cell);
        static_cast<CompletionObject*>(object)->release();
    }
}

// Scalars need no instance.
bool fill_flat(const FunctionPlan& plan, const tn_value* args, rt::Slot* row) {
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        if (args[i].tag != plan.tags[i] || !scalar_to_slot(plan.tags[i], args[i].as, row[i])) return false;
    }
    return true;
}

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

} // namespace tn::capi

using namespace tn;
using namespace tn::capi;

tn_status tn_task_start(tn_instance* inst, tn_function* f, const tn_value* args, size_t nargs, tn_task** out,
                        tn_error** err) {
    if (out) *out = nullptr;
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
                unused->recycle();
            }
        };
        std::unique_ptr<TaskObject, Recycles> task(TaskObject::take(*core));
        task->plan = &plan;
        task->row = task->short_row;
        if (plan.row_size > std::size(task->short_row)) {
            task->long_row.reset(new rt::Slot[plan.row_size]);
            task->row = task->long_row.get();
        }
        if (!plan.is_flat || !fill_flat(plan, args, task->row)) {
            const tn_status status = fill_row(*core, *task, args, err);
            if (status != TN_OK) return status;
        }
        *out = static_cast<tn_task*>(const_cast<void*>(revive_handle(task->cell, HandleKind::Task)));
        task.release();
        return TN_OK;
    });
}

tn_status tn_task_resume(tn_task* t, uint64_t fuel, tn_value* ret, tn_error** err) {
    if (ret) TN_SET_NONE(ret);
    return guarded(err, [&]() -> tn_status {
        const KeptTask task(t);
        return task ? task->resume(fuel, ret, err) : report_handle(err, t, "task");
    });
}

uint32_t tn_task_state(const tn_task* t) {
    const KeptTask task(t);
    if (!task) return TN_TASK_ENDED;
    switch (task->state.load(std::memory_order_seq_cst)) {
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

void tn_task_free(tn_task* t) {
    KeptTask task(t);
    if (!task) return;
    task->cancel();
    task.give_up();
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
        Cell* cell = new_handle(HandleKind::Completion, completion);
        if (!cell) return TN_NOMEM;
        cell->arity = 0; // its handle is its address
        completion->retain();
        *out = reinterpret_cast<tn_completion*>(cell);
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
