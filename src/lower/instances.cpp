// Which functions a module has: one per declaration and type arguments, per closure, per type that is shown
// or compared. Made when they are first asked for, written later; and what stops a module without end.
#include "lower/code_writer.h"
#include "lower/function_lowering.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using ir::FuncId;

void ModuleLowering::enqueue(std::function<void()> write) {
    if (++instance_count_ > max_instances) {
        input_.sink.report(diag::Diag::TooManyInstantiations, origin_)
            .note("the limit is " + std::to_string(max_instances));
        throw LoweringStopped{};
    }
    waiting_.push_back(Waiting{origin_, std::move(write)});
}

// A function that calls itself with a larger type never ends; the checker sees only one of its instances.
void ModuleLowering::demand_small(TypeId type) {
    if (!is_small(type)) stop_growth();
    layout(type);
}

void ModuleLowering::stop_growth() {
    input_.sink.report(diag::Diag::TooManyInstantiations, origin_)
        .note("the types that are put in for type parameters are too large, or grow without end");
    throw LoweringStopped{};
}

bool ModuleLowering::is_small(TypeId type) {
    TypeSize size = size_of(type);
    return size.depth <= max_type_depth && size.words <= max_type_words;
}

// An argument is older than the type it stands in, and was seldom not asked for before: the recursion is
// flat.
ModuleLowering::TypeSize ModuleLowering::size_of(TypeId type) {
    if (type_sizes_.size() < types().size()) type_sizes_.resize(types().size());
    if (type_sizes_[type.index()].depth != 0) return type_sizes_[type.index()];
    TypeSize size{1, 1};
    for (TypeId arg : types().args(type)) {
        TypeSize inner = size_of(arg);
        size.depth = std::max(size.depth, inner.depth + 1);
        size.words = std::min(size.words + inner.words, max_type_words + 1);
    }
    return type_sizes_[type.index()] = size;
}

ModuleLowering::FnShape ModuleLowering::shape(const FnTarget& target) {
    const check::Fn& fn = input_.checked.fns[target.fn];
    FnShape shape;
    for (const check::Param& param : fn.params) {
        shape.params.push_back(
            {types().substitute(param.type, fn.type_params, target.type_args), param.is_mut});
    }
    shape.result = types().substitute(fn.result, fn.type_params, target.type_args);
    return shape;
}

FuncId ModuleLowering::fn_instance(const FnTarget& target) {
    std::pair<std::uint32_t, std::vector<std::uint32_t>> key{target.fn.value, {}};
    for (TypeId arg : target.type_args) key.second.push_back(arg.value);
    if (auto known = instances_.find(key); known != instances_.end()) return known->second;

    for (TypeId arg : target.type_args) demand_small(arg);
    const check::Fn& fn = input_.checked.fns[target.fn];
    TN_CHECK(fn.body.root.is_valid(), "a function without a body is called: " + fn.name);
    FnShape s = shape(target);
    FuncId func = reserve(trace_name(target), signature(s.params, s.result));
    instances_.emplace(std::move(key), func);
    enqueue([this, func, target] {
        writes_generic_ = !target.type_args.empty();
        lower_function(*this, func, input_.checked.fns[target.fn], target.type_args);
    });
    return func;
}

// The default of a trait's method goes by the type it is called for.
std::string ModuleLowering::trace_name(const FnTarget& target) {
    const check::Fn& fn = input_.checked.fns[target.fn];
    if (target.type_args.empty() || !is_trait_method(target.fn)) return fn.name;
    TypeId self = target.type_args[0];
    std::string owner = types().is_nominal(self) ? types().nominal(self).name : types().print(self);
    if (types().kind(self) == TypeKind::List) owner = type_kind_text(TypeKind::List);
    return owner + fn.name.substr(fn.name.rfind('.'));
}

FuncId ModuleLowering::derived(Derived what, TypeId type) {
    auto [entry, is_new] = derived_.try_emplace({what, type.value});
    if (!is_new) return entry->second;
    demand_small(type);
    ir::Signature sig;
    std::string name;
    switch (what) {
    case Derived::Show:
        name = "show ";
        sig.params.push_back(ir::Param{Scalar::Ref, ir::Ownership::Owned});
        add_leaves(sig, type, ir::Ownership::Borrowed);
        sig.results.push_back(Scalar::Ref);
        break;
    case Derived::Equal:
    case Derived::Compare:
        name = what == Derived::Equal ? "== " : "cmp ";
        add_leaves(sig, type, ir::Ownership::Borrowed);
        add_leaves(sig, type, ir::Ownership::Borrowed);
        sig.results.push_back(what == Derived::Equal ? Scalar::Bool : Scalar::I64);
        break;
    case Derived::Hash:
        name = "hash ";
        add_leaves(sig, type, ir::Ownership::Borrowed);
        sig.results.push_back(Scalar::U64);
        break;
    }
    FuncId func = reserve(name + types().print(type), std::move(sig));
    entry->second = func;
    enqueue([this, func, what, type] {
        writes_generic_ = true;
        write_derived(*this, func, what, type);
    });
    return func;
}

ir::Signature ModuleLowering::value_signature(TypeId fn_type) {
    std::span<const TypeId> args = types().args(fn_type);
    std::vector<TypeId> all(args.begin(), args.end());
    std::vector<ParamShape> params;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) params.push_back({all[i], false});
    return signature(params, all.back());
}

ir::Signature ModuleLowering::closure_signature(ir::Signature sig) {
    sig.params.insert(sig.params.begin(), ir::Param{Scalar::Ref, ir::Ownership::Borrowed});
    return sig;
}

FuncId ModuleLowering::closure_instance(const ClosureSource& source) {
    std::vector<std::uint32_t> key{source.body->module.value, source.closure.value};
    for (TypeId arg : source.type_args) key.push_back(arg.value);
    auto [entry, is_new] = closures_.try_emplace(std::move(key));
    if (!is_new) return entry->second;
    for (TypeId arg : source.type_args) demand_small(arg);
    const check::Closure& closure = input_.checked.modules[source.body->module].closures[source.closure];
    auto concrete = [&](TypeId type) {
        return types().substitute(type, source.type_params, source.type_args);
    };
    std::vector<ParamShape> params;
    for (const check::Param& param : closure.params) params.push_back({concrete(param.type), false});
    FuncId func =
        reserve("closure in " + source.owner, closure_signature(signature(params, concrete(closure.result))));
    entry->second = func;
    enqueue([this, func, source] {
        writes_generic_ = !source.type_args.empty();
        lower_closure(*this, func, source);
    });
    return func;
}

FuncId ModuleLowering::callback(TypeId fn_type) {
    auto [entry, is_new] = callbacks_.try_emplace(fn_type.value);
    if (!is_new) return entry->second;
    FuncId func =
        reserve("callback of " + types().print(fn_type), closure_signature(value_signature(fn_type)));
    entry->second = func;
    enqueue([this, func, fn_type] { lower_callback(*this, func, fn_type); });
    return func;
}

FuncId ModuleLowering::wrapper(const check::Call& target, TypeId fn_type) {
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(target.callee), target.target, fn_type.value};
    for (TypeId arg : target.type_args) key.push_back(arg.value);
    auto [entry, is_new] = wrappers_.try_emplace(std::move(key));
    if (!is_new) return entry->second;
    demand_small(fn_type);
    FuncId func = reserve("value of " + types().print(fn_type), closure_signature(value_signature(fn_type)));
    entry->second = func;
    enqueue([this, func, target, fn_type] { lower_wrapper(*this, func, target, fn_type); });
    return func;
}

} // namespace tn::lower
