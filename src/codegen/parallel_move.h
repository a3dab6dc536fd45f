// Several moves that happen at once, put in an order that loses nothing. Sources and destinations are
// registers and memory places alike; each place is written at most once. Cycles go through a scratch.
#pragma once

#include "codegen/location.h"

#include <vector>

namespace tn::codegen {

class ParallelMove {
public:
    // `copy_scratch` is free whenever the emitter moves memory to memory; a cycle without such a move
    // of the integer class uses it too, all others `cycle_scratch`, a floating-point register.
    ParallelMove(unsigned copy_scratch, unsigned cycle_scratch)
        : copy_scratch_(copy_scratch), cycle_scratch_(cycle_scratch) {}

    void add(Location from, Location to, Scalar type) {
        if (!(from == to)) moves_.push_back({from, to, type});
    }
    // The ordered moves, valid until the next add(); empties the set.
    const std::vector<Move>& resolve();

private:
    static std::uint64_t key(Location l) { return std::uint64_t(l.kind) << 32 | l.index; }
    std::uint32_t find_writer(std::uint64_t place) const;
    void emit(std::uint32_t move);
    void break_cycle(std::uint32_t move);

    unsigned copy_scratch_, cycle_scratch_;
    std::vector<Move> moves_, ordered_;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> writers_; // by place
    std::vector<std::uint32_t> readers_; // by move: pending moves that read its destination
    std::vector<std::uint32_t> ready_;
    std::vector<bool> done_;
};

} // namespace tn::codegen
