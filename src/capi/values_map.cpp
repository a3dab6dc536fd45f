// Section 6 of c_api.h: maps, sets and their iterators.
#include "capi/compound.h"
#include "capi/table.h"
#include "runtime/entry_points.h"

using namespace tn;
using namespace tn::capi;

namespace {

struct IterObject {
    Ref<InstanceCore> core;
    tn_value table;            // of the host's; not owned
    rt::Object* box = nullptr; // one reference: who changes the value changes another box
    const TypeInfo* type = nullptr;
    std::int64_t next = 0;

    bool is_current() const {
        const Held held = find_held(table);
        return held && held.object() == box;
    }
};

rt::Box* box_of(const Held& held) { return static_cast<rt::Box*>(held.object()); }

// A key as slots: the references are the value's, or those of copies.
tn_status find(const Held& held, const tn_value& key, TextCopies& copies, Row& row, Found& where) {
    const TypeInfo& type = *held.type().children[0];
    Problem problem;
    if (!value_to_slots(held.core(), type, key, row.data(), false, copies, problem)) return problem.status;
    return find_key(held.core(), held.type(), box_of(held), row.data(), where);
}

void retain_slots(const TypeInfo& type, const rt::Slot* slots) {
    for (const Leaf& leaf : type.layout->leaves) {
        if (leaf.scalar == Scalar::Ref) rt::retain(slots->ref);
        ++slots;
    }
}

// A script's own code for keys may call the host, and the host may clear the value that the operation is
// about, which perhaps was all that kept the instance. For the duration of one operation.
class KeepAlive {
public:
    void keep(InstanceCore& core) {
        if (!core.module->compiled->ir().key_impls.empty()) core_ = Ref<InstanceCore>::share(&core);
    }

private:
    Ref<InstanceCore> core_;
};

// Whether the value is still what it was before the script's code for keys ran.
bool is_same(const tn_value& value, const Held& held, const rt::Object* box) {
    const Held now = find_held(value);
    return now.cell == held.cell && now.object() == box;
}

} // namespace

tn_status tn_map_new(tn_instance* inst, const tn_type* key, const tn_type* val, tn_value* out,
                     tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        const TypeInfo *keys = nullptr, *values = nullptr;
        if (tn_status status = begin_new(inst, key, out, core, keys, err); status != TN_OK) return status;
        if (val) {
            if (tn_status status = find_type_for(*core, val, values, err); status != TN_OK) return status;
        }
        if (!is_key_type(*core->module, *keys))
            return report(err, TN_TYPE, {"values of `", keys->name, "` cannot be keys here"});
        const TypeInfo& type = *core->module->types.table_of(*keys, values);
        if (!type.can_cross)
            return report(err, TN_TYPE, {"`", type.name, "` is too large to cross the C API"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        rt::Box* box = new_table(*core, type);
        if (!box) return report_value_failure(*core, TN_TRAP_MEMORY_LIMIT, err);
        return finish_new(*core, type, box, *out, err);
    });
}

tn_status tn_map_len(const tn_value* m, size_t* out) {
    if (out) *out = 0;
    if (!out) return TN_ARG;
    return read(m, TN_TAG_MAP, TN_TAG_SET, [&](const Held& held) -> tn_status {
        *out = static_cast<size_t>(TableData(held.type(), box_of(held)).live);
        return TN_OK;
    });
}

tn_status tn_map_get(const tn_value* m, const tn_value* k, tn_value* out) {
    const tn_value table = m ? *m : tn_value{}, key = k ? *k : tn_value{};
    if (out) TN_SET_NONE(out);
    if (!k) return TN_ARG;
    KeepAlive alive;
    return read(m ? &table : nullptr, TN_TAG_MAP, TN_TAG_SET, [&](const Held& held) -> tn_status {
        const TypeInfo& type = held.type();
        InstanceCore& core = held.core();
        alive.keep(core);
        TextCopies copies(core);
        Row row(leaf_count(*type.children[0]));
        Found where;
        rt::Box* box = box_of(held);
        if (tn_status status = find(held, key, copies, row, where); status != TN_OK) return status;
        if (!is_same(table, held, box)) return TN_STATE;
        if (where.entry < 0) return TN_NOT_FOUND;
        if (!out) return TN_OK;
        const std::uint8_t* entry = entry_at(type, TableData(type, box).entries, where.entry);
        return copy_out(core, value_type(*core.module, type), entry, &type.table.value_offsets, *out);
    });
}

