// A callee's body in place of a call.
//
// Positions of copied instructions remember the call they were inlined into, so that stack traces show the
// same frames. One `poll` with aux 1 stands for the unit of fuel that the call would have cost.
#pragma once

#include "ir/module.h"
#include "opt/rewrite.h"

#include <unordered_map>

namespace tn::opt {

// Instructions outside cold blocks.
std::size_t hot_size(const ir::Function& fn);
constexpr std::size_t largest_callee = 300; // of those, in a function that is inlined for any reason
constexpr std::size_t large_caller = 4000;  // in one that no more is inlined into
// A jump leads back to the entry block, which then cannot become part of a caller's block.
bool entry_is_target(const ir::Function& fn);

// Positions that inlining makes while several threads optimize functions of a module: they come behind the module's own,
// each thread's from the same number on, until add_to() gives them numbers of their own.
class NewLocs {
public:
    explicit NewLocs(const ir::Module& module) : first_(static_cast<std::uint32_t>(module.locs.size())) {}

    ir::LocId add(const ir::Loc& loc) {
        locs_.push_back(loc);
        return ir::LocId(first_ + locs_.size() - 1);
    }
    const ir::Loc& get(const ir::Module& module, ir::LocId id) const {
        return id.index() < first_ ? module.locs[id] : locs_[id.index() - first_];
    }
    std::size_t size() const { return locs_.size(); }
    // The module gets the positions, and these functions, whose they are, the numbers that they have there.
    void add_to(ir::Module& module, std::span<const ir::FuncId> functions);

    // While alive, this thread's positions go there instead of to the module at once.
    struct Use {
        explicit Use(NewLocs& locs) { current = &locs; }
        ~Use() { current = nullptr; }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
    };
    static thread_local NewLocs* current; // or null

private:
    std::uint32_t first_;
    std::vector<ir::Loc> locs_;
};

class Inliner {
public:
    Inliner(ir::Module& module, ir::Function& fn) : module_(module), fn_(fn), rewriter_(fn) {}

    // Replaces the i-th instruction of the block, a call; answers the block with what came after it. `callee`
    // is not the function itself, but may be a copy of it.
    ir::BlockId inline_call(ir::BlockId block, std::size_t i, const ir::Function& callee);
    Rewriter& rewriter() { return rewriter_; }
    bool finish() { return rewriter_.finish(); }

private:
    ir::LocId inlined_loc(ir::LocId callee_loc, ir::LocId call_loc);
    Range32 copy_values(std::span<const ir::ValueId> from, const std::vector<ir::ValueId>& values);
    void copy_operands(const ir::Function& callee, const ir::Inst& from, ir::Inst& to,
                       const std::vector<ir::ValueId>& values, const std::vector<ir::BlockId>& blocks,
                       ir::BlockId rest);

    ir::Module& module_;
    ir::Function& fn_;
    Rewriter rewriter_;
    std::unordered_map<std::uint64_t, ir::LocId> locs_;
};

} // namespace tn::opt
