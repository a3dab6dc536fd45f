// match: arms in order, each tested where the one before did not match; with a jump by tag or by number to the
// first arm that comes into question where that pays.
#include "lower/arms.h"

#include <algorithm>

namespace tn::lower {

using check::PatternForm;
using ir::BlockId;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;
using syntax::PatternId;

namespace {
constexpr std::size_t min_cases = 4; // fewer are compared one by one
constexpr std::uint64_t max_targets = 512;
} // namespace

ValueId FunctionLowering::top_test(const check::PatternInfo& pattern, const Row& value) {
    if (pattern.form == PatternForm::Construct) return is_variant(value, pattern.detail);
    const check::Constant& c = module_->constant(pattern);
    if (types().kind(value.type) == TypeKind::Bool)
        return c.bits != 0 ? value.id() : b_.unary(Op::Not, Scalar::Bool, value.id());
    return b_.compare(Op::ICmp, ir::Cond::Eq, value.id(), constant(c, value.type).id());
}

// The guard sees the matched value where it is; only what it passes is moved.
void FunctionLowering::guard(ExprId id, std::vector<Binding>& bindings, BlockId next, Mark after) {
    for (Binding& binding : bindings) {
        Row seen = binding.row;
        for (RowLeaf& leaf : seen.leaves) leaf.cleanup = CleanupId();
        bind(binding.local, claim(binding.local, std::move(seen), true));
    }
    BlockId passed = ssa_.make_block(), refused = ssa_.make_block();
    {
        Region region(*this);
        condition(id, passed, refused);
    }
    ssa_.seal(passed);
    ssa_.seal(refused);
    ssa_.start(refused);
    own_.release_since(after);
    ssa_.jump(next);
    ssa_.start(passed);
    std::erase_if(bindings, [&](const Binding& binding) { return is_variable(binding.local); });
}

// ---- Dispatch ----

// A pattern at the top of an arm, for a tag or a number that is known: false if it cannot match.
bool FunctionLowering::accepts(PatternId id, std::int64_t value) const {
    const check::PatternInfo& p = module_->info(id);
    switch (p.form) {
    case PatternForm::Constant: return module_->constant(p).bits == value;
    case PatternForm::Construct: return p.detail == static_cast<std::uint64_t>(value);
    case PatternForm::Or: {
        auto alternatives = ast_->view(ast_->patterns[id].as<syntax::OrPattern>()->alternatives);
        return std::ranges::any_of(alternatives, [&](PatternId a) { return accepts(a, value); });
    }
    case PatternForm::Wildcard:
    case PatternForm::Bind:
    case PatternForm::String:
    case PatternForm::Bytes:
    case PatternForm::Range:
    case PatternForm::Tuple:
    case PatternForm::Record: break;
    }
    return true;
}

void FunctionLowering::collect_cases(PatternId id, std::vector<std::int64_t>& cases, bool& is_open) const {
    const check::PatternInfo& p = module_->info(id);
    switch (p.form) {
    case PatternForm::Constant: cases.push_back(module_->constant(p).bits); return;
    case PatternForm::Construct: cases.push_back(p.detail); return;
    case PatternForm::Or:
        for (PatternId a : ast_->view(ast_->patterns[id].as<syntax::OrPattern>()->alternatives))
            collect_cases(a, cases, is_open);
        return;
    case PatternForm::Wildcard:
    case PatternForm::Bind:
    case PatternForm::String:
    case PatternForm::Bytes:
    case PatternForm::Range:
    case PatternForm::Tuple:
    case PatternForm::Record: is_open = true;
    }
}

void FunctionLowering::dispatch(const syntax::MatchExpr& n, const Row& matched,
                                std::span<const BlockId> entries, std::span<const BlockId> known) {
    auto arms = ast_->view(n.arms);
    TypeKind kind = types().kind(matched.type);
    bool is_enum = kind == TypeKind::Enum;
    if (!is_enum && kind != TypeKind::Char && !types().is_integer(matched.type))
        return ssa_.jump(entries[0]);
    std::vector<std::int64_t> cases;
    std::vector<bool> is_open(arms.size()); // accepts more than its cases
    for (std::size_t i = 0; i < arms.size(); ++i) {
        bool open = false;
        collect_cases(arms[i].pattern, cases, open);
        is_open[i] = open;
    }
    std::ranges::sort(cases);
    cases.erase(std::unique(cases.begin(), cases.end()), cases.end());
    if (cases.size() < min_cases) return ssa_.jump(entries[0]);
    std::int64_t first = is_enum ? 0 : cases.front();
    std::uint64_t count = is_enum ? variant_count(matched.type)
                                  : static_cast<std::uint64_t>(cases.back()) -
                                        static_cast<std::uint64_t>(first) + 1;
    // Sparse numbers are compared one by one; 0 is a range of all 64 bits.
    if (count == 0 || count > max_targets || count > 4 * cases.size()) return ssa_.jump(entries[0]);

    // A block of its own for each arm that is jumped to: a switch gives no arguments.
    std::vector<BlockId> landings(arms.size() + 1);
    auto landing = [&](std::size_t arm) {
        if (!landings[arm].is_valid()) landings[arm] = ssa_.make_block();
        return landings[arm];
    };
    auto arm_where = [&](auto&& fits) {
        std::size_t arm = 0;
        while (arm < arms.size() && !fits(arm)) ++arm;
        return landing(arm);
    };
    std::vector<BlockId> targets;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto value = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + i);
        targets.push_back(arm_where([&](std::size_t arm) { return accepts(arms[arm].pattern, value); }));
    }
    // An enum has no other tags.
    if (!is_enum) targets.push_back(arm_where([&](std::size_t arm) { return is_open[arm]; }));
    at(n.scrutinee);
    ValueId selector = matched.id();
    if (!is_enum) {
        selector = convert(Scalar::I64, selector);
        if (first != 0) selector = b_.binary(Op::WrapSub, Scalar::I64, selector, int64(first));
    }
    ssa_.switch_on(selector, targets);
    for (std::size_t i = 0; i < landings.size(); ++i) {
        if (!landings[i].is_valid()) continue;
        ssa_.seal(landings[i]);
        ssa_.start(landings[i]);
        if (i == arms.size()) {
            unreachable();
            continue;
        }
        PatternForm form = module_->info(arms[i].pattern).form;
        bool is_known = form == PatternForm::Construct || form == PatternForm::Constant;
        ssa_.jump(is_known ? known[i] : entries[i]);
    }
}

