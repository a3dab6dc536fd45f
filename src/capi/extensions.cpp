// Section 10 of c_api.h: native extensions.
#include "capi/extension_loader.h"
#include "capi/text.h"

using namespace tn::capi;

namespace {

struct ExtensionObject {
    Ref<RuntimeCore> core;
    LoadedExtension info;
};

const ExtensionObject* find_extension_object(const tn_extension* handle) {
    Cell* cell = find_handle(handle, HandleKind::Extension);
    return cell ? static_cast<const ExtensionObject*>(cell->object) : nullptr;
}

} // namespace

tn_status tn_extension_load(tn_runtime* rt, const char* path, size_t len, uint32_t flags, tn_extension** out,
                            tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&]() -> tn_status {
        RuntimeCore* core = find_runtime(rt);
        if (!core) return report_handle(err, rt, "runtime");
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        if (flags != 0) return report(err, TN_UNSUPPORTED, {"unknown flags ", Number(flags).text()});
        std::string_view text;
        if (tn_status status = read_text(path, len, "path", text, err); status != TN_OK) return status;
        if (text.empty() || text.find('\0') != text.npos)
            return report(err, TN_ARG, {"the path is empty or contains NUL"});
        if (core->registry.is_in_entry_here()) return report(err, TN_STATE, {"an extension is being loaded"});
        std::string folder(text);
        if (text.find('/') == text.npos) {
            std::string places;
            folder = find_extension_folder(*core, folder, places);
            if (folder.empty())
                return report(
                    err, TN_NOT_FOUND,
                    {"there is no extension `", text, "` in ", places.empty() ? "any folder" : places});
        }
        auto object = std::make_unique<ExtensionObject>();
        object->core = Ref<RuntimeCore>::share(core);
        if (tn_status status = load_extension(*core, folder, object->info, err); status != TN_OK)
            return status;
        Cell* cell = new_handle(HandleKind::Extension, object.get());
        if (!cell) return report_no_memory(err);
        object.release();
        *out = reinterpret_cast<tn_extension*>(cell);
        return TN_OK;
    });
}

const char* tn_extension_name(const tn_extension* x, size_t* len) {
    const ExtensionObject* object = find_extension_object(x);
    return object ? give_text(object->info.name, len) : give_nothing(len);
}

const char* tn_extension_version(const tn_extension* x, size_t* len) {
    const ExtensionObject* object = find_extension_object(x);
    return object ? give_text(object->info.version, len) : give_nothing(len);
}

void tn_extension_free(tn_extension* x) {
    delete static_cast<ExtensionObject*>(release_handle(x, HandleKind::Extension));
}
