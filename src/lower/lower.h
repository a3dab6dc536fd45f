// The door of lowering: the last place that sees a tree.
//
// In: a Checked without errors, the sources (for positions and the text of assertions), the host's
// declarations. Out: an ir::Module that holds everything the script can reach: exported functions, tests,
// `init`, what they call, and functions that show and compare values. It refuses to know how code is made.
#pragma once

#include "check/check.h"
#include "ir/module.h"
#include "support/interner.h"

#include <memory>

namespace tn::lower {

struct Input {
    const check::Checked& checked;
    const check::HostDecls& host;
    const diag::SourceMap& sources;
    const Interner& interner;
    std::shared_ptr<TypeTable> types;     // the one the checker filled
    std::shared_ptr<LayoutTable> layouts; // of these types
};

ir::Module lower(const Input& input);

} // namespace tn::lower
