// The compiler recurses as deep as a source nests, which is limited, but not to what the smallest host
// thread can hold (a BEAM dirty scheduler has a few hundred KiB). So it runs on a stack of its own, on the
// caller's thread: a thread would cost a short compile a fifth of its time. Unused stacks are kept for the
// next one.
#include "driver/pipeline.h"

#include <exception>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TN_STACK_IS_THREADS 1 // those tools know the stacks of threads
#include <pthread.h>
#else
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <ucontext.h>
#endif

namespace tn::driver {

namespace {

constexpr std::size_t stack_bytes = std::size_t(256) << 20; // reserved; pages are used as they are touched

struct Job {
    void (*work)(void*);
    void* argument;
    std::exception_ptr failure;

    void run() {
        try {
            work(argument);
        } catch (...) { failure = std::current_exception(); }
    }
};

#ifdef TN_STACK_IS_THREADS

void run_elsewhere(Job& job) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) throw std::bad_alloc();
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread;
    const auto start = [](void* p) -> void* {
        static_cast<Job*>(p)->run();
        return nullptr;
    };
    const int failed = pthread_create(&thread, &attributes, start, &job);
    pthread_attr_destroy(&attributes);
    if (failed != 0) throw std::bad_alloc();
    pthread_join(thread, nullptr);
}

#else

constexpr std::size_t guard_bytes = 64 * 1024;
constexpr std::size_t kept_bytes = 512 * 1024; // at the top: what most compiles use
constexpr unsigned max_kept = 4;

// The stacks that nobody uses, each linked through its topmost bytes. Any thread.
class Stacks {
public:
    ~Stacks() {
        while (Free* stack = free_) {
            free_ = stack->next;
            munmap(mapping_of(stack), stack_bytes);
        }
    }
    [[gnu::noinline]] std::uint8_t* take() { // not into where getcontext() is
        {
            std::lock_guard lock(mutex_);
            if (Free* stack = free_) {
                free_ = stack->next;
                --count_;
                return mapping_of(stack);
            }
        }
        void* memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        if (mprotect(memory, guard_bytes, PROT_NONE) != 0) {
            munmap(memory, stack_bytes);
            throw std::bad_alloc();
        }
        madvise(memory, stack_bytes, MADV_NOHUGEPAGE); // its top is all that is ever touched
        return static_cast<std::uint8_t*>(memory);
    }
    void give_back(std::uint8_t* mapping) {
        {
            std::lock_guard lock(mutex_);
            if (count_ < max_kept) {
                madvise(mapping + guard_bytes, stack_bytes - guard_bytes - kept_bytes, MADV_DONTNEED);
                free_ = new (mapping + stack_bytes - sizeof(Free)) Free{free_};
                ++count_;
                return;
            }
        }
        munmap(mapping, stack_bytes);
    }

private:
    struct Free {
        Free* next;
    };
    static std::uint8_t* mapping_of(Free* stack) {
        return reinterpret_cast<std::uint8_t*>(stack) + sizeof(Free) - stack_bytes;
    }

    std::mutex mutex_;
    Free* free_ = nullptr;
    unsigned count_ = 0;
};
Stacks stacks;

void start(unsigned high, unsigned low) {
    reinterpret_cast<Job*>(static_cast<std::uintptr_t>((std::uint64_t(high) << 32) | low))->run();
}

void run_elsewhere(Job& job) {
    std::uint8_t* mapping = stacks.take();
    ucontext_t here, there;
    getcontext(&there);
    there.uc_stack.ss_sp = mapping + guard_bytes;
    there.uc_stack.ss_size = stack_bytes - guard_bytes;
    there.uc_link = &here;
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&job));
    makecontext(&there, reinterpret_cast<void (*)()>(start), 2, static_cast<unsigned>(address >> 32),
                static_cast<unsigned>(address));
    swapcontext(&here, &there);
    stacks.give_back(mapping);
}

#endif

} // namespace

void on_large_stack(void (*work)(void*), void* argument) {
    Job job{work, argument, nullptr};
    run_elsewhere(job);
    if (job.failure) std::rethrow_exception(job.failure);
}

} // namespace tn::driver
