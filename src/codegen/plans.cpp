#include "codegen/plans.h"

namespace tn::codegen {

void plan_script(const CallConvention& script, const ir::Signature& sig, CallPlan& plan) {
    std::vector<Scalar> args;
    for (const ir::Param& p : sig.params) args.push_back(p.type);
    plan.make(script, args, sig.results);
}

void plan_closure(const CallConvention& script, const MachineFunction& mf, const ir::Inst& call, CallPlan& plan) {
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

} // namespace tn::codegen
