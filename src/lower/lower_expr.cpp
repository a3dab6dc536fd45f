// Expressions: dispatch by the checker's form, then by the node; literals, blocks, aggregates, conversions.
#include "lower/function_lowering.h"

#include "builtins/constant.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using check::Form;
using ir::ValueId;
using syntax::ExprId;

Row FunctionLowering::expr(ExprId id) {
    Row row = expr_of_form(id);
    TypeId type = type_of(id);
    return is_never(type) ? Row{type, {}} : row;
}

Row FunctionLowering::expr_of_form(ExprId id) {
    const check::ExprInfo& i = info(id);
    switch (i.form) {
    case Form::Constant: return constant(module_->constant(i), type_of(id));
    case Form::Local: {
        LocalId local(i.detail);
        return is_last_use(local, span(id).begin) ? take_local(local, 0) : read_local(local);
    }
    case Form::Global:
    case Form::Field:
    case Form::Element: {
        Place p = place(id, false);
        return read(p);
    }
    case Form::Slice: return slice(id);
    case Form::Operator: return operator_expr(id);
    case Form::Call: {
        syntax::ExprKind kind = node(id).kind();
        bool is_operator = kind == syntax::ExprKind::Unary || kind == syntax::ExprKind::Binary ||
                           kind == syntax::ExprKind::Assign;
        return is_operator ? operator_call(id) : call(id);
    }
    case Form::FnValue: return fn_value(id);
    case Form::TypeConstant: return type_constant(module_->type_constants[i.detail]);
    case Form::Closure: return closure(id);
    case Form::IndexSet: return index_set(id);
    case Form::Plain: break;
    }
    return std::visit([&](const auto& n) { return lower(n, id); }, node(id).node);
}

Row FunctionLowering::fit(Row row, TypeId type) {
    if (row.type == type) return row;
    if (is_never(type)) return Row{type, {}};
    if (is_never(row.type)) return nothing(type);
    TN_CHECK(row.leaves.size() == layout(type).leaves.size(), "a value of another type");
    row.type = type;
    return row;
}

Row FunctionLowering::operand(ExprId id, Span until, bool with_moves) {
    Row row = expr(id);
    const Layout& l = layout(row.type);
    bool borrows = false;
    for (std::size_t i = 0; i < row.leaves.size(); ++i) {
        const RowLeaf& leaf = row.leaves[i];
        borrows |= l.leaves[i].scalar == Scalar::Ref && !leaf.cleanup.is_valid() && !leaf.claimed &&
                   !leaf.is_null && !leaf.lasting;
    }
    if (!borrows) return row;
    // Borrowed from a variable, which may be assigned, or moved by its last use, before the value is used.
    LocalId local = root_local(id);
    Span later{until.file, std::max(until.begin, span(id).end), until.end};
    bool may_change = false;
    if (local.is_valid()) {
        may_change = is_assigned(local, later) || (with_moves && may_move(local, later));
    } else {
        auto changed = m_.mentions(body_->module, later);
        may_change =
            std::ranges::any_of(changed, &Mention::is_mutation) || (with_moves && may_move(later));
    }
    return may_change ? to_pending(std::move(row)) : row;
}

Row FunctionLowering::scrutinee(ExprId id, Span until) {
    Mark mark = own_.mark();
    Row row = operand(id, until);
    for (const RowLeaf& leaf : row.leaves) {
        if (leaf.cleanup.is_valid() && leaf.cleanup.index() < mark) return to_pending(std::move(row));
    }
    return row;
}

Row FunctionLowering::last_use(ExprId id, Mark mark) {
    id = strip(id);
    if (const auto* b = node(id).as<syntax::BlockExpr>()) return block(*b, type_of(id), mark);
    if (info(id).form == Form::Local) {
        LocalId named(info(id).detail);
        return take_local(named, is_last_use(named, span(id).begin) ? 0 : mark);
    }
    LocalId local = root_local(id);
    if (!local.is_valid()) return expr(id);
    // Fields of a local: the part of what the local gives away.
    Place p = place(id, false);
    Row row = take_local(local, mark);
    for (const Place::Step& step : p.steps) row = field_of(row, step.field);
    return row;
}

