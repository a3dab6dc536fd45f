// Type variables of one body: what is still unknown, and unification.
//
// In: types that may mention Infer types. Out: whether two types can be one, and the types that were
// found. It refuses to know expressions, and it reports nothing.
#pragma once

#include "check/prelude_index.h"
#include "support/span.h"
#include "types/type_table.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tn::check {

// Properties of types that only depend on their structure; shared by all bodies of a compilation.
class TypeFacts {
public:
    explicit TypeFacts(const TypeTable& types) : types_(types) {}

    bool has_infer(TypeId id) { return (get(id) & infer_bit) != 0; }
    bool has_error(TypeId id) { return (get(id) & error_bit) != 0; }
    bool has_slice(TypeId id) { return (get(id) & slice_bit) != 0; }
    unsigned depth(TypeId id) { return get(id) & depth_mask; } // saturates at 255

    // A type parameter of the prelude may stand for all types of a class, and is used like one of them.
    void set_class(TypeId param, NumberClass number_class) { classes_[param.value] = number_class; }
    NumberClass class_of(TypeId type) const {
        auto it = classes_.find(type.value);
        return it == classes_.end() ? NumberClass::None : it->second;
    }
    bool is_integer(TypeId type) const {
        return types_.is_integer(type) || class_of(type) == NumberClass::Int;
    }
    bool is_float(TypeId type) const { return types_.is_float(type) || class_of(type) == NumberClass::Float; }
    bool is_numeric(TypeId type) const {
        return types_.is_numeric(type) || class_of(type) != NumberClass::None;
    }

    // Deeper types are refused: recursion over types counts on it.
    static constexpr unsigned max_depth = 200;

private:
    static constexpr std::uint16_t infer_bit = 0x100, error_bit = 0x200, slice_bit = 0x400,
                                   depth_mask = 0xff;
    std::uint16_t get(TypeId id) {
        if (id.index() >= facts_.size()) extend();
        return facts_[id.index()];
    }
    void extend();

    const TypeTable& types_;
    std::vector<std::uint16_t> facts_;
    std::unordered_map<std::uint32_t, NumberClass> classes_;
};

enum class VarKind : std::uint8_t { General, Int, Float };

class Infer {
public:
    Infer(TypeTable& types, TypeFacts& facts) : types_(types), facts_(facts) {}

    // `what` says in a CannotInfer message what the variable is the type of ("this list's elements").
    TypeId fresh(VarKind kind, Span origin, std::string what);

    // The type behind variables at the top; its arguments may still mention some.
    TypeId shallow(TypeId id);
    // Only for what shallow() answers.
    bool is_var(TypeId id) const { return types_.kind(id) == TypeKind::Infer; }
    bool is_var(TypeId id, VarKind kind) const { return is_var(id) && vars_[number(id)].kind == kind; }
    Span origin(TypeId var) const { return vars_[number(var)].origin; }
    const std::string& what(TypeId var) const { return vars_[number(var)].what; }

    // Makes both one type, if that is possible. Error fits everything. Never is a type like any other here.
    bool unify(TypeId a, TypeId b);
    void bind(TypeId var, TypeId type) {
        vars_[number(var)].bound = type;
        replaced_.clear();
    }

    // Every variable replaced by what is known about it. Unknown ones stay.
    TypeId zonk(TypeId id);
    // Binds the remaining variables of literals to i64 and f64.
    void default_literals();
    // For messages: literals' variables as i64 and f64.
    std::string print(TypeId id);
    // A variable that is still unknown inside a zonked type; invalid if there is none.
    TypeId find_unknown(TypeId zonked);

    // A type grew beyond TypeFacts::max_depth.
    bool is_too_deep() const { return too_deep_; }

private:
    struct Var {
        VarKind kind;
        TypeId bound; // invalid: unknown
        Span origin;
        std::string what;
    };
    std::uint32_t number(TypeId id) const { return types_[id].payload; }
    bool unify_in(TypeId a, TypeId b, unsigned depth);
    bool bind_checked(TypeId var, TypeId type);
    bool occurs(TypeId var, TypeId type, unsigned depth);
    TypeId replace(TypeId id, bool with_defaults, unsigned depth);

    TypeTable& types_;
    TypeFacts& facts_;
    std::vector<Var> vars_;
    bool too_deep_ = false;
    // Types are graphs: what one call has seen is not walked again.
    std::unordered_set<std::uint64_t> seen_;
    std::unordered_map<std::uint32_t, TypeId> replaced_; // by zonk(), as long as no variable is bound
};

} // namespace tn::check
