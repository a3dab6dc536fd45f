// tests/codegen/*.ir: what the machine code of a function must look like. The last function of a file is
// looked at; lines that start with `;` say what is expected:
//   asm: TEXT       stands in the listing      not: TEXT   does not
//   before: A | B   the first A stands before the first B, if there is a B
#include "jit.h"

#include <filesystem>
#include <fstream>

namespace tn::codegen::test {
namespace {

TEST(Listing, LooksAsExpected) {
    unsigned files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TN_SOURCE_DIR "/tests/codegen")) {
        if (entry.path().extension() != ".ir") continue;
        ++files;
        SCOPED_TRACE(entry.path().filename().string());
        std::ifstream in(entry.path());
        std::string line, source;
        std::vector<std::pair<std::string, std::string>> expected;
        while (std::getline(in, line)) {
            if (!line.starts_with(";")) {
                source += line + "\n";
                continue;
            }
            for (const char* kind : {"asm", "not", "before"}) {
                std::string start = std::string("; ") + kind + ": ";
                if (line.starts_with(start)) expected.emplace_back(kind, line.substr(start.size()));
            }
        }
        std::string text;
        GenerateOptions options;
        options.listing = &text;
        std::size_t at = source.rfind("fn @") + 4;
        options.listing_function = source.substr(at, source.find('(', at) - at);
        Script script(source, options);
        for (const auto& [kind, what] : expected) {
            if (kind == "asm") {
                EXPECT_NE(text.find(what), std::string::npos) << what << "\n" << text;
            } else if (kind == "not") {
                EXPECT_EQ(text.find(what), std::string::npos) << what << "\n" << text;
            } else {
                std::size_t bar = what.find(" | ");
                std::size_t first = text.find(what.substr(0, bar)), second = text.find(what.substr(bar + 3));
                EXPECT_TRUE(first != std::string::npos && first < second) << what << "\n" << text;
            }
        }
    }
    EXPECT_GE(files, 4u);
}

} // namespace
} // namespace tn::codegen::test
