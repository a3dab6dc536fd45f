// Tests both ends of a range at once: `low <= x && x <= high` as two branches that leave to one place becomes
// one comparison, x - low <= high - low without signs, which is one branch to foretell.
#include "ir/builder.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// What is true of a value on the way on: low <= value <= high.
struct Window {
    ValueId value;
    __int128 low = 0, high = 0;
};

// The values for which a comparison with a constant has the answer `holds`, if they are a range.
bool find_window(const Function& fn, ValueId condition, bool holds, Window& out) {
    const Inst* compare = find_def(fn, condition);
    if (!compare || compare->op != Op::ICmp) return false;
    const auto operands = fn.operands_of(*compare);
    const Scalar type = fn.values[operands[0]].type;
    std::int64_t c = 0;
    if (!is_integer(type) || type == Scalar::Bool || !find_const(fn, operands[1], c)) return false;
    Cond cond = static_cast<Cond>(compare->aux);
    if (!holds) cond = inverted(cond);
    const __int128 n = number(type, c);
    out = {operands[0], min_of(type), max_of(type)};
    switch (cond) {
    case Cond::Lt: out.high = n - 1; break;
    case Cond::Le: out.high = n; break;
    case Cond::Gt: out.low = n + 1; break;
    case Cond::Ge: out.low = n; break;
    default: return false;
    }
    return true;
}

class RangeTests {
public:
    RangeTests(Module& module, Function& fn) : module_(module), fn_(fn), predecessors_(fn.blocks.size(), 0) {
        for (const Block& block : fn.blocks) {
            if (block.removed || block.insts.empty()) continue;
            for (const Target& target : fn.targets_of(fn.insts[block.insts.back()]))
                ++predecessors_[target.block.index()];
        }
    }

    bool run() {
        bool changed = false;
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b)
            if (!fn_.blocks[BlockId(b)].removed && !fn_.blocks[BlockId(b)].insts.empty())
                changed |= visit(BlockId(b));
        return changed;
    }

private:
    bool same(const Target& a, const Target& b) const {
        return a.block == b.block && std::ranges::equal(fn_.args_of(a), fn_.args_of(b));
    }
    // Nothing but a comparison with a constant, and the branch on it.
    bool only_asks(BlockId id) const {
        const Block& block = fn_.blocks[id];
        if (predecessors_[id.index()] != 1 || !block.params.empty() || fn_.terminator(id).op != Op::Branch)
            return false;
        return std::ranges::all_of(block.insts, [&](InstId inst) {
            const Op op = fn_.insts[inst].op;
            return op == Op::ConstInt || op == Op::ICmp || op == Op::Branch;
        });
    }

    bool visit(BlockId block) {
        const Inst& first = fn_.terminator(block);
        if (first.op != Op::Branch) return false;
        for (unsigned on = 0; on < 2; ++on) {
            const Target next = fn_.targets_of(first)[on], out = fn_.targets_of(first)[1 - on];
            if (next.block == block || next.block == fn_.entry() || !only_asks(next.block)) continue;
            const Inst& second = fn_.terminator(next.block);
            for (unsigned in = 0; in < 2; ++in) {
                Window a, b;
                if (!same(fn_.targets_of(second)[1 - in], out) || same(fn_.targets_of(second)[in], out) ||
                    !find_window(fn_, fn_.operands_of(first)[0], on == 0, a) ||
                    !find_window(fn_, fn_.operands_of(second)[0], in == 0, b) || a.value != b.value)
                    continue;
                const Scalar type = fn_.values[a.value].type;
                const Window both{a.value, std::max(a.low, b.low), std::min(a.high, b.high)};
                // Else one of the two tests does.
                if (both.low <= min_of(type) || both.high >= max_of(type) || both.low > both.high) continue;
                change(block, next.block, both, fn_.targets_of(second)[in], out);
                return true;
            }
        }
        return false;
    }

    void change(BlockId block, BlockId second, const Window& window, Target in, Target out) {
        Scalar type = fn_.values[window.value].type;
        const InstId last = fn_.blocks[block].insts.back();
        fn_.blocks[block].insts.pop_back();
        const Block& asked = fn_.blocks[second]; // its constants may serve the way on
        std::vector<InstId> moved(asked.insts.begin(), asked.insts.end() - 1);
        for (InstId id : moved) fn_.insts[id].block = block;
        fn_.blocks[block].insts.insert(fn_.blocks[block].insts.end(), moved.begin(), moved.end());
        fn_.insts[asked.insts.back()].block = BlockId();
        fn_.blocks[second].insts.clear();
        fn_.blocks[second].removed = true;
        --predecessors_[out.block.index()];

        Builder b(module_, fn_);
        b.set_block(block);
        b.set_loc(fn_.insts[last].loc);
        ValueId value = window.value;
        auto one = [&](Op op, Scalar to, ValueId from) {
            Inst inst;
            inst.op = op;
            inst.type = to;
            const ValueId operands[] = {from};
            return b.result(b.append(inst, operands));
        };
        if (bits_of(type) < 32) value = one(Op::Convert, type = Scalar::I32, value);
        value = b.binary(Op::WrapSub, type, value, b.const_int(type, static_cast<std::int64_t>(window.low)));
        const Scalar plain = bits_of(type) == 64 ? Scalar::U64 : Scalar::U32;
        if (type != plain) value = one(Op::Bitcast, plain, value);
        const ValueId size = b.const_int(plain, static_cast<std::int64_t>(window.high - window.low));
        const ValueId is_inside = b.compare(Op::ICmp, Cond::Le, value, size);
        Inst& branch = fn_.insts[last];
        fn_.operands_of(branch)[0] = is_inside;
        branch.flags &= static_cast<std::uint8_t>(~(Likely | Unlikely));
        fn_.targets_of(branch)[0] = in;
        fn_.targets_of(branch)[1] = out;
        fn_.blocks[block].insts.push_back(last);
    }

    Module& module_;
    Function& fn_;
    std::vector<std::uint32_t> predecessors_;
};

} // namespace

bool range_tests(Module& module, Function& fn) {
    // Both leave to one place only once blocks that held what nobody needs are skipped.
    const bool cleaned = clean_blocks(fn);
    return RangeTests(module, fn).run() || cleaned;
}

} // namespace tn::opt
