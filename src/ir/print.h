// The text form of the IR, lossless: parse(print(m)) prints the same. Values and blocks are numbered
// densely in print order; removed blocks and instructions are not shown.
#pragma once

#include "ir/module.h"

namespace tn::ir {

// The module's tables, then its functions.
std::string print(const Module& module);
// One function as it stands in the module's text. With `raw_ids` values and blocks keep their ids, as
// messages and tests of passes need it.
std::string print(const Module& module, const Function& fn, bool raw_ids = false);
// One instruction with raw ids, without its location.
std::string print_inst(const Module& module, const Function& fn, InstId inst);

} // namespace tn::ir
