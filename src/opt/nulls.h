// Which references may be null: an enum's slot is while another variant holds, and only a test of the tag
// tells.
#pragma once

#include "ir/cfg.h"
#include "ir/module.h"

#include <vector>

namespace tn::opt {

class Nulls {
public:
    Nulls(const ir::Module& module, const ir::Function& fn);

    // A Ref that may be null, as far as its definition says.
    bool may_be(ir::ValueId value) const { return may_be_null_[value.index()]; }
    // No operand is null at the end of `block`: none may be, or it has been followed on every way there.
    bool can_follow(const ir::Cfg& cfg, const ir::Inst& inst, ir::BlockId block) const;

private:
    void mark(ir::ValueId value);
    void mark_results(const ir::Module& module, const ir::Inst& inst);
    void spread();
    void note_uses();

    const ir::Function& fn_;
    std::vector<bool> may_be_null_; // by value
    std::vector<ir::ValueId> work_;
    std::vector<std::vector<ir::BlockId>> followed_in_; // by value, of those that may be null
};

} // namespace tn::opt
