// include/tenon.hpp against the shared library: conversions both ways, callables for scripts, errors,
// lifetimes.
#include "tenon.hpp"

#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>
#include <thread>

namespace {

struct Point {
    double x = 0, y = 0;
};
struct Item {
    std::string name;
    std::int64_t count = 0;
    std::optional<Point> at;
    std::vector<std::pair<std::string, std::uint8_t>> tags;
};

} // namespace

template <> struct tenon::record<Point> {
    static constexpr auto fields =
        std::make_tuple(tenon::field("y", &Point::y), tenon::field("x", &Point::x));
};
template <> struct tenon::record<Item> {
    static constexpr auto fields =
        std::make_tuple(tenon::field("name", &Item::name), tenon::field("at", &Item::at),
                        tenon::field("count", &Item::count), tenon::field("tags", &Item::tags));
};

namespace {

// A day, and how many of them there are.
struct Day {
    static inline int alive = 0;
    std::int64_t number = 0;
    explicit Day(std::int64_t n = 0) : number(n) { ++alive; }
    Day(const Day& other) : number(other.number) { ++alive; }
    Day& operator=(const Day&) = default;
    ~Day() { --alive; }
    bool operator==(const Day& other) const { return number == other.number; }
};
// It cannot be copied.
struct Log {
    std::vector<std::string> lines;
    Log() = default;
    Log(Log&&) = default;
    Log& operator=(Log&&) = default;
};

} // namespace

template <> struct tenon::host_type<Day> {
    static constexpr const char* path = "time.Day";
    static constexpr const char* uri = "org.example.day/1";
};
template <> struct tenon::host_type<Log> {
    static constexpr const char* path = "Log";
};
template <> struct std::hash<Day> {
    std::size_t operator()(const Day& d) const { return std::hash<std::int64_t>()(d.number); }
};

namespace {

using namespace std::string_literals;

// Each test ends without a handle left.
class Hpp : public testing::Test {
protected:
    ~Hpp() override { EXPECT_EQ(tn_live_handles(), 0u); }
};

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const tenon::exception& e) { return e.what(); }
    return "no exception";
}

template <class T> T echo(const tenon::instance& inst, const char* name, const T& x) {
    return inst.function(name).call<T>(x);
}

constexpr const char* echoes = R"(
record Point { x: f64, y: f64 }
record Item { name: String, count: i64, at: Point?, tags: List[(String, u8)] }
fn i8_(x: i8) -> i8 { x }
fn u8_(x: u8) -> u8 { x }
fn i16_(x: i16) -> i16 { x }
fn u32_(x: u32) -> u32 { x }
fn i64_(x: i64) -> i64 { x }
fn u64_(x: u64) -> u64 { x }
fn f32_(x: f32) -> f32 { x }
fn f64_(x: f64) -> f64 { x }
fn bool_(x: bool) -> bool { x }
fn char_(x: char) -> char { x }
fn text(x: String) -> String { x }
fn bytes(x: Bytes) -> Bytes { x }
fn ints(x: List[i64]) -> List[i64] { x }
fn shorts(x: List[i16]) -> List[i16] { x }
fn bools(x: List[bool]) -> List[bool] { x }
fn texts(x: List[String]) -> List[String] { x }
fn nested(x: List[List[f64]?]) -> List[List[f64]?] { x }
fn pair(x: (i64, String)) -> (i64, String) { x }
fn item(x: Item) -> Item { x }
fn items(x: List[Item]) -> List[Item] { x }
fn points(x: List[Point]) -> f64 { let s = 0.0; for p in x { s += p.x * 10.0 + p.y; } s }
)";

TEST_F(Hpp, ScalarsKeepTheirValue) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    EXPECT_EQ(echo<std::int8_t>(inst, "i8_", -128), -128);
    EXPECT_EQ(echo<std::uint8_t>(inst, "u8_", 255), 255);
    EXPECT_EQ(echo<short>(inst, "i16_", -32768), -32768);
    EXPECT_EQ(echo<unsigned>(inst, "u32_", 4000000000u), 4000000000u);
    EXPECT_EQ(echo<long long>(inst, "i64_", std::numeric_limits<long long>::min()),
              std::numeric_limits<long long>::min());
    EXPECT_EQ(echo<std::uint64_t>(inst, "u64_", ~std::uint64_t(0)), ~std::uint64_t(0));
    EXPECT_EQ(echo<float>(inst, "f32_", 0.1f), 0.1f);
    EXPECT_EQ(echo<double>(inst, "f64_", 0.1), 0.1);
    EXPECT_EQ(echo<bool>(inst, "bool_", true), true);
    EXPECT_EQ(echo<char32_t>(inst, "char_", U'\U0001F600'), U'\U0001F600');
}

