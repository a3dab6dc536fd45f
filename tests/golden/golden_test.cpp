// The golden runner: every .tn file under tests/lang, tests/ir, tests/limit and tests/regress is a test in each
// mode; `golden --bless [--gtest_filter=...]` rewrites the expectations from what the interpreter did.
//
// Each case runs in a process of its own, so a crash or a hang costs one case, not the suite.
#include "execute.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern "C" int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

namespace {

using namespace tn::golden;
namespace fs = std::filesystem;

constexpr unsigned seconds_per_case = 60;
bool blesses = false;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Outcome run_case(const fs::path& path, Mode mode, const Expectation& expectation) {
    if (!expectation.dump_stage.empty()) return dump(path, expectation.dump_stage, expectation.dump_function);
    if (path.filename().string().rfind("fail_", 0) == 0) return compile_only(path);
    return execute(path, mode, expectation);
}

// The report of one case; "" for a pass.
std::string check_case(const fs::path& path, Mode mode) {
    std::string text = read_text(path);
    Expectation expectation = parse_expectation(text);
    Outcome outcome = run_case(path, mode, expectation);
    if (blesses) {
        if (!outcome.problem.empty()) return outcome.problem;
        std::string blessed = bless(text, outcome);
        if (blessed != text) std::ofstream(path, std::ios::binary) << blessed;
        return "";
    }
    std::string report = compare(expectation, outcome);
    std::string name = path.filename();
    auto has = [&](FindingKind kind) {
        return std::any_of(expectation.findings.begin(), expectation.findings.end(),
                           [&](const Finding& finding) { return finding.kind == kind; });
    };
    if (name.rfind("fail_", 0) == 0 && !has(FindingKind::Error)) report += "fail_*.tn expects no error\n";
    if (name.rfind("trap_", 0) == 0 && !has(FindingKind::Trap)) report += "trap_*.tn expects no trap\n";
    return report;
}

// Runs the case in a child; answers its report, or how it died.
std::string check_in_child(const fs::path& path, Mode mode) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    std::fflush(nullptr);
    pid_t child = fork();
    if (child < 0) return "no process";
    if (child == 0) {
        close(ends[0]);
        alarm(seconds_per_case);
        std::string report = check_case(path, mode);
        if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0) report += "memory leaks\n";
        const char* data = report.data();
        for (std::size_t left = report.size(); left > 0;) {
            ssize_t written = write(ends[1], data, left);
            if (written <= 0) break;
            data += written;
            left -= static_cast<std::size_t>(written);
        }
        _exit(0);
    }
    close(ends[1]);
    std::string report;
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
        report.append(buffer, static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        int signal = WTERMSIG(status);
        report += signal == SIGALRM ? "did not end within " + std::to_string(seconds_per_case) + " s\n"
                                    : "died of signal " + std::to_string(signal) + "\n";
    } else if (WEXITSTATUS(status) != 0) {
        report += "exit status " + std::to_string(WEXITSTATUS(status)) + "\n";
    }
    return report;
}

class Golden : public testing::Test {
public:
    Golden(fs::path path, Mode mode) : path_(std::move(path)), mode_(mode) {}

    void TestBody() override {
        std::string report = check_in_child(path_, mode_);
        EXPECT_TRUE(report.empty()) << fs::relative(path_, TN_SOURCE_DIR).string() << " (" << name_of(mode_) << ")\n"
                                    << report;
    }

private:
    fs::path path_;
    Mode mode_;
};

void register_case(const fs::path& path, Mode mode, bool has_modes) {
    std::string suite = path.parent_path().filename();
    std::string name = path.stem().string() + (has_modes ? "/" + std::string(name_of(mode)) : "");
    testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path, mode]() -> testing::Test* { return new Golden(path, mode); });
}

void register_folder(const fs::path& folder) {
    if (!fs::exists(folder)) return;
    std::vector<fs::path> paths;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".tn") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
        bool is_dump = !parse_expectation(read_text(path)).dump_stage.empty();
        bool has_modes = !is_dump && path.filename().string().rfind("fail_", 0) != 0;
        for (Mode mode : all_modes) {
            if (mode != Mode::Interpreter && (blesses || !has_modes)) continue;
            register_case(path, mode, has_modes && !blesses);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i < argc; ++i) blesses = blesses || std::string_view(argv[i]) == "--bless";
    for (const char* folder : {"lang", "ir", "limit", "regress"}) {
        register_folder(fs::path(TN_SOURCE_DIR) / "tests" / folder);
    }
    return RUN_ALL_TESTS();
}
