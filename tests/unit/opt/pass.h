// Passes run on the text form, for the tests of this folder.
#pragma once

#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "opt/passes.h"
#include "opt/pipeline.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tn::opt::test {

inline const std::string tables = R"(tenon_ir 1
desc0 string String stride 1
desc1 bytes Bytes stride 1
desc2 list List[i64] stride 8

)";

using PassFn = bool (*)(ir::Module&, ir::Function&);

// The function @f after the passes, verified after each.
inline std::string run_module(const std::string& source, std::initializer_list<PassFn> passes) {
    ir::ParseError error;
    auto module = ir::parse(source, error);
    if (!module) return "line " + std::to_string(error.line) + ": " + error.message;
    for (const auto& message : ir::verify(*module)) ADD_FAILURE() << "before: " << message;
    ir::Function* fn = nullptr;
    for (ir::Function& f : module->functions)
        if (f.name == "f") fn = &f;
    for (PassFn pass : passes) {
        pass(*module, *fn);
        for (const auto& message : ir::verify(*module, *fn)) ADD_FAILURE() << message << "\n" << ir::print(*module, *fn);
    }
    return ir::print(*module, *fn);
}

inline std::string run(const std::string& functions, std::initializer_list<PassFn> passes) {
    return run_module(tables + functions, passes);
}

// The same for a text that begins with the types it needs.
inline std::string run_with_enum(const std::string& types_and_functions, std::initializer_list<PassFn> passes) {
    const auto line = types_and_functions.find('\n') + 1;
    return run_module("tenon_ir 1\n" + types_and_functions.substr(0, line) + tables.substr(tables.find('\n') + 1) +
                          types_and_functions.substr(line),
                      passes);
}

inline std::string with(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

inline int count(const std::string& text, const std::string& part) {
    int n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

#define EXPECT_COUNT(n, text, part) EXPECT_EQ(n, count(text, part)) << text

} // namespace tn::opt::test
