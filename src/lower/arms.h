// Where the arms of an if or a match meet.
//
// In: the arms' bodies, one by one, each begun where control comes to it. Out: the value of the whole, in the
// block where they meet. An arm may move a variable by its last use: then the others, which still hold it,
// release it before they meet.
#pragma once

#include "lower/function_lowering.h"

namespace tn::lower {

class FunctionLowering::Arms {
public:
    // Nothing since `mark` is left when the arms meet.
    Arms(FunctionLowering& fn, TypeId type, Span whole, Mark mark)
        : fn_(fn), type_(type), whole_(whole), mark_(mark) {}

    // What all arms come from has been evaluated.
    void split() { before_ = fn_.own_.save(); }
    // An arm in the current block, in its own scope of temporaries.
    void add(syntax::ExprId body);
    // An arm that binds parts of a matched value, whose temporaries stand between the mark and `after`. Later
    // arms find them as they were.
    void enter_bound(std::vector<Binding>& bindings, bool stable, Mark after, syntax::ExprId body);
    void add_value(Row value); // the caller's own
    // Goes on where the arms meet; everything since the mark is forgotten.
    Row meet();

private:
    Row body_value(syntax::ExprId body);

    FunctionLowering& fn_;
    TypeId type_;
    Span whole_;
    Mark mark_;
    Ownership::State before_;
    std::vector<ArmEnd> ends_;
};

} // namespace tn::lower
