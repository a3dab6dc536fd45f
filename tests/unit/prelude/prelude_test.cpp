// The prelude as it is embedded: it parses, it is indexed, and everything public in it says what it is for.
#include "prelude/prelude.h"

#include "check/check.h"
#include "diag/render.h"
#include "syntax/parser.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

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

std::string source_of(std::string_view name) {
    std::ifstream file(std::string(TN_SOURCE_DIR "/src/prelude/") + std::string(name));
    return {std::istreambuf_iterator<char>(file), {}};
}

// The library's own lines, at their places, without those that are comments.
TEST(Prelude, IsEmbeddedWithoutItsComments) {
    for (const EmbeddedFile& embedded : embedded_files()) {
        std::istringstream source(source_of(embedded.name)), text{std::string(embedded.text)};
        std::string written, line;
        while (std::getline(source, written)) {
            ASSERT_TRUE(std::getline(text, line)) << embedded.name;
            const std::size_t first = written.find_first_not_of(' ');
            const bool is_comment = first != std::string::npos && written.compare(first, 2, "//") == 0;
            EXPECT_EQ(line, is_comment ? "" : written) << embedded.name;
        }
        EXPECT_FALSE(std::getline(text, line)) << embedded.name;
    }
}

// Many threads may be the first to need a body; all get one tree.
TEST(Prelude, BodiesAreParsedOnce) {
    const check::Prelude& index = library().index();
    auto all_bodies = [&] {
        std::vector<const syntax::Ast*> found;
        for (std::uint32_t m = 0; m < index.modules().size(); ++m) {
            const syntax::Ast& outline = index.ast(m);
            for (std::size_t i = 0; i < outline.items.size(); ++i) {
                const syntax::Item& item = outline.items[syntax::ItemId(i)];
                if (!item.as<syntax::FnItem>()) continue;
                const syntax::Ast& tree = index.fn_ast(m, syntax::ItemId(i));
                const syntax::Item& whole = tree.items[tree.view(tree.root)[0]];
                EXPECT_EQ(whole.name.symbol, item.name.symbol);
                EXPECT_EQ(whole.span.begin, item.span.begin);
                EXPECT_EQ(whole.span.end, item.span.end);
                found.push_back(&tree);
            }
        }
        return found;
    };
    std::vector<std::vector<const syntax::Ast*>> of(4);
    std::vector<std::thread> threads;
    for (auto& found : of) threads.emplace_back([&] { found = all_bodies(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(of[0].size(), 100u);
    for (const auto& found : of) EXPECT_EQ(found, of[0]);
}

// What its readers are told of a method.
TEST(Prelude, EveryPublicFunctionIsDocumented) {
    for (const EmbeddedFile& embedded : embedded_files()) {
        diag::SourceMap sources;
        Interner names;
        diag::DiagnosticSink sink;
        const FileId file = sources.add(std::string(embedded.name), source_of(embedded.name));
        const syntax::Ast tree = syntax::parse(sources, file, names, sink);
        EXPECT_FALSE(tree.view(tree.root).empty()) << embedded.name;
        auto check_doc = [&](const syntax::Item& item) {
            const std::string_view spelled = names.text(item.name.symbol);
            if (check::is_hidden_name(spelled)) return;
            EXPECT_TRUE(item.doc.is_valid()) << embedded.name << ": `" << spelled << "` has no doc comment";
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
