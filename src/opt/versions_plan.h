// What loop versioning knows of a loop before it makes two of it: what its indexes are made of, and which tests become
// needless where they are within their lists.
#pragma once

#include "opt/ranges.h"

#include <vector>

namespace tn::opt {

constexpr std::int64_t least_rounds = 4;       // that are worth the tests
constexpr std::int64_t near_numbers = 1 << 30; // what is added and multiplied in front of a loop is less, so nothing can wrap

// What stays the same in all rounds, as part of an index.
struct Term {
    ir::ValueId value;
    bool is_subtracted = false;
    bool operator==(const Term&) const = default;
};

// The terms + factor * stride * counter + what is between `least` and the sum of `most` and of the tops. Of a top it is demanded
// that it is no less than its floor.
struct Top {
    ir::ValueId value;
    std::int64_t floor = 0;
    bool operator==(const Top&) const = default;
};
struct Index {
    std::vector<Term> terms;
    std::vector<Top> tops;
    ir::ValueId stride; // invalid: 1
    std::int64_t factor = 0, least = 0, most = 0;
};

// All indexes of one form into one list.
struct Access {
    Index index;
    ir::ValueId length;
};

// The look-up of an inner list.
struct Row {
    ir::ValueId list, index;
    ir::InstId inst;
    bool asks_owners = false; // a `unique_at` that some rounds do without: to be unique is demanded, since a copy that nobody needs may be long
};

// What is known of a loop, and demanded in front of its fast copy.
struct VersionPlan {
    ir::LoopId loop;
    ir::ValueId counter, start, end;                  // invalid: no counter is known
    bool goes_down = false;                           // from `start` to a lower `end`
    bool includes_end = false;                        // the last round's counter is `end`, not one before
    bool is_low_known = false, is_high_known = false; // how far the lower and the higher of the two are is near
    bool may_wrap = true;                             // the lower one plus the least rounds
    std::vector<Row> rows;                            // `unique_at` first
    std::vector<ir::InstId> moved;                    // what only depends on these and on values from outside
    std::vector<Access> accesses;
    std::vector<ir::InstId> tests;                    // that become needless
    std::vector<ir::InstId> sums;                     // indexes, which cannot overflow any more
    bool counts_near = false;                         // sums of the counter and constants among them

    ir::ValueId lowest() const { return goes_down ? end : start; } // numbers of the counter
    ir::ValueId highest() const { return goes_down ? start : end; }
    // Whether it can be done in front of the loop.
    bool is_moved(const ir::Function& fn, ir::ValueId value) const;
};

// Defined by no block of the loop.
bool is_outside(const ir::Function& fn, const ir::Cfg& cfg, ir::LoopId loop, ir::ValueId value);
// One for each innermost loop that is worth it.
std::vector<VersionPlan> plan_versions(const ir::Module& module, const ir::Function& fn, Ranges& ranges);

} // namespace tn::opt
