#include "codegen/machine_builder.h"

#include "codegen/kept_constants.h"
#include "builtins/runtime_fn.h"
#include "ir/builder.h"
#include "ir/cfg.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::codegen {

std::uint32_t OperandList::push(const Operand& operand) {
    auto index = static_cast<std::uint32_t>(mf_.operands.size());
    mf_.operands.push_back(operand);
    TN_CHECK(inst_.operand_count != 0xffff, "too many operands for one instruction");
    ++inst_.operand_count;
    return index;
}

std::uint32_t OperandList::add_use(ir::ValueId value, OperandKind kind, bool in_register, std::uint8_t hint) {
    RegClass cls = class_of(mf_.type_of(value));
    if (mf_.is_constant(value)) {
        if (!in_register) return no_operand;
        return push({value, OperandKind::Temp, cls, true, hint, no_operand, {}});
    }
    return push({value, kind, cls, in_register, hint, no_operand, {}});
}

void OperandList::def(ir::ValueId value, std::uint32_t same_as, std::uint8_t hint) {
    push({value, OperandKind::Def, class_of(mf_.type_of(value)), true, hint, same_as, {}});
}

void OperandList::def_anywhere(ir::ValueId value, std::uint8_t hint) {
    push({value, OperandKind::Def, class_of(mf_.type_of(value)), false, hint, no_operand, {}});
}

void OperandList::temp(RegClass cls) {
    push({ir::ValueId(), OperandKind::Temp, cls, true, no_register, no_operand, {}});
}

namespace {

class Builder {
public:
    Builder(MachineFunction& mf, Target& target) : mf_(mf), fn_(*mf.fn), target_(target) {}

    void run() {
        ir::Cfg cfg(fn_);
        order_blocks(cfg);
        find_edges(cfg);
        count_uses();
        find_kept();
        fold();
        describe();
        const unsigned ints = target_.kept_constants(RegClass::Int),
                       floats = target_.kept_constants(RegClass::Float);
        if (ints + floats > 0) keep_constants(mf_, ints, floats);
        mf_.is_bare = is_bare();
        if (!mf_.is_bare) find_frameless();
    }

private:
    void order_blocks(const ir::Cfg& cfg) {
        const auto& order = cfg.order();
        mf_.block_index.assign(fn_.blocks.size(), no_index);
        mf_.blocks.resize(order.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            mf_.block_index[order[i].index()] = i;
            MachineBlock& b = mf_.blocks[i];
            b = MachineBlock();
            b.block = order[i];
            b.depth = cfg.loop_depth(order[i]);
            b.cold = fn_.blocks[order[i]].cold;
            if (ir::LoopId loop = cfg.loop_of(order[i]); loop.is_valid()) b.loop = loop.index();
        }
        for (const ir::Loop& loop : cfg.loops()) {
            MachineLoop m;
            m.first_block = cfg.position(loop.header);
            m.end_block = m.first_block + static_cast<std::uint32_t>(loop.blocks.size());
            m.parent = loop.parent.is_valid() ? loop.parent.index() : no_index;
            if (m.parent != no_index) mf_.loops[m.parent].innermost = false;
            mf_.loops.push_back(m);
        }
    }

    void find_edges(const ir::Cfg& cfg) {
        (void)cfg;
        for (std::uint32_t i = 0; i < mf_.blocks.size(); ++i) {
            MachineBlock& b = mf_.blocks[i];
            const ir::Inst& last = fn_.terminator(b.block);
            b.first_succ = static_cast<std::uint32_t>(mf_.edges.size());
            b.succ_count = last.target_count;
            for (std::uint32_t t = 0; t < last.target_count; ++t) {
                std::uint32_t to = mf_.block_index[fn_.targets[last.first_target + t].block.index()];
                mf_.edges.push_back({i, to, last.first_target + t, EdgePlace::None, 0, 0});
                ++mf_.blocks[to].pred_count;
            }
        }
        std::uint32_t next = 0;
        for (MachineBlock& b : mf_.blocks) {
            b.first_pred = next;
            next += b.pred_count;
            b.pred_count = 0;
        }
        mf_.pred_edges.resize(next);
        for (std::uint32_t e = 0; e < mf_.edges.size(); ++e) {
            MachineBlock& to = mf_.blocks[mf_.edges[e].to];
            mf_.pred_edges[to.first_pred + to.pred_count++] = e;
        }
        find_cold();
        for (std::uint32_t i = 0; i < mf_.blocks.size(); ++i) {
            MachineBlock& b = mf_.blocks[i];
            b.weight = 1;
            for (std::uint32_t d = 0; d < std::min(b.depth, 6u); ++d) b.weight *= 10;
            if (b.cold) b.weight *= 0.001f;
            b.unlikely = i > 0 && is_unlikely(i);
            if (b.unlikely && !b.cold) b.weight *= 0.1f;
        }
    }

