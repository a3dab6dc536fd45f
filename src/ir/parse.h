// Reads the text form that print.h writes. For tests and `dump`: a module that was read has fresh type
// and layout tables that hold the types its text names.
#pragma once

#include "ir/module.h"

#include <memory>
#include <string>
#include <string_view>

namespace tn::ir {

struct ParseError {
    std::uint32_t line = 0;
    std::string message;
};

// Null and `error` filled if the text is not of that form. The result is not verified.
std::unique_ptr<Module> parse(std::string_view text, ParseError& error);

} // namespace tn::ir
