#include "opt/searches.h"

#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/inliner.h"
#include "opt/passes.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// It only reads, never traps, and counts fuel nowhere but where it begins.
bool searches_only(const Function& fn) {
    if (fn.sig.results.size() != 1 || !is_integer(fn.sig.results[0])) return false;
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        if (fn.blocks[BlockId(b)].removed) continue;
        for (InstId id : fn.blocks[BlockId(b)].insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op == Op::Poll ? inst.aux != 1 || BlockId(b) != fn.entry() : (effects_of(inst) & (Writes | Owned | Traps)) != 0)
                return false;
        }
    }
    return has_loops(fn);
}

bool has_search(const Module& module, const Function& fn, const Block& block) {
    return !block.removed && !block.cold && std::ranges::any_of(block.insts, [&](InstId id) { return find_search(module, fn.insts[id]) != nullptr; });
}

class Searches {
public:
    Searches(Module& module, Function& fn) : module_(module), fn_(fn), inliner_(module, fn), size_(hot_size(fn)) {}

    bool run() {
        if (!calls_search(module_, fn_)) {
            fn_.is_search = searches_only(fn_);
            return false;
        }
        std::vector<BlockId> work;
        for (std::uint32_t b = static_cast<std::uint32_t>(fn_.blocks.size()); b-- > 0;)
            if (has_search(module_, fn_, fn_.blocks[BlockId(b)])) work.push_back(BlockId(b));
        if (size_ <= largest_callee) fn_.with_calls = std::make_shared<const Function>(fn_);
        while (!work.empty()) {
            const BlockId block = work.back();
            work.pop_back();
            for (std::size_t i = 0; i < fn_.blocks[block].insts.size() && size_ <= large_caller; ++i) {
                const Function* search = find_search(module_, fn_.insts[fn_.blocks[block].insts[i]]);
                if (!search || search == &fn_) continue;
                size_ += hot_size(*search);
                work.push_back(inliner_.inline_call(block, i, *search));
                break;
            }
        }
        return inliner_.finish();
    }

private:
    Module& module_;
    Function& fn_;
    Inliner inliner_;
    std::size_t size_;
};

} // namespace

bool calls_search(const Module& module, const Function& fn) {
    return std::ranges::any_of(fn.blocks, [&](const Block& block) { return has_search(module, fn, block); });
}

unsigned inner_fuel(const Function& search) {
    const auto& insts = search.blocks[search.entry()].insts;
    return static_cast<unsigned>(std::ranges::count_if(insts, [&](InstId id) { return search.insts[id].op == Op::Poll; }));
}

bool searches(Module& module, Function& fn) {
    return Searches(module, fn).run();
}

} // namespace tn::opt
