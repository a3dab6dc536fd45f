// Compiles and runs a golden in one of the ways a script can be run.
//
// In: a path, a mode, the file's settings. Out: what happened, a finding's file as the compiler names it. It
// refuses to know what was expected.
#pragma once

#include "expectation.h"

#include <array>
#include <string>
#include <string_view>

namespace tn::golden {

// The interpreter runs what the optimizer made, and what lowering made.
enum class Mode : std::uint8_t { Interpreter, RawInterpreter, Unoptimized, Optimized, FewRegisters, Metered, Lazy };
inline constexpr std::array all_modes{Mode::Interpreter, Mode::RawInterpreter, Mode::Unoptimized,
                                      Mode::Optimized,   Mode::FewRegisters,   Mode::Metered,        Mode::Lazy};
std::string_view name_of(Mode mode);

Outcome compile_only(const std::string& path, const Expectation& expectation);
Outcome execute(const std::string& path, Mode mode, const Expectation& expectation);
Outcome dump(const std::string& path, const Expectation& expectation);

} // namespace tn::golden
