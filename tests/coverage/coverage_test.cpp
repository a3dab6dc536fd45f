// Every row of the tables that scripts can reach is hit by a golden, or stands in tests/uncovered.txt, a list that
// may only shrink: a row that stands there although a golden hits it is an error as well.
//
// Diagnostics and traps are hit by a directive with their name; builtins by a call of that name in a golden that
// runs, hidden ones by one in the prelude; core traits by an `impl` in such a golden; IR operations, runtime functions
// and the prelude's methods by standing in its IR.
#include "builtins/builtin.h"
#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "diag/diagnostic.h"
#include "driver/dump.h"
#include "ir/inst.h"
#include "runtime/runtime_shared.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

struct GoldenFile {
    fs::path path;
    std::string text;
    bool runs = false;
};

std::vector<GoldenFile> read_goldens() {
    std::vector<GoldenFile> files;
    for (const char* folder : {"lang", "limit", "regress", "ir"}) {
        fs::path root = fs::path(TN_SOURCE_DIR) / "tests" / folder;
        if (!fs::exists(root)) continue;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
            if (entry.path().extension() != ".tn") continue;
            std::ifstream file(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << file.rdbuf();
            // A module of a package is no golden of its own, and runs when the package does.
            bool runs = true;
            for (fs::path at = entry.path(); at != root; at = at.parent_path()) {
                runs = runs && at.filename().string().rfind("fail_", 0) != 0;
            }
            files.push_back({entry.path(), text.str(), runs});
        }
    }
    return files;
}

const std::vector<GoldenFile>& goldens() {
    static const std::vector<GoldenFile> files = read_goldens();
    return files;
}

// The first group of every match in every golden; with `only_running`, in those that run.
Names matches(const std::string& pattern, bool only_running) {
    const std::regex regex(pattern);
    Names names;
    for (const GoldenFile& file : goldens()) {
        if (only_running && !file.runs) continue;
        for (std::sregex_iterator it(file.text.begin(), file.text.end(), regex), last; it != last; ++it) {
            names.insert((*it)[1]);
        }
    }
    return names;
}

struct IrNames {
    Names words;     // where the IR's text has its operations, and after a call of the runtime
    Names functions; // that are defined: "List.map", "main"
};

const IrNames& names_of_ir() {
    static const IrNames names = [] {
        IrNames found;
        const std::regex definition(R"(^fn @([\w.]+))");
        tn::driver::Engine engine;
        engine.shared = std::make_shared<tn::rt::RuntimeShared>();
        for (const GoldenFile& file : goldens()) {
            if (!file.runs) continue;
            for (const char* stage : {"ir", "opt"}) {
                tn::driver::DumpRequest request;
                request.stage = stage;
                std::istringstream text(tn::driver::dump(engine, file.path, request, {}).text);
                for (std::string line; std::getline(text, line);) {
                    std::smatch match;
                    if (std::regex_search(line, match, definition)) found.functions.insert(match[1]);
                    std::string word;
                    for (char c : line + " ") {
                        if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') word += c;
                        else if (!word.empty()) found.words.insert(std::exchange(word, ""));
                    }
                }
            }
        }
        return found;
    }();
    return names;
}

const Names& words_of_ir() { return names_of_ir().words; }

// The public methods and functions of the prelude: "List.map"; those of a class of types are "pow".
// The hidden names that its text calls.
struct PreludeNames {
    Names methods;
    Names hidden_calls;
};

const PreludeNames& names_of_prelude() {
    static const PreludeNames names = [] {
        PreludeNames found;
        const std::regex block(R"(^impl(?:\[.*?\])? (\w+)(?:\[[\w, ]*\])? \{)"), trait_block(R"(^(?:impl\b.* for |trait ))");
        const std::regex method(R"(^    fn (\w+))"), call(R"((__\w+)\()");
        for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(TN_SOURCE_DIR) / "src" / "prelude")) {
            if (entry.path().extension() != ".tn") continue;
            std::ifstream file(entry.path(), std::ios::binary);
            std::string owner;
            for (std::string line; std::getline(file, line);) {
                std::smatch match;
                if (std::regex_search(line, trait_block)) owner = "__";
                else if (std::regex_search(line, match, block)) owner = match[1];
                std::string name = std::regex_search(line, match, method) ? std::string(match[1]) : "";
                if (!name.empty() && name[0] != '_' && owner.rfind("__", 0) != 0) {
                    found.methods.insert(owner == "T" ? name : owner + "." + name);
                }
                for (std::sregex_iterator it(line.begin(), line.end(), call), last; it != last; ++it) {
                    found.hidden_calls.insert((*it)[1]);
                }
            }
        }
        return found;
    }();
    return names;
}

