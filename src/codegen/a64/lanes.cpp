// `lanes`: rounds of a loop, as many at once as fit a vector register.
//
// As on x86-64 (x64/lanes.cpp), without sums that trap in steps: two lanes do not pay for looking. Lanes are as
// wide as the widest value of the loop; a narrower integer stands in its lane extended by its type, a Bool as no or all bits.
// Every address walks through its elements.
#include "codegen/a64/a64.h"
#include "codegen/lanes.h"

#include "support/ice.h"

#include <bit>

namespace tn::codegen::a64 {

using Inst = jit::Inst;
using ir::Cond;

namespace {

constexpr unsigned vector_bytes = 16;
constexpr unsigned temp_count = 3;
constexpr std::int64_t least_rounds = 16; // that pay for starting and ending a fold

bool knows(const MachineFunction& mf, const ir::LaneLoop& loop) {
    if (loop.checks || loop.goes_down) return false;
    for (ir::InstId id : loop.steps) {
        const ir::Inst& inst = mf.fn->insts[id];
        switch (inst.op) {
        case Op::Mul:
        case Op::WrapMul:
            if (loop.size == 8) return false;
            break;
        case Op::RotateLeft:
        case Op::RotateRight: return false;
        default: break;
        }
    }
    return true;
}

constexpr LaneLimits limits{V30, 15, temp_count, true, knows}; // V31 is the scratch register

} // namespace

void Describe::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (find_lanes(mf_, inst, limits, loop)) {
        describe_lanes(mf_, inst, loop, limits, out_);
        return;
    }
    std::vector<std::uint32_t> starts;
    for (unsigned i = 0; i < inst.result_count; ++i) starts.push_back(out_.any(arg(inst, i)));
    for (unsigned i = 0; i < inst.result_count; ++i) out_.def(ir::ValueId(inst.first_result.index() + i), starts[i]);
}

namespace {

// The code of one loop.
class LaneCode {
public:
    using MoveTo = std::function<void(Location from, unsigned to, Scalar type)>;

    LaneCode(Code& a, const MachineFunction& mf, const ir::LaneLoop& loop, LaneOperands operands, MoveTo move)
        : a_(a), mf_(mf), loop_(loop), at_(std::move(operands)), move_(std::move(move)), plan_(plan_lanes(mf, loop)) {
        registers_ = at_.lanes;
        for (unsigned& temp : temps_) {
            temp = registers_.back();
            registers_.pop_back();
        }
        counter_ = at_.results[loop.counter_index];
    }

    void emit() {
        const std::int64_t lanes = vector_bytes / loop_.size;
        take_starts();
        const jit::GpX left = x(at_.left);
        a_.subs(left, x(at_.end.index), x(counter_));
        a_.branch_if(CondCode::kVS, done_);
        for (const ir::LaneFold& fold : loop_.folds)
            if (fold.checked) test_start(fold);
        // At least one round stays for the loop, which tests behind its first.
        const CondCode full = loop_.includes_end ? CondCode::kGE : CondCode::kGT;
        a_.cmp(left, loop_.folds.empty() ? lanes : least_rounds);
        a_.branch_if(negated(full), done_);
        if (is_checked_) {
            a_.load_imm(scratch_register, ir::max_checked_rounds, true);
            a_.cmp(left, x(scratch_register));
            a_.csel(left, left, x(scratch_register), CondCode::kLE);
        }
        find_addresses();
        test_overlap();
        for (const Address& at : addresses_)
            a_.add(x(at.reg), x(at.reg), x(counter_), asmjit::arm::lsl(shift_of(at.access.type)));
        for (ir::ValueId value : plan_.spread) spread(value);
        if (loop_.uses_counter) start_counter();
        for (const ir::LaneFold& fold : loop_.folds) start(fold);
        if (is_measured_) a_.movi(measure().d2(), 0);
        a_.align(asmjit::AlignMode::kCode, 16);
        a_.bind(again_);
        round(lanes);
        a_.add(x(counter_), x(counter_), lanes);
        a_.sub(left, left, lanes);
        a_.cmp(left, lanes);
        a_.branch_if(full, again_);
        finish();
        a_.bind(done_);
    }

private:
    struct Address {
        LaneAccess access;
        unsigned reg = 0;
    };

