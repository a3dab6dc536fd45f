#include "codegen/liveness.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::codegen {

void Liveness::compute(const MachineFunction& mf) {
    intervals.clear();
    ranges.clear();
    uses.clear();
    hints.clear();
    make_intervals(mf);
    collect_uses(mf);
    find_ranges(mf);
    collect_hints(mf);
}

// One interval per definition that is kept somewhere, in order of position; counts the uses.
void Liveness::make_intervals(const MachineFunction& mf) {
    interval_of.assign(mf.fn->values.size(), no_index);
    def_block_.clear();
    for (std::uint32_t b = 0; b < mf.blocks.size(); ++b) {
        const MachineBlock& block = mf.blocks[b];
        for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
            const MachineInst& inst = mf.insts[i];
            for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
                const Operand& operand = mf.operands[o];
                if (operand.kind != OperandKind::Def && operand.kind != OperandKind::Temp) continue;
                // A parameter that nobody reads is not kept.
                if (!inst.inst.is_valid() && mf.use_count[operand.value.index()] == 0) continue;
                Interval it;
                it.value = operand.value;
                it.reg_class = operand.reg_class;
                it.def_weight = block.weight;
                it.def_operand = o;
                if (operand.value.is_valid()) it.type = mf.type_of(operand.value);
                if (operand.kind == OperandKind::Def) {
                    interval_of[operand.value.index()] = static_cast<std::uint32_t>(intervals.size());
                }
                it.use_count = 1;
                intervals.push_back(it);
                def_block_.push_back(b);
            }
        }
    }
}

void Liveness::collect_uses(const MachineFunction& mf) {
    auto for_each_use = [&](auto&& f) {
        std::uint32_t next_interval = 0;
        std::size_t next_kept = 0;
        for (std::uint32_t b = 0; b < mf.blocks.size(); ++b) {
            const MachineBlock& block = mf.blocks[b];
            for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
                const MachineInst& inst = mf.insts[i];
                for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
                    const Operand& operand = mf.operands[o];
                    std::uint32_t position = position_of(i);
                    std::uint32_t interval;
                    if (operand.kind == OperandKind::Def || operand.kind == OperandKind::Temp) {
                        if (next_interval == intervals.size() || intervals[next_interval].def_operand != o)
                            continue;
                        interval = next_interval++;
                        position += 2; // a temporary is taken from before the instruction until after this
                    } else {
                        interval = interval_of[operand.value.index()];
                        TN_CHECK(interval != no_index, "use of a value without definition in " + mf.fn->name);
                        if (operand.kind == OperandKind::LateUse) position += 2;
                    }
                    f(interval, UsePoint{position, o, block.weight, operand.in_register}, b);
                }
            }
            for (; next_kept < mf.kept.size() && mf.kept[next_kept].block == b; ++next_kept) {
                const std::uint32_t interval = interval_of[mf.kept[next_kept].value.index()];
                TN_CHECK(interval != no_index, "owned reference without definition in " + mf.fn->name);
                f(interval, UsePoint{block.end() - 1, no_operand, 0, false}, b);
            }
            for (std::uint32_t s = 0; s < block.succ_count; ++s) {
                const ir::Target& t = mf.fn->targets[mf.edges[block.first_succ + s].target];
                const auto& params = mf.fn->blocks[t.block].params;
                auto args = mf.fn->args_of(t);
                for (std::size_t a = 0; a < args.size(); ++a) {
                    if (mf.is_constant(args[a]) || mf.use_count[params[a].index()] == 0) continue;
                    std::uint32_t interval = interval_of[args[a].index()];
                    TN_CHECK(interval != no_index, "argument without definition in " + mf.fn->name);
                    f(interval, UsePoint{block.end() - 1, no_operand, block.weight, false}, b);
                }
            }
        }
    };
    for (Interval& it : intervals) it.use_count = 0;
    for_each_use(
        [&](std::uint32_t interval, const UsePoint&, std::uint32_t) { ++intervals[interval].use_count; });
    std::uint32_t next = 0;
    for (Interval& it : intervals) {
        it.first_use = next;
        next += it.use_count;
        it.use_count = 0;
    }
    uses.resize(next);
    use_block_.resize(next);
    for_each_use([&](std::uint32_t interval, const UsePoint& use, std::uint32_t b) {
        Interval& it = intervals[interval];
        std::uint32_t at = it.first_use + it.use_count++;
        uses[at] = use;
        use_block_[at] = b;
    });
}

