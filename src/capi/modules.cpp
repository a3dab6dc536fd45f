// Section 4 of c_api.h: compile, modules, functions.
#include "capi/core.h"
#include "capi/inside.h"
#include "capi/text.h"
#include "driver/package.h"
#include "host/signature.h"

#include <algorithm>
#include <map>

using namespace tn;
using namespace tn::capi;

namespace {

driver::Options compile_options(const Config& config, const Config& base) {
    driver::Options options;
    options.opt_level = static_cast<int>(config.get(TN_CONFIG_OPT_LEVEL, &base));
    options.max_source_bytes = config.get(TN_CONFIG_MAX_SOURCE, &base);
    options.whole_package = config.get(TN_CONFIG_WHOLE_PACKAGE, &base) != 0;
    options.is_program = config.get(TN_CONFIG_PROGRAM, &base) != 0;
    options.threads = static_cast<unsigned>(config.get(TN_CONFIG_THREADS, &base));
    options.is_lazy = config.get(TN_CONFIG_LAZY, &base) != 0;
    options.baseline_cpu = config.get(TN_CONFIG_BASELINE_CPU, &base) != 0;
    return options;
}

// `compile` makes a CompileResult with an engine.
template <typename Compile>
tn_status finish_compile(RuntimeCore& runtime, Compile compile, tn_module** out, tn_error** err) {
    runtime.registry.seal();
    std::shared_ptr<const driver::Engine> engine = runtime.engine();
    driver::CompileResult result = compile(*engine);
    if (result.engine) engine = std::move(result.engine);
    if (!result.module) {
        if (!result.io_error.empty()) return report(err, TN_IO, {result.io_error});
        return report(err, make_compile_error(TN_COMPILE, result.sources, std::move(result.diagnostics)));
    }
    Ref<ModuleCore> module =
        Ref<ModuleCore>::adopt(new ModuleCore(Ref<RuntimeCore>::share(&runtime), std::move(engine), std::move(result.module)));
    module->sources = std::move(result.sources);
    Cell* cell = new_handle(HandleKind::Module, module.get());
    if (!cell) return report_no_memory(err);
    module.take();
    *out = reinterpret_cast<tn_module*>(cell);
    return TN_OK;
}

// What both ways to compile check first.
tn_status begin_compile(tn_runtime* rt, const tn_config* opts, tn_module** out, RuntimeCore*& runtime,
                        driver::Options& options, tn_error** err) {
    runtime = find_runtime(rt);
    if (!runtime) return report_handle(err, rt, "runtime");
    if (!out) return report(err, TN_ARG, {"out is NULL"});
    if (runtime->registry.is_in_entry_here()) return report(err, TN_STATE, {"an extension is being loaded"});
    const Config* config;
    if (!find_config(opts, config)) return report_handle(err, opts, "config");
    options = compile_options(*config, runtime->config);
    return TN_OK;
}

tn_status new_function(ModuleCore& module, FunctionPlan* plan, bool signature_given, tn_function** out,
                       tn_error** err) {
    auto function = std::make_unique<FunctionObject>();
    function->module = Ref<ModuleCore>::share(&module);
    function->plan = plan;
    function->signature_given = signature_given;
    Cell* cell = new_handle(HandleKind::Function, function.get());
    if (!cell) return report_no_memory(err);
    cell->plan = plan;
    cell->module = &module;
    if (plan->is_by_value) cell->arity = plan->param_count;
    if (signature_given && plan->is_flat) cell->slots = plan->io_size == 0 ? 0 : plan->io_size - 1;
    function.release();
    *out = reinterpret_cast<tn_function*>(cell);
    return TN_OK;
}

// Number of changes between two short texts, at most `limit`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
    if (a.size() > 64 || b.size() > 64) return limit;
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t above = row[k];
            row[k] = std::min({above + 1, row[k - 1] + 1, diagonal + (a[i - 1] != b[k - 1])});
            diagonal = above;
        }
    }
    return std::min(row[b.size()], limit);
}

