// Closures called directly and taken apart, boxes likewise; references that are counted without need.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

const std::string closures = R"(desc3 closure i64 stride 8 runs @add
desc4 closure List[i64] stride 8 refs 0 runs @length
desc5 closure () stride 0 runs @twice
desc6 box (i64, List[i64]) stride 16 refs 8
desc7 closure fn(i64) -> i64 stride 8 refs 0 runs @outer
literal0 desc0 "text"
sig0 (i64) -> i64

fn @add(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = box_data.ptr v0
    v3 = load.i64 box v2 + 0
    v4 = add.i64 v1, v3
    return v4
}

fn @length(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = box_data.ptr v0
    v3 = load.ref box v2 + 0
    v4 = retain.ref v3
    v5 = seq_len.i64 v4
    v6 = add.i64 v1, v5
    release v4
    return v6
}

fn @twice(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = add.i64 v1, v1
    return v2
}

fn @outer(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = box_data.ptr v0
    v3 = load.ref box v2 + 0
    v4 = call_closure sig0 v3, v1
    return v4
}

fn @keep(v0: ref) {
b0(v0: ref):
    call @keep v0
    call @keep v0
    return
}

)";

std::unique_ptr<ir::Module> optimized_module(const std::string& function) {
    ir::ParseError error;
    auto module = ir::parse(tables + closures + function, error);
    if (!module) throw std::runtime_error("line " + std::to_string(error.line) + ": " + error.message);
    for (const auto& message : ir::verify(*module)) ADD_FAILURE() << "before: " << message;
    opt::Options options;
    options.verify = true;
    opt::optimize(*module, options);
    return module;
}

std::string optimized(const std::string& function) {
    const auto module = optimized_module(function);
    for (const ir::Function& fn : module->functions)
        if (fn.name == "f") return ir::print(*module, fn);
    return "no function f";
}

TEST(Closures, KnownOnesAreCalledDirectly) {
    const auto text = run(closures + R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = box_new.ref desc3 v0
    v3 = retain.ref v2
    branch v1, b1(v2, v3), b1(v3, v2)
b1(v4: owned ref, v5: owned ref):
    v6 = call_closure sig0 v4, v0
    release v4
    release v5
    return v6
}
)", {opt::closures});
    EXPECT_COUNT(0, text, "call_closure");
    EXPECT_COUNT(1, text, "call @add");
}

TEST(Closures, OneOfTwoFunctionsIsNotKnown) {
    const auto text = run(closures + R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = box_new.ref desc3 v0
    v3 = box_new.ref desc5
    branch v1, b1(v2, v3), b1(v3, v2)
b1(v4: owned ref, v5: owned ref):
    v6 = call_closure sig0 v4, v0
    release v4
    release v5
    return v6
}
)", {opt::closures});
    EXPECT_COUNT(1, text, "call_closure");
    EXPECT_COUNT(2, text, "box_new");
}

TEST(Closures, InlinedOnesDisappear) {
    const auto text = optimized(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = box_new.ref desc3 v0
    v2 = empty.ref desc5
    v3 = call_closure sig0 v1, v0
    v4 = call_closure sig0 v2, v3
    release v1
    return v4
}
)");
    EXPECT_COUNT(0, text, "call");
    EXPECT_COUNT(0, text, "box");
    EXPECT_COUNT(0, text, "release");
    EXPECT_COUNT(2, text, "add.i64");
}

TEST(Closures, WhatTheyHeldIsReleasedWhereTheyWere) {
    const auto text = optimized(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = list_new.ref v0, desc2
    v2 = box_new.ref desc4 v1
    v3 = const.i64 0
    jump b1(v2, v3)
b1(v4: owned ref, v5: i64):
    v6 = call_closure sig0 v4, v5
    poll
    v7 = icmp.lt v6, v0
    branch v7, b1(v4, v6), b2(v4)
b2(v8: owned ref):
    release v8
    return v6
}
)");
    EXPECT_COUNT(0, text, "call");
    EXPECT_COUNT(0, text, "box");
    EXPECT_COUNT(0, text, "retain");
    EXPECT_COUNT(1, text, "release");
}

