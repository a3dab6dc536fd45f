#include "syntax/token.h"

namespace tn::syntax {

namespace {

struct Row {
    std::string_view name;
    std::string_view shown;
};

constexpr Row rows[] = {
#define TOKEN(name, shown) {#name, shown},
#include "syntax/token.def"
};

} // namespace

std::string_view name_of(TokenKind kind) { return rows[static_cast<std::size_t>(kind)].name; }
std::string_view shown(TokenKind kind) { return rows[static_cast<std::size_t>(kind)].shown; }

} // namespace tn::syntax
