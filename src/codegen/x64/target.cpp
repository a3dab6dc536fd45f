// What the shared code asks of the machine: registers, conventions, what is folded into what, and the
// dispatch of descriptions.
#include "codegen/x64/x64.h"

#include "ir/builder.h"
#include "support/ice.h"

namespace tn::codegen::x64 {

CpuFeatures CpuFeatures::host() {
    if (host_machine != Machine::X64) return {};
    const auto& f = asmjit::CpuInfo::host().features().x86();
    CpuFeatures out;
    out.avx = f.hasAVX();
    out.avx2 = f.hasAVX2();
    out.sse41 = f.hasSSE4_1();
    out.bmi1 = f.hasBMI();
    out.bmi2 = f.hasBMI2();
    out.popcnt = f.hasPOPCNT();
    out.lzcnt = f.hasLZCNT();
    out.avx512_lanes = f.hasAVX512_VL() && f.hasAVX512_DQ();
    return out;
}

namespace {
std::vector<std::uint8_t> xmm_row(unsigned count) {
    std::vector<std::uint8_t> row;
    for (unsigned i = 0; i < count; ++i) row.push_back(static_cast<std::uint8_t>(Xmm0 + i));
    return row;
}
} // namespace

const CallConvention& script_convention() {
    static const CallConvention convention{{Rdi, Rsi, Rdx, Rcx, R8, R9, Rax, R10},
                                           xmm_row(8),
                                           {Rax, Rdx, Rcx, Rsi, Rdi, R8, R9, R10},
                                           xmm_row(8)};
    return convention;
}

const CallConvention& c_convention() {
    static const CallConvention convention{{Rdi, Rsi, Rdx, Rcx, R8, R9}, xmm_row(8), {Rax}, xmm_row(1)};
    return convention;
}

RegMask caller_saved() {
    RegMask mask = float_registers & (mask_of(Xmm15) * 2 - 1);
    for (unsigned reg : {Rax, Rcx, Rdx, Rsi, Rdi, R8, R9, R10}) mask |= mask_of(reg);
    return mask;
}

X64Target::X64Target(const CpuFeatures& cpu, const GenerateOptions& options) : cpu_(cpu), options_(options) {
    registers_.order[0] = {Rax, Rcx, Rdx, Rsi, Rdi, R8, R9, R10, Rbx, R12, R13};
    if (options.mode != rt::CodeMode::Metered) registers_.order[0].push_back(R14);
    registers_.order[1] = xmm_row(15);
    for (const auto& order : registers_.order) {
        for (std::uint8_t reg : order) registers_.allocatable |= mask_of(reg);
    }
    registers_.callee_saved = registers_.allocatable & ~caller_saved();
}

const CallPlan& X64Target::plan_params(const ir::Signature& sig) {
    std::vector<Scalar> types;
    for (const ir::Param& p : sig.params) types.push_back(p.type);
    params_.make(script_convention(), types, sig.results, true);
    return params_;
}

void X64Target::describe(MachineFunction& mf, const ir::Inst& inst, OperandList& out) {
    Describe d(mf, cpu_, options_, out);
    switch (inst.op) {
#define OP(name, text, operands, results, effects, consumes)                                                 \
    case Op::name:                                                                                           \
        d.op(OpTag<Op::name>{}, inst);                                                                       \
        break;
#include "ir/op.def"
    }
}

void X64Target::fold(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) {
    static constexpr FoldRules rules{true, true, true, true, [](Scalar type, std::int64_t constant) {
                                         return !is_wide(type) || fits_int32(constant);
                                     }};
    fold_instruction(mf, rules, block, index);
    combine(mf, cpu_, block, index);
}

// --- decisions that both halves share ---

bool Selection::is_folded_load(ir::ValueId value) const {
    const ir::Inst* def = folded(value);
    return def && (def->op == Op::Load || def->op == Op::SeqLen);
}

bool Selection::find_imm32(ir::ValueId value, std::int32_t& out) const {
    std::int64_t v;
    if (!mf_.find_int(value, v)) return false;
    // The upper half of a narrow value is never looked at.
    if (scalar_size(mf_.type_of(value)) < 8) {
        out = static_cast<std::int32_t>(v);
        return true;
    }
    out = static_cast<std::int32_t>(v);
    return fits_int32(v);
}

Selection::Pair Selection::pair(const ir::Inst& inst) const {
    auto operands = mf_.fn->operands_of(inst);
    Pair p{operands[0], operands[1], false};
    if ((ir::op_info(inst.op).effects & ir::Commutes) && wants_second(p.a) && !wants_second(p.b)) {
        std::swap(p.a, p.b);
        p.swapped = true;
    }
    return p;
}

std::uint32_t Describe::rm(ir::ValueId value, bool late) {
    if (sel_.is_folded_load(value)) {
        address(*sel_.folded(value), late);
        return no_operand;
    }
    if (sel_.is_imm32(value) || sel_.is_float_constant(value)) return no_operand;
    if (mf_.is_constant(value)) return out_.use(value); // a temporary outlives everything
    return late ? out_.late_any(value) : out_.any(value);
}

void Describe::address(const ir::Inst& inst, bool late) {
    AddressParts parts = address_parts(mf_, inst);
    if (parts.base.is_valid()) late ? out_.late_use(parts.base) : out_.use(parts.base);
    if (parts.index.is_valid()) late ? out_.late_use(parts.index) : out_.use(parts.index);
}

} // namespace tn::codegen::x64
