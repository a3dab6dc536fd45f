// The seam between the shared code generator and a machine. A target names its registers and calling
// conventions, chooses what is folded into what, tells the operand constraints of every instruction, and
// emits functions whose values have been given locations. x64/ is one; a64/ plugs in with the same files.
#pragma once

#include "codegen/call_plan.h"
#include "codegen/codegen.h"
#include "codegen/frame.h"
#include "codegen/machine.h"
#include "codegen/plans.h"

namespace tn::codegen {

struct RegisterFile {
    RegMask allocatable = 0;
    RegMask callee_saved = 0;           // in Tenon's own convention
    std::vector<std::uint8_t> order[2]; // by class: which to take first when nothing else decides
};

// Collects the operands of one instruction, in the order the emitter will ask for them.
class OperandList {
public:
    OperandList(MachineFunction& mf, MachineInst& inst) : mf_(mf), inst_(inst) {}

    // In a register; a constant gets a temporary it is made in. Answers the operand's index.
    std::uint32_t use(ir::ValueId value, std::uint8_t hint = no_register) {
        return add_use(value, OperandKind::Use, true, hint);
    }
    std::uint32_t late_use(ir::ValueId value) {
        return add_use(value, OperandKind::LateUse, true, no_register);
    }
    // Anywhere; constants need no operand, for which this answers no_operand.
    std::uint32_t any(ir::ValueId value, std::uint8_t hint = no_register) {
        return add_use(value, OperandKind::Use, false, hint);
    }
    std::uint32_t late_any(ir::ValueId value) {
        return add_use(value, OperandKind::LateUse, false, no_register);
    }
    void def(ir::ValueId value, std::uint32_t same_as = no_operand, std::uint8_t hint = no_register);
    // A result that may go to a stack slot at once: of calls, which can have hundreds.
    void def_anywhere(ir::ValueId value, std::uint8_t hint);
    void temp(RegClass cls);
    void clobber(RegMask registers) { inst_.clobbers |= registers; }
    void site() { inst_.is_site = true; }
    void view() {
        inst_.needs_frame = true;
        ++mf_.view_count;
    }
    void cold_call() { inst_.calls_cold = true; }
    void outgoing(std::uint32_t count) { mf_.outgoing_count = std::max(mf_.outgoing_count, count); }

private:
    std::uint32_t add_use(ir::ValueId value, OperandKind kind, bool in_register, std::uint8_t hint);
    std::uint32_t push(const Operand& operand);

    MachineFunction& mf_;
    MachineInst& inst_;
};

class Target {
public:
    virtual ~Target() = default;
    virtual const RegisterFile& registers() const = 0;
    // False when every call must be counted at its start.
    virtual bool may_delay_frame() const = 0;
    // How many constants of a class a loop may keep in registers.
    virtual unsigned kept_constants(RegClass) const { return 0; }
    // Decides what is folded into the index-th instruction of a block, their only user; called block by
    // block, last instruction first.
    virtual void fold(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) = 0;
    virtual void describe(MachineFunction& mf, const ir::Inst& inst, OperandList& out) = 0;
    // Registers and stack places of the function's own parameters, in order.
    virtual const CallPlan& plan_params(const ir::Signature& sig) = 0;
};

// Emits a whole module, function by function.
class ModuleEmitter {
public:
    virtual ~ModuleEmitter() = default;
    virtual void emit_function(MachineFunction& mf, const Frame& frame) = 0;
    virtual void emit_packed_thunk(ir::FuncId func) = 0;
    // For scalars with these tags: it tests tags and ranges itself, and for null.
    virtual void emit_value_thunk(ir::FuncId func, const ValueTags& tags) = 0;
    // False when the function's types do not fit C.
    virtual bool emit_c_thunk(ir::FuncId func) = 0;
    // Shared stubs and constants; then the code is complete and can be placed.
    virtual void finish() = 0;
    virtual std::size_t code_size() const = 0;
    virtual std::uint32_t offset() const = 0; // where the next instruction goes
    virtual void copy_to(std::uint8_t* destination, std::uint8_t* address) = 0;
    virtual void fill(rt::CodeBlob& blob) = 0;
};

} // namespace tn::codegen
