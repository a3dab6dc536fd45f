// What one compilation may be told.
#pragma once

#include "support/statistics.h"

#include <cstdint>
#include <string>

namespace tn::driver {

struct Options {
    int opt_level = 2;                          // 0: no passes; 2: all
    std::uint64_t max_source_bytes = 16u << 20; // of one file
    std::uint64_t max_package_bytes = 256u << 20; // of all files together
    std::size_t max_modules = 4096;
    bool whole_package = false;                 // a folder's modules all, imported or not
    bool is_program = false;                    // `main` must be one that `tenon run` can call
    bool verify_each_pass = false;              // always on in debug builds
    unsigned limit_registers = 0;               // stress: at most this many allocatable registers; 0: all
    bool baseline_cpu = false;                  // the machine's oldest instruction set, whatever this CPU has
    std::string machine;                        // "": this one; x64 or a64 for a dump
    bool is_lazy = false;                       // machine code of what a host can call only when it is asked for
    unsigned threads = 1;                       // how many may optimize and compile a large module
    CompileStatistics* statistics = nullptr;    // gets what each step did; for one compilation at a time
};

} // namespace tn::driver
