// The x86-64 target: registers, conventions, and the two halves of every operation: what it asks of its
// operands (Describe) and the code it becomes (FunctionEmitter). Both halves of an operation stand next to
// each other in arith (with bits, divide, float, convert), memory, control (with compare), call and
// entry.cpp, and must take operands in the same order.
#pragma once

#include "codegen/function_code.h"
#include "codegen/module_code.h"
#include "codegen/select.h"
#include "codegen/target.h"

#include <asmjit/x86.h>

#include <optional>
#include <unordered_map>

namespace tn::codegen::x64 {

namespace x86 = asmjit::x86;
using ir::Op;
template <Op op> using OpTag = ir::OpTag<op>;

struct CpuFeatures {
    bool avx = false, avx2 = false, sse41 = false, bmi1 = false, bmi2 = false, popcnt = false, lzcnt = false;
    bool avx512_lanes = false; // VL and DQ
    static CpuFeatures host();
};

enum RegisterNumber : std::uint8_t {
    Rax,
    Rcx,
    Rdx,
    Rbx,
    Rsp,
    Rbp,
    Rsi,
    Rdi,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    Xmm0 = first_float_register,
    Xmm15 = Xmm0 + 15,
};
inline constexpr unsigned context_register = R15, fuel_register = R14, scratch_register = R11;
// What an entry thunk pushes behind rbp, in this order.
inline constexpr unsigned saved_by_host[] = {Rbx, R12, R13, R14, R15};

inline x86::Gp gp64(unsigned reg) { return x86::gpq(reg); }
inline x86::Gp gp32(unsigned reg) { return x86::gpd(reg); }
inline x86::Gp gp_of(unsigned reg, bool wide) { return wide ? gp64(reg) : gp32(reg); }
inline x86::Gp gp8(unsigned reg) { return x86::gpb(reg); }
inline x86::Xmm xmm_of(unsigned reg) { return x86::xmm(reg - first_float_register); }
inline bool is_wide(Scalar type) { return scalar_size(type) == 8; }
inline x86::Mem context_mem(std::int64_t offset, unsigned size = 0) {
    return x86::Mem(x86::gpq(context_register), static_cast<std::int32_t>(offset), size);
}
inline bool fits_int32(std::int64_t v) { return v == static_cast<std::int32_t>(v); }

// The conventions of Tenon and of C, see docs/ARCHITECTURE.md.
const CallConvention& script_convention();
const CallConvention& c_convention();
RegMask caller_saved();

// What describing and emitting must decide alike; functions of the IR and of what was folded.
class Selection {
public:
    explicit Selection(const MachineFunction& mf) : mf_(mf) {}

