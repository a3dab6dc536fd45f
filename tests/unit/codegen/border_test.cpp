// The border with C: packed rows, C entry thunks, plain and generic host functions, entries within entries.
#include "jit.h"

namespace tn::codegen::test {
namespace {

// What a tn_instance handle looks like to a C entry thunk here.
struct Handle {
    std::uint64_t unrelated = 0;
    rt::Context* context = nullptr;
};

const char* exported = R"(
export "mix" @mix(i8, f64, u32, bool, i64, f32, u16, i64, i64, i64, i64, f64) -> f64
export "narrow" @narrow(i8, u16) -> i8
export "div" @div(i64, i64) -> i64
export "nothing" @nothing() -> ()
export "text" @text(String) -> i64

fn @mix(v0: i8, v1: f64, v2: u32, v3: bool, v4: i64, v5: f32, v6: u16, v7: i64, v8: i64, v9: i64, v10: i64, v11: f64) -> f64 {
b0(v0: i8, v1: f64, v2: u32, v3: bool, v4: i64, v5: f32, v6: u16, v7: i64, v8: i64, v9: i64, v10: i64, v11: f64):
    v20 = convert.f64 v0
    v21 = fadd.f64 v20, v1
    v22 = convert.f64 v2
    v23 = fadd.f64 v21, v22
    v24 = convert.i64 v3
    v25 = convert.f64 v24
    v26 = fadd.f64 v23, v25
    v27 = convert.f64 v4
    v28 = fadd.f64 v26, v27
    v29 = convert.f64 v5
    v30 = fadd.f64 v28, v29
    v31 = convert.f64 v6
    v32 = fadd.f64 v30, v31
    v33 = wrap_sub.i64 v7, v8
    v34 = wrap_mul.i64 v9, v10
    v35 = wrap_add.i64 v33, v34
    v36 = convert.f64 v35
    v37 = fadd.f64 v32, v36
    v38 = fmul.f64 v37, v11
    return v38
}

fn @narrow(v0: i8, v1: u16) -> i8 {
b0(v0: i8, v1: u16):
    v2 = convert.i8 v1
    v3 = wrap_add.i8 v0, v2
    return v3
}

fn @div(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = div.i64 v0, v1 @loc0
    return v2
}

fn @nothing() {
b0:
    return
}

fn @text(v0: ref) -> i64 {
b0(v0: ref):
    v1 = seq_len.i64 v0
    return v1
}
)";

template <typename F> F* c_function(const Script& s, std::string_view name) {
    return reinterpret_cast<F*>(const_cast<void*>(s.blob->c_entry(s.find(name).index())));
}

TEST(Border, CEntryThunks) {
    GenerateOptions options;
    options.instance_context_offset = offsetof(Handle, context);
    Script s(exported, options);
    Handle handle{0, &s.instance->context};
    auto* mix =
        c_function<double(Handle*, std::int8_t, double, std::uint32_t, bool, std::int64_t, float,
                          std::uint16_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double)>(
            s, "mix");
    ASSERT_NE(mix, nullptr);
    const double expected = (-3 + 1.5 + 4e9 + 1 + -7 + 0.25 + 65000 + (100 - 1) + 6 * -7) * 2.0;
    EXPECT_EQ(mix(&handle, -3, 1.5, 4'000'000'000u, true, -7, 0.25f, 65000, 100, 1, 6, -7, 2.0), expected);
    EXPECT_EQ(s.run("mix", {slot(-3), slot(1.5), slot(4'000'000'000u), slot(1), slot(-7), slot(0.25f),
                            slot(65000), slot(100), slot(1), slot(6), slot(-7), slot(2.0)})
                  .f64,
              expected);
    auto* narrow = c_function<std::int8_t(Handle*, std::int8_t, std::uint16_t)>(s, "narrow");
    EXPECT_EQ(narrow(&handle, 100, 100), static_cast<std::int8_t>(200));
    EXPECT_EQ(s.run("narrow", {slot(100), slot(100)}).i, -56);
    auto* div = c_function<std::int64_t(Handle*, std::int64_t, std::int64_t)>(s, "div");
    EXPECT_EQ(div(&handle, 42, 5), 8);
    EXPECT_EQ(div(&handle, 42, 0), 0);
    EXPECT_EQ(s.instance->context.status_word, TrapCode::DivisionByZero);
    s.instance->context.status_word = TrapCode::None;
    EXPECT_EQ(div(&handle, 42, 6), 7);
    c_function<void(Handle*)>(s, "nothing")(&handle);
    EXPECT_EQ(s.blob->c_entry(s.find("text").index()), nullptr);
    s.run("div", {slot(INT64_MIN), slot(-1)});
    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
}

Script* current = nullptr;
std::int64_t answer = 0;

// h(i64, String) -> String: doubles the text n times; n < 0 fails; n == 7 calls the script again.
std::uint32_t generic(rt::Context* context, void* registration, rt::Slot* io) {
    EXPECT_EQ(registration, &answer);
    const std::int64_t n = io[0].i;
    auto* text = static_cast<rt::Seq*>(io[1].ref);
    if (n < 0) {
        rt::rt_fail(context, TrapCode::HostError, "no", 2);
        return static_cast<std::uint32_t>(TrapCode::HostError);
    }
    if (n == 7) {
        rt::Slot row[2] = {slot(20), slot(std::int64_t(0))};
        EXPECT_EQ(current->thunk(current->find("fib"))(context, row), 0u);
        answer = row[0].i;
        EXPECT_EQ(current->thunk(current->find("bad"))(context, row),
                  static_cast<std::uint32_t>(TrapCode::DivisionByZero));
        context->trap_code = TrapCode::None;
    }
    std::string out;
    for (std::int64_t i = 0; i < n; ++i)
        out.append(reinterpret_cast<const char*>(text->data), static_cast<std::size_t>(text->length));
    io[0].ref = rt::rt_bytes_new(context, out.data(), static_cast<std::int64_t>(out.size()), 0);
    return 0;
}

double plain(std::int64_t a, const char* data, std::int64_t length, double b) {
    return static_cast<double>(a) + b + static_cast<double>(length) * 1000 + data[0];
}

const char* hosted = R"(
fn @fib(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 2
    v2 = icmp.lt v0, v1
    branch v2, b1, b2
b1:
    return v0
b2:
    v9 = const.i64 1
    v3 = sub.i64 v0, v9
    v4 = call @fib v3 @loc0
    v5 = sub.i64 v0, v1
    v6 = call @fib v5 @loc0
    v7 = add.i64 v4, v6 @loc1
    return v7
}

fn @bad(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    v2 = div.i64 v0, v1 @loc1
    return v2
}

fn @ask(v0: i64) -> i64 {
b0(v0: i64):
    v1 = literal.ref literal0
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2 @loc0
    v4 = call_host host0 v0, v1 @loc1
    v5 = seq_len.i64 v4
    release v3
    release v4
    v6 = add.i64 v5, v0
    return v6
}

fn @direct(v0: i64, v1: f64) -> f64 {
b0(v0: i64, v1: f64):
    v2 = literal.ref literal0
    v5 = seq_data.ptr v2
    v6 = seq_len.i64 v2
    v3 = call_host host1 v0, v5, v6, v1 @loc1
    v4 = fadd.f64 v3, v1
    return v4
}
)";

TEST(Border, HostFunctions) {
    GenerateOptions options;
    options.generic_call = &generic;
    options.host_targets.resize(2);
    options.host_targets[0].user_data = &answer;
    options.host_targets[1] = {reinterpret_cast<const void*>(&plain), nullptr, nullptr, false};
    for (rt::CodeMode mode : {rt::CodeMode::Polled, rt::CodeMode::Metered}) {
        options.mode = mode;
        Script s(hosted, options);
        current = &s;
        EXPECT_EQ(s.run("ask", {slot(3)}).i, 15 + 3);
        s.expect_clean();
        answer = 0;
        EXPECT_EQ(s.run("ask", {slot(7)}).i, 35 + 7);
        EXPECT_EQ(answer, 6765);
        s.expect_clean();
        s.run("ask", {slot(-1)});
        EXPECT_EQ(s.trap, TrapCode::HostError);
        EXPECT_EQ(s.message(), "host error: no");
        s.expect_clean();
        EXPECT_EQ(s.run("direct", {slot(5), slot(0.5)}).f64, 5 + 0.5 + 5000 + 'h' + 0.5);
    }
}

} // namespace
} // namespace tn::codegen::test
