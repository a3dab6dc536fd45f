// The compiler recurses as deep as a source nests, which is limited, but not to what the smallest host
// thread can hold (a BEAM dirty scheduler has a few hundred KiB). So it runs on a thread of its own.
#include "driver/pipeline.h"

#include <exception>
#include <new>
#include <pthread.h>

namespace tn::driver {

namespace {

constexpr std::size_t stack_bytes = std::size_t(256) << 20; // reserved; pages are used as they are touched

struct Job {
    void (*work)(void*);
    void* argument;
    std::exception_ptr failure;
};

void* run(void* p) {
    Job& job = *static_cast<Job*>(p);
    try {
        job.work(job.argument);
    } catch (...) {
        job.failure = std::current_exception();
    }
    return nullptr;
}

} // namespace

void on_large_stack(void (*work)(void*), void* argument) {
    Job job{work, argument, nullptr};
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) throw std::bad_alloc();
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread;
    const int failed = pthread_create(&thread, &attributes, run, &job);
    pthread_attr_destroy(&attributes);
    if (failed != 0) throw std::bad_alloc();
    pthread_join(thread, nullptr);
    if (job.failure) std::rethrow_exception(job.failure);
}

} // namespace tn::driver
