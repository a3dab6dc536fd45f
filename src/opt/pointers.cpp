// An inner loop that counts through a list of records keeps the address of the current one, which is an addition a
// round instead of a multiplication.
//
//     loop(i):     p = elem_addr d, i * 40; ...; j = i + 1; branch c, loop(j), done
// becomes
//     loop(i, p):  ...; j = i + 1; q = elem_addr p, 1 * 40; branch c, loop(j, q), done
//
// Elements of 1, 2, 4 or 8 bytes need no address of their own. Only what every round asks for is kept, and little of it:
// registers are few.
#include "ir/builder.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_pointers = 3; // of one loop

class Pointers {
public:
    Pointers(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (const Loop& loop : cfg_.loops())
            if (loop.parent.is_valid()) has_inner[loop.parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (!has_inner[l]) visit(LoopId(l));
        return rewriter_.finish();
    }

private:
    struct Counter {
        ValueId param;
        std::size_t index = 0; // among the header's parameters
        std::int64_t step = 0;
    };
    struct Pointer {
        ValueId base, counter;
        std::int64_t stride = 0;
        ValueId param;
    };

    bool is_outside(LoopId loop, ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    std::span<const ValueId> args_from(BlockId from, BlockId header) const {
        for (const Target& target : fn_.targets_of(fn_.terminator(from)))
            if (target.block == header) return fn_.args_of(target);
        return {};
    }
    bool find_counter(const Loop& loop, ValueId index, Counter& counter) const {
        const auto& params = fn_.blocks[loop.header].params;
        const auto at = std::ranges::find(params, index);
        if (at == params.end()) return false;
        counter = {index, static_cast<std::size_t>(at - params.begin()), 0};
        const Inst* next = find_def(fn_, args_from(loop.latches[0], loop.header)[counter.index]);
        return next && next->type == Scalar::I64 &&
               (next->op == Op::WrapAdd || (next->op == Op::Add && (next->flags & NoTrap))) &&
               fn_.operands_of(*next)[0] == index && find_const(fn_, fn_.operands_of(*next)[1], counter.step);
    }

    void visit(LoopId id) {
        const Loop& loop = cfg_.loops()[id];
        if (loop.latches.size() != 1 || !loop.preheader.is_valid()) return;
        const BlockId latch = loop.latches[0];
        // Both ways of a branch to the header would need the new argument.
        if (std::ranges::count(fn_.targets_of(fn_.terminator(latch)), loop.header, &Target::block) != 1) return;
        std::vector<Pointer> made;
        for (BlockId block : loop.blocks) {
            if (!cfg_.dominates(block, latch)) continue;
            const std::vector<InstId> insts = fn_.blocks[block].insts; // the latch's grow
            for (InstId address : insts) {
                const Inst inst = fn_.insts[address];
                Counter counter;
                if (inst.op != Op::ElemAddr || inst.imm <= 2 || inst.imm == 4 || inst.imm == 8 ||
                    !is_outside(id, fn_.operands_of(inst)[0]) || !find_counter(loop, fn_.operands_of(inst)[1], counter))
                    continue;
                const ValueId base = fn_.operands_of(inst)[0];
                auto pointer = std::ranges::find_if(made, [&](const Pointer& p) {
                    return p.base == base && p.counter == counter.param && p.stride == inst.imm;
                });
                if (pointer == made.end()) {
                    if (made.size() == max_pointers) continue;
                    made.push_back({base, counter.param, inst.imm, make(loop, latch, inst, base, counter)});
                    pointer = made.end() - 1;
                }
                rewriter_.replace(fn_.result(address), pointer->param);
                rewriter_.remove(address);
            }
        }
    }

    ValueId make(const Loop& loop, BlockId latch, const Inst& address, ValueId base, const Counter& counter) {
        Builder b(module_, fn_);
        const ValueId start = args_from(loop.preheader, loop.header)[counter.index];
        const ValueId param = b.add_param(loop.header, Scalar::Ptr, Ownership::Borrowed);
        const ValueId first[] = {base, start};
        extend(b, loop.preheader, loop.header, place(loop.preheader, address, first));
        Inst constant;
        constant.op = Op::ConstInt;
        constant.type = Scalar::I64;
        constant.imm = counter.step;
        constant.loc = address.loc;
        const ValueId next[] = {param, place(latch, constant, {})};
        extend(b, latch, loop.header, place(latch, address, next));
        return param;
    }
    // Before the end of a block.
    ValueId place(BlockId block, Inst inst, std::span<const ValueId> operands) {
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }
    void extend(Builder& b, BlockId from, BlockId to, ValueId more) {
        const InstId last = fn_.blocks[from].insts.back();
        for (std::uint32_t t = 0; t < fn_.insts[last].target_count; ++t) {
            const Target target = fn_.targets_of(fn_.insts[last])[t];
            if (target.block != to) continue;
            std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
            args.push_back(more);
            const Target longer = b.make_target(to, args);
            fn_.targets_of(fn_.insts[last])[t] = longer;
        }
    }

    Module& module_;
    Function& fn_;
    const Cfg cfg_;
    Rewriter rewriter_;
};

} // namespace

bool pointers(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    const bool changed = make_preheaders(fn);
    return Pointers(module, fn).run() || changed;
}

} // namespace tn::opt
