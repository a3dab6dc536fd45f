// Hints for words that people bring from other languages.
//
// In: a word. Out: what Tenon writes instead, if it is known. It refuses to know where the word stands.
#pragma once

#include "syntax/token.h"

#include <optional>
#include <string_view>

namespace tn::syntax {

// `struct` gives Record.
std::optional<TokenKind> find_foreign_item(std::string_view word);
// A hint for an unknown name or type (`null`, `int`, `Vec`); empty when there is none.
std::string_view find_foreign_name_hint(std::string_view word);

} // namespace tn::syntax