Row FunctionLowering::settled(ExprId id, TypeId type) {
    Mark mark = own_.mark();
    Row row = to_owned(fit(last_use(id, mark), type));
    own_.leave(mark);
    return row;
}

void FunctionLowering::effect(ExprId id) {
    Mark mark = own_.mark();
    if (const auto* b = node(strip(id)).as<syntax::BlockExpr>()) {
        block(*b, type_of(id), mark);
    } else {
        expr(id);
    }
    own_.leave(mark);
}

Row FunctionLowering::constant(const check::Constant& c, TypeId type) {
    if (is_never(type)) return Row{type, {}};
    Scalar s = scalar(type);
    return one(type, is_float(s) ? b_.const_float(s, c.number) : b_.const_int(s, ir::extend_int(s, c.bits)));
}

Row FunctionLowering::type_constant(const check::TypeConstant& c) {
    TypeId owner = concrete(c.owner);
    auto value = find_builtin_constant(types().kind(owner), c.name);
    TN_CHECK(value.has_value(), types().print(owner) + " has no constant " + c.name);
    return constant({value->bits, value->number}, simple(value->type));
}

bool FunctionLowering::is_simple(ExprId id) const {
    id = strip(id);
    const check::ExprInfo& i = info(id);
    const syntax::Expr& e = node(id);
    if (i.form == Form::Constant || i.form == Form::TypeConstant || i.form == Form::Local ||
        i.form == Form::Global)
        return true;
    if (i.form == Form::Field) {
        if (const auto* field = e.as<syntax::FieldExpr>()) return is_simple(field->base);
        if (const auto* field = e.as<syntax::TupleFieldExpr>()) return is_simple(field->base);
        return false;
    }
    if (i.form == Form::Element) {
        const auto* index = e.as<syntax::IndexExpr>();
        return index && is_simple(index->base) && is_simple(ast_->view(index->args)[0].expr);
    }
    if (i.form == Form::Operator) {
        if (const auto* unary_node = e.as<syntax::UnaryExpr>()) return is_simple(unary_node->operand);
        if (const auto* binary = e.as<syntax::BinaryExpr>())
            return is_simple(binary->lhs) && is_simple(binary->rhs);
        return false;
    }
    if (i.form == Form::Call) {
        const check::Call& c = module_->call(i);
        bool pure = c.callee == check::Callee::Construct ||
                    (c.callee == check::Callee::Builtin && BuiltinId(c.target) != BuiltinId::Print);
        for (const check::CallArg& arg : c.args)
            pure = pure && arg.mode == check::ArgMode::Value && is_simple(arg.expr);
        return pure;
    }
    if (const auto* cast = e.as<syntax::CastExpr>()) return is_simple(cast->operand);
    return i.form == Form::Plain && e.kind() == syntax::ExprKind::String;
}

// ---- Leaves of the tree ----

