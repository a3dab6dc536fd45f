// Suspended calls: where they stand, how an instance is kept or left meanwhile, how they go on and end.
#include "runtime/suspension.h"

#include "runtime/instance.h"

#include <cstring>

namespace tn::rt {

void Suspension::take(const Context& context, const FiberStack& on) noexcept {
    const auto told = [&](unsigned i) { return reinterpret_cast<void*>(context.trap_registers[i]); };
    stack_pointer = told(SuspendedStack);
    resume = reinterpret_cast<Resume>(told(SuspendedResume));
    if (last.return_address) return;
    const auto is_on_stack = [&](const void* at) {
        return at >= static_cast<const void*>(on.mapping) && at < static_cast<const void*>(on.top);
    };
    auto** frame = static_cast<void**>(told(SuspendedFrame));
    while (is_on_stack(frame[0])) frame = static_cast<void**>(frame[0]);
    last.return_address = frame[1];
    frame[0] = &last;
    frame[1] = told(SuspendedExit);
}

bool Instance::can_suspend() const noexcept {
    if (!in_slice || !context.host_stack) return false;
    const void* outer;
    std::memcpy(&outer, static_cast<const std::uint8_t*>(context.host_stack) + outer_host_place, sizeof outer);
    return outer == nullptr;
}

void Instance::begin_slice(std::uint64_t units, const std::atomic<bool>* stop) noexcept {
    in_slice = true;
    stop_slice_ = stop;
    if (mode != CodeMode::Metered) return;
    const std::int64_t all = context.fuel + fuel_reserve_;
    const std::int64_t now = units < static_cast<std::uint64_t>(std::max<std::int64_t>(all, 0))
                                 ? static_cast<std::int64_t>(units)
                                 : all;
    fuel_aside_ = all - now;
    set_fuel(now);
}

void Instance::end_slice() noexcept {
    in_slice = false;
    stop_slice_ = nullptr;
    if (mode == CodeMode::Metered) set_fuel(context.fuel + fuel_reserve_ + std::exchange(fuel_aside_, 0));
}

// A script inside of a host function goes on, and is asked again after a portion.
bool Instance::take_fuel_aside() noexcept {
    const std::int64_t portion = std::min(fuel_aside_, fuel_portion);
    fuel_aside_ -= portion;
    fuel_reserve_ += portion;
    take_fuel();
    return context.fuel >= 0;
}

void Instance::suspend_here(Suspension& call) noexcept { call.take(context, *stack_); }

void Instance::leave_held() noexcept {
    if (busy_.load(std::memory_order_relaxed) == (thread_token() | entered)) {
        busy_.store(held, std::memory_order_release);
        return;
    }
    // Through its bias. Who tries to enter has `busy_` for the moment that it takes to see who is inside.
    std::uintptr_t state = idle;
    while (!busy_.compare_exchange_weak(state, held, std::memory_order_acq_rel, std::memory_order_relaxed))
        state = idle;
    inside_.store(0, std::memory_order_release);
}

void Instance::enter_held() noexcept {
    busy_.store(thread_token() | entered, std::memory_order_seq_cst);
    (void)take_from_bias();
    prepare();
}

void Instance::detach(Suspension& call) noexcept {
    shared->stacks.unpark(stack_);
    call.stack = std::exchange(stack_, nullptr);
    real_stack_limit_ = no_stack;
    heap.drop_kept();
    needs_care_ = stack_was_deep_ = false;
}

void Instance::attach(Suspension& call) noexcept {
    give_stack_back();
    stack_ = std::exchange(call.stack, nullptr);
    real_stack_limit_ = reinterpret_cast<std::uintptr_t>(stack_->limit);
    needs_care_ = true;
    prepare();
}

std::uint32_t Instance::resume(Suspension& call, TrapCode code) noexcept {
    // In one step, so that valgrind sees another stack and not this one growing.
    void* const top = std::exchange(context.fiber_stack, call.stack_pointer);
    context.trap_code = code;
    const std::uint32_t answer = call.resume(&context);
    context.fiber_stack = top;
    context.trap_code = TrapCode::None;
    return answer;
}

void Instance::end(Suspension* call) noexcept {
    resume(*call, TrapCode::Cancelled);
    if (call->stack) shared->stacks.release(call->stack, true);
    delete call;
}

void Instance::end_held(Suspension* call) noexcept {
    busy_.store(thread_token() | releasing, std::memory_order_seq_cst);
    (void)take_from_bias();
    end(call);
    drain_releases();
    end_release();
}

void Instance::end_from_any_thread(Suspension* call) noexcept {
    if (begin_release()) {
        end(call);
        drain_releases();
        end_release();
        return;
    }
    defer(call);
}

} // namespace tn::rt
