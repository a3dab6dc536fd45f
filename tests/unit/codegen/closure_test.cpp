// Boxes and closures in machine code.
#include "../closure_scripts.h"
#include "jit.h"

namespace tn::codegen::test {
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

TEST(Closures, CostOneUnitOfFuelAsAnyCall) {
    GenerateOptions options;
    options.mode = rt::CodeMode::Metered;
    Script s(closure_script, options);
    s.instance->context.fuel = 100;
    s.run("with_captures", {slot(1), slot(2)});
    EXPECT_EQ(s.instance->context.fuel, 98);
    s.instance->context.fuel = 1;
    s.run("with_captures", {slot(1), slot(2)});
    EXPECT_EQ(s.trap, TrapCode::OutOfFuel);
    s.expect_clean();
}

TEST(Closures, FewRegistersAreEnough) {
    GenerateOptions options;
    options.limit_registers = 8;
    options.verify_allocation = true;
    Script s(closure_script, options);
    EXPECT_EQ(s.run("with_captures", {slot(30), slot(7)}).i, 42);
    EXPECT_EQ(s.run("passes", {slot(5)}).i, 23);
    EXPECT_EQ(s.run("chain", {slot(300)}).i, 300 * 299 / 2);
    s.run("leaves", {slot(-7), slot(2.25), slot(1), slot(250), slot(1.5f)});
    EXPECT_EQ(s.io[3].u, 250u);
    s.expect_clean();
}

// One description serves the code of both modes, whichever is there first.
TEST(Closures, RunTheCodeOfTheModeThatCallsThem) {
    GenerateOptions options;
    Script s(closure_script, options);
    rt::Object* closure = reinterpret_cast<rt::Object*>(s.instance->empty(7));
    EXPECT_EQ(closure->desc->code[0], s.blob->function(s.find("twice").index()));
    EXPECT_EQ(closure->desc->code[1], nullptr);
    options.mode = rt::CodeMode::Metered;
    options.packed_for_all = true;
    options.host_targets.resize(s.module->host_fns.size());
    const rt::CodeBlob* metered =
        s.program->publish_code(options.mode, generate(*s.module, s.program->image(), options));
    EXPECT_EQ(closure->desc->code[1], metered->function(s.find("twice").index()));
    EXPECT_EQ(s.run("without_captures", {slot(2)}).i, 8);
}

// A value too large for the heap's small blocks, and more leaves than there are registers.
TEST(Boxes, HoldManyLeaves) {
    constexpr int count = 100;
    std::string type = "(", params, args, loads, results, types;
    for (int i = 0; i < count; ++i) {
        const std::string n = std::to_string(i), separator = i ? ", " : "";
        type += separator + "i64";
        params += separator + "v" + n + ": i64";
        args += separator + "v" + n;
        loads += "    v" + std::to_string(200 + i) + " = load.i64 box v101 + " + std::to_string(8 * i) + "\n";
        results += separator + "v" + std::to_string(200 + i);
        types += separator + "i64";
    }
    Script s("desc6 box " + type + ") stride 800\n\nfn @f(" + params + ") -> " + types + " {\nb0(" + params +
             "):\n    v100 = box_new.ref desc6 " + args + "\n    v101 = box_data.ptr v100\n" + loads +
             "    release v100\n    return " + results + "\n}\n");
    std::vector<rt::Slot> in;
    for (int i = 0; i < count; ++i) in.push_back(slot(i * i));
    s.run("f", in);
    for (int i = 0; i < count; ++i) EXPECT_EQ(s.io[static_cast<std::size_t>(i)].i, i * i);
    s.expect_clean();
}

} // namespace
} // namespace tn::codegen::test
