// Text goes in as any text of C++. It is checked and copied at once.
#include "tenon.hpp"

#include <cstdio>

int main(int, char** argv) {
    {
        using namespace std::string_literals;
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto how_many = inst.function("how_many_characters");
        for (const std::string& text : {"göes to élevên"s, ""s, "a\0b"s, "not \xFF UTF-8"s}) {
            const auto n = how_many.try_call<int>(text);
            if (n)
                std::printf("%d\n", *n);
            else
                std::printf("%s\n", n.error().status_name());
        }
    }
    return tn_live_handles() != 0;
}
