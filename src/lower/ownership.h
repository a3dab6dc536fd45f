// Who releases what: the stack of references that the code being written owns, innermost scope last. The
// only creator of retain and release.
//
// In: owned references as they come into being (results of calls, variables), scopes as marks in the stack.
// Out: the retains and releases that make every owned reference be consumed exactly once on every path.
// It refuses to know expressions and types beyond "is a reference, may be null".
#pragma once

#include "lower/row.h"
#include "lower/ssa.h"
#include "types/layout.h"

#include <vector>

namespace tn::lower {

class Ownership {
public:
    using Mark = std::size_t;
    using State = std::vector<bool>;

    Ownership(ir::Builder& builder, Ssa& ssa) : builder_(builder), ssa_(ssa) {}

    Mark mark() const { return cleanups_.size(); }
    CleanupId add(ir::ValueId owned, bool nullable);
    CleanupId add_var(VarId var, bool nullable); // releases what the variable holds then
    // The reference belongs to the caller now, who must consume it on this path.
    void take(CleanupId cleanup);
    bool is_pending(CleanupId cleanup) const { return cleanups_[cleanup.index()].live; }
    // The same owned thing under a new name.
    void replace(CleanupId cleanup, ir::ValueId value) {
        cleanups_[cleanup.index()].value = value;
        cleanups_[cleanup.index()].serial = next_serial_++;
    }

    // Releases everything since the mark, for a path that leaves; the stack stays as it is.
    void release_since(Mark mark) { release_between(mark, cleanups_.size()); }
    void release_between(Mark mark, Mark end);
    // The same, and nothing of it is pending any more on this path.
    void drop_between(Mark mark, Mark end);
    // Everything since the mark has been seen to on every path.
    void forget(Mark mark) { cleanups_.resize(mark); }
    // Releases everything since the mark and forgets it.
    void leave(Mark mark);
    // What is pending since the mark, outermost first, for paths that share their releases.
    std::vector<CleanupId> pending_since(Mark mark) const;
    void release_one(CleanupId cleanup);
    std::uint32_t serial(CleanupId cleanup) const { return cleanups_[cleanup.index()].serial; }
    // What is pending, for a path that consumes some of it, while others do not.
    State save() const;
    void restore(const State& state);
    // Makes every variable's reference one value here, so that a trap beyond a point where paths met and
    // nothing reads the variable any more still finds it.
    void fix_variables();

    // A row whose references just came into being: they wait here to be consumed.
    Row own(Row row, const Layout& layout);
    // The row's references as the caller's own: taken if they were pending, else retained.
    Row to_owned(Row row, const Layout& layout);
    // As to_owned, but they wait here.
    Row to_pending(Row row, const Layout& layout) { return own(to_owned(std::move(row), layout), layout); }
    ir::ValueId to_owned(const RowLeaf& leaf, bool nullable);
    // Gives back what the caller took or read out of memory as its own.
    void release(ir::ValueId owned, bool nullable) { builder_.release(owned, nullable); }
    ir::ValueId retain(ir::ValueId ref, bool nullable = false) { return builder_.retain(ref, nullable); }

private:
    struct Cleanup {
        ir::ValueId value;
        VarId var; // valid: a variable
        bool nullable = false;
        bool live = true;
        std::uint32_t serial = 0; // unlike any other's, also of entries long gone
    };
    std::vector<Cleanup> cleanups_;
    std::uint32_t next_serial_ = 0;
    ir::Builder& builder_;
    Ssa& ssa_;
};

} // namespace tn::lower
