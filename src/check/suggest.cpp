// Edit distance (with transpositions), and the tables of foreign names. See suggest.h.
#include "check/suggest.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tn::check {

namespace {

constexpr std::size_t max_length = 40;

// Distances above `limit` answer limit + 1.
unsigned edit_distance(std::string_view a, std::string_view b, unsigned limit) {
    std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > limit) return limit + 1;
    std::array<std::array<unsigned, max_length + 1>, 3> rows;
    for (unsigned j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (unsigned i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i + 2) % 3];
        const auto& above_two = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.size(); ++j) {
            unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + same});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], above_two[j - 2] + 1);
            }
        }
    }
    return rows[a.size() % 3][b.size()];
}

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair values[] = {
    {"println", "print"}, {"puts", "print"},  {"echo", "print"},     {"printf", "print"}, {"null", "None"},
    {"nil", "None"},      {"none", "None"},   {"some", "Some"},      {"True", "true"},    {"False", "false"},
    {"this", "self"},     {"str", "show"},    {"repr", "show"},      {"abort", "panic"},  {"throw", "panic"},
    {"raise", "panic"},   {"error", "panic"}, {"to_string", "show"},
};
constexpr Pair habits[] = {
    {"range", "a range is written `0..n`"},
    {"len", "length is a method: `xs.len()`"},
    {"length", "length is a method: `xs.len()`"},
    {"sizeof", "length is a method: `xs.len()`"},
    {"int", "convert a number with `x as i64`, read a text with `s.parse_int()`"},
    {"float", "convert a number with `x as f64`, read a text with `s.parse_float()`"},
    {"lambda", "a closure is written `|x| x + 1`"},
    {"try", "what may fail returns a `Result`, and `?` passes its error on"},
    {"sorted", "`xs.sort()` sorts the list in place"},
    {"map", "`map` is a method: `xs.map(|x| x + 1)`"},
    {"filter", "`filter` is a method: `xs.filter(|x| x > 0)`"},
    {"sum", "`sum` is a method: `xs.sum()`"},
    {"abs", "`abs` is a method: `x.abs()`"},
    {"sqrt", "`sqrt` is a method: `x.sqrt()`"},
    {"min", "`min` is a method: `a.min(b)`, `xs.min()`"},
    {"max", "`max` is a method: `a.max(b)`, `xs.max()`"},
};
constexpr Pair methods[] = {
    {"length", "len"},
    {"size", "len"},
    {"count", "len"},
    {"append", "push"},
    {"add", "push"},
    {"push_back", "push"},
    {"empty", "is_empty"},
    {"isEmpty", "is_empty"},
    {"upper", "to_upper"},
    {"lower", "to_lower"},
    {"to_uppercase", "to_upper"},
    {"to_lowercase", "to_lower"},
    {"strip", "trim"},
    {"includes", "contains"},
    {"startswith", "starts_with"},
    {"endswith", "ends_with"},
    {"index", "find"},
    {"indexOf", "find"},
    {"substring", "slice"},
    {"substr", "slice"},
    {"pop_back", "pop"},
    {"expect", "unwrap"},
    {"toString", "to_string"},
    {"str", "to_string"},
    {"powf", "pow"},
    {"powi", "pow"},
    {"squareroot", "sqrt"},
    {"log", "ln"},
    {"at", "get"},
    {"is_nil", "is_none"},
    {"or_else", "unwrap_or"},
    {"parse", "parse_int"},
    {"lstrip", "trim_start"},
    {"rstrip", "trim_end"},
    {"trim_left", "trim_start"},
    {"trim_right", "trim_end"},
};
constexpr Pair types[] = {
    {"int", "i64"},      {"integer", "i64"}, {"long", "i64"},    {"isize", "i64"},     {"usize", "i64"},
    {"short", "i16"},    {"byte", "u8"},     {"uint", "u64"},    {"float", "f64"},     {"double", "f64"},
    {"Float", "f64"},    {"Int", "i64"},     {"str", "String"},  {"string", "String"}, {"Str", "String"},
    {"boolean", "bool"}, {"Bool", "bool"},   {"Vec", "List"},    {"Array", "List"},    {"list", "List"},
    {"vector", "List"},  {"void", "()"},     {"unit", "()"},     {"Unit", "()"},       {"HashMap", "Map"},
    {"Dict", "Map"},     {"dict", "Map"},    {"HashSet", "Set"}, {"option", "Option"}, {"Maybe", "Option"},
    {"Char", "char"},    {"bytes", "Bytes"},
};

template <std::size_t count> std::string_view look_up(const Pair (&table)[count], std::string_view name) {
    for (const Pair& pair : table) {
        if (pair.first == name) return pair.second;
    }
    return {};
}

} // namespace

Suggestion::Suggestion(std::string_view wanted)
    : wanted_(wanted), best_distance_(std::max<unsigned>(1, static_cast<unsigned>(wanted.size()) / 3) + 1) {}

void Suggestion::offer(std::string_view candidate) {
    if (wanted_.size() > max_length || candidate.size() > max_length || candidate == wanted_) return;
    unsigned distance = edit_distance(wanted_, candidate, best_distance_);
    // A name of which nothing is left is no misspelling.
    if (distance >= candidate.size() || distance >= wanted_.size()) return;
    if (distance < best_distance_ || (distance == best_distance_ && !best_.empty() && candidate < best_)) {
        best_distance_ = distance;
        best_ = candidate;
    }
}

std::string_view foreign_value(std::string_view name) { return look_up(values, name); }
std::string_view foreign_habit(std::string_view name) { return look_up(habits, name); }
std::string_view foreign_method(std::string_view name) { return look_up(methods, name); }
std::string_view foreign_type(std::string_view name) { return look_up(types, name); }

} // namespace tn::check
