// A function as the register allocator sees it: blocks in allocation order, and for every instruction the
// values it reads and writes with their constraints. Built once from the IR by machine_builder.cpp with the
// target's answers; the allocator fills in the locations, the emitter reads them in the same order.
#pragma once

#include "codegen/location.h"
#include "ir/module.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace tn::codegen {

enum class OperandKind : std::uint8_t {
    Use,     // read before anything is written: may share a register with a result
    LateUse, // read after results or fixed registers are written
    Def,
    Temp, // a register for this instruction alone; with a value, that constant is made in it
};

inline constexpr std::uint32_t no_operand = 0xffffffffu;

struct Operand {
    ir::ValueId value;
    OperandKind kind = OperandKind::Use;
    RegClass reg_class = RegClass::Int;
    bool in_register = true;            // false: a stack slot will do
    std::uint8_t hint = no_register;    // worth being in this register
    std::uint32_t same_as = no_operand; // Def: worth sharing this Use's register (index in operands)
    Location location;
};

struct MachineInst {
    ir::InstId inst; // invalid: the start of a block, which defines the block's parameters
    std::uint32_t first_operand = 0;
    std::uint16_t operand_count = 0;
    bool is_site = false;    // needs the references it owns in the code map
    bool needs_frame = false; // keeps something there
    bool calls_cold = false; // out-of-line code of it calls and needs to know what lives in registers
    RegMask clobbers = 0;    // registers that hold no value across it
};

// Positions count four per instruction: 4n before it, 4n+1 after its early uses are read, 4n+2 results.
constexpr std::uint32_t position_of(std::uint32_t inst_index) { return inst_index * 4; }

inline constexpr std::uint32_t no_index = 0xffffffffu;

struct MachineBlock {
    ir::BlockId block;
    std::uint32_t first_inst = 0, end_inst = 0;   // in insts; the first is the block start
    std::uint32_t first_succ = 0, succ_count = 0; // in edges
    std::uint32_t first_pred = 0, pred_count = 0; // in pred_edges
    float weight = 1;                             // how often it runs, the entry being 1
    std::uint32_t depth = 0;                      // loops around it
    std::uint32_t loop = no_index;                // innermost, in loops
    bool cold = false;
    bool unlikely = false; // not cold, but no branch on the way is expected to lead here

    std::uint32_t begin() const { return position_of(first_inst); }
    std::uint32_t end() const { return position_of(end_inst); }
};

struct MachineLoop {
    std::uint32_t first_block = 0, end_block = 0; // contiguous in blocks; the first is the header
    std::uint32_t parent = no_index;
    bool innermost = true;
};

enum class EdgePlace : std::uint8_t { None, PredEnd, SuccStart, OwnBlock };

struct Edge {
    std::uint32_t from = 0, to = 0; // in blocks
    std::uint32_t target = 0;       // in Function::targets
    EdgePlace place = EdgePlace::None;
    std::uint32_t first_move = 0, move_count = 0; // in edge_moves
};

struct MovesBefore {
    std::uint32_t inst = 0;                       // machine instruction index
    std::uint32_t first_move = 0, move_count = 0; // in inst_moves
};

// References owned at a site: one, or in the frame `count` side by side, the first at the lowest index.
struct RefAtSite {
    std::uint32_t inst = 0;
    Location location;
    std::uint32_t count = 1;
};

struct LiveAcross {
    std::uint32_t inst = 0;
    RegMask registers = 0;
};

// `a == c` asked as `a + k == c + k`, where the sum is at hand and `a` need not live on for it.
struct ShiftedCompare {
    ir::InstId compare;
    ir::ValueId sum;
    std::int32_t constant = 0;
};

// A reference that is owned at the end of a block from which nothing returns: no path consumes it, but
// the unwinder must find it.
struct KeptRef {
    std::uint32_t block = 0; // in blocks
    ir::ValueId value;
};

// Part of the one user of its value, which is nowhere; or done together with another instruction.
enum : std::uint8_t { Folded = 1, Joined = 2 };

struct MachineFunction {
    const ir::Module* module = nullptr;
    const ir::Function* fn = nullptr;
    ir::FuncId id;

    std::vector<MachineInst> insts;
    std::vector<Operand> operands;
    std::vector<MachineBlock> blocks;
    std::vector<MachineLoop> loops;
    std::vector<Edge> edges;
    std::vector<std::uint32_t> pred_edges;
    std::vector<std::uint32_t> block_index; // by BlockId: in blocks, or no_index
    std::vector<std::uint32_t> use_count;   // by ValueId, dead code left out
    std::vector<KeptRef> kept;              // by block
    std::vector<std::uint8_t> folded;       // by InstId: has no code of its own, Folded or Joined
    std::vector<ShiftedCompare> shifted;    // few: one per counting loop
    // By number of an InstId: an instruction without code of its own that is done together with this one.
    std::unordered_map<std::uint32_t, ir::InstId> joined;
    // Needs no frame at all, nor a test of the stack: nothing in it calls, traps, polls or goes round.
    bool is_bare = false;
    // Blocks 0..frameless - 1 run before the frame is made: they leave early or go on to `frameless`,
    // which has no other predecessor. 0: the frame is made at once.
    std::uint32_t frameless = 0;
    std::uint32_t int_registers = 0; // that may be allocated
    // Stack places a call or the function itself needs, known before allocation.
    std::uint32_t outgoing_count = 0;
    std::uint32_t view_count = 0; // headers of views, each by itself

    // --- filled by the allocator ---
    std::vector<Move> edge_moves;
    std::vector<Move> inst_moves;
    std::vector<MovesBefore> moves_before; // by inst
    std::vector<RefAtSite> refs;           // by inst
    std::vector<LiveAcross> live_across;   // by inst, for calls_cold
    std::uint32_t slot_count = 0;
    RegMask used_registers = 0;

    void clear();

    const ir::Inst* def_inst(ir::ValueId value) const {
        const ir::Value& v = fn->values[value];
        return v.inst.is_valid() ? &fn->insts[v.inst] : nullptr;
    }
    // Values that are never kept anywhere: whoever needs them makes them again.
    bool is_constant(ir::ValueId value) const;
    // The integer behind a constant: ConstInt, or Null as 0.
    bool find_int(ir::ValueId value, std::int64_t& out) const;
    bool is_folded(ir::ValueId value) const {
        const ir::Value& v = fn->values[value];
        return v.inst.is_valid() && folded[v.inst.index()] == Folded;
    }
    bool returns_only(std::uint32_t block) const; // nothing but a Return
    // `inst` is one of the function's own.
    const ir::Inst* joined_to(const ir::Inst& inst) const {
        if (joined.empty()) return nullptr;
        const auto it = joined.find(static_cast<std::uint32_t>(&inst - &fn->insts[ir::InstId(0)]));
        return it == joined.end() ? nullptr : &fn->insts[it->second];
    }
    Scalar type_of(ir::ValueId value) const { return fn->values[value].type; }
    const ir::Inst& terminator(const MachineBlock& b) const { return fn->insts[insts[b.end_inst - 1].inst]; }
};

} // namespace tn::codegen
