#include "ir/short.h"

#include "ir/builder.h"
#include "ir/cfg.h"

namespace tn::ir {

namespace {

// Takes the function's instructions off the budget, which ends recursion as well.
bool fits(const Module& module, FuncId func, int& budget) {
    const Function& fn = module.functions[func];
    if (has_loops(fn)) return false;
    for (const Block& block : fn.blocks) {
        for (InstId id : block.insts) {
            const Inst& inst = fn.insts[id];
            if (--budget < 0) return false;
            if (inst.op == Op::Call) {
                if (!fits(module, FuncId(static_cast<std::size_t>(inst.imm)), budget)) return false;
            } else if (inst.op == Op::CallRuntime) {
                if (effects_of_call(inst) != Pure) return false;
            } else if (inst.op == Op::CallHost ||
                       ((op_info(inst.op).effects & Writes) && inst.op != Op::Store)) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

bool is_short(const Module& module, FuncId func) {
    int budget = 400;
    return fits(module, func, budget);
}

} // namespace tn::ir
