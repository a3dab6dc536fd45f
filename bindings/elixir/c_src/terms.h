// Erlang terms to values of the library and back. A term converts completely or is refused with the
// path to the part that does not fit.
//
//   integers            integers, range checked          ()       nil
//   f32, f64            floats, exact integers, :nan :infinity :neg_infinity
//   bool                booleans                         char     a code point
//   String, Bytes       binaries (String: valid UTF-8)   List     lists
//   (A, B)              tuples                           T?       nil or T; T?? as {:some, x} or nil
//   record              maps by field name (atom or binary keys in, binary keys out)
#pragma once

#include "c_api.h"

#include <cmath>
#include <erl_nif.h>
#include <string>

struct Atoms {
    ERL_NIF_TERM ok, error, nil, true_, false_, nan, infinity, neg_infinity, some, kind, message, rendered,
        diagnostics, frames, severity, code, file, line, column, byte_begin, byte_end, hint, function, printed;
};
extern Atoms atoms;
void make_atoms(ErlNifEnv* env);

ERL_NIF_TERM make_binary(ErlNifEnv* env, const char* bytes, size_t length);
ERL_NIF_TERM float_term(ErlNifEnv* env, double d);

// Conversions of one call's arguments, or of its result.
struct Conversion {
    static constexpr long unlimited = 0x7fffffff;
    // What a normal scheduler may do at a time, in the parts of lists and records, or so many bytes each.
    static constexpr long on_scheduler = 4000;
    static constexpr size_t bytes_a_part = 256;
    // How deep values may lie in each other: conversions recur on the scheduler's stack.
    static constexpr unsigned most_deep = 400;

    ErlNifEnv* env;
    tn_instance* instance;
    long budget;
    bool is_used_up = false;
    std::string error = {}; // which part, what was expected and what found

    bool spend(size_t parts) {
        if (parts > static_cast<size_t>(budget)) return is_used_up = true, false;
        budget -= static_cast<long>(parts);
        return true;
    }
};

// Where a value stands: an argument, a field of what stands outside, or an element.
struct Path {
    const Path* outer = nullptr;
    const tn_function* function = nullptr; // whose argument it is
    const tn_type* record = nullptr;       // whose field it is
    size_t index = 0;
    unsigned depth = 0;

    std::string text() const;
};

// Fills `out`, which the caller clears. False: the budget is used up, or `error` says why.
bool to_value(Conversion& c, const tn_type* type, ERL_NIF_TERM term, const Path& path, tn_value* out);
// False likewise; `error` is empty if there was no memory.
bool from_value(Conversion& c, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out, unsigned depth = 0);

// The most frequent ones, and what needs no path. False: to_value() does it or says why not.
inline bool take_scalar(ErlNifEnv* env, tn_tag tag, ERL_NIF_TERM term, tn_value* out) {
    switch (tag) {
    case TN_TAG_I64: {
        ErlNifSInt64 number;
        if (!enif_get_int64(env, term, &number)) return false;
        TN_SET_I64(out, number);
        return true;
    }
    case TN_TAG_F64: {
        double number;
        if (!enif_get_double(env, term, &number)) return false;
        TN_SET_F64(out, number);
        return true;
    }
    case TN_TAG_BOOL:
        TN_SET_BOOL(out, term == atoms.true_);
        return term == atoms.true_ || term == atoms.false_;
    default: return false;
    }
}

inline ERL_NIF_TERM scalar_term(ErlNifEnv* env, tn_tag tag, const tn_value& value) {
    switch (tag) {
    case TN_TAG_I8:
    case TN_TAG_I16:
    case TN_TAG_I32:
    case TN_TAG_I64: return enif_make_int64(env, value.as.i);
    case TN_TAG_F32:
    case TN_TAG_F64: return std::isfinite(value.as.f) ? enif_make_double(env, value.as.f) : float_term(env, value.as.f);
    case TN_TAG_BOOL: return value.as.u ? atoms.true_ : atoms.false_;
    case TN_TAG_UNIT: return atoms.nil;
    default: return enif_make_uint64(env, value.as.u);
    }
}

inline bool is_scalar(tn_tag tag) { return tag >= TN_TAG_UNIT && tag <= TN_TAG_CHAR; }

// The map that Tenon.Error is made from; frees the error. `timed_out`: what stopped the script was its deadline.
ERL_NIF_TERM error_term(ErlNifEnv* env, tn_status status, tn_error* error, bool timed_out = false);
ERL_NIF_TERM error_term(ErlNifEnv* env, const char* kind, const std::string& message);
