#include "support/workers.h"

#include "support/kept_blocks.h"

#include <system_error>

namespace tn {

Workers::Workers(unsigned threads) {
    try {
        threads_.reserve(threads);
        for (unsigned worker = 1; worker < threads; ++worker)
            threads_.emplace_back([this, worker] { wait_for_work(worker); });
    } catch (const std::system_error&) {}
}

Workers::~Workers() {
    {
        std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    begin_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Workers::wait_for_work(unsigned worker) {
    const KeptBlocks kept;
    std::unique_lock lock(mutex_);
    for (;;) {
        begin_.wait(lock, [&] { return is_over_ || next_ < rounds_; });
        if (is_over_) return;
        take_rounds(lock, worker);
    }
}

void Workers::take_rounds(std::unique_lock<std::mutex>& lock, unsigned worker) {
    while (next_ < rounds_) {
        const std::size_t round = next_++;
        ++running_;
        const Round& work = *work_;
        lock.unlock();
        std::exception_ptr failure;
        try {
            work(round, worker);
        } catch (...) { failure = std::current_exception(); }
        lock.lock();
        --running_;
        if (failure && !failure_) {
            failure_ = failure;
            next_ = rounds_;
        }
    }
    if (running_ == 0) end_.notify_one();
}

void Workers::run(std::size_t rounds, const Round& work) {
    std::unique_lock lock(mutex_);
    work_ = &work;
    next_ = 0;
    rounds_ = rounds;
    failure_ = nullptr;
    begin_.notify_all();
    take_rounds(lock, 0);
    end_.wait(lock, [&] { return running_ == 0; });
    rounds_ = next_ = 0;
    if (failure_) std::rethrow_exception(failure_);
}

} // namespace tn
