// Shown and formatted text against tables that Python made.
#include "test_program.h"

#include "builtins/format_spec.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

namespace tn::rt::test {

namespace {

struct Case {
    std::string kind, value, spec, expected;
};

std::vector<Case> read_cases() {
    std::ifstream file(TN_SOURCE_DIR "/tests/unit/runtime/format_cases.tsv");
    std::vector<Case> cases;
    for (std::string line; std::getline(file, line);) {
        Case c;
        std::istringstream columns(line);
        for (std::string* column : {&c.kind, &c.value, &c.spec, &c.expected})
            std::getline(columns, *column, '\t');
        cases.push_back(std::move(c));
    }
    return cases;
}

class FormatTest : public RuntimeTest {
protected:
    Object* start() { return text("<"); }
    static FormatSpec spec_of(std::string_view spec_text, FormatClass format_class) {
        std::string_view reason;
        const auto spec = parse_format_spec(spec_text, format_class, reason);
        EXPECT_TRUE(spec.has_value()) << spec_text << ": " << reason;
        return spec.value_or(FormatSpec());
    }
    std::string run(const Case& c) {
        std::int64_t packed[2];
        if (c.kind == "int") {
            spec_of(c.spec, FormatClass::Integer).pack(packed);
            return take(rt_format_int(context, start(), std::stoll(c.value), packed[0], packed[1]));
        }
        if (c.kind == "text") {
            spec_of(c.spec, FormatClass::Text).pack(packed);
            Object* value = text(c.value);
            std::string out = take(rt_format_text(context, start(), value, packed[0], packed[1]));
            rt_release(context, value);
            return out;
        }
        const double value = std::bit_cast<double>(static_cast<std::uint64_t>(std::stoull(c.value)));
        if (c.kind == "repr") return take(rt_show_f64(context, start(), value));
        EXPECT_EQ(c.kind, "float");
        spec_of(c.spec, FormatClass::Float).pack(packed);
        return take(rt_format_f64(context, start(), value, packed[0], packed[1]));
    }
    std::string format_f32(float value, std::string_view spec) {
        std::int64_t packed[2];
        spec_of(spec, FormatClass::Float).pack(packed);
        return take(rt_format_f32(context, text(""), value, packed[0], packed[1]));
    }
};

} // namespace

TEST_F(FormatTest, AsPython) {
    const std::vector<Case> cases = read_cases();
    ASSERT_GT(cases.size(), 5000u);
    for (const Case& c : cases) {
        EXPECT_EQ(run(c), "<" + c.expected) << c.kind << " " << c.value << " spec '" << c.spec << "'";
    }
    expect_clean();
}

TEST_F(FormatTest, UnsignedAndF32) {
    std::int64_t packed[2];
    spec_of("#x", FormatClass::Integer).pack(packed);
    EXPECT_EQ(take(rt_format_uint(context, text(""), UINT64_MAX, packed[0], packed[1])),
              "0xffffffffffffffff");
    EXPECT_EQ(take(rt_show_uint(context, text(""), UINT64_MAX)), "18446744073709551615");
    EXPECT_EQ(take(rt_show_int(context, text(""), INT64_MIN)), "-9223372036854775808");
    EXPECT_EQ(format_f32(0.1f, ""), "0.1");
    EXPECT_EQ(format_f32(0.1f, ".10f"), "0.1000000015");
    EXPECT_EQ(format_f32(0.1f, ">6"), "   0.1");
    EXPECT_EQ(take(rt_show_f32(context, text(""), 0.1f)), "0.1");
    EXPECT_EQ(take(rt_show_f32(context, text(""), 16777216.0f)), "16777216.0");
    EXPECT_EQ(take(rt_show_f32(context, text(""), 3.4028235e38f)), "3.4028235e+38");
    EXPECT_EQ(take(rt_show_f32(context, text(""), -INFINITY)), "-inf");
    EXPECT_EQ(take(rt_show_f32(context, text(""), NAN)), "nan");
}

TEST_F(FormatTest, LargePrecisionAndWidth) {
    std::int64_t packed[2];
    spec_of(".1000000f", FormatClass::Float).pack(packed);
    EXPECT_EQ(take(rt_format_f64(context, text(""), 0.5, packed[0], packed[1])).size(), 1000002u);
    spec_of(".1000000g", FormatClass::Float).pack(packed);
    EXPECT_EQ(take(rt_format_f64(context, text(""), -1e300, packed[0], packed[1])).size(), 302u);
    spec_of("#.1000000e", FormatClass::Float).pack(packed);
    EXPECT_EQ(take(rt_format_f64(context, text(""), 5e-324, packed[0], packed[1])).size(), 1000007u);
    spec_of(".1074f", FormatClass::Float).pack(packed); // all its digits are behind the point
    const std::string smallest = take(rt_format_f64(context, text(""), 5e-324, packed[0], packed[1]));
    EXPECT_EQ(smallest.find_first_not_of("0."), 2u + 323);
    EXPECT_TRUE(smallest.ends_with("533447265625")) << smallest;
    spec_of(".460f", FormatClass::Float).pack(packed); // 309 digits in front, and zeros
    EXPECT_EQ(take(rt_format_f64(context, text(""), 1e308, packed[0], packed[1])).size(), 309u + 1 + 460);
    spec_of("1000000", FormatClass::Integer).pack(packed);
    EXPECT_EQ(take(rt_format_int(context, text(""), -7, packed[0], packed[1])).size(), 1000000u);
    instance->heap.set_limit(4096);
    EXPECT_EQ(rt_format_int(context, text("x"), -7, packed[0], packed[1]), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    spec_of(".1000000f", FormatClass::Float).pack(packed);
    EXPECT_EQ(rt_format_f64(context, text("x"), 0.5, packed[0], packed[1]), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    expect_clean();
}

TEST_F(FormatTest, Quoted) {
    const auto quoted = [&](std::string_view source) {
        Object* object = text(source);
        std::string out = take(rt_show_quoted(context, text("="), object));
        rt_release(context, object);
        return out;
    };
    EXPECT_EQ(quoted(""), "=\"\"");
    EXPECT_EQ(quoted("a'b\"c\\d\n\t\r"), "=\"a'b\\\"c\\\\d\\n\\t\\r\"");
    EXPECT_EQ(quoted(std::string_view("\0\x1b\x7f", 3)), "=\"\\0\\x1b\\x7f\"");
    EXPECT_EQ(quoted("h\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"),
              "=\"h\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80\"");
    EXPECT_EQ(quoted("\xc2\x85\xe2\x80\x8b"), "=\"\\u{85}\\u{200b}\"");
    EXPECT_EQ(take(rt_show_quoted_char(context, text(""), 'a')), "'a'");
    EXPECT_EQ(take(rt_show_quoted_char(context, text(""), '\'')), "'\\''");
    EXPECT_EQ(take(rt_show_quoted_char(context, text(""), '"')), "'\"'");
    EXPECT_EQ(take(rt_show_quoted_char(context, text(""), 0x10ffff)), "'\\u{10ffff}'");
    Object* object = bytes(std::string_view("\0ab\"\\\n\xff", 7));
    EXPECT_EQ(take(rt_show_bytes(context, text(""), object)), "b\"\\x00ab\\\"\\\\\\n\\xff\"");
    rt_release(context, object);
    EXPECT_EQ(take(rt_show_bool(context, text("is "), true)), "is true");
    expect_clean();
}

} // namespace tn::rt::test