    // Every way that leads here from the front takes an edge that is not expected to be taken.
    bool is_unlikely(std::uint32_t index) const {
        const MachineBlock& b = mf_.blocks[index];
        for (std::uint32_t p = 0; p < b.pred_count; ++p) {
            const std::uint32_t e = mf_.pred_edges[b.first_pred + p];
            const std::uint32_t from = mf_.edges[e].from;
            if (from >= index || mf_.blocks[from].unlikely) continue;
            const ir::Inst& last = fn_.terminator(mf_.blocks[from].block);
            if (last.op != ir::Op::Branch) return false;
            const bool is_first = e == mf_.blocks[from].first_succ;
            if (!(last.flags & (is_first ? ir::Unlikely : ir::Likely))) return false;
        }
        return true;
    }

    // One way of several, which leads to a call that is seldom made.
    bool is_rare(const MachineBlock& b) const {
        for (std::uint32_t p = 0; p < b.pred_count; ++p) {
            const Edge& e = mf_.edges[mf_.pred_edges[b.first_pred + p]];
            if (mf_.blocks[e.from].succ_count == 1) return false;
        }
        return std::ranges::any_of(fn_.blocks[b.block].insts, [&](ir::InstId id) {
            const ir::Inst& inst = fn_.insts[id];
            return inst.op == ir::Op::CallRuntime && runtime_fn_info(static_cast<RuntimeFn>(inst.imm)).is_rare;
        });
    }

    // What can only end in a trap is cold, whoever made it.
    void find_cold() {
        for (std::size_t i = mf_.blocks.size(); i-- > 1;) {
            MachineBlock& b = mf_.blocks[i];
            b.cold = b.cold || is_rare(b);
            ir::Op op = fn_.terminator(b.block).op;
            bool all_cold = op != ir::Op::Return;
            for (std::uint32_t s = 0; s < b.succ_count; ++s) {
                const Edge& e = mf_.edges[b.first_succ + s];
                all_cold = all_cold && e.to > i && mf_.blocks[e.to].cold;
            }
            b.cold = b.cold || all_cold;
        }
        mf_.blocks[0].cold = false;
    }

    void count_uses() {
        mf_.use_count.assign(fn_.values.size(), 0);
        mf_.folded.assign(fn_.insts.size(), 0);
        for (const MachineBlock& b : mf_.blocks) {
            for (ir::InstId id : fn_.blocks[b.block].insts) {
                const ir::Inst& inst = fn_.insts[id];
                for (ir::ValueId v : fn_.operands_of(inst)) ++mf_.use_count[v.index()];
                for (const ir::Target& t : fn_.targets_of(inst)) {
                    for (ir::ValueId v : fn_.args_of(t)) ++mf_.use_count[v.index()];
                }
            }
        }
    }

    // Blocks that reach no Return, by index; empty if there are none.
    std::vector<bool> find_endings() const {
        std::vector<bool> ends(mf_.blocks.size(), true);
        std::vector<std::uint32_t> work;
        for (std::uint32_t b = 0; b < mf_.blocks.size(); ++b) {
            if (fn_.terminator(mf_.blocks[b].block).op == ir::Op::Return) work.push_back(b);
        }
        for (std::uint32_t b : work) ends[b] = false;
        std::size_t returning = work.size();
        while (!work.empty()) {
            const MachineBlock& block = mf_.blocks[work.back()];
            work.pop_back();
            for (std::uint32_t p = block.first_pred; p < block.first_pred + block.pred_count; ++p) {
                const std::uint32_t from = mf_.edges[mf_.pred_edges[p]].from;
                if (!ends[from]) continue;
                ends[from] = false;
                ++returning;
                work.push_back(from);
            }
        }
        if (returning == mf_.blocks.size()) ends.clear();
        return ends;
    }

    bool is_owned(ir::ValueId value) const {
        return fn_.values[value].ownership == ir::Ownership::Owned && !mf_.is_constant(value);
    }

