// Boxes and closures in the interpreter, and its checks on them.
#include "../closure_scripts.h"
#include "script.h"

namespace tn::interp::test {
namespace {

using tn::test::closure_script;

TEST(Closures, CarryTheirCaptures) {
    Script s(closure_script);
    EXPECT_EQ(s.run("with_captures", {slot(30), slot(7)}).i, 30 + 7 + 5);
    EXPECT_EQ(s.run("without_captures", {slot(11)}).i, 44);
    s.expect_clean();
}

TEST(Closures, ArgumentsAreOwnedAsTheSignatureSays) {
    Script s(closure_script);
    EXPECT_EQ(s.run("passes", {slot(5)}).i, 23); // two elements, the captured list has three
    s.expect_clean();
}

TEST(Closures, TrapsInsideGiveBackWhatTheCallerOwns) {
    Script s(closure_script);
    s.run("with_captures", {slot(INT64_MAX), slot(1)});
    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
    EXPECT_EQ(s.trace(), "inner (main.tn:3:4)\nmain (main.tn:1:2)\n");
    s.expect_clean();
}

TEST(Boxes, HoldEveryKindOfLeaf) {
    Script s(closure_script);
    s.run("leaves", {slot(-7), slot(2.25), slot(1), slot(250), slot(1.5f)});
    EXPECT_EQ(s.io[0].i, -7);
    EXPECT_EQ(s.io[1].f64, 2.25);
    EXPECT_EQ(s.io[2].u, 1u);
    EXPECT_EQ(s.io[3].u, 250u);
    EXPECT_EQ(s.io[4].f32, 1.5f);
    EXPECT_EQ(s.io[5].i, 2);
    s.run("constants");
    EXPECT_EQ(s.io[0].i, -5000000000);
    EXPECT_EQ(s.io[1].f64, 2.5);
    EXPECT_EQ(s.io[2].f32, -0.5f);
    EXPECT_EQ(s.run("no_fields", {slot(3)}).i, 3);
    s.expect_clean();
}

TEST(Boxes, AChainOfManyIsBuiltReadAndFreed) {
    Script s(closure_script);
    EXPECT_EQ(s.run("chain", {slot(2000)}).i, 2000 * 1999 / 2);
    s.expect_clean();
    rt::Object* kept = s.run("keep", {slot(9)}).ref;
    EXPECT_EQ(s.instance->heap.live_objects(), 1u);
    EXPECT_EQ(s.instance->heap.live_bytes(), 32u);
    EXPECT_EQ(rt::check_heap(*s.instance, {&kept, 1}).error, "");
    rt::rt_release(&s.instance->context, kept);
    s.expect_clean();
}

TEST(Boxes, StopAtTheMemoryLimit) {
    Script s(closure_script);
    for (std::uint64_t limit : {1000u, 1008u, 1016u, 100000u}) {
        s.instance->heap.set_limit(limit);
        s.run("too_much");
        EXPECT_EQ(s.trap, TrapCode::MemoryLimit);
        s.expect_clean();
    }
    s.instance->heap.set_limit(16);
    s.run("keep", {slot(1)});
    EXPECT_EQ(s.trap, TrapCode::MemoryLimit);
    s.expect_clean();
}

TEST(HashSeed, IsTheInstancesOwn) {
    Script s(closure_script), other(closure_script);
    EXPECT_EQ(s.run("seed").u, s.instance->context.hash_seed);
    EXPECT_EQ(s.run("seed").u, s.run("seed").u);
    EXPECT_NE(s.run("seed").u, other.run("seed").u); // one in 2^64 fails
}

TEST(Closures, AreCalledByTheirOwnSignatureOnly) {
    Script s(std::string(closure_script) + R"(
sig2 (f64) -> i64

fn @wrong(v0: f64) -> i64 {
b0(v0: f64):
    v1 = empty.ref desc7
    v2 = call_closure sig2 v1, v0
    return v2
}

fn @no_closure(v0: i64) -> i64 {
b0(v0: i64):
    v1 = empty.ref desc2
    v2 = call_closure sig0 v1, v0
    return v2
}

fn @beyond(v0: i64) -> i64 {
b0(v0: i64):
    v1 = null.ref
    v2 = box_new.ref desc9 v0, v1
    v3 = box_data.ptr v2
    v4 = load.i64 box v3 + 16
    release v2
    return v4
}
)");
    EXPECT_THROW(s.run("wrong", {slot(1.0)}), InternalError);
    EXPECT_THROW(s.run("no_closure", {slot(1)}), InternalError);
    EXPECT_THROW(s.run("beyond", {slot(1)}), InternalError);
}

} // namespace
} // namespace tn::interp::test
