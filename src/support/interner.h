// Strings to SymbolId and back: equal text has an equal id, so names compare as integers.
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
    Interner(const Interner&) = delete;
    Interner& operator=(const Interner&) = delete;

    SymbolId intern(std::string_view text) {
        if (auto it = ids_.find(text); it != ids_.end()) return it->second;
        SymbolId id(texts_.size());
        // A deque never moves its elements, so the map may keep views of them.
        texts_.emplace_back(text);
        ids_.emplace(texts_.back(), id);
        return id;
    }
    std::string_view text(SymbolId id) const { return texts_[id.index()]; }

private:
    std::deque<std::string> texts_;
    std::unordered_map<std::string_view, SymbolId> ids_;
};

} // namespace tn
