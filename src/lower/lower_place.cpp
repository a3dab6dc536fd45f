// Places: variables, globals and their fields and elements, looked up leaf by leaf and only as far as needed.
#include "lower/function_lowering.h"

#include "support/ice.h"

#include <limits>

namespace tn::lower {

using check::Form;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

Place FunctionLowering::place(ExprId id, bool will_write, Span until) {
    id = strip(id);
    const check::ExprInfo& i = info(id);
    Place p;
    auto value_root = [&](Row row) {
        p = Place{};
        p.root_type = row.type;
        p.value = std::move(row);
    };
    switch (i.form) {
    case Form::Local:
        p.root = Place::Root::Local;
        p.local = LocalId(i.detail);
        p.root_type = locals_[p.local].type;
        return p;
    case Form::Global:
        p.root = Place::Root::Global;
        p.global = check::GlobalId(i.detail);
        p.root_type = concrete(m_.input().checked.globals[p.global].type);
        return p;
    case Form::Field: {
        const auto* field = node(id).as<syntax::FieldExpr>();
        p = place(field ? field->base : node(id).as<syntax::TupleFieldExpr>()->base, will_write, until);
        if (!is_never(p.type())) p.add_field(i.detail, field_type(p.type(), i.detail));
        return p;
    }
    case Form::Element: {
        const auto* n = node(id).as<syntax::IndexExpr>();
        ExprId index_id = ast_->view(n->args)[0].expr;
        p = place(n->base, will_write, until);
        bool base_may_change = p.root == Place::Root::Global || p.has_lookup() ||
                               (p.root == Place::Root::Local && is_assigned(p.local, span(index_id)));
        // The base is looked up before the index is evaluated, unless nobody can tell.
        if (!will_write && base_may_change && !is_simple(index_id)) value_root(to_pending(read(p)));
        if (types().kind(p.type()) == TypeKind::Map) {
            Row key = fit(operand(index_id, until), types().arg(p.type(), 0));
            if (will_write) key = to_pending(std::move(key));
            at(id);
            Place::Step& step = p.steps.emplace_back();
            step.kind = Place::Step::Kind::Key;
            step.key = std::move(key);
            step.element = &module_->map_elements[i.detail];
            step.loc = b_.loc();
            step.type = type_of(id);
            return p;
        }
        ValueId index = value(index_id, simple(TypeKind::I64)).id();
        if (is_never(p.type())) return p;
        at(id);
        p.add_index(index, b_.loc(), type_of(id));
        return p;
    }
    case Form::Plain:
    case Form::Constant:
    case Form::Slice:
    case Form::Operator:
    case Form::Call:
    case Form::FnValue:
    case Form::Closure:
    case Form::TypeConstant:
    case Form::IndexSet: break;
    }
    value_root(expr(id));
    return p;
}

FunctionLowering::Resolved FunctionLowering::resolve_for_read(Place& p) {
    Resolved r;
    r.type = p.root_type;
    std::size_t first = 0; // of a local's leaves, read when it is known which
    bool is_local = p.root == Place::Root::Local;
    r.local = p.local;
    if (p.root == Place::Root::Global) {
        r.in_memory = true;
        r.location =
            Location{b_.instance_data(), ir::MemoryClass::Instance, ValueId(), 1, m_.global_offset(p.global)};
    } else if (p.root == Place::Root::Value) {
        r.row = p.value;
    }
    for (Place::Step& step : p.steps) {
        switch (step.kind) {
        case Place::Step::Kind::Field:
            if (r.in_memory) {
                r.location = field_location(r.location, r.type, step.field);
            } else if (is_local) {
                first += layout(r.type).field_first[step.field];
            } else {
                r.row = field_of(r.row, step.field);
            }
            break;
        case Place::Step::Kind::Index: {
            b_.set_loc(step.loc);
            if (types().kind(r.type) == TypeKind::Slice) {
                Row slice = r.in_memory ? load(r.location, r.type)
                            : is_local  ? read_local(p.local, first, r.type)
                                        : r.row;
                b_.bounds(step.index, slice.id(1));
                r.location = element(slice.id(0), step.index, step.type);
            } else {
                ValueId seq = r.in_memory ? b_.load(Scalar::Ref, r.location.memory, address(r.location), 0)
                              : is_local  ? read_local(p.local, first, r.type).id()
                                          : r.row.id();
                b_.bounds(step.index, b_.seq_len(seq));
                r.location = element(b_.seq_data(seq), step.index, step.type);
            }
            r.in_memory = true;
            is_local = false;
            break;
        }
        case Place::Step::Kind::Key:
            b_.set_loc(step.loc);
            find_entry_for_read(step, r, is_local, first);
            is_local = false;
            break;
        }
        r.type = step.type;
    }
    if (is_local) r.row = read_local(p.local, first, r.type);
    return r;
}

Row FunctionLowering::read(Place& p) {
    Resolved r = resolve_for_read(p);
    if (!r.in_memory) return r.row;
    // What a constant holds is never written over.
    bool constant = p.root == Place::Root::Global && m_.input().checked.globals[p.global].is_const;
    return constant ? lasting(load(r.location, r.type, true)) : load(r.location, r.type);
}

Row FunctionLowering::read_element(const Row& base, const Row& index, TypeId type) {
    Place p;
    p.value = base;
    p.root_type = base.type;
    p.add_index(index.id(), b_.loc(), type);
    return read(p);
}

FunctionLowering::Resolved FunctionLowering::resolve_for_write(Place& p) {
    Resolved r;
    r.type = p.root_type;
    r.local = p.local;
    TN_CHECK(p.root != Place::Root::Value, "an assignment to a value");
    if (p.root == Place::Root::Global) {
        r.in_memory = true;
        r.location =
            Location{b_.instance_data(), ir::MemoryClass::Instance, ValueId(), 1, m_.global_offset(p.global)};
    }
    for (Place::Step& step : p.steps) {
        switch (step.kind) {
        case Place::Step::Kind::Field:
            if (r.in_memory) {
                r.location = field_location(r.location, r.type, step.field);
            } else {
                r.first += layout(r.type).field_first[step.field];
            }
            break;
        case Place::Step::Kind::Index: {
            b_.set_loc(step.loc);
            if (types().kind(r.type) == TypeKind::Slice) {
                TN_CHECK(!r.in_memory, "a slice in memory");
                Row slice = read_local(r.local, r.first, r.type);
                b_.bounds(step.index, slice.id(1));
                r.location = element(slice.id(0), step.index, step.type);
                r.in_memory = true;
                break;
            }
            ir::DescId desc = m_.desc(r.type);
            ValueId list;
            if (r.in_memory) {
                list = b_.unique_at(address(r.location), desc);
                b_.bounds(step.index, b_.seq_len(list));
            } else {
                VarId var = locals_[r.local].vars.at(r.first);
                list = ssa_.read(var);
                b_.bounds(step.index, b_.seq_len(list));
                list = b_.unique(list, desc);
                ssa_.write(var, list);
            }
            r.location = element(b_.seq_data(list), step.index, step.type);
            r.in_memory = true;
            break;
        }
        case Place::Step::Kind::Key:
            b_.set_loc(step.loc);
            find_entry_for_write(step, r);
            break;
        }
        r.type = step.type;
    }
    return r;
}

void FunctionLowering::assign(Place& p, const Row& value) {
    if (!p.steps.empty() && p.steps.back().kind == Place::Step::Kind::Key) return insert_into_map(p, value);
    Resolved r = resolve_for_write(p);
    if (r.in_memory) {
        replace(r.location, value);
    } else {
        write_local(r.local, r.first, value);
    }
}

Row FunctionLowering::take_out_of(Place& p) {
    Resolved r = resolve_for_write(p);
    Row row = r.in_memory ? take_out(r.location, r.type) : read_local(r.local, r.first, r.type);
    const Layout& l = layout(r.type);
    for (std::size_t i = 0; i < row.leaves.size(); ++i)
        row.leaves[i].claimed = l.leaves[i].scalar == Scalar::Ref;
    return row;
}

void FunctionLowering::put_back(Place& p, const Row& value) {
    if (is_never(p.type())) return;
    Resolved r = resolve_for_write(p);
    if (r.in_memory) return replace(r.location, value);
    for (std::size_t i = 0; i < value.leaves.size(); ++i)
        ssa_.write(locals_[r.local].vars.at(r.first + i), value.id(i));
}

Row FunctionLowering::slice(ExprId id) {
    const auto* n = node(id).as<syntax::IndexExpr>();
    TypeId type = type_of(id), i64 = simple(TypeKind::I64);
    const auto* range = node(strip(ast_->view(n->args)[0].expr)).as<syntax::RangeExpr>();
    if (is_never(type)) {
        expr(n->base);
        if (range->start.is_valid()) expr(range->start);
        if (range->end.is_valid()) expr(range->end);
        return Row{type, {}};
    }
    Row base = operand(n->base, span(id));
    ValueId from = range->start.is_valid() ? value(range->start, i64).id() : int64(0);
    ValueId to = range->end.is_valid() ? value(range->end, i64).id() : ValueId();
    at(id);
    if (!to.is_valid()) {
        to = b_.seq_len(base.id());
    } else if (range->inclusive) {
        ValueId largest = int64(std::numeric_limits<std::int64_t>::max());
        b_.trap_if(b_.compare(Op::ICmp, Cond::Eq, to, largest),
                   static_cast<std::uint32_t>(TrapCode::InvalidSlice));
        to = b_.binary(Op::WrapAdd, Scalar::I64, to, int64(1));
    }
    switch (types().kind(type)) {
    case TypeKind::String: return owned(type, rt(RuntimeFn::StringSlice, {base.id(), from, to}));
    case TypeKind::Bytes:
    case TypeKind::List:
        return owned(type, rt(RuntimeFn::ListSlice, {base.id(), from, to, int64(m_.desc(type).value)}));
    default: TN_ICE("a slice of " + types().print(type));
    }
}

} // namespace tn::lower
