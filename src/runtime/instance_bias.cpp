// The bias of an instance towards the thread that uses it: Dekker's handshake, made cheap on that thread's
// side.
//
// It stores `inside_`, then loads `bias_`; who takes the bias away stores `bias_`, then loads `inside_`. One
// of the two must see the other's store, which needs a full barrier between store and load on both sides. The
// second thread has the system make it on all threads of the process (membarrier), so the first needs none.
// Without that system call nobody gets a bias.
#include "runtime/instance.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tn::rt {

namespace {

// So often a thread comes in a row before it gets the bias: eight times more after each of the first times that
// another one took it away, so that threads which take turns seldom pay for the barrier, and one that an instance
// has moved to for good soon has it all the same.
constexpr std::uint32_t times_before_bias = 8;
constexpr std::uint32_t most_delays = 3;

bool call_membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0) == 0; }

bool register_for_barriers() noexcept { return call_membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

bool can_make_barriers() noexcept {
    static const bool can = register_for_barriers();
    return can;
}

// A forked process may have to register again.
bool make_barrier_on_all_threads() noexcept {
    return call_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
           (register_for_barriers() && call_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) ||
           call_membarrier(MEMBARRIER_CMD_GLOBAL);
}

} // namespace

bool Instance::take_from_bias() noexcept {
    const std::uintptr_t bias = bias_.load(std::memory_order_relaxed);
    if (bias != 0 && bias != thread_token()) {
        bias_.store(0, std::memory_order_relaxed);
        if (!make_barrier_on_all_threads()) {
            bias_.store(bias, std::memory_order_relaxed); // as if it were inside
            return false;
        }
        if (times_taken_ < most_delays) ++times_taken_;
        times_in_a_row_ = 0;
    }
    return inside_.load(std::memory_order_acquire) == 0;
}

void Instance::note_thread() noexcept {
    if (bias_.load(std::memory_order_relaxed) != 0) return;
    if (last_thread_ != thread_token()) {
        last_thread_ = thread_token();
        times_in_a_row_ = 0;
    } else if (++times_in_a_row_ >= times_before_bias << 3 * times_taken_ && can_make_barriers()) {
        bias_.store(last_thread_, std::memory_order_relaxed);
    }
}

} // namespace tn::rt
