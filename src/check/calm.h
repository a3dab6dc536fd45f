// Whether it is nobody's business in which order expressions are evaluated.
#pragma once

#include "check/program.h"

namespace tn::check {

// By what the expression is made of: it may trap, but neither calls functions of the script or the host, nor changes anything.
// `xs.map(f).sum()` makes no list if f is such a closure.
bool is_calm(Program& program, const syntax::Ast& ast, ExprId id);

} // namespace tn::check
