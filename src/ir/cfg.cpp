// Orders by depth-first search, dominators by semidominators, loops from the inside out.
// All walks keep explicit stacks: the nesting of blocks is the user's.
#include "ir/cfg.h"

#include <algorithm>

namespace tn::ir {

std::span<const Target> successors(const Function& fn, BlockId block) {
    const Block& b = fn.blocks[block];
    if (b.insts.empty()) return {};
    return fn.targets_of(fn.insts[b.insts.back()]);
}

Cfg::Cfg(const Function& fn)
    : predecessors_(fn.blocks.size()),
      position_(fn.blocks.size(), unreached),
      idom_(fn.blocks.size()),
      children_(fn.blocks.size()),
      in_(fn.blocks.size()),
      out_(fn.blocks.size()),
      loop_of_(fn.blocks.size()) {
    if (fn.blocks.empty()) return;
    std::vector<BlockId> rpo = reverse_postorder(fn);
    for (std::uint32_t i = 0; i < rpo.size(); ++i) position_[rpo[i]] = i;
    find_predecessors(fn);
    find_dominators(fn, rpo);
    number_dominator_tree();
    find_loops(fn, rpo);
    order_loops_contiguously(rpo);
}

void Cfg::find_predecessors(const Function& fn) {
    for (std::size_t i = 0; i < fn.blocks.size(); ++i) {
        BlockId block(i);
        if (!is_reachable(block)) continue;
        for (const Target& t : successors(fn, block)) predecessors_[t.block].push_back(block);
    }
}

std::vector<BlockId> Cfg::reverse_postorder(const Function& fn) const {
    struct Visit {
        BlockId block;
        std::uint32_t next; // successors from here on are done
    };
    std::vector<BlockId> order;
    std::vector<bool> seen(fn.blocks.size(), false);
    auto enter = [&](BlockId block) {
        seen[block.index()] = true;
        return Visit{block, static_cast<std::uint32_t>(successors(fn, block).size())};
    };
    // Successors are taken last to first, so that the first stands closest behind its block.
    std::vector<Visit> stack{enter(fn.entry())};
    while (!stack.empty()) {
        Visit& top = stack.back();
        if (top.next == 0) {
            order.push_back(top.block);
            stack.pop_back();
            continue;
        }
        BlockId next = successors(fn, top.block)[--top.next].block;
        if (!seen[next.index()]) stack.push_back(enter(next));
    }
    std::reverse(order.begin(), order.end());
    return order;
}

namespace {

// Semidominators over a depth-first tree (the SEMI-NCA algorithm): near to linear also where many ways of
// different length meet, as behind a long `match`. Vertices are numbered in preorder.
class Dominators {
public:
    Dominators(const Function& fn, BlockId entry) : number_(fn.blocks.size(), unseen) {
        struct Visit {
            BlockId block;
            std::size_t next;
        };
        std::vector<Visit> stack;
        auto enter = [&](BlockId block, std::uint32_t parent) {
            number_[block] = static_cast<std::uint32_t>(blocks_.size());
            blocks_.push_back(block);
            idom_.push_back(parent);
            stack.push_back({block, 0});
        };
        enter(entry, 0);
        while (!stack.empty()) {
            Visit& top = stack.back();
            const auto targets = successors(fn, top.block);
            if (top.next == targets.size()) {
                stack.pop_back();
                continue;
            }
            const BlockId to = targets[top.next++].block;
            if (number_[to] == unseen) enter(to, number_[top.block]);
        }
    }

    void find(const IdVec<BlockId, std::vector<BlockId>>& predecessors, IdVec<BlockId, BlockId>& out) {
        const auto count = static_cast<std::uint32_t>(blocks_.size());
        up_ = idom_;
        for (std::uint32_t v = 0; v < count; ++v) {
            semi_.push_back(v);
            label_.push_back(v);
        }
        for (std::uint32_t v = count; v-- > 1;) {
            for (BlockId p : predecessors[blocks_[v]])
                semi_[v] = std::min(semi_[v], semi_[least(number_[p], v + 1)]);
        }
        // Dominators of smaller numbers are known when they are walked through.
        for (std::uint32_t v = 1; v < count; ++v) {
            while (idom_[v] > semi_[v]) idom_[v] = idom_[idom_[v]];
            out[blocks_[v]] = blocks_[idom_[v]];
        }
    }

private:
    static constexpr std::uint32_t unseen = 0xffffffffu;

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