    static std::uint32_t shift_of(Scalar type) { return static_cast<std::uint32_t>(std::countr_zero(scalar_size(type))); }
    const ir::Inst& inst_of(const ir::LaneFold& fold) const { return mf_.fn->insts[fold.inst]; }
    Scalar type_of(const ir::LaneFold& fold) const { return mf_.type_of(fold.param); }
    bool is_wide() const { return loop_.size == 8; }
    jit::VecV lane(ir::ValueId value) const { return v(registers_[plan_[value]]); }
    jit::VecV measure() const { return v(registers_[plan_.measure]); } // the bits of all numbers that checked sums added
    jit::VecV temp(unsigned i) const { return v(temps_[i]); }
    // The register as elements of `size` bytes.
    static jit::VecV elements(const jit::VecV& r, unsigned size) {
        return size == 8 ? r.d2() : size == 4 ? r.s4() : size == 2 ? r.h8() : r.b16();
    }
    jit::VecV elements(const jit::VecV& r) const { return elements(r, loop_.size); }

    void take_starts() {
        for (std::size_t i = 0; i < at_.starts.size(); ++i)
            move_(at_.starts[i].at, at_.results[i], mf_.type_of(at_.starts[i].value));
    }

    // A checked sum starts far enough from the ends of its type.
    void test_start(const ir::LaneFold& fold) {
        is_checked_ = true;
        is_measured_ = is_measured_ || is_measured(fold);
        const bool wide = is_wide();
        const unsigned start = at_.results[fold.index];
        if (is_signed(type_of(fold))) {
            a_.asr(gp_of(scratch_register, wide), gp_of(start, wide), wide ? 62 : 30);
            a_.add(gp_of(scratch_register, wide), gp_of(scratch_register, wide), 1);
            a_.cmp(gp_of(scratch_register, wide), 1);
            a_.branch_if(CondCode::kHI, done_);
        } else {
            a_.lsr(gp_of(scratch_register, wide), gp_of(start, wide), wide ? 63 : 31);
            a_.branch_zero(scratch_register, wide, false, done_);
        }
    }

    void find_addresses() {
        std::size_t i = 0;
        for (const LaneAccess& access : lane_accesses(mf_, loop_)) {
            const Address address{access, at_.temps[i++]};
            unsigned from = at_.find(access.data).index;
            if (access.base.is_valid()) {
                move_(at_.find(access.base), scratch_register, Scalar::I64);
                a_.add(x(address.reg), x(from), x(scratch_register), asmjit::arm::lsl(shift_of(access.type)));
                from = address.reg;
            }
            a_.add_imm(address.reg, from, access.offset);
            addresses_.push_back(address);
        }
    }
    void test_overlap() {
        std::vector<LaneAccess> accesses;
        for (const Address& address : addresses_) accesses.push_back(address.access);
        for (const auto& [ahead, behind] : lanes_apart(accesses, false)) {
            const jit::GpX distance = x(scratch_register);
            a_.sub(distance, x(addresses_[ahead].reg), x(addresses_[behind].reg));
            a_.sub(distance, distance, 1);
            a_.cmp(distance, vector_bytes - 1);
            a_.branch_if(CondCode::kLO, done_);
        }
    }

