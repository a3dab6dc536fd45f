// Inference, and what the side tables hold.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

TEST(Infer, LiteralsTakeTheirTypeFromAnyUse) {
    Checking c("fn takes(x: u8) {}\n"
               "fn f() { let x = 1; let y = 2; let z = 1.5; takes(x); let w: f32 = z; }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "x"), "u8");
    EXPECT_EQ(c.local_type("f", "y"), "i64");
    EXPECT_EQ(c.local_type("f", "z"), "f32");
}

TEST(Infer, EmptyListIsDecidedLater) {
    Checking c(
        "fn f() -> i64 { let xs = []; let n = xs.len(); xs.push(\"a\"); let o = None; let p: i32? = o; n }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "xs"), "List[String]");
    EXPECT_EQ(c.local_type("f", "o"), "i32?");
}

TEST(Infer, OperatorsWaitForTheirOperands) {
    Checking c("fn f() { let xs = []; let y = xs[0] + 1; xs.push(2u8); }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "y"), "u8");
    Checking d("fn f() -> u16 { let xs = []; let y = xs[0] + xs[1]; y }");
    ASSERT_TRUE(d.checked) << d.rendered();
    EXPECT_EQ(d.local_type("f", "xs"), "List[u16]");
}

TEST(Infer, Unknowns) {
    EXPECT_EQ(names_of("fn f() { let xs = []; }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn f() { let o = None; }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn f() { let xs = []; xs[0].foo(); }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn f() { let xs = [[]]; let y = xs; }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn f() { print(None); }"), "CannotInfer@1");
}

TEST(Infer, EndlessTypesAreRefused) {
    EXPECT_EQ(names_of("fn f() { let xs = []; xs.push(xs); }"), "TypeMismatch@1");
}

TEST(Infer, NoImplicitConversions) {
    EXPECT_EQ(names_of("fn f(a: i64, b: f64) -> f64 { a + b }"), "BadOperands@1");
    EXPECT_EQ(names_of("fn f() { let x: f64 = 1; }"), "TypeMismatch@1");
    EXPECT_EQ(names_of("fn f(a: i32) -> i64 { a }"), "TypeMismatch@1");
    EXPECT_EQ(names_of("fn f() { let x = 1 + 2.0; }"), "BadOperands@1");
}

TEST(Infer, ArmsUnifyAndNeverFits) {
    Checking c("fn f(b: bool) -> i64 { let x = if b { return 1 } else { 2 }; let y = match x { 1 => "
               "panic(\"a\"), _ => x }; y }\n"
               "fn g() -> ! { loop {} }\n"
               "fn h(b: bool) -> u8 { loop { if b { break 3; } } }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "x"), "i64");
    EXPECT_EQ(names_of("fn f(b: bool) { let x = if b { 1 } else { \"a\" }; }"), "TypeMismatch@1");
}

TEST(Infer, LiteralRanges) {
    EXPECT_EQ(
        names_of(
            "fn f() { let a: u8 = 256; let b = -129i8; let c = -128i8; let d: u8 = -1;\n"
            "let e = 9223372036854775808; let g = -9223372036854775808; let h = 18446744073709551615u64; }"),
        "LiteralOutOfRange@1 LiteralOutOfRange@1 LiteralOutOfRange@1 LiteralOutOfRange@2");
    Checking c("fn f() -> i64 { -9223372036854775808 }\nfn g() -> u64 { 0xffff_ffff_ffff_ffff as u64 "
               "}\nconst A: f32 = 0.1;");
    ASSERT_TRUE(c.checked) << c.rendered();
    bool found = false;
    for (const Constant& k : c.checked->modules[ModuleId(0)].constants) {
        found |= k.number == static_cast<double>(0.1f);
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(names_of("fn f() { let x: f32 = 1e39; }"), "LiteralOutOfRange@1");
}

TEST(Infer, Methods) {
    Checking c("record P { x: f64, y: f64 }\n"
               "impl P { fn origin() -> P { P { x: 0.0, y: 0.0 } } fn len(self) -> f64 { (self.x * "
               "self.x).sqrt() }\n"
               "  fn scale(mut self, k: f64) { self.x *= k; } }\n"
               "fn f() -> f64 { let p = P.origin(); p.scale(2.0); let q = P { x: 1.0, ..p }; q.len() + "
               "2.max(3) as f64 + f64.PI }\n"
               "fn g() -> i64 { i64.MAX - u8.BITS }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "p"), "P");
    EXPECT_TRUE(c.fn("P.len").is_method);
    EXPECT_FALSE(c.fn("P.origin").is_method);
    EXPECT_TRUE(c.fn("f").is_exported);
    EXPECT_FALSE(c.fn("P.len").is_exported);
    for (const Local& l : c.fn("f").body.locals) {
        if (l.name == "p") { EXPECT_TRUE(l.is_assigned); }
        if (l.name == "q") { EXPECT_FALSE(l.is_assigned); }
    }
}

TEST(Infer, CallsAreResolved) {
    Checking c(
        "fn g(a: i64, mut b: List[i64]) -> i64 { b.push(a); a }\nfn f() { let xs = [1]; g(2, mut xs); }");
    ASSERT_TRUE(c.checked) << c.rendered();
    const Module& m = c.checked->modules[ModuleId(0)];
    bool found_fn = false, found_builtin = false;
    for (const Call& call : m.calls) {
        if (call.callee == Callee::Fn) {
            found_fn = true;
            EXPECT_EQ(c.checked->fns[FnId(call.target)].name, "g");
            ASSERT_EQ(call.args.size(), 2u);
            EXPECT_EQ(call.args[0].mode, ArgMode::Value);
            EXPECT_EQ(call.args[1].mode, ArgMode::MutPlace);
        } else if (call.callee == Callee::Builtin) {
            found_builtin = true;
            EXPECT_EQ(static_cast<BuiltinId>(call.target), BuiltinId::ListPush);
            ASSERT_EQ(call.type_args.size(), 1u);
            EXPECT_EQ(c.types.print(call.type_args[0]), "i64");
            EXPECT_EQ(call.args[0].mode, ArgMode::MutPlace);
        }
    }
    EXPECT_TRUE(found_fn && found_builtin);
}

TEST(Infer, EveryVisitedExpressionHasAFinishedType) {
    Checking c(
        "record P { x: i64, t: (i64, String) }\n"
        "const K: i64 = 3;\nvar n: u64 = 0;\n"
        "fn f(mut xs: List[P], s: String) -> i64? {\n"
        "  let total = 0;\n"
        "  'outer: for p in xs { for i in 0..K { if i == 2 { continue 'outer; } total += i * p.x; } }\n"
        "  n += 1; xs[0].t.0 = 4; let t = s[1..]; let o = s.find(\"a\")?;\n"
        "  let (a, b) = xs[0].t; let w = f\"{a:>5} {b} {total:x} {1.5:.2f}\";\n"
        "  while let Some(p) = xs.pop() { assert p.x > 0, \"no\"; }\n"
        "  match o { 0 | 1 => None, 2..=9 if total > 3 => Some(total), k @ 10..20 => Some(k), _ => { "
        "Some(-o) } } }\n"
        "test \"t\" { assert 1 + 1 == 2; }");
    ASSERT_TRUE(c.checked) << c.rendered();
    const Module& m = c.checked->modules[ModuleId(0)];
    for (const ExprInfo& e : m.exprs) {
        if (!e.type.is_valid()) continue;
        EXPECT_NE(c.types.kind(e.type), TypeKind::Infer);
        EXPECT_NE(c.types.kind(e.type), TypeKind::Error);
    }
    EXPECT_EQ(c.checked->tests.size(), 1u);
    EXPECT_EQ(c.checked->globals.size(), 2u);
}

TEST(Infer, HostFunctions) {
    Checking c("import net;\nfn f() -> i64 { net.lookup(\"a\").unwrap_or(0) + plain(1) }\nfn g() { "
               "net.lookup(1); net.lokup(\"a\"); }",
               {{"net.lookup", "fn(String) -> i64?"}, {"plain", "fn(i64) -> i64"}});
    EXPECT_EQ(c.names(), "TypeMismatch@3 UnknownMember@3");
    Checking d("fn f() -> i64 { net.lookup(\"a\").unwrap_or(0) + plain(1) }",
               {{"net.lookup", "fn(String) -> i64?"}, {"plain", "fn(i64) -> i64"}});
    EXPECT_TRUE(d.checked) << d.rendered();
}

TEST(Infer, GlobalsInOrder) {
    Checking c("const A: i64 = B + 1;\nconst B: i64 = two();\nfn two() -> i64 { C }\nconst C: i64 = 2;\nvar "
               "x: i64 = A;\nvar y: i64 = x;");
    ASSERT_TRUE(c.checked) << c.rendered();
    std::string order;
    for (GlobalId id : c.checked->init_order) order += c.checked->globals[id].name;
    EXPECT_EQ(order, "CBAxy");
    EXPECT_EQ(names_of("const A: i64 = B;\nconst B: i64 = f();\nfn f() -> i64 { A }"), "ConstCycle@1");
    EXPECT_EQ(names_of("const A: i64 = f();\nvar x: i64 = 1;\nfn f() -> i64 { x }"), "NotConstant@1");
    EXPECT_EQ(names_of("var x: i64 = y;\nvar y: i64 = 1;"), "ConstCycle@1");
    EXPECT_EQ(names_of("var x: i64 = x;"), "ConstCycle@1");
}

TEST(Infer, HostileSizes) {
    // Types that double, types that nest, long chains of statements.
    std::string doubling = "fn f() { let a0 = (1, 2);";
    for (int i = 1; i < 60; ++i) {
        std::string p = "a" + std::to_string(i - 1);
        doubling += " let a" + std::to_string(i) + " = (" + p + ", " + p + ");";
    }
    EXPECT_EQ(names_of(doubling + " }"), "TypeTooLarge@1");
    std::string nesting = "fn f() { let a0 = [1];";
    for (int i = 1; i < 3000; ++i)
        nesting += " let a" + std::to_string(i) + " = [a" + std::to_string(i - 1) + "];";
    EXPECT_EQ(names_of(nesting + " }").substr(0, 12), "TypeTooLarge");
    std::string late = "fn f() { let a0 = [];";
    for (int i = 1; i < 3000; ++i) {
        late += " let a" + std::to_string(i) + " = []; a" + std::to_string(i - 1) + ".push(a" +
                std::to_string(i) + ");";
    }
    EXPECT_NE(names_of(late + " a2999.push(1); }"), "");
    std::string aliases;
    for (int i = 0; i < 5000; ++i)
        aliases += "type A" + std::to_string(i) + " = List[A" + std::to_string(i + 1) + "];\n";
    EXPECT_NE(names_of(aliases + "type A5000 = i64;"), "");
    std::string sum = "fn f() -> i64 { 1";
    for (int i = 0; i < 900; ++i) sum += " + 1";
    EXPECT_EQ(names_of(sum + " }"), "");
    std::string lines = "fn f() -> i64 { let x = 0;\n";
    for (int i = 0; i < 20000; ++i) lines += "x += 1; ";
    EXPECT_EQ(names_of(lines + "x }"), "");
}

} // namespace
} // namespace tn::check
