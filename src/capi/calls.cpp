// Section 5 of c_api.h: calls through rows of leaves. The short way, for scalars only, is in calls_flat.cpp.
#include "capi/call.h"
#include "capi/compound.h"
#include "capi/dispatch.h"
#include "capi/text.h"
#include "capi/timer.h"
#include "runtime/entry_points.h"
#include "support/ice.h"

#include <system_error>

namespace tn::capi {

void CallScope::begin_slowly() noexcept {
    const std::uint32_t attention = core_.attention.load(std::memory_order_relaxed);
    if (core_.callback_depth != 0) return;
    if (attention & CancelPending) {
        // This is the call it waited for, even if it ends before it looks.
        core_.attention.fetch_and(~std::uint32_t(CancelPending), std::memory_order_relaxed);
        core_.rt->fire(rt::CancelRequested);
    }
    if (attention & (NeedsTimer | PollsSleep)) {
        try {
            Timer& timer = *core_.module->runtime->timer;
            if (attention & PollsSleep) timer.start_polls(*core_.rt, core_.poll_ms, core_.attention, PollsSleep);
            if (attention & NeedsTimer) {
                timer.start(*core_.rt, core_.timeout_ms);
                timed_ = true;
            }
        } catch (const std::exception&) {
            // A limit that cannot be kept is worse than a call that is refused.
            status_ = TN_NOMEM;
            core_.place = place_;
        }
    }
}

void CallScope::end_slowly() noexcept { core_.module->runtime->timer->stop(*core_.rt); }

tn_status CallScope::report_status(tn_error** err) const noexcept {
    if (status_ == TN_BUSY) return report(err, TN_BUSY, {busy_text(core_)});
    if (status_ == TN_STATE) {
        return report(err, TN_STATE, {"the instance is running a script and cannot be called from here"});
    }
    return report_no_memory(err);
}

driver::CompiledModule::Packed make_entry(FunctionPlan& plan, rt::CodeMode mode) {
    const driver::CompiledModule& compiled = *plan.module->compiled;
    const auto entry = plan.is_closure_call ? compiled.closure_entry(mode, plan.closure_signature)
                                            : compiled.packed_entry(mode, plan.func);
    TN_CHECK(entry != nullptr, "a function of the module has no entry thunk: " + plan.name);
    if (plan.is_by_value) {
        const auto values = compiled.value_entry(mode, plan.func);
        TN_CHECK(values != nullptr, "a function of scalars has no entry for values: " + plan.name);
        plan.value_entries[static_cast<unsigned>(mode)].store(values, std::memory_order_release);
    }
    plan.entries[static_cast<unsigned>(mode)].store(entry, std::memory_order_release);
    return entry;
}

TrapCode run_function(InstanceCore& core, ir::FuncId func, rt::Slot* row) {
    if (core.interprets()) {
        const std::uint32_t code = driver::interpret(*core.module->compiled, *core.context(), func, row);
        core.context()->trap_code = TrapCode::None;
        return static_cast<TrapCode>(code);
    }
    const auto entry = core.module->compiled->packed_entry(core.rt->mode, func);
    TN_CHECK(entry != nullptr, "a function that the host needs has no entry thunk");
    return core.rt->invoke(entry, row);
}

tn_status check_call(const InstanceCore& core, const FunctionPlan& plan, const void* args, std::size_t nargs,
                     tn_error** err) {
    if (core.is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
    if (plan.module != core.module.get()) {
        return report(err, TN_SIGNATURE,
                      {"`", plan.name, "` is a function of another module than the instance"});
    }
    const std::size_t own = plan.is_closure_call ? 1 : 0; // the function value itself
    if (nargs != plan.param_count) {
        return report(err, TN_SIGNATURE,
                      {"`", plan.name, "` takes ", Number(plan.param_count - own).text(),
                       plan.param_count - own == 1 ? " argument, not " : " arguments, not ",
                       Number(nargs - own).text()});
    }
    if (!args && nargs != 0) return report(err, TN_ARG, {"args is NULL"});
    if (!plan.can_cross) {
        return report(err, TN_TYPE,
                      {"`", plan.name, "` has a type that cannot cross the C API: ", plan.signature});
    }
    return TN_OK;
}

std::string argument_name(const FunctionPlan& plan, std::size_t i) {
    const bool is_value = plan.is_closure_call;
    if (is_value && i == 0) return "the function value";
    std::string out = "argument " + std::to_string(i + (is_value ? 0 : 1));
    if (i < plan.param_names.size() && !plan.param_names[i].empty())
        out += " (`" + plan.param_names[i] + "`)";
    return out + " of `" + plan.name + "`";
}

namespace {

// Its replacement or change would take the memory away from who pinned it.
bool is_pinned(const tn_value& value) {
    const Held held = find_held(value);
    return held && is_pinned(*held.cell);
}

// A list as the memory that a slice names. A `mut` one gets a list of its own first, which the script then
// changes.
bool list_to_slice(InstanceCore& core, const ValuePlan& param, const tn_value& list, rt::Slot* slots,
                   Problem& problem) {
    rt::Seq* seq = rt::as_seq(slots[0].ref);
    if (param.is_mut) {
        seq = writable_seq(core, find_held(list).cell->object, 0);
        if (!seq) {
            problem = {TN_TRAP_MEMORY_LIMIT, std::string(trap_text(TrapCode::MemoryLimit))};
            return false;
        }
    }
    slots[0].ptr = seq->data;
    slots[1].i = seq->length;
    return true;
}

// The arguments as slots. Those of `mut` parameters are retained, and released again on failure.
tn_status fill_row(InstanceCore& core, const FunctionPlan& plan, const tn_value* args, Row& row,
                   TextCopies& copies, tn_error** err) {
    Problem problem;
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        const ValuePlan& param = plan.params[i];
        rt::Slot* slots = row.data() + param.first_slot;
        const bool is_owned = param.is_mut && !param.is_slice;
        if (param.is_mut && is_pinned(args[i])) {
            problem = {TN_STATE, "the list is pinned"};
        } else if (value_to_slots(core, *param.type, args[i], slots, is_owned, copies, problem) &&
                   (!param.is_slice || list_to_slice(core, param, args[i], slots, problem))) {
            continue;
        }
        for (std::size_t k = 0; k < i; ++k) {
            if (plan.params[k].is_mut && !plan.params[k].is_slice)
                release_slots(core, *plan.params[k].type, row.data() + plan.params[k].first_slot);
        }
        return report(err, problem.status, {argument_name(plan, i), ": ", problem.text});
    }
    return TN_OK;
}

// Replaces `mut` arguments by what the function left in them. All or nothing.
tn_status take_changed(InstanceCore& core, const FunctionPlan& plan, tn_value* args, Row& row,
                       tn_error** err) {
    std::vector<tn_value> changed(plan.param_count);
    tn_status status = TN_OK;
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        TN_SET_NONE(&changed[i]);
        if (!plan.params[i].is_mut || plan.params[i].is_slice) continue;
        const ValuePlan& place = plan.changed[i];
        if (status != TN_OK)
            release_slots(core, *place.type, row.data() + place.first_slot);
        else
            status = slots_to_value(core, *place.type, row.data() + place.first_slot, changed[i]);
    }
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        if (!plan.params[i].is_mut || plan.params[i].is_slice) continue;
        if (status == TN_OK) std::swap(args[i], changed[i]);
        clear_value(changed[i]);
    }
    if (status == TN_NOMEM) return report_no_memory(err);
    if (status != TN_OK) return report(err, status, {"memory limit exceeded by a changed argument"});
    return TN_OK;
}

