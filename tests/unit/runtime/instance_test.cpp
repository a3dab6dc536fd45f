// Instances: entering, threads, interrupts, stacks, what creation costs.
#include "test_program.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

namespace tn::rt::test {

using InstanceTest = RuntimeTest;

TEST_F(InstanceTest, OneThreadAtATime) {
    EXPECT_EQ(instance->enter(), EnterResult::Busy);
    instance->leave();
    EXPECT_FALSE(instance->is_entered());
    EXPECT_EQ(instance->enter(), EnterResult::Entered);
}

TEST_F(InstanceTest, StackIsUsableAndGuarded) {
    instance->leave();
    instance->set_stack_size(256 * 1024);
    ASSERT_EQ(instance->enter(), EnterResult::Entered);
    auto* top = static_cast<std::uint8_t*>(context->fiber_stack);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(top) % 16, 0u);
    const std::uint64_t limit = context->stack_limit.load();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(top) - limit, 256u * 1024);
    std::memset(reinterpret_cast<void*>(limit - StackPool::headroom), 1, 256 * 1024 + StackPool::headroom);
    instance->leave();
    instance->set_stack_size(1); // clamped, and kept between calls
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(instance->enter(), EnterResult::Entered);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(context->fiber_stack) - context->stack_limit.load(),
                  StackPool::min_stack_size);
        instance->leave();
    }
    EXPECT_EQ(shared->stacks.live_count(), 3u) << "one per size";
}

TEST_F(InstanceTest, FewStacksAreKept) {
    std::vector<std::shared_ptr<Instance>> many;
    for (int i = 0; i < 500; ++i) {
        many.push_back(Instance::create(program, shared));
        ASSERT_EQ(many.back()->enter(), EnterResult::Entered);
    }
    EXPECT_EQ(shared->stacks.live_count(), 501u);
    for (auto& one : many) one->leave();
    EXPECT_LE(shared->stacks.live_count(), StackPool::max_cached + StackPool::max_parked);
    many.clear();
    EXPECT_LE(shared->stacks.live_count(), StackPool::max_cached + 1);
    EXPECT_EQ(shared->live_instances.load(), 1u);
}

TEST_F(InstanceTest, MappingFailureIsAnAnswer) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need the address space";
#else
    // Less address space than the stacks need: some mapping fails, and the answer is null.
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit tight = before;
    tight.rlim_cur = pages * 4096 + (rlim_t(5) << 30);
    ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
    void* beyond = mmap(nullptr, std::size_t(8) << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (beyond != MAP_FAILED) {
        munmap(beyond, std::size_t(8) << 30);
        setrlimit(RLIMIT_AS, &before);
        GTEST_SKIP() << "an emulator does not keep to a limit of the address space";
    }
    std::vector<FiberStack*> stacks;
    while (stacks.size() < 100) {
        FiberStack* stack = shared->stacks.acquire(StackPool::max_stack_size);
        if (!stack) break;
        stacks.push_back(stack);
    }
    EXPECT_LT(stacks.size(), 6u);
    auto poor = Instance::create(program, shared);
    poor->set_stack_size(StackPool::max_stack_size);
    EXPECT_EQ(poor->enter(), EnterResult::NoStack);
    EXPECT_FALSE(poor->is_entered());
    for (FiberStack* each : stacks) shared->stacks.release(each, false);
    EXPECT_EQ(poor->enter(), EnterResult::Entered);
    poor->leave();
    EXPECT_EQ(setrlimit(RLIMIT_AS, &before), 0);
#endif
}

TEST_F(InstanceTest, ReleaseFromAnotherThread) {
    Object* held = text("held by another thread");
    // While entered: queued until the owner leaves.
    std::thread([&] { instance->release_from_any_thread(held); }).join();
    EXPECT_EQ(instance->heap.live_objects(), 1u);
    instance->leave();
    EXPECT_EQ(instance->heap.live_objects(), 0u);
    // While idle: at once.
    ASSERT_EQ(instance->enter(), EnterResult::Entered);
    held = text("again");
    instance->leave();
    std::thread([&] { instance->release_from_any_thread(held); }).join();
    EXPECT_EQ(instance->heap.live_objects(), 0u);
    // Never entered again: freed with the instance.
    ASSERT_EQ(instance->enter(), EnterResult::Entered);
    instance->release_from_any_thread(text("left over"));
}

TEST_F(InstanceTest, ReleasesRaceWithCalls) {
    constexpr int per_thread = 3000, threads = 3;
    std::vector<std::vector<Object*>> held(threads);
    for (auto& list : held) {
        for (int i = 0; i < per_thread; ++i) list.push_back(new_node(text("some text")));
    }
    instance->leave();
    std::atomic<int> running{threads};
    std::vector<std::thread> workers;
    for (auto& list : held) {
        workers.emplace_back([&, &mine = list] {
            for (Object* object : mine) instance->release_from_any_thread(object);
            --running;
        });
    }
    while (running.load() > 0) {
        ASSERT_EQ(instance->enter(), EnterResult::Entered) << "a release by another thread is not a call";
        rt_release(context, text("from the owner"));
        instance->leave();
    }
    for (auto& worker : workers) worker.join();
    ASSERT_EQ(instance->enter(), EnterResult::Entered);
    expect_clean();
}

