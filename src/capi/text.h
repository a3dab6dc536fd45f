// Text that comes in through the C API: pointer and length, TN_NTS, UTF-8.
#pragma once

#include "c_api.h"
#include "capi/error_object.h"
#include "runtime/utf8_check.h"

#include <cstddef>
#include <string_view>

namespace tn::capi {

using rt::find_bad_utf8;

// Checks and measures `text`; `what` names it in the message. On failure reports and answers the status.
tn_status read_text(const char* text, std::size_t length, const char* what, std::string_view& out,
                    tn_error** err) noexcept;

// For results: the text and its length, or NULL and 0.
inline const char* give_text(std::string_view text, std::size_t* length) noexcept {
    if (length) *length = text.size();
    return text.data();
}
inline const char* give_nothing(std::size_t* length) noexcept {
    if (length) *length = 0;
    return nullptr;
}

} // namespace tn::capi
