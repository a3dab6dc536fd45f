// Strings to SymbolId and back: equal text has an equal id, so names compare as integers.
//
// An interner may stand over another one that does not change any more (the prelude's): it knows all of its
// names by the same ids, and numbers its own after them. Any number of threads may share such a base.
#pragma once

#include "support/id.h"

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

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
        const Name name(text);
        if (SymbolId known = find(name); known.is_valid()) return known;
        SymbolId id(size());
        // A deque never moves its elements, so the map may keep views of them.
        texts_.emplace_back(text);
        ids_.emplace(Name(texts_.back(), name.hash), id);
        return id;
    }
    // The id of a text that has one; invalid otherwise.
    SymbolId find(std::string_view text) const { return find(Name(text)); }
    std::string_view text(SymbolId id) const {
        return id.index() < first_ ? base_->text(id) : std::string_view(texts_[id.index() - first_]);
    }
    std::size_t size() const { return first_ + texts_.size(); }

private:
    // A text and its hash, computed once for all maps.
    struct Name {
        explicit Name(std::string_view t) : Name(t, std::hash<std::string_view>()(t)) {}
        Name(std::string_view t, std::size_t h) : text(t), hash(h) {}
        bool operator==(const Name& other) const { return text == other.text; }
        std::string_view text;
        std::size_t hash;
    };
    struct NameHash {
        std::size_t operator()(const Name& name) const noexcept { return name.hash; }
    };

    SymbolId find(const Name& name) const {
        if (base_) {
            if (SymbolId known = base_->find(name); known.is_valid()) return known;
        }
        const auto it = ids_.find(name);
        return it == ids_.end() ? SymbolId() : it->second;
    }

    const Interner* base_ = nullptr;
    std::size_t first_ = 0; // the number of the first text of our own
    std::deque<std::string> texts_;
    std::unordered_map<Name, SymbolId, NameHash> ids_;
};

} // namespace tn
