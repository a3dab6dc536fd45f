// Tokens: every kind, every form of literal, and what is malformed.
#include "parsed.h"
#include "syntax/lexer.h"
#include "syntax/unicode.h"

#include <gtest/gtest.h>

namespace tn::syntax {
namespace {

struct Lexed {
    diag::SourceMap sources;
    Interner interner;
    diag::DiagnosticSink sink;
    TokenBuffer buffer;

    explicit Lexed(std::string text) {
        FileId file = sources.add("test.tn", std::move(text));
        buffer = lex(sources, file, interner, sink);
    }
    std::string kinds() const {
        std::string out;
        for (const Token& token : buffer.tokens)
            if (token.kind != TokenKind::EndOfFile)
                out += (out.empty() ? "" : " ") + std::string(name_of(token.kind));
        return out;
    }
    std::string text(std::size_t token) const {
        return std::string(interner.text(SymbolId(buffer.tokens[token].value)));
    }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const diag::Diagnostic& diagnostic : sink.sorted()) names.emplace_back(name_of(diagnostic.diag));
        return names;
    }
};

// The decoded text of one string literal, without errors.
std::string decoded(const std::string& literal) {
    Lexed lexed(literal);
    EXPECT_TRUE(lexed.names().empty()) << literal;
    EXPECT_EQ(lexed.buffer.tokens.size(), 2u) << literal;
    return lexed.text(0);
}

TEST(Lexer, EverySpellingGivesItsToken) {
    struct Spelling {
        std::string_view text;
        std::string_view name;
    };
    constexpr Spelling spellings[] = {
#define KEYWORD(name, text) {text, #name},
#define PUNCTUATION(name, text) {text, #name},
#include "syntax/token.def"
    };
    for (const Spelling& spelling : spellings) {
        Lexed lexed{std::string(spelling.text)};
        EXPECT_EQ(lexed.kinds(), spelling.name);
        EXPECT_EQ(shown(lexed.buffer.tokens[0].kind), "`" + std::string(spelling.text) + "`");
    }
}

TEST(Lexer, LongestPunctuationWins) {
    EXPECT_EQ(Lexed("a+%=b *% c -%1").kinds(),
              "Identifier PlusPercentEqual Identifier StarPercent Identifier MinusPercent Integer");
    EXPECT_EQ(Lexed("..=...").kinds(), "DotDotEqual Ellipsis");
    EXPECT_EQ(Lexed("<<=>>=|>||").kinds(), "ShlEqual ShrEqual PipeGreater PipePipe");
    EXPECT_EQ(Lexed("a--b").kinds(), "Identifier Minus Minus Identifier");
}

TEST(Lexer, Integers) {
    struct Case {
        const char* text;
        std::uint64_t magnitude;
        const char* suffix;
    };
    const Case cases[] = {{"0", 0, ""},       {"1_000", 1000, ""},
                          {"0xff", 255, ""},  {"0xFF_u8", 255, "u8"},
                          {"0o17", 15, ""},   {"0b1010", 10, ""},
                          {"10u8", 10, "u8"}, {"128i8", 128, "i8"},
                          {"007", 7, ""},     {"18446744073709551615u64", 18446744073709551615ull, "u64"}};
    for (const Case& c : cases) {
        Lexed lexed(c.text);
        ASSERT_EQ(lexed.kinds(), "Integer") << c.text;
        const IntegerValue& value = lexed.buffer.integers[0];
        EXPECT_EQ(value.magnitude, c.magnitude) << c.text;
        EXPECT_FALSE(value.overflow);
        EXPECT_EQ(value.suffix.is_valid() ? lexed.interner.text(value.suffix) : "", c.suffix);
        EXPECT_TRUE(lexed.names().empty()) << c.text;
    }
    EXPECT_TRUE(Lexed("18446744073709551616").buffer.integers[0].overflow);
    EXPECT_TRUE(Lexed("0x1_0000_0000_0000_0000").buffer.integers[0].overflow);
    EXPECT_TRUE(Lexed(std::string(100000, '9')).buffer.integers[0].overflow);
}

