// Maranget's usefulness, with ranges split where patterns begin and end. Columns of scalars, which are the
// usual long matches, are decided by sorting instead. The general case is exponential at worst, so steps are
// counted.
#include "check/exhaustive.h"

#include "check/match_value.h"

#include <algorithm>
#include <map>

namespace tn::check {

namespace {

constexpr std::uint64_t max_steps = 3'000'000;
constexpr unsigned max_depth = 3000;

using Kind = MatchPattern::Kind;
using Row = std::vector<const MatchPattern*>; // columns in reverse: the next one is the last
const MatchPattern any_pattern;

class Analyzer {
public:
    explicit Analyzer(TypeTable& types) : types_(types) {}

    // The witnesses of a case that no row handles, one per column in reverse; nothing if there is none.
    // With `question`, only cases that it matches are looked for.
    std::optional<std::vector<std::string>> find_missing(std::vector<Row> rows, std::vector<TypeId> columns,
                                                         Row question, unsigned depth) {
        steps_ += rows.size() + 1;
        if (steps_ > max_steps || depth > max_depth) {
            too_complex_ = true;
            return {};
        }
        if (columns.empty()) {
            if (rows.empty()) return std::vector<std::string>();
            return {};
        }
        expand_or(rows);
        if (question.back()->kind == Kind::Or) {
            for (const MatchPattern* part : question.back()->parts) {
                Row narrowed = question;
                narrowed.back() = part;
                if (auto found = find_missing(rows, columns, std::move(narrowed), depth + 1)) return found;
            }
            return {};
        }
        TypeId type = columns.back();
        bool all_any = question.back()->kind == Kind::Any;
        for (const Row& row : rows) all_any &= row.back()->kind == Kind::Any;
        if (all_any) {
            for (Row& row : rows) row.pop_back();
            question.pop_back();
            columns.pop_back();
            auto found = find_missing(std::move(rows), std::move(columns), std::move(question), depth + 1);
            if (found) found->push_back("_");
            return found;
        }
        switch (shape_of(types_, type)) {
        case Shape::Opaque: return {};
        case Shape::Product: return by_product(rows, columns, question, depth);
        case Shape::Enum: return by_variant(rows, columns, question, depth);
        case Shape::Scalar: return by_range(rows, columns, question, depth);
        case Shape::Text: return by_text(rows, columns, question, depth);
        }
        return {};
    }

    bool is_too_complex() const { return too_complex_; }
    void reset() { steps_ = 0; }

private:
    using Found = std::optional<std::vector<std::string>>;

    static void expand_or(std::vector<Row>& rows) {
        bool has_or = false;
        for (const Row& row : rows) has_or |= row.back()->kind == Kind::Or;
        if (!has_or) return;
        std::vector<Row> expanded;
        for (Row& row : rows) {
            std::vector<const MatchPattern*> work = {row.back()};
            // Alternatives keep their order; their number is bounded by the text.
            std::vector<const MatchPattern*> leaves;
            while (!work.empty()) {
                const MatchPattern* next = work.back();
                work.pop_back();
                if (next->kind != Kind::Or) {
                    leaves.push_back(next);
                    continue;
                }
                for (auto it = next->parts.rbegin(); it != next->parts.rend(); ++it) work.push_back(*it);
            }
            for (const MatchPattern* leaf : leaves) {
                expanded.push_back(row);
                expanded.back().back() = leaf;
            }
        }
        rows = std::move(expanded);
    }

    std::vector<TypeId> field_types(TypeId type, std::uint32_t variant) {
        std::vector<TypeId> parts;
        if (types_.kind(type) == TypeKind::Tuple) {
            parts.assign(types_.args(type).begin(), types_.args(type).end());
            return parts;
        }
        const Nominal& nominal = types_.nominal(type);
        std::vector<Field> fields =
            types_.kind(type) == TypeKind::Record ? nominal.fields : nominal.variants[variant].fields;
        for (const Field& field : fields) parts.push_back(types_.field_type(type, field));
        return parts;
    }

    // Replaces the last column by `count` columns of its parts.
    static void open_up(Row& row, std::size_t count) {
        const MatchPattern* head = row.back();
        row.pop_back();
        for (std::size_t i = count; i-- > 0;) {
            row.push_back(head->kind == Kind::Any || i >= head->parts.size() ? &any_pattern : head->parts[i]);
        }
    }