// "kind Name" lines; `#` starts a comment.
Names read_list(const std::string& kind) {
    std::ifstream file(fs::path(TN_SOURCE_DIR) / "tests" / "uncovered.txt");
    Names names;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first, second;
        if (words >> first >> second && first == kind) names.insert(second);
    }
    return names;
}

void expect_covered(const std::string& kind, const std::vector<std::string>& rows, const Names& hit) {
    Names listed = read_list(kind);
    for (const std::string& row : rows) {
        bool is_listed = listed.erase(row) != 0;
        if (hit.count(row) != 0) EXPECT_FALSE(is_listed) << "take it off tests/uncovered.txt: " << kind << " " << row;
        else EXPECT_TRUE(is_listed) << "no golden hits: " << kind << " " << row;
    }
    for (const std::string& name : listed) ADD_FAILURE() << "tests/uncovered.txt names no row: " << kind << " " << name;
}

TEST(Coverage, Diagnostics) {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < tn::diag::diag_count(); ++i) {
        rows.emplace_back(tn::diag::name_of(static_cast<tn::diag::Diag>(i)));
    }
    expect_covered("diagnostic", rows, matches(R"(// (?:error|warning)(?:@\d+)? \[(\w+)\])", false));
}

TEST(Coverage, Traps) {
    std::vector<std::string> rows;
#define TRAP(name, status, text) rows.push_back(#name);
#include "builtins/trap.def"
    expect_covered("trap", rows, matches(R"(// trap \[(\w+)\])", false));
}

TEST(Coverage, Builtins) {
    const Names methods = matches(R"(\.(\w+)\()", true), functions = matches(R"((?:^|[^.\w])(\w+)\()", true);
    std::vector<std::string> rows;
    Names hit;
    for (unsigned i = 0; i < tn::builtin_count; ++i) {
        const tn::BuiltinInfo& info = tn::builtin_info(static_cast<tn::BuiltinId>(i));
        rows.emplace_back(info.id);
        const bool is_hidden = info.name.substr(0, 2) == "__";
        const Names& calls = is_hidden ? names_of_prelude().hidden_calls : info.owner.empty() ? functions : methods;
        if (calls.count(std::string(info.name)) != 0) hit.insert(std::string(info.id));
    }
    expect_covered("builtin", rows, hit);
}

TEST(Coverage, CoreTraits) {
    std::vector<std::string> rows;
#define CORE_TRAIT(id, method, inputs, out, operator_) rows.push_back(#id);
#include "builtins/core_trait.def"
    expect_covered("core_trait", rows, matches(R"((?:^|\n)impl(?:\[.*?\])? (\w+)(?:\[.*?\])? for )", true));
}

TEST(Coverage, PreludeMethods) {
    const Names& methods = names_of_prelude().methods;
    Names hit;
    for (const std::string& name : methods) {
        if (names_of_ir().functions.count(name) != 0) hit.insert(name);
    }
    expect_covered("prelude", {methods.begin(), methods.end()}, hit);
}

TEST(Coverage, Operations) {
    std::vector<std::string> rows;
    Names hit;
#define OP(name, text, operands, results, effects, consumes) \
    rows.push_back(#name); \
    if (words_of_ir().count(text) != 0) hit.insert(#name);
#include "ir/op.def"
    expect_covered("operation", rows, hit);
}

TEST(Coverage, RuntimeFunctions) {
    std::vector<std::string> rows;
    for (unsigned i = 0; i < tn::runtime_fn_count; ++i) {
        rows.emplace_back(tn::runtime_fn_info(static_cast<tn::RuntimeFn>(i)).name);
    }
    Names hit;
    for (const std::string& row : rows) {
        if (words_of_ir().count(row) != 0) hit.insert(row);
    }
    expect_covered("runtime_fn", rows, hit);
}

} // namespace
