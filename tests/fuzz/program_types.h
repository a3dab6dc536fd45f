// The types of a generated program: what there is, how it is written, and what a type can do.
//
// In: kinds, arguments, declarations of records and enums. Out: interned types by number, their names, their
// properties (shown, ordered, hashed, ...), substitution and matching of type parameters. It refuses to know
// expressions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace tn::fuzz {

using Ty = int;

enum class Kind : std::uint8_t {
    Unit, Bool, I64, I32, U8, U64, F64, Char, String, // as many as `scalar_count`
    Param, Tuple, List, Map, Set, Option, Result, Verdict, Fn, Record, Enum,
};

// What a type parameter may be asked for. Weigh is the trait of every generated program.
enum Bound : unsigned { Shows = 1, Orders = 2, Hashes = 4, Adds = 8, Weighs = 16, Equals = 32 };

struct Variant {
    std::string name;
    std::vector<std::string> field_names; // empty: by position
    std::vector<Ty> fields;               // in terms of the declaration's parameters
};

struct Decl {
    std::string name;
    bool is_enum = false;
    bool is_recursive = false;
    std::vector<Ty> params;
    std::vector<Variant> variants; // a record has one
    unsigned has = 0;              // Adds, Weighs: by an impl
};

struct Type {
    Kind kind = Kind::Unit;
    std::vector<Ty> args; // of Fn: the parameters, then the result
    int decl = -1;        // Record, Enum: the declaration; Param: its number in the program
    std::string name;
    unsigned bounds = 0; // of a Param
};

class Types {
public:
    Types();
    Ty make(Kind kind, std::vector<Ty> args = {}, int decl = -1);
    Ty make_param(const std::string& name, unsigned bounds);
    int declare(const Decl& decl);

    const Type& operator[](Ty t) const { return types_[static_cast<std::size_t>(t)]; }
    Kind kind(Ty t) const { return (*this)[t].kind; }
    Ty arg(Ty t, std::size_t i = 0) const { return (*this)[t].args[i]; }
    // A copy: in `a() + name(t)` the name may be asked for first, and a() may make types, which moves them all.
    std::string name(Ty t) const { return (*this)[t].name; }
    Decl& decl_of(Ty t) { return decls[static_cast<std::size_t>((*this)[t].decl)]; }
    bool is_int(Ty t) const { return kind(t) >= Kind::I64 && kind(t) <= Kind::U64; }

    bool can(Ty t, unsigned bounds) const;
    bool has_params(Ty t) const;
    // How deeply a type nests; deep ones are not made deeper.
    int depth(Ty t) const;
    Ty substitute(Ty t, const std::map<Ty, Ty>& bindings);
    // Whether `target` is `pattern` with its parameters replaced; extends the bindings.
    bool matches(Ty pattern, Ty target, const std::vector<Ty>& params, std::map<Ty, Ty>& bindings) const;
    // A field's type in a concrete record or enum.
    Ty field(Ty t, std::size_t variant, std::size_t field);

    Ty unit, boolean, i64, i32, u8, u64, f64, character, string;
    std::vector<Decl> decls;

private:
    std::vector<Type> types_;
    std::map<std::tuple<Kind, std::vector<Ty>, int>, Ty> interned_;
    mutable std::vector<Ty> open_; // recursive types that are being asked

    std::string spell(const Type& type) const;
    bool can_one(Ty t, Bound bound) const;
};

} // namespace tn::fuzz
