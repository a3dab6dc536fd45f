#include "codegen/listing.h"

#include <string_view>

namespace tn::codegen {

void tidy_listing(std::string& text, const std::string& function) {
    std::string out;
    bool inside = function.empty();
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        std::string_view line(text.data() + at, end - at);
        at = end + 1;
        std::string_view bare = line;
        while (!bare.empty() && (bare.front() == ' ' || bare.front() == ';')) bare.remove_prefix(1);
        const bool heading = bare.starts_with("fn ") || bare.starts_with("packed entry of ") ||
                             bare.starts_with("value entry of ") ||
                             bare.starts_with("C entry of ") || bare == "trap stubs" || bare == "poll stub";
        if (heading && !function.empty()) inside = bare == "fn " + function;
        // Constants behind the code include addresses of the runtime's functions.
        if (!inside || bare.starts_with(".dq") || bare.starts_with(".xword") || bare.starts_with(".db") ||
            bare.starts_with("db ") || bare.starts_with("dq "))
            continue;
        if (heading) out += '\n';
        out.append(line);
        out += '\n';
    }
    text = std::move(out);
}

} // namespace tn::codegen
