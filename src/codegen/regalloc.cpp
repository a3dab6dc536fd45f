#include "codegen/regalloc.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::codegen {

void RegisterAllocator::run(MachineFunction& mf, const CallPlan& params, unsigned limit) {
    mf_ = &mf;
    restrict_registers(limit);
    live_.compute(mf);
    allocate(params);
    if (mf.frameless != 0 && !frameless_is_clean()) {
        mf.frameless = 0;
        allocate(params);
    }
    mf.used_registers = used_;
    if (mf.slot_count != 0 || (used_ & registers_.callee_saved)) mf.is_bare = false; // it has a frame then
}

void RegisterAllocator::allocate(const CallPlan& params) {
    mf_->edge_moves.clear();
    mf_->inst_moves.clear();
    mf_->moves_before.clear();
    mf_->refs.clear();
    mf_->live_across.clear();
    for (Edge& e : mf_->edges) {
        e.place = EdgePlace::None;
        e.first_move = e.move_count = 0;
    }
    for (Operand& o : mf_->operands) o.location = Location();
    start(params);
    if (mf_->frameless != 0) split_at_frame();
    scan();
    resolve();
}

// Values that live on behind the point where the frame is made may move to saved registers there.
void RegisterAllocator::split_at_frame() {
    frame_at_ = mf_->blocks[mf_->frameless].begin();
    const auto count = static_cast<std::uint32_t>(pieces_.size());
    for (std::uint32_t p = 0; p < count; ++p) {
        if (pieces_[p].from < frame_at_ && frame_at_ < pieces_[p].to && covers(pieces_[p], frame_at_))
            push(split(p, frame_at_));
    }
}

// Before the frame there are neither slots nor saved registers; also not for the blocks that return.
bool RegisterAllocator::frameless_is_clean() const {
    auto clean = [&](Location l) {
        return l.kind == Location::None || l.kind == Location::Constant ||
               (l.is_register() && !(registers_.callee_saved & mask_of(l.index)));
    };
    auto clean_moves = [&](const std::vector<Move>& moves, std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t m = first; m < first + count; ++m) {
            if (!clean(moves[m].from) || !clean(moves[m].to)) return false;
        }
        return true;
    };
    auto clean_block = [&](const MachineBlock& block) {
        for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
            const MachineInst& inst = mf_->insts[i];
            for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
                if (!clean(mf_->operands[o].location)) return false;
            }
        }
        for (const MovesBefore& m : mf_->moves_before) {
            if (m.inst >= block.first_inst && m.inst < block.end_inst &&
                !clean_moves(mf_->inst_moves, m.first_move, m.move_count))
                return false;
        }
        return true;
    };
    for (std::uint32_t b = 0; b < mf_->frameless; ++b) {
        const MachineBlock& block = mf_->blocks[b];
        if (!clean_block(block)) return false;
        for (std::uint32_t s = 0; s < block.succ_count; ++s) {
            const Edge& edge = mf_->edges[block.first_succ + s];
            // Moves on the edge into the frame are made behind the prologue.
            if (edge.to == mf_->frameless) {
                if (edge.place != EdgePlace::None && edge.place != EdgePlace::SuccStart) return false;
                for (std::uint32_t m = edge.first_move; m < edge.first_move + edge.move_count; ++m) {
                    if (!clean(mf_->edge_moves[m].from)) return false;
                }
                continue;
            }
            if (!clean_moves(mf_->edge_moves, edge.first_move, edge.move_count)) return false;
            if (edge.to >= mf_->frameless && !clean_block(mf_->blocks[edge.to])) return false;
        }
    }
    return true;
}

void RegisterAllocator::restrict_registers(unsigned limit) {
    allocatable_ = registers_.allocatable;
    if (limit == 0) return;
    limit = std::max(limit, 8u);
    allocatable_ = 0;
    for (const auto& order : registers_.order) {
        // Some from both ends, so that both kinds of register stay in use.
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (i + 2 < limit || i + 2 >= order.size()) allocatable_ |= mask_of(order[i]);
        }
    }
}

