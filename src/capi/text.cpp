#include "capi/text.h"

#include <cstdint>
#include <cstring>

namespace tn::capi {

tn_status read_text(const char* text, std::size_t length, const char* what, std::string_view& out,
                    tn_error** err) noexcept {
    out = std::string_view("", 0);
    if (!text) {
        if (length == 0) return TN_OK;
        return report(err, TN_ARG, {what, " is NULL"});
    }
    if (length == TN_NTS) length = std::strlen(text);
    if (length > PTRDIFF_MAX) return report(err, TN_ARG, {"the length of ", what, " makes no sense"});
    const std::size_t bad = find_bad_utf8(text, length);
    if (bad != length) {
        return report(err, TN_UTF8, {what, " is not UTF-8: bad byte at offset ", Number(bad).text()});
    }
    out = std::string_view(text, length);
    return TN_OK;
}

} // namespace tn::capi
