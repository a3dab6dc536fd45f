// Where references to closures come from: which function a closure runs, or which parameter it is.
#pragma once

#include "ir/module.h"

#include <vector>

namespace tn::opt {

// The function behind every reference that can only be a closure of one function: made here, or known of a
// parameter (Module::known_closures).
class Origins {
public:
    Origins(const ir::Module& module, const ir::Function& fn);
    // Invalid: more than one, or not known.
    ir::FuncId of(ir::ValueId value) const {
        return of_[value.index()] < anything ? ir::FuncId(of_[value.index()]) : ir::FuncId();
    }
    bool any() const; // is known at all

private:
    // What may still be anything is assumed to be one function until two are seen.
    static constexpr std::uint32_t nothing = 0xffffffffu, anything = 0xfffffffeu;

    bool meet(ir::ValueId value, std::uint32_t with);
    bool step();

    const ir::Function& fn_;
    std::vector<std::uint32_t> of_; // by value: a FuncId, `anything` or `nothing`
};

// Which parameters of the function a reference may be.
class ParamSources {
public:
    explicit ParamSources(const ir::Function& fn);
    // Sets the parameters that `value` may be.
    void mark(ir::ValueId value, std::vector<bool>& params) const;

private:
    const ir::Function& fn_;
    std::vector<std::vector<ir::ValueId>> from_; // by value: what a block parameter or retained reference is made of
};

} // namespace tn::opt
