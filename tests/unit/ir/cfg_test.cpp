// Predecessors, orders, dominators and loops, also against a slow and simple computation.
#include "ir_text.h"

#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"

#include <algorithm>
#include <random>
#include <set>

namespace tn::ir::test {
namespace {

// A function with these edges; a block without any returns, more than two make a switch.
struct Graph {
    explicit Graph(const std::vector<std::vector<unsigned>>& edges) {
        module.functions.push_back({});
        Function& f = module.functions[FuncId(0)];
        Builder b(module, f);
        for (std::size_t i = 0; i < edges.size(); ++i) b.make_block();
        ValueId condition = b.add_param(f.entry(), Scalar::Bool, Ownership::Borrowed);
        f.sig.params.push_back({Scalar::Bool, Ownership::Borrowed});
        for (std::size_t i = 0; i < edges.size(); ++i) {
            b.set_block(BlockId(i));
            std::vector<BlockId> targets;
            for (unsigned t : edges[i]) targets.push_back(BlockId(t));
            if (targets.empty())
                b.ret({});
            else if (targets.size() == 1)
                b.jump(targets[0]);
            else if (targets.size() == 2)
                b.branch(condition, targets[0], {}, targets[1], {});
            else
                b.switch_on(condition, targets);
        }
    }
    const Function& fn() const { return module.functions[FuncId(0)]; }
    Module module;
};

TEST(Cfg, Diamond) {
    Graph g({{1, 2}, {3}, {3}, {}, {3}});
    Cfg cfg(g.fn());
    EXPECT_EQ(cfg.order(), (std::vector{BlockId(0), BlockId(1), BlockId(2), BlockId(3)}));
    EXPECT_TRUE(std::ranges::equal(cfg.predecessors(BlockId(3)), std::vector{BlockId(1), BlockId(2)}));
    EXPECT_FALSE(cfg.is_reachable(BlockId(4)));
    EXPECT_EQ(cfg.immediate_dominator(BlockId(3)), BlockId(0));
    EXPECT_FALSE(cfg.immediate_dominator(BlockId(0)).is_valid());
    EXPECT_TRUE(cfg.dominates(BlockId(0), BlockId(3)));
    EXPECT_FALSE(cfg.dominates(BlockId(1), BlockId(3)));
    EXPECT_FALSE(cfg.dominates(BlockId(4), BlockId(3)));
    EXPECT_TRUE(cfg.loops().empty());
}

TEST(Cfg, NestedLoops) {
    // 1: outer header, 2: its preheader of the inner loop 3-4, 5: outer latch, 6: exit
    Graph g({{1}, {2, 6}, {3}, {4, 5}, {3}, {1}, {}});
    Cfg cfg(g.fn());
    ASSERT_EQ(cfg.loops().size(), 2u);
    const Loop& outer = cfg.loops()[LoopId(0)];
    const Loop& inner = cfg.loops()[LoopId(1)];
    EXPECT_EQ(outer.header, BlockId(1));
    EXPECT_EQ(outer.preheader, BlockId(0));
    EXPECT_EQ(outer.latches, std::vector{BlockId(5)});
    EXPECT_EQ(outer.blocks.size(), 5u);
    EXPECT_EQ(outer.depth, 1u);
    EXPECT_EQ(inner.header, BlockId(3));
    EXPECT_EQ(inner.preheader, BlockId(2));
    EXPECT_EQ(inner.parent, LoopId(0));
    EXPECT_EQ(inner.depth, 2u);
    EXPECT_TRUE(std::ranges::equal(inner.blocks, std::vector{BlockId(3), BlockId(4)}));
    EXPECT_EQ(cfg.loop_depth(BlockId(4)), 2u);
    EXPECT_EQ(cfg.loop_depth(BlockId(6)), 0u);
    EXPECT_TRUE(cfg.contains(LoopId(0), BlockId(4)));
    EXPECT_FALSE(cfg.contains(LoopId(1), BlockId(5)));
    EXPECT_FALSE(cfg.contains(LoopId(0), BlockId(6)));
}

TEST(Cfg, ExitsStandBehindTheLoop) {
    // The first branch of the loop leaves it: plain reverse postorder could put the exit in between.
    Graph g({{1}, {4, 2}, {3}, {1}, {}});
    Cfg cfg(g.fn());
    EXPECT_EQ(cfg.order(), (std::vector{BlockId(0), BlockId(1), BlockId(2), BlockId(3), BlockId(4)}));
}

TEST(Cfg, NoPreheaderWhenTheEntryBranches) {
    Graph g({{1, 2}, {1, 2}, {}});
    Cfg cfg(g.fn());
    ASSERT_EQ(cfg.loops().size(), 1u);
    EXPECT_FALSE(cfg.loops()[LoopId(0)].preheader.is_valid());
    EXPECT_EQ(cfg.loops()[LoopId(0)].latches, std::vector{BlockId(1)});
}

TEST(Cfg, IrreducibleIsNoLoop) {
    Graph g({{1, 2}, {2}, {1, 3}, {}});
    Cfg cfg(g.fn());
    EXPECT_TRUE(cfg.loops().empty());
    EXPECT_EQ(cfg.order().size(), 4u);
}

TEST(Cfg, DeepGraphsNeedNoStack) {
    std::vector<std::vector<unsigned>> edges;
    for (unsigned i = 0; i < 100000; ++i) edges.push_back({i + 1});
    edges.push_back({});
    Graph g(edges);
    Cfg cfg(g.fn());
    EXPECT_EQ(cfg.order().size(), edges.size());
    EXPECT_TRUE(cfg.dominates(BlockId(5), BlockId(99999)));
}

// Dominance by definition: b is not reachable without a.
std::set<unsigned> reachable_without(const std::vector<std::vector<unsigned>>& edges, unsigned avoid) {
    std::set<unsigned> seen;
    std::vector<unsigned> work;
    if (avoid != 0) work.push_back(0);
    while (!work.empty()) {
        unsigned at = work.back();
        work.pop_back();
        if (!seen.insert(at).second) continue;
        for (unsigned next : edges[at]) {
            if (next != avoid) work.push_back(next);
        }
    }
    return seen;
}

TEST(Cfg, RandomGraphs) {
    std::mt19937 random(12345);
    for (int round = 0; round < 400; ++round) {
        // A few are large: their dominators are found in another way.
        unsigned count = 2 + random() % (round % 40 == 0 ? 200 : 14);
        std::vector<std::vector<unsigned>> edges(count);
        for (auto& list : edges) {
            for (unsigned n = random() % 4; n > 0; --n) list.push_back(1 + random() % (count - 1));
        }
        Graph g(edges);
        Cfg cfg(g.fn());
        auto reached = reachable_without(edges, count);
        EXPECT_EQ(cfg.order().size(), reached.size());
        for (unsigned a = 0; a < count; ++a) {
            EXPECT_EQ(cfg.is_reachable(BlockId(a)), reached.contains(a));
            if (!reached.contains(a)) continue;
            auto rest = reachable_without(edges, a);
            for (unsigned b : reached) EXPECT_EQ(cfg.dominates(BlockId(a), BlockId(b)), !rest.contains(b));
        }
        for (BlockId block : cfg.order()) {
            // A dominator comes first.
            BlockId idom = cfg.immediate_dominator(block);
            if (idom.is_valid()) { EXPECT_LT(cfg.position(idom), cfg.position(block)); }
        }
        // A circle is no natural loop when it is entered at two places.
        if (!cfg.loops().empty()) { EXPECT_TRUE(has_loops(g.fn())); }
        bool turns_back = false;
        for (unsigned a : reached)
            for (unsigned b : edges[a]) turns_back |= cfg.position(BlockId(b)) <= cfg.position(BlockId(a));
        EXPECT_EQ(has_loops(g.fn()), turns_back);
        for (const Loop& loop : cfg.loops()) {
            EXPECT_FALSE(loop.latches.empty());
            ASSERT_EQ(loop.blocks.front(), loop.header);
            std::uint32_t first = cfg.position(loop.header);
            for (std::size_t i = 0; i < loop.blocks.size(); ++i) {
                EXPECT_EQ(cfg.position(loop.blocks[i]), first + i) << "contiguous";
                EXPECT_TRUE(cfg.dominates(loop.header, loop.blocks[i]));
            }
            for (BlockId latch : loop.latches)
                EXPECT_NE(std::find(loop.blocks.begin(), loop.blocks.end(), latch), loop.blocks.end());
        }
    }
}

TEST(Cfg, MemoryGivesTheLastOneWhileTheEdgesAreTheSame) {
    Graph g({{1, 2}, {3}, {3}, {}}), other({{1}, {2, 3}, {1}, {}});
    const Cfg::Memory memory;
    const Cfg first(g.fn()), same(g.fn());
    EXPECT_EQ(first.order().data(), same.order().data());
    {
        const Cfg::Memory inner;
        EXPECT_NE(Cfg(g.fn()).order().data(), first.order().data());
    }
    EXPECT_EQ(Cfg(g.fn()).order().data(), first.order().data());
    const Cfg loop(other.fn());
    EXPECT_EQ(loop.loops().size(), 1u);
    EXPECT_TRUE(first.loops().empty());
    Function& fn = g.module.functions[FuncId(0)];
    const Cfg before(fn);
    fn.targets_of(fn.insts[fn.blocks[BlockId(1)].insts.back()])[0].block = BlockId(0);
    const Cfg after(fn);
    EXPECT_TRUE(before.loops().empty());
    EXPECT_EQ(after.loops().size(), 1u);
    EXPECT_TRUE(std::ranges::equal(after.predecessors(BlockId(3)), std::vector{BlockId(2)}));
}

// --- uses.h ---

const char* two_blocks = R"(
fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = add.i64 v0, v0
    v3 = wrap_add.i64 v2, v0
    branch v1, b1(v2), b1(v3)
b1(v4: i64):
    return v4
}
)";

