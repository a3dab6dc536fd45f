#include "capi/registrar.h"

#include "capi/register.h"
#include "capi/text.h"

#include <exception>

namespace tn::capi {

namespace {

constexpr std::size_t max_version_bytes = 64;

// "1.2.0", "2.0.0-rc1": numbers with dots between them, then what the author likes.
bool is_version(std::string_view text) {
    if (text.empty() || text.size() > max_version_bytes) return false;
    unsigned numbers = 0;
    for (;;) {
        std::size_t digits = 0;
        while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
        if (digits == 0) return false;
        ++numbers;
        text.remove_prefix(digits);
        if (text.empty() || text[0] != '.') break;
        text.remove_prefix(1);
    }
    for (char c : text) {
        const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_word && c != '-' && c != '.' && c != '+') return false;
    }
    return numbers >= 2 && (text.empty() || text[0] == '-' || text[0] == '+');
}

std::string version_text(std::uint32_t abi) {
    return std::to_string(abi >> 16) + "." + std::to_string(abi & 0xffff);
}

// What one of the first six does: `body` gets the registrar and the error that it may fill, whose status and
// message are then the registrar's. A failure before is answered again.
template <typename Body> tn_status with_registrar(tn_registrar* r, bool is_begin, Body&& body) noexcept {
    if (!r) return TN_ARG;
    Cell* cell = find_handle(r, HandleKind::Registrar);
    if (!cell) return TN_HANDLE;
    auto& registrar = *static_cast<Registrar*>(cell->object);
    if (registrar.thread != std::this_thread::get_id()) return TN_BUSY;
    return guarded(nullptr, [&]() -> tn_status {
        if (registrar.status != TN_OK) return registrar.status;
        if (!registrar.has_begun && !is_begin)
            return registrar.fail(TN_STATE, "its entry has to call `begin` before anything else");
        tn_error* error = nullptr;
        const tn_status status = body(registrar, &error);
        if (status != TN_OK) {
            const char* message = tn_error_message(error, nullptr);
            registrar.fail(status, message ? message : tn_status_name(status));
        }
        tn_error_free(error);
        return status;
    });
}

Registrant registrant_of(const Registrar& registrar) { return {registrar.core, nullptr, registrar.name}; }

tn_status begin(tn_registrar* r, uint32_t header_abi, const char* name, size_t name_len, const char* version,
                size_t version_len) {
    return with_registrar(r, true, [&](Registrar& registrar, tn_error** err) -> tn_status {
        if (registrar.has_begun) return report(err, TN_STATE, {"its entry calls `begin` twice"});
        if (header_abi >> 16 != TN_ABI_MAJOR || (header_abi & 0xffff) > TN_ABI_MINOR) {
            return report(err, TN_VERSION,
                          {"it was compiled for version ", version_text(header_abi),
                           " of the C API, but this library has version ", version_text(TN_ABI_VERSION)});
        }
        std::string_view name_text, text;
        if (tn_status status = read_text(name, name_len, "name", name_text, err); status != TN_OK)
            return status;
        if (tn_status status = read_text(version, version_len, "version", text, err); status != TN_OK)
            return status;
        if (name_text != registrar.name)
            return report(err, TN_ARG,
                          {"it is the extension `", name_text, "`; its folder has to be called like it"});
        if (!is_version(text))
            return report(err, TN_ARG, {"its version `", text.substr(0, 64), "` is none, such as 1.2.0"});
        registrar.version = text;
        registrar.has_begun = true;
        return TN_OK;
    });
}

tn_status fail(tn_registrar* r, tn_status s, const char* msg, size_t len) {
    return with_registrar(r, true, [&](Registrar&, tn_error** err) -> tn_status {
        std::string_view text;
        if (tn_status status = read_text(msg, len, "msg", text, err); status != TN_OK) return status;
        return report(err, s == TN_OK ? TN_ARG : s, {text});
    });
}

tn_status add_type(tn_registrar* r, const char* name, size_t name_len, const char* uri, size_t uri_len,
                   const tn_host_type* ops, void* ud, tn_finalizer fin, const tn_type** out) {
    if (out) *out = nullptr;
    host::UserData data(ud, fin); // ends here if the registration does not come about
    return with_registrar(r, false, [&](Registrar& registrar, tn_error** err) {
        data.forget();
        return register_type(registrant_of(registrar), name, name_len, uri, uri_len, ops, ud, fin, out, err);
    });
}

tn_status add_function(tn_registrar* r, const char* name, size_t name_len, const char* sig, size_t sig_len,
                       tn_fnptr fn, bool is_generic, void* ud, tn_finalizer fin, uint32_t flags) {
    host::UserData data(ud, fin);
    return with_registrar(r, false, [&](Registrar& registrar, tn_error** err) {
        data.forget();
        return register_function(registrant_of(registrar), name, name_len, sig, sig_len, fn, is_generic, ud,
                                 fin, flags, err);
    });
}

tn_status add_fn(tn_registrar* r, const char* name, size_t name_len, const char* sig, size_t sig_len,
                 tn_host_fn fn, void* ud, tn_finalizer fin, uint32_t flags) {
    return add_function(r, name, name_len, sig, sig_len, reinterpret_cast<tn_fnptr>(fn), true, ud, fin,
                        flags);
}

tn_status add_native(tn_registrar* r, const char* name, size_t name_len, const char* sig, size_t sig_len,
                     tn_fnptr fn, void* ud, tn_finalizer fin, uint32_t flags) {
    return add_function(r, name, name_len, sig, sig_len, fn, false, ud, fin, flags);
}

tn_status find_type(tn_registrar* r, const char* p, size_t len, const tn_type** out) {
    if (out) *out = nullptr;
    return with_registrar(r, false, [&](Registrar& registrar, tn_error** err) -> tn_status {
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        std::string_view text;
        if (tn_status status = read_text(p, len, "type", text, err); status != TN_OK) return status;
        host::TypeText type;
        if (auto error = host::parse_type(text, type))
            return report(err, TN_SIGNATURE, {"bad type `", text.substr(0, 200), "`: ", error->message});
        std::string message;
        const std::string within = registrar.name + "." + registrar.name;
        if (!registrar.core->registry.types().spell_out(within, registrar.name, type, message))
            return report(err, TN_NOT_FOUND, {"`", message, "` is not a type of this extension"});
        tn_status status = TN_OK;
        const TypeInfo* found = registrar.core->types.parse(host::canonical(type), status, message);
        if (!found) return report(err, status, {message});
        *out = handle_of(found);
        return TN_OK;
    });
}

} // namespace

