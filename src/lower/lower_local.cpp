// Bodies and their local variables: binding, reading, writing, and where they are assigned.
#include "lower/function_lowering.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using ir::ValueId;

FunctionLowering::FunctionLowering(ModuleLowering& module, ir::FuncId id, std::span<const TypeId> params,
                                   std::span<const TypeId> type_args)
    : CodeWriter(module, id),
      type_params_(params.begin(), params.end()),
      type_args_(type_args.begin(), type_args.end()),
      name_(module.function_name(fn_.name)),
      owner_(fn_.name) {}

TypeId FunctionLowering::concrete(TypeId type) { return types().substitute(type, type_params_, type_args_); }

void FunctionLowering::at(Span place) {
    if (!module_->has_positions()) return b_.set_loc(ir::LocId());
    m_.set_origin(place);
    b_.set_loc(m_.loc(place, name_));
}

void FunctionLowering::enter_body(const check::Body& body, ExprId root) {
    body_ = &body;
    module_ = &m_.input().checked.modules[body.module];
    ast_ = module_->ast;
    locals_.clear();
    locals_.resize(body.locals.size());
    mutation_positions_.assign(body.locals.size(), {});
    mention_positions_.assign(body.locals.size(), {});
    whole_positions_.assign(body.locals.size(), {});
    Span whole = span(root);
    ++whole.end; // an assignment counts where it ends, and a closure's body may be one
    for (const Mention& m : m_.mentions(body.module, whole)) {
        mention_positions_[m.local.index()].push_back(m.position);
        if (m.is_mutation) mutation_positions_[m.local.index()].push_back(m.position);
        if (m.is_whole) whole_positions_[m.local.index()].push_back(m.position);
    }
    is_captured_.assign(body.locals.size(), false);
    at(root);
}

void FunctionLowering::bind_params(const std::vector<check::Param>& params, std::size_t next) {
    std::vector<Binding> bindings;
    for (const check::Param& param : params) {
        Row row{concrete(param.type), {}};
        for (const Leaf& leaf : layout(row.type).leaves) {
            row.leaves.push_back(RowLeaf{fn_.blocks[fn_.entry()].params[next++]});
            row.leaves.back().claimed = param.is_mut && leaf.scalar == Scalar::Ref;
        }
        if (param.is_mut) mut_params_.push_back(param.local);
        if (param.local.is_valid()) {
            bind(param.local, claim(param.local, std::move(row), true));
            locals_[param.local].is_mut_param = param.is_mut;
        } else {
            match(param.pattern, row, ir::BlockId(), bindings);
        }
    }
    bind_all(bindings, true);
}

void FunctionLowering::lower_fn(const check::Fn& fn) {
    enter_body(fn.body);
    result_type_ = concrete(fn.result);
    bind_params(fn.params, 0);
    Row result = fit(last_use(fn.body.root, 0), result_type_);
    leave_function(to_owned(std::move(result)));
    finish();
}

void FunctionLowering::lower_test(const check::Test& test) {
    enter_body(test.body);
    result_type_ = simple(TypeKind::Unit);
    effect(test.body.root);
    leave_function(unit());
    finish();
}

void FunctionLowering::lower_init() {
    const check::Checked& checked = m_.input().checked;
    result_type_ = simple(TypeKind::Unit);
    auto place_of = [&](std::size_t i) {
        return Location{b_.instance_data(), ir::MemoryClass::Instance, ValueId(), 1,
                        m_.global_offset(check::GlobalId(i))};
    };
    // Code that runs here may read a variable before its turn: it finds zeros and empty objects, which is a
    // value of every type but an enum whose first constructor has references.
    for (std::size_t i = 0; i < checked.globals.size(); ++i) {
        TypeId type = checked.globals[check::GlobalId(i)].type;
        if (std::ranges::any_of(layout(type).leaves, &Leaf::nullable))
            replace(place_of(i), placeholder(type));
    }
    for (check::GlobalId id : checked.init_order) {
        enter_body(checked.globals[id].init);
        TypeId type = checked.globals[id].type;
        Row value = settled(body_->root, type);
        at(body_->root);
        replace(place_of(id.index()), value);
    }
    leave_function(unit());
    finish();
}