    void spread_bits(const jit::VecV& to, std::int64_t bits) {
        if (bits == 0) {
            a_.movi(to.d2(), 0);
            return;
        }
        a_.load_imm(scratch_register, bits, is_wide());
        a_.dup(elements(to), gp_of(scratch_register, is_wide()));
    }
    void spread(ir::ValueId value) {
        const jit::VecV to = lane(value);
        if (is_lane_constant(mf_, value)) {
            const std::int64_t bits = mf_.def_inst(value)->imm;
            spread_bits(to, mf_.type_of(value) == Scalar::Bool ? -bits : bits);
        } else {
            spread_from(to, at_.find(value), mf_.type_of(value));
        }
    }
    void spread_from(const jit::VecV& to, Location from, Scalar type) {
        if (is_float(type)) {
            move_(from, V31, type);
            a_.dup(elements(to), is_wide() ? jit::Vec(v(V31).d(0)) : jit::Vec(v(V31).s(0)));
            return;
        }
        move_(from, scratch_register, type);
        if (is_signed(type) && scalar_size(type) < 8 && is_wide()) a_.sxtw(x(scratch_register), w(scratch_register));
        if (type == Scalar::Bool) a_.neg(x(scratch_register), x(scratch_register));
        a_.dup(elements(to), gp_of(scratch_register, is_wide()));
    }
    void start_counter() { // one after the other
        const jit::VecV to = lane(loop_.counter);
        a_.dup(to.d2(), x(counter_));
        a_.add(x(scratch_register), x(counter_), 1);
        a_.emit(Inst::kIdIns_v, to.d(1), x(scratch_register));
    }
    void start(const ir::LaneFold& fold) {
        if (fold.kind == ir::LaneFold::Ordered) return; // in its result
        const jit::VecV to = lane(fold.param);
        if (fold.kind == ir::LaneFold::Best) {
            spread_from(to, Location::reg(at_.results[fold.index]), type_of(fold));
        } else {
            spread_bits(to, inst_of(fold).op == Op::And ? -1 : 0);
        }
    }

    void round(std::int64_t lanes) {
        std::size_t access = 0;
        for (ir::InstId id : loop_.steps) {
            const ir::Inst& inst = mf_.fn->insts[id];
            if (inst.op == Op::Load) {
                load(lane(inst.first_result), addresses_[access++], lanes);
            } else if (inst.op == Op::Store) {
                store(addresses_[access++], lane(mf_.fn->operands_of(inst)[1]), lanes);
            } else {
                step(inst);
            }
        }
        for (const ir::LaneFold& fold : loop_.folds) add_to(fold);
        if (loop_.uses_counter) {
            spread_bits(v(V31), lanes);
            a_.add(lane(loop_.counter).d2(), lane(loop_.counter).d2(), v(V31).d2());
        }
    }

    void load(const jit::VecV& to, const Address& from, std::int64_t lanes) {
        const unsigned size = scalar_size(from.access.type);
        const auto bytes = static_cast<std::int32_t>(lanes * size);
        a_.ldr(lower(to, bytes), jit::ptr_post(x(from.reg), bytes));
        for (unsigned s = size; s < loop_.size; s *= 2) {
            const jit::Vec narrow = s == 1 ? jit::Vec(to.b8()) : s == 2 ? jit::Vec(to.h4()) : jit::Vec(to.s2());
            a_.emit(is_signed(from.access.type) ? Inst::kIdSxtl_v : Inst::kIdUxtl_v, elements(to, 2 * s), narrow);
        }
        if (from.access.type == Scalar::Bool) a_.neg(elements(to), elements(to)); // 0 or 1: no or all bits
    }

    void store(const Address& to, jit::VecV value, std::int64_t lanes) {
        const unsigned size = scalar_size(to.access.type);
        const auto bytes = static_cast<std::int32_t>(lanes * size);
        for (unsigned s = loop_.size; s > size; s /= 2) {
            const jit::VecV to_narrow = v(V31);
            const jit::Vec narrow = s == 2 ? jit::Vec(to_narrow.b8()) : s == 4 ? jit::Vec(to_narrow.h4()) : jit::Vec(to_narrow.s2());
            a_.emit(Inst::kIdXtn_v, narrow, elements(value, s));
            value = to_narrow;
        }
        if (to.access.type == Scalar::Bool) {
            a_.neg(v(V31).b16(), value.b16());
            value = v(V31);
        }
        a_.str(lower(value, bytes), jit::ptr_post(x(to.reg), bytes));
    }
    static jit::Vec lower(const jit::VecV& r, std::int32_t bytes) {
        return bytes == 16 ? jit::Vec(r.q()) : bytes == 8 ? jit::Vec(r.d()) : bytes == 4 ? jit::Vec(r.s()) : jit::Vec(r.h());
    }

