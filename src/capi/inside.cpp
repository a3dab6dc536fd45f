// Leaving and closing instances, and traps as errors.
#include "capi/inside.h"

#include "capi/task.h"
#include "runtime/entry_points.h"

#include <mutex>

namespace tn::capi {

namespace {

// Instances that were freed while somebody was inside. Each entry owns the handle's reference.
std::mutex closed_mutex;
std::vector<InstanceCore*> closed_instances;
std::atomic<std::size_t> closed_count{0};

// The finalizers of a closed instance run when nobody is inside, also if values keep it alive.
bool try_end(InstanceCore* core) noexcept {
    if (core->is_inside() || core->rt->enter() != rt::EnterResult::Entered) return false;
    host::UserData write = std::move(core->write_data);
    host::UserData poll = std::move(core->poll_data);
    host::UserData user = std::move(core->user_data);
    core->write = nullptr;
    core->poll = nullptr;
    if (TaskObject* task = std::exchange(core->last_task, nullptr)) task->put_out();
    core->rt->leave();
    write.reset();
    poll.reset();
    user.reset();
    core->release();
    return true;
}

} // namespace

void Inside::leave_closed(InstanceCore& core) noexcept {
    // Who closes it from another thread may end it as soon as it is left.
    core.retain();
    core.rt->leave();
    reap_closed();
    core.release();
}

void close_instance(InstanceCore* core) noexcept {
    core->attention.fetch_or(Closing, std::memory_order_seq_cst);
    if (try_end(core)) return;
    {
        std::lock_guard lock(closed_mutex);
        try {
            closed_instances.push_back(core);
        } catch (...) {
            return; // without memory to remember it, it stays
        }
        closed_count.store(closed_instances.size(), std::memory_order_seq_cst);
    }
    if (!core->is_inside()) reap_closed();
}

void reap_closed() noexcept {
    if (closed_count.load(std::memory_order_seq_cst) == 0) return;
    std::vector<InstanceCore*> waiting;
    {
        std::lock_guard lock(closed_mutex);
        waiting.swap(closed_instances);
        closed_count.store(0, std::memory_order_seq_cst);
    }
    std::erase_if(waiting, [](InstanceCore* core) { return try_end(core); });
    if (waiting.empty()) return;
    std::lock_guard lock(closed_mutex);
    try {
        closed_instances.insert(closed_instances.end(), waiting.begin(), waiting.end());
    } catch (...) {}
    closed_count.store(closed_instances.size(), std::memory_order_seq_cst);
}

tn_status report_trap(InstanceCore& core, TrapCode code, tn_error** err) noexcept {
    std::unique_ptr<HostFailure> failure = std::move(core.failure);
    if (code == TrapCode::Cancelled)
        core.attention.fetch_and(~std::uint32_t(CancelPending), std::memory_order_relaxed);
    const bool from_host = code == TrapCode::HostError && failure;
    const tn_status status = from_host ? failure->status : static_cast<tn_status>(code);
    if (!err) return status;
    try {
        auto error = std::make_unique<ErrorObject>();
        error->status = status;
        if (const rt::TrapRecord* record = core.rt->last_trap(); record && record->code == code) {
            rt::TrapRecord::Trace trace = record->trace();
            error->message = record->message();
            error->frames = std::move(trace.entries);
            error->omitted_frames = trace.omitted;
            error->omitted_after = trace.omitted_after;
        } else {
            error->message = trap_text(code);
        }
        if (from_host) {
            error->message = failure->message;
            error->payload = std::exchange(failure->payload, nullptr);
            error->finalizer = std::exchange(failure->finalizer, nullptr);
            error->code = failure->code;
            error->omitted_after += failure->frames.size();
            error->frames.insert(error->frames.begin(), std::make_move_iterator(failure->frames.begin()),
                                 std::make_move_iterator(failure->frames.end()));
        }
        return report(err, std::move(error));
    } catch (...) { return report_no_memory(err); }
}

tn_status report_runtime_failure(InstanceCore& core, tn_error** err) noexcept {
    rt::Context& context = *core.context();
    const TrapCode code = std::exchange(context.trap_code, TrapCode::None);
    rt::rt_release(&context, std::exchange(context.trap_text, nullptr));
    return report(err, static_cast<tn_status>(code), {trap_text(code)});
}

} // namespace tn::capi
