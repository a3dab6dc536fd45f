// Signatures as text, and the registry of host functions.
#include "host/registry.h"

#include <gtest/gtest.h>

namespace tn::host {
namespace {

std::string canonical_of(std::string_view text) {
    TypeText type;
    if (auto error = parse_signature(text, type)) return "error: " + error->message;
    return canonical(type);
}

TEST(Signature, HasOneSpelling) {
    EXPECT_EQ(canonical_of("fn(i64,i64)->i64"), "fn(i64, i64) -> i64");
    EXPECT_EQ(canonical_of("  ( a : List[ i64 ] , mut b: String, ) "), "fn(List[i64], mut String)");
    EXPECT_EQ(canonical_of("fn() -> Option[Option[(i64, bool)]]"), "fn() -> (i64, bool)??");
    EXPECT_EQ(canonical_of("fn() -> ((i64))"), "fn() -> i64");
    EXPECT_EQ(canonical_of("fn() -> ()"), "fn()");
    EXPECT_EQ(canonical_of("fn(fn(i64) -> i64) -> (fn())?"), "fn(fn(i64) -> i64) -> (fn())?");
    EXPECT_EQ(canonical_of("fn(Point) -> geo.Line"), "fn(Point) -> geo.Line");
}

TEST(Signature, BadTextIsAnError) {
    for (const char* text : {"", "fn", "fn(", "fn(i64", "fn(i64,,i64)", "fn() ->", "fn() i64", "fn(List[)",
                             "fn(List[i64)", "fn((i64,))", "fn(\x01)"}) {
        TypeText type;
        EXPECT_TRUE(parse_signature(text, type).has_value()) << text;
    }
}

TEST(Signature, DeepNestingIsAnError) {
    for (const char* unit : {"(", "List[", "fn("}) {
        std::string text = "fn(";
        for (int i = 0; i < 3000; ++i) text += unit;
        TypeText type;
        EXPECT_TRUE(parse_signature(text, type).has_value());
    }
    TypeText type;
    EXPECT_TRUE(parse_type("i64" + std::string(3000, '?'), type).has_value());
    EXPECT_TRUE(parse_type(std::string(1 << 20, 'a'), type).has_value());
}

TEST(Signature, ResolvesBuiltinTypes) {
    TypeTable types;
    TypeText type;
    std::string unknown;
    ASSERT_FALSE(parse_type("List[(String, u8)?]", type));
    auto id = resolve_builtin(type, types, unknown);
    ASSERT_TRUE(id);
    EXPECT_EQ(types.print(*id), "List[(String, u8)?]");
    TypeText other;
    ASSERT_FALSE(parse_type("List[Point]", other));
    EXPECT_FALSE(resolve_builtin(other, types, unknown));
    EXPECT_EQ(unknown, "Point");
}

int finalized = 0;
void count_finalizer(void*) { ++finalized; }

TEST(Registry, EndsUserDataExactlyOnce) {
    finalized = 0;
    {
        Registry registry;
        std::string message;
        Registration first;
        first.path = "net.lookup";
        first.user_data = UserData(nullptr, count_finalizer);
        EXPECT_EQ(registry.add(first, "fn(String) -> i64", message), RegisterResult::Registered);
        Registration second;
        second.path = "net.lookup";
        second.user_data = UserData(nullptr, count_finalizer);
        EXPECT_EQ(registry.add(second, "fn(String) -> i64", message), RegisterResult::Duplicate);
        EXPECT_EQ(finalized, 0);
        second.user_data.reset();
        EXPECT_EQ(finalized, 1);
        registry.seal();
        Registration third;
        third.path = "late";
        EXPECT_EQ(registry.add(third, "fn()", message), RegisterResult::Sealed);
        EXPECT_EQ(registry.entries().size(), 1u);
    }
    EXPECT_EQ(finalized, 2);
}

// An extension's type, a function and its wrapper module; a function with another's type is refused.
void register_all(Registry& registry, const std::string& name) {
    std::string message;
    TypeRegistration type;
    type.user_data = UserData(nullptr, count_finalizer);
    type.uri = "org.tenon.shape/1";
    std::uint32_t number = 0;
    ASSERT_EQ(registry.add_type(type, name + ".Shape", name, number, message), RegisterResult::Registered) << message;
    Registration fn;
    fn.path = name + ".area";
    fn.extension = name;
    fn.user_data = UserData(nullptr, count_finalizer);
    EXPECT_EQ(registry.add(fn, "fn(Shape) -> f64", message), RegisterResult::Registered) << message;
    Registration foreign;
    foreign.path = name + ".other";
    foreign.extension = name;
    EXPECT_EQ(registry.add(foreign, "fn(HostShape)", message), RegisterResult::BadType);
    EXPECT_EQ(registry.add_module(name, {"", "", true}, message), RegisterResult::Registered);
    EXPECT_TRUE(registry.types().find(name + ".Shape"));
}

TEST(Registry, TakesBackWhatAnExtensionRegistered) {
    finalized = 0;
    Registry registry;
    std::string message;
    TypeRegistration type;
    std::uint32_t number = 0;
    EXPECT_EQ(registry.add_type(type, "HostShape", "", number, message), RegisterResult::Registered);
    registry.seal(); // extensions come later

    registry.roll_back([&] {
        const Registry::Mark mark = registry.begin_extension("shapes");
        register_all(registry, "shapes");
        return mark;
    }());
    EXPECT_EQ(finalized, 2);
    EXPECT_TRUE(registry.entries().empty());
    EXPECT_TRUE(registry.modules().empty());
    EXPECT_FALSE(registry.types().find("shapes.Shape"));
    EXPECT_FALSE(registry.types().find_uri("org.tenon.shape/1"));
    EXPECT_EQ(registry.types().count(), 2u); // its number is nobody's

    registry.begin_extension("shapes");
    register_all(registry, "shapes");
    const Registry::Mark inner = registry.begin_extension("others");
    register_all(registry, "others"); // shares the type
    EXPECT_EQ(finalized, 3);          // so that its own user data has no use
    EXPECT_EQ(*registry.types().find("others.Shape"), *registry.types().find("shapes.Shape"));
    registry.roll_back(inner);
    registry.commit_extension();
    EXPECT_EQ(finalized, 4);
    EXPECT_FALSE(registry.types().find("others.Shape"));
    EXPECT_EQ(*registry.types().find("shapes.Shape"), 2u);
    EXPECT_EQ(registry.entries().size(), 1u);
}

TEST(Registry, RefusesWhatCannotCross) {
    Registry registry;
    std::string message;
    auto add = [&](const char* path, const char* signature, bool is_generic) {
        Registration entry;
        entry.path = path;
        entry.is_generic = is_generic;
        return registry.add(entry, signature, message);
    };
    EXPECT_EQ(add("", "fn()", true), RegisterResult::BadPath);
    EXPECT_EQ(add("a..b", "fn()", true), RegisterResult::BadPath);
    EXPECT_EQ(add("1a", "fn()", true), RegisterResult::BadPath);
    EXPECT_EQ(add("a.", "fn()", true), RegisterResult::BadPath);
    EXPECT_EQ(add("f", "fn(mut i64)", true), RegisterResult::BadType);
    EXPECT_EQ(add("f", "fn(Point)", true), RegisterResult::BadType);
    EXPECT_EQ(add("f", "fn(List[i64])", false), RegisterResult::BadType);
    EXPECT_EQ(add("f", "fn() -> String", false), RegisterResult::BadType);
    EXPECT_EQ(add("f", "fn(String, Bytes, i8) -> f32", false), RegisterResult::Registered);
}

} // namespace
} // namespace tn::host
