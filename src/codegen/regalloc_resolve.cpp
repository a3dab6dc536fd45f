// Behind the scan: locations of operands, slots, and the moves that connect pieces within blocks and
// along edges; then what the code map and out-of-line calls must know.
#include "codegen/regalloc.h"

#include "support/ice.h"

#include <algorithm>
#include <bit>

namespace tn::codegen {

void RegisterAllocator::resolve() {
    find_crossings();
    decide_stores();
    color_slots();
    set_operands();
    pending_.clear();
    connect_pieces();
    std::stable_sort(pending_.begin(), pending_.end(),
                     [](const PendingMove& a, const PendingMove& b) { return a.key < b.key; });
    for (const PendingMove& m : pending_) {
        if (mf_->moves_before.empty() || mf_->moves_before.back().inst != m.key) {
            mf_->moves_before.push_back({m.key, static_cast<std::uint32_t>(mf_->inst_moves.size()), 0});
        }
        mf_->inst_moves.push_back(m.move);
        ++mf_->moves_before.back().move_count;
    }
    pending_.clear();
    connect_edges();
    std::stable_sort(pending_.begin(), pending_.end(),
                     [](const PendingMove& a, const PendingMove& b) { return a.key < b.key; });
    for (const PendingMove& m : pending_) {
        Edge& e = mf_->edges[m.key];
        if (e.move_count == 0) e.first_move = static_cast<std::uint32_t>(mf_->edge_moves.size());
        mf_->edge_moves.push_back(m.move);
        ++e.move_count;
    }
    place_edges();
    record_sites();
}

// Where the moves of each edge stand. A critical edge needs a block of its own, unless nobody minds when
// its moves are made before the branch, on both ways: then a loop's back edge costs no jump.
void RegisterAllocator::place_edges() {
    for (std::uint32_t e = 0; e < mf_->edges.size(); ++e) {
        Edge& edge = mf_->edges[e];
        if (edge.move_count == 0) continue;
        if (mf_->blocks[edge.from].succ_count == 1) {
            edge.place = EdgePlace::PredEnd;
        } else if (mf_->blocks[edge.to].pred_count == 1) {
            edge.place = EdgePlace::SuccStart;
        } else {
            edge.place = can_move_before_branch(e) ? EdgePlace::PredEnd : EdgePlace::OwnBlock;
        }
    }
}

bool RegisterAllocator::can_move_before_branch(std::uint32_t index) const {
    const Edge& edge = mf_->edges[index];
    const MachineBlock& from = mf_->blocks[edge.from];
    if (mf_->terminator(from).op != ir::Op::Branch) return false;
    const std::uint32_t other_index = index == from.first_succ ? index + 1 : index - 1;
    const Edge& other = mf_->edges[other_index];
    const MachineBlock& other_to = mf_->blocks[other.to];
    if (other.place == EdgePlace::PredEnd || mf_->blocks[edge.to].weight < other_to.weight) return false;
    const MachineInst& branch = mf_->insts[from.end_inst - 1];
    const ir::Target& other_target = mf_->fn->targets[other.target];
    for (std::uint32_t m = edge.first_move; m < edge.first_move + edge.move_count; ++m) {
        const Location to = mf_->edge_moves[m].to;
        // In a very large function the search below would cost more than it gains.
        if (!to.is_register() || history_[to.index].size() > 2000) return false;
        for (std::uint32_t o = branch.first_operand; o < branch.first_operand + branch.operand_count; ++o) {
            if (mf_->operands[o].location == to) return false;
        }
        for (std::uint32_t p : history_[to.index]) {
            const Piece& piece = pieces_[p];
            if (piece.reg != to.index || !covers(piece, from.end() - 1)) continue;
            const Interval& it = live_.intervals[piece.interval];
            for (std::uint32_t r = it.first_range; r < it.first_range + it.range_count; ++r) {
                if (live_.ranges[r].from <= other_to.begin() && other_to.begin() < live_.ranges[r].to)
                    return false;
            }
            for (ir::ValueId arg : mf_->fn->args_of(other_target)) {
                if (arg == it.value) return false;
            }
        }
    }
    return true;
}

Location RegisterAllocator::location_of(const Piece& p) const {
    return p.in_slot ? states_[p.interval].slot : Location::reg(p.reg);
}

std::uint32_t RegisterAllocator::piece_at(std::uint32_t interval, std::uint32_t position) const {
    std::uint32_t p = states_[interval].first_piece;
    while (p != no_index && pieces_[p].to <= position) p = pieces_[p].next;
    TN_CHECK(p != no_index && pieces_[p].from <= position, "value is not live here in " + mf_->fn->name);
    return p;
}

// Every edge along which an interval changes its piece.
void RegisterAllocator::find_crossings() {
    crossings_.clear();
    for (std::uint32_t n = 0; n < states_.size(); ++n) {
        std::uint32_t to_piece = states_[n].first_piece;
        if (pieces_[to_piece].next == no_index) continue;
        const Interval& it = live_.intervals[n];
        for (std::uint32_t r = it.first_range; r < it.first_range + it.range_count; ++r) {
            const LiveRange& range = live_.ranges[r];
            std::uint32_t b = block_at(range.from);
            if (mf_->blocks[b].begin() < range.from) ++b;
            for (; b < mf_->blocks.size() && mf_->blocks[b].begin() < range.to; ++b) {
                const MachineBlock& block = mf_->blocks[b];
                while (pieces_[to_piece].to <= block.begin()) to_piece = pieces_[to_piece].next;
                const Piece& to = pieces_[to_piece];
                for (std::uint32_t e = block.first_pred; e < block.first_pred + block.pred_count; ++e) {
                    const std::uint32_t edge = mf_->pred_edges[e];
                    const std::uint32_t end = mf_->blocks[mf_->edges[edge].from].end() - 1;
                    if (end >= to.from && end < to.to) continue;
                    crossings_.push_back({n, edge, piece_at(n, end), to_piece});
                }
            }
        }
    }
}

// A spilled value is stored where it is defined, or where it leaves its register if that runs less.
void RegisterAllocator::decide_stores() {
    auto crossing = crossings_.begin();
    for (std::uint32_t n = 0; n < states_.size(); ++n) {
        State& s = states_[n];
        while (crossing != crossings_.end() && crossing->interval < n) ++crossing;
        if (!s.has_slot || s.slot.kind == Location::Incoming || pieces_[s.first_piece].in_slot) continue;
        const Interval& it = live_.intervals[n];
        float at_splits = 0;
        for (std::uint32_t p = s.first_piece; pieces_[p].next != no_index; p = pieces_[p].next) {
            const Piece &a = pieces_[p], &b = pieces_[a.next];
            bool within = a.to == b.from && b.from != mf_->blocks[block_at(b.from)].begin();
            if (within && !a.in_slot && b.in_slot) at_splits += weight_at(b.from & ~3u);
        }
        for (; crossing != crossings_.end() && crossing->interval == n; ++crossing) {
            if (pieces_[crossing->from].in_slot || !pieces_[crossing->to].in_slot) continue;
            const Edge& e = mf_->edges[crossing->edge];
            at_splits += std::min(mf_->blocks[e.from].weight, mf_->blocks[e.to].weight);
        }
        const bool before_frame = live_.ranges[it.first_range].from < frame_at_;
        s.store_at_def = at_splits >= it.def_weight && !before_frame;
    }
}

void RegisterAllocator::color_slots() {
    struct Need {
        std::uint32_t from, to, interval;
    };
    std::vector<Need> needs;
    for (std::uint32_t n = 0; n < states_.size(); ++n) {
        const State& s = states_[n];
        if (!s.has_slot || s.slot.kind != Location::None) continue;
        const Interval& it = live_.intervals[n];
        Need need{live_.ranges[it.first_range].from, live_.ranges[it.first_range + it.range_count - 1].to, n};
        if (!s.store_at_def &&
            !pieces_[s.first_piece].in_slot) { // only from its first to its last stay there
            std::uint32_t first = never, last = 0;
            for (std::uint32_t p = s.first_piece; p != no_index; p = pieces_[p].next) {
                if (!pieces_[p].in_slot) continue;
                first = std::min(first, pieces_[p].from & ~3u);
                last = std::max(last, pieces_[p].to);
            }
            need.from = first;
            need.to = last;
        }
        needs.push_back(need);
    }
    std::sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) {
        return a.from != b.from ? a.from < b.from : a.interval < b.interval;
    });
    std::vector<std::pair<std::uint32_t, std::uint32_t>> busy; // (until, slot), least first
    mf_->slot_count = 0;
    for (const Need& need : needs) {
        std::uint32_t slot;
        if (!busy.empty() && busy.front().first <= need.from) {
            std::pop_heap(busy.begin(), busy.end(), std::greater<>());
            slot = busy.back().second;
            busy.pop_back();
        } else {
            slot = mf_->slot_count++;
        }
        states_[need.interval].slot = Location::slot(slot);
        busy.emplace_back(need.to, slot);
        std::push_heap(busy.begin(), busy.end(), std::greater<>());
    }
}

