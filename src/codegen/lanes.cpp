#include "codegen/lanes.h"

#include "codegen/function_code.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::codegen {

namespace {

using ir::Op;

constexpr std::int64_t widest_vector = 32; // bytes, of any machine

// Without the base and index of memory, and amounts of shifts.
std::span<const ir::ValueId> lane_operands(const MachineFunction& mf, const ir::Inst& inst) {
    const auto operands = mf.fn->operands_of(inst);
    switch (inst.op) {
    case Op::Load: return {};
    case Op::Store: return operands.subspan(1, 1);
    case Op::TrapIf: return operands.first(1); // without the payload
    case Op::Shl:
    case Op::Shr:
    case Op::RotateLeft:
    case Op::RotateRight: return operands.first(1);
    default: return operands;
    }
}

bool needs_address(const LaneAccess& access, const LaneLimits& limits) {
    return limits.addresses_walk || access.base.is_valid();
}

// Those of the plan, temps, and as many as results may take of them.
unsigned count_lane_registers(const MachineFunction& mf, const ir::Inst& lanes, const ir::LaneLoop& loop,
                              const LaneLimits& limits) {
    unsigned count = plan_lanes(mf, loop).count + limits.temps;
    for (unsigned i = 0; i < lanes.result_count; ++i)
        count += is_float(mf.type_of(ir::ValueId(lanes.first_result.index() + i)));
    return count;
}

// Everything that must be in a register at once.
bool fits_registers(const MachineFunction& mf, const ir::Inst& lanes, const ir::LaneLoop& loop,
                    const LaneLimits& limits) {
    std::size_t ints = 2; // the end, the rounds left
    std::vector<ir::ValueId> seen;
    for (const LaneAccess& access : lane_accesses(mf, loop)) {
        ints += needs_address(access, limits);
        if (std::ranges::find(seen, access.data) == seen.end()) seen.push_back(access.data);
    }
    ints += seen.size();
    for (unsigned i = 0; i < lanes.result_count; ++i)
        ints += !is_float(mf.type_of(ir::ValueId(lanes.first_result.index() + i)));
    return ints <= mf.int_registers && count_lane_registers(mf, lanes, loop, limits) <= limits.registers;
}

} // namespace

bool is_measured(const ir::LaneFold& fold) { return fold.checked && !fold.is_small; }

bool changes_extension(Scalar from, Scalar to, unsigned size) {
    if (scalar_size(to) == size) return false;
    if (scalar_size(from) == scalar_size(to)) return is_signed(from) != is_signed(to);
    return scalar_size(from) > scalar_size(to) || (is_signed(from) && !is_signed(to));
}

bool is_lane_constant(const MachineFunction& mf, ir::ValueId value) {
    const ir::Inst* def = mf.def_inst(value);
    return def && (def->op == Op::ConstInt || def->op == Op::ConstFloat);
}

LanePlan plan_lanes(const MachineFunction& mf, const ir::LaneLoop& loop) {
    LanePlan plan;
    const ir::BlockId block = mf.fn->values[loop.counter].block;
    auto pin = [&](ir::ValueId value) { plan.registers.emplace(value.index(), plan.count++); };
    auto spread = [&](ir::ValueId value) {
        const ir::Inst* def = mf.def_inst(value);
        const bool inside = (def ? def->block : mf.fn->values[value].block) == block;
        if ((inside && !is_lane_constant(mf, value)) || plan.registers.contains(value.index())) return;
        pin(value);
        plan.spread.push_back(value);
    };
    if (loop.uses_counter) pin(loop.counter);
    for (const ir::LaneFold& fold : loop.folds)
        if (fold.kind != ir::LaneFold::Ordered) pin(fold.param);
    std::unordered_map<std::uint32_t, std::size_t> last; // step that reads a value, by value
    for (std::size_t s = 0; s < loop.steps.size(); ++s) {
        for (ir::ValueId operand : lane_operands(mf, mf.fn->insts[loop.steps[s]])) {
            spread(operand);
            last[operand.index()] = s;
        }
    }
    for (const ir::LaneFold& fold : loop.folds) {
        spread(fold.with);
        last[fold.with.index()] = loop.steps.size();
    }
    if (loop.checks) plan.overflow = plan.count++;
    if (std::ranges::any_of(loop.folds, is_measured)) plan.measure = plan.count++;
    const unsigned pinned = plan.count;
    std::vector<bool> busy;
    for (std::size_t s = 0; s < loop.steps.size(); ++s) {
        const ir::Inst& inst = mf.fn->insts[loop.steps[s]];
        if (inst.result_count == 1) {
            const auto free = static_cast<std::size_t>(std::ranges::find(busy, false) - busy.begin());
            if (free == busy.size()) busy.push_back(false);
            busy[free] = true;
            plan.registers.emplace(inst.first_result.index(), pinned + static_cast<unsigned>(free));
        }
        for (ir::ValueId operand : lane_operands(mf, inst)) {
            const unsigned reg = plan[operand];
            if (reg >= pinned && last[operand.index()] == s) busy[reg - pinned] = false;
        }
    }
    plan.count += static_cast<unsigned>(busy.size());
    return plan;
}

