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
    enum class Statistics : std::uint8_t { None, Table, Json } statistics = Statistics::None; // instead of a stage
};

struct DumpResult {
    std::string text;
    std::string error; // unknown stage or function, with the known ones
    CompileResult compile; // diagnostics, when it does not compile
};

// All stage names, in order.
std::vector<std::string> dump_stages();
// What a compilation spent in each step and on each function, as text; "" and nothing else when there is no such function.
std::string show_statistics(const CompileStatistics& statistics, const std::string& function, bool as_json);
DumpResult dump(const Engine& engine, const std::string& path, const DumpRequest& request, const Options& options);

} // namespace tn::driver
