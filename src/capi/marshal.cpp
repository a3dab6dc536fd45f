// Conversions of values, by leaves. See marshal.h.
#include "capi/marshal.h"

#include "capi/inside.h"
#include "runtime/entry_points.h"
#include "runtime/seq.h"

#include <cstring>

namespace tn::capi {

rt::Slot load_leaf(Scalar scalar, const std::uint8_t* from) {
    rt::Slot slot;
    slot.u = 0;
    std::memcpy(&slot, from, scalar_size(scalar)); // little endian: the low bytes
    const unsigned shift = 64 - scalar_size(scalar) * 8;
    if (is_signed(scalar) && shift != 0) slot.i = static_cast<std::int64_t>(slot.u << shift) >> shift;
    return slot;
}

void store_leaf(Scalar scalar, std::uint8_t* to, rt::Slot slot) {
    std::memcpy(to, &slot, scalar_size(scalar));
}

namespace {

bool is_held_tag(tn_tag tag) { return tag >= TN_TAG_STRING && tag <= TN_TAG_FUNCTION; }

} // namespace

bool odd_scalar_to_slot(tn_tag tag, tn_slot in, rt::Slot& out) {
    if (tag == TN_TAG_CHAR) return in.u < 0xd800 || (in.u > 0xdfff && in.u <= 0x10ffff);
    if (tag != TN_TAG_F32) return false;
    out.u = 0;
    out.f32 = static_cast<float>(in.f);
    return true;
}

std::string describe(const tn_value& value) {
    if (value.tag == TN_TAG_NONE) return "no value";
    if (value.tag == TN_TAG_POISON) return "an unset result";
    if (value.tag == TN_TAG_UNIT) return "`()`";
    if (is_scalar_tag(value.tag)) {
        static constexpr const char* names[] = {"bool", "i8",  "i16", "i32", "i64", "u8",
                                                "u16",  "u32", "u64", "f32", "f64", "char"};
        return std::string("`") + names[value.tag - TN_TAG_BOOL] + "`";
    }
    if (!is_held_tag(value.tag)) return "an unknown tag";
    const Held held = find_held(value);
    if (!held) return "a dead value";
    return "`" + held.type().name + "`";
}

namespace {

bool refuse(Problem& problem, tn_status status, std::string text) {
    problem.status = status;
    problem.text = std::move(text);
    return false;
}

bool refuse_type(Problem& problem, const TypeInfo& type, const tn_value& value) {
    const bool dead = is_held_tag(value.tag) && !find_held(value);
    return refuse(problem, dead ? TN_HANDLE : TN_TYPE,
                  "expected `" + type.name + "`, found " + describe(value));
}

} // namespace

bool value_to_slots(InstanceCore& core, const TypeInfo& type, const tn_value& value, rt::Slot* slots,
                    bool retained, TextCopies& copies, Problem& problem) {
    if (value.tag != type.tag) return refuse_type(problem, type, value);
    if (type.tag == TN_TAG_UNIT) return true;
    if (type.is_scalar()) {
        if (scalar_to_slot(type.tag, value.as, slots[0])) return true;
        return refuse(problem, TN_RANGE, "the number is out of range for `" + type.name + "`");
    }
    const Held held = find_held(value);
    if (!held) return refuse_type(problem, type, value);
    if (held.cell->next.load(std::memory_order_relaxed) == pinned_for_writing)
        return refuse(problem, TN_STATE, "the list is pinned for writing");
    rt::Object* object = held.object();
    const bool is_text = type.tag == TN_TAG_STRING || type.tag == TN_TAG_BYTES;
    if (&held.core() != &core && is_text) {
        object = copies.copy(object, type);
        if (!object)
            return refuse(problem, TN_TRAP_MEMORY_LIMIT, std::string(trap_text(TrapCode::MemoryLimit)));
    } else if (&held.type() != &type) {
        return refuse_type(problem, type, value);
    } else if (&held.core() != &core) {
        return refuse(problem, TN_TYPE, "the value belongs to another instance");
    }
    if (type.is_reference()) {
        if (retained) rt::retain(object);
        slots[0].ref = object;
        return true;
    }
    const std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(object));
    if (retained) {
        load_slots(type, data, nullptr, slots);
    } else {
        for (const Leaf& leaf : type.layout->leaves) *slots++ = load_leaf(leaf.scalar, data + leaf.offset);
    }
    return true;
}

void release_slots(InstanceCore& core, const TypeInfo& type, const rt::Slot* slots) {
    for (const Leaf& leaf : type.layout->leaves) {
        if (leaf.scalar == Scalar::Ref) rt::rt_release(core.context(), slots->ref);
        ++slots;
    }
}

