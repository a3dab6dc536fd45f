// Patterns: tests that jump away where the value does not match, and the parts that names are bound to.
#include "lower/function_lowering.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using check::PatternForm;
using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::PatternId;

namespace {
Scalar unsigned_of(Scalar s) {
    switch (scalar_size(s)) {
    case 1: return Scalar::U8;
    case 2: return Scalar::U16;
    case 4: return Scalar::U32;
    default: return Scalar::U64;
    }
}
} // namespace

void FunctionLowering::test(ValueId holds, BlockId fail) {
    if (!fail.is_valid()) return; // the checker has seen that nothing else is left
    BlockId next = ssa_.make_block();
    ssa_.branch(holds, next, fail);
    ssa_.seal(next);
    ssa_.start(next);
}

bool FunctionLowering::has_pending(const Row& row) {
    for (const RowLeaf& leaf : row.leaves) {
        if (leaf.cleanup.is_valid()) return true;
    }
    return false;
}

void FunctionLowering::match(PatternId id, const Row& value, BlockId fail, std::vector<Binding>& bindings) {
    const check::PatternInfo& p = module_->info(id);
    const syntax::Pattern& n = ast_->patterns[id];
    if (is_never(value.type)) {
        // After `return` there is nothing to match; names still need a value.
        if (p.form != PatternForm::Bind || !is_never(concrete(p.type))) {
            TypeId type = concrete(p.type);
            if (!is_never(type)) return match(id, nothing(type), fail, bindings);
        }
    }
    at(n.span);
    switch (p.form) {
    case PatternForm::Wildcard: return;
    case PatternForm::Bind: {
        bindings.push_back(Binding{LocalId(p.detail), value});
        const auto* binding = n.as<syntax::BindingPattern>();
        if (binding && binding->inner.is_valid()) {
            // Both the name and the names inside hold the value: the inner ones keep what is pending.
            for (RowLeaf& leaf : bindings.back().row.leaves) leaf.cleanup = CleanupId();
            match(binding->inner, value, fail, bindings);
        }
        return;
    }
    case PatternForm::Constant:
        if (fail.is_valid()) test(top_test(p, value), fail);
        return;
    case PatternForm::String:
    case PatternForm::Bytes: {
        if (!fail.is_valid()) return;
        const auto* pattern = n.as<syntax::LiteralPattern>();
        const syntax::Expr& written = node(pattern->literal);
        const auto* string = written.as<syntax::StringExpr>();
        std::string_view wanted = text(string ? string->text : written.as<syntax::BytesExpr>()->bytes);
        TypeKind kind = string ? TypeKind::String : TypeKind::Bytes;
        return test(equal(value, one(value.type, b_.literal(m_.literal(wanted, kind))), true), fail);
    }
    case PatternForm::Range: {
        if (!fail.is_valid()) return;
        const check::PatternRange& range = module_->pattern_ranges[p.detail];
        Scalar s = scalar(value.type);
        test(b_.compare(Op::ICmp, Cond::Ge, value.id(), b_.const_int(s, range.first)), fail);
        return test(b_.compare(Op::ICmp, Cond::Le, value.id(), b_.const_int(s, range.last)), fail);
    }
    case PatternForm::Tuple: {
        const auto* pattern = n.as<syntax::TuplePattern>();
        if (value.leaves.empty() && types().kind(value.type) == TypeKind::Unit) return;
        auto elements = ast_->view(pattern->elements);
        for (unsigned i = 0; i < elements.size(); ++i) match(elements[i], field_of(value, i), fail, bindings);
        return;
    }
    case PatternForm::Record: {
        const auto* pattern = n.as<syntax::RecordPattern>();
        auto fields = ast_->view(pattern->fields);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            unsigned number = module_->pattern_fields[p.fields + i];
            match(fields[i].pattern, field_of(value, number), fail, bindings);
        }
        return;
    }
    case PatternForm::Construct:
        if (fail.is_valid()) test(top_test(p, value), fail);
        return match_payload(id, value, fail, bindings);
    case PatternForm::Or: return match_or(*n.as<syntax::OrPattern>(), value, fail, bindings);
    }
}

