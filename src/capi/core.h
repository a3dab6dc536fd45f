// The objects behind the handles. Each keeps what it needs alive by counted references, so that the host may
// free its handles in any order:
//
//     tn_instance -> InstanceCore -> ModuleCore -> RuntimeCore
//     tn_function -> FunctionObject -> ModuleCore        tn_module -> ModuleCore
//     tn_value    -> InstanceCore                        tn_interrupt -> InstanceCore
#pragma once

#include "c_api.h"
#include "capi/config.h"
#include "capi/error_object.h"
#include "capi/function_plan.h"
#include "capi/handle_table.h"
#include "capi/slice_timer.h"
#include "capi/type_info.h"
#include "driver/engine.h"
#include "host/registry.h"
#include "runtime/instance.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tn::capi {

class Timer;
struct TaskObject;

// Counted by Ref; deletes itself.
template <typename Self> struct Counted {
    mutable std::atomic<std::uint64_t> count{1};
    void retain() const { count.fetch_add(1, std::memory_order_relaxed); }
    void release() const {
        if (count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete static_cast<const Self*>(this);
    }
};

template <typename T> class Ref {
public:
    Ref() = default;
    static Ref adopt(T* object) { return Ref(object); }
    static Ref share(T* object) {
        if (object) object->retain();
        return Ref(object);
    }
    Ref(const Ref& other) : object_(other.object_) {
        if (object_) object_->retain();
    }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_) object_->release();
    }
    T* get() const { return object_; }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    T* take() { return std::exchange(object_, nullptr); }

private:
    explicit Ref(T* object) : object_(object) {}
    T* object_ = nullptr;
};

struct RuntimeCore : Counted<RuntimeCore> {
    RuntimeCore();
    ~RuntimeCore();

    Config config;
    host::Registry registry;
    TypeHome types;
    std::shared_ptr<rt::RuntimeShared> shared;
    std::unique_ptr<Timer> timer;
    std::unique_ptr<SliceTimer> slices;

    // What is registered now: another engine after an extension was loaded. Waits while another thread loads one. Throws.
    std::shared_ptr<const driver::Engine> engine();

private:
    std::shared_ptr<const driver::Engine> engine_; // under the registry's lock
    std::uint64_t engine_generation_ = 0;
    std::shared_ptr<host::Libraries> foreign_libraries_; // of all engines
};

struct ModuleCore : Counted<ModuleCore> {
    ModuleCore(Ref<RuntimeCore> runtime, std::shared_ptr<const driver::Engine> engine,
               std::shared_ptr<driver::CompiledModule> compiled);

    // The plan of export `i`, or of test `i`. Throws.
    FunctionPlan* export_plan(std::size_t i);
    FunctionPlan* test_plan(std::size_t i);
    // How values of a function type of this module are called. Throws.
    FunctionPlan* closure_plan(const TypeInfo& type);
    // How calls of the host function of a registration convert, in this module. Null if it calls none such.
    const HostPlan* host_plan(std::uint32_t registration) const {
        return registration < host_plans.size() ? host_plans[registration].get() : nullptr;
    }

    Ref<RuntimeCore> runtime;
    std::shared_ptr<const driver::Engine> engine; // the one it was compiled with
    std::shared_ptr<driver::CompiledModule> compiled;
    TypeHome types;
    std::vector<std::unique_ptr<HostPlan>> host_plans; // by registration
    std::shared_ptr<diag::SourceMap> sources;
    const TypeInfo* string_type = nullptr;
    const TypeInfo* bytes_type = nullptr;
    const TypeInfo* unit_type = nullptr;

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<FunctionPlan>> exports_, tests_;
    std::unordered_map<const TypeInfo*, std::unique_ptr<FunctionPlan>> closures_;
};

struct FunctionObject {
    Ref<ModuleCore> module;
    FunctionPlan* plan = nullptr;
    bool signature_given = false;
};

