// The values that patterns divide: keys of scalars, their text, and what a list of arms covers.
//
// In: types, MatchPatterns of scalars and texts. Out: keys in order, source text, covered ranges. It refuses
// to know patterns with parts.
#pragma once

#include "check/exhaustive.h"

#include <map>
#include <string>
#include <unordered_set>

namespace tn::check {

// What a value of a type can begin with.
enum class Shape : std::uint8_t { Opaque, Product, Enum, Scalar, Text };
Shape shape_of(const TypeTable& types, TypeId type);

// No char lies between these.
inline constexpr std::uint64_t first_surrogate = 0xd800, last_surrogate = 0xdfff;

// The largest key of a scalar type.
std::uint64_t last_key(const TypeTable& types, TypeId type);
// `3`, `-1..=4`, `'a'`, or `_` for all of the type.
std::string range_text(const TypeTable& types, TypeId type, std::uint64_t first, std::uint64_t last);

// Finds the arms of a long match of plain scalars or texts that are never reached: what is covered is kept as
// disjoint ranges.
class Covered {
public:
    // True if the pattern adds anything to what is covered. With `covers`, it is covered from now on.
    bool add(const MatchPattern& pattern, bool covers, std::uint64_t whole_last);

private:
    bool add_range(std::uint64_t first, std::uint64_t last, bool covers);

    bool everything_ = false;
    std::map<std::uint64_t, std::uint64_t> ranges_;
    std::unordered_set<std::string_view> texts_;
};

} // namespace tn::check
