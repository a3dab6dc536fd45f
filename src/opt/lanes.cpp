// Puts `lanes` in front of element-wise loops. It runs as many rounds as it likes, several at once, and
// answers where the loop goes on; the loop itself stays as it is and does the rest, at least one round.
#include "ir/builder.h"
#include "ir/lane_loop.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

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
        const auto starts = fn.args_of(fn.targets_of(fn.insts[last])[0]);
        const Inst* made = find_def(fn, starts[0]);
        if (made && made->op == Op::Lanes) continue;
        std::vector<ValueId> operands(starts.begin(), starts.end());
        // The end may be a constant of the loop's own.
        Builder b(module, fn);
        fn.blocks[found.preheader].insts.pop_back();
        b.set_block(found.preheader);
        b.set_loc(fn.insts[last].loc);
        std::int64_t end = 0;
        operands.push_back(find_const(fn, loop.end, end) ? b.const_int(Scalar::I64, end) : loop.end);
        operands.insert(operands.end(), loop.inputs.begin(), loop.inputs.end());
        Inst inst;
        inst.op = Op::Lanes;
        inst.imm = static_cast<std::int64_t>(starts.size());
        const InstId lanes = b.append(inst, operands);
        fn.blocks[found.preheader].insts.push_back(last);
        const auto args = fn.args_of(fn.targets_of(fn.insts[last])[0]);
        for (unsigned i = 0; i < args.size(); ++i) args[i] = b.result(lanes, i);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
