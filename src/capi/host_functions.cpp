// Section 8 of c_api.h: host functions and modules.
#include "capi/dispatch.h"
#include "capi/register.h"
#include "capi/text.h"

using namespace tn;
using namespace tn::capi;

namespace tn::capi {

tn_status status_of(host::RegisterResult result) {
    switch (result) {
    case host::RegisterResult::Registered: return TN_OK;
    case host::RegisterResult::Sealed: return TN_CLOSED;
    case host::RegisterResult::Duplicate: return TN_DUPLICATE;
    case host::RegisterResult::Misplaced:
    case host::RegisterResult::BadPath: return TN_ARG;
    case host::RegisterResult::BadSignature: return TN_SIGNATURE;
    case host::RegisterResult::BadType: return TN_UNSUPPORTED;
    case host::RegisterResult::Busy: return TN_STATE;
    }
    return TN_INTERNAL;
}

tn_status register_function(const Registrant& who, const char* path, size_t path_len, const char* sig,
                            size_t sig_len, tn_fnptr fn, bool is_generic, void* ud, tn_finalizer fin,
                            uint32_t flags, tn_error** err) noexcept {
    // Ends with this function, unless the registry takes it: so the finalizer runs once, and no lock is held.
    host::UserData data(ud, fin);
    return guarded(err, [&]() -> tn_status {
        if (tn_status status = who.check(err); status != TN_OK) return status;
        if (!fn) return report(err, TN_ARG, {"fn is NULL"});
        if (flags & ~(TN_FN_PURE | (is_generic ? 0 : TN_FN_STATUS))) return report(err, TN_UNSUPPORTED, {"unknown flags ", Number(flags).text()});
        std::string_view path_text, signature;
        if (tn_status status = read_text(path, path_len, "path", path_text, err); status != TN_OK)
            return status;
        if (tn_status status = read_text(sig, sig_len, "signature", signature, err); status != TN_OK)
            return status;
        host::Registration entry;
        entry.path = who.path_of(path_text);
        entry.extension = who.extension;
        entry.is_generic = is_generic;
        entry.is_pure = flags & TN_FN_PURE;
        entry.has_status = flags & TN_FN_STATUS;
        entry.address = fn;
        entry.user_data = std::move(data);
        std::string message;
        const host::RegisterResult result = who.core->registry.add(entry, signature, message);
        if (result == host::RegisterResult::Registered) return TN_OK;
        return report(err, status_of(result), {message});
    });
}

} // namespace tn::capi

tn_status tn_register_fn(tn_runtime* rt, const char* path, size_t path_len, const char* sig, size_t sig_len,
                         tn_host_fn fn, void* ud, tn_finalizer fin, uint32_t flags, tn_error** err) {
    return register_function({find_runtime(rt), rt}, path, path_len, sig, sig_len, reinterpret_cast<tn_fnptr>(fn), true,
                             ud, fin, flags, err);
}

tn_status tn_register_native(tn_runtime* rt, const char* path, size_t path_len, const char* sig,
                             size_t sig_len, tn_fnptr fn, void* ud, tn_finalizer fin, uint32_t flags,
                             tn_error** err) {
    return register_function({find_runtime(rt), rt}, path, path_len, sig, sig_len, fn, false, ud, fin, flags, err);
}

tn_status tn_register_module(tn_runtime* rt, const char* path, size_t path_len, const char* src, size_t src_len,
                             tn_error** err) {
    return guarded(err, [&]() -> tn_status {
        RuntimeCore* core = find_runtime(rt);
        if (!core) return report_handle(err, rt, "runtime");
        std::string_view path_text, source;
        if (tn_status status = read_text(path, path_len, "path", path_text, err); status != TN_OK) return status;
        if (tn_status status = read_text(src, src_len, "source", source, err); status != TN_OK) return status;
        const std::uint64_t limit = core->config.get(TN_CONFIG_MAX_SOURCE);
        if (source.size() > limit) {
            return report(err, TN_RANGE,
                          {"the source has ", Number(source.size()).text(), " bytes, the limit is ",
                           Number(limit).text()});
        }
        driver::SyntaxCheck syntax = driver::check_syntax(path_text, source);
        if (syntax.has_errors)
            return report(err, make_compile_error(TN_COMPILE, syntax.sources, std::move(syntax.diagnostics)));
        std::string message;
        const host::RegisterResult result = core->registry.add_module(
            path_text, {std::string(source), std::string(path_text), false}, message);
        if (result == host::RegisterResult::Registered) return TN_OK;
        return report(err, status_of(result), {message});
    });
}

