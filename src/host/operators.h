// Functions of a host type that the language itself calls: `T.add` is what `+` runs, `T.next` what `for` does.
//
// In: a path and a signature. Out: the core trait whose method it is, or what its signature should be. It refuses to
// know how calls are made.
#pragma once

#include "builtins/core_trait.h"
#include "host/signature.h"

#include <optional>
#include <string>
#include <string_view>

namespace tn::host {

struct Operator {
    CoreTrait trait = CoreTrait::Add;
    bool is_set_index = false; // the second method of Index
};

// Whether `name`, the last part of a function's path behind a type, is a core trait's method.
std::optional<Operator> find_operator(std::string_view name);
// Several of them may stand at one path, with different parameters.
bool may_overload(const Operator& op);
// What a signature of the operator looks like, `type` being the type's name; empty when `signature` does.
std::string wrong_signature(const Operator& op, std::string_view type, const TypeText& signature);
// The types by which it is found, as text: of `+`, both operands.
std::string operands_of(const Operator& op, const TypeText& signature);

} // namespace tn::host
