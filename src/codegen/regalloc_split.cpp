// Pieces and their costs: cutting, spilling, evicting, and what each would cost at run time.
#include "codegen/regalloc.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::codegen {

std::uint32_t RegisterAllocator::next_covered(const Piece& p, std::uint32_t position) const {
    position = std::max(position, p.from);
    auto begin = live_.ranges.begin() + p.first_range, end = live_.ranges.begin() + p.end_range;
    auto it = std::partition_point(begin, end, [&](const LiveRange& r) { return r.to <= position; });
    if (it == end) return never;
    std::uint32_t at = std::max(position, it->from);
    return at < p.to ? at : never;
}

bool RegisterAllocator::covers(const Piece& p, std::uint32_t position) const {
    return next_covered(p, position) == position;
}

void RegisterAllocator::advance(Piece& p, std::uint32_t position) const {
    while (p.cursor + 1 < p.end_range && live_.ranges[p.cursor].to <= position) ++p.cursor;
}

// The first position that both cover. Starts at the pieces' cursors, behind which the scan is done.
std::uint32_t RegisterAllocator::intersection(const Piece& a, const Piece& b) const {
    std::uint32_t i = a.cursor, k = b.cursor;
    const std::uint32_t low = std::max(a.from, b.from), high = std::min(a.to, b.to);
    while (i < a.end_range && k < b.end_range) {
        const LiveRange &x = live_.ranges[i], &y = live_.ranges[k];
        std::uint32_t from = std::max({x.from, y.from, low}), to = std::min({x.to, y.to, high});
        if (from < to) return from;
        if (x.from >= high || y.from >= high) return never;
        if (x.to <= y.to) {
            ++i;
        } else {
            ++k;
        }
    }
    return never;
}

// Cuts the piece; what lies at or behind `position` is the new piece that is answered.
std::uint32_t RegisterAllocator::split(std::uint32_t piece, std::uint32_t position) {
    auto index = static_cast<std::uint32_t>(pieces_.size());
    pieces_.push_back(pieces_[piece]);
    Piece &left = pieces_[piece], &right = pieces_[index];
    TN_CHECK(left.from < position && position < left.to, "split outside a live range");
    auto begin = live_.ranges.begin();
    auto it = std::partition_point(begin + left.first_range, begin + left.end_range,
                                   [&](const LiveRange& r) { return r.to <= position; });
    auto r = static_cast<std::uint32_t>(it - begin);
    right.first_range = right.cursor = r;
    if (it->from < position) {
        left.end_range = r + 1;
        left.to = right.from = position;
    } else {
        left.end_range = r;
        left.to = live_.ranges[r - 1].to;
        right.from = it->from;
    }
    auto use = std::partition_point(live_.uses.begin() + left.first_use, live_.uses.begin() + left.end_use,
                                    [&](const UsePoint& u) { return u.position < right.from; });
    left.end_use = right.first_use = static_cast<std::uint32_t>(use - live_.uses.begin());
    left.cursor = std::min(left.cursor, left.end_range - 1);
    right.reg = no_register;
    right.in_slot = false;
    right.next = left.next;
    left.next = index;
    return index;
}

std::uint32_t RegisterAllocator::block_at(std::uint32_t position) const {
    return block_of_inst_[std::min<std::size_t>(position / 4, mf_->insts.size())];
}

// What a move at this position costs. At the start of a loop it stands on the edges that enter the loop.
float RegisterAllocator::weight_at(std::uint32_t position) const {
    std::uint32_t b = block_at(position);
    const MachineBlock& block = mf_->blocks[b];
    float weight = block.weight;
    if (position != block.begin()) return weight;
    std::uint32_t depth = block.depth;
    for (std::uint32_t l = block.loop; l != no_index && mf_->loops[l].first_block == b;
         l = mf_->loops[l].parent) {
        if (depth-- <= 6) weight *= 0.1f;
    }
    return weight;
}

// The outermost loop around `position` that does not use the interval; `no_index` if each does.
std::uint32_t RegisterAllocator::unused_loop(std::uint32_t interval, std::uint32_t position) const {
    const Interval& it = live_.intervals[interval];
    const auto first = live_.uses.begin() + it.first_use, last = first + it.use_count;
    std::uint32_t best = no_index;
    for (std::uint32_t l = mf_->blocks[block_at(position)].loop; l != no_index; l = mf_->loops[l].parent) {
        const MachineLoop& loop = mf_->loops[l];
        auto use = std::partition_point(
            first, last, [&](const UsePoint& u) { return u.position < mf_->blocks[loop.first_block].begin(); });
        if (use != last && use->position < mf_->blocks[loop.end_block - 1].end()) break;
        best = l;
    }
    return best;
}