void RegisterAllocator::set_operands() {
    for (const Piece& p : pieces_) {
        for (std::uint32_t u = p.first_use; u < p.end_use; ++u) {
            if (std::uint32_t operand = live_.uses[u].operand; operand != no_operand) {
                mf_->operands[operand].location = location_of(p);
            }
        }
    }
}

void RegisterAllocator::connect_pieces() {
    for (std::uint32_t n = 0; n < states_.size(); ++n) {
        const State& s = states_[n];
        const Interval& it = live_.intervals[n];
        const Piece& first = pieces_[s.first_piece];
        const bool in_memory = s.slot.kind == Location::Incoming || first.in_slot;
        const bool stored = s.has_slot && (in_memory || s.store_at_def);
        if (s.has_slot && s.store_at_def && !in_memory) {
            pending_.push_back({first.from / 4 + 1, {Location::reg(first.reg), s.slot, it.type}});
        }
        for (std::uint32_t p = s.first_piece; pieces_[p].next != no_index; p = pieces_[p].next) {
            const Piece &a = pieces_[p], &b = pieces_[a.next];
            if (a.to != b.from || b.from == mf_->blocks[block_at(b.from)].begin()) continue;
            Location from = location_of(a), to = location_of(b);
            if (from == to || (b.in_slot && (a.in_slot || stored))) continue;
            TN_CHECK(b.in_slot || b.from % 4 == 0, "move inside an instruction");
            pending_.push_back({b.from / 4, {from, to, it.type}});
        }
    }
}