void FunctionLowering::leave_function(const Row& result) {
    std::vector<ValueId> values;
    for (const RowLeaf& leaf : result.leaves) values.push_back(leaf.id);
    Ownership::State state = own_.save();
    for (LocalId param : mut_params_) {
        LocalSlot& slot = locals_[param];
        for (std::size_t i = 0; i < slot.vars.size(); ++i) {
            values.push_back(ssa_.read(slot.vars[i]));
            if (slot.cleanups[i].is_valid()) own_.take(slot.cleanups[i]);
        }
    }
    leave_by(Exit{Exit::Kind::Return}, 0, values);
    own_.restore(state);
}

// ---- Locals ----

namespace {
// One of the ordered positions lies within the span.
bool any_within(const std::vector<std::uint32_t>& positions, Span within) {
    auto first = std::lower_bound(positions.begin(), positions.end(), within.begin);
    return first != positions.end() && *first < within.end;
}
} // namespace

bool FunctionLowering::is_assigned(LocalId local, Span within) {
    return any_within(mutation_positions_[local.index()], within);
}

bool FunctionLowering::is_mentioned_after(LocalId local, std::uint32_t position) const {
    const std::vector<std::uint32_t>& all = mention_positions_[local.index()];
    auto next = std::upper_bound(all.begin(), all.end(), position);
    for (auto arm = excluded_.rbegin(); arm != excluded_.rend() && next != all.end(); ++arm) {
        if (*next < arm->begin) return true;
        next = std::lower_bound(next, all.end(), arm->end);
    }
    return next != all.end();
}

bool FunctionLowering::is_last_use(LocalId local, std::uint32_t position) {
    return locals_[local].region == region_ && !is_mentioned_after(local, position);
}

bool FunctionLowering::may_move(LocalId local, Span within) {
    if (!any_within(whole_positions_[local.index()], within)) return false;
    const LocalSlot& slot = locals_[local];
    return !slot.is_mut_param && std::ranges::any_of(slot.cleanups, &CleanupId::is_valid) &&
           !is_mentioned_after(local, within.end - 1);
}

bool FunctionLowering::may_move(Span within) {
    return std::ranges::any_of(m_.mentions(body_->module, within),
                               [&](const Mention& m) { return m.is_whole && may_move(m.local, within); });
}

bool FunctionLowering::is_variable(LocalId local) {
    if (!mutation_positions_[local.index()].empty()) return true;
    // What happens to the variable outside is nothing to a closure's copy.
    return !is_captured_[local.index()] && (body_->locals[local].is_mut || body_->locals[local].is_assigned);
}

Row FunctionLowering::claim(LocalId local, Row row, bool stable) {
    const Layout& l = layout(row.type);
    bool borrow = stable && !is_variable(local);
    for (std::size_t i = 0; i < row.leaves.size(); ++i) {
        RowLeaf& leaf = row.leaves[i];
        if (l.leaves[i].scalar != Scalar::Ref || (borrow && !leaf.cleanup.is_valid())) continue;
        leaf.id = own_.to_owned(leaf, l.leaves[i].nullable);
        leaf.cleanup = CleanupId();
        leaf.claimed = true;
    }
    return row;
}

