// What several threads make of a module is what one makes: the same IR and the same machine code.
#include "driver/dump.h"
#include "support/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace tn::driver {

namespace {

// Functions that inline each other, that are recursive in circles, that make closures and give them away.
std::string large_source() {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        const std::string n = std::to_string(i);
        text +=
            "fn leaf" + n + "(x: i64) -> i64 { if x > " + n + " { x * 3 } else { x + [1, 2, 3][x % 3] } }\n";
        text += "fn even" + n + "(x: i64) -> bool { if x == 0 { true } else { odd" + n + "(x - 1) } }\n";
        text += "fn odd" + n + "(x: i64) -> bool { if x == 0 { false } else { even" + n + "(x - 1) } }\n";
        text += "fn all" + n + "(xs: List[i64]) -> i64 {\n    let s = 0;\n    for x in xs { s += leaf" + n +
                "(x); }\n";
        text += "    let k = s;\n    if even" + n + "(s) { s += xs.map(|x| x * k).fold(0, |a, b| a + b); }\n";
        if (i > 0)
            text += "    s += leaf" + std::to_string(i - 1) + "(s) + all" + std::to_string(i / 2) +
                    "(xs.slice(0, 0));\n";
        text += "    s\n}\n";
    }
    return text;
}

std::string dump_with(const std::string& path, const std::string& stage, unsigned threads) {
    const Engine engine;
    Options options;
    options.threads = threads;
    options.verify_each_pass = false;
    DumpRequest request;
    request.stage = stage;
    const DumpResult result = dump(engine, path, request, options);
    EXPECT_EQ(result.error, "");
    for (const diag::Diagnostic& d : result.compile.diagnostics)
        if (d.severity == diag::Severity::Error) ADD_FAILURE() << d.message;
    return result.text;
}

TEST(Threads, MakeWhatOneMakes) {
    std::string path = testing::TempDir() + "tenon_threads_XXXXXX.tn";
    const int file = mkstemps(path.data(), 3);
    ASSERT_GE(file, 0);
    close(file);
    std::ofstream(path) << large_source();
    for (const char* stage : {"opt", "asm"}) {
        const std::string alone = dump_with(path, stage, 1);
        EXPECT_GT(alone.size(), 100000u);
        for (int round = 0; round < 3; ++round) EXPECT_TRUE(dump_with(path, stage, 4) == alone) << stage;
    }
    std::remove(path.c_str());
}

TEST(Workers, DoEveryRoundOnceAndPassFailuresOn) {
    Workers workers(4);
    EXPECT_EQ(workers.count(), 4u);
    for (std::size_t rounds : {0u, 1u, 3u, 1000u}) {
        std::vector<std::atomic<int>> done(rounds);
        workers.run(rounds, [&](std::size_t round, unsigned worker) {
            EXPECT_LT(worker, 4u);
            ++done[round];
        });
        for (const auto& count : done) EXPECT_EQ(count.load(), 1);
    }
    EXPECT_THROW(workers.run(100,
                             [](std::size_t round, unsigned) {
                                 if (round == 50) throw std::runtime_error("no");
                             }),
                 std::runtime_error);
    std::atomic<int> after{0};
    workers.run(10, [&](std::size_t, unsigned) { ++after; });
    EXPECT_EQ(after.load(), 10);
}

} // namespace

} // namespace tn::driver