// Where a value that was spilled in the loop goes back to its register, because there are ways around the loop that
// have it there; `never` if each way behind the loop comes out of it.
std::uint32_t RegisterAllocator::way_around(std::uint32_t loop) const {
    if (loop == no_index) return never;
    const MachineLoop& l = mf_->loops[loop];
    if (l.end_block >= mf_->blocks.size()) return never;
    const MachineBlock& behind = mf_->blocks[l.end_block];
    bool out = false, around = false;
    for (std::uint32_t p = 0; p < behind.pred_count; ++p) {
        const std::uint32_t from = mf_->edges[mf_->pred_edges[behind.first_pred + p]].from;
        (from >= l.first_block && from < l.end_block ? out : around) |= from < l.end_block;
    }
    return out && around ? behind.begin() : never;
}

// The cheapest place to cut in (after, until]: `until`, or the start of a loop around it.
std::uint32_t RegisterAllocator::best_boundary(std::uint32_t after, std::uint32_t until) const {
    std::uint32_t best = until;
    for (std::uint32_t l = mf_->blocks[block_at(until)].loop; l != no_index; l = mf_->loops[l].parent) {
        std::uint32_t begin = mf_->blocks[mf_->loops[l].first_block].begin();
        if (begin <= after) break;
        best = begin;
    }
    return best;
}

std::uint32_t RegisterAllocator::required_until(const Piece& p) const {
    const std::uint32_t inst = p.from / 4;
    std::uint32_t until = p.from;
    for (std::uint32_t u = p.first_use; u < p.end_use && live_.uses[u].position / 4 == inst; ++u) {
        if (!live_.uses[u].in_register) continue;
        std::uint32_t position = live_.uses[u].position;
        until = std::max(until, position % 4 == 0 ? position + 1 : std::min(p.to, position_of(inst + 1)));
    }
    return until;
}

std::uint32_t RegisterAllocator::next_register_use(const Piece& p, std::uint32_t position) const {
    auto begin = live_.uses.begin();
    auto it = std::partition_point(begin + p.first_use, begin + p.end_use,
                                   [&](const UsePoint& u) { return u.position < position; });
    for (; it != begin + p.end_use; ++it) {
        if (it->in_register) return it->position;
    }
    return never;
}

// The last use, of any kind, before the position; `never` if there is none in the piece.
std::uint32_t RegisterAllocator::last_use_before(const Piece& p, std::uint32_t position) const {
    auto begin = live_.uses.begin();
    auto it = std::partition_point(begin + p.first_use, begin + p.end_use,
                                   [&](const UsePoint& u) { return u.position < position; });
    return it == begin + p.first_use ? never : std::prev(it)->position;
}

// Where a piece that needs its register no longer at the position goes to its slot: behind its last use before.
std::uint32_t RegisterAllocator::spill_boundary(const Piece& p, std::uint32_t position) const {
    const std::uint32_t inst_start = position & ~3u, last = last_use_before(p, position);
    if (inst_start <= p.from || (last != never && last >= inst_start)) return position;
    const std::uint32_t at = best_boundary(last == never ? p.from : std::max(last, p.from), inst_start);
    const std::uint32_t loop = unused_loop(p.interval, inst_start);
    return way_around(loop) == never ? at : std::max(at, mf_->blocks[mf_->loops[loop].first_block].begin());
}

// What stores add for a piece that goes to its slot at the position: where it goes there, or once behind the definition
// (decide_stores takes what is less).
float RegisterAllocator::store_cost(const Piece& p, std::uint32_t position) const {
    const State& s = states_[p.interval];
    if (s.slot.kind == Location::Incoming) return 0;
    const float at_def = live_.intervals[p.interval].def_weight;
    return std::min(at_def, s.stored + weight_at(position)) - std::min(at_def, s.stored);
}

// Storing, and reloading before the next use that needs it.
float RegisterAllocator::spill_cost(const Piece& p, std::uint32_t position) const {
    const Interval& it = live_.intervals[p.interval];
    const MachineBlock& here = mf_->blocks[block_at(position)];
    float cost = store_cost(p, spill_boundary(p, position));
    // Out of line it comes back to its register at the end of the cold stretch.
    if (here.cold) return cost + here.weight;
    if (const std::uint32_t loop = unused_loop(p.interval, position), behind = way_around(loop); behind < p.to)
        return cost + weight_at(mf_->blocks[mf_->loops[loop].first_block].begin());
    auto begin = live_.uses.begin();
    auto use = std::partition_point(begin + p.first_use, begin + p.end_use,
                                    [&](const UsePoint& u) { return u.position < position; });
    const bool in_loop = here.loop != no_index;
    const std::uint32_t loop_begin = in_loop ? mf_->blocks[mf_->loops[here.loop].first_block].begin() : 0;
    const std::uint32_t loop_end = in_loop ? mf_->blocks[mf_->loops[here.loop].end_block - 1].end() : 0;
    bool reloaded_in_loop = false;
    unsigned budget = 64;
    for (; use != begin + p.end_use && budget > 0; ++use, --budget) {
        if (!use->in_register) {
            cost += 0.8f * use->weight; // read from the slot in place
            continue;
        }
        std::uint32_t inst_start = use->position & ~3u;
        if (inst_start <= position) {
            cost += use->weight;
        } else {
            cost += weight_at(best_boundary(position, inst_start));
        }
        reloaded_in_loop = use->position < loop_end;
        break;
    }
    // Uses earlier in the loop come again after its back edge.
    const LiveRange* ranges = live_.ranges.data();
    if (in_loop && !reloaded_in_loop && p.to >= loop_end && ranges[it.first_range].from <= loop_begin) {
        auto first = live_.uses.begin() + it.first_use, last = first + it.use_count;
        auto in =
            std::partition_point(first, last, [&](const UsePoint& u) { return u.position < loop_begin; });
        for (unsigned n = 0; in != last && in->position < position && n < 16; ++in, ++n) {
            // Where the loop begins the piece is in its register: there it comes back, whatever the use needs.
            if (!in->in_register && p.from > loop_begin) continue;
            cost += here.weight;
            break;
        }
    }
    return cost;
}

