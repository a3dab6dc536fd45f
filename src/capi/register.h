// Registrations of the host and of its extensions, which differ in who they are for.
//
// In: the arguments of tn_register_* and of an extension's registrar, as they came. Out: an entry of the
// registry, or a status and an error. It refuses to know when extensions are loaded.
#pragma once

#include "c_api.h"
#include "capi/core.h"
#include "host/registry.h"

namespace tn::capi {

tn_status status_of(host::RegisterResult result);

// Who registers. Null: the handle was none, and that is reported.
struct Registrant {
    RuntimeCore* core = nullptr;
    const void* handle = nullptr;
    std::string_view extension = {}; // its names stand behind its own

    tn_status check(tn_error** err) const { return core ? TN_OK : report_handle(err, handle, "runtime"); }
    std::string path_of(std::string_view name) const {
        return extension.empty() ? std::string(name) : std::string(extension) + "." + std::string(name);
    }
};

tn_status register_function(const Registrant& who, const char* path, size_t path_len, const char* sig,
                            size_t sig_len, tn_fnptr fn, bool is_generic, void* ud, tn_finalizer fin,
                            uint32_t flags, tn_error** err) noexcept;
tn_status register_type(const Registrant& who, const char* path, size_t path_len, const char* uri,
                        size_t uri_len, const tn_host_type* ops, void* ud, tn_finalizer fin,
                        const tn_type** out, tn_error** err) noexcept;

} // namespace tn::capi