    // Elsewhere a reference is live until what consumes it. On the way to a trap or in an endless loop
    // nothing may be left that does.
    void find_kept() {
        const std::vector<bool> ends = find_endings();
        if (ends.empty()) return;
        // Ownership is linear: all ways into a block agree, so the first one in order decides.
        std::vector<std::vector<ir::ValueId>> owned_in(mf_.blocks.size());
        std::vector<bool> known(mf_.blocks.size(), false);
        known[0] = true;
        for (std::uint32_t b = 0; b < mf_.blocks.size(); ++b) {
            const MachineBlock& block = mf_.blocks[b];
            std::vector<ir::ValueId> owned = std::move(owned_in[b]);
            for (ir::ValueId v : fn_.blocks[block.block].params) {
                if (is_owned(v)) owned.push_back(v);
            }
            for (ir::InstId id : fn_.blocks[block.block].insts) {
                const ir::Inst& inst = fn_.insts[id];
                auto operands = fn_.operands_of(inst);
                for (unsigned i = 0; i < operands.size(); ++i) {
                    if (is_owned(operands[i]) && ir::consumes_operand(*mf_.module, fn_, inst, i))
                        std::erase(owned, operands[i]);
                }
                for (unsigned r = 0; r < inst.result_count; ++r) {
                    const ir::ValueId v(inst.first_result.index() + r);
                    if (is_owned(v)) owned.push_back(v);
                }
            }
            if (ends[b]) {
                for (ir::ValueId v : owned) {
                    mf_.kept.push_back({b, v});
                    ++mf_.use_count[v.index()];
                }
            }
            for (std::uint32_t s = 0; s < block.succ_count; ++s) {
                const Edge& edge = mf_.edges[block.first_succ + s];
                if (known[edge.to]) continue;
                known[edge.to] = true;
                owned_in[edge.to] = owned;
                const ir::Target& t = fn_.targets[edge.target];
                auto args = fn_.args_of(t);
                for (std::size_t a = 0; a < args.size(); ++a) {
                    if (is_owned(fn_.blocks[t.block].params[a])) std::erase(owned_in[edge.to], args[a]);
                }
            }
        }
    }

    void fold() {
        for (std::size_t i = mf_.blocks.size(); i-- > 0;) {
            const auto& insts = fn_.blocks[mf_.blocks[i].block].insts;
            for (std::size_t k = insts.size(); k-- > 0;) {
                const ir::Inst& inst = fn_.insts[insts[k]];
                if (mf_.folded[insts[k].index()]) continue;
                if (is_dead(inst)) {
                    mf_.folded[insts[k].index()] = 1;
                    for (ir::ValueId v : fn_.operands_of(inst)) --mf_.use_count[v.index()];
                    continue;
                }
                target_.fold(mf_, insts, k);
            }
        }
    }

    bool is_dead(const ir::Inst& inst) const {
        if (inst.result_count == 0) return false;
        for (unsigned r = 0; r < inst.result_count; ++r) {
            if (mf_.use_count[inst.first_result.index() + r] != 0) return false;
        }
        constexpr std::uint16_t effects = ir::Writes | ir::Traps | ir::Ends;
        return (ir::effects_of(inst) & effects) == 0 && inst.op != ir::Op::Retain;
    }

    void describe() {
        for (MachineBlock& b : mf_.blocks) {
            b.first_inst = static_cast<std::uint32_t>(mf_.insts.size());
            describe_block_start(b);
            for (ir::InstId id : fn_.blocks[b.block].insts) {
                if (mf_.folded[id.index()]) continue;
                const ir::Inst& inst = fn_.insts[id];
                if (inst.result_count == 1 && mf_.is_constant(inst.first_result)) continue;
                mf_.insts.push_back(
                    {id, static_cast<std::uint32_t>(mf_.operands.size()), 0, false, false, 0});
                MachineInst m = mf_.insts.back();
                OperandList list(mf_, m);
                target_.describe(mf_, inst, list);
                mf_.insts.back() = m;
            }
            b.end_inst = static_cast<std::uint32_t>(mf_.insts.size());
        }
        TN_CHECK(mf_.insts.size() < (1u << 29), "function too large");
    }

