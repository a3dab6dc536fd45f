#include "driver/unload.h"

#include "prelude/prelude.h"

namespace tn::driver {

void unload() { prelude::unload(); }

} // namespace tn::driver
