// A small function that calls itself gets its own body in place of those calls, up to three times over: its frame
// is made and its registers are saved once for several levels. The calls in the copies stay calls.
#include "opt/inliner.h"
#include "opt/passes.h"

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_size = 300; // instructions of the result
constexpr unsigned max_levels = 3;

struct Site {
    BlockId block;
    std::size_t index = 0;
};

bool is_call_of(const Inst& inst, FuncId id) {
    return inst.op == Op::Call && FuncId(static_cast<std::size_t>(inst.imm)) == id;
}

std::size_t count_calls(const Function& fn, FuncId id) {
    std::size_t calls = 0;
    for (const Block& block : fn.blocks) {
        if (block.removed || block.cold) continue;
        for (InstId inst : block.insts) calls += is_call_of(fn.insts[inst], id);
    }
    return calls;
}

// Every call that stands there now becomes `body`.
void inline_level(Module& module, Function& fn, FuncId id, const Function& body) {
    Inliner inliner(module, fn);
    std::vector<BlockId> work;
    for (std::uint32_t b = static_cast<std::uint32_t>(fn.blocks.size()); b-- > 0;)
        if (!fn.blocks[BlockId(b)].removed && !fn.blocks[BlockId(b)].cold) work.push_back(BlockId(b));
    while (!work.empty()) {
        const BlockId block = work.back();
        work.pop_back();
        for (std::size_t i = 0; i < fn.blocks[block].insts.size(); ++i) {
            if (!is_call_of(fn.insts[fn.blocks[block].insts[i]], id)) continue;
            work.push_back(inliner.inline_call(block, i, body));
            break;
        }
    }
    inliner.finish();
    clean_blocks(fn);
}

} // namespace

bool recursion(Module& module, Function& fn) {
    const FuncId id(static_cast<std::size_t>(&fn - &module.functions[FuncId(0)]));
    const std::size_t calls = count_calls(fn, id);
    if (calls == 0 || entry_is_target(fn)) return false;
    const Function body = fn;
    const std::size_t size = hot_size(body);
    bool changed = false;
    for (unsigned level = 0; level < max_levels; ++level) {
        if (hot_size(fn) + count_calls(fn, id) * size > max_size) break;
        inline_level(module, fn, id, body);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