std::vector<LaneAccess> lane_accesses(const MachineFunction& mf, const ir::LaneLoop& loop) {
    std::vector<LaneAccess> accesses;
    for (ir::InstId id : loop.steps) {
        const ir::Inst& inst = mf.fn->insts[id];
        if (inst.op != Op::Load && inst.op != Op::Store) continue;
        const auto operands = mf.fn->operands_of(inst);
        LaneAccess access;
        access.stores = inst.op == Op::Store;
        access.data = operands[0];
        access.offset = inst.imm;
        access.type = access.stores ? mf.type_of(operands[1]) : inst.type;
        ir::is_lane_index(*mf.fn, loop, operands.back(), access.base);
        accesses.push_back(access);
    }
    return accesses;
}

std::vector<std::pair<std::size_t, std::size_t>> lanes_apart(const std::vector<LaneAccess>& accesses, bool goes_down) {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t later = 0; later < accesses.size(); ++later) {
        for (std::size_t before = 0; before < later; ++before) {
            const LaneAccess &a = accesses[before], &b = accesses[later];
            // Accesses of different types never overlap; in one list it is known how far apart they are.
            const std::int64_t ahead = goes_down ? a.offset - b.offset : b.offset - a.offset;
            const bool known_apart = a.data == b.data && a.base == b.base && (ahead <= 0 || ahead >= widest_vector);
            if ((!a.stores && !b.stores) || a.type != b.type || known_apart) continue;
            goes_down ? pairs.emplace_back(before, later) : pairs.emplace_back(later, before);
        }
    }
    return pairs;
}

bool find_lanes(const MachineFunction& mf, const ir::Inst& lanes, const LaneLimits& limits, ir::LaneLoop& loop) {
    const ir::Inst& last = mf.fn->terminator(lanes.block);
    if (last.op != Op::Jump || !ir::find_lane_loop(*mf.fn, mf.fn->targets_of(last)[0].block, loop)) return false;
    const auto operands = mf.fn->operands_of(lanes);
    const auto args = mf.fn->args_of(mf.fn->targets_of(last)[0]);
    if (args.size() != lanes.result_count) return false;
    for (unsigned i = 0; i < args.size(); ++i)
        if (args[i].index() != lanes.first_result.index() + i) return false;
    const auto given = operands.subspan(args.size());
    std::int64_t end = 0, own_end = 0;
    const bool same_end =
        given[0] == loop.end || (mf.find_int(given[0], end) && mf.find_int(loop.end, own_end) && end == own_end);
    return same_end &&
           std::ranges::all_of(
               loop.inputs,
               [&](ir::ValueId input) { return std::ranges::find(given, input) != given.end(); }) &&
           (!limits.knows || limits.knows(mf, loop)) && fits_registers(mf, lanes, loop, limits);
}

void describe_lanes(MachineFunction& mf, const ir::Inst& lanes, const ir::LaneLoop& loop, const LaneLimits& limits,
                    OperandList& out) {
    const auto operands = mf.fn->operands_of(lanes);
    const std::size_t starts = lanes.result_count;
    for (std::size_t i = 0; i < starts; ++i) out.late_any(operands[i]);
    out.late_use(operands[starts]);
    for (ir::ValueId input : loop.inputs) mf.type_of(input) == Scalar::Ptr ? out.late_use(input) : out.late_any(input);
    out.temp(RegClass::Int);
    for (const LaneAccess& access : lane_accesses(mf, loop))
        if (needs_address(access, limits)) out.temp(RegClass::Int);
    for (unsigned i = count_lane_registers(mf, lanes, loop, limits); i-- > 0;) out.clobber(mask_of(limits.last_register - i));
    for (unsigned i = 0; i < starts; ++i) out.def(ir::ValueId(lanes.first_result.index() + i));
}

LaneOperands FunctionCode::take_lane_operands(const ir::Inst& lanes, const ir::LaneLoop& loop,
                                              const LaneLimits& limits) {
    LaneOperands out;
    const auto operands = mf_->fn->operands_of(lanes);
    const std::size_t starts = lanes.result_count;
    for (std::size_t i = 0; i < starts; ++i) out.starts.push_back({operands[i], any(operands[i])});
    out.end = Location::reg(reg());
    for (ir::ValueId input : loop.inputs)
        out.inputs.push_back({input, mf_->type_of(input) == Scalar::Ptr ? Location::reg(reg()) : any(input)});
    out.left = reg();
    for (const LaneAccess& access : lane_accesses(*mf_, loop))
        out.temps.push_back(needs_address(access, limits) ? reg() : no_register);
    for (std::size_t i = 0; i < starts; ++i) out.results.push_back(reg());
    for (unsigned i = 0, count = count_lane_registers(*mf_, lanes, loop, limits); i < count; ++i)
        if (std::ranges::find(out.results, limits.last_register - i) == out.results.end())
            out.lanes.push_back(limits.last_register - i);
    return out;
}

Location LaneOperands::find(ir::ValueId value) const {
    for (const Known& known : inputs)
        if (known.value == value) return known.at;
    TN_ICE("lanes without an input of theirs");
}

} // namespace tn::codegen
