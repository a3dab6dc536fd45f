// tenon.hpp without exceptions and without run-time type information: results alone. Runs, and prints what
// failed.
#include "tenon.hpp"

#include <cstdio>

static_assert(!TENON_EXCEPTIONS, "this file is compiled with -fno-exceptions");

static int failed = 0, passed = 0;
static void check(bool ok, int line) {
    ok ? ++passed : ++failed;
    if (!ok) std::printf("FAILED quiet.cpp:%d\n", line);
}
#define CHECK(condition) check(condition, __LINE__)

static void run() {
    auto rt = tenon::runtime::create();
    CHECK(rt.ok());
    const auto half = [](double x) { return x / 2; };
    static_assert(tenon::detail::is_plain<decltype(half)>(), "nothing can throw");
    CHECK(rt->try_function("host.half", half).ok());
    CHECK(rt->try_function("host.check", [](std::string name) -> tenon::result<std::int64_t> {
                if (name.empty()) return tenon::fail("no name");
                return std::int64_t(name.size());
            }).ok());
    CHECK(rt->try_compile("bad.tn", "fn").error().status() == TN_COMPILE);
    auto module =
        rt->try_compile("m.tn", "fn f(x: f64, s: String) -> f64 { host.half(x) + host.check(s) as f64 }");
    CHECK(module.ok());
    auto inst = module->try_instance();
    CHECK(inst.ok());
    auto f = inst->try_function("f");
    CHECK(f.ok());
    auto sum = f->try_call<double>(3.0, "four");
    CHECK(sum.ok() && *sum == 5.5);
    CHECK(f->try_call<double>(3.0, "").error().message() == "host error: no name");
    CHECK(f->try_call<double>(3, "four").error().status() == TN_TYPE);
    CHECK(inst->try_function("g").error().status() == TN_NOT_FOUND);
}

int main() {
    run();
    CHECK(tn_live_handles() == 0);
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
