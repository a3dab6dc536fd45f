// The order of the passes.
#pragma once

#include "ir/module.h"
#include "support/statistics.h"

#include <string>
#include <string_view>
#include <vector>

namespace tn::opt {

struct Options {
    int level = 2;           // 0: nothing
    bool verify = false;     // the IR verifier after every pass
    std::string stop_after;  // a pass of pass.def: nothing runs after its first run in each function
    CompileStatistics* statistics = nullptr; // where to note what each pass did
};

struct PassInfo {
    std::string_view name, claim;
};
const std::vector<PassInfo>& passes();

void optimize(ir::Module& module, const Options& options);
// One function that was added to a module which is optimized already; what it does not reach loses its code.
void optimize_one(ir::Module& module, ir::FuncId func, const Options& options);

} // namespace tn::opt
