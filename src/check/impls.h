// Which `impl` a type has of a trait.
//
// In: the impls of a finished check, concrete types. Out: the impl and its type arguments. The checker's own
// search, with types that are not known yet, is in traits.cpp.
#pragma once

#include "check/checked.h"

#include <optional>

namespace tn::check {

struct ImplMatch {
    ImplId impl;
    std::vector<TypeId> type_args; // of Impl::type_params
};

// `trait_args` may be longer than what an impl is found by (a core trait's Out is not compared). At most one
// impl fits: overlapping ones are errors.
std::optional<ImplMatch> find_impl(const Checked& checked, const TypeTable& types, TraitId trait, TypeId self,
                                   std::span<const TypeId> trait_args);

} // namespace tn::check
