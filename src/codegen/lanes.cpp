#include "codegen/lanes.h"

#include <algorithm>

namespace tn::codegen {

namespace {

// All in registers at once: the operands, an address for each access, the rounds that are left, and the result.
bool fits_registers(const MachineFunction& mf, const ir::Inst& lanes, const ir::LaneLoop& loop) {
    const auto operands = mf.fn->operands_of(lanes);
    const auto ints = std::ranges::count_if(operands, [&](ir::ValueId v) { return !is_float(mf.fn->values[v].type); });
    return static_cast<std::size_t>(ints) + count_lane_addresses(mf, loop) + 2 <= mf.int_registers;
}

} // namespace

bool find_lanes(const MachineFunction& mf, const ir::Inst& lanes, ir::LaneLoop& loop) {
    const ir::Inst& last = mf.fn->terminator(lanes.block);
    if (last.op != ir::Op::Jump || !ir::find_lane_loop(*mf.fn, mf.fn->targets_of(last)[0].block, loop))
        return false;
    const auto operands = mf.fn->operands_of(lanes);
    if (mf.fn->args_of(mf.fn->targets_of(last)[0])[0] != lanes.first_result) return false;
    std::int64_t end = 0, own_end = 0;
    const bool same_end = operands[1] == loop.end ||
                          (mf.find_int(operands[1], end) && mf.find_int(loop.end, own_end) && end == own_end);
    const auto given = operands.subspan(2);
    return same_end && fits_registers(mf, lanes, loop) && std::ranges::all_of(loop.inputs, [&](ir::ValueId input) {
               return std::ranges::find(given, input) != given.end();
           });
}

unsigned count_lane_addresses(const MachineFunction& mf, const ir::LaneLoop& loop) {
    unsigned count = 0;
    for (ir::InstId id : loop.steps) {
        const ir::Inst& inst = mf.fn->insts[id];
        count += inst.op == ir::Op::Load || inst.op == ir::Op::Store;
    }
    return count;
}

} // namespace tn::codegen
