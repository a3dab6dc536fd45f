// `lanes`: rounds of an element-wise loop, as many at once as fit a vector register of AVX2.
//
// The loop is the one its block goes on to. All elements are read before any is written, and nothing is done
// where the place written lies less than a vector ahead of a place read: then a round would see what an
// earlier one wrote.
#include "codegen/lanes.h"
#include "codegen/x64/x64.h"

#include "support/ice.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {

constexpr unsigned vector_bytes = 32;
constexpr unsigned last_lane_register = 14; // below the scratch register

} // namespace

void Describe::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!cpu_.avx2 || !find_lanes(mf_, inst, loop)) {
        out_.def(inst.first_result, out_.use(arg(inst, 0)));
        return;
    }
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.late_use(arg(inst, i));
    for (unsigned i = 0; i < 1 + count_lane_addresses(mf_, loop); ++i) out_.temp(RegClass::Int);
    for (unsigned i = 0; i < ir::max_lane_values; ++i) out_.clobber(mask_of(Xmm0 + last_lane_register - i));
    out_.def(inst.first_result);
}

namespace {

// The code of one loop: registers by value, made as they are needed.
class LaneCode {
public:
    LaneCode(x86::Assembler& a, const MachineFunction& mf, const ir::LaneLoop& loop)
        : a_(a), mf_(mf), loop_(loop) {}

    struct Known {
        ir::ValueId value;
        unsigned reg;
    };
    std::vector<Known> inputs;
    unsigned counter = 0, left = 0; // registers: the round, and rounds to the end
    std::vector<unsigned> temps;    // for addresses

    void emit(const std::function<void(unsigned, std::int64_t)>& load_imm) {
        Label done = a_.newLabel(), again = a_.newLabel();
        const auto lanes = static_cast<std::int32_t>(vector_bytes / loop_.size);
        // At least one round stays for the loop, which tests behind its first.
        auto leave_unless_full = [&] {
            a_.cmp(gp64(left), asmjit::imm(lanes));
            loop_.includes_end ? a_.jl(done) : a_.jle(done);
        };
        a_.sub(gp64(left), gp64(counter));
        a_.jo(done);
        leave_unless_full();
        find_addresses();
        test_overlap(done);
        for (ir::InstId id : loop_.steps) spread_operands(mf_.fn->insts[id], load_imm);
        a_.align(asmjit::AlignMode::kCode, 32);
        a_.bind(again);
        std::size_t memory = 0;
        const std::size_t kept = lanes_.size();
        for (ir::InstId id : loop_.steps) step(mf_.fn->insts[id], memory);
        lanes_.resize(kept);
        a_.add(gp64(counter), asmjit::imm(lanes));
        a_.sub(gp64(left), asmjit::imm(lanes));
        a_.cmp(gp64(left), asmjit::imm(lanes));
        loop_.includes_end ? a_.jge(again) : a_.jg(again);
        a_.vzeroupper();
        a_.bind(done);
    }

private:
    struct Address {
        ir::ValueId data, base;
        std::int32_t offset = 0;
        unsigned reg = 0;
        bool stores = false;
    };

    unsigned input(ir::ValueId value) const {
        for (const Known& k : inputs)
            if (k.value == value) return k.reg;
        return 0;
    }
    unsigned shift() const { return loop_.size == 8 ? 3 : loop_.size == 4 ? 2 : loop_.size == 2 ? 1 : 0; }

    void find_addresses() {
        for (ir::InstId id : loop_.steps) {
            const ir::Inst& inst = mf_.fn->insts[id];
            if (inst.op != Op::Load && inst.op != Op::Store) continue;
            Address at;
            at.stores = inst.op == Op::Store;
            at.data = mf_.fn->operands_of(inst)[0];
            at.offset = static_cast<std::int32_t>(inst.imm);
            ir::is_lane_index(*mf_.fn, loop_, mf_.fn->operands_of(inst).back(), at.base);
            at.reg = input(at.data);
            if (at.base.is_valid()) {
                const unsigned temp = temps[addresses_.size()];
                a_.lea(gp64(temp), x86::ptr(gp64(at.reg), gp64(input(at.base)), shift()));
                at.reg = temp;
            }
            addresses_.push_back(at);
        }
    }
    void test_overlap(Label done) {
        const Address& to = addresses_.back();
        for (const Address& from : addresses_) {
            if (from.stores || (from.data == to.data && from.base == to.base && from.offset == to.offset))
                continue;
            const x86::Gp ahead = gp64(scratch_register);
            a_.lea(ahead, x86::ptr(gp64(to.reg), to.offset - from.offset - 1));
            a_.sub(ahead, gp64(from.reg));
            a_.cmp(ahead, asmjit::imm(vector_bytes - 1));
            a_.jb(done);
        }
    }

