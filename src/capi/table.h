// The prelude's Map and Set from the host's side: a twin of src/prelude/map.tn over the same objects, with
// the same hashes, so that what one side builds the other side finds. tests/capi/maps_test.c holds the two
// together.
//
// Called from inside the instance. A key's type may have a hash or an equality that the script wrote: then
// its code runs, and a failure of it is the status of the operation.
#pragma once

#include "capi/core.h"
#include "capi/marshal.h"

namespace tn::capi {

// Deeper keys than this are not hashed: the host's stack may be small.
inline constexpr unsigned max_key_depth = 400;

// Hashes and compares values by their leaves. `status` says what the script's own code ended with.
class KeyOps {
public:
    explicit KeyOps(InstanceCore& core) : core_(core) {}
    tn_status status = TN_OK;

    std::uint64_t hash(const TypeInfo& type, const rt::Slot* value, unsigned depth = 0);
    std::uint32_t key_hash(const TypeInfo& type, const rt::Slot* value); // what the index keeps
    bool equal(const TypeInfo& type, const rt::Slot* a, const rt::Slot* b, unsigned depth = 0);

private:
    bool is_too_deep(unsigned depth);
    const void* host_pointer(const rt::Slot& handle);
    bool run_own(ir::FuncId func, rt::Slot* row);

    InstanceCore& core_;
};

// Whether values of this type can be keys. False also when the script wrote their hash and the module has no
// code of it for the host.
bool is_key_type(const ModuleCore& module, const TypeInfo& type);

// The leaves of a Map or Set in a box.
struct TableData {
    explicit TableData(const TypeInfo& type, rt::Box* box)
        : entries(*at<rt::Object*>(type, box, 0)),
          index(*at<rt::Object*>(type, box, 1)),
          live(*at<std::int64_t>(type, box, 2)) {}
    rt::Object*& entries;
    rt::Object*& index;
    std::int64_t& live;

private:
    template <typename T> static T* at(const TypeInfo& type, rt::Box* box, std::size_t leaf) {
        return reinterpret_cast<T*>(rt::box_data(box) + type.layout->leaves[leaf].offset);
    }
};

// Where a key is.
struct Found {
    std::uint32_t hash = 0;  // as the index keeps it
    std::int64_t slot = -1;  // in the index; of a missing key: where its word goes, unless the index grows
    std::int64_t entry = -1; // -1: missing
};

const TypeInfo& value_type(const ModuleCore& module, const TypeInfo& table);
// Entry number `entry`, or null where one was removed.
std::uint8_t* entry_at(const TypeInfo& table, const rt::Object* entries, std::int64_t entry);

// A box of an empty table; null with trap_code set.
rt::Box* new_table(InstanceCore& core, const TypeInfo& type);
// Not TN_OK: what the script's code for the key ended with.
tn_status find_key(InstanceCore& core, const TypeInfo& type, rt::Box* table, const rt::Slot* key, Found& out);
// Changes of a table that has one owner; the search came before. They take over the references of the slots,
// but not on failure (false: no memory).
bool insert_entry(InstanceCore& core, const TypeInfo& type, rt::Box* table, const Found& where,
                  const rt::Slot* key, const rt::Slot* value);
bool remove_entry(InstanceCore& core, const TypeInfo& type, rt::Box* table, const Found& where);
// The index and the number of live entries, for entries that came from another instance; `index` is null
// before.
tn_status rebuild_index(InstanceCore& core, const TypeInfo& type, rt::Object* entries, rt::Object*& index,
                        std::int64_t& live);

} // namespace tn::capi
