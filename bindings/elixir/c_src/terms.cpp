#include "terms.h"

#include <cmath>
#include <cstring>
#include <new>
#include <vector>

Atoms atoms;

void make_atoms(ErlNifEnv* env) {
    atoms.ok = enif_make_atom(env, "ok");
    atoms.error = enif_make_atom(env, "error");
    atoms.nil = enif_make_atom(env, "nil");
    atoms.true_ = enif_make_atom(env, "true");
    atoms.false_ = enif_make_atom(env, "false");
    atoms.nan = enif_make_atom(env, "nan");
    atoms.infinity = enif_make_atom(env, "infinity");
    atoms.neg_infinity = enif_make_atom(env, "neg_infinity");
    atoms.some = enif_make_atom(env, "some");
    atoms.kind = enif_make_atom(env, "kind");
    atoms.message = enif_make_atom(env, "message");
    atoms.rendered = enif_make_atom(env, "rendered");
    atoms.diagnostics = enif_make_atom(env, "diagnostics");
    atoms.frames = enif_make_atom(env, "frames");
    atoms.severity = enif_make_atom(env, "severity");
    atoms.code = enif_make_atom(env, "code");
    atoms.file = enif_make_atom(env, "file");
    atoms.line = enif_make_atom(env, "line");
    atoms.column = enif_make_atom(env, "column");
    atoms.byte_begin = enif_make_atom(env, "byte_begin");
    atoms.byte_end = enif_make_atom(env, "byte_end");
    atoms.hint = enif_make_atom(env, "hint");
    atoms.function = enif_make_atom(env, "function");
    atoms.output = enif_make_atom(env, "output");
}

ERL_NIF_TERM make_binary(ErlNifEnv* env, const char* bytes, size_t length) {
    ERL_NIF_TERM term;
    unsigned char* data = enif_make_new_binary(env, length, &term);
    if (length) std::memcpy(data, bytes, length);
    return term;
}

