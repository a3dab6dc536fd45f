// Goldens that are the wrapper module of an extension, as far as the checker sees one: they do not compile.
//
// In: a file with `// native: NAME` (a type) and `// native: NAME fn(...) -> R` (a function) for what the
// extension `wrapper` registered. Out: the diagnostics. It refuses to know what such functions do.
#pragma once

#include "expectation.h"

#include <string>
#include <string_view>

namespace tn::golden {

bool is_wrapper(std::string_view text);
Outcome compile_wrapper(const std::string& path, const std::string& text);

} // namespace tn::golden
