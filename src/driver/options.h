// What one compilation may be told.
#pragma once

#include <cstdint>
#include <string>

namespace tn::driver {

struct Options {
    int opt_level = 2;                          // 0: no passes; 2: all
    std::uint64_t max_source_bytes = 16u << 20; // of one file
    bool verify_each_pass = false;              // always on in debug builds
    unsigned limit_registers = 0;               // stress: at most this many allocatable registers; 0: all
    std::string pin_cpu;                        // "", or "baseline": the target's oldest instruction set
};

} // namespace tn::driver
