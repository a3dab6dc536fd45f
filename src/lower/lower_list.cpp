// Methods of lists, written in line.
#include "lower/function_lowering.h"

namespace tn::lower {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

Row FunctionLowering::list_push(const check::Call& c, ExprId id) {
    MutArg target = mut_arg(c.args[0]);
    TypeId list_type = target.is_place ? target.place.type() : target.value.type;
    if (is_never(list_type)) {
        effect(c.args[1].expr);
        return unit();
    }
    TypeId element_type = types().arg(list_type, 0);
    Row value = to_owned(fit(operand(c.args[1].expr, span(id)), element_type));
    at_call(id);
    ValueId list = b_.list_grow(take(target).id(), m_.desc(list_type));
    ValueId length = b_.seq_len(list);
    store(element(b_.seq_data(list), length, element_type), value);
    ValueId longer = b_.binary(Op::WrapAdd, Scalar::I64, length, int64(1));
    put_back(target, one(list_type, b_.seq_set_len(list, longer)));
    return unit();
}

Row FunctionLowering::list_pop(const check::Call& c, ExprId id) {
    TypeId type = type_of(id);
    MutArg target = mut_arg(c.args[0]);
    TypeId list_type = target.is_place ? target.place.type() : target.value.type;
    if (is_never(list_type)) return nothing(type);
    TypeId element_type = types().arg(list_type, 0);
    at_call(id);
    ValueId list = take(target).id();
    ValueId length = b_.seq_len(list);
    BlockId some = ssa_.make_block(), none = ssa_.make_block(), join = ssa_.make_block();
    std::vector<RowLeaf> result = add_params(join, type);
    VarId left = ssa_.make_var(Scalar::Ref); // the list, afterwards
    ssa_.branch(b_.compare(Op::ICmp, Cond::Gt, length, int64(0)), some, none);
    ssa_.seal(some);
    ssa_.seal(none);

    ssa_.start(some);
    ValueId own = b_.unique(list, m_.desc(list_type));
    ValueId shorter = b_.binary(Op::WrapSub, Scalar::I64, length, int64(1));
    Location last = element(b_.seq_data(own), shorter, element_type);
    Row popped{element_type, {}};
    const Layout& l = layout(element_type);
    for (std::size_t i = 0; i < l.leaves.size(); ++i) {
        if (l.leaves[i].scalar == Scalar::Ref) {
            // Beyond the new length nobody counts it: it is moved out.
            popped.add(b_.load_taken(last.memory, address(last), l.leaves[i].offset));
            popped.leaves.back().claimed = true;
        } else {
            popped.add(load_leaf(last, l, i));
        }
    }
    ssa_.write(left, b_.seq_set_len(own, shorter));
    jump_with(join, to_owned(make_variant(type, 1, {&popped, 1})));

    ssa_.start(none);
    ssa_.write(left, list);
    jump_with(join, make_variant(type, 0, {}));

    ssa_.seal(join);
    ssa_.start(join);
    Row rest = one(list_type, ssa_.read(left));
    rest.leaves[0].claimed = true;
    Row answer = own_.own(Row{type, std::move(result)}, layout(type));
    put_back(target, std::move(rest));
    return answer;
}

Row FunctionLowering::list_get(const Row& list, const Row& index, TypeId type) {
    TypeId element_type = types().arg(list.type, 0);
    BlockId some = ssa_.make_block(), none = ssa_.make_block(), join = ssa_.make_block();
    std::vector<RowLeaf> result = add_params(join, type);
    // One comparison without sign sees a negative index, too.
    ValueId inside = b_.compare(Op::ICmp, Cond::Lt, b_.bitcast(Scalar::U64, index.id()),
                                b_.bitcast(Scalar::U64, b_.seq_len(list.id())));
    ssa_.branch(inside, some, none);
    ssa_.seal(some);
    ssa_.seal(none);
    ssa_.start(some);
    Mark mark = own_.mark();
    Row found = load(element(b_.seq_data(list.id()), index.id(), element_type), element_type);
    Row answer = to_owned(make_variant(type, 1, {&found, 1}));
    own_.leave(mark);
    jump_with(join, answer);
    ssa_.start(none);
    jump_with(join, make_variant(type, 0, {}));
    ssa_.seal(join);
    ssa_.start(join);
    return own_.own(Row{type, std::move(result)}, layout(type));
}

// No poll in the loop: until the length is set, nobody would release what has been stored.
Row FunctionLowering::list_filled(const Row& count, const Row& value, TypeId type) {
    demand_not_negative(count.id(), "a negative count");
    ValueId list = b_.list_new(count.id(), m_.desc(type));
    ValueId data = b_.seq_data(list), zero = int64(0);
    BlockId body = ssa_.make_block(), done = ssa_.make_block();
    ValueId i = ssa_.add_param(body, Scalar::I64);
    ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, zero, count.id()), body, {&zero, 1}, done, {});
    ssa_.start(body);
    Row copy{value.type, {}};
    const Layout& l = layout(value.type);
    for (std::size_t k = 0; k < l.leaves.size(); ++k) {
        bool is_ref = l.leaves[k].scalar == Scalar::Ref;
        copy.add(is_ref ? own_.retain(value.id(k), l.leaves[k].nullable) : value.id(k));
    }
    store(element(data, i, value.type), copy);
    ValueId next = b_.binary(Op::WrapAdd, Scalar::I64, i, int64(1));
    ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, next, count.id()), body, {&next, 1}, done, {});
    ssa_.seal(body);
    ssa_.seal(done);
    ssa_.start(done);
    return owned(type, b_.seq_set_len(list, count.id()));
}

} // namespace tn::lower