Row FunctionLowering::lower(const syntax::ErrorExpr&, ExprId) {
    TN_ICE("an erroneous expression is lowered");
}
// A number in the prelude whose type is a type parameter; all others have a constant.
Row FunctionLowering::lower(const syntax::IntExpr& n, ExprId id) {
    return constant({static_cast<std::int64_t>(n.magnitude), static_cast<double>(n.magnitude)}, type_of(id));
}
Row FunctionLowering::lower(const syntax::FloatExpr& n, ExprId id) {
    return constant({0, n.value}, type_of(id));
}
Row FunctionLowering::lower(const syntax::BoolExpr&, ExprId) { TN_ICE("a bool without a constant"); }
Row FunctionLowering::lower(const syntax::CharExpr&, ExprId) { TN_ICE("a char without a constant"); }
Row FunctionLowering::lower(const syntax::NameExpr&, ExprId) { TN_ICE("a name that stands for nothing"); }
Row FunctionLowering::lower(const syntax::ClosureExpr&, ExprId) { TN_ICE("a closure is lowered"); }
Row FunctionLowering::lower(const syntax::FieldExpr&, ExprId) { TN_ICE("a field without a number"); }
Row FunctionLowering::lower(const syntax::TupleFieldExpr&, ExprId) { TN_ICE("a field without a number"); }
Row FunctionLowering::lower(const syntax::IndexExpr&, ExprId) { TN_ICE("an index of nothing"); }
Row FunctionLowering::lower(const syntax::CallExpr&, ExprId) { TN_ICE("a call of nothing"); }
Row FunctionLowering::lower(const syntax::PipeExpr&, ExprId) { TN_ICE("a call of nothing"); }
Row FunctionLowering::lower(const syntax::UnaryExpr& n, ExprId id) {
    // Before a number whose type is a type parameter of the prelude, which belongs to the sign.
    const syntax::Expr& operand_node = node(n.operand);
    if (const auto* number = operand_node.as<syntax::IntExpr>())
        return constant({static_cast<std::int64_t>(0 - number->magnitude), -static_cast<double>(number->magnitude)},
                        type_of(id));
    if (const auto* number = operand_node.as<syntax::FloatExpr>()) return constant({0, -number->value}, type_of(id));
    TN_ICE("an operator without a meaning");
}
Row FunctionLowering::lower(const syntax::BinaryExpr&, ExprId id) { return operator_expr(id); }

Row FunctionLowering::lower(const syntax::StringExpr& n, ExprId id) {
    return lasting(one(type_of(id), literal(text(n.text))));
}
Row FunctionLowering::lower(const syntax::BytesExpr& n, ExprId id) {
    return lasting(one(type_of(id), b_.literal(m_.literal(text(n.bytes), TypeKind::Bytes))));
}
Row FunctionLowering::lower(const syntax::ParenExpr& n, ExprId) { return expr(n.inner); }

// ---- Aggregates ----

Row FunctionLowering::lower(const syntax::TupleExpr& n, ExprId id) {
    TypeId type = type_of(id);
    Row row{type, {}};
    auto elements = ast_->view(n.elements);
    for (unsigned i = 0; i < elements.size(); ++i) {
        Row element = operand(elements[i], span(id));
        if (!is_never(type)) element = fit(std::move(element), field_type(type, i));
        row.add(element.leaves);
    }
    return row;
}

Row FunctionLowering::lower(const syntax::RangeExpr& n, ExprId id) {
    TypeId type = type_of(id);
    if (is_never(type)) {
        if (n.start.is_valid()) expr(n.start);
        if (n.end.is_valid()) expr(n.end);
        return Row{type, {}};
    }
    TypeId integer = types().arg(type, 0);
    Row row = value(n.start, integer);
    row.type = type;
    row.add(value(n.end, integer).leaves);
    row.add(b_.const_bool(n.inclusive));
    return row;
}

Row FunctionLowering::lower(const syntax::ListExpr& n, ExprId id) {
    TypeId type = type_of(id);
    auto elements = ast_->view(n.elements);
    if (is_never(type)) {
        for (ExprId e : elements) effect(e);
        return Row{type, {}};
    }
    ir::DescId desc = m_.desc(type);
    if (elements.empty()) return owned(type, own_.retain(b_.empty(desc)));
    TypeId element_type = types().arg(type, 0);
    at(id);
    ValueId list = b_.list_new(int64(static_cast<std::int64_t>(elements.size())), desc);
    CleanupId cleanup = own_.add(list, false);
    // The length counts only what has been stored; elements with references count at once, since
    // the next one may trap.
    bool has_refs = layout(element_type).has_refs;
    std::int64_t stride = layout(element_type).size;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        Row element = settled(elements[i], element_type);
        store(Location{b_.seq_data(list), ir::MemoryClass::Element, ValueId(), 1,
                       static_cast<std::int64_t>(i) * stride},
              element);
        if (!has_refs && i + 1 < elements.size()) continue;
        list = b_.seq_set_len(list, int64(static_cast<std::int64_t>(i) + 1));
        own_.replace(cleanup, list);
    }
    Row row = one(type, list);
    row.leaves[0].cleanup = cleanup;
    return row;
}

