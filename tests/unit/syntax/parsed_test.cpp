#include "parsed.h"

#include <gtest/gtest.h>

namespace tn::syntax {

std::string shape_of_expr(const std::string& text) {
    Parsed parsed(text, parse_block_text);
    EXPECT_TRUE(parsed.sink.recorded().empty()) << text << "\n" << parsed.errors();
    // Lines with indentation become nested parentheses.
    std::string tree = parsed.tree(), out;
    std::size_t depth = 0;
    bool is_first = true;
    for (std::size_t begin = 0; begin < tree.size();) {
        std::size_t end = tree.find('\n', begin);
        std::size_t text_begin = tree.find_first_not_of(' ', begin);
        std::size_t line_depth = (text_begin - begin) / 2;
        while (!is_first && depth >= line_depth && depth > 0) {
            out += ")";
            if (depth-- == line_depth) break;
        }
        if (!is_first) out += " ";
        out += "(" + tree.substr(text_begin, end - text_begin);
        depth = line_depth;
        is_first = false;
        begin = end + 1;
    }
    out.append(depth + 1, ')');
    constexpr std::string_view prefix = "(Block (tail: ";
    if (out.starts_with(prefix)) out = "(" + out.substr(prefix.size(), out.size() - prefix.size() - 1);
    return out;
}

TEST(Shape, OfNestedNodes) {
    EXPECT_EQ(shape_of_expr("1 + 2 * 3"), "(Binary + (Int 1) (Binary * (Int 2) (Int 3)))");
    EXPECT_EQ(shape_of_expr("f(1)(2)"), "(Call (callee: Call (callee: Name f) (arg: Int 1)) (arg: Int 2))");
}

} // namespace tn::syntax
