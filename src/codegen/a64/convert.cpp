// Conversions with the meaning of `as`: integers are cut or extended, floats become integers saturating, with
// NaN as 0, which is what the instructions do for the widths that registers have.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

void Describe::op(OpTag<Op::Convert>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::Bitcast>, const ir::Inst& inst) { registers(inst); }

void FunctionEmitter::op(OpTag<Op::Convert>, const ir::Inst& inst) {
    const ir::ValueId value = mf_->fn->operands_of(inst)[0];
    const Scalar from = mf_->type_of(value), to = inst.type;
    if (is_float(from) && !is_float(to)) {
        float_to_int(inst, from);
        return;
    }
    const unsigned a = reg(), dst = reg();
    if (is_float(from)) {
        if (from == to) {
            a_.move64(dst, a);
        } else {
            a_.fcvt(fp_of(dst, to), fp_of(a, from));
        }
        return;
    }
    if (is_float(to)) {
        const jit::Gp source = gp_of(a, is_wide(from));
        is_signed(from) ? a_.scvtf(fp_of(dst, to), source) : a_.ucvtf(fp_of(dst, to), source);
        return;
    }
    // A mask has often made the value narrow already.
    const ir::Inst* def = mf_->def_inst(value);
    std::int64_t mask = -1;
    const unsigned value_bits = 8 * scalar_size(to) - (is_signed(to) ? 1 : 0);
    const std::int64_t positive = value_bits < 32 ? (std::int64_t(1) << value_bits) - 1 : 0;
    const bool masked = def && def->op == Op::And && mf_->find_int(mf_->fn->operands_of(*def)[1], mask) &&
                        mask >= 0 && mask <= positive;
    const bool narrows = scalar_size(to) < 4 && !masked &&
                         !(scalar_size(from) <= scalar_size(to) && is_signed(from) == is_signed(to)) &&
                         !(scalar_size(from) < scalar_size(to) && !is_signed(from));
    if (is_wide(to) && !is_wide(from) && is_signed(from)) {
        a_.sxtw(x(dst), w(a));
    } else if (narrows) {
        a_.extend(dst, a, to);
    } else if (is_wide(from) && !is_wide(to)) {
        a_.mov(w(dst), w(a)); // clears the upper half, also in place
    } else {
        move_gp(dst, a, to);
    }
}

void FunctionEmitter::op(OpTag<Op::Bitcast>, const ir::Inst& inst) {
    const Scalar from = mf_->type_of(mf_->fn->operands_of(inst)[0]);
    const unsigned a = reg(), dst = reg();
    if (is_float(from) != is_float(inst.type)) {
        const bool wide = scalar_size(from) == 8;
        if (is_float(from)) {
            wide ? a_.fmov(x(dst), d(a)) : a_.fmov(w(dst), s(a));
        } else {
            wide ? a_.fmov(d(dst), x(a)) : a_.fmov(s(dst), w(a));
        }
    } else if (is_float(from)) {
        a_.move64(dst, a);
    } else if (scalar_size(inst.type) < 4 && from != inst.type) {
        a_.extend(dst, a, inst.type);
    } else {
        move_gp(dst, a, inst.type);
    }
}

// reg = reg `keep` limit ? reg : limit
void FunctionEmitter::clamp(unsigned reg, std::int64_t limit, CondCode keep) {
    a_.load_imm(address_register, limit, false);
    a_.cmp(w(reg), w(address_register));
    a_.csel(w(reg), w(reg), w(address_register), keep);
}

void FunctionEmitter::float_to_int(const ir::Inst& inst, Scalar from) {
    const unsigned source = reg(), dst = reg();
    const bool wide = is_wide(inst.type);
    const jit::Vec real = fp_of(source, from);
    const jit::Gp to = gp_of(dst, wide);
    is_signed(inst.type) ? a_.fcvtzs(to, real) : a_.fcvtzu(to, real);
    if (scalar_size(inst.type) >= 4) return;
    const unsigned bits = inst.type == Scalar::Bool ? 1 : 8 * scalar_size(inst.type);
    if (!is_signed(inst.type)) {
        clamp(dst, (std::int64_t(1) << bits) - 1, CondCode::kLO);
        return;
    }
    const std::int64_t high = (std::int64_t(1) << (bits - 1)) - 1;
    clamp(dst, high, CondCode::kLT);
    clamp(dst, -high - 1, CondCode::kGT);
}

} // namespace tn::codegen::a64
