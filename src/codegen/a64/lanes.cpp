// `lanes`: rounds of an element-wise loop, as many at once as fit a vector register.
//
// The loop is the one its block goes on to. All elements are read before any is written, and nothing is done
// where the place written lies less than a vector ahead of a place read: then a round would see what an
// earlier one wrote.
#include "codegen/lanes.h"
#include "codegen/a64/a64.h"

#include "support/ice.h"

namespace tn::codegen::a64 {

using Inst = jit::Inst;

namespace {
constexpr unsigned vector_bytes = 16;
constexpr unsigned last_lane_register = V30; // below the scratch register
static_assert(last_lane_register - ir::max_lane_values >= V16);
} // namespace

void Describe::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!find_lanes(mf_, inst, loop)) {
        out_.def(inst.first_result, out_.use(arg(inst, 0)));
        return;
    }
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.late_use(arg(inst, i));
    for (unsigned i = 0; i < 1 + count_lane_addresses(mf_, loop); ++i) out_.temp(RegClass::Int);
    for (unsigned i = 0; i < ir::max_lane_values; ++i) out_.clobber(mask_of(last_lane_register - i));
    out_.def(inst.first_result);
}

namespace {

// The code of one loop: registers by value, made as they are needed. Every address walks through its
// elements.
class LaneCode {
public:
    LaneCode(Code& a, const MachineFunction& mf, const ir::LaneLoop& loop) : a_(a), mf_(mf), loop_(loop) {}

    struct Known {
        ir::ValueId value;
        unsigned reg;
    };
    std::vector<Known> inputs;
    unsigned counter = 0, left = 0; // registers: the round, and rounds to the end
    std::vector<unsigned> temps;    // for addresses

    void emit() {
        Label done = a_.newLabel(), again = a_.newLabel();
        const std::int64_t lanes = vector_bytes / loop_.size;
        // At least one round stays for the loop, which tests behind its first.
        const CondCode full = loop_.includes_end ? CondCode::kGE : CondCode::kGT;
        a_.subs(x(left), x(left), x(counter));
        a_.branch_if(CondCode::kVS, done);
        a_.cmp(x(left), lanes);
        a_.branch_if(negated(full), done);
        find_addresses();
        test_overlap(done);
        for (const Address& at : addresses_)
            a_.add(x(at.reg), x(at.reg), x(counter), asmjit::arm::lsl(shift()));
        for (ir::InstId id : loop_.steps) spread_operands(mf_.fn->insts[id]);
        a_.align(asmjit::AlignMode::kCode, 16);
        a_.bind(again);
        std::size_t memory = 0;
        const std::size_t kept = lanes_.size();
        for (ir::InstId id : loop_.steps) step(mf_.fn->insts[id], memory);
        lanes_.resize(kept);
        a_.add(x(counter), x(counter), lanes);
        a_.sub(x(left), x(left), lanes);
        a_.cmp(x(left), lanes);
        a_.branch_if(full, again);
        a_.bind(done);
    }

private:
    struct Address {
        ir::ValueId data, base;
        std::int64_t offset = 0;
        unsigned reg = 0;
        bool stores = false;
    };

    unsigned input(ir::ValueId value) const {
        for (const Known& k : inputs)
            if (k.value == value) return k.reg;
        TN_ICE("lanes without an input of theirs");
    }
    std::uint32_t shift() const {
        return loop_.size == 8 ? 3 : loop_.size == 4 ? 2 : loop_.size == 2 ? 1 : 0;
    }

    void find_addresses() {
        for (ir::InstId id : loop_.steps) {
            const ir::Inst& inst = mf_.fn->insts[id];
            if (inst.op != Op::Load && inst.op != Op::Store) continue;
            Address at;
            at.stores = inst.op == Op::Store;
            at.data = mf_.fn->operands_of(inst)[0];
            at.offset = inst.imm;
            ir::is_lane_index(*mf_.fn, loop_, mf_.fn->operands_of(inst).back(), at.base);
            at.reg = temps[addresses_.size()];
            unsigned from = input(at.data);
            if (at.base.is_valid()) {
                a_.add(x(at.reg), x(from), x(input(at.base)), asmjit::arm::lsl(shift()));
                from = at.reg;
            }
            a_.add_imm(at.reg, from, at.offset);
            addresses_.push_back(at);
        }
    }
    void test_overlap(Label done) {
        const Address& to = addresses_.back();
        for (const Address& from : addresses_) {
            if (from.stores || (from.data == to.data && from.base == to.base && from.offset == to.offset))
                continue;
            const jit::GpX ahead = x(scratch_register);
            a_.sub(ahead, x(to.reg), x(from.reg));
            a_.sub(ahead, ahead, 1);
            a_.cmp(ahead, vector_bytes - 1);
            a_.branch_if(CondCode::kLO, done);
        }
    }

