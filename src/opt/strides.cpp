// The address of a record in a list, in a loop: with the multiplication in sight, code generation keeps the
// factor in a register and adds the product in the same instruction, where the machine can.
//
//     p = elem_addr d, i * 56    becomes    t = wrap_mul i, 56; p = elem_addr d, t * 1
//
// Last of all passes: others ask what record of what size an address is of. Sizes that shifts and additions
// make of an index need no factor.
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <bit>

namespace tn::opt {

using namespace ir;

namespace {

// 2^n or (1 + 2^n) * 2^m.
bool is_easy(std::int64_t stride) {
    if (stride <= 0) return true;
    const std::uint64_t odd =
        static_cast<std::uint64_t>(stride) >> std::countr_zero(static_cast<std::uint64_t>(stride));
    return odd == 1 || std::has_single_bit(odd - 1);
}

InstId make(Rewriter& rewriter, BlockId block, Op op, Scalar type, std::int64_t imm, LocId loc,
            std::span<const ValueId> operands) {
    Inst inst;
    inst.op = op;
    inst.type = type;
    inst.imm = imm;
    inst.loc = loc;
    inst.block = block;
    return rewriter.make(inst, operands);
}

} // namespace

bool strides(Module& module, Function& fn) {
    (void)module;
    const Cfg cfg(fn);
    if (cfg.loops().empty()) return false;
    Rewriter rewriter(fn);
    for (BlockId block : cfg.order()) {
        if (!cfg.loop_of(block).is_valid() || fn.blocks[block].cold) continue;
        for (std::size_t i = 0; i < fn.blocks[block].insts.size(); ++i) {
            const InstId id = fn.blocks[block].insts[i];
            const Inst address = fn.insts[id];
            std::int64_t unused = 0;
            if (address.op != Op::ElemAddr || is_easy(address.imm) ||
                find_const(fn, fn.operands_of(address)[1], unused))
                continue;
            const InstId stride =
                make(rewriter, block, Op::ConstInt, Scalar::I64, address.imm, address.loc, {});
            const ValueId factors[] = {fn.operands_of(address)[1], fn.result(stride)};
            const InstId product = make(rewriter, block, Op::WrapMul, Scalar::I64, 0, address.loc, factors);
            fn.insts[id].imm = 1;
            fn.operands_of(fn.insts[id])[1] = fn.result(product);
            auto& insts = fn.blocks[block].insts;
            insts.insert(insts.begin() + static_cast<std::ptrdiff_t>(i), {stride, product});
            i += 2;
        }
    }
    return rewriter.finish();
}

} // namespace tn::opt