    const ir::Inst* folded(ir::ValueId value) const {
        return mf_.is_folded(value) ? mf_.def_inst(value) : nullptr;
    }
    bool is_folded_load(ir::ValueId value) const;
    // A constant that fits the signed 32-bit immediate of an operation of this type.
    bool find_imm32(ir::ValueId value, std::int32_t& out) const;
    bool is_imm32(ir::ValueId value) const {
        std::int32_t unused;
        return find_imm32(value, unused);
    }
    bool is_float_constant(ir::ValueId value) const {
        const ir::Inst* def = mf_.def_inst(value);
        return def && def->op == Op::ConstFloat;
    }
    // The operands of a two-operand operation, the better one for a memory place or immediate second.
    struct Pair {
        ir::ValueId a, b;
        bool swapped = false;
    };
    Pair pair(const ir::Inst& inst) const;
    // An operand that was folded into an `And`, or a sum: its own operand, and the other one.
    struct Combined {
        const ir::Inst* part = nullptr; // null: there is none
        ir::ValueId inner, other;
    };
    Combined combined(const ir::Inst& inst) const;
    // A selection of floats by a comparison of floats of the same type: as the smaller or larger of `a` and `b`, where equal
    // ones and NaN give `b`, or by a mask.
    struct FloatChoice {
        const ir::Inst* compare = nullptr; // null: it is none
        enum Kind : std::uint8_t { Min, Max, Mask } kind = Mask;
        ir::ValueId a, b;
        ir::Cond cond = ir::Cond::Eq; // of a to b, for a mask
    };
    FloatChoice float_choice(const ir::Inst& select, const CpuFeatures& cpu) const;
    const ShiftedCompare* shifted(const ir::Inst& compare) const { return find_shifted(mf_, compare); }
    bool wants_second(ir::ValueId value) const { return mf_.is_constant(value) || is_folded_load(value); }

private:
    const MachineFunction& mf_;
};

// The operations, each as an overload on its tag; missing ones do not compile where op.def is expanded.
#define TN_X64_ALL_OPS(X)                                                                                    \
    X(ConstInt)                                                                                              \
    X(ConstFloat) X(Null) X(Literal) X(Empty) X(InstanceData) X(Table) X(View) X(Add) X(Sub) X(Mul) X(Div) X(Rem) X(Neg)      \
        X(Shl) X(Shr) X(WrapAdd) X(WrapSub) X(WrapMul) X(And) X(Or) X(Xor) X(Not) X(RotateLeft)              \
            X(RotateRight) X(PopCount) X(LeadingZeros) X(TrailingZeros) X(FAdd) X(FSub) X(FMul) X(FDiv)      \
                X(FNeg) X(FAbs) X(Sqrt) X(Floor) X(Ceil) X(Trunc) X(ICmp) X(FCmp) X(Select) X(Convert)       \
                    X(Bitcast) X(ElemAddr) X(Load) X(Store) X(Retain) X(Release) X(Unique) X(UniqueAt) X(Owners) \
                        X(SeqLen) X(SeqData) X(Bounds) X(ListNew) X(ListGrow) X(SeqSetLen) X(Call)           \
                            X(CallRuntime) X(CallHost) X(TrapIf) X(Poll) X(Jump) X(Branch) X(Switch)         \
                                X(Return) X(Trap) X(Unreachable) X(HashSeed) X(BoxNew) X(BoxData) X(Lanes) X(CallClosure)

// Folds a shift into a sum, a complement into an `And`.
void combine(MachineFunction& mf, const CpuFeatures& cpu, const std::vector<ir::InstId>& block, std::size_t index);

// --- the first half: operands ---
class Describe {
public:
    Describe(MachineFunction& mf, const CpuFeatures& cpu, const GenerateOptions& options, OperandList& out)
        : mf_(mf), cpu_(cpu), options_(options), out_(out), sel_(mf) {}
#define TN_X64_OP(name) void op(OpTag<Op::name>, const ir::Inst& inst);
    TN_X64_ALL_OPS(TN_X64_OP)
#undef TN_X64_OP

private:
    // A register, a memory place or an immediate, as the second operand of most instructions takes it.
    std::uint32_t rm(ir::ValueId value, bool late = false);
    void address(const ir::Inst& inst, bool late = false); // of a Load or Store
    void binary(const ir::Inst& inst);
    void checked(const ir::Inst& inst);
    void float_binary(const ir::Inst& inst);
    void divide(const ir::Inst& inst);
    void shift(const ir::Inst& inst, bool rotate);
    void unary(const ir::Inst& inst, bool temp = false);
    void float_unary(const ir::Inst& inst);
    void comparison(const ir::Inst& compare);
    void condition(ir::ValueId value);
    void call(const ir::Inst& inst, const CallPlan& plan, unsigned first_arg);
    void plain_host_call(const ir::Inst& inst);
    ir::ValueId arg(const ir::Inst& inst, unsigned i) const { return mf_.fn->operands_of(inst)[i]; }

