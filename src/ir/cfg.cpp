// Orders by depth-first search, dominators by semidominators, loops from the inside out.
// All walks keep explicit stacks: the nesting of blocks is the user's.
#include "ir/cfg.h"

#include <algorithm>

namespace tn::ir {

thread_local Cfg::Memory* Cfg::Memory::current = nullptr;

Cfg::Cfg(const Function& fn) {
    Memory* const memory = Memory::current;
    if (!memory) {
        shape_ = std::make_shared<const Shape>(fn);
        return;
    }
    if (!memory->last_ || !memory->last_->is_of(fn)) {
        std::swap(memory->last_, memory->before_);
        if (!memory->last_ || !memory->last_->is_of(fn)) memory->last_ = std::make_shared<const Shape>(fn);
    }
    shape_ = memory->last_;
}

Cfg::Shape::Shape(const Function& fn)
    : position(fn.blocks.size(), unreached),
      idom(fn.blocks.size()),
      in(fn.blocks.size(), 1),
      out(fn.blocks.size(), 0),
      loop_of(fn.blocks.size()) {
    find_edges(fn);
    if (fn.blocks.empty()) return;
    const Walk walk(*this);
    for (std::uint32_t i = 0; i < walk.order.size(); ++i) position[walk.order[i]] = i;
    find_predecessors();
    find_dominators(walk);
    find_loops(walk.order);
    if (loops.empty()) {
        order = walk.order;
    } else {
        order_loops_contiguously(walk.order);
    }
}

void Cfg::Shape::find_edges(const Function& fn) {
    edges.reserve(fn.blocks.size() * 2);
    edges_from.reserve(fn.blocks.size() + 1);
    for (const Block& block : fn.blocks) {
        edges_from.push_back(static_cast<std::uint32_t>(edges.size()));
        if (block.insts.empty()) continue;
        for (const Target& target : fn.targets_of(fn.insts[block.insts.back()])) edges.push_back(target.block);
    }
    edges_from.push_back(static_cast<std::uint32_t>(edges.size()));
}

bool Cfg::Shape::is_of(const Function& fn) const {
    if (position.size() != fn.blocks.size()) return false;
    std::size_t at = 0, b = 0;
    for (const Block& block : fn.blocks) {
        const auto targets = block.insts.empty() ? std::span<const Target>() : fn.targets_of(fn.insts[block.insts.back()]);
        if (edges_from[++b] - at != targets.size()) return false;
        for (const Target& target : targets)
            if (edges[at++] != target.block) return false;
    }
    return true;
}

void Cfg::Shape::find_predecessors() {
    predecessors.start(position.size());
    auto each_edge = [&](auto&& visit) {
        for (std::size_t i = 0; i < position.size(); ++i) {
            if (!is_reachable(BlockId(i))) continue;
            for (BlockId to : successors(BlockId(i))) visit(to, BlockId(i));
        }
    };
    each_edge([&](BlockId to, BlockId) { predecessors.count(to); });
    predecessors.make_room();
    each_edge([&](BlockId to, BlockId from) { predecessors.add(to, from); });
}

// Depth first from the entry; successors are taken last to first, so that in the order the first stands
// closest behind its block.
Cfg::Walk::Walk(const Shape& shape) : number(shape.position.size(), unreached) {
    struct Visit {
        BlockId block;
        std::uint32_t number;
        std::span<const BlockId> left; // successors still to be taken
    };
    std::vector<Visit> stack;
    auto enter = [&](BlockId block, std::uint32_t from) {
        const auto fresh = static_cast<std::uint32_t>(preorder.size());
        number[block] = fresh;
        preorder.push_back(block);
        parent.push_back(from);
        stack.push_back({block, fresh, shape.successors(block)});
    };
    const std::size_t count = shape.position.size();
    stack.reserve(std::min<std::size_t>(count, 64));
    preorder.reserve(count);
    parent.reserve(count);
    order.reserve(count);
    enter(BlockId(0), 0);
    while (!stack.empty()) {
        Visit& top = stack.back();
        if (top.left.empty()) {
            order.push_back(top.block);
            stack.pop_back();
            continue;
        }
        const BlockId next = top.left.back();
        top.left = top.left.first(top.left.size() - 1);
        if (number[next] == unreached) enter(next, top.number);
    }
    std::reverse(order.begin(), order.end());
}

namespace {

// Semidominators over a depth-first tree (the SEMI-NCA algorithm): near to linear also where many ways of
// different length meet, as behind a long `match`. Vertices are numbered in preorder.
class Semidominators {
public:
    explicit Semidominators(const std::vector<std::uint32_t>& parent)
        : up_(parent), semi_(parent.size()), label_(parent.size()) {
        for (std::uint32_t v = 0; v < parent.size(); ++v) semi_[v] = label_[v] = v;
    }
    std::uint32_t of(std::uint32_t v) const { return semi_[v]; }
    void meet(std::uint32_t v, std::uint32_t predecessor) {
        semi_[v] = std::min(semi_[v], semi_[least(predecessor, v + 1)]);
    }

private:
    // The vertex of least semidominator on the way up from v through vertices from `linked` on; makes the way
    // short for the next one.
    std::uint32_t least(std::uint32_t v, std::uint32_t linked) {
        if (up_[v] < linked) return label_[v];
        path_.clear();
        for (; up_[v] >= linked; v = up_[v]) path_.push_back(v);
        std::uint32_t above = v;
        while (!path_.empty()) {
            v = path_.back();
            path_.pop_back();
            up_[v] = up_[above];
            if (semi_[label_[above]] < semi_[label_[v]]) label_[v] = label_[above];
            above = v;
        }
        return label_[v];
    }

