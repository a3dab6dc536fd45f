// Deadlines and polls of one runtime: a thread, started with the first of them, that fires interrupts of
// instances at their times. It knows no scripts; what is registered is told apart by its pointer.
//
// A deadline belongs to one call. Polls belong to the instance, so that a call costs nothing for them: they
// go on from one call to the next, and sleep when nobody was inside for a while. The call that comes then
// sees it and wakes them.
#pragma once

#include "runtime/instance.h"

#include <atomic>
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

    // Fires DeadlinePassed once after `timeout_ms`. The instance must stay until stop(). Throws
    // std::system_error when there is no thread, std::bad_alloc.
    void start(rt::Instance& instance, std::uint64_t timeout_ms);
    // Afterwards its deadline is not fired any more.
    void stop(rt::Instance& instance) noexcept;

    // Fires PollRequested every `poll_ms` while somebody is inside, until `sleep` bits in `attention` say
    // that it does not any more; call it again then. Both must stay until stop_polls(). Throws as start().
    void start_polls(rt::Instance& instance, std::uint32_t poll_ms, std::atomic<std::uint32_t>& attention,
                     std::uint32_t sleep);
    void stop_polls(rt::Instance& instance) noexcept;

private:
    using Clock = std::chrono::steady_clock;
    struct Deadline {
        rt::Instance* instance;
        Clock::time_point at; // max: fired
    };
    struct Polls {
        rt::Instance* instance;
        Clock::time_point next; // max: they sleep
        std::chrono::milliseconds interval;
        std::atomic<std::uint32_t>* attention;
        std::uint32_t sleep;
        bool dozes; // nobody was inside the last time
    };
    void start_thread();
    void run();
    void poll(Polls& polls, Clock::time_point now);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Deadline> deadlines_;
    std::vector<Polls> polls_;
    bool ends_ = false;
    std::thread thread_;
};

} // namespace tn::capi
