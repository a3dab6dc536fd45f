// The hash-consing table of types: equal types have equal TypeIds. One table per compilation; it is
// immutable once the module is finished, and then shared by threads.
//
// It knows nothing of syntax, scopes or values. Names are kept as text, so that a finished module
// needs no interner.
#pragma once

#include "support/id.h"
#include "types/scalar.h"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tn {

struct TypeId : Id<TypeId> { using Id::Id; };
struct NominalId : Id<NominalId> { using Id::Id; };

enum class TypeKind : std::uint8_t {
#define TYPE(name, text, cls, scalar) name,
#include "types/type.def"
};
enum class TypeClass : std::uint8_t { Scalar, Simple, Compound, Nominal, Special };

std::string_view type_kind_text(TypeKind kind);
TypeClass type_class(TypeKind kind);
// The machine type of a kind that is one leaf (scalars and references); Void for all others.
Scalar type_kind_scalar(TypeKind kind);

struct Type {
    TypeKind kind = TypeKind::Error;
    bool has_param = false;    // mentions a type parameter
    std::uint32_t payload = 0; // see type.def
    Range32 args;
};

struct Field {
    std::string name; // "0", "1", ... for positional fields of an enum constructor
    TypeId type;      // may mention the nominal's own Param types
    std::string doc = {};
};

struct Variant {
    std::string name;
    bool positional = true; // Circle(f64), not Rect { w: f64 }
    std::vector<Field> fields;
    std::string doc = {};
};

// A declared record, enum or host type. `fields` for records, `variants` for enums (tag = index).
struct Nominal {
    std::string name;
    std::string module; // "" for the root module and the prelude
    TypeKind kind = TypeKind::Record;
    bool is_public = false;
    std::uint32_t host_type = 0; // of kind Host: which of the runtime's it is
    std::vector<TypeId> params; // its Param types
    std::vector<Field> fields;
    std::vector<Variant> variants;
    std::string doc = {};
};

class TypeTable {
public:
    // Types without arguments stand at the index of their kind.
    TypeTable();

    const Type& operator[](TypeId id) const { return types_[id.index()]; }
    TypeKind kind(TypeId id) const { return types_[id.index()].kind; }
    std::span<const TypeId> args(TypeId id) const;
    TypeId arg(TypeId id, unsigned i) const { return args(id)[i]; }
    std::size_t size() const { return types_.size(); }

    TypeId simple(TypeKind kind) const; // any kind without arguments or payload
    TypeId make(TypeKind kind, std::span<const TypeId> args, std::uint32_t payload = 0);
    TypeId tuple(std::span<const TypeId> elements); // () for none; an error for one
    TypeId list(TypeId element) { return make(TypeKind::List, {&element, 1}); }
    TypeId option(TypeId inner) { return make(TypeKind::Enum, {&inner, 1}, option_id.value); }
    TypeId fn(std::span<const TypeId> params, TypeId result);
    TypeId infer(std::uint32_t variable) { return make(TypeKind::Infer, {}, variable); }
    TypeId param(std::string name); // a new type parameter, different from every other
    const std::string& param_name(TypeId id) const { return param_names_[types_[id.index()].payload]; }

    bool has_param(TypeId id) const { return types_[id.index()].has_param; }
    bool is_option(TypeId id) const {
        return kind(id) == TypeKind::Enum && types_[id.index()].payload == option_id.value;
    }
    // Laid out by its fields: a declared record, Map, Set.
    bool has_fields(TypeId id) const {
        return kind(id) == TypeKind::Record || kind(id) == TypeKind::Map || kind(id) == TypeKind::Set;
    }
    bool is_integer(TypeId id) const { return kind(id) >= TypeKind::I8 && kind(id) <= TypeKind::U64; }
    bool is_float(TypeId id) const { return kind(id) == TypeKind::F32 || kind(id) == TypeKind::F64; }
    bool is_numeric(TypeId id) const { return is_integer(id) || is_float(id); }
    bool is_nominal(TypeId id) const { return type_class(kind(id)) == TypeClass::Nominal; }

    NominalId add_nominal(Nominal nominal);
    // A type of the host's; `path` is its name.
    TypeId add_host_type(std::string path, std::uint32_t number);
    std::uint32_t host_type(TypeId id) const { return nominal(id).host_type; }
    Nominal& nominal(NominalId id) { return nominals_[id]; }
    const Nominal& nominal(NominalId id) const { return nominals_[id]; }
    const Nominal& nominal(TypeId id) const { return nominals_[nominal_id(id)]; }
    NominalId nominal_id(TypeId id) const { return NominalId(types_[id.index()].payload); }
    std::size_t nominal_count() const { return nominals_.size(); }

    // `type` with each params[i] replaced by args[i], all at once.
    TypeId substitute(TypeId type, std::span<const TypeId> params, std::span<const TypeId> args);
    // The type of a field as seen from an instance of its nominal: type arguments put in.
    TypeId field_type(TypeId nominal_type, const Field& field);
    // Source spelling: `List[i64]`, `(i64, String)?`, `fn(i64) -> bool`.
    std::string print(TypeId id) const;

    // Prelude enums, present in every table. Option: None = 0, Some = 1; Result: Ok = 0, Err = 1;
    // Verdict: Accept = 0, Reject = 1.
    NominalId option_id, result_id, verdict_id;
    // The prelude's collections, written in Tenon over lists; their fields are seen only there.
    //   Map[K, V]: entries: List[(K, V)?] in insertion order, None where one was removed;
    //              index: List[u64], the open-addressing table; live: i64, the number of entries that are Some
    //   Set[K]:    map: Map[K, ()]
    NominalId map_id, set_id;

private:
    struct Substitution {
        std::span<const TypeId> params, args;
        std::unordered_map<std::uint32_t, TypeId> known; // types are graphs: a part is replaced once
    };
    TypeId substitute_in(TypeId type, Substitution& what);

    std::vector<Type> types_;
    std::vector<TypeId> args_;
    IdVec<NominalId, Nominal> nominals_;
    std::vector<std::string> param_names_;
    std::unordered_multimap<std::uint64_t, TypeId> index_;
};

} // namespace tn