    Found inside(const std::vector<Row>& rows, std::vector<TypeId> columns, Row question,
                 std::uint32_t variant, unsigned depth, std::vector<std::string>& parts) {
        std::vector<TypeId> fields = field_types(columns.back(), variant);
        bool is_enum = types_.kind(columns.back()) == TypeKind::Enum;
        std::vector<Row> matching;
        for (const Row& row : rows) {
            if (is_enum && row.back()->kind == Kind::Variant && row.back()->variant != variant) continue;
            matching.push_back(row);
            open_up(matching.back(), fields.size());
        }
        open_up(question, fields.size());
        columns.pop_back();
        columns.insert(columns.end(), fields.rbegin(), fields.rend());
        Found found = find_missing(std::move(matching), std::move(columns), std::move(question), depth + 1);
        if (!found) return found;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            parts.push_back(found->back());
            found->pop_back();
        }
        return found;
    }

    static std::string join(const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
        return text;
    }
    static std::string named(const std::string& name, const std::vector<Field>& fields,
                             const std::vector<std::string>& parts) {
        std::string text = name + " {";
        bool has_rest = false;
        bool any = false;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (parts[i] == "_") {
                has_rest = true;
                continue;
            }
            text += (any ? ", " : " ") + fields[i].name + ": " + parts[i];
            any = true;
        }
        if (has_rest) text += any ? ", .." : " ..";
        return text + " }";
    }

    Found by_product(const std::vector<Row>& rows, const std::vector<TypeId>& columns, const Row& question,
                     unsigned depth) {
        TypeId type = columns.back();
        std::vector<std::string> parts;
        Found found = inside(rows, columns, question, 0, depth, parts);
        if (!found) return found;
        if (types_.kind(type) == TypeKind::Tuple) {
            found->push_back("(" + join(parts) + ")");
        } else {
            found->push_back(named(types_.nominal(type).name, types_.nominal(type).fields, parts));
        }
        return found;
    }

    Found by_variant(const std::vector<Row>& rows, const std::vector<TypeId>& columns, const Row& question,
                     unsigned depth) {
        TypeId type = columns.back();
        std::uint32_t first = 0;
        auto last = static_cast<std::uint32_t>(types_.nominal(type).variants.size());
        if (question.back()->kind == Kind::Variant) {
            first = question.back()->variant;
            last = first + 1;
        }
        for (std::uint32_t v = first; v < last; ++v) {
            std::vector<std::string> parts;
            Found found = inside(rows, columns, question, v, depth, parts);
            if (!found) continue;
            Variant variant = types_.nominal(type).variants[v];
            std::string text = variant.name;
            if (!variant.positional) {
                text = named(variant.name, variant.fields, parts);
            } else if (!parts.empty()) {
                text += "(" + join(parts) + ")";
            }
            found->push_back(std::move(text));
            return found;
        }
        return {};
    }

