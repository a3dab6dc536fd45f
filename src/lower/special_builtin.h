// How the special rows of builtin.def find their handlers.
#pragma once

#include "builtins/builtin.h"
#include "lower/row.h"
#include "support/ice.h"

namespace tn::lower {

template <BuiltinId id> struct Tag {};

// The first parameter is `mut`: such a row is called on a place.
constexpr bool changes_receiver(BuiltinId what) {
#define BUILTIN(id, owner, name, signature, how, doc)                                                        \
    case BuiltinId::id: return std::string_view(signature).find("(mut ") != std::string_view::npos;
    switch (what) {
#include "builtins/builtin.def"
    }
    return false;
}

// Runs the handler of a special row: an overload on its tag, so that a missing one does not compile. The rows that
// change their receiver have handlers of their own.
template <bool changes, typename Handlers> Row run_special(BuiltinId what, const Handlers& handlers) {
#define Rt(row) false
#define Op(row) false
#define Special true
    switch (what) {
#define BUILTIN(id, owner, name, signature, how, doc)                                                        \
    case BuiltinId::id:                                                                                      \
        if constexpr (how && changes_receiver(BuiltinId::id) == changes)                                     \
            return handlers(Tag<BuiltinId::id>());                                                           \
        break;
#include "builtins/builtin.def"
    }
#undef Rt
#undef Op
#undef Special
    TN_ICE("a builtin without a handler");
}

} // namespace tn::lower
