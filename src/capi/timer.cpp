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

// With the lock.
void Timer::start_thread() {
    if (!thread_.joinable()) thread_ = start_without_signals([this] { run(); });
}

void Timer::start(rt::Instance& instance, std::uint64_t timeout_ms) {
    Deadline deadline{&instance, never};
    if (timeout_ms < longest_ms) deadline.at = Clock::now() + std::chrono::milliseconds(timeout_ms);
    std::lock_guard lock(mutex_);
    start_thread();
    deadlines_.push_back(deadline);
    changed_.notify_all();
}

void Timer::stop(rt::Instance& instance) noexcept {
    std::lock_guard lock(mutex_);
    // The last one registered is the innermost call.
    const auto found = std::find_if(deadlines_.rbegin(), deadlines_.rend(),
                                    [&](const Deadline& deadline) { return deadline.instance == &instance; });
    if (found != deadlines_.rend()) deadlines_.erase(std::next(found).base());
}

void Timer::start_polls(rt::Instance& instance, std::uint32_t poll_ms, std::atomic<std::uint32_t>& attention,
                        std::uint32_t sleep) {
    const std::chrono::milliseconds interval(poll_ms);
    std::lock_guard lock(mutex_);
    start_thread();
    auto found = std::ranges::find(polls_, &instance, &Polls::instance);
    if (found == polls_.end())
        found = polls_.insert(polls_.end(), {&instance, never, interval, &attention, sleep, false});
    attention.fetch_and(~sleep, std::memory_order_relaxed);
    found->dozes = false;
    if (found->next != never) return;
    found->next = Clock::now() + interval;
    changed_.notify_all();
}

void Timer::stop_polls(rt::Instance& instance) noexcept {
    std::lock_guard lock(mutex_);
    std::erase_if(polls_, [&](const Polls& polls) { return polls.instance == &instance; });
}

// They sleep when nobody was inside twice. The first time says so where calls look, before the second: a call
// that came in between has either seen it, or is seen now.
void Timer::poll(Polls& polls, Clock::time_point now) {
    polls.next = now + polls.interval;
    if (polls.instance->is_entered()) {
        polls.dozes = false;
        polls.instance->fire(rt::PollRequested);
    } else if (!polls.dozes) {
        polls.dozes = true;
        polls.attention->fetch_or(polls.sleep, std::memory_order_seq_cst);
    } else {
        polls.next = never;
    }
}

void Timer::run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        const auto now = Clock::now();
        auto next = never;
        for (Deadline& deadline : deadlines_) {
            if (deadline.at <= now) {
                deadline.at = never;
                deadline.instance->fire(rt::DeadlinePassed);
            }
            next = std::min(next, deadline.at);
        }
        for (Polls& polls : polls_) {
            if (polls.next <= now) poll(polls, now);
            next = std::min(next, polls.next);
        }
        if (next == never)
            changed_.wait(lock);
        else
            changed_.wait_until(lock, next);
    }
}

} // namespace tn::capi