tn_status tn_register_loader(tn_runtime* rt, tn_load_fn load, void* ud, tn_finalizer fin, tn_error** err) {
    host::SourceLoader loader{load, host::UserData(ud, fin)};
    return guarded(err, [&]() -> tn_status {
        RuntimeCore* core = find_runtime(rt);
        if (!core) return report_handle(err, rt, "runtime");
        if (!load) return report(err, TN_ARG, {"load is NULL"});
        std::string message;
        const host::RegisterResult result = core->registry.set_loader(loader, message);
        if (result == host::RegisterResult::Registered) return TN_OK;
        return report(err, status_of(result), {message});
    });
}

tn_status tn_frame_fail(tn_frame* fr, tn_status s, const char* msg, size_t len, void* payload,
                        tn_finalizer fin) {
    host::UserData data(payload, fin);
    return guarded(nullptr, [&]() -> tn_status {
        if (!fr) return TN_ARG;
        FrameObject* frame = find_frame(fr);
        if (!frame) return TN_HANDLE;
        std::string_view text;
        if (tn_status status = read_text(msg, len, "msg", text, nullptr); status != TN_OK) return status;
        const bool is_own = TN_IS_TRAP(s) || s >= TN_HOST_STATUS_FIRST;
        auto failure = std::make_unique<HostFailure>();
        failure->status = is_own ? s : TN_TRAP_HOST_ERROR;
        failure->message = "host error: ";
        failure->message += text;
        if (fin) failure->code = frame->core->module->runtime->registry.libraries();
        failure->payload = payload;
        failure->finalizer = fin;
        data.forget();
        // An earlier failure of the same callback ends here, its finalizer included.
        std::swap(frame->core->failure, failure);
        return frame->core->failure->status;
    });
}

tn_status tn_frame_fail_error(tn_frame* fr, tn_error* e) {
    struct Ends {
        tn_error* error;
        ~Ends() { tn_error_free(error); }
    } ends{e};
    return guarded(nullptr, [&]() -> tn_status {
        if (!fr || !e) return TN_ARG;
        FrameObject* frame = find_frame(fr);
        if (!frame || !set_failure(*frame->core, e)) return TN_HANDLE;
        return frame->core->failure->status;
    });
}

bool tn::capi::set_failure(InstanceCore& core, const tn_error* e) {
    ErrorObject* error = find_error(e);
    if (!error) return false;
    auto failure = std::make_unique<HostFailure>();
    const bool is_own = TN_IS_TRAP(error->status) || error->status >= TN_HOST_STATUS_FIRST;
    failure->status = is_own ? error->status : TN_TRAP_HOST_ERROR;
    failure->message = is_own ? error->message : "host error: " + error->message;
    failure->frames = error->frames;
    if (!is_static_error(e)) {
        // The payload moves along, so that its finalizer runs with the last error that has it.
        failure->payload = std::exchange(error->payload, nullptr);
        failure->finalizer = std::exchange(error->finalizer, nullptr);
        failure->code = error->code;
    }
    std::swap(core.failure, failure);
    return true;
}

tn_instance* tn_frame_instance(tn_frame* fr) {
    FrameObject* frame = find_frame(fr);
    if (!frame || frame->core->is_closed()) return nullptr;
    return reinterpret_cast<tn_instance*>(frame->core->handle);
}
