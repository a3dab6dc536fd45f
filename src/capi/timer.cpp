// The timer's thread.
#include "capi/timer.h"

#include <algorithm>

namespace tn::capi {

namespace {

constexpr auto never = std::chrono::steady_clock::time_point::max();
// Times beyond this are as good as never, and sums with them do not overflow.
constexpr std::uint64_t longest_ms = std::uint64_t(1000) * 60 * 60 * 24 * 365;

} // namespace

Timer::~Timer() {
    {
        std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Timer::start(rt::Instance& instance, std::uint64_t timeout_ms, std::uint32_t poll_ms) {
    const auto now = Clock::now();
    Entry entry{&instance, never, never, std::chrono::milliseconds(poll_ms)};
    if (timeout_ms != 0 && timeout_ms < longest_ms)
        entry.deadline = now + std::chrono::milliseconds(timeout_ms);
    if (poll_ms != 0) entry.next_poll = now + entry.poll_interval;

    std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = start_without_signals([this] { run(); });
    entries_.push_back(entry);
    changed_.notify_all();
}

void Timer::stop(rt::Instance& instance) noexcept {
    std::lock_guard lock(mutex_);
    // The last one registered is the innermost call.
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const Entry& entry) { return entry.instance == &instance; });
    if (found != entries_.rend()) entries_.erase(std::next(found).base());
}

void Timer::run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        const auto now = Clock::now();
        auto next = never;
        for (Entry& entry : entries_) {
            if (entry.deadline <= now) {
                entry.deadline = never;
                entry.instance->fire(rt::DeadlinePassed);
            }
            if (entry.next_poll <= now) {
                entry.next_poll = now + entry.poll_interval;
                entry.instance->fire(rt::PollRequested);
            }
            next = std::min({next, entry.deadline, entry.next_poll});
        }
        if (next == never)
            changed_.wait(lock);
        else
            changed_.wait_until(lock, next);
    }
}

} // namespace tn::capi