    void step(const ir::Inst& inst) {
        const auto operands = mf_.fn->operands_of(inst);
        const jit::VecV to = lane(inst.first_result), a = lane(operands[0]);
        auto second = [&] { return lane(operands[1]); };
        auto same = [&](asmjit::InstId id) { a_.emit(id, elements(to), elements(a)); };
        auto both = [&](asmjit::InstId id) { a_.emit(id, elements(to), elements(a), elements(second())); };
        auto bits = [&](asmjit::InstId id) { a_.emit(id, to.b16(), a.b16(), second().b16()); };
        std::int64_t amount = 0;
        switch (inst.op) {
        case Op::Add:
        case Op::WrapAdd: both(Inst::kIdAdd_v); return;
        case Op::Sub:
        case Op::WrapSub: both(Inst::kIdSub_v); return;
        case Op::Mul:
        case Op::WrapMul: both(Inst::kIdMul_v); return;
        case Op::Neg: same(Inst::kIdNeg_v); return;
        case Op::And: bits(Inst::kIdAnd_v); return;
        case Op::Or: bits(Inst::kIdOrr_v); return;
        case Op::Xor: bits(Inst::kIdEor_v); return;
        case Op::Not: a_.emit(Inst::kIdNot_v, to.b16(), a.b16()); return;
        case Op::Shl:
        case Op::Shr:
            mf_.find_int(operands[1], amount);
            if (amount == 0) {
                a_.mov(to.b16(), a.b16());
            } else {
                a_.emit(inst.op == Op::Shl ? Inst::kIdShl_v : is_signed(inst.type) ? Inst::kIdSshr_v : Inst::kIdUshr_v,
                        elements(to), elements(a), asmjit::imm(amount));
            }
            return;
        case Op::FAdd: both(Inst::kIdFadd_v); return;
        case Op::FSub: both(Inst::kIdFsub_v); return;
        case Op::FMul: both(Inst::kIdFmul_v); return;
        case Op::FDiv: both(Inst::kIdFdiv_v); return;
        case Op::FNeg: same(Inst::kIdFneg_v); return;
        case Op::FAbs: same(Inst::kIdFabs_v); return;
        case Op::Sqrt: same(Inst::kIdFsqrt_v); return;
        case Op::Floor: same(Inst::kIdFrintm_v); return;
        case Op::Ceil: same(Inst::kIdFrintp_v); return;
        case Op::Trunc: same(Inst::kIdFrintz_v); return;
        case Op::ICmp:
        case Op::FCmp: compare(static_cast<Cond>(inst.aux), mf_.type_of(operands[0]), to, a, second()); return;
        case Op::Select: choose(to, a, second(), lane(operands[2])); return;
        case Op::Bitcast: a_.mov(to.b16(), a.b16()); return;
        case Op::Convert: convert(mf_.type_of(operands[0]), inst.type, to, a); return;
        default: TN_ICE("an operation without lanes");
        }
    }

    // All bits of lanes where `a cond b`.
    void compare(Cond cond, Scalar type, const jit::VecV& to, jit::VecV a, jit::VecV b) {
        const bool floats = is_float(type), full = scalar_size(type) == loop_.size;
        const bool is_unsigned = !floats && !is_signed(type) && full;
        if (cond == Cond::Lt || cond == Cond::Le) {
            std::swap(a, b);
            cond = swapped(cond);
        }
        const asmjit::InstId equal = floats ? Inst::kIdFcmeq_v : Inst::kIdCmeq_v,
                             greater = floats ? Inst::kIdFcmgt_v : is_unsigned ? Inst::kIdCmhi_v : Inst::kIdCmgt_v,
                             at_least = floats ? Inst::kIdFcmge_v : is_unsigned ? Inst::kIdCmhs_v : Inst::kIdCmge_v;
        a_.emit(cond == Cond::Gt ? greater : cond == Cond::Ge ? at_least : equal, elements(to), elements(a), elements(b));
        if (cond == Cond::Ne) a_.emit(Inst::kIdNot_v, to.b16(), to.b16());
    }
    // `to` may be `no`, and is no other operand.
    void choose(const jit::VecV& to, const jit::VecV& mask, const jit::VecV& yes, const jit::VecV& no) {
        a_.mov(v(V31).b16(), mask.b16());
        a_.emit(Inst::kIdBsl_v, v(V31).b16(), yes.b16(), no.b16());
        a_.mov(to.b16(), v(V31).b16());
    }
    void convert(Scalar from, Scalar to, const jit::VecV& dst, const jit::VecV& source) {
        if (from == Scalar::Bool) {
            a_.neg(elements(dst), elements(source));
        } else if (is_float(to)) {
            a_.emit(Inst::kIdScvtf_v, elements(dst), elements(source));
        } else if (!changes_extension(from, to, loop_.size)) {
            a_.mov(dst.b16(), source.b16());
        } else if (is_signed(to)) {
            const auto upper = asmjit::imm(8 * (loop_.size - scalar_size(to)));
            a_.emit(Inst::kIdShl_v, elements(dst), elements(source), upper);
            a_.emit(Inst::kIdSshr_v, elements(dst), elements(dst), upper);
        } else {
            spread_bits(v(V31), static_cast<std::int64_t>((std::uint64_t(1) << (8 * scalar_size(to))) - 1));
            a_.emit(Inst::kIdAnd_v, dst.b16(), source.b16(), v(V31).b16());
        }
    }

