// The hash-consing of types and the prelude's enums. See type_table.h.
#include "types/type_table.h"

#include "support/ice.h"

#include <algorithm>

namespace tn {

namespace {

struct KindInfo {
    std::string_view text;
    TypeClass type_class;
    Scalar scalar;
};
constexpr KindInfo kinds[] = {
#define TYPE(name, text, cls, scalar) {text, TypeClass::cls, Scalar::scalar},
#include "types/type.def"
};
constexpr unsigned kind_count = sizeof(kinds) / sizeof(kinds[0]);

const KindInfo& kind_info(TypeKind kind) { return kinds[static_cast<unsigned>(kind)]; }

std::uint64_t hash_type(TypeKind kind, std::span<const TypeId> args, std::uint32_t payload) {
    std::uint64_t hash = (static_cast<std::uint64_t>(kind) << 32 | payload) * 0x9e3779b97f4a7c15ull;
    for (TypeId arg : args) hash = (hash ^ (hash >> 29) ^ arg.value) * 0xbf58476d1ce4e5b9ull;
    return hash;
}

Field positional(TypeId type) { return Field{"0", type}; }

} // namespace

std::string_view type_kind_text(TypeKind kind) { return kind_info(kind).text; }
TypeClass type_class(TypeKind kind) { return kind_info(kind).type_class; }
Scalar type_kind_scalar(TypeKind kind) { return kind_info(kind).scalar; }

TypeTable::TypeTable() {
    for (unsigned i = 0; i < kind_count; ++i) types_.push_back(Type{static_cast<TypeKind>(i), false, 0, {}});

    TypeId inner = param("T");
    Nominal option;
    option.name = "Option";
    option.kind = TypeKind::Enum;
    option.is_public = true;
    option.params = {inner};
    option.variants = {{"None", true, {}}, {"Some", true, {positional(inner)}}};
    option_id = add_nominal(std::move(option));

    auto add_pair = [this](const char* name, const char* first_param, const char* first,
                           const char* second_param, const char* second) {
        TypeId a = param(first_param);
        TypeId b = param(second_param);
        Nominal nominal;
        nominal.name = name;
        nominal.kind = TypeKind::Enum;
        nominal.is_public = true;
        nominal.params = {a, b};
        nominal.variants = {{first, true, {positional(a)}}, {second, true, {positional(b)}}};
        return add_nominal(std::move(nominal));
    };
    result_id = add_pair("Result", "T", "Ok", "E", "Err");
    verdict_id = add_pair("Verdict", "A", "Accept", "R", "Reject");

    TypeId key = param("K"), value_param = param("V");
    TypeId pair[] = {key, value_param};
    Nominal map;
    map.name = "Map";
    map.kind = TypeKind::Map;
    map.is_public = true;
    map.params = {key, value_param};
    map.fields = {{"entries", list(this->option(tuple(pair)))},
                  {"index", list(simple(TypeKind::U64))},
                  {"live", simple(TypeKind::I64)}};
    map_id = add_nominal(std::move(map));
    TypeId element = param("K");
    TypeId map_args[] = {element, simple(TypeKind::Unit)};
    Nominal set;
    set.name = "Set";
    set.kind = TypeKind::Set;
    set.is_public = true;
    set.params = {element};
    set.fields = {{"map", make(TypeKind::Map, map_args, map_id.value)}};
    set_id = add_nominal(std::move(set));
}

std::span<const TypeId> TypeTable::args(TypeId id) const {
    const Type& type = types_[id.index()];
    return {args_.data() + type.args.first, type.args.count};
}

TypeId TypeTable::simple(TypeKind kind) const { return TypeId(static_cast<std::size_t>(kind)); }

TypeId TypeTable::make(TypeKind kind, std::span<const TypeId> args, std::uint32_t payload) {
    TypeClass cls = type_class(kind);
    if (cls == TypeClass::Scalar || cls == TypeClass::Simple || kind == TypeKind::Error) return simple(kind);
    std::uint64_t hash = hash_type(kind, args, payload);
    auto [begin, end] = index_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
        const Type& type = types_[it->second.index()];
        if (type.kind == kind && type.payload == payload &&
            std::ranges::equal(this->args(it->second), args)) {
            return it->second;
        }
    }
    // `args` may be a view of args_ itself: copied before the vector grows.
    std::vector<TypeId> copy(args.begin(), args.end());
    bool has_param = kind == TypeKind::Param;
    for (TypeId arg : copy) has_param |= types_[arg.index()].has_param;
    Type type{kind,
              has_param,
              payload,
              {static_cast<std::uint32_t>(args_.size()), static_cast<std::uint32_t>(copy.size())}};
    args_.insert(args_.end(), copy.begin(), copy.end());
    TypeId id(types_.size());
    types_.push_back(type);
    index_.emplace(hash, id);
    return id;
}

TypeId TypeTable::tuple(std::span<const TypeId> elements) {
    TN_CHECK(elements.size() != 1, "a tuple of one element");
    if (elements.empty()) return simple(TypeKind::Unit);
    return make(TypeKind::Tuple, elements);
}

TypeId TypeTable::fn(std::span<const TypeId> params, TypeId result) {
    std::vector<TypeId> args(params.begin(), params.end());
    args.push_back(result);
    return make(TypeKind::Fn, args);
}

TypeId TypeTable::param(std::string name) {
    param_names_.push_back(std::move(name));
    return make(TypeKind::Param, {}, static_cast<std::uint32_t>(param_names_.size() - 1));
}

NominalId TypeTable::add_nominal(Nominal nominal) { return nominals_.push_back(std::move(nominal)); }

TypeId TypeTable::add_host_type(std::string path, std::uint32_t number) {
    Nominal nominal;
    nominal.name = std::move(path);
    nominal.kind = TypeKind::Host;
    nominal.is_public = true;
    nominal.host_type = number;
    return make(TypeKind::Host, {}, add_nominal(std::move(nominal)).value);
}

TypeId TypeTable::substitute(TypeId type, std::span<const TypeId> params,
                             std::span<const TypeId> replacements) {
    if (params.empty() || !has_param(type)) return type;
    Substitution what{params, replacements, {}};
    return substitute_in(type, what);
}

TypeId TypeTable::substitute_in(TypeId type, Substitution& what) {
    if (!has_param(type)) return type;
    const Type old = types_[type.index()];
    if (old.kind == TypeKind::Param) {
        auto it = std::ranges::find(what.params, type);
        return it == what.params.end() ? type : what.args[static_cast<std::size_t>(it - what.params.begin())];
    }
    if (auto it = what.known.find(type.value); it != what.known.end()) return it->second;
    std::vector<TypeId> parts;
    parts.reserve(old.args.count);
    for (unsigned i = 0; i < old.args.count; ++i) parts.push_back(substitute_in(arg(type, i), what));
    TypeId made = make(old.kind, parts, old.payload);
    what.known.emplace(type.value, made);
    return made;
}

TypeId TypeTable::field_type(TypeId nominal_type, const Field& field) {
    NominalId id = nominal_id(nominal_type);
    if (nominals_[id].params.empty()) return field.type;
    std::vector<TypeId> replacements(args(nominal_type).begin(), args(nominal_type).end());
    // The nominal's own parameters are stable while types are made: nominals_ does not grow here.
    return substitute(field.type, nominals_[id].params, replacements);
}

} // namespace tn
