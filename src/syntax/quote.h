// Text as a literal of the language, on one line, for dumps.
//
// In: decoded text. Out: its quoted form. It refuses to know where it goes.
#pragma once

#include <string>
#include <string_view>

namespace tn::syntax {

std::string quote_text(std::string_view text);
std::string quote_bytes(std::string_view bytes);
std::string quote_char(char32_t scalar);

} // namespace tn::syntax