TEST(Closures, SeveralOwnersOwnWhatWasHeld) {
    // The first owner goes before the second one's last use.
    const auto text = run(closures + R"(fn @f(v0: owned ref, v1: bool) -> i64 {
b0(v0: owned ref, v1: bool):
    v2 = const.i64 7
    v3 = box_new.ref desc6 v2, v0
    v4 = retain.ref v3
    release v3
    v5 = box_data.ptr v4
    v6 = load.ref box v5 + 8
    v7 = seq_len.i64 v6
    v8 = load.i64 box v5 + 0
    branch v1, b1, b2
b1:
    release v4
    return v7
b2:
    release v4
    return v8
}
)", {opt::closures, opt::simplify, opt::dce});
    EXPECT_COUNT(0, text, "box");
    EXPECT_COUNT(1, text, "retain.ref v0");
    EXPECT_COUNT(1, text, "release v0");
    EXPECT_COUNT(3, text, "release");
    EXPECT_COUNT(1, text, "const.i64 7");
}

TEST(Closures, WhatLeavesStaysWhole) {
    for (const char* function : {
             // returned
             "fn @f(v0: i64) -> ref {\nb0(v0: i64):\n    v1 = box_new.ref desc3 v0\n    return v1\n}\n",
             // lent to a call
             "fn @f(v0: i64) {\nb0(v0: i64):\n    v1 = box_new.ref desc3 v0\n    call @keep v1\n    release v1\n"
             "    return\n}\n",
             // met by another object
             "fn @f(v0: i64, v1: owned ref, v2: bool) {\nb0(v0: i64, v1: owned ref, v2: bool):\n"
             "    v3 = box_new.ref desc3 v0\n    branch v2, b1(v3, v1), b1(v1, v3)\n"
             "b1(v4: owned ref, v5: owned ref):\n    release v4\n    release v5\n    return\n}\n",
             // what it lent outlives its last owner as far as one can see
             "fn @f(v0: owned ref) -> i64 {\nb0(v0: owned ref):\n    v1 = const.i64 0\n"
             "    v2 = box_new.ref desc6 v1, v0\n    v3 = box_data.ptr v2\n    v4 = load.ref box v3 + 8\n"
             "    release v2\n    v5 = seq_len.i64 v4\n    return v5\n}\n",
         }) {
        EXPECT_COUNT(1, run(closures + function, {opt::closures, opt::simplify, opt::dce}), "box_new");
    }
}

TEST(Closures, OnesInsideOthersComeIntoView) {
    const auto text = optimized(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = box_new.ref desc3 v0
    v2 = box_new.ref desc7 v1
    v3 = call_closure sig0 v2, v0
    release v2
    return v3
}
)");
    EXPECT_COUNT(0, text, "call");
    EXPECT_COUNT(0, text, "box");
    EXPECT_COUNT(1, text, "add.i64 v0, v0");
}

TEST(Closures, FunctionsThatTakeThemAreInlinedForThem) {
    std::string body;
    for (int i = 0; i < 100; ++i) // too much for a function of another kind
        body += "    v" + std::to_string(10 + i) + " = wrap_mul.i64 v" + std::to_string(9 + i) + ", v1\n";
    const std::string higher = "fn @apply(v0: ref, v1: i64) -> i64 {\nb0(v0: ref, v1: i64):\n"
                               "    v9 = call_closure sig0 v0, v1\n" + body + "    return v109\n}\n\n";
    const auto text = optimized(higher + R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = box_new.ref desc3 v0
    v2 = call @apply v1, v0
    release v1
    return v2
}
)");
    EXPECT_COUNT(0, text, "call");
    EXPECT_COUNT(0, text, "box");
    const auto unknown = optimized(higher + R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = call @apply v0, v1
    return v2
}
)");
    EXPECT_COUNT(1, unknown, "call @apply");
}

