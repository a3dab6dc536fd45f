// Instructions in, checked for shape, with results of the types and ownership that op.def and the callee
// demand. Knows nothing of what is legal between instructions: that is ir/verify.h.
#include "ir/builder.h"

#include "builtins/trap.h"

#include "support/ice.h"

#include <algorithm>

#include <bit>

namespace tn::ir {

namespace {
Inst plain(Op op, Scalar type, std::int64_t imm = 0) {
    Inst inst;
    inst.op = op;
    inst.type = type;
    inst.imm = imm;
    return inst;
}
} // namespace

BlockId Builder::make_block(bool cold) {
    Block block;
    block.cold = cold;
    return fn_.blocks.push_back(std::move(block));
}

ValueId Builder::add_param(BlockId block, Scalar type, Ownership ownership) {
    auto& params = fn_.blocks[block].params;
    Value value;
    value.type = type;
    value.ownership = ownership;
    value.block = block;
    value.index = static_cast<std::uint32_t>(params.size());
    ValueId id = fn_.values.push_back(value);
    params.push_back(id);
    return id;
}

bool Builder::is_closed() const {
    const auto& insts = fn_.blocks[block_].insts;
    return !insts.empty() && (op_info(fn_.insts[insts.back()].op).effects & Ends);
}

namespace {
// Adds entries to a pool; they may be a view of the pool itself, which must not move meanwhile.
template <typename T> void append_to(std::vector<T>& pool, std::span<const T> entries) {
    const std::size_t first = pool.size();
    std::vector<T> copy;
    if (pool.capacity() - first < entries.size()) {
        copy.assign(entries.begin(), entries.end());
        entries = copy;
    }
    pool.resize(first + entries.size());
    std::ranges::copy(entries, pool.begin() + static_cast<std::ptrdiff_t>(first));
}
} // namespace

Target Builder::make_target(BlockId block, std::span<const ValueId> args) {
    Target target;
    target.block = block;
    target.args.first = static_cast<std::uint32_t>(fn_.operands.size());
    target.args.count = static_cast<std::uint32_t>(args.size());
    append_to(fn_.operands, args);
    return target;
}

void Builder::add_arguments(InstId terminator, std::size_t target, std::span<const ValueId> more) {
    const Target old = fn_.targets_of(fn_.insts[terminator])[target];
    std::vector<ValueId> args(fn_.args_of(old).begin(), fn_.args_of(old).end());
    args.insert(args.end(), more.begin(), more.end());
    const Target longer = make_target(old.block, args);
    fn_.targets_of(fn_.insts[terminator])[target] = longer;
}

void Builder::add_arguments(BlockId from, BlockId to, std::span<const ValueId> more) {
    const InstId last = fn_.blocks[from].insts.back();
    for (std::size_t t = 0; t < fn_.targets_of(fn_.insts[last]).size(); ++t)
        if (fn_.targets_of(fn_.insts[last])[t].block == to) add_arguments(last, t, more);
}

InstId Builder::append(Inst inst, std::span<const ValueId> operands, std::span<const Target> targets) {
    TN_CHECK(block_.is_valid(), "no current block");
    TN_CHECK(!is_closed(), "instruction added to a block that ends");
    const OpInfo& info = op_info(inst.op);
    TN_CHECK(info.operands < 0 || operands.size() == static_cast<std::size_t>(info.operands),
             "wrong operand count");

    InstId id(fn_.insts.size());
    Target range = make_target(BlockId(), operands);
    inst.operands = range.args;
    inst.first_target = static_cast<std::uint32_t>(fn_.targets.size());
    inst.target_count = static_cast<std::uint16_t>(targets.size());
    append_to(fn_.targets, targets);
    if (!inst.loc.is_valid()) inst.loc = loc_;
    inst.block = block_;
    inst.first_result = ValueId(fn_.values.size());
    inst.result_count = 0;

    auto add_result = [&](Scalar type, bool owned) {
        Value value;
        value.type = type;
        value.ownership = owned && type == Scalar::Ref ? Ownership::Owned : Ownership::Borrowed;
        value.inst = id;
        value.index = inst.result_count++;
        fn_.values.push_back(value);
    };
    switch (info.results) {
    case ResultRule::None: break;
    case ResultRule::Bool:
        inst.type = Scalar::Bool;
        add_result(Scalar::Bool, false);
        break;
    case ResultRule::One:
        add_result(inst.type, (info.effects & Owned) != 0 || (inst.flags & Takes) != 0);
        break;
    case ResultRule::Many: {
        if (inst.op == Op::CallRuntime) {
            const RuntimeFnInfo& callee = runtime_fn_info(static_cast<RuntimeFn>(inst.imm));
            TN_CHECK(operands.size() == callee.param_count(), "wrong argument count");
            for (unsigned i = 0; i < callee.result_count(); ++i) {
                add_result(callee.result(i).scalar, callee.result(i).owned);
            }
        } else if (inst.op == Op::Lanes) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(inst.imm); ++i)
                add_result(fn_.values[operands[i]].type, false);
        } else {
            const Signature& sig = signature_of(module_, inst);
            if (inst.op == Op::CallHost)
                inst.aux = static_cast<std::uint32_t>(module_.host_fns[HostFnId(static_cast<std::size_t>(inst.imm))].purity);
            TN_CHECK(operands.size() == sig.params.size() + (inst.op == Op::CallClosure ? 1 : 0),
                     "wrong argument count");
            for (Scalar type : sig.results) add_result(type, true);
        }
        inst.type = inst.result_count == 1 ? fn_.values[inst.first_result].type : Scalar::Void;
        break;
    }
    }
    if (inst.result_count == 0) inst.first_result = ValueId();
    fn_.insts.push_back(inst);
    fn_.blocks[block_].insts.push_back(id);
    return id;
}