tn_status tn_map_set(tn_value* m, const tn_value* k, const tn_value* v) {
    if (!k) return TN_ARG;
    KeepAlive alive;
    return change(m, TN_TAG_MAP, TN_TAG_SET, [&](const Held& held) -> tn_status {
        const TypeInfo& type = held.type();
        InstanceCore& core = held.core();
        alive.keep(core);
        const TypeInfo& values = value_type(*core.module, type);
        if (!v && values.tag != TN_TAG_UNIT) return TN_ARG;
        TextCopies copies(core);
        Row key(leaf_count(*type.children[0])), value(leaf_count(values));
        Found where;
        const rt::Box* before = box_of(held);
        if (tn_status status = find(held, *k, copies, key, where); status != TN_OK) return status;
        if (!is_same(*m, held, before)) return TN_STATE;
        if (v) {
            if (tn_status status = take_slots(core, values, *v, value); status != TN_OK) return status;
        }
        retain_slots(*type.children[0], key.data());
        rt::Box* box = writable_box(held);
        if (box && insert_entry(core, type, box, where, key.data(), value.data())) return TN_OK;
        release_slots(core, *type.children[0], key.data());
        release_slots(core, values, value.data());
        return TN_TRAP_MEMORY_LIMIT;
    });
}

tn_status tn_map_remove(tn_value* m, const tn_value* k) {
    if (!k) return TN_ARG;
    KeepAlive alive;
    return change(m, TN_TAG_MAP, TN_TAG_SET, [&](const Held& held) -> tn_status {
        InstanceCore& core = held.core();
        alive.keep(core);
        const TypeInfo& type = held.type();
        TextCopies copies(core);
        Row key(leaf_count(*type.children[0]));
        Found where;
        const rt::Box* before = box_of(held);
        if (tn_status status = find(held, *k, copies, key, where); status != TN_OK) return status;
        if (!is_same(*m, held, before)) return TN_STATE;
        if (where.entry < 0) return TN_NOT_FOUND;
        rt::Box* box = writable_box(held);
        return box && remove_entry(core, type, box, where) ? TN_OK : TN_TRAP_MEMORY_LIMIT;
    });
}

tn_status tn_map_iter(const tn_value* m, tn_iter** out) {
    if (out) *out = nullptr;
    if (!out) return TN_ARG;
    return read(m, TN_TAG_MAP, TN_TAG_SET, [&](const Held& held) -> tn_status {
        auto iter = std::make_unique<IterObject>();
        Cell* cell = new_handle(HandleKind::Iter, iter.get());
        if (!cell) return TN_NOMEM;
        iter->core = Ref<InstanceCore>::share(&held.core());
        iter->table = *m;
        iter->box = held.object();
        rt::retain(iter->box);
        iter->type = &held.type();
        iter.release();
        *out = reinterpret_cast<tn_iter*>(cell);
        return TN_OK;
    });
}

tn_status tn_iter_next(tn_iter* it, tn_value* k, tn_value* v) {
    if (k) TN_SET_NONE(k);
    if (v) TN_SET_NONE(v);
    if (!it) return TN_ARG;
    const Cell* cell = find_handle(it, HandleKind::Iter);
    if (!cell) return TN_HANDLE;
    return guarded(nullptr, [&]() -> tn_status {
        auto& iter = *static_cast<IterObject*>(cell->object);
        InstanceCore& core = *iter.core;
        Inside inside(core);
        if (inside.status() != TN_OK) return inside.status();
        if (!iter.is_current()) return TN_STATE;
        const TypeInfo& type = *iter.type;
        const TableData data(type, static_cast<rt::Box*>(iter.box));
        const std::int64_t count = rt::as_seq(data.entries)->length;
        const std::uint8_t* entry = nullptr;
        std::int64_t at = iter.next;
        while (at < count && !entry) entry = entry_at(type, data.entries, at++);
        if (!entry) return TN_END;
        tn_value key, value;
        TN_SET_NONE(&key);
        TN_SET_NONE(&value);
        if (k) {
            const tn_status status = copy_out(core, *type.children[0], entry, &type.table.key_offsets, key);
            if (status != TN_OK) return status;
        }
        if (v) {
            const TypeInfo& values = value_type(*core.module, type);
            const tn_status status = copy_out(core, values, entry, &type.table.value_offsets, value);
            if (status != TN_OK) {
                clear_value(key);
                return status;
            }
        }
        if (k) *k = key;
        if (v) *v = value;
        iter.next = at;
        return TN_OK;
    });
}

void tn_iter_free(tn_iter* it) {
    std::unique_ptr<IterObject> iter(static_cast<IterObject*>(release_handle(it, HandleKind::Iter)));
    if (!iter) return;
    if (iter->core->is_inside())
        rt::rt_release(iter->core->context(), iter->box);
    else
        iter->core->rt->release_from_any_thread(iter->box);
}