TEST(Uses, Lists) {
    auto module = read_functions(two_blocks);
    Function& fn = module->functions[FuncId(0)];
    auto by_name = [&](BlockId b, unsigned i) { return fn.result(fn.blocks[b].insts[i]); };
    ValueId v0 = fn.blocks[BlockId(0)].params[0], v2 = by_name(BlockId(0), 0), v3 = by_name(BlockId(0), 1);
    Uses uses(fn);
    EXPECT_EQ(uses.count(v0), 3u);
    ASSERT_EQ(uses.count(v2), 2u);
    EXPECT_TRUE(uses.of(v2)[1].is_block_arg);
    EXPECT_EQ(uses.of(v2)[0].inst, fn.values[v3].inst);
    EXPECT_EQ(uses.count(v3), 1u);
    EXPECT_EQ(uses.of(v3)[0].target, 1u);
    remove_inst(fn, fn.blocks[BlockId(0)].insts[1]);
    EXPECT_EQ(fn.blocks[BlockId(0)].insts.size(), 2u);
}

TEST(Uses, Edits) {
    auto module = read_functions(two_blocks);
    Function& fn = module->functions[FuncId(0)];
    split_edge(fn, fn.blocks[BlockId(0)].insts.back(), 1);
    EXPECT_TRUE(verify(*module).empty());
    EXPECT_EQ(print(*module, fn), R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = add.i64 v0, v0
    v3 = wrap_add.i64 v2, v0
    branch v1, b1(v2), b2
b1(v4: i64):
    return v4
b2:
    jump b1(v3)
}
)");
    EXPECT_FALSE(remove_unreachable_blocks(fn));
    fn.targets_of(fn.insts[fn.blocks[BlockId(0)].insts.back()])[1] = fn.targets_of(fn.insts[fn.blocks[BlockId(0)].insts.back()])[0];
    EXPECT_TRUE(remove_unreachable_blocks(fn));
    EXPECT_TRUE(verify(*module).empty());
    EXPECT_EQ(print(*module, fn), R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = add.i64 v0, v0
    v3 = wrap_add.i64 v2, v0
    branch v1, b1(v2), b1(v2)
b1(v4: i64):
    return v4
}
)");
}

} // namespace
} // namespace tn::ir::test
