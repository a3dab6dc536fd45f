// What loop passes share: preheaders.
#pragma once

#include "ir/cfg.h"

namespace tn::opt {

// Gives every loop a preheader: a block that only goes to the header and is its only way in from
// outside. True if blocks were added; a Cfg made before is stale then.
bool make_preheaders(ir::Function& fn);

// How much a function has of everything.
struct Sizes {
    explicit Sizes(const ir::Function& fn)
        : blocks(fn.blocks.size()), insts(fn.insts.size()), values(fn.values.size()), targets(fn.targets.size()), operands(fn.operands.size()) {}
    std::size_t blocks, insts, values, targets, operands;
};
// Lets the ways into what make_preheaders() has added go where those blocks lead, and takes everything away that came
// since the sizes were such.
void drop_preheaders(ir::Function& fn, const Sizes& before);

// For a pass that has work only here and there: what it does with preheaders, true if it did anything; if not, the preheaders
// go again, so that no other pass runs for their sake.
template <typename Run> bool with_preheaders(ir::Function& fn, Run run) {
    const Sizes before(fn);
    const bool made = make_preheaders(fn);
    if (run()) return true;
    if (made) drop_preheaders(fn, before);
    return false;
}

} // namespace tn::opt
