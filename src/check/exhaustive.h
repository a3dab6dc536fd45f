// Whether patterns leave a case out, and which of them can never match.
//
// In: patterns in a form without syntax (MatchPattern). Out: a missing case as text, arms that are never
// reached. It refuses to know trees and where patterns come from.
#pragma once

#include "types/type_table.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tn::check {

struct MatchPattern {
    enum class Kind : std::uint8_t {
        Any,
        Variant, // of an enum: number `variant`, parts by field
        Product, // of a tuple or record: parts by field
        Range,   // of an integer, char or bool: first..=last, order-preserving (see order_key)
        Text,    // of a String or Bytes
        Or,      // parts are the alternatives
    } kind = Kind::Any;
    std::uint32_t variant = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::string_view text;
    std::vector<const MatchPattern*> parts;
};

// A scalar's bits as an unsigned key in the order of its type.
std::uint64_t order_key(const TypeTable& types, TypeId type, std::int64_t bits);

struct MatchArmPattern {
    const MatchPattern* pattern = nullptr;
    bool has_guard = false; // such an arm covers nothing
};

struct MatchAnswer {
    std::string missing;                    // a case that no arm handles; empty: none
    std::vector<std::uint32_t> unreachable; // arms, by number
    bool too_complex = false;               // given up
};

MatchAnswer analyze_match(TypeTable& types, TypeId type, std::span<const MatchArmPattern> arms);

} // namespace tn::check