TEST(Lexer, Floats) {
    struct Case {
        const char* text;
        double value;
        const char* suffix;
    };
    const Case cases[] = {{"1.0", 1, ""},
                          {"1e-5", 1e-5, ""},
                          {"2.5f32", 2.5, "f32"},
                          {"10f32", 10, "f32"},
                          {"1_0.5_0e+1_0", 10.5e10, ""},
                          {"1.", 1, ""},
                          {"1E3", 1000, ""},
                          {"1e-400", 0, ""},
                          {"0.1", 0.1, ""}};
    for (const Case& c : cases) {
        Lexed lexed(c.text);
        ASSERT_EQ(lexed.kinds(), "Float") << c.text;
        EXPECT_EQ(lexed.buffer.floats[0].value, c.value) << c.text;
        SymbolId suffix = lexed.buffer.floats[0].suffix;
        EXPECT_EQ(suffix.is_valid() ? lexed.interner.text(suffix) : "", c.suffix);
        EXPECT_TRUE(lexed.names().empty()) << c.text;
    }
    EXPECT_EQ(Lexed("1e400").names(), std::vector<std::string>{"LiteralOutOfRange"});
    EXPECT_EQ(Lexed("0.0000001e310").names(), std::vector<std::string>{});
}

TEST(Lexer, DotsAfterNumbers) {
    EXPECT_EQ(Lexed("1..2").kinds(), "Integer DotDot Integer");
    EXPECT_EQ(Lexed("1..=2").kinds(), "Integer DotDotEqual Integer");
    EXPECT_EQ(Lexed("1.max(2)").kinds(), "Integer Dot Identifier LeftParen Integer RightParen");
    EXPECT_EQ(Lexed("t.0.1").kinds(), "Identifier Dot Integer Dot Integer");
    EXPECT_EQ(Lexed("x.0x1").names(), std::vector<std::string>{"BadNumberSuffix"});
}

TEST(Lexer, BadNumbers) {
    for (const char* text : {"0x", "0b12", "0o8", "1.5u8", "0x1f32z", "12abc", "1e5i64", "0b1f32", "1_f80"}) {
        Lexed lexed(text);
        EXPECT_EQ(lexed.names().size(), 1u) << text;
        EXPECT_EQ(lexed.buffer.tokens.size(), 2u) << text;
    }
}

TEST(Lexer, StringEscapes) {
    EXPECT_EQ(decoded(R"("a\0\t\n\r\"\'\\\x41\u{1F600}")"), std::string("a\0\t\n\r\"'\\A\U0001F600", 13));
    EXPECT_EQ(decoded("\"one \\\n      two\""), "one two");
    EXPECT_EQ(decoded("\"one \\\r\n\ttwo\""), "one two");
    EXPECT_EQ(decoded("\"\xc3\xa9\""), "\u00e9");
    EXPECT_EQ(decoded("\"\""), "");
    EXPECT_EQ(decoded("r\"a\\n\""), "a\\n");
    for (const char* bad : {R"("\q")", R"("\x8f")", R"("\x4")", R"("\u{}")", R"("\u{110000}")",
                            R"("\u{d800}")", R"("\u41")", R"("\u{41")"})
        EXPECT_EQ(Lexed(bad).names(), std::vector<std::string>{"BadEscape"}) << bad;
}

TEST(Lexer, TripleQuotedStrings) {
    EXPECT_EQ(decoded("\"\"\"\n    one\n      two\n\n    three\n    \"\"\""), "one\n  two\n\nthree\n");
    EXPECT_EQ(decoded("\"\"\"\n    one\n  \"\"\""), "one\n");
    EXPECT_EQ(decoded("\"\"\"one\n    two\"\"\""), "one\ntwo");
    EXPECT_EQ(decoded("\"\"\"\r\n  one\r\n  two\"\"\""), "one\ntwo");
    EXPECT_EQ(decoded("\"\"\"a \"quoted\" b\"\"\""), "a \"quoted\" b");
    EXPECT_EQ(decoded("\"\"\"\n\tx\n\t\ty\n\t\"\"\""), "x\n\ty\n");
    EXPECT_EQ(decoded("\"\"\"\n  a\\n  b\n  c\\\n     d\"\"\""), "a\n  b\ncd");
    EXPECT_EQ(decoded("r\"\"\"\n  a\\n\n  \"\"\""), "a\\n\n");
    EXPECT_EQ(decoded("\"\"\"\"\"\""), "");
}

