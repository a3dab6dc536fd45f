// References in machine code: counts, out-of-line calls, and what a trap gives back.
#include "jit.h"

namespace tn::codegen::test {
namespace {

// More references than registers, some of them given back before: runs of slots with holes in the code map.
TEST(Ownership, ManyReferencesAreFoundInTheFrame) {
    std::string body, after;
    for (int i = 0; i < 150; ++i) {
        const std::string v = "v" + std::to_string(100 + i);
        body += "    " + v + " = list_new.ref v1, desc2 @loc0\n";
        if (i % 7 == 3) body += "    release v" + std::to_string(100 + i - 1) + "\n";
        if (i % 7 != 2 || i > 146) after += "    release " + v + "\n";
    }
    Script s("\nfn @f(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = const.i64 3\n" + body +
             "    v2 = div.i64 v1, v0 @loc1\n" + after + "    return v2\n}\n");
    EXPECT_EQ(s.run("f", {slot(1)}).i, 3);
    s.expect_clean();
    s.run("f", {slot(0)});
    EXPECT_EQ(s.trap, TrapCode::DivisionByZero);
    s.expect_clean();
    s.instance->heap.set_limit(5000); // fails in the middle
    s.run("f", {slot(1)});
    EXPECT_EQ(s.trap, TrapCode::MemoryLimit);
    s.expect_clean();
}

TEST(Ownership, BuildsAndReadsAList) {
    Script s(R"(
fn @sum_to(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    v2 = list_new.ref v1, desc2 @loc0
    jump b1(v1, v2)
b1(v3: i64, v4: owned ref):
    v5 = icmp.lt v3, v0
    branch v5, b2, b3
b2:
    poll @loc0
    v6 = list_grow.ref v4, desc2 @loc0
    v7 = seq_len.i64 v6
    v8 = seq_data.ptr v6
    store.i64 elem v8 + 0 + v7 * 8, v3
    v9 = const.i64 1
    v10 = add.i64 v7, v9 @loc0
    v11 = seq_set_len.ref v6, v10
    v12 = add.i64 v3, v9 @loc0
    jump b1(v12, v11)
b3:
    v13 = seq_len.i64 v4
    v14 = seq_data.ptr v4
    jump b4(v1, v1)
b4(v15: i64, v16: i64):
    v17 = icmp.lt v15, v13
    branch v17, b5, b6
b5:
    bounds v15, v13 @loc1
    v18 = load.i64 elem v14 + 0 + v15 * 8
    v19 = add.i64 v16, v18 @loc1
    v20 = const.i64 1
    v21 = add.i64 v15, v20 @loc1
    jump b4(v21, v19)
b6:
    release v4
    return v16
}

fn @at(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_len.i64 v0
    bounds v1, v2 @loc2
    v3 = seq_data.ptr v0
    v4 = load.i64 elem v3 + 0 + v1 * 8
    return v4
}

fn @fails(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 4
    v2 = list_new.ref v1, desc2 @loc0
    v3 = list_new.ref v1, desc2 @loc0
    v4 = retain.ref v2
    v5 = call @at v2, v0 @loc1
    release v4
    release v3
    release v2
    return v5
}

fn @take(v0: owned ref, v1: i64) -> i64, ref {
b0(v0: owned ref, v1: i64):
    v2 = const.i64 10
    v3 = div.i64 v2, v1 @loc1
    return v3, v0
}

fn @give(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 4
    v2 = list_new.ref v1, desc2 @loc0
    v3 = list_new.ref v1, desc2 @loc0
    v4, v5 = call @take v2, v0 @loc0
    v6 = call @at v3, v0 @loc0
    release v3
    release v5
    return v4
}
)");
    EXPECT_EQ(s.run("sum_to", {slot(1000)}).i, 499500);
    EXPECT_EQ(s.trap, TrapCode::None);
    s.expect_clean();
    s.run("fails", {slot(0)});
    EXPECT_EQ(s.trap, TrapCode::IndexOutOfBounds);
    EXPECT_EQ(s.message(), "index out of bounds: the length is 0 but the index is 0");
    EXPECT_EQ(s.trace(), "inner (main.tn:5:6)\nmain (main.tn:1:2)\ninner (main.tn:3:4)\n");
    s.expect_clean();
    s.run("give", {slot(0)});
    EXPECT_EQ(s.trap, TrapCode::DivisionByZero);
    s.expect_clean();
    s.run("give", {slot(2)});
    EXPECT_EQ(s.trap, TrapCode::IndexOutOfBounds);
    s.expect_clean();
}

TEST(Ownership, ManyReferencesAcrossCallsAndTraps) {
    // Twenty lists live at once: registers and slots, at a call and at a trap in the callee.
    std::string text =
        "fn @leaf(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = const.i64 100\n    v2 = div.i64 v1, v0 @loc0\n"
        "    return v2\n}\nfn @many(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = const.i64 3\n";
    for (int i = 0; i < 20; ++i)
        text += "    v" + std::to_string(10 + i) + " = list_new.ref v1, desc2 @loc0\n";
    text += "    v2 = call @leaf v0 @loc1\n    v3 = sub.i64 v2, v1 @loc1\n    v4 = div.i64 v2, v3 @loc1\n";
    for (int i = 0; i < 20; ++i) text += "    release v" + std::to_string(10 + i) + "\n";
    text += "    return v4\n}\n";
    for (unsigned limit : {0u, 8u}) {
        GenerateOptions options;
        options.limit_registers = limit;
        Script s(text, options);
        EXPECT_EQ(s.run("many", {slot(10)}).i, 1);
        s.expect_clean();
        s.run("many", {slot(0)});
        EXPECT_EQ(s.trap, TrapCode::DivisionByZero);
        s.expect_clean();
        s.run("many", {slot(33)});
        EXPECT_EQ(s.trap, TrapCode::DivisionByZero);
        s.expect_clean();
    }
}

TEST(Ownership, UniqueCopiesWhatIsShared) {
    Script s(R"(
fn @change(v0: ref, v1: i64) -> ref {
b0(v0: ref, v1: i64):
    v2 = retain.ref v0
    v3 = unique.ref v2, desc2 @loc0
    v4 = seq_data.ptr v3
    store.i64 elem v4 + 0, v1
    return v3
}

fn @make() -> ref {
b0:
    v0 = const.i64 2
    v1 = list_new.ref v0, desc2 @loc0
    v2 = seq_set_len.ref v1, v0
    v3 = seq_data.ptr v2
    v4 = const.i64 7
    store.i64 elem v3 + 0, v4
    store.i64 elem v3 + 8, v4
    return v2
}

fn @drop(v0: owned ref) {
b0(v0: owned ref):
    release v0 nullable
    return
}

fn @owners() -> i64 {
b0:
    v0 = const.i64 10
    v1 = call @make @loc0
    v2 = owners.i64 v1
    v3 = retain.ref v1
    v4 = owners.i64 v1
    v5 = mul.i64 v2, v0 @loc0
    v6 = add.i64 v5, v4 @loc0
    release v1
    release v3
    return v6
}

fn @outer() -> i64 {
b0:
    v0 = const.i64 1
    v1 = list_new.ref v0, desc5 @loc0
    v2 = call @make @loc0
    v3 = seq_data.ptr v1
    store.ref elem v3 + 0, v2
    v4 = seq_set_len.ref v1, v0
    v5 = seq_data.ptr v4
    v6 = load.ref elem v5 + 0
    v7 = retain.ref v6
    v8 = unique_at.ref v5, desc2 @loc0
    v9 = seq_data.ptr v8
    v10 = const.i64 40
    store.i64 elem v9 + 8, v10
    v11 = seq_data.ptr v7
    v12 = load.i64 elem v11 + 8
    v13 = load.i64 elem v9 + 8
    v14 = add.i64 v12, v13 @loc0
    release v7
    release v4
    return v14
}
)");
    rt::Object* list = s.run("make").ref;
    rt::Object* changed = s.run("change", {slot(list), slot(9)}).ref;
    EXPECT_NE(list, changed);
    EXPECT_EQ(*reinterpret_cast<std::int64_t*>(static_cast<rt::Seq*>(list)->data), 7);
    EXPECT_EQ(*reinterpret_cast<std::int64_t*>(static_cast<rt::Seq*>(changed)->data), 9);
    s.run("drop", {slot(list)});
    s.run("drop", {slot(changed)});
    s.run("drop", {slot(static_cast<rt::Object*>(nullptr))});
    EXPECT_EQ(s.trap, TrapCode::None);
    s.expect_clean();
    EXPECT_EQ(s.run("outer").i, 47);
    EXPECT_EQ(s.run("owners").i, 12);
    s.expect_clean();
}

TEST(Ownership, OwnedParametersAreGivenBackWhenTheStackOverflows) {
    Script s(R"(
fn @down(v0: owned ref, v1: i64) -> ref {
b0(v0: owned ref, v1: i64):
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2 @loc0
    v4 = call @down v3, v1 @loc0
    release v4
    return v0
}

fn @start() -> i64 {
b0:
    v0 = const.i64 2
    v1 = list_new.ref v0, desc2 @loc0
    v2 = call @down v1, v0 @loc0
    release v2
    return v0
}
)");
    s.run("start");
    EXPECT_EQ(s.trap, TrapCode::StackOverflow);
    s.expect_clean();
}

TEST(Ownership, WhatNobodyUsesBeforeATrapIsReleased) {
    Script s(R"(
fn @f(v0: bool, v1: i64) -> i64 {
b0(v0: bool, v1: i64):
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2 @loc0
    branch v0, b1, b2
b1:
    v4 = list_new.ref v2, desc2 @loc0
    v5 = literal.ref literal0
    v6 = retain.ref v5
    v7 = add.i64 v1, v1 @loc0
    v8 = icmp.lt v7, v2
    branch v8, b3, b4
b2:
    release v3
    return v1
b3:
    trap Panic v6 @loc1
b4:
    jump b5(v4)
b5(v9: owned ref):
    trap Panic v6 @loc1
}
)");
    EXPECT_EQ(s.run("f", {slot(0), slot(5)}).i, 5);
    s.expect_clean();
    s.run("f", {slot(1), slot(5)});
    EXPECT_EQ(s.trap, TrapCode::Panic);
    s.expect_clean();
    s.run("f", {slot(1), slot(-5)});
    EXPECT_EQ(s.trap, TrapCode::Panic);
    s.expect_clean();
    s.run("f", {slot(1), slot(INT64_MAX)});
    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
    s.expect_clean();
}

TEST(Ownership, InterruptInALoopReleasesWhatItHolds) {
    Script s(R"(
fn @spin() -> i64 {
b0:
    v0 = const.i64 2
    v1 = list_new.ref v0, desc2 @loc0
    v2 = const.i64 0
    jump b1(v2, v1)
b1(v3: i64, v4: owned ref):
    poll @loc0
    v5 = list_new.ref v0, desc2 @loc0
    release v4
    v6 = wrap_add.i64 v3, v0
    jump b1(v6, v5)
}
)");
    s.instance->fire(rt::CancelRequested);
    s.run("spin");
    EXPECT_EQ(s.trap, TrapCode::Cancelled);
    s.expect_clean();
}

TEST(Ownership, RuntimeFunctions) {
    Script s(R"(
fn @greet(v0: i64) -> ref {
b0(v0: i64):
    v1 = literal.ref literal0
    v2 = literal.ref literal1
    v3 = call_rt StringConcat v1, v2 @loc0
    v4 = call_rt ShowInt v3, v0 @loc0
    return v4
}

fn @parse(v0: ref) -> u8, i64 {
b0(v0: ref):
    v1, v2 = call_rt StringParseInt v0 @loc0
    return v1, v2
}

fn @math(v0: f64) -> f64 {
b0(v0: f64):
    v1 = call_rt Sin v0
    v2 = call_rt Cos v0
    v3 = fmul.f64 v1, v1
    v4 = fmul.f64 v2, v2
    v5 = fadd.f64 v3, v4
    return v5
}

fn @repeat(v0: i64) -> ref {
b0(v0: i64):
    v1 = literal.ref literal0
    v2 = call_rt StringConcat v1, v1 @loc0
    v3 = call_rt StringRepeat v2, v0 @loc1
    release v2
    return v3
}

fn @upper(v0: u32) -> u32 {
b0(v0: u32):
    v1 = call_rt CharToUpper v0
    return v1
}

fn @show_panics() {
b0:
    v1 = literal.ref literal0
    v2 = retain.ref v1
    trap Panic v2 @loc1
}
)");
    rt::Object* text = s.run("greet", {slot(-42)}).ref;
    EXPECT_EQ(s.text(text), "hellolo-42");
    rt::rt_release(&s.instance->context, text);
    s.expect_clean();
    EXPECT_EQ(s.run("upper", {slot(97)}).u, 65u);
    EXPECT_NEAR(s.run("math", {slot(0.7)}).f64, 1.0, 1e-15);
    s.run("repeat", {slot(-1)});
    EXPECT_EQ(s.trap, TrapCode::InvalidArgument);
    s.expect_clean();
    s.run("parse", {slot(s.instance->literal(0))});
    EXPECT_EQ(s.io[0].i, 0);
    s.run("show_panics");
    EXPECT_EQ(s.trap, TrapCode::Panic);
    EXPECT_EQ(s.message(), "panic: hello");
    s.expect_clean();
}

} // namespace
} // namespace tn::codegen::test
