#include "host/operators.h"

#include <algorithm>

namespace tn::host {

namespace {

// What each parameter and the result must be.
enum class Want : std::uint8_t { Self, MutSelf, Any, Bool, I64, U64, String, Option, Unit };

struct Shape {
    std::vector<Want> params;
    Want result;
    const char* text; // with T for the type
};

Shape shape_of(const Operator& op) {
    using enum Want;
    if (op.is_set_index) return {{MutSelf, Any, Any}, Unit, "fn(mut T, I, V)"};
    switch (op.trait) {
    case CoreTrait::Add:
    case CoreTrait::Sub:
    case CoreTrait::Mul:
    case CoreTrait::Div:
    case CoreTrait::Rem:
    case CoreTrait::BitAnd:
    case CoreTrait::BitOr:
    case CoreTrait::BitXor:
    case CoreTrait::Shl:
    case CoreTrait::Shr: return {{Any, Any}, Any, "fn(A, B) -> R, where A or B is T"};
    case CoreTrait::Neg: return {{Self}, Any, "fn(T) -> R"};
    case CoreTrait::Index: return {{Self, Any}, Any, "fn(T, I) -> V"};
    case CoreTrait::Eq: return {{Self, Self}, Bool, "fn(T, T) -> bool"};
    case CoreTrait::Ord: return {{Self, Self}, I64, "fn(T, T) -> i64"};
    case CoreTrait::Hash: return {{Self}, U64, "fn(T) -> u64"};
    case CoreTrait::Show: return {{Self}, String, "fn(T) -> String"};
    case CoreTrait::Iterate: return {{MutSelf}, Option, "fn(mut T) -> E?"};
    }
    return {};
}

bool fits(Want want, const TypeText& type, bool is_mut, std::string_view self) {
    auto is = [&](std::string_view name) {
        return type.kind == TypeText::Kind::Name && type.parts.empty() && type.name == name;
    };
    const bool is_unit = type.kind == TypeText::Kind::Tuple && type.parts.empty();
    if (is_mut != (want == Want::MutSelf)) return false;
    switch (want) {
    case Want::Self:
    case Want::MutSelf: return is(self);
    case Want::Any: return !is_unit;
    case Want::Bool: return is("bool");
    case Want::I64: return is("i64");
    case Want::U64: return is("u64");
    case Want::String: return is("String");
    case Want::Option: return type.kind == TypeText::Kind::Option;
    case Want::Unit: return is_unit;
    }
    return false;
}

} // namespace

std::optional<Operator> find_operator(std::string_view name) {
    if (name == "set_index") return Operator{CoreTrait::Index, true};
    for (unsigned i = 0; i < core_trait_count; ++i) {
        const auto trait = static_cast<CoreTrait>(i);
        if (core_trait_info(trait).method == name) return Operator{trait, false};
    }
    return std::nullopt;
}

bool may_overload(const Operator& op) { return core_trait_info(op.trait).inputs > 0 && op.trait != CoreTrait::Iterate; }

std::string wrong_signature(const Operator& op, std::string_view type, const TypeText& signature) {
    const Shape shape = shape_of(op);
    const std::size_t count = signature.parts.size() - 1;
    bool good = count == shape.params.size();
    bool has_type = false;
    for (std::size_t i = 0; good && i < count; ++i) {
        good = fits(shape.params[i], signature.parts[i], signature.is_mut[i], type);
        has_type |= fits(Want::Self, signature.parts[i], false, type) || signature.is_mut[i];
    }
    good = good && has_type && fits(shape.result, signature.parts.back(), false, type);
    return good ? "" : shape.text;
}

std::string operands_of(const Operator& op, const TypeText& signature) {
    std::string text;
    const std::size_t inputs = core_trait_info(op.trait).inputs;
    for (std::size_t i = 0; i < std::min(1 + inputs, signature.parts.size() - 1); ++i)
        text += canonical(signature.parts[i]) + ";";
    return op.is_set_index ? "set " + text : text;
}

} // namespace tn::host
