#include "driver/unload.h"

#include "prelude/prelude.h"
#include "support/kept_blocks.h"

namespace tn::driver {

void unload() {
    prelude::unload();
    KeptBlocks::unload();
}

} // namespace tn::driver
