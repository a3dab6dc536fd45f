// Types as the C API sees them: everything that converting a value needs, computed once.
//
// A TypeHome interns the TypeInfos of one module, or of a runtime (what tn_type_parse made). In: TypeIds of
// its table. Out: TypeInfos that never move and never change, each with its tn_type handle. Within one
// home two types are equal exactly when their TypeInfos are the same object.
#pragma once

#include "c_api.h"
#include "capi/handle_table.h"
#include "runtime/object.h"
#include "runtime/program.h"
#include "types/layout.h"
#include "types/type_table.h"

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace tn::host {
class HostTypes;
}

namespace tn::capi {

class TypeHome;

struct TypeInfo {
    // A child of a record, tuple, range, option or enum: where its leaves stand among those of the whole
    // value, which need not be as they would lie alone.
    struct Place {
        std::vector<std::uint32_t> leaves; // by number
        std::vector<std::uint32_t> offsets;
        bool boxed = false; // one leaf: a reference to a box with the value
    };
    // A constructor: its payload is a range of the children.
    struct Constructor {
        std::string name, doc;
        bool positional = true;
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    // Map and Set: how their one record of the prelude is built.
    struct Table {
        const TypeInfo* entries = nullptr;                     // List[(K, V)?]
        const TypeInfo* index = nullptr;                       // List[u64]
        std::vector<std::uint32_t> key_offsets, value_offsets; // in an entry
    };

    tn_tag tag = TN_TAG_NONE;
    TypeKind kind = TypeKind::Error;
    TypeId id;
    TypeHome* home = nullptr;
    std::string name;
    const tn::Layout* layout = nullptr;
    Scalar scalar = Scalar::Void;      // of a value that is one leaf
    bool can_cross = false;            // it and everything in it has a tag
    NominalId nominal;                 // of records, enums, Map, Set
    std::vector<const TypeInfo*> args; // its type arguments
    std::vector<const TypeInfo*> children;
    std::vector<std::string> child_names, child_docs;
    std::string doc;
    std::vector<Place> places; // by child, for those that are laid out by their children
    std::vector<Constructor> constructors;
    Table table;
    const rt::ObjectDesc* desc = nullptr; // String, Bytes, List; the host's box for the others
    Cell* handle = nullptr;

    bool is_scalar() const { return tag >= TN_TAG_BOOL && tag <= TN_TAG_CHAR; }
    bool is_reference() const {
        return (tag >= TN_TAG_STRING && tag <= TN_TAG_LIST) || tag == TN_TAG_FUNCTION || tag == TN_TAG_HANDLE;
    }
    bool is_boxed() const { return tag >= TN_TAG_STRING && !is_reference(); }
    bool is_table() const { return tag == TN_TAG_MAP || tag == TN_TAG_SET; }
    bool has_constructors() const { return tag == TN_TAG_ENUM || tag == TN_TAG_OPTION; }
    // A host passes a List of the same elements for it; it is only a parameter's type.
    bool is_slice() const { return kind == TypeKind::Slice; }
};

class TypeHome {
public:
    // A table of its own, with built-in types only.
    TypeHome();
    // A copy of a module's table, so that its TypeIds hold here too, and its object descriptions.
    TypeHome(const TypeTable& types, std::shared_ptr<const rt::Program> program);
    ~TypeHome();
    TypeHome(const TypeHome&) = delete;
    TypeHome& operator=(const TypeHome&) = delete;

    // Where the types that the host registered are found by number; outlives the home.
    void use_host_types(const host::HostTypes& types) { host_types_ = &types; }
    // The host type of a number, under a path that the home may not know yet.
    const TypeInfo* host_type(std::uint32_t number, const std::string& path);
    // The TypeInfo of a type of this home's table. Throws std::bad_alloc.
    const TypeInfo* get(TypeId id);
    // The type here that equals a type of another home; null when it mentions a record of that one.
    const TypeInfo* import(const TypeInfo& type);
    // `mut Slice[T]` is a type of its own.
    bool is_mut_slice(TypeId id) const {
        return types_->kind(id) == TypeKind::Slice && (*types_)[id].payload == 1;
    }
    // Parses and resolves a type made of built-in ones; null with `message` and `status` when it cannot.
    const TypeInfo* parse(std::string_view text, tn_status& status, std::string& message);
    // The type of a tag without parts: scalars, unit, String, Bytes. Null for other tags.
    const TypeInfo* simple(tn_tag tag);
    // `List[element]`, `Map[key, value]`, and `Set[key]` without `value`, of types of this home.
    const TypeInfo* list_of(const TypeInfo& element);
    // The description of lists of this type in memory of the host.
    const rt::ObjectDesc* wrapped_desc(const TypeInfo& list);
    const TypeInfo* table_of(const TypeInfo& key, const TypeInfo* value);

private:
    const TypeInfo* get_locked(TypeId id);
    TypeInfo* find_or_add(TypeId id, std::vector<TypeInfo*>& added);
    TypeId import_locked(const TypeInfo& type);
    TypeId find_host_type(std::uint32_t number) const;
    struct Parts {
        struct Child {
            TypeId type;
            std::string name, doc;
        };
        std::vector<Child> children;
        std::vector<TypeInfo::Constructor> constructors;
    };
    Parts parts_of(TypeId id);
    bool crosses(TypeId id);
    void fill(TypeInfo& info, std::vector<TypeInfo*>& added);
    void fill_places(TypeInfo& info);
    void fill_table(TypeInfo& info, std::vector<TypeInfo*>& added);
    const rt::ObjectDesc* describe(const TypeInfo& info, rt::ObjectDesc::Kind kind);

    std::mutex mutex_;
    std::unique_ptr<TypeTable> types_;
    std::unique_ptr<LayoutTable> layouts_;
    std::shared_ptr<const rt::Program> program_;
    std::unordered_map<std::uint32_t, std::unique_ptr<TypeInfo>> infos_;
    std::unordered_map<std::uint32_t, const rt::ObjectDesc*> program_descs_; // lists and boxes by TypeId
    std::unordered_map<std::uint32_t, const rt::ObjectDesc*> wrapped_descs_; // by TypeId of the list
    std::deque<rt::ObjectDesc> own_descs_;
    const host::HostTypes* host_types_ = nullptr;
};

// Null unless it is a live type handle.
const TypeInfo* find_type(const tn_type* handle);
inline const tn_type* handle_of(const TypeInfo* type) {
    return type ? reinterpret_cast<const tn_type*>(type->handle) : nullptr;
}

// The tag of a type's values; TN_TAG_NONE for types that this version cannot pass.
tn_tag tag_of(const TypeTable& types, TypeId id);
// The tags of the kinds that machine code takes out of a tn_value by itself (driver::Engine::value_tags), and whether
// a kind is one.
const std::uint8_t* value_tags();
inline bool has_value_entry(TypeKind kind) { return value_tags()[static_cast<std::size_t>(kind)] != 0; }

} // namespace tn::capi