namespace {

std::string type_name(const tn_type* type) {
    size_t length = 0;
    const char* name = tn_type_name(type, &length);
    return name ? std::string(name, length) : std::string("?");
}

const char* kind_of(ErlNifEnv* env, ERL_NIF_TERM term) {
    if (enif_is_atom(env, term)) return "an atom";
    if (enif_is_binary(env, term)) return "a binary";
    if (enif_is_list(env, term)) return "a list";
    if (enif_is_tuple(env, term)) return "a tuple";
    if (enif_is_map(env, term)) return "a map";
    if (enif_is_number(env, term)) {
        double d;
        return enif_get_double(env, term, &d) ? "a float" : "an integer";
    }
    if (enif_is_pid(env, term)) return "a pid";
    if (enif_is_ref(env, term)) return "a reference";
    if (enif_is_fun(env, term)) return "a function";
    return "another term";
}

bool refuse(ErlNifEnv* env, ERL_NIF_TERM term, const std::string& path, const std::string& expected, std::string& error) {
    error = path + ": expected " + expected + ", found " + kind_of(env, term);
    return false;
}

bool failed(tn_status status, tn_error* e, const std::string& path, std::string& error) {
    size_t length = 0;
    const char* message = tn_error_message(e, &length);
    error = path + ": " + (message ? std::string(message, length) : std::string(tn_status_name(status)));
    tn_error_free(e);
    return false;
}

bool integer_to_value(ErlNifEnv* env, const tn_type* type, tn_tag tag, ERL_NIF_TERM term, const std::string& path, tn_value* out,
                      std::string& error) {
    ErlNifSInt64 i = 0;
    ErlNifUInt64 u = 0;
    const unsigned bits = 8u << ((tag - (tag >= TN_TAG_U8 ? TN_TAG_U8 : TN_TAG_I8)));
    if (!enif_is_number(env, term) || (!enif_get_int64(env, term, &i) && !enif_get_uint64(env, term, &u))) {
        double d;
        // A number that is neither: a float, or an integer beyond 64 bits.
        if (!enif_is_number(env, term) || enif_get_double(env, term, &d)) return refuse(env, term, path, type_name(type), error);
        error = path + ": the integer does not fit " + type_name(type);
        return false;
    }
    bool fits;
    if (tag >= TN_TAG_U8) {
        if (enif_get_uint64(env, term, &u)) fits = bits == 64 || u >> bits == 0;
        else fits = false;
        TN_SET_UINT(out, tag, u);
    } else {
        fits = enif_get_int64(env, term, &i) && (bits == 64 || (i >= -(INT64_C(1) << (bits - 1)) && i < (INT64_C(1) << (bits - 1))));
        TN_SET_INT(out, tag, i);
    }
    if (fits) return true;
    TN_SET_NONE(out);
    error = path + ": the integer does not fit " + type_name(type);
    return false;
}

bool float_to_value(ErlNifEnv* env, const tn_type* type, tn_tag tag, ERL_NIF_TERM term, const std::string& path, tn_value* out,
                    std::string& error) {
    double d = 0;
    ErlNifSInt64 i = 0;
    if (enif_get_double(env, term, &d)) {
    } else if (enif_get_int64(env, term, &i)) {
        d = static_cast<double>(i);
        const double exact = tag == TN_TAG_F32 ? static_cast<double>(static_cast<float>(d)) : d;
        if (exact >= 9.2233720368547758e18 || static_cast<int64_t>(exact) != i) {
            error = path + ": the integer is not exact as " + type_name(type);
            return false;
        }
    } else if (enif_is_identical(term, atoms.nan)) {
        d = std::nan("");
    } else if (enif_is_identical(term, atoms.infinity)) {
        d = INFINITY;
    } else if (enif_is_identical(term, atoms.neg_infinity)) {
        d = -INFINITY;
    } else {
        return refuse(env, term, path, type_name(type), error);
    }
    TN_SET_FLOAT(out, tag, d);
    return true;
}

bool list_to_value(ErlNifEnv* env, tn_instance* instance, const tn_type* type, ERL_NIF_TERM term, const std::string& path,
                   tn_value* out, std::string& error) {
    unsigned length = 0;
    if (!enif_get_list_length(env, term, &length)) return refuse(env, term, path, type_name(type), error); // improper ones too
    tn_error* e = nullptr;
    const tn_type* element = tn_type_child(type, 0);
    if (tn_status s = tn_list_new(instance, element, length, out, &e)) return failed(s, e, path, error);
    ERL_NIF_TERM head, tail = term;
    for (unsigned i = 0; enif_get_list_cell(env, tail, &head, &tail); ++i) {
        tn_value item = {};
        bool fine = to_value(env, instance, element, head, path + "[" + std::to_string(i) + "]", &item, error);
        if (fine) {
            if (tn_status s = tn_list_push(out, &item)) fine = failed(s, nullptr, path, error);
            tn_value_clear(&item);
        }
        if (!fine) {
            tn_value_clear(out);
            return false;
        }
    }
    return true;
}

// The field of a map under an atom or a binary key.
bool find_field(ErlNifEnv* env, ERL_NIF_TERM map, const char* name, size_t length, ERL_NIF_TERM* out) {
    ERL_NIF_TERM key;
    if (enif_make_existing_atom_len(env, name, length, &key, ERL_NIF_LATIN1) && enif_get_map_value(env, map, key, out)) return true;
    return enif_get_map_value(env, map, make_binary(env, name, length), out);
}

bool fields_to_value(ErlNifEnv* env, tn_instance* instance, const tn_type* type, ERL_NIF_TERM term, const std::string& path,
                     tn_value* out, std::string& error) {
    const size_t count = tn_type_child_count(type);
    const bool tuple = tn_type_kind(type) == TN_TAG_TUPLE;
    const ERL_NIF_TERM* elements = nullptr;
    int arity = 0;
    if (tuple ? !enif_get_tuple(env, term, &arity, &elements) || static_cast<size_t>(arity) != count : !enif_is_map(env, term))
        return refuse(env, term, path, type_name(type), error);
    std::vector<tn_value> fields(count);
    bool fine = true;
    for (size_t i = 0; i < count && fine; ++i) {
        size_t length = 0;
        const char* name = tn_type_child_name(type, i, &length);
        ERL_NIF_TERM field = 0;
        const std::string where = path + "." + std::string(name, length);
        if (tuple) field = elements[i];
        else if (!find_field(env, term, name, length, &field)) {
            error = where + ": the field of " + type_name(type) + " is missing";
            fine = false;
            break;
        }
        fine = to_value(env, instance, tn_type_child(type, i), field, where, &fields[i], error);
    }
    if (fine) {
        tn_error* e = nullptr;
        if (tn_status s = tn_record_new(instance, type, fields.data(), count, out, &e)) fine = failed(s, e, path, error);
    }
    for (tn_value& field : fields) tn_value_clear(&field);
    return fine;
}

bool option_to_value(ErlNifEnv* env, tn_instance* instance, const tn_type* type, ERL_NIF_TERM term, const std::string& path,
                     tn_value* out, std::string& error) {
    const tn_type* inner_type = tn_type_child(type, 0);
    tn_value inner = {};
    const bool none = enif_is_identical(term, atoms.nil);
    if (!none) {
        ERL_NIF_TERM content = term;
        if (tn_type_kind(inner_type) == TN_TAG_OPTION) {
            const ERL_NIF_TERM* elements = nullptr;
            int arity = 0;
            if (!enif_get_tuple(env, term, &arity, &elements) || arity != 2 || !enif_is_identical(elements[0], atoms.some))
                return refuse(env, term, path, "nil or {:some, value}", error);
            content = elements[1];
        }
        if (!to_value(env, instance, inner_type, content, path, &inner, error)) return false;
    }
    tn_error* e = nullptr;
    const tn_status s = tn_option_new(instance, type, none ? nullptr : &inner, out, &e);
    tn_value_clear(&inner);
    return s == TN_OK || failed(s, e, path, error);
}

ERL_NIF_TERM float_term(ErlNifEnv* env, double d) {
    if (std::isnan(d)) return atoms.nan;
    if (std::isinf(d)) return d > 0 ? atoms.infinity : atoms.neg_infinity;
    return enif_make_double(env, d);
}

} // namespace

