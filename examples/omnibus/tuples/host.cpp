// A tuple is a std::tuple, or a std::pair.
#include "tenon.hpp"

#include <cstdio>

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto [number, flag] =
            inst.function("flip_things_around").call<std::pair<std::uint32_t, bool>>(std::pair(10, true));
        std::printf("(%u, %s)\n", number, flag ? "true" : "false");
    }
    return tn_live_handles() != 0;
}