std::string suggestion(const std::vector<ir::Export>& exports, std::string_view name) {
    const std::size_t limit = std::min<std::size_t>(3, name.size() / 2 + 1);
    std::size_t best = limit;
    std::string out;
    for (const ir::Export& exported : exports) {
        const std::size_t d = distance(name, exported.name, limit);
        if (d >= best) continue;
        best = d;
        out = "; did you mean `" + exported.name + "`?";
    }
    return out;
}

// A signature as the host wrote it against the function's own. TN_OK when they are the same.
tn_status match_signature(const FunctionPlan& plan, const char* sig, size_t sig_len, tn_error** err) {
    std::string_view text;
    if (tn_status status = read_text(sig, sig_len, "signature", text, err); status != TN_OK) return status;
    host::TypeText parsed;
    if (auto error = host::parse_signature(text, parsed)) {
        return report(err, TN_SIGNATURE,
                      {"bad signature `", text.substr(0, 200), "`: ", error->message, " at byte ",
                       Number(error->offset).text()});
    }
    const std::string wanted = host::canonical(parsed);
    if (wanted == plan.signature) return TN_OK;
    return report(err, TN_SIGNATURE, {"`", plan.name, "` is `", plan.signature, "`, not `", wanted, "`"});
}

const ir::TestCase* find_test(const tn_module* m, size_t i) {
    const ModuleCore* module = find_module(m);
    if (!module || i >= module->compiled->ir().tests.size()) return nullptr;
    return &module->compiled->ir().tests[i];
}

const ir::Loc* find_test_place(const tn_module* m, size_t i) {
    const ir::TestCase* test = find_test(m, i);
    if (!test || !test->loc.is_valid()) return nullptr;
    return &find_module(m)->compiled->ir().locs[test->loc];
}

} // namespace

tn_status tn_compile(tn_runtime* rt, const char* name, size_t name_len, const char* src, size_t src_len,
                     const tn_config* opts, tn_module** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        RuntimeCore* runtime = nullptr;
        driver::Options options;
        tn_status status = begin_compile(rt, opts, out, runtime, options, err);
        if (status != TN_OK) return status;
        std::string_view name_text, text;
        if (status = read_text(name, name_len, "name", name_text, err); status != TN_OK) return status;
        if (status = read_text(src, src_len, "source", text, err); status != TN_OK) return status;
        if (text.size() > options.max_source_bytes) {
            return report(err, TN_RANGE,
                          {"the source has ", Number(text.size()).text(), " bytes, the limit is ",
                           Number(options.max_source_bytes).text()});
        }
        Ref<RuntimeCore> keep = Ref<RuntimeCore>::share(runtime);
        auto compile = [&](const driver::Engine& engine) {
            return driver::compile_text(engine, name_text, text, options);
        };
        return finish_compile(*runtime, compile, out, err);
    });
}

tn_status tn_compile_path(tn_runtime* rt, const char* path, size_t len, const tn_config* opts,
                          tn_module** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        RuntimeCore* runtime = nullptr;
        driver::Options options;
        tn_status status = begin_compile(rt, opts, out, runtime, options, err);
        if (status != TN_OK) return status;
        std::string_view text;
        if (status = read_text(path, len, "path", text, err); status != TN_OK) return status;
        if (text.find('\0') != text.npos) return report(err, TN_IO, {"a path cannot contain NUL"});
        Ref<RuntimeCore> keep = Ref<RuntimeCore>::share(runtime);
        auto compile = [&](const driver::Engine& engine) {
            return driver::compile_path(engine, std::string(text), options);
        };
        return finish_compile(*runtime, compile, out, err);
    });
}

