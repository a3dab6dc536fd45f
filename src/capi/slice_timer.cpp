// The thread that ends time slices.
#include "capi/slice_timer.h"

#include "capi/timer.h"

#include <algorithm>

namespace tn::capi {

namespace {
constexpr unsigned idle_looks = 64; // before it sleeps
}

SliceTimer::~SliceTimer() {
    {
        std::lock_guard lock(mutex_);
        ends_ = true;
        asleep_ = false;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SliceTimer::add(Turns& turns, std::uint64_t length_us) {
    turns.length = std::chrono::microseconds(length_us);
    std::lock_guard lock(mutex_);
    all_.push_back(&turns);
    shortest_ = all_.size() == 1 ? turns.length : std::min(shortest_, turns.length);
    try {
        if (!thread_.joinable()) thread_ = start_without_signals([this] { run(); });
    } catch (...) {
        all_.pop_back();
        throw;
    }
}

void SliceTimer::remove(Turns& turns) noexcept {
    std::lock_guard lock(mutex_);
    std::erase(all_, &turns);
    if (all_.empty()) return;
    shortest_ = (*std::ranges::min_element(all_, {}, [](const Turns* t) { return t->length; }))->length;
}

void SliceTimer::wake() noexcept {
    {
        std::lock_guard lock(mutex_);
        asleep_ = false;
    }
    changed_.notify_all();
}

// Whether anything runs, or has since the last look.
bool SliceTimer::look() noexcept {
    const auto now = std::chrono::steady_clock::now();
    bool busy = false;
    for (Turns* turns : all_) {
        const std::uint64_t count = turns->count.load(std::memory_order_seq_cst);
        busy = busy || (count & 1) || count != turns->seen;
        if (count != turns->seen) {
            turns->seen = count;
            turns->since = now;
        } else if ((count & 1) && now - turns->since >= turns->length) {
            turns->instance.fire(rt::SuspendRequested);
            turns->since = now; // once more, if a host function was in the way
        }
    }
    return busy;
}

void SliceTimer::run() {
    std::unique_lock lock(mutex_);
    unsigned idle = 0;
    while (!ends_) {
        idle = look() ? 0 : idle + 1;
        if (idle >= idle_looks) {
            asleep_.store(true, std::memory_order_seq_cst);
            if (!look()) changed_.wait(lock, [this] { return !asleep_; });
            asleep_ = false;
            idle = 0;
        } else {
            changed_.wait_for(lock, shortest_);
        }
    }
}

} // namespace tn::capi