ValueId Builder::const_int(Scalar type, std::int64_t value) {
    return result(append(plain(Op::ConstInt, type, extend_int(type, value)), {}));
}
ValueId Builder::const_float(Scalar type, double value) {
    std::int64_t bits =
        type == Scalar::F32
            ? static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(static_cast<float>(value)))
            : std::bit_cast<std::int64_t>(value);
    return result(append(plain(Op::ConstFloat, type, bits), {}));
}
ValueId Builder::null() { return result(append(plain(Op::Null, Scalar::Ref), {})); }
ValueId Builder::literal(LiteralId id) {
    return result(append(plain(Op::Literal, Scalar::Ref, id.index()), {}));
}
ValueId Builder::empty(DescId desc) {
    return result(append(plain(Op::Empty, Scalar::Ref, desc.index()), {}));
}
ValueId Builder::instance_data() { return result(append(plain(Op::InstanceData, Scalar::Ptr), {})); }
ValueId Builder::hash_seed() { return result(append(plain(Op::HashSeed, Scalar::U64), {})); }

ValueId Builder::unary(Op op, Scalar type, ValueId a) { return result(append(plain(op, type), {&a, 1})); }
ValueId Builder::binary(Op op, Scalar type, ValueId a, ValueId b) {
    ValueId operands[] = {a, b};
    return result(append(plain(op, type), operands));
}
ValueId Builder::compare(Op op, Cond cond, ValueId a, ValueId b) {
    Inst inst = plain(op, Scalar::Bool);
    inst.aux = static_cast<std::uint32_t>(cond);
    ValueId operands[] = {a, b};
    return result(append(inst, operands));
}
ValueId Builder::select(ValueId condition, ValueId if_true, ValueId if_false) {
    ValueId operands[] = {condition, if_true, if_false};
    return result(append(plain(Op::Select, fn_.values[if_true].type), operands));
}
ValueId Builder::convert(Scalar to, ValueId a) { return unary(Op::Convert, to, a); }
ValueId Builder::bitcast(Scalar to, ValueId a) { return unary(Op::Bitcast, to, a); }