tn_status tn_compile_package(tn_runtime* rt, const char* name, size_t name_len, const tn_source* files,
                             size_t count, const tn_config* opts, tn_module** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        RuntimeCore* runtime = nullptr;
        driver::Options options;
        tn_status status = begin_compile(rt, opts, out, runtime, options, err);
        if (status != TN_OK) return status;
        std::string_view prefix;
        if (status = read_text(name, name_len, "name", prefix, err); status != TN_OK) return status;
        if (!files && count != 0) return report(err, TN_ARG, {"files is NULL"});
        std::map<std::string, std::string> texts;
        for (size_t i = 0; i < count; ++i) {
            std::string_view file, text;
            if (status = read_text(files[i].name, files[i].name_len, "file name", file, err); status != TN_OK)
                return status;
            if (status = read_text(files[i].text, files[i].text_len, "source", text, err); status != TN_OK)
                return status;
            if (const std::string why = driver::bad_file_name(file); !why.empty())
                return report(err, TN_ARG, {"`", file, "` cannot be a file of a package: ", why});
            if (text.size() > options.max_source_bytes) {
                return report(err, TN_RANGE,
                              {"`", file, "` has ", Number(text.size()).text(), " bytes, the limit is ",
                               Number(options.max_source_bytes).text()});
            }
            if (!texts.emplace(file, text).second)
                return report(err, TN_DUPLICATE, {"`", file, "` is given twice"});
        }
        if (!texts.contains("main.tn")) return report(err, TN_NOT_FOUND, {"the package has no `main.tn`"});
        Ref<RuntimeCore> keep = Ref<RuntimeCore>::share(runtime);
        auto compile = [&](const driver::Engine& engine) {
            return driver::compile_texts(engine, prefix, std::move(texts), options);
        };
        return finish_compile(*runtime, compile, out, err);
    });
}

tn_module* tn_module_ref(tn_module* m) {
    Cell* cell = find_handle(m, HandleKind::Module);
    return cell && retain_handle(cell, HandleKind::Module) ? m : nullptr;
}

void tn_module_free(tn_module* m) {
    reap_closed();
    if (void* module = release_handle(m, HandleKind::Module)) static_cast<ModuleCore*>(module)->release();
}

tn_error* tn_module_warnings(tn_module* m) {
    const ModuleCore* module = find_module(m);
    if (!module || module->compiled->warnings().empty()) return nullptr;
    return guarded_value<tn_error*>(nullptr, [&] {
        return new_error_handle(make_compile_error(TN_OK, module->sources, module->compiled->warnings()));
    });
}

size_t tn_module_function_count(const tn_module* m) {
    const ModuleCore* module = find_module(m);
    return module ? module->compiled->ir().exports.size() : 0;
}

tn_status tn_module_function_at(tn_module* m, size_t i, tn_function** out) {
    if (out) *out = nullptr;
    return guarded(nullptr, [&]() -> tn_status {
        if (!m || !out) return TN_ARG;
        ModuleCore* module = find_module(m);
        if (!module) return TN_HANDLE;
        if (i >= module->compiled->ir().exports.size()) return TN_RANGE;
        return new_function(*module, module->export_plan(i), false, out, nullptr);
    });
}

tn_status tn_module_function(tn_module* m, const char* name, size_t name_len, const char* sig, size_t sig_len,
                             tn_function** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&]() -> tn_status {
        ModuleCore* module = find_module(m);
        if (!module) return report_handle(err, m, "module");
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        std::string_view text;
        if (tn_status status = read_text(name, name_len, "name", text, err); status != TN_OK) return status;
        const std::vector<ir::Export>& exports = module->compiled->ir().exports;
        const auto found =
            std::find_if(exports.begin(), exports.end(), [&](const ir::Export& e) { return e.name == text; });
        if (found == exports.end()) {
            return report(err, TN_NOT_FOUND,
                          {"the module has no function `", text, "`", suggestion(exports, text)});
        }
        FunctionPlan* plan = module->export_plan(static_cast<std::size_t>(found - exports.begin()));
        const bool given = sig != nullptr && sig_len != 0 && !(sig_len == TN_NTS && *sig == 0);
        if (!sig && sig_len != 0 && sig_len != TN_NTS) return report(err, TN_ARG, {"signature is NULL"});
        if (given) {
            if (tn_status status = match_signature(*plan, sig, sig_len, err); status != TN_OK) return status;
        }
        return new_function(*module, plan, given, out, err);
    });
}

size_t tn_module_test_count(const tn_module* m) {
    const ModuleCore* module = find_module(m);
    return module ? module->compiled->ir().tests.size() : 0;
}

const char* tn_module_test_name(const tn_module* m, size_t i, size_t* len) {
    const ir::TestCase* test = find_test(m, i);
    return test ? give_text(test->name, len) : give_nothing(len);
}

