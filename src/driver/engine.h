// The compiler as its users see it: sources and host declarations in, a finished module or diagnostics
// out. The pipeline itself is pipeline.cpp.
//
// An Engine is what all modules of one runtime share. It is sealed by its first compile and safe to use
// from several threads after that. A CompiledModule is immutable; its machine code is made on first
// use of each mode, under a lock.
#pragma once

#include "check/host_decls.h"
#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "driver/extension.h"
#include "driver/options.h"
#include "ir/module.h"
#include "runtime/program.h"
#include "runtime/runtime_shared.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::rt {
struct HostType;
}

namespace tn::interp {
class Interpreter;
}
namespace tn::host {
class Libraries;
}

namespace tn::driver {

// How a registered host function is reached by emitted code and by the interpreter.
struct HostFunction {
    std::string path;      // "net.lookup" or "name"
    std::string signature; // "fn(String, i64) -> bool"
    bool is_generic =
        true; // by rt_call_host_generic with `user_data` as registration; else a plain C function
    bool is_pure = false;
    bool has_status = false;  // a plain one that may fail
    bool is_operator = false; // the glue has an `impl` that calls it
    bool is_native = false;   // of an extension
    const void* address = nullptr; // plain C function; for generic ones the dispatcher below
    void* user_data = nullptr;
};

// A type of the host's. Modules agree on it by its number, its place in Engine::host_types.
struct HostTypeInfo {
    std::string name;                   // "time.DateTime"
    std::vector<check::HostPath> paths; // none: nobody can have one
    const rt::HostType* type = nullptr;
};

struct HostVariable {
    std::string path;
    bool is_const = false;
};

// uint32_t dispatcher(Context*, void* registration, Slot* io): arguments leaf by leaf in, results out in
// the same row; the answer is a trap code, 0 for success.
using GenericHostCall = std::uint32_t (*)(rt::Context*, void* registration, rt::Slot* io);

// Likewise for scalars with value_tags, as values: the result's place, and behind it the arguments.
using ValueHostCall = std::uint32_t (*)(rt::Context*, void* registration, rt::HostValue* values);

// Sets the trap of a plain C function that answered a status other than 0.
using PlainHostFailure = void (*)(rt::Context*, void* registration, std::int32_t status);

// What the host's loader of sources says of a module: its text, that it has none, or what is wrong.
struct SourceAnswer {
    std::optional<std::string> text;
    std::string problem;
};

class ForeignTable;
struct Engine;

// What a search for an extension ended with: an engine that has its module, a problem, or neither.
struct ExtensionAnswer {
    std::shared_ptr<const Engine> engine;
    std::string problem;
    std::string places; // where it was looked for
};

// A module that the host registered, or the wrapper module of an extension.
struct HostModule {
    std::string text;
    std::string file; // what diagnostics name
    bool is_extension = false;
};

struct Engine {
    std::vector<HostFunction> host_functions;
    std::vector<HostTypeInfo> host_types;
    // Host types' impls, constants and context variables as a module in Tenon that every compilation reads
    // (host/glue.h), and what stands in it for which path. Empty: none.
    std::string host_glue;
    std::vector<HostVariable> host_variables;
    std::map<std::string, HostModule, std::less<>> modules; // by path
    // Asked for modules that neither the package nor the host's registered modules have. Called on the thread
    // that compiles. Empty: none.
    std::function<SourceAnswer(const std::string& path)> load_source;
    // Asked before that one for a module that could be an extension's. Called on the same thread. Empty: the host does
    // not allow extensions.
    std::function<ExtensionAnswer(const std::string& name)> load_extension;
    GenericHostCall generic_call = nullptr;
    ValueHostCall value_call = nullptr;
    PlainHostFailure plain_failure = nullptr;
    // Where `extern` blocks find their C functions; null: the host does not allow them.
    std::shared_ptr<host::Libraries> libraries;
    // Where a tn_instance handle holds its Context*, for the C entry thunks.
    std::uint32_t instance_context_offset = 0;
    // By TypeKind, the tags of scalars that code takes from a tn_value and puts into one by itself; else 0. Null: none.
    const std::uint8_t* value_tags = nullptr;
    std::shared_ptr<rt::RuntimeShared> shared;
};

class CompiledModule {
public:
    CompiledModule(const Engine& engine, Options options, std::shared_ptr<diag::SourceMap> sources,
                   std::vector<diag::Diagnostic> warnings, std::shared_ptr<ir::Module> ir);

    const ir::Module& ir() const { return *ir_; }
    const std::shared_ptr<const ir::Module>& ir_ptr() const { return ir_; }
    const std::shared_ptr<rt::Program>& program() const { return program_; }
    const diag::SourceMap& sources() const { return *sources_; }
    // Warnings of a successful compilation.
    const std::vector<diag::Diagnostic>& warnings() const { return warnings_; }

