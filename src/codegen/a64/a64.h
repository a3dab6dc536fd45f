// The AArch64 target, the twin of x64/: registers, conventions, and the two halves of every operation: what
// it asks of its operands (Describe) and the code it becomes (FunctionEmitter). Both halves of an operation
// stand next to each other and must take operands in the same order.
#pragma once

#include "codegen/a64/code.h"
#include "codegen/function_code.h"
#include "codegen/module_code.h"
#include "codegen/select.h"
#include "codegen/target.h"

#include <map>

namespace tn::codegen::a64 {

using ir::Op;
template <Op op> using OpTag = ir::OpTag<op>;

// The conventions of Tenon and of C (AAPCS64), see docs/ARCHITECTURE.md.
const CallConvention& script_convention();
const CallConvention& c_convention();
RegMask caller_saved();

inline Place context_place(std::size_t offset) {
    return {context_register, static_cast<std::int64_t>(offset)};
}
inline Place field(unsigned reg, std::size_t offset) { return {reg, static_cast<std::int64_t>(offset)}; }

// What describing and emitting must decide alike.
class Selection {
public:
    explicit Selection(const MachineFunction& mf) : mf_(mf) {}

    const ir::Inst* folded(ir::ValueId value) const {
        return mf_.is_folded(value) ? mf_.def_inst(value) : nullptr;
    }
    // All bits zero: the zero register will do. Not for floats that must stand in a register.
    bool is_zero(ir::ValueId value) const;
    // A constant that add, sub and cmp of its type take, as a signed number of its width.
    bool find_arith(ir::ValueId value, std::int64_t& out) const;
    bool find_logic(ir::ValueId value, std::int64_t& out) const;
    struct Pair {
        ir::ValueId a, b;
    };
    Pair pair(const ir::Inst& inst) const; // a constant last, where the operation commutes
    struct Compared {
        ir::ValueId a, b;
        ir::Cond cond;
    };
    Compared compared(const ir::Inst& icmp) const;
    // An operand that is shifted on the way into the operation, and the other one.
    struct Shifted {
        const ir::Inst* shift = nullptr; // null: none is
        ir::ValueId other;
    };
    Shifted shifted_operand(const ir::Inst& inst) const;
    // An operand that is multiplied on the way, and what it is added to or subtracted from.
    struct Product {
        const ir::Inst* product = nullptr; // null: none is
        ir::ValueId other;
    };
    Product product_operand(const ir::Inst& inst) const;
    const ShiftedCompare* shifted(const ir::Inst& compare) const { return find_shifted(mf_, compare); }

private:
    bool find(ir::ValueId value, std::int64_t& out) const;
    const MachineFunction& mf_;
};

// The operations, each as an overload on its tag; missing ones do not compile where op.def is expanded.
#define TN_A64_ALL_OPS(X)                                                                                    \
    X(ConstInt)                                                                                              \
    X(ConstFloat)                                                                                            \
    X(Null) X(Literal) X(Empty) X(InstanceData) X(Table) X(View) X(Add) X(Sub) X(Mul) X(Div) X(Rem) X(Neg) X(Shl) X(Shr)      \
        X(WrapAdd) X(WrapSub) X(WrapMul) X(And) X(Or) X(Xor) X(Not) X(RotateLeft) X(RotateRight) X(PopCount) \
            X(LeadingZeros) X(TrailingZeros) X(FAdd) X(FSub) X(FMul) X(FDiv) X(FNeg) X(FAbs) X(Sqrt)         \
                X(Floor) X(Ceil) X(Trunc) X(ICmp) X(FCmp) X(Select) X(Convert) X(Bitcast) X(ElemAddr)        \
                    X(Load) X(Store) X(Retain) X(Release) X(Unique) X(UniqueAt) X(Owners) X(SeqLen) X(SeqData) \
                        X(Bounds) X(ListNew) X(ListGrow) X(SeqSetLen) X(Call) X(CallRuntime) X(CallHost)     \
                            X(TrapIf) X(Poll) X(Jump) X(Branch) X(Switch) X(Return) X(Trap) X(Unreachable)   \
                                X(HashSeed) X(BoxNew) X(BoxData) X(Lanes) X(CallClosure)

// --- the first half: operands ---
class Describe {
public:
    Describe(MachineFunction& mf, const GenerateOptions& options, OperandList& out)
        : mf_(mf), options_(options), out_(out), sel_(mf) {}
#define TN_A64_OP(name) void op(OpTag<Op::name>, const ir::Inst& inst);
    TN_A64_ALL_OPS(TN_A64_OP)
#undef TN_A64_OP

private:
    void use(ir::ValueId value, std::uint8_t hint = no_register); // a register; the zero register for zero
    void address(const ir::Inst& inst);                           // of a Load or Store
    bool shifted(const ir::Inst& inst); // false: no operand is
    bool multiplied(const ir::Inst& inst);
    void arith(const ir::Inst& inst);
    void logic(const ir::Inst& inst);
    void registers(const ir::Inst& inst); // every operand in a register
    void registers(const ir::Inst& inst, ir::ValueId result);
    void multiply(const ir::Inst& inst);
    void divide(const ir::Inst& inst);
    void shift(const ir::Inst& inst, bool rotate);
    void comparison(const ir::Inst& compare);
    void condition(ir::ValueId value);
    void call(const ir::Inst& inst, const CallPlan& plan, unsigned first_arg);
    void plain_host_call(const ir::Inst& inst);
    void checked_site(const ir::Inst& inst);
    ir::ValueId arg(const ir::Inst& inst, unsigned i) const { return mf_.fn->operands_of(inst)[i]; }

