#include "builtins/runtime_fn.h"

#include <algorithm>

namespace tn {

namespace {
// The effect names of ir/inst.h, which this layer must not include.
constexpr std::uint16_t Pure = 0, Reads = 1, Writes = 2, Traps = 4;
constexpr std::uint16_t Rare = 1 << 15;
constexpr std::uint16_t all_effects = Rare - 1;

constexpr RuntimeFnInfo table[] = {
#define RT(name, symbol, params, results, effects) {#name, #symbol, params, results, (effects) & all_effects, ((effects) & Rare) != 0},
#include "builtins/runtime_fn.def"
};
// Calls of rare rows are emitted for one result.
static_assert(std::ranges::all_of(table, [](const RuntimeFnInfo& fn) { return !fn.is_rare || fn.results.size() == 1; }));
} // namespace

RuntimeParam RuntimeFnInfo::decode(char letter) {
    switch (letter) {
    case 'b': return {Scalar::Bool, false};
    case 'i': return {Scalar::I64, false};
    case 'u': return {Scalar::U64, false};
    case 'v': return {Scalar::U32, false};
    case 'd': return {Scalar::F64, false};
    case 's': return {Scalar::F32, false};
    case 't': return {Scalar::U8, false};
    case 'r': return {Scalar::Ref, false};
    case 'R': return {Scalar::Ref, true};
    default: return {};
    }
}

const RuntimeFnInfo& runtime_fn_info(RuntimeFn fn) { return table[static_cast<unsigned>(fn)]; }

bool find_runtime_fn(std::string_view name, RuntimeFn& out) {
    for (unsigned i = 0; i < runtime_fn_count; ++i) {
        if (table[i].name == name) {
            out = static_cast<RuntimeFn>(i);
            return true;
        }
    }
    return false;
}

} // namespace tn
