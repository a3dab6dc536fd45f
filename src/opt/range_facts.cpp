// What the conditions and tests of a function say of its integers, by the place from which it holds.
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;

void Ranges::add_condition(const Inst& compare, bool holds, std::uint32_t index) {
    if (compare.op != Op::ICmp) return;
    const ValueId a = fn_.operands_of(compare)[0], b = fn_.operands_of(compare)[1];
    if (!is_integer(fn_.values[a].type)) return;
    Cond cond = static_cast<Cond>(compare.aux);
    if (!holds) cond = inverted(cond);
    const std::size_t first = facts_.size();
    switch (cond) {
    case Cond::Eq:
        facts_.push_back({a, b, 0, index});
        facts_.push_back({b, a, 0, index});
        break;
    case Cond::Ne:
        facts_.push_back({a, b, 0, index, ValueId(), true});
        facts_.push_back({b, a, 0, index, ValueId(), true});
        break;
    case Cond::Lt: facts_.push_back({a, b, -1, index}); break;
    case Cond::Le: facts_.push_back({a, b, 0, index}); break;
    case Cond::Gt: facts_.push_back({b, a, -1, index}); break;
    case Cond::Ge: facts_.push_back({b, a, 0, index}); break;
    }
    add_facts_of_parts(first);
}

// What is known of a sum or a product is known of its parts: of what a constant was added to; of a part of a
// sum whose other part is not negative; of what was multiplied, if that is not negative; of a difference's
// first part.
void Ranges::add_facts_of_parts(std::size_t first) {
    constexpr std::size_t most = 12; // facts of one condition
    for (std::size_t i = first; i < facts_.size() && facts_.size() < first + most; ++i) {
        for (const bool is_a : {true, false}) {
            const Fact fact = facts_[i];
            const ValueId side = is_a ? fact.a : fact.b;
            const Inst* def = side.is_valid() ? find_def(fn_, side) : nullptr;
            if (!def || def->operands.count != 2) continue;
            const auto operands = fn_.operands_of(*def);
            auto add = [&](ValueId part, Wide k, ValueId guard) {
                if (guard.is_valid() && (fact.guard.is_valid() || fact.differs)) return;
                Fact more = fact;
                (is_a ? more.a : more.b) = part;
                more.k = k;
                if (guard.is_valid()) more.guard = guard;
                facts_.push_back(more);
            };
            std::int64_t constant = 0;
            const bool has_constant = find_const(fn_, operands[1], constant);
            const Wide c = has_constant ? number(fn_.values[operands[1]].type, constant) : 0;
            if ((def->op == Op::Add || def->op == Op::Sub) && has_constant) {
                const Wide offset = def->op == Op::Add ? c : -c;
                add(operands[0], is_a ? fact.k - offset : fact.k + offset, ValueId());
            } else if (is_a && def->op == Op::Add) {
                add(operands[0], fact.k, operands[1]);
                add(operands[1], fact.k, operands[0]);
            } else if (!is_a && def->op == Op::Sub) {
                add(operands[0], fact.k, operands[1]);
            } else if (is_a && def->op == Op::Mul && operands[0] == operands[1]) {
                if (!fact.differs) add(operands[0], fact.k, ValueId()); // x <= x * x for every integer
            } else if (is_a && def->op == Op::Mul && c >= 1) {
                add(operands[0], fact.k, operands[0]);
            }
        }
    }
}