    MachineFunction& mf_;
    const GenerateOptions& options_;
    OperandList& out_;
    Selection sel_;
};

class A64Target final : public Target {
public:
    explicit A64Target(const GenerateOptions& options);
    const RegisterFile& registers() const override { return registers_; }
    bool may_delay_frame() const override { return options_.mode != rt::CodeMode::Metered; }
    // Each costs an instruction wherever it is made; of 24 registers and 23 these leave enough.
    unsigned kept_constants(RegClass cls) const override {
        return options_.limit_registers > 0 ? 1 : cls == RegClass::Int ? 6 : 8;
    }
    void fold(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) override;
    void describe(MachineFunction& mf, const ir::Inst& inst, OperandList& out) override;
    const CallPlan& plan_params(const ir::Signature& sig) override;

private:
    const GenerateOptions& options_;
    RegisterFile registers_;
    CallPlan params_;
};

bool is_shift(ir::Op op);
bool is_product(const ir::Inst& inst); // one that cannot trap
// Decides what becomes part of the index-th instruction of a block, beyond what all machines can.
void combine(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index);

// What an entry thunk keeps on the host's stack, from its stack pointer up; its frame record is behind it.
inline constexpr std::int32_t exit_place = 0;        // which way a trap leaves
inline constexpr std::int32_t outer_fiber_place = 8; // the outer entry's stacks
inline constexpr std::int32_t outer_host_place = rt::outer_host_place;
inline constexpr std::int32_t saved_place = 32; // x19 to x28
inline constexpr std::int32_t thunk_size = saved_place + 10 * 8;
static_assert(thunk_size % 16 == 0);
constexpr std::int32_t place_of(unsigned reg) {
    return saved_place + 8 * static_cast<std::int32_t>(reg - X19);
}

class A64Module;

// A number for a trap's message, where it is when the trap happens.
struct Payload {
    enum Kind : std::uint8_t { None, Reg, Imm, Memory } kind = None;
    unsigned reg = 0;
    std::int64_t imm = 0;
    Location memory;
};

// How a condition that was tested stands: in the flags, or in a register that is zero or not.
struct Condition {
    enum Kind : std::uint8_t { Flags, Zero, NotZero } kind = Flags;
    CondCode cc = CondCode::kNE;
    unsigned reg = 0;
    bool wide = false;
};

// --- the second half: code ---
class FunctionEmitter final : public FunctionCode {
public:
    explicit FunctionEmitter(A64Module& module);

#define TN_A64_OP(name) void op(OpTag<Op::name>, const ir::Inst& inst);
    TN_A64_ALL_OPS(TN_A64_OP)
#undef TN_A64_OP

private:
    struct TrapPath {
        Label label;
        TrapCode code; // None: it is in the Context already
        std::uint32_t inst;
        ir::LocId loc;
        Payload a, b;
    };

    // emit.cpp
    void start() override;
    void dispatch(const ir::Inst& inst) override;
    void emit_trap_paths() override;
    void jump(Label target) override;
    unsigned loop_alignment() const override { return 8; } // every step costs an instruction
    bool may_be_large() const;

    // operands.cpp
    jit::Gp gp(ir::ValueId value, bool wide); // as described by use()
    Place address(const ir::Inst& inst);
    Place place(Location l) const;
    Place frame_place(std::int32_t offset) const;
    void make_constant(ir::ValueId value, unsigned reg) override;
    void make_table(const ir::Inst& def, unsigned reg);
    void embed_table(std::int64_t index, Label label);
    void make_float(std::uint64_t bits, Scalar type, unsigned reg);
    void move(Location from, Location to, Scalar type) override;
    void move_gp(unsigned to, unsigned from, Scalar type);

