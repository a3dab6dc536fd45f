// Differential fuzzing: random programs must do the same in the interpreter and in every kind of machine
// code: output, trap, stack trace, and an empty heap afterwards.
//
//   fuzz_program [--seconds N | --programs N] [--seed S] [--step N] [--keep-going 1] [--results FILE] [--ways LIST] [--texts FOLDER]
//   fuzz_program --shrink FILE       makes a program that fails smaller
//
// FILE gets a line for each program: its seed, how it ended, and a digest of all it did. The same seeds on another
// machine give the same lines (tests/fuzz/across_machines.py compares them), whichever ways each of them runs: LIST names
// some, divided by commas, e.g. `optimized`, for a machine that is emulated. What a seed makes depends on the C++
// compiler (on the order in which it evaluates arguments): the first machine leaves its programs in FOLDER, as SEED.tn, and
// the others take them from there.
//
// Each program runs in a process of its own. The first difference is made smaller and written as a .tn file that
// says which ways disagree; exit status 1. At the end a report says how often each construct was generated.
#include "../golden/execute.h"
#include "program_generator.h"
#include "program_shrink.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace tn;
using golden::Mode;
using golden::Outcome;

namespace {

constexpr unsigned seconds_per_program = 60;
constexpr std::chrono::seconds shrink_time{60};

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

// A limit may be reached at different places: memory that one way does not need, another does.
bool reaches_limit(const Outcome& outcome) {
    for (const golden::Finding& finding : outcome.findings) {
        if (finding.name == "MemoryLimit" || finding.name == "StackOverflow" || finding.name == "OutOfFuel") return true;
    }
    return false;
}

enum class Verdict : char { Agrees = 'a', Traps = 't', Refused = 'r', Limit = 'l', Differs = 'd', Crashes = 'c' };

struct Finding {
    Verdict verdict = Verdict::Agrees;
    std::string report;
};

// FNV-1a: the same on every machine.
std::uint64_t digest_of(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return hash;
}

// What a program did, without the name of the file that it was in.
std::string without_path(std::string text, const std::string& path) {
    for (std::size_t at; (at = text.find(path)) != std::string::npos;) text.erase(at, path.size());
    return text;
}

// In this process: the ways of running a file. The report of programs that agree is what they did.
Finding compare_ways(const std::string& path, const std::vector<Mode>& ways) {
    const golden::Expectation nothing;
    std::string first;
    bool traps = false;
    for (Mode mode : ways) {
        const Outcome outcome = golden::execute(path, mode, nothing);
        if (reaches_limit(outcome)) return {Verdict::Limit, ""};
        const std::string result = describe(outcome);
        if (mode == ways[0]) {
            first = result;
            traps = !outcome.frames.empty();
            if (result.find("error ") == 0) return {Verdict::Refused, result};
        }
        if (result == first && outcome.problem.empty()) continue;
        if (!outcome.problem.empty()) return {Verdict::Differs, std::string(golden::name_of(mode)) + "\n" + result};
        const std::string name(golden::name_of(mode)), base(golden::name_of(ways[0]));
        return {Verdict::Differs, name + " differs from " + base + "\n--- " + base + "\n" + first + "--- " + name + "\n" + result};
    }
    return {traps ? Verdict::Traps : Verdict::Agrees, without_path(first, path)};
}

// In a child, so that a crash or a hang is a finding.
Finding run_child(const std::string& text, const std::vector<Mode>& ways) {
    const std::string path = "/tmp/tenon_fuzz_" + std::to_string(getpid()) + ".tn";
    std::ofstream(path) << text;
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        // A busy machine may not let the program run for minutes; only its own time says that it does not end.
        const rlimit cpu{seconds_per_program, seconds_per_program};
        setrlimit(RLIMIT_CPU, &cpu);
        alarm(20 * seconds_per_program);
        const Finding finding = compare_ways(path, ways);
        const std::string message = static_cast<char>(finding.verdict) + finding.report;
        for (std::size_t sent = 0; sent < message.size();) {
            const ssize_t n = write(ends[1], message.data() + sent, message.size() - sent);
            if (n <= 0) break;
            sent += static_cast<std::size_t>(n);
        }
        _exit(0);
    }
    close(ends[1]);
    std::string message;
    char buffer[4096];
    for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) message.append(buffer, static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    std::remove(path.c_str());
    if (WIFSIGNALED(status)) return {Verdict::Crashes, "died of signal " + std::to_string(WTERMSIG(status)) + "\n"};
    if (message.empty() || WEXITSTATUS(status) != 0) return {Verdict::Crashes, "exit status " + std::to_string(WEXITSTATUS(status)) + "\n"};
    return {static_cast<Verdict>(message[0]), message.substr(1)};
}