void Liveness::find_ranges(const MachineFunction& mf) {
    std::size_t blocks = mf.blocks.size();
    live_in_.assign(blocks, 0);
    live_out_.assign(blocks, 0);
    block_end_.assign(blocks, 0);
    for (std::uint32_t n = 0; n < intervals.size(); ++n) {
        Interval& it = intervals[n];
        const Operand& def = mf.operands[it.def_operand];
        const std::uint32_t def_block = def_block_[n];
        const std::uint32_t def_position = uses[it.first_use].position;
        it.first_range = static_cast<std::uint32_t>(ranges.size());
        if (def.kind == OperandKind::Temp) {
            ranges.push_back({def_position - 2, def_position + 1});
            it.range_count = 1;
            continue;
        }
        const std::uint32_t stamp = n + 1;
        std::uint32_t local_end = def_position + 1;
        touched_.clear();
        work_.clear();
        auto reach = [&](std::uint32_t b, std::uint32_t end) { // live into block b, up to `end`
            if (live_in_[b] != stamp) {
                live_in_[b] = stamp;
                block_end_[b] = end;
                touched_.push_back(b);
                work_.push_back(b);
            } else {
                block_end_[b] = std::max(block_end_[b], end);
            }
        };
        for (std::uint32_t u = it.first_use; u < it.first_use + it.use_count; ++u) {
            std::uint32_t end = uses[u].position + 1;
            if (use_block_[u] == def_block) {
                local_end = std::max(local_end, end);
            } else {
                reach(use_block_[u], end);
            }
        }
        while (!work_.empty()) {
            const MachineBlock& block = mf.blocks[work_.back()];
            work_.pop_back();
            TN_CHECK(block.first_inst != 0, "value is live into the entry of " + mf.fn->name);
            for (std::uint32_t p = 0; p < block.pred_count; ++p) {
                std::uint32_t pred = mf.edges[mf.pred_edges[block.first_pred + p]].from;
                if (pred == def_block) {
                    local_end = mf.blocks[pred].end();
                } else if (live_out_[pred] != stamp) {
                    live_out_[pred] = stamp;
                    reach(pred, mf.blocks[pred].end());
                }
            }
        }
        // A definition block that is its own loop's header is not live into itself: it dominates its uses.
        ranges.push_back({def_position, local_end});
        auto add_block = [&](std::uint32_t b) {
            LiveRange r{mf.blocks[b].begin(), block_end_[b]};
            if (r.from < ranges.back().from) { TN_ICE("value used before its definition in " + mf.fn->name); }
            if (ranges.size() > it.first_range && ranges.back().to == r.from) {
                ranges.back().to = r.to;
            } else {
                ranges.push_back(r);
            }
        };
        const auto [low, high] = std::minmax_element(touched_.begin(), touched_.end());
        if (touched_.size() > 32 &&
            *high - *low < touched_.size() * 8) { // looking at all is cheaper than sorting
            for (std::uint32_t b = *low, last = *high; b <= last; ++b) {
                if (live_in_[b] == stamp) add_block(b);
            }
        } else {
            std::sort(touched_.begin(), touched_.end());
            for (std::uint32_t b : touched_) add_block(b);
        }
        it.range_count = static_cast<std::uint32_t>(ranges.size()) - it.first_range;
    }
}

void Liveness::add_hint(std::uint32_t interval, Hint hint) {
    hint.next = intervals[interval].first_hint;
    intervals[interval].first_hint = static_cast<std::uint32_t>(hints.size());
    hints.push_back(hint);
}

void Liveness::collect_hints(const MachineFunction& mf) {
    for (std::uint32_t n = 0; n < intervals.size(); ++n) {
        const Interval it = intervals[n];
        for (std::uint32_t u = it.first_use; u < it.first_use + it.use_count; ++u) {
            if (uses[u].operand == no_operand) continue;
            const Operand& operand = mf.operands[uses[u].operand];
            if (operand.hint != no_register) add_hint(n, {no_index, operand.hint, uses[u].weight, no_index});
            if (operand.same_as == no_operand) continue;
            // A second early operand may share the result's register as well: the operation commutes.
            for (std::uint32_t o = operand.same_as; o <= operand.same_as + 1; ++o) {
                const Operand& shared = mf.operands[o];
                if (shared.kind != OperandKind::Use || shared.reg_class != operand.reg_class) break;
                const std::uint32_t other = interval_of[shared.value.index()];
                const float weight = uses[u].weight * (o == operand.same_as ? 1.0f : 0.9f);
                if (other == no_index) break;
                add_hint(n, {other, no_register, weight, no_index});
                add_hint(other, {n, no_register, weight, no_index});
            }
        }
    }
    for (const Edge& edge : mf.edges) {
        const ir::Target& t = mf.fn->targets[edge.target];
        const auto& params = mf.fn->blocks[t.block].params;
        auto args = mf.fn->args_of(t);
        float weight = std::min(mf.blocks[edge.from].weight, mf.blocks[edge.to].weight);
        for (std::size_t a = 0; a < args.size(); ++a) {
            std::uint32_t from = interval_of[args[a].index()], to = interval_of[params[a].index()];
            if (from == no_index || to == no_index || from == to) continue;
            add_hint(to, {from, no_register, weight, no_index});
            add_hint(from, {to, no_register, weight, no_index});
        }
    }
}

} // namespace tn::codegen