// ---- The arms ----

Row FunctionLowering::lower(const syntax::MatchExpr& n, ExprId id) {
    Mark mark = own_.mark();
    Arms meeting(*this, type_of(id), span(id), mark);
    Row matched = scrutinee(n.scrutinee, span(id));
    bool stable = !has_pending(matched);
    Mark after = own_.mark();
    meeting.split();
    auto arms = ast_->view(n.arms);
    // By arm: where it is tested, and where it is known to match at the top.
    std::vector<BlockId> entries, known;
    for (std::size_t i = 0; i < arms.size(); ++i) {
        entries.push_back(ssa_.make_block(i > 0 && i + 1 == arms.size() && panics(arms[i].body)));
        known.push_back(ssa_.make_block());
    }
    dispatch(n, matched, entries, known);
    Ownership::State before = own_.save();
    bool open = true; // an earlier arm may have failed to match
    for (std::size_t i = 0; i < arms.size(); ++i) {
        const syntax::MatchArm& a = arms[i];
        ssa_.seal(entries[i]);
        ssa_.start(entries[i]);
        bool last = i + 1 == arms.size() && !a.guard.is_valid();
        BlockId next = last ? BlockId() : i + 1 < arms.size() ? entries[i + 1] : ssa_.make_block();
        std::vector<Binding> bindings;
        const check::PatternInfo& pattern = module_->info(a.pattern);
        bool has_known = pattern.form == PatternForm::Construct || pattern.form == PatternForm::Constant;
        if (has_known && !is_never(matched.type)) {
            // Tested here unless the dispatch has seen it already.
            ValueId holds = next.is_valid() ? top_test(pattern, matched) : ValueId();
            if (holds.is_valid()) {
                ssa_.branch(holds, known[i], next);
            } else {
                ssa_.jump(known[i]);
            }
            ssa_.seal(known[i]);
            ssa_.start(known[i]);
            match_payload(a.pattern, matched, next, bindings);
        } else {
            ssa_.seal(known[i]);
            match(a.pattern, matched, next, bindings);
        }
        if (a.guard.is_valid()) guard(a.guard, bindings, next, after);
        meeting.enter_bound(bindings, stable, after, a.body);
        own_.restore(before);
        if (last) {
            open = false;
            break;
        }
        if (i + 1 == arms.size()) {
            ssa_.seal(next);
            ssa_.start(next);
        }
    }
    own_.forget(mark);
    if (open) unreachable();
    return meeting.meet();
}

} // namespace tn::lower
