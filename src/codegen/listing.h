// The assembler's log made stable enough to compare: addresses of this process are replaced.
#pragma once

#include <string>

namespace tn::codegen {

// `function`: keep only what stands under its heading; "" for all.
void tidy_listing(std::string& text, const std::string& function);

} // namespace tn::codegen
