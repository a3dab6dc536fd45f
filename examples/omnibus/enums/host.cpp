// Enums: a std::variant with an alternative per constructor.
#include "tenon.hpp"

#include <cstdio>

struct Rect {
    double w = 0, h = 0;
};
template <> struct tenon::record<Rect> {
    static constexpr auto fields = std::make_tuple(tenon::field("w", &Rect::w), tenon::field("h", &Rect::h));
};
using Shape = std::variant<double, Rect, std::monostate>; // Circle, Rect, Empty

static std::string text(const Shape& shape) {
    char buffer[100];
    if (const auto* radius = std::get_if<0>(&shape))
        std::snprintf(buffer, sizeof buffer, "circle %.1f", *radius);
    else if (const auto* rect = std::get_if<1>(&shape))
        std::snprintf(buffer, sizeof buffer, "rect %.1f x %.1f", rect->w, rect->h);
    else
        return "empty";
    return buffer;
}

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto area = inst.function("area"), bounds = inst.function("bounds"),
                   parse = inst.function("parse");
        for (const Shape& shape : {Shape(1.5), Shape(Rect{2, 3}), Shape(std::monostate())})
            std::printf("%s: area %.2f, bounds %s\n", text(shape).c_str(), area.call<double>(shape),
                        text(bounds.call<Shape>(shape)).c_str());
        for (const char* words : {"circle 2", "empty", "square 2"}) {
            const auto parsed = parse.call<std::variant<Shape, std::string>>(words); // a Result
            std::printf("%s\n", parsed.index() == 0 ? text(std::get<0>(parsed)).c_str()
                                                    : std::get<1>(parsed).c_str());
        }
        std::printf("%s\n", tn_type_variant_name(tn_function_param_type(area.raw(), 0), 1, nullptr));
    }
    return tn_live_handles() != 0;
}