    // arith.cpp, bits.cpp, divide.cpp, float.cpp, convert.cpp
    asmjit::arm::Shift shift_of(const ir::Inst& shift) const;
    void add_sub(const ir::Inst& inst, bool add, bool checked);
    void add_product(bool add, bool wide);
    void multiply(const ir::Inst& inst, bool checked);
    void check_narrow(const ir::Inst& inst, unsigned dst);
    void logic(asmjit::InstId id, const ir::Inst& inst);
    void divide(const ir::Inst& inst, bool remainder);
    bool divide_by_constant(const ir::Inst& inst, bool remainder);
    void shift(const ir::Inst& inst, bool left);
    void rotate(const ir::Inst& inst, bool left);
    void float_op(asmjit::InstId id, const ir::Inst& inst);
    void float_to_int(const ir::Inst& inst, Scalar from);
    void clamp(unsigned reg, std::int64_t limit, CondCode keep);

    // compare.cpp, control.cpp
    Condition comparison(const ir::Inst& compare);
    Condition condition(ir::ValueId value);
    CondCode to_flags(const Condition& c);
    void jump_if(const Condition& c, bool value, Label target);

    // memory.cpp, closure.cpp
    void call_list_helper(const void* helper, unsigned ref, unsigned dst, std::int64_t desc, ir::LocId loc);
    void take_block(std::size_t size, unsigned dst, unsigned heap, Label slow);
    void store_from(Location from, Scalar type, const Place& to);
    void store_pair(const ir::Inst& inst, const ir::Inst& next, const Place& at);

    // call.cpp
    Label trap(TrapCode code, ir::LocId loc, Payload a = {}, Payload b = {});
    void spend_fuel_of_rounds(const ir::Inst& poll);
    void poll_without_fuel(ir::LocId loc);   // the sign flag says that there is none
    Label poll(Label resume, ir::LocId loc); // out of line
    void enter_host_stack(std::uint32_t stack_args, bool may_enter = true);
    void call_address(const void* callee);
    void leave_host_stack();
    void call_cold_helper(const void* callee);
    void keep_registers(RegMask mask, bool restore);
    void test_trap_code(ir::LocId loc);
    void extend_result(unsigned reg, Scalar type);
    Payload payload(Location l);
    void call_plain_host(const ir::Inst& inst, const HostTarget& target);
    void load_result(Scalar type, Location to, const Place& from);
    void call_generic_host(const ir::Inst& inst, const HostTarget& target);

    // entry.cpp
    void prologue() override;
    void drop_frame() override;
    void epilogue() override;

    A64Module& module_;
    Code& a_;
    bool on_host_stack_ =
        false; // the stack pointer is the host's: slots are addressed from the frame pointer
    std::vector<TrapPath> traps_;
    std::map<std::int64_t, Label> tables_; // by number, that stand behind the function
};

class A64Module final : public ModuleCode {
public:
    A64Module(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options);
    void emit_function(MachineFunction& mf, const Frame& frame) override;
    void emit_packed_thunk(ir::FuncId func) override;
    void emit_value_thunk(ir::FuncId func, const ValueTags& tags) override;
    bool emit_c_thunk(ir::FuncId func) override;

    // A constant near enough to be loaded from here on, by its content.
    Label constant(std::uint64_t bits);
    // An address in the scratch register for addresses.
    void load_address(const void* address);
    Code& code() { return a_; }

private:
    void push_host_registers();
    enum class Exit : std::uint8_t { Packed, C };
    void enter(Exit exit);
    void return_to_host(std::int64_t area, bool row);
    void return_success(std::int64_t area);
    // Where a host's slots are: the first at `base + first`, each `stride` bytes behind the one before.
    struct Row {
        unsigned base;
        std::int64_t first, stride;
    };
    static Place slot(Row row, std::size_t i);
    std::int64_t call_with_row(ir::FuncId func, const CallPlan& plan, Row in, unsigned out);
    void store_results(ir::FuncId func, const CallPlan& plan, Row out);
    void leave();
    void emit_stubs() override;
    void emit_suspension();
    void emit_constants(bool all);
    void switch_stack(std::size_t save_at, std::size_t load_from);

    Code a_;
    FunctionEmitter function_emitter_;
    std::unordered_map<std::uint64_t, Label> constants_;
    std::vector<std::pair<std::uint64_t, Label>> pending_; // in the order of their first use
    std::uint32_t first_use_ = 0;                          // offset of the oldest pending one
};

inline FunctionEmitter::FunctionEmitter(A64Module& module)
    : FunctionCode(module, script_convention(), scratch_register, V31), module_(module), a_(module.code()) {}

} // namespace tn::codegen::a64
