// The second phase: settles what is open, converts literals, and writes final types into the tables.
#include "check/body.h"

#include <charconv>
#include <cmath>

namespace tn::check {

void BodyChecker::finish() {
    // What obligations teach, operators may need, and the other way round.
    while (retry_pending(false) | retry_obligations(false)) {}
    for (TypeId result : endless_results_) {
        if (infer_.is_var(infer_.shallow(result), VarKind::General))
            infer_.unify(result, simple(TypeKind::Unit));
    }
    retry_obligations(false);
    retry_pending(true);
    infer_.default_literals();
    retry_obligations(true);
    for (const CompareUse& use : compares_) finish_comparison(use);
    check_classes();
    check_negations();
    check_ranges();
    check_casts();
    check_try_froms();
    check_variadics();
    finish_types();
    finish_slices();
    finish_literals();
    finish_patterns();
    finish_formats();
    for (const MatchUse& use : matches_) finish_match(use);
    if (error_count_ == 0 && !module_.is_prelude) warn_of_unused_locals();
}

void BodyChecker::finish_types() {
    std::vector<bool> sized;
    bool too_large = false;
    auto size = [&](TypeId type, Span span) {
        if (too_large || program_.facts.has_error(type)) return;
        if (sized.size() <= type.index()) sized.resize(types_.size() + 1);
        if (sized[type.index()]) return;
        sized[type.index()] = true;
        too_large = is_error(program_.check_size(type, span));
        if (too_large) ++error_count_;
    };
    for (Local& local : body_.locals) {
        local.type = infer_.zonk(local.type);
        TypeId unknown = infer_.find_unknown(local.type);
        if (unknown.is_valid()) {
            diag::DiagnosticBuilder builder = report(Diag::CannotInfer, local.span, "`" + local.name + "`");
            if (infer_.origin(unknown).file.is_valid() && !infer_.what(unknown).empty()) {
                builder.label(infer_.origin(unknown),
                              "the type of " + infer_.what(unknown) + " is not known");
            }
            builder.hint("write its type, as in `let " + local.name + ": List[i64] = …`");
            while (unknown.is_valid()) {
                infer_.bind(unknown, error());
                unknown = infer_.find_unknown(local.type);
            }
            local.type = infer_.zonk(local.type);
        }
        size(local.type, local.span);
    }
    for (ExprId id : exprs_) {
        TypeId type = infer_.zonk(info(id).type);
        for (TypeId unknown = infer_.find_unknown(type); unknown.is_valid();
             unknown = infer_.find_unknown(type)) {
            cannot_infer(unknown, span_of(id), "this expression");
        }
        type = infer_.zonk(type);
        info(id).type = type;
        size(type, span_of(id));
    }
    finish_closures();
    finish_collections();
    for (PatternId id : patterns_) info(id).type = infer_.zonk(info(id).type);
    for (CallId id : calls_) {
        for (TypeId& arg : module_.calls[id].type_args) {
            arg = infer_.zonk(arg);
            for (TypeId unknown = infer_.find_unknown(arg); unknown.is_valid();
                 unknown = infer_.find_unknown(arg)) {
                cannot_infer(unknown, span_of(body_.root), "a type argument");
            }
            arg = infer_.zonk(arg);
        }
    }
    if (infer_.is_too_deep() && error_count_ == 0) {
        Span span = span_of(body_.root);
        span.end = span.begin + 1;
        report(Diag::TypeTooLarge, span, "List[List[…]]").primary("a type in here is nested too deeply");
    }
}

void BodyChecker::finish_literals() {
    auto out_of_range = [&](ExprId id, TypeId type) {
        std::string spelled(program_.input.sources.text(span_of(id)));
        diag::DiagnosticBuilder builder = report(Diag::LiteralOutOfRange, span_of(id), spelled, print(type));
        if (!types_.is_integer(type)) return;
        Scalar scalar = type_kind_scalar(types_.kind(type));
        std::uint64_t ones = ~std::uint64_t{0} >> (64 - scalar_size(scalar) * 8);
        std::string range = is_signed(scalar)
                                ? "-" + std::to_string((ones >> 1) + 1) + "..=" + std::to_string(ones >> 1)
                                : "0..=" + std::to_string(ones);
        builder.note("`" + print(type) + "` holds " + range);
    };
    for (const IntUse& use : ints_) {
        TypeId type = infer_.shallow(use.type);
        if (types_.is_float(type)) { // `10f32`
            double number = static_cast<double>(use.magnitude);
            set_constant(use.id, Constant{0, use.negative ? -number : number});
            continue;
        }
        if (!program_.facts.is_integer(type)) continue; // reported
        // A literal of a class of types has to fit all of them.
        Scalar scalar = types_.is_integer(type) ? type_kind_scalar(types_.kind(type)) : Scalar::I8;
        std::uint64_t ones = ~std::uint64_t{0} >> (64 - scalar_size(scalar) * 8);
        std::uint64_t limit = is_signed(scalar) ? (ones >> 1) + (use.negative ? 1 : 0)
                              : use.negative    ? 0
                                                : ones;
        if (use.overflow || use.magnitude > limit) {
            out_of_range(use.id, type);
            continue;
        }
        std::uint64_t bits = use.negative ? 0 - use.magnitude : use.magnitude;
        set_constant(use.id, Constant{static_cast<std::int64_t>(bits), 0});
    }
    for (const FloatUse& use : floats_) {
        TypeId type = infer_.shallow(use.type);
        if (!program_.facts.is_float(type)) continue;
        double number = use.value;
        if (types_.kind(type) == TypeKind::F32) {
            // From the digits, so that it is rounded once.
            std::string_view digits = use.digits.is_valid() ? text(use.digits) : std::string_view();
            float narrow = static_cast<float>(use.value);
            auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), narrow);
            if (status == std::errc::result_out_of_range) narrow = static_cast<float>(use.value);
            number = narrow;
        }
        if (std::isinf(number)) {
            out_of_range(use.id, type);
            continue;
        }
        set_constant(use.id, Constant{0, use.negative ? -number : number});
    }
}