void Ranges::collect_facts() {
    auto row_from = [&](std::size_t first) {
        return FactRow{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(facts_.size() - first)};
    };
    for (BlockId block : cfg_.order()) {
        BlockFacts& here = of_block_[block.index()];
        std::size_t first = facts_.size();
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) {
            const Inst& inst = fn_.insts[insts[i]];
            if (inst.op == Op::Bounds) {
                const auto operands = fn_.operands_of(inst);
                facts_.push_back({operands[0], operands[1], -1, i});
                facts_.push_back({ValueId(), operands[0], 0, i});
                add_facts_of_parts(facts_.size() - 2);
            } else if ((inst.op == Op::Shl || inst.op == Op::Shr) && !(inst.flags & NoTrap)) {
                const ValueId amount = fn_.operands_of(inst)[1];
                std::int64_t c = 0;
                if (find_const(fn_, amount, c)) continue;
                facts_.push_back({amount, ValueId(), bits_of(inst.type) - Wide(1), i});
                facts_.push_back({ValueId(), amount, 0, i});
            } else if (inst.op == Op::TrapIf) {
                if (const Inst* compare = find_def(fn_, fn_.operands_of(inst)[0]))
                    add_condition(*compare, false, i);
            }
        }
        here.inside = row_from(first);
        const Inst& last = fn_.terminator(block);
        const Inst* compare = last.op == Op::Branch ? find_def(fn_, fn_.operands_of(last)[0]) : nullptr;
        if (compare && fn_.targets_of(last)[0].block != fn_.targets_of(last)[1].block) {
            for (unsigned t = 0; t < 2; ++t) {
                first = facts_.size();
                add_condition(*compare, t == 0, 0);
                here.edge[t] = row_from(first);
            }
        }
        // Predecessors that dominate a block stand before it in this order.
        const auto ways = ways_into(block);
        if (ways.size() == 1 && fn_.terminator(ways[0].from).op == Op::Branch)
            here.entry = of_block_[ways[0].from.index()].edge[ways[0].target];
        const BlockId idom = cfg_.immediate_dominator(block);
        const BlockId above = idom.is_valid() ? of_block_[idom.index()].with_facts : BlockId();
        const bool has_facts = here.inside.count + here.entry.count != 0;
        here.with_facts = has_facts ? block : above;
        if (has_facts) here.depth = above.is_valid() ? of_block_[above.index()].depth + 1 : 1;
    }
    for (const Fact& fact : facts_) {
        if (fact.a.is_valid()) mentioned_[fact.a.index()] |= 1;
        if (fact.b.is_valid()) mentioned_[fact.b.index()] |= 2;
        if (fact.differs && fact.a.is_valid()) mentioned_[fact.a.index()] |= 4;
    }
}

// Blocks come before those they dominate, and what is added last comes first in the lists.
void Ranges::index_facts() {
    constexpr std::uint8_t many = 32;
    std::vector<std::uint8_t> counts[2];
    for (int side = 0; side < 2; ++side) {
        first_mention_[side].assign(fn_.values.size(), no_mention);
        counts[side].assign(fn_.values.size(), 0);
    }
    const auto note = [&](int side, ValueId value, BlockId block, std::uint32_t fact, bool is_inside) {
        if (!value.is_valid()) return;
        std::uint32_t& first = first_mention_[side][value.index()];
        if (first == many_mentions) return;
        if (++counts[side][value.index()] > many) {
            first = many_mentions;
            return;
        }
        mentions_.push_back({block, fact, first, is_inside});
        first = static_cast<std::uint32_t>(mentions_.size() - 1);
    };
    for (BlockId block : cfg_.order()) {
        const BlockFacts& here = of_block_[block.index()];
        for (const bool is_inside : {false, true}) {
            const FactRow row = is_inside ? here.inside : here.entry;
            for (std::uint32_t f = row.first + row.count; f-- > row.first;) {
                note(0, facts_[f].b, block, f, is_inside);
                note(1, facts_[f].a, block, f, is_inside);
            }
        }
    }
}

void Ranges::walk_facts(ValueId value, bool as_a, Point at, FactVisitor visit) {
    // By number: visiting may ask on, which never adds facts.
    auto offer = [&](FactRow row, std::uint32_t before) {
        for (const Fact& fact : facts(row)) {
            if (fact.index >= before) return;
            if ((as_a ? fact.a : fact.b) == value) visit(fact);
        }
    };
    if (at.edge >= 0) {
        if (at.edge < 2) offer(of_block_[at.block.index()].edge[at.edge], block_end);
        at.index = block_end;
    }
    const BlockId nearest = of_block_[at.block.index()].with_facts;
    if (!nearest.is_valid()) return;
    if (mentions_.empty()) index_facts();
    if (std::uint32_t m = first_mention_[as_a][value.index()]; m != many_mentions) { // the same walk and the same work, without a look at what is between
        std::uint32_t left = of_block_[nearest.index()].depth;
        for (; m != no_mention; m = mentions_[m].next) {
            const Mention mention = mentions_[m];
            if (!cfg_.dominates(mention.block, nearest)) continue;
            if (const std::uint32_t depth = of_block_[mention.block.index()].depth; depth <= left) {
                const std::uint32_t steps = left - depth + 1;
                left = depth - 1;
                if (work_ < steps) {
                    work_ = 0;
                    return;
                }
                work_ -= steps;
            }
            const Fact& fact = facts_[mention.fact];
            if (!mention.is_inside || mention.block != at.block || fact.index < at.index) visit(fact);
        }
        work_ -= std::min<std::uint64_t>(work_, left);
        return;
    }
    for (BlockId block = nearest; block.is_valid() && work_ > 0;) {
        --work_;
        const BlockFacts& here = of_block_[block.index()];
        offer(here.inside, block == at.block ? at.index : block_end);
        offer(here.entry, block_end);
        const BlockId idom = cfg_.immediate_dominator(block);
        block = idom.is_valid() ? of_block_[idom.index()].with_facts : BlockId();
    }
}

} // namespace tn::opt
