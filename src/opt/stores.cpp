// What each of several ways stores at the same place is stored once, where they meet.
//
//     branch c, b1, b2;  b1: ...; store p, x; jump b3;  b2: ...; store p, y; jump b3
// becomes
//     branch c, b1, b2;  b1: ...; jump b3(x);  b2: ...; jump b3(y);  b3(z): store p, z
//
// So every round of a loop stores, which is what keeping memory in registers asks for, and the ways may become
// selections. References stay: a way hands over its own.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// The last store of a block, if nothing behind it but its jump would see it; an invalid id if there is none.
InstId last_store(const Function& fn, BlockId block) {
    const auto& insts = fn.blocks[block].insts;
    if (fn.insts[insts.back()].op != Op::Jump) return {};
    for (std::size_t i = insts.size() - 1; i-- > 0;) {
        const Inst& inst = fn.insts[insts[i]];
        if (inst.op == Op::Store) return insts[i];
        if (effects_of(inst) & (Reads | Writes | Traps | Ends | Owned)) return {};
    }
    return {};
}

bool store_alike(const Function& fn, const Inst& a, const Inst& b) {
    const auto x = fn.operands_of(a), y = fn.operands_of(b);
    const Scalar type = fn.values[x[1]].type;
    return type != Scalar::Ref && type == fn.values[y[1]].type && a.aux == b.aux && a.imm == b.imm && a.scale == b.scale &&
           a.flags == b.flags && x.size() == y.size() && x[0] == y[0] && (x.size() < 3 || x[2] == y[2]);
}

// The last stores of all ways into a block; empty if they are not alike.
std::vector<InstId> meeting_stores(const Function& fn, std::span<const Edge> ways) {
    std::vector<InstId> stores;
    for (const Edge& way : ways) {
        const InstId store = last_store(fn, fn.insts[way.inst].block);
        if (!store.is_valid() || (!stores.empty() && !store_alike(fn, fn.insts[stores[0]], fn.insts[store]))) return {};
        stores.push_back(store);
    }
    return stores;
}

void store_once(Module& module, Function& fn, BlockId meeting, std::span<const Edge> ways, const std::vector<InstId>& stores) {
    Builder b(module, fn);
    const ValueId value = b.add_param(meeting, fn.values[fn.operands_of(fn.insts[stores[0]])[1]].type, Ownership::Borrowed);
    for (std::size_t i = 0; i < stores.size(); ++i) {
        const BlockId from = fn.insts[stores[i]].block;
        b.add_argument(ways[i].inst, 0, fn.operands_of(fn.insts[stores[i]])[1]);
        std::erase(fn.blocks[from].insts, stores[i]);
        fn.insts[stores[i]].block = BlockId();
    }
    fn.operands_of(fn.insts[stores[0]])[1] = value;
    fn.insts[stores[0]].block = meeting;
    auto& insts = fn.blocks[meeting].insts;
    insts.insert(insts.begin(), stores[0]);
}

} // namespace

bool stores(Module& module, Function& fn) {
    const auto ways = named_edges_into(fn);
    std::vector<BlockId> meetings;
    for (std::uint32_t b = 1; b < fn.blocks.size(); ++b)
        if (!fn.blocks[BlockId(b)].removed && !fn.blocks[BlockId(b)].cold && ways.of(BlockId(b)).size() > 1 &&
            !meeting_stores(fn, ways.of(BlockId(b))).empty())
            meetings.push_back(BlockId(b));
    if (meetings.empty()) return false;
    const Cfg cfg(fn);
    bool changed = false;
    for (BlockId meeting : meetings) {
        const LoopId loop = cfg.loop_of(meeting);
        if (!cfg.is_reachable(meeting) || (loop.is_valid() && cfg.loops()[loop].header == meeting)) continue;
        for (;;) {
            const auto alike = meeting_stores(fn, ways.of(meeting));
            if (alike.empty()) break;
            store_once(module, fn, meeting, ways.of(meeting), alike);
            changed = true;
        }
    }
    return changed;
}

} // namespace tn::opt
