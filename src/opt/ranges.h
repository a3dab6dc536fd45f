// What integers can be: intervals and differences, proven from definitions, from the conditions and tests
// that dominate a point, and by induction over loops. Queries are on demand and bounded in depth and in
// total work; an answer is always sound, "don't know" is always allowed.
#pragma once

#include "ir/cfg.h"
#include "opt/memory.h"

#include <tsl/robin_map.h>

#include <optional>
#include <span>
#include <vector>

namespace tn::opt {

class Ranges {
public:
    using Wide = __int128;
    // A place in the program: before the `index`-th instruction of a block, or, with an edge, on the
    // way from the block's terminator to one of its targets.
    struct Point {
        ir::BlockId block;
        std::uint32_t index = 0;
        std::int32_t edge = -1;
    };
    struct Interval {
        Wide low, high;
    };

    explicit Ranges(const ir::Function& fn);

    const ir::Cfg& cfg() const { return cfg_; }
    Interval interval(ir::ValueId value, Point at);
    // a - b <= k, at the point.
    bool proves_le(ir::ValueId a, ir::ValueId b, Wide k, Point at);
    // The same where a condition or test on the way to the point says just that.
    bool knows_le(ir::ValueId a, ir::ValueId b, Wide k, Point at);
    // -1 if the selection is the smaller of its two values, 1 if it is the larger one, else 0.
    int picks_extreme(const ir::Inst& select) const;
    // What the result of an instruction was proven to be, for questions about what is computed from it.
    void remember(ir::ValueId value, Interval interval) { settled_.insert_or_assign(value.index(), interval); }

    static constexpr unsigned max_depth = 16;
    static constexpr std::uint32_t block_end = 0x7fffffffu; // as an index; edges are ~0 and ~1 where places are told apart

private:
    // a - b <= k; an invalid a or b stands for the number 0.
    struct Fact {
        ir::ValueId a, b;
        Wide k;
        std::uint32_t index = 0; // holds after this instruction of its block
        ir::ValueId guard = {};  // holds if this is not negative
        bool differs = false;    // says a - b != k instead
    };

    // Some of facts_, one after the other.
    struct FactRow {
        std::uint32_t first = 0, count = 0;
    };
    std::span<const Fact> facts(FactRow row) const { return {facts_.data() + row.first, row.count}; }

    void collect_facts();
    void add_condition(const ir::Inst& compare, bool holds, std::uint32_t index);
    void add_facts_of_parts(std::size_t first);
    // The place of least index, in the block nearest to the entry, where the same facts hold.
    Point first_like(Point at) const;
    // Calls visit(fact) for each fact that mentions `value` as a (or b) and holds at the point.
    template <typename Visit> void facts_of(ir::ValueId value, bool as_a, Point at, Visit visit) {
        if (mentioned_[value.index()] & (as_a ? 1 : 2))
            walk_facts(value, as_a, at, {&visit, [](void* to, const Fact& fact) { (*static_cast<Visit*>(to))(fact); }});
    }
    struct FactVisitor {
        void* to;
        void (*call)(void* to, const Fact& fact);
        void operator()(const Fact& fact) const { call(to, fact); }
    };
    void walk_facts(ir::ValueId value, bool as_a, Point at, FactVisitor visit);
    bool holds(const Fact& fact, Point at, unsigned depth) {
        return !fact.guard.is_valid() || bound(fact.guard, false, at, depth + 1) >= 0;
    }

    Wide bound(ir::ValueId value, bool upper, Point at, unsigned depth);
    Wide bound_anew(ir::ValueId value, bool upper, Point at, unsigned depth);
    Wide structural_bound(ir::ValueId value, bool upper, Point at, unsigned depth);
    // Of what is loaded from a list of constants: its least and its largest.
    Interval element_interval(const ir::Inst& load);
    static Interval table_interval(const ir::Inst& load, const std::string& table);
    Wide param_bound(ir::ValueId value, bool upper, unsigned depth);
    Wide joined_bound(ir::ValueId value, bool upper, unsigned depth);
    // An invalid a stands for the number 0.
    bool prove(ir::ValueId a, ir::ValueId b, Wide k, Point at, unsigned depth);
    struct Relative {
        ir::ValueId value;
        Wide offset;
    };
    std::vector<Relative> relatives(ir::ValueId value, bool above, Point at, unsigned depth);
    bool prove_of_grid(ir::ValueId a, ir::ValueId b, Wide k, Point at, unsigned depth);
    bool prove_sign_of_parts(ir::ValueId value, Wide k, Point at, unsigned depth);
    bool proves_sign(ir::ValueId value) const;
    bool is_exact(const ir::Inst& difference, Point at, unsigned depth);
    Wide least_difference(ir::ValueId x, ir::ValueId y, Point at, unsigned depth);
    bool prove_of_choice(ir::ValueId a, ir::ValueId b, Wide k, Point at, unsigned depth);
    bool prove_by_induction(ir::ValueId a, ir::ValueId b, Wide k, bool over_a, unsigned depth);
    // value = base + offset without overflow; false if it is nothing of the kind.
    bool split_sum(ir::ValueId value, ir::ValueId& base, Wide& offset, Point at, unsigned depth);
    Point definition_point(ir::ValueId value) const;
    bool is_available(ir::ValueId value, ir::BlockId block) const;