tn_status slots_to_value(InstanceCore& core, const TypeInfo& type, const rt::Slot* slots, tn_value& out) {
    if (type.tag == TN_TAG_UNIT) {
        TN_SET_UNIT(&out);
        return TN_OK;
    }
    if (type.is_scalar()) {
        slot_to_scalar(type.tag, slots[0], out);
        return TN_OK;
    }
    if (type.is_reference()) return wrap(core, type, slots[0].ref, out);
    rt::Box* box = new_box(core, type);
    if (!box) {
        core.context()->trap_code = TrapCode::None;
        release_slots(core, type, slots);
        return TN_TRAP_MEMORY_LIMIT;
    }
    store_slots(type, rt::box_data(box), nullptr, slots);
    return wrap(core, type, box, out);
}

void load_slots(const TypeInfo& type, const std::uint8_t* from, const std::vector<std::uint32_t>* offsets,
                rt::Slot* slots) {
    const std::vector<Leaf>& leaves = type.layout->leaves;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        slots[i] = load_leaf(leaves[i].scalar, from + (offsets ? (*offsets)[i] : leaves[i].offset));
        if (leaves[i].scalar == Scalar::Ref) rt::retain(slots[i].ref);
    }
}

void store_slots(const TypeInfo& type, std::uint8_t* to, const std::vector<std::uint32_t>* offsets,
                 const rt::Slot* slots) {
    const std::vector<Leaf>& leaves = type.layout->leaves;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        store_leaf(leaves[i].scalar, to + (offsets ? (*offsets)[i] : leaves[i].offset), slots[i]);
    }
}

tn_status load_child(InstanceCore& core, const TypeInfo& type, std::size_t i, const std::uint8_t* from,
                     tn_value& out) {
    const TypeInfo& child = *type.children[i];
    const TypeInfo::Place& place = type.places[i];
    if (place.boxed) {
        // The host's boxes and the script's are laid out alike.
        rt::Object* box = load_leaf(Scalar::Ref, from + place.offsets[0]).ref;
        rt::retain(box);
        return wrap(core, child, box, out);
    }
    Row row(child.layout->leaves.size());
    load_slots(child, from, &place.offsets, row.data());
    return slots_to_value(core, child, row.data(), out);
}

bool store_child(InstanceCore& core, const TypeInfo& type, std::size_t i, std::uint8_t* to,
                 const tn_value& value, Problem& problem) {
    const TypeInfo& child = *type.children[i];
    const TypeInfo::Place& place = type.places[i];
    Row row(child.layout->leaves.size());
    TextCopies copies(core);
    if (!value_to_slots(core, child, value, row.data(), !place.boxed, copies, problem)) return false;
    if (place.boxed) {
        rt::Slot box;
        box.ref = find_held(value).object();
        rt::retain(box.ref);
        store_leaf(Scalar::Ref, to + place.offsets[0], box);
    } else {
        store_slots(child, to, &place.offsets, row.data());
    }
    return true;
}

rt::Box* new_box(InstanceCore& core, const TypeInfo& type) {
    void* memory = core.rt->heap.allocate(sizeof(rt::Box) + type.desc->stride);
    if (!memory) {
        core.context()->trap_code = TrapCode::MemoryLimit;
        return nullptr;
    }
    rt::Box* box = new (memory) rt::Box;
    box->count = 1;
    box->desc = type.desc;
    std::memset(rt::box_data(box), 0, type.desc->stride);
    return box;
}

tn_status wrap(InstanceCore& core, const TypeInfo& type, rt::Object* object, tn_value& out) {
    ValueCell* cell = new_value_cell(object, &type, &core);
    if (!cell) {
        rt::rt_release(core.context(), object);
        return TN_NOMEM;
    }
    core.retain();
    out.tag = type.tag;
    out.aux = cell->generation.load(std::memory_order_relaxed);
    out.as.p = cell;
    return TN_OK;
}

void clear_value(tn_value& value) noexcept {
    const tn_value old = value;
    TN_SET_NONE(&value);
    if (old.tag < TN_TAG_STRING) return;
    ValueCell* cell = find_value_cell(old.as.p, old.aux);
    if (!cell || !claim_value_cell(cell, old.aux)) return;
    rt::Object* object = cell->object;
    InstanceCore* core = cell->core;
    recycle_value_cell(cell);
    if (core->is_inside())
        rt::rt_release(core->context(), object);
    else
        core->rt->release_from_any_thread(object);
    core->release();
}

TextCopies::~TextCopies() {
    for (rt::Object* object : copies_) rt::rt_release(core_.context(), object);
}

rt::Object* TextCopies::copy(const rt::Object* text, const TypeInfo& type) {
    const std::string_view bytes = rt::view(text);
    copies_.reserve(copies_.size() + 1);
    const std::uint32_t desc = type.tag == TN_TAG_STRING ? rt::string_desc_id : rt::bytes_desc_id;
    rt::Object* object =
        rt::rt_bytes_new(core_.context(), bytes.data(), static_cast<std::int64_t>(bytes.size()), desc);
    if (object)
        copies_.push_back(object);
    else
        core_.context()->trap_code = TrapCode::None;
    return object;
}

} // namespace tn::capi
