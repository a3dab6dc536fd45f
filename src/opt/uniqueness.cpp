// Copy on write, tested once: finds the lists that certainly have one owner, removes their `unique`
// tests, and moves the test of a loop's list in front of the loop.
//
// A list is unshared from the instruction that makes it so (list_new, list_grow, unique, seq_set_len, a character
// appended, a reference to the empty list) as long as no use of it could create another owner: a retain, a borrowed argument of a call (the
// callee may keep it), a borrowed block parameter. Block parameters are unshared when all their
// arguments are; that is assumed first and disproved to a fixed point.
#include "ir/builder.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_trials = 64; // loops examined per function

class Sharing {
public:
    Sharing(const Module& module, const Function& fn) : module_(module), fn_(fn), kept_(fn.values.size(), true) {
        for (const Block& block : fn.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts) note_uses(fn.insts[id]);
        }
    }

    // The unshared values, when `assumed` (a block parameter) is taken to be unshared on entry to its loop:
    // arguments from blocks where `is_outside` holds are not looked at for it.
    template <typename Outside> std::vector<bool> solve(ValueId assumed, Outside is_outside) const {
        std::vector<bool> unshared(fn_.values.size(), false);
        for (std::uint32_t i = 0; i < fn_.values.size(); ++i) {
            const Value& v = fn_.values[ValueId(i)];
            if (v.type != Scalar::Ref || v.ownership != Ownership::Owned || !kept_[i]) continue;
            if (v.inst.is_valid()) {
                const Inst& inst = fn_.insts[v.inst];
                const Op op = inst.op;
                // A character more is in a text of its own.
                const bool appends = op == Op::CallRuntime && inst.imm == static_cast<int>(RuntimeFn::StringAppendChar);
                unshared[i] = appends || op == Op::ListNew || op == Op::ListGrow || op == Op::Unique || op == Op::SeqSetLen ||
                              is_empty_list(v.inst);
            } else {
                unshared[i] = v.block != fn_.entry();
            }
        }
        for (bool again = true; again;) {
            again = false;
            for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
                const Block& block = fn_.blocks[BlockId(b)];
                if (block.removed || block.insts.empty()) continue;
                for (const Target& target : fn_.targets_of(fn_.insts[block.insts.back()])) {
                    const auto args = fn_.args_of(target);
                    const auto& params = fn_.blocks[target.block].params;
                    for (std::uint32_t i = 0; i < args.size(); ++i) {
                        if (!unshared[params[i].index()] || unshared[args[i].index()]) continue;
                        if (params[i] == assumed && is_outside(BlockId(b))) continue;
                        unshared[params[i].index()] = false;
                        again = true;
                    }
                }
            }
        }
        return unshared;
    }

private:
    // The instance's own has many owners, but neither an element nor room that one could write.
    bool is_empty_list(InstId id) const {
        if (fn_.insts[id].op != Op::Retain) return false;
        const Inst* def = find_def(fn_, fn_.operands_of(fn_.insts[id])[0]);
        if (def && def->op == Op::Literal) return module_.literals[LiteralId(static_cast<std::uint32_t>(def->imm))].empty();
        return def && def->op == Op::Empty &&
               module_.descs[DescId(static_cast<std::uint32_t>(def->imm))].kind <= DescKind::List;
    }
    void note_uses(const Inst& inst) {
        const auto operands = fn_.operands_of(inst);
        const bool may_keep =
            inst.op == Op::Retain || is_call(inst.op) || returns_reference(inst);
        for (unsigned i = 0; i < operands.size(); ++i)
            if (may_keep && !consumes_operand(module_, fn_, inst, i)) kept_[operands[i].index()] = false;
        for (const Target& target : fn_.targets_of(inst)) {
            const auto args = fn_.args_of(target);
            for (std::uint32_t i = 0; i < args.size(); ++i)
                if (fn_.values[fn_.blocks[target.block].params[i]].ownership != Ownership::Owned)
                    kept_[args[i].index()] = false;
        }
    }
    // A runtime function may answer with one of its arguments (`xs + []`).
    bool returns_reference(const Inst& inst) const {
        if (inst.op != Op::CallRuntime) return false;
        for (unsigned r = 0; r < inst.result_count; ++r)
            if (fn_.values[ValueId(inst.first_result.index() + r)].type == Scalar::Ref) return true;
        return false;
    }

    const Module& module_;
    const Function& fn_;
    std::vector<bool> kept_; // false: some use may create another owner
};

