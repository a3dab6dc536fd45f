// Text: f-strings, the shown form, and the messages of assertions.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using check::Form;
using ir::BlockId;
using ir::ValueId;
using syntax::BinaryOp;
using syntax::ExprId;

Row FunctionLowering::show_text(const Row& value) {
    TypeId string = simple(TypeKind::String);
    if (const auto& own = m_.core_impl(CoreTrait::Show, value.type)) return call_fn(*own, {&value, 1}).result;
    if (types().kind(value.type) == TypeKind::String) return value;
    if (types().kind(value.type) == TypeKind::Char)
        return owned(string, rt(RuntimeFn::StringFromChar, {value.id()}));
    return owned(string, show_into(empty_text(), value, false));
}

ValueId FunctionLowering::format_into(ValueId into, const Row& value, const check::PieceFormat& format) {
    if (!format.has_spec) return show_into(into, value, false);
    std::int64_t packed[2];
    format.spec.pack(packed);
    ValueId first = int64(packed[0]), second = int64(packed[1]);
    Scalar s = scalar(value.type);
    switch (format.format_class) {
    case FormatClass::Integer:
        if (format.spec.is_for_floats())
            return rt(RuntimeFn::FormatF64, {into, convert(Scalar::F64, value.id()), first, second});
        if (is_signed(s))
            return rt(RuntimeFn::FormatInt, {into, convert(Scalar::I64, value.id()), first, second});
        return rt(RuntimeFn::FormatUint, {into, convert(Scalar::U64, value.id()), first, second});
    case FormatClass::Float:
        if (s == Scalar::F32) return rt(RuntimeFn::FormatF32, {into, value.id(), first, second});
        return rt(RuntimeFn::FormatF64, {into, value.id(), first, second});
    case FormatClass::Text: {
        // What is padded is made first; the text so far waits meanwhile.
        CleanupId waiting = own_.add(into, false);
        Row shown = show_text(value);
        own_.take(waiting);
        return rt(RuntimeFn::FormatText, {into, shown.id(), first, second});
    }
    }
    TN_ICE("an unknown class of formats");
}

Row FunctionLowering::lower(const syntax::FStringExpr& n, ExprId id) {
    TypeId type = simple(TypeKind::String);
    auto pieces = ast_->view(n.pieces);
    std::string constant; // text not yet appended
    ValueId result;
    CleanupId waiting;
    auto flush = [&] {
        if (result.is_valid()) {
            result = append(result, constant);
            own_.replace(waiting, result);
        } else {
            result = constant.empty() ? empty_text() : own_.retain(literal(constant));
            waiting = own_.add(result, false);
        }
        constant.clear();
    };
    bool reached = true;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].expr.is_valid()) {
            constant += text(pieces[i].text);
            continue;
        }
        flush();
        Row value = expr(pieces[i].expr);
        reached = reached && !is_never(value.type);
        if (is_never(value.type)) continue;
        at(pieces[i].expr);
        own_.take(waiting);
        result = format_into(result, value, module_->format_specs[info(id).detail + i]);
        waiting = own_.add(result, false);
    }
    at(id);
    if (!result.is_valid()) return lasting(one(type, literal(constant))); // nothing but text
    if (!constant.empty()) flush();
    Row row = one(type, result);
    row.leaves[0].cleanup = waiting;
    return row;
}

// ---- Texts that grow ----

bool FunctionLowering::find_parts(ExprId id, std::vector<TextPart>& parts) {
    ExprId inner = strip(id);
    const TypeKind kind = types().kind(type_of(inner));
    if (const auto* f = node(inner).as<syntax::FStringExpr>()) {
        auto pieces = ast_->view(f->pieces);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!pieces[i].expr.is_valid()) {
                if (!text(pieces[i].text).empty()) parts.push_back({text(pieces[i].text), ExprId()});
                continue;
            }
            TypeId type = type_of(pieces[i].expr);
            const TypeKind shown = types().kind(type);
            const bool is_plain = shown == TypeKind::String || shown == TypeKind::Char || shown == TypeKind::Bool ||
                                  is_integer(type_kind_scalar(shown)) || is_float(type_kind_scalar(shown));
            if (!is_plain || m_.core_impl(CoreTrait::Show, type)) return false;
            parts.push_back({{}, pieces[i].expr, module_->format_specs[info(inner).detail + i]});
        }
        return true;
    }
    const auto* sum = node(inner).as<syntax::BinaryExpr>();
    if (kind == TypeKind::String && sum && sum->op == BinaryOp::Add && info(inner).form == Form::Operator)
        return find_parts(sum->lhs, parts) && find_parts(sum->rhs, parts);
    parts.push_back({{}, id});
    return kind == TypeKind::String || kind == TypeKind::Char;
}

void FunctionLowering::append_parts(Place& p, std::span<const TextPart> parts, ExprId id) {
    const Span until{span(id).file, span(id).begin, span(id).end + 1}; // the end of the assignment
    std::vector<Row> values(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].expr.is_valid()) continue;
        values[i] = operand(parts[i].expr, until);
        if (is_never(values[i].type)) return;
    }
    at(id);
    ValueId grown = own_.to_owned(take_out_of(p).leaves[0], false);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].expr.is_valid()) at(parts[i].expr);
        grown = parts[i].expr.is_valid() ? format_into(grown, values[i], parts[i].format)
                                         : append(grown, parts[i].written);
    }
    at(id);
    put_back(p, to_owned(owned(p.type(), grown)));
}

// ---- Assertions ----

// "a == b (left: 1, right: 2)", or the message in place of the condition.
Row FunctionLowering::lower(const syntax::AssertExpr& n, ExprId id) {
    ExprId condition_id = strip(n.condition);
    const auto* binary = node(condition_id).as<syntax::BinaryExpr>();
    bool compares = binary && info(condition_id).form == Form::Operator && binary->op >= BinaryOp::Eq &&
                    binary->op <= BinaryOp::Ge && !is_never(type_of(binary->lhs)) &&
                    !is_never(type_of(binary->rhs));
    BlockId good = ssa_.make_block(), bad = ssa_.make_block(true);
    Mark mark = own_.mark();
    Row left, right;
    if (compares) {
        left = operand(binary->lhs, span(id));
        right = operand(binary->rhs, span(id));
        at(condition_id);
        ssa_.branch(compare_values(binary->op, left, right), good, bad, ir::Likely);
    } else {
        condition(n.condition, good, bad, ir::Likely);
    }
    ssa_.seal(good);
    ssa_.seal(bad);
    ssa_.start(bad);
    Ownership::State before = own_.save();
    Mark inner = own_.mark();
    Region region(*this);
    at(id);
    ValueId message;
    if (n.message.is_valid()) {
        message = own_.to_owned(value(n.message, simple(TypeKind::String)).leaves[0], false);
    } else {
        std::string_view written = m_.input().sources.text(span(condition_id));
        std::string one_line; // blanks and line breaks as one blank
        for (char c : written) {
            bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
            if (!blank)
                one_line += c;
            else if (!one_line.empty() && one_line.back() != ' ')
                one_line += ' ';
        }
        message = own_.retain(literal(one_line));
    }
    if (compares) {
        message = show_into(append(message, " (left: "), left, true);
        message = show_into(append(message, ", right: "), right, true);
        message = append(message, ")");
    }
    at(id);
    trap(TrapCode::AssertionFailed, message);
    own_.forget(inner);
    own_.restore(before);
    ssa_.start(good);
    own_.leave(mark);
    return unit();
}

} // namespace tn::lower
