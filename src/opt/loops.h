// What loop passes share: preheaders.
#pragma once

#include "ir/cfg.h"

namespace tn::opt {

// Gives every loop a preheader: a block that only goes to the header and is its only way in from
// outside. True if blocks were added; a Cfg made before is stale then.
bool make_preheaders(ir::Function& fn);

// Lets the ways into blocks from the `first` on, all of them preheaders, go where those lead, and removes them.
void drop_preheaders(ir::Function& fn, std::size_t first);

// For a pass that has work only here and there: what it does with preheaders, true if it did anything; if not, the preheaders
// go again, so that no other pass runs for their sake.
template <typename Run> bool with_preheaders(ir::Function& fn, Run run) {
    const std::size_t blocks = fn.blocks.size(), insts = fn.insts.size(), values = fn.values.size(), targets = fn.targets.size(),
                      operands = fn.operands.size();
    const bool made = make_preheaders(fn);
    if (run()) return true;
    if (made) {
        drop_preheaders(fn, blocks);
        fn.insts.resize(insts);
        fn.values.resize(values);
        fn.targets.resize(targets);
        fn.operands.resize(operands);
    }
    return false;
}

} // namespace tn::opt