void FunctionLowering::match_payload(PatternId id, const Row& value, BlockId fail,
                                     std::vector<Binding>& bindings) {
    const check::PatternInfo& p = module_->info(id);
    const syntax::Pattern& n = ast_->patterns[id];
    at(n.span);
    if (const auto* pattern = n.as<syntax::ConstructorPattern>()) {
        auto elements = ast_->view(pattern->elements);
        for (unsigned i = 0; i < elements.size(); ++i)
            match(elements[i], payload(value, p.detail, i), fail, bindings);
    } else if (const auto* record = n.as<syntax::RecordPattern>()) {
        auto fields = ast_->view(record->fields);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            unsigned number = module_->pattern_fields[p.fields + i];
            match(fields[i].pattern, payload(value, p.detail, number), fail, bindings);
        }
    }
}

bool FunctionLowering::match_bits(const syntax::OrPattern& n, const Row& value, BlockId fail) {
    constexpr std::size_t least = 3; // fewer are compared one by one
    auto alternatives = ast_->view(n.alternatives);
    const TypeKind kind = types().kind(value.type);
    if (alternatives.size() < least || !(types().is_integer(value.type) || kind == TypeKind::Char)) return false;
    std::vector<std::int64_t> numbers;
    for (PatternId alternative : alternatives) {
        const check::PatternInfo& p = module_->info(alternative);
        if (p.form != PatternForm::Constant) return false;
        numbers.push_back(module_->constant(p).bits);
    }
    const std::int64_t first = *std::ranges::min_element(numbers);
    std::uint64_t bits = 0, last = 0;
    for (std::int64_t number : numbers) {
        const std::uint64_t at = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(first);
        if (at >= 64) return false;
        bits |= std::uint64_t(1) << at;
        last = std::max(last, at);
    }
    const Scalar s = scalar(value.type), u = unsigned_of(s);
    ValueId at = b_.binary(Op::WrapSub, s, value.id(), b_.const_int(s, first));
    if (u != s) at = b_.bitcast(u, at);
    at = convert(Scalar::U64, at);
    test(b_.compare(Op::ICmp, Cond::Le, at, b_.const_int(Scalar::U64, static_cast<std::int64_t>(last))), fail);
    ValueId shifted =
        b_.binary(Op::Shr, Scalar::U64, b_.const_int(Scalar::U64, static_cast<std::int64_t>(bits)), at);
    ValueId bit = b_.binary(Op::And, Scalar::U64, shifted, b_.const_int(Scalar::U64, 1));
    test(b_.compare(Op::ICmp, Cond::Ne, bit, b_.const_int(Scalar::U64, 0)), fail);
    return true;
}

// Each alternative jumps to where they meet, with what it binds as arguments: borrowed, the matched value
// still has its references.
void FunctionLowering::match_or(const syntax::OrPattern& n, const Row& value, BlockId fail,
                                std::vector<Binding>& bindings) {
    if (fail.is_valid() && match_bits(n, value, fail)) return;
    auto alternatives = ast_->view(n.alternatives);
    BlockId join = ssa_.make_block();
    std::vector<Binding> joined;
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        bool last = i + 1 == alternatives.size();
        BlockId next = last ? fail : ssa_.make_block();
        std::vector<Binding> found;
        match(alternatives[i], value, next, found);
        if (i == 0) {
            for (const Binding& binding : found) {
                Row row{binding.row.type, {}};
                for (const Leaf& leaf : layout(row.type).leaves) {
                    row.add(ssa_.add_param(join, leaf.scalar, ir::Ownership::Borrowed));
                }
                joined.push_back(Binding{binding.local, std::move(row)});
            }
        }
        std::vector<ValueId> args;
        for (const Binding& wanted : joined) {
            for (const Binding& binding : found) {
                if (binding.local != wanted.local) continue;
                for (const RowLeaf& leaf : binding.row.leaves) args.push_back(leaf.id);
            }
        }
        ssa_.jump(join, args);
        if (last) break;
        ssa_.seal(next);
        ssa_.start(next);
    }
    ssa_.seal(join);
    ssa_.start(join);
    bindings.insert(bindings.end(), joined.begin(), joined.end());
}

void FunctionLowering::bind_all(const std::vector<Binding>& bindings, bool stable) {
    for (const Binding& binding : bindings) bind(binding.local, claim(binding.local, binding.row, stable));
}

} // namespace tn::lower
