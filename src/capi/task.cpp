// The life of a task: claimed, run for a slice, suspended, ended.
#include "capi/task.h"

#include "capi/call.h"
#include "capi/slice_timer.h"
#include "runtime/entry_points.h"

namespace tn::capi {

void Signal::set(std::shared_ptr<Waker> waker) noexcept {
    std::lock_guard lock(mutex_);
    waker_.swap(waker); // the old one's finalizer runs later, without the lock
}

void Signal::tell() noexcept {
    if (!armed_.exchange(false, std::memory_order_seq_cst)) return;
    std::shared_ptr<Waker> waker;
    {
        std::lock_guard lock(mutex_);
        waker = waker_;
    }
    if (waker) waker->wake(waker->data.get());
}

CompletionObject::~CompletionObject() {
    if (state.load(std::memory_order_acquire) == Value) clear_value(value);
    tn_error_free(error);
}

TaskObject* TaskObject::take(InstanceCore& core) {
    TaskObject* task = core.spare_task.exchange(nullptr, std::memory_order_acquire);
    if (!task) {
        auto made = std::make_unique<TaskObject>();
        made->cell = new_handle(HandleKind::Dead, made.get());
        if (!made->cell) throw std::bad_alloc();
        made->cell->arity = 0;
        task = made.release();
    }
    task->core = Ref<InstanceCore>::share(&core);
    task->state.store(Fresh, std::memory_order_relaxed);
    task->is_stopped.store(false, std::memory_order_relaxed);
    task->is_freed.store(false, std::memory_order_relaxed);
    return task;
}

void TaskObject::recycle() noexcept {
    if (signal) {
        signal->set(nullptr);
        signal.reset();
    }
    if (call) call.reset();
    if (long_row) long_row.reset();
    offered = awaited = Ref<CompletionObject>();
    const Ref<InstanceCore> kept = std::move(core); // ends the spare task with it
    TaskObject* none = nullptr;
    if (!kept->spare_task.compare_exchange_strong(none, this, std::memory_order_acq_rel)) end_spare(this);
}

void end_spare(TaskObject* task) noexcept {
    retire_handle(task->cell);
    delete task;
}

Signal& TaskObject::get_signal() {
    if (!signal) signal = std::make_shared<Signal>();
    return *signal;
}

CompletionObject* TaskObject::offer() {
    get_signal();
    if (offered) offered->is_forgotten.store(true, std::memory_order_relaxed);
    offered = Ref<CompletionObject>::adopt(new CompletionObject);
    offered->signal = signal;
    return offered.get();
}

bool TaskObject::claim(State& was) noexcept {
    was = state.load(std::memory_order_seq_cst);
    while (was < Claimed) {
        if (state.compare_exchange_weak(was, Claimed, std::memory_order_seq_cst)) {
            if (was == Waiting) signal->disarm();
            return true;
        }
    }
    return false;
}

bool TaskObject::give_back(State now) noexcept {
    // Others may end and free it from the first store on.
    const std::shared_ptr<Signal> told = now == Waiting ? signal : nullptr;
    const Ref<CompletionObject> completion = now == Waiting ? awaited : Ref<CompletionObject>();
    state.store(now, std::memory_order_seq_cst);
    if (is_stopped.load(std::memory_order_seq_cst) || (now != Fresh && core->is_closed())) {
        State was;
        if (claim(was)) end_claimed(was);
        return is_stopped.load(std::memory_order_relaxed);
    }
    if (told) {
        told->arm();
        if (completion->is_done()) told->tell();
    }
    return false;
}

void TaskObject::release_owned(bool is_inside) noexcept {
    for (rt::Object* object : owned) {
        is_inside ? rt::rt_release(core->context(), object) : core->rt->release_from_any_thread(object);
    }
    owned.clear();
}

void TaskObject::end_claimed(State was) noexcept {
    if (awaited) awaited->is_forgotten.store(true, std::memory_order_relaxed);
    if (was == Between) core->rt->end_held(call.release());
    if (was == Waiting) core->rt->end_from_any_thread(call.release());
    release_owned(false);
    state.store(Stopped, std::memory_order_seq_cst);
    if (core->is_closed()) reap_closed();
}

void TaskObject::cancel() noexcept {
    if (state.load(std::memory_order_seq_cst) > Claimed) return;
    is_stopped.store(true, std::memory_order_seq_cst);
    State was;
    if (claim(was)) {
        end_claimed(was);
        if (was == Waiting) {
            signal->arm();
            signal->tell();
        }
    } else if (was == Claimed) {
        // At worst what runs by now is another task, whose slice ends early.
        core->rt->fire(rt::SuspendRequested);
    }
}

tn_status TaskObject::report_unclaimed(State was, tn_error** err) noexcept {
    if (was == Ended) return report(err, TN_STATE, {"the task has ended"});
    if (is_stopped.load(std::memory_order_seq_cst)) return report(err, TN_TRAP_CANCELLED, {"the task was cancelled"});
    if (was == Claimed) return report(err, TN_BUSY, {"another thread runs the task"});
    return report(err, TN_CLOSED, {"the instance is closed"});
}

// Inside the instance, its stack in place. Throws what making code throws.
TrapCode TaskObject::run_slice(State was, std::uint64_t fuel) {
    rt::Instance& instance = *core->rt;
    struct Slice {
        TaskObject& task;
        SliceTimer::Turns* turns;
        Slice(TaskObject& task_arg, std::uint64_t units) : task(task_arg), turns(task.core->turns.get()) {
            task.core->task = &task;
            task.core->rt->begin_slice(units, &task.is_stopped);
            if (turns) task.core->module->runtime->slices->begin(*turns);
        }
        ~Slice() {
            if (turns) SliceTimer::end(*turns);
            task.core->rt->end_slice();
            task.core->task = nullptr;
        }
    };
    if (core->slice_us != 0 && !core->turns) [[unlikely]] {
        auto turns = std::make_unique<SliceTimer::Turns>(instance);
        core->module->runtime->slices->add(*turns, core->slice_us);
        core->turns = std::move(turns);
    }
    if (was == Fresh) mode = instance.mode;
    // Metered frames in an instance that counts no longer.
    const bool is_free = mode == rt::CodeMode::Metered && instance.mode != mode;
    if (is_free) instance.set_fuel(INT64_MAX);
    struct Uncounted {
        rt::Instance* instance;
        ~Uncounted() {
            if (instance) instance->set_fuel(0);
        }
    } const uncounted{is_free ? &instance : nullptr};
    Slice slice(*this, fuel);
    TrapCode code;
    if (was == Fresh)
        code = run(*core, *plan, row);
    else
        code = static_cast<TrapCode>(instance.resume(*call, was == Waiting ? static_cast<TrapCode>(settle(*this)) : TrapCode::None));
    while (code == static_cast<TrapCode>(rt::call_suspended)) {
        if (!call) call.reset(new (std::nothrow) rt::Suspension);
        if (!call) [[unlikely]] {
            rt::Suspension here;
            instance.suspend_here(here);
            return static_cast<TrapCode>(instance.resume(here, TrapCode::MemoryLimit));
        }
        instance.suspend_here(*call);
        if (!awaited || !awaited->is_done()) break;
        code = static_cast<TrapCode>(instance.resume(*call, static_cast<TrapCode>(settle(*this))));
    }
    return code;
}

// Inside the instance: the result or the trap of a call that has ended.
tn_status TaskObject::finish(TrapCode code, tn_value* ret, tn_error** err) {
    if (call) call.reset();
    if (code != TrapCode::None) return report_trap(*core, code, err);
    if (plan->is_flat) {
        if (!ret) return TN_OK;
        slot_to_scalar(plan->result_tag, row[0], *ret);
        if (plan->result_tag == TN_TAG_UNIT) ret->as.u = 0;
        return TN_OK;
    }
    tn_value result;
    const tn_status status = slots_to_value(*core, *plan->result.type, row + plan->result.first_slot, result);
    if (status == TN_NOMEM) return report_no_memory(err);
    if (status != TN_OK) return report(err, status, {"memory limit exceeded by the result"});
    if (ret)
        *ret = result;
    else
        clear_value(result);
    return TN_OK;
}

tn_status TaskObject::resume(std::uint64_t fuel, tn_value* ret, tn_error** err) {
    State was;
    if (!claim(was)) return report_unclaimed(was, err);
    const auto give_up = [&](tn_status status, std::string_view text) {
        if (give_back(was)) return report_unclaimed(Stopped, err);
        return report(err, status, {text});
    };
    if (core->is_closed()) {
        end_claimed(was);
        return report(err, TN_CLOSED, {"the instance is closed"});
    }
    if (was == Waiting && !awaited->is_done()) {
        if (give_back(was)) return report_unclaimed(Stopped, err);
        return TN_PENDING;
    }
    if (core->is_inside()) return give_up(TN_STATE, "a task is resumed from outside of its instance");
    rt::Instance& instance = *core->rt;
    if (was == Between) {
        instance.enter_held();
    } else {
        const rt::EnterResult entered = instance.enter();
        if (entered == rt::EnterResult::NoStack) return give_up(TN_NOMEM, "out of memory");
        if (entered != rt::EnterResult::Entered) return give_up(TN_BUSY, busy_text(*core));
        if (was == Waiting) instance.attach(*call);
    }
    core->place = Place::Entered;

    const auto leave = [&](State now) { // suspended
        if (now == Waiting) instance.detach(*call);
        if (now == Between)
            instance.leave_held();
        else
            Inside::leave_instance(*core);
        if (give_back(now)) return report_unclaimed(Stopped, err);
        return tn_status(TN_PENDING);
    };
    TrapCode code = TrapCode::None;
    tn_status status;
    {
        CallScope scope(*core, CallScope::entered);
        status = scope.status();
        if (status == TN_OK) {
            try {
                code = run_slice(was, fuel);
            } catch (...) { status = report_exception(err); }
        } else {
            scope.report_status(err);
        }
    }
    if (status != TN_OK) { // nothing has run
        const tn_status left = leave(was);
        return left == TN_PENDING ? status : left;
    }
    if (code == static_cast<TrapCode>(rt::call_suspended)) return leave(awaited ? Waiting : Between);
    status = finish(code, ret, err);
    release_owned(true);
    Inside::leave_instance(*core);
    state.store(Ended, std::memory_order_release);
    return status;
}

} // namespace tn::capi