Row FunctionLowering::lower(const syntax::RecordExpr& n, ExprId id) {
    TypeId type = type_of(id);
    auto inits = ast_->view(n.fields);
    if (is_never(type)) {
        for (const syntax::FieldInit& init : inits) effect(init.value);
        if (n.base.is_valid()) effect(n.base);
        return Row{type, {}};
    }
    const check::RecordInit& record = module_->record_inits[info(id).detail];
    bool is_enum = types().kind(type) == TypeKind::Enum;
    std::size_t count = is_enum ? types().nominal(type).variants[record.variant].fields.size()
                                : types().nominal(type).fields.size();
    std::vector<Row> fields(count);
    std::vector<bool> given(count, false);
    for (std::size_t i = 0; i < inits.size(); ++i) {
        unsigned number = record.fields[i];
        TypeId wanted = is_enum ? payload_type(type, record.variant, number) : field_type(type, number);
        fields[number] = fit(operand(inits[i].value, span(id)), wanted);
        given[number] = true;
    }
    if (n.base.is_valid()) {
        Place base = place(n.base, false);
        for (unsigned f = 0; f < count; ++f) {
            if (given[f]) continue;
            Place field = base;
            field.add_field(f, field_type(type, f));
            fields[f] = read(field);
        }
    }
    if (is_enum) return make_variant(type, record.variant, fields);
    Row row{type, {}};
    for (const Row& field : fields) row.add(field.leaves);
    return row;
}

Row FunctionLowering::lower(const syntax::CastExpr& n, ExprId id) {
    Row row = expr(n.operand);
    TypeId type = type_of(id);
    if (is_never(row.type)) return fit(std::move(row), type);
    return one(type, convert(scalar(type), row.id()));
}

// ---- Blocks ----

Row FunctionLowering::lower(const syntax::BlockExpr& n, ExprId id) {
    return block(n, type_of(id), own_.mark());
}

Row FunctionLowering::block(const syntax::BlockExpr& n, TypeId type, Mark value_mark) {
    Mark mark = own_.mark();
    for (syntax::StmtId stmt : ast_->view(n.stmts)) statement(stmt);
    Row row = unit();
    if (n.tail.is_valid()) row = last_use(n.tail, value_mark);
    if (is_never(row.type) || row.leaves.empty()) {
        own_.leave(mark);
        return n.tail.is_valid() ? row : fit(is_never(type) ? Row{type, {}} : row, type);
    }
    const Layout& l = layout(row.type);
    row = own_.to_owned(std::move(row), l);
    own_.leave(mark);
    return own_.own(std::move(row), l);
}

void FunctionLowering::statement(syntax::StmtId id) {
    const syntax::Stmt& stmt = ast_->stmts[id];
    if (const auto* let = stmt.as<syntax::LetStmt>()) {
        Mark mark = own_.mark();
        Row row = last_use(let->init, mark);
        TypeId type = concrete(module_->info(let->pattern).type);
        row = fit(std::move(row), type);
        std::vector<Binding> bindings;
        match(let->pattern, row, ir::BlockId(), bindings);
        for (Binding& binding : bindings) binding.row = claim(binding.local, std::move(binding.row), false);
        own_.leave(mark);
        for (const Binding& binding : bindings) bind(binding.local, binding.row);
        return;
    }
    if (const auto* e = stmt.as<syntax::ExprStmt>()) effect(e->expr);
}

} // namespace tn::lower