// An emulator translates code when it first runs: what the parent ran before it forks, no child translates again.
void warm_up(const std::vector<Mode>& ways) {
    const std::string path = "/tmp/tenon_fuzz_" + std::to_string(getpid()) + ".tn";
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        std::ofstream(path) << fuzz::generate_program(seed);
        compare_ways(path, ways);
    }
    std::remove(path.c_str());
}

// What a finding is about: an internal error by its text, else that it differs, or how it died.
std::string subject(const Finding& finding) {
    const std::size_t problem = finding.report.find("PROBLEM: ");
    if (problem == std::string::npos) return finding.report.substr(0, finding.verdict == Verdict::Crashes ? std::string::npos : 0);
    // Up to the name of a type, which shrinking may change.
    return finding.report.substr(problem, std::min(finding.report.find_first_of("\n0123456789", problem + 9), finding.report.size()) - problem);
}

bool is_failure(const Finding& finding) { return finding.verdict == Verdict::Differs || finding.verdict == Verdict::Crashes; }

// Writes the smaller program; answers its path.
std::string keep(const std::string& name, const std::string& text, const Finding& finding, const std::vector<Mode>& ways) {
    const auto end = std::chrono::steady_clock::now() + shrink_time;
    const std::string smaller = fuzz::shrink(text, [&](const std::string& candidate) {
        if (std::chrono::steady_clock::now() > end) return false;
        const Finding seen = run_child(candidate, ways);
        return seen.verdict == finding.verdict && subject(seen) == subject(finding);
    });
    const Finding final = run_child(smaller, ways);
    std::istringstream lines(final.report.empty() ? finding.report : final.report);
    std::ofstream file(name);
    for (std::string line; std::getline(lines, line);) file << "// " << line << "\n";
    file << smaller;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), final.report.c_str());
    return name;
}

int shrink_file(const char* path) {
    const std::vector<Mode> ways(golden::all_modes.begin(), golden::all_modes.end());
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const Finding finding = run_child(text.str(), ways);
    if (!is_failure(finding)) {
        std::printf("%s does not fail\n", path);
        return 0;
    }
    keep(std::string(path) + ".small.tn", text.str(), finding, ways);
    return 1;
}

// From the folder if it is there, else made and left there; without a folder made.
std::string text_of(std::uint64_t seed, const std::string& folder) {
    if (folder.empty()) return fuzz::generate_program(seed);
    const std::string path = folder + "/" + std::to_string(seed) + ".tn";
    if (std::ifstream file(path); file) {
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    std::string text = fuzz::generate_program(seed);
    if (!(std::ofstream(path) << text).flush()) {
        std::fprintf(stderr, "%s cannot be written\n", path.c_str());
        std::exit(2);
    }
    return text;
}

std::vector<Mode> find_ways(const std::string& list) {
    std::vector<Mode> ways;
    std::istringstream names(list);
    for (std::string name; std::getline(names, name, ',');) {
        const auto mode = std::ranges::find_if(golden::all_modes, [&](Mode known) { return golden::name_of(known) == name; });
        if (mode == std::end(golden::all_modes)) {
            std::fprintf(stderr, "no way of running a program is called `%s`; there are", name.c_str());
            for (Mode known : golden::all_modes) std::fprintf(stderr, " %s", std::string(golden::name_of(known)).c_str());
            std::fprintf(stderr, "\n");
            std::exit(2);
        }
        ways.push_back(*mode);
    }
    return ways;
}

} // namespace

