// The thread that ends time slices.
#include "capi/slice_timer.h"

#include "capi/timer.h"

#include <algorithm>

namespace tn::capi {

namespace {
constexpr unsigned most_idle_looks = 64;
}

SliceTimer::~SliceTimer() {
    {
        std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SliceTimer::add(Turns& turns, std::uint64_t length_us) {
    turns.length = std::chrono::microseconds(length_us);
    std::lock_guard lock(mutex_);
    if (watched_.capacity() <= registered_) watched_.reserve(2 * registered_ + 4);
    if (!thread_.joinable()) thread_ = start_without_signals([this] { run(); });
    ++registered_;
}

void SliceTimer::remove(Turns& turns) noexcept {
    std::lock_guard lock(mutex_);
    --registered_;
    std::erase(watched_, &turns);
}

void SliceTimer::watch(Turns& turns) noexcept {
    bool wakes;
    {
        std::lock_guard lock(mutex_);
        if (turns.is_watched.load(std::memory_order_relaxed)) return; // the thread has just seen it, too
        wakes = watched_.empty() || turns.length < shortest_;
        if (wakes) shortest_ = turns.length;
        turns.idle_looks = 0;
        turns.is_watched.store(true, std::memory_order_relaxed);
        watched_.push_back(&turns);
    }
    if (wakes) changed_.notify_all();
}

bool SliceTimer::look(Turns& turns, std::chrono::steady_clock::time_point now) noexcept {
    const std::uint64_t count = turns.count.load(std::memory_order_seq_cst);
    if (count != turns.seen) {
        turns.seen = count;
        turns.since = now;
        turns.idle_looks = 0;
    } else if (count & 1) {
        if (now - turns.since < turns.length) return true;
        turns.instance.fire(rt::SuspendRequested);
        turns.since = now; // once more, if a host function was in the way
    } else if (++turns.idle_looks >= most_idle_looks) {
        // Who begins a slice stores first, and loads then: one of both sees the other.
        turns.is_watched.store(false, std::memory_order_seq_cst);
        if (turns.count.load(std::memory_order_seq_cst) == count) return false;
        turns.is_watched.store(true, std::memory_order_seq_cst);
    }
    return true;
}

void SliceTimer::look_at_all() noexcept {
    const auto now = std::chrono::steady_clock::now();
    const auto ended = std::erase_if(watched_, [&](Turns* turns) { return !look(*turns, now); });
    if (ended == 0 || watched_.empty()) return;
    shortest_ = (*std::ranges::min_element(watched_, {}, [](const Turns* t) { return t->length; }))->length;
}

void SliceTimer::run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        look_at_all();
        if (watched_.empty())
            changed_.wait(lock);
        else
            changed_.wait_for(lock, shortest_);
    }
}

} // namespace tn::capi
