// Modules from text, for the tests of this folder.
#pragma once

#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"

#include <gtest/gtest.h>

namespace tn::ir::test {

inline std::unique_ptr<Module> read(std::string_view text) {
    ParseError error;
    auto module = parse(text, error);
    EXPECT_TRUE(module) << "line " << error.line << ": " << error.message;
    return module;
}

// The two descriptions every module has, a list of i64 and one of String.
inline constexpr std::string_view tables = R"(tenon_ir 1
desc0 string String stride 1
desc1 bytes Bytes stride 1
desc2 list List[i64] stride 8
desc3 list List[String] stride 8 refs 0
literal0 desc0 "hi"
)";

inline std::unique_ptr<Module> read_functions(std::string_view functions) {
    return read(std::string(tables) + std::string(functions));
}

// All messages of the verifier, one per line.
inline std::string problems(std::string_view functions) {
    auto module = read_functions(functions);
    std::string out;
    if (!module) return "does not parse";
    for (const std::string& message : verify(*module)) out += message + "\n";
    return out;
}

} // namespace tn::ir::test
