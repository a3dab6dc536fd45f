// The checker's door: trees to Checked.
//
// In: parsed modules, the host's declarations. Out: a Checked, or diagnostics that say why not (and
// warnings). It refuses to know how anything is executed.
#pragma once

#include "check/checked.h"
#include "check/host_decls.h"
#include "check/prelude_index.h"
#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "support/interner.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tn::check {

struct ModuleInput {
    std::string path; // "" for the root, which is the first
    const syntax::Ast* ast = nullptr;
    // Registered by the host: it imports only what the host registers, its tests are not run, and its
    // warnings are nobody's. A path may be one of the host's and one of the package's, which imports must not
    // name.
    bool is_host = false;
    // What the host registered for the language to use, written in Tenon (host/glue.h). Nobody can import it, it may
    // name what begins with `__`, and its code has no positions.
    bool is_glue = false;
};

// Why a path names no module of the input, as whoever loads modules knows it.
struct MissingModule {
    enum class Why : std::uint8_t {
        Unknown,    // `reason`: where it was looked for
        Ambiguous,  // `reason`: the two that it may be
        Unreadable, // `reason`: what is wrong with it
    } why = Why::Unknown;
    std::string path; // as much of it as is needed to see what is missing
    std::string reason;
    std::string hint; // may be empty
};

// Why a C function of an `extern` block cannot be called; empty texts: it can.
struct ForeignProblem {
    std::string library; // what is wrong with the library
    std::string symbol;  // the library has no such function: where it was looked for
};

struct Input {
    const diag::SourceMap& sources;
    std::span<const ModuleInput> modules;
    const HostDecls& host;
    bool is_program = false; // `main` must be one that `tenon run` can call
    // Its modules stand behind the user's in Checked::modules; the interner stands over the prelude's, and so
    // do the sources. Null: only what builtin.def declares.
    const Prelude* prelude = nullptr;
    bool whole_prelude = false;     // checks all of it, used or not: for its own tests
    std::string root_name = "main"; // by which other modules import from the root
    // Asked about the path of an import that cannot be followed; empty: nothing is known.
    std::function<MissingModule(std::string_view path, bool in_host_module)> explain_missing = {};
    // Looks for a C function; empty: the host does not allow `extern`.
    std::function<ForeignProblem(const std::string& library, const std::string& symbol)> find_foreign = {};
};

// Nullopt when the sink has errors, the parser's included: then every mistake of the trees has been
// reported as well as they can be understood. The trees must outlive the answer.
std::optional<Checked> check(const Input& input, TypeTable& types, Interner& interner,
                             diag::DiagnosticSink& sink);

// The types of a signature text without type parameters, `fn(String, mut List[i64]) -> i64?`, for the host's
// declarations. Nullopt, and the reason, when it is none.
struct HostSignature {
    std::vector<HostParam> params;
    TypeId result;
};
std::optional<HostSignature> parse_host_signature(std::string_view text, TypeTable& types,
                                                  std::string& reason);

} // namespace tn::check
