// RuntimeFn: the rows of runtime_fn.def, with their signatures decoded.
#pragma once

#include "types/scalar.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace tn {

enum class RuntimeFn : std::uint16_t {
#define RT(name, symbol, params, results, effects) name,
#include "builtins/runtime_fn.def"
};
#define RT(name, symbol, params, results, effects) +1
inline constexpr unsigned runtime_fn_count = 0
#include "builtins/runtime_fn.def"
    ;

struct RuntimeParam {
    Scalar scalar = Scalar::Void;
    bool owned = false; // a Ref that is consumed (parameter) or given to the caller (result)
};

struct RuntimeFnInfo {
    std::string_view name;   // `StringFind`
    std::string_view symbol; // `rt_string_find`
    std::string_view params, results; // letters, see runtime_fn.def
    std::uint16_t effects; // ir::Effect bits: Reads 1, Writes 2, Traps 4
    bool is_rare;          // stands behind a test that seldom leads there: its calls keep every register

    unsigned param_count() const { return static_cast<unsigned>(params.size()); }
    unsigned result_count() const { return static_cast<unsigned>(results.size()); }
    RuntimeParam param(unsigned i) const { return decode(params[i]); }
    RuntimeParam result(unsigned i) const { return decode(results[i]); }
    static RuntimeParam decode(char letter);
};

const RuntimeFnInfo& runtime_fn_info(RuntimeFn fn);
// By row name; false if there is none.
bool find_runtime_fn(std::string_view name, RuntimeFn& out);

} // namespace tn
