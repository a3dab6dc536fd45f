// Jump threading: a way into a block that settles the block's own branch goes where the branch will go.
//
//     b8(tag, x):  c = icmp tag == 1; branch c, some, none        from b3: jump b8(1, v)
// For the way from b3 the branch is decided: it gets a copy of the block, which ends in `jump some`. That is
// how the options that iterators answer, and other options that are made and matched at once, come apart. So it is
// where both of what is compared are one on the way, and where the branch that the way begins with has asked for as
// much: `if l < n && c { m = l; } if l + 1 < n { ... }` asks once where l is not below n. So it is where the block asks
// what a branch before the way has asked. A value of the block that
// is used behind it has several definitions then, so its uses are found anew, with parameters where ways meet.
//
// Headers of loops are left alone but for one kind: one that only counts inlined calls on the way to an inner
// loop's header, as iterators nest them, is copied to the ends of its own rounds, so that both loops become
// one.
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/block_copy.h"
#include "opt/fold.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_block = 12; // instructions of a block that is copied
constexpr unsigned max_copies = 100;  // per function; each may look at all of it, so large ones get fewer
constexpr std::size_t max_looked_at = 400'000; // instructions
constexpr std::int64_t max_offset = 1 << 20;
constexpr unsigned max_depth = 16;    // blocks before a way, each dominating the next, that are asked what they know
constexpr unsigned max_rounds = 8;    // one decided branch decides the next

class Threader {
public:
    explicit Threader(Function& fn) : fn_(fn) {}

    bool run() {
        bool changed = false;
        for (unsigned round = 0; round < max_rounds && copies_ < most_copies_; ++round) {
            if (!run_round()) break;
            clean_blocks(fn_);
            changed = true;
        }
        return changed;
    }

private:
    bool run_round() {
        ways_ = named_edges_into(fn_);
        leaves_.clear();
        std::vector<BlockId> candidates;
        for (std::uint32_t b = 1; b < fn_.blocks.size(); ++b)
            if (const Block& block = fn_.blocks[BlockId(b)];
                !block.removed && !block.cold && ways_.of(BlockId(b)).size() > 1 && may_thread(block))
                candidates.push_back(BlockId(b));
        if (candidates.empty()) return false;
        const Cfg cfg(fn_);
        cfg_ = &cfg;
        known_blocks_ = fn_.blocks.size();
        bool changed = false;
        for (BlockId block : candidates) {
            if (!cfg.is_reachable(block) || fn_.blocks[block].removed) continue;
            const LoopId loop = cfg.loop_of(block);
            const bool is_header = loop.is_valid() && cfg.loops()[loop].header == block;
            changed |= is_header ? merge_headers(cfg, loop) : thread(block);
        }
        return changed;
    }

    bool may_thread(const Block& block) const {
        const Inst& last = fn_.insts[block.insts.back()];
        if (block.insts.size() > max_block ||
            (last.op != Op::Jump && last.op != Op::Branch && last.op != Op::Switch))
            return false;
        for (InstId id : block.insts)
            if (fn_.insts[id].op == Op::Lanes) return false;
        Asked unused;
        return last.op == Op::Jump ? only_meters(block) : find_asked(block, unused);
    }

    bool only_meters(const Block& block) const {
        for (std::size_t i = 0; i + 1 < block.insts.size(); ++i) {
            const Inst& inst = fn_.insts[block.insts[i]];
            if (inst.op != Op::Poll || inst.aux != 1) return false;
        }
        return true;
    }

