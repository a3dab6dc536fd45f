// Loops, rotated: a guard, then body, poll and test at the bottom, so that one iteration takes one branch.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

FunctionLowering::LoopFrame FunctionLowering::loop_frame(ExprId id) {
    own_.fix_variables();
    return LoopFrame{id, ssa_.make_block(), ssa_.make_block(), own_.mark(), simple(TypeKind::Unit)};
}

void FunctionLowering::loop_body(const LoopFrame& frame, ExprId body) {
    Region region(*this);
    loops_.push_back(frame);
    effect(body);
    loops_.pop_back();
    ssa_.jump(frame.next);
}

// Small enough to be written twice, and without anything that would multiply when loops nest in it.
bool FunctionLowering::is_cheap_condition(ExprId id, unsigned& budget) const {
    if (budget == 0) return false;
    --budget;
    id = strip(id);
    if (info(id).form == check::Form::Operator) {
        if (const auto* n = node(id).as<syntax::UnaryExpr>()) return is_cheap_condition(n->operand, budget);
        if (const auto* n = node(id).as<syntax::BinaryExpr>()) {
            return is_cheap_condition(n->lhs, budget) && is_cheap_condition(n->rhs, budget);
        }
        return false;
    }
    if (info(id).form == check::Form::Element) {
        const auto* index = node(id).as<syntax::IndexExpr>();
        return is_cheap_condition(index->base, budget) &&
               is_cheap_condition(ast_->view(index->args)[0].expr, budget);
    }
    if (info(id).form == check::Form::Call) {
        for (const check::CallArg& arg : module_->call(info(id)).args) {
            if (arg.mode != check::ArgMode::Value || !is_cheap_condition(arg.expr, budget)) return false;
        }
        return true;
    }
    return is_simple(id);
}

void FunctionLowering::poll(const syntax::Label& label) {
    if (module_->is_prelude && label.is_valid() && text(label.symbol) == "__uncounted") return;
    b_.poll();
}

Row FunctionLowering::lower(const syntax::WhileExpr& n, ExprId id) {
    if (n.pattern.is_valid()) return while_let(n, id);
    Region region(*this);
    LoopFrame frame = loop_frame(id);
    BlockId body = ssa_.make_block();
    unsigned budget = 32;
    if (is_cheap_condition(n.condition, budget)) {
        condition(n.condition, body, frame.done);
        ssa_.start(body);
        loop_body(frame, n.body);
        ssa_.seal(frame.next);
        ssa_.start(frame.next);
        at(n.condition);
        poll(n.label);
        condition(n.condition, body, frame.done);
        ssa_.seal(body);
    } else {
        BlockId test = ssa_.make_block();
        ssa_.jump(test);
        ssa_.start(test);
        condition(n.condition, body, frame.done);
        ssa_.seal(body);
        ssa_.start(body);
        loop_body(frame, n.body);
        ssa_.seal(frame.next);
        ssa_.start(frame.next);
        at(n.condition);
        poll(n.label);
        ssa_.jump(test);
        ssa_.seal(test);
    }
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
    return unit();
}

Row FunctionLowering::while_let(const syntax::WhileExpr& n, ExprId id) {
    Region region(*this);
    LoopFrame frame = loop_frame(id);
    BlockId test = ssa_.make_block(), no_match = ssa_.make_block();
    ssa_.jump(test);
    ssa_.start(test);
    Mark mark = own_.mark();
    Row matched = scrutinee(n.condition, span(id));
    bool stable = !has_pending(matched);
    Mark after = own_.mark();
    Ownership::State before = own_.save();
    std::vector<Binding> bindings;
    match(n.pattern, matched, no_match, bindings);
    for (Binding& binding : bindings) binding.row = claim(binding.local, std::move(binding.row), stable);
    own_.drop_between(mark, after);
    for (const Binding& binding : bindings) bind(binding.local, binding.row);
    loops_.push_back(frame);
    effect(n.body);
    loops_.pop_back();
    own_.leave(after);
    ssa_.jump(frame.next);
    own_.restore(before);
    ssa_.seal(no_match);
    ssa_.start(no_match);
    own_.leave(mark);
    ssa_.jump(frame.done);
    ssa_.seal(frame.next);
    ssa_.start(frame.next);
    at(n.condition);
    b_.poll();
    ssa_.jump(test);
    ssa_.seal(test);
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
    return unit();
}

Row FunctionLowering::lower(const syntax::LoopExpr& n, ExprId id) {
    LoopFrame frame = loop_frame(id);
    frame.type = type_of(id);
    std::vector<RowLeaf> result = add_params(frame.done, frame.type);
    BlockId body = ssa_.make_block();
    ssa_.jump(body);
    ssa_.start(body);
    loop_body(frame, n.body);
    ssa_.seal(frame.next);
    ssa_.start(frame.next);
    at(id);
    poll(n.label);
    ssa_.jump(body);
    ssa_.seal(body);
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
    return own_.own(Row{frame.type, std::move(result)}, layout(frame.type));
}

Row FunctionLowering::lower(const syntax::ForExpr& n, ExprId id) {
    Mark mark = own_.mark();
    TypeId iterable = type_of(n.iterable);
    const check::ForLoop& how = module_->for_loops[info(id).detail];
    TypeKind kind = types().kind(iterable);
    if (kind == TypeKind::Never) {
        expr(n.iterable);
    } else if (how.next.is_valid()) {
        for_iterator(n, id, how);
    } else if (kind == TypeKind::Range) {
        for_range(n, id);
    } else {
        TN_CHECK(kind == TypeKind::List || kind == TypeKind::Slice, "a loop over " + types().print(iterable));
        for_list(n, id);
    }
    own_.leave(mark);
    return unit();
}

