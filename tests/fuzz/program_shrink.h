// Makes a failing program smaller.
//
// In: a text, and a question whether a text still fails. Out: a smaller text that does. It knows lines and
// brackets only: what no longer compiles does not fail in the way that is asked for.
#pragma once

#include <functional>
#include <string>

namespace tn::fuzz {

std::string shrink(const std::string& text, const std::function<bool(const std::string&)>& still_fails);

} // namespace tn::fuzz
