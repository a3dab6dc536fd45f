// `tenon dump --stats`: what a compilation spent, as a table or as JSON.
#include "diag/json_writer.h"
#include "driver/dump.h"
#include "opt/pipeline.h"

#include <algorithm>

namespace tn::driver {

namespace {

void add(std::vector<StepStatistics>& sums, const StepStatistics& step) {
    auto known = std::ranges::find(sums, step.name, &StepStatistics::name);
    if (known == sums.end()) known = sums.insert(sums.end(), StepStatistics{step.name});
    known->runs += step.runs;
    known->changed += step.changed;
    known->nanoseconds += step.nanoseconds;
    known->before += step.before;
    known->after += step.after;
}

bool is_pass(std::string_view step) {
    return std::ranges::find(opt::passes(), step, &opt::PassInfo::name) != opt::passes().end();
}

// The steps of some functions, in the order of the table of passes; what is no pass comes behind.
std::vector<StepStatistics> sums_of(const std::vector<const FunctionStatistics*>& functions) {
    std::vector<StepStatistics> sums;
    for (const opt::PassInfo& pass : opt::passes()) sums.push_back({pass.name});
    for (const FunctionStatistics* function : functions)
        for (const StepStatistics& step : function->steps) add(sums, step);
    std::erase_if(sums, [](const StepStatistics& step) { return step.runs == 0; });
    return sums;
}

std::uint64_t time_of(const std::vector<StepStatistics>& steps) {
    std::uint64_t time = 0;
    for (const StepStatistics& step : steps) time += step.nanoseconds;
    return time;
}

// What the function had before the first pass and what it had after the last.
struct Size {
    std::uint64_t before = 0, after = 0;
};
Size size_of(const FunctionStatistics& function) {
    Size size;
    bool is_first = true;
    for (const StepStatistics& step : function.steps) {
        if (!is_pass(step.name)) continue;
        if (is_first) size = {step.before, step.before};
        is_first = false;
        if (step.changed) size.after = step.after;
    }
    return size;
}

std::string as_table(const std::vector<StepStatistics>& steps,
                     const std::vector<const FunctionStatistics*>& functions) {
    const auto micro = [](std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; };
    std::string text =
        fmt::format("{:<14}{:>8}{:>9}{:>12}{:>9}{:>9}\n", "step", "runs", "changed", "us", "before", "after");
    for (const StepStatistics& step : steps) {
        text += fmt::format("{:<14}{:>8}", step.name, step.runs);
        if (is_pass(step.name))
            text += fmt::format("{:>9}{:>12.1f}{:>9}{:>9}\n", step.changed, micro(step.nanoseconds),
                                step.before, step.after);
        else
            text += fmt::format("{:>21.1f}\n", micro(step.nanoseconds));
    }
    text += fmt::format("{:<14}{:>29.1f}\n", "total", micro(time_of(steps)));
    text += fmt::format("\n{:>12}{:>9}{:>9}{:>8}{:>8}  {}\n", "us", "before", "after", "spills", "bytes",
                        "function");
    for (const FunctionStatistics* function : functions) {
        const Size size = size_of(*function);
        text += fmt::format("{:>12.1f}{:>9}{:>9}{:>8}{:>8}  {}\n", micro(time_of(function->steps)),
                            size.before, size.after, function->spills, function->code_bytes, function->name);
    }
    return text;
}

void write_steps(diag::JsonWriter& json, const std::vector<StepStatistics>& steps) {
    json.key("steps");
    json.begin('[');
    for (const StepStatistics& step : steps) {
        json.begin('{');
        const auto number = [&](std::string_view key, std::uint64_t value) {
            json.key(key);
            json.number(value);
        };
        json.key("name");
        json.string(step.name);
        number("runs", step.runs);
        number("nanoseconds", step.nanoseconds);
        if (is_pass(step.name)) {
            number("changed", step.changed);
            number("before", step.before);
            number("after", step.after);
        }
        json.end('}');
    }
    json.end(']');
}

std::string as_json(const std::vector<StepStatistics>& steps,
                    const std::vector<const FunctionStatistics*>& functions) {
    diag::JsonWriter json;
    json.begin('{');
    write_steps(json, steps);
    json.key("functions");
    json.begin('[');
    for (const FunctionStatistics* function : functions) {
        json.begin('{');
        json.key("name");
        json.string(function->name);
        const Size size = size_of(*function);
        const std::pair<std::string_view, std::uint64_t> numbers[] = {{"before", size.before},
                                                                      {"after", size.after},
                                                                      {"spills", function->spills},
                                                                      {"code_bytes", function->code_bytes}};
        for (const auto& [key, value] : numbers) {
            json.key(key);
            json.number(value);
        }
        write_steps(json, function->steps);
        json.end('}');
    }
    json.end(']');
    json.end('}');
    return json.take() + "\n";
}

} // namespace

std::string show_statistics(const CompileStatistics& statistics, const std::string& function, bool json) {
    std::vector<const FunctionStatistics*> functions;
    for (const FunctionStatistics& f : statistics.functions)
        if (!f.name.empty() && (function.empty() || f.name == function)) functions.push_back(&f);
    if (functions.empty() && !function.empty()) return {};
    std::vector<StepStatistics> steps = sums_of(functions);
    if (function
            .empty()) { // what takes the program as a whole comes before the functions' steps, or behind them
        const auto& whole = statistics.whole.steps;
        const auto behind = std::ranges::find(whole, "thunks", &StepStatistics::name);
        steps.insert(steps.begin(), whole.begin(), behind);
        steps.insert(steps.end(), behind, whole.end());
    }
    return json ? as_json(steps, functions) : as_table(steps, functions);
}

} // namespace tn::driver
