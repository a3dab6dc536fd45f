// `tenon dump`: the text of any stage, by name. Goldens use the same path.
#pragma once

#include "driver/engine.h"

#include <string>
#include <vector>

namespace tn::driver {

struct DumpRequest {
    std::string stage;    // tokens, tree, ir, a pass of opt/pass.def, opt (after all passes), asm
    std::string function; // "" for all
    std::string target;   // x64 or a64; "" for this machine
};

struct DumpResult {
    std::string text;
    std::string error; // unknown stage or function, with the known ones
    CompileResult compile; // diagnostics, when it does not compile
};

// All stage names, in order.
std::vector<std::string> dump_stages();
DumpResult dump(const Engine& engine, const std::string& path, const DumpRequest& request, const Options& options);

} // namespace tn::driver
