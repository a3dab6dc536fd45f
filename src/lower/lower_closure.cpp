// Function values: closures with what they capture, named functions as values, and the functions behind both.
//
// A function value is one reference to an object of the function it runs and of the captured values. They are
// copied when it is made and never written: inside, a captured variable that is not assigned is borrowed from
// the object, and one that is assigned is a copy of the call.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using ir::ValueId;
using syntax::ExprId;

TypeId FunctionLowering::captures_type(const check::Closure& closure) {
    std::vector<TypeId> captured;
    for (LocalId local : closure.captures) captured.push_back(concrete(body_->locals[local].type));
    return captured.size() == 1 ? captured[0] : types().tuple(captured);
}

Row FunctionLowering::closure(ExprId id) {
    const check::Closure& c = module_->closures[check::ClosureId(info(id).detail)];
    ClosureSource source{body_, check::ClosureId(info(id).detail), type_params_, type_args_, owner_};
    ir::FuncId func = m_.closure_instance(source);
    std::vector<ValueId> leaves;
    for (LocalId local : c.captures) {
        // Mentioned last inside the closure: it moves there.
        Row captured = is_last_use(local, span(id).end - 1) ? take_local(local, 0) : read_local(local);
        captured = to_owned(fit(std::move(captured), concrete(body_->locals[local].type)));
        for (const RowLeaf& leaf : captured.leaves) leaves.push_back(leaf.id);
    }
    at(id);
    ir::DescId desc = m_.module().closure_desc(func, captures_type(c));
    return owned(type_of(id), b_.box_new(desc, leaves));
}

Row FunctionLowering::fn_value(ExprId id) {
    check::Call target = module_->call(info(id));
    for (TypeId& arg : target.type_args) arg = concrete(arg);
    TypeId type = type_of(id);
    ir::DescId desc = m_.module().closure_desc(m_.wrapper(target, type), simple(TypeKind::Unit));
    at(id);
    return owned(type, b_.box_new(desc, {}));
}

// ---- The functions behind ----

void FunctionLowering::lower_closure(const ClosureSource& source) {
    owner_ = source.owner;
    module_ = &m_.input().checked.modules[source.body->module];
    ast_ = module_->ast;
    const check::Closure& c = module_->closures[source.closure];
    enter_body(*source.body, c.root);
    result_type_ = concrete(c.result);
    TypeId captured = captures_type(c);
    // Copied: binding variables adds no parameter, but laying out types may move the tables.
    ValueId self = fn_.blocks[fn_.entry()].params[0];
    if (!c.captures.empty()) {
        Location environment{b_.box_data(self), ir::MemoryClass::Box, ValueId(), 1, 0};
        Row values = load(environment, captured, true); // the caller keeps the closure
        for (std::size_t i = 0; i < c.captures.size(); ++i) {
            LocalId local = c.captures[i];
            is_captured_[local.index()] = true;
            Row value = c.captures.size() == 1 ? values : field_of(values, static_cast<unsigned>(i));
            bind(local, claim(local, std::move(value), true));
        }
    }
    bind_params(c.params, 1);
    Row result = fit(last_use(c.root, 0), result_type_);
    leave_function(to_owned(std::move(result)));
    finish();
}

void FunctionLowering::lower_wrapper(const check::Call& target, TypeId fn_type) {
    const std::vector<ValueId> params = fn_.blocks[fn_.entry()].params;
    std::vector<TypeId> signature(types().args(fn_type).begin(), types().args(fn_type).end());
    result_type_ = signature.back();
    std::size_t next = 1;
    std::vector<Row> args;
    for (std::size_t i = 0; i + 1 < signature.size(); ++i) {
        Row& arg = args.emplace_back(Row{signature[i], {}});
        for (std::size_t k = 0; k < layout(signature[i]).leaves.size(); ++k) arg.add(params[next++]);
    }
    leave_function(to_owned(call_with(target, std::move(args), result_type_)));
    finish();
}

// What C runs through a function pointer: calls the closure that comes first.
void FunctionLowering::lower_callback(TypeId fn_type) {
    const std::vector<ValueId> params = fn_.blocks[fn_.entry()].params;
    std::vector<TypeId> parts(types().args(fn_type).begin(), types().args(fn_type).end());
    result_type_ = parts.back();
    parts.insert(parts.begin(), fn_type);
    parts.pop_back();
    std::size_t next = 0;
    std::vector<Row> args;
    for (TypeId part : parts) {
        Row& arg = args.emplace_back(Row{part, {}});
        for (std::size_t k = 0; k < layout(part).leaves.size(); ++k) arg.add(params[next++]);
    }
    check::Call call;
    call.callee = check::Callee::Value;
    leave_function(to_owned(call_with(call, std::move(args), result_type_)));
    finish();
}

void FunctionLowering::lower_missing_function() {
    trap(TrapCode::InvalidArgument, own_.retain(literal("a function is called before it is initialized")));
    finish();
}

void lower_closure(ModuleLowering& module, ir::FuncId id, const ClosureSource& source) {
    FunctionLowering(module, id, source.type_params, source.type_args).lower_closure(source);
}

void lower_wrapper(ModuleLowering& module, ir::FuncId id, const check::Call& target, TypeId fn_type) {
    FunctionLowering(module, id, {}, {}).lower_wrapper(target, fn_type);
}

void lower_callback(ModuleLowering& module, ir::FuncId id, TypeId fn_type) {
    FunctionLowering(module, id, {}, {}).lower_callback(fn_type);
}

void lower_missing_function(ModuleLowering& module, ir::FuncId id) {
    FunctionLowering(module, id, {}, {}).lower_missing_function();
}

} // namespace tn::lower
