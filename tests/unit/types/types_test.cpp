// Hash-consing, printing and layouts.
#include "types/layout.h"
#include "types/type_table.h"

#include <gtest/gtest.h>

namespace tn {
namespace {

struct TypesTest : ::testing::Test {
    TypeTable types;
    LayoutTable layouts{types};
    TypeId i64 = types.simple(TypeKind::I64);
    TypeId u8 = types.simple(TypeKind::U8);
    TypeId f64 = types.simple(TypeKind::F64);
    TypeId string = types.simple(TypeKind::String);

    TypeId tuple(std::vector<TypeId> parts) { return types.tuple(parts); }
    TypeId record(std::string name, std::vector<TypeId> fields) {
        Nominal nominal;
        nominal.name = std::move(name);
        for (std::size_t i = 0; i < fields.size(); ++i)
            nominal.fields.push_back({"f" + std::to_string(i), fields[i]});
        return types.make(TypeKind::Record, {}, types.add_nominal(std::move(nominal)).value);
    }
};

TEST_F(TypesTest, EqualTypesHaveEqualIds) {
    EXPECT_EQ(types.list(i64), types.list(i64));
    EXPECT_NE(types.list(i64), types.list(u8));
    EXPECT_EQ(tuple({i64, types.option(string)}), tuple({i64, types.option(string)}));
    EXPECT_EQ(tuple({}), types.simple(TypeKind::Unit));
    EXPECT_NE(types.param("T"), types.param("T"));
    std::vector<TypeId> many;
    for (int i = 0; i < 2000; ++i) many.push_back(types.list(many.empty() ? i64 : many.back()));
    EXPECT_EQ(types.list(i64), many[0]);
    EXPECT_EQ(types.list(many[998]), many[999]);
}

TEST_F(TypesTest, Prints) {
    EXPECT_EQ(types.print(types.list(types.option(i64))), "List[i64?]");
    EXPECT_EQ(types.print(types.option(tuple({i64, string}))), "(i64, String)?");
    TypeId fn_params[] = {i64, u8};
    TypeId fn = types.fn(fn_params, string);
    EXPECT_EQ(types.print(fn), "fn(i64, u8) -> String");
    EXPECT_EQ(types.print(types.option(fn)), "(fn(i64, u8) -> String)?");
    EXPECT_EQ(types.print(types.option(types.fn({}, types.simple(TypeKind::Unit)))), "(fn())?");
    TypeId pair[] = {i64, string};
    EXPECT_EQ(types.print(types.make(TypeKind::Enum, pair, types.result_id.value)), "Result[i64, String]");
    TypeId big = i64;
    for (int i = 0; i < 40; ++i) big = tuple({big, big});
    EXPECT_LT(types.print(big).size(), 1000u);
}

TEST_F(TypesTest, Substitutes) {
    TypeId t = types.param("T");
    TypeId params[] = {t};
    TypeId args[] = {string};
    EXPECT_EQ(types.substitute(types.list(types.option(t)), params, args), types.list(types.option(string)));
    const Nominal& option = types.nominal(types.option_id);
    Field some = option.variants[1].fields[0];
    EXPECT_EQ(types.field_type(types.option(u8), some), u8);
}

TEST_F(TypesTest, RecordsLieAsInC) {
    TypeId inner = record("Inner", {u8, i64});
    TypeId outer = record("Outer", {u8, inner, u8, string});
    const Layout& layout = layouts.get(outer);
    ASSERT_EQ(layout.leaves.size(), 5u);
    EXPECT_EQ(layout.leaves[0].offset, 0u);
    EXPECT_EQ(layout.leaves[1].offset, 8u);
    EXPECT_EQ(layout.leaves[2].offset, 16u);
    EXPECT_EQ(layout.leaves[3].offset, 24u);
    EXPECT_EQ(layout.leaves[4].offset, 32u);
    EXPECT_EQ(layout.size, 40u);
    EXPECT_EQ(layout.align, 8u);
    EXPECT_TRUE(layout.has_refs);
    EXPECT_EQ(layout.field_first, (std::vector<std::uint32_t>{0, 1, 3, 4, 5}));
    EXPECT_EQ(layouts.find(outer), &layout);
    EXPECT_TRUE(layouts.get(types.simple(TypeKind::Unit)).leaves.empty());
}

TEST_F(TypesTest, OptionsAndSharedSlots) {
    const Layout& option = layouts.get(types.option(i64));
    ASSERT_EQ(option.leaves.size(), 2u);
    EXPECT_EQ(option.leaves[0].scalar, Scalar::U8);
    EXPECT_EQ(option.leaves[1].offset, 8u);
    EXPECT_EQ(option.size, 16u);
    EXPECT_EQ(option.variants[1].slots, (std::vector<std::uint32_t>{1}));
    EXPECT_TRUE(layouts.get(types.option(string)).leaves[1].nullable);

    TypeId pair[] = {tuple({i64, string}), tuple({string, f64})};
    const Layout& result = layouts.get(types.make(TypeKind::Enum, pair, types.result_id.value));
    ASSERT_EQ(result.leaves.size(), 4u); // tag, i64, ref shared by both, f64
    EXPECT_EQ(result.variants[0].slots, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(result.variants[1].slots, (std::vector<std::uint32_t>{2, 3}));
    // A payload of the tag's own scalar does not share the tag.
    const Layout& small = layouts.get(types.option(u8));
    EXPECT_EQ(small.variants[1].slots, (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(small.size, 2u);
}

TEST_F(TypesTest, RecursionIsBoxed) {
    Nominal node;
    node.name = "Node";
    NominalId id = types.add_nominal(std::move(node));
    TypeId type = types.make(TypeKind::Record, {}, id.value);
    types.nominal(id).fields = {{"value", i64}, {"next", types.option(type)}};
    const Layout& layout = layouts.get(type);
    ASSERT_EQ(layout.leaves.size(), 3u);
    EXPECT_EQ(layout.leaves[2].scalar, Scalar::Ref);
    const Layout& option = layouts.get(types.option(type));
    EXPECT_TRUE(option.variants[1].fields[0].boxed);
    EXPECT_EQ(option.leaves.size(), 2u);
    EXPECT_TRUE(layouts.contains(type, types.option(type)));
    EXPECT_FALSE(layouts.contains(types.list(type), type));
}

TEST_F(TypesTest, TooLargeAndEndless) {
    TypeId big = i64;
    for (int i = 0; i < 64; ++i) big = tuple({big, big});
    EXPECT_EQ(layouts.get(big).leaves.size(), max_leaves + 1);
    EXPECT_EQ(layouts.get(types.option(big)).leaves.size(), max_leaves + 1);
    Nominal nominal;
    NominalId id = types.add_nominal(std::move(nominal));
    TypeId self = types.make(TypeKind::Record, {}, id.value);
    types.nominal(id).fields = {{"self", self}};
    EXPECT_EQ(layouts.get(self).leaves.size(), max_leaves + 1);
}

} // namespace
} // namespace tn
