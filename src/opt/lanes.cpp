// Puts `lanes` in front of element-wise loops. It runs as many rounds as it likes, several at once, and
// answers where the loop goes on; the loop itself stays as it is and does the rest, at least one round.
#include "ir/builder.h"
#include "ir/lane_loop.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t smallest_vector = 16; // bytes, of any machine
constexpr std::int64_t max_lane_offset = 1 << 15; // elements

// Elements before and behind that of the counter, `a[i - 1]`, are at an offset from it. Only in loops that lanes may be for:
// others would hold the counter and the sum.
bool use_offsets(Function& fn, BlockId block) {
    unsigned stores = 0;
    for (InstId id : fn.blocks[block].insts) {
        const Inst& inst = fn.insts[id];
        if ((effects_of(inst) & Traps) || is_call(inst.op)) return false;
        stores += inst.op == Op::Store;
    }
    if (stores != 1) return false;
    std::vector<ValueId> sums;
    for (InstId id : fn.blocks[block].insts) {
        Inst& inst = fn.insts[id];
        if ((inst.op != Op::Load && inst.op != Op::Store) || inst.aux != static_cast<std::uint32_t>(MemoryClass::Element) ||
            inst.operands.count != (inst.op == Op::Load ? 2u : 3u))
            continue;
        ValueId& index = fn.operands_of(inst).back();
        const Inst* sum = find_def(fn, index);
        std::int64_t c = 0;
        if (!sum || sum->block != block || sum->operands.count != 2 || !find_const(fn, fn.operands_of(*sum)[1], c)) continue;
        const bool exact = sum->flags & NoTrap;
        const bool adds = sum->op == Op::WrapAdd || (sum->op == Op::Add && exact);
        const Value& counter = fn.values[fn.operands_of(*sum)[0]];
        if ((!adds && sum->op != Op::WrapSub && !(sum->op == Op::Sub && exact)) || counter.inst.is_valid() || counter.block != block ||
            c < -max_lane_offset || c > max_lane_offset)
            continue;
        const std::int64_t offset = inst.imm + (adds ? c : -c) * inst.scale;
        if (offset != static_cast<std::int32_t>(offset)) continue;
        sums.push_back(index);
        inst.imm = offset;
        index = fn.operands_of(*sum)[0];
    }
    if (sums.empty()) return false;
    const Uses uses(fn);
    for (ValueId sum : sums)
        if (const InstId id = fn.values[sum].inst; uses.count(sum) == 0 && fn.insts[id].block.is_valid()) remove_inst(fn, id);
    return true;
}

// An index `i - w` is `i + (0 - w)`, with the second sum in front of the loop.
bool add_to_counters(Function& fn, Builder& b, const Loop& loop) {
    bool changed = false;
    for (InstId id : fn.blocks[loop.header].insts) {
        const Inst& access = fn.insts[id];
        if (access.op != Op::Load && access.op != Op::Store) continue;
        const InstId index = fn.values[fn.operands_of(access).back()].inst;
        if (!index.is_valid() || fn.insts[index].block != loop.header || fn.insts[index].type != Scalar::I64) continue;
        Inst& sub = fn.insts[index];
        if (sub.op != Op::WrapSub && !(sub.op == Op::Sub && (sub.flags & NoTrap))) continue;
        const Value &counter = fn.values[fn.operands_of(sub)[0]], &base = fn.values[fn.operands_of(sub)[1]];
        const BlockId made = base.inst.is_valid() ? fn.insts[base.inst].block : base.block;
        std::int64_t c = 0;
        if (counter.inst.is_valid() || counter.block != loop.header || made == loop.header || find_const(fn, fn.operands_of(sub)[1], c)) continue;
        const InstId jump = fn.blocks[loop.preheader].insts.back();
        fn.blocks[loop.preheader].insts.pop_back();
        b.set_block(loop.preheader);
        b.set_loc(sub.loc);
        const ValueId negated = b.binary(Op::WrapSub, Scalar::I64, b.const_int(Scalar::I64, 0), fn.operands_of(fn.insts[index])[1]);
        fn.blocks[loop.preheader].insts.push_back(jump);
        fn.insts[index].op = Op::WrapAdd;
        fn.insts[index].flags = 0;
        fn.operands_of(fn.insts[index])[1] = negated;
        changed = true;
    }
    return changed;
}

// A round reads what one of the last few has written: `w[i] = w[i - 2] + ...`. Its lanes would never run.
bool reads_last_rounds(const Function& fn, const LaneLoop& loop) {
    for (InstId id : loop.steps) {
        const Inst& store = fn.insts[id];
        if (store.op != Op::Store) continue;
        for (InstId other : loop.steps) {
            const Inst& load = fn.insts[other];
            if (load.op != Op::Load || load.aux != store.aux || load.scale != store.scale || load.operands.count != 2 ||
                store.operands.count != 3 || fn.operands_of(load)[0] != fn.operands_of(store)[0] ||
                fn.operands_of(load)[1] != fn.operands_of(store)[2])
                continue;
            const std::int64_t written = loop.goes_down ? load.imm - store.imm : store.imm - load.imm; // so far back
            if (written > 0 && written < smallest_vector) return true;
        }
    }
    return false;
}

} // namespace

bool lanes(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    bool changed = make_preheaders(fn);
    const Cfg cfg(fn);
    for (const Loop& found : cfg.loops()) {
        LaneLoop loop;
        if (found.blocks.size() == 1) changed |= use_offsets(fn, found.header);
        if (Builder b(module, fn); found.blocks.size() == 1 && found.preheader.is_valid()) changed |= add_to_counters(fn, b, found);
        if (found.blocks.size() != 1 || !found.preheader.is_valid() ||
            !find_lane_loop(fn, found.header, loop) || reads_last_rounds(fn, loop))
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
