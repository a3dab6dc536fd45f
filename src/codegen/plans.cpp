#include "codegen/plans.h"

#include "runtime/context.h"

#include <algorithm>

namespace tn::codegen {

void plan_script(const CallConvention& script, const ir::Signature& sig, CallPlan& plan) {
    std::vector<Scalar> args;
    for (const ir::Param& p : sig.params) args.push_back(p.type);
    plan.make(script, args, sig.results);
}

void plan_closure(const CallConvention& script, const MachineFunction& mf, const ir::Inst& call,
                  CallPlan& plan) {
    const ir::Signature& sig = mf.module->signatures[ir::SigId(static_cast<std::size_t>(call.imm))];
    std::vector<Scalar> args{Scalar::Ref};
    for (const ir::Param& p : sig.params) args.push_back(p.type);
    plan.make(script, args, sig.results);
}

void plan_runtime(const CallConvention& c, const RuntimeFnInfo& info, CallPlan& plan) {
    std::vector<Scalar> args{Scalar::Ptr}, results;
    for (unsigned i = 0; i < info.param_count(); ++i) args.push_back(info.param(i).scalar);
    if (info.result_count() == 1) results.push_back(info.result(0).scalar);
    plan.make(c, args, results);
}

void plan_plain(const CallConvention& c, const ir::HostFn& host, CallPlan& plan) {
    std::vector<Scalar> args;
    for (const ir::Param& p : host.sig.params) args.push_back(p.type);
    if (!host.out_offsets.empty()) args.push_back(Scalar::Ptr);
    static constexpr Scalar status[] = {Scalar::I32};
    plan.make(c, args, host.has_status ? std::span<const Scalar>(status) : host.sig.results);
}

bool find_tags(const ir::Module& module, const GenerateOptions& options, const ir::Signature& sig,
               std::span<const TypeId> params, TypeId result, ValueTags& tags) {
    if (!options.value_tags || sig.params.size() != params.size() || params.size() > max_values ||
        sig.results.size() > 1)
        return false;
    const auto tag_of = [&](TypeId type) {
        return options.value_tags[static_cast<std::size_t>(module.types->kind(type))];
    };
    tags.params.clear();
    for (TypeId type : params) tags.params.push_back(tag_of(type));
    tags.result = tag_of(result);
    return tags.result != 0 && std::find(tags.params.begin(), tags.params.end(), 0) == tags.params.end();
}

GenericPlan plan_generic(const ir::Module& module, ir::HostFnId fn, const HostTarget& target,
                         const GenerateOptions& options) {
    static_assert(sizeof(rt::HostValue) == 16 && offsetof(rt::HostValue, slot) == 8);
    const ir::HostFn& host = module.host_fns[fn];
    GenericPlan plan;
    plan.is_by_value = !target.dispatcher && options.value_call &&
                       find_tags(module, options, host.sig, host.params, host.result, plan.tags);
    if (plan.is_by_value) {
        plan.callee = reinterpret_cast<const void*>(options.value_call);
        plan.places = static_cast<std::uint32_t>(2 * host.params.size() + 2);
    } else {
        plan.callee =
            reinterpret_cast<const void*>(target.dispatcher ? target.dispatcher : options.generic_call);
        plan.places = static_cast<std::uint32_t>(std::max(host.sig.params.size(), host.sig.results.size()));
    }
    return plan;
}

} // namespace tn::codegen
