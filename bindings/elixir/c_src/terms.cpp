#include "terms.h"

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
    atoms.printed = enif_make_atom(env, "printed");
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

[[gnu::noinline]] bool refuse(Conversion& c, ERL_NIF_TERM term, const Path& path, const std::string& expected) {
    c.error = path.text() + ": expected " + expected + ", found " + kind_of(c.env, term);
    return false;
}

[[gnu::noinline]] bool failed(Conversion& c, tn_status status, tn_error* e, const Path& path) {
    size_t length = 0;
    const char* message = tn_error_message(e, &length);
    c.error = path.text() + ": " + (message ? std::string(message, length) : std::string(tn_status_name(status)));
    tn_error_free(e);
    return false;
}

[[gnu::noinline]] bool too_deep(Conversion& c, const std::string& where) {
    c.error = where + ": values lie more than " + std::to_string(Conversion::most_deep) + " deep in each other";
    return false;
}

[[gnu::noinline]] bool cannot_cross(Conversion& c, const std::string& where, const tn_type* type, const char* how) {
    c.error = where + ": a value of type " + type_name(type) + " cannot " + how + " a term";
    return false;
}

[[gnu::noinline]] bool integer_to_value(Conversion& c, const tn_type* type, tn_tag tag, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    ErlNifEnv* env = c.env;
    ErlNifSInt64 i = 0;
    ErlNifUInt64 u = 0;
    const unsigned bits = 8u << ((tag - (tag >= TN_TAG_U8 ? TN_TAG_U8 : TN_TAG_I8)));
    if (!enif_is_number(env, term) || (!enif_get_int64(env, term, &i) && !enif_get_uint64(env, term, &u))) {
        double d;
        // A number that is neither: a float, or an integer beyond 64 bits.
        if (!enif_is_number(env, term) || enif_get_double(env, term, &d)) return refuse(c, term, path, type_name(type));
        c.error = path.text() + ": the integer does not fit " + type_name(type);
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
    c.error = path.text() + ": the integer does not fit " + type_name(type);
    return false;
}

[[gnu::noinline]] bool float_to_value(Conversion& c, const tn_type* type, tn_tag tag, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    double d = 0;
    ErlNifSInt64 i = 0;
    if (enif_get_double(c.env, term, &d)) {
    } else if (enif_get_int64(c.env, term, &i)) {
        d = static_cast<double>(i);
        const double exact = tag == TN_TAG_F32 ? static_cast<double>(static_cast<float>(d)) : d;
        if (exact >= 9.2233720368547758e18 || static_cast<int64_t>(exact) != i) {
            c.error = path.text() + ": the integer is not exact as " + type_name(type);
            return false;
        }
    } else if (enif_is_identical(term, atoms.nan)) {
        d = std::nan("");
    } else if (enif_is_identical(term, atoms.infinity)) {
        d = INFINITY;
    } else if (enif_is_identical(term, atoms.neg_infinity)) {
        d = -INFINITY;
    } else {
        return refuse(c, term, path, type_name(type));
    }
    TN_SET_FLOAT(out, tag, d);
    return true;
}

[[gnu::noinline]] bool list_to_value(Conversion& c, const tn_type* type, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    size_t length = 0;
    ERL_NIF_TERM head, tail = term;
    for (; enif_get_list_cell(c.env, tail, &head, &tail); ++length) {
        if (!c.spend(1)) return false;
    }
    if (!enif_is_empty_list(c.env, tail)) return refuse(c, term, path, type_name(type)); // improper ones too
    tn_error* e = nullptr;
    const tn_type* element = tn_type_child(type, 0);
    if (tn_status s = tn_list_new(c.instance, element, length, out, &e)) return failed(c, s, e, path);
    Path where = {&path, nullptr, nullptr, 0, path.depth + 1};
    for (tail = term; enif_get_list_cell(c.env, tail, &head, &tail); ++where.index) {
        tn_value item = {};
        bool fine = to_value(c, element, head, where, &item);
        if (fine) {
            if (tn_status s = tn_list_push(out, &item)) fine = failed(c, s, nullptr, path);
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

[[gnu::noinline]] bool fields_to_value(Conversion& c, const tn_type* type, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    const size_t count = tn_type_child_count(type);
    const bool tuple = tn_type_kind(type) == TN_TAG_TUPLE;
    const ERL_NIF_TERM* elements = nullptr;
    int arity = 0;
    if (!c.spend(count)) return false;
    if (tuple ? !enif_get_tuple(c.env, term, &arity, &elements) || static_cast<size_t>(arity) != count : !enif_is_map(c.env, term))
        return refuse(c, term, path, type_name(type));
    std::vector<tn_value> fields(count);
    bool fine = true;
    Path where = {&path, nullptr, type, 0, path.depth + 1};
    for (size_t i = 0; i < count && fine; ++i) {
        where.index = i;
        ERL_NIF_TERM field = 0;
        if (tuple) field = elements[i];
        else {
            size_t length = 0;
            const char* name = tn_type_child_name(type, i, &length);
            if (!find_field(c.env, term, name, length, &field)) {
                c.error = where.text() + ": the field of " + type_name(type) + " is missing";
                fine = false;
                break;
            }
        }
        fine = to_value(c, tn_type_child(type, i), field, where, &fields[i]);
    }
    if (fine) {
        tn_error* e = nullptr;
        if (tn_status s = tn_record_new(c.instance, type, fields.data(), count, out, &e)) fine = failed(c, s, e, path);
    }
    for (tn_value& field : fields) tn_value_clear(&field);
    return fine;
}

[[gnu::noinline]] bool option_to_value(Conversion& c, const tn_type* type, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    const tn_type* inner_type = tn_type_child(type, 0);
    tn_value inner = {};
    const bool none = enif_is_identical(term, atoms.nil);
    if (!none) {
        ERL_NIF_TERM content = term;
        if (tn_type_kind(inner_type) == TN_TAG_OPTION) {
            const ERL_NIF_TERM* elements = nullptr;
            int arity = 0;
            if (!enif_get_tuple(c.env, term, &arity, &elements) || arity != 2 || !enif_is_identical(elements[0], atoms.some))
                return refuse(c, term, path, "nil or {:some, value}");
            content = elements[1];
        }
        Path where = path;
        ++where.depth;
        if (!to_value(c, inner_type, content, where, &inner)) return false;
    }
    tn_error* e = nullptr;
    const tn_status s = tn_option_new(c.instance, type, none ? nullptr : &inner, out, &e);
    tn_value_clear(&inner);
    return s == TN_OK || failed(c, s, e, path);
}

[[gnu::noinline]] bool text_to_value(Conversion& c, tn_tag tag, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    ErlNifBinary binary;
    if (!enif_inspect_binary(c.env, term, &binary)) return refuse(c, term, path, "a binary");
    if (!c.spend(binary.size / Conversion::bytes_a_part)) return false;
    tn_error* e = nullptr;
    const tn_status s = tag == TN_TAG_STRING
                            ? tn_string_new(c.instance, reinterpret_cast<const char*>(binary.data), binary.size, out, &e)
                            : tn_bytes_new(c.instance, binary.data, binary.size, out, &e);
    return s == TN_OK || failed(c, s, e, path);
}

[[gnu::noinline]] bool text_from_value(Conversion& c, const void* data, size_t length, ERL_NIF_TERM* out) {
    if (!data || !c.spend(length / Conversion::bytes_a_part)) return false;
    *out = make_binary(c.env, static_cast<const char*>(data), length);
    return true;
}

[[gnu::noinline]] bool list_from_value(Conversion& c, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out, unsigned depth) {
    size_t count = 0;
    if (tn_list_len(value, &count) != TN_OK || !c.spend(count)) return false;
    ERL_NIF_TERM list = enif_make_list(c.env, 0);
    for (size_t i = count; i-- > 0;) {
        tn_value item = {};
        ERL_NIF_TERM term;
        if (tn_list_get(value, i, &item) != TN_OK) return false;
        const bool fine = from_value(c, tn_type_child(type, 0), &item, &term, depth + 1);
        tn_value_clear(&item);
        if (!fine) return false;
        list = enif_make_list_cell(c.env, term, list);
    }
    *out = list;
    return true;
}

[[gnu::noinline]] bool fields_from_value(Conversion& c, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out, unsigned depth) {
    const size_t count = tn_type_child_count(type);
    if (!c.spend(count)) return false;
    std::vector<ERL_NIF_TERM> values(count);
    for (size_t i = 0; i < count; ++i) {
        tn_value field = {};
        if (tn_record_get(value, i, &field) != TN_OK) return false;
        const bool fine = from_value(c, tn_type_child(type, i), &field, &values[i], depth + 1);
        tn_value_clear(&field);
        if (!fine) return false;
    }
    if (tn_type_kind(type) == TN_TAG_TUPLE) {
        *out = enif_make_tuple_from_array(c.env, values.data(), static_cast<unsigned>(count));
        return true;
    }
    std::vector<ERL_NIF_TERM> keys(count);
    for (size_t i = 0; i < count; ++i) {
        size_t length = 0;
        const char* name = tn_type_child_name(type, i, &length);
        keys[i] = make_binary(c.env, name, length);
    }
    return enif_make_map_from_arrays(c.env, keys.data(), values.data(), count, out);
}

[[gnu::noinline]] bool option_from_value(Conversion& c, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out, unsigned depth) {
    int32_t some = 0;
    tn_value inner = {};
    if (tn_option_get(value, &some, &inner) != TN_OK) return false;
    *out = atoms.nil;
    if (!some) return true;
    const tn_type* inner_type = tn_type_child(type, 0);
    const bool fine = from_value(c, inner_type, &inner, out, depth + 1);
    tn_value_clear(&inner);
    if (fine && tn_type_kind(inner_type) == TN_TAG_OPTION) *out = enif_make_tuple2(c.env, atoms.some, *out);
    return fine;
}

} // namespace

std::string Path::text() const {
    if (function) {
        size_t length = 0;
        const char* name = tn_function_param_name(function, static_cast<uint32_t>(index), &length);
        return "argument " + std::to_string(index + 1) + " (" + std::string(name, length) + ")";
    }
    if (depth > 20) return "an inner value"; // the whole way would be longer than anybody reads
    if (!record) return outer->text() + "[" + std::to_string(index) + "]";
    size_t length = 0;
    const char* name = tn_type_child_name(record, index, &length);
    return outer->text() + "." + std::string(name, length);
}

ERL_NIF_TERM float_term(ErlNifEnv* env, double d) {
    if (std::isnan(d)) return atoms.nan;
    if (std::isinf(d)) return d > 0 ? atoms.infinity : atoms.neg_infinity;
    return enif_make_double(env, d);
}

bool to_value(Conversion& c, const tn_type* type, ERL_NIF_TERM term, const Path& path, tn_value* out) {
    const tn_tag tag = tn_type_kind(type);
    if (take_scalar(c.env, tag, term, out)) return true;
    TN_SET_NONE(out);
    if (tag >= TN_TAG_I8 && tag <= TN_TAG_U64) return integer_to_value(c, type, tag, term, path, out);
    if (path.depth > Conversion::most_deep) return too_deep(c, path.text());
    switch (tag) {
    case TN_TAG_F32:
    case TN_TAG_F64: return float_to_value(c, type, tag, term, path, out);
    case TN_TAG_BOOL: return refuse(c, term, path, "a boolean");
    case TN_TAG_CHAR: {
        unsigned code = 0;
        if (!enif_get_uint(c.env, term, &code) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return refuse(c, term, path, "a code point");
        TN_SET_UINT(out, TN_TAG_CHAR, code);
        return true;
    }
    case TN_TAG_UNIT:
        if (!enif_is_identical(term, atoms.nil)) return refuse(c, term, path, "nil");
        TN_SET_UNIT(out);
        return true;
    case TN_TAG_STRING:
    case TN_TAG_BYTES: return text_to_value(c, tag, term, path, out);
    case TN_TAG_LIST: return list_to_value(c, type, term, path, out);
    case TN_TAG_TUPLE:
    case TN_TAG_RECORD: return fields_to_value(c, type, term, path, out);
    case TN_TAG_OPTION: return option_to_value(c, type, term, path, out);
    default: return cannot_cross(c, path.text(), type, "come from");
    }
}

bool from_value(Conversion& c, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out, unsigned depth) {
    const tn_tag tag = tn_type_kind(type);
    if (is_scalar(tag)) return *out = scalar_term(c.env, tag, *value), true;
    if (depth > Conversion::most_deep) return too_deep(c, "the result");
    size_t length = 0;
    switch (tag) {
    case TN_TAG_STRING: {
        const char* text = tn_string_data(value, &length);
        return text_from_value(c, text, length, out);
    }
    case TN_TAG_BYTES: {
        const void* bytes = tn_bytes_data(value, &length);
        return text_from_value(c, bytes, length, out);
    }
    case TN_TAG_OPTION: return option_from_value(c, type, value, out, depth);
    case TN_TAG_LIST: return list_from_value(c, type, value, out, depth);
    case TN_TAG_TUPLE:
    case TN_TAG_RECORD: return fields_from_value(c, type, value, out, depth);
    default: return cannot_cross(c, "the result", type, "become");
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

ERL_NIF_TERM error_term(ErlNifEnv* env, tn_status status, tn_error* error, bool timed_out) {
    const char* kind = tn_status_name(timed_out ? TN_TRAP_DEADLINE_EXCEEDED : status);
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
    const char* text = tn_error_message(error, &length);
    std::string message(text ? text : "", text ? length : 0);
    text = tn_error_render(error, 0, &length);
    std::string rendered(text ? text : "", text ? length : 0);
    if (timed_out) { // the frames say where; the library knows of an interrupt only
        message = "deadline exceeded";
        rendered.replace(0, rendered.find('\n'), "trap: deadline exceeded [DeadlineExceeded]");
    }
    const ERL_NIF_TERM message_term = make_binary(env, message.data(), message.size());
    const ERL_NIF_TERM rendered_term = make_binary(env, rendered.data(), rendered.size());
    tn_error_free(error);
    return map_of(env, {{atoms.kind, make_binary(env, kind, std::strlen(kind))},
                        {atoms.message, message_term},
                        {atoms.rendered, rendered_term},
                        {atoms.diagnostics, diagnostics},
                        {atoms.frames, frames}});
}