void FunctionLowering::bind(LocalId local, const Row& claimed) {
    LocalSlot slot;
    slot.type = claimed.type;
    slot.is_variable = is_variable(local);
    slot.region = region_;
    const Layout& l = layout(claimed.type);
    for (std::size_t i = 0; i < claimed.leaves.size(); ++i) {
        const RowLeaf& leaf = claimed.leaves[i];
        CleanupId cleanup;
        if (slot.is_variable) {
            slot.vars.push_back(ssa_.make_var(l.leaves[i].scalar));
            ssa_.write(slot.vars.back(), leaf.id);
            if (l.leaves[i].scalar == Scalar::Ref)
                cleanup = own_.add_var(slot.vars.back(), l.leaves[i].nullable);
        } else {
            slot.row.leaves.push_back(RowLeaf{leaf.id, CleanupId(), leaf.is_null, false});
            if (leaf.claimed && !leaf.is_null) cleanup = own_.add(leaf.id, l.leaves[i].nullable);
        }
        slot.cleanups.push_back(cleanup);
    }
    slot.row.type = claimed.type;
    locals_[local] = std::move(slot);
}

Row FunctionLowering::read_local(LocalId local) { return read_local(local, 0, locals_[local].type); }

Row FunctionLowering::read_local(LocalId local, std::size_t first, TypeId type) {
    const LocalSlot& slot = locals_[local];
    std::size_t count = layout(type).leaves.size();
    if (!slot.is_variable) return slot.row.part(type, first, count);
    Row row{type, {}};
    for (std::size_t i = 0; i < count; ++i) row.add(ssa_.read(slot.vars[first + i]));
    return row;
}

Row FunctionLowering::take_local(LocalId local, Mark mark) {
    Row row = read_local(local);
    const LocalSlot& slot = locals_[local];
    if (slot.is_mut_param) return row;
    for (std::size_t i = 0; i < row.leaves.size(); ++i) {
        CleanupId cleanup = slot.cleanups[i];
        if (cleanup.is_valid() && cleanup.index() >= mark && own_.is_pending(cleanup))
            row.leaves[i].cleanup = cleanup;
    }
    return row;
}

void FunctionLowering::write_local(LocalId local, std::size_t first, const Row& value) {
    const LocalSlot& slot = locals_[local];
    TN_CHECK(slot.is_variable, "an assignment to a variable that is never assigned");
    const Layout& l = layout(value.type);
    std::vector<std::pair<ValueId, bool>> old;
    for (std::size_t i = 0; i < value.leaves.size(); ++i) {
        VarId var = slot.vars[first + i];
        if (l.leaves[i].scalar == Scalar::Ref) old.emplace_back(ssa_.read(var), l.leaves[i].nullable);
        ssa_.write(var, value.id(i));
    }
    for (auto [ref, nullable] : old) own_.release(ref, nullable);
}

syntax::ExprId FunctionLowering::strip(ExprId id) const {
    while (const auto* paren = node(id).as<syntax::ParenExpr>()) id = paren->inner;
    return id;
}

check::LocalId FunctionLowering::root_local(ExprId id) const {
    for (;;) {
        id = strip(id);
        if (info(id).form == check::Form::Local) return LocalId(info(id).detail);
        if (info(id).form != check::Form::Field) return LocalId();
        if (const auto* field = node(id).as<syntax::FieldExpr>()) {
            id = field->base;
        } else if (const auto* tuple_field = node(id).as<syntax::TupleFieldExpr>()) {
            id = tuple_field->base;
        } else {
            return LocalId();
        }
    }
}

// ---- Mentions ----