TEST(Lexer, Bytes) {
    EXPECT_EQ(decoded(R"(b"a\x00\xff\n")"), std::string("a\0\xff\n", 4));
    EXPECT_EQ(Lexed("b\"\xc3\xa9\"").names(), std::vector<std::string>{"NonAsciiByte"});
    EXPECT_EQ(Lexed(R"(b"\u{41}")").names(), std::vector<std::string>{"BadEscape"});
}

TEST(Lexer, CharsAndLabels) {
    struct Case {
        const char* text;
        char32_t value;
    };
    const Case cases[] = {{"'a'", U'a'},      {"'\\n'", U'\n'}, {"'\\''", U'\''}, {"'\\u{1F600}'", 0x1f600},
                          {"'\u00e9'", 0xe9}, {"'\"'", U'"'},   {"' '", U' '},    {"'\\x41'", U'A'}};
    for (const Case& c : cases) {
        Lexed lexed(c.text);
        ASSERT_EQ(lexed.kinds(), "Char") << c.text;
        EXPECT_EQ(lexed.buffer.tokens[0].value, c.value) << c.text;
        EXPECT_TRUE(lexed.names().empty()) << c.text;
    }
    EXPECT_EQ(Lexed("'outer: loop").kinds(), "Label Colon Loop");
    EXPECT_EQ(Lexed("'a'..'f'").kinds(), "Char DotDot Char");
    EXPECT_EQ(Lexed("''").names(), std::vector<std::string>{"EmptyChar"});
    EXPECT_EQ(Lexed("'hello' x").names(), std::vector<std::string>{"CharTooLong"});
    EXPECT_EQ(Lexed("'\\").names().size(), 1u);
    EXPECT_EQ(Lexed("'\n").names(), std::vector<std::string>{"UnterminatedChar"});
    EXPECT_EQ(Lexed("'+ 1").names(), std::vector<std::string>{"UnterminatedChar"});
}

TEST(Lexer, FStrings) {
    EXPECT_EQ(Lexed(R"(f"a{x}b")").kinds(),
              "FStringStart FStringText FStringOpen Identifier FStringClose FStringText FStringEnd");
    EXPECT_EQ(Lexed(R"(f"{x:>10}{y}")").kinds(),
              "FStringStart FStringOpen Identifier FStringSpec FStringClose FStringOpen Identifier "
              "FStringClose FStringEnd");
    // The spec starts at the first colon outside brackets and quotes.
    EXPECT_EQ(
        Lexed(R"(f"{m["a:b"]}{P { x: 1 }.x:04}")").kinds(),
        "FStringStart FStringOpen Identifier LeftBracket String RightBracket FStringClose FStringOpen "
        "Identifier LeftBrace Identifier Colon Integer RightBrace Dot Identifier FStringSpec FStringClose "
        "FStringEnd");
    EXPECT_EQ(
        Lexed(R"(f"{f"{f"{1}"}"}")").kinds(),
        "FStringStart FStringOpen FStringStart FStringOpen FStringStart FStringOpen Integer FStringClose "
        "FStringEnd FStringClose FStringEnd FStringClose FStringEnd");
    Lexed braces(R"(f"{{a}} {x} \u{41}\n")");
    EXPECT_EQ(braces.text(1), "{a} ");
    EXPECT_EQ(braces.text(5), " A\n");
    Lexed raw(R"(fr"\d{x}\n" rf"{{\}}")");
    EXPECT_EQ(raw.text(1), "\\d");
    EXPECT_EQ(raw.text(5), "\\n");
    EXPECT_EQ(raw.text(8), "{\\}");
    EXPECT_TRUE(raw.names().empty());
    Lexed triple("f\"\"\"\n    a {x}\n      b\n    {y} c\n    \"\"\"");
    EXPECT_EQ(triple.text(1), "a ");
    EXPECT_EQ(triple.text(5), "\n  b\n");
    EXPECT_EQ(triple.text(9), " c\n");
}