bool to_value(ErlNifEnv* env, tn_instance* instance, const tn_type* type, ERL_NIF_TERM term, const std::string& path,
              tn_value* out, std::string& error) {
    const tn_tag tag = tn_type_kind(type);
    TN_SET_NONE(out);
    if (tag >= TN_TAG_I8 && tag <= TN_TAG_U64) return integer_to_value(env, type, tag, term, path, out, error);
    switch (tag) {
    case TN_TAG_F32:
    case TN_TAG_F64: return float_to_value(env, type, tag, term, path, out, error);
    case TN_TAG_BOOL:
        if (!enif_is_identical(term, atoms.true_) && !enif_is_identical(term, atoms.false_))
            return refuse(env, term, path, "a boolean", error);
        TN_SET_BOOL(out, enif_is_identical(term, atoms.true_));
        return true;
    case TN_TAG_CHAR: {
        unsigned code = 0;
        if (!enif_get_uint(env, term, &code) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return refuse(env, term, path, "a code point", error);
        TN_SET_UINT(out, TN_TAG_CHAR, code);
        return true;
    }
    case TN_TAG_UNIT:
        if (!enif_is_identical(term, atoms.nil)) return refuse(env, term, path, "nil", error);
        TN_SET_UNIT(out);
        return true;
    case TN_TAG_STRING:
    case TN_TAG_BYTES: {
        ErlNifBinary binary;
        if (!enif_inspect_binary(env, term, &binary)) return refuse(env, term, path, "a binary", error);
        tn_error* e = nullptr;
        const tn_status s = tag == TN_TAG_STRING
                                ? tn_string_new(instance, reinterpret_cast<const char*>(binary.data), binary.size, out, &e)
                                : tn_bytes_new(instance, binary.data, binary.size, out, &e);
        return s == TN_OK || failed(s, e, path, error);
    }
    case TN_TAG_LIST: return list_to_value(env, instance, type, term, path, out, error);
    case TN_TAG_TUPLE:
    case TN_TAG_RECORD: return fields_to_value(env, instance, type, term, path, out, error);
    case TN_TAG_OPTION: return option_to_value(env, instance, type, term, path, out, error);
    default: error = path + ": a value of type " + type_name(type) + " cannot come from a term"; return false;
    }
}

bool from_value(ErlNifEnv* env, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out) {
    const tn_tag tag = tn_type_kind(type);
    if (tag >= TN_TAG_I8 && tag <= TN_TAG_I64) return *out = enif_make_int64(env, value->as.i), true;
    if (tag >= TN_TAG_U8 && tag <= TN_TAG_U64) return *out = enif_make_uint64(env, value->as.u), true;
    size_t count = 0;
    switch (tag) {
    case TN_TAG_F32:
    case TN_TAG_F64: *out = float_term(env, value->as.f); return true;
    case TN_TAG_BOOL: *out = value->as.u ? atoms.true_ : atoms.false_; return true;
    case TN_TAG_CHAR: *out = enif_make_uint(env, static_cast<unsigned>(value->as.u)); return true;
    case TN_TAG_UNIT: *out = atoms.nil; return true;
    case TN_TAG_STRING: {
        const char* data = tn_string_data(value, &count);
        if (!data) return false;
        *out = make_binary(env, data, count);
        return true;
    }
    case TN_TAG_BYTES: {
        const void* data = tn_bytes_data(value, &count);
        if (!data) return false;
        *out = make_binary(env, static_cast<const char*>(data), count);
        return true;
    }
    case TN_TAG_OPTION: {
        int32_t some = 0;
        tn_value inner = {};
        if (tn_option_get(value, &some, &inner) != TN_OK) return false;
        *out = atoms.nil;
        if (!some) return true;
        const tn_type* inner_type = tn_type_child(type, 0);
        const bool fine = from_value(env, inner_type, &inner, out);
        tn_value_clear(&inner);
        if (fine && tn_type_kind(inner_type) == TN_TAG_OPTION) *out = enif_make_tuple2(env, atoms.some, *out);
        return fine;
    }
    case TN_TAG_LIST: {
        if (tn_list_len(value, &count) != TN_OK) return false;
        ERL_NIF_TERM list = enif_make_list(env, 0);
        for (size_t i = count; i-- > 0;) {
            tn_value item = {};
            ERL_NIF_TERM term;
            if (tn_list_get(value, i, &item) != TN_OK) return false;
            const bool fine = from_value(env, tn_type_child(type, 0), &item, &term);
            tn_value_clear(&item);
            if (!fine) return false;
            list = enif_make_list_cell(env, term, list);
        }
        *out = list;
        return true;
    }
    case TN_TAG_TUPLE:
    case TN_TAG_RECORD: {
        count = tn_type_child_count(type);
        std::vector<ERL_NIF_TERM> keys(count), values(count);
        for (size_t i = 0; i < count; ++i) {
            tn_value field = {};
            if (tn_record_get(value, i, &field) != TN_OK) return false;
            const bool fine = from_value(env, tn_type_child(type, i), &field, &values[i]);
            tn_value_clear(&field);
            if (!fine) return false;
            size_t length = 0;
            const char* name = tn_type_child_name(type, i, &length);
            keys[i] = make_binary(env, name, length);
        }
        if (tag == TN_TAG_TUPLE) {
            *out = enif_make_tuple_from_array(env, values.data(), static_cast<unsigned>(count));
            return true;
        }
        return enif_make_map_from_arrays(env, keys.data(), values.data(), count, out);
    }
    default: return false;
    }
}

namespace {

ERL_NIF_TERM part(ErlNifEnv* env, const char* (*get)(const tn_error*, size_t, uint32_t, size_t*), const tn_error* error, size_t i,
                  uint32_t which) {
    size_t length = 0;
    const char* text = get(error, i, which, &length);
    return make_binary(env, text ? text : "", text ? length : 0);
}

ERL_NIF_TERM map_of(ErlNifEnv* env, std::initializer_list<std::pair<ERL_NIF_TERM, ERL_NIF_TERM>> entries) {
    ERL_NIF_TERM map = enif_make_new_map(env);
    for (const auto& [key, value] : entries) enif_make_map_put(env, map, key, value, &map);
    return map;
}

} // namespace

ERL_NIF_TERM error_term(ErlNifEnv* env, const char* kind, const std::string& message) {
    const ERL_NIF_TERM text = make_binary(env, message.data(), message.size());
    const ERL_NIF_TERM none = enif_make_list(env, 0);
    return map_of(env, {{atoms.kind, make_binary(env, kind, std::strlen(kind))},
                        {atoms.message, text},
                        {atoms.rendered, text},
                        {atoms.diagnostics, none},
                        {atoms.frames, none}});
}

ERL_NIF_TERM error_term(ErlNifEnv* env, tn_status status, tn_error* error) {
    const char* kind = tn_status_name(status);
    if (!error) return error_term(env, kind, std::string("the call failed with ") + kind);
    ERL_NIF_TERM diagnostics = enif_make_list(env, 0), frames = diagnostics;
    for (size_t i = tn_error_diag_count(error); i-- > 0;) {
        uint32_t line = 0, column = 0;
        uint64_t begin = 0, end = 0;
        tn_error_diag_pos(error, i, &line, &column, &begin, &end);
        diagnostics = enif_make_list_cell(
            env,
            map_of(env, {{atoms.severity, part(env, tn_error_diag_text, error, i, TN_TEXT_SEVERITY)},
                         {atoms.code, part(env, tn_error_diag_text, error, i, TN_TEXT_CODE)},
                         {atoms.message, part(env, tn_error_diag_text, error, i, TN_TEXT_MESSAGE)},
                         {atoms.file, part(env, tn_error_diag_text, error, i, TN_TEXT_FILE)},
                         {atoms.hint, part(env, tn_error_diag_text, error, i, TN_TEXT_HELP)},
                         {atoms.line, enif_make_uint(env, line)},
                         {atoms.column, enif_make_uint(env, column)},
                         {atoms.byte_begin, enif_make_uint64(env, begin)},
                         {atoms.byte_end, enif_make_uint64(env, end)}}),
            diagnostics);
    }
    for (size_t i = tn_error_frame_count(error); i-- > 0;) {
        frames = enif_make_list_cell(
            env,
            map_of(env, {{atoms.function, part(env, tn_error_frame_text, error, i, TN_TEXT_FUNCTION)},
                         {atoms.file, part(env, tn_error_frame_text, error, i, TN_TEXT_FILE)},
                         {atoms.line, enif_make_uint(env, tn_error_frame_line(error, i))},
                         {atoms.column, enif_make_uint(env, tn_error_frame_column(error, i))}}),
            frames);
    }
    size_t length = 0;
    const char* message = tn_error_message(error, &length);
    const ERL_NIF_TERM message_term = make_binary(env, message ? message : "", message ? length : 0);
    const char* rendered = tn_error_render(error, 0, &length);
    const ERL_NIF_TERM rendered_term = make_binary(env, rendered ? rendered : "", rendered ? length : 0);
    tn_error_free(error);
    return map_of(env, {{atoms.kind, make_binary(env, kind, std::strlen(kind))},
                        {atoms.message, message_term},
                        {atoms.rendered, rendered_term},
                        {atoms.diagnostics, diagnostics},
                        {atoms.frames, frames}});
}
