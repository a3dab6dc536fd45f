// Puts `lanes` in front of element-wise loops. It runs as many rounds as it likes, several at once, and
// answers where the loop goes on; the loop itself stays as it is and does the rest, at least one round.
#include "ir/builder.h"
#include "ir/lane_loop.h"
#include "opt/loops.h"
#include "opt/passes.h"

namespace tn::opt {

using namespace ir;

bool lanes(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    bool changed = make_preheaders(fn);
    const Cfg cfg(fn);
    for (const Loop& found : cfg.loops()) {
        LaneLoop loop;
        if (found.blocks.size() != 1 || !found.preheader.is_valid() ||
            !find_lane_loop(fn, found.header, loop))
            continue;
        const InstId last = fn.blocks[found.preheader].insts.back();
        const ValueId start = fn.args_of(fn.targets_of(fn.insts[last])[0])[0];
        const Inst* made = fn.values[start].inst.is_valid() ? &fn.insts[fn.values[start].inst] : nullptr;
        if (made && made->op == Op::Lanes) continue;
        std::vector<ValueId> operands{start, loop.end};
        operands.insert(operands.end(), loop.inputs.begin(), loop.inputs.end());
        // The end may be a constant of the loop's own.
        Builder b(module, fn);
        fn.blocks[found.preheader].insts.pop_back();
        b.set_block(found.preheader);
        b.set_loc(fn.insts[last].loc);
        const Value& end = fn.values[loop.end];
        if (end.inst.is_valid() && fn.insts[end.inst].op == Op::ConstInt)
            operands[1] = b.const_int(Scalar::I64, fn.insts[end.inst].imm);
        Inst inst;
        inst.op = Op::Lanes;
        inst.type = Scalar::I64;
        const ValueId onward = b.result(b.append(inst, operands));
        fn.blocks[found.preheader].insts.push_back(last);
        fn.args_of(fn.targets_of(fn.insts[last])[0])[0] = onward;
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
