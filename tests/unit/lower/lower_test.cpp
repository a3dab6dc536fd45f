// Lowering of whole sources: what the verifier accepts, and the shape of the code where it matters.
#include "check/check.h"
#include "ir/builder.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "lower/lower.h"
#include "syntax/parser.h"

#include <gtest/gtest.h>

namespace tn::lower {
namespace {

using ir::Op;

ir::Module compile(const std::string& text) {
    diag::SourceMap sources;
    FileId file = sources.add("test.tn", text);
    Interner interner;
    diag::DiagnosticSink sink;
    syntax::Ast ast = syntax::parse(sources, file, interner, sink);
    auto types = std::make_shared<TypeTable>();
    check::HostDecls host;
    host.fns.push_back(check::HostFn{
        "host_name", {{types->simple(TypeKind::I64), false}}, types->simple(TypeKind::String), ""});
    check::ModuleInput root{"", &ast};
    auto checked = check::check({sources, {&root, 1}, host}, *types, interner, sink);
    if (!checked) {
        for (const diag::Diagnostic& d : sink.sorted())
            ADD_FAILURE() << sources.position(d.span).line << ": " << d.message;
        return {};
    }
    auto layouts = std::make_shared<LayoutTable>(*types);
    auto lowered = lower({*checked, host, sources, interner, types, layouts, sink});
    EXPECT_TRUE(lowered.has_value());
    ir::Module module = std::move(*lowered);
    for (const std::string& error : ir::verify(module)) ADD_FAILURE() << error << "\n" << ir::print(module);
    return module;
}

const ir::Function& function(const ir::Module& module, std::string_view name) {
    for (const ir::Function& fn : module.functions) {
        if (fn.name == name) return fn;
    }
    ADD_FAILURE() << "no function " << name;
    return module.functions[ir::FuncId(0)];
}

unsigned count(const ir::Function& fn, Op op) {
    unsigned n = 0;
    for (const ir::Block& block : fn.blocks) {
        for (ir::InstId inst : block.insts) n += fn.insts[inst].op == op;
    }
    return n;
}

unsigned count_in(std::string_view source, std::string_view name, Op op) {
    return count(function(compile(std::string(source)), name), op);
}

unsigned size(const ir::Function& fn) {
    unsigned n = 0;
    for (const ir::Block& block : fn.blocks) n += static_cast<unsigned>(block.insts.size());
    return n;
}

TEST(Lower, ReturnedLocalIsMoved) {
    constexpr auto source =
        "fn f(a: String) -> String { let s = a + \"b\"; s }\n"
        "fn g(a: String) -> String { let s = a + \"b\"; if s.len() > 3 { return s; } s + \"c\" }";
    EXPECT_EQ(count_in(source, "f", Op::Retain), 0u);
    EXPECT_EQ(count_in(source, "f", Op::Release), 0u);
    EXPECT_EQ(count_in(source, "g", Op::Retain), 0u);
}

TEST(Lower, LastUseMoves) {
    constexpr auto source =
        "fn f(n: i64) -> List[i64] { let xs = [n]; let ys = xs; ys.push(1); ys }\n"
        "fn g(n: i64) -> List[List[i64]] { let all: List[List[i64]] = []; for i in 0..n { let row = [i]; "
        "row[0] = 2; all.push(row); } all }\n"
        "record P { name: String, tag: String? }\n"
        "fn h(a: String) -> P { let s = a + \"x\"; let t = s + a; P { name: t, tag: Some(a + \"y\") } }\n"
        "fn k(n: i64) -> String { let s = \"a\" + \"b\"; if n > 1 { let t = s; return t; } s }";
    for (std::string_view name : {"f", "h", "k"})
        EXPECT_EQ(count_in(source, name, Op::Retain), name == "k" ? 1u : 0u) << name;
    EXPECT_EQ(count_in(source, "g", Op::Retain), 1u); // the empty list
}

// A value borrowed from a variable is kept when the variable is moved before it is used.
TEST(Lower, MovedVariableLeavesEarlierOperandsAlone) {
    constexpr auto source = "record P { name: String }\n"
                            "fn f(a: String) -> (String, String) { let p = P { name: a + \"x\" }; (p.name, { "
                            "let q = p; q.name = \"z\"; q.name }) }";
    EXPECT_GE(count_in(source, "f", Op::Retain), 1u);
}

TEST(Lower, BorrowedParameterCostsNothing) {
    constexpr auto source = "fn f(a: String, xs: List[String]) -> i64 { a.len() + xs.len() }\n"
                            "fn g(a: String) -> String { a += \"x\"; a }";
    EXPECT_EQ(count_in(source, "f", Op::Retain) + count_in(source, "f", Op::Release), 0u);
    EXPECT_EQ(count_in(source, "g", Op::Retain), 1u); // it is assigned: a copy of its own
}

TEST(Lower, LoopOverListBorrowsTheElements) {
    constexpr auto source = "fn f(xs: List[String]) -> i64 { let n = 0; for x in xs { n += x.len(); } n }";
    EXPECT_EQ(count_in(source, "f", Op::Retain), 0u);
    EXPECT_EQ(count_in(source, "f", Op::Bounds), 0u);
    EXPECT_EQ(count_in(source, "f", Op::SeqData), 1u);
}

TEST(Lower, LoopOverChangedListRunsOverACopy) {
    constexpr auto source = "fn f(mut xs: List[i64]) { for x in xs { xs.push(x); } }";
    EXPECT_EQ(count_in(source, "f", Op::Retain), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Release), 1u);
}

TEST(Lower, RangeLoopCountsWithoutOverflowCheck) {
    constexpr auto source = "fn f(n: i64) -> i64 { let s = 0; for i in 0..n { s +%= i; } s }";
    EXPECT_EQ(count_in(source, "f", Op::Add), 0u);
    EXPECT_EQ(count_in(source, "f", Op::Poll), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Branch), 2u); // the guard, and the test at the bottom
}

