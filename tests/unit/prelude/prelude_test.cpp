// The prelude as it is embedded: it parses, it is indexed, and everything public in it says what it is for.
#include "prelude/prelude.h"

#include "check/check.h"
#include "diag/render.h"
#include "syntax/parser.h"

#include <gtest/gtest.h>

namespace tn::prelude {
namespace {

SymbolId name(std::string_view text) { return library().names().find(text); }

TEST(Prelude, IsParsedOnceAndIndexed) {
    const Library& prelude = library();
    EXPECT_EQ(&prelude, &library());
    EXPECT_EQ(prelude.index().modules().size(), embedded_files().size());
    EXPECT_NE(prelude.index().find_item(name("Show")), nullptr);
    EXPECT_NE(prelude.index().find_member(name("List"), name("map")), nullptr);
    EXPECT_EQ(prelude.index().find_member(name("List"), name("Show")), nullptr);
}

TEST(Prelude, AnInternerOverItKnowsItsNames) {
    Interner names(&library().names());
    EXPECT_EQ(names.intern("List"), name("List"));
    const SymbolId own = names.intern("a name that the prelude has not");
    EXPECT_EQ(own.index(), library().names().size());
    EXPECT_EQ(names.text(own), "a name that the prelude has not");
    EXPECT_EQ(names.text(name("List")), "List");
    EXPECT_EQ(names.intern("a name that the prelude has not"), own);
}

TEST(Prelude, ASourceMapOverItNumbersItsOwnFilesFromZero) {
    diag::SourceMap sources(&library().sources());
    EXPECT_EQ(sources.add("main.tn", "fn main() {}"), FileId(0));
    EXPECT_EQ(sources.file_count(), 1u);
    const FileId shared = library().index().ast(0).file;
    EXPECT_TRUE(diag::SourceMap::is_shared(shared));
    EXPECT_EQ(sources.text(shared), embedded_files()[0].text);
}

// Used or not: nothing broken lies in it. What a script calls of it is lowered by the goldens (tests/coverage).
TEST(Prelude, EveryBodyIsRight) {
    diag::SourceMap sources(&library().sources());
    Interner names(&library().names());
    diag::DiagnosticSink sink;
    const FileId file = sources.add("main.tn", "fn main() {}");
    const syntax::Ast tree = syntax::parse(sources, file, names, sink);
    const check::ModuleInput root{"", &tree};
    const check::HostDecls host;
    check::Input input{sources, {&root, 1}, host};
    input.prelude = &library().index();
    input.whole_prelude = true;
    TypeTable types;
    const auto checked = check::check(input, types, names, sink);
    EXPECT_TRUE(checked.has_value());
    for (const diag::Diagnostic& diagnostic : sink.sorted()) ADD_FAILURE() << diag::render_text(sources, diagnostic);
}

// What an editor shows for a method.
TEST(Prelude, EveryPublicFunctionIsDocumented) {
    const Library& prelude = library();
    for (const syntax::Ast& tree : prelude.index().modules()) {
        const std::string_view file = prelude.sources().name(tree.file);
        auto check_doc = [&](const syntax::Item& item) {
            const std::string_view spelled = prelude.names().text(item.name.symbol);
            if (check::is_hidden_name(spelled)) return;
            EXPECT_TRUE(item.doc.is_valid()) << file << ": `" << spelled << "` has no doc comment";
        };
        for (syntax::ItemId id : tree.view(tree.root)) {
            const syntax::Item& item = tree.items[id];
            if (item.name.is_valid()) check_doc(item);
            const auto* impl = item.as<syntax::ImplItem>();
            if (!impl || impl->trait.is_valid()) continue;
            for (syntax::ItemId member : tree.view(impl->members)) check_doc(tree.items[member]);
        }
    }
}

} // namespace
} // namespace tn::prelude
