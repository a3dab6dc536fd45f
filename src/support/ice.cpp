#include "support/ice.h"

#include <cstring>

namespace tn {

void ice(const char* file, int line, const std::string& text) {
    const char* name = std::strrchr(file, '/');
    throw InternalError(std::string(name ? name + 1 : file) + ":" + std::to_string(line) + ": " + text);
}

} // namespace tn
