// `tenon new`, and extensions on the command line. docs/extensions.md builds what `new --extension` makes.
#include "cli.h"

namespace {

using namespace tn::cli_tests;

class New : public Cli {};

TEST_F(New, PackageThatTestsGreen) {
    Result r = tenon({"new", "app"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(r.out, "made the package app; run and test it:\n    tenon run app\n    tenon test app\n");
    EXPECT_EQ(tenon({"run", "app"}).out, "Hello, world!\n");
    EXPECT_EQ(tenon({"run", "app", "Ada", "Grace"}).out, "Hello, Ada!\nHello, Grace!\n");
    r = tenon({"test", "app"});
    EXPECT_EQ(r.status, 0);
    EXPECT_HAS(r.out, "2 passed, 0 failed\n");
    EXPECT_EQ(r.err, "");
    EXPECT_EQ(tenon({"check", "app"}).err, "");
}

TEST_F(New, BelowOtherFolders) {
    EXPECT_EQ(tenon({"new", "deep/er/app/"}).status, 0);
    EXPECT_EQ(tenon({"test", "deep/er/app"}).status, 0);
}

TEST_F(New, Extension) {
    Result r = tenon({"new", "geometry", "--extension"});
    EXPECT_EQ(r.status, 0) << r.err;
    for (const char* file : {"CMakeLists.txt", "geometry.tn", "src/extension.c", "src/c_api.h", "test/main.tn"}) {
        const std::string text = read_text(folder_ / "geometry" / file);
        EXPECT_FALSE(text.empty()) << file;
        EXPECT_FALSE(has(text, "@NAME@")) << file;
    }
    EXPECT_EQ(read_text(folder_ / "geometry/src/c_api.h"), read_text(fs::path(TN_SOURCE_DIR) / "include/c_api.h"));
    EXPECT_HAS(read_text(folder_ / "geometry/src/extension.c"), "\"geometry\", TN_NTS, \"0.1.0\"");
}

TEST_F(New, Refuses) {
    write("there/main.tn", "");
    for (const char* name : {"there", "there/"}) {
        Result r = tenon({"new", name});
        EXPECT_EQ(r.status, 2);
        EXPECT_HAS(r.err, "error: `there` exists already\n");
    }
    for (const char* name : {"my-app", "9lives", "a b", ".", "..", "\xc3\xa4rger"}) {
        Result r = tenon({"new", name});
        EXPECT_EQ(r.status, 2) << name;
        EXPECT_HAS(r.err, " is no name: letters, digits and `_`, as scripts import it\n");
    }
    EXPECT_EQ(tenon({"new"}).status, 2);
    write("file", "");
    Result r = tenon({"new", "file/app"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "cannot be written");
}

TEST_F(New, ExtensionsWantLeave) {
    write("ext/nothing/nothing.tn", "");
    write("main.tn", "import nothing;\nfn main() {}\n");
    Result r = tenon({"run", "main.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "[UnknownModule]");
    r = tenon({"run", "--extension-path", "ext", "main.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "`ext/nothing` is a native extension; the host allows them with TN_CONFIG_ALLOW_EXTENSIONS, "
                      "the `tenon` command with `--allow native` [UnreadableModule]");
    r = tenon({"dump", "--allow", "native", "--extension-path", "ext", "main.tn", "--after=ir"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "ext/nothing/nothing.so`: No such file or directory [UnreadableModule]");
    r = tenon({"run", "--allow", "native", "--extension-path", "ext", "main.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "ext/nothing/nothing.so`: No such file or directory [UnreadableModule]");
    write("other.tn", "import elsewhere;\nfn main() {}\n");
    r = tenon({"run", "--allow", "native", "--extension-path", "ext", "other.tn"});
    EXPECT_HAS(r.err, "`elsewhere/main.tn`, and for an extension in `ext`");
    r = tenon({"check", "--extension-path", "nowhere", "--extension-path", "ext", "--allow", "all", "main.tn"});
    EXPECT_HAS(r.err, "ext/nothing/nothing.so`: No such file or directory [UnreadableModule]");
}

} // namespace
