// See constant.h.
#include "builtins/constant.h"

#include <limits>

namespace tn {

namespace {

enum class IntConstant : std::uint8_t {
#define INT_CONSTANT(id, name, doc) id,
#include "builtins/constant.def"
};
struct IntRow {
    IntConstant id;
    std::string_view name;
};
constexpr IntRow int_rows[] = {
#define INT_CONSTANT(id, name, doc) {IntConstant::id, name},
#include "builtins/constant.def"
};
struct FloatRow {
    std::string_view name;
    float f32_value;
    double f64_value;
};
constexpr FloatRow float_rows[] = {
#define FLOAT_CONSTANT(id, name, f32_value, f64_value, doc) {name, f32_value, f64_value},
#include "builtins/constant.def"
};

bool is_integer_kind(TypeKind kind) { return kind >= TypeKind::I8 && kind <= TypeKind::U64; }
bool is_float_kind(TypeKind kind) { return kind == TypeKind::F32 || kind == TypeKind::F64; }

BuiltinConstant int_value(TypeKind owner, IntConstant id) {
    Scalar scalar = type_kind_scalar(owner);
    unsigned bits = scalar_size(scalar) * 8;
    std::uint64_t ones = ~std::uint64_t{0} >> (64 - bits);
    switch (id) {
    case IntConstant::Min: return {owner, is_signed(scalar) ? static_cast<std::int64_t>(~(ones >> 1)) : 0, 0};
    case IntConstant::Max: return {owner, static_cast<std::int64_t>(is_signed(scalar) ? ones >> 1 : ones), 0};
    case IntConstant::Bits: return {TypeKind::I64, bits, 0};
    }
    return {};
}

} // namespace

std::optional<BuiltinConstant> find_builtin_constant(TypeKind owner, std::string_view name) {
    if (is_integer_kind(owner)) {
        for (const IntRow& row : int_rows) {
            if (row.name == name) return int_value(owner, row.id);
        }
    }
    if (is_float_kind(owner)) {
        for (const FloatRow& row : float_rows) {
            if (row.name == name)
                return BuiltinConstant{owner, 0, owner == TypeKind::F32 ? row.f32_value : row.f64_value};
        }
    }
    return {};
}

std::vector<std::string_view> builtin_constant_names(TypeKind owner) {
    std::vector<std::string_view> names;
    if (is_integer_kind(owner)) {
        for (const IntRow& row : int_rows) names.push_back(row.name);
    }
    if (is_float_kind(owner)) {
        for (const FloatRow& row : float_rows) names.push_back(row.name);
    }
    return names;
}

} // namespace tn
