// Calls of declared and host functions, constructors, and operators that are calls.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using check::ArgMode;
using check::Callee;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::BinaryOp;
using syntax::ExprId;

// A call stands where it begins; a method on a later line of a chain stands where its name does.
void FunctionLowering::at_call(ExprId id) {
    const syntax::Expr* e = &node(id);
    if (const auto* pipe = e->as<syntax::PipeExpr>()) return at(pipe->target);
    if (const auto* c = e->as<syntax::CallExpr>()) e = &node(strip(c->callee));
    if (const auto* index = e->as<syntax::IndexExpr>()) e = &node(index->base);
    at(id);
    const auto* field = e->as<syntax::FieldExpr>();
    if (!field) return;
    const diag::SourceMap& sources = m_.input().sources;
    if (sources.position(field->name.span).line != sources.position(span(id)).line) at(field->name.span);
}

Row FunctionLowering::call(ExprId id) {
    const check::Call& c = module_->call(info(id));
    switch (c.callee) {
    case Callee::Fn:
    case Callee::HostFn: return call_fn(c, id);
    case Callee::Builtin: return builtin(c, id);
    case Callee::Construct: return construct(c, id);
    }
    TN_ICE("an unknown callee");
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

void FunctionLowering::put_back(const MutArg& arg, Row value) {
    if (arg.is_place) {
        put_back(arg.place, value);
    } else {
        const Layout& l = layout(value.type);
        own_.own(std::move(value), l); // dropped at the end of the statement
    }
}

Row FunctionLowering::call_fn(const check::Call& c, ExprId id) {
    std::vector<ModuleLowering::ParamShape> params;
    TypeId result_type;
    bool is_host = c.callee == Callee::HostFn;
    std::vector<TypeId> type_args;
    if (is_host) {
        const check::HostFn& fn = m_.input().host.fns[c.target];
        for (const check::HostParam& param : fn.params) params.push_back({param.type, param.is_mut});
        result_type = fn.result;
    } else {
        const check::Fn& fn = m_.input().checked.fns[check::FnId(c.target)];
        for (TypeId arg : c.type_args) type_args.push_back(concrete(arg));
        for (const check::Param& param : fn.params) {
            params.push_back({types().substitute(param.type, fn.type_params, type_args), param.is_mut});
        }
        result_type = types().substitute(fn.result, fn.type_params, type_args);
    }

    // In parameter order; `mut` places are taken when everything else is known.
    std::vector<Row> values(c.args.size());
    std::vector<MutArg> muts(c.args.size());
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode == ArgMode::Value) {
            values[i] = fit(operand(c.args[i].expr, span(id)), params[i].type);
            if (params[i].is_mut) values[i] = to_pending(std::move(values[i]));
        } else {
            muts[i] = mut_arg(c.args[i]);
            if (!muts[i].is_place) muts[i].value = fit(std::move(muts[i].value), params[i].type);
        }
    }
    at_call(id);
    std::vector<ValueId> args;
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode != ArgMode::Value) values[i] = fit(take(muts[i]), params[i].type);
        for (const RowLeaf& leaf : values[i].leaves) args.push_back(leaf.id);
    }
    ir::InstId call_inst = is_host ? b_.call_host(m_.host_fn(c.target), args)
                                   : b_.call(m_.fn_instance(check::FnId(c.target), type_args), args);
    unsigned next = 0;
    auto results = [&](TypeId type) {
        Row row{type, {}};
        for (std::size_t i = 0; i < layout(type).leaves.size(); ++i) row.add(b_.result(call_inst, next++));
        return row;
    };
    Row result = own_.own(results(result_type), layout(result_type));
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        if (c.args[i].mode != ArgMode::Value) put_back(muts[i], results(params[i].type));
    }
    if (is_never(result_type)) unreachable();
    return result;
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

Row FunctionLowering::adapt_operator(ExprId id, Row result) {
    const syntax::Expr& e = node(id);
    if (const auto* assign = e.as<syntax::AssignExpr>()) {
        // `a += b` with a method of the user's is `a = a + b`.
        Place p = place(assign->place, true);
        this->assign(p, to_owned(fit(std::move(result), p.type())));
        return unit();
    }
    const auto* binary = e.as<syntax::BinaryExpr>();
    if (!binary || is_never(result.type)) return result;
    TypeId boolean = simple(TypeKind::Bool);
    auto against_zero = [&](Cond cond) {
        return one(boolean, b_.compare(Op::ICmp, cond, result.id(), int64(0)));
    };
    switch (binary->op) {
    case BinaryOp::Ne: return one(boolean, b_.unary(Op::Not, Scalar::Bool, result.id()));
    case BinaryOp::Lt: return against_zero(Cond::Lt);
    case BinaryOp::Le: return against_zero(Cond::Le);
    case BinaryOp::Gt: return against_zero(Cond::Gt);
    case BinaryOp::Ge: return against_zero(Cond::Ge);
    case BinaryOp::Eq:
    case BinaryOp::Mul:
    case BinaryOp::Div:
    case BinaryOp::Rem:
    case BinaryOp::MulWrap:
    case BinaryOp::Add:
    case BinaryOp::Sub:
    case BinaryOp::AddWrap:
    case BinaryOp::SubWrap:
    case BinaryOp::Shl:
    case BinaryOp::Shr:
    case BinaryOp::BitAnd:
    case BinaryOp::BitXor:
    case BinaryOp::BitOr:
    case BinaryOp::And:
    case BinaryOp::Or: break;
    }
    return result;
}

} // namespace tn::lower
