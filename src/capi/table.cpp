// Finding, inserting and removing entries as map.tn does. See table.h.
#include "capi/table.h"

#include "capi/compound.h"
#include "runtime/entry_points.h"
#include "runtime/seq.h"

#include <algorithm>
#include <cstring>

namespace tn::capi {

namespace {

constexpr std::uint64_t free_word = ~std::uint64_t{0}; // of the index
constexpr std::int64_t max_entries = 0xffff'fff0;

// A word of the index: the number of the entry, above the key's hash.
std::int64_t entry_of(std::uint64_t word) { return static_cast<std::int64_t>(word >> 32); }
std::uint32_t hash_of(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint64_t word_of(std::int64_t entry, std::uint32_t hash) {
    return static_cast<std::uint64_t>(entry) << 32 | hash;
}
std::uint64_t* words(rt::Object* index) { return reinterpret_cast<std::uint64_t*>(rt::as_seq(index)->data); }

std::int64_t free_slot(rt::Object* index, std::uint32_t hash) {
    const std::int64_t mask = rt::as_seq(index)->length - 1;
    std::int64_t slot = hash & mask;
    while (words(index)[slot] != free_word) slot = (slot + 1) & mask;
    return slot;
}

void load_key(const TypeInfo& table, const std::uint8_t* entry, rt::Slot* key) {
    const std::vector<Leaf>& leaves = table.children[0]->layout->leaves;
    for (std::size_t i = 0; i < leaves.size(); ++i)
        key[i] = load_leaf(leaves[i].scalar, entry + table.table.key_offsets[i]);
}

// A larger index with the words of the old one; null without memory.
rt::Seq* grown_index(InstanceCore& core, const TypeInfo& type, rt::Object* old) {
    const std::int64_t length = std::max<std::int64_t>(rt::as_seq(old)->length * 2, 8);
    rt::Seq* index = rt::new_seq(core.context(), *type.table.index->desc, length);
    if (!index) {
        core.context()->trap_code = TrapCode::None;
        return nullptr;
    }
    index->length = length;
    std::fill_n(words(index), length, free_word);
    for (std::int64_t i = 0; i < rt::as_seq(old)->length; ++i) {
        const std::uint64_t word = words(old)[i];
        if (word != free_word) words(index)[free_slot(index, hash_of(word))] = word;
    }
    return index;
}

// map.tn: __close_gap
void close_gap(rt::Object* index, std::int64_t gap) {
    const std::int64_t mask = rt::as_seq(index)->length - 1;
    std::uint64_t* all = words(index);
    for (std::int64_t next = (gap + 1) & mask; all[next] != free_word; next = (next + 1) & mask) {
        const std::int64_t from_home = (next - hash_of(all[next])) & mask;
        if (from_home < ((next - gap) & mask)) continue;
        all[gap] = all[next];
        gap = next;
    }
    all[gap] = free_word;
}

// map.tn: __compact. Entries and index have one owner.
void compact(const TypeInfo& type, TableData& data) {
    rt::Seq* entries = rt::as_seq(data.entries);
    const std::size_t stride = entries->desc->stride;
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(entries->length)); // new ones, by old one
    std::int64_t kept = 0;
    for (std::int64_t at = 0; at < entries->length; ++at) {
        numbers[static_cast<std::size_t>(at)] = kept;
        const std::uint8_t* entry = entry_at(type, entries, at);
        if (!entry) continue;
        if (at != kept) std::memcpy(entries->data + static_cast<std::size_t>(kept) * stride, entry, stride);
        ++kept;
    }
    entries->length = kept;
    for (std::int64_t slot = 0; slot < rt::as_seq(data.index)->length; ++slot) {
        std::uint64_t& word = words(data.index)[slot];
        if (word != free_word) word = word_of(numbers[static_cast<std::size_t>(entry_of(word))], hash_of(word));
    }
}

} // namespace

const TypeInfo& value_type(const ModuleCore& module, const TypeInfo& table) {
    return table.tag == TN_TAG_MAP ? *table.children[1] : *module.unit_type;
}

std::uint8_t* entry_at(const TypeInfo& table, const rt::Object* entries, std::int64_t entry) {
    const rt::Seq* seq = rt::as_seq(entries);
    std::uint8_t* place = seq->data + static_cast<std::size_t>(entry) * seq->desc->stride;
    return place[table.table.entries->children[0]->layout->leaves[0].offset] == 1 ? place : nullptr;
}

rt::Box* new_table(InstanceCore& core, const TypeInfo& type) {
    rt::Box* box = new_box(core, type);
    if (!box) return nullptr;
    TableData data(type, box);
    data.entries = rt::new_seq(core.context(), *type.table.entries->desc, 0);
    // Not the instance's shared empty one: the program may know no map, and have none then.
    data.index = data.entries ? rt::new_seq(core.context(), *type.table.index->desc, 1) : nullptr;
    if (data.index) {
        words(data.index)[0] = free_word; // which map.tn reads
        return box;
    }
    rt::rt_release(core.context(), box);
    return nullptr;
}

tn_status find_key(InstanceCore& core, const TypeInfo& type, rt::Box* table, const rt::Slot* key,
                   Found& out) {
    const TypeInfo& key_type = *type.children[0];
    // The script's code for the key may call the host, who may change the table: that one is another then.
    struct Keep {
        InstanceCore& core;
        rt::Object* object;
        Keep(InstanceCore& c, rt::Object* o) : core(c), object(o) { rt::retain(o); }
        ~Keep() { rt::rt_release(core.context(), object); }
    } keep(core, table);
    KeyOps ops(core);
    out.hash = ops.key_hash(key_type, key);
    if (ops.status != TN_OK) return ops.status;
    const TableData data(type, table);
    const std::int64_t mask = rt::as_seq(data.index)->length - 1;
    if (mask < 0) return TN_OK;
    Row known(leaf_count(key_type));
    for (std::int64_t slot = out.hash & mask;; slot = (slot + 1) & mask) {
        const std::uint64_t word = words(data.index)[slot];
        out.slot = slot;
        if (word == free_word) return TN_OK;
        if (hash_of(word) != out.hash) continue;
        load_key(type, entry_at(type, data.entries, entry_of(word)), known.data());
        const bool is_it = ops.equal(key_type, known.data(), key);
        if (ops.status != TN_OK) return ops.status;
        if (!is_it) continue;
        out.entry = entry_of(word);
        return TN_OK;
    }
}

bool insert_entry(InstanceCore& core, const TypeInfo& type, rt::Box* table, const Found& where,
                  const rt::Slot* key, const rt::Slot* value) {
    TableData data(type, table);
    const TypeInfo& values = value_type(*core.module, type);
    if (where.entry >= 0) {
        rt::Seq* entries = writable_seq(core, data.entries, 0);
        if (!entries) return false;
        release_slots(core, *type.children[0], key);
        overwrite(core, values, entry_at(type, entries, where.entry), &type.table.value_offsets, value);
        return true;
    }
    if (rt::as_seq(data.entries)->length >= max_entries) return false;
    rt::Seq* entries = writable_seq(core, data.entries, 1);
    if (!entries) return false;
    std::int64_t slot = where.slot;
    if ((data.live + 1) * 2 > rt::as_seq(data.index)->length) {
        rt::Seq* index = grown_index(core, type, data.index);
        if (!index) return false;
        rt::rt_release(core.context(), std::exchange(data.index, index));
        slot = free_slot(index, where.hash);
    } else if (!writable_seq(core, data.index, 0)) {
        return false;
    }
    const std::size_t stride = entries->desc->stride;
    std::uint8_t* place = entries->data + static_cast<std::size_t>(entries->length) * stride;
    std::memset(place, 0, stride);
    place[type.table.entries->children[0]->layout->leaves[0].offset] = 1;
    store_slots(*type.children[0], place, &type.table.key_offsets, key);
    store_slots(values, place, &type.table.value_offsets, value);
    words(data.index)[slot] = word_of(entries->length, where.hash);
    ++entries->length;
    ++data.live;
    return true;
}

bool remove_entry(InstanceCore& core, const TypeInfo& type, rt::Box* table, const Found& where) {
    TableData data(type, table);
    rt::Seq* entries = writable_seq(core, data.entries, 0);
    if (!entries || !writable_seq(core, data.index, 0)) return false;
    const TypeInfo& entry_type = *type.table.entries->children[0];
    const std::size_t stride = entries->desc->stride;
    std::uint8_t* place = entries->data + static_cast<std::size_t>(where.entry) * stride;
    Row old(leaf_count(entry_type));
    for (std::size_t i = 0; i < leaf_count(entry_type); ++i) {
        const Leaf& leaf = entry_type.layout->leaves[i];
        old[i] = load_leaf(leaf.scalar, place + leaf.offset);
    }
    std::memset(place, 0, stride);
    close_gap(data.index, where.slot);
    --data.live;
    if (entries->length - data.live > data.live + 8) compact(type, data);
    release_slots(core, entry_type, old.data());
    return true;
}

tn_status rebuild_index(InstanceCore& core, const TypeInfo& type, rt::Object* entries, rt::Object*& index,
                        std::int64_t& live) {
    const std::int64_t count = rt::as_seq(entries)->length;
    std::int64_t length = 8;
    while (length < count * 2) length *= 2;
    rt::Seq* made = rt::new_seq(core.context(), *type.table.index->desc, length);
    if (!made) {
        core.context()->trap_code = TrapCode::None;
        return TN_TRAP_MEMORY_LIMIT;
    }
    made->length = length;
    std::fill_n(words(made), length, free_word);
    index = made;
    live = 0;
    const TypeInfo& key_type = *type.children[0];
    Row key(leaf_count(key_type));
    KeyOps ops(core);
    for (std::int64_t at = 0; at < count; ++at) {
        const std::uint8_t* entry = entry_at(type, entries, at);
        if (!entry) continue;
        load_key(type, entry, key.data());
        const std::uint32_t hash = ops.key_hash(key_type, key.data());
        if (ops.status != TN_OK) return ops.status;
        words(made)[free_slot(made, hash)] = word_of(at, hash);
        ++live;
    }
    return TN_OK;
}

} // namespace tn::capi