    void add_to(const ir::LaneFold& fold) {
        const jit::VecV with = lane(fold.with);
        if (fold.kind == ir::LaneFold::Ordered) {
            add_in_order(fold, with);
            return;
        }
        if (is_measured(fold)) {
            if (is_signed(type_of(fold))) { // the bits in which a number differs from its sign
                a_.emit(Inst::kIdSshr_v, elements(temp(0)), elements(with), asmjit::imm(8 * loop_.size - 1));
                a_.emit(Inst::kIdEor_v, temp(0).b16(), temp(0).b16(), with.b16());
                a_.emit(Inst::kIdOrr_v, measure().b16(), measure().b16(), temp(0).b16());
            } else {
                a_.emit(Inst::kIdOrr_v, measure().b16(), measure().b16(), with.b16());
            }
        }
        combine(fold, inst_of(fold).op, lane(fold.param), with);
    }
    void combine(const ir::LaneFold& fold, Op op, const jit::VecV& to, const jit::VecV& with) {
        if (fold.kind == ir::LaneFold::Best) {
            compare(fold.better, type_of(fold), temp(1), with, to);
            choose(to, temp(1), with, to);
            return;
        }
        switch (op) {
        case Op::Add:
        case Op::WrapAdd: a_.add(elements(to), elements(to), elements(with)); return;
        case Op::Sub:
        case Op::WrapSub: a_.sub(elements(to), elements(to), elements(with)); return;
        case Op::And: a_.emit(Inst::kIdAnd_v, to.b16(), to.b16(), with.b16()); return;
        case Op::Or: a_.emit(Inst::kIdOrr_v, to.b16(), to.b16(), with.b16()); return;
        case Op::Xor: a_.emit(Inst::kIdEor_v, to.b16(), to.b16(), with.b16()); return;
        default: TN_ICE("a fold without lanes");
        }
    }
    void add_in_order(const ir::LaneFold& fold, const jit::VecV& with) {
        const ir::Inst& inst = inst_of(fold);
        const bool first = mf_.fn->operands_of(inst)[0] == fold.param;
        const asmjit::InstId id = inst.op == Op::FAdd ? Inst::kIdFadd_v : inst.op == Op::FSub ? Inst::kIdFsub_v : Inst::kIdFmul_v;
        auto scalar = [&](const jit::VecV& r) { return is_wide() ? jit::Vec(r.d()) : jit::Vec(r.s()); };
        const jit::Vec sum = scalar(v(at_.results[fold.index]));
        for (unsigned i = 0; i < vector_bytes / loop_.size; ++i) {
            jit::Vec one = scalar(with);
            if (i > 0) {
                a_.emit(Inst::kIdDup_v, scalar(temp(0)), is_wide() ? jit::Vec(with.d(i)) : jit::Vec(with.s(i)));
                one = scalar(temp(0));
            }
            first ? a_.emit(id, sum, sum, one) : a_.emit(id, sum, one, sum);
        }
    }

