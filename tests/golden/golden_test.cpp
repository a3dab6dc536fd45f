// The golden runner: every .tn file, and every folder with a main.tn, under tests/lang, tests/ir, tests/limit
// and tests/regress is a test in each mode; `golden --bless [--gtest_filter=...]` rewrites the expectations
// from what the interpreter did.
//
// Each case runs in a process of its own, so a crash or a hang costs one case, not the suite. With
// AddressSanitizer, where a fork and a search for leaks cost more than a case, the modes of a golden share
// one.
#include "execute.h"
#include "wrapper.h"

#include "prelude/prelude.h"

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

#ifdef TN_EMULATED
constexpr unsigned seconds_per_case = 3000;
#else
constexpr unsigned seconds_per_case = 300;
#endif
bool blesses = false;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// A package is a folder with a main.tn.
bool is_package(const fs::path& path) { return fs::exists(path / "main.tn"); }

bool is_fail(const fs::path& path) { return path.filename().string().rfind("fail_", 0) == 0; }

// The files of the golden: of a file, itself alone.
Texts read_texts(const fs::path& path) {
    if (!fs::is_directory(path)) return {{"", read_text(path)}};
    Texts texts;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
        if (entry.path().extension() != ".tn") continue;
        std::string file = fs::relative(entry.path(), path).string();
        texts[file == "main.tn" ? "" : file] = read_text(entry.path());
    }
    return texts;
}

void write_texts(const fs::path& path, const Texts& texts) {
    for (const auto& [file, text] : texts) {
        fs::path target = !fs::is_directory(path) ? path : path / (file.empty() ? "main.tn" : file);
        if (read_text(target) != text) std::ofstream(target, std::ios::binary) << text;
    }
}

// Names files from the golden's folder: those of findings, and what `debug` prints.
void shorten_files(const fs::path& path, Outcome& outcome) {
    const std::string folder = (fs::is_directory(path) ? path : path.parent_path()).string() + "/";
    for (Finding& finding : outcome.findings) {
        if (finding.file.rfind(folder, 0) == 0) finding.file.erase(0, folder.size());
        if (finding.file == "main.tn" || !fs::is_directory(path)) finding.file.clear();
    }
    for (std::string& line : outcome.output) {
        if (line.rfind(folder, 0) == 0) line.erase(0, folder.size());
    }
}

Outcome run_case(const fs::path& path, Mode mode, const Expectation& expectation) {
    if (!expectation.dump_stage.empty()) return dump(path, expectation);
    if (is_fail(path) && fs::is_regular_file(path)) {
        if (const std::string text = read_text(path); is_wrapper(text)) return compile_wrapper(path, text);
    }
    if (is_fail(path)) return compile_only(path, expectation);
    return execute(path, mode, expectation);
}

// The report of one case; "" for a pass.
std::string check_case(const fs::path& path, Mode mode) {
    Texts texts = read_texts(path);
    Expectation expectation = parse_package(texts);
    Outcome outcome = run_case(path, mode, expectation);
    shorten_files(path, outcome);
    if (blesses) {
        if (!outcome.problem.empty()) return outcome.problem;
        write_texts(path, bless_package(texts, outcome));
        return "";
    }
    std::string report = compare(expectation, outcome);
    std::string name = path.filename();
    auto has = [&](FindingKind kind) {
        return std::any_of(expectation.findings.begin(), expectation.findings.end(),
                           [&](const Finding& finding) { return finding.kind == kind; });
    };
    if (is_fail(path) && !has(FindingKind::Error)) report += "fail_*.tn expects no error\n";
    if (name.rfind("trap_", 0) == 0 && !has(FindingKind::Trap)) report += "trap_*.tn expects no trap\n";
    return report;
}

using Modes = std::vector<Mode>;

// The reports of all modes, each headed by the mode's name.
std::string check_modes(const fs::path& path, const Modes& modes) {
    std::string reports;
    for (Mode mode : modes) {
        std::string report = check_case(path, mode);
        if (!report.empty()) reports += "(" + std::string(name_of(mode)) + ")\n" + report;
    }
    return reports;
}

// Runs the case in a child; answers its report, or how it died.
std::string check_in_child(const fs::path& path, const Modes& modes) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    std::fflush(nullptr);
    pid_t child = fork();
    if (child < 0) return "no process";
    if (child == 0) {
        close(ends[0]);
        alarm(seconds_per_case);
        std::string report = check_modes(path, modes);
        if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0)
            report += "memory leaks\n";
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
    Golden(fs::path path, Modes modes) : path_(std::move(path)), modes_(std::move(modes)) {}

    void TestBody() override {
        std::string report = check_in_child(path_, modes_);
        EXPECT_TRUE(report.empty()) << fs::relative(path_, TN_SOURCE_DIR).string() << " " << report;
    }

private:
    fs::path path_;
    Modes modes_;
};

void register_case(const fs::path& path, const std::string& mode_name, const Modes& modes) {
    std::string suite = path.parent_path().filename();
    std::string name = path.stem().string() + mode_name;
    testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path, modes]() -> testing::Test* { return new Golden(path, modes); });
}

void register_modes(const fs::path& path) {
    bool is_dump = !parse_package(read_texts(path)).dump_stage.empty();
    if (is_dump || is_fail(path) || blesses) {
        register_case(path, "", {Mode::Interpreter});
    } else if (__lsan_do_recoverable_leak_check) {
        register_case(path, "", Modes(std::begin(all_modes), std::end(all_modes)));
    } else {
        for (Mode mode : all_modes) register_case(path, "/" + std::string(name_of(mode)), {mode});
    }
}

void register_folder(const fs::path& folder) {
    if (!fs::exists(folder)) return;
    std::vector<fs::path> paths;
    for (fs::recursive_directory_iterator it(folder), last; it != last; ++it) {
        if (it->is_directory() && is_package(it->path())) {
            paths.push_back(it->path());
            it.disable_recursion_pending();
        } else if (it->path().extension() == ".tn") {
            paths.push_back(it->path());
        }
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) register_modes(path);
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i < argc; ++i) blesses = blesses || std::string_view(argv[i]) == "--bless";
    for (const char* folder : {"lang", "ir", "limit", "regress"}) {
        register_folder(fs::path(TN_SOURCE_DIR) / "tests" / folder);
    }
    tn::prelude::library(); // parsed once, here, for all children
    return RUN_ALL_TESTS();
}