TEST_F(InstanceTest, CancelStopsTheRunningCallOnly) {
    void* const sp = context->fiber_stack;
    rt_poll(context, sp);
    EXPECT_EQ(context->trap_code, TrapCode::None);
    instance->fire(CancelRequested);
    EXPECT_EQ(context->stack_limit.load(), ~std::uint64_t(0));
    for (int i = 0; i < 2; ++i) { // stays: a host function in between cannot swallow it
        rt_poll(context, sp);
        EXPECT_EQ(take_trap(), TrapCode::Cancelled);
    }
    instance->leave();
    instance->fire(CancelRequested); // nothing runs: dropped
    ASSERT_EQ(instance->enter(), EnterResult::Entered);
    EXPECT_EQ(context->interrupt.load(), 0u);
    EXPECT_EQ(context->stack_limit.load(), instance->real_stack_limit());
    instance->fire(DeadlinePassed);
    rt_poll(context, sp);
    EXPECT_EQ(take_trap(), TrapCode::DeadlineExceeded);
    instance->begin_call();
    rt_poll(context, reinterpret_cast<void*>(instance->real_stack_limit() - 1));
    EXPECT_EQ(take_trap(), TrapCode::StackOverflow);
    rt_poll(context, reinterpret_cast<void*>(~std::uintptr_t(0)));
    EXPECT_EQ(context->trap_code, TrapCode::None);
}

TEST_F(InstanceTest, PollFunction) {
    struct State {
        int calls = 0;
        int answer = 0;
    } state;
    instance->poll_user_data = &state;
    instance->poll = [](void* user_data) -> std::int32_t {
        auto* s = static_cast<State*>(user_data);
        ++s->calls;
        return s->answer;
    };
    instance->fire(PollRequested);
    rt_poll(context, context->fiber_stack);
    EXPECT_EQ(state.calls, 1);
    EXPECT_EQ(context->trap_code, TrapCode::None);
    EXPECT_EQ(context->interrupt.load(), 0u);
    EXPECT_EQ(context->stack_limit.load(), instance->real_stack_limit());
    state.answer = 1;
    instance->fire(PollRequested);
    rt_poll(context, context->fiber_stack);
    EXPECT_EQ(take_trap(), TrapCode::Cancelled);
}

TEST_F(InstanceTest, FireRacesWithPolls) {
    std::atomic<bool> done{false};
    std::thread firing([&] {
        while (!done.load()) instance->fire(PollRequested);
        instance->fire(CancelRequested);
    });
    for (int i = 0; i < 20'000; ++i) rt_poll(context, context->fiber_stack);
    done = true;
    while (context->trap_code == TrapCode::None) {
        if (context->interrupt.load() != 0) rt_poll(context, context->fiber_stack);
    }
    firing.join();
    EXPECT_EQ(take_trap(), TrapCode::Cancelled);
    EXPECT_EQ(context->stack_limit.load(), ~std::uint64_t(0));
}

TEST_F(InstanceTest, CreationIsCheap) {
    EXPECT_LE(sizeof(Instance), 2048u);
    constexpr int count = 2000;
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::shared_ptr<Instance>> many;
    many.reserve(count);
    for (int i = 0; i < count; ++i) many.push_back(Instance::create(program, shared));
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    RecordProperty("microseconds_each", std::to_string(time.count() / count));
    EXPECT_LT(time.count() / count, 200.0) << "generous: sanitizers and busy machines";
}

TEST_F(InstanceTest, FailText) {
    rt_fail(context, TrapCode::Panic, "first", 5);
    rt_fail(context, TrapCode::Panic, "boom", 4);
    EXPECT_EQ(take_trap(), TrapCode::Panic);
    EXPECT_EQ(instance->last_trap()->message(), "panic: boom");
    context->trap_a = -1;
    context->trap_b = 3;
    rt_fail(context, TrapCode::IndexOutOfBounds, nullptr, 0);
    take_trap();
    EXPECT_EQ(instance->last_trap()->message(), "index out of bounds: the length is 3 but the index is -1");
    rt_fail(context, TrapCode::AssertionFailed, nullptr, 0);
    take_trap();
    EXPECT_EQ(instance->last_trap()->message(), "assertion failed");
    const std::string huge = "x" + std::string(200'000, '\xc3'); // cut, not inside a character
    rt_fail(context, TrapCode::Panic, huge.data(), huge.size());
    take_trap();
    EXPECT_LE(instance->last_trap()->text.size(), TrapRecord::max_text);
    instance->heap.set_limit(0);
    rt_fail(context, TrapCode::Panic, "boom", 4);
    EXPECT_EQ(take_trap(), TrapCode::Panic) << "also without memory for the text";
    expect_clean();
}

} // namespace tn::rt::test
