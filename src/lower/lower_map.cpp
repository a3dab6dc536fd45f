// Maps and sets, which the prelude writes in Tenon: `m[k]` as a place, literals; and values that are held in
// variables without a name.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

namespace {
// Of Map, as TypeTable::map_id has them; of its entries, `(K, V)?`; and of an entry.
constexpr unsigned entries_field = 0, some = 1, value_field = 1;
} // namespace

FnTarget FunctionLowering::map_fn(check::FnId fn, const std::vector<TypeId>& type_args) {
    FnTarget target{fn, {}};
    for (TypeId arg : type_args) target.type_args.push_back(concrete(arg));
    return target;
}

ValueId FunctionLowering::map_slot(const Place::Step& step, const Row& map) {
    Row args[] = {map, step.key};
    return call_fn(map_fn(step.element->slot, step.element->type_args), args).result.id();
}

Location FunctionLowering::entry_value(ValueId data, ValueId slot, TypeId entry) {
    TypeId pair = payload_type(entry, some, 0);
    return field_location(payload_location(element(data, slot, entry), entry, some, 0), pair, value_field);
}

void FunctionLowering::find_entry_for_read(Place::Step& step, Resolved& r, bool is_local,
                                           std::size_t first) {
    // In memory it is retained: the key's own methods run, and may write there.
    Row map = r.in_memory ? load(r.location, r.type)
              : is_local  ? read_local(r.local, first, r.type)
                          : r.row;
    ValueId slot = step.slot.is_valid() ? step.slot : map_slot(step, map);
    TypeId entry = types().arg(field_type(r.type, entries_field), 0);
    r.location = entry_value(b_.seq_data(field_of(map, entries_field).id()), slot, entry);
    r.in_memory = true;
}

void FunctionLowering::find_entry_for_write(Place::Step& step, Resolved& r) {
    TypeId entries_type = field_type(r.type, entries_field);
    TypeId entry = types().arg(entries_type, 0);
    ir::DescId desc = m_.desc(entries_type);
    if (!r.in_memory) {
        // Nobody else changes a variable: the entry stays where it was found.
        if (!step.slot.is_valid()) step.slot = map_slot(step, read_local(r.local, r.first, r.type));
        VarId var = locals_[r.local].vars.at(r.first + layout(r.type).field_first[entries_field]);
        ValueId entries = b_.unique(ssa_.read(var), desc);
        ssa_.write(var, entries);
        r.location = entry_value(b_.seq_data(entries), step.slot, entry);
        r.in_memory = true;
        return;
    }
    Mark mark = own_.mark();
    ValueId slot = map_slot(step, load(r.location, r.type));
    own_.leave(mark);
    ValueId entries = b_.unique_at(address(field_location(r.location, r.type, entries_field)), desc);
    // The key's own methods ran since the map was read, and may have changed it.
    b_.bounds(slot, b_.seq_len(entries));
    ValueId tag = load_leaf(element(b_.seq_data(entries), slot, entry), layout(entry), 0);
    ValueId is_gone = b_.compare(Op::ICmp, Cond::Ne, tag, b_.const_int(Scalar::U8, some));
    b_.trap_if(is_gone, static_cast<std::uint32_t>(TrapCode::UnwrapNone));
    r.location = entry_value(b_.seq_data(entries), slot, entry);
}

// `m[k] = v`
void FunctionLowering::insert_into_map(Place& p, const Row& value) {
    Place::Step step = std::move(p.steps.back());
    p.steps.pop_back();
    Mark mark = own_.mark();
    Row kept = own_.own(value, layout(value.type)); // for the call, which borrows it
    b_.set_loc(step.loc);
    Row args[] = {take_out_of(p), step.key, kept};
    Outcome called = call_fn(map_fn(step.element->insert, step.element->type_args), args);
    put_back(p, called.outs[0]);
    own_.leave(mark);
    p.steps.push_back(std::move(step));
}

// ---- Literals ----

Row FunctionLowering::lower(const syntax::MapExpr& n, ExprId id) {
    std::vector<ExprId> parts;
    for (const syntax::MapEntry& entry : ast_->view(n.entries)) {
        parts.push_back(entry.key);
        parts.push_back(entry.value);
    }
    return collection(parts, 2, id);
}

Row FunctionLowering::lower(const syntax::SetExpr& n, ExprId id) {
    auto elements = ast_->view(n.elements);
    return collection(elements, 1, id);
}

Row FunctionLowering::collection(std::span<const ExprId> parts, std::size_t parts_per_entry, ExprId id) {
    TypeId type = type_of(id);
    if (is_never(type)) {
        for (ExprId part : parts) effect(part);
        return Row{type, {}};
    }
    const check::Collection& how = module_->collections[info(id).detail];
    FnTarget insert = map_fn(how.insert, how.type_args);
    ModuleLowering::FnShape shape = m_.shape(insert);
    at(id);
    Held made = hold(to_owned(call_fn(map_fn(how.create, how.type_args), {}).result));
    for (std::size_t i = 0; i < parts.size(); i += parts_per_entry) {
        Mark mark = own_.mark();
        std::vector<Row> args(1);
        for (std::size_t k = 0; k < parts_per_entry; ++k)
            args.push_back(fit(operand(parts[i + k], span(id)), shape.params[1 + k].type));
        at(parts[i]);
        args[0] = read_held(made);
        write_held(made, call_fn(insert, args).outs[0]);
        own_.leave(mark);
    }
    return take_held(made);
}

// ---- Held values ----

FunctionLowering::Held FunctionLowering::hold(const Row& owned) {
    Held held{owned.type, {}, {}};
    const Layout& l = layout(owned.type);
    for (std::size_t i = 0; i < owned.leaves.size(); ++i) {
        held.vars.push_back(ssa_.make_var(l.leaves[i].scalar));
        ssa_.write(held.vars.back(), owned.id(i));
        held.cleanups.push_back(l.leaves[i].scalar == Scalar::Ref
                                    ? own_.add_var(held.vars.back(), l.leaves[i].nullable)
                                    : CleanupId());
    }
    return held;
}

Row FunctionLowering::read_held(const Held& held) {
    Row row{held.type, {}};
    for (VarId var : held.vars) row.add(ssa_.read(var));
    return row;
}

void FunctionLowering::write_held(const Held& held, const Row& owned) {
    for (std::size_t i = 0; i < held.vars.size(); ++i) ssa_.write(held.vars[i], owned.id(i));
}

Row FunctionLowering::take_held(const Held& held) {
    Row row = read_held(held);
    for (std::size_t i = 0; i < row.leaves.size(); ++i) row.leaves[i].cleanup = held.cleanups[i];
    return row;
}

} // namespace tn::lower
