// The table of op.def as data, and the spellings of the small vocabularies beside it.
#include "ir/inst.h"

namespace tn::ir {

namespace {
constexpr int V = -1;
constexpr ResultRule None = ResultRule::None, One = ResultRule::One, Many = ResultRule::Many;
constexpr ResultRule Bool = ResultRule::Bool;

} // namespace

const OpInfo op_table[] = {
#define OP(name, text, operands, results, effects, consumes) {text, operands, results, effects, consumes},
#include "ir/op.def"
};

std::string_view cond_text(Cond cond) {
    switch (cond) {
    case Cond::Eq: return "eq";
    case Cond::Ne: return "ne";
    case Cond::Lt: return "lt";
    case Cond::Le: return "le";
    case Cond::Gt: return "gt";
    case Cond::Ge: return "ge";
    }
    return "?";
}

std::string_view memory_class_text(MemoryClass memory) {
    switch (memory) {
    case MemoryClass::Element: return "elem";
    case MemoryClass::Instance: return "inst";
    case MemoryClass::Box: return "box";
    }
    return "?";
}

std::int64_t extend_int(Scalar type, std::int64_t value) {
    if (type == Scalar::Bool) return value & 1;
    unsigned unused = 64 - 8 * scalar_size(type);
    if (!is_integer(type) || unused == 0) return value;
    auto high = static_cast<std::uint64_t>(value) << unused;
    return is_signed(type) ? static_cast<std::int64_t>(high) >> unused
                           : static_cast<std::int64_t>(high >> unused);
}

} // namespace tn::ir
