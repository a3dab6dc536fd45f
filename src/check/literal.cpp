// Literals and f-strings. A number's type may still be open; finish_literals() converts its value.
#include "check/body.h"

namespace tn::check {

namespace {

std::optional<TypeKind> number_kind(std::string_view suffix) {
    for (TypeKind kind : {TypeKind::I8, TypeKind::I16, TypeKind::I32, TypeKind::I64, TypeKind::U8,
                          TypeKind::U16, TypeKind::U32, TypeKind::U64, TypeKind::F32, TypeKind::F64}) {
        if (type_kind_text(kind) == suffix) return kind;
    }
    return {};
}

} // namespace

TypeId BodyChecker::visit(ExprId id, const syntax::IntExpr& node, const Expect&) {
    TypeId type;
    if (node.suffix.is_valid()) {
        std::optional<TypeKind> known = number_kind(text(node.suffix));
        type = known ? simple(*known) : error();
    } else {
        type = infer_.fresh(VarKind::Int, span_of(id), "");
    }
    ints_.push_back({id, type, node.magnitude, false, node.overflow});
    return type;
}

TypeId BodyChecker::visit(ExprId id, const syntax::FloatExpr& node, const Expect&) {
    TypeId type;
    if (node.suffix.is_valid()) {
        std::optional<TypeKind> known = number_kind(text(node.suffix));
        type = known ? simple(*known) : error();
    } else {
        type = infer_.fresh(VarKind::Float, span_of(id), "");
    }
    floats_.push_back({id, type, node.value, node.digits, false});
    return type;
}

TypeId BodyChecker::visit(ExprId id, const syntax::BoolExpr& node, const Expect&) {
    set_constant(id, Constant{node.value ? 1 : 0, 0});
    return simple(TypeKind::Bool);
}

TypeId BodyChecker::visit(ExprId id, const syntax::CharExpr& node, const Expect&) {
    set_constant(id, Constant{static_cast<std::int64_t>(node.value), 0});
    return simple(TypeKind::Char);
}

TypeId BodyChecker::visit(ExprId, const syntax::StringExpr&, const Expect&) {
    return simple(TypeKind::String);
}

TypeId BodyChecker::visit(ExprId, const syntax::BytesExpr&, const Expect&) { return simple(TypeKind::Bytes); }

TypeId BodyChecker::visit(ExprId id, const syntax::FStringExpr& node, const Expect&) {
    std::span<const syntax::FStringPiece> pieces = view(node.pieces);
    auto first = static_cast<std::uint32_t>(module_.format_specs.size());
    module_.format_specs.resize(first + pieces.size());
    info(id).detail = first;
    bool diverges = false;
    for (std::uint32_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].expr.is_valid()) continue;
        TypeId type = check(pieces[i].expr);
        diverges |= is_never(type);
        require(CoreTrait::Show, type, span_of(pieces[i].expr));
        if (pieces[i].spec) formats_.push_back({first + i, type, *pieces[i].spec});
    }
    return diverges ? simple(TypeKind::Never) : simple(TypeKind::String);
}

} // namespace tn::check
