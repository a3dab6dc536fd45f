// Smoke tests of the `tenon` command: exit statuses, what goes to stdout and to stderr, the forms of errors.
#include "cli.h"

namespace {

using namespace tn::cli_tests;

// --- run ---

TEST_F(Cli, RunsMain) {
    Result r = tenon({"run", write("a.tn", "fn main() { print(\"hi\"); }")});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out, "hi\n");
    EXPECT_EQ(r.err, "");
}

TEST_F(Cli, MainGetsArguments) {
    write("a.tn", "fn main(args: List[String]) { for a in args { print(f\"<{a}>\"); } }");
    Result r = tenon({"run", "a.tn", "one", "two words", "[x, y]", "--", "--flag"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(r.out, "<one>\n<two words>\n<[x, y]>\n<--flag>\n");
    EXPECT_EQ(tenon({"run", "a.tn"}).out, "");
}

TEST_F(Cli, MainsResultIsTheExitStatus) {
    write("a.tn", "fn main(args: List[String]) -> i64 { args[0].parse_int().unwrap() }");
    EXPECT_EQ(tenon({"run", "a.tn", "0"}).status, 0);
    EXPECT_EQ(tenon({"run", "a.tn", "7"}).status, 7);
    EXPECT_EQ(tenon({"run", "a.tn", "255"}).status, 255);
    EXPECT_EQ(tenon({"run", "a.tn", "256"}).status, 255);
    EXPECT_EQ(tenon({"run", "a.tn", "--", "-1"}).status, 255);
    EXPECT_EQ(tenon({"run", "a.tn", "7"}).out, "");

    write("b.tn", "fn main() -> String { \"text\" }");
    Result r = tenon({"run", "b.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "`main` returns `()`, `i64` or `Result[(), E]`, not `String` [BadMain]");
    EXPECT_EQ(tenon({"run", "b.tn", "--fn", "main"}).out, "text\n");
}

TEST_F(Cli, AnErrOfMainIsShownAndFails) {
    write("a.tn", "enum Problem { Missing(String), Bad { code: i64 } }\n"
                  "fn main(args: List[String]) -> Result[(), Problem] {\n"
                  "    if args.len() == 0 { return Err(Problem.Missing(\"a file\")); }\n"
                  "    if args.len() == 1 { return Err(Problem.Bad{code: 3}); }\n"
                  "    print(\"fine\");\n"
                  "    Ok(())\n"
                  "}");
    Result r = tenon({"run", "a.tn"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.err, "error: Missing(\"a file\")\n");
    EXPECT_EQ(tenon({"run", "a.tn", "x"}).err, "error: Bad { code: 3 }\n");
    r = tenon({"run", "a.tn", "x", "y"});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out, "fine\n");
    EXPECT_EQ(r.err, "");
    write("b.tn", "fn main() -> Result[(), String] { Err(\"no such file: x\") }");
    EXPECT_EQ(tenon({"run", "b.tn"}).err, "error: no such file: x\n");
}

TEST_F(Cli, ResultsOfEveryTypeAreShownAsPrintShowsThem) {
    static const char* const cases[][3] = {
        {"Result[i64, String]", "Err(\"x\")", "Err(\"x\")"},
        {"Map[String, List[i64]]", "Map{\"a\": [1], \"b\": []}", "Map{\"a\": [1], \"b\": []}"},
        {"Map[String, i64]", "Map.new()", "Map{}"},
        {"Set[i64]", "Set{1, 2}", "Set{1, 2}"},
        {"Range[i64]", "1..3", "1..3"},
        {"Range[i64]", "1..=3", "1..=3"},
        {"(Color, Color)", "(Color.Red, Color.Mix{a: 1, b: Some('x')})", "(Red, Mix { a: 1, b: Some('x') })"},
    };
    for (const auto& [type, expression, shown] : cases) {
        write("s.tn", std::string("enum Color { Red, Mix { a: i64, b: char? } }\nfn f() -> ") + type + " { " + expression +
                          " }\nfn main() { print(f()); }");
        EXPECT_EQ(tenon({"run", "s.tn", "--fn", "f"}).out, std::string(shown) + "\n");
        EXPECT_EQ(tenon({"run", "s.tn"}).out, std::string(shown) + "\n");
    }
}

TEST_F(Cli, TrapIsShownWithItsStack) {
    write("rules.tn", "fn pick(xs: List[i64]) -> i64 {\n"
                      "    xs[5]\n"
                      "}\n"
                      "fn main() {\n"
                      "    print(1);\n"
                      "    print(pick([1, 2, 3]));\n"
                      "}\n");
    Result r = tenon({"run", "rules.tn"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.out, "1\n");
    EXPECT_EQ(r.err, "trap: index out of bounds: the length is 3 but the index is 5 [IndexOutOfBounds]\n"
                     "  at pick (rules.tn:2:5)\n"
                     "  at main (rules.tn:6:11)\n");
}

TEST_F(Cli, FunctionsTakeArgumentsByType) {
    write("f.tn", "record P { x: i64, label: String }\n"
                  "fn add(a: i64, b: f64) -> f64 { a as f64 + b }\n"
                  "fn small(n: u8, m: i8) -> i64 { n as i64 + m as i64 }\n"
                  "fn text(s: String, c: char, b: bool) -> String { f\"{s}{c}{b}\" }\n"
                  "fn sum(xs: List[i64]) -> i64 { let t = 0; for x in xs { t += x; } t }\n"
                  "fn join(xs: List[String]) -> String { let t = \"\"; for x in xs { t += x; } t }\n"
                  "fn grid(xs: List[List[u8]]) -> i64 { xs.len() }\n"
                  "fn tuple(p: (i64, String)) -> (String, i64) { (p.1, p.0) }\n"
                  "fn option(o: i64?) -> i64 { o.unwrap_or(-1) }\n"
                  "fn shift(p: P) -> P { P { x: p.x + 1, label: p.label } }\n"
                  "fn float(x: f32) -> f32 { x }\n"
                  "fn nothing() {}\n"
                  "fn grow(mut xs: List[i64], x: i64) -> i64 { xs.push(x); xs.len() }\n");
    auto call = [this](std::vector<std::string> args) {
        args.insert(args.begin(), {"run", "f.tn", "--fn"});
        Result r = tenon(args);
        return r.status == 0 ? r.out : r.err;
    };
    EXPECT_EQ(call({"add", "2", "0.5"}), "2.5\n");
    EXPECT_EQ(call({"add", "-2", "1e3"}), "998.0\n");
    EXPECT_EQ(call({"add", "0x10", "inf"}), "inf\n");
    EXPECT_EQ(call({"add", "1_000", "-0"}), "1000.0\n");
    EXPECT_EQ(call({"small", "255", "-128"}), "127\n");
    EXPECT_EQ(call({"text", "a b", "é", "true"}), "a bétrue\n");
    EXPECT_EQ(call({"sum", "[1, 2,3 ]"}), "6\n");
    EXPECT_EQ(call({"sum", "[]"}), "0\n");
    EXPECT_EQ(call({"join", "[\"a\", \"b,]\\\"\"]"}), "ab,]\"\n");
    EXPECT_EQ(call({"grid", "[[1], [], [2, 3]]"}), "3\n");
    EXPECT_EQ(call({"tuple", "(5, \"x\")"}), "(\"x\", 5)\n");
    EXPECT_EQ(call({"option", "None"}), "-1\n");
    EXPECT_EQ(call({"option", "Some(4)"}), "4\n");
    EXPECT_EQ(call({"shift", "P { x: 1, label: \"l\" }"}), "P { x: 2, label: \"l\" }\n");
    EXPECT_EQ(call({"float", "0.1"}), "0.1\n");
    EXPECT_EQ(call({"nothing"}), "");
    EXPECT_EQ(call({"grow", "[1, 2]", "9"}), "3\nxs = [1, 2, 9]\n");
}

TEST_F(Cli, WrongArgumentsSayWhatWasExpected) {
    write("f.tn", "fn f(port: u16, name: String) -> i64 { 1 }\nfn g(xs: List[i64], b: bool) {}\nfn c(x: char) {}\n"
                  "fn r(x: f64) {}\n");
    struct Case {
        std::vector<std::string> args;
        std::vector<std::string> parts;
    };
    const Case cases[] = {
        {{"f", "70000", "x"}, {"argument 1 (`port`) of `f`", "expected `u16`, got `70000`", "0 to 65535"}},
        {{"f", "--", "-1", "x"}, {"expected `u16`, got `-1`"}},
        {{"f", "abc", "x"}, {"expected `u16`, got `abc`", "a whole number"}},
        {{"f", "1.5", "x"}, {"expected `u16`, got `1.5`"}},
        {{"f", "", "x"}, {"expected `u16`, got ``"}},
        {{"f", "1"}, {"`f` takes 2 arguments, 1 given", "fn(u16, String) -> i64"}},
        {{"f", "1", "a", "b"}, {"`f` takes 2 arguments, 3 given"}},
        {{"f", "1", "\xff"}, {"argument 2 (`name`)", "expected UTF-8"}},
        {{"g", "1, 2", "true"}, {"expected `List[i64]`, got `1, 2`"}},
        {{"g", "[1, 2", "true"}, {"expected `List[i64]`, got `[1, 2`"}},
        {{"g", "[1 2]", "true"}, {"expected `List[i64]`"}},
        {{"g", "[x]", "true"}, {"expected `i64`"}},
        {{"g", "[1] 2", "true"}, {"nothing more after it"}},
        {{"g", "[1]", "yes"}, {"argument 2 (`b`)", "expected `bool`, got `yes`"}},
        {{"c", "ab"}, {"expected `char`"}},
        {{"r", "one"}, {"expected `f64`, got `one`"}},
        {{"nope"}, {"`f.tn` has no function `nope`", "`f`, `g`, `c`"}},
    };
    for (const Case& item : cases) {
        std::vector<std::string> args{"run", "f.tn", "--fn"};
        args.insert(args.end(), item.args.begin(), item.args.end());
        Result r = tenon(args);
        EXPECT_EQ(r.status, 2) << r.err;
        EXPECT_EQ(r.out, "");
        for (const std::string& part : item.parts) EXPECT_HAS(r.err, part);
    }
}

TEST_F(Cli, NoMainNamesTheFunctionsThereAre) {
    Result r = tenon({"run", write("a.tn", "fn area(x: f64) -> f64 { x }")});
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.err, "error: `a.tn` has no function `main`; name one with --fn: `area`\n");
}

// --- wrong input ---

TEST_F(Cli, MissingFile) {
    for (const char* command : {"run", "check", "test"}) {
        Result r = tenon({command, "nowhere.tn"});
        EXPECT_EQ(r.status, 2);
        EXPECT_EQ(r.out, "");
        EXPECT_HAS(r.err, "nowhere.tn");
        EXPECT_EQ(r.err.rfind("error: ", 0), 0u) << r.err;
    }
    EXPECT_EQ(tenon({"dump", "nowhere.tn", "--after=ir"}).status, 2);
}

TEST_F(Cli, FolderWithoutMain) {
    fs::create_directories(folder_ / "package");
    Result r = tenon({"run", "package"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "package");
    EXPECT_HAS(r.err, "main.tn");
}

TEST_F(Cli, FolderWithMain) {
    write("package/main.tn", "fn main() { print(\"in a folder\"); }");
    Result r = tenon({"run", "package"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(r.out, "in a folder\n");
}

TEST_F(Cli, BadUtf8) {
    Result r = tenon({"check", write("a.tn", "fn main() { print(\"\xff\"); }")});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "[InvalidUtf8]");
    EXPECT_HAS(r.err, "a.tn:1");
}

TEST_F(Cli, UnreadableAndSpecialFiles) {
    EXPECT_EQ(tenon({"check", "/dev/null"}).status, 0);
    EXPECT_EQ(tenon({"check", write("empty.tn", "")}).status, 0);
    EXPECT_EQ(tenon({"check", ""}).status, 2);
}

TEST_F(Cli, DeepExpression) {
    std::string deep = "fn main() { print(" + std::string(100000, '(') + "1" + std::string(100000, ')') + "); }";
    Result r = tenon({"check", write("deep.tn", deep)});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "[NestingTooDeep]");
    std::string minus = "fn main() { print(" + std::string(100000, '-') + "1); }";
    EXPECT_EQ(tenon({"check", write("minus.tn", minus)}).status, 2);
    std::string sum = "fn main() { print(1";
    for (int i = 0; i < 100000; ++i) sum += " + 1";
    r = tenon({"check", write("sum.tn", sum + "); }")});
    EXPECT_TRUE(r.status == 0 || r.status == 2) << r.status;
}

TEST_F(Cli, WrongUsage) {
    struct Case {
        std::vector<std::string> args;
        std::string part;
    };
    write("a.tn", "fn main() {}");
    const Case cases[] = {
        {{}, "expected a command: run, check, test, dump or new"},
        {{"jump", "a.tn"}, "unknown command `jump`"},
        {{"run"}, "PATH"},
        {{"run", "a.tn", "--nope"}, "--nope"},
        {{"run", "a.tn", "--fuel", "much"}, "--fuel: expected a whole number, got `much`"},
        {{"run", "a.tn", "--timeout", "2x"}, "--timeout: expected a time such as 2s or 500ms, got `2x`"},
        {{"run", "a.tn", "--memory", "-5"}, "--memory"},
        {{"run", "a.tn", "--memory", "64X"}, "--memory: expected a size such as 64M, got `64X`"},
        {{"run", "a.tn", "--opt", "7"}, "--opt"},
        {{"run", "a.tn", "--color", "pink"}, "--color"},
        {{"run", "a.tn", "--stack", "1"}, "--stack"},
        {{"dump", "a.tn"}, "--after"},
        {{"dump", "a.tn", "--after=ir", "--stats"}, "either --after STAGE or --stats"},
        {{"dump", "a.tn", "--after=ir", "--json"}, "--json goes with --stats"},
        {{"dump", "a.tn", "--stats", "--fn", "nope"}, "nope"},
        {{"dump", "a.tn", "--after=nowhere"}, "nowhere"},
        {{"dump", "a.tn", "--after=ir", "--fn", "nope"}, "nope"},
    };
    for (const Case& item : cases) {
        Result r = tenon(item.args);
        EXPECT_NE(r.status, 0) << item.part;
        EXPECT_LE(r.status, 2) << item.part;
        EXPECT_EQ(r.out, "") << item.part;
        EXPECT_HAS(r.err, item.part);
    }
}

TEST_F(Cli, HelpShowsExamples) {
    Result r = tenon({"--help"});
    EXPECT_EQ(r.status, 0);
    EXPECT_HAS(r.out, "tenon run hello.tn");
    for (const char* command : {"run", "check", "test", "dump"}) {
        r = tenon({command, "--help"});
        EXPECT_EQ(r.status, 0);
        EXPECT_HAS(r.out, "Examples:");
        EXPECT_HAS(r.out, "PATH");
    }
    EXPECT_HAS(tenon({"--version"}).out, "tenon 0.");
}

// --- check ---

TEST_F(Cli, CheckReportsEveryErrorAsToolsShowThem) {
    write("rules.tn", "fn f(xs: List[i64]) -> i64 {\n"
                      "    let m = xs.len();\n"
                      "    let n: i64 = \"x\";\n"
                      "    unknown + m + n\n"
                      "}\n");
    Result r = tenon({"check", "rules.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    EXPECT_HAS(r.err, "error: expected `i64`, found `String` [TypeMismatch]\n  --> rules.tn:3:18\n");
    EXPECT_HAS(r.err, " 3 |     let n: i64 = \"x\";\n");
    EXPECT_HAS(r.err, "error: unknown name `unknown` [UnknownName]\n  --> rules.tn:4:5\n");
    EXPECT_FALSE(has(r.err, "\x1b["));
    EXPECT_HAS(tenon({"check", "rules.tn", "--color", "always"}).err, "\x1b[");
}

TEST_F(Cli, CheckPassesInSilence) {
    Result r = tenon({"check", write("a.tn", "fn main() { print(1); }")});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out + r.err, "");
}

TEST_F(Cli, CheckWarns) {
    Result r = tenon({"check", write("a.tn", "fn main() { match 1 { _ => {}, 2 => {} } }")});
    EXPECT_EQ(r.status, 0);
    EXPECT_HAS(r.err, "warning: this arm is never reached [UnreachableArm]\n  --> a.tn:1:");
}

TEST_F(Cli, CheckAsJson) {
    Result r = tenon({"check", "--json", write("a.tn", "fn main() { let x: u8 = 300; print(x); }")});
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.err, "");
    EXPECT_EQ(r.out.front(), '[');
    EXPECT_HAS(r.out, "\"LiteralOutOfRange\"");
    EXPECT_HAS(r.out, "\"line\"");
    r = tenon({"check", "--json", write("b.tn", "fn main() {}")});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out, "[]\n");
    r = tenon({"check", "--json", "nowhere.tn"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.out, "nowhere.tn");
}

// --- test ---

TEST_F(Cli, TestRunsEveryBlock) {
    write("a.tn", "var n: i64 = 0;\n"
                  "test \"adds\" { n += 1; assert n == 1; print(\"quiet when it passes\"); }\n"
                  "test \"fails\" { n += 1; print(\"shown\"); assert n == 5; }\n"
                  "test \"adds more\" { n += 1; assert n == 1; }\n");
    Result r = tenon({"test", "a.tn"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.err, "");
    EXPECT_HAS(r.out, "test \"adds\" ... ok\n");
    EXPECT_HAS(r.out, "test \"fails\" ... FAILED\nshown\ntrap: assertion failed: ");
    EXPECT_HAS(r.out, "[AssertionFailed]\n  at ");
    EXPECT_HAS(r.out, "a.tn:3:");
    EXPECT_HAS(r.out, "test \"adds more\" ... ok\n2 passed, 1 failed\n");
    EXPECT_FALSE(has(r.out, "quiet"));

    r = tenon({"test", "a.tn", "--filter", "adds"});
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.out, "test \"adds\" ... ok\ntest \"adds more\" ... ok\n2 passed, 0 failed\n");
    EXPECT_EQ(tenon({"test", "a.tn", "--filter", "none"}).out, "0 passed, 0 failed\n");
}

TEST_F(Cli, TestOfABrokenFile) {
    Result r = tenon({"test", write("a.tn", "test \"x\" { assert 1; }")});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "[TypeMismatch]");
}

// --- limits ---

TEST_F(Cli, LimitsStopWhatWouldNotEnd) {
    write("a.tn", "fn spin() { while true {} }\n"
                  "fn deep(n: i64) -> i64 { deep(n + 1) + 1 }\n"
                  "fn hog() { let xs = [1]; while true { xs.push(1); } }\n");
    Result r = tenon({"run", "a.tn", "--fn", "spin", "--fuel", "100000"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "trap: out of fuel [OutOfFuel]\n  at spin (a.tn:1:");
    r = tenon({"run", "a.tn", "--fn", "spin", "--timeout", "50ms"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "[DeadlineExceeded]");
    r = tenon({"run", "a.tn", "--fn", "deep", "--stack", "256K", "0"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "trap: stack overflow [StackOverflow]\n  at deep (a.tn:2:");
    r = tenon({"run", "a.tn", "--fn", "hog", "--memory", "16M"});
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "[MemoryLimit]");
}

TEST_F(Cli, BothOptimizationLevels) {
    write("a.tn", "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n"
                  "fn main() { print(fib(20)); }");
    EXPECT_EQ(tenon({"run", "a.tn", "--opt", "0"}).out, "6765\n");
    EXPECT_EQ(tenon({"run", "a.tn", "--opt", "2"}).out, "6765\n");
}

// --- dump ---

TEST_F(Cli, DumpShowsEveryStage) {
    write("a.tn", "fn twice(x: i64) -> i64 { x * 7 - x * 5 }\nfn main() { print(twice(4)); }\n");
    for (const char* stage : {"tokens", "tree", "ir", "opt", "asm"}) {
        Result r = tenon({"dump", "a.tn", std::string("--after=") + stage});
        EXPECT_EQ(r.status, 0) << stage << ": " << r.err;
        EXPECT_FALSE(r.out.empty()) << stage;
    }
    Result r = tenon({"dump", "a.tn", "--after=ir", "--fn", "twice"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.out, "twice");
    EXPECT_FALSE(has(r.out, "\"main\""));
    // Machine code of either machine, on either machine.
    r = tenon({"dump", "a.tn", "--after=asm", "--opt", "0", "--fn", "twice", "--target", "a64"});
    EXPECT_HAS(r.out, "smulh ");
    r = tenon({"dump", "a.tn", "--after=asm", "--opt", "0", "--fn", "twice", "--target", "x64"});
    EXPECT_HAS(r.out, "imul ");
    EXPECT_EQ(tenon({"dump", "a.tn", "--after=asm", "--target", "vax"}).status, 2);
    write("bits.tn", "fn bits(x: i64) -> i64 { x.count_ones() }\nfn main() { print(bits(255)); }\n");
    r = tenon({"dump", "bits.tn", "--after=asm", "--fn", "bits", "--target", "x64", "--cpu", "baseline"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_FALSE(has(r.out, "popcnt")) << "--cpu baseline: which not every x86-64 has";
    r = tenon({"run", "bits.tn", "--cpu", "baseline"});
    EXPECT_EQ(r.out, "8\n");
    EXPECT_EQ(tenon({"run", "bits.tn", "--cpu", "none"}).status, 2);
    r = tenon({"dump", write("bad.tn", "fn f() -> i64 { \"x\" }"), "--after=ir"});
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, "[TypeMismatch]");
}

TEST_F(Cli, DumpShowsStatistics) {
    write("a.tn", "fn sum(xs: List[i64]) -> i64 { let s = 0; for x in xs { s += x; } s }\n"
                  "fn main() { print(sum([1, 2])); }\n");
    Result r = tenon({"dump", "a.tn", "--stats"});
    EXPECT_EQ(r.status, 0) << r.err;
    // Every kind of step, and a function with its name at the line's end.
    for (const char* part : {"parse ", "check ", "lower ", "simplify ", "licm ", "select ", "allocate ", "emit ", "thunks ",
                             "place ", "total ", "  sum\n", "  main\n"})
        EXPECT_HAS(r.out, part);
    r = tenon({"dump", "a.tn", "--stats", "--fn", "sum"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.out, "  sum\n");
    EXPECT_FALSE(has(r.out, "  main\n"));
    EXPECT_FALSE(has(r.out, "parse "));
    r = tenon({"dump", "a.tn", "--stats", "--json"});
    EXPECT_HAS(r.out, "{\"steps\":[{\"name\":\"parse\",\"runs\":1,\"nanoseconds\":");
    EXPECT_HAS(r.out, "\"functions\":[{\"name\":");
    EXPECT_HAS(r.out, "\"code_bytes\":");
    // Without the optimizer there are no passes, but code all the same.
    r = tenon({"dump", "a.tn", "--stats", "--opt", "0"});
    EXPECT_FALSE(has(r.out, "simplify "));
    EXPECT_HAS(r.out, "emit ");
    EXPECT_EQ(tenon({"dump", write("bad.tn", "fn f() -> i64 { \"x\" }"), "--stats"}).status, 2);
}

} // namespace