    // What the block's end asks: a value from before it, or a comparison of the block.
    struct Asked {
        ValueId value, other; // no other: the value itself
        Cond cond = Cond::Ne;
    };
    // False when no way in could decide it: each of the values is made in the block and is no parameter.
    bool find_asked(const Block& block, Asked& asked) const {
        const Inst& last = fn_.insts[block.insts.back()];
        asked.value = fn_.operands_of(last)[0];
        const Inst* def = find_def(fn_, asked.value);
        if (last.op == Op::Branch && def && def->op == Op::ICmp && def->block == last.block) {
            asked = {fn_.operands_of(*def)[0], fn_.operands_of(*def)[1], static_cast<Cond>(def->aux)};
            return !is_made_in(last.block, asked.value) &&
                   (!is_made_in(last.block, asked.other) || find_def(fn_, asked.other)->op == Op::ConstInt);
        }
        return !is_made_in(last.block, asked.value);
    }
    bool is_param_of(BlockId block, ValueId value) const {
        return !fn_.values[value].inst.is_valid() && fn_.values[value].block == block;
    }
    bool is_made_in(BlockId block, ValueId value) const {
        const Inst* def = find_def(fn_, value);
        return def && def->block == block;
    }

    // Where the block goes that is entered this way; -1 if that depends.
    int decide(const Edge& edge, BlockId block, const Asked& asked) const {
        const Inst& last = fn_.terminator(block);
        const Target& way = fn_.targets_of(fn_.insts[edge.inst])[edge.target];
        const auto on_way = [&](ValueId v) { return is_param_of(block, v) ? fn_.args_of(way)[fn_.values[v].index] : v; };
        const ValueId value = on_way(asked.value);
        std::int64_t a = 0, b = 0;
        const bool is_known = find_const(fn_, value, a);
        if (last.op == Op::Switch) {
            const std::uint64_t others = last.target_count - 1u;
            return is_known ? static_cast<int>(std::min(static_cast<std::uint64_t>(a), others)) : -1;
        }
        if (!asked.other.is_valid()) return is_known ? a == 0 : asked_before(edge, value);
        const ValueId other = on_way(asked.other);
        const Scalar type = fn_.values[value].type;
        if (is_known && find_const(fn_, other, b)) return !fold_compare(asked.cond, type, a, b);
        if (find_const(fn_, other, b) && b == 0 && (asked.cond == Cond::Lt || asked.cond == Cond::Ge))
            if (const int sign = sign_of(value); sign != 0) return (sign < 0) == (asked.cond == Cond::Lt) ? 0 : 1;
        if (value == other) return asked.cond == Cond::Eq || asked.cond == Cond::Le || asked.cond == Cond::Ge ? 0 : 1;
        return implied(edge, value, other, asked.cond);
    }

    // -1 of what its highest bit, which was set, makes negative; 1 of what is not negative; else 0.
    int sign_of(ValueId value) const {
        const Inst* def = find_def(fn_, value);
        std::int64_t c = 0;
        if (!def || !is_signed(def->type) || bits_of(def->type) != 64) return 0;
        if (def->op == Op::Or || def->op == Op::And)
            return find_const(fn_, fn_.operands_of(*def)[1], c) && (c < 0) == (def->op == Op::Or) ? (c < 0 ? -1 : 1) : 0;
        if (def->op != Op::Convert) return 0;
        const Inst* from = find_def(fn_, fn_.operands_of(*def)[0]);
        return from && from->op == Op::Shr && !is_signed(from->type) && find_const(fn_, fn_.operands_of(*from)[1], c) && c > 0 ? 1 : 0;
    }

    // Whoever comes this way has come through a branch on the same value: `if a && x { ... } else if a && y { ... }`.
    int asked_before(const Edge& edge, ValueId value) const {
        const auto settles = [&](const Inst& last) {
            return last.op == Op::Branch && fn_.operands_of(last)[0] == value &&
                   fn_.targets_of(last)[0].block != fn_.targets_of(last)[1].block;
        };
        const Inst& from = fn_.insts[edge.inst];
        if (settles(from)) return static_cast<int>(edge.target);
        BlockId at = from.block;
        // Copies that this round has made change no block's past: they go where the branch would have gone.
        for (unsigned depth = 0; depth < max_depth && at.index() < known_blocks_; ++depth) {
            const BlockId before = cfg_->immediate_dominator(at);
            if (!before.is_valid() || fn_.blocks[before].removed) return -1;
            if (const Inst& last = fn_.terminator(before); cfg_->predecessors(at).size() == 1 && settles(last))
                for (unsigned t = 0; t < 2; ++t)
                    if (fn_.targets_of(last)[t].block == at) return static_cast<int>(t);
            at = before;
        }
        return -1;
    }

