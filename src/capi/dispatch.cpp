// A call from a script to a generic host function. Nothing thrown leaves: emitted code is the caller.
#include "capi/dispatch.h"

#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/task.h"
#include "runtime/entry_points.h"
#include "runtime/host_type.h"
#include "runtime/runtime_fns.h"
#include "runtime/utf8_check.h"
#include "support/ice.h"

#include <array>
#include <span>

namespace tn::capi {

namespace {

constexpr std::size_t inline_args = 12;

[[gnu::noinline, gnu::cold]] FrameObject* new_frame(InstanceCore& core) {
    auto frame = std::make_unique<FrameObject>();
    frame->core = &core;
    frame->cell = new_handle(HandleKind::Frame, frame.get());
    if (!frame->cell) throw std::bad_alloc();
    return frame.release();
}

// The frame handle of one callback: alive exactly while it runs. Each waits at its instance for the next callback of
// its depth. It leaves the instance where a script stands, which is where most callbacks are called.
class FrameScope {
public:
    explicit FrameScope(InstanceCore& core) : core_(core), frame_(core.free_frame), depth_(core.callback_depth) {
        if (!frame_) [[unlikely]]
            frame_ = new_frame(core);
        core.free_frame = frame_->next;
        frame_->cell->kind.store(HandleKind::Frame, std::memory_order_release);
        core.place = Place::Callback;
        core.callback_depth = depth_ + 1;
        // What the callback enters it leaves; what was entered outside is not its own.
        enter_depth_ = std::exchange(core.enter_depth, 0);
    }
    ~FrameScope() {
        frame_->cell->kind.store(HandleKind::Dead, std::memory_order_release);
        frame_->next = core_.free_frame; // one that was made meanwhile is deeper than this
        core_.free_frame = frame_;
        core_.place = Place::Script;
        core_.enter_depth = enter_depth_;
        core_.callback_depth = depth_;
    }
    FrameScope(const FrameScope&) = delete;
    FrameScope& operator=(const FrameScope&) = delete;
    tn_frame* handle() const { return reinterpret_cast<tn_frame*>(frame_->cell); }

private:
    InstanceCore& core_;
    FrameObject* frame_;
    std::uint32_t depth_, enter_depth_;
};

// Arguments of one callback, each a value of its own, cleared at the end unless the host did.
class Arguments {
public:
    explicit Arguments(std::size_t count) : count_(count) {
        if (count > inline_args) large_ = std::make_unique<tn_value[]>(count);
        for (tn_value& value : all()) TN_SET_NONE(&value);
    }
    ~Arguments() {
        for (tn_value& value : all()) clear_value(value);
    }
    Arguments(const Arguments&) = delete;
    Arguments& operator=(const Arguments&) = delete;
    std::span<tn_value> all() { return {large_ ? large_.get() : small_.data(), count_}; }

private:
    std::size_t count_;
    std::array<tn_value, inline_args> small_;
    std::unique_ptr<tn_value[]> large_;
};

void set_failure(InstanceCore& core, tn_status status, std::string message) {
    core.failure = std::make_unique<HostFailure>();
    core.failure->status = status;
    core.failure->message = std::move(message);
}

// What the callback said when it failed; else what its status means.
void complete_failure(InstanceCore& core, const std::string& path, tn_status status) {
    if (core.failure) return;
    std::string message = "host error: `" + path + "` failed";
    if (status != TN_TRAP_HOST_ERROR) {
        message += " with status ";
        message += tn_status_name(status);
        message += " (" + std::to_string(status) + ")";
    }
    const bool is_own = TN_IS_TRAP(status) || status >= TN_HOST_STATUS_FIRST;
    set_failure(core, is_own ? status : TN_TRAP_HOST_ERROR, std::move(message));
}

std::uint32_t fail(InstanceCore& core) {
    // The script sees the text too: it may be shown by whoever traces it.
    const std::string& message = core.failure->message;
    constexpr std::string_view prefix = "host error: ";
    const std::string_view text = message.starts_with(prefix)
                                      ? std::string_view(message).substr(prefix.size())
                                      : std::string_view(message);
    rt::rt_fail(core.context(), TrapCode::HostError, text.data(), text.size());
    return static_cast<std::uint32_t>(TrapCode::HostError);
}

[[gnu::always_inline]] inline tn_status run_callback(InstanceCore& core, const host::Registration& registration, const tn_value* args,
                       std::size_t count, tn_value& result) {
    result.tag = TN_TAG_POISON;
    result.aux = 0;
    result.as.u = 0;
    if (core.failure) [[unlikely]]
        core.failure.reset();
    FrameScope frame(core);
    return reinterpret_cast<tn_host_fn>(registration.address)(frame.handle(), args, count, &result,
                                                              registration.user_data.get());
}

// The callback's answer will come: the task waits for it, unless it is there already.
[[gnu::noinline, gnu::cold]] std::uint32_t await_result(InstanceCore& core, const host::Registration& registration,
                                                        const TypeInfo& type, rt::Slot* io) {
    TaskObject* task = core.task;
    if (!task || !task->offered || registration.is_pure || !core.rt->can_suspend()) {
        set_failure(core, TN_TRAP_HOST_ERROR,
                    "host error: `" + registration.path + "` answered TN_PENDING without tn_frame_suspend");
        return fail(core);
    }
    core.failure.reset();
    task->awaited = std::move(task->offered);
    task->callee = &registration;
    task->type = &type;
    task->io = io;
    return task->awaited->is_done() ? settle(*task) : rt::call_suspended;
}

// What the callback answered, as slots; a trap code. `result` is cleared.
[[gnu::noinline]] std::uint32_t take_result(InstanceCore& core, const host::Registration& registration, const TypeInfo& type,
                          tn_status status, tn_value& result, rt::Slot* io) {
    if (status != TN_OK) {
        if (result.tag != TN_TAG_POISON) clear_value(result);
        if (status == TN_PENDING) return await_result(core, registration, type, io);
        complete_failure(core, registration.path, status);
        return fail(core);
    }
    core.failure.reset();
    if (type.tag == TN_TAG_UNIT && (result.tag == TN_TAG_POISON || result.tag == TN_TAG_NONE)) return 0;
    Problem problem;
    bool fits;
    {
        TextCopies copies(core);
        fits = value_to_slots(core, type, result, io, true, copies, problem);
    }
    if (!fits) {
        if (problem.status == TN_TRAP_MEMORY_LIMIT) {
            clear_value(result);
            return static_cast<std::uint32_t>(TrapCode::MemoryLimit);
        }
        const bool unset = result.tag == TN_TAG_POISON;
        set_failure(core, TN_TRAP_HOST_ERROR,
                    "host error: `" + registration.path + "` " +
                        (unset ? "returned TN_OK without setting its result"
                               : "gave a wrong result: " + problem.text));
        if (!unset) clear_value(result);
        return fail(core);
    }
    clear_value(result);
    return 0;
}

std::uint32_t call_flat(InstanceCore& core, const host::Registration& registration, const HostPlan& plan,
                        rt::Slot* io) {
    tn_value args[FunctionPlan::max_flat], result;
    const std::size_t count = plan.param_count;
    for (std::size_t i = 0; i < count; ++i) slot_to_scalar(plan.tags[i], io[i], args[i]);
    const tn_status status = run_callback(core, registration, args, count, result);
    if (status == TN_OK && result.tag == plan.result_tag && scalar_to_slot(result.tag, result.as, io[0])) {
        core.failure.reset();
        return 0;
    }
    return take_result(core, registration, *plan.result.type, status, result, io);
}

const HostPlan& find_plan(const InstanceCore& core, const host::Registration& registration) {
    const HostPlan* plan = core.module->host_plan(registration.index);
    if (!plan) TN_ICE("a call of a host function that the module does not import");
    return *plan;
}

std::uint32_t call_by_value(InstanceCore& core, const host::Registration& registration, tn_value* values) {
    const HostPlan& plan = find_plan(core, registration);
    if (core.callback_depth >= max_callback_depth) return static_cast<std::uint32_t>(TrapCode::StackOverflow);
    tn_value& result = values[0];
    const tn_status status = run_callback(core, registration, values + 1, plan.param_count, result);
    rt::Slot slot{};
    if (status == TN_OK && result.tag == plan.result_tag && scalar_to_slot(result.tag, result.as, slot)) {
        if (core.failure) [[unlikely]]
            core.failure.reset();
        return 0;
    }
    const std::uint32_t code = take_result(core, registration, *plan.result.type, status, result, &slot);
    if (code == rt::call_suspended) [[unlikely]]
        core.task->io = reinterpret_cast<rt::Slot*>(&result.as);
    else
        result.as.u = slot.u; // where the script looks for it
    return code;
}

std::uint32_t call_host(InstanceCore& core, const host::Registration& registration, rt::Slot* io) {
    const HostPlan& plan = find_plan(core, registration);
    if (core.callback_depth >= max_callback_depth) return static_cast<std::uint32_t>(TrapCode::StackOverflow);
    if (plan.is_flat) return call_flat(core, registration, plan, io);

    Arguments arguments(plan.params.size());
    for (std::size_t i = 0; i < plan.params.size(); ++i) {
        const ValuePlan& param = plan.params[i];
        const rt::Slot* slots = io + param.first_slot;
        if (param.type->tag == TN_TAG_HANDLE && !rt::as_host(slots->ref)->pointer) {
            rt::fail_closed(core.context(), slots->ref);
            return static_cast<std::uint32_t>(TrapCode::HostError);
        }
        // The script keeps its references; the values have their own.
        if (!param.type->is_scalar() && param.type->layout) {
            for (std::size_t k = 0; k < param.slot_count; ++k) {
                if (param.type->layout->leaves[k].scalar == Scalar::Ref) rt::retain(slots[k].ref);
            }
        }
        const tn_status status = slots_to_value(core, *param.type, slots, arguments.all()[i]);
        if (status != TN_OK) return static_cast<std::uint32_t>(TrapCode::MemoryLimit);
    }
    tn_value result;
    const tn_status status =
        run_callback(core, registration, arguments.all().data(), arguments.all().size(), result);
    return take_result(core, registration, *plan.result.type, status, result, io);
}

} // namespace

rt::Object* show_host_value(rt::Context* context, const rt::HostType& type, void* pointer) {
    auto& core = *static_cast<InstanceCore*>(rt::Instance::of(context).user_pointer);
    tn_value result;
    result.tag = TN_TAG_POISON;
    result.aux = 0;
    result.as.u = 0;
    struct KeptPlace { // the host itself may want the text
        InstanceCore& core;
        Place place = core.place;
        ~KeptPlace() { core.place = place; }
    } const kept{core};
    try {
        if (core.callback_depth >= max_callback_depth) {
            context->trap_code = TrapCode::StackOverflow;
            return nullptr;
        }
        using ToText = tn_status (*)(tn_frame*, const void*, tn_value*, void*);
        core.failure.reset();
        tn_status status;
        {
            FrameScope frame(core);
            status = reinterpret_cast<ToText>(type.to_text)(frame.handle(), pointer, &result, type.user_data);
        }
        const Held held = result.tag == TN_TAG_STRING ? find_held(result) : Held{};
        rt::Object* text = status == TN_OK && held && &held.core() == &core ? held.object() : nullptr;
        if (text) {
            core.failure.reset();
            rt::retain(text);
        } else if (status != TN_OK) {
            complete_failure(core, type.path + ".show", status);
            fail(core);
        } else {
            set_failure(core, TN_TRAP_HOST_ERROR, "host error: `" + type.path + "` gave no text to show");
            fail(core);
        }
        if (result.tag != TN_TAG_POISON) clear_value(result);
        return text;
    } catch (const std::bad_alloc&) {
        if (result.tag != TN_TAG_POISON) clear_value(result);
        context->trap_code = TrapCode::MemoryLimit;
        return nullptr;
    } catch (...) {
        if (result.tag != TN_TAG_POISON) clear_value(result);
        constexpr std::string_view message = "an exception left a host function";
        rt::rt_fail(context, TrapCode::HostError, message.data(), message.size());
        return nullptr;
    }
}

void report_plain_failure(rt::Context* context, void* registration, std::int32_t status) {
    const std::string& path = static_cast<const host::Registration*>(registration)->path;
    auto& core = *static_cast<InstanceCore*>(rt::Instance::of(context).user_pointer);
    try {
        core.failure.reset();
        complete_failure(core, path, status);
        fail(core);
    } catch (const std::bad_alloc&) { rt::rt_fail(context, TrapCode::HostError, path.data(), path.size()); }
}

FrameObject* find_frame(const tn_frame* handle) {
    const Cell* cell = find_handle(handle, HandleKind::Frame);
    return cell ? static_cast<FrameObject*>(cell->object) : nullptr;
}

namespace {
// Nothing thrown leaves `call`, which answers a trap code.
template <typename Call> std::uint32_t guard(rt::Context* context, Call call) {
    try {
        return call();
    } catch (const std::bad_alloc&) {
        return static_cast<std::uint32_t>(TrapCode::MemoryLimit);
    } catch (const std::exception& exception) {
        rt::rt_fail(context, TrapCode::HostError, exception.what(),
                    std::char_traits<char>::length(exception.what()));
        return static_cast<std::uint32_t>(TrapCode::HostError);
    } catch (...) {
        // A C++ host's own; it may not pass through the script.
        constexpr std::string_view text = "an exception left a host function";
        rt::rt_fail(context, TrapCode::HostError, text.data(), text.size());
        return static_cast<std::uint32_t>(TrapCode::HostError);
    }
}
} // namespace

[[gnu::cold]] std::uint32_t settle(TaskObject& task) noexcept {
    InstanceCore& core = *task.core;
    const Ref<CompletionObject> completion = std::move(task.awaited);
    return guard(core.context(), [&] {
        tn_value value;
        value.tag = TN_TAG_POISON;
        switch (completion->state.load(std::memory_order_acquire)) {
        case CompletionObject::Value: std::swap(value, completion->value); completion->value.tag = TN_TAG_NONE; break;
        case CompletionObject::Text: {
            const std::string& text = completion->text;
            const bool is_string = task.type->tag == TN_TAG_STRING;
            if (!is_string && task.type->tag != TN_TAG_BYTES) {
                set_failure(core, TN_TRAP_HOST_ERROR,
                            "host error: `" + task.callee->path + "` gave a wrong result: expected " + task.type->name +
                                ", found a text");
                return fail(core);
            }
            if (is_string && rt::find_bad_utf8(text.data(), text.size()) != text.size()) {
                set_failure(core, TN_TRAP_HOST_ERROR,
                            "host error: `" + task.callee->path + "` gave a text that is not UTF-8");
                return fail(core);
            }
            task.io[0].ref = rt::rt_bytes_new(core.context(), text.data(), static_cast<std::int64_t>(text.size()),
                                              is_string ? rt::string_desc_id : rt::bytes_desc_id);
            return task.io[0].ref ? 0 : static_cast<std::uint32_t>(core.context()->trap_code);
        }
        case CompletionObject::Error:
            set_failure(core, completion->error);
            return fail(core);
        case CompletionObject::Dropped:
            set_failure(core, TN_TRAP_HOST_ERROR,
                        "host error: the completion of `" + task.callee->path + "` was freed before it was resolved");
            return fail(core);
        case CompletionObject::Open:
        case CompletionObject::Filling: TN_ICE("a task goes on before its host function has answered");
        }
        return take_result(core, *task.callee, *task.type, TN_OK, value, task.io);
    });
}

std::uint32_t dispatch_host_call(rt::Context* context, void* registration, rt::Slot* io) {
    auto& core = *static_cast<InstanceCore*>(rt::Instance::of(context).user_pointer);
    return guard(context,
                 [&] { return call_host(core, *static_cast<const host::Registration*>(registration), io); });
}

std::uint32_t dispatch_value_call(rt::Context* context, void* registration, rt::HostValue* values) {
    auto& core = *static_cast<InstanceCore*>(rt::Instance::of(context).user_pointer);
    return guard(context, [&] {
        return call_by_value(core, *static_cast<const host::Registration*>(registration),
                             reinterpret_cast<tn_value*>(values));
    });
}

} // namespace tn::capi
