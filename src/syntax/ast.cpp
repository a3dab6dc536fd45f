#include "syntax/ast.h"

namespace tn::syntax {

std::string_view text_of(UnaryOp op) {
    static constexpr std::string_view texts[] = {
#define UNARY_OP(name, text, token) text,
#include "syntax/ast.def"
    };
    return texts[static_cast<std::size_t>(op)];
}

std::string_view text_of(BinaryOp op) {
    static constexpr std::string_view texts[] = {
#define BINARY_OP(name, text, token, precedence, assign_token) text,
#include "syntax/ast.def"
    };
    return texts[static_cast<std::size_t>(op)];
}

std::string_view name_of(ExprKind kind) {
    static constexpr std::string_view names[] = {
#define EXPR(name) #name,
#include "syntax/ast.def"
    };
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(StmtKind kind) {
    static constexpr std::string_view names[] = {
#define STMT(name) #name,
#include "syntax/ast.def"
    };
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(PatternKind kind) {
    static constexpr std::string_view names[] = {
#define PATTERN(name) #name,
#include "syntax/ast.def"
    };
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(TypeExprKind kind) {
    static constexpr std::string_view names[] = {
#define TYPE_EXPR(name) #name,
#include "syntax/ast.def"
    };
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(ItemKind kind) {
    static constexpr std::string_view names[] = {
#define ITEM(name) #name,
#include "syntax/ast.def"
    };
    return names[static_cast<std::size_t>(kind)];
}

} // namespace tn::syntax
