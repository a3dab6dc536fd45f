// Copies of functions for the closures they are given; see specialize.cpp.
#pragma once

#include "ir/module.h"

#include <map>
#include <unordered_map>
#include <vector>

namespace tn::opt {

class Origins;

class Specializer {
public:
    explicit Specializer(ir::Module& module) : module_(module) {}

    // Takes in what a function that is optimized does with its parameters. Callees before callers.
    void note(ir::FuncId id);
    // Lets the function's calls go to copies that know the closures they get; answers the copies that are new,
    // still to be optimized. Adds functions: references to functions are stale afterwards.
    std::vector<ir::FuncId> run(ir::FuncId id);

private:
    bool calls_param(ir::FuncId id, std::size_t param) const;
    bool may_know_closures(ir::FuncId id) const;
    // The copy that a call should go to; invalid: as it is.
    ir::FuncId copy_for(ir::FuncId caller, ir::InstId inst, const Origins& origins, std::vector<ir::FuncId>& fresh);

    ir::Module& module_;
    std::unordered_map<std::uint32_t, std::vector<bool>> called_; // parameters it calls, or gives to one that does
    std::map<std::vector<std::uint32_t>, ir::FuncId> copies_; // by function and what its closures run
    std::size_t copied_ = 0;                                  // instructions
};

} // namespace tn::opt
