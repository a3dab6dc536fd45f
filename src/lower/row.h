// Row: a value of the language while it is being lowered, one SSA value per leaf of its type.
//
// In and out: data only. It refuses to know who releases what; ownership.h does.
#pragma once

#include "ir/inst.h"
#include "types/type_table.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tn::lower {

// An owned reference that is waiting to be consumed, in Ownership's stack.
struct CleanupId : Id<CleanupId> {
    using Id::Id;
};

struct RowLeaf {
    ir::ValueId id;
    // Valid: an owned reference; who consumes it takes the cleanup. Invalid: a scalar, or borrowed.
    CleanupId cleanup = CleanupId();
    bool is_null = false; // the result of Null: owned and borrowed alike
    bool lasting = false; // borrowed from the module or a constant: nothing ends it
    bool claimed = false; // an owned reference that waits nowhere: who holds the row consumes it
};

struct Row {
    TypeId type;
    std::vector<RowLeaf> leaves;

    ir::ValueId id(std::size_t i = 0) const { return leaves[i].id; }
    void add(ir::ValueId value) { leaves.push_back(RowLeaf{value}); }
    void add(std::span<const RowLeaf> more) { leaves.insert(leaves.end(), more.begin(), more.end()); }
    // A part of the row, as a value of its own type; it shares the cleanups.
    Row part(TypeId part_type, std::size_t first, std::size_t count) const {
        auto begin = leaves.begin() + static_cast<std::ptrdiff_t>(first);
        return Row{part_type, std::vector<RowLeaf>(begin, begin + static_cast<std::ptrdiff_t>(count))};
    }
};

} // namespace tn::lower
