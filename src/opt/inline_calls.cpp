// Inlining: the body of a small function in place of a call to it. Callees come first (the pipeline goes
// bottom up), so what is copied is already optimized. Recursive functions are left to `recursion`.
// How a body is put in place is in inliner.cpp; here is which.
#include "ir/cfg.h"
#include "opt/inliner.h"
#include "opt/passes.h"
#include "opt/searches.h"

#include <algorithm>
#include <unordered_map>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t small_callee = 80;   // instructions outside cold blocks
constexpr std::size_t only_callee = 200;    // the same without loops, where its only call stands in a loop

bool calls_itself(const Module& module, FuncId id) {
    const Function& fn = module.functions[id];
    for (const Block& block : fn.blocks)
        for (InstId inst : block.insts)
            if (fn.insts[inst].op == Op::Call && FuncId(static_cast<std::size_t>(fn.insts[inst].imm)) == id) return true;
    return false;
}

bool calls_closures(const Function& fn) {
    for (const Block& block : fn.blocks)
        for (InstId inst : block.insts)
            if (fn.insts[inst].op == Op::CallClosure) return true;
    return false;
}

class Calls {
public:
    Calls(Module& module, Function& fn) : module_(module), fn_(fn), inliner_(module, fn), size_(hot_size(fn)) {}

    bool run() {
        // Blocks made by inlining stand behind the original ones; continuations are looked at, copies not.
        std::vector<BlockId> work;
        for (std::uint32_t b = static_cast<std::uint32_t>(fn_.blocks.size()); b-- > 0;)
            if (!fn_.blocks[BlockId(b)].removed && !fn_.blocks[BlockId(b)].cold) work.push_back(BlockId(b));
        while (!work.empty()) {
            const BlockId block = work.back();
            work.pop_back();
            for (std::size_t i = 0; i < fn_.blocks[block].insts.size(); ++i) {
                const InstId call = fn_.blocks[block].insts[i];
                if (!is_candidate(block, fn_.insts[call])) continue;
                const Function& callee = inlinable(module_.functions[FuncId(static_cast<std::size_t>(fn_.insts[call].imm))]);
                size_ += hot_size(callee);
                work.push_back(inliner_.inline_call(block, i, callee));
                break;
            }
        }
        return inliner_.finish();
    }

private:
    bool is_candidate(BlockId block, const Inst& inst) {
        if (inst.op != Op::Call || size_ > large_caller) return false;
        const FuncId id(static_cast<std::size_t>(inst.imm));
        const Function& callee = inlinable(module_.functions[id]);
        if (&module_.functions[id] == &fn_ || callee.is_search) return false;
        auto [it, fresh] = callees_.try_emplace(id.value);
        Callee& known = it->second;
        if (fresh) {
            known.size = hot_size(callee);
            known.is_possible =
                known.size <= largest_callee && !calls_itself(module_, id) && !entry_is_target(callee);
            known.calls_closures = known.is_possible && calls_closures(callee);
        }
        if (!known.is_possible) return false;
        return known.size <= small_callee || is_worth_it_once(block, callee, known.size) || gives_divisor(inst, callee) ||
               gives_closure(inst, id, known.calls_closures);
    }

    // What does not change in the caller's loop goes out of it, and registers need no saving.
    bool is_worth_it_once(BlockId block, const Function& callee, std::size_t size) const {
        return callee.is_called_once && size <= only_callee && !has_loops(callee) && Cfg(fn_).loop_of(block).is_valid();
    }

    // Dividing by a constant is a multiplication, so the only call of what divides by its parameter gives it away.
    bool gives_divisor(const Inst& call, const Function& callee) {
        if (!callee.is_called_once) return false;
        const auto& params = callee.blocks[callee.entry()].params;
        const auto is_known = [&](ValueId divisor) {
            const auto param = std::ranges::find(params, divisor);
            std::int64_t number = 0;
            return param != params.end() &&
                   find_const(fn_, inliner_.rewriter().operand(call, static_cast<unsigned>(param - params.begin())), number);
        };
        for (const Block& block : callee.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts)
                if (const Inst& inst = callee.insts[id]; (inst.op == Op::Div || inst.op == Op::Rem) && is_known(callee.operands_of(inst)[1]))
                    return true;
        }
        return false;
    }

    // A closure that is made here is the function's own, or among its arguments when it calls some.
    bool gives_closure(const Inst& call, FuncId callee, bool any) {
        for (ValueId v : fn_.operands_of(call)) {
            const Inst* def = find_def(fn_, inliner_.rewriter().resolve(v));
            if (def && def->op == Op::Retain) def = find_def(fn_, inliner_.rewriter().operand(*def, 0));
            if (!def || (def->op != Op::BoxNew && def->op != Op::Empty)) continue;
            const Desc& desc = module_.descs[DescId(static_cast<std::size_t>(def->imm))];
            if (desc.kind == DescKind::Closure && (any || desc.func == callee)) return true;
        }
        return false;
    }

    Module& module_;
    Function& fn_;
    Inliner inliner_;
    std::size_t size_;
    struct Callee {
        std::size_t size = 0;
        bool is_possible = false, calls_closures = false;
    };
    std::unordered_map<std::uint32_t, Callee> callees_;
};

} // namespace

bool inline_calls(Module& module, Function& fn) {
    return Calls(module, fn).run();
}

} // namespace tn::opt
