// Running a function of an instance: the steps that all kinds of calls share.
#pragma once

#include "capi/core.h"
#include "capi/inside.h"
#include "runtime/context.h"

namespace tn::capi {

// Takes the instance for a call and gives it back: from outside by entering it, from a callback or between
// enter and leave by what the thread has already.
class CallScope {
public:
    explicit CallScope(InstanceCore& core) : core_(core) {
        if (!core.is_inside()) {
            const rt::EnterResult result = core.rt->enter();
            if (result != rt::EnterResult::Entered) [[unlikely]] {
                status_ = result == rt::EnterResult::Busy ? TN_BUSY : TN_NOMEM;
                return;
            }
            core.place = Place::Entered;
            entered_ = true;
        } else if (core.place == Place::Script) [[unlikely]] {
            // From an output or poll function, a finalizer or a plain C function.
            status_ = TN_STATE;
            return;
        } else if (core.callback_depth == 0) {
            core.rt->begin_call();
        }
        begin();
    }
    // Somebody has entered it, and will leave it.
    enum Entered { entered };
    CallScope(InstanceCore& core, Entered) : core_(core) { begin(); }
    ~CallScope() {
        if (status_ == TN_OK) [[likely]]
            core_.place = place_;
        if (timed_) [[unlikely]]
            end_slowly();
        if (entered_) [[likely]]
            Inside::leave_instance(core_);
    }
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

    tn_status status() const { return status_; }
    tn_status report_status(tn_error** err) const noexcept;

private:
    void begin() noexcept {
        place_ = core_.place;
        core_.place = Place::Script;
        if (core_.attention.load(std::memory_order_relaxed) != 0) [[unlikely]]
            begin_slowly();
    }
    void begin_slowly() noexcept;
    void end_slowly() noexcept;

    InstanceCore& core_;
    tn_status status_ = TN_OK;
    Place place_ = Place::Entered;
    bool entered_ = false;
    bool timed_ = false;
};

// Makes the machine code of a mode, or of what a call needs, on first use. Throws.
driver::CompiledModule::Packed make_entry(FunctionPlan& plan, rt::CodeMode mode);

// Runs the function on a filled row. Throws what making its code throws.
inline TrapCode run(InstanceCore& core, FunctionPlan& plan, rt::Slot* row) {
    if (core.interprets()) [[unlikely]] {
        const ir::FuncId func =
            plan.is_closure_call ? ir::FuncId(std::size_t{row[0].ref->desc->func}) : plan.func;
        const std::uint32_t code = driver::interpret(*core.module->compiled, *core.context(), func, row);
        core.context()->trap_code = TrapCode::None;
        return static_cast<TrapCode>(code);
    }
    auto entry = plan.entries[static_cast<unsigned>(core.rt->mode)].load(std::memory_order_acquire);
    if (!entry) [[unlikely]]
        entry = make_entry(plan, core.rt->mode);
    return core.rt->invoke(entry, row);
}

// A call of a plan with values, the slow way: checks everything and converts everything.
tn_status call_slowly(InstanceCore& core, FunctionPlan& plan, const tn_value* args, std::size_t nargs,
                      tn_value* mut_args, tn_value* ret, tn_error** err) noexcept;
// Everything that does not depend on the arguments' values. Not TN_OK: reported.
tn_status check_call(const InstanceCore& core, const FunctionPlan& plan, const void* args, std::size_t nargs,
                     tn_error** err);

// As tn_call_slots: with texts, and whatever is wrong; scalars only.
tn_status call_slots_slowly(tn_instance* inst, tn_function* f, tn_slot* io, std::size_t nio,
                            tn_error** err) noexcept;
tn_status call_flat_slots(InstanceCore& core, FunctionPlan& plan, tn_slot* io, tn_error** err) noexcept;

tn_status refuse_handles(const tn_instance* inst, const tn_function* f, tn_error** err);
// For messages.
std::string argument_name(const FunctionPlan& plan, std::size_t i);

// Runs any function that has an entry thunk, in a CallScope.
TrapCode run_function(InstanceCore& core, ir::FuncId func, rt::Slot* row);

} // namespace tn::capi
