// Objects: an instance holds the state. A class of the host around it gives its methods C++ types.
#include "tenon.hpp"

#include <cstdio>

class ZipCodes {
public:
    explicit ZipCodes(const tenon::module& script) : instance_(script.instance()) {}
    void populate(std::int64_t count) { populate_.call(count); }
    std::optional<std::int64_t> population_of(std::string_view zip) const {
        return population_of_.call<std::optional<std::int64_t>>(zip);
    }

private:
    tenon::instance instance_;
    tenon::function populate_ = instance_.function("populate", "fn(i64)");
    tenon::function population_of_ = instance_.function("population_of", "fn(String) -> i64?");
};

static void show(const ZipCodes& database, const char* zip) {
    if (const auto population = database.population_of(zip))
        std::printf("%s: %d\n", zip, static_cast<int>(*population));
    else
        std::printf("%s: unknown\n", zip);
}

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto script = rt.compile_path(argv[1]);
        ZipCodes first(script), second(script);
        first.populate(100000);
        show(first, "90210");
        show(first, "20500");
        show(second, "90210");
    }
    return tn_live_handles() != 0;
}