    // A single column of scalars: sort the ranges and look for a gap.
    Found gap(const std::vector<Row>& rows, TypeId type, std::uint64_t first, std::uint64_t last) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
        for (const Row& row : rows) {
            if (row.back()->kind == Kind::Any) return {};
            ranges.emplace_back(row.back()->first, row.back()->last);
        }
        if (types_.kind(type) == TypeKind::Char) ranges.emplace_back(first_surrogate, last_surrogate);
        std::ranges::sort(ranges);
        std::uint64_t next = first;
        for (const auto& [from, to] : ranges) {
            if (from > last) break;
            if (from > next) return std::vector{range_text(types_, type, next, from - 1)};
            if (to >= last) return {};
            if (to >= next) next = to + 1;
        }
        return std::vector{range_text(types_, type, next, last)};
    }

    Found by_range(const std::vector<Row>& rows, const std::vector<TypeId>& columns, const Row& question,
                   unsigned depth) {
        TypeId type = columns.back();
        std::uint64_t first = 0;
        std::uint64_t last = last_key(types_, type);
        if (question.back()->kind == Kind::Range) {
            first = question.back()->first;
            last = question.back()->last;
        }
        if (columns.size() == 1) return gap(rows, type, first, last);
        // Cut where a pattern begins or ends; within a piece all values are alike.
        std::vector<std::uint64_t> begins = {first};
        for (const Row& row : rows) {
            if (row.back()->kind != Kind::Range) continue;
            if (row.back()->first > first && row.back()->first <= last) begins.push_back(row.back()->first);
            if (row.back()->last >= first && row.back()->last < last) begins.push_back(row.back()->last + 1);
        }
        if (types_.kind(type) == TypeKind::Char) {
            for (std::uint64_t cut : {first_surrogate, last_surrogate + 1}) {
                if (cut > first && cut <= last) begins.push_back(cut);
            }
        }
        std::ranges::sort(begins);
        begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
        Row rest = question;
        rest.pop_back();
        std::vector<TypeId> rest_columns = columns;
        rest_columns.pop_back();
        for (std::size_t i = 0; i < begins.size(); ++i) {
            steps_ += rows.size();
            std::uint64_t from = begins[i];
            std::uint64_t to = i + 1 < begins.size() ? begins[i + 1] - 1 : last;
            if (types_.kind(type) == TypeKind::Char && from >= first_surrogate && to <= last_surrogate)
                continue;
            std::vector<Row> matching;
            for (const Row& row : rows) {
                const MatchPattern* head = row.back();
                if (head->kind == Kind::Range && (head->first > from || head->last < to)) continue;
                matching.push_back(row);
                matching.back().pop_back();
            }
            Found found = find_missing(std::move(matching), rest_columns, rest, depth + 1);
            if (too_complex_) return {};
            if (!found) continue;
            found->push_back(range_text(types_, type, from, to));
            return found;
        }
        return {};
    }

    Found by_text(const std::vector<Row>& rows, const std::vector<TypeId>& columns, const Row& question,
                  unsigned depth) {
        std::map<std::string_view, bool> texts;
        bool has_any = question.back()->kind == Kind::Any;
        if (has_any) {
            for (const Row& row : rows) {
                if (row.back()->kind == Kind::Text) texts.emplace(row.back()->text, true);
            }
        } else {
            texts.emplace(question.back()->text, true);
        }
        Row rest = question;
        rest.pop_back();
        std::vector<TypeId> rest_columns = columns;
        rest_columns.pop_back();
        auto try_text = [&](const std::string_view* text) -> Found {
            steps_ += rows.size();
            std::vector<Row> matching;
            for (const Row& row : rows) {
                const MatchPattern* head = row.back();
                if (head->kind == Kind::Text && (!text || head->text != *text)) continue;
                matching.push_back(row);
                matching.back().pop_back();
            }
            Found found = find_missing(std::move(matching), rest_columns, rest, depth + 1);
            if (found) found->push_back(text ? '"' + std::string(*text) + '"' : "_");
            return found;
        };
        // Some text that no pattern names comes first: it is the usual gap.
        if (has_any) {
            if (Found found = try_text(nullptr)) return found;
            if (columns.size() == 1) return {};
        }
        for (const auto& [text, unused] : texts) {
            if (too_complex_) return {};
            if (Found found = try_text(&text)) return found;
        }
        return {};
    }

    TypeTable& types_;
    std::uint64_t steps_ = 0;
    bool too_complex_ = false;
};

} // namespace

MatchAnswer analyze_match(TypeTable& types, TypeId type, std::span<const MatchArmPattern> arms) {
    MatchAnswer answer;
    std::vector<Row> rows;
    for (const MatchArmPattern& arm : arms) {
        if (!arm.has_guard) rows.push_back({arm.pattern});
    }
    Analyzer analyzer(types);
    auto missing = analyzer.find_missing(rows, {type}, {&any_pattern}, 0);
    if (missing) answer.missing = missing->front();
    answer.too_complex = analyzer.is_too_complex();
    if (answer.too_complex) return answer;

    Shape shape = shape_of(types, type);
    if (shape == Shape::Scalar || shape == Shape::Text || shape == Shape::Opaque) {
        Covered covered;
        std::uint64_t whole = shape == Shape::Scalar ? last_key(types, type) : ~std::uint64_t{0};
        for (std::uint32_t i = 0; i < arms.size(); ++i) {
            if (!covered.add(*arms[i].pattern, !arms[i].has_guard, whole)) answer.unreachable.push_back(i);
        }
        return answer;
    }
    std::vector<Row> before;
    for (std::uint32_t i = 0; i < arms.size(); ++i) {
        Analyzer each(types);
        bool useful = each.find_missing(before, {type}, {arms[i].pattern}, 0).has_value();
        // Warnings are given up sooner than errors: many arms, each asked against all before it.
        if (each.is_too_complex() || i > 2000) break;
        if (!useful) answer.unreachable.push_back(i);
        if (!arms[i].has_guard) before.push_back({arms[i].pattern});
    }
    return answer;
}

} // namespace tn::check
