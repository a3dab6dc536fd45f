// Threads that share the rounds of a loop among them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tn {

class Workers {
public:
    using Round = std::function<void(std::size_t round, unsigned worker)>;

    // The calling thread is one of them. With fewer, when the system gives no more.
    explicit Workers(unsigned threads);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    unsigned count() const { return static_cast<unsigned>(threads_.size()) + 1; }
    // Calls work(round, worker) for each round below `rounds`, in any order, and comes back when all are
    // done. The first exception is passed on; rounds that had not begun are left out then.
    void run(std::size_t rounds, const Round& work);

private:
    void wait_for_work(unsigned worker);
    void take_rounds(std::unique_lock<std::mutex>& lock, unsigned worker);

    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable begin_, end_;
    const Round* work_ = nullptr;
    std::size_t next_ = 0, rounds_ = 0;
    std::size_t running_ = 0; // rounds that have begun and not ended
    std::exception_ptr failure_;
    bool is_over_ = false;
};

// The rounds on this thread alone when there are no workers.
inline void for_each_round(Workers* workers, std::size_t rounds, const Workers::Round& work) {
    if (workers && rounds > 1)
        workers->run(rounds, work);
    else
        for (std::size_t round = 0; round < rounds; ++round) work(round, 0);
}

} // namespace tn
