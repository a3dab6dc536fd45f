// Types and signatures as text, the way hosts write them: "fn(List[i64], String) -> (f64, bool)?".
//
// In: text. Out: a flat tree of type names, its one canonical spelling, and, for built-in types, a TypeId.
// It refuses to know a module's own types: their names stay text, and canonical spellings are compared.
#pragma once

#include "types/type_table.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::host {

// Deeper nesting is an error, so that recursion over types is bounded.
inline constexpr unsigned max_type_nesting = 64;
inline constexpr std::size_t max_signature_bytes = 16 * 1024;
// A tuple of so many scalars goes to a plain C function field by field.
inline constexpr std::size_t max_plain_fields = 4;

struct TypeText {
    enum class Kind : std::uint8_t { Name, Tuple, Option, Fn };
    Kind kind = Kind::Name;
    std::string name;            // of a Name; its args follow as children
    std::vector<TypeText> parts; // args, elements, the content; Fn: parameters, then the result
    std::vector<bool> is_mut;    // Fn: by parameter
};

struct TextError {
    std::string message; // "expected `)`"
    std::size_t offset = 0;
};

// A type, nothing else. Nothing on success.
std::optional<TextError> parse_type(std::string_view text, TypeText& out);
// A signature: a Fn node at the root. The leading `fn` may be missing: "(i64) -> i64".
std::optional<TextError> parse_signature(std::string_view text, TypeText& out);

// The spelling that types/print.cpp uses; parameters of signatures keep their `mut`.
std::string canonical(const TypeText& type);

// The types of the host's.
struct TypeNames {
    // What a name stands for that is none of the language's; invalid: none. Null: nothing has other names.
    std::function<TypeId(std::string_view name)> find;
    // Whether values of a host type, by its number, can be keys.
    std::function<bool(std::uint32_t number)> has_hash;
};

// The TypeId of a type made of built-in ones and what `names` knows, with which slices are types, too. Else
// nothing, and `unknown` is the name that is none of these.
std::optional<TypeId> resolve_builtin(const TypeText& type, TypeTable& types, std::string& unknown,
                                      const TypeNames& names = {});
// The same with the records, enums and host types that the root module of this table knows.
std::optional<TypeId> resolve_declared(const TypeText& type, TypeTable& types, std::string& unknown,
                                       const TypeNames& names);

} // namespace tn::host
