// What a pass does that copies code: values of the original have a second definition in the copy, and their
// uses behind both are found anew, with block parameters where ways from different definitions meet.
#pragma once

#include "ir/module.h"

#include <functional>
#include <utility>
#include <vector>

namespace tn::opt {

struct Redefined {
    ir::ValueId value;
    std::vector<std::pair<ir::BlockId, ir::ValueId>>
        at_end; // its name at the end of each block that defines it
};

// Lets every use of the values read the name that reaches it. Uses in blocks where `stays` holds are right
// already.
void repair_uses(ir::Function& fn, const std::vector<Redefined>& values,
                 const std::function<bool(ir::BlockId)>& stays);

} // namespace tn::opt