void RegisterAllocator::connect_edges() {
    for (const Crossing& c : crossings_) {
        const State& s = states_[c.interval];
        const bool stored = s.has_slot && (s.slot.kind == Location::Incoming ||
                                           pieces_[s.first_piece].in_slot || s.store_at_def);
        Location from = location_of(pieces_[c.from]), to = location_of(pieces_[c.to]);
        if (from == to || (pieces_[c.to].in_slot && (pieces_[c.from].in_slot || stored))) continue;
        pending_.push_back({c.edge, {from, to, live_.intervals[c.interval].type}});
    }
    for (std::uint32_t e = 0; e < mf_->edges.size(); ++e) {
        const Edge& edge = mf_->edges[e];
        const ir::Target& t = mf_->fn->targets[edge.target];
        const auto& params = mf_->fn->blocks[t.block].params;
        auto args = mf_->fn->args_of(t);
        for (std::size_t i = 0; i < args.size(); ++i) {
            std::uint32_t param = live_.interval_of[params[i].index()];
            if (param == no_index) continue;
            Location to = location_of(pieces_[states_[param].first_piece]);
            Location from = Location::constant(args[i]);
            if (!mf_->is_constant(args[i])) {
                std::uint32_t arg = live_.interval_of[args[i].index()];
                from = location_of(pieces_[piece_at(arg, mf_->blocks[edge.from].end() - 1)]);
            }
            if (!(from == to)) pending_.push_back({e, {from, to, mf_->type_of(params[i])}});
        }
    }
}

