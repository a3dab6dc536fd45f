#include "host.h"

#include "driver/registered.h"
#include "runtime/entry_points.h"
#include "runtime/host_type.h"
#include "runtime/instance.h"
#include "support/ice.h"

#include <cstring>
#include <string>

namespace tn::golden {

namespace {

// --- plain C functions ---

long live = 0;
struct Counter {
    std::int64_t value;
    explicit Counter(std::int64_t v) : value(v) { ++live; }
    ~Counter() { --live; }
};

extern "C" {
std::int64_t golden_add(std::int64_t a, std::int64_t b) { return a + b; }
double golden_mix(std::int8_t a, std::uint16_t b, float c, double d, bool e, std::uint32_t f) {
    return a + b * 10.0 + static_cast<double>(c) * 100 + d * 1000 + (e ? 10000 : 0) + f * 100000.0;
}
std::int8_t golden_narrow(std::int64_t n) { return static_cast<std::int8_t>(n); }
float golden_half(float x) { return x / 2; }
std::int64_t golden_many(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d, std::int64_t e, std::int64_t f,
                         std::int64_t g, std::int8_t h, double i, double j, double k, double l, double m, double n,
                         double o, double p, double q, float r) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h +
           static_cast<std::int64_t>(i + j + k + l + m + n + o + p + 10 * q + 100 * static_cast<double>(r));
}
std::int64_t golden_bytes(const char* text, std::size_t length) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < length; ++i) sum += static_cast<unsigned char>(text[i]);
    return sum;
}
double golden_sum(const double* xs, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += xs[i];
    return sum;
}
std::int32_t golden_halve(std::int64_t n, std::int64_t* out) {
    if (n % 2 != 0) return 1500;
    *out = n / 2;
    return 0;
}
struct Quotient {
    std::int64_t quotient;
    std::int8_t rest;
    float exact;
};
std::int32_t golden_divide(std::int64_t a, std::int64_t b, Quotient* out) {
    if (b == 0) return 1501;
    *out = {a / b, static_cast<std::int8_t>(a % b), static_cast<float>(a) / static_cast<float>(b)};
    return 0;
}
std::int32_t golden_check(bool ok) { return ok ? 0 : 1502; }
std::int64_t golden_square(std::int64_t n) { return n * n; }

void* golden_counter(std::int64_t n) { return n < 0 ? nullptr : new Counter(n); }
std::int64_t golden_value(void* counter) { return static_cast<Counter*>(counter)->value; }
void golden_bump(void* counter, std::int64_t by) { static_cast<Counter*>(counter)->value += by; }
std::int32_t golden_set(void* counter, std::int64_t value) {
    if (value < 0) return 1503;
    static_cast<Counter*>(counter)->value = value;
    return 0;
}
void* golden_plus(void* a, void* b) { return new Counter(golden_value(a) + golden_value(b)); }
void* golden_plus_int(void* a, std::int64_t b) { return new Counter(golden_value(a) + b); }
void* golden_negate(void* a) { return new Counter(-golden_value(a)); }
std::int64_t golden_index(void* a, std::int64_t i) { return golden_value(a) * 10 + i; }
std::int64_t golden_compare(void* a, void* b) { return golden_value(a) - golden_value(b); }
std::int64_t golden_live() { return live; }
}

// --- generic functions: slots in, slots out ---

using Generic = std::uint32_t (*)(rt::Context*, rt::Slot*);

std::uint32_t weigh(rt::Context*, rt::Slot* io) {
    io[0].f64 = static_cast<double>(io[0].i) * io[1].f64 + (io[2].u != 0 ? 0.5 : 0);
    return 0;
}
std::uint32_t swap(rt::Context*, rt::Slot* io) {
    std::swap(io[0], io[1]);
    return 0;
}
std::uint32_t fail(rt::Context* context, rt::Slot* io) {
    const auto* text = static_cast<const rt::Seq*>(io[0].ref);
    rt::rt_fail(context, TrapCode::HostError, reinterpret_cast<const char*>(text->data),
                static_cast<std::size_t>(text->length));
    return static_cast<std::uint32_t>(TrapCode::HostError);
}
std::uint32_t twice(rt::Context* context, rt::Slot* io) {
    const auto* text = static_cast<const rt::Seq*>(io[0].ref);
    std::string both(reinterpret_cast<const char*>(text->data), static_cast<std::size_t>(text->length));
    both += both;
    io[0].ref = rt::rt_bytes_new(context, both.data(), static_cast<std::int64_t>(both.size()), 0);
    return static_cast<std::uint32_t>(context->trap_code);
}

std::uint32_t call_generic(rt::Context* context, void* registration, rt::Slot* io) {
    return reinterpret_cast<Generic>(static_cast<host::Registration*>(registration)->address)(context, io);
}

void note_status(rt::Context* context, void* registration, std::int32_t status) {
    const std::string text =
        "`" + static_cast<host::Registration*>(registration)->path + "` answered " + std::to_string(status);
    rt::rt_fail(context, TrapCode::HostError, text.data(), text.size());
}

// --- the type ---

