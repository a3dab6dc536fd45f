// Section 8 of c_api.h: types of the host's and their values, constants, context variables.
#include "capi/dispatch.h"
#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/register.h"
#include "capi/text.h"
#include "runtime/entry_points.h"
#include "runtime/float_text.h"
#include "runtime/host_type.h"
#include "runtime/seq.h"

#include <charconv>
#include <cmath>
#include <cstring>

using namespace tn;
using namespace tn::capi;

namespace {

constexpr std::size_t max_constant_text = std::size_t(1) << 20;

void copy_ops(const tn_host_type& ops, rt::HostType& type) {
    type.finalize = ops.finalize;
    type.clone = ops.clone;
    type.equal = ops.equal;
    type.hash = ops.hash;
    type.extra_bytes = ops.extra_bytes;
    type.to_text = reinterpret_cast<void (*)()>(ops.to_text);
    if (ops.to_text) type.show = &show_host_value;
}

// A value as an expression in Tenon; false when it has none, or a too long one.
bool write_value(const tn_value& value, std::string& out);

void write_character(std::uint32_t c, std::string& out) {
    char buffer[16];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, c, 16).ptr;
    out += "\\u{" + std::string(buffer, end) + "}";
}

void write_text(std::string_view text, std::string& out) {
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x80 ||
            (byte >= 0x20 && byte != '"' && byte != '\\' && byte != '{' && byte != '}' && byte != 0x7f))
            out += text[i];
        else
            write_character(byte, out);
    }
    out += '"';
}

void write_float(double number, std::string_view type, std::string& out) {
    if (std::isnan(number) || std::isinf(number)) {
        out += std::signbit(number) && !std::isnan(number) ? "-" : "";
        out += std::string(type) + (std::isnan(number) ? ".NAN" : ".INFINITY");
        return;
    }
    char buffer[rt::short_float_size];
    out.append(buffer, type == "f32" ? rt::write_repr(static_cast<float>(number), buffer)
                                     : rt::write_repr(number, buffer));
}

bool write_parts(const tn_value& value, std::size_t count, const char* open, const char* close,
                 std::string& out) {
    out += open;
    for (std::size_t i = 0; i < count; ++i) {
        if (i) out += ", ";
        tn_value part;
        const tn_status status =
            value.tag == TN_TAG_LIST ? tn_list_get(&value, i, &part) : tn_record_get(&value, i, &part);
        const bool good = status == TN_OK && write_value(part, out);
        tn_value_clear(&part);
        if (!good) return false;
    }
    out += close;
    return out.size() <= max_constant_text;
}

bool write_value(const tn_value& value, std::string& out) {
    switch (value.tag) {
    case TN_TAG_BOOL: out += value.as.u ? "true" : "false"; return value.as.u <= 1;
    case TN_TAG_I8:
    case TN_TAG_I16:
    case TN_TAG_I32:
    case TN_TAG_I64: out += std::to_string(value.as.i); return true;
    case TN_TAG_U8:
    case TN_TAG_U16:
    case TN_TAG_U32:
    case TN_TAG_U64: out += std::to_string(value.as.u); return true;
    case TN_TAG_F32: write_float(static_cast<float>(value.as.f), "f32", out); return true;
    case TN_TAG_F64: write_float(value.as.f, "f64", out); return true;
    case TN_TAG_CHAR:
        out += '\'';
        write_character(static_cast<std::uint32_t>(value.as.u), out);
        out += '\'';
        return true;
    case TN_TAG_STRING: {
        const Held held = find_held(value);
        if (held) write_text(rt::view(held.object()), out);
        return held && out.size() <= max_constant_text;
    }
    case TN_TAG_BYTES: {
        const Held held = find_held(value);
        if (!held) return false;
        out += "b\"";
        for (char c : rt::view(held.object())) {
            constexpr const char* digits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        }
        out += '"';
        return out.size() <= max_constant_text;
    }
    case TN_TAG_LIST: {
        size_t count = 0;
        return tn_list_len(&value, &count) == TN_OK && write_parts(value, count, "[", "]", out);
    }
    case TN_TAG_TUPLE: {
        const Held held = find_held(value);
        return held && write_parts(value, held.type().children.size(), "(", ")", out);
    }
    case TN_TAG_OPTION: {
        int32_t is_some = 0;
        tn_value content;
        if (tn_option_get(&value, &is_some, &content) != TN_OK) return false;
        if (!is_some) {
            out += "None";
            return true;
        }
        out += "Some(";
        const bool good = write_value(content, out);
        tn_value_clear(&content);
        out += ')';
        return good;
    }
    default: return false;
    }
}