TEST_F(Hpp, IntegersConvertWhereTheyFit) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    EXPECT_EQ(inst.function("u8_").call<long>(200), 200);
    EXPECT_EQ(inst.function("i64_").call<std::int8_t>(-7), -7);
    EXPECT_EQ(message_of([&] { inst.function("u8_").call<int>(256); }), "argument 1: 256 does not fit u8");
    EXPECT_EQ(message_of([&] { inst.function("u8_").call<int>(-1); }), "argument 1: -1 does not fit u8");
    EXPECT_EQ(message_of([&] { inst.function("i8_").call<int>(128u); }), "argument 1: 128 does not fit i8");
    EXPECT_EQ(message_of([&] { inst.function("i64_").call<int>(~std::uint64_t(0)); }),
              "argument 1: 18446744073709551615 does not fit i64");
    EXPECT_EQ(message_of([&] { inst.function("i64_").call<std::uint8_t>(-1); }),
              "result of i64_: -1 does not fit u8");
    EXPECT_EQ(message_of([&] { inst.function("u64_").call<std::int64_t>(~std::uint64_t(0)); }),
              "result of u64_: 18446744073709551615 does not fit i64");
}

TEST_F(Hpp, NothingDecays) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    EXPECT_EQ(message_of([&] { inst.function("f64_").call<double>(1); }),
              "argument 1: expected f64, found an integer");
    EXPECT_EQ(message_of([&] { inst.function("i64_").call<std::int64_t>(1.0); }),
              "argument 1: expected i64, found f64");
    EXPECT_EQ(message_of([&] { inst.function("i64_").call<double>(1); }),
              "result of i64_: expected f64, found i64");
    EXPECT_EQ(message_of([&] { inst.function("bool_").call<bool>(1); }),
              "argument 1: expected bool, found an integer");
    EXPECT_EQ(message_of([&] { inst.function("f32_").call<float>(0.1); }),
              "argument 1: 0.100000 is not exact in f32");
    EXPECT_EQ(inst.function("f32_").call<double>(0.5), 0.5);
    EXPECT_EQ(message_of([&] { inst.function("text").call<std::string>(true); }),
              "argument 1: expected String, found bool");
    EXPECT_EQ(message_of([&] { inst.function("i64_").call<int>(1, 2); }),
              "i64_ has 1 parameters, 2 arguments were given");
}

TEST_F(Hpp, TextAndBytes) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    const auto text = inst.function("text");
    EXPECT_EQ(text.call<std::string>("grün"), "grün");
    EXPECT_EQ(text.call<std::string>("a\0b"s), "a\0b"s);
    EXPECT_EQ(text.call<std::string>(std::string_view("view")), "view");
    EXPECT_EQ(text.call<std::string>(""), "");
    EXPECT_NE(message_of([&] { text.call<std::string>("\xff"); }).find("UTF-8"), std::string::npos);
    const std::vector<std::byte> data{std::byte{0}, std::byte{255}};
    EXPECT_EQ(echo(inst, "bytes", data), data);
    EXPECT_EQ(echo(inst, "bytes", std::vector<std::byte>{}), std::vector<std::byte>{});
}

