// Choices of code that describing and emitting an instruction must make alike: what is folded into its only
// user, and the parts of an address.
#pragma once

#include "codegen/machine.h"

namespace tn::codegen {

struct FoldRules {
    bool memory_operands = false; // arithmetic and comparisons may read memory
    bool compares_halves = false; // a comparison of 32 bits may read the lower half of a 64-bit register
    bool changes_memory = false;  // a store may be of what its place holds, changed by one operation
    bool tests_bits = false;      // a comparison may ask about the bit at a place that a register says
    // Whether a comparison takes this constant as part of the instruction.
    bool (*compares_with)(Scalar type, std::int64_t constant) = nullptr;
};

// Decides what is folded into the index-th instruction of a block.
void fold_instruction(MachineFunction& mf, const FoldRules& rules, const std::vector<ir::InstId>& block,
                      std::size_t index);

struct AddressParts {
    ir::ValueId base;  // invalid: relative to the context register
    ir::ValueId index; // invalid: none
    unsigned scale = 1;
    std::int64_t disp = 0; // with a context base: from the start of the instance data
};

// `inst` is a Load, Store, or SeqLen or SeqData read as a load of its field.
AddressParts address_parts(const MachineFunction& mf, const ir::Inst& inst);

// What a shift shifts by: processors take it modulo the width, so that an `and` that does so is folded.
ir::ValueId shift_amount(const MachineFunction& mf, const ir::Inst& shift);

// Of a test of bits that is folded into a comparison with 0, bits >> place & 1 or bits & 1 << place.
struct BitTest {
    ir::ValueId bits, place; // invalid: not of this kind
};
BitTest find_bit_test(const MachineFunction& mf, const ir::Inst& test);

// The operation that a store makes in its place, folded into it together with the load before; null: none.
const ir::Inst* find_change(const MachineFunction& mf, const ir::Inst& store);

// What a folded comparison asks instead, or null.
const ShiftedCompare* find_shifted(const MachineFunction& mf, const ir::Inst& compare);

} // namespace tn::codegen