tn_status call_by_rows(InstanceCore& core, FunctionPlan& plan, const tn_value* args, tn_value* mut_args,
                       tn_value* ret, tn_error** err) {
    CallScope scope(core);
    if (scope.status() != TN_OK) return scope.report_status(err);
    Row row(plan.row_size);
    TrapCode code;
    {
        TextCopies copies(core);
        if (tn_status status = fill_row(core, plan, args, row, copies, err); status != TN_OK) return status;
        code = run(core, plan, row.data());
    }
    if (code != TrapCode::None) return report_trap(core, code, err);
    tn_value result;
    tn_status status = slots_to_value(core, *plan.result.type, row.data() + plan.result.first_slot, result);
    if (status != TN_OK) TN_SET_NONE(&result);
    tn_status changed = TN_OK;
    if (plan.has_mut && status == TN_OK) {
        changed = take_changed(core, plan, mut_args, row, err);
    } else if (plan.has_mut) {
        for (std::size_t i = 0; i < plan.param_count; ++i) {
            if (plan.params[i].is_mut && !plan.params[i].is_slice)
                release_slots(core, *plan.changed[i].type, row.data() + plan.changed[i].first_slot);
        }
    }
    if (changed != TN_OK) {
        clear_value(result);
        return changed;
    }
    if (status == TN_NOMEM) return report_no_memory(err);
    if (status != TN_OK) return report(err, status, {"memory limit exceeded by the result"});
    if (ret)
        *ret = result;
    else
        clear_value(result);
    return TN_OK;
}

} // namespace

[[gnu::noinline]] tn_status call_slowly(InstanceCore& core, FunctionPlan& plan, const tn_value* args,
                                        std::size_t nargs, tn_value* mut_args, tn_value* ret,
                                        tn_error** err) noexcept {
    tn_status status;
    try {
        status = check_call(core, plan, args, nargs, err);
        if (status == TN_OK && plan.has_mut && !mut_args) {
            status = report(err, TN_SIGNATURE,
                            {"`", plan.name, "` has `mut` parameters: call it with tn_call_mut"});
        }
        if (status == TN_OK) status = call_by_rows(core, plan, args, mut_args, ret, err);
    } catch (...) { status = report_exception(err); }
    if (status != TN_OK && ret) TN_SET_NONE(ret); // not before: it may be one of the arguments
    return status;
}

