// Calls of declared and host functions, function values and constructors.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using check::ArgMode;
using check::Callee;
using ir::ValueId;
using syntax::ExprId;

// A call stands where it begins; a method on a later line of a chain stands where its name does.
void FunctionLowering::at_call(ExprId id) {
    const syntax::Expr* e = &node(id);
    if (const auto* pipe = e->as<syntax::PipeExpr>()) return at(pipe->target);
    if (const auto* c = e->as<syntax::CallExpr>()) e = &node(strip(c->callee));
    if (const auto* index = e->as<syntax::IndexExpr>()) e = &node(index->base);
    at(id);
    const auto* field = e->as<syntax::FieldExpr>();
    if (!field || !module_->has_positions()) return;
    const diag::SourceMap& sources = m_.input().sources;
    if (sources.position(field->name.span).line != sources.position(span(id)).line) at(field->name.span);
}

Row FunctionLowering::call(ExprId id) {
    const check::Call& c = module_->call(info(id));
    switch (c.callee) {
    case Callee::Builtin: return builtin(c, id);
    case Callee::Construct: return construct(c, id);
    case Callee::Fn:
    case Callee::HostFn:
    case Callee::Extern:
    case Callee::Trait:
    case Callee::Value: break;
    }
    Callable callee = callable(c, c.callee == Callee::Value ? type_of(c.args[0].expr) : TypeId());
    return call_with_places(callee, c, id);
}

FunctionLowering::MutArg FunctionLowering::mut_arg(const check::CallArg& arg) {
    MutArg m;
    m.is_place = arg.mode == ArgMode::MutPlace;
    if (m.is_place) {
        m.place = place(arg.expr, true);
    } else {
        m.value = expr(arg.expr);
        if (!is_never(m.value.type)) m.value = to_pending(std::move(m.value));
    }
    return m;
}

Row FunctionLowering::take(MutArg& arg) {
    return arg.is_place ? take_out_of(arg.place) : to_owned(arg.value);
}

void FunctionLowering::put_back(MutArg& arg, Row value) {
    if (arg.is_place) {
        put_back(arg.place, value);
    } else {
        const Layout& l = layout(value.type);
        own_.own(std::move(value), l); // dropped at the end of the statement
    }
}

FunctionLowering::Callable FunctionLowering::callable(const check::Call& c, TypeId value_type) {
    Callable callee;
    callee.callee = c.callee;
    callee.target = c.target;
    std::vector<TypeId> type_args;
    for (TypeId arg : c.type_args) type_args.push_back(concrete(arg));
    auto declared = [&](FnTarget target) {
        callee.callee = Callee::Fn;
        callee.shape = m_.shape(target);
        callee.fn = std::move(target);
    };
    switch (c.callee) {
    case Callee::Fn: declared({check::FnId(c.target), std::move(type_args)}); break;
    case Callee::Trait: {
        check::FnId method(c.target);
        if (auto target = m_.resolve(method, type_args)) {
            declared(*std::move(target));
            break;
        }
        callee.core = m_.core_trait_of(method);
        callee.shape = m_.shape({method, std::move(type_args)});
        break;
    }
    case Callee::HostFn: {
        const check::HostFn& fn = m_.input().host.fns[c.target];
        for (const check::HostParam& param : fn.params)
            callee.shape.params.push_back({param.type, param.is_mut});
        callee.shape.result = fn.result;
        break;
    }
    case Callee::Extern:
        callee.shape = m_.shape({check::FnId(c.target), {}});
        for (std::size_t i = callee.shape.params.size(); i < c.args.size(); ++i)
            callee.shape.params.push_back({type_of(c.args[i].expr), false});
        break;
    case Callee::Value: {
        if (is_never(value_type)) {
            callee.shape.result = value_type;
            for (std::size_t i = 0; i < c.args.size(); ++i)
                callee.shape.params.push_back({value_type, false});
            break;
        }
        callee.shape.params.push_back({value_type, false});
        std::span<const TypeId> args = types().args(value_type);
        for (TypeId param : args.first(args.size() - 1)) callee.shape.params.push_back({param, false});
        callee.shape.result = args.back();
        break;
    }
    case Callee::Builtin:
    case Callee::Construct: TN_ICE("not a call of a function");
    }
    return callee;
}

