// Typed 32-bit ids and the vectors only they can index.
//
// A stage stores its nodes in flat tables and refers to them by id. Mixing up two kinds of id is a
// compile error; an id is printable, copyable and four bytes.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tn {

// Derive as `struct InstId : Id<InstId> { using Id::Id; };`. A default-made id is invalid.
template <typename Self> struct Id {
    static constexpr std::uint32_t invalid = 0xffffffffu;

    constexpr Id() = default;
    explicit constexpr Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}

    constexpr bool is_valid() const { return value != invalid; }
    constexpr std::uint32_t index() const { return value; }
    friend constexpr bool operator==(Id a, Id b) { return a.value == b.value; }
    friend constexpr auto operator<=>(Id a, Id b) { return a.value <=> b.value; }

    std::uint32_t value = invalid;
};

// A vector indexed by one kind of id.
template <typename IdType, typename T> class IdVec {
public:
    IdVec() = default;
    explicit IdVec(std::size_t count, T value = T()) : items_(count, value) {}

    T& operator[](IdType id) { return items_[id.index()]; }
    const T& operator[](IdType id) const { return items_[id.index()]; }
    IdType push_back(T value) {
        items_.push_back(std::move(value));
        return IdType(items_.size() - 1);
    }
    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    void resize(std::size_t count, T value = T()) { items_.resize(count, value); }
    void clear() { items_.clear(); }
    bool contains(IdType id) const { return id.index() < items_.size(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

private:
    std::vector<T> items_;
};

// A run of consecutive entries in a side table: how a node owns a list of children.
struct Range32 {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

} // namespace tn

template <typename IdType>
    requires requires(IdType id) { id.index(); id.is_valid(); }
struct std::hash<IdType> {
    std::size_t operator()(IdType id) const noexcept { return id.index() * 0x9e3779b97f4a7c15ull; }
};