    unsigned make_register(ir::ValueId value) {
        const unsigned reg = last_lane_register - static_cast<unsigned>(lanes_.size());
        lanes_.push_back({value, reg});
        return reg;
    }
    const Known* find_lane(ir::ValueId value) const {
        for (const Known& k : lanes_)
            if (k.value == value) return &k;
        return nullptr;
    }
    unsigned lane(ir::ValueId value) const {
        const Known* known = find_lane(value);
        TN_CHECK(known, "lanes of a value that has none");
        return known->reg;
    }
    // The register as elements of the loop's size.
    jit::VecV elements(unsigned reg) const {
        const jit::VecV r = v(reg);
        return loop_.size == 8 ? r.d2() : loop_.size == 4 ? r.s4() : loop_.size == 2 ? r.h8() : r.b16();
    }
    // One value in every lane.
    void spread(ir::ValueId value) {
        const ir::Inst* def = mf_.def_inst(value);
        const bool constant = def && (def->op == Op::ConstInt || def->op == Op::ConstFloat);
        const bool inside = def && !constant && def->block == mf_.fn->values[loop_.counter].block;
        if (inside || find_lane(value)) return;
        const unsigned reg = make_register(value);
        const bool wide = loop_.size == 8;
        if (constant && def->imm == 0) {
            a_.movi(v(reg).d2(), 0);
        } else if (constant) {
            a_.load_imm(scratch_register, def->imm, wide);
            a_.dup(elements(reg), gp_of(scratch_register, wide));
        } else if (const unsigned from = input(value); is_float(mf_.type_of(value))) {
            a_.dup(elements(reg), wide ? jit::Vec(v(from).d(0)) : jit::Vec(v(from).s(0)));
        } else {
            a_.dup(elements(reg), gp_of(from, wide));
        }
    }
    void spread_operands(const ir::Inst& inst) {
        const auto operands = mf_.fn->operands_of(inst);
        if (inst.op == Op::Load) return;
        if (inst.op == Op::Store) {
            spread(operands[1]);
        } else {
            spread(operands[0]);
            spread(operands[1]);
        }
    }

    void step(const ir::Inst& inst, std::size_t& memory) {
        const auto operands = mf_.fn->operands_of(inst);
        if (inst.op == Op::Load || inst.op == Op::Store) {
            const jit::Mem at = jit::ptr_post(x(addresses_[memory++].reg), vector_bytes);
            if (inst.op == Op::Load) {
                a_.ldr(v(make_register(inst.first_result)).q(), at);
            } else {
                a_.str(v(lane(operands[1])).q(), at);
            }
            return;
        }
        const unsigned first = lane(operands[0]), second = lane(operands[1]),
                       to = make_register(inst.first_result);
        const bool bits = inst.op == Op::And || inst.op == Op::Or || inst.op == Op::Xor;
        auto form = [&](unsigned reg) { return bits ? v(reg).b16() : elements(reg); };
        a_.emit(instruction(inst.op), form(to), form(first), form(second));
    }
    static asmjit::InstId instruction(Op op) {
        switch (op) {
        case Op::FAdd: return Inst::kIdFadd_v;
        case Op::FSub: return Inst::kIdFsub_v;
        case Op::FMul: return Inst::kIdFmul_v;
        case Op::FDiv: return Inst::kIdFdiv_v;
        case Op::Add:
        case Op::WrapAdd: return Inst::kIdAdd_v;
        case Op::Sub:
        case Op::WrapSub: return Inst::kIdSub_v;
        case Op::And: return Inst::kIdAnd_v;
        case Op::Or: return Inst::kIdOrr_v;
        case Op::Xor: return Inst::kIdEor_v;
        default: TN_ICE("an operation without lanes");
        }
    }

    Code& a_;
    const MachineFunction& mf_;
    const ir::LaneLoop& loop_;
    std::vector<Address> addresses_;
    std::vector<Known> lanes_;
};

} // namespace

void FunctionEmitter::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!find_lanes(*mf_, inst, loop)) {
        const unsigned from = reg();
        move_gp(reg(), from, Scalar::I64);
        return;
    }
    LaneCode code(a_, *mf_, loop);
    const auto operands = mf_->fn->operands_of(inst);
    const unsigned start = reg(), end = reg();
    for (unsigned i = 2; i < operands.size(); ++i) code.inputs.push_back({operands[i], reg()});
    code.left = reg();
    for (unsigned i = count_lane_addresses(*mf_, loop); i > 0; --i) code.temps.push_back(reg());
    code.counter = reg();
    move_gp(code.counter, start, Scalar::I64);
    move_gp(code.left, end, Scalar::I64);
    code.emit();
}

} // namespace tn::codegen::a64
