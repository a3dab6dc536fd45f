// Strings to SymbolId and back: equal text has an equal id, so names compare as integers.
//
// An interner may stand over another one that does not change any more (the prelude's): it knows all of its
// names by the same ids, and numbers its own after them. Any number of threads may share such a base.
#pragma once

#include "support/id.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tn {

struct SymbolId : Id<SymbolId> { using Id::Id; };

class Interner {
public:
    Interner() = default;
    // `base` must outlive this one and must not intern anything from now on.
    explicit Interner(const Interner* base) : base_(base), first_(base ? base->size() : 0) {}
    Interner(const Interner&) = delete;
    Interner& operator=(const Interner&) = delete;

    SymbolId intern(std::string_view text) {
        const std::uint32_t hash = hash_of(text);
        if (SymbolId known = find(text, hash); known.is_valid()) return known;
        if (2 * texts_.size() >= slots_.size()) grow();
        SymbolId id(size());
        texts_.emplace_back(text); // a deque never moves its elements: views of them stay
        put({hash, id.value});
        return id;
    }
    // The id of a text that has one; invalid otherwise.
    SymbolId find(std::string_view text) const { return find(text, hash_of(text)); }
    std::string_view text(SymbolId id) const {
        return id.index() < first_ ? base_->text(id) : std::string_view(texts_[id.index() - first_]);
    }
    std::size_t size() const { return first_ + texts_.size(); }

private:
    struct Slot { // free: the id is invalid
        std::uint32_t hash = 0;
        std::uint32_t id = SymbolId().value;
    };

    static std::uint32_t hash_of(std::string_view text) {
        __extension__ using Product = unsigned __int128;
        auto mixed = [](std::uint64_t a, std::uint64_t b) {
            const Product product = static_cast<Product>(a) * b;
            return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        };
        auto read = [](const char* at, auto word) {
            std::memcpy(&word, at, sizeof word);
            return word;
        };
        constexpr std::uint64_t key = 0x9e3779b97f4a7c15;
        const char* at = text.data();
        std::size_t left = text.size();
        std::uint64_t hash = left ^ 0xd6e8feb86659fd93;
        for (; left > 8; left -= 8, at += 8) hash = mixed(hash ^ read(at, std::uint64_t()), key);
        std::uint64_t last = 0; // up to eight bytes; short ones by two reads that may overlap
        if (left >= 4)
            last = read(at, std::uint32_t()) | static_cast<std::uint64_t>(read(at + left - 4, std::uint32_t())) << 32;
        else if (left > 0)
            last = static_cast<unsigned char>(at[0]) | static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
                   static_cast<std::uint64_t>(static_cast<unsigned char>(at[left - 1])) << 16;
        return static_cast<std::uint32_t>(mixed(hash ^ last, key));
    }

    SymbolId find(std::string_view text, std::uint32_t hash) const {
        if (base_) {
            if (SymbolId known = base_->find(text, hash); known.is_valid()) return known;
        }
        if (slots_.empty()) return SymbolId();
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (slot.id == SymbolId().value) return SymbolId();
            if (slot.hash != hash) continue;
            const std::string& known = texts_[slot.id - first_];
            if (known.size() == text.size() && std::memcmp(known.data(), text.data(), text.size()) == 0) return SymbolId(slot.id);
        }
    }

    std::size_t mask() const { return slots_.size() - 1; }
    void put(Slot slot) {
        std::size_t at = slot.hash & mask();
        while (slots_[at].id != SymbolId().value) at = (at + 1) & mask();
        slots_[at] = slot;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.id != SymbolId().value) put(slot);
        }
    }

    const Interner* base_ = nullptr;
    std::size_t first_ = 0; // the number of the first text of our own
    std::deque<std::string> texts_;
    std::vector<Slot> slots_; // a power of two, probed linearly, at most half full
};

} // namespace tn