    // Makes the machine code of a mode if it is not there yet. Any thread. Throws InternalError, bad_alloc.
    const rt::CodeBlob& code(rt::CodeMode mode) const;
    // The code that has this function; of a lazy module, maybe no more than what the function reaches (driver/lazy.cpp).
    const rt::CodeBlob& code_of(rt::CodeMode mode, ir::FuncId func) const;
    // The packed thunk of an export, a test or `init`: uint32_t(Context*, Slot*).
    using Packed = std::uint32_t (*)(rt::Context*, rt::Slot*);
    Packed packed_entry(rt::CodeMode mode, ir::FuncId func) const;
    // Of an export that has only scalars with value_tags: uint32_t(Context*, arguments, result), where both may be null;
    // else null.
    using Values = std::uint32_t (*)(rt::Context*, const rt::HostValue*, rt::HostValue*);
    Values value_entry(rt::CodeMode mode, ir::FuncId func) const;
    // A C function `R (*)(tn_instance*, A...)` for an export; null when its types do not fit C.
    using CFunction = void (*)();
    CFunction c_entry(rt::CodeMode mode, ir::FuncId func) const;
    // A loop over columns around a function that has only scalars (ir/adapter.h). Any thread. Throws as code().
    Packed batch_entry(rt::CodeMode mode, ir::FuncId func) const;
    // Calls a function value: the closure first in the row. Likewise.
    Packed closure_entry(rt::CodeMode mode, const ir::Signature& signature) const;
    // Ends soon whatever it is given, and calls nothing of the host's (ir/short.h).
    bool is_short(ir::FuncId func) const;
    // The IR interpreter of this module, made on first use. Any thread.
    const interp::Interpreter& interpreter() const;

    ~CompiledModule();
    CompiledModule(const CompiledModule&) = delete;
    CompiledModule& operator=(const CompiledModule&) = delete;

private:
    // A part of a lazy module: what one function reaches, optimized.
    struct Part {
        std::shared_ptr<const ir::Module> ir;
        const rt::CodeBlob* code[rt::code_mode_count] = {};
    };
    const rt::CodeBlob& part_code(Part& part, rt::CodeMode mode, ir::FuncId func) const;
    std::shared_ptr<const ir::Module> optimized() const; // all of it

    std::unique_ptr<Extension> extend(const std::function<ir::FuncId(ir::Module&)>& add) const;
    Packed extension_entry(Extension& extension, rt::CodeMode mode) const;

    const Engine& engine_; // outlives its modules: whoever owns both sees to that
    Options options_;
    std::shared_ptr<diag::SourceMap> sources_;
    std::vector<diag::Diagnostic> warnings_;
    std::shared_ptr<const ir::Module> ir_;
    std::shared_ptr<rt::Program> program_;
    std::unique_ptr<ForeignTable> foreign_;
    bool is_lazy_ = false; // then ir_ is as lowering made it
    mutable std::mutex parting_;
    mutable std::map<std::uint32_t, Part> parts_; // by FuncId
    mutable std::mutex generating_;
    mutable std::unique_ptr<interp::Interpreter> interpreter_;
    mutable std::mutex extending_;
    mutable std::map<std::uint32_t, std::unique_ptr<Extension>> batch_loops_;                   // by FuncId
    mutable std::vector<std::pair<ir::Signature, std::unique_ptr<Extension>>> closure_calls_;
};

struct CompileResult {
    std::shared_ptr<CompiledModule> module;    // null when there were errors
    std::shared_ptr<diag::SourceMap> sources;  // for rendering
    std::vector<diag::Diagnostic> diagnostics; // errors and warnings, in source order
    std::string io_error;                      // a path could not be read: which, and why
    // The one that the module was compiled with, when the compilation has loaded extensions; else null.
    std::shared_ptr<const Engine> engine;
};

// `name` is what diagnostics and stack traces show. Runs on a large stack of its own, so
// the caller's stack may be small. Throws InternalError, std::bad_alloc.
CompileResult compile_text(const Engine& engine, std::string_view name, std::string_view text,
                           const Options& options);
// A `.tn` file, or a folder with main.tn, and the modules beside it that it imports.
CompileResult compile_path(const Engine& engine, const std::string& path, const Options& options);
// A package in memory: texts by file name, main.tn among them; `prefix` stands before the names in messages.
CompileResult compile_texts(const Engine& engine, std::string_view prefix,
                            std::map<std::string, std::string> texts, const Options& options);

// The same as far as diagnostics go: there is no module. For the wrapper module of an extension, by a text that imports it.
CompileResult check_text(const Engine& engine, std::string_view name, std::string_view text, const Options& options);

// Whether a text is a source at all, whatever its names mean.
struct SyntaxCheck {
    std::shared_ptr<diag::SourceMap> sources;
    std::vector<diag::Diagnostic> diagnostics;
    bool has_errors = false;
};
SyntaxCheck check_syntax(std::string_view name, std::string_view text);

// Runs a function of the module in the IR interpreter instead of machine code; same contract as a packed
// thunk. The context belongs to an instance of module.program() with fuel or polls as it is set up.
std::uint32_t interpret(const CompiledModule& module, rt::Context& context, ir::FuncId func, rt::Slot* io);

} // namespace tn::driver