const char* tn_module_test_file(const tn_module* m, size_t i, size_t* len) {
    const ir::Loc* place = find_test_place(m, i);
    if (!place) return give_nothing(len);
    const std::vector<std::string>& files = find_module(m)->compiled->ir().files;
    return place->file < files.size() ? give_text(files[place->file], len) : give_nothing(len);
}

uint32_t tn_module_test_line(const tn_module* m, size_t i) {
    const ir::Loc* place = find_test_place(m, i);
    return place ? place->line : 0;
}

tn_status tn_module_test_function(tn_module* m, size_t i, tn_function** out) {
    if (out) *out = nullptr;
    return guarded(nullptr, [&]() -> tn_status {
        if (!m || !out) return TN_ARG;
        ModuleCore* module = find_module(m);
        if (!module) return TN_HANDLE;
        if (i >= module->compiled->ir().tests.size()) return TN_RANGE;
        return new_function(*module, module->test_plan(i), false, out, nullptr);
    });
}

tn_function* tn_function_ref(tn_function* f) {
    Cell* cell = find_handle(f, HandleKind::Function);
    return cell && retain_handle(cell, HandleKind::Function) ? f : nullptr;
}

void tn_function_free(tn_function* f) {
    delete static_cast<FunctionObject*>(release_handle(f, HandleKind::Function));
}

const char* tn_function_doc(const tn_function* f, size_t* len) {
    const FunctionObject* function = find_function(f);
    return function ? give_text(function->plan->doc, len) : give_nothing(len);
}

const char* tn_function_name(const tn_function* f, size_t* len) {
    const FunctionObject* function = find_function(f);
    return function ? give_text(function->plan->name, len) : give_nothing(len);
}

const char* tn_function_signature(const tn_function* f, size_t* len) {
    const FunctionObject* function = find_function(f);
    return function ? give_text(function->plan->signature, len) : give_nothing(len);
}

uint32_t tn_function_param_count(const tn_function* f) {
    const FunctionObject* function = find_function(f);
    return function ? function->plan->param_count : 0;
}

const char* tn_function_param_name(const tn_function* f, uint32_t i, size_t* len) {
    const FunctionObject* function = find_function(f);
    if (!function || i >= function->plan->param_count) return give_nothing(len);
    return give_text(function->plan->param_names[i], len);
}

const tn_type* tn_function_param_type(const tn_function* f, uint32_t i) {
    const FunctionObject* function = find_function(f);
    return function && i < function->plan->param_count ? handle_of(function->plan->param_types[i]) : nullptr;
}

const tn_type* tn_function_return_type(const tn_function* f) {
    const FunctionObject* function = find_function(f);
    return function ? handle_of(function->plan->result_type) : nullptr;
}

int32_t tn_function_param_is_mut(const tn_function* f, uint32_t i) {
    const FunctionObject* function = find_function(f);
    return function && i < function->plan->param_count && function->plan->params[i].is_mut;
}

int32_t tn_function_is_short(const tn_function* f) {
    const FunctionObject* function = find_function(f);
    return function && function->module->compiled->is_short(function->plan->func);
}

tn_status tn_function_pointer(tn_function* f, const char* sig, size_t sig_len, tn_fnptr* out,
                              tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&]() -> tn_status {
        FunctionObject* function = find_function(f);
        if (!function) return report_handle(err, f, "function");
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        if (!sig) return report(err, TN_ARG, {"signature is NULL"});
        const FunctionPlan& plan = *function->plan;
        if (tn_status status = match_signature(plan, sig, sig_len, err); status != TN_OK) return status;
        bool fits = plan.result_type->is_scalar() || plan.result_type->tag == TN_TAG_UNIT;
        for (std::size_t i = 0; i < plan.param_count; ++i) {
            fits = fits && plan.param_types[i]->is_scalar() && !plan.params[i].is_mut;
        }
        const auto entry =
            fits ? function->module->compiled->c_entry(rt::CodeMode::Polled, plan.func) : nullptr;
        if (!entry)
            return report(err, TN_SIGNATURE,
                          {"a C function pointer cannot have the types of ", plan.signature});
        *out = entry;
        return TN_OK;
    });
}
