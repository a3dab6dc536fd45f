// Common options, compilation, instances, and errors on stderr.
#include "cli/session.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace tn::cli {

namespace {

// A decimal number and what follows it.
struct Quantity {
    double number;
    std::string_view unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
    Quantity quantity{};
    auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), quantity.number, std::chars_format::fixed);
    if (problem != std::errc() || !(quantity.number >= 0)) return std::nullopt;
    quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
    return quantity;
}

std::optional<std::uint64_t> scaled(double number, double factor) {
    double result = number * factor;
    if (!(result < 9.2e18)) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(result));
}

} // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::optional<Quantity> quantity = parse_quantity(text);
    if (!quantity) return std::nullopt;
    std::string_view unit = quantity->unit;
    if (unit.size() > 1 && (unit.back() == 'B' || unit.back() == 'b')) unit.remove_suffix(1);
    if (unit.size() > 1 && unit.back() == 'i') unit.remove_suffix(1);
    if (unit.empty() || unit == "B") return scaled(quantity->number, 1);
    if (unit == "K" || unit == "k") return scaled(quantity->number, 1024);
    if (unit == "M") return scaled(quantity->number, 1024.0 * 1024);
    if (unit == "G") return scaled(quantity->number, 1024.0 * 1024 * 1024);
    return std::nullopt;
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
    std::optional<Quantity> quantity = parse_quantity(text);
    if (!quantity) return std::nullopt;
    if (quantity->unit.empty() || quantity->unit == "s") return scaled(quantity->number, 1000);
    if (quantity->unit == "ms") return scaled(quantity->number, 1);
    if (quantity->unit == "m" || quantity->unit == "min") return scaled(quantity->number, 60000);
    return std::nullopt;
}

std::string quoted(std::string_view name) {
    std::string text = "`";
    text += name;
    text += '`';
    return text;
}

void show_message(std::string_view text) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %.*s\n", static_cast<int>(text.size()), text.data());
}

Session::Session(const CommonOptions& options, bool whole_package) : options_(options), config_(tn_config_new()) {
    tn_config_set_u64(config_.get(), TN_CONFIG_OPT_LEVEL, static_cast<std::uint64_t>(options.opt_level));
    tn_config_set_u64(config_.get(), TN_CONFIG_THREADS, std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
    tn_config_set_u64(config_.get(), TN_CONFIG_BASELINE_CPU, options.baseline_cpu);
    tn_config_set_u64(config_.get(), TN_CONFIG_WHOLE_PACKAGE, whole_package);
    tn_config_set_u64(config_.get(), TN_CONFIG_ALLOW_EXTERN, options.allows_native);
    tn_config_set_u64(config_.get(), TN_CONFIG_ALLOW_EXTENSIONS, options.allows_native);
    std::string folders;
    for (const std::string& folder : options.extension_path) folders += (folders.empty() ? "" : ":") + folder;
    tn_config_set_text(config_.get(), TN_CONFIG_EXTENSION_PATH, folders.data(), folders.size());
}

void Session::demand_main() { tn_config_set_u64(config_.get(), TN_CONFIG_PROGRAM, 1); }

bool Session::use_color(std::FILE* stream) const {
    switch (options_.color) {
    case ColorMode::Always: return true;
    case ColorMode::Never: return false;
    case ColorMode::Auto: break;
    }
    const char* terminal = std::getenv("TERM");
    const char* no_color = std::getenv("NO_COLOR");
    return isatty(fileno(stream)) && !(no_color && *no_color) && terminal && std::string_view(terminal) != "dumb";
}

std::string Session::render(tn_error* error, std::FILE* stream) const {
    std::size_t length = 0;
    const char* text = tn_error_render(error, use_color(stream) ? TN_RENDER_COLOR : 0, &length);
    return text ? std::string(text, length) : std::string("error: out of memory\n");
}

void Session::show(tn_error* error) const {
    std::fflush(stdout);
    std::string text = render(error, stderr);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

tn_status Session::make_runtime(Error& error) {
    return runtime_ ? TN_OK : tn_runtime_new(TN_ABI_VERSION, config_.get(), out(runtime_), out(error));
}

tn_status Session::try_compile(Module& module, Error& error) {
    if (tn_status status = make_runtime(error)) return status;
    return tn_compile_path(runtime_.get(), options_.path.data(), options_.path.size(), config_.get(), out(module),
                           out(error));
}

Module Session::compile() {
    Module module;
    Error error;
    if (try_compile(module, error) != TN_OK) {
        show(error.get());
        return nullptr;
    }
    if (Error warnings{tn_module_warnings(module.get())}) show(warnings.get());
    return module;
}

tn_status Session::try_instance(tn_module* module, Instance& instance, Error& error) {
    Config limits(tn_config_new());
    struct Limit {
        std::uint32_t key;
        const std::optional<std::uint64_t>& value;
        const char* option;
    };
    const Limit all[] = {{TN_CONFIG_FUEL, options_.fuel, "--fuel"},
                         {TN_CONFIG_TIMEOUT_MS, options_.timeout_ms, "--timeout"},
                         {TN_CONFIG_MEMORY_LIMIT, options_.memory, "--memory"},
                         {TN_CONFIG_STACK_SIZE, options_.stack, "--stack"}};
    for (const Limit& limit : all) {
        if (!limit.value) continue;
        tn_status status = tn_config_set_u64(limits.get(), limit.key, *limit.value);
        if (status != TN_OK) {
            std::string text = std::string(limit.option) + ": " + std::to_string(*limit.value) + " is out of range";
            error.reset(tn_error_new(status, text.data(), text.size()));
            return status;
        }
    }
    return tn_instance_new(module, limits.get(), out(instance), out(error));
}

Instance Session::make_instance(tn_module* module) {
    Instance instance;
    Error error;
    if (try_instance(module, instance, error) != TN_OK) {
        show(error.get());
        return nullptr;
    }
    return instance;
}

} // namespace tn::cli