namespace {

// Bits by index, read as runs of ones.
class Places {
public:
    void set(std::uint32_t index, bool value) {
        if (index / 64 >= words_.size()) words_.resize(index / 64 + 1);
        const std::uint64_t bit = std::uint64_t(1) << index % 64;
        words_[index / 64] = value ? words_[index / 64] | bit : words_[index / 64] & ~bit;
    }
    // Calls f(first, count).
    template <typename F> void for_each_run(F f) const {
        std::uint32_t first = 0, count = 0;
        for (std::uint32_t w = 0; w < words_.size(); ++w) {
            for (std::uint32_t at = 0; at < 64;) {
                const std::uint64_t rest = words_[w] >> at;
                const auto zeroes = rest ? static_cast<std::uint32_t>(std::countr_zero(rest)) : 64 - at;
                if (zeroes > 0 && count > 0) {
                    f(first, count);
                    count = 0;
                }
                at += zeroes;
                if (at >= 64) break;
                const auto ones = static_cast<std::uint32_t>(std::countr_one(words_[w] >> at));
                if (count == 0) first = w * 64 + at;
                count += ones;
                at += ones;
            }
        }
        if (count > 0) f(first, count);
    }

private:
    std::vector<std::uint64_t> words_;
};

struct OwnedChange {
    std::uint32_t site; // index of the first site that sees it
    bool begins;
    Location location;
};

} // namespace

// For each site the references owned there; for each out-of-line call the registers it must keep.
void RegisterAllocator::record_sites() {
    std::vector<std::uint32_t> sites;
    for (std::uint32_t i = 0; i < mf_->insts.size(); ++i) {
        if (mf_->insts[i].is_site) sites.push_back(i);
        if (mf_->insts[i].calls_cold) mf_->live_across.push_back({i, 0});
    }
    // Calls f(first, end) for the indices in `list` of the instructions that a piece lives across.
    auto for_each_stretch = [&](const Piece& p, const auto& list, auto&& inst_of, auto&& f) {
        auto first_at = [&](std::uint32_t position) {
            return static_cast<std::uint32_t>(
                std::partition_point(list.begin(), list.end(),
                                     [&](const auto& x) { return position_of(inst_of(x)) + 1 < position; }) -
                list.begin());
        };
        for (std::uint32_t r = p.first_range; r < p.end_range; ++r) {
            const std::uint32_t first = first_at(std::max(p.from, live_.ranges[r].from));
            const std::uint32_t end = first_at(std::min(p.to, live_.ranges[r].to));
            if (first < end) f(first, end);
        }
    };
    std::vector<OwnedChange> changes;
    for (const Piece& p : pieces_) {
        const Interval& it = live_.intervals[p.interval];
        if (!sites.empty() && it.type == Scalar::Ref && it.value.is_valid() &&
            mf_->operands[it.def_operand].kind == OperandKind::Def &&
            mf_->fn->values[it.value].ownership == ir::Ownership::Owned) {
            for_each_stretch(
                p, sites, [](std::uint32_t i) { return i; },
                [&](std::uint32_t first, std::uint32_t end) {
                    changes.push_back({first, true, location_of(p)});
                    changes.push_back({end, false, location_of(p)});
                });
        }
        if (!p.in_slot && !mf_->live_across.empty()) {
            for_each_stretch(
                p, mf_->live_across, [](const LiveAcross& l) { return l.inst; },
                [&](std::uint32_t first, std::uint32_t end) {
                    for (std::uint32_t i = first; i < end; ++i) mf_->live_across[i].registers |= mask_of(p.reg);
                });
        }
    }
    // A place that one reference leaves may be another one's at once.
    std::sort(changes.begin(), changes.end(), [](const OwnedChange& a, const OwnedChange& b) {
        return a.site != b.site ? a.site < b.site : a.begins < b.begins;
    });
    RegMask registers = 0;
    Places slots, incoming;
    auto change = changes.begin();
    for (std::uint32_t s = 0; s < sites.size(); ++s) {
        for (; change != changes.end() && change->site == s; ++change) {
            const Location l = change->location;
            if (l.is_register()) {
                registers = change->begins ? registers | mask_of(l.index) : registers & ~mask_of(l.index);
            } else {
                (l.kind == Location::Slot ? slots : incoming).set(l.index, change->begins);
            }
        }
        for_each_register(registers, [&](unsigned reg) { mf_->refs.push_back({sites[s], Location::reg(reg)}); });
        slots.for_each_run([&](std::uint32_t first, std::uint32_t count) {
            mf_->refs.push_back({sites[s], Location::slot(first), count});
        });
        incoming.for_each_run([&](std::uint32_t first, std::uint32_t count) {
            mf_->refs.push_back({sites[s], Location::incoming(first), count});
        });
    }
}

} // namespace tn::codegen