    // `l < n` has been false, so `l + 1 < n` is: what the branch at the way's begin says of the next one.
    int implied(const Edge& edge, ValueId value, ValueId other, Cond cond) const {
        const Inst& from = fn_.insts[edge.inst];
        if (from.op != Op::Branch || fn_.targets_of(from)[0].block == fn_.targets_of(from)[1].block) return -1;
        const Inst* def = find_def(fn_, fn_.operands_of(from)[0]);
        if (!def || def->op != Op::ICmp || fn_.operands_of(*def)[1] != other || !is_signed(fn_.values[value].type)) return -1;
        std::int64_t asked = 0, known = 0;
        if (base_of(value, asked) != base_of(fn_.operands_of(*def)[0], known)) return -1;
        // What is known lies so far below or above the other value; so does, moved by the difference, what is asked.
        const Cond holds = edge.target == 0 ? static_cast<Cond>(def->aux) : inverted(static_cast<Cond>(def->aux));
        const std::int64_t moved = asked - known;
        if (holds == Cond::Ge || holds == Cond::Gt) {
            const std::int64_t least = moved + (holds == Cond::Gt);
            if (cond == Cond::Lt || cond == Cond::Ge) return least >= 0 ? cond == Cond::Lt : -1;
            if (cond == Cond::Le || cond == Cond::Gt) return least >= 1 ? cond == Cond::Le : -1;
        } else if (holds == Cond::Lt || holds == Cond::Le) {
            const std::int64_t most = moved - (holds == Cond::Lt);
            if (cond == Cond::Lt || cond == Cond::Ge) return most < 0 ? cond == Cond::Ge : -1;
            if (cond == Cond::Le || cond == Cond::Gt) return most <= 0 ? cond == Cond::Gt : -1;
        }
        return -1;
    }
    // value = base + offset, which did not overflow.
    ValueId base_of(ValueId value, std::int64_t& offset) const {
        const Inst* def = find_def(fn_, value);
        std::int64_t c = 0;
        if (!def || def->op != Op::Add || !find_const(fn_, fn_.operands_of(*def)[1], c)) return value;
        if (c < -max_offset || c > max_offset) return value;
        offset = c;
        return fn_.operands_of(*def)[0];
    }

    // The ways into a block, as they were when the round began and still are.
    std::vector<Edge> edges_to(BlockId block) const {
        std::vector<Edge> edges;
        for (const Edge& edge : ways_.of(block)) {
            const Inst& from = fn_.insts[edge.inst];
            if (from.block.is_valid() && fn_.targets_of(from)[edge.target].block == block)
                edges.push_back(edge);
        }
        return edges;
    }

    bool thread(BlockId block) {
        if (fn_.terminator(block).op == Op::Jump) return false;
        Asked asked;
        if (!find_asked(fn_.blocks[block], asked)) return false; // an earlier copy has changed it
        std::vector<BlockCopy> copies;
        for (const Edge& edge : edges_to(block)) {
            if (fn_.insts[edge.inst].block == block || copies_ >= most_copies_) continue;
            if (const int taken = decide(edge, block, asked); taken >= 0) copies.push_back(copy_for(block, edge, taken));
        }
        return finish(block, copies);
    }

