// Packages on the command line: what is run, checked and tested of a folder, and how errors name its files.
#include "cli.h"

namespace {

using namespace tn::cli_tests;

class Package : public Cli {
protected:
    void SetUp() override {
        Cli::SetUp();
        write("app/main.tn", "import geometry.area;\n"
                             "fn main() -> i64 { print(area.square(3)); area.fail([1]); 0 }\n"
                             "fn double(n: i64) -> i64 { n * 2 }\n"
                             "test \"root\" { assert double(1) == 2; }\n");
        write("app/geometry/area.tn", "pub fn square(a: i64) -> i64 { a * a }\n"
                                      "pub fn fail(xs: List[i64]) -> i64 { xs[3] }\n"
                                      "test \"square\" { assert square(3) == 9; }\n");
        write("app/geometry/main.tn", "pub const unit: i64 = 1;\n"
                                      "test \"nobody imports this\" { assert unit == 2; }\n");
        write("app/notes-and-drafts.tn", "this is no module: no import can name it\n");
        write("app/.hidden.tn", "nor this\n");
    }
};

TEST_F(Package, Runs) {
    Result r = tenon({"run", "app"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.out, "9\n");
    EXPECT_EQ(r.err, "trap: index out of bounds: the length is 1 but the index is 3 [IndexOutOfBounds]\n"
                     "  at fail (app/geometry/area.tn:2:37)\n"
                     "  at main (app/main.tn:2:43)\n");
    EXPECT_EQ(tenon({"run", "app/main.tn"}).out, "9\n");
    EXPECT_EQ(tenon({"run", "app/", "--fn", "double", "4"}).out, "8\n");
    r = tenon({"run", "app", "--fn", "square", "4"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "has no function `square`");
}

TEST_F(Package, TestsOfAllModules) {
    Result r = tenon({"test", "app"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.out, "test \"root\" ... ok\n"
                      "test \"square\" ... ok\n"
                      "test \"nobody imports this\" ... FAILED\n");
    EXPECT_HAS(r.out, "app/geometry/main.tn:2:");
    EXPECT_HAS(r.out, "2 passed, 1 failed\n");
    // Of a file: its own and those of what it imports.
    EXPECT_HAS(tenon({"test", "app/main.tn"}).out, "2 passed, 0 failed\n");
    EXPECT_HAS(tenon({"test", "app/geometry/area.tn"}).out, "1 passed, 0 failed\n");
    EXPECT_HAS(tenon({"test", "app", "--filter", "square"}).out, "1 passed, 0 failed\n");
}

TEST_F(Package, ChecksAllModules) {
    EXPECT_EQ(tenon({"check", "app"}).status, 0);
    write("app/geometry/deep/loose.tn", "fn f() -> i64 { nothing }\n");
    Result r = tenon({"check", "app"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "error: unknown name `nothing` [UnknownName]\n  --> app/geometry/deep/loose.tn:1:17\n");
    EXPECT_EQ(tenon({"check", "app/main.tn"}).status, 0);
    EXPECT_EQ(tenon({"run", "app", "--fn", "double", "1"}).status, 0);

    r = tenon({"check", "--json", "app"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.out, "\"file\":\"app/geometry/deep/loose.tn\"");
}

TEST_F(Package, ErrorsNameTheFileAndWhatWasLookedFor) {
    write("app/main.tn", "import geometry.aera.square;\nfn main() { square(1); }\n");
    Result r = tenon({"check", "app"});
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.err, "error: unknown module `geometry.aera` [UnknownModule]\n"
                     "  --> app/main.tn:1:17\n"
                     "   |\n"
                     " 1 | import geometry.aera.square;\n"
                     "   |                 ^^^^\n"
                     "   |\n"
                     "   = note: looked for `app/geometry/aera.tn` and `app/geometry/aera/main.tn`\n"
                     "   = hint: did you mean `geometry.area`?\n");
    write("app/main.tn", "fn main() { area.square(1); }\n");
    EXPECT_HAS(tenon({"check", "app"}).err, "hint: write `import geometry.area;` at the top of the file");
    write("app/main.tn", "import geometry.area;\nimport geometry.area.{fail, hidden};\n"
                         "fn main() { area.square(true); fail([]); }\n");
    write("app/geometry/area.tn", "pub fn square(a: i64) -> i64 { a * a }\nfn hidden() {}\npub fn fail(xs: List[i64]) {}\n");
    r = tenon({"check", "app"});
    EXPECT_HAS(r.err, "error: `hidden` is private to module `geometry.area` [PrivateName]\n"
                      "  --> app/main.tn:2:29\n"
                      "   |\n"
                      " 2 | import geometry.area.{fail, hidden};\n"
                      "   |                             ^^^^^^\n"
                      "  ::: app/geometry/area.tn:2:4\n"
                      "   |\n"
                      " 2 | fn hidden() {}\n"
                      "   |    ------ declared here\n"
                      "   |\n"
                      "   = hint: make it `pub`\n");
    EXPECT_HAS(r.err, "--> app/main.tn:3:25");
}

TEST_F(Package, AFileInsideOfAPackageIsNone) {
    write("app/geometry/shape.tn", "import geometry.area.square;\nfn f() -> i64 { square(2) }\n");
    EXPECT_EQ(tenon({"check", "app"}).status, 0) << tenon({"check", "app"}).err;
    Result r = tenon({"check", "app/geometry/shape.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "hint: this file alone is no package; `");
}

TEST_F(Package, FilesBesideOneFileAreModulesToo) {
    write("tool.tn", "import lib.helper;\nfn main() { print(helper()); }\npub fn own() -> i64 { 2 }\n");
    write("lib.tn", "import tool;\npub fn helper() -> i64 { tool.own() + 1 }\n");
    EXPECT_EQ(tenon({"run", "tool.tn"}).out, "3\n");
}

TEST_F(Package, UnreadableModules) {
    write("app/both.tn", "");
    write("app/both/main.tn", "");
    Result r = tenon({"check", "app"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "module `both`: `both.tn` and `both/main.tn`");
    write("app/main.tn", "import both;");
    EXPECT_HAS(tenon({"run", "app"}).err, "error: `both` may be two modules: `both.tn` and `both/main.tn` [AmbiguousModule]");
}

TEST_F(Package, Dumps) {
    Result r = tenon({"dump", "app", "--after=tree"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.out, "// app/main.tn\n");
    EXPECT_HAS(r.out, "// app/geometry/area.tn\n");
    EXPECT_HAS(tenon({"dump", "app", "--after=ir", "--fn", "square"}).out, "square");
    EXPECT_HAS(tenon({"dump", "app", "--after=tree", "--fn", "square"}).out, "square");
}

} // namespace
