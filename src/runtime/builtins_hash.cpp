// Rows of runtime_fn.def on hashes. XXH3 with the instance's seed: without it nobody can prepare texts that collide.
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tn::rt {

extern "C" {

std::uint64_t rt_string_hash(Context*, Object* text, std::uint64_t seed) noexcept {
    const std::string_view bytes = view(text);
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}
std::uint64_t rt_bytes_hash(Context* context, Object* bytes, std::uint64_t seed) noexcept {
    return rt_string_hash(context, bytes, seed);
}

} // extern "C"

} // namespace tn::rt
