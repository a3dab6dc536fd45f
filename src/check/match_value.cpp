// See match_value.h.
#include "check/match_value.h"

#include <algorithm>
#include <cstdio>

namespace tn::check {

using Kind = MatchPattern::Kind;

Shape shape_of(const TypeTable& types, TypeId type) {
    TypeKind kind = types.kind(type);
    if (kind == TypeKind::Tuple || kind == TypeKind::Record) return Shape::Product;
    if (kind == TypeKind::Enum) return Shape::Enum;
    if (kind == TypeKind::String || kind == TypeKind::Bytes) return Shape::Text;
    bool is_scalar = kind == TypeKind::Bool || kind == TypeKind::Char || types.is_integer(type);
    return is_scalar ? Shape::Scalar : Shape::Opaque;
}

static unsigned bits_of(const TypeTable& types, TypeId type) {
    return scalar_size(type_kind_scalar(types.kind(type))) * 8;
}

std::uint64_t last_key(const TypeTable& types, TypeId type) {
    TypeKind kind = types.kind(type);
    if (kind == TypeKind::Bool) return 1;
    if (kind == TypeKind::Char) return 0x10ffff;
    return ~std::uint64_t{0} >> (64 - bits_of(types, type));
}

// The value behind a key, as source text.
static std::string key_text(const TypeTable& types, TypeId type, std::uint64_t key) {
    TypeKind kind = types.kind(type);
    if (kind == TypeKind::Bool) return key ? "true" : "false";
    if (kind == TypeKind::Char) {
        if (key >= 0x20 && key < 0x7f && key != '\'' && key != '\\')
            return std::string("'") + static_cast<char>(key) + "'";
        char buffer[24];
        std::snprintf(buffer, sizeof buffer, "'\\u{%llx}'", static_cast<unsigned long long>(key));
        return buffer;
    }
    if (!is_signed(type_kind_scalar(kind))) return std::to_string(key);
    std::uint64_t half = std::uint64_t{1} << (bits_of(types, type) - 1);
    return key >= half ? std::to_string(key - half) : "-" + std::to_string(half - key);
}

std::string range_text(const TypeTable& types, TypeId type, std::uint64_t first, std::uint64_t last) {
    if (first == 0 && last == last_key(types, type)) return "_";
    std::string text = key_text(types, type, first);
    if (first == last) return text;
    // Ends of the type say nothing.
    return text + "..=" + key_text(types, type, last);
}

bool Covered::add(const MatchPattern& pattern, bool covers, std::uint64_t whole_last) {
    if (pattern.kind == Kind::Or) {
        bool adds = false;
        for (const MatchPattern* part : pattern.parts) adds |= add(*part, covers, whole_last);
        return adds;
    }
    if (everything_) return false;
    if (pattern.kind == Kind::Text) {
        bool adds = !texts_.contains(pattern.text);
        if (covers) texts_.insert(pattern.text);
        return adds;
    }
    if (pattern.kind == Kind::Any) {
        bool adds =
            !(ranges_.size() == 1 && ranges_.begin()->first == 0 && ranges_.begin()->second >= whole_last);
        everything_ = covers;
        return adds;
    }
    return add_range(pattern.first, pattern.last, covers);
}

bool Covered::add_range(std::uint64_t first, std::uint64_t last, bool covers) {
    auto it = ranges_.upper_bound(first);
    if (it != ranges_.begin()) --it;
    if (it != ranges_.end() && it->first <= first && it->second >= last) return false;
    if (!covers) return true; // touching ranges are merged, so one alone would have to hold it
    while (it != ranges_.end() && (last == ~std::uint64_t{0} || it->first <= last + 1)) {
        bool touches = it->second >= first || it->second + 1 == first;
        if (!touches) {
            ++it;
            continue;
        }
        first = std::min(first, it->first);
        last = std::max(last, it->second);
        it = ranges_.erase(it);
    }
    ranges_.emplace(first, last);
    return true;
}

std::uint64_t order_key(const TypeTable& types, TypeId type, std::int64_t bits) {
    auto key = static_cast<std::uint64_t>(bits);
    Scalar scalar = type_kind_scalar(types.kind(type));
    unsigned width = scalar_size(scalar) * 8;
    if (is_signed(scalar)) key += std::uint64_t{1} << (width - 1);
    return key & (~std::uint64_t{0} >> (64 - width));
}

} // namespace tn::check