CodeWriter::Outcome FunctionLowering::invoke(const Callable& callee, std::span<const Row> args) {
    if (callee.callee == Callee::Fn) return call_fn(*callee.fn, args);
    if (callee.callee == Callee::HostFn) return call_host(callee.target, callee.shape, args);
    if (callee.callee == Callee::Trait) return Outcome{core_method(callee.core, args, callee.shape.result), {}};
    std::vector<ValueId> leaves;
    for (const Row& arg : args) {
        for (const RowLeaf& leaf : arg.leaves) leaves.push_back(leaf.id);
    }
    if (callee.callee == Callee::Extern) {
        ir::HostFnId foreign = m_.foreign_fn(check::FnId(callee.target), callee.shape);
        return outcome(b_.call_host(foreign, leaves), callee.shape);
    }
    if (is_never(args[0].type)) return Outcome{Row{args[0].type, {}}, {}};
    ir::SigId sig = m_.module().signature_id(m_.value_signature(args[0].type));
    return outcome(b_.call_closure(sig, leaves[0], std::span(leaves).subspan(1)), callee.shape);
}

// The list for the time of a call into C, which may write its elements: it has one owner, and waits here.
Row FunctionLowering::lend(Row list) {
    if (is_never(list.type)) return list;
    ValueId own = b_.unique(to_owned(std::move(list)).id(), m_.desc(list.type));
    return owned(list.type, own);
}

Row FunctionLowering::elements_of(const Row& list, TypeId slice) {
    if (is_never(list.type)) return Row{list.type, {}};
    Row row{slice, {}};
    row.add(b_.seq_data(list.id()));
    row.add(b_.seq_len(list.id()));
    return row;
}

Row FunctionLowering::call_with_places(const Callable& callee, const check::Call& c, ExprId id) {
    const auto& params = callee.shape.params;
    auto lends = [&](std::size_t i) { return types().kind(params[i].type) == TypeKind::Slice; };
    // In parameter order; `mut` places are taken when everything else is known.
    std::vector<Row> values(c.args.size());
    std::vector<MutArg> muts(c.args.size());
    std::vector<Row> lent(c.args.size()); // the lists of `mut` places that C writes into
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode == ArgMode::Value) {
            values[i] = operand(c.args[i].expr, span(id));
            if (lends(i) && types().kind(values[i].type) == TypeKind::List)
                values[i] = elements_of(values[i], params[i].type);
            values[i] = fit(std::move(values[i]), params[i].type);
            if (params[i].is_mut) values[i] = to_pending(std::move(values[i]));
        } else {
            muts[i] = mut_arg(c.args[i]);
            if (!muts[i].is_place && !lends(i)) muts[i].value = fit(std::move(muts[i].value), params[i].type);
        }
    }
    at_call(id);
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode == ArgMode::Value) continue;
        if (lends(i)) {
            lent[i] = lend(take(muts[i]));
            values[i] = elements_of(lent[i], params[i].type);
        } else {
            values[i] = fit(take(muts[i]), params[i].type);
        }
    }
    Outcome called = invoke(callee, values);
    std::size_t next = 0;
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode == ArgMode::Value) continue;
        put_back(muts[i], lends(i) ? to_owned(std::move(lent[i])) : std::move(called.outs[next++]));
    }
    if (is_never(callee.shape.result)) unreachable();
    return std::move(called.result);
}

Row FunctionLowering::call_with(const check::Call& c, std::vector<Row> args, TypeId type) {
    if (c.callee == Callee::Builtin) return builtin_with(static_cast<BuiltinId>(c.target), args, type);
    if (c.callee == Callee::Construct) return make_variant(type, c.target, args);
    Callable callee = callable(c, c.callee == Callee::Value ? args[0].type : TypeId());
    for (std::size_t i = 0; i < args.size(); ++i)
        args[i] = fit(std::move(args[i]), callee.shape.params[i].type);
    Row result = invoke(callee, args).result;
    if (is_never(callee.shape.result)) unreachable();
    return fit(std::move(result), type);
}

Row FunctionLowering::construct(const check::Call& c, ExprId id) {
    TypeId type = type_of(id);
    std::vector<Row> fields;
    for (unsigned i = 0; i < c.args.size(); ++i) {
        Row field = operand(c.args[i].expr, span(id));
        fields.push_back(is_never(type) ? field : fit(std::move(field), payload_type(type, c.target, i)));
    }
    return is_never(type) ? Row{type, {}} : make_variant(type, c.target, fields);
}

} // namespace tn::lower
