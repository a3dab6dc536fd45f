// What one instruction of this machine does of two operations: a sum with a shifted operand, `a & ~b`.
#include "codegen/x64/x64.h"

#include "ir/builder.h"

namespace tn::codegen::x64 {

namespace {
bool is_exact_sum(const ir::Inst& inst) {
    return (inst.op == Op::WrapAdd || (inst.op == Op::Add && (inst.flags & ir::NoTrap))) && scalar_size(inst.type) >= 4;
}

// By how many bits an address can shift what this computes from one value; 0: it cannot.
unsigned scaling(const MachineFunction& mf, const ir::Inst& inst) {
    const bool product = inst.op == Op::WrapMul || (inst.op == Op::Mul && (inst.flags & ir::NoTrap));
    std::int64_t by;
    if ((!product && inst.op != Op::Shl) || !mf.find_int(mf.fn->operands_of(inst)[1], by)) return 0;
    if (product) return by == 2 ? 1 : by == 4 ? 2 : by == 8 ? 3 : 0;
    return by >= 1 && by <= 3 ? static_cast<unsigned>(by) : 0;
}

// 2 * i + 1 and 2 * i + 2 are computed from i each: whether another such sum before this one is the other user.
bool shares_double(const MachineFunction& mf, ir::ValueId twice, const std::vector<ir::InstId>& block, std::size_t index) {
    if (mf.use_count[twice.index()] != 2) return false;
    for (std::size_t back = 1; back <= index && back <= 8; ++back) {
        const ir::Inst& other = mf.fn->insts[block[index - back]];
        std::int32_t constant;
        if (other.first_result == twice) return false;
        if (is_exact_sum(other) && mf.fn->operands_of(other)[0] == twice)
            return Selection(mf).find_imm32(mf.fn->operands_of(other)[1], constant) && !mf.folded[block[index - back].index()];
    }
    return false;
}
} // namespace

void combine(MachineFunction& mf, const CpuFeatures& cpu, const std::vector<ir::InstId>& block, std::size_t index) {
    const ir::Inst& inst = mf.fn->insts[block[index]];
    const bool sum = is_exact_sum(inst);
    if (!sum && !(inst.op == Op::And && cpu.bmi1)) return;
    const auto values = mf.fn->operands_of(inst);
    std::int32_t constant;
    const bool adds_constant = sum && Selection(mf).find_imm32(values[1], constant);
    if (values[0] == values[1] || mf.is_constant(values[0]) || (mf.is_constant(values[1]) && !adds_constant) ||
        mf.is_folded(values[0]) || mf.is_folded(values[1]))
        return;
    for (ir::ValueId value : {values[1], values[0]}) {
        const ir::Inst* def = mf.def_inst(value);
        if (!def || !(mf.use_count[value.index()] == 1 || (adds_constant && shares_double(mf, value, block, index))) || def->block != inst.block || def->type != inst.type) continue;
        const unsigned shift = scaling(mf, *def);
        if (!(sum ? shift != 0 : def->op == Op::Not) || (adds_constant && shift != 1) || mf.is_constant(mf.fn->operands_of(*def)[0])) continue;
        mf.folded[mf.fn->values[value].inst.index()] = Folded;
        return;
    }
}

Selection::Combined Selection::combined(const ir::Inst& inst) const {
    const auto values = mf_.fn->operands_of(inst);
    for (unsigned i = 0; i < 2; ++i) {
        const ir::Inst* def = folded(values[i]);
        if (def && (def->op == Op::Not || scaling(mf_, *def) != 0)) return {def, mf_.fn->operands_of(*def)[0], values[1 - i]};
    }
    return {};
}

bool FunctionEmitter::combined(const ir::Inst& inst) {
    const Selection::Combined c = Selection(*mf_).combined(inst);
    if (!c.part) return false;
    const bool wide = is_wide(inst.type);
    const unsigned inner = reg();
    Rm other = rm(c.other);
    const unsigned dst = reg();
    if (c.part->op != Op::Not && other.kind == Rm::Imm) { // 2 * i + 1
        a_->lea(gp_of(dst, wide), x86::ptr(gp64(inner), gp64(inner), 0, other.imm));
    } else if (c.part->op != Op::Not) {
        a_->lea(gp_of(dst, wide), x86::ptr(gp64(other.reg), gp64(inner), scaling(*mf_, *c.part)));
    } else if (other.kind == Rm::Mem) {
        a_->andn(gp_of(dst, wide), gp_of(inner, wide), other.mem);
    } else {
        a_->andn(gp_of(dst, wide), gp_of(inner, wide), gp_of(other.reg, wide));
    }
    return true;
}

} // namespace tn::codegen::x64
