// The order of the passes.
#pragma once

#include "ir/module.h"
#include "support/statistics.h"
#include "support/workers.h"

#include <string>
#include <string_view>
#include <vector>

namespace tn::opt {

struct Options {
    int level = 2;           // 0: nothing
    bool verify = false;     // the IR verifier after every pass
    std::string stop_after;  // a pass of pass.def: nothing runs after its first run in each function
    CompileStatistics* statistics = nullptr; // where to note what each pass did
    Workers* workers = nullptr; // threads that share the work; the result is the same without
    // Only what the module's tables reach is looked at; the rest loses its code first. The module is a copy of one that
    // went through prepare_parts.
    bool is_part = false;
};

struct PassInfo {
    std::string_view name, claim;
};
const std::vector<PassInfo>& passes();

void optimize(ir::Module& module, const Options& options);
// Before the first part of a module is optimized: what its parts must know of the whole.
void prepare_parts(ir::Module& module, const Options& options);
// One function that was added to a module which is optimized already; what it does not reach loses its code.
void optimize_one(ir::Module& module, ir::FuncId func, const Options& options);

} // namespace tn::opt
