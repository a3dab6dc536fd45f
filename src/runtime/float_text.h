// Internal to the runtime: floats as Python writes them.
#pragma once

#include "builtins/format_spec.h"

#include <string_view>

namespace tn::rt {

inline constexpr std::size_t short_float_size = 64;

// repr: the shortest text that reads back the same (`1.0`, `1e+16`, `inf`, `-0.0`), into a buffer of
// short_float_size characters; answers its length.
std::size_t write_repr(double value, char* out);
std::size_t write_repr(float value, char* out);

// How much room write_float needs.
std::size_t float_room(const FormatSpec& spec);
// The magnitude (no sign) by type, precision and `#` of the spec, into a buffer of float_room; answers
// its length. `narrow` says that the value came from an f32, which decides its shortest digits. Throws std::bad_alloc:
// hundreds of digits take memory meanwhile.
std::size_t write_float(double value, bool narrow, const FormatSpec& spec, char* out);

} // namespace tn::rt