void end_counter(void* p, void*) { delete static_cast<Counter*>(p); }
std::int32_t clone_counter(void* p, void*, void** out) {
    *out = new Counter(golden_value(p));
    return 0;
}
std::int32_t equal_counters(const void* a, const void* b, void*) {
    return static_cast<const Counter*>(a)->value == static_cast<const Counter*>(b)->value;
}
std::uint64_t hash_counter(const void* p, void*) {
    return static_cast<std::uint64_t>(static_cast<const Counter*>(p)->value);
}
std::uint64_t size_of_counter(const void* p, void*) {
    const std::int64_t value = static_cast<const Counter*>(p)->value;
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}
rt::Object* show_counter(rt::Context* context, const rt::HostType&, void* p) {
    const std::string text = "#" + std::to_string(golden_value(p));
    return rt::rt_bytes_new(context, text.data(), static_cast<std::int64_t>(text.size()), 0);
}

struct Golden {
    host::Registry registry;
    Golden();

private:
    template <typename Function>
    void add(const char* path, const char* signature, Function* function, bool is_generic = false, bool has_status = false,
             bool is_pure = false) {
        host::Registration entry;
        entry.path = path;
        entry.address = reinterpret_cast<void (*)()>(function);
        entry.is_generic = is_generic;
        entry.has_status = has_status;
        entry.is_pure = is_pure;
        std::string message;
        TN_CHECK(registry.add(entry, signature, message) == host::RegisterResult::Registered, message);
    }
};

Golden::Golden() {
    host::TypeRegistration counter;
    counter.type.finalize = &end_counter;
    counter.type.clone = &clone_counter;
    counter.type.equal = &equal_counters;
    counter.type.hash = &hash_counter;
    counter.type.extra_bytes = &size_of_counter;
    counter.type.show = &show_counter;
    std::uint32_t number = 0;
    std::string message;
    TN_CHECK(registry.add_type(counter, "host.Counter", "", number, message) == host::RegisterResult::Registered, message);
    host::TypeRegistration plain; // without any function of its own
    plain.type.finalize = &end_counter;
    TN_CHECK(registry.add_type(plain, "host.Token", "", number, message) == host::RegisterResult::Registered, message);

    add("host.add", "fn(i64, i64) -> i64", &golden_add);
    add("host.mix", "fn(i8, u16, f32, f64, bool, char) -> f64", &golden_mix);
    add("host.narrow", "fn(i64) -> i8", &golden_narrow);
    add("host.half", "fn(f32) -> f32", &golden_half);
    add("host.many",
        "fn(i64, i64, i64, i64, i64, i64, i64, i8, f64, f64, f64, f64, f64, f64, f64, f64, f64, f32) -> i64",
        &golden_many);
    add("host.text_sum", "fn(String) -> i64", &golden_bytes);
    add("host.bytes_sum", "fn(Bytes) -> i64", &golden_bytes);
    add("host.sum", "fn(Slice[f64]) -> f64", &golden_sum);
    add("host.halve", "fn(i64) -> i64", &golden_halve, false, true);
    add("host.divide", "fn(i64, i64) -> (i64, i8, f32)", &golden_divide, false, true);
    add("host.check", "fn(bool)", &golden_check, false, true);
    add("host.square", "fn(i64) -> i64", &golden_square, false, false, true);
    add("host.live", "fn() -> i64", &golden_live);
    add("host.Counter.new", "fn(i64) -> Counter", &golden_counter);
    add("host.Counter.value", "fn(Counter) -> i64", &golden_value);
    add("host.Counter.bump", "fn(mut Counter, i64)", &golden_bump);
    add("host.Counter.set", "fn(mut Counter, i64)", &golden_set, false, true);
    add("host.Counter.add", "fn(Counter, Counter) -> Counter", &golden_plus);
    add("host.Counter.add", "fn(Counter, i64) -> Counter", &golden_plus_int);
    add("host.Counter.neg", "fn(Counter) -> Counter", &golden_negate);
    add("host.Counter.index", "fn(Counter, i64) -> i64", &golden_index);
    add("host.Counter.cmp", "fn(Counter, Counter) -> i64", &golden_compare);
    add("host.Token.new", "fn(i64) -> Token", &golden_counter);
    add("host.weigh", "fn(i64, f64, bool) -> f64", &weigh, true);
    add("host.swap", "fn(i64, f64) -> (f64, i64)", &swap, true);
    add("host.fail", "fn(String) -> i64", &fail, true);
    add("host.twice", "fn(String) -> String", &twice, true);
    auto variable = [&](const char* path, const char* type, const char* value) {
        host::Variable entry;
        entry.path = path;
        entry.is_const = value != nullptr;
        if (value) entry.value = value;
        TN_CHECK(registry.add_variable(entry, type, message) == host::RegisterResult::Registered, message);
    };
    variable("host.LIMIT", "i64", "40");
    variable("host.NAMES", "List[String]", "[\"a\", \"b\"]");
    variable("host.user", "String", nullptr);
}

} // namespace

void add_host(driver::Engine& engine) {
    static Golden golden; // once: it outlives every engine
    driver::take_registrations(engine, golden.registry);
    engine.generic_call = &call_generic;
    engine.plain_failure = &note_status;
}

long live_counters() { return live; }

} // namespace tn::golden
