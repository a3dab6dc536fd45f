// What the shared code asks of the machine: registers, conventions, folding, and the dispatch of
// descriptions.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

namespace {
std::vector<std::uint8_t> row(unsigned first, unsigned count) {
    std::vector<std::uint8_t> out;
    for (unsigned i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>(first + i));
    return out;
}
} // namespace

const CallConvention& script_convention() {
    static const CallConvention convention{row(X0, 8), row(V0, 8), row(X0, 8), row(V0, 8)};
    return convention;
}

const CallConvention& c_convention() {
    static const CallConvention convention{row(X0, 8), row(V0, 8), row(X0, 1), row(V0, 1)};
    return convention;
}

// v8 to v15 are the callee's in C, by half: scripts leave them alone.
RegMask caller_saved() {
    RegMask mask = 0;
    for (unsigned reg = X0; reg <= X15; ++reg) mask |= mask_of(reg);
    for (unsigned reg = 0; reg < 8; ++reg) mask |= mask_of(V0 + reg);
    for (unsigned reg = V16; reg <= V31; ++reg) mask |= mask_of(reg);
    return mask;
}

A64Target::A64Target(const GenerateOptions& options) : options_(options) {
    auto& ints = registers_.order[0];
    ints = row(X0, 16);
    const unsigned saved = options.mode == rt::CodeMode::Metered ? 8 : 9; // x27 counts fuel
    for (std::uint8_t reg : row(X19, saved)) ints.push_back(reg);
    auto& floats = registers_.order[1];
    floats = row(V0, 8);
    for (std::uint8_t reg : row(V16, 15)) floats.push_back(reg);
    for (const auto& order : registers_.order) {
        for (std::uint8_t reg : order) registers_.allocatable |= mask_of(reg);
    }
    registers_.callee_saved = registers_.allocatable & ~caller_saved();
}

const CallPlan& A64Target::plan_params(const ir::Signature& sig) {
    std::vector<Scalar> types;
    for (const ir::Param& p : sig.params) types.push_back(p.type);
    params_.make(script_convention(), types, sig.results, true);
    return params_;
}

void A64Target::describe(MachineFunction& mf, const ir::Inst& inst, OperandList& out) {
    Describe d(mf, options_, out);
    switch (inst.op) {
#define OP(name, text, operands, results, effects, consumes)                                                 \
    case Op::name:                                                                                           \
        d.op(OpTag<Op::name>{}, inst);                                                                       \
        break;
#include "ir/op.def"
    }
}

void A64Target::fold(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) {
    static constexpr FoldRules rules{false, false, false, false, [](Scalar type, std::int64_t constant) {
                                         return fits_arith(
                                             is_wide(type) ? constant : static_cast<std::int32_t>(constant));
                                     }};
    fold_instruction(mf, rules, block, index);
    combine(mf, block, index);
}

// --- decisions that both halves share ---

bool Selection::find(ir::ValueId value, std::int64_t& out) const {
    if (!mf_.find_int(value, out)) return false;
    // The upper half of a narrow value is never looked at.
    if (!is_wide(mf_.type_of(value))) out = static_cast<std::int32_t>(out);
    return true;
}

bool Selection::is_zero(ir::ValueId value) const {
    std::int64_t number;
    return find(value, number) && number == 0;
}

bool Selection::find_arith(ir::ValueId value, std::int64_t& out) const {
    return find(value, out) && fits_arith(out);
}

bool Selection::find_logic(ir::ValueId value, std::int64_t& out) const {
    return find(value, out) && fits_logic(out, is_wide(mf_.type_of(value)));
}

Selection::Pair Selection::pair(const ir::Inst& inst) const {
    auto operands = mf_.fn->operands_of(inst);
    Pair p{operands[0], operands[1]};
    if ((ir::op_info(inst.op).effects & ir::Commutes) && mf_.is_constant(p.a) && !mf_.is_constant(p.b))
        std::swap(p.a, p.b);
    return p;
}

Selection::Shifted Selection::shifted_operand(const ir::Inst& inst) const {
    auto operands = mf_.fn->operands_of(inst);
    for (unsigned i : {1u, 0u}) {
        if (const ir::Inst* def = folded(operands[i]); def && is_shift(def->op))
            return {def, operands[1 - i]};
    }
    return {};
}

Selection::Product Selection::product_operand(const ir::Inst& inst) const {
    auto operands = mf_.fn->operands_of(inst);
    for (unsigned i : {1u, 0u}) {
        if (const ir::Inst* def = folded(operands[i]); def && is_product(*def)) return {def, operands[1 - i]};
    }
    return {};
}

Selection::Compared Selection::compared(const ir::Inst& icmp) const {
    auto operands = mf_.fn->operands_of(icmp);
    Compared c{operands[0], operands[1], static_cast<ir::Cond>(icmp.aux)};
    if (mf_.is_constant(c.a) && !mf_.is_constant(c.b)) {
        std::swap(c.a, c.b);
        c.cond = ir::swapped(c.cond);
    }
    return c;
}

void Describe::use(ir::ValueId value, std::uint8_t hint) {
    if (!sel_.is_zero(value)) out_.use(value, hint);
}

void Describe::checked_site(const ir::Inst& inst) {
    if (!(inst.flags & ir::NoTrap)) out_.site();
}

void Describe::address(const ir::Inst& inst) {
    AddressParts parts = address_parts(mf_, inst);
    if (parts.base.is_valid()) out_.use(parts.base);
    if (parts.index.is_valid()) out_.use(parts.index);
}

} // namespace tn::codegen::a64
