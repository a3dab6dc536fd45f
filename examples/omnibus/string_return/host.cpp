// Text comes out as a std::string of the host's own.
#include "tenon.hpp"

#include <cstdio>

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto song = inst.function("theme_song").call<std::string>(5);
        std::printf("%s\n%zu bytes\n", song.c_str(), song.size());
    }
    return tn_live_handles() != 0;
}
