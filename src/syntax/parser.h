// Text to tree.
//
// In: the text of one file, or a type or a signature as text. Out: an Ast, always, and a diagnostic for
// every mistake, with what it stands on replaced by an Error node. It refuses to know what any name means.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "support/interner.h"
#include "syntax/ast.h"

#include <cstdint>

namespace tn::syntax {

inline constexpr std::uint32_t max_source_bytes = 16u << 20;
// Blocks, expressions, types and patterns inside one another.
inline constexpr std::uint32_t max_nesting = 200;
// Height of any expression tree, chains (`a + b + ...`, `a.b.c...`, `else if`) included: what a later
// stage's recursion over expressions may count on.
inline constexpr std::uint32_t max_tree_height = 1000;

Ast parse(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink);

// For files that are known to be well formed: the bodies of functions are passed over (FnItem::body is an Error
// expression), and nothing has a doc.
Ast parse_outline(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink);
// One function of an outline, whole: Ast::root is that item alone. It makes no name that the interner lacks.
Ast parse_outlined_fn(const diag::SourceMap& sources, const Ast& outline, ItemId fn, Interner& interner,
                      diag::DiagnosticSink& sink);

// The file holds one type and nothing else: Ast::root_type.
Ast parse_type_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                    diag::DiagnosticSink& sink);
// The file holds one signature, `fn[T: Show](mut List[T], i64) -> T?`: Ast::root_type is its Fn type,
// Ast::root_generics its type parameters.
Ast parse_signature_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                         diag::DiagnosticSink& sink);
// The file holds statements and perhaps a last expression, as between the braces of a block (what a REPL
// reads): Ast::root_expr is the block.
Ast parse_block_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                     diag::DiagnosticSink& sink);

} // namespace tn::syntax
