// Calls of host functions. A generic one gets every value leaf by leaf, as a function of the script would; a plain C
// function gets C's own: a text as pointer and length, a handle as the pointer that it wraps.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using ir::Cond;
using ir::ValueId;

// The pointer in a handle, which is not closed.
ValueId FunctionLowering::host_pointer(ValueId handle, TypeId type) {
    ValueId pointer = b_.load(Scalar::U64, ir::MemoryClass::Box, b_.box_data(handle), 0);
    // Not a branch: the arguments are nobody's while they are taken, and a trap finds them all the same.
    ValueId told[] = {int64(std::int64_t{m_.desc(type).value} + 1), int64(0)};
    b_.trap_if(b_.compare(ir::Op::ICmp, Cond::Eq, pointer, b_.const_int(Scalar::U64, 0)),
               static_cast<std::uint32_t>(TrapCode::HostError), told);
    return pointer;
}

void FunctionLowering::add_plain_arg(const Row& arg, std::vector<ValueId>& out) {
    switch (types().kind(arg.type)) {
    case TypeKind::String:
    case TypeKind::Bytes:
        out.push_back(b_.seq_data(arg.id()));
        out.push_back(b_.seq_len(arg.id()));
        return;
    case TypeKind::Host: out.push_back(host_pointer(arg.id(), arg.type)); return;
    default:
        for (const RowLeaf& leaf : arg.leaves) out.push_back(leaf.id);
    }
}

Row FunctionLowering::plain_result(const check::HostFn& fn, ir::InstId call) {
    if (types().kind(fn.result) == TypeKind::Host) {
        ir::DescId desc = m_.desc(fn.result);
        return owned(fn.result, rt(RuntimeFn::HostNew, {b_.result(call), int64(desc.value)}));
    }
    Row row{fn.result, {}};
    for (std::size_t i = 0; i < layout(fn.result).leaves.size(); ++i) row.add(b_.result(call, i));
    return row;
}

CodeWriter::Outcome FunctionLowering::call_host(std::uint32_t index, const ModuleLowering::FnShape& shape,
                                                std::span<const Row> args) {
    const check::HostFn& fn = m_.input().host.fns[index];
    std::vector<ValueId> leaves;
    std::vector<Row> changed; // what the `mut` parameters are
    for (std::size_t i = 0; i < args.size(); ++i) {
        Row arg = args[i];
        if (fn.params[i].is_mut) {
            // The host changes a value that nobody else holds, if its type can be copied.
            arg = owned(arg.type, rt(RuntimeFn::HostUnique, {arg.id()}));
            changed.push_back(arg);
        }
        if (fn.is_plain) {
            add_plain_arg(arg, leaves);
        } else {
            for (const RowLeaf& leaf : arg.leaves) leaves.push_back(leaf.id);
        }
    }
    ir::InstId call = b_.call_host(m_.host_fn(index), leaves);
    for (const Row& value : changed) {
        for (const check::HostType& type : m_.input().host.types) {
            ValueId handle = value.id();
            if (type.type == value.type && type.has_size) b_.call_runtime(RuntimeFn::HostMeasure, {&handle, 1});
        }
    }
    Outcome result;
    if (fn.is_plain) {
        result.result = plain_result(fn, call);
    } else {
        ModuleLowering::FnShape plain = shape;
        plain.params.clear();
        result = outcome(call, plain);
    }
    for (Row& value : changed) {
        Row& out = result.outs.emplace_back(to_owned(std::move(value)));
        out.leaves[0].claimed = true;
    }
    return result;
}

} // namespace tn::lower
