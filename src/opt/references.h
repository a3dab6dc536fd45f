// Owned references followed through a function: from where one comes into being, through the block parameters
// it is passed on by, to the instructions that consume it.
//
// In: a function whose ownership is linear (ir/verify.h). Out: answers about one reference at a time; the
// function stands still meanwhile. It knows nothing of what the object is.
#pragma once

#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace tn::opt {

// One owned reference under all its names.
struct Chain {
    std::vector<ir::ValueId> values;   // the first name, then owned block parameters that get no other reference
    std::vector<ir::ValueId> borrowed; // block parameters that are lent it; others may be lent there too
    std::vector<ir::Use> releases;     // where it ends
    std::vector<ir::Use> moves;        // where it is passed on to one of `values`
    std::vector<ir::Use> uses;         // all others of its names, where nothing is consumed
    bool is_closed = false;            // it ends in releases only, and no parameter mixes it with another
};

// Where a reference is owned: a region of the function.
struct Held {
    struct Part { // a block from behind one place to another one, which belongs to it
        std::uint32_t from = 0, to = 0;
    };
    bool is_known = true;      // false: it is nowhere, as far as one can tell
    bool is_everywhere = false; // somebody else keeps the object for the whole call
    std::unordered_map<std::uint32_t, std::vector<Part>> parts; // by block
};

class References {
public:
    References(const ir::Module& module, const ir::Function& fn);

    const ir::Uses& uses() const { return uses_; }
    // `root`: an owned value that an instruction makes.
    Chain follow(ir::ValueId root) const;
    // Calls f(argument) for every edge's argument of a block parameter; true if all of them answer true.
    template <typename F> bool all_arguments(ir::ValueId param, F f) const {
        const ir::Value& value = fn_.values[param];
        for (const ir::Edge& edge : edges_.of(value.block))
            if (!f(fn_.args_of(fn_.targets_of(fn_.insts[edge.inst])[edge.target])[value.index])) return false;
        return true;
    }

    // Where the reference of one name is held by the frame, or its object kept alive by somebody else.
    Held held(ir::ValueId value);
    // Where the reference is held from its root to the releases.
    Held held(const Chain& chain);
    // Held before and behind the instruction; for its end as well as for its use.
    bool is_held(const Held& held, const ir::Use& use) const;

private:
    bool consumes(const ir::Use& use) const;
    Held walk(ir::ValueId root, std::span<const ir::Use> ends);
    bool outlives_call(ir::ValueId value) const;
    ir::ValueId unchanging_holder(ir::ValueId value) const;
    bool is_closure_param(ir::ValueId value) const;

    const ir::Module& module_;
    const ir::Function& fn_;
    ir::Uses uses_;
    std::vector<std::uint32_t> place_;     // of each instruction in its block, from 1
    FlatLists<ir::BlockId, ir::Edge> edges_; // into each block
    std::size_t budget_;                   // blocks that walks may still look at
};

} // namespace tn::opt