    // Lets `query` use no more than a part of the work that is left.
    template <typename Query> void with_share(std::uint64_t parts, Query query) {
        const std::uint64_t reserve = work_ - work_ / parts;
        work_ -= reserve;
        query();
        work_ += reserve;
    }

    struct Edge {
        ir::BlockId from;
        std::int32_t target;
    };

    const ir::Function& fn_;
    ir::Cfg cfg_;
    std::vector<Fact> facts_;
    struct BlockFacts {
        FactRow inside;            // what the block's tests establish
        FactRow entry;             // from the condition of its only way in
        FactRow edge[2];           // of its branch, on the way to each target
        ir::BlockId with_facts;    // the nearest block that dominates it, or itself, with facts of the first two kinds
        std::uint32_t depth = 0;   // how many such blocks there are from the entry to it
    };
    std::vector<BlockFacts> of_block_;
    std::vector<std::uint8_t> mentioned_;   // by value: in some fact as a (1), as b (2), as what differs (4)
    // Where a value is mentioned in facts of the first two kinds, in the order of a walk towards the entry; once there is one.
    struct Mention {
        ir::BlockId block;
        std::uint32_t fact, next; // in facts_; in mentions_
        bool is_inside;
    };
    std::vector<Mention> mentions_;
    std::vector<std::uint32_t> first_mention_[2]; // by value: as b, as a
    static constexpr std::uint32_t no_mention = 0xffffffffu, many_mentions = 0xfffffffeu;
    void index_facts();
    std::vector<Edge> edges_;               // ways into blocks, by block
    std::vector<std::uint32_t> edges_from_; // where a block's begin in edges_; one more closes the last
    std::span<const Edge> ways_into(ir::BlockId block) const {
        const std::uint32_t first = edges_from_[block.index()];
        return {edges_.data() + first, edges_from_[block.index() + 1] - first};
    }
    std::vector<std::uint32_t> inst_index_; // position in its block
    std::vector<ir::InstId> differences_;   // of two variables, that would trap if they were not exact
    // Parameters whose bound is being computed: the value, and whether the upper one.
    std::vector<std::pair<ir::ValueId, bool>> in_progress_;
    struct Goal {
        ir::ValueId a, b;
        Wide k;
    };
    std::vector<Goal> goals_;
    void start_query(std::uint64_t work);
    std::uint64_t work_ = 0; // steps left for the current query
    std::uint64_t spent_ = 0, budget_ = 0; // steps of all queries; how many may be spent before questions get short
    std::uint64_t allowed_ = 0;            // to the current query
    unsigned failed_proofs_ = 0;           // that used up all they were allowed
    struct FailedAgainst {
        ir::ValueId b;
        unsigned times;
    };
    std::vector<FailedAgainst> failed_against_; // of differences to b: proofs that took much work for nothing
    static constexpr std::size_t no_assumption = ~std::size_t(0);
    // A question for a bound: of `value`, the upper one or the lower, at a place.
    struct Question {
        std::uint32_t value, block, place;
        bool upper;
    };
    static Question question(ir::ValueId value, bool upper, Point at) {
        return {value.index(), at.block.index(), at.edge >= 0 ? ~static_cast<std::uint32_t>(at.edge) : at.index, upper};
    }
    struct KnownBound {
        Wide bound;
        unsigned depth; // good for questions at least as deep
        std::size_t assumption = no_assumption; // see below
        bool is_refused = false;
    };
    // Answers, by question; what was added last comes first, and may be taken back.
    class KnownBounds {
    public:
        explicit KnownBounds(std::size_t values) : first_(values * 2, none) {}
        KnownBound* find(const Question& asked) {
            std::uint32_t at = first_[slot_of(asked)];
            for (unsigned step = 0; at != none && step < max_steps; ++step, at = entries_[at].next)
                if (entries_[at].block == asked.block && entries_[at].place == asked.place) return &entries_[at].known;
            return nullptr;
        }
        void set(const Question& asked, const KnownBound& known) {
            if (KnownBound* before = find(asked)) *before = known;
            else add(asked, known);
        }
        void add(const Question& asked, const KnownBound& known) {
            std::uint32_t& first = first_[slot_of(asked)];
            entries_.push_back({known, asked.block, asked.place, first, slot_of(asked)});
            first = static_cast<std::uint32_t>(entries_.size() - 1);
        }
        void drop_last() {
            first_[entries_.back().slot] = entries_.back().next;
            entries_.pop_back();
        }

    private:
        static constexpr std::uint32_t none = 0xffffffffu;
        static constexpr unsigned max_steps = 32; // to look for a place
        static std::uint32_t slot_of(const Question& asked) { return asked.value * 2 + asked.upper; }
        struct Entry {
            KnownBound known;
            std::uint32_t block, place, next, slot;
        };
        std::vector<std::uint32_t> first_;
        std::vector<Entry> entries_;
    };
    std::optional<ReadOnly> read_only_;                          // once somebody asks
    tsl::robin_map<std::uint32_t, Interval> elements_; // by list
    tsl::robin_map<std::uint32_t, Interval> settled_; // by value, wherever that is at hand
    KnownBounds known_bounds_;
    KnownBounds provisional_;
    std::vector<std::size_t> provisional_levels_; // of each: how many parameters were in progress
    std::size_t assumption_ = no_assumption; // the outermost entry of in_progress_ that the answer rests on
    bool is_refused_ = false;                // an answer was cut short for want of work
    bool is_cut_ = false;                    // or by the depth of the question
};

} // namespace tn::opt
