// What a compilation spent where: by step, and by function where a step takes one at a time. Only counts;
// what the steps are, their owners say. Two threads may add to different functions at once, once those are
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tn {

struct StepStatistics {
    std::string_view name; // of a table, or a literal
    std::uint32_t runs = 0;
    std::uint32_t changed = 0; // runs that changed something
    std::uint64_t nanoseconds = 0;
    std::uint64_t before = 0, after = 0; // instructions, at the first run's start and the last one's end
};

struct FunctionStatistics {
    std::string name; // empty: not there
    std::vector<StepStatistics> steps;
    std::uint32_t spills = 0; // values and parts of values that live on the stack
    std::uint32_t code_bytes = 0;

    StepStatistics& step(std::string_view step) {
        for (StepStatistics& known : steps)
            if (known.name == step) return known;
        return steps.emplace_back(StepStatistics{step});
    }
};

struct CompileStatistics {
    FunctionStatistics whole;                 // of steps that take the whole program at once
    std::deque<FunctionStatistics> functions; // by number in the IR

    FunctionStatistics& function(std::size_t number, const std::string& name) {
        if (functions.size() <= number) functions.resize(number + 1);
        if (functions[number].name.empty()) functions[number].name = name;
        return functions[number];
    }
};

// Adds the time from its making to its end to a step, if anybody wants to know.
class StepTimer {
public:
    StepTimer(FunctionStatistics* statistics, std::string_view step) : statistics_(statistics), step_(step) {
        if (statistics_) start_ = std::chrono::steady_clock::now();
    }
    ~StepTimer() {
        if (!statistics_) return;
        const auto spent = std::chrono::steady_clock::now() - start_;
        StepStatistics& step = statistics_->step(step_);
        ++step.runs;
        step.nanoseconds +=
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count());
    }
    StepTimer(const StepTimer&) = delete;
    StepTimer& operator=(const StepTimer&) = delete;

private:
    FunctionStatistics* statistics_;
    std::string_view step_;
    std::chrono::steady_clock::time_point start_;
};

} // namespace tn
