// What a runtime compiles with, for the `tenon` command's looks behind c_api.h.
#pragma once

#include "c_api.h"

#include <memory>

namespace tn::driver {
struct Engine;
}

namespace tn::capi {

// Null for what is no live runtime. Keep the runtime for as long. Throws.
std::shared_ptr<const driver::Engine> engine_of(const tn_runtime* runtime);

} // namespace tn::capi
