// The files that `tenon new` writes, embedded from src/cli/templates. `@NAME@` in them is the new thing's name.
#pragma once

#include <span>
#include <string_view>

namespace tn::cli {

struct Template {
    std::string_view path; // "package/main.tn"
    std::string_view text;
};

std::span<const Template> templates();

} // namespace tn::cli
