// `tenon test`: every `test` block of the package on an instance of its own, a line each.
#include "cli/commands.h"

#include <cstdio>

namespace tn::cli {

namespace {

tn_status write_text(void* ud, const char* data, std::size_t length) {
    static_cast<std::string*>(ud)->append(data, length);
    return TN_OK;
}

// Runs one test; what it printed goes to `output`. The error is null when it passed.
Error run_test(Session& session, tn_module* module, std::size_t index, std::string& output) {
    Error error;
    Function function;
    Instance instance;
    tn_status status = tn_module_test_function(module, index, out(function));
    if (status != TN_OK) return Error(tn_error_new(status, "the test cannot be found", TN_NTS));
    if (session.try_instance(module, instance, error) != TN_OK) return error;
    tn_instance_set_output(instance.get(), write_text, &output, nullptr);
    tn_call(instance.get(), function.get(), nullptr, 0, nullptr, out(error));
    return error;
}

} // namespace

int test(const CommonOptions& common, const TestOptions& options) {
    Session session(common, true);
    Module module = session.compile();
    if (!module) return misuse;

    std::size_t passed = 0, failed = 0;
    std::size_t count = tn_module_test_count(module.get());
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t length = 0;
        const char* data = tn_module_test_name(module.get(), i, &length);
        std::string name(data ? data : "", length);
        if (name.find(options.filter) == std::string::npos) continue;

        std::string output;
        Error error = run_test(session, module.get(), i, output);
        std::printf("test \"%s\" ... %s\n", name.c_str(), error ? "FAILED" : "ok");
        if (error) {
            std::string text = output + session.render(error.get(), stdout);
            std::fwrite(text.data(), 1, text.size(), stdout);
        }
        ++(error ? failed : passed);
        std::fflush(stdout);
    }
    std::printf("%zu passed, %zu failed\n", passed, failed);
    std::fflush(stdout);
    return failed == 0 ? success : failure;
}

} // namespace tn::cli
