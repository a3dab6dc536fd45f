// Checks a text and keeps everything alive that the answer refers to.
#pragma once

#include "check/check.h"
#include "diag/render.h"
#include "syntax/parser.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tn::check {

struct Checking {
    diag::SourceMap sources;
    diag::DiagnosticSink sink;
    Interner interner;
    TypeTable types;
    HostDecls host;
    syntax::Ast ast;
    std::vector<syntax::Ast> prelude_trees;
    std::optional<Prelude> prelude;
    std::optional<Checked> checked;

    // With a text for the prelude, it is there.
    explicit Checking(std::string text, std::vector<std::pair<std::string, std::string>> host_fns = {},
                      std::string prelude_text = "") {
        for (auto& [path, signature] : host_fns) {
            std::string reason;
            auto parsed = parse_host_signature(signature, types, reason);
            if (!parsed) throw std::runtime_error(reason);
            host.fns.push_back(HostFn{path, parsed->params, parsed->result, ""});
        }
        FileId file = sources.add("test.tn", std::move(text));
        ast = syntax::parse(sources, file, interner, sink);
        ModuleInput module{"", &ast};
        Input input{sources, {&module, 1}, host};
        if (!prelude_text.empty()) {
            FileId prelude_file = sources.add("prelude.tn", std::move(prelude_text));
            prelude_trees.push_back(syntax::parse_outline(sources, prelude_file, interner, sink));
            input.prelude = &prelude.emplace(sources, prelude_trees, interner);
        }
        checked = check(input, types, interner, sink);
    }

    // "Name@line Name@line ..." in order of position. Small tests leave much unused: that is not said.
    std::string names() const {
        std::string text;
        for (const diag::Diagnostic& d : sink.sorted()) {
            if (d.diag == diag::Diag::UnusedName) continue;
            if (!text.empty()) text += ' ';
            text += std::string(diag::name_of(d.diag)) + "@" + std::to_string(sources.position(d.span).line);
        }
        return text;
    }
    std::string rendered() const { return diag::render_text(sources, sink.sorted()); }

    const Fn& fn(std::string_view name) const {
        for (const Fn& f : checked->fns) {
            if (f.name == name) return f;
        }
        throw std::runtime_error("no such function");
    }
    // The type of a local of a function, by its name.
    std::string local_type(std::string_view fn_name, std::string_view local) const {
        for (const Local& l : fn(fn_name).body.locals) {
            if (l.name == local) return types.print(l.type);
        }
        return "no such local";
    }
};

// The diagnostics of a text.
inline std::string names_of(std::string text) { return Checking(std::move(text)).names(); }
inline std::string rendered(std::string text) { return Checking(std::move(text)).rendered(); }

} // namespace tn::check
