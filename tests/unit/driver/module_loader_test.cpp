#include "loading.h"

#include <gtest/gtest.h>

namespace tn::driver {

namespace {

using Why = check::MissingModule::Why;

TEST(ModuleLoader, LoadsWhatIsImportedInTheOrderOfImports) {
    Loading l({{"main.tn", "import b.x; import a.{y, z}; import c.d;"},
               {"a.tn", "import c.d.q; import b.x;"},
               {"b.tn", "import e;"},
               {"c/d.tn", "import main.f;"},
               {"e/main.tn", ""},
               {"unused.tn", "import a;"}});
    EXPECT_EQ(l.load().order(), "b a c.d e");
    EXPECT_EQ(l.loader->sources->file_count(), 5u);
}

TEST(ModuleLoader, TheLongestFrontThatIsAModule) {
    Loading l({{"main.tn", "import a.b.c; import a.b.d; import a.x;"},
               {"a.tn", ""},
               {"a/b.tn", ""},
               {"a/b/c.tn", ""}});
    EXPECT_EQ(l.load().order(), "a.b.c a.b a");
}

TEST(ModuleLoader, AllModulesWhenTheyAreWanted) {
    std::map<std::string, std::string> texts = {{"main.tn", "import z;"}, {"z.tn", ""},       {"b/main.tn", ""},
                                                {"b/c.tn", "import a;"},  {"a.tn", ""}};
    Loading l(texts);
    l.options.whole_package = true;
    EXPECT_EQ(l.load().order(), "z a b b.c");
    EXPECT_EQ(l.loader->unreadable(), "");
    texts["b.tn"] = "";
    Loading ambiguous(texts);
    ambiguous.options.whole_package = true;
    EXPECT_EQ(ambiguous.load().loader->unreadable(), "module `b`: `b.tn` and `b/main.tn`");
}

TEST(ModuleLoader, BrokenImportsLoadNothing) {
    Loading l({{"main.tn", "import ; import .a; import a..b; import a.; import \"a\"; import a as b;"}, {"a.tn", ""}});
    l.load();
    EXPECT_TRUE(l.loader->sink.has_errors());
}

TEST(ModuleLoader, WhyAPathLeadsNowhere) {
    Loading l({{"main.tn", "import geometri.area; import geometry.aera; import geometry; import both.f; import Tools;"},
               {"geometry/area.tn", ""},
               {"tools.tn", ""},
               {"both.tn", ""},
               {"both/main.tn", ""}});
    l.load();
    auto missing = l.loader->explain("geometri.area", false);
    EXPECT_EQ(missing.path, "geometri");
    EXPECT_EQ(missing.reason, "looked for `geometri.tn` and `geometri/main.tn`");
    EXPECT_EQ(missing.hint, "did you mean `geometry`?");
    missing = l.loader->explain("geometry.aera", false);
    EXPECT_EQ(missing.path, "geometry.aera");
    EXPECT_EQ(missing.hint, "did you mean `geometry.area`?");
    missing = l.loader->explain("geometry", false);
    EXPECT_EQ(missing.reason, "it is a folder without `main.tn`");
    EXPECT_EQ(missing.hint, "import a module of it: `import geometry.area;`");
    missing = l.loader->explain("both.f", false);
    EXPECT_EQ(missing.why, Why::Ambiguous);
    EXPECT_EQ(missing.path, "both");
    missing = l.loader->explain("Tools", false);
    EXPECT_EQ(missing.hint, "did you mean `tools`? Names differ by case");
}

TEST(ModuleLoader, Limits) {
    std::string imports;
    std::map<std::string, std::string> texts;
    for (int i = 0; i < 20; ++i) {
        texts["m" + std::to_string(i) + ".tn"] = "// twenty bytes here\n";
        imports += "import m" + std::to_string(i) + ";";
    }
    texts["main.tn"] = imports;
    Loading l(texts);
    l.options.max_modules = 11;
    l.load();
    EXPECT_EQ(l.loader->modules().size(), 11u);
    auto missing = l.loader->explain("m10", false);
    EXPECT_EQ(missing.why, Why::Unreadable);
    EXPECT_EQ(missing.reason, "a program has at most 11 modules");
    Loading bytes(texts);
    bytes.options.max_package_bytes = imports.size() + 5 * 21;
    bytes.load();
    EXPECT_EQ(bytes.loader->modules().size(), 6u);
    EXPECT_EQ(bytes.loader->explain("m5", false).why, Why::Unreadable);

    std::string deep = "import a";
    for (int i = 0; i < 5000; ++i) deep += ".a";
    Loading path({{"main.tn", deep + ";"}});
    path.load();
    EXPECT_EQ(path.loader->explain(std::string_view(deep).substr(7), false).reason, "a path has at most 32 parts");
}

TEST(ModuleLoader, TheHostsModulesStandApart) {
    Loading l({{"main.tn", "import http.get; import util; import both;"},
               {"util.tn", ""},
               {"both.tn", ""}});
    l.engine.modules = {{"http", {"import http.inner; import util; import both;", "http"}},
                        {"http.inner", {"", "http.inner"}},
                        {"both", {"", "both"}}};
    EXPECT_EQ(l.load().order(), "@http util both @both @http.inner");
    EXPECT_EQ(l.loader->explain("util", true).why, Why::Unknown);
}

TEST(ModuleLoader, LoadsExtensionsBehindThePackage) {
    Loading l({{"main.tn", "import dates.today; import util; import bad; import none; import a.b;"}, {"util.tn", "import dates;"}});
    std::string asked;
    const auto grown = std::make_shared<Engine>();
    grown->modules = {{"dates", {"import util; import clock;", "/x/dates.tn", true}}};
    l.engine.load_extension = grown->load_extension = [&](const std::string& name) {
        asked += name + " ";
        ExtensionAnswer answer;
        if (name == "dates") answer.engine = grown;
        if (name == "bad") answer.problem = "broken";
        return answer;
    };
    EXPECT_EQ(l.load().order(), "@dates util");
    EXPECT_EQ(asked, "dates bad none a util clock ");
    EXPECT_TRUE(l.loader->modules()[1].is_extension);
    EXPECT_EQ(&l.loader->engine(), grown.get());
    EXPECT_EQ(l.loader->explain("bad", false).reason, "broken");
}

TEST(ModuleLoader, AsksTheHostOnItsOwnThread) {
    Loading l({{"main.tn", "import a.x; import b; import missing; import bad;"}, {"b.tn", ""}});
    const auto thread = pthread_self();
    std::string asked;
    l.engine.load_source = [&](const std::string& path) {
        EXPECT_TRUE(pthread_equal(thread, pthread_self()));
        asked += path + " ";
        SourceAnswer answer;
        if (path == "a") answer.text = "import a.deep; import b;";
        if (path == "a.deep") answer.text = "";
        if (path == "bad") answer.problem = "no";
        return answer;
    };
    EXPECT_EQ(l.load().order(), "a b a.deep");
    EXPECT_EQ(asked, "a.x a missing bad a.deep ");
    EXPECT_EQ(l.loader->explain("bad", false).reason, "no");
}

TEST(FileNames, OfPackages) {
    for (const char* good : {"main.tn", "a/b.tn", "_x/y1.tn", "größe.tn"}) EXPECT_EQ(bad_file_name(good), "") << good;
    for (const char* bad : {"a", "a.b.tn", "../a.tn", "/a.tn", "a/.tn", "fn.tn", "_.tn", "9.tn", "\xff.tn"})
        EXPECT_NE(bad_file_name(bad), "") << bad;
}

} // namespace

} // namespace tn::driver
