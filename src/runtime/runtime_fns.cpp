// The addresses of the runtime functions, expanded from runtime_fn.def.
#include "runtime/runtime_fns.h"

namespace tn::rt {

namespace {
const void* const addresses[] = {
#define RT(name, symbol, params, results, effects) reinterpret_cast<const void*>(&symbol),
#include "builtins/runtime_fn.def"
};
static_assert(sizeof addresses / sizeof addresses[0] == runtime_fn_count);
} // namespace

const void* runtime_fn_address(RuntimeFn fn) { return addresses[static_cast<unsigned>(fn)]; }

} // namespace tn::rt