const TypeInfo* find_handle_type(const tn_type* t) {
    const TypeInfo* type = find_type(t);
    return type && type->tag == TN_TAG_HANDLE ? type : nullptr;
}

tn_status register_variable(tn_runtime* rt, const char* path, size_t path_len, const char* type,
                            size_t type_len, const tn_value* v, bool is_const, tn_error** err) {
    return guarded(err, [&]() -> tn_status {
        RuntimeCore* core = find_runtime(rt);
        if (!core) return report_handle(err, rt, "runtime");
        std::string_view path_text, type_text;
        if (tn_status status = read_text(path, path_len, "path", path_text, err); status != TN_OK)
            return status;
        if (tn_status status = read_text(type, type_len, "type", type_text, err); status != TN_OK)
            return status;
        host::Variable variable;
        variable.path = path_text;
        variable.is_const = is_const;
        if (is_const) {
            if (!v) return report(err, TN_ARG, {"v is NULL"});
            tn_status status = TN_OK;
            std::string message;
            const TypeInfo* wanted = core->types.parse(type_text, status, message);
            if (!wanted) return report(err, status, {message});
            const Held held = find_held(*v);
            const bool same =
                held ? held.type().name == wanted->name : v->tag == wanted->tag && v->tag < TN_TAG_STRING;
            if (!same) {
                const bool is_dead = v->tag >= TN_TAG_STRING && !held;
                return report(err, is_dead ? TN_HANDLE : TN_TYPE,
                              {"`", path_text, "`: expected `", wanted->name, "`, found ", describe(*v)});
            }
            rt::Slot slot;
            if (is_scalar_tag(v->tag) && !scalar_to_slot(v->tag, v->as, slot))
                return report(err, TN_RANGE,
                              {"`", path_text, "`: the number is out of range for `", wanted->name, "`"});
            if (!write_value(*v, variable.value))
                return report(err, TN_UNSUPPORTED,
                              {"`", path_text, "`: a constant cannot be this `", wanted->name, "`"});
        }
        std::string message;
        const host::RegisterResult result =
            core->registry.add_variable(std::move(variable), type_text, message);
        if (result == host::RegisterResult::Registered) return TN_OK;
        return report(err, status_of(result), {message});
    });
}

} // namespace

namespace tn::capi {

tn_status register_type(const Registrant& who, const char* path, size_t path_len, const char* uri, size_t uri_len,
                        const tn_host_type* ops, void* ud, tn_finalizer fin, const tn_type** out,
                        tn_error** err) noexcept {
    if (out) *out = nullptr;
    host::TypeRegistration entry;
    host::UserData data(ud, fin);
    return guarded(err, [&]() -> tn_status {
        if (tn_status status = who.check(err); status != TN_OK) return status;
        RuntimeCore* core = who.core;
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        std::string_view path_text, uri_text;
        if (tn_status status = read_text(path, path_len, "path", path_text, err); status != TN_OK)
            return status;
        if (tn_status status = read_text(uri, uri_len, "URI", uri_text, err); status != TN_OK) return status;
        if (ops) {
            if (ops->struct_size != sizeof(tn_host_type))
                return report(err, TN_VERSION,
                              {"struct_size is ", Number(ops->struct_size).text(), ", not ",
                               Number(sizeof(tn_host_type)).text()});
            if (ops->hash && !ops->equal)
                return report(err, TN_ARG, {"a hash needs equal: equal values have equal hashes"});
            copy_ops(*ops, entry.type);
        }
        entry.uri = uri_text;
        entry.type.user_data = ud;
        entry.user_data = std::move(data);
        std::uint32_t number = 0;
        std::string message;
        const host::RegisterResult result = core->registry.add_type(entry, who.path_of(path_text), who.extension, number, message);
        if (result != host::RegisterResult::Registered) return report(err, status_of(result), {message});
        *out = handle_of(core->types.host_type(number, core->registry.types()[number].type.path));
        return TN_OK;
    });
}

} // namespace tn::capi