ValueId Builder::elem_addr(ValueId base, ValueId index, std::int64_t stride) {
    ValueId operands[] = {base, index};
    return result(append(plain(Op::ElemAddr, Scalar::Ptr, stride), operands));
}
ValueId Builder::load(Scalar type, MemoryClass memory, ValueId base, std::int64_t offset, bool nullable) {
    Inst inst = plain(Op::Load, type, offset);
    if (nullable) inst.flags |= Nullable;
    inst.aux = static_cast<std::uint32_t>(memory);
    return result(append(inst, {&base, 1}));
}
ValueId Builder::load_indexed(Scalar type, MemoryClass memory, ValueId base, ValueId index, unsigned scale,
                              std::int64_t offset, bool nullable) {
    Inst inst = plain(Op::Load, type, offset);
    if (nullable) inst.flags |= Nullable;
    inst.aux = static_cast<std::uint32_t>(memory);
    inst.scale = static_cast<std::uint8_t>(scale);
    ValueId operands[] = {base, index};
    return result(append(inst, operands));
}
ValueId Builder::load_taken(MemoryClass memory, ValueId base, std::int64_t offset, bool nullable) {
    Inst inst = plain(Op::Load, Scalar::Ref, offset);
    inst.aux = static_cast<std::uint32_t>(memory);
    inst.flags |= nullable ? Takes | Nullable : Takes;
    return result(append(inst, {&base, 1}));
}
void Builder::store(MemoryClass memory, ValueId base, std::int64_t offset, ValueId value) {
    Inst inst = plain(Op::Store, fn_.values[value].type, offset);
    inst.aux = static_cast<std::uint32_t>(memory);
    ValueId operands[] = {base, value};
    append(inst, operands);
}
void Builder::store_indexed(MemoryClass memory, ValueId base, ValueId index, unsigned scale,
                            std::int64_t offset, ValueId value) {
    Inst inst = plain(Op::Store, fn_.values[value].type, offset);
    inst.aux = static_cast<std::uint32_t>(memory);
    inst.scale = static_cast<std::uint8_t>(scale);
    ValueId operands[] = {base, value, index};
    append(inst, operands);
}

ValueId Builder::retain(ValueId ref, bool nullable) {
    Inst inst = plain(Op::Retain, Scalar::Ref);
    if (nullable) inst.flags |= Nullable;
    return result(append(inst, {&ref, 1}));
}
void Builder::release(ValueId ref, bool nullable) {
    Inst inst = plain(Op::Release, Scalar::Void);
    if (nullable) inst.flags |= Nullable;
    append(inst, {&ref, 1});
}
ValueId Builder::unique(ValueId ref, DescId desc) {
    return result(append(plain(Op::Unique, Scalar::Ref, desc.index()), {&ref, 1}));
}
ValueId Builder::unique_at(ValueId address, DescId desc) {
    return result(append(plain(Op::UniqueAt, Scalar::Ref, desc.index()), {&address, 1}));
}
ValueId Builder::owners(ValueId ref) { return unary(Op::Owners, Scalar::I64, ref); }
ValueId Builder::seq_len(ValueId ref) { return unary(Op::SeqLen, Scalar::I64, ref); }
ValueId Builder::seq_data(ValueId ref) { return unary(Op::SeqData, Scalar::Ptr, ref); }
ValueId Builder::view(ValueId bytes, ValueId length) { return binary(Op::View, Scalar::Ref, bytes, length); }
void Builder::bounds(ValueId index, ValueId length) {
    ValueId operands[] = {index, length};
    append(plain(Op::Bounds, Scalar::Void), operands);
}
ValueId Builder::list_new(ValueId capacity, DescId desc) {
    return result(append(plain(Op::ListNew, Scalar::Ref, desc.index()), {&capacity, 1}));
}
ValueId Builder::list_grow(ValueId list, DescId desc) {
    return result(append(plain(Op::ListGrow, Scalar::Ref, desc.index()), {&list, 1}));
}
ValueId Builder::seq_set_len(ValueId list, ValueId length) {
    return binary(Op::SeqSetLen, Scalar::Ref, list, length);
}

ValueId Builder::box_new(DescId desc, std::span<const ValueId> leaves) {
    return result(append(plain(Op::BoxNew, Scalar::Ref, desc.index()), leaves));
}
ValueId Builder::box_data(ValueId box) { return unary(Op::BoxData, Scalar::Ptr, box); }

InstId Builder::call(FuncId callee, std::span<const ValueId> args) {
    return append(plain(Op::Call, Scalar::Void, callee.index()), args);
}
InstId Builder::call_runtime(RuntimeFn callee, std::span<const ValueId> args) {
    return append(plain(Op::CallRuntime, Scalar::Void, static_cast<std::int64_t>(callee)), args);
}
InstId Builder::call_host(HostFnId callee, std::span<const ValueId> args) {
    return append(plain(Op::CallHost, Scalar::Void, callee.index()), args);
}
InstId Builder::call_closure(SigId signature, ValueId closure, std::span<const ValueId> args) {
    std::vector<ValueId> operands{closure};
    operands.insert(operands.end(), args.begin(), args.end());
    return append(plain(Op::CallClosure, Scalar::Void, signature.index()), operands);
}

