// Closures and boxes that a function makes for itself. A call of a closure that is known here calls its
// function; a box or closure that never leaves is taken apart: what it would have held is held by the frame.
//
// Taking apart: the object's reference may have several owners (each a chain, see references.h). Every chain
// becomes one of references to what the object held; a load from the object is that reference, or the number
// that was put there. What the object held is then released where the object would have been.
#include "opt/origins.h"
#include "opt/passes.h"
#include "opt/references.h"
#include "opt/rewrite.h"

#include "ir/cfg.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_rounds = 8; // closures in closures

const Desc& desc_of(const Module& module, const Inst& inst) {
    return module.descs[DescId(static_cast<std::size_t>(inst.imm))];
}

// --- direct calls ---

bool call_directly(const Module& module, Function& fn, const std::vector<InstId>& calls) {
    if (calls.empty()) return false;
    const Origins origins(module, fn);
    bool changed = false;
    for (InstId id : calls) {
        Inst& call = fn.insts[id];
        const FuncId callee = origins.of(fn.operands_of(call)[0]);
        if (!callee.is_valid() || module.functions[callee].sig.params.size() != call.operands.count) continue;
        call.op = Op::Call;
        call.imm = callee.index();
        changed = true;
    }
    return changed;
}

// --- taking apart ---

class TakingApart {
public:
    TakingApart(const Module& module, Function& fn) : module_(module), fn_(fn), references_(module, fn), rewriter_(fn) {}

    bool run(const std::vector<InstId>& boxes) {
        // Outer ones first: what they hold comes into view then.
        for (std::size_t i = boxes.size(); i-- > 0;) try_box(boxes[i]);
        if (!rewriter_.changed()) return false;
        for (Block& block : fn_.blocks) {
            if (block.removed) continue;
            std::vector<InstId> insts;
            for (InstId id : block.insts) {
                if (auto it = before_.find(id.value); it != before_.end())
                    insts.insert(insts.end(), it->second.begin(), it->second.end());
                insts.push_back(id);
            }
            block.insts = std::move(insts);
        }
        return rewriter_.finish();
    }

private:
    struct Owner {
        Chain chain;
        InstId made_by;              // the BoxNew or Retain
        std::size_t from = 0;        // a Retain: the owner whose leaves are retained
        std::vector<ValueId> leaves; // what it owns instead: one value per leaf
        Held held;
        bool has_held = false;
    };
    struct LoadOf {
        InstId load;
        std::size_t leaf, owner;
    };

    void try_box(InstId id) {
        const Inst& box = fn_.insts[id];
        const Layout* layout = module_.layouts->find(desc_of(module_, box).type);
        if (!layout || layout->leaves.size() != box.operands.count) return;
        leaves_ = &layout->leaves;
        owners_.clear();
        loads_.clear();
        gone_.clear();
        nulls_.clear();
        if (!find_owners(id) || !find_loads() || !give_loads_owners()) return;
        apply(id);
    }

    // All references to the object, with every use of them understood.
    bool find_owners(InstId box) {
        add_owner(box);
        for (std::size_t o = 0; o < owners_.size(); ++o) {
            if (owners_.size() > 64 || !owners_[o].chain.is_closed) return false;
            const std::vector<Use> uses = owners_[o].chain.uses;
            for (const Use& use : uses) {
                if (use.is_block_arg) continue;
                const Inst& user = fn_.insts[use.inst];
                if (user.op == Op::Retain) {
                    if (is_known(use.inst)) continue; // by a parameter that several owners lend it to
                    add_owner(use.inst);
                    // A name that is only lent may be any owner's: the first one must be there.
                    const bool own = is_name(owners_[o].chain.values, fn_.operands_of(user)[0]);
                    owners_.back().from = own ? o : 0;
                    if (!own && !is_held(0, use)) return false;
                } else if (user.op == Op::BoxData) {
                    if (std::ranges::find(gone_, use.inst) == gone_.end()) gone_.push_back(use.inst);
                } else if (user.op == Op::ICmp && is_null(fn_.operands_of(user)[1 - use.index])) {
                    nulls_.push_back(use.inst);
                } else {
                    return false;
                }
            }
        }
        // No parameter is lent this object on one way and another on another.
        for (const Owner& owner : owners_) {
            for (ValueId param : owner.chain.borrowed)
                if (!references_.all_arguments(param, [&](ValueId arg) { return is_alias(arg); })) return false;
        }
        return true;
    }

