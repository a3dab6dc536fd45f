// The same with tenon.hpp.
#include <tenon.hpp>

#include <cstdio>
#include <limits>

int main() {
    {
        tenon::runtime rt;
        auto module = rt.compile("m.tn", "fn twice(n: i64) -> i64 { n * 2 }");
        auto inst = module.instance();
        auto twice = inst.function("twice");
        std::printf("%d\n", static_cast<int>(twice.call<std::int64_t>(21)));
        try {
            twice.call<std::int64_t>(std::numeric_limits<std::int64_t>::max());
        } catch (const tenon::exception& e) { std::printf("%s", e.error().render().c_str()); }
    }
    return tn_live_handles() != 0;
}
