// Differential fuzzing: random programs must do the same in the interpreter and in every kind of machine
// code: output, trap, stack trace, and an empty heap afterwards.
//
//   fuzz_program [--seconds N | --programs N] [--seed S]
//
// The first difference is written as a .tn file that says which ways disagree; exit status 1. At the end
// a report says how often each construct was generated.
#include "../golden/execute.h"
#include "program_generator.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <unistd.h>

using namespace tn;
using golden::Mode;
using golden::Outcome;

namespace {

std::string describe(const Outcome& outcome) {
    std::string text;
    for (const std::string& line : outcome.output) text += "out: " + line + "\n";
    for (const golden::Finding& finding : outcome.findings) {
        if (finding.kind == golden::FindingKind::Warning) continue;
        text += std::string(golden::name_of(finding.kind)) + " " + finding.name + " at line " + std::to_string(finding.line) + ": " +
                finding.message.value_or("") + "\n";
    }
    for (const std::string& frame : outcome.frames) text += "frame: " + frame + "\n";
    if (!outcome.problem.empty()) text += "PROBLEM: " + outcome.problem + "\n";
    return text;
}

} // namespace

int main(int argc, char** argv) {
    std::uint64_t seconds = 10, programs = ~std::uint64_t(0), seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
        if (!std::strcmp(argv[i], "--seconds")) seconds = value;
        else if (!std::strcmp(argv[i], "--programs")) programs = value, seconds = ~std::uint64_t(0) >> 1;
        else if (!std::strcmp(argv[i], "--seed")) seed = value;
        else {
            std::fprintf(stderr, "usage: %s [--seconds N | --programs N] [--seed S]\n", argv[0]);
            return 2;
        }
    }
    const std::string path = "/tmp/tenon_fuzz_" + std::to_string(getpid()) + ".tn";
    const golden::Expectation nothing;
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t done = 0, traps = 0, refused = 0;
    for (; done < programs; ++done, ++seed) {
        if (std::chrono::steady_clock::now() - began > std::chrono::seconds(static_cast<std::int64_t>(seconds))) break;
        const std::string text = fuzz::generate_program(seed);
        std::ofstream(path) << text;
        std::string first;
        for (Mode mode : golden::all_modes) {
            const Outcome outcome = golden::execute(path, mode, nothing);
            const std::string result = describe(outcome);
            const bool compiles = result.find("error ") != 0;
            if (mode == golden::all_modes[0]) {
                first = result;
                traps += !outcome.frames.empty();
                if (!compiles) {
                    ++refused;
                    // The generator means to write correct programs: say what it got wrong.
                    if (refused <= 3) std::fprintf(stderr, "seed %llu does not compile: %s", static_cast<unsigned long long>(seed), result.c_str());
                    break;
                }
            }
            if (result == first && outcome.problem.empty()) continue;
            const std::string kept = "fuzz_failure_" + std::to_string(seed) + ".tn";
            std::ofstream file(kept);
            file << "// seed " << seed << ": " << golden::name_of(mode) << " differs from " << golden::name_of(golden::all_modes[0]) << "\n" << text;
            std::fprintf(stderr, "DIFFERENCE (seed %llu), program in %s\n--- %s\n%s--- %s\n%s", static_cast<unsigned long long>(seed), kept.c_str(),
                         std::string(golden::name_of(golden::all_modes[0])).c_str(), first.c_str(), std::string(golden::name_of(mode)).c_str(), result.c_str());
            std::remove(path.c_str());
            return 1;
        }
    }
    std::remove(path.c_str());
    std::printf("%llu programs in %zu ways without a difference; %llu trapped, %llu did not compile\n", static_cast<unsigned long long>(done),
                golden::all_modes.size(), static_cast<unsigned long long>(traps), static_cast<unsigned long long>(refused));
    for (const auto& [what, n] : fuzz::covered()) std::printf("%10llu %s\n", static_cast<unsigned long long>(n), what.c_str());
    return 0;
}
