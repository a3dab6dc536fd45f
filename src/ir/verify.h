// The contract of the IR, enforced. Checked per function:
//
//   structure   ids in range; block 0 is the entry and its parameters match the signature; every block
//               that is not removed ends in exactly one instruction that Ends; an instruction stands once,
//               in the block it names; its results are values that name it; a parameter likewise
//   shapes      operand and target counts, operand and result types, imm, aux and scale of each op;
//               arguments match the target block's parameters in number and type; call sites match
//               their callee; Ref alone may be Owned
//   dominance   a use is dominated by its definition; block arguments are uses at the end of the block
//   ownership   on every path an Owned value is consumed exactly once, and not used after that; a
//               Borrowed value is never consumed. Consumers: consumes_operand(), Return, an argument for
//               an Owned block parameter. After a Trap or Unreachable nothing is demanded: the unwinder
//               releases. The result of Null counts as both kinds and may be consumed any number of times.
//
// Whether a Borrowed value is still alive at a use is the interpreter's business, not seen here.
// Unreachable blocks are checked for structure and shapes only.
#pragma once

#include "ir/module.h"

namespace tn::ir {

// Messages like "fn main, b2, `v7 = add.i64 v1, v2`: operand 1 is not i64"; empty when all is well.
// `more_locs`: source positions that the module is about to get.
std::vector<std::string> verify(const Module& module, const Function& fn, std::size_t more_locs = 0);
std::vector<std::string> verify(const Module& module); // tables and every function

// TN_ICEs with the messages and `stage` ("after gvn") if there are any.
void verify_or_ice(const Module& module, std::string_view stage);

} // namespace tn::ir
