// The parts of the verifier; verify.h is its contract.
#pragma once

#include "ir/cfg.h"
#include "ir/module.h"

#include <functional>
#include <type_traits>
#include <string>

namespace tn::ir {

// Takes one mistake: the block, the instruction (may be invalid) and what is wrong.
using Report = std::function<void(BlockId, InstId, const std::string&)>;

// Ids, blocks, definitions. False if the other checks would go astray.
bool verify_structure(const Function& fn, std::size_t loc_count, const Report& report);
void verify_shapes(const Module& module, const Function& fn, const Report& report);
void verify_dominance(const Function& fn, const Cfg& cfg, const Report& report);
void verify_ownership(const Module& module, const Function& fn, const Cfg& cfg, const Report& report);

} // namespace tn::ir
