// The passes of pass.def as functions, and the analysis helpers that several of them share.
#pragma once

#include "ir/module.h"

namespace tn::opt {

#define PASS(name, claim) bool name(ir::Module& module, ir::Function& fn);
#include "opt/pass.def"

// simplify's second half, for passes that leave dead ends behind: folds branches on constants, removes
// unreachable blocks, merges a block into its only predecessor.
bool clean_blocks(ir::Function& fn);

// The numbers of a list that a `const` holds; null if they are not known.
const ir::Module::KnownList* find_known_list(const ir::Module& module, const ir::Function& fn, ir::ValueId list);
// Before the first function: fills Module::known_constants and known_lists from `init`.
void find_constants(ir::Module& module);

} // namespace tn::opt