// The iterator is in registers, leaf by leaf: what has been drawn from it is gone.
void FunctionLowering::for_iterator(const syntax::ForExpr& n, ExprId id, const check::ForLoop& how) {
    Row source;
    if (how.iter.is_valid()) {
        const check::Call& iter = module_->calls[how.iter];
        source = call_with_places(callable(iter, TypeId()), iter, n.iterable);
    } else {
        source = expr(n.iterable);
    }
    Callable next = callable(module_->calls[how.next], TypeId());
    Held iterator = hold(to_owned(fit(std::move(source), next.shape.params[0].type)));
    LoopFrame frame = loop_frame(id);
    BlockId test = ssa_.make_block(), body = ssa_.make_block(), empty = ssa_.make_block();
    ssa_.jump(test);
    ssa_.start(test);
    at(n.iterable);
    Row argument = read_held(iterator);
    Outcome drawn = invoke(next, {&argument, 1});
    write_held(iterator, drawn.outs[0]);
    Row& option = drawn.result;
    Mark after = own_.mark();
    ssa_.branch(is_variant(option, 1), body, empty);
    ssa_.seal(body);
    ssa_.seal(empty);
    ssa_.start(body);
    {
        Region region(*this);
        Ownership::State before = own_.save();
        std::vector<Binding> bindings;
        match(n.pattern, payload(option, 1, 0), BlockId(), bindings);
        for (Binding& binding : bindings)
            binding.row = claim(binding.local, std::move(binding.row), false);
        own_.drop_between(frame.mark, after);
        for (const Binding& binding : bindings) bind(binding.local, binding.row);
        loops_.push_back(frame);
        effect(n.body);
        loops_.pop_back();
        own_.leave(after);
        ssa_.jump(frame.next);
        own_.restore(before);
    }
    ssa_.start(empty);
    own_.leave(frame.mark);
    ssa_.jump(frame.done);
    ssa_.seal(frame.next);
    ssa_.start(frame.next);
    at(id);
    b_.poll();
    ssa_.jump(test);
    ssa_.seal(test);
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
}

void FunctionLowering::round(const syntax::ForExpr& n, LoopFrame frame, const Row& element) {
    Region region(*this);
    loops_.push_back(frame);
    Mark mark = own_.mark();
    std::vector<Binding> bindings;
    match(n.pattern, element, BlockId(), bindings);
    bind_all(bindings, true);
    effect(n.body);
    own_.leave(mark);
    loops_.pop_back();
    ssa_.jump(frame.next);
}

void FunctionLowering::for_range(const syntax::ForExpr& n, ExprId id) {
    TypeId type = types().arg(type_of(n.iterable), 0);
    Scalar s = scalar(type);
    ValueId start, end, not_empty, last; // last: of ranges that include their end, or may
    ExprId range_id = strip(n.iterable);
    const auto* range = node(range_id).as<syntax::RangeExpr>();
    if (range && range->start.is_valid() && range->end.is_valid()) {
        start = value(range->start, type).id();
        end = value(range->end, type).id();
        if (range->inclusive) last = end;
        not_empty = b_.compare(Op::ICmp, range->inclusive ? Cond::Le : Cond::Lt, start, end);
    } else {
        Row row = expr(n.iterable);
        start = row.id(0);
        end = row.id(1);
        ValueId closed = b_.compare(Op::ICmp, Cond::Le, start, end),
                open = b_.compare(Op::ICmp, Cond::Lt, start, end);
        not_empty = b_.select(row.id(2), closed, open);
        last = b_.select(row.id(2), end, b_.binary(Op::WrapSub, s, end, b_.const_int(s, 1)));
    }
    LoopFrame frame = loop_frame(id);
    BlockId body = ssa_.make_block();
    ValueId i = ssa_.add_param(body, s);
    ssa_.branch(not_empty, body, {&start, 1}, frame.done, {});
    ssa_.start(body);
    round(n, frame, one(type, i));
    ssa_.seal(frame.next);
    ssa_.start(frame.next);
    at(id);
    b_.poll();
    // It cannot overflow: i is below the end.
    ValueId next = b_.binary(Op::WrapAdd, s, i, b_.const_int(s, 1));
    ValueId more =
        last.is_valid() ? b_.compare(Op::ICmp, Cond::Lt, i, last) : b_.compare(Op::ICmp, Cond::Lt, next, end);
    ssa_.branch(more, body, {&next, 1}, frame.done, {});
    ssa_.seal(body);
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
}

void FunctionLowering::for_list(const syntax::ForExpr& n, ExprId id) {
    TypeId element_type = types().arg(type_of(n.iterable), 0);
    // While the loop runs nobody changes this list: a variable that the body assigns is retained, and then
    // its owner makes a copy. So elements can be borrowed.
    Row list = operand(n.iterable, span(n.body), false);
    bool is_slice = types().kind(list.type) == TypeKind::Slice;
    ValueId length = is_slice ? list.id(1) : b_.seq_len(list.id());
    ValueId data = is_slice ? list.id(0) : b_.seq_data(list.id());
    ValueId zero = int64(0);
    LoopFrame frame = loop_frame(id);
    BlockId body = ssa_.make_block();
    ValueId i = ssa_.add_param(body, Scalar::I64);
    ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, zero, length), body, {&zero, 1}, frame.done, {});
    ssa_.start(body);
    round(n, frame, load(element(data, i, element_type), element_type, true));
    ssa_.seal(frame.next);
    ssa_.start(frame.next);
    at(id);
    b_.poll();
    ValueId next = b_.binary(Op::WrapAdd, Scalar::I64, i, int64(1));
    ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, next, length), body, {&next, 1}, frame.done, {});
    ssa_.seal(body);
    ssa_.seal(frame.done);
    ssa_.start(frame.done);
}

} // namespace tn::lower
