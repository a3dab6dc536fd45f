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

#include <erl_nif.h>
#include <string>

struct Atoms {
    ERL_NIF_TERM ok, error, nil, true_, false_, nan, infinity, neg_infinity, some, kind, message, rendered,
        diagnostics, frames, severity, code, file, line, column, byte_begin, byte_end, hint, function, output;
};
extern Atoms atoms;
void make_atoms(ErlNifEnv* env);

ERL_NIF_TERM make_binary(ErlNifEnv* env, const char* bytes, size_t length);

// Fills `out`, which the caller clears. False, and `error` says which part, what was expected and what found.
bool to_value(ErlNifEnv* env, tn_instance* instance, const tn_type* type, ERL_NIF_TERM term, const std::string& path,
              tn_value* out, std::string& error);
// False if a part of the value cannot be read (out of memory).
bool from_value(ErlNifEnv* env, const tn_type* type, const tn_value* value, ERL_NIF_TERM* out);

// The map that Tenon.Error is made from; frees the error.
ERL_NIF_TERM error_term(ErlNifEnv* env, tn_status status, tn_error* error);
ERL_NIF_TERM error_term(ErlNifEnv* env, const char* kind, const std::string& message);