    bool merge_headers(const Cfg& cfg, LoopId id) {
        const Loop& loop = cfg.loops()[id];
        const BlockId block = loop.header;
        if (fn_.terminator(block).op != Op::Jump) return false;
        const BlockId next = fn_.targets_of(fn_.terminator(block))[0].block;
        const LoopId inner = cfg.loop_of(next);
        if (!inner.is_valid() || cfg.loops()[inner].header != next || cfg.loops()[inner].parent != id)
            return false;
        // It is one loop where every round goes on with what the inner one has come to; a nest starts anew
        // instead.
        auto is_within = [&](ValueId v) {
            const Value& value = fn_.values[v];
            const BlockId at = value.inst.is_valid() ? fn_.insts[value.inst].block : value.block;
            return at.index() < known_blocks_ && cfg.contains(inner, at);
        };
        std::vector<Edge> rounds;
        for (const Edge& edge : edges_to(block)) {
            const BlockId from = fn_.insts[edge.inst].block;
            if (from.index() >= known_blocks_) return false;
            if (cfg.contains(id, from)) rounds.push_back(edge);
        }
        for (ValueId arg : fn_.args_of(fn_.targets_of(fn_.terminator(block))[0])) {
            const Value& value = fn_.values[arg];
            if (value.inst.is_valid() || value.block != block) return false;
            for (const Edge& edge : rounds)
                if (!is_within(fn_.args_of(fn_.targets_of(fn_.insts[edge.inst])[edge.target])[value.index]))
                    return false;
        }
        std::vector<BlockCopy> copies;
        for (const Edge& edge : rounds) copies.push_back(copy_for(block, edge, 0));
        return finish(block, copies);
    }

    BlockCopy copy_for(BlockId original, Edge edge, int taken) {
        if (leaves_.empty()) find_leaving();
        ++copies_;
        return copy_block(fn_, original, edge, taken);
    }
    bool finish(BlockId original, const std::vector<BlockCopy>& copies) {
        if (copies.empty()) return false;
        // Repairing walks over the whole function, which a `match` on texts of any length need not pay a hundred times.
        if (edges_to(original).empty() || defines_leaving(original)) repair_copied(fn_, original, copies);
        return true;
    }

    // Copying gives no older value a first use outside its block: a copy has parameters of its own.
    void find_leaving() {
        leaves_.assign(fn_.values.size(), false);
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            const auto note = [&](ValueId v) {
                const Value& value = fn_.values[v];
                const BlockId made = value.inst.is_valid() ? fn_.insts[value.inst].block : value.block;
                if (made != BlockId(b)) leaves_[v.index()] = true;
            };
            for (InstId id : fn_.blocks[BlockId(b)].insts) {
                for (ValueId v : fn_.operands_of(fn_.insts[id])) note(v);
                for (const Target& target : fn_.targets_of(fn_.insts[id]))
                    for (ValueId v : fn_.args_of(target)) note(v);
            }
        }
    }
    bool defines_leaving(BlockId block) const {
        const auto leaves = [&](ValueId v) { return v.index() >= leaves_.size() || leaves_[v.index()]; };
        if (std::ranges::any_of(fn_.blocks[block].params, leaves)) return true;
        return std::ranges::any_of(fn_.blocks[block].insts, [&](InstId id) {
            for (unsigned r = 0; r < fn_.insts[id].result_count; ++r)
                if (leaves(fn_.result(id, r))) return true;
            return false;
        });
    }

    Function& fn_;
    const Cfg* cfg_ = nullptr;            // when the round began
    const unsigned most_copies_ = static_cast<unsigned>(std::min<std::size_t>(max_copies, max_looked_at / (fn_.insts.size() + 1)));
    unsigned copies_ = 0;
    std::size_t known_blocks_ = 0;        // to the Cfg of the round
    FlatLists<BlockId, Edge> ways_;       // into each block, when the round began
    std::vector<bool> leaves_;            // by value, once a block is copied: used in another block than its own
};

} // namespace

bool threading(Module& module, Function& fn) {
    (void)module;
    return Threader(fn).run();
}

} // namespace tn::opt
