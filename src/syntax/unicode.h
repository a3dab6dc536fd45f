// The little that the lexer needs of Unicode.
//
// In: UTF-8. Out: where it is malformed, what may stand in a name, and names in one normal form. It refuses
// to know tokens. XID is approximated by general categories: a name starts with a letter, a letter number
// or `_`, and goes on with these, marks, decimal digits and connector punctuation. That differs from the
// standard's lists only in a few dozen compatibility characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tn::syntax {

// Offset of the first byte that cannot stand where it does, or npos.
std::size_t find_invalid_utf8(std::string_view text);

bool is_name_start(char32_t scalar);
bool is_name_continue(char32_t scalar);
// `Point` is capitalized, `point`, `_x` and a letter without case are not.
bool is_capitalized(std::string_view name);
// NFC, so that a name typed in two ways is one name.
std::string normalize_name(std::string_view name);

} // namespace tn::syntax
