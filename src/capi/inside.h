// Who is inside an instance: one thread at a time, perhaps nested through host callbacks.
#pragma once

#include "capi/core.h"

namespace tn::capi {

// How deep scripts and host functions may call each other: beyond it the script overflows its stack.
inline constexpr std::uint32_t max_callback_depth = 128;

// Who is inside instead.
inline const char* busy_text(const InstanceCore& core) {
    return core.rt->is_held() ? "a task of the instance is between two slices" : "another thread is inside the instance";
}

// Takes the instance for a function that touches its heap. From inside (a callback, or between enter and
// leave) it changes nothing.
class Inside {
public:
    explicit Inside(InstanceCore& core) : core_(core) {
        if (core.is_inside()) return;
        const rt::EnterResult result = core.rt->enter();
        if (result == rt::EnterResult::Entered) {
            core.place = Place::Entered;
            entered_ = true;
        } else {
            status_ = result == rt::EnterResult::Busy ? TN_BUSY : TN_NOMEM;
        }
    }
    ~Inside() {
        if (entered_) leave_instance(core_);
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

    // TN_OK, TN_BUSY, or TN_NOMEM.
    tn_status status() const { return status_; }
    tn_status report_status(tn_error** err) const {
        if (status_ == TN_NOMEM) return report_no_memory(err);
        return report(err, TN_BUSY, {busy_text(core_)});
    }

    // The end of being inside for the outermost user. May end the instance, when it was closed meanwhile.
    static void leave_instance(InstanceCore& core) noexcept {
        if (core.is_closed()) [[unlikely]]
            return leave_closed(core);
        core.rt->leave();
    }

    // The same after rt::Instance::enter_at_once().
    static void leave_at_once(InstanceCore& core) noexcept {
        if (core.is_closed()) [[unlikely]]
            return leave_closed(core);
        core.rt->leave_at_once();
    }

private:
    static void leave_closed(InstanceCore& core) noexcept;

    InstanceCore& core_;
    tn_status status_ = TN_OK;
    bool entered_ = false;
};

// Gives up the handle's reference of a closed instance: now, or when who is inside leaves.
void close_instance(InstanceCore* core) noexcept;
// Ends closed instances that nobody is inside any more. Cheap when there are none.
void reap_closed() noexcept;

// A failed call: the trap `code` that the instance just ended with, as an error.
tn_status report_trap(InstanceCore& core, TrapCode code, tn_error** err) noexcept;
// A runtime function failed outside of a script: takes the trap out of the Context.
tn_status report_runtime_failure(InstanceCore& core, tn_error** err) noexcept;

} // namespace tn::capi