    std::vector<std::uint32_t> up_, semi_, label_, path_;
};

} // namespace

// The nearest dominators by meeting those of the predecessors, again until none changes (Cooper, Harvey and Kennedy): the
// quickest way for few blocks, of which nearly all functions consist. Once will do where each way back leads to what dominates
// where it comes from, as in all code but for what `threading` makes.
void Cfg::Shape::find_few_dominators(const std::vector<BlockId>& rpo) {
    const auto nearest = [&](BlockId a, BlockId b) {
        while (a != b) {
            while (position[a] > position[b]) a = idom[a];
            while (position[b] > position[a]) b = idom[b];
        }
        return a;
    };
    idom[rpo[0]] = rpo[0]; // while others meet there
    bool is_first = true, again = true;
    while (again) {
        again = false;
        std::vector<std::pair<BlockId, BlockId>> back; // from, to
        for (std::size_t i = 1; i < rpo.size(); ++i) {
            BlockId common;
            for (BlockId p : predecessors.of(rpo[i])) {
                if (!idom[p].is_valid()) back.emplace_back(p, rpo[i]);
                else common = common.is_valid() ? nearest(common, p) : p;
            }
            again |= !is_first && idom[rpo[i]] != common;
            idom[rpo[i]] = common;
        }
        for (const auto& [from, to] : back) again |= nearest(from, to) != to;
        is_first = false;
    }
    idom[rpo[0]] = BlockId();
}

void Cfg::Shape::find_many_dominators(const Walk& walk) {
    const auto count = static_cast<std::uint32_t>(walk.preorder.size());
    Semidominators semi(walk.parent);
    for (std::uint32_t v = count; v-- > 1;) {
        for (BlockId p : predecessors.of(walk.preorder[v])) semi.meet(v, walk.number[p]);
    }
    // Dominators of smaller numbers are known when they are walked through.
    std::vector<std::uint32_t> numbers = walk.parent;
    for (std::uint32_t v = 1; v < count; ++v) {
        while (numbers[v] > semi.of(v)) numbers[v] = numbers[numbers[v]];
        idom[walk.preorder[v]] = walk.preorder[numbers[v]];
    }
}

void Cfg::Shape::find_dominators(const Walk& walk) {
    constexpr std::size_t few = 64;
    if (walk.order.size() <= few) find_few_dominators(walk.order);
    else find_many_dominators(walk);

    children.start(position.size());
    for (BlockId block : walk.order)
        if (idom[block].is_valid()) children.count(idom[block]);
    children.make_room();
    for (BlockId block : walk.order)
        if (idom[block].is_valid()) children.add(idom[block], block);

    // A block and what it dominates have the numbers in .. out. What is not reached keeps 1 and 0: it
    // dominates nothing, and nothing dominates it.
    for (BlockId block : walk.order) out[block] = 1; // first the count of what it dominates
    for (std::size_t i = walk.order.size(); i-- > 1;) out[idom[walk.order[i]]] += out[walk.order[i]];
    in[walk.order.front()] = 2;
    for (BlockId block : walk.order) {
        std::uint32_t next = in[block] + 1;
        for (BlockId child : children.of(block)) {
            in[child] = next;
            next += out[child];
        }
        out[block] = in[block] + out[block] - 1;
    }
}

void Cfg::Shape::find_loops(const std::vector<BlockId>& rpo) {
    std::vector<Loop> found; // inner before outer
    std::vector<BlockId> work;
    auto outermost = [&](LoopId id) {
        while (found[id.index()].parent.is_valid()) id = found[id.index()].parent;
        return id;
    };
    for (auto it = rpo.rbegin(); it != rpo.rend(); ++it) {
        const bool is_header = std::ranges::any_of(
            predecessors.of(*it), [&](BlockId p) { return position[p] >= position[*it] && dominates(*it, p); });
        if (!is_header) continue;
        LoopId id(found.size());
        Loop& loop = found.emplace_back();
        loop.header = *it;
        for (BlockId p : predecessors.of(*it)) {
            bool known = std::find(loop.latches.begin(), loop.latches.end(), p) != loop.latches.end();
            if (dominates(*it, p) && !known) loop.latches.push_back(p);
        }
        loop_of[loop.header] = id;
        work.assign(loop.latches.begin(), loop.latches.end());
        while (!work.empty()) {
            BlockId block = work.back();
            work.pop_back();
            LoopId inner = loop_of[block];
            if (!inner.is_valid()) {
                loop_of[block] = id;
            } else {
                inner = outermost(inner);
                if (inner == id) continue;
                found[inner.index()].parent = id;
                block = found[inner.index()].header;
            }
            for (BlockId p : predecessors.of(block)) work.push_back(p);
        }
    }

    auto renumber = [&](LoopId id) { return id.is_valid() ? LoopId(found.size() - 1 - id.index()) : id; };
    for (LoopId& id : loop_of) id = renumber(id);
    for (std::size_t i = found.size(); i-- > 0;) {
        Loop& loop = found[i];
        loop.parent = renumber(loop.parent);
        if (loop.parent.is_valid()) loop.depth = loops[loop.parent].depth + 1;
        BlockId outside;
        bool only_one = true;
        for (BlockId p : predecessors.of(loop.header)) {
            if (dominates(loop.header, p)) continue;
            only_one = only_one && !outside.is_valid();
            outside = p;
        }
        if (only_one && outside.is_valid() && successors(outside).size() == 1) loop.preheader = outside;
        loops.push_back(std::move(loop));
    }
}

// Whether no exit stands between a loop's blocks. Then as many blocks as the loop has are its span of the order.
bool Cfg::Shape::are_loops_contiguous(const std::vector<BlockId>& rpo) {
    for (std::size_t i = 0; i < rpo.size(); ++i)
        for (LoopId id = loop_of[rpo[i]]; id.is_valid(); id = loops[id].parent) {
            Loop& loop = loops[id];
            const std::size_t begin = position[loop.header];
            if (i != begin + loop.blocks.size()) return false;
            loop.blocks = std::span(rpo).subspan(begin, i - begin + 1);
        }
    return true;
}

// In reverse postorder a loop's header comes before its blocks, but exits may stand between them. The
// blocks of a loop move up to its header; since a natural loop is entered at its header only, no forward
// edge turns around.
void Cfg::Shape::order_loops_contiguously(const std::vector<BlockId>& rpo) {
    if (are_loops_contiguous(rpo)) {
        order = rpo;
        for (Loop& loop : loops) loop.blocks = std::span<const BlockId>(order).subspan(position[loop.header], loop.blocks.size());
        return;
    }
    // What belongs directly to each loop (the last list: to none), in reverse postorder; an inner loop is one item, at
    // its header's place.
    struct Item {
        BlockId block;
        LoopId loop; // valid: the whole inner loop
    };
    FlatLists<LoopId, Item> items;
    const LoopId none(loops.size());
    const auto each_item = [&](auto&& visit) {
        for (BlockId block : rpo) {
            const LoopId loop = loop_of[block];
            if (loop.is_valid() && loops[loop].header == block) {
                const LoopId around = loops[loop].parent;
                visit(around.is_valid() ? around : none, Item{block, loop});
            }
            visit(loop.is_valid() ? loop : none, Item{block, LoopId()});
        }
    };
    items.start(loops.size() + 1);
    each_item([&](LoopId list, const Item&) { items.count(list); });
    items.make_room();
    each_item([&](LoopId list, const Item& item) { items.add(list, item); });

    struct Visit {
        LoopId loop;
        std::size_t next;
        std::size_t begin; // in the order
    };
    order.reserve(rpo.size()); // loops are parts of it
    std::vector<Visit> stack{{none, 0, 0}};
    while (!stack.empty()) {
        Visit& top = stack.back();
        const auto list = items.of(top.loop);
        if (top.next == list.size()) {
            if (top.loop != none) loops[top.loop].blocks = std::span<const BlockId>(order).subspan(top.begin);
            stack.pop_back();
            continue;
        }
        const Item& item = list[top.next++];
        if (item.loop.is_valid()) {
            stack.push_back({item.loop, 0, order.size()});
        } else {
            position[item.block] = static_cast<std::uint32_t>(order.size());
            order.push_back(item.block);
        }
    }
}

bool Cfg::contains(LoopId loop, BlockId block) const {
    LoopId at = loop_of(block);
    while (at.is_valid() && loops()[at].depth > loops()[loop].depth) at = loops()[at].parent;
    return at == loop;
}

FlatLists<BlockId, Target*> edges_into(Function& fn) {
    FlatLists<BlockId, Target*> edges;
    edges.start(fn.blocks.size());
    auto each = [&](auto&& visit) {
        for (const Block& block : fn.blocks) {
            if (block.removed || block.insts.empty()) continue;
            for (Target& target : fn.targets_of(fn.insts[block.insts.back()])) visit(target);
        }
    };
    each([&](Target& target) { edges.count(target.block); });
    edges.make_room();
    each([&](Target& target) { edges.add(target.block, &target); });
    return edges;
}

FlatLists<BlockId, Edge> named_edges_into(const Function& fn) {
    FlatLists<BlockId, Edge> edges;
    edges.start(fn.blocks.size());
    auto each = [&](auto&& visit) {
        for (const Block& block : fn.blocks) {
            if (block.removed || block.insts.empty()) continue;
            const auto targets = fn.targets_of(fn.insts[block.insts.back()]);
            for (std::uint32_t t = 0; t < targets.size(); ++t) visit(targets[t].block, Edge{block.insts.back(), t});
        }
    };
    each([&](BlockId to, Edge) { edges.count(to); });
    edges.make_room();
    each([&](BlockId to, Edge edge) { edges.add(to, edge); });
    return edges;
}

bool has_loops(const Function& fn) {
    if (fn.blocks.empty()) return false;
    enum : std::uint8_t { New, Open, Done };
    std::vector<std::uint8_t> state(fn.blocks.size(), New);
    std::vector<std::pair<BlockId, std::uint32_t>> stack; // a block, how many successors are still to be taken
    auto enter = [&](BlockId block) {
        state[block.index()] = Open;
        stack.emplace_back(block, static_cast<std::uint32_t>(successors(fn, block).size()));
    };
    stack.reserve(fn.blocks.size());
    enter(fn.entry());
    while (!stack.empty()) {
        auto& [block, left] = stack.back();
        if (left == 0) {
            state[block.index()] = Done;
            stack.pop_back();
            continue;
        }
        const BlockId next = successors(fn, block)[--left].block;
        if (state[next.index()] == Open) return true;
        if (state[next.index()] == New) enter(next);
    }
    return false;
}

} // namespace tn::ir
