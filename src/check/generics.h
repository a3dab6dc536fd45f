// Type parameters and what they must implement.
//
// In: filled by the declaration of an item. Out: read by whoever resolves types inside it, checks its body, or
// uses it with types put in. It refuses to know how a bound is proved; that is solver.h.
#pragma once

#include "check/checked.h"
#include "check/prelude_index.h"

#include <optional>
#include <utility>
#include <vector>

namespace tn::check {

// That a type implements a trait: `T: Mul[f64]`.
struct Bound {
    TypeId subject;
    TraitId trait;            // invalid: a core trait that nobody has had to look up yet
    std::vector<TypeId> args; // as many as Trait::params
    Span span;
    std::optional<CoreTrait> core;
};

// The type parameters in force in an item: those of the `impl` or `trait` around it, then its own.
struct Generics {
    std::vector<std::pair<SymbolId, TypeId>> names;
    std::vector<TypeId> params; // the order of type arguments; a trait's Self comes first
    std::vector<Bound> bounds;
    std::vector<std::pair<TypeId, NumberClass>> classes; // bounds that are a class of types, of the prelude's items
    std::size_t outer = 0; // how many of `params` come from around; a call writes the others

    TypeId find(SymbolId name) const {
        for (std::size_t i = names.size(); i-- > 0;) {
            if (names[i].first == name) return names[i].second;
        }
        return TypeId();
    }
};

} // namespace tn::check
