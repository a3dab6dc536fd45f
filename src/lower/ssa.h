// SSA form while the code is being written (Braun et al., 2013): variables are written and read by name,
// and block parameters appear where paths with different values meet.
//
// In: blocks, edges, writes and reads of variables. Out: a function without variables, without unreachable
// blocks, and without parameters that always have the same value. It refuses to know types of the language,
// scopes, and who owns a reference: a Ref variable always holds an owned one.
#pragma once

#include "ir/builder.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace tn::lower {

struct VarId : Id<VarId> {
    using Id::Id;
};

class Ssa {
public:
    explicit Ssa(ir::Builder& builder) : builder_(builder) {}

    VarId make_var(Scalar type);
    void write(VarId var, ir::ValueId value); // in the current block
    ir::ValueId read(VarId var);              // in the current block

    // Every block but the entry is made here and sealed once its last incoming edge exists.
    ir::BlockId make_block(bool cold = false);
    // A parameter that every edge gives an argument for; before any edge to the block.
    ir::ValueId add_param(ir::BlockId block, Scalar type) {
        return add_param(block, type, type == Scalar::Ref ? ir::Ownership::Owned : ir::Ownership::Borrowed);
    }
    ir::ValueId add_param(ir::BlockId block, Scalar type, ir::Ownership ownership);
    void seal(ir::BlockId block);
    // Makes the block the current one.
    void start(ir::BlockId block) { builder_.set_block(block); }

    // Ends of blocks. The code after them goes into a block that nothing reaches.
    void jump(ir::BlockId target, std::span<const ir::ValueId> args = {});
    void branch(ir::ValueId condition, ir::BlockId if_true, ir::BlockId if_false,
                std::uint8_t hint_flags = 0);
    void branch(ir::ValueId condition, ir::BlockId if_true, std::span<const ir::ValueId> true_args,
                ir::BlockId if_false, std::span<const ir::ValueId> false_args, std::uint8_t hint_flags = 0);
    // Targets as the builder's: cases 0, 1, ..., and otherwise the last one.
    void switch_on(ir::ValueId value, std::span<const ir::BlockId> targets);
    // After the builder closed the current block by itself (Return, Trap, Unreachable).
    void start_unreachable();

    // No more code follows: removes what is not needed and writes the edges' arguments.
    void finish();

private:
    struct Edge {
        ir::BlockId from;
        ir::InstId inst;
        std::uint32_t target = 0; // which of the instruction's targets
    };
    struct Phi {
        ir::BlockId block;
        VarId var; // invalid: made by add_param
        ir::ValueId value;
        std::vector<ir::ValueId> args; // by incoming edge
        bool removed = false;
    };
    struct BlockState {
        std::vector<Edge> incoming;
        std::vector<std::uint32_t> phis;
        bool sealed = false;
    };

    BlockState& state(ir::BlockId block);
    void add_edge(ir::BlockId target, std::uint32_t index, std::span<const ir::ValueId> args);
    std::uint32_t add_phi(ir::BlockId block, VarId var, Scalar type, ir::Ownership ownership);
    // The value at the end of `block`; parameters made on the way are put into `pending`.
    ir::ValueId find(VarId var, ir::BlockId block, std::vector<std::uint32_t>& pending);
    void complete(std::vector<std::uint32_t>& pending);
    ir::ValueId undefined(Scalar type, ir::BlockId block);

    void drop_unreachable();
    void drop_trivial_phis();
    void write_edges();
    ir::ValueId resolve(ir::ValueId value);

    ir::Builder& builder_;
    std::vector<Scalar> var_types_;
    std::vector<BlockState> blocks_;
    std::vector<Phi> phis_;
    ir::BlockId unreachable_;                                    // takes code that nothing reaches
    std::unordered_map<std::uint64_t, ir::ValueId> definitions_; // (variable, block)
    std::vector<ir::ValueId> replaced_;                          // by value; invalid: itself
};

} // namespace tn::lower