TEST(Lower, FieldOfElementLoadsOneLeaf) {
    constexpr auto source = "record B { x: f64, y: f64, z: f64, name: String }\n"
                            "fn f(bs: List[B], i: i64) -> f64 { bs[i].y }";
    EXPECT_EQ(count_in(source, "f", Op::Load), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Retain), 0u);
}

TEST(Lower, CompoundAssignmentLooksUpItsPlaceOnce) {
    constexpr auto source = "record B { x: f64, v: f64, w: f64 }\n"
                            "fn f(mut bs: List[B], i: i64, d: f64) { bs[i].v -= d * 2.0; }";
    EXPECT_EQ(count_in(source, "f", Op::Unique), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Bounds), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Load), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Store), 1u);
}

TEST(Lower, PushAndTextAppendWorkInPlace) {
    constexpr auto source =
        "fn f(n: i64) -> List[i64] { let xs: List[i64] = []; for i in 0..n { xs.push(i); } xs }\n"
        "fn g(n: i64) -> String { let s = \"\"; for i in 0..n { s = s + \"x\"; } s }";
    EXPECT_EQ(count_in(source, "f", Op::ListGrow), 1u);
    EXPECT_EQ(count_in(source, "f", Op::Call) + count_in(source, "f", Op::CallRuntime), 0u);
    EXPECT_EQ(count_in(source, "g", Op::Retain), 1u); // of the literal it starts with
    EXPECT_EQ(count_in(source, "g", Op::Release), 0u);
}

TEST(Lower, ConditionsAreControlFlow) {
    constexpr auto source = "fn f(a: i64, b: i64) -> i64 { if a < b && !(b == 3) || a > 9 { 1 } else { 2 } }";
    EXPECT_EQ(count_in(source, "f", Op::Branch), 3u);
    EXPECT_EQ(count_in(source, "f", Op::Not), 0u);
}

TEST(Lower, MutParametersComeInOwnedAndGoOut) {
    ir::Module module = compile("fn f(mut xs: List[i64], k: i64, mut n: i64) -> bool { if k == 0 { return "
                                "true; } xs.push(k); n += 1; false }");
    const ir::Signature& sig = function(module, "f").sig;
    ASSERT_EQ(sig.params.size(), 3u);
    EXPECT_EQ(sig.params[0].ownership, ir::Ownership::Owned);
    EXPECT_EQ(sig.results, (std::vector<Scalar>{Scalar::Bool, Scalar::Ref, Scalar::I64}));
    ASSERT_EQ(module.exports.size(), 1u);
    EXPECT_EQ(module.exports[0].param_is_mut, (std::vector<bool>{true, false, true}));
}

TEST(Lower, GlobalsAreLaidOutAndInitialized) {
    ir::Module module = compile(
        "const N: i64 = 3; var names: List[String] = [\"a\"]; var last: String? = None; var b: bool = true;\n"
        "fn f() { names.push(\"x\"); last = Some(names[0]); }");
    ASSERT_EQ(module.globals.size(), 4u);
    ASSERT_EQ(module.instance_refs.size(), 2u);
    EXPECT_TRUE(module.instance_refs[0].desc.is_valid());
    EXPECT_FALSE(module.instance_refs[1].desc.is_valid());
    EXPECT_TRUE(module.init.is_valid());
}