    // From lanes to results.
    void finish() {
        Label discard = a_.newLabel(), kept = a_.newLabel();
        bool discards = is_measured_;
        if (is_measured_) {
            const int bits = static_cast<int>(8 * loop_.size) - 1 - std::countr_zero(std::uint64_t(ir::max_checked_rounds));
            bool all_unsigned = true;
            for (const ir::LaneFold& fold : loop_.folds)
                if (fold.checked && is_signed(type_of(fold))) all_unsigned = false;
            a_.emit(Inst::kIdUshr_v, elements(measure()), elements(measure()), asmjit::imm(all_unsigned ? bits : bits - 1));
            a_.emit(Inst::kIdUmaxv_v, temp(0).s(), measure().s4()); // any bit of any lane
            a_.fmov(w(scratch_register), temp(0).s());
            a_.branch_zero(scratch_register, false, false, discard);
        }
        // What may be discarded after all goes first.
        for (const ir::LaneFold& fold : loop_.folds) {
            if (fold.kind != ir::LaneFold::Best || !is_float(type_of(fold))) continue;
            gather(fold, Op::Select);
            // Zeros of both signs are equal; the first of them would be the one. And what it starts with may be NaN.
            const jit::VecV best = lane(fold.param);
            is_wide() ? a_.fcmp(best.d(), 0.0) : a_.fcmp(best.s(), 0.0);
            a_.branch_if(CondCode::kEQ, discard);
            a_.branch_if(CondCode::kVS, discard);
            discards = true;
        }
        for (const ir::LaneFold& fold : loop_.folds) finish(fold);
        if (!discards) return;
        a_.b(kept);
        a_.bind(discard);
        take_starts();
        a_.bind(kept);
    }
    void finish(const ir::LaneFold& fold) {
        if (fold.kind == ir::LaneFold::Ordered) return;
        const unsigned result = at_.results[fold.index];
        const jit::VecV lanes = lane(fold.param);
        if (is_float(type_of(fold))) {
            is_wide() ? a_.fmov(v(result).d(), lanes.d()) : a_.fmov(v(result).s(), lanes.s());
            return;
        }
        const Op op = inst_of(fold).op;
        const Op both = op == Op::Sub ? Op::Add : op == Op::WrapSub ? Op::WrapAdd : op; // lanes have subtracted from 0
        gather(fold, both);
        const bool wide = is_wide();
        const jit::Gp sum = gp_of(scratch_register, wide), to = gp_of(result, wide);
        auto take = [&](const jit::Gp& gp) { wide ? a_.fmov(gp, lanes.d()) : a_.fmov(gp, lanes.s()); };
        if (fold.kind == ir::LaneFold::Best) {
            take(to);
            return;
        }
        take(sum);
        switch (both) {
        case Op::And: a_.and_(to, to, sum); return;
        case Op::Or: a_.orr(to, to, sum); return;
        case Op::Xor: a_.eor(to, to, sum); return;
        default: a_.add(to, to, sum); return;
        }
    }
    // Brings half of the lanes beside the other half, until one is left.
    void gather(const ir::LaneFold& fold, Op op) {
        const jit::VecV lanes = lane(fold.param), other = temp(2);
        for (unsigned bytes = 8; bytes >= loop_.size; bytes /= 2) {
            a_.emit(Inst::kIdExt_v, other.b16(), lanes.b16(), lanes.b16(), asmjit::imm(bytes));
            combine(fold, op, lanes, other);
        }
    }

    Code& a_;
    const MachineFunction& mf_;
    const ir::LaneLoop& loop_;
    LaneOperands at_;
    MoveTo move_;
    LanePlan plan_;
    std::vector<unsigned> registers_; // by number of the plan
    unsigned temps_[temp_count] = {};
    std::vector<Address> addresses_;
    unsigned counter_ = 0;
    bool is_checked_ = false, is_measured_ = false;
    Label done_ = a_.newLabel(), again_ = a_.newLabel();
};

} // namespace

void FunctionEmitter::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!find_lanes(*mf_, inst, limits, loop)) {
        std::vector<Location> from;
        for (unsigned i = 0; i < inst.result_count; ++i) from.push_back(any(mf_->fn->operands_of(inst)[i]));
        take_results(from, inst);
        return;
    }
    LaneCode(a_, *mf_, loop, take_lane_operands(inst, loop, limits),
             [this](Location from, unsigned to, Scalar type) { move(from, Location::reg(to), type); })
        .emit();
}

} // namespace tn::codegen::a64
