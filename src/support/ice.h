// Internal checks: our own mistakes, never the user's.
//
// TN_CHECK(condition, "what") stays on in release builds. It throws InternalError, which the driver
// and the C API turn into a TN_INTERNAL error: a host is never aborted by a bug of ours. Code that
// runs under emitted code (runtime helpers) must not use it.
#pragma once

#include <stdexcept>
#include <string>

namespace tn {

class InternalError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

// Throws InternalError with the message "file:line: text".
[[noreturn]] void ice(const char* file, int line, const std::string& text);

} // namespace tn

#define TN_ICE(text) ::tn::ice(__FILE__, __LINE__, (text))
#define TN_CHECK(condition, text) \
    do { \
        if (!(condition)) [[unlikely]] TN_ICE(text); \
    } while (0)