    void add_owner(InstId made_by) {
        Owner owner;
        owner.made_by = made_by;
        owner.chain = references_.follow(fn_.result(made_by));
        owners_.push_back(std::move(owner));
    }
    bool is_known(InstId made_by) const {
        return std::ranges::any_of(owners_, [&](const Owner& owner) { return owner.made_by == made_by; });
    }
    static bool is_name(const std::vector<ValueId>& names, ValueId value) {
        return std::ranges::find(names, value) != names.end();
    }
    bool is_alias(ValueId value) const {
        return std::ranges::any_of(owners_, [&](const Owner& owner) {
            return is_name(owner.chain.values, value) || is_name(owner.chain.borrowed, value);
        });
    }
    bool is_null(ValueId value) const {
        const Inst* def = find_def(fn_, value);
        return def && def->op == Op::Null;
    }
    bool is_held(std::size_t owner, const Use& use) {
        Owner& o = owners_[owner];
        if (!o.has_held) o.held = references_.held(o.chain);
        o.has_held = true;
        return references_.is_held(o.held, use);
    }

    // The object is only read, leaf by leaf.
    bool find_loads() {
        for (InstId data : gone_) {
            const ValueId base = fn_.operands_of(fn_.insts[data])[0];
            std::size_t owner = 0;
            for (std::size_t o = 0; o < owners_.size(); ++o)
                if (is_name(owners_[o].chain.values, base)) owner = o;
            for (const Use& use : references_.uses().of(fn_.result(data))) {
                const Inst& load = fn_.insts[use.inst];
                if (use.is_block_arg || load.op != Op::Load || load.operands.count != 1 || (load.flags & Takes)) return false;
                const auto leaf = std::ranges::find_if(*leaves_, [&](const Leaf& l) {
                    return l.offset == load.imm && l.scalar == load.type;
                });
                if (leaf == leaves_->end()) return false;
                loads_.push_back({use.inst, static_cast<std::size_t>(leaf - leaves_->begin()), owner});
            }
        }
        return true;
    }

    // A reference that was read from the object is lent by an owner that still is one wherever it is used.
    bool give_loads_owners() {
        for (LoadOf& load : loads_) {
            if (fn_.insts[load.load].type != Scalar::Ref) continue;
            const auto& uses = references_.uses().of(fn_.result(load.load));
            auto lends = [&](std::size_t owner) {
                return std::ranges::all_of(uses, [&](const Use& use) { return is_held(owner, use); });
            };
            if (lends(0)) load.owner = 0;
            else if (load.owner == 0 || !lends(load.owner)) return false;
        }
        return true;
    }

    void apply(InstId box) {
        const auto operands = fn_.operands_of(fn_.insts[box]);
        owners_[0].leaves.assign(operands.begin(), operands.end());
        for (std::size_t o = 1; o < owners_.size(); ++o) {
            Owner& owner = owners_[o];
            for (std::size_t leaf = 0; leaf < leaves_->size(); ++leaf) {
                const ValueId from = owners_[owner.from].leaves[leaf];
                owner.leaves.push_back(is_counted(leaf, from) ? count(Op::Retain, leaf, from, owner.made_by) : from);
            }
        }
        for (Owner& owner : owners_) {
            for (const Use& release : owner.chain.releases) {
                for (std::size_t leaf = 0; leaf < leaves_->size(); ++leaf)
                    if (is_counted(leaf, owner.leaves[leaf])) count(Op::Release, leaf, owner.leaves[leaf], release.inst);
                rewriter_.remove(release.inst);
            }
            // The names stand for nothing now; parameters pass it around until they are cleaned away.
            for (std::size_t i = 1; i < owner.chain.values.size(); ++i)
                fn_.values[owner.chain.values[i]].ownership = Ownership::Borrowed;
            Inst& made_by = fn_.insts[owner.made_by];
            made_by.op = Op::Null;
            made_by.imm = 0;
            made_by.flags = 0;
            made_by.operands.count = 0;
        }
        for (const LoadOf& load : loads_) {
            rewriter_.replace(fn_.result(load.load), owners_[load.owner].leaves[load.leaf]);
            rewriter_.remove(load.load);
        }
        for (InstId id : gone_) rewriter_.remove(id);
        for (InstId id : nulls_) {
            Inst& compare = fn_.insts[id];
            compare.imm = static_cast<Cond>(compare.aux) == Cond::Ne;
            compare.op = Op::ConstInt;
            compare.aux = 0;
            compare.operands.count = 0;
        }
        rewriter_.mark_changed();
    }