TEST(Lexer, UnclosedStringsEndAtTheLine) {
    Lexed plain("let a = \"abc\nlet b = 1;");
    EXPECT_EQ(plain.names(), std::vector<std::string>{"UnterminatedString"});
    EXPECT_EQ(plain.kinds(), "Let Identifier Equal String Let Identifier Equal Integer Semicolon");
    EXPECT_EQ(plain.text(3), "abc");
    for (const char* text : {"f\"abc\nx", "f\"{abc\nx", "f\"{a:b\nx", "f\"{f\"{a\nx", "r\"abc\nx", "\"abc\\",
                             "f\"{", "f\"", "\"\"\"abc", "f\"\"\"{a", "f\"{\"\"\"", "f\"{x:>10\""}) {
        Lexed lexed(text);
        EXPECT_EQ(lexed.names(), std::vector<std::string>{"UnterminatedString"}) << text;
        int open = 0;
        for (const Token& token : lexed.buffer.tokens) {
            open += token.kind == TokenKind::FStringStart || token.kind == TokenKind::FStringOpen;
            open -= token.kind == TokenKind::FStringEnd || token.kind == TokenKind::FStringClose;
        }
        EXPECT_EQ(open, 0) << text;
    }
    EXPECT_EQ(Lexed("f\"{abc\"\nx").names(), std::vector<std::string>{"UnclosedDelimiter"});
    EXPECT_EQ(Lexed("f\"}\"").names(), std::vector<std::string>{"LoneBrace"});
    EXPECT_EQ(Lexed("x\"a\"").names(), std::vector<std::string>{"BadStringPrefix"});
    EXPECT_EQ(Lexed("fb\"a\"").names(), std::vector<std::string>{"BadStringPrefix"});
    EXPECT_EQ(Lexed("return\"a\"").names(), std::vector<std::string>{});
}

TEST(Lexer, CommentsAreKept) {
    Lexed lexed("#!/usr/bin/env tenon\n# one\n/// doc\nfn f // tail\n//// not a doc\n");
    ASSERT_EQ(lexed.buffer.comments.size(), 4u);
    EXPECT_EQ(lexed.buffer.comments[1].kind, CommentKind::Doc);
    EXPECT_EQ(lexed.buffer.comments[1].next_token, 0u);
    EXPECT_EQ(lexed.buffer.comments[2].next_token, 2u);
    EXPECT_FALSE(lexed.buffer.comments[2].line_start);
    EXPECT_EQ(lexed.buffer.comments[3].kind, CommentKind::Line);
    EXPECT_EQ(lexed.kinds(), "Fn Identifier");
    EXPECT_EQ(Lexed("a /* b */ c /* d\ne").names(),
              (std::vector<std::string>{"ForeignSyntax", "ForeignSyntax"}));
    EXPECT_EQ(Lexed("a /* b */ c /* d\ne").kinds(), "Identifier Identifier Identifier");
}

TEST(Lexer, Names) {
    EXPECT_EQ(Lexed("\u00e9t\u00e9 \u53d8\u91cf _x x1 \u03b1\u0301").kinds(),
              "Identifier Identifier Identifier Identifier Identifier");
    // The same name in two normal forms.
    Lexed forms("\u00e9 e\u0301");
    EXPECT_EQ(forms.buffer.tokens[0].value, forms.buffer.tokens[1].value);
    EXPECT_TRUE(is_capitalized("Point"));
    EXPECT_TRUE(is_capitalized("\u00c9t\u00e9"));
    EXPECT_FALSE(is_capitalized("point"));
    EXPECT_FALSE(is_capitalized("\u53d8"));
    EXPECT_FALSE(is_capitalized("_P"));
}

TEST(Lexer, BadCharactersAreSkipped) {
    Lexed lexed("a \u20ac\u20ac b $ c \x01 d \u201cx\u201d");
    EXPECT_EQ(lexed.kinds(), "Identifier Identifier Identifier Identifier Identifier");
    EXPECT_EQ(lexed.names(), std::vector<std::string>(5, "UnknownCharacter"));
}

TEST(Lexer, InvalidUtf8IsReportedWithItsOffset) {
    Lexed lexed("let x = \"ab\xff\";");
    EXPECT_EQ(lexed.names(), std::vector<std::string>{"InvalidUtf8"});
    EXPECT_EQ(lexed.sink.recorded()[0].span.begin, 11u);
    EXPECT_EQ(lexed.buffer.tokens.size(), 1u);
    for (const char* bad :
         {"\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80", "aaaaaaaaaaaaaaaa\xc0\xaf"})
        EXPECT_EQ(Lexed(bad).names(), std::vector<std::string>{"InvalidUtf8"});
    EXPECT_TRUE(Lexed("\xef\xbb\xbflet").names().empty());
}

} // namespace
} // namespace tn::syntax
