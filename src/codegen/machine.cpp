#include "codegen/machine.h"

namespace tn::codegen {

void MachineFunction::clear() {
    insts.clear();
    operands.clear();
    blocks.clear();
    loops.clear();
    edges.clear();
    pred_edges.clear();
    block_index.clear();
    use_count.clear();
    folded.clear();
    kept.clear();
    shifted.clear();
    joined.clear();
    is_bare = false;
    frameless = 0;
    outgoing_count = 0;
    view_count = 0;
    edge_moves.clear();
    inst_moves.clear();
    moves_before.clear();
    refs.clear();
    live_across.clear();
    slot_count = 0;
    used_registers = 0;
}

bool MachineFunction::is_constant(ir::ValueId value) const {
    const ir::Inst* def = def_inst(value);
    if (!def) return false;
    const ir::Op op = def->op;
    return op == ir::Op::ConstInt || op == ir::Op::ConstFloat || op == ir::Op::Null || op == ir::Op::Literal ||
           op == ir::Op::Empty || op == ir::Op::InstanceData || op == ir::Op::Table;
}

bool MachineFunction::find_int(ir::ValueId value, std::int64_t& out) const {
    const ir::Inst* def = def_inst(value);
    if (!def) return false;
    if (def->op == ir::Op::ConstInt) {
        out = def->imm;
        return true;
    }
    if (def->op == ir::Op::Null) {
        out = 0;
        return true;
    }
    return false;
}

bool MachineFunction::returns_only(std::uint32_t block) const {
    const MachineBlock& b = blocks[block];
    return b.end_inst == b.first_inst + 2 && terminator(b).op == ir::Op::Return;
}

} // namespace tn::codegen