// What a failing host function told with tn_frame_fail.
struct HostFailure {
    tn_status status = TN_TRAP_HOST_ERROR;
    std::string message; // complete
    void* payload = nullptr;
    tn_finalizer finalizer = nullptr;
    std::shared_ptr<const void> code;   // keeps the finalizer's where it is, if it can be an extension's
    std::vector<rt::TraceEntry> frames; // of an inner script
    ~HostFailure() {
        if (finalizer) finalizer(payload);
    }
};

// A running generic callback: what a tn_frame handle names. The handle is dead between callbacks.
struct FrameObject {
    FrameObject* next = nullptr; // that waits at its instance for a callback of the next depth
    InstanceCore* core = nullptr;
    Cell* cell = nullptr;
};

// Where the thread that is inside an instance stands.
enum class Place : std::uint8_t {
    Entered,  // between tn_instance_enter and _leave, or in a function of this API
    Script,   // a script runs
    Callback, // a generic host function runs: may call again
};

// Reasons to leave the fast path of a call.
enum Attention : std::uint32_t {
    NeedsTimer = 1,    // a timeout
    CancelPending = 2, // tn_interrupt_fire: stop the running call, else the next one
    Closing = 4,       // tn_instance_free
    Interprets = 8,    // TN_CONFIG_INTERPRET; for good
    PollsSleep = 16,   // a poll function, which the timer would not call now
};

struct InstanceCore : Counted<InstanceCore> {
    ~InstanceCore();

    Ref<ModuleCore> module;
    std::shared_ptr<rt::Instance> rt;
    std::atomic<std::uint32_t> attention{0};
    Place place = Place::Entered; // of who is inside
    std::uint32_t enter_depth = 0;    // of tn_instance_enter
    std::uint32_t callback_depth = 0; // generic host functions that are running
    std::uint64_t timeout_ms = 0;
    std::uint32_t poll_ms = 0;
    std::uint64_t slice_us = 0;
    std::unique_ptr<SliceTimer::Turns> turns; // of its tasks, once there was one with a limit of time
    TaskObject* task = nullptr;                // whose slice runs
    TaskObject* last_task = nullptr;           // started, for the next one when it has ended; by who is inside
    Cell* handle = nullptr;           // what callbacks get
    FrameObject* free_frame = nullptr; // for the next callback; null: there was none of that depth yet
    std::unique_ptr<HostFailure> failure;
    tn_write_fn write = nullptr; // null: stdout
    tn_poll_fn poll = nullptr;
    host::UserData write_data, poll_data, user_data;

    rt::Context* context() const { return &rt->context; }
    bool is_closed() const { return attention.load(std::memory_order_relaxed) & Closing; }
    bool interprets() const { return attention.load(std::memory_order_relaxed) & Interprets; }
    bool is_inside() const { return rt->is_inside(); } // the calling thread
};

// TN_FUEL_UNLIMITED turns metering off. Not while a script runs.
void set_fuel(InstanceCore& core, std::uint64_t fuel);

inline RuntimeCore* find_runtime(const tn_runtime* handle) {
    Cell* cell = find_handle(handle, HandleKind::Runtime);
    return cell ? static_cast<RuntimeCore*>(cell->object) : nullptr;
}
inline ModuleCore* find_module(const tn_module* handle) {
    Cell* cell = find_handle(handle, HandleKind::Module);
    return cell ? static_cast<ModuleCore*>(cell->object) : nullptr;
}
inline FunctionObject* find_function(const tn_function* handle) {
    Cell* cell = find_handle(handle, HandleKind::Function);
    return cell ? static_cast<FunctionObject*>(cell->object) : nullptr;
}
inline InstanceCore* find_instance(const tn_instance* handle) {
    Cell* cell = find_handle(handle, HandleKind::Instance);
    return cell ? static_cast<InstanceCore*>(cell->object) : nullptr;
}

} // namespace tn::capi
