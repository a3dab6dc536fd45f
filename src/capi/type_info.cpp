// Interning of TypeInfos: tag, name, children, offsets and object description of each type.
#include "capi/type_info.h"

#include "host/host_types.h"
#include "host/signature.h"
#include "support/ice.h"

#include <array>
#include <new>
#include <unordered_set>

namespace tn::capi {

namespace {

// A type made of more types than this does not cross.
constexpr std::size_t max_parts = 10'000;

struct KindTag {
    TypeKind kind;
    tn_tag tag;
    bool has_parts = false;
};
// For a tag without parts the first row is the type of its values.
constexpr KindTag kind_tags[] = {
    {TypeKind::Unit, TN_TAG_UNIT},         {TypeKind::Never, TN_TAG_UNIT}, // of a result that never comes
    {TypeKind::Bool, TN_TAG_BOOL},         {TypeKind::I8, TN_TAG_I8},
    {TypeKind::I16, TN_TAG_I16},           {TypeKind::I32, TN_TAG_I32},
    {TypeKind::I64, TN_TAG_I64},           {TypeKind::U8, TN_TAG_U8},
    {TypeKind::U16, TN_TAG_U16},           {TypeKind::U32, TN_TAG_U32},
    {TypeKind::U64, TN_TAG_U64},           {TypeKind::F32, TN_TAG_F32},
    {TypeKind::F64, TN_TAG_F64},           {TypeKind::Char, TN_TAG_CHAR},
    {TypeKind::String, TN_TAG_STRING},     {TypeKind::Bytes, TN_TAG_BYTES},
    {TypeKind::Tuple, TN_TAG_TUPLE, true}, {TypeKind::Range, TN_TAG_RECORD, true},
    {TypeKind::List, TN_TAG_LIST, true},   {TypeKind::Record, TN_TAG_RECORD, true},
    {TypeKind::Enum, TN_TAG_ENUM, true},   {TypeKind::Map, TN_TAG_MAP, true},
    {TypeKind::Set, TN_TAG_SET, true},     {TypeKind::Fn, TN_TAG_FUNCTION, true},
    {TypeKind::Host, TN_TAG_HANDLE, true},
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

const std::uint8_t* value_tags() {
    static const auto tags = [] {
        std::array<std::uint8_t, 256> out{};
        for (const KindTag& row : kind_tags) {
            // f32 would be converted, and char has a gap.
            if (row.tag <= TN_TAG_F64 && row.tag != TN_TAG_F32) out[static_cast<std::size_t>(row.kind)] = row.tag;
        }
        return out;
    }();
    return tags.data();
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
        // What a closure carries is not its type.
        if (desc.kind != rt::ObjectDesc::Kind::Closure && desc.type.is_valid()) {
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
TypeHome::Parts TypeHome::parts_of(TypeId id) {
    Parts parts;
    const auto add = [&](TypeId type, std::string name, std::string doc = {}) {
        parts.children.push_back({type, std::move(name), std::move(doc)});
    };
    const TypeKind kind = types_->kind(id);
    const std::vector<TypeId> args(types_->args(id).begin(), types_->args(id).end());
    switch (kind) {
    case TypeKind::Tuple:
        for (std::size_t i = 0; i < args.size(); ++i) add(args[i], std::to_string(i));
        break;
    case TypeKind::Range:
        add(args[0], "start");
        add(args[0], "end");
        add(types_->simple(TypeKind::Bool), "inclusive");
        break;
    case TypeKind::Record:
        // A copy: field_type() may add types.
        for (const std::vector<Field> fields = types_->nominal(id).fields; const Field& field : fields)
            add(types_->field_type(id, field), field.name, field.doc);
        break;
    case TypeKind::Enum:
        for (const std::vector<Variant> variants = types_->nominal(id).variants;
             const Variant& variant : variants) {
            TypeInfo::Constructor& made = parts.constructors.emplace_back();
            made.name = variant.name;
            made.doc = variant.doc;
            made.positional = variant.positional;
            made.first = static_cast<std::uint32_t>(parts.children.size());
            made.count = static_cast<std::uint32_t>(variant.fields.size());
            const bool is_option = types_->is_option(id);
            for (const Field& field : variant.fields) {
                add(types_->field_type(id, field), is_option ? "" : field.name, field.doc);
            }
        }
        break;
    case TypeKind::List:
    case TypeKind::Map:
    case TypeKind::Set:
    case TypeKind::Slice:
    case TypeKind::Fn:
        for (TypeId arg : args) add(arg, "");
        break;
    default: break;
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
        // A function value is one reference, whatever it is called with.
        if (types_->kind(next) == TypeKind::Fn) continue;
        for (const Parts::Child& part : parts_of(next).children) work.push_back(part.type);
    }
    return true;
}

void TypeHome::fill(TypeInfo& info, std::vector<TypeInfo*>& added) {
    info.home = this;
    info.kind = types_->kind(info.id);
    info.name = types_->print(info.id);
    info.handle = new_handle(HandleKind::Type, &info);
    if (!info.handle) throw std::bad_alloc();
    if (types_->is_nominal(info.id)) {
        info.nominal = types_->nominal_id(info.id);
        info.doc = types_->nominal(info.nominal).doc;
    }
    const std::vector<TypeId> args(types_->args(info.id).begin(), types_->args(info.id).end());
    for (TypeId arg : args) info.args.push_back(find_or_add(arg, added));
    info.tag = tag_of(*types_, info.id);
    info.can_cross = crosses(info.id);
    if (info.can_cross) {
        info.layout = &layouts_->get(info.id);
        info.can_cross = info.layout->leaves.size() <= max_leaves;
    }
    if (!info.can_cross) info.tag = TN_TAG_NONE;
    Parts parts = parts_of(info.id);
    for (Parts::Child& part : parts.children) {
        info.children.push_back(find_or_add(part.type, added));
        info.child_names.push_back(std::move(part.name));
        info.child_docs.push_back(std::move(part.doc));
    }
    info.constructors = std::move(parts.constructors);
    if (!info.can_cross) return;
    info.scalar = type_kind_scalar(info.kind);
    if (info.is_table()) fill_table(info, added);
    if (info.is_boxed()) {
        fill_places(info);
        info.desc = describe(info, rt::ObjectDesc::Kind::Box);
    } else if (info.tag == TN_TAG_HANDLE) {
        info.desc = describe(info, rt::ObjectDesc::Kind::Host);
    } else if (info.tag == TN_TAG_LIST) {
        info.desc = describe(info, rt::ObjectDesc::Kind::List);
    } else if (info.tag == TN_TAG_STRING || info.tag == TN_TAG_BYTES) {
        const bool is_string = info.tag == TN_TAG_STRING;
        info.desc = describe(info, is_string ? rt::ObjectDesc::Kind::String : rt::ObjectDesc::Kind::Bytes);
    }
}

void TypeHome::fill_places(TypeInfo& info) {
    const tn::Layout& layout = *info.layout;
    const auto add = [&](TypeInfo::Place place) {
        for (std::uint32_t leaf : place.leaves) place.offsets.push_back(layout.leaves[leaf].offset);
        info.places.push_back(std::move(place));
    };
    if (info.has_constructors()) {
        for (const VariantLayout& variant : layout.variants) {
            for (const VariantLayout::FieldSlots& field : variant.fields) {
                TypeInfo::Place place;
                place.boxed = field.boxed;
                for (std::uint32_t i = 0; i < field.count; ++i)
                    place.leaves.push_back(variant.slots[field.first + i]);
                add(std::move(place));
            }
        }
    } else if (!info.is_table()) {
        for (std::size_t i = 0; i < info.children.size(); ++i) {
            TypeInfo::Place place;
            for (std::uint32_t leaf = layout.field_first[i]; leaf < layout.field_first[i + 1]; ++leaf)
                place.leaves.push_back(leaf);
            add(std::move(place));
        }
    }
}

// The prelude's Map has the leaves entries, index and live; a Set is a Map whose values are `()`.
void TypeHome::fill_table(TypeInfo& info, std::vector<TypeInfo*>& added) {
    TN_CHECK(info.layout->leaves.size() == 3, "a Map has three leaves");
    const TypeId key = types_->arg(info.id, 0);
    const TypeId value = info.tag == TN_TAG_MAP ? types_->arg(info.id, 1) : types_->simple(TypeKind::Unit);
    const TypeId pair = types_->tuple(std::vector<TypeId>{key, value});
    const TypeId entry = types_->option(pair);
    info.table.entries = find_or_add(types_->list(entry), added);
    info.table.index = find_or_add(types_->list(types_->simple(TypeKind::U64)), added);
    const tn::Layout& entry_layout = layouts_->get(entry);
    const tn::Layout& pair_layout = layouts_->get(pair);
    const VariantLayout& some = entry_layout.variants[1];
    TN_CHECK(!some.fields[0].boxed, "a Map's entry lies in its list");
    for (std::uint32_t i = 0; i < some.fields[0].count; ++i) {
        const std::uint32_t offset = entry_layout.leaves[some.slots[some.fields[0].first + i]].offset;
        (i < pair_layout.field_first[1] ? info.table.key_offsets : info.table.value_offsets)
            .push_back(offset);
    }
}

const rt::ObjectDesc* TypeHome::describe(const TypeInfo& info, rt::ObjectDesc::Kind kind) {
    if (auto it = program_descs_.find(info.id.index()); it != program_descs_.end()) return it->second;
    const bool is_list = kind == rt::ObjectDesc::Kind::List;
    rt::ObjectDesc& desc = own_descs_.emplace_back();
    desc.kind = kind;
    desc.type = info.id;
    desc.id = rt::no_desc;
    if (kind == rt::ObjectDesc::Kind::Host) {
        desc.stride = rt::host_object_stride;
        desc.host = &(*host_types_)[types_->host_type(info.id)].type;
        return &desc;
    }
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
    std::vector<TypeId> args;
    for (const TypeInfo* arg : type.args) {
        args.push_back(import_locked(*arg));
        if (!args.back().is_valid()) return TypeId();
    }
    if (type.kind == TypeKind::Host) {
        const bool is_ours = type.home->host_types_ == host_types_;
        return is_ours ? find_host_type(type.home->types_->host_type(type.id)) : TypeId();
    }
    if (type_class(type.kind) == TypeClass::Nominal) {
        // Those of the prelude come first and have the same ids in every table; all others belong to their
        // module.
        const bool is_shared = type.nominal.is_valid() && type.nominal.index() <= types_->set_id.index();
        return is_shared ? types_->make(type.kind, args, type.nominal.value) : TypeId();
    }
    return types_->make(type.kind, args);
}

TypeId TypeHome::find_host_type(std::uint32_t number) const {
    for (std::size_t i = types_->set_id.index() + 1; i < types_->nominal_count(); ++i) {
        const Nominal& nominal = types_->nominal(NominalId(i));
        if (nominal.kind == TypeKind::Host && nominal.host_type == number)
            return types_->make(TypeKind::Host, {}, static_cast<std::uint32_t>(i));
    }
    return TypeId();
}

const TypeInfo* TypeHome::host_type(std::uint32_t number, const std::string& path) {
    std::lock_guard lock(mutex_);
    const TypeId known = find_host_type(number);
    return get_locked(known.is_valid() ? known : types_->add_host_type(path, number));
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
    // A type of the host's may have more paths than the one that it is declared by.
    const host::TypeNames names{
        [this](std::string_view name) {
            const auto number = host_types_ ? host_types_->find(name) : std::nullopt;
            return number ? find_host_type(*number) : TypeId();
        },
        [this](std::uint32_t number) { return (*host_types_)[number].type.hash != nullptr; }};
    const std::optional<TypeId> id = host::resolve_declared(parsed, *types_, unknown, names);
    if (!id) {
        status = TN_NOT_FOUND;
        message = "`" + unknown + "` is not a type here";
        return nullptr;
    }
    return get_locked(*id);
}

const TypeInfo* TypeHome::simple(tn_tag tag) {
    std::lock_guard lock(mutex_);
    for (const KindTag& row : kind_tags) {
        if (row.tag == tag && !row.has_parts) return get_locked(types_->simple(row.kind));
    }
    return nullptr;
}

const TypeInfo* TypeHome::list_of(const TypeInfo& element) {
    std::lock_guard lock(mutex_);
    return get_locked(types_->list(element.id));
}

const rt::ObjectDesc* TypeHome::wrapped_desc(const TypeInfo& list) {
    std::lock_guard lock(mutex_);
    const rt::ObjectDesc*& place = wrapped_descs_[list.id.index()];
    if (!place) {
        rt::ObjectDesc& desc = own_descs_.emplace_back(*list.desc);
        desc.plain = list.desc;
        place = &desc;
    }
    return place;
}

const TypeInfo* TypeHome::table_of(const TypeInfo& key, const TypeInfo* value) {
    std::lock_guard lock(mutex_);
    if (!value) return get_locked(types_->make(TypeKind::Set, {&key.id, 1}, types_->set_id.value));
    const TypeId args[] = {key.id, value->id};
    return get_locked(types_->make(TypeKind::Map, args, types_->map_id.value));
}

} // namespace tn::capi