const tn_host_api host_api = {
    sizeof(tn_host_api),
    TN_ABI_VERSION,
    0,
    begin,
    fail,
    add_type,
    add_fn,
    add_native,
    find_type,
    tn_status_name,
    tn_error_new,
    tn_error_free,
    tn_error_status,
    tn_error_message,
    tn_error_payload,
    tn_value_call,
    tn_value_clear,
    tn_value_copy,
    tn_value_get_i64,
    tn_value_get_u64,
    tn_value_get_f64,
    tn_value_get_bool,
    tn_value_type,
    tn_text_check,
    tn_string_new,
    tn_string_data,
    tn_bytes_new,
    tn_bytes_data,
    tn_list_new,
    tn_list_len,
    tn_list_get,
    tn_list_set,
    tn_list_push,
    tn_list_data,
    tn_list_append,
    tn_list_wrap,
    tn_list_pin,
    tn_list_unpin,
    tn_record_new,
    tn_record_get,
    tn_record_set,
    tn_enum_new,
    tn_enum_variant,
    tn_enum_payload,
    tn_map_new,
    tn_map_len,
    tn_map_get,
    tn_map_set,
    tn_map_remove,
    tn_map_iter,
    tn_iter_next,
    tn_iter_free,
    tn_option_new,
    tn_option_get,
    tn_type_kind,
    tn_type_name,
    tn_type_child_count,
    tn_type_child,
    tn_type_equal,
    tn_handle_new,
    tn_handle_get,
    tn_handle_close,
    tn_frame_fail,
    tn_frame_fail_error,
    tn_frame_instance,
};

tn_status run_entry(tn_extension_entry_fn entry, Registrar& registrar) {
    Cell* cell = new_handle(HandleKind::Registrar, &registrar);
    if (!cell) throw std::bad_alloc();
    tn_status answer = TN_OK;
    std::string thrown;
    host::Registry& registry = registrar.core->registry;
    registry.set_in_entry(true);
    try {
        answer = entry(&host_api, reinterpret_cast<tn_registrar*>(cell));
    } catch (const std::exception& exception) {
        thrown = std::string("an exception left its entry: ") + exception.what();
    } catch (...) { thrown = "an exception left its entry"; }
    registry.set_in_entry(false);
    release_handle(cell, HandleKind::Registrar);
    if (!thrown.empty()) return registrar.fail(TN_INTERNAL, std::move(thrown));
    if (registrar.status != TN_OK) return registrar.status;
    if (answer != TN_OK)
        return registrar.fail(answer, std::string("its entry answered ") + tn_status_name(answer) + " (" +
                                          std::to_string(answer) + ")");
    if (!registrar.has_begun) return registrar.fail(TN_STATE, "its entry did not call `begin`");
    return TN_OK;
}

} // namespace tn::capi
