// `tenon check`: diagnostics only, of all modules of a package.
#include "cli/commands.h"

#include <cstdio>

namespace tn::cli {

int check(const CommonOptions& common, const CheckOptions& options) {
    Session session(common, true);
    if (!options.json) return session.compile() ? success : misuse;

    Module module;
    Error error;
    int status = session.try_compile(module, error) == TN_OK ? success : misuse;
    if (module) error.reset(tn_module_warnings(module.get()));
    std::size_t length = 2;
    const char* text = error ? tn_error_render(error.get(), TN_RENDER_JSON, &length) : "[]";
    if (!text) {
        show_message("out of memory");
        return misuse;
    }
    std::fwrite(text, 1, length, stdout);
    if (length == 0 || text[length - 1] != '\n') std::fputc('\n', stdout);
    std::fflush(stdout);
    return status;
}

} // namespace tn::cli