TEST_F(Hpp, ListsOptionsTuples) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    EXPECT_EQ(echo(inst, "ints", std::vector<std::int64_t>{1, -2, 3}), (std::vector<std::int64_t>{1, -2, 3}));
    EXPECT_EQ(echo(inst, "ints", std::vector<std::int64_t>{}), std::vector<std::int64_t>{});
    // Element by element where the layouts differ.
    EXPECT_EQ(echo(inst, "shorts", std::vector<int>{1, -2}), (std::vector<int>{1, -2}));
    EXPECT_EQ(echo(inst, "bools", std::vector<bool>{true, false}), (std::vector<bool>{true, false}));
    EXPECT_EQ(echo(inst, "texts", std::vector{"a"s, "b"s}), (std::vector{"a"s, "b"s}));
    const std::vector<std::optional<std::vector<double>>> nested{std::vector{1.5}, std::nullopt,
                                                                 std::vector<double>{}};
    EXPECT_EQ(echo(inst, "nested", nested), nested);
    EXPECT_EQ(echo(inst, "pair", std::pair(std::int64_t(3), "c"s)), std::pair(std::int64_t(3), "c"s));
    EXPECT_EQ(echo(inst, "pair", std::tuple(std::int64_t(3), "c"s)), std::tuple(std::int64_t(3), "c"s));
    EXPECT_EQ(message_of([&] {
                  inst.function("shorts").call<std::vector<int>>(std::vector{1, 70000});
              }),
              "argument 1[1]: 70000 does not fit i16");
    EXPECT_EQ(message_of([&] { inst.function("pair").call(std::tuple(1, 2)); }),
              "argument 1.1: expected String, found an integer");
    EXPECT_EQ(message_of([&] { inst.function("pair").call(std::tuple(1, 2, 3)); }),
              "argument 1: expected (i64, String), found a tuple of 3");
    EXPECT_EQ(message_of([&] { inst.function("pair").call<std::tuple<int>>(std::tuple(1, "x")); }),
              "result of pair: expected a tuple of 1, found a longer one");
}

TEST_F(Hpp, RecordsByTheNamesOfTheirFields) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    const Item in{"pear", 7, Point{1, 2}, {{"green", 1}, {"big", 2}}};
    const Item out = echo(inst, "item", in);
    EXPECT_EQ(out.name, "pear");
    EXPECT_EQ(out.count, 7);
    ASSERT_TRUE(out.at);
    EXPECT_EQ(out.at->x, 1);
    EXPECT_EQ(out.at->y, 2);
    EXPECT_EQ(out.tags, in.tags);
    EXPECT_EQ(echo(inst, "items", std::vector{in, Item{}}).size(), 2u);
    EXPECT_EQ(inst.function("points").call<double>(std::vector{Point{1, 2}, Point{3, 4}}), 46);
    EXPECT_EQ(message_of([&] { inst.function("item").call(Point{}); }),
              "argument 1: Item has 4 fields, the struct 2");
    EXPECT_EQ(message_of([&] { inst.function("item").call<Point>(in); }),
              "result of item: the record has no field `y`");
}

enum class Light { Red, Green };
struct Rect {
    double w = 0, h = 0;
};
using Shape = std::variant<double, Rect, std::monostate, std::tuple<std::int64_t, std::string>, Point>;

} // namespace

template <> struct tenon::record<Rect> {
    static constexpr auto fields = std::make_tuple(tenon::field("h", &Rect::h), tenon::field("w", &Rect::w));
};