namespace {

// With texts: two slots for each.
tn_status call_text_slots(InstanceCore& core, FunctionPlan& plan, tn_slot* io, tn_error** err) {
    CallScope scope(core);
    if (scope.status() != TN_OK) return scope.report_status(err);
    Row row(plan.row_size);
    TrapCode code;
    {
        // Texts are made for the call and released after it.
        struct Texts {
            InstanceCore& core;
            std::vector<rt::Object*> objects;
            ~Texts() {
                for (rt::Object* object : objects) rt::rt_release(core.context(), object);
            }
        } texts{core, {}};
        std::size_t at = 0;
        for (std::size_t i = 0; i < plan.param_count; ++i) {
            const TypeInfo& type = *plan.param_types[i];
            const std::uint32_t first = plan.params[i].first_slot;
            if (type.is_scalar()) {
                if (!scalar_to_slot(type.tag, io[at++], row[first])) {
                    return report(
                        err, TN_RANGE,
                        {argument_name(plan, i), ": the number is out of range for `", type.name, "`"});
                }
                continue;
            }
            const void* bytes = io[at].p;
            const std::uint64_t length = io[at + 1].u;
            at += 2;
            if ((!bytes && length != 0) || length > PTRDIFF_MAX) {
                return report(err, TN_ARG, {argument_name(plan, i), ": bad pointer or length"});
            }
            if (type.is_slice()) {
                const TypeInfo& element = *type.children[0];
                if (!scalars_are_valid(element.tag, static_cast<const std::uint8_t*>(bytes), length)) {
                    return report(
                        err, TN_RANGE,
                        {argument_name(plan, i), ": a number is out of range for `", element.name, "`"});
                }
                row[first].ptr = const_cast<void*>(bytes);
                row[first + 1].u = length;
                continue;
            }
            const bool is_string = type.tag == TN_TAG_STRING;
            if (is_string && find_bad_utf8(static_cast<const char*>(bytes), length) != length) {
                return report(err, TN_UTF8, {argument_name(plan, i), " is not UTF-8"});
            }
            texts.objects.reserve(texts.objects.size() + 1);
            rt::Object* object = rt::rt_bytes_new(core.context(), bytes, static_cast<std::int64_t>(length),
                                                  is_string ? rt::string_desc_id : rt::bytes_desc_id);
            if (!object) return report_runtime_failure(core, err);
            texts.objects.push_back(object);
            row[first].ref = object;
        }
        code = run(core, plan, row.data());
    }
    if (code != TrapCode::None) return report_trap(core, code, err);
    if (plan.result_tag != TN_TAG_UNIT) {
        tn_value result;
        slot_to_scalar(plan.result_tag, row[0], result);
        io[0] = result.as;
    }
    return TN_OK;
}

} // namespace

[[gnu::noinline]] tn_status call_slots_slowly(tn_instance* inst, tn_function* f, tn_slot* io, std::size_t nio,
                                              tn_error** err) noexcept {
    return guarded(err, [&] {
        InstanceCore* core = find_instance(inst);
        FunctionObject* function = find_function(f);
        if (!core || !function) return refuse_handles(inst, f, err);
        FunctionPlan& plan = *function->plan;
        if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
        if (plan.module != core->module.get()) {
            return report(err, TN_SIGNATURE,
                          {"`", plan.name, "` is a function of another module than the instance"});
        }
        if (!function->signature_given) {
            return report(err, TN_SIGNATURE, {"`", plan.name, "` was looked up without its signature"});
        }
        if (!plan.slots_fit) {
            return report(err, TN_SIGNATURE, {"tn_call_slots cannot pass the types of ", plan.signature});
        }
        if (nio < plan.io_size) return report(err, TN_ARG, {"too few slots for ", plan.signature});
        if (!io && plan.io_size != 0) return report(err, TN_ARG, {"io is NULL"});
        return plan.is_flat ? call_flat_slots(*core, plan, io, err) : call_text_slots(*core, plan, io, err);
    });
}

} // namespace tn::capi

using namespace tn::capi;

tn_status tn_call_mut(tn_instance* inst, tn_function* f, tn_value* args, size_t nargs, tn_value* ret,
                      tn_error** err) {
    if (err) *err = nullptr;
    if (ret) TN_SET_NONE(ret);
    InstanceCore* core = find_instance(inst);
    FunctionObject* function = find_function(f);
    if (!core || !function) return refuse_handles(inst, f, err);
    return call_slowly(*core, *function->plan, args, nargs, args, ret, err);
}
