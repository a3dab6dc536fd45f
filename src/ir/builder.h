// The only way to create instructions: appends to a block, checks shapes, makes the results.
#pragma once

#include "builtins/runtime_fn.h"
#include "ir/module.h"

#include <initializer_list>

namespace tn::ir {

class Builder {
public:
    Builder(Module& module, Function& function) : module_(module), fn_(function) {}

    Function& function() { return fn_; }
    Module& module() { return module_; }

    BlockId make_block(bool cold = false);
    ValueId add_param(BlockId block, Scalar type, Ownership ownership);
    void set_block(BlockId block) { block_ = block; }
    BlockId block() const { return block_; }
    void set_loc(LocId loc) { loc_ = loc; }
    LocId loc() const { return loc_; }
    // True when the current block already ends: nothing more may be added to it.
    bool is_closed() const;

    ValueId const_int(Scalar type, std::int64_t value);
    ValueId const_bool(bool value) { return const_int(Scalar::Bool, value); }
    ValueId const_float(Scalar type, double value);
    ValueId null();
    ValueId literal(LiteralId id);
    ValueId empty(DescId desc);
    ValueId instance_data();
    ValueId hash_seed();

    // Any op with one result of `type` and no imm.
    ValueId unary(Op op, Scalar type, ValueId a);
    ValueId binary(Op op, Scalar type, ValueId a, ValueId b);
    ValueId compare(Op op, Cond cond, ValueId a, ValueId b); // ICmp or FCmp
    ValueId select(ValueId condition, ValueId if_true, ValueId if_false);
    ValueId convert(Scalar to, ValueId a);
    ValueId bitcast(Scalar to, ValueId a);

    ValueId elem_addr(ValueId base, ValueId index, std::int64_t stride);
    // `nullable`: the Ref may be null.
    ValueId load(Scalar type, MemoryClass memory, ValueId base, std::int64_t offset, bool nullable = false);
    ValueId load_indexed(Scalar type, MemoryClass memory, ValueId base, ValueId index, unsigned scale,
                         std::int64_t offset, bool nullable = false);
    // The Ref in memory as an owned one: the place must be written before anything else can read it.
    ValueId load_taken(MemoryClass memory, ValueId base, std::int64_t offset, bool nullable = false);
    void store(MemoryClass memory, ValueId base, std::int64_t offset, ValueId value);
    void store_indexed(MemoryClass memory, ValueId base, ValueId index, unsigned scale, std::int64_t offset,
                       ValueId value);

    ValueId retain(ValueId ref, bool nullable);
    void release(ValueId ref, bool nullable);
    ValueId unique(ValueId ref, DescId desc);
    ValueId unique_at(ValueId address, DescId desc);
    ValueId owners(ValueId ref);
    ValueId seq_len(ValueId ref);
    ValueId seq_data(ValueId ref);
    void bounds(ValueId index, ValueId length);
    ValueId list_new(ValueId capacity, DescId desc);
    ValueId list_grow(ValueId list, DescId desc);
    ValueId seq_set_len(ValueId list, ValueId length);
    // `leaves`: the whole value, in the order of its layout; its references are consumed.
    ValueId box_new(DescId desc, std::span<const ValueId> leaves);
    ValueId box_data(ValueId box);

    // Results are consecutive values starting at result(inst).
    InstId call(FuncId callee, std::span<const ValueId> args);
    InstId call_runtime(RuntimeFn callee, std::span<const ValueId> args);
    InstId call_host(HostFnId callee, std::span<const ValueId> args);
    // The closure is borrowed; `args` as the signature says.
    InstId call_closure(SigId signature, ValueId closure, std::span<const ValueId> args);
    ValueId result(InstId inst, unsigned i = 0) const { return fn_.result(inst, i); }

    ValueId view(ValueId bytes, ValueId length);
    void trap_if(ValueId condition, std::uint32_t trap_code, std::span<const ValueId> payload = {});
    void trap_if_overflow(ValueId condition); // as checked arithmetic does
    void trap_if_no_slice(ValueId condition); // as a slice beyond the ends or within a character does
    void trap_if_too_deep(ValueId condition); // as a call without room for its frame does
    void poll();
    void jump(BlockId target, std::span<const ValueId> args = {});
    void branch(ValueId condition, BlockId if_true, std::span<const ValueId> true_args, BlockId if_false,
                std::span<const ValueId> false_args, std::uint8_t hint_flags = 0);
    void switch_on(ValueId value, std::span<const BlockId> targets); // no arguments; last = otherwise
    void ret(std::span<const ValueId> results);
    void trap(std::uint32_t trap_code, ValueId message = ValueId());
    void unreachable();

    // The general form, for passes: appends `inst` with these operands to the current block.
    InstId append(Inst inst, std::span<const ValueId> operands, std::span<const Target> targets = {});
    Target make_target(BlockId block, std::span<const ValueId> args);
    // More arguments at the end: of a terminator's n-th target, or of all targets of `from` that are `to`.
    void add_arguments(InstId terminator, std::size_t target, std::span<const ValueId> more);
    void add_arguments(BlockId from, BlockId to, std::span<const ValueId> more);
    void add_argument(InstId terminator, std::size_t target, ValueId more) { add_arguments(terminator, target, {&more, 1}); }
    void add_argument(BlockId from, BlockId to, ValueId more) { add_arguments(from, to, {&more, 1}); }

private:
    Module& module_;
    Function& fn_;
    BlockId block_;
    LocId loc_;
};

// Runs code of the script or of the host, which may change any memory and keep any reference it is given.
constexpr bool is_call(Op op) { return op == Op::Call || op == Op::CallHost || op == Op::CallClosure; }
// The signature of a Call, CallHost or CallClosure, which in the last case leaves out operand 0, the closure.
const Signature& signature_of(const Module& module, const Inst& call);
// True if the inst consumes the reference in its i-th operand. (Owned block arguments and returned
// references are consumed too; this answers for plain operands, Return included.)
bool consumes_operand(const Module& module, const Function& fn, const Inst& inst, unsigned i);
// The inst's effects: op.def, narrowed by flags (NoTrap), by the callee's row for CallRuntime, by aux for CallHost.
std::uint16_t effects_of_call(const Inst& inst); // without the flags
inline std::uint16_t effects_of(const Inst& inst) {
    const bool asks_callee = inst.op == Op::CallRuntime || inst.op == Op::CallHost;
    std::uint16_t effects = asks_callee ? effects_of_call(inst) : op_info(inst.op).effects;
    if (inst.flags & Takes) effects |= Writes; // never merged with another load, never dropped
    if (inst.flags & NoTrap) effects = static_cast<std::uint16_t>(effects & ~Traps);
    return effects;
}

} // namespace tn::ir
