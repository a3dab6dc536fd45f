// Format specs: reading, refusing, packing.
#include "builtins/constant.h"
#include "builtins/format_spec.h"

#include <cmath>
#include <gtest/gtest.h>

namespace tn {
namespace {

std::string refused(std::string_view text, FormatClass format_class) {
    std::string_view reason;
    return parse_format_spec(text, format_class, reason) ? "" : std::string(reason);
}

TEST(FormatSpec, Reads) {
    std::string_view reason;
    auto spec = parse_format_spec("é^+#012.5e", FormatClass::Float, reason);
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->fill, U'é');
    EXPECT_EQ(spec->align, '^');
    EXPECT_EQ(spec->sign, '+');
    EXPECT_TRUE(spec->alternate);
    EXPECT_TRUE(spec->zero);
    EXPECT_EQ(spec->width, 12u);
    EXPECT_EQ(spec->precision, 5);
    EXPECT_EQ(spec->type, 'e');
    auto empty = parse_format_spec("", FormatClass::Text, reason);
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->width, 0u);
    auto fill = parse_format_spec("<<5", FormatClass::Text, reason);
    ASSERT_TRUE(fill);
    EXPECT_EQ(fill->fill, U'<');
    EXPECT_EQ(fill->align, '<');
}

TEST(FormatSpec, Refuses) {
    EXPECT_NE(refused("x", FormatClass::Float), "");
    EXPECT_EQ(refused(".2f", FormatClass::Integer), "");
    EXPECT_NE(refused(".2d", FormatClass::Integer), "");
    EXPECT_NE(refused(".2", FormatClass::Integer), "");
    EXPECT_NE(refused("d", FormatClass::Text), "");
    EXPECT_NE(refused(".3", FormatClass::Text), "");
    EXPECT_NE(refused("=8", FormatClass::Text), "");
    EXPECT_NE(refused("+", FormatClass::Text), "");
    EXPECT_NE(refused("q", FormatClass::Integer), "");
    EXPECT_NE(refused("8 ", FormatClass::Integer), "");
    EXPECT_NE(refused("1000001", FormatClass::Integer), "");
    EXPECT_EQ(refused("1000000", FormatClass::Integer), "");
    EXPECT_NE(refused("99999999999999999999", FormatClass::Integer), "");
    EXPECT_NE(refused(".", FormatClass::Float), "");
    EXPECT_NE(refused("\xc3", FormatClass::Text), "");
}

TEST(FormatSpec, PacksAndUnpacks) {
    FormatSpec spec;
    spec.fill = 0x10ffff;
    spec.align = '=';
    spec.sign = ' ';
    spec.alternate = true;
    spec.zero = true;
    spec.type = 'X';
    spec.width = FormatSpec::max_width;
    for (std::int32_t precision : {-1, 0, 17, 1'000'000}) {
        spec.precision = precision;
        std::int64_t packed[2];
        spec.pack(packed);
        FormatSpec back = FormatSpec::unpack(packed[0], packed[1]);
        EXPECT_EQ(back.fill, spec.fill);
        EXPECT_EQ(back.align, '=');
        EXPECT_EQ(back.sign, ' ');
        EXPECT_TRUE(back.alternate);
        EXPECT_TRUE(back.zero);
        EXPECT_EQ(back.type, 'X');
        EXPECT_EQ(back.width, FormatSpec::max_width);
        EXPECT_EQ(back.precision, precision);
    }
}

TEST(Constants, Values) {
    EXPECT_EQ(find_builtin_constant(TypeKind::I8, "MIN")->bits, -128);
    EXPECT_EQ(find_builtin_constant(TypeKind::I64, "MIN")->bits, INT64_MIN);
    EXPECT_EQ(static_cast<std::uint64_t>(find_builtin_constant(TypeKind::U64, "MAX")->bits), UINT64_MAX);
    EXPECT_EQ(find_builtin_constant(TypeKind::U16, "BITS")->bits, 16);
    EXPECT_EQ(find_builtin_constant(TypeKind::U16, "BITS")->type, TypeKind::I64);
    EXPECT_EQ(find_builtin_constant(TypeKind::F32, "PI")->number, 3.14159265358979323846f);
    EXPECT_TRUE(std::isnan(find_builtin_constant(TypeKind::F64, "NAN")->number));
    EXPECT_FALSE(find_builtin_constant(TypeKind::I64, "PI"));
    EXPECT_FALSE(find_builtin_constant(TypeKind::String, "MAX"));
}

} // namespace
} // namespace tn
