// What every command shares: the common options, a compiled module, and how errors are shown.
//
// In: what the command line said. Out: handles of the library, text on stderr, exit statuses. It refuses to know
// what a command does with them.
#pragma once

#include "cli/handles.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::cli {

// Exit statuses.
inline constexpr int success = 0;
inline constexpr int failure = 1; // a trap, a failed test
inline constexpr int misuse = 2;  // wrong usage, a compile error

enum class ColorMode { Auto, Always, Never };

struct CommonOptions {
    std::string path;
    std::optional<std::uint64_t> fuel, timeout_ms, memory, stack;
    int opt_level = 2;
    bool baseline_cpu = false;
    bool allows_native = false;
    std::vector<std::string> extension_path;
    ColorMode color = ColorMode::Auto;
};

// "64M", "1G", "512K", "4096".
std::optional<std::uint64_t> parse_size(std::string_view text);
// "2s", "500ms", "1.5m", "3" (seconds), in milliseconds.
std::optional<std::uint64_t> parse_duration(std::string_view text);

class Session {
public:
    // `whole_package`: of a folder, compile the modules that nobody imports, too.
    explicit Session(const CommonOptions& options, bool whole_package = false);
    // What is compiled is to be run by its `main`.
    void demand_main();

    tn_status make_runtime(Error& error);
    tn_runtime* runtime() const { return runtime_.get(); }
    // Compiles the path; shows warnings. On failure the error has been shown, the module is null.
    Module compile();
    // The same, but nothing is shown.
    tn_status try_compile(Module& module, Error& error);
    // An instance under the limits of the command line. On failure the error has been shown.
    Instance make_instance(tn_module* module);
    tn_status try_instance(tn_module* module, Instance& instance, Error& error);

    bool use_color(std::FILE* stream) const;
    std::string render(tn_error* error, std::FILE* stream) const;
    // On stderr, after what went to stdout.
    void show(tn_error* error) const;

private:
    const CommonOptions& options_;
    Config config_;
    Runtime runtime_;
};

// "error: text" on stderr.
void show_message(std::string_view text);

// `name` quoted as the diagnostics do.
std::string quoted(std::string_view name);

} // namespace tn::cli