void BodyChecker::finish_patterns() {
    for (PatternId id : patterns_) {
        PatternInfo& what = info(id);
        if (is_error(what.type)) continue;
        const syntax::Pattern& node = tree().patterns[id];
        if (what.form == PatternForm::Constant) {
            ExprId literal = node.as<syntax::LiteralPattern>()->literal;
            if (info(literal).form == Form::Constant) {
                what.detail = info(literal).detail;
            } else {
                what.type = error(); // out of range: reported
            }
        }
        if (what.form != PatternForm::Range) continue;
        const auto* range = node.as<syntax::RangePattern>();
        const ExprInfo& start = info(range->start);
        const ExprInfo& end = info(range->end);
        bool has_order = types_.is_integer(what.type) || types_.kind(what.type) == TypeKind::Char;
        if (!has_order) {
            report(Diag::NotAllowedHere, node.span, "a range of `" + print(what.type) + "`")
                .note("a range pattern is of integers or `char`");
        }
        if (!has_order || start.form != Form::Constant || end.form != Form::Constant) {
            what.type = error();
            continue;
        }
        PatternRange ends{module_.constant(start).bits, module_.constant(end).bits};
        std::uint64_t first = order_key(types_, what.type, ends.first);
        std::uint64_t last = order_key(types_, what.type, ends.last);
        if (first > last || (first == last && !range->inclusive)) {
            report(Diag::EmptyRange, node.span);
            what.type = error();
            continue;
        }
        if (!range->inclusive) --ends.last;
        what.detail = static_cast<std::uint32_t>(module_.pattern_ranges.size());
        module_.pattern_ranges.push_back(ends);
    }
}

void BodyChecker::finish_formats() {
    for (const FormatUse& use : formats_) {
        TypeId type = infer_.shallow(use.type);
        if (is_error(type) || is_never(type)) continue;
        PieceFormat format;
        format.has_spec = true;
        format.format_class = types_.is_integer(type) ? FormatClass::Integer
                              : types_.is_float(type) ? FormatClass::Float
                                                      : FormatClass::Text;
        format.spec.fill = use.spec.fill;
        switch (use.spec.align) {
        case syntax::FormatSpec::Align::Default: break;
        case syntax::FormatSpec::Align::Left: format.spec.align = '<'; break;
        case syntax::FormatSpec::Align::Right: format.spec.align = '>'; break;
        case syntax::FormatSpec::Align::Center: format.spec.align = '^'; break;
        case syntax::FormatSpec::Align::AfterSign: format.spec.align = '='; break;
        }
        bool minus_written = use.spec.sign == syntax::FormatSpec::Sign::Minus;
        switch (use.spec.sign) {
        case syntax::FormatSpec::Sign::Default:
        case syntax::FormatSpec::Sign::Minus: break;
        case syntax::FormatSpec::Sign::Plus: format.spec.sign = '+'; break;
        case syntax::FormatSpec::Sign::Space: format.spec.sign = ' '; break;
        }
        format.spec.alternate = use.spec.alternate;
        format.spec.zero = use.spec.zero;
        format.spec.type = use.spec.type;
        // Larger numbers than the limit stay larger than it in narrower fields.
        if (use.spec.width) format.spec.width = std::min(*use.spec.width, FormatSpec::max_width + 1);
        if (use.spec.precision) {
            format.spec.precision =
                static_cast<std::int32_t>(std::min(*use.spec.precision, FormatSpec::max_width + 1));
        }
        std::string_view reason;
        bool fits = check_format_spec(format.spec, format.format_class, reason);
        if (fits && minus_written && format.format_class == FormatClass::Text) {
            fits = false;
            reason = "only numbers have a sign or `#`";
        }
        if (!fits) {
            std::string_view spelled = program_.input.sources.text(use.spec.span);
            report(Diag::BadFormatSpec, use.spec.span, spelled, reason)
                .note("the value is a `" + print(type) + "`");
            continue;
        }
        module_.format_specs[use.index] = format;
    }
}

} // namespace tn::check
