// The door of lowering: the last place that sees a tree.
//
// In: a Checked without errors, the sources (for positions and the text of assertions), the host's
// declarations. Out: an ir::Module that holds everything the script can reach: exported functions, tests,
// `init`, what they call, and functions that show and compare values; or the diagnostic that says why
// instances of generic functions have no end. It refuses to know how code is made.
#pragma once

#include "check/check.h"
#include "ir/module.h"
#include "support/interner.h"

#include <memory>
#include <optional>

namespace tn::lower {

struct Input {
    const check::Checked& checked;
    const check::HostDecls& host;
    const diag::SourceMap& sources;
    const Interner& interner;
    std::shared_ptr<TypeTable> types;     // the one the checker filled
    std::shared_ptr<LayoutTable> layouts; // of these types
    diag::DiagnosticSink& sink;
};

// At most so many instances of generic functions, closures and derived functions make a module.
inline constexpr std::size_t max_instances = 20'000;
// Larger types than these stop lowering: an instance asked for a larger one of itself.
inline constexpr unsigned max_type_depth = 100;
inline constexpr unsigned max_type_words = 10'000; // constructors in its text

// Nullopt when the sink got an error.
std::optional<ir::Module> lower(const Input& input);

} // namespace tn::lower
