#include "syntax/foreign_word.h"

namespace tn::syntax {

namespace {

struct ForeignItem {
    std::string_view word;
    TokenKind kind;
};
struct ForeignName {
    std::string_view word;
    std::string_view hint;
};

constexpr ForeignItem items[] = {
#define FOREIGN_ITEM(word, token) {word, TokenKind::token},
#include "syntax/foreign_word.def"
};
constexpr ForeignName names[] = {
#define FOREIGN_NAME(word, hint) {word, hint},
#include "syntax/foreign_word.def"
};

} // namespace

std::optional<TokenKind> find_foreign_item(std::string_view word) {
    for (const ForeignItem& item : items)
        if (item.word == word) return item.kind;
    return std::nullopt;
}

std::string_view find_foreign_name_hint(std::string_view word) {
    for (const ForeignName& name : names)
        if (name.word == word) return name.hint;
    return {};
}

} // namespace tn::syntax