    MachineFunction& mf_;
    const CpuFeatures& cpu_;
    const GenerateOptions& options_;
    OperandList& out_;
    Selection sel_;
};

class X64Target final : public Target {
public:
    X64Target(const CpuFeatures& cpu, const GenerateOptions& options);
    const RegisterFile& registers() const override { return registers_; }
    bool may_delay_frame() const override { return options_.mode != rt::CodeMode::Metered; }
    void fold(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) override;
    void describe(MachineFunction& mf, const ir::Inst& inst, OperandList& out) override;
    const CallPlan& plan_params(const ir::Signature& sig) override;

private:
    CpuFeatures cpu_;
    const GenerateOptions& options_;
    RegisterFile registers_;
    CallPlan params_;
};

class X64Module;

// A second operand once it has its place.
struct Rm {
    enum Kind : std::uint8_t { Reg, Mem, Imm } kind = Reg;
    unsigned reg = 0;
    x86::Mem mem;
    std::int32_t imm = 0;
};

// A number for a trap's message, where it is when the trap happens.
struct Payload {
    enum Kind : std::uint8_t { None, Reg, Imm, Memory } kind = None;
    unsigned reg = 0;
    std::int64_t imm = 0;
    x86::Mem mem;
};

// How a comparison's outcome stands in the flags: true if `cc` holds, and for floats also `parity`.
struct Condition {
    enum Parity : std::uint8_t { Ignore, AndOrdered, OrUnordered };
    x86::CondCode cc = x86::CondCode::kNotZero;
    Parity parity = Ignore;
};

// --- the second half: code ---
class FunctionEmitter final : public FunctionCode {
public:
    explicit FunctionEmitter(X64Module& module);

#define TN_X64_OP(name) void op(OpTag<Op::name>, const ir::Inst& inst);
    TN_X64_ALL_OPS(TN_X64_OP)
#undef TN_X64_OP

private:
    struct TrapPath {
        Label label;
        TrapCode code; // None: it is in the Context already
        std::uint32_t inst;
        ir::LocId loc;
        Payload a, b;
    };
    // emit.cpp
    std::size_t longest_tail() const override { return 6; }
    void start() override;
    void dispatch(const ir::Inst& inst) override;
    void emit_trap_paths() override;
    void jump(Label target) override;

    // operands.cpp: operands and moves
    Rm rm(ir::ValueId value);
    x86::Mem address(const ir::Inst& inst);
    x86::Mem memory(Location l, unsigned size = 0) const;
    void make_constant(ir::ValueId value, unsigned reg) override;
    void move(Location from, Location to, Scalar type) override;
    void move_gp(unsigned to, unsigned from, Scalar type);
    void move_xmm(unsigned to, unsigned from);
    void load_imm(unsigned reg, std::int64_t value, bool wide);

    // arith.cpp, bits.cpp, divide.cpp, float.cpp, convert.cpp
    void alu(asmjit::InstId id, unsigned dst, const Rm& src, bool wide);
    void two_address(asmjit::InstId id, const ir::Inst& inst);
    // Which register's value the flags tell, from where on, while nothing is emitted: whether it is 0, and its sign
    // unless the operation may have overflowed.
    struct Flags {
        std::size_t offset = ~std::size_t(0);
        std::uint32_t block = 0;
        unsigned reg = 0;
        bool wide = false, tells_sign = false;
    };
    Flags flags_;
    bool flags_tell(unsigned reg, bool wide, ir::Cond cond) const;
    bool combined(const ir::Inst& inst); // combine.cpp; false: nothing is
    void add_sub(asmjit::InstId id, const ir::Inst& inst, bool checked);
    void multiply(const ir::Inst& inst, bool checked);
    void check_overflow(const ir::Inst& inst, unsigned dst, bool carry);
    void extend(unsigned dst, unsigned src, Scalar type);
    void divide(const ir::Inst& inst, bool remainder);
    bool divide_by_constant(const ir::Inst& inst, bool remainder);
    void shift(const ir::Inst& inst, bool left);
    void rotate(const ir::Inst& inst, bool left);
    void float_binary(asmjit::InstId sse32, asmjit::InstId sse64, asmjit::InstId avx32, asmjit::InstId avx64,
                      const ir::Inst& inst);
    void float_mask(const ir::Inst& inst, bool negate);
    void round(const ir::Inst& inst, unsigned mode);
    bool is_narrow(ir::ValueId value) const;
    void float_to_int(const ir::Inst& inst, Scalar from);
    void int_to_float(const ir::Inst& inst, Scalar from);
    void float_op(asmjit::InstId sse, asmjit::InstId avx, unsigned dst, unsigned first, const Rm& second);

    // compare.cpp, control.cpp
    Condition comparison(const ir::Inst& compare);
    Condition condition(ir::ValueId value);
    void make_bool(const Condition& c, unsigned dst);
    void jump_if(const Condition& c, bool value, Label target);
    void select(const ir::Inst& inst, const Condition& c);
    bool repeats_comparison(const ir::Inst& select) const;
    void select_float(const ir::Inst& inst, const Selection::FloatChoice& choice);

