// Methods of lists that leave the list as it is, and the prelude's raw access to elements, written in line.
#include "lower/function_lowering.h"

namespace tn::lower {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

Row FunctionLowering::list_get(const Row& list, const Row& index, TypeId type) {
    TypeId element_type = types().arg(type, 0);
    BlockId some = ssa_.make_block(), none = ssa_.make_block(), join = ssa_.make_block();
    std::vector<RowLeaf> result = add_params(join, type);
    bool is_slice = types().kind(list.type) == TypeKind::Slice;
    ValueId length = is_slice ? list.id(1) : b_.seq_len(list.id());
    ValueId data = is_slice ? list.id(0) : b_.seq_data(list.id());
    // One comparison without sign sees a negative index, too.
    ValueId inside = b_.compare(Op::ICmp, Cond::Lt, b_.bitcast(Scalar::U64, index.id()),
                                b_.bitcast(Scalar::U64, length));
    ssa_.branch(inside, some, none);
    ssa_.seal(some);
    ssa_.seal(none);
    ssa_.start(some);
    Mark mark = own_.mark();
    Row found = load(element(data, index.id(), element_type), element_type);
    Row answer = to_owned(make_variant(type, 1, {&found, 1}));
    own_.leave(mark);
    jump_with(join, answer);
    ssa_.start(none);
    jump_with(join, make_variant(type, 0, {}));
    ssa_.seal(join);
    ssa_.start(join);
    return own_.own(Row{type, std::move(result)}, layout(type));
}

// In runs with a poll between them: the length counts what has been stored, so that a trap releases it.
Row FunctionLowering::list_filled(const Row& count, const Row& value, TypeId type) {
    constexpr std::int64_t run_length = 4096;
    demand_not_negative(count.id(), "a negative count");
    VarId list = ssa_.make_var(Scalar::Ref);
    ssa_.write(list, b_.list_new(count.id(), m_.desc(type)));
    auto sum = [&](ValueId a, ValueId b) { return b_.binary(Op::WrapAdd, Scalar::I64, a, b); };
    auto is_less = [&](ValueId a, ValueId b) { return b_.compare(Op::ICmp, Cond::Lt, a, b); };
    BlockId run = ssa_.make_block(), item = ssa_.make_block(), next = ssa_.make_block(),
            done = ssa_.make_block();
    ValueId first = ssa_.add_param(run, Scalar::I64), i = ssa_.add_param(item, Scalar::I64), zero = int64(0);
    ssa_.branch(is_less(zero, count.id()), run, {&zero, 1}, done, {});

    ssa_.start(run);
    ValueId left = b_.binary(Op::WrapSub, Scalar::I64, count.id(), first), whole = int64(run_length);
    ValueId end = sum(first, b_.select(is_less(left, whole), left, whole));
    ValueId data = b_.seq_data(ssa_.read(list));
    ssa_.jump(item, {&first, 1});

    ssa_.start(item);
    Row copy{value.type, {}};
    const Layout& l = layout(value.type);
    for (std::size_t k = 0; k < l.leaves.size(); ++k) {
        bool is_ref = l.leaves[k].scalar == Scalar::Ref;
        copy.add(is_ref ? own_.retain(value.id(k), l.leaves[k].nullable) : value.id(k));
    }
    store(element(data, i, value.type), copy);
    ValueId following = sum(i, int64(1));
    ssa_.branch(is_less(following, end), item, {&following, 1}, next, {});
    ssa_.seal(item);
    ssa_.seal(next);

    ssa_.start(next);
    ssa_.write(list, b_.seq_set_len(ssa_.read(list), end));
    b_.poll();
    ssa_.branch(is_less(end, count.id()), run, {&end, 1}, done, {});
    ssa_.seal(run);
    ssa_.seal(done);
    ssa_.start(done);
    // What is known of `count` is known of the length, too.
    return owned(type, b_.seq_set_len(ssa_.read(list), count.id()));
}

Row FunctionLowering::list_slice(std::span<const Row> args, TypeId type) {
    return owned(type, rt(RuntimeFn::ListSlice,
                          {args[0].id(), args[1].id(), args[2].id(), int64(m_.desc(type).value)}));
}

Row FunctionLowering::list_peek(const Row& list, ValueId index, TypeId type) {
    return load(element(b_.seq_data(list.id()), index, type), type, true);
}

// The element as it stands in memory: it changes its place, not its owner.
Row FunctionLowering::move_out(const Location& location, TypeId type) {
    Row row{type, {}};
    const Layout& l = layout(type);
    Location place = l.has_refs ? without_index(location) : location;
    for (std::size_t i = 0; i < l.leaves.size(); ++i) {
        if (l.leaves[i].scalar == Scalar::Ref) {
            row.add(b_.load_taken(place.memory, place.base, leaf_offset(place, l, i), l.leaves[i].nullable));
            row.leaves.back().claimed = true;
        } else {
            row.add(load_leaf(place, l, i));
        }
    }
    return row;
}

void FunctionLowering::swap_elements(ValueId list, ValueId i, ValueId j, TypeId type) {
    ValueId data = b_.seq_data(list);
    Location first = element(data, i, type), second = element(data, j, type);
    Row a = move_out(first, type), b = move_out(second, type);
    store(first, b);
    store(second, a);
}

Row FunctionLowering::list_put_raw(std::span<const Row> args, ValueId count) {
    TypeId type = types().arg(args[0].type, 0);
    if (!count.is_valid() && !layout(type).has_refs) {
        Row copied = load(element(b_.seq_data(args[2].id()), args[3].id(), type), type);
        store(element(b_.seq_data(args[0].id()), args[1].id(), type), copied);
        return unit();
    }
    ValueId values[] = {args[0].id(), args[1].id(), args[2].id(), args[3].id(), count.is_valid() ? count : int64(1)};
    b_.call_runtime(RuntimeFn::ListPutRaw, values);
    return unit();
}

} // namespace tn::lower
