// One parsed text with everything its checks look at.
#pragma once

#include "diag/render.h"
#include "syntax/dump.h"
#include "syntax/parser.h"

#include <string>
#include <vector>

namespace tn::syntax {

struct Parsed {
    diag::SourceMap sources;
    Interner interner;
    diag::DiagnosticSink sink;
    Ast ast;

    using Entry = Ast (*)(const diag::SourceMap&, FileId, Interner&, diag::DiagnosticSink&);
    explicit Parsed(std::string text, Entry entry = parse) {
        FileId file = sources.add("test.tn", std::move(text));
        ast = entry(sources, file, interner, sink);
    }
    std::string tree() const { return dump_tree(ast, interner); }
    std::string tokens() const { return dump_tokens(sources, ast, interner); }
    std::string errors() const { return diag::render_text(sources, sink.sorted()); }
    // "line:column Name" of each diagnostic, in order.
    std::vector<std::string> places() const {
        std::vector<std::string> places;
        for (const diag::Diagnostic& diagnostic : sink.sorted()) {
            diag::LineColumn at = sources.position(diagnostic.span);
            places.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
                             std::string(name_of(diagnostic.diag)));
        }
        return places;
    }
    std::string hints() const {
        std::string hints;
        for (const diag::Diagnostic& diagnostic : sink.sorted()) hints += diagnostic.hint + "\n";
        return hints;
    }
};

// The tree of an expression, on one line as an S-expression of the dump's lines.
std::string shape_of_expr(const std::string& text);

} // namespace tn::syntax