    // memory.cpp
    void load(Scalar type, unsigned dst, const x86::Mem& mem);
    void store(Scalar type, const x86::Mem& mem, ir::ValueId value);
    void call_list_helper(const void* helper, unsigned ref, unsigned dst, std::int64_t desc, ir::LocId loc);

    // closure.cpp
    void take_block(std::size_t size, unsigned dst, unsigned heap, Label slow);
    void make_object(const ir::Inst& inst, std::size_t size, unsigned dst, unsigned heap, Label resume, const void* helper,
                     std::optional<std::int64_t> capacity);
    void store_from(Location from, Scalar type, x86::Mem to);

    // call.cpp
    void change_memory(const ir::Inst& change, const x86::Mem& at);
    Label trap(TrapCode code, ir::LocId loc, Payload a = {}, Payload b = {});
    void spend_fuel(ir::LocId loc);
    void spend_fuel_of_rounds(const ir::Inst& poll);
    void poll_without_fuel(ir::LocId loc);         // the sign flag says that there is none
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
    void load_result(Scalar type, Location to, const x86::Mem& from);
    void call_generic_host(const ir::Inst& inst, const HostTarget& target);
    void make_short_list(const ir::Inst& inst, std::size_t size);

    // entry.cpp
    void prologue() override;
    void drop_frame() override;
    void epilogue() override;

    X64Module& module_;
    x86::Assembler* a_ = nullptr;
    CpuFeatures cpu_;
    bool keep_flags_ = false; // between a test and its use
    struct {
        const ir::Inst* compare = nullptr;
        Condition condition;
        std::uint32_t block = 0;
        std::size_t end = 0;
    } compared_; // by the last selection, and where it ends
    std::vector<TrapPath> traps_;

    friend class X64Module;
};

class X64Module final : public ModuleCode {
public:
    X64Module(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options,
              const CpuFeatures& cpu);
    void emit_function(MachineFunction& mf, const Frame& frame) override;
    void emit_packed_thunk(ir::FuncId func) override;
    void emit_value_thunk(ir::FuncId func, const ValueTags& tags) override;
    bool emit_c_thunk(ir::FuncId func) override;

    // Constants behind the code, by content.
    x86::Mem pool64(std::uint64_t bits, unsigned size = 8);
    x86::Mem pool128(std::uint64_t low, std::uint64_t high);
    Label table(std::string_view bytes);
    void add_table(Label at, std::vector<Label> targets);
    const CpuFeatures& cpu() const { return cpu_; }
    x86::Assembler& assembler() { return a_; }

private:
    void push_host_registers();
    void enter(Label trap_exit);
    void return_to_host(std::uint32_t area);
    void return_success(std::uint32_t area);
    // Where a host's slots are: the first at `base + first`, each `stride` bytes behind the one before.
    struct Row {
        unsigned base;
        std::int32_t first, stride;
    };
    static x86::Mem slot(Row row, std::size_t i, unsigned size);
    std::uint32_t call_with_row(ir::FuncId func, const CallPlan& plan, Row in, unsigned out);
    void call_bare(ir::FuncId func, const CallPlan& plan, Row in, unsigned out, Label full, const std::function<void()>& finish);
    void load_row(ir::FuncId func, const CallPlan& plan, Row in);
    void store_results(ir::FuncId func, const CallPlan& plan, Row out);
    void leave();
    void emit_stubs() override;
    void emit_suspension();
    void emit_pool();

    CpuFeatures cpu_;
    x86::Assembler a_;
    FunctionEmitter function_emitter_;
    std::unordered_map<std::uint64_t, Label> pool64_;
    struct Wide {
        std::uint64_t low, high;
        Label label;
    };
    std::vector<Wide> pool128_;
    std::vector<std::pair<std::uint64_t, Label>> pool64_order_;
    std::vector<std::pair<std::string, Label>> tables_;
    struct JumpTable {
        Label at;
        std::vector<Label> targets;
    };
    std::vector<JumpTable> jump_tables_;
};

inline FunctionEmitter::FunctionEmitter(X64Module& module)
    : FunctionCode(module, script_convention(), scratch_register, Xmm15), module_(module) {}

} // namespace tn::codegen::x64
