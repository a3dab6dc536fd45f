// `lanes`: rounds of a loop, as many at once as fit a vector register of AVX2.
//
// The loop is the one its block goes on to. Where it counts down, a vector ends at the counter's element.
// All lanes take a step before any takes the next; nothing is done where places
// overlap so that rounds would see each other's writes (lanes_apart). A sum that overflows ends it in front of the rounds in question, which the loop does itself, and so
// does what the lanes' own way of adding up cannot promise to be what one round after the other gives.
#include "codegen/x64/lane_ops.h"

#include "ir/builder.h"
#include "support/ice.h"

#include <algorithm>
#include <bit>

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {

constexpr unsigned temp_count = 3; // two of the operations', beside xmm15, and one to bring lanes together
constexpr std::uint32_t least_part = 4; // of a vector, in bytes
constexpr std::int64_t least_rounds = 16; // that pay for starting and ending a fold
constexpr LaneLimits limits{Xmm0 + 14, 15, temp_count, false, nullptr};

std::uint64_t bits_of_constant(const ir::Inst& def) { return static_cast<std::uint64_t>(def.imm); }

} // namespace

void Describe::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (cpu_.avx2 && find_lanes(mf_, inst, limits, loop)) {
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

    LaneCode(x86::Assembler& a, X64Module& module, const MachineFunction& mf, const ir::LaneLoop& loop,
             LaneOperands operands, MoveTo move)
        : a_(a), mf_(mf), loop_(loop), at_(std::move(operands)), move_(std::move(move)), ops_(a, module, mf, loop.size) {
        ops_.plan = plan_lanes(mf, loop);
        for (unsigned reg : at_.lanes) ops_.registers.push_back(reg - Xmm0);
        auto take = [&] {
            const unsigned reg = ops_.registers.back();
            ops_.registers.pop_back();
            return reg;
        };
        ops_.temps[0] = 15;
        ops_.temps[1] = take();
        ops_.temps[2] = take();
        gathered_ = take();
        counter_ = at_.results[loop.counter_index];
    }

    void emit() {
        const auto lanes = static_cast<std::int32_t>(vector_bytes / loop_.size);
        take_starts();
        const x86::Gp left = gp64(at_.left);
        const unsigned high = loop_.goes_down ? counter_ : at_.end.index, low = loop_.goes_down ? at_.end.index : counter_;
        a_.mov(left, gp64(high));
        a_.sub(left, gp64(low));
        a_.jo(done_);
        for (const ir::LaneFold& fold : loop_.folds)
            if (fold.checked) test_start(fold);
        // At least one round stays for the loop, which tests behind its first.
        const bool folds = !loop_.folds.empty(), moves = only_moves();
        const auto leave_below = [&](std::int64_t rounds, const Label& to) {
            a_.cmp(left, asmjit::imm(rounds));
            loop_.includes_end ? a_.jl(to) : a_.jle(to);
        };
        leave_below(folds ? least_rounds : moves ? std::max<std::int64_t>(2, least_part / loop_.size) : lanes, done_);
        if (is_checked_) {
            a_.mov(gp64(scratch_register), asmjit::imm(ir::max_checked_rounds));
            a_.cmp(left, gp64(scratch_register));
            a_.cmovg(left, gp64(scratch_register));
        }
        find_addresses();
        test_overlap();
        for (ir::ValueId value : ops_.plan.spread) spread(value);
        if (loop_.uses_counter) start_counter();
        for (const ir::LaneFold& fold : loop_.folds) start(fold);
        if (is_measured_) ops_.set_zero(measure());
        Label rest = a_.newLabel();
        if (moves) leave_below(lanes, rest);
        a_.align(asmjit::AlignMode::kCode, 32);
        a_.bind(again_);
        round(lanes);
        step(static_cast<std::uint32_t>(lanes));
        a_.cmp(left, asmjit::imm(lanes));
        loop_.includes_end ? a_.jge(again_) : a_.jg(again_);
        if (loop_.checks) a_.bind(overflow_);
        finish();
        a_.bind(rest);
        for (std::uint32_t bytes = vector_bytes / 2; moves && bytes >= least_part && bytes > loop_.size; bytes /= 2) {
            Label next = a_.newLabel();
            leave_below(bytes / loop_.size, next);
            move_part(bytes);
            step(bytes / loop_.size);
            a_.bind(next);
        }
        a_.vzeroupper();
        a_.bind(done_);
    }

private:
    struct Address {
        LaneAccess access;
        unsigned reg = 0;
    };

    bool is_int(ir::ValueId value) const { return !is_float(mf_.type_of(value)); }
    const ir::Inst& inst_of(const ir::LaneFold& fold) const { return mf_.fn->insts[fold.inst]; }
    Scalar type_of(const ir::LaneFold& fold) const { return mf_.type_of(fold.param); }
    // The bits of all numbers that checked sums added.
    x86::Ymm measure() const { return x86::ymm(ops_.registers[ops_.plan.measure]); }
    x86::Ymm overflow() const { return x86::ymm(ops_.registers[ops_.plan.overflow]); }

    void take_starts() {
        for (std::size_t i = 0; i < at_.starts.size(); ++i)
            move_(at_.starts[i].at, at_.results[i], mf_.type_of(at_.starts[i].value));
    }

    // A checked sum starts far enough from the ends of its type.
    void test_start(const ir::LaneFold& fold) {
        is_checked_ = true;
        is_measured_ = is_measured_ || is_measured(fold);
        const bool wide = loop_.size == 8;
        const x86::Gp start = gp_of(scratch_register, wide);
        a_.mov(start, gp_of(at_.results[fold.index], wide));
        if (is_signed(type_of(fold))) {
            a_.sar(start, wide ? 62 : 30);
            a_.inc(start);
            a_.cmp(start, 1);
            a_.ja(done_);
        } else {
            a_.shr(start, wide ? 63 : 31);
            a_.jnz(done_);
        }
    }

    void find_addresses() {
        std::size_t i = 0;
        for (const LaneAccess& access : lane_accesses(mf_, loop_)) {
            Address address{access, at_.find(access.data).index};
            if (access.base.is_valid()) {
                const Location base = at_.find(access.base);
                if (!base.is_register()) move_(base, scratch_register, Scalar::I64);
                const unsigned index = base.is_register() ? base.index : scratch_register;
                const unsigned temp = at_.temps[i], shift = static_cast<unsigned>(std::countr_zero(scalar_size(access.type)));
                a_.lea(gp64(temp), x86::ptr(gp64(address.reg), gp64(index), shift));
                address.reg = temp;
            }
            addresses_.push_back(address);
            ++i;
        }
    }
    void test_overlap() {
        std::vector<LaneAccess> accesses;
        for (const Address& address : addresses_) accesses.push_back(address.access);
        for (const auto& [ahead, behind] : lanes_apart(accesses, loop_.goes_down)) {
            const Address &to = addresses_[ahead], &from = addresses_[behind];
            const x86::Gp distance = gp64(scratch_register);
            a_.lea(distance, x86::ptr(gp64(to.reg), static_cast<std::int32_t>(to.access.offset - from.access.offset - 1)));
            a_.sub(distance, gp64(from.reg));
            a_.cmp(distance, asmjit::imm(vector_bytes - 1));
            a_.jb(done_);
        }
    }

    void spread(ir::ValueId value) {
        const x86::Ymm to = ops_.ymm(value);
        if (is_lane_constant(mf_, value)) {
            const std::uint64_t bits = bits_of_constant(*mf_.def_inst(value));
            ops_.spread_bits(to, mf_.type_of(value) == Scalar::Bool ? 0 - bits : bits);
            return;
        }
        spread_from(to, at_.find(value), mf_.type_of(value));
    }
    void spread_from(x86::Ymm to, Location from, Scalar type) {
        if (is_float(type)) {
            if (!from.is_register()) move_(from, Xmm15, type);
            ops_.spread_float(to, from.is_register() ? xmm_of(from.index) : x86::xmm15);
            return;
        }
        move_(from, scratch_register, type);
        if (is_signed(type) && scalar_size(type) < 8 && loop_.size == 8)
            a_.movsxd(gp64(scratch_register), gp32(scratch_register));
        if (type == Scalar::Bool) a_.neg(gp64(scratch_register));
        ops_.spread_int(to, gp64(scratch_register));
    }
    void step(std::uint32_t rounds) {
        loop_.goes_down ? a_.sub(gp64(counter_), asmjit::imm(rounds)) : a_.add(gp64(counter_), asmjit::imm(rounds));
        a_.sub(gp64(at_.left), asmjit::imm(rounds));
    }
    // Nothing but loads and stores: parts of a vector will do for the last rounds.
    bool only_moves() const {
        return loop_.folds.empty() && !loop_.uses_counter && std::ranges::all_of(loop_.steps, [&](ir::InstId id) {
            const ir::Inst& inst = mf_.fn->insts[id];
            const Scalar type = inst.op == Op::Store ? mf_.type_of(mf_.fn->operands_of(inst)[1]) : inst.type;
            return (inst.op == Op::Load || inst.op == Op::Store) && type != Scalar::Bool && scalar_size(type) == loop_.size;
        });
    }
    void move_part(std::uint32_t bytes) {
        const asmjit::InstId id = bytes == 16 ? Inst::kIdVmovdqu : bytes == 8 ? Inst::kIdVmovq : Inst::kIdVmovd;
        std::size_t access = 0;
        for (ir::InstId step : loop_.steps) {
            const ir::Inst& inst = mf_.fn->insts[step];
            const x86::Mem at = place(addresses_[access++], bytes);
            const auto part = [&](ir::ValueId value) { return x86::xmm(ops_.ymm(value).id()); };
            inst.op == Op::Load ? a_.emit(id, part(inst.first_result), at) : a_.emit(id, at, part(mf_.fn->operands_of(inst)[1]));
        }
    }
    // How far in front of the counter's the first element of a vector is.
    std::int32_t behind(std::uint32_t bytes = vector_bytes) const { return loop_.goes_down ? static_cast<std::int32_t>(bytes / loop_.size) - 1 : 0; }
    void start_counter() { // one after the other
        const x86::Ymm to = ops_.ymm(loop_.counter);
        if (loop_.goes_down) a_.lea(gp64(scratch_register), x86::ptr(gp64(counter_), -behind()));
        ops_.spread_int(to, gp64(loop_.goes_down ? scratch_register : counter_));
        a_.mov(gp32(scratch_register), asmjit::imm(0x03020100));
        a_.vmovd(x86::xmm15, gp32(scratch_register));
        a_.vpmovzxbq(x86::ymm15, x86::xmm15);
        ops_.add(to, to, x86::ymm15);
    }
    void start(const ir::LaneFold& fold) {
        if (fold.kind == ir::LaneFold::Ordered) return; // in its result
        const x86::Ymm to = ops_.ymm(fold.param);
        if (fold.kind == ir::LaneFold::Best) {
            spread_from(to, Location::reg(at_.results[fold.index]), type_of(fold));
        } else if (inst_of(fold).op == Op::And) {
            ops_.set_ones(to);
        } else {
            ops_.set_zero(to);
        }
    }

    void round(std::int32_t lanes) {
        std::size_t access = 0;
        bool checked = false, tested = !loop_.checks;
        auto test = [&] {
            if (tested) return;
            loop_.size == 8 ? a_.vtestpd(overflow(), overflow()) : a_.vtestps(overflow(), overflow());
            a_.jnz(overflow_);
            tested = true;
        };
        for (ir::InstId id : loop_.steps) {
            const ir::Inst& inst = mf_.fn->insts[id];
            if (inst.op == Op::Load) {
                ops_.load(ops_.ymm(inst.first_result), place(addresses_[access++]), inst.type);
            } else if (inst.op == Op::Store) {
                test();
                const ir::ValueId value = mf_.fn->operands_of(inst)[1];
                ops_.store(place(addresses_[access++]), ops_.ymm(value), mf_.type_of(value));
            } else {
                const bool traps = (ir::effects_of(inst) & ir::Traps) != 0;
                ops_.step(inst, loop_.checks ? overflow() : x86::ymm15, !checked);
                checked = checked || traps;
            }
        }
        test();
        for (const ir::LaneFold& fold : loop_.folds) add_to(fold);
        if (loop_.uses_counter) {
            ops_.spread_bits(x86::ymm15, static_cast<std::uint64_t>(loop_.goes_down ? -static_cast<std::int64_t>(lanes) : lanes));
            ops_.add(ops_.ymm(loop_.counter), ops_.ymm(loop_.counter), x86::ymm15);
        }
    }
    x86::Mem place(const Address& address, std::uint32_t bytes = vector_bytes) const {
        const unsigned shift = static_cast<unsigned>(std::countr_zero(scalar_size(address.access.type)));
        const std::int64_t offset = address.access.offset - (std::int64_t(behind(bytes)) << shift);
        return x86::Mem(gp64(address.reg), gp64(counter_), shift, static_cast<std::int32_t>(offset), bytes);
    }

    void add_to(const ir::LaneFold& fold) {
        const x86::Ymm with = ops_.ymm(fold.with);
        if (fold.kind == ir::LaneFold::Ordered) {
            add_in_order(fold, with);
            return;
        }
        const x86::Ymm sum = ops_.ymm(fold.param);
        if (fold.kind == ir::LaneFold::Best) {
            choose_better(fold, sum, with);
            return;
        }
        if (is_measured(fold)) {
            if (is_signed(type_of(fold))) { // the bits in which a number differs from its sign
                ops_.signs(ops_.temp(0), with);
                a_.vpxor(ops_.temp(0), ops_.temp(0), with);
                a_.vpor(measure(), measure(), ops_.temp(0));
            } else {
                a_.vpor(measure(), measure(), with);
            }
        }
        combine(inst_of(fold).op, sum, with);
    }
    void combine(Op op, x86::Ymm to, x86::Ymm with) {
        switch (op) {
        case Op::Add:
        case Op::WrapAdd: ops_.add(to, to, with); return;
        case Op::Sub:
        case Op::WrapSub: ops_.subtract(to, to, with); return;
        case Op::And: a_.vpand(to, to, with); return;
        case Op::Or: a_.vpor(to, to, with); return;
        case Op::Xor: a_.vpxor(to, to, with); return;
        default: TN_ICE("a fold without lanes");
        }
    }
    // Equal floats differ in nothing but the sign of zero, for which all is discarded.
    void choose_better(const ir::LaneFold& fold, x86::Ymm best, x86::Ymm with) {
        const bool largest = fold.better == Cond::Gt || fold.better == Cond::Ge;
        ops_.choose_better(largest, type_of(fold), best, with);
    }
    void add_in_order(const ir::LaneFold& fold, x86::Ymm with) {
        const ir::Inst& inst = inst_of(fold);
        const bool wide = loop_.size == 8, first = mf_.fn->operands_of(inst)[0] == fold.param;
        const x86::Xmm sum = xmm_of(at_.results[fold.index]), one = x86::xmm(ops_.temp(0).id()), upper = x86::xmm(ops_.temp(1).id());
        const auto id = scalar_instruction(inst.op, wide);
        auto add = [&](x86::Xmm number) { first ? a_.emit(id, sum, sum, number) : a_.emit(id, sum, number, sum); };
        a_.vextractf128(upper, with, 1);
        for (const x86::Xmm& half : {x86::xmm(with.id()), upper}) {
            add(half);
            for (unsigned lane = 1; lane < 16 / loop_.size; ++lane) {
                wide ? a_.vunpckhpd(one, half, half) : a_.vpermilps(one, half, lane);
                add(one);
            }
        }
    }
    static asmjit::InstId scalar_instruction(Op op, bool wide) {
        switch (op) {
        case Op::FAdd: return wide ? Inst::kIdVaddsd : Inst::kIdVaddss;
        case Op::FSub: return wide ? Inst::kIdVsubsd : Inst::kIdVsubss;
        case Op::FMul: return wide ? Inst::kIdVmulsd : Inst::kIdVmulss;
        default: TN_ICE("a fold without lanes");
        }
    }

    // From lanes to results.
    void finish() {
        Label discard = a_.newLabel(), kept = a_.newLabel();
        bool discards = is_measured_;
        if (is_measured_) {
            const unsigned bits = 8 * loop_.size - 1 - static_cast<unsigned>(std::countr_zero(std::uint64_t(ir::max_checked_rounds)));
            bool all_unsigned = true;
            for (const ir::LaneFold& fold : loop_.folds)
                if (fold.checked && is_signed(type_of(fold))) all_unsigned = false;
            ops_.spread_bits(ops_.temp(0), ~std::uint64_t(0) << (all_unsigned ? bits : bits - 1));
            a_.vptest(measure(), ops_.temp(0));
            a_.jnz(discard);
        }
        // What may be discarded after all goes first.
        for (const ir::LaneFold& fold : loop_.folds) {
            if (fold.kind != ir::LaneFold::Best || !is_float(type_of(fold))) continue;
            const x86::Ymm best = ops_.ymm(fold.param);
            gather(best, [&](x86::Ymm other) { choose_better(fold, best, other); });
            // Zeros of both signs are equal; the first of them would be the one. And what it starts with may be NaN.
            const x86::Xmm number = x86::xmm(best.id()), zero = x86::xmm(ops_.temp(0).id());
            a_.vxorps(zero, zero, zero);
            loop_.size == 8 ? a_.vucomisd(number, zero) : a_.vucomiss(number, zero);
            a_.je(discard); // or unordered
            discards = true;
        }
        for (const ir::LaneFold& fold : loop_.folds) finish(fold);
        if (!discards) return;
        a_.jmp(kept);
        a_.bind(discard);
        take_starts();
        a_.bind(kept);
    }
    void finish(const ir::LaneFold& fold) {
        if (fold.kind == ir::LaneFold::Ordered) return;
        const unsigned result = at_.results[fold.index];
        const x86::Ymm lanes = ops_.ymm(fold.param);
        const x86::Xmm low = x86::xmm(lanes.id());
        const bool wide = loop_.size == 8;
        if (is_float(type_of(fold))) {
            a_.vmovaps(xmm_of(result), low);
            return;
        }
        const Op op = inst_of(fold).op;
        const Op both = op == Op::Sub ? Op::Add : op == Op::WrapSub ? Op::WrapAdd : op; // lanes have subtracted from 0
        gather(lanes, [&](x86::Ymm other) {
            fold.kind == ir::LaneFold::Best ? choose_better(fold, lanes, other) : combine(both, lanes, other);
        });
        const x86::Gp sum = gp_of(scratch_register, wide), to = gp_of(result, wide);
        if (fold.kind == ir::LaneFold::Best) {
            wide ? a_.vmovq(to, low) : a_.vmovd(to, low);
            return;
        }
        wide ? a_.vmovq(sum, low) : a_.vmovd(sum, low);
        switch (both) {
        case Op::And: a_.and_(to, sum); return;
        case Op::Or: a_.or_(to, sum); return;
        case Op::Xor: a_.xor_(to, sum); return;
        default: a_.add(to, sum); return;
        }
    }
    // Brings half of the lanes beside the other half, until one is left.
    template <typename F> void gather(x86::Ymm lanes, F&& combine_with) {
        const x86::Ymm other = x86::ymm(gathered_);
        a_.vextracti128(x86::xmm(other.id()), lanes, 1);
        combine_with(other);
        a_.vpshufd(other, lanes, 0x4e);
        combine_with(other);
        if (loop_.size == 8) return;
        a_.vpshufd(other, lanes, 0xb1);
        combine_with(other);
    }

    x86::Assembler& a_;
    const MachineFunction& mf_;
    const ir::LaneLoop& loop_;
    LaneOperands at_;
    MoveTo move_;
    LaneOps ops_;
    std::vector<Address> addresses_;
    unsigned counter_ = 0, gathered_ = 0;
    bool is_checked_ = false, is_measured_ = false;
    Label done_ = a_.newLabel(), again_ = a_.newLabel(), overflow_ = a_.newLabel();
};

} // namespace

void FunctionEmitter::op(OpTag<Op::Lanes>, const ir::Inst& inst) {
    ir::LaneLoop loop;
    if (!cpu_.avx2 || !find_lanes(*mf_, inst, limits, loop)) {
        std::vector<Location> from;
        for (unsigned i = 0; i < inst.result_count; ++i) from.push_back(any(mf_->fn->operands_of(inst)[i]));
        take_results(from, inst);
        return;
    }
    LaneCode(*a_, module_, *mf_, loop, take_lane_operands(inst, loop, limits),
             [this](Location from, unsigned to, Scalar type) { move(from, Location::reg(to), type); })
        .emit();
}

} // namespace tn::codegen::x64
