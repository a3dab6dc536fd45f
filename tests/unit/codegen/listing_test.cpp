// tests/codegen/*.ir: what the machine code of a function must look like on x86-64. The last function of a
// file is looked at; lines that start with `;` say what is expected:
//   asm: TEXT       stands in the listing      not: TEXT   does not
//   before: A | B   the first A stands before the first B, if there is a B
//
// tests/codegen/exact/*.ir: all of the code, for both machines, in NAME.x64 (the oldest x86-64) and NAME.a64
// next to it. With TENON_BLESS=1 in the environment these are written instead.
#include "jit.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

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
        GenerateOptions options;
        options.machine = Machine::X64;
        options.baseline_cpu = true;
        std::size_t at = source.rfind("fn @") + 4;
        options.listing_function = source.substr(at, source.find('(', at) - at);
        const std::string text = Script::list(source, options);
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

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Listing, IsExactlyTheStoredOne) {
    std::array<std::uint8_t, static_cast<unsigned>(TypeKind::Param) + 1> tags{}; // of exports' scalars
    for (unsigned i = 0; i < tags.size(); ++i)
        if (type_class(static_cast<TypeKind>(i)) == TypeClass::Scalar) tags[i] = static_cast<std::uint8_t>(i);
    unsigned files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TN_SOURCE_DIR "/tests/codegen/exact")) {
        if (entry.path().extension() != ".ir") continue;
        ++files;
        for (Machine machine : {Machine::X64, Machine::A64}) {
            GenerateOptions options;
            options.machine = machine;
            options.baseline_cpu = true;
            options.value_tags = tags.data();
            const std::string text = Script::list(read_text(entry.path()), options);
            std::filesystem::path stored = entry.path();
            stored.replace_extension(machine == Machine::X64 ? ".x64" : ".a64");
            if (std::getenv("TENON_BLESS")) {
                std::ofstream(stored) << text;
            } else {
                EXPECT_EQ(text, read_text(stored)) << stored.filename();
            }
        }
    }
    EXPECT_GE(files, 5u);
}

} // namespace
} // namespace tn::codegen::test