namespace {

TEST_F(Hpp, MapsAndSets) {
    tenon::runtime rt;
    rt.function("host.count", [](const std::map<std::string, std::set<std::int64_t>>& m) {
        std::map<std::string, std::int64_t> out;
        for (const auto& [k, v] : m) out[k] = static_cast<std::int64_t>(v.size());
        return out;
    });
    const auto inst = rt.compile("m.tn", R"(
fn ages(x: Map[String, i64]) -> Map[String, i64] { x["new"] = 1; x }
fn sets(x: Set[i64]) -> Set[i64] { x.insert(7); x }
fn deep(x: Map[i64, List[String]]) -> Map[i64, List[String]] { x }
fn counts(x: Map[String, Set[i64]]) -> Map[String, i64] { host.count(x) }
)")
                          .instance();
    using ages = std::map<std::string, std::int64_t>;
    EXPECT_EQ(inst.function("ages").call<ages>(ages{{"a", 2}}), (ages{{"a", 2}, {"new", 1}}));
    EXPECT_EQ(inst.function("ages").call<ages>(std::unordered_map<std::string, int>{}), (ages{{"new", 1}}));
    EXPECT_EQ((inst.function("sets").call<std::set<int>>(std::unordered_set<int>{1, 7})),
              (std::set<int>{1, 7}));
    using deep = std::map<int, std::vector<std::string>>;
    EXPECT_EQ(echo(inst, "deep", deep{{-1, {"a", "b"}}, {2, {}}}), (deep{{-1, {"a", "b"}}, {2, {}}}));
    EXPECT_EQ(
        (inst.function("counts").call<ages>(std::map<std::string, std::set<int>>{{"x", {1, 2}}, {"y", {}}})),
        (ages{{"x", 2}, {"y", 0}}));
    EXPECT_EQ(message_of([&] {
                  inst.function("deep").call(std::map<int, std::vector<int>>{{3, {1}}});
              }),
              "argument 1[3][0]: expected String, found an integer");
    EXPECT_EQ((message_of([&] { inst.function("ages").call<std::map<std::string, bool>>(ages{}); })),
              "result of ages[\"new\"]: expected bool, found i64");
}

TEST_F(Hpp, EnumsAreVariants) {
    tenon::runtime rt;
    const auto inst = rt.compile("m.tn", R"(
record Point { x: f64, y: f64 }
enum Shape { Circle(f64), Rect { w: f64, h: f64 }, Empty, Named(i64, String), At(Point) }
enum Light { Red, Green }
fn shape(x: Shape) -> Shape { x }
fn area(x: Shape) -> f64 { match x { Circle(r) => r, Rect { w, h } => w * 10.0 + h, Empty => 0.0, Named(n, _) => n as f64, At(p) => p.y } }
fn light(x: Light) -> Light { match x { Red => Light.Green, Green => Light.Red } }
fn parse(s: String) -> Result[i64, String] { match s.parse_int() { Some(n) => Ok(n), None => Err(f"no number: {s}") } }
)")
                          .instance();
    const auto area = [&](const Shape& s) { return inst.function("area").call<double>(s); };
    EXPECT_EQ(area(2.5), 2.5);
    EXPECT_EQ(area(Rect{3, 4}), 34);
    EXPECT_EQ(area(std::monostate()), 0);
    EXPECT_EQ(area(std::tuple(std::int64_t(9), "n"s)), 9);
    EXPECT_EQ(area(Point{1, 2}), 2);
    EXPECT_EQ(std::get<0>(echo<Shape>(inst, "shape", 2.5)), 2.5);
    EXPECT_EQ(std::get<1>(echo<Shape>(inst, "shape", Rect{3, 4})).h, 4);
    EXPECT_EQ(echo<Shape>(inst, "shape", std::monostate()).index(), 2u);
    EXPECT_EQ(std::get<3>(echo<Shape>(inst, "shape", std::tuple(std::int64_t(9), "n"s))),
              std::tuple(std::int64_t(9), "n"s));
    EXPECT_EQ(std::get<4>(echo<Shape>(inst, "shape", Point{1, 2})).x, 1);
    EXPECT_EQ(echo(inst, "light", Light::Red), Light::Green);
    using parsed = std::variant<std::int64_t, std::string>;
    EXPECT_EQ(inst.function("parse").call<parsed>("12"), parsed(std::int64_t(12)));
    EXPECT_EQ(inst.function("parse").call<parsed>("x"), parsed("no number: x"s));
    EXPECT_EQ(message_of([&] { inst.function("light").call(static_cast<Light>(2)); }),
              "argument 1: Light has no constructor 2");
    EXPECT_EQ((message_of([&] { inst.function("light").call(std::variant<int>(1)); })),
              "argument 1: the enum has 2 constructors, the variant 1");
    EXPECT_EQ((message_of([&] { inst.function("light").call(std::variant<std::monostate, int>(1)); })),
              "argument 1: Green has 0 fields, not 1");
    EXPECT_EQ(message_of([&] { inst.function("shape").call<Light>(Shape(1.0)); }),
              "result of shape: Circle has fields, which an enum cannot hold");
}

TEST_F(Hpp, ValuesPassUnread) {
    tenon::runtime rt;
    const auto inst = rt.compile("echo.tn", echoes).instance();
    tenon::value v = inst.function("item").call<tenon::value>(Item{"kept", 1, {}, {}});
    EXPECT_EQ(v.tag(), static_cast<tn_tag>(TN_TAG_RECORD));
    const tenon::value second = v.copy();
    v = tenon::value();
    EXPECT_EQ(inst.function("item").call<Item>(second).name, "kept");
}

TEST_F(Hpp, MutParametersChangeTheVariable) {
    tenon::runtime rt;
    const auto inst = rt.compile("m.tn", "fn add(mut xs: List[i64], n: i64, mut s: String) -> i64 { "
                                         "xs.push(n); s = s + \"!\"; xs.len() }")
                          .instance();
    std::vector<int> xs{1, 2};
    std::string s = "hey";
    EXPECT_EQ(inst.function("add").call<int>(tenon::mut(xs), 3, tenon::mut(s)), 3);
    EXPECT_EQ(xs, (std::vector{1, 2, 3}));
    EXPECT_EQ(s, "hey!");
    EXPECT_NE(message_of([&] { inst.function("add").call<int>(xs, 3, s); }).find("mut"), std::string::npos);
}

TEST_F(Hpp, GlobalsOutputLimits) {
    tenon::runtime rt;
    const auto inst = rt.compile("m.tn", "var rates: List[f64] = [1.0];\nconst NAME: String = \"x\";\nfn f() "
                                         "{ print(rates); }\nfn g() { loop {} }")
                          .instance(tenon::config().memory_limit(1 << 20));
    inst.set_global("rates", std::vector{2.5, 3.0});
    EXPECT_EQ(inst.global<std::vector<double>>("rates"), (std::vector{2.5, 3.0}));
    EXPECT_EQ(inst.global<std::string>("NAME"), "x");
    EXPECT_EQ(message_of([&] { inst.set_global("rates", 1); }),
              "rates: expected List[f64], found an integer");
    std::string printed;
    inst.on_output([&](std::string_view line) { printed += line; });
    inst.function("f").call();
    EXPECT_EQ(printed, "[2.5, 3.0]\n");
    inst.on_output([](std::string_view) { throw std::runtime_error("full"); });
    EXPECT_EQ(inst.function("f").try_call().error().status(), TN_TRAP_HOST_ERROR);
    inst.set_fuel(1000);
    EXPECT_EQ(inst.function("g").try_call().error().status(), TN_TRAP_OUT_OF_FUEL);
    inst.set_fuel(TN_FUEL_UNLIMITED);
    inst.set_timeout(5);
    EXPECT_EQ(inst.function("g").try_call().error().status(), TN_TRAP_DEADLINE_EXCEEDED);
    inst.set_timeout(0);
    const auto stop = inst.interrupt();
    std::thread other([&] { stop.fire(); });
    EXPECT_EQ(inst.function("g").try_call().error().status(), TN_TRAP_CANCELLED);
    other.join();
    EXPECT_EQ(tenon::config().opt_level(17).status(), TN_RANGE);
}

TEST_F(Hpp, SignaturesComeFromTheTypes) {
    tenon::runtime rt;
    const auto text = [&](auto callable) { return tenon::detail::signature_text<decltype(callable)>(); };
    EXPECT_EQ(text([](std::string, std::int64_t) { return true; }), "fn(String, i64) -> bool");
    EXPECT_EQ(text([](const std::vector<std::optional<float>>&) {}), "fn(List[Option[f32]])");
    EXPECT_EQ(text([](std::tuple<char32_t, std::uint16_t>, std::vector<std::byte>) { return 'x' + 0; }),
              "fn((char, u16), Bytes) -> i32");
    EXPECT_EQ(text([](tenon::frame&, std::string_view) -> tenon::result<std::string> { return "x"s; }),
              "fn(String) -> String");
    EXPECT_EQ(text(+[](std::pair<int, bool>) -> tenon::result<void> { return {}; }), "fn((i32, bool))");
    EXPECT_TRUE((tenon::detail::is_plain<double (*)(bool) noexcept>()));
    EXPECT_FALSE((tenon::detail::is_plain<double (*)(bool)>()));
    const auto quiet = [](double, bool) noexcept { return std::int64_t(1); };
    EXPECT_TRUE(tenon::detail::is_plain<decltype(quiet)>());
    const auto may_throw = [](double) { return 1.0; };
    EXPECT_FALSE(tenon::detail::is_plain<decltype(may_throw)>());
    const auto captures = [&](double x) noexcept { return rt.raw() ? x : 0; };
    EXPECT_FALSE(tenon::detail::is_plain<decltype(captures)>());
}

TEST_F(Hpp, ScriptsCallCallables) {
    tenon::runtime rt;
    int calls = 0;
    rt.function(
        "host.scale", [](double x, std::int32_t n) noexcept { return x * n; }, TN_FN_PURE);
    rt.function("host.is_big", [](char32_t c) noexcept { return c > U'z'; });
    rt.function("host.count", [&calls] { return ++calls; });
    rt.function("host.join", [](const std::vector<std::string>& parts, std::string_view by) {
        std::string out;
        for (const auto& p : parts) out += (out.empty() ? ""s : std::string(by)) + p;
        return out;
    });
    rt.function("host.find", [](std::string key) -> std::optional<std::pair<std::int64_t, bool>> {
        if (key == "none") return std::nullopt;
        return std::pair(std::int64_t(key.size()), true);
    });
    const auto inst = rt.compile("m.tn", R"(
fn f() -> (f64, bool, i32, String, Option[(i64, bool)], Option[(i64, bool)]) {
    host.count();
    (host.scale(1.5, 2i32), host.is_big('ä'), host.count(), host.join(["a", "b"], "-"), host.find("none"), host.find("four"))
})")
                          .instance();
    using found = std::optional<std::pair<std::int64_t, bool>>;
    const auto got = inst.function("f").call<std::tuple<double, bool, int, std::string, found, found>>();
    EXPECT_EQ(got, std::tuple(3.0, true, 2, "a-b"s, found(), found({4, true})));
}

struct OwnError : std::runtime_error {
    explicit OwnError(int n) : runtime_error("own error"), number(n) {}
    int number;
};

TEST_F(Hpp, ExceptionsBecomeErrorsOfTheCall) {
    tenon::runtime rt;
    rt.function("host.fails", [](std::int64_t n) -> std::int64_t {
        if (n == 1) throw OwnError(41);
        if (n == 2) throw 7;
        if (n == 3) throw std::runtime_error("\xff");
        return n;
    });
    rt.function("host.refuses", [](std::int64_t n) -> tenon::result<std::int64_t> {
        if (n < 0) return tenon::fail(2001, "negative");
        return n;
    });
    rt.function("host.small", [] { return std::optional<std::string>("\xff"); });
    const auto inst =
        rt.compile("m.tn",
                   "fn f(n: i64) -> i64 { host.fails(n) + 1 }\nfn g(n: i64) -> i64 { host.refuses(n) }\n"
                   "fn h() -> String? { host.small() }")
            .instance();
    const auto f = inst.function("f");
    EXPECT_EQ(f.call<int>(5), 6);
    const tenon::error e = f.try_call<int>(1).error();
    EXPECT_EQ(e.status(), TN_TRAP_HOST_ERROR);
    EXPECT_EQ(e.message(), "host error: own error");
    ASSERT_EQ(e.stack().size(), 1u);
    EXPECT_EQ(e.stack()[0].function, "f");
    ASSERT_TRUE(e.host_exception());
    try {
        std::rethrow_exception(e.host_exception());
    } catch (const OwnError& own) { EXPECT_EQ(own.number, 41); }
    EXPECT_EQ(f.try_call<int>(2).error().message(), "host error: an exception of an unknown type");
    const tenon::error garbled = f.try_call<int>(3).error();
    EXPECT_EQ(garbled.message(), "host error: an error whose text is not UTF-8");
    EXPECT_TRUE(garbled.host_exception());
    const tenon::error refused = inst.function("g").try_call<int>(-1).error();
    EXPECT_EQ(refused.status(), 2001);
    EXPECT_FALSE(refused.host_exception());
    EXPECT_EQ(inst.function("g").call<int>(9), 9);
    EXPECT_NE(inst.function("h").try_call<tenon::value>().error().message().find("UTF-8"), std::string::npos);
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(f.try_call<int>(1).ok());
}

TEST_F(Hpp, NestedErrorsKeepTheirStack) {
    tenon::runtime rt;
    const tenon::function* inner = nullptr;
    rt.function("host.again", [&inner](std::int64_t n) { return inner->call<std::int64_t>(n); });
    const auto inst =
        rt.compile("m.tn", "fn outer(n: i64) -> i64 { host.again(n) }\nfn inner(n: i64) -> i64 { 10 / n }")
            .instance();
    const auto target = inst.function("inner");
    inner = &target;
    EXPECT_EQ(inst.function("outer").call<int>(5), 2);
    const tenon::error e = inst.function("outer").try_call<int>(0).error();
    EXPECT_EQ(e.status(), TN_TRAP_DIVISION_BY_ZERO);
    ASSERT_EQ(e.stack().size(), 2u);
    EXPECT_EQ(e.stack()[0].function, "inner");
    EXPECT_EQ(e.stack()[1].function, "outer");
}

TEST_F(Hpp, CompileErrorsAndTraps) {
    tenon::runtime rt;
    const auto bad = rt.try_compile("bad.tn", "fn f() -> i64 { \"x\" }\nfn g() { y }");
    ASSERT_FALSE(bad);
    const tenon::error e = bad.error();
    EXPECT_EQ(e.status(), TN_COMPILE);
    ASSERT_EQ(e.diagnostics().size(), 2u);
    EXPECT_EQ(e.diagnostics()[0].code, "TypeMismatch");
    EXPECT_EQ(e.diagnostics()[1].line, 2u);
    EXPECT_NE(e.render().find("bad.tn:1:17"), std::string::npos);
    EXPECT_THROW(rt.compile("bad.tn", "fn"), tenon::exception);
    EXPECT_THROW(rt.function("late", [] {}), tenon::exception);
    EXPECT_NE(rt.compile("w.tn", "fn f() { let unused = 1; }").warnings().find("unused"), std::string::npos);
    EXPECT_EQ(rt.compile("n.tn", "fn a() {}\nfn b() {}").function_names(), (std::vector{"a"s, "b"s}));
}

TEST_F(Hpp, LifetimesInAnyOrder) {
    std::atomic<int> gone{0};
    struct Counted {
        explicit Counted(std::atomic<int>& n) : count(&n) {}
        Counted(Counted&& o) noexcept : count(std::exchange(o.count, nullptr)) {}
        ~Counted() {
            if (count) ++*count;
        }
        std::atomic<int>* count;
    };
    std::optional<tenon::function> f;
    {
        std::optional<tenon::instance> inst;
        {
            tenon::runtime rt;
            rt.function("host.one", [counted = std::make_shared<Counted>(gone)] { return std::int64_t(1); });
            inst = rt.compile("m.tn", "/// Doc.\nfn f(a: i64) -> i64 { a + host.one() }").instance();
        }
        f = inst->function("f", "fn(i64) -> i64");
        EXPECT_EQ(f->call<int>(1), 2);
        EXPECT_EQ(f->doc(), "Doc.");
        EXPECT_EQ(f->signature(), "fn(i64) -> i64");
        EXPECT_EQ(gone, 0);
    }
    EXPECT_EQ(f->try_call<int>(1).error().status(), TN_HANDLE); // its instance is gone
    f.reset();
    EXPECT_EQ(gone, 1);
    // A registration that is refused ends its callable, too.
    tenon::runtime rt;
    EXPECT_FALSE(rt.try_function("not a path", [counted = std::make_shared<Counted>(gone)] {}));
    EXPECT_EQ(gone, 2);
}

TEST_F(Hpp, Batches) {
    tenon::runtime rt;
    const auto inst = rt.compile("m.tn", "fn tax(x: f64, rate: f64) -> f64 { x * rate }\n"
                                         "fn even(n: u32) -> bool { n % 2 == 0 }\n"
                                         "fn part(a: i64, b: i64) -> i64 { a / b }\n"
                                         "fn text(s: String) -> i64 { s.len() }").instance();
    EXPECT_EQ(inst.function("tax").batch<double>(std::vector<double>{1, 2, 4}, 0.5), (std::vector<double>{0.5, 1, 2}));
    EXPECT_EQ(inst.function("even").batch<bool>(std::array<std::uint32_t, 3>{1, 2, 4}), (std::vector<bool>{false, true, true}));
    EXPECT_TRUE(inst.function("even").batch<bool>(std::vector<std::uint32_t>()).empty());
    const auto part = inst.function("part");
    const std::vector<std::int64_t> three{6, 7, 8}, two{1, 2};
    EXPECT_EQ(part.batch<std::int64_t>(three, std::vector<std::int64_t>{1, 2, 4}), (std::vector<std::int64_t>{6, 3, 2}));
    EXPECT_EQ(part.try_batch<std::int64_t>(three, std::int64_t(0)).error().status(), TN_TRAP_DIVISION_BY_ZERO);
    EXPECT_EQ(part.try_batch<std::int64_t>(std::int64_t(1), three, three).error().status(), TN_SIGNATURE);
    EXPECT_EQ(message_of([&] { part.batch<std::int64_t>(three, two); }),
              "column 2 has another number of rows than column 1, which has 3");
    EXPECT_EQ(part.try_batch<double>(three, three).error().status(), TN_TYPE);
    EXPECT_EQ(part.try_batch<std::int64_t>(three, 1.5).error().status(), TN_TYPE);
    EXPECT_EQ(inst.function("text").try_batch<std::int64_t>(three).error().status(), TN_SIGNATURE);
}

TEST_F(Hpp, Migration) {
    tenon::runtime rt;
    const auto old = rt.compile("m.tn", "var count: i64 = 0;\nvar names: List[String] = [];\n"
                                        "fn add(s: String) { count += 1; names.push(s); }").instance();
    old.function("add").call("one");
    old.function("add").call("two");
    const auto fresh = rt.compile("m.tn", "var names: List[String] = [];\nvar count: i64 = 0;\nvar more: f64 = 1.5;\n"
                                          "fn all() -> String { names.join(\"+\") }").instance();
    old.migrate_to(fresh);
    EXPECT_EQ(fresh.function("all").call<std::string>(), "one+two");
    EXPECT_EQ(fresh.global<int>("count"), 2);
    EXPECT_EQ(fresh.global<double>("more"), 1.5);
    EXPECT_EQ(old.try_migrate_to(old).error().status(), TN_ARG);
}

TEST_F(Hpp, ClassesAreTypes) {
    {
        tenon::runtime rt;
        rt.type<Day>()
            .function("of", [](std::int64_t n) { return Day(n); })
            .function("number", [](const Day& d) noexcept { return d.number; })
            .function("add_days", [](Day& d, std::int64_t n) { d.number += n; })
            .function("sub", [](Day a, const Day& b) { return a.number - b.number; })
            .function("cmp", [](const Day& a, const Day& b) { return a.number - b.number; })
            .function("show", [](const Day& d) { return "day " + std::to_string(d.number); });
        rt.function("first", [](const std::vector<Day>& days) { return days.at(0); });
        rt.type<Log>()
            .function("open", [] { return Log(); })
            .function("write", [](Log& log, std::string line) { log.lines.push_back(std::move(line)); })
            .function("size", [](const Log& log) { return static_cast<std::int64_t>(log.lines.size()); });
        const auto inst = rt.compile("m.tn", R"(
import time.Day;
fn work() -> String {
    let a = Day.of(10);
    let b = a;
    b.add_days(5);
    let seen = Set{a, b, Day.of(10)};
    f"{a} {b} {b - a} {a < b} {a == Day.of(10)} {seen.len()} {first([b, a]).number()}"
}
fn later(d: Day, by: i64) -> Day { d.add_days(by); d }
fn log() -> i64 {
    let l = Log.open();
    l.write("one");
    let same = l;
    same.write("two");
    l.size()
}
)").instance();
        EXPECT_EQ(inst.function("work").call<std::string>(), "day 10 day 15 5 true true 2 15");
        EXPECT_EQ(inst.function("later").call<Day>(Day(3), 4).number, 7);
        EXPECT_EQ(inst.function("log").call<int>(), 2); // without copies all hold the same one
        // A value outlives the call, and is no other type's.
        const tenon::value kept = inst.function("later").call<tenon::value>(Day(1), 1);
        EXPECT_EQ(inst.function("later").call<Day>(kept, 1).number, 3);
        EXPECT_EQ(inst.function("later").try_call<Day>(std::string("x"), 1).error().status(), TN_TYPE);
        EXPECT_EQ(inst.function("later").try_call<std::string>(kept, 1).error().status(), TN_TYPE);
        EXPECT_EQ(rt.try_type<Day>().error().status(), TN_CLOSED);
    }
    EXPECT_EQ(Day::alive, 0);
}

TEST_F(Hpp, TypesOfTwoRuntimes) {
    tenon::runtime one, two;
    for (tenon::runtime* rt : {&one, &two}) rt->type<Day>().function("of", [](std::int64_t n) { return Day(n); });
    const char* const source = "import time.Day;\nfn make(n: i64) -> Day { Day.of(n) }";
    const auto a = one.compile("m.tn", source).instance(), b = two.compile("m.tn", source).instance();
    EXPECT_EQ(a.function("make").call<Day>(1).number, 1);
    EXPECT_EQ(b.function("make").call<Day>(2).number, 2);
    EXPECT_EQ(one.try_type<Day>().error().status(), TN_CLOSED);
    tenon::runtime three;
    three.type<Day>();
    EXPECT_TRUE(three.try_type<Day>()); // by its uri it is the one that is there
    EXPECT_EQ(message_of([&] {
                  const auto inst = three.compile("m.tn", "import time.Day;\nfn same(d: Day) -> Day { d }").instance();
                  EXPECT_EQ(inst.function("same").call<Day>(Day(5)).number, 5);
              }),
              "no exception");
    tenon::runtime four;
    four.type<Log>();
    EXPECT_EQ(four.try_type<Log>().error().status(), TN_DUPLICATE);
}

} // namespace
