// What a golden file says about itself, in comments beside its lines.
//
// In: the text of a .tn file. Out: its directives; or, for --bless, the text with directives that say what
// happened. It refuses to know how a script is compiled or run.
//
//   // out: text                 a line that is printed; all of them, in order ("// out:" for an empty line)
//   // error [Name]: message     a diagnostic on this line; fail_*.tn has at least one and does not compile
//   // error@7 [Name]: message   the same on line 7, where a comment cannot stand
//   // warning [Name]: message   warnings count only in files that have such a directive
//   // trap [Name]: message      trap_*.tn ends with this trap, raised on this line
//   // frame: main 4:7           the script's stack, innermost first; checked where given
//   // set fuel=100 memory=1M stack=64K
//   // set extern=1              the host allows `extern` blocks
//   // dump: STAGE [FUNCTION]    the dump of that stage is the `//| ` lines of the file
//
// A message that is left out ("// error [Name]") is not compared; --bless fills it in.
//
// A folder with a main.tn is one golden, a package, called like the folder: `out`, `frame` and settings stand
// in main.tn, diagnostics and traps beside the lines of the file they are in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::golden {

enum class FindingKind : std::uint8_t { Error, Warning, Trap };
std::string_view name_of(FindingKind kind);

// A diagnostic or a trap: expected, or seen.
struct Finding {
    FindingKind kind = FindingKind::Error;
    std::uint32_t line = 0;
    std::string name;
    std::optional<std::string> message; // none: any
    std::string file;                   // of a package, from its root; empty: main.tn, or the only file
};

struct Expectation {
    std::vector<std::string> output;
    std::vector<Finding> findings;
    std::vector<std::string> frames;
    // fuel in units, memory and stack in bytes; cancel, deadline: after which `print` that comes.
    std::map<std::string, std::uint64_t> settings;
    std::string dump_stage, dump_function;
    std::vector<std::string> dump_lines;
    bool checks_warnings = false;
};

// What happened, in the same terms.
struct Outcome {
    std::vector<std::string> output;
    std::vector<Finding> findings;
    std::vector<std::string> frames;
    std::vector<std::string> dump_lines;
    std::string problem; // anything a golden cannot expect: a broken heap, an unreadable file
};

Expectation parse_expectation(std::string_view text);

// A file's path, from the package's root; main.tn's is empty.
using Texts = std::map<std::string, std::string>;
Expectation parse_package(const Texts& texts);

// "" when the outcome is as expected, else a readable diff.
std::string compare(const Expectation& expected, const Outcome& seen);

// The file's text with its directives changed to say what was seen.
std::string bless(std::string_view text, const Outcome& seen);
// The same for each file of a package.
Texts bless_package(const Texts& texts, const Outcome& seen);

std::vector<std::string> split_lines(std::string_view text);

} // namespace tn::golden
