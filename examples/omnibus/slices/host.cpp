// A vector becomes a list in one step, and a list a vector.
#include "tenon.hpp"

#include <cstdio>

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const std::vector<std::uint32_t> numbers{1, 2, 3, 4, 5, 6};
        std::printf("%u\n", inst.function("sum_of_even").call<unsigned>(numbers));
        const char* between = "";
        for (const auto n : inst.function("doubled").call<std::vector<std::uint32_t>>(numbers))
            std::printf("%s%u", std::exchange(between, " "), n);
        std::printf("\n");
    }
    return tn_live_handles() != 0;
}