    IdVec<BlockId, std::uint32_t> number_;
    std::vector<BlockId> blocks_;
    std::vector<std::uint32_t> idom_, semi_, label_, up_, path_;
};

} // namespace

void Cfg::find_dominators(const Function& fn, const std::vector<BlockId>& rpo) {
    Dominators(fn, rpo.front()).find(predecessors_, idom_);
    for (BlockId block : rpo) {
        if (idom_[block].is_valid()) children_[idom_[block]].push_back(block);
    }
}

void Cfg::number_dominator_tree() {
    // Unreached blocks keep in = 1, out = 0: they dominate nothing and nothing dominates them.
    for (std::uint32_t& in : in_) in = 1;
    struct Visit {
        BlockId block;
        std::size_t next;
    };
    std::uint32_t time = 2;
    std::vector<Visit> stack{{BlockId(0), 0}};
    in_[BlockId(0)] = time++;
    while (!stack.empty()) {
        Visit& top = stack.back();
        const auto& children = children_[top.block];
        if (top.next < children.size()) {
            BlockId child = children[top.next++];
            in_[child] = time++;
            stack.push_back({child, 0});
        } else {
            out_[top.block] = time++;
            stack.pop_back();
        }
    }
}

void Cfg::find_loops(const Function& fn, const std::vector<BlockId>& rpo) {
    std::vector<Loop> found; // inner before outer
    auto outermost = [&](LoopId id) {
        while (found[id.index()].parent.is_valid()) id = found[id.index()].parent;
        return id;
    };
    for (auto it = rpo.rbegin(); it != rpo.rend(); ++it) {
        Loop loop;
        loop.header = *it;
        for (BlockId p : predecessors_[*it]) {
            bool known = std::find(loop.latches.begin(), loop.latches.end(), p) != loop.latches.end();
            if (dominates(*it, p) && !known) loop.latches.push_back(p);
        }
        if (loop.latches.empty()) continue;

        LoopId id(found.size());
        found.push_back(loop);
        loop_of_[loop.header] = id;
        std::vector<BlockId> work = loop.latches;
        while (!work.empty()) {
            BlockId block = work.back();
            work.pop_back();
            LoopId inner = loop_of_[block];
            if (!inner.is_valid()) {
                loop_of_[block] = id;
            } else {
                inner = outermost(inner);
                if (inner == id) continue;
                found[inner.index()].parent = id;
                block = found[inner.index()].header;
            }
            for (BlockId p : predecessors_[block]) work.push_back(p);
        }
    }

    auto renumber = [&](LoopId id) { return id.is_valid() ? LoopId(found.size() - 1 - id.index()) : id; };
    for (LoopId& id : loop_of_) id = renumber(id);
    for (std::size_t i = found.size(); i-- > 0;) {
        Loop& loop = found[i];
        loop.parent = renumber(loop.parent);
        if (loop.parent.is_valid()) loop.depth = loops_[loop.parent].depth + 1;
        BlockId outside;
        bool only_one = true;
        for (BlockId p : predecessors_[loop.header]) {
            if (dominates(loop.header, p)) continue;
            only_one = only_one && !outside.is_valid();
            outside = p;
        }
        if (only_one && outside.is_valid() && successors(fn, outside).size() == 1) loop.preheader = outside;
        loops_.push_back(std::move(loop));
    }
}

// In reverse postorder a loop's header comes before its blocks, but exits may stand between them. The
// blocks of a loop move up to its header; since a natural loop is entered at its header only, no forward
// edge turns around.
void Cfg::order_loops_contiguously(const std::vector<BlockId>& rpo) {
    // What belongs directly to each loop (the last entry: to none), in reverse postorder; an inner loop
    // is one item, at its header's place.
    struct Item {
        BlockId block;
        LoopId loop; // valid: the whole inner loop
    };
    std::vector<std::vector<Item>> items(loops_.size() + 1);
    auto list_of = [&](LoopId id) -> std::vector<Item>& {
        return items[id.is_valid() ? id.index() : loops_.size()];
    };
    for (BlockId block : rpo) {
        LoopId loop = loop_of_[block];
        if (loop.is_valid() && loops_[loop].header == block)
            list_of(loops_[loop].parent).push_back({block, loop});
        list_of(loop).push_back({block, LoopId()});
    }

    struct Visit {
        LoopId loop;
        std::size_t next;
        std::size_t begin; // in order_
    };
    std::vector<Visit> stack{{LoopId(), 0, 0}};
    while (!stack.empty()) {
        Visit& top = stack.back();
        const auto& list = list_of(top.loop);
        if (top.next == list.size()) {
            if (top.loop.is_valid()) {
                loops_[top.loop].blocks.assign(order_.begin() + static_cast<std::ptrdiff_t>(top.begin),
                                               order_.end());
            }
            stack.pop_back();
            continue;
        }
        const Item& item = list[top.next++];
        if (item.loop.is_valid()) {
            stack.push_back({item.loop, 0, order_.size()});
        } else {
            position_[item.block] = static_cast<std::uint32_t>(order_.size());
            order_.push_back(item.block);
        }
    }
}

bool Cfg::contains(LoopId loop, BlockId block) const {
    LoopId at = loop_of_[block];
    while (at.is_valid() && loops_[at].depth > loops_[loop].depth) at = loops_[at].parent;
    return at == loop;
}

} // namespace tn::ir