void Builder::trap_if_overflow(ValueId condition) { trap_if(condition, static_cast<std::uint32_t>(TrapCode::IntegerOverflow)); }
void Builder::trap_if_no_slice(ValueId condition) { trap_if(condition, static_cast<std::uint32_t>(TrapCode::InvalidSlice)); }
void Builder::trap_if_too_deep(ValueId condition) { trap_if(condition, static_cast<std::uint32_t>(TrapCode::StackOverflow)); }

void Builder::trap_if(ValueId condition, std::uint32_t trap_code, std::span<const ValueId> payload) {
    std::vector<ValueId> operands{condition};
    operands.insert(operands.end(), payload.begin(), payload.end());
    append(plain(Op::TrapIf, Scalar::Void, trap_code), operands);
}
void Builder::poll() { append(plain(Op::Poll, Scalar::Void), {}); }

void Builder::jump(BlockId target, std::span<const ValueId> args) {
    Target t = make_target(target, args);
    append(plain(Op::Jump, Scalar::Void), {}, {&t, 1});
}
void Builder::branch(ValueId condition, BlockId if_true, std::span<const ValueId> true_args, BlockId if_false,
                     std::span<const ValueId> false_args, std::uint8_t hint_flags) {
    Target targets[] = {make_target(if_true, true_args), make_target(if_false, false_args)};
    Inst inst = plain(Op::Branch, Scalar::Void);
    inst.flags = hint_flags;
    append(inst, {&condition, 1}, targets);
}
void Builder::switch_on(ValueId value, std::span<const BlockId> targets) {
    std::vector<Target> list;
    for (BlockId block : targets) list.push_back(make_target(block, {}));
    append(plain(Op::Switch, Scalar::Void), {&value, 1}, list);
}
void Builder::ret(std::span<const ValueId> results) { append(plain(Op::Return, Scalar::Void), results); }
void Builder::trap(std::uint32_t trap_code, ValueId message) {
    append(plain(Op::Trap, Scalar::Void, trap_code), {&message, message.is_valid() ? 1u : 0u});
}
void Builder::unreachable() { append(plain(Op::Unreachable, Scalar::Void), {}); }

const Signature& signature_of(const Module& module, const Inst& call) {
    const auto index = static_cast<std::size_t>(call.imm);
    if (call.op == Op::Call) return module.functions[FuncId(index)].sig;
    if (call.op == Op::CallHost) return module.host_fns[HostFnId(index)].sig;
    TN_CHECK(call.op == Op::CallClosure, "not a call with a signature");
    return module.signatures[SigId(index)];
}

bool consumes_operand(const Module& module, const Function& fn, const Inst& inst, unsigned i) {
    if (fn.values[fn.operands_of(inst)[i]].type != Scalar::Ref) return false;
    if (inst.op == Op::Call || inst.op == Op::CallHost)
        return signature_of(module, inst).params[i].ownership == Ownership::Owned;
    if (inst.op == Op::CallClosure)
        return i > 0 && signature_of(module, inst).params[i - 1].ownership == Ownership::Owned;
    if (inst.op == Op::BoxNew) return true;
    if (inst.op == Op::CallRuntime) return runtime_fn_info(static_cast<RuntimeFn>(inst.imm)).param(i).owned;
    if (inst.op == Op::Return) return true;
    return i < 8 && (op_info(inst.op).consumes >> i & 1) != 0;
}

std::uint16_t effects_of_call(const Inst& inst) {
    std::uint16_t effects = op_info(inst.op).effects;
    if (inst.op == Op::CallRuntime) effects = runtime_fn_info(static_cast<RuntimeFn>(inst.imm)).effects;
    if (inst.op == Op::CallHost && inst.aux != 0) {
        const bool reads = inst.aux == static_cast<std::uint32_t>(HostFn::Purity::Reads);
        effects = reads ? Reads : Pure;
    }
    return effects;
}

} // namespace tn::ir