void RegisterAllocator::start(const CallPlan& params) {
    pieces_.clear();
    heap_.clear();
    clobbers_.clear();
    used_ = 0;
    frame_at_ = 0;
    for (auto& list : on_register_) list.clear();
    for (auto& list : history_) list.clear();
    states_.assign(live_.intervals.size(), State());
    block_of_inst_.resize(mf_->insts.size() + 1);
    for (std::uint32_t b = 0; b < mf_->blocks.size(); ++b) {
        for (std::uint32_t i = mf_->blocks[b].first_inst; i < mf_->blocks[b].end_inst; ++i) {
            block_of_inst_[i] = b;
            if (mf_->insts[i].clobbers) {
                clobbers_.push_back(
                    {position_of(i) + 1, position_of(i) + 2, mf_->insts[i].clobbers & allocatable_});
            }
        }
    }
    block_of_inst_[mf_->insts.size()] = static_cast<std::uint32_t>(mf_->blocks.size() - 1);
    for (std::uint32_t n = 0; n < live_.intervals.size(); ++n) {
        const Interval& it = live_.intervals[n];
        Piece p;
        p.interval = n;
        p.first_range = p.cursor = it.first_range;
        p.end_range = it.first_range + it.range_count;
        p.from = live_.ranges[it.first_range].from;
        p.to = live_.ranges[p.end_range - 1].to;
        p.first_use = it.first_use;
        p.end_use = it.first_use + it.use_count;
        states_[n].first_piece = static_cast<std::uint32_t>(pieces_.size());
        pieces_.push_back(p);
        heap_.emplace_back(p.from, states_[n].first_piece);
    }
    const auto& entry_params = mf_->fn->blocks[mf_->fn->entry()].params;
    for (std::size_t i = 0; i < entry_params.size(); ++i) { // stack arguments have their slot already
        std::uint32_t n = live_.interval_of[entry_params[i].index()];
        if (n != no_index && params.args[i].kind == Location::Incoming) {
            states_[n].slot = params.args[i];
            states_[n].has_slot = true;
        }
    }
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void RegisterAllocator::push(std::uint32_t piece) {
    heap_.emplace_back(pieces_[piece].from, piece);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void RegisterAllocator::scan() {
    while (!heap_.empty()) {
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
        std::uint32_t piece = heap_.back().second;
        heap_.pop_back();
        place(piece);
    }
}

// For every register of the class: from which position on it is taken by another piece or a fixed use.
void RegisterAllocator::compute_free(const Piece& cur) {
    const RegMask candidates = allocatable_ & registers_of(live_.intervals[cur.interval].reg_class);
    for_each_register(candidates, [&](unsigned reg) {
        free_until_[reg] = never;
        clobbered_at_[reg] = never;
        if (cur.from < frame_at_ && (registers_.callee_saved & mask_of(reg))) {
            free_until_[reg] = clobbered_at_[reg] = cur.from;
            return;
        }
        auto& list = on_register_[reg];
        std::size_t kept = 0;
        for (std::uint32_t other : list) {
            Piece& p = pieces_[other];
            if (p.to <= cur.from) continue;
            list[kept++] = other;
            advance(p, cur.from);
            if (free_until_[reg] > cur.from)
                free_until_[reg] = std::min(free_until_[reg], intersection(cur, p));
        }
        list.resize(kept);
    });
    auto first = std::partition_point(clobbers_.begin(), clobbers_.end(),
                                      [&](const Clobber& c) { return c.end <= cur.from; });
    RegMask open = candidates;
    for (auto c = first; c != clobbers_.end() && c->position < cur.to && open != 0; ++c) {
        if ((c->mask & open) == 0) continue;
        std::uint32_t at = std::max(c->position, cur.from);
        if (!covers(cur, at)) continue;
        for_each_register(c->mask & open, [&](unsigned reg) {
            clobbered_at_[reg] = at;
            free_until_[reg] = std::min(free_until_[reg], at);
        });
        open &= ~c->mask;
        // What survives every call is all that is left.
        if ((open & ~registers_.callee_saved) == 0) break;
    }
}

// How much each register is wished for, by this interval and by those it is connected with.
void RegisterAllocator::score_hints(const Piece& cur) {
    for_each_register(allocatable_ & registers_of(live_.intervals[cur.interval].reg_class),
                      [&](unsigned reg) { score_[reg] = 0; });
    auto add = [&](unsigned reg, float weight) {
        if (reg != no_register) score_[reg] += weight;
    };
    auto reg_of = [&](std::uint32_t interval) -> unsigned {
        std::uint32_t piece = states_[interval].last_reg_piece;
        return piece == no_index ? no_register : pieces_[piece].reg;
    };
    if (std::uint32_t own = states_[cur.interval].last_reg_piece; own != no_index) {
        add(pieces_[own].reg, weight_at(cur.from) + 0.5f);
    }
    unsigned budget = 24; // a value with very many users has no need of exact hints
    for (std::uint32_t h = live_.intervals[cur.interval].first_hint; h != no_index && budget > 0;
         h = live_.hints[h].next, --budget) {
        const Hint& hint = live_.hints[h];
        if (hint.reg != no_register) {
            add(hint.reg, hint.weight);
            continue;
        }
        if (unsigned reg = reg_of(hint.interval); reg != no_register) {
            add(reg, hint.weight);
            continue;
        }
        unsigned inner = 8;
        for (std::uint32_t k = live_.intervals[hint.interval].first_hint; k != no_index && inner > 0;
             k = live_.hints[k].next, --inner) {
            const Hint& further = live_.hints[k];
            float weight = std::min(hint.weight, further.weight) * 0.5f;
            if (further.reg != no_register) {
                add(further.reg, weight);
            } else if (further.interval != cur.interval) {
                add(reg_of(further.interval), weight);
            }
        }
    }
}

RegisterAllocator::Choice RegisterAllocator::choose_whole(const Piece& cur) const {
    Choice best;
    const RegClass cls = live_.intervals[cur.interval].reg_class;
    float best_value = 0;
    float tie = 0;
    for (std::uint8_t reg : registers_.order[static_cast<unsigned>(cls)]) {
        RegMask bit = mask_of(reg);
        if ((allocatable_ & bit) == 0 || free_until_[reg] < cur.to) continue;
        bool saves = (registers_.callee_saved & bit & ~used_) != 0;
        float cost = saves ? save_cost : 0.0f;
        float value = score_[reg] - cost - tie;
        tie += 1e-6f;
        if (best.kind == Choice::None || value > best_value) {
            best = {Choice::Whole, reg, cost};
            best_value = value;
        }
    }
    return best;
}

// Instead of the whole piece in a register of no worth to it: a part in one that saves moves, if it is cut off where
// little runs, as behind a loop.
RegisterAllocator::Choice RegisterAllocator::choose_wished(const Piece& cur, std::uint32_t needed, const Choice& whole) const {
    Choice best = whole;
    float best_value = score_[whole.reg] - whole.cost;
    const float start_weight = mf_->blocks[block_at(cur.from)].weight;
    const RegClass cls = live_.intervals[cur.interval].reg_class;
    for (std::uint8_t reg : registers_.order[static_cast<unsigned>(cls)]) {
        if ((allocatable_ & mask_of(reg)) == 0 || score_[reg] <= best_value) continue;
        const std::uint32_t until = free_until_[reg];
        if (until <= cur.from || until < needed || until >= cur.to) continue;
        const std::uint32_t last = last_use_before(cur, until);
        if (last == never || last >= (until & ~3u)) continue;
        const float cost = 4 * weight_at(end_boundary(last, until));
        if (score_[reg] - cost <= best_value || cost > start_weight) continue;
        best = {Choice::Part, reg, cost};
        best_value = score_[reg] - cost;
    }
    return best;
}

// A register that is free long enough to be worth it, with the rest of the piece placed again later.
RegisterAllocator::Choice RegisterAllocator::choose_part(const Piece& cur, std::uint32_t needed) const {
    Choice best;
    float best_value = 0;
    const RegClass cls = live_.intervals[cur.interval].reg_class;
    std::uint32_t last_until = never;
    float last_cost = 0;
    for (std::uint8_t reg : registers_.order[static_cast<unsigned>(cls)]) {
        if ((allocatable_ & mask_of(reg)) == 0) continue;
        std::uint32_t until = free_until_[reg];
        if (until <= cur.from || until < needed || until >= cur.to) continue;
        // Nothing is gained by a register that is gone before the first use.
        if (last_use_before(cur, until) == never && !mf_->blocks[block_at(until)].cold) continue;
        if (until != last_until) {
            last_until = until;
            last_cost = spill_cost(cur, until);
        }
        float cost = last_cost + ((registers_.callee_saved & mask_of(reg) & ~used_) ? save_cost : 0.0f);
        float value = score_[reg] * 0.1f - cost;
        if (best.kind == Choice::None || value > best_value) {
            best = {Choice::Part, reg, cost};
            best_value = value;
        }
    }
    return best;
}

RegisterAllocator::Choice RegisterAllocator::choose_evict(const Piece& cur, std::uint32_t needed) const {
    Choice best;
    const RegClass cls = live_.intervals[cur.interval].reg_class;
    std::uint32_t best_next = 0;
    for (std::uint8_t reg : registers_.order[static_cast<unsigned>(cls)]) {
        if ((allocatable_ & mask_of(reg)) == 0 || clobbered_at_[reg] < needed ||
            clobbered_at_[reg] <= cur.from) {
            continue;
        }
        float cost = (registers_.callee_saved & mask_of(reg) & ~used_) ? save_cost : 0.0f;
        std::uint32_t next = never;
        for (std::uint32_t other : on_register_[reg]) {
            const Piece& p = pieces_[other];
            std::uint32_t at = intersection(cur, p);
            if (at == never) continue;
            cost += at == cur.from ? evict_cost(p, at) : 0.5f * spill_cost(p, at);
            if (at == cur.from) next = std::min(next, next_register_use(p, at));
        }
        if (cost >= impossible) continue;
        if (clobbered_at_[reg] < cur.to) cost += spill_cost(cur, clobbered_at_[reg]);
        if (best.kind == Choice::None || cost < best.cost || (cost == best.cost && next > best_next)) {
            best = {Choice::Evict, reg, cost};
            best_next = next;
        }
    }
    return best;
}

void RegisterAllocator::assign(std::uint32_t piece, unsigned reg) {
    Piece& p = pieces_[piece];
    p.reg = static_cast<std::uint8_t>(reg);
    p.in_slot = false;
    states_[p.interval].last_reg_piece = piece;
    on_register_[reg].push_back(piece);
    history_[reg].push_back(piece);
    used_ |= mask_of(reg);
}

void RegisterAllocator::place(std::uint32_t index) {
    const Piece cur = pieces_[index];
    const std::uint32_t needed = required_until(cur);
    const bool required = needed > cur.from;
    compute_free(cur);
    score_hints(cur);
    Choice best = choose_whole(cur);
    if (best.kind == Choice::Whole) best = choose_wished(cur, needed, best);
    if (best.kind == Choice::None || (best.kind == Choice::Whole && best.cost > 0)) {
        if (!required) {
            Choice spilled{Choice::Spill, no_register, spill_cost(cur, cur.from)};
            if (best.kind == Choice::None || spilled.cost < best.cost) best = spilled;
        }
        Choice part = choose_part(cur, needed);
        if (part.kind != Choice::None && (best.kind == Choice::None || part.cost < best.cost)) best = part;
        if (best.kind != Choice::Whole && (best.kind == Choice::None || best.cost > 0)) {
            Choice evicted = choose_evict(cur, needed);
            if (evicted.kind != Choice::None && (best.kind == Choice::None || evicted.cost < best.cost))
                best = evicted;
        }
    }
    switch (best.kind) {
    case Choice::None: TN_ICE("no register for a value in " + mf_->fn->name);
    case Choice::Whole: assign(index, best.reg); return;
    case Choice::Spill: spill(index); return;
    case Choice::Part:
        split_before_end(index, free_until_[best.reg]);
        assign(index, best.reg);
        return;
    case Choice::Evict: {
        if (clobbered_at_[best.reg] < cur.to) split_before_end(index, clobbered_at_[best.reg]);
        const Piece now = pieces_[index];
        const std::vector<std::uint32_t> others = on_register_[best.reg];
        for (std::uint32_t other : others) {
            if (intersection(now, pieces_[other]) != never) evict(other, now.from);
        }
        auto& list = on_register_[best.reg];
        std::erase_if(list, [&](std::uint32_t p) { return pieces_[p].reg != best.reg; });
        assign(index, best.reg);
        return;
    }
    }
}

} // namespace tn::codegen
