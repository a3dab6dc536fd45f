// Integers: they cross by their exact type, and what does not fit is an error.
#include "tenon.hpp"

#include <cstdio>

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto addition = inst.function("addition", "fn(u32, u32) -> u32");
        for (const auto& [a, b] : {std::pair(1u, 2u), std::pair(4294967295u, 1u)}) {
            const auto sum = addition.try_call<std::uint32_t>(a, b);
            if (sum)
                std::printf("%u + %u = %u\n", a, b, *sum);
            else
                std::printf("%u + %u: %s\n", a, b, sum.error().message().c_str());
        }
        // A double is no u32, whatever its number is.
        std::printf("%s\n", addition.try_call<std::uint32_t>(1.0, 2).error().status_name());
    }
    return tn_live_handles() != 0;
}
