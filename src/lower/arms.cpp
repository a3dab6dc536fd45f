#include "lower/arms.h"

#include <algorithm>

namespace tn::lower {

Row FunctionLowering::Arms::body_value(syntax::ExprId body) {
    Span rest{whole_.file, fn_.span(body).end, whole_.end};
    fn_.excluded_.push_back(rest);
    Row value = fn_.settled(body, type_);
    fn_.excluded_.pop_back();
    return value;
}

void FunctionLowering::Arms::add(syntax::ExprId body) {
    add_value(body_value(body));
    fn_.own_.restore(before_);
}

void FunctionLowering::Arms::enter_bound(std::vector<Binding>& bindings, bool stable, Mark after,
                                         syntax::ExprId body) {
    for (Binding& binding : bindings)
        binding.row = fn_.claim(binding.local, std::move(binding.row), stable);
    fn_.own_.drop_between(mark_, after);
    for (const Binding& binding : bindings) fn_.bind(binding.local, binding.row);
    Row value = body_value(body);
    fn_.own_.leave(after);
    add_value(std::move(value));
    fn_.own_.restore(before_);
}

void FunctionLowering::Arms::add_value(Row value) {
    ends_.push_back(ArmEnd{fn_.b_.block(), std::move(value), fn_.own_.save()});
}

Row FunctionLowering::Arms::meet() {
    Ownership& own = fn_.own_;
    ir::BlockId join = fn_.ssa_.make_block();
    std::vector<RowLeaf> result = fn_.add_params(join, type_);
    own.forget(mark_);
    std::vector<std::size_t> moved; // by some arm
    for (std::size_t i = 0; i < mark_; ++i) {
        auto has_moved = [&](const ArmEnd& end) { return before_[i] && !end.state[i]; };
        if (std::ranges::any_of(ends_, has_moved)) moved.push_back(i);
    }
    for (const ArmEnd& end : ends_) {
        fn_.ssa_.start(end.block);
        for (auto i = moved.rbegin(); i != moved.rend(); ++i) {
            if (end.state[*i]) own.release_one(CleanupId(*i));
        }
        fn_.jump_with(join, end.value);
    }
    own.restore(before_);
    for (std::size_t i : moved) own.take(CleanupId(i));
    fn_.ssa_.seal(join);
    fn_.ssa_.start(join);
    return own.own(Row{type_, std::move(result)}, fn_.layout(type_));
}

} // namespace tn::lower