float RegisterAllocator::evict_cost(const Piece& p, std::uint32_t position) const {
    const std::uint32_t inst_start = position & ~3u;
    if (p.from >= inst_start && (p.from > position || required_until(p) > p.from)) return impossible;
    auto begin = live_.uses.begin();
    auto use = std::partition_point(begin + p.first_use, begin + p.end_use,
                                    [&](const UsePoint& u) { return u.position < position; });
    for (; use != begin + p.end_use && use->position < inst_start + 4; ++use) {
        if (use->in_register) return impossible;
    }
    return spill_cost(p, position);
}

// Puts the piece in its slot, up to where a register is needed again; reloads not before `not_before`.
void RegisterAllocator::spill(std::uint32_t piece, std::uint32_t not_before) {
    states_[pieces_[piece].interval].has_slot = true;
    states_[pieces_[piece].interval].stored += weight_at(pieces_[piece].from);
    pieces_[piece].reg = no_register;
    pieces_[piece].in_slot = true;
    const Piece p = pieces_[piece];
    const std::uint32_t after = std::max(p.from, not_before);
    std::uint32_t until = never;
    if (std::uint32_t use = next_register_use(p, p.from); use != never) {
        TN_CHECK((use & ~3u) > after, "a value that needs a register was spilled in " + mf_->fn->name);
        until = best_boundary(after, use & ~3u);
    }
    // Out of a cold stretch a value goes back to its register: the hot path around it never left.
    if (std::uint32_t b = block_at(after);
        mf_->blocks[b].cold && states_[p.interval].last_reg_piece != no_index) {
        while (b < mf_->blocks.size() && mf_->blocks[b].cold) ++b;
        if (b < mf_->blocks.size() && mf_->blocks[b].begin() > after)
            until = std::min(until, mf_->blocks[b].begin());
    }
    if (const std::uint32_t behind = way_around(unused_loop(p.interval, after)); behind > after)
        until = std::min(until, behind);
    if (until < p.to) push(split(piece, until));
}

// Takes the register away from a piece at `position`, where another one begins.
void RegisterAllocator::evict(std::uint32_t piece, std::uint32_t position) {
    const Piece p = pieces_[piece];
    if (!covers(p, position)) { // in a hole: it may look for another register when it goes on
        push(split(piece, position));
        return;
    }
    const std::uint32_t inst_start = position & ~3u;
    const std::uint32_t last = last_use_before(p, position);
    if (last == never) {
        spill(piece, position);
        return;
    }
    // A use that this instruction has already read leaves only the step behind it.
    spill(split(piece, last >= inst_start ? inst_start + 1 : spill_boundary(p, position)), position);
}

// Ends a piece before `free_until`, where its register is taken; the rest is placed again.
void RegisterAllocator::split_before_end(std::uint32_t piece, std::uint32_t free_until) {
    const Piece p = pieces_[piece];
    const std::uint32_t inst_start = free_until & ~3u;
    std::uint32_t last = last_use_before(p, free_until);
    if (last == never) last = p.from;
    if (last >= inst_start) {
        TN_CHECK(free_until > inst_start, "no room to split in " + mf_->fn->name);
        spill(split(piece, inst_start + 1));
        return;
    }
    push(split(piece, end_boundary(last, free_until)));
}

// Where a piece ends that was last used at `last` and whose register is taken at `free_until`. What is taken out of
// line only is kept until there: the hot path goes around it.
std::uint32_t RegisterAllocator::end_boundary(std::uint32_t last, std::uint32_t free_until) const {
    const std::uint32_t inst_start = free_until & ~3u;
    return mf_->blocks[block_at(inst_start)].cold ? inst_start : best_boundary(last, inst_start);
}

} // namespace tn::codegen
