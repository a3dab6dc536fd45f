// Rows of runtime_fn.def on floats, by the C library.
#include "runtime/runtime_fns.h"

#include <cmath>

namespace tn::rt {

extern "C" {

double rt_sin(Context*, double x) noexcept { return std::sin(x); }
double rt_cos(Context*, double x) noexcept { return std::cos(x); }
double rt_tan(Context*, double x) noexcept { return std::tan(x); }
double rt_asin(Context*, double x) noexcept { return std::asin(x); }
double rt_acos(Context*, double x) noexcept { return std::acos(x); }
double rt_atan(Context*, double x) noexcept { return std::atan(x); }
double rt_sinh(Context*, double x) noexcept { return std::sinh(x); }
double rt_cosh(Context*, double x) noexcept { return std::cosh(x); }
double rt_tanh(Context*, double x) noexcept { return std::tanh(x); }
double rt_atan2(Context*, double y, double x) noexcept { return std::atan2(y, x); }
double rt_exp(Context*, double x) noexcept { return std::exp(x); }
double rt_exp2(Context*, double x) noexcept { return std::exp2(x); }
double rt_ln(Context*, double x) noexcept { return std::log(x); }
double rt_log2(Context*, double x) noexcept { return std::log2(x); }
double rt_log10(Context*, double x) noexcept { return std::log10(x); }
double rt_pow_f64(Context*, double x, double y) noexcept { return std::pow(x, y); }
double rt_frem(Context*, double x, double y) noexcept { return std::fmod(x, y); }
// One step of Newton's method more than the C library takes, so that a cube has its root exactly.
double rt_cbrt(Context*, double x) noexcept {
    const double root = std::cbrt(x);
    if (root == 0 || !std::isfinite(root)) return root;
    const double square = root * root;
    return root - std::fma(square, root, -x) / (3 * square);
}
double rt_hypot(Context*, double x, double y) noexcept { return std::hypot(x, y); }
double rt_mul_add_f64(Context*, double x, double a, double b) noexcept { return std::fma(x, a, b); }
float rt_mul_add_f32(Context*, float x, float a, float b) noexcept { return std::fma(x, a, b); }
double rt_round(Context*, double x) noexcept { return std::round(x); }

} // extern "C"

} // namespace tn::rt
