// Section 9 of c_api.h: limits.
#include "capi/inside.h"
#include "capi/timer.h"

#include <algorithm>
#include <optional>

namespace tn::capi {

void set_fuel(InstanceCore& core, std::uint64_t fuel) {
    if (fuel == TN_FUEL_UNLIMITED) {
        core.rt->mode = rt::CodeMode::Polled;
        core.rt->set_fuel(0);
        return;
    }
    core.rt->mode = rt::CodeMode::Metered;
    core.rt->set_fuel(static_cast<std::int64_t>(std::min<std::uint64_t>(fuel, INT64_MAX)));
}

} // namespace tn::capi

using namespace tn;
using namespace tn::capi;

namespace {

// Finds the instance, takes it, changes it. Not while its script runs.
template <typename Change> tn_status change(tn_instance* inst, Change&& apply) {
    if (!inst) return TN_ARG;
    InstanceCore* core = find_instance(inst);
    if (!core) return TN_HANDLE;
    Inside inside(*core);
    if (inside.status() != TN_OK) return inside.status();
    if (core->place == Place::Script) return TN_STATE;
    return apply(*core);
}

void set_attention(InstanceCore& core, Attention reason, bool needed) {
    if (needed)
        core.attention.fetch_or(reason, std::memory_order_relaxed);
    else
        core.attention.fetch_and(~std::uint32_t(reason), std::memory_order_relaxed);
}

} // namespace

tn_interrupt* tn_instance_interrupt_handle(tn_instance* inst) {
    InstanceCore* core = find_instance(inst);
    if (!core) return nullptr;
    Cell* cell = new_handle(HandleKind::Interrupt, core);
    if (cell) core->retain();
    return reinterpret_cast<tn_interrupt*>(cell);
}

void tn_interrupt_fire(tn_interrupt* h) {
    Cell* cell = find_handle(h, HandleKind::Interrupt);
    if (!cell) return;
    auto* core = static_cast<InstanceCore*>(cell->object);
    // Pending first: a call that begins in between sees it.
    core->attention.fetch_or(CancelPending, std::memory_order_seq_cst);
    core->rt->fire(rt::CancelRequested);
}

void tn_interrupt_free(tn_interrupt* h) {
    if (void* core = release_handle(h, HandleKind::Interrupt)) static_cast<InstanceCore*>(core)->release();
}

tn_status tn_instance_set_fuel(tn_instance* inst, uint64_t fuel) {
    return change(inst, [&](InstanceCore& core) -> tn_status {
        // Running code keeps its fuel in a register.
        if (core.enter_depth != 0 || core.callback_depth != 0 || core.place == Place::Script) return TN_STATE;
        set_fuel(core, fuel);
        return TN_OK;
    });
}

uint64_t tn_instance_fuel(const tn_instance* inst) {
    const InstanceCore* core = find_instance(inst);
    if (!core) return 0;
    if (core->rt->mode == rt::CodeMode::Polled) return TN_FUEL_UNLIMITED;
    return static_cast<std::uint64_t>(core->rt->fuel());
}

tn_status tn_instance_set_memory_limit(tn_instance* inst, uint64_t bytes) {
    return change(inst, [&](InstanceCore& core) -> tn_status {
        core.rt->heap.set_limit(bytes);
        return TN_OK;
    });
}

uint64_t tn_instance_memory_used(const tn_instance* inst) {
    const InstanceCore* core = find_instance(inst);
    return core ? core->rt->heap.live_bytes() : 0;
}

tn_status tn_instance_set_timeout(tn_instance* inst, uint64_t ms) {
    return change(inst, [&](InstanceCore& core) -> tn_status {
        core.timeout_ms = ms;
        set_attention(core, NeedsTimer, ms != 0);
        return TN_OK;
    });
}

tn_status tn_instance_set_poll(tn_instance* inst, uint32_t every_ms, tn_poll_fn poll, void* ud,
                               tn_finalizer fin) {
    host::UserData data(ud, fin);
    if (poll && every_ms == 0) return TN_ARG;
    return change(inst, [&](InstanceCore& core) -> tn_status {
        core.poll = poll;
        core.poll_ms = every_ms;
        std::swap(core.poll_data, data);
        core.module->runtime->timer->stop_polls(*core.rt);
        set_attention(core, PollsSleep, poll != nullptr);
        return TN_OK;
    });
}
