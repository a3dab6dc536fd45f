// What tests of the `tenon` command share: a folder of their own, and a way to run the command in it.
//
// The program under test is TN_TENON.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tn::cli_tests {

namespace fs = std::filesystem;

struct Result {
    int status = -1; // 128 + signal when it died
    std::string out, err;
};

inline std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class Cli : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "tenon-cli-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    // Writes a file and answers its path relative to the folder, where every command runs.
    std::string write(const std::string& name, const std::string& text) {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return name;
    }

    Result tenon(const std::vector<std::string>& args) {
        std::vector<const char*> argv{TN_TENON};
        for (const std::string& arg : args) argv.push_back(arg.c_str());
        argv.push_back(nullptr);
        std::fflush(nullptr);
        pid_t child = fork();
        if (child == 0) {
            bool ok = chdir(folder_.c_str()) == 0;
            redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
            redirect(STDOUT_FILENO, ".stdout", O_WRONLY | O_CREAT | O_TRUNC);
            redirect(STDERR_FILENO, ".stderr", O_WRONLY | O_CREAT | O_TRUNC);
            alarm(60);
            if (ok) execv(TN_TENON, const_cast<char**>(argv.data()));
            _exit(127);
        }
        int status = 0;
        waitpid(child, &status, 0);
        Result result;
        result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        result.out = read_text(folder_ / ".stdout");
        result.err = read_text(folder_ / ".stderr");
        return result;
    }

    fs::path folder_;

private:
    static void redirect(int to, const char* path, int flags) {
        int file = open(path, flags, 0600);
        if (file >= 0) dup2(file, to);
    }
};

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
#define EXPECT_HAS(text, part) EXPECT_TRUE(has(text, part)) << "in: " << (text)

} // namespace tn::cli_tests
