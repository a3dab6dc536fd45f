// Deadlines and polls of one runtime: a thread, started with the first of them, that fires interrupts of
// instances at their times. It knows no scripts; what is registered is told apart by its pointer.
#pragma once

#include "runtime/instance.h"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace tn::capi {

// A thread that takes no signals: those belong to the host's threads.
template <typename Run> std::thread start_without_signals(Run run) {
    struct Masked {
        sigset_t before;
        Masked() {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        ~Masked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    } const masked;
    return std::thread(run);
}

class Timer {
public:
    Timer() = default;
    ~Timer(); // joins the thread; nothing is registered any more
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Fires DeadlinePassed once after `timeout_ms`, and PollRequested every `poll_ms`; 0: not. The instance
    // must stay until stop(). Throws std::system_error when there is no thread, std::bad_alloc.
    void start(rt::Instance& instance, std::uint64_t timeout_ms, std::uint32_t poll_ms);
    // Afterwards nothing more is fired for it.
    void stop(rt::Instance& instance) noexcept;

private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        rt::Instance* instance;
        Clock::time_point deadline; // max: none, or fired
        Clock::time_point next_poll;
        std::chrono::milliseconds poll_interval;
    };
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Entry> entries_;
    bool ends_ = false;
    std::thread thread_;
};

} // namespace tn::capi