TEST(Lower, TestsAndHostFunctions) {
    ir::Module module = compile("test \"one\" { assert host_name(1) == \"x\", \"why\"; }");
    ASSERT_EQ(module.tests.size(), 1u);
    EXPECT_EQ(module.tests[0].name, "one");
    EXPECT_EQ(module.functions[module.tests[0].func].name, "test \"one\"");
    ASSERT_EQ(module.host_fns.size(), 1u);
    EXPECT_EQ(module.host_fns[ir::HostFnId(0)].sig.results, std::vector<Scalar>{Scalar::Ref});
}

// Functions that the compiler made have none: traces begin with their callers.
TEST(Lower, EveryTrapHasAPosition) {
    ir::Module module = compile("record P { x: i64, s: String }\nvar g: List[P] = [];\n"
                                "fn f(xs: List[i64], i: i64, o: P?) -> i64 { g[i].x += xs[i] / i; let p = "
                                "o.unwrap(); for x in xs { p.x += x; }\n"
                                "assert p.x > 3; if i == 9 { panic(f\"{p}\"); } match o { Some(P { x, .. }) "
                                "if x > 1 => x, _ => p.x } }");
    for (const ir::Function& fn : module.functions) {
        bool is_made = fn.name.starts_with("show ") || fn.name.starts_with("== ") || fn.name.starts_with("cmp ");
        for (const ir::Block& block : fn.blocks) {
            for (ir::InstId id : block.insts) {
                const ir::Inst& inst = fn.insts[id];
                if ((ir::effects_of(inst) & ir::Traps) == 0 || is_made) continue;
                EXPECT_TRUE(inst.loc.is_valid()) << fn.name << ": " << ir::op_info(inst.op).text;
            }
        }
    }
}

// n exits from scopes with n references must not take n * n instructions.
TEST(Lower, ManyExitsShareTheirReleases) {
    auto source_of = [](int n) {
        std::string text = "fn f(k: i64) -> i64 {\n";
        for (int i = 0; i < n; ++i) {
            std::string v = "v" + std::to_string(i);
            text +=
                "let " + v + " = \"a\" + \"b\"; if k == " + std::to_string(i) + " { panic(" + v + "); }\n";
            text += "if k == -" + std::to_string(i + 1) + " { return " + v + ".len(); }\n";
        }
        return text + "k }";
    };
    unsigned small = size(function(compile(source_of(100)), "f"));
    unsigned large = size(function(compile(source_of(200)), "f"));
    EXPECT_LT(large, small * 5 / 2);
}

TEST(Lower, WhatNothingReachesIsGone) {
    ir::Module module =
        compile("fn f(n: i64) -> i64 { return n + 1; let s = \"x\"; let t = [s]; t.len() }\n"
                "fn g() -> i64 { loop { let s = \"a\" + \"b\"; if s.len() > 1 { continue; } } }\n"
                "fn h(n: i64) -> i64 { let x = if n > 0 { return 1 } else { n }; let y: i64 = { "
                "panic(\"no\") }; x + y }");
    EXPECT_EQ(count(function(module, "f"), Op::Literal), 0u);
    EXPECT_EQ(count(function(module, "h"), Op::Add), 0u);
}

TEST(Lower, AllKindsOfValues) {
    compile(
        "record P { name: String, tags: List[String], opt: String?, pos: (f32, u8, char) }\n"
        "record N { v: i64, next: N? }\n"
        "impl P { fn first(self) -> String? { self.tags.get(0) } fn rename(mut self, s: String) { self.name "
        "= s; self.tags[0] += s; } }\n"
        "var all: List[P] = [];\nvar chain: N? = None;\n"
        "fn mk(s: String) -> P { P { name: s, tags: [s, s + \"2\"], opt: Some(s), pos: (1.5, 7, 'c') } }\n"
        "fn f(a: String?, b: String?) -> String { match (a, b) { (Some(x), None) | (None, Some(x)) => x, "
        "(Some(x), Some(y)) if x == y => x, (Some(x), Some(y)) => x + y, _ => \"\" } }\n"
        "fn g(x: String?) -> String? { let (y, z) = (x?, x?); Some(y + z) }\n"
        "fn main() { let p = mk(\"a\"); p.rename(\"b\"); all.push(p); all[0].rename(\"c\"); print(all);\n"
        "let q = P { name: \"z\", ..p }; print(p == q); print(p < q); print(f(q.opt, p.first()));\n"
        "while let Some(x) = all.pop() { if x.name == \"q\" { break; } for t in x.tags { "
        "print(f\"{t:>5}{x.pos.0:.2}\"); } }\n"
        "for i in 0..3 { chain = Some(N { v: i, next: chain }); } print(chain); print(g(None));\n"
        "let s = loop { let t = \"x\" + \"y\"; if t.len() > 1 { break t; } }; print(s[0..1]);\n"
        "let n = [[1, 2], [3]]; n[0][1] += n[1][0]; n[1] = n[0]; print(n.get(1).unwrap_or([])); }");
}

} // namespace
} // namespace tn::lower
