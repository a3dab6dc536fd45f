#include "codegen/parallel_move.h"

#include <algorithm>

namespace tn::codegen {

namespace {
constexpr std::uint32_t none = 0xffffffffu;
}

std::uint32_t ParallelMove::find_writer(std::uint64_t place) const {
    auto it = std::lower_bound(writers_.begin(), writers_.end(), std::make_pair(place, 0u));
    return it != writers_.end() && it->first == place ? it->second : none;
}

void ParallelMove::emit(std::uint32_t move) {
    ordered_.push_back(moves_[move]);
    done_[move] = true;
    if (moves_[move].from.kind == Location::Constant) return;
    std::uint32_t writer = find_writer(key(moves_[move].from));
    if (writer != none && !done_[writer] && --readers_[writer] == 0) ready_.push_back(writer);
}

// Every pending move is part of a cycle now, and each place in it has one reader: the destination's
// value goes to a scratch, its reader reads that instead.
void ParallelMove::break_cycle(std::uint32_t move) {
    bool integer_only = true;
    for (std::uint32_t m = move;;) {
        integer_only = integer_only && class_of(moves_[m].type) == RegClass::Int &&
                       !(moves_[m].from.is_memory() && moves_[m].to.is_memory());
        m = find_writer(key(moves_[m].from));
        if (m == move) break;
    }
    const Location scratch = Location::reg(integer_only ? copy_scratch_ : cycle_scratch_);
    for (std::uint32_t m = 0; m < moves_.size(); ++m) {
        if (done_[m] || !(moves_[m].from == moves_[move].to)) continue;
        ordered_.push_back({moves_[m].from, scratch, moves_[m].type});
        moves_[m].from = scratch;
        break;
    }
    readers_[move] = 0;
    ready_.push_back(move);
}

const std::vector<Move>& ParallelMove::resolve() {
    ordered_.clear();
    if (moves_.size() == 1) {
        ordered_.swap(moves_);
        moves_.clear();
        return ordered_;
    }
    writers_.clear();
    ready_.clear();
    readers_.assign(moves_.size(), 0);
    done_.assign(moves_.size(), false);
    for (std::uint32_t m = 0; m < moves_.size(); ++m) writers_.emplace_back(key(moves_[m].to), m);
    std::sort(writers_.begin(), writers_.end());
    for (const Move& m : moves_) {
        if (m.from.kind == Location::Constant) continue;
        if (std::uint32_t writer = find_writer(key(m.from)); writer != none) ++readers_[writer];
    }
    for (std::uint32_t m = 0; m < moves_.size(); ++m) {
        if (readers_[m] == 0) ready_.push_back(m);
    }
    for (std::uint32_t next = 0;;) {
        while (!ready_.empty()) {
            std::uint32_t m = ready_.back();
            ready_.pop_back();
            emit(m);
        }
        while (next < moves_.size() && done_[next]) ++next;
        if (next == moves_.size()) break;
        break_cycle(next);
    }
    moves_.clear();
    return ordered_;
}

} // namespace tn::codegen
