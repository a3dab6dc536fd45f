// What every machine asks of `lanes`: the loop that its block goes on to, if the operation still speaks of
// that one, and which registers hold what.
#pragma once

#include "codegen/machine.h"
#include "codegen/target.h"
#include "ir/lane_loop.h"

#include <unordered_map>

namespace tn::codegen {

// Registers of lanes by value, numbered from 0: what stays for the whole loop, then what each round computes, for
// as long as it is needed. A step's result shares no register with its operands.
struct LanePlan {
    std::unordered_map<std::uint32_t, unsigned> registers;
    std::vector<ir::ValueId> spread; // constants, and values from outside: the same in every lane
    unsigned overflow = 0; // where steps check: what tells of overflows
    unsigned measure = 0;  // where folds check: the bits of all that was added
    unsigned count = 0;

    unsigned operator[](ir::ValueId value) const { return registers.at(value.index()); }
};

// The memory of an access: `base` is invalid if the counter alone is its index.
struct LaneAccess {
    ir::ValueId data, base;
    std::int64_t offset = 0;
    Scalar type = Scalar::Void;
    bool stores = false;
};

bool is_measured(const ir::LaneFold& fold); // a checked sum that needs `measure`
// Whether a conversion between integers is more than to take what a lane of `size` bytes holds for the other type.
bool changes_extension(Scalar from, Scalar to, unsigned size);
bool is_lane_constant(const MachineFunction& mf, ir::ValueId value); // of integers or floats
LanePlan plan_lanes(const MachineFunction& mf, const ir::LaneLoop& loop);
std::vector<LaneAccess> lane_accesses(const MachineFunction& mf, const ir::LaneLoop& loop);

// Pairs of accesses, by number, of which the first, which comes later in a round, must not lie less than a vector ahead of the
// second: all lanes take the earlier one first, those of rounds that should come behind the first included. Downwards they change places.
std::vector<std::pair<std::size_t, std::size_t>> lanes_apart(const std::vector<LaneAccess>& accesses, bool goes_down);

// What the machine has registers for and knows how to do.
struct LaneLimits {
    unsigned last_register = 0;              // lanes take this one and those before it
    unsigned registers = 0;                  // so many at most,
    unsigned temps = 0;                      // of which these are for the machine's own use
    bool addresses_walk = false;             // every access has a register of its own
    bool (*knows)(const MachineFunction&, const ir::LaneLoop&) = nullptr; // null: everything
};
bool find_lanes(const MachineFunction& mf, const ir::Inst& lanes, const LaneLimits& limits, ir::LaneLoop& loop);

// The operands of `lanes` in the order in which the emitter asks for them: see LaneOperands.
void describe_lanes(MachineFunction& mf, const ir::Inst& lanes, const ir::LaneLoop& loop, const LaneLimits& limits,
                    OperandList& out);

// Where they are.
struct LaneOperands {
    struct Known {
        ir::ValueId value;
        Location at;
    };
    std::vector<Known> starts;     // of the loop's parameters, in order
    std::vector<Known> inputs;     // addresses in registers, all else anywhere
    Location end;
    unsigned left = 0;             // a register: the rounds to the end
    std::vector<unsigned> temps;   // registers for addresses, by access, or no_register
    std::vector<unsigned> results; // registers
    std::vector<unsigned> lanes;   // registers: of the plan, and behind them temps

    Location find(ir::ValueId value) const;
};

} // namespace tn::codegen
