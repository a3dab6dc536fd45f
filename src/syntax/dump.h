// Tokens and trees as stable text, for `tenon dump --after=tokens|tree` and its goldens.
//
// In: a parsed file. Out: text that only changes when the meaning does (no ids, no addresses). It refuses
// to know what the tree means.
#pragma once

#include "diag/source_map.h"
#include "support/interner.h"
#include "syntax/ast.h"

#include <string>

namespace tn::syntax {

// A line per token: `line:column Kind text`, with the decoded value where it has one.
std::string dump_tokens(const diag::SourceMap& sources, const Ast& ast, const Interner& interner);
// An indented outline, a node per line.
std::string dump_tree(const Ast& ast, const Interner& interner);
// Only the function of that name ("main", "Point.length"); empty when there is none.
std::string dump_tree_of(const Ast& ast, const Interner& interner, std::string_view function);

} // namespace tn::syntax