// Too large to be inlined, and recursive: a copy for the closure, which calls its function and itself.
TEST(Specialize, LargeFunctionsAreCopiedForTheirClosures) {
    std::string body;
    for (int i = 0; i < 400; ++i)
        body += "    v" + std::to_string(10 + i) + " = wrap_mul.i64 v" + std::to_string(9 + i) + ", v1\n";
    const auto module = optimized_module("fn @apply(v0: ref, v1: i64) -> i64 {\nb0(v0: ref, v1: i64):\n"
                                         "    v9 = call_closure sig0 v0, v1\n" + body +
                                         "    v500 = call @apply v0, v409\n    v501 = wrap_mul.i64 v500, v1\n    return v501\n}\n\n" R"(
fn @between(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = call @between v0, v1
    v3 = call @apply v0, v2
    return v3
}

fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = box_new.ref desc3 v0
    v2 = call @between v1, v0
    v3 = call @between v1, v2
    release v1
    v4 = empty.ref desc5
    v5 = call @between v4, v3
    return v5
}
)");
    std::vector<std::string> copies;
    for (const ir::Function& fn : module->functions)
        if (fn.name == "apply") copies.push_back(ir::print(*module, fn));
    ASSERT_EQ(copies.size(), 3u);
    EXPECT_COUNT(1, copies[0], "call_closure");
    for (std::size_t i = 1; i < copies.size(); ++i) {
        EXPECT_COUNT(0, copies[i], "call_closure");
        EXPECT_COUNT(1, copies[i], "call @apply#");
        EXPECT_COUNT(0, copies[i], "call @apply#" + std::to_string(6) + " ") << "not to the original";
    }
}

TEST(Pipeline, DropsFunctionsThatNothingReaches) {
    const auto module = optimized_module(R"(export "f" @f(n: i64) -> i64
fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = empty.ref desc5
    v2 = call_closure sig0 v1, v0
    v3 = box_new.ref desc3 v2
    call @keep v3
    release v3
    return v2
}
)");
    std::string left;
    for (const ir::Function& fn : module->functions)
        if (!fn.removed) left += fn.name + " ";
    EXPECT_EQ(left, "add keep f ");
    EXPECT_TRUE(ir::verify(*module).empty());
}

TEST(Retains, WhatIsOnlyLentIsNotCounted) {
    const auto text = run(R"(fn @f(v0: ref, v1: owned ref, v2: i64) -> i64 {
b0(v0: ref, v1: owned ref, v2: i64):
    v3 = retain.ref v0
    v4 = retain.ref v1
    jump b1(v3, v2)
b1(v5: owned ref, v6: i64):
    v7 = seq_len.i64 v5
    v8 = seq_len.i64 v4
    poll
    v9 = icmp.lt v7, v8
    branch v9, b1(v5, v7), b2(v5)
b2(v10: owned ref):
    release v10
    release v4
    release v1
    return v6
}
)", {opt::retains, opt::dce});
    EXPECT_COUNT(0, text, "retain");
    EXPECT_COUNT(1, text, "release");
    EXPECT_COUNT(0, text, "b1(v3: owned ref");
}

TEST(Retains, WhatOutlivesTheOtherIsCounted) {
    const auto text = run(R"(fn @f(v0: owned ref, v1: owned ref, v2: bool) -> i64, ref {
b0(v0: owned ref, v1: owned ref, v2: bool):
    v3 = retain.ref v0
    v4 = retain.ref v1
    v5 = unique.ref v1, desc2
    v6 = seq_len.i64 v4
    release v4
    branch v2, b1, b2
b1:
    release v0
    v7 = seq_len.i64 v3
    release v3
    return v7, v5
b2:
    release v3
    release v0
    return v6, v5
}
)", {opt::retains});
    EXPECT_COUNT(2, text, "retain");
}

TEST(Retains, ALoadedReferenceIsCounted) {
    const auto text = run(R"(fn @f(v0: owned ref, v1: owned ref) -> i64, ref {
b0(v0: owned ref, v1: owned ref):
    v2 = unique.ref v0, desc2
    v3 = seq_data.ptr v2
    v4 = load.ref elem v3 + 0
    v5 = retain.ref v4
    v6 = load.ref elem v3 + 0 takes
    store.ref elem v3 + 0, v1
    release v6
    v7 = seq_len.i64 v5
    release v5
    return v7, v2
}
)", {opt::retains});
    EXPECT_COUNT(1, text, "retain");
}

} // namespace
