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

namespace tn::capi {

class TypeHome;

struct TypeInfo {
    tn_tag tag = TN_TAG_NONE;
    TypeId id;
    TypeHome* home = nullptr;
    std::string name;
    const tn::Layout* layout = nullptr;
    Scalar scalar = Scalar::Void; // of a value that is one leaf
    bool can_cross = false;       // it and everything in it has a tag
    std::vector<const TypeInfo*> children;
    std::vector<std::string> child_names;
    // Records, tuples, options: for each child, where its leaves stand in a value of this type. An
    // option's content need not lie as it would alone.
    std::vector<std::vector<std::uint32_t>> child_offsets;
    const rt::ObjectDesc* desc = nullptr; // String, Bytes, List; the host's box for the others
    Cell* handle = nullptr;

    bool is_scalar() const { return tag >= TN_TAG_BOOL && tag <= TN_TAG_CHAR; }
    bool is_reference() const { return tag >= TN_TAG_STRING && tag <= TN_TAG_LIST; }
    bool is_boxed() const { return tag == TN_TAG_RECORD || tag == TN_TAG_TUPLE || tag == TN_TAG_OPTION; }
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

    // The TypeInfo of a type of this home's table. Throws std::bad_alloc.
    const TypeInfo* get(TypeId id);
    // The type here that equals a type of another home; null when it mentions a record of that one.
    const TypeInfo* import(const TypeInfo& type);
    // Parses and resolves a type made of built-in ones; null with `message` and `status` when it cannot.
    const TypeInfo* parse(std::string_view text, tn_status& status, std::string& message);
    // The type of a tag without parts: scalars, unit, String, Bytes. Null for other tags.
    const TypeInfo* simple(tn_tag tag);
    // `List[element]`, of an element of this home.
    const TypeInfo* list_of(const TypeInfo& element);

private:
    const TypeInfo* get_locked(TypeId id);
    TypeInfo* find_or_add(TypeId id, std::vector<TypeInfo*>& added);
    TypeId import_locked(const TypeInfo& type);
    std::vector<std::pair<TypeId, std::string>> parts_of(TypeId id);
    bool crosses(TypeId id);
    void fill(TypeInfo& info, std::vector<TypeInfo*>& added);
    const rt::ObjectDesc* describe(const TypeInfo& info, rt::ObjectDesc::Kind kind);

    std::mutex mutex_;
    std::unique_ptr<TypeTable> types_;
    std::unique_ptr<LayoutTable> layouts_;
    std::shared_ptr<const rt::Program> program_;
    std::unordered_map<std::uint32_t, std::unique_ptr<TypeInfo>> infos_;
    std::unordered_map<std::uint32_t, const rt::ObjectDesc*> program_descs_; // lists by TypeId
    std::deque<rt::ObjectDesc> own_descs_;
};

// Null unless it is a live type handle.
const TypeInfo* find_type(const tn_type* handle);
inline const tn_type* handle_of(const TypeInfo* type) {
    return type ? reinterpret_cast<const tn_type*>(type->handle) : nullptr;
}

// The tag of a type's values; TN_TAG_NONE for types that this version cannot pass.
tn_tag tag_of(const TypeTable& types, TypeId id);

} // namespace tn::capi
