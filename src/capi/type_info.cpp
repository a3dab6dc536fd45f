// Interning of TypeInfos: tag, name, children, offsets and object description of each type.
#include "capi/type_info.h"

#include "host/signature.h"

#include <new>
#include <unordered_set>

namespace tn::capi {

namespace {

// A type made of more types than this does not cross.
constexpr std::size_t max_parts = 10'000;

struct KindTag {
    TypeKind kind;
    tn_tag tag;
};
constexpr KindTag kind_tags[] = {
    {TypeKind::Unit, TN_TAG_UNIT},   {TypeKind::Bool, TN_TAG_BOOL},     {TypeKind::I8, TN_TAG_I8},
    {TypeKind::I16, TN_TAG_I16},     {TypeKind::I32, TN_TAG_I32},       {TypeKind::I64, TN_TAG_I64},
    {TypeKind::U8, TN_TAG_U8},       {TypeKind::U16, TN_TAG_U16},       {TypeKind::U32, TN_TAG_U32},
    {TypeKind::U64, TN_TAG_U64},     {TypeKind::F32, TN_TAG_F32},       {TypeKind::F64, TN_TAG_F64},
    {TypeKind::Char, TN_TAG_CHAR},   {TypeKind::String, TN_TAG_STRING}, {TypeKind::Bytes, TN_TAG_BYTES},
    {TypeKind::Tuple, TN_TAG_TUPLE}, {TypeKind::List, TN_TAG_LIST},     {TypeKind::Record, TN_TAG_RECORD},
};

} // namespace

tn_tag tag_of(const TypeTable& types, TypeId id) {
    if (types.is_option(id)) return TN_TAG_OPTION;
    const TypeKind kind = types.kind(id);
    for (const KindTag& row : kind_tags) {
        if (row.kind == kind) return row.tag;
    }
    return TN_TAG_NONE;
}

const TypeInfo* find_type(const tn_type* handle) {
    const Cell* cell = find_handle(handle, HandleKind::Type);
    return cell ? static_cast<const TypeInfo*>(cell->object) : nullptr;
}

TypeHome::TypeHome()
    : types_(std::make_unique<TypeTable>()), layouts_(std::make_unique<LayoutTable>(*types_)) {}

TypeHome::TypeHome(const TypeTable& types, std::shared_ptr<const rt::Program> program)
    : types_(std::make_unique<TypeTable>(types)),
      layouts_(std::make_unique<LayoutTable>(*types_)),
      program_(std::move(program)) {
    for (std::uint32_t i = 0; i < program_->desc_count(); ++i) {
        const rt::ObjectDesc& desc = program_->desc(i);
        if (!desc.is_box() && desc.type.is_valid()) {
            program_descs_.emplace(desc.type.index(), &desc);
        }
    }
    // Text has the same description in every module, by number.
    program_descs_[types_->simple(TypeKind::String).index()] = &program_->desc(rt::string_desc_id);
    program_descs_[types_->simple(TypeKind::Bytes).index()] = &program_->desc(rt::bytes_desc_id);
}

TypeHome::~TypeHome() {
    for (auto& [id, info] : infos_) {
        if (info->handle) retire_handle(info->handle);
    }
}

const TypeInfo* TypeHome::get(TypeId id) {
    std::lock_guard lock(mutex_);
    return get_locked(id);
}

// Types may contain themselves through lists, so each is entered before its parts are looked at, and parts
// wait in a list instead of a recursion.
const TypeInfo* TypeHome::get_locked(TypeId id) {
    std::vector<TypeInfo*> added;
    try {
        TypeInfo* info = find_or_add(id, added);
        for (std::size_t i = 0; i < added.size(); ++i) fill(*added[i], added);
        return info;
    } catch (...) {
        for (TypeInfo* info : added) {
            if (info->handle) retire_handle(info->handle);
            infos_.erase(info->id.index());
        }
        throw;
    }
}

TypeInfo* TypeHome::find_or_add(TypeId id, std::vector<TypeInfo*>& added) {
    std::unique_ptr<TypeInfo>& place = infos_[id.index()];
    if (place) return place.get();
    try {
        place = std::make_unique<TypeInfo>();
        place->id = id;
        added.push_back(place.get());
    } catch (...) {
        infos_.erase(id.index());
        throw;
    }
    return place.get();
}

// What a compound type is made of, with names where it has them.
std::vector<std::pair<TypeId, std::string>> TypeHome::parts_of(TypeId id) {
    std::vector<std::pair<TypeId, std::string>> parts;
    const tn_tag tag = tag_of(*types_, id);
    if (tag == TN_TAG_LIST || tag == TN_TAG_OPTION) {
        parts.emplace_back(types_->arg(id, 0), "");
    } else if (tag == TN_TAG_TUPLE) {
        for (TypeId element : types_->args(id)) parts.emplace_back(element, std::to_string(parts.size()));
    } else if (tag == TN_TAG_RECORD) {
        const std::vector<Field> fields = types_->nominal(id).fields; // field_type() may add types
        for (const Field& field : fields) parts.emplace_back(types_->field_type(id, field), field.name);
    }
    return parts;
}

bool TypeHome::crosses(TypeId id) {
    std::unordered_set<std::uint32_t> seen;
    std::vector<TypeId> work = {id};
    while (!work.empty()) {
        const TypeId next = work.back();
        work.pop_back();
        if (!seen.insert(next.index()).second) continue;
        if (seen.size() > max_parts || tag_of(*types_, next) == TN_TAG_NONE) return false;
        // A content that contains its own option is boxed by the script.
        if (types_->is_option(next)) {
            const tn::Layout& layout = layouts_->get(next);
            if (layout.leaves.size() > max_leaves || layout.variants[1].fields[0].boxed) return false;
        }
        for (const auto& [part, name] : parts_of(next)) work.push_back(part);
    }
    return true;
}

void TypeHome::fill(TypeInfo& info, std::vector<TypeInfo*>& added) {
    info.home = this;
    info.name = types_->print(info.id);
    info.handle = new_handle(HandleKind::Type, &info);
    if (!info.handle) throw std::bad_alloc();
    info.tag = tag_of(*types_, info.id);
    info.can_cross = crosses(info.id);
    if (info.can_cross) {
        info.layout = &layouts_->get(info.id);
        info.can_cross = info.layout->leaves.size() <= max_leaves;
    }
    if (!info.can_cross) {
        info.tag = TN_TAG_NONE;
        return;
    }
    for (const auto& [part, name] : parts_of(info.id)) {
        info.children.push_back(find_or_add(part, added));
        info.child_names.push_back(name);
    }
    info.scalar = type_kind_scalar(types_->kind(info.id));
    const tn::Layout& layout = *info.layout;
    if (info.tag == TN_TAG_RECORD || info.tag == TN_TAG_TUPLE) {
        for (std::size_t i = 0; i < info.children.size(); ++i) {
            std::vector<std::uint32_t>& offsets = info.child_offsets.emplace_back();
            for (std::uint32_t leaf = layout.field_first[i]; leaf < layout.field_first[i + 1]; ++leaf) {
                offsets.push_back(layout.leaves[leaf].offset);
            }
        }
        info.desc = describe(info, rt::ObjectDesc::Kind::Box);
    } else if (info.tag == TN_TAG_OPTION) {
        const VariantLayout& some = layout.variants[1];
        const VariantLayout::FieldSlots& content = some.fields[0];
        std::vector<std::uint32_t>& offsets = info.child_offsets.emplace_back();
        for (std::uint32_t i = 0; i < content.count; ++i) {
            offsets.push_back(layout.leaves[some.slots[content.first + i]].offset);
        }
        info.desc = describe(info, rt::ObjectDesc::Kind::Box);
    } else if (info.tag == TN_TAG_LIST) {
        info.desc = describe(info, rt::ObjectDesc::Kind::List);
    } else if (info.is_reference()) {
        const bool is_string = info.tag == TN_TAG_STRING;
        info.desc = describe(info, is_string ? rt::ObjectDesc::Kind::String : rt::ObjectDesc::Kind::Bytes);
    }
}

const rt::ObjectDesc* TypeHome::describe(const TypeInfo& info, rt::ObjectDesc::Kind kind) {
    if (auto it = program_descs_.find(info.id.index()); it != program_descs_.end()) return it->second;
    const bool is_list = kind == rt::ObjectDesc::Kind::List;
    rt::ObjectDesc& desc = own_descs_.emplace_back();
    desc.kind = kind;
    desc.type = info.id;
    desc.id = rt::no_desc;
    if (!is_list && kind != rt::ObjectDesc::Kind::Box) {
        desc.stride = 1;
        return &desc;
    }
    const tn::Layout& layout = is_list ? layouts_->get(types_->arg(info.id, 0)) : *info.layout;
    desc.stride = layout.size;
    for (const Leaf& leaf : layout.leaves) {
        if (leaf.scalar == Scalar::Ref) desc.refs.push_back(leaf.offset);
    }
    desc.has_refs = !desc.refs.empty();
    return &desc;
}

TypeId TypeHome::import_locked(const TypeInfo& type) {
    std::vector<TypeId> parts;
    for (const TypeInfo* child : type.children) {
        parts.push_back(import_locked(*child));
        if (!parts.back().is_valid()) return TypeId();
    }
    if (type.tag == TN_TAG_LIST) return types_->list(parts[0]);
    if (type.tag == TN_TAG_OPTION) return types_->option(parts[0]);
    if (type.tag == TN_TAG_TUPLE) return types_->tuple(parts);
    for (const KindTag& row : kind_tags) {
        if (row.tag == type.tag && row.kind != TypeKind::Record) return types_->simple(row.kind);
    }
    return TypeId(); // a record belongs to its module
}

const TypeInfo* TypeHome::import(const TypeInfo& type) {
    if (type.home == this) return &type;
    std::lock_guard lock(mutex_);
    const TypeId id = import_locked(type);
    return id.is_valid() ? get_locked(id) : nullptr;
}

const TypeInfo* TypeHome::parse(std::string_view text, tn_status& status, std::string& message) {
    host::TypeText parsed;
    if (auto error = host::parse_type(text, parsed)) {
        status = TN_SIGNATURE;
        message = "bad type `" + std::string(text.substr(0, 200)) + "`: " + error->message + " at byte " +
                  std::to_string(error->offset);
        return nullptr;
    }
    std::lock_guard lock(mutex_);
    std::string unknown;
    const std::optional<TypeId> id = host::resolve_builtin(parsed, *types_, unknown);
    if (!id) {
        status = TN_NOT_FOUND;
        message = "`" + unknown + "` is not a built-in type";
        return nullptr;
    }
    return get_locked(*id);
}

const TypeInfo* TypeHome::simple(tn_tag tag) {
    std::lock_guard lock(mutex_);
    for (const KindTag& row : kind_tags) {
        const bool has_parts = row.tag == TN_TAG_TUPLE || row.tag == TN_TAG_LIST || row.tag == TN_TAG_RECORD;
        if (row.tag == tag && !has_parts) return get_locked(types_->simple(row.kind));
    }
    return nullptr;
}

const TypeInfo* TypeHome::list_of(const TypeInfo& element) {
    std::lock_guard lock(mutex_);
    return get_locked(types_->list(element.id));
}

} // namespace tn::capi
