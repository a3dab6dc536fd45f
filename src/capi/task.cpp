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

TaskObject* TaskObject::make(InstanceCore& core, tn_task*& handle) {
    const auto give_handle = [&](TaskObject& task, std::uint64_t bits) {
        handle = static_cast<tn_task*>(life::begin(task.cell, HandleKind::Task, bits));
        return &task;
    };
    const auto make_new = [&] {
        auto task = std::make_unique<TaskObject>();
        task->cell = new_handle(HandleKind::Dead, task.get());
        if (!task->cell) throw std::bad_alloc();
        task->core = Ref<InstanceCore>::share(&core);
        return task.release();
    };
    if (core.rt->is_at_hand()) {
        const Inside inside(core);
        if (inside.status() == TN_OK && !core.is_closed()) {
            if (core.last_task && core.last_task->is_spare()) return give_handle(*core.last_task, 0);
            TaskObject* task = make_new();
            if (TaskObject* last = std::exchange(core.last_task, task)) last->put_out();
            return give_handle(*task, 0);
        }
    }
    return give_handle(*make_new(), is_out);
}

void TaskObject::put_out() noexcept {
    const std::uint64_t life = cell->life.fetch_or(is_out, std::memory_order_acq_rel);
    if ((life & (life::owned | life::users | has_more)) == 0) end(life | is_out);
}

// The last user or owner is gone.
void TaskObject::end(std::uint64_t life) noexcept {
    if (life & has_more) {
        if (signal) {
            signal->set(nullptr);
            signal.reset();
        }
        long_row.reset();
        offered = awaited = Ref<CompletionObject>();
        life = cell->life.fetch_and(~has_more, std::memory_order_acq_rel);
    }
    if (!(life & is_out)) return;
    const Ref<InstanceCore> kept = std::move(core);
    retire_handle(cell);
    delete this;
}

Signal& TaskObject::get_signal() {
    if (!signal) {
        signal = std::make_shared<Signal>();
        cell->life.fetch_or(has_more, std::memory_order_relaxed);
    }
    return *signal;
}

CompletionObject* TaskObject::offer() {
    get_signal();
    if (offered) offered->is_forgotten.store(true, std::memory_order_relaxed);
    offered = Ref<CompletionObject>::adopt(new CompletionObject);
    offered->signal = signal;
    return offered.get();
}

bool TaskObject::claim(std::uint64_t& was) noexcept {
    was = cell->life.load(std::memory_order_seq_cst);
    while (state_in(was) < Claimed) {
        if (cell->life.compare_exchange_weak(was, with_state(was, Claimed), std::memory_order_seq_cst)) {
            if (state_in(was) == Waiting) signal->disarm();
            return true;
        }
    }
    return false;
}

bool TaskObject::give_back(State now) noexcept {
    // Others may resume and end it from the exchange on.
    const std::shared_ptr<Signal> told = now == Waiting ? signal : nullptr;
    const Ref<CompletionObject> completion = now == Waiting ? awaited : Ref<CompletionObject>();
    std::uint64_t life = cell->life.load(std::memory_order_seq_cst);
    do {
        if ((life & stopped) || (now != Fresh && core->is_closed())) {
            end_claimed(now);
            return life & stopped;
        }
    } while (!cell->life.compare_exchange_weak(life, with_state(life, now), std::memory_order_seq_cst));
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
    set_state(Stopped);
    if (core->is_closed()) reap_closed();
}

void TaskObject::cancel() noexcept {
    std::uint64_t life = cell->life.load(std::memory_order_seq_cst);
    do {
        if (state_in(life) > Claimed) return;
    } while (!cell->life.compare_exchange_weak(life, with_state(life, Claimed) | stopped, std::memory_order_seq_cst));
    const State was = state_in(life);
    if (was == Claimed) {
        // At worst what runs by now is another task, whose slice ends early.
        core->rt->fire(rt::SuspendRequested);
        return;
    }
    if (was == Waiting) signal->disarm();
    end_claimed(was);
    if (was == Waiting) {
        signal->arm();
        signal->tell();
    }
}

tn_status TaskObject::report_unclaimed(std::uint64_t life, tn_error** err) noexcept {
    if (state_in(life) == Ended) return report(err, TN_STATE, {"the task has ended"});
    if (life & stopped) return report(err, TN_TRAP_CANCELLED, {"the task was cancelled"});
    if (state_in(life) == Claimed) return report(err, TN_BUSY, {"another thread runs the task"});
    return report(err, TN_CLOSED, {"the instance is closed"});
}

// Inside the instance, its stack in place. Throws what making code throws.
TrapCode TaskObject::run_slice(State was, std::uint64_t fuel) {
    rt::Instance& instance = *core->rt;
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
    const Slice slice(*this, fuel);
    if (was == Fresh) return go_on(run(*core, *plan, row));
    return go_on(
        static_cast<TrapCode>(instance.resume(*call, was == Waiting ? static_cast<TrapCode>(settle(*this)) : TrapCode::None)));
}

TrapCode TaskObject::go_on(TrapCode code) {
    rt::Instance& instance = *core->rt;
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
    std::uint64_t was;
    return claim(was) ? resume_claimed(state_in(was), fuel, ret, err) : report_unclaimed(was, err);
}

tn_status TaskObject::resume_claimed(State was, std::uint64_t fuel, tn_value* ret, tn_error** err) {
    const auto give_up = [&](tn_status status, std::string_view text) {
        if (give_back(was)) return report_unclaimed(stopped, err);
        return report(err, status, {text});
    };
    if (core->is_closed()) {
        end_claimed(was);
        return report(err, TN_CLOSED, {"the instance is closed"});
    }
    if (was == Waiting && !awaited->is_done()) {
        if (give_back(was)) return report_unclaimed(stopped, err);
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
    if (status == TN_OK) return conclude(code, ret, err);
    const tn_status left = leave(was, err); // nothing has run
    return left == TN_PENDING ? status : left;
}

// Suspended.
tn_status TaskObject::leave(State now, tn_error** err) noexcept {
    if (now == Waiting) core->rt->detach(*call);
    if (now == Between)
        core->rt->leave_held();
    else
        Inside::leave_instance(*core);
    return give_back(now) ? report_unclaimed(stopped, err) : tn_status(TN_PENDING);
}

tn_status TaskObject::conclude(TrapCode code, tn_value* ret, tn_error** err) noexcept {
    if (code == static_cast<TrapCode>(rt::call_suspended)) return leave(awaited ? Waiting : Between, err);
    tn_status status;
    try {
        status = finish(code, ret, err);
    } catch (...) { status = report_exception(err); }
    release_owned(true);
    Inside::leave_instance(*core);
    set_state(Ended);
    return status;
}

} // namespace tn::capi