int main(int argc, char** argv) {
    std::ofstream results;
    std::uint64_t seconds = 10, programs = ~std::uint64_t(0), seed = 1, step = 1, keep_going = 0;
    std::vector<Mode> ways(golden::all_modes.begin(), golden::all_modes.end());
    std::string texts;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
        if (!std::strcmp(argv[i], "--shrink")) return shrink_file(argv[i + 1]);
        if (!std::strcmp(argv[i], "--results")) {
            results.open(argv[i + 1]);
            continue;
        }
        if (!std::strcmp(argv[i], "--texts")) {
            texts = argv[i + 1];
            continue;
        }
        if (!std::strcmp(argv[i], "--ways")) {
            ways = find_ways(argv[i + 1]);
            continue;
        }
        if (!std::strcmp(argv[i], "--seconds")) seconds = value;
        else if (!std::strcmp(argv[i], "--programs")) programs = value, seconds = 100000000;
        else if (!std::strcmp(argv[i], "--seed")) seed = value;
        else if (!std::strcmp(argv[i], "--step")) step = value; // 8 from 0: loops in lanes alone
        else if (!std::strcmp(argv[i], "--keep-going")) keep_going = value;
        else {
            std::fprintf(stderr, "usage: %s [--seconds N | --programs N] [--seed S] [--step N] [--keep-going 1] [--results FILE] [--ways LIST] [--texts FOLDER] | --shrink FILE\n", argv[0]);
            return 2;
        }
    }
    warm_up(ways);
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t done = 0, traps = 0, refused = 0, limits = 0, failures = 0;
    for (; done < programs; ++done, seed += step) {
        if (std::chrono::steady_clock::now() - began > std::chrono::seconds(static_cast<std::int64_t>(seconds))) break;
        const std::string text = text_of(seed, texts);
        const Finding finding = run_child(text, ways);
        if (results.is_open()) {
            char line[64];
            std::snprintf(line, sizeof line, "%llu %c %016llx\n", static_cast<unsigned long long>(seed), static_cast<char>(finding.verdict),
                          static_cast<unsigned long long>(digest_of(finding.report)));
            results << line << std::flush;
        }
        switch (finding.verdict) {
        case Verdict::Agrees: break;
        case Verdict::Traps: ++traps; break;
        case Verdict::Limit: ++limits; break;
        case Verdict::Refused:
            // The generator means to write correct programs: say what it, or the compiler, got wrong.
            if (++refused <= 3) {
                const std::string name = "fuzz_refused_" + std::to_string(seed) + ".tn";
                std::ofstream(name) << text;
                std::fprintf(stderr, "%s: %s", name.c_str(), finding.report.c_str());
            }
            break;
        case Verdict::Differs:
        case Verdict::Crashes:
            ++failures;
            std::fprintf(stderr, "FAILURE (seed %llu): %s", static_cast<unsigned long long>(seed), finding.report.substr(0, 400).c_str());
            keep("fuzz_failure_" + std::to_string(seed) + ".tn", text, finding, ways);
            if (keep_going == 0) return 1;
            break;
        }
    }
    std::printf("%llu programs in %zu ways, %llu differ; %llu trapped, %llu reached a limit, %llu did not compile\n",
                static_cast<unsigned long long>(done), ways.size(), static_cast<unsigned long long>(failures),
                static_cast<unsigned long long>(traps), static_cast<unsigned long long>(limits), static_cast<unsigned long long>(refused));
    for (const auto& [what, n] : fuzz::covered()) std::printf("%10llu %s\n", static_cast<unsigned long long>(n), what.c_str());
    return failures == 0 && refused == 0 ? 0 : 1;
}
