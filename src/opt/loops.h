// What loop passes share: preheaders.
#pragma once

#include "ir/cfg.h"

namespace tn::opt {

// Gives every loop a preheader: a block that only goes to the header and is its only way in from
// outside. True if blocks were added; a Cfg made before is stale then.
bool make_preheaders(ir::Function& fn);

} // namespace tn::opt
