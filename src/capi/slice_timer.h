// Ends of time slices, for the instances of one runtime: a thread that looks at them once in a slice and fires
// SuspendRequested at those that still run the slice it saw before. A slice then lasts one to two times as
// long as asked for, and one that ends earlier has cost two stores. Instances that had no slice for a while are
// not looked at, however many there are, until they have one; without any the thread sleeps.
#pragma once

#include "runtime/instance.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace tn::capi {

class SliceTimer {
public:
    // An instance's slices, counted twice: odd while one runs.
    struct Turns {
        explicit Turns(rt::Instance& instance_arg) : instance(instance_arg) {}
        rt::Instance& instance;
        std::chrono::microseconds length{0};
        std::atomic<std::uint64_t> count{0};
        std::atomic<bool> is_watched{false};
        std::uint64_t seen = 0; // these by the thread only
        unsigned idle_looks = 0;
        std::chrono::steady_clock::time_point since;
    };

    SliceTimer() = default;
    ~SliceTimer(); // joins the thread; nothing is registered any more
    SliceTimer(const SliceTimer&) = delete;
    SliceTimer& operator=(const SliceTimer&) = delete;

    // Throws std::system_error when there is no thread, std::bad_alloc.
    void add(Turns& turns, std::uint64_t length_us);
    void remove(Turns& turns) noexcept;
    // By the thread that is inside the instance.
    void begin(Turns& turns) noexcept {
        turns.count.store(turns.count.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
        if (!turns.is_watched.load(std::memory_order_seq_cst)) [[unlikely]]
            watch(turns);
    }
    static void end(Turns& turns) noexcept {
        turns.count.store(turns.count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

private:
    void watch(Turns& turns) noexcept;
    // Whether it had a slice lately.
    static bool look(Turns& turns, std::chrono::steady_clock::time_point now) noexcept;
    void look_at_all() noexcept;
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Turns*> watched_; // with room for all that are registered
    std::size_t registered_ = 0;
    std::chrono::microseconds shortest_{0}; // of those that are watched
    bool ends_ = false;
    std::thread thread_;
};

} // namespace tn::capi