void collect_mentions(const check::Module& module, std::vector<Mention>& out) {
    const syntax::Ast& ast = *module.ast;
    constexpr std::uint32_t textual = 0xffffffffu;
    struct Role {
        std::uint32_t position = textual;
        bool is_mutation = false;
        bool is_whole = true;
    };
    std::unordered_map<std::uint32_t, Role> roles; // of names that are not just values
    // The name at the root of a field, an element or a place.
    auto note_root = [&](syntax::ExprId id, bool is_mutation, std::uint32_t position) {
        for (;;) {
            const syntax::Expr& expr = ast.exprs[id];
            if (const auto* paren = expr.as<syntax::ParenExpr>()) {
                id = paren->inner;
            } else if (const auto* field = expr.as<syntax::FieldExpr>()) {
                id = field->base;
            } else if (const auto* tuple_field = expr.as<syntax::TupleFieldExpr>()) {
                id = tuple_field->base;
            } else if (const auto* index = expr.as<syntax::IndexExpr>()) {
                id = index->base;
            } else {
                if (expr.as<syntax::NameExpr>()) {
                    Role& role = roles[id.value];
                    role.is_whole = false;
                    role.is_mutation |= is_mutation;
                    if (position != textual) role.position = position;
                }
                return;
            }
        }
    };
    auto is_name = [&](syntax::ExprId id) {
        while (const auto* paren = ast.exprs[id].as<syntax::ParenExpr>()) id = paren->inner;
        return ast.exprs[id].as<syntax::NameExpr>() != nullptr;
    };
    for (std::size_t i = 0; i < ast.exprs.size() && i < module.exprs.size(); ++i) {
        syntax::ExprId id(i);
        const syntax::Expr& expr = ast.exprs[id];
        if (!module.info(id).type.is_valid()) continue;
        if (const auto* assign = expr.as<syntax::AssignExpr>()) note_root(assign->place, true, expr.span.end);
        // A chain is noted from each of its links; only the name it begins with counts.
        if (const auto* field = expr.as<syntax::FieldExpr>()) {
            if (is_name(field->base)) note_root(field->base, false, textual);
        } else if (const auto* tuple_field = expr.as<syntax::TupleFieldExpr>()) {
            if (is_name(tuple_field->base)) note_root(tuple_field->base, false, textual);
        } else if (const auto* index = expr.as<syntax::IndexExpr>()) {
            if (is_name(index->base)) note_root(index->base, false, textual);
        } else if (const auto* record = expr.as<syntax::RecordExpr>()) {
            if (record->base.is_valid()) note_root(record->base, false, textual);
        }
        if (module.info(id).form != check::Form::Call) continue;
        for (const check::CallArg& arg : module.call(module.info(id)).args) {
            if (arg.mode == check::ArgMode::MutPlace) note_root(arg.expr, true, expr.span.end - 1);
        }
    }
    for (std::size_t i = 0; i < ast.exprs.size() && i < module.exprs.size(); ++i) {
        syntax::ExprId id(i);
        const check::ExprInfo& info = module.info(id);
        if (!info.type.is_valid() || info.form != check::Form::Local || !ast.exprs[id].as<syntax::NameExpr>())
            continue;
        Mention mention{ast.exprs[id].span.begin, check::LocalId(info.detail), false, true};
        if (auto role = roles.find(id.value); role != roles.end()) {
            mention.is_mutation = role->second.is_mutation;
            mention.is_whole = role->second.is_whole;
            if (role->second.position != textual) mention.position = role->second.position;
        }
        out.push_back(mention);
    }
    // What a closure captures is used as a whole where it is made.
    for (std::size_t i = 0; i < ast.exprs.size() && i < module.exprs.size(); ++i) {
        const check::ExprInfo& info = module.info(syntax::ExprId(i));
        if (!info.type.is_valid() || info.form != check::Form::Closure) continue;
        for (check::LocalId local : module.closures[check::ClosureId(info.detail)].captures)
            out.push_back(Mention{ast.exprs[syntax::ExprId(i)].span.end - 1, local, false, true});
    }
    std::ranges::stable_sort(out, {}, &Mention::position);
}

void lower_function(ModuleLowering& module, ir::FuncId id, const check::Fn& fn,
                    std::span<const TypeId> type_args) {
    FunctionLowering(module, id, fn.type_params, type_args).lower_fn(fn);
}

void lower_test(ModuleLowering& module, ir::FuncId id, const check::Test& test) {
    FunctionLowering(module, id, {}, {}).lower_test(test);
}

void lower_init(ModuleLowering& module, ir::FuncId id) { FunctionLowering(module, id, {}, {}).lower_init(); }

} // namespace tn::lower
