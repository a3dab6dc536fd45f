// Plans of exports, tests and host functions: slots, tags, names and signatures.
#include "capi/function_plan.h"

#include "capi/core.h"

#include <algorithm>

namespace tn::capi {

namespace {

// Gives each value its place in a row, from `next` on.
ValuePlan place_value(const TypeInfo* type, std::uint32_t& next) {
    ValuePlan plan;
    plan.type = type;
    plan.first_slot = next;
    plan.slot_count = type->can_cross ? static_cast<std::uint32_t>(type->layout->leaves.size()) : 0;
    if (type->is_slice()) {
        plan.is_slice = true;
        plan.type = type->home->list_of(*type->children[0]);
        plan.slot_count = 2;
    }
    next += plan.slot_count;
    return plan;
}

bool is_text(const TypeInfo& type) { return type.tag == TN_TAG_STRING || type.tag == TN_TAG_BYTES; }

void finish(FunctionPlan& plan) {
    plan.param_count = static_cast<std::uint32_t>(plan.param_types.size());
    std::uint32_t in = 0, out = 0;
    bool all_scalar = plan.param_count <= FunctionPlan::max_flat;
    bool all_slots = true;
    for (std::uint32_t i = 0; i < plan.param_count; ++i) {
        const TypeInfo& type = *plan.param_types[i];
        const bool is_mut = plan.params[i].is_mut;
        plan.params[i] = place_value(&type, in);
        plan.params[i].is_mut = is_mut;
        plan.has_mut = plan.has_mut || is_mut;
        plan.can_cross = plan.can_cross && plan.params[i].type->can_cross;
        all_scalar = all_scalar && type.is_scalar() && !is_mut;
        plan.io_size += is_text(type) || type.is_slice() ? 2 : 1;
        all_slots = all_slots && (type.is_slice() || ((type.is_scalar() || is_text(type)) && !is_mut));
        if (i < FunctionPlan::max_flat) plan.tags[i] = static_cast<std::uint8_t>(type.tag);
    }
    const TypeInfo& result = *plan.result_type;
    plan.result = place_value(&result, out);
    plan.result_tag = static_cast<std::uint8_t>(result.tag);
    plan.can_cross = plan.can_cross && result.can_cross;
    const bool plain_result = result.is_scalar() || result.tag == TN_TAG_UNIT;
    plan.is_flat = all_scalar && plain_result;
    plan.is_wide = plan.is_flat && plan.result_type->tag != TN_TAG_F32;
    for (const TypeInfo* type : plan.param_types)
        plan.is_wide =
            plan.is_wide && (type->tag == TN_TAG_I64 || type->tag == TN_TAG_U64 || type->tag == TN_TAG_F64);
    plan.slots_fit = all_slots && plain_result;
    if (result.is_scalar()) plan.io_size = std::max(plan.io_size, 1u);
    plan.changed.resize(plan.param_count);
    for (std::uint32_t i = 0; i < plan.param_count; ++i) {
        if (plan.params[i].is_mut && !plan.params[i].is_slice)
            plan.changed[i] = place_value(plan.param_types[i], out);
    }
    plan.row_size = std::max({in, out, 1u});
}

std::string signature_of(const FunctionPlan& plan) {
    std::string out = "fn(";
    for (std::size_t i = 0; i < plan.param_types.size(); ++i) {
        if (i) out += ", ";
        if (plan.params[i].is_mut && !plan.params[i].is_slice) out += "mut ";
        out += plan.param_types[i]->name;
    }
    out += ')';
    if (plan.result_type->kind != TypeKind::Unit) out += " -> " + plan.result_type->name;
    return out;
}

} // namespace

std::unique_ptr<FunctionPlan> make_export_plan(ModuleCore& module, const ir::Export& exported) {
    auto plan = std::make_unique<FunctionPlan>();
    plan->module = &module;
    plan->func = exported.func;
    plan->name = exported.name;
    plan->doc = exported.doc;
    plan->param_names = exported.param_names;
    plan->param_names.resize(exported.params.size());
    plan->params.resize(exported.params.size());
    for (std::size_t i = 0; i < exported.params.size(); ++i) {
        plan->param_types.push_back(module.types.get(exported.params[i]));
        const bool is_mut_slice = module.types.is_mut_slice(exported.params[i]);
        plan->params[i].is_mut =
            (i < exported.param_is_mut.size() && exported.param_is_mut[i]) || is_mut_slice;
    }
    plan->result_type = module.types.get(exported.result);
    finish(*plan);
    plan->is_by_value = plan->is_flat && has_value_entry(plan->result_type->kind);
    for (const TypeInfo* type : plan->param_types)
        plan->is_by_value = plan->is_by_value && has_value_entry(type->kind);
    plan->signature = signature_of(*plan);
    return plan;
}

std::unique_ptr<FunctionPlan> make_test_plan(ModuleCore& module, const ir::TestCase& test) {
    auto plan = std::make_unique<FunctionPlan>();
    plan->module = &module;
    plan->func = test.func;
    plan->name = test.name;
    plan->result_type = module.types.simple(TN_TAG_UNIT);
    finish(*plan);
    plan->signature = signature_of(*plan);
    return plan;
}

std::unique_ptr<FunctionPlan> make_closure_plan(ModuleCore& module, const TypeInfo& type) {
    auto plan = std::make_unique<FunctionPlan>();
    plan->module = &module;
    plan->is_closure_call = true;
    plan->name = type.name;
    plan->signature = type.name;
    plan->param_types.push_back(&type);
    plan->param_types.insert(plan->param_types.end(), type.args.begin(), type.args.end() - 1);
    plan->params.resize(plan->param_types.size());
    plan->param_names.resize(plan->param_types.size());
    plan->result_type = type.args.back();
    finish(*plan);
    plan->slots_fit = false;
    if (!plan->can_cross) return plan;
    for (std::size_t i = 1; i < plan->param_types.size(); ++i) {
        for (const Leaf& leaf : plan->param_types[i]->layout->leaves)
            plan->closure_signature.params.push_back({leaf.scalar});
    }
    for (const Leaf& leaf : plan->result_type->layout->leaves)
        plan->closure_signature.results.push_back(leaf.scalar);
    return plan;
}

std::unique_ptr<HostPlan> make_host_plan(ModuleCore& module, const ir::HostFn& fn) {
    auto plan = std::make_unique<HostPlan>();
    plan->path = fn.path;
    std::uint32_t in = 0, out = 0;
    for (TypeId param : fn.params) plan->params.push_back(place_value(module.types.get(param), in));
    plan->result = place_value(module.types.get(fn.result), out);
    plan->is_flat = plan->params.size() <= FunctionPlan::max_flat && plan->result.type->is_scalar();
    plan->param_count = static_cast<std::uint8_t>(plan->params.size());
    plan->result_tag = static_cast<std::uint8_t>(plan->result.type->tag);
    for (std::size_t i = 0; i < plan->params.size() && plan->is_flat; ++i) {
        plan->is_flat = plan->params[i].type->is_scalar();
        plan->tags[i] = static_cast<std::uint8_t>(plan->params[i].type->tag);
    }
    return plan;
}

} // namespace tn::capi