    bool is_counted(std::size_t leaf, ValueId value) const {
        return (*leaves_)[leaf].scalar == Scalar::Ref && !is_null(value);
    }
    // A Retain or Release of a leaf's reference, before the instruction.
    ValueId count(Op op, std::size_t leaf, ValueId ref, InstId before) {
        Inst inst;
        inst.op = op;
        inst.type = op == Op::Retain ? Scalar::Ref : Scalar::Void;
        inst.flags = (*leaves_)[leaf].nullable ? Nullable : 0;
        inst.loc = fn_.insts[before].loc;
        inst.block = fn_.insts[before].block;
        const InstId id = rewriter_.make(inst, {&ref, 1});
        before_[before.value].push_back(id);
        return op == Op::Retain ? fn_.result(id) : ValueId();
    }

    const Module& module_;
    Function& fn_;
    References references_;
    Rewriter rewriter_;
    std::unordered_map<std::uint32_t, std::vector<InstId>> before_; // new instructions, by the one they precede
    // Of the box in question:
    const std::vector<Leaf>* leaves_ = nullptr;
    std::vector<Owner> owners_; // the first one by the BoxNew, the others by a Retain
    std::vector<LoadOf> loads_;
    std::vector<InstId> gone_, nulls_; // BoxData; comparisons with null
};

std::vector<InstId> find_all(const Function& fn, Op op) {
    std::vector<InstId> found;
    for (const Block& block : fn.blocks)
        for (InstId id : block.insts)
            if (fn.insts[id].op == op) found.push_back(id);
    return found;
}

// In the order of the blocks. Boxes that are given away under the name they are made with cannot be taken apart; without others,
// nothing need be known of the function's shape and references.
std::vector<InstId> find_boxes(const Function& fn) {
    const std::vector<InstId> boxes = find_all(fn, Op::BoxNew);
    if (boxes.empty()) return boxes;
    std::vector<std::uint8_t> is_given(fn.insts.size(), false);
    for (const Block& block : fn.blocks)
        for (InstId id : block.insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op == Op::Retain || inst.op == Op::Release || inst.op == Op::BoxData || inst.op == Op::ICmp) continue;
            for (ValueId operand : fn.operands_of(inst))
                if (const InstId def = fn.values[operand].inst; def.is_valid()) is_given[def.index()] = true;
        }
    const auto is_kept = [&](InstId box) { return !is_given[box.index()]; };
    std::vector<InstId> found;
    if (std::ranges::none_of(boxes, is_kept)) return found;
    const Cfg cfg(fn);
    for (BlockId block : cfg.order())
        for (InstId id : fn.blocks[block].insts)
            if (fn.insts[id].op == Op::BoxNew && is_kept(id)) found.push_back(id);
    return found;
}

} // namespace

bool closures(Module& module, Function& fn) {
    bool changed = call_directly(module, fn, find_all(fn, Op::CallClosure));
    for (unsigned round = 0; round < max_rounds; ++round) {
        const std::vector<InstId> boxes = find_boxes(fn);
        if (boxes.empty() || !TakingApart(module, fn).run(boxes)) break;
        changed = true;
    }
    // What was held in an object may be a closure itself, and known now.
    if (changed) call_directly(module, fn, find_all(fn, Op::CallClosure));
    return changed;
}

} // namespace tn::opt