    unsigned make_register(ir::ValueId value) {
        const unsigned reg = last_lane_register - static_cast<unsigned>(lanes_.size());
        lanes_.push_back({value, reg});
        return reg;
    }
    x86::Ymm find_lane(ir::ValueId value) const {
        for (const Known& k : lanes_)
            if (k.value == value) return x86::ymm(k.reg);
        return x86::ymm(last_lane_register);
    }
    bool is_spread(ir::ValueId value) const {
        for (const Known& k : lanes_)
            if (k.value == value) return true;
        return false;
    }
    // One value in every lane.
    void spread(ir::ValueId value, const std::function<void(unsigned, std::int64_t)>& load_imm) {
        const ir::Inst* def = mf_.def_inst(value);
        const bool constant = def && (def->op == Op::ConstInt || def->op == Op::ConstFloat);
        const bool inside = def && !constant && def->block == mf_.fn->values[loop_.counter].block;
        if (inside || is_spread(value)) return;
        const unsigned reg = make_register(value);
        const x86::Xmm x = x86::xmm(reg);
        const x86::Ymm y = x86::ymm(reg);
        if (constant && def->imm == 0) {
            a_.vpxor(y, y, y);
            return;
        }
        if (!constant && is_float(mf_.type_of(value))) {
            const x86::Xmm from = xmm_of(input(value));
            loop_.size == 8 ? a_.vbroadcastsd(y, from) : a_.vbroadcastss(y, from);
            return;
        }
        if (constant) {
            load_imm(scratch_register, def->imm);
            a_.vmovq(x, gp64(scratch_register));
        } else {
            a_.vmovq(x, gp64(input(value)));
        }
        switch (loop_.size) {
        case 1: a_.vpbroadcastb(y, x); return;
        case 2: a_.vpbroadcastw(y, x); return;
        case 4: a_.vpbroadcastd(y, x); return;
        default: a_.vpbroadcastq(y, x); return;
        }
    }
    void spread_operands(const ir::Inst& inst, const std::function<void(unsigned, std::int64_t)>& load_imm) {
        const auto operands = mf_.fn->operands_of(inst);
        if (inst.op == Op::Load) return;
        if (inst.op == Op::Store) {
            spread(operands[1], load_imm);
        } else {
            spread(operands[0], load_imm);
            spread(operands[1], load_imm);
        }
    }

    x86::Mem place(const Address& at) const {
        return x86::Mem(gp64(at.reg), gp64(counter), shift(), at.offset, vector_bytes);
    }

    void step(const ir::Inst& inst, std::size_t& memory) {
        const auto operands = mf_.fn->operands_of(inst);
        if (inst.op == Op::Load) {
            a_.vmovdqu(x86::ymm(make_register(inst.first_result)), place(addresses_[memory++]));
            return;
        }
        if (inst.op == Op::Store) {
            a_.vmovdqu(place(addresses_[memory++]), find_lane(operands[1]));
            return;
        }
        const x86::Ymm a = find_lane(operands[0]), b = find_lane(operands[1]);
        a_.emit(instruction(inst), x86::ymm(make_register(inst.first_result)), a, b);
    }
    static asmjit::InstId instruction(const ir::Inst& inst) {
        const bool wide = scalar_size(inst.type) == 8;
        switch (inst.op) {
        case Op::FAdd: return wide ? Inst::kIdVaddpd : Inst::kIdVaddps;
        case Op::FSub: return wide ? Inst::kIdVsubpd : Inst::kIdVsubps;
        case Op::FMul: return wide ? Inst::kIdVmulpd : Inst::kIdVmulps;
        case Op::FDiv: return wide ? Inst::kIdVdivpd : Inst::kIdVdivps;
        case Op::Add:
        case Op::WrapAdd: return wide ? Inst::kIdVpaddq : Inst::kIdVpaddd;
        case Op::Sub:
        case Op::WrapSub: return wide ? Inst::kIdVpsubq : Inst::kIdVpsubd;
        case Op::And: return Inst::kIdVpand;
        case Op::Or: return Inst::kIdVpor;
        case Op::Xor: return Inst::kIdVpxor;
        default: TN_ICE("an operation without lanes");
        }
    }

    x86::Assembler& a_;
    const MachineFunction& mf_;
    const ir::LaneLoop& loop_;
    std::vector<Address> addresses_;
    std::vector<Known> lanes_;
};

} // namespace

void FunctionEmitter::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!cpu_.avx2 || !find_lanes(*mf_, inst, loop)) {
        const unsigned from = reg();
        move_gp(reg(), from, Scalar::I64);
        return;
    }
    LaneCode code(*a_, *mf_, loop);
    const auto operands = mf_->fn->operands_of(inst);
    const unsigned start = reg(), end = reg();
    for (unsigned i = 2; i < operands.size(); ++i) code.inputs.push_back({operands[i], reg()});
    code.left = reg();
    for (unsigned i = count_lane_addresses(*mf_, loop); i > 0; --i) code.temps.push_back(reg());
    code.counter = reg();
    move_gp(code.counter, start, Scalar::I64);
    move_gp(code.left, end, Scalar::I64);
    code.emit([this](unsigned to, std::int64_t value) { load_imm(to, value, true); });
}

} // namespace tn::codegen::x64
