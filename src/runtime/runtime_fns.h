// The C++ side of builtins/runtime_fn.def: every row as a function, and their addresses by RuntimeFn.
// tests/unit/runtime checks each signature against the letters of its row.
//
// Parameters and ownership are as the row says; Bool parameters and results are 0 or 1 in the low byte.
// Results of rows with two or more stand in Context::results; a U8 tag there fills its whole slot.
#pragma once

#include "builtins/runtime_fn.h"
#include "runtime/context.h"

namespace tn::rt {

extern "C" {
// --- strings ---
Object* rt_string_concat(Context*, Object*, Object*) noexcept;
Object* rt_string_append(Context*, Object*, Object*) noexcept;
Object* rt_string_append_char(Context*, Object*, std::uint32_t) noexcept;
Object* rt_string_from_char(Context*, std::uint32_t) noexcept;
bool rt_string_eq(Context*, Object*, Object*) noexcept;
std::int64_t rt_string_compare(Context*, Object*, Object*) noexcept;
Object* rt_string_copy(Context*, Object*) noexcept;
Object* rt_string_slice(Context*, Object*, std::int64_t, std::int64_t) noexcept;
void rt_string_find(Context*, Object*, Object*) noexcept;
bool rt_string_contains(Context*, Object*, Object*) noexcept;
bool rt_string_starts_with(Context*, Object*, Object*) noexcept;
bool rt_string_ends_with(Context*, Object*, Object*) noexcept;
Object* rt_string_split(Context*, Object*, Object*, std::int64_t) noexcept;
Object* rt_string_trim(Context*, Object*) noexcept;
Object* rt_string_trim_start(Context*, Object*) noexcept;
Object* rt_string_trim_end(Context*, Object*) noexcept;
Object* rt_string_replace(Context*, Object*, Object*, Object*) noexcept;
Object* rt_string_repeat(Context*, Object*, std::int64_t) noexcept;
Object* rt_string_to_upper(Context*, Object*) noexcept;
Object* rt_string_to_lower(Context*, Object*) noexcept;
void rt_string_parse_int(Context*, Object*) noexcept;
void rt_string_parse_float(Context*, Object*) noexcept;
std::int64_t rt_string_char_count(Context*, Object*) noexcept;
Object* rt_string_reverse(Context*, Object*) noexcept;
Object* rt_string_chars(Context*, Object*, std::int64_t) noexcept;
Object* rt_string_bytes(Context*, Object*, std::int64_t) noexcept;
Object* rt_string_lines(Context*, Object*, std::int64_t) noexcept;
Object* rt_string_words(Context*, Object*, std::int64_t) noexcept;
Object* rt_string_from_chars(Context*, Object*) noexcept;
Object* rt_string_to_bytes(Context*, Object*) noexcept;
std::uint64_t rt_string_hash(Context*, Object*, std::uint64_t) noexcept;
std::uint64_t rt_bytes_hash(Context*, Object*, std::uint64_t) noexcept;
std::int64_t rt_string_find_from(Context*, Object*, Object*, std::int64_t) noexcept;
std::uint32_t rt_string_char_at(Context*, Object*, std::int64_t) noexcept;
std::int64_t rt_string_char_end(Context*, Object*, std::int64_t) noexcept;
std::int64_t rt_string_skip_space(Context*, Object*, std::int64_t) noexcept;
std::int64_t rt_string_find_space(Context*, Object*, std::int64_t) noexcept;
bool rt_bytes_eq(Context*, Object*, Object*) noexcept;
std::int64_t rt_bytes_compare(Context*, Object*, Object*) noexcept;
bool rt_bytes_is_text(Context*, Object*) noexcept;
Object* rt_bytes_to_text(Context*, Object*) noexcept;
Object* rt_bytes_to_hex(Context*, Object*) noexcept;
// --- values of the host's types ---
Object* rt_host_new(Context*, std::uint64_t, std::int64_t) noexcept;
Object* rt_host_unique(Context*, Object*) noexcept;
void rt_host_measure(Context*, Object*) noexcept;
bool rt_host_equal(Context*, Object*, Object*) noexcept;
std::uint64_t rt_host_hash(Context*, Object*) noexcept;
Object* rt_host_show(Context*, Object*, Object*) noexcept;
// --- building shown and formatted text: the first parameter is the text so far ---
Object* rt_show_int(Context*, Object*, std::int64_t) noexcept;
Object* rt_show_uint(Context*, Object*, std::uint64_t) noexcept;
Object* rt_show_f64(Context*, Object*, double) noexcept;
Object* rt_show_f32(Context*, Object*, float) noexcept;
Object* rt_show_bool(Context*, Object*, bool) noexcept;
Object* rt_show_quoted(Context*, Object*, Object*) noexcept;
Object* rt_show_quoted_char(Context*, Object*, std::uint32_t) noexcept;
Object* rt_show_bytes(Context*, Object*, Object*) noexcept;
Object* rt_format_int(Context*, Object*, std::int64_t, std::int64_t, std::int64_t) noexcept;
Object* rt_format_uint(Context*, Object*, std::uint64_t, std::int64_t, std::int64_t) noexcept;
Object* rt_format_f64(Context*, Object*, double, std::int64_t, std::int64_t) noexcept;
Object* rt_format_f32(Context*, Object*, float, std::int64_t, std::int64_t) noexcept;
Object* rt_format_text(Context*, Object*, Object*, std::int64_t, std::int64_t) noexcept;
// --- lists ---
Object* rt_list_concat(Context*, Object*, Object*, std::int64_t) noexcept;
Object* rt_list_slice(Context*, Object*, std::int64_t, std::int64_t, std::int64_t) noexcept;
Object* rt_list_extend(Context*, Object*, Object*) noexcept;
Object* rt_list_reserve(Context*, Object*, std::int64_t) noexcept;
Object* rt_list_truncate(Context*, Object*, std::int64_t, std::int64_t) noexcept;
Object* rt_list_move_to_end(Context*, Object*, std::int64_t) noexcept;
Object* rt_list_move_from_end(Context*, Object*, std::int64_t) noexcept;
Object* rt_list_copy_raw(Context*, Object*, std::int64_t, Object*, std::int64_t, std::int64_t) noexcept;
void rt_list_put_raw(Context*, Object*, std::int64_t, Object*, std::int64_t, std::int64_t) noexcept;
// --- output ---
void rt_print(Context*, Object*) noexcept;
// --- characters ---
bool rt_char_is_alphabetic(Context*, std::uint32_t) noexcept;
bool rt_char_is_alphanumeric(Context*, std::uint32_t) noexcept;
bool rt_char_is_whitespace(Context*, std::uint32_t) noexcept;
bool rt_char_is_upper(Context*, std::uint32_t) noexcept;
bool rt_char_is_lower(Context*, std::uint32_t) noexcept;
std::uint32_t rt_char_to_upper(Context*, std::uint32_t) noexcept;
std::uint32_t rt_char_to_lower(Context*, std::uint32_t) noexcept;
// --- mathematics; f32 methods convert ---
double rt_sin(Context*, double) noexcept;
double rt_cos(Context*, double) noexcept;
double rt_tan(Context*, double) noexcept;
double rt_asin(Context*, double) noexcept;
double rt_acos(Context*, double) noexcept;
double rt_atan(Context*, double) noexcept;
double rt_sinh(Context*, double) noexcept;
double rt_cosh(Context*, double) noexcept;
double rt_tanh(Context*, double) noexcept;
double rt_atan2(Context*, double, double) noexcept;
double rt_exp(Context*, double) noexcept;
double rt_exp2(Context*, double) noexcept;
double rt_ln(Context*, double) noexcept;
double rt_log2(Context*, double) noexcept;
double rt_log10(Context*, double) noexcept;
double rt_pow_f64(Context*, double, double) noexcept;
double rt_frem(Context*, double, double) noexcept;
double rt_cbrt(Context*, double) noexcept;
double rt_hypot(Context*, double, double) noexcept;
double rt_mul_add_f64(Context*, double, double, double) noexcept;
float rt_mul_add_f32(Context*, float, float, float) noexcept;
double rt_round(Context*, double) noexcept;
}

const void* runtime_fn_address(RuntimeFn fn);

} // namespace tn::rt