bool remove_tests(const Module& module, Function& fn) {
    const Sharing sharing(module, fn);
    const std::vector<bool> unshared = sharing.solve(ValueId(), [](BlockId) { return false; });
    Rewriter rewriter(fn);
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            Inst& inst = fn.insts[id];
            const bool tests = inst.op == Op::Unique || (inst.op == Op::ListGrow && !(inst.flags & Unshared));
            if (!tests || !unshared[fn.operands_of(inst)[0].index()]) continue;
            if (inst.op == Op::ListGrow) {
                inst.flags |= Unshared;
                rewriter.mark_changed();
                continue;
            }
            rewriter.replace(fn.result(id), fn.operands_of(inst)[0]);
            rewriter.remove(id);
        }
    }
    return rewriter.finish();
}

// The `unique` inside the loop that would go if `before` were not the whole truth; null if none.
const Inst* find_saved_test(const Function& fn, const Loop& loop, const std::vector<bool>& before, const std::vector<bool>& after) {
    for (BlockId block : loop.blocks) {
        if (fn.blocks[block].cold) continue;
        for (InstId id : fn.blocks[block].insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op != Op::Unique) continue; // of list_grow it is one of two tests, and not worth a copy
            const std::uint32_t operand = fn.operands_of(inst)[0].index();
            if (after[operand] && !before[operand]) return &inst;
        }
    }
    return nullptr;
}

bool hoist_tests(const Module& module, Function& fn) {
    const Cfg cfg(fn);
    const Sharing sharing(module, fn);
    const std::vector<bool> now = sharing.solve(ValueId(), [](BlockId) { return false; });
    struct Insertion {
        BlockId preheader;
        std::uint32_t param;
        Inst test;
    };
    std::vector<Insertion> insertions;
    unsigned trials = 0;
    for (std::uint32_t l = 0; l < cfg.loops().size(); ++l) {
        const Loop& loop = cfg.loops()[LoopId(l)];
        if (!loop.preheader.is_valid()) continue;
        const auto& params = fn.blocks[loop.header].params;
        for (std::uint32_t p = 0; p < params.size(); ++p) {
            const Value& value = fn.values[params[p]];
            if (value.type != Scalar::Ref || value.ownership != Ownership::Owned || now[params[p].index()]) continue;
            if (++trials > max_trials) break;
            const auto after = sharing.solve(params[p], [&](BlockId from) { return !cfg.contains(LoopId(l), from); });
            if (!after[params[p].index()]) continue;
            if (const Inst* test = find_saved_test(fn, loop, now, after)) insertions.push_back({loop.preheader, p, *test});
        }
    }
    Rewriter rewriter(fn);
    for (const Insertion& insertion : insertions) {
        Inst test = insertion.test;
        test.block = insertion.preheader;
        const Target target = fn.targets_of(fn.terminator(insertion.preheader))[0];
        const ValueId arg = fn.args_of(target)[insertion.param];
        const InstId id = rewriter.make(test, std::span(&arg, 1));
        auto& insts = fn.blocks[insertion.preheader].insts;
        insts.insert(insts.end() - 1, id);
        fn.args_of(target)[insertion.param] = fn.result(id);
    }
    return rewriter.finish();
}

} // namespace

bool uniqueness(Module& module, Function& fn) {
    const bool has_tests = std::ranges::any_of(fn.insts, [](const Inst& inst) {
        return (inst.op == Op::Unique || inst.op == Op::ListGrow) && inst.block.is_valid();
    });
    if (!has_tests) return false;
    const bool changed = with_preheaders(fn, [&] {
        const bool hoisted = hoist_tests(module, fn);
        return remove_tests(module, fn) || hoisted;
    });
    if (changed) clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
