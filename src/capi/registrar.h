// What an extension registers with while its entry runs, and the table of all that it may call.
//
// In: calls of the entry. Out: registrations, or the first failure among them. It refuses to know where the
// library came from and what becomes of its registrations.
#pragma once

#include "capi/core.h"

#include <string>
#include <thread>

namespace tn::capi {

struct Registrar {
    RuntimeCore* core = nullptr;
    std::string name;    // of the extension, as its folder says
    std::string version; // set by `begin`
    bool has_begun = false;
    std::thread::id thread = std::this_thread::get_id();
    // The first failure.
    tn_status status = TN_OK;
    std::string message;

    tn_status fail(tn_status failure, std::string text) {
        if (status == TN_OK) {
            status = failure;
            message = std::move(text);
        }
        return status;
    }
};

extern const tn_host_api host_api;

// Runs an entry with a registrar's handle, which is dead afterwards. Answers what the registrar and the entry
// say.
tn_status run_entry(tn_extension_entry_fn entry, Registrar& registrar);

} // namespace tn::capi