tn_status tn_register_type(tn_runtime* rt, const char* path, size_t path_len, const char* uri, size_t uri_len,
                           const tn_host_type* ops, void* ud, tn_finalizer fin, const tn_type** out,
                           tn_error** err) {
    return register_type({find_runtime(rt), rt}, path, path_len, uri, uri_len, ops, ud, fin, out, err);
}

tn_status tn_register_constant(tn_runtime* rt, const char* path, size_t path_len, const char* type,
                               size_t type_len, const tn_value* v, tn_error** err) {
    return register_variable(rt, path, path_len, type, type_len, v, true, err);
}

tn_status tn_register_global(tn_runtime* rt, const char* path, size_t path_len, const char* type,
                             size_t type_len, tn_error** err) {
    return register_variable(rt, path, path_len, type, type_len, nullptr, false, err);
}

tn_status tn_handle_new(tn_instance* inst, const tn_type* t, void* p, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        const TypeInfo* type = find_handle_type(t);
        if (!type)
            return report(err, find_type(t) ? TN_TYPE : t ? TN_HANDLE : TN_ARG, {"not a type of the host's"});
        if (!p) return report(err, TN_ARG, {"p is NULL"});
        // From here on `p` is ours.
        struct Ends {
            const rt::HostType& type;
            void* pointer;
            ~Ends() {
                if (pointer && type.finalize) type.finalize(pointer, type.user_data);
            }
        } owned{*type->desc->host, p};
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        type = core->module->types.import(*type);
        if (!type) return report(err, TN_TYPE, {"the type belongs to another runtime"});
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        owned.pointer = nullptr;
        rt::Object* object = rt::new_host_object(core->context(), *type->desc, p);
        if (!object) return report_runtime_failure(*core, err);
        const tn_status status = wrap(*core, *type, object, *out);
        return status == TN_OK ? TN_OK : report_no_memory(err);
    });
}

tn_status tn_handle_get(const tn_value* v, const tn_type* t, void** out) {
    if (out) *out = nullptr;
    return guarded(nullptr, [&]() -> tn_status {
        if (!v || !out || !t) return TN_ARG;
        if (v->tag != TN_TAG_HANDLE) return TN_TYPE;
        const Held held = find_held(*v);
        if (!held || !find_type(t)) return TN_HANDLE;
        const TypeInfo* type = find_handle_type(t);
        // The registration itself is what a type is.
        if (!type || held.type().desc->host != type->desc->host) return TN_TYPE;
        *out = rt::as_host(held.object())->pointer;
        return *out ? TN_OK : TN_CLOSED;
    });
}

tn_status tn_handle_close(const tn_value* v) {
    return guarded(nullptr, [&]() -> tn_status {
        if (!v) return TN_ARG;
        if (v->tag != TN_TAG_HANDLE) return TN_TYPE;
        const Held held = find_held(*v);
        if (!held) return TN_HANDLE;
        InstanceCore& core = held.core();
        Inside inside(core);
        if (inside.status() != TN_OK) return inside.status();
        // Emitted code may hold the pointer while it is in one of those.
        if (core.place == Place::Script) return TN_STATE;
        Ref<InstanceCore> keep = Ref<InstanceCore>::share(&core);
        rt::close_host_object(*core.rt, rt::as_host(held.object()));
        return TN_OK;
    });
}
