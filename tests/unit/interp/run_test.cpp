// Control flow, calls, traps, limits: what a run does to its instance.
#include "script.h"

namespace tn::interp::test {
namespace {

const char* factorial = R"(
fn @factorial(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    v2 = icmp.le v0, v1
    branch v2, b1, b2
b1:
    return v1
b2:
    v3 = sub.i64 v0, v1
    v4 = call @factorial v3 @loc0
    v5 = mul.i64 v0, v4 @loc1
    return v5
}

fn @sum(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    jump b1(v1, v1)
b1(v2: i64, v3: i64):
    v4 = icmp.lt v2, v0
    branch v4, b2, b3 likely
b2:
    poll @loc0
    v5 = const.i64 1
    v6 = add.i64 v2, v5
    v7 = add.i64 v3, v6
    jump b1(v6, v7)
b3:
    return v3
}

fn @swap(v0: i64, v1: i64) -> i64, i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 0
    jump b1(v0, v1, v2)
b1(v3: i64, v4: i64, v5: i64):
    v6 = const.i64 3
    v7 = icmp.eq v5, v6
    branch v7, b2, b3
b2:
    return v3, v4
b3:
    v8 = const.i64 1
    v9 = add.i64 v5, v8
    jump b1(v4, v3, v9)
}

fn @choose(v0: i8) -> i64 {
b0(v0: i8):
    switch v0, b1, b2, b3
b1:
    v1 = const.i64 10
    return v1
b2:
    v2 = const.i64 11
    return v2
b3:
    v3 = const.i64 12
    return v3
}

fn @forever(v0: i64) -> i64 {
b0(v0: i64):
    v1 = call @forever v0 @loc1
    v2 = add.i64 v1, v0
    return v2
}

fn @spin() {
b0:
    jump b1
b1:
    poll @loc0
    jump b1
}
)";

TEST(Run, ControlFlow) {
    Script script(factorial);
    EXPECT_EQ(script.run("factorial", {slot(10)}).i, 3628800);
    EXPECT_EQ(script.run("sum", {slot(100)}).i, 5050);
    EXPECT_EQ(script.run("swap", {slot(1), slot(2)}).i, 2);
    EXPECT_EQ(script.io[1].i, 1);
    for (auto [in, out] : {std::pair(0, 10), {1, 11}, {2, 12}, {100, 12}, {-1, 12}}) {
        EXPECT_EQ(script.run("choose", {slot(in)}).i, out);
    }
    script.expect_clean();
}

TEST(Run, TrapInTheDepthHasATrace) {
    Script script(factorial);
    script.run("factorial", {slot(23)}); // 21! is too large
    EXPECT_EQ(script.trap, TrapCode::IntegerOverflow);
    EXPECT_EQ(script.message(), "integer overflow");
    EXPECT_EQ(script.trace(), "inner (main.tn:3:4)\nmain (main.tn:1:2)\nmain (main.tn:1:2)\n");
    // The instance goes on.
    EXPECT_EQ(script.run("factorial", {slot(5)}).i, 120);
}

TEST(Run, InlinedFramesAreInTheTrace) {
    Script script(R"(
fn @f(v0: bool) {
b0(v0: bool):
    trap_if UnwrapNone v0 @loc2
    return
}
)");
    script.run("f", {slot(0)});
    EXPECT_EQ(script.trap, TrapCode::None);
    script.run("f", {slot(1)});
    EXPECT_EQ(script.trap, TrapCode::UnwrapNone);
    EXPECT_EQ(script.trace(), "inner (main.tn:5:6)\nmain (main.tn:1:2)\n");
}

TEST(Run, Recursion) {
    Script script(factorial);
    script.run("forever", {slot(1)});
    EXPECT_EQ(script.trap, TrapCode::StackOverflow);
    auto trace = script.instance->last_trap()->trace();
    EXPECT_GT(trace.omitted, 1000u);
    script.instance->leave();
    script.instance->set_stack_size(64 * 1024);
    ASSERT_EQ(script.instance->enter(), rt::EnterResult::Entered);
    script.run("forever", {slot(1)});
    EXPECT_EQ(script.trap, TrapCode::StackOverflow);
    EXPECT_LT(script.instance->last_trap()->trace().omitted, trace.omitted);
    script.expect_clean();
}

TEST(Run, Fuel) {
    Script script(factorial);
    script.instance->mode = rt::CodeMode::Metered;
    script.instance->context.fuel = 101; // the call itself and 100 turns
    EXPECT_EQ(script.run("sum", {slot(100)}).i, 5050);
    EXPECT_EQ(script.trap, TrapCode::None);
    EXPECT_EQ(script.instance->context.fuel, 0);
    script.instance->context.fuel = 100;
    script.run("sum", {slot(100)});
    EXPECT_EQ(script.trap, TrapCode::OutOfFuel);
    EXPECT_EQ(script.trace(), "main (main.tn:1:2)\n");
    EXPECT_EQ(script.instance->context.fuel, 0);
    script.instance->context.fuel = 1000;
    script.run("spin");
    EXPECT_EQ(script.trap, TrapCode::OutOfFuel);
    script.instance->context.fuel = 9;
    script.run("factorial", {slot(10)});
    EXPECT_EQ(script.trap, TrapCode::OutOfFuel);
}

