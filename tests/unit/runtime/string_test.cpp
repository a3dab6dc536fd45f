// Built-in functions on strings and characters.
#include "test_program.h"

#include <cmath>
#include <vector>

namespace tn::rt::test {

namespace {

class StringTest : public RuntimeTest {
protected:
    template <typename Fn, typename... Args> std::string one(Fn fn, std::string_view a, Args... args) {
        Object* object = text(a);
        std::string out = take(fn(context, object, args...));
        rt_release(context, object);
        return out;
    }
    template <typename Fn> std::string two(Fn fn, std::string_view a, std::string_view b) {
        Object* other = text(b);
        std::string out = one(fn, a, other);
        rt_release(context, other);
        return out;
    }
    std::int64_t find(std::string_view a, std::string_view b) {
        Object* x = text(a);
        Object* y = text(b);
        rt_string_find(context, x, y);
        EXPECT_EQ(rt_string_contains(context, x, y), context->results[0].u == 1);
        rt_release(context, x);
        rt_release(context, y);
        return context->results[0].u ? context->results[1].i : -1;
    }
    std::vector<std::string> split(std::string_view a, std::string_view b) {
        Object* x = text(a);
        Object* y = text(b);
        Object* list = rt_string_split(context, x, y, list_string);
        rt_release(context, x);
        rt_release(context, y);
        std::vector<std::string> out;
        for (std::int64_t i = 0; i < static_cast<Seq*>(list)->length; ++i)
            out.push_back(str(ref_at(list, i)));
        rt_release(context, list);
        return out;
    }
    std::string replace(std::string_view a, std::string_view b, std::string_view c) {
        Object* from = text(b);
        Object* to = text(c);
        std::string out = one(rt_string_replace, a, from, to);
        rt_release(context, from);
        rt_release(context, to);
        return out;
    }
    std::optional<std::int64_t> parse_int(std::string_view a) {
        Object* object = text(a);
        rt_string_parse_int(context, object);
        rt_release(context, object);
        if (context->results[0].u == 0) return {};
        return context->results[1].i;
    }
    std::optional<double> parse_float(std::string_view a) {
        Object* object = text(a);
        rt_string_parse_float(context, object);
        rt_release(context, object);
        if (context->results[0].u == 0) return {};
        return context->results[1].f64;
    }
    int compare(std::string_view a, std::string_view b) {
        Object* x = text(a);
        Object* y = text(b);
        const std::int64_t order = rt_string_compare(context, x, y);
        EXPECT_EQ(rt_string_eq(context, x, y), order == 0);
        EXPECT_EQ(rt_bytes_compare(context, x, y), order);
        rt_release(context, x);
        rt_release(context, y);
        return order < 0 ? -1 : order > 0;
    }
};
using Strings = std::vector<std::string>;

} // namespace

TEST_F(StringTest, ConcatAndAppend) {
    EXPECT_EQ(two(rt_string_concat, "ab", "cd"), "abcd");
    EXPECT_EQ(two(rt_string_concat, "", "cd"), "cd");
    EXPECT_EQ(two(rt_string_concat, "ab", ""), "ab");
    Object* grown = text("");
    Object* part = text("part ");
    for (int i = 0; i < 20'000; ++i) grown = rt_string_append(context, grown, part);
    grown = rt_string_append_char(context, grown, 0x1F600);
    EXPECT_EQ(static_cast<Seq*>(grown)->length, 100'004);
    EXPECT_LE(static_cast<Seq*>(grown)->capacity, 300'000);
    // Appending to a shared text leaves the other owner's alone.
    retain(grown);
    Object* other = rt_string_append_char(context, grown, '!');
    EXPECT_NE(other, grown);
    EXPECT_EQ(static_cast<Seq*>(grown)->length, 100'004);
    rt_release(context, other);
    // A text to itself: the value borrowed is the object that moves.
    grown = rt_string_append(context, grown, grown);
    EXPECT_EQ(static_cast<Seq*>(grown)->length, 200'008);
    EXPECT_EQ(str(grown).substr(100'004, 5), "part ");
    rt_release(context, grown);
    rt_release(context, part);
    EXPECT_EQ(take(rt_string_from_char(context, 0xe9)), "\xc3\xa9");
    EXPECT_EQ(take(rt_string_from_char(context, 0)), std::string(1, '\0'));
    expect_clean();
}

TEST_F(StringTest, CompareAndSearch) {
    EXPECT_EQ(compare("a", "b"), -1);
    EXPECT_EQ(compare("ab", "a"), 1);
    EXPECT_EQ(compare("", ""), 0);
    EXPECT_EQ(compare("\xc3\xa9", "z"), 1) << "bytes are unsigned";
    EXPECT_EQ(compare(std::string_view("a\0b", 3), std::string_view("a\0c", 3)), -1);
    EXPECT_EQ(find("hello", "l"), 2);
    EXPECT_EQ(find("hello", ""), 0);
    EXPECT_EQ(find("", ""), 0);
    EXPECT_EQ(find("", "x"), -1);
    EXPECT_EQ(find("ab", "abc"), -1);
    EXPECT_EQ(find(std::string_view("a\0b", 3), "b"), 2);
    EXPECT_EQ(find(std::string(100'000, 'a') + "b", std::string(50'000, 'a') + "b"), 50'000);
    Object* x = text("hello");
    Object* y = text("he");
    Object* z = text("lo");
    EXPECT_TRUE(rt_string_starts_with(context, x, y));
    EXPECT_FALSE(rt_string_starts_with(context, y, x));
    EXPECT_TRUE(rt_string_ends_with(context, x, z));
    EXPECT_FALSE(rt_string_ends_with(context, x, y));
    for (Object* object : {x, y, z}) rt_release(context, object);
    expect_clean();
}

TEST_F(StringTest, SliceKeepsCharactersWhole) {
    const std::string s = "a\xc3\xa9z"; // a é z
    EXPECT_EQ(one(rt_string_slice, s, 0, 1), "a");
    EXPECT_EQ(one(rt_string_slice, s, 1, 3), "\xc3\xa9");
    EXPECT_EQ(one(rt_string_slice, s, 4, 4), "");
    EXPECT_EQ(one(rt_string_slice, s, 0, 4), s);
    for (auto [from, to] : {std::pair{0, 2}, {2, 3}, {-1, 1}, {3, 1}, {0, 5}, {5, 5}}) {
        EXPECT_EQ(one(rt_string_slice, s, from, to), "trap: InvalidSlice");
    }
    EXPECT_EQ(one(rt_string_slice, s, INT64_MIN, INT64_MAX), "trap: InvalidSlice");
    expect_clean();
}

TEST_F(StringTest, Split) {
    EXPECT_EQ(split("a,b,,c", ","), (Strings{"a", "b", "", "c"}));
    EXPECT_EQ(split("", ","), (Strings{""}));
    EXPECT_EQ(split(",", ","), (Strings{"", ""}));
    EXPECT_EQ(split("a--b", "--"), (Strings{"a", "b"}));
    EXPECT_EQ(split("a\xc3\xa9\xf0\x9f\x98\x80", ""), (Strings{"a", "\xc3\xa9", "\xf0\x9f\x98\x80"}));
    EXPECT_EQ(split("", ""), Strings{});
    EXPECT_EQ(split(std::string(5000, ','), ",").size(), 5001u);
    expect_clean();
}

TEST_F(StringTest, TrimReplaceRepeat) {
    EXPECT_EQ(one(rt_string_trim, " \t\n a b \xe3\x80\x80\xc2\xa0"), "a b");
    EXPECT_EQ(one(rt_string_trim_start, "\xe2\x80\x83x "), "x ");
    EXPECT_EQ(one(rt_string_trim_end, " x\r\n"), " x");
    EXPECT_EQ(one(rt_string_trim, " \n"), "");
    EXPECT_EQ(one(rt_string_trim, "\xc3\xa9"), "\xc3\xa9");
    EXPECT_EQ(replace("banana", "an", "X"), "bXXa");
    EXPECT_EQ(replace("banana", "z", "X"), "banana");
    EXPECT_EQ(replace("aaa", "aa", "b"), "ba");
    EXPECT_EQ(replace("ab", "", "-"), "-a-b-");
    EXPECT_EQ(replace("\xc3\xa9", "", "-"), "-\xc3\xa9-");
    EXPECT_EQ(replace("", "", "x"), "x");
    EXPECT_EQ(replace("abab", "ab", ""), "");
    EXPECT_EQ(one(rt_string_repeat, "ab", 3), "ababab");
    EXPECT_EQ(one(rt_string_repeat, "ab", 0), "");
    EXPECT_EQ(one(rt_string_repeat, "ab", 1), "ab");
    EXPECT_EQ(one(rt_string_repeat, "", INT64_MAX), "");
    EXPECT_EQ(one(rt_string_repeat, "ab", -1), "trap: InvalidArgument");
    EXPECT_EQ(one(rt_string_repeat, "ab", INT64_MAX), "trap: MemoryLimit");
    EXPECT_EQ(one(rt_string_repeat, "a", std::int64_t(1) << 40), "trap: MemoryLimit");
    for (const std::int64_t times : {2, 7, 100, 33'333, 123'457}) {
        const std::string out = one(rt_string_repeat, "abc", times);
        ASSERT_EQ(out.size(), static_cast<std::size_t>(times) * 3);
        for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], "abc"[i % 3]) << i;
    }
    expect_clean();
}

TEST_F(StringTest, LongWorkStopsOnCancel) {
    instance->fire(CancelRequested);
    EXPECT_EQ(one(rt_string_repeat, "abc", 10'000'000), "trap: Cancelled");
    Object* separator = text(",");
    Object* commas = text(std::string(100'000, ','));
    EXPECT_EQ(rt_string_split(context, commas, separator, list_string), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::Cancelled);
    rt_release(context, commas);
    rt_release(context, separator);
    instance->begin_call();
    EXPECT_EQ(one(rt_string_repeat, "abc", 2), "abcabc");
    expect_clean();
}

TEST_F(StringTest, Case) {
    EXPECT_EQ(one(rt_string_to_upper, "abc \xc3\xa9 \xc3\x9f"), "ABC \xc3\x89 \xc3\x9f")
        << "the simple mapping keeps sharp s";
    EXPECT_EQ(one(rt_string_to_lower, "ABC \xc3\x89"), "abc \xc3\xa9");
    EXPECT_EQ(one(rt_string_to_upper, "123"), "123");
    EXPECT_EQ(one(rt_string_to_upper, ""), "");
    EXPECT_EQ(one(rt_string_to_lower, "\xe2\x84\xaa"), "k") << "the Kelvin sign";
    EXPECT_EQ(one(rt_string_to_upper, "\xc9\x90"), "\xe2\xb1\xaf") << "two bytes become three";
    expect_clean();
}

TEST_F(StringTest, ParseInt) {
    EXPECT_EQ(parse_int("0"), 0);
    EXPECT_EQ(parse_int("-12"), -12);
    EXPECT_EQ(parse_int("+7"), 7);
    EXPECT_EQ(parse_int("007"), 7);
    EXPECT_EQ(parse_int("-0"), 0);
    EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
    for (const char* bad : {"", "+", "-", "--1", "+-1", "-+1", " 1", "1 ", "1_000", "0x10", "1.0",
                            "9223372036854775808", "-9223372036854775809", "\xd9\xa3", "1e3"}) {
        EXPECT_EQ(parse_int(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(parse_int(std::string_view("1\0", 2)), std::nullopt);
    EXPECT_EQ(parse_int(std::string(100'000, '9')), std::nullopt);
}

TEST_F(StringTest, ParseFloat) {
    EXPECT_EQ(parse_float("1.5"), 1.5);
    EXPECT_EQ(parse_float("-1"), -1.0);
    EXPECT_EQ(parse_float(".5"), 0.5);
    EXPECT_EQ(parse_float("5."), 5.0);
    EXPECT_EQ(parse_float("+1e3"), 1000.0);
    EXPECT_EQ(parse_float("1E-2"), 0.01);
    EXPECT_EQ(parse_float("5e-324"), 5e-324);
    EXPECT_EQ(parse_float("1e400"), HUGE_VAL);
    EXPECT_EQ(parse_float("-1e400"), -HUGE_VAL);
    EXPECT_EQ(parse_float("1e-400"), 0.0);
    EXPECT_EQ(parse_float("1e99999999999999999999999"), HUGE_VAL);
    EXPECT_EQ(parse_float("1e-99999999999999999999999"), 0.0);
    EXPECT_EQ(parse_float("0e99999999999999999999999"), 0.0);
    EXPECT_EQ(parse_float("0." + std::string(400, '0') + "1"), 0.0);
    EXPECT_EQ(parse_float("1" + std::string(400, '0')), HUGE_VAL);
    EXPECT_EQ(parse_float("inf"), HUGE_VAL);
    EXPECT_EQ(parse_float("-Infinity"), -HUGE_VAL);
    EXPECT_TRUE(std::isnan(parse_float("nan").value()));
    EXPECT_TRUE(std::signbit(parse_float("-0.0").value()));
    for (const char* bad : {"", ".", "+", "e5", "1e", "1e+", " 1", "1 ", "0x1p3", "1_0", "--1", "+-1", "in",
                            "nan(1)", "1.5f"}) {
        EXPECT_EQ(parse_float(bad), std::nullopt) << bad;
    }
}

TEST_F(StringTest, Characters) {
    EXPECT_TRUE(rt_char_is_alphabetic(context, 'a'));
    EXPECT_TRUE(rt_char_is_alphabetic(context, 0xe9));
    EXPECT_TRUE(rt_char_is_alphabetic(context, 0x65e5));
    EXPECT_FALSE(rt_char_is_alphabetic(context, '1'));
    EXPECT_FALSE(rt_char_is_alphabetic(context, '@'));
    EXPECT_FALSE(rt_char_is_alphabetic(context, '['));
    EXPECT_TRUE(rt_char_is_whitespace(context, 0x3000));
    EXPECT_FALSE(rt_char_is_whitespace(context, 0x200b));
    EXPECT_TRUE(rt_char_is_upper(context, 0xc9));
    EXPECT_FALSE(rt_char_is_upper(context, 'a'));
    EXPECT_TRUE(rt_char_is_lower(context, 0xe9));
    EXPECT_EQ(rt_char_to_upper(context, 0xe9), 0xc9u);
    EXPECT_EQ(rt_char_to_lower(context, 'A'), static_cast<std::uint32_t>('a'));
    EXPECT_EQ(rt_char_to_upper(context, 0x10ffff), 0x10ffffu);
    Object* object = text("a\xc3\xa9\xf0\x9f\x98\x80");
    EXPECT_EQ(rt_string_char_count(context, object), 3);
    rt_release(context, object);
}

TEST_F(StringTest, Print) {
    std::string out;
    instance->output_user_data = &out;
    instance->output = [](void* user_data, const char* data, std::size_t length) -> std::int32_t {
        static_cast<std::string*>(user_data)->append(data, length);
        return 0;
    };
    Object* object = text("line");
    rt_print(context, object);
    rt_print(context, instance->empty(string_desc_id));
    rt_release(context, object);
    object = text(std::string(5000, 'x'));
    rt_print(context, object);
    EXPECT_EQ(out, "line\n\n" + std::string(5000, 'x') + "\n");
    instance->output = [](void*, const char*, std::size_t) -> std::int32_t { return 1; };
    rt_print(context, object);
    EXPECT_EQ(take_trap(), TrapCode::HostError);
    EXPECT_EQ(instance->last_trap()->message(), "host error: the output could not be written");
    instance->output = nullptr;
    rt_print(context, object);
    EXPECT_EQ(context->trap_code, TrapCode::None);
    rt_release(context, object);
    expect_clean();
}

} // namespace tn::rt::test
