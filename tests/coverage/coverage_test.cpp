// Every row of the tables that scripts can reach is hit by a golden, or stands in tests/uncovered.txt, a list that
// may only shrink: a row that stands there although a golden hits it is an error as well.
//
// Diagnostics and traps are hit by a directive with their name; builtins by a call of that name in a golden that
// runs, hidden ones by a call in the prelude; core traits by an `impl` in a golden that runs; IR operations, runtime
// functions and functions of the prelude by standing in the IR of such a golden.
#include "builtins/builtin.h"
#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "diag/diagnostic.h"
#include "driver/dump.h"
#include "host/libraries.h"
#include "ir/inst.h"
#include "prelude/prelude.h"
#include "runtime/runtime_shared.h"

#include "../golden/host.h"

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

// What a golden's settings ask for, as the golden test makes it.
const tn::driver::Engine& engine_for(const std::string& text) {
    auto make = [](bool is_hosted) {
        tn::driver::Engine engine;
        engine.shared = std::make_shared<tn::rt::RuntimeShared>();
        engine.libraries = std::make_shared<tn::host::Libraries>();
        if (is_hosted) tn::golden::add_host(engine);
        return engine;
    };
    static const tn::driver::Engine alone = make(false), hosted = make(true);
    return text.find("// set host=1") == text.npos ? alone : hosted;
}

struct SeenInIr {
    Names words;     // among them the operations, and the functions of the runtime that are called
    Names functions; // by name
};
const SeenInIr& seen_in_ir() {
    static const SeenInIr seen = [] {
        SeenInIr found;
        for (const GoldenFile& file : goldens()) {
            if (!file.runs) continue;
            for (const char* stage : {"ir", "opt"}) {
                tn::driver::DumpRequest request;
                request.stage = stage;
                std::istringstream text(tn::driver::dump(engine_for(file.text), file.path, request, {}).text);
                for (std::string line; std::getline(text, line);) {
                    if (line.rfind("fn @", 0) == 0) found.functions.insert(line.substr(4, line.find_first_of("(#", 4) - 4));
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
    return seen;
}

// Calls in the prelude's own text, and in what is written for a host's types.
Names calls_in_prelude() {
    const std::regex call(R"((\w+)\()");
    Names names;
    auto note = [&](const std::string& text) {
        for (std::sregex_iterator it(text.begin(), text.end(), call), last; it != last; ++it) names.insert((*it)[1]);
    };
    for (const tn::prelude::EmbeddedFile& file : tn::prelude::embedded_files()) note(std::string(file.text));
    note(engine_for("// set host=1").host_glue);
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
    const Names hidden = calls_in_prelude();
    std::vector<std::string> rows;
    Names hit;
    for (unsigned i = 0; i < tn::builtin_count; ++i) {
        const tn::BuiltinInfo& info = tn::builtin_info(static_cast<tn::BuiltinId>(i));
        rows.emplace_back(info.id);
        const Names& calls = tn::check::is_hidden_name(info.name) ? hidden : info.owner.empty() ? functions : methods;
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

TEST(Coverage, Operations) {
    std::vector<std::string> rows;
    Names hit;
#define OP(name, text, operands, results, effects, consumes) \
    rows.push_back(#name); \
    if (seen_in_ir().words.count(text) != 0) hit.insert(#name);
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
        if (seen_in_ir().words.count(row) != 0) hit.insert(row);
    }
    expect_covered("runtime_fn", rows, hit);
}

// The public functions of the prelude: `List.map`, and `pow` of a class of types.
TEST(Coverage, Prelude) {
    const tn::prelude::Library& prelude = tn::prelude::library();
    std::vector<std::string> rows;
    for (const tn::syntax::Ast& tree : prelude.index().modules()) {
        for (tn::syntax::ItemId id : tree.view(tree.root)) {
            const auto* impl = tree.items[id].as<tn::syntax::ImplItem>();
            if (!impl || impl->trait.is_valid()) continue;
            const auto* type = tree.types[impl->type].as<tn::syntax::NamedTypeExpr>();
            ASSERT_NE(type, nullptr);
            const tn::SymbolId owner = tree.view(type->path).back().symbol;
            bool is_class = false;
            for (const tn::syntax::GenericParam& param : tree.view(impl->generics)) is_class |= param.name.symbol == owner;
            for (tn::syntax::ItemId member : tree.view(impl->members)) {
                const std::string name(prelude.names().text(tree.items[member].name.symbol));
                if (tn::check::is_hidden_name(name)) continue;
                rows.push_back(is_class ? name : std::string(prelude.names().text(owner)) + "." + name);
            }
        }
    }
    Names hit;
    for (const std::string& row : rows) {
        if (seen_in_ir().functions.count(row) != 0) hit.insert(row);
    }
    expect_covered("prelude", rows, hit);
}

} // namespace