std::int32_t stop_at_third(void* counter) { return ++*static_cast<int*>(counter) >= 3; }

TEST(Run, Interrupts) {
    Script script(factorial);
    script.instance->fire(rt::CancelRequested);
    script.run("sum", {slot(10)});
    EXPECT_EQ(script.trap, TrapCode::Cancelled);
    script.instance->begin_call();
    EXPECT_EQ(script.run("sum", {slot(10)}).i, 55);
    script.instance->fire(rt::DeadlinePassed);
    script.run("spin");
    EXPECT_EQ(script.trap, TrapCode::DeadlineExceeded);
    script.instance->begin_call();
    int polls = 0;
    script.instance->poll = stop_at_third;
    script.instance->poll_user_data = &polls;
    for (int i = 0; i < 2; ++i) {
        script.instance->fire(rt::PollRequested);
        EXPECT_EQ(script.run("sum", {slot(10)}).i, 55);
    }
    script.instance->fire(rt::PollRequested);
    script.run("spin");
    EXPECT_EQ(script.trap, TrapCode::Cancelled);
}

TEST(Run, TrapPayloads) {
    Script script(R"(
fn @index(v0: i64, v1: i64) {
b0(v0: i64, v1: i64):
    bounds v0, v1
    return
}

fn @panic() {
b0:
    v0 = literal.ref literal0
    v1 = literal.ref literal1
    v2 = call_rt StringConcat v0, v1
    trap Panic v2
}

fn @reached() {
b0:
    unreachable
}
)");
    for (auto [index, length, ok] : {std::tuple(0, 1, true), {1, 1, false}, {-1, 1, false}, {0, 0, false}}) {
        script.run("index", {slot(index), slot(length)});
        EXPECT_EQ(script.trap == TrapCode::None, ok);
    }
    EXPECT_EQ(script.message(), "index out of bounds: the length is 0 but the index is 0");
    script.run("panic");
    EXPECT_EQ(script.message(), "panic: hellolo");
    script.expect_clean();
    EXPECT_THROW(script.run("reached"), InternalError);
}

// --- host functions ---

const char* caller = R"(
fn @ask(v0: i64, v1: ref) -> ref {
b0(v0: i64, v1: ref):
    v2 = call_host host0 v0, v1 @loc0
    return v2
}

fn @outer() -> i64 {
b0:
    v0 = const.i64 5
    v1 = literal.ref literal0
    v2 = retain.ref v1
    v3 = call @ask v0, v2 @loc1
    v4 = seq_len.i64 v3
    release v3
    release v2
    return v4
}
)";

TEST(Run, HostFunction) {
    Script* self = nullptr;
    Script script(caller, [&](rt::Context* context, ir::HostFnId, rt::Slot* io) -> std::uint32_t {
        EXPECT_EQ(io[0].i, 5);
        EXPECT_EQ(self->text(io[1].ref), "hello");
        io[0].ref = rt::rt_bytes_new(context, "four", 4, rt::string_desc_id);
        return 0;
    });
    self = &script;
    EXPECT_EQ(script.run("outer").i, 4);
    script.expect_clean();
}

TEST(Run, HostFunctionFails) {
    Script script(caller, [&](rt::Context* context, ir::HostFnId, rt::Slot*) -> std::uint32_t {
        rt::rt_fail(context, TrapCode::HostError, "no net", 6);
        return static_cast<std::uint32_t>(TrapCode::HostError);
    });
    script.run("outer");
    EXPECT_EQ(script.trap, TrapCode::HostError);
    EXPECT_EQ(script.message(), "host error: no net");
    EXPECT_EQ(script.trace(), "main (main.tn:1:2)\ninner (main.tn:3:4)\n");
    script.expect_clean();
}

TEST(Run, HostFunctionCallsBack) {
    Script* self = nullptr;
    int depth = 0;
    Script script(caller, [&](rt::Context* context, ir::HostFnId, rt::Slot* io) -> std::uint32_t {
        if (++depth == 4) {
            io[0].ref = rt::rt_bytes_new(context, "abc", 3, rt::string_desc_id);
            return 0;
        }
        rt::Slot inner[4] = {};
        TrapCode trap = self->interpreter->run(*context, ir::FuncId(1), inner);
        EXPECT_EQ(trap, TrapCode::None);
        io[0].ref = rt::rt_bytes_new(context, nullptr, inner[0].i + 1, rt::string_desc_id);
        return 0;
    });
    self = &script;
    EXPECT_EQ(script.run("outer").i, 6);
    script.expect_clean();
}

TEST(Run, EndlessRecursionThroughTheHost) {
    Script* self = nullptr;
    Script script(caller, [&](rt::Context* context, ir::HostFnId, rt::Slot*) -> std::uint32_t {
        rt::Slot inner[4] = {};
        return static_cast<std::uint32_t>(self->interpreter->run(*context, ir::FuncId(1), inner));
    });
    self = &script;
    script.instance->leave();
    script.instance->set_stack_size(32 * 1024);
    ASSERT_EQ(script.instance->enter(), rt::EnterResult::Entered);
    script.run("outer");
    EXPECT_EQ(script.trap, TrapCode::StackOverflow);
    script.expect_clean();
}

} // namespace
} // namespace tn::interp::test