    // Small functions that only compute.
    bool is_bare() const {
        if (!target_.may_delay_frame() || mf_.blocks.size() > 64) return false;
        const CallPlan& plan = target_.plan_params(fn_.sig);
        if (plan.stack_count > 0 || mf_.outgoing_count > 0 ||
            !std::ranges::all_of(plan.results, [](Location l) { return l.is_register(); }))
            return false;
        return std::ranges::all_of(mf_.blocks, [&](const MachineBlock& block) {
            const ir::Op last = mf_.terminator(block).op;
            if (block.loop != no_index || (last != ir::Op::Return && last != ir::Op::Jump && last != ir::Op::Branch)) return false;
            for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
                const MachineInst& inst = mf_.insts[i];
                if (inst.is_site || inst.needs_frame || inst.calls_cold || inst.clobbers != 0) return false;
            }
            return true;
        });
    }

    // A function that tests its arguments and leaves early does so before it makes a frame. The blocks in
    // question are the first ones in order: nothing in them needs a frame, they go on to one block only.
    void find_frameless() {
        if (!target_.may_delay_frame()) return;
        const CallPlan& plan = target_.plan_params(fn_.sig);
        if (plan.stack_count > 0) return;
        bool leaves_early = false;
        for (std::uint32_t b = 0; b < mf_.blocks.size() && b < 8; ++b) {
            const MachineBlock& block = mf_.blocks[b];
            if (block.loop != no_index || block.cold || (b == 0 && block.pred_count > 0)) return;
            for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
                const MachineInst& inst = mf_.insts[i];
                if (inst.is_site || inst.needs_frame || inst.calls_cold || inst.clobbers != 0) return;
            }
            // Everything up to here, if there is one way on.
            std::uint32_t on = no_index, ways = 0;
            bool closed = true;
            leaves_early = false;
            for (std::uint32_t r = 0; r <= b; ++r) {
                const MachineBlock& in = mf_.blocks[r];
                const ir::Op last = mf_.terminator(in).op;
                closed = closed && (last == ir::Op::Return || last == ir::Op::Jump || last == ir::Op::Branch);
                leaves_early = leaves_early || last == ir::Op::Return;
                for (std::uint32_t s = 0; s < in.succ_count; ++s) {
                    const std::uint32_t to = mf_.edges[in.first_succ + s].to;
                    if (to <= b) continue;
                    if (to != b + 1 && mf_.returns_only(to)) {
                        leaves_early = true;
                        continue;
                    }
                    ways += on != to;
                    on = to;
                }
            }
            if (closed && leaves_early && ways == 1 && on == b + 1 && mf_.blocks[on].pred_count == 1 &&
                mf_.blocks[on].loop == no_index && !mf_.blocks[on].cold) {
                mf_.frameless = on;
                // What is owned when the frame is made, for the stack check.
                const Edge& edge = mf_.edges[mf_.pred_edges[mf_.blocks[on].first_pred]];
                mf_.insts[mf_.blocks[edge.from].end_inst - 1].is_site = true;
                return;
            }
        }
    }

    void describe_block_start(const MachineBlock& b) {
        MachineInst m{ir::InstId(), static_cast<std::uint32_t>(mf_.operands.size()), 0, false, false, 0};
        const auto& params = fn_.blocks[b.block].params;
        const CallPlan* plan = b.block == fn_.entry() ? &target_.plan_params(fn_.sig) : nullptr;
        for (std::size_t i = 0; i < params.size(); ++i) {
            Operand o;
            o.value = params[i];
            o.kind = OperandKind::Def;
            o.reg_class = class_of(mf_.type_of(params[i]));
            o.in_register = false;
            if (plan && plan->args[i].is_register()) o.hint = static_cast<std::uint8_t>(plan->args[i].index);
            mf_.operands.push_back(o);
            TN_CHECK(m.operand_count != 0xffff, "too many block parameters");
            ++m.operand_count;
        }
        mf_.insts.push_back(m);
    }

    MachineFunction& mf_;
    const ir::Function& fn_;
    Target& target_;
};

} // namespace

void build_machine_function(MachineFunction& mf, Target& target, const ir::Module& module, ir::FuncId id,
                            unsigned limit_registers) {
    mf.clear();
    mf.int_registers =
        static_cast<std::uint32_t>(std::popcount(target.registers().allocatable & int_registers));
    if (limit_registers > 0) mf.int_registers = std::min(mf.int_registers, std::max(limit_registers, 8u));
    mf.module = &module;
    mf.fn = &module.functions[id];
    mf.id = id;
    Builder(mf, target).run();
}

} // namespace tn::codegen
