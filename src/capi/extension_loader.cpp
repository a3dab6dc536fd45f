#include "capi/extension_loader.h"

#include "capi/register.h"
#include "capi/registrar.h"
#include "driver/extension_files.h"

#include <optional>

namespace tn::capi {

namespace {

constexpr const char* entry_name = "tn_extension_entry_v1";

// While it lives this thread alone registers. Unless it is kept, what was registered is taken back.
class Loading {
public:
    Loading(host::Registry& registry, std::string name)
        : registry_(registry), mark_(registry.begin_extension(std::move(name))) {}
    ~Loading() {
        if (!is_kept_) registry_.roll_back(mark_);
    }
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;
    void keep() {
        is_kept_ = true;
        registry_.commit_extension();
    }

private:
    host::Registry& registry_;
    host::Registry::Mark mark_;
    bool is_kept_ = false;
};

// What an extension throws is unwound by the unwinder of its own C++, which then asks ours for our frames:
// ours has to have been at work once, or it aborts.
void wake_unwinder() {
    static const bool is_awake = [] {
        try {
            throw 0;
        } catch (int) { return true; }
    }();
    (void)is_awake;
}

// One of this name that is there. Nothing: go on.
std::optional<tn_status> find_loaded(const host::Registry& registry, const driver::ExtensionFiles& files,
                                     LoadedExtension& out, tn_error** err) {
    const host::Registry::Lock lock = registry.lock();
    for (const host::ExtensionInfo& known : registry.extensions()) {
        if (known.name != files.name) continue;
        out = {known.name, known.version};
        if (known.file == files.library) return TN_OK;
        return report(err, TN_DUPLICATE,
                      {"extension `", files.name, "` of `", files.library, "`: it is loaded already, from `",
                       known.file, "`"});
    }
    return std::nullopt;
}

tn_status check_wrapper(RuntimeCore& core, const driver::ExtensionFiles& files, tn_error** err) {
    driver::SyntaxCheck syntax = driver::check_syntax(files.source_file, files.source);
    if (syntax.has_errors)
        return report(err, make_compile_error(TN_COMPILE, syntax.sources, std::move(syntax.diagnostics)));
    std::string message;
    const host::RegisterResult added =
        core.registry.add_module(files.name, {files.source, files.source_file, true}, message);
    if (added != host::RegisterResult::Registered)
        return report(err, status_of(added), {"extension `", files.name, "`: ", message});
    const std::shared_ptr<const driver::Engine> engine = core.engine();
    driver::CompileResult result =
        driver::check_text(*engine, "<import>", "import " + files.name + ";\n", {});
    std::erase_if(result.diagnostics, [](const auto& d) { return d.severity != diag::Severity::Error; });
    if (result.diagnostics.empty()) return TN_OK;
    return report(err, make_compile_error(TN_COMPILE, result.sources, std::move(result.diagnostics)));
}

// What an import says of a failed load, on one line.
std::string describe_failure(const tn_error* error) {
    const ErrorObject& object = *find_error(error);
    std::string text;
    if (!object.diagnostics.empty()) {
        const ErrorObject::DiagnosticTexts& first = object.texts.front();
        text = first.file + ":" + std::to_string(first.begin.line) + ":" +
               std::to_string(first.begin.column) + ": ";
    }
    return text + object.message;
}

} // namespace

tn_status load_extension(RuntimeCore& core, const std::string& folder, LoadedExtension& out, tn_error** err) {
    driver::ExtensionFiles files;
    std::string why;
    if (!driver::read_extension_files(folder, core.config.get(TN_CONFIG_MAX_SOURCE), files, why))
        return report(err, TN_IO, {why});
    if (auto known = find_loaded(core.registry, files, out, err)) return *known;

    wake_unwinder();
    Loading loading(core.registry, files.name);
    // Another thread may have been faster. Nothing was added then, and rolling back would take what that one has added by
    // this name.
    if (auto known = find_loaded(core.registry, files, out, err)) {
        loading.keep();
        return *known;
    }
    auto library = std::make_shared<host::SharedLibrary>();
    if (!library->open(files.library, why))
        return report(err, TN_IO, {"extension `", files.name, "`: ", why});
    const auto entry = reinterpret_cast<tn_extension_entry_fn>(library->find(entry_name));
    if (!entry)
        return report(
            err, TN_NOT_FOUND,
            {"extension `", files.name, "`: `", files.library, "` has no function `", entry_name, "`"});
    // Known from here on, so that the library is closed after what it has registered was ended.
    core.registry.add_extension({files.name, "", files.library, library});
    library.reset();
    Registrar registrar;
    registrar.core = &core;
    registrar.name = files.name;
    if (const tn_status status = run_entry(entry, registrar); status != TN_OK)
        return report(err, status, {"extension `", files.name, "`: ", registrar.message});
    core.registry.set_version(files.name, registrar.version);
    if (const tn_status status = check_wrapper(core, files, err); status != TN_OK) return status;
    loading.keep();
    out = {files.name, registrar.version};
    return TN_OK;
}

std::string find_extension_folder(const RuntimeCore& core, const std::string& name, std::string& places) {
    const std::vector<std::string> folders = driver::extension_folders(core.config.extension_path());
    for (const std::string& folder : folders) places += (places.empty() ? "`" : ", `") + folder + "`";
    return driver::find_extension_folder(folders, name);
}

driver::ExtensionAnswer find_extension(RuntimeCore& core, const std::string& name) {
    driver::ExtensionAnswer answer;
    std::string places;
    const std::string folder = find_extension_folder(core, name, places);
    if (!core.config.get(TN_CONFIG_ALLOW_EXTENSIONS)) {
        // Where to look was told, but not that scripts may load what is there.
        if (!folder.empty())
            answer.problem = "`" + folder + "` is a native extension; the host allows them with " +
                             "TN_CONFIG_ALLOW_EXTENSIONS, the `tenon` command with `--allow native`";
        return answer;
    }
    answer.places = std::move(places);
    if (folder.empty()) return answer;
    LoadedExtension loaded;
    tn_error* error = nullptr;
    if (load_extension(core, folder, loaded, &error) == TN_OK) {
        answer.engine = core.engine();
    } else {
        answer.problem = describe_failure(error);
    }
    tn_error_free(error);
    return answer;
}

} // namespace tn::capi
