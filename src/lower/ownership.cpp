#include "lower/ownership.h"

#include "support/ice.h"

namespace tn::lower {

using ir::ValueId;

CleanupId Ownership::add(ValueId owned, bool nullable) {
    cleanups_.push_back(Cleanup{owned, VarId(), nullable, true, next_serial_++});
    return CleanupId(cleanups_.size() - 1);
}

CleanupId Ownership::add_var(VarId var, bool nullable) {
    cleanups_.push_back(Cleanup{ValueId(), var, nullable, true, next_serial_++});
    return CleanupId(cleanups_.size() - 1);
}

void Ownership::take(CleanupId cleanup) {
    TN_CHECK(cleanup.index() < cleanups_.size() && cleanups_[cleanup.index()].live,
             "a reference consumed twice");
    cleanups_[cleanup.index()].live = false;
}

void Ownership::release_between(Mark mark, Mark end) {
    for (std::size_t i = end; i > mark; --i) {
        if (cleanups_[i - 1].live) release_one(CleanupId(i - 1));
    }
}

void Ownership::release_one(CleanupId id) {
    const Cleanup& cleanup = cleanups_[id.index()];
    release(cleanup.var.is_valid() ? ssa_.read(cleanup.var) : cleanup.value, cleanup.nullable);
}

std::vector<CleanupId> Ownership::pending_since(Mark mark) const {
    std::vector<CleanupId> pending;
    for (std::size_t i = mark; i < cleanups_.size(); ++i) {
        if (cleanups_[i].live) pending.push_back(CleanupId(i));
    }
    return pending;
}

void Ownership::drop_between(Mark mark, Mark end) {
    release_between(mark, end);
    for (std::size_t i = mark; i < end; ++i) cleanups_[i].live = false;
}

void Ownership::leave(Mark mark) {
    release_since(mark);
    cleanups_.resize(mark);
}

Ownership::State Ownership::save() const {
    State state;
    state.reserve(cleanups_.size());
    for (const Cleanup& cleanup : cleanups_) state.push_back(cleanup.live);
    return state;
}

void Ownership::restore(const State& state) {
    for (std::size_t i = 0; i < state.size() && i < cleanups_.size(); ++i) cleanups_[i].live = state[i];
}

void Ownership::fix_variables() {
    for (const Cleanup& cleanup : cleanups_) {
        if (cleanup.live && cleanup.var.is_valid()) ssa_.read(cleanup.var);
    }
}

Row Ownership::own(Row row, const Layout& layout) {
    for (std::size_t i = 0; i < row.leaves.size(); ++i) {
        RowLeaf& leaf = row.leaves[i];
        if (layout.leaves[i].scalar != Scalar::Ref || leaf.is_null) continue;
        leaf.claimed = false;
        leaf.cleanup = add(leaf.id, layout.leaves[i].nullable);
    }
    return row;
}

ValueId Ownership::to_owned(const RowLeaf& leaf, bool nullable) {
    if (leaf.is_null || leaf.claimed) return leaf.id;
    if (!leaf.cleanup.is_valid()) return retain(leaf.id, nullable);
    take(leaf.cleanup);
    return leaf.id;
}

Row Ownership::to_owned(Row row, const Layout& layout) {
    for (std::size_t i = 0; i < row.leaves.size(); ++i) {
        if (layout.leaves[i].scalar != Scalar::Ref) continue;
        row.leaves[i].id = to_owned(row.leaves[i], layout.leaves[i].nullable);
        row.leaves[i].cleanup = CleanupId();
        row.leaves[i].claimed = true;
    }
    return row;
}

} // namespace tn::lower
