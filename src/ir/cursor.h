// Reading one line of the IR's text form, token by token. Errors are exceptions that parse() turns into
// a ParseError; they never leave it.
#pragma once

#include "ir/module.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tn::ir {

struct ParseFailure {
    std::uint32_t line;
    std::string message;
};

class Cursor {
public:
    Cursor(std::string_view text, std::uint32_t line) : text_(text), line_(line) {}

    std::uint32_t line() const { return line_; }
    [[noreturn]] void fail(const std::string& message) const;
    bool at_end();
    void expect_end();
    bool accept(std::string_view symbol); // also a whole word, when it is one
    void expect(std::string_view symbol);
    bool next_is(std::string_view symbol);
    std::string word();                           // letters, digits, _ and .
    std::string find_word();                      // the same, "" if there is none
    std::string string();                         // "..."
    std::int64_t number();                        // decimal, with sign; the whole range of u64 too
    std::uint32_t index(std::string_view prefix); // v12: index("v") is 12
    bool next_is_index(std::string_view prefix);
    Scalar scalar();
    std::string_view rest() const { return text_.substr(at_); }
    void skip(std::size_t count) { at_ += count; }

private:
    void blanks();
    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_;
};

// A type in source spelling. `params` are the type parameters in scope.
TypeId parse_type(Cursor& cursor, TypeTable& types, const std::vector<TypeId>& params = {});

// "ref, i64" after "->"; "owned ref, i64" up to the closing parenthesis.
void parse_results(Cursor& cursor, Signature& signature);
Param parse_param(Cursor& cursor);
Signature parse_signature(Cursor& cursor); // "(owned ref, i64) -> bool"
// "@main", "@\"closure in main\"#3"
std::string parse_label(Cursor& cursor);

using Labels = std::unordered_map<std::string, FuncId>;
// The lines from `fn ...` to `}` into module.functions[id], whose signature is set already.
void parse_function(Module& module, const Labels& labels, FuncId id, std::vector<Cursor> lines);
// The head of a function: name, signature, flags.
void parse_function_head(Function& fn, Cursor cursor);

} // namespace tn::ir
