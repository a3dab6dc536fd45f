// Scalar: the machine-level types of scalar.def, with their properties as functions of the table.
#pragma once

#include <cstdint>
#include <string_view>

namespace tn {

enum class ScalarClass : std::uint8_t { Void, Int, Uint, Float, Ref, Ptr };

enum class Scalar : std::uint8_t {
#define SCALAR(name, text, size, cls) name,
#include "types/scalar.def"
};

struct ScalarInfo {
    std::string_view text;
    std::uint8_t size;
    ScalarClass scalar_class;
};

inline constexpr ScalarInfo scalar_table[] = {
#define SCALAR(name, text, size, cls) {text, size, ScalarClass::cls},
#include "types/scalar.def"
};

constexpr const ScalarInfo& scalar_info(Scalar s) { return scalar_table[static_cast<unsigned>(s)]; }
constexpr std::string_view scalar_text(Scalar s) { return scalar_info(s).text; }
constexpr unsigned scalar_size(Scalar s) { return scalar_info(s).size; }
constexpr bool is_signed(Scalar s) { return scalar_info(s).scalar_class == ScalarClass::Int; }
constexpr bool is_float(Scalar s) { return scalar_info(s).scalar_class == ScalarClass::Float; }
// Signed or unsigned integers, Bool included.
constexpr bool is_integer(Scalar s) {
    return scalar_info(s).scalar_class == ScalarClass::Int || scalar_info(s).scalar_class == ScalarClass::Uint;
}

} // namespace tn
