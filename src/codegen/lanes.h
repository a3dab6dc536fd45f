// What every machine asks of `lanes`: the loop that its block goes on to, if the operation still speaks of
// that one and there are registers for all of it.
#pragma once

#include "codegen/machine.h"
#include "ir/lane_loop.h"

namespace tn::codegen {

bool find_lanes(const MachineFunction& mf, const ir::Inst& lanes, ir::LaneLoop& loop);
// Loads and stores; an address with a base of its own needs a register.
unsigned count_lane_addresses(const MachineFunction& mf, const ir::LaneLoop& loop);

} // namespace tn::codegen
