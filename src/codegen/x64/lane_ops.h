// The operations of `lanes` on vector registers of AVX2. Lanes are as wide as the widest value of the loop; a narrower
// integer stands in its lane extended by its type, a Bool as no or all bits.
#pragma once

#include "codegen/lanes.h"
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

using ir::Cond;

constexpr unsigned vector_bytes = 32;

class LaneOps {
public:
    LaneOps(x86::Assembler& a, X64Module& module, const MachineFunction& mf, unsigned size)
        : a_(a), module_(module), mf_(mf), wide_lanes_(module.cpu().avx512_lanes), size_(size) {}

    std::vector<unsigned> registers; // by number of the plan
    unsigned temps[3] = {};
    LanePlan plan;

    x86::Ymm ymm(ir::ValueId value) const { return x86::ymm(registers[plan[value]]); }
    x86::Ymm temp(unsigned i) const { return x86::ymm(temps[i]); }
    unsigned size() const { return size_; }

    // One value in every lane: of an integer in a register of the machine, of a float in an xmm.
    void spread_int(x86::Ymm to, x86::Gp from);
    void spread_float(x86::Ymm to, x86::Xmm from);
    void spread_bits(x86::Ymm to, std::uint64_t bits); // of a constant, as wide as a lane
    void set_ones(x86::Ymm to) { a_.vpcmpeqd(to, to, to); }
    void set_zero(x86::Ymm to) { a_.vpxor(x86::xmm(to.id()), x86::xmm(to.id()), x86::xmm(to.id())); }

    void load(x86::Ymm to, x86::Mem from, Scalar type);
    void store(x86::Mem to, x86::Ymm from, Scalar type);
    // Everything but Load and Store. What may trap adds what tells of it to `overflow`: the signs of lanes.
    void step(const ir::Inst& inst, x86::Ymm overflow, bool first_check);
    void add(x86::Ymm to, x86::Ymm a, x86::Ymm b) { by_size(adds, to, a, b); }
    void subtract(x86::Ymm to, x86::Ymm a, x86::Ymm b) { by_size(subs, to, a, b); }
    // All bits of lanes where `a cond b`.
    void compare(Cond cond, Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b);
    void choose(Scalar type, x86::Ymm to, x86::Ymm mask, x86::Ymm yes, x86::Ymm no);
    // The larger or smaller of each two; NaN in `with` is left out.
    void choose_better(bool largest, Scalar type, x86::Ymm best, x86::Ymm with);
    // The signs of lanes, as no or all bits.
    void signs(x86::Ymm to, x86::Ymm from);
    static asmjit::InstId float_instruction(Op op, bool wide);

private:
    using BySize = asmjit::InstId[4]; // of bytes, 16, 32, 64 bits
    static const BySize adds, subs, equals, greaters;

    unsigned size_index() const { return size_ == 8 ? 3 : size_ == 4 ? 2 : size_ == 2 ? 1 : 0; }
    void by_size(const BySize& row, x86::Ymm to, x86::Ymm a, x86::Ymm b) { a_.emit(row[size_index()], to, a, b); }
    void invert(x86::Ymm to, x86::Ymm from);
    void compare_ints(Cond cond, Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b);
    void multiply(Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b);
    void shift_left(x86::Ymm to, x86::Ymm from, unsigned amount);
    void shift_right(x86::Ymm to, x86::Ymm from, unsigned amount, bool arithmetic);
    void convert(Scalar from, Scalar to, x86::Ymm dst, x86::Ymm source);
    void ints_to_doubles(x86::Ymm to, x86::Ymm from);

    x86::Assembler& a_;
    X64Module& module_;
    const MachineFunction& mf_;
    bool wide_lanes_; // the few operations on 64 bits that only AVX-512 has, on the same registers
    unsigned size_;
};

} // namespace tn::codegen::x64
