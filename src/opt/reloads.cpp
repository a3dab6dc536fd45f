// What was loaded on every way into a block need not be loaded there again.
//
//     x = load a[i]; branch x > p, loop(i), done
//     loop(j):     z = load a[j]; store a[j + 1], z; k = j - 1; y = load a[k]; branch y > p, loop(k), done
// becomes
//     x = load a[i]; branch x > p, loop(i, x), done
//     loop(j, z):  store a[j + 1], z; k = j - 1; y = load a[k]; branch y > p, loop(k, y), done
//
// as long as nothing of its kind is written between. Shifts are made so: the test that ends a loop looks at the element
// that the next round uses. What only an inner loop loads is not kept: a comparison with memory would get a load beside
// it in every round, for one less behind the loop.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <array>
#include <map>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_kinds = 8;       // of memory that is looked at in one function
constexpr unsigned max_steps = 1 << 16; // of comparing what is known with what is asked for

// A memory class and a type: what stores and loads are told apart by.
struct Kind {
    std::uint32_t memory_class;
    Scalar type;
    bool operator==(const Kind&) const = default;
};

// A place that is loaded from or stored to.
struct Place {
    std::uint32_t kind;
    std::uint8_t scale;
    std::int64_t offset;
    ValueId base, index; // the index invalid if there is none
    auto operator<=>(const Place&) const = default;
};

class Reloads {
public:
    Reloads(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        find_asked();
        if (asked_.empty()) return false;
        find_versions();
        find_known();
        for (const Asked& asked : asked_) visit(asked);
        return rewriter_.finish();
    }

private:
    // A load that depends on a parameter of a block with several ways in.
    struct Asked {
        InstId load;
        BlockId merge;
    };
    // At one point of the program, the place holds the value.
    struct Known {
        BlockId block;
        std::uint32_t version;
        ValueId value;
    };

    BlockId block_of(ValueId value) const {
        const Value& v = fn_.values[value];
        return v.inst.is_valid() ? fn_.insts[v.inst].block : v.block;
    }
    // The block, of those that define the operands, that the others dominate, if one of them is its
    // parameter.
    BlockId find_merge(const Inst& load) const {
        BlockId merge;
        for (ValueId v : fn_.operands_of(load)) {
            const BlockId block = block_of(v);
            if (!merge.is_valid() || cfg_.dominates(merge, block)) merge = block;
        }
        bool depends = false;
        for (ValueId v : fn_.operands_of(load)) {
            if (block_of(v) != merge) continue;
            if (fn_.values[v].inst.is_valid()) return BlockId();
            depends = true;
        }
        return depends && merge != fn_.entry() && cfg_.predecessors(merge).size() > 1 ? merge : BlockId();
    }
    bool is_plain_load(const Inst& inst) const {
        return inst.op == Op::Load && inst.type != Scalar::Ref && inst.operands.count <= 2;
    }
    void find_asked() {
        for (BlockId block : cfg_.order()) {
            if (fn_.blocks[block].cold) continue;
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (!is_plain_load(inst)) continue;
                const BlockId merge = find_merge(inst);
                const Kind kind{inst.aux, inst.type};
                if (!merge.is_valid()) continue;
                if (std::ranges::find(kinds_, kind) == kinds_.end()) {
                    if (kinds_.size() == max_kinds) continue;
                    kinds_.push_back(kind);
                }
                asked_.push_back({id, merge});
            }
        }
    }

    // ---- states of memory, each with a number: that of the block where ways meet, or of the instruction
    // that wrote ----

    using State = std::array<std::uint32_t, max_kinds>; // by kind

    std::uint32_t number_of(BlockId block) const { return block.index(); }
    std::uint32_t number_of(InstId inst) const {
        return static_cast<std::uint32_t>(fn_.blocks.size()) + inst.index();
    }
    void write(InstId id, State& state) const {
        for (std::uint32_t k = 0; k < kinds_.size(); ++k)
            if (may_write(fn_, fn_.insts[id], kinds_[k].memory_class, kinds_[k].type))
                state[k] = number_of(id);
    }
    // Each block begins with a state of its own, until it turns out to be the one of all ways into it.
    void find_versions() {
        at_start_.resize(fn_.blocks.size());
        at_end_.resize(fn_.blocks.size());
        for (BlockId block : cfg_.order()) {
            at_start_[block.index()].fill(number_of(block));
            at_end_[block.index()] = at_start_[block.index()];
            for (InstId id : fn_.blocks[block].insts) write(id, at_end_[block.index()]);
        }
        for (bool again = true; again;) {
            again = false;
            for (BlockId block : cfg_.order()) {
                if (block == fn_.entry()) continue;
                for (std::uint32_t k = 0; k < kinds_.size(); ++k) {
                    std::uint32_t& start = at_start_[block.index()][k];
                    if (start != number_of(block)) continue;
                    start = meet(block, k);
                    again |= start != number_of(block);
                }
            }
        }
        for (BlockId block : cfg_.order()) {
            for (std::uint32_t k = 0; k < kinds_.size(); ++k) {
                at_start_[block.index()][k] = resolve(at_start_[block.index()][k], k);
                at_end_[block.index()][k] = resolve(at_end_[block.index()][k], k);
            }
        }
    }
    std::uint32_t resolve(std::uint32_t version, std::uint32_t kind) const {
        while (version < fn_.blocks.size() && at_start_[version][kind] != version)
            version = at_start_[version][kind];
        return version;
    }
    std::uint32_t meet(BlockId block, std::uint32_t kind) const {
        const std::uint32_t own = number_of(block);
        std::uint32_t only = own;
        for (BlockId p : cfg_.predecessors(block)) {
            const std::uint32_t version = resolve(at_end_[p.index()][kind], kind);
            if (version == own || version == only) continue;
            if (only != own) return own;
            only = version;
        }
        return only;
    }

    // ---- what is known ----

    std::uint32_t kind_of(std::uint32_t memory_class, Scalar type) const {
        return static_cast<std::uint32_t>(std::ranges::find(kinds_, Kind{memory_class, type}) -
                                          kinds_.begin());
    }
    Place place_of(const Inst& inst, std::uint32_t kind) const {
        const auto operands = fn_.operands_of(inst);
        const std::size_t plain = inst.op == Op::Load ? 1 : 2;
        return {kind, inst.scale, inst.imm, operands[0],
                operands.size() > plain ? operands[plain] : ValueId()};
    }
    void find_known() {
        for (BlockId block : cfg_.order()) {
            State state = at_start_[block.index()];
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                write(id, state);
                const bool stores = inst.op == Op::Store;
                if (!stores && !is_plain_load(inst)) continue;
                const ValueId value = stores ? fn_.operands_of(inst)[1] : fn_.result(id);
                const std::uint32_t kind = kind_of(inst.aux, fn_.values[value].type);
                if (kind == kinds_.size()) continue;
                if (!stores) version_at_[id] = state[kind];
                known_[place_of(inst, kind)].push_back({block, state[kind], value});
            }
        }
    }
    // What the place holds at the end of a block, known in loops no deeper than this; invalid if that is not
    // known.
    ValueId find(const Place& place, BlockId block, std::uint32_t depth) {
        const auto it = known_.find(place);
        if (it == known_.end()) return ValueId();
        for (const Known& known : it->second) {
            if (++steps_ > max_steps) break;
            if (known.version == at_end_[block.index()][place.kind] && cfg_.dominates(known.block, block) &&
                cfg_.loop_depth(known.block) <= depth)
                return known.value;
        }
        return ValueId();
    }

    // ---- the change ----

    ValueId on_the_way(ValueId value, const Target& target) const {
        const Value& v = fn_.values[value];
        return !v.inst.is_valid() && v.block == target.block ? fn_.args_of(target)[v.index] : value;
    }
    template <typename See> void each_way(BlockId block, See see) {
        BlockId last;
        for (BlockId p : cfg_.predecessors(block)) {
            if (p == last) continue; // a branch with both targets equal stands twice
            last = p;
            const std::size_t count = fn_.targets_of(fn_.terminator(p)).size();
            for (std::size_t t = 0; t < count; ++t)
                if (fn_.targets_of(fn_.terminator(p))[t].block == block) see(p, t);
        }
    }
    void visit(const Asked& asked) {
        const Inst& load = fn_.insts[asked.load];
        const std::uint32_t kind = kind_of(load.aux, load.type);
        if (version_at_[asked.load] != at_start_[asked.merge.index()][kind]) return;
        const Place place = place_of(load, kind);
        if (const auto made = made_.find(place); made != made_.end()) {
            take(asked.load, made->second);
            return;
        }
        std::vector<ValueId> values;
        bool all = true;
        each_way(asked.merge, [&](BlockId from, std::size_t t) {
            const Target& target = fn_.targets_of(fn_.terminator(from))[t];
            Place there = place;
            there.base = on_the_way(place.base, target);
            if (place.index.is_valid()) there.index = on_the_way(place.index, target);
            values.push_back(all ? find(there, from, cfg_.loop_depth(load.block)) : ValueId());
            all &= values.back().is_valid();
        });
        if (!all) return;
        Builder b(module_, fn_);
        const ValueId param = b.add_param(asked.merge, load.type, Ownership::Borrowed);
        std::size_t next = 0;
        each_way(asked.merge, [&](BlockId from, std::size_t t) {
            const Target target = fn_.targets_of(fn_.terminator(from))[t];
            std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
            args.push_back(values[next++]);
            const Target longer = b.make_target(target.block, args);
            fn_.targets_of(fn_.insts[fn_.blocks[from].insts.back()])[t] = longer;
        });
        made_[place] = param;
        take(asked.load, param);
    }
    void take(InstId load, ValueId param) {
        rewriter_.replace(fn_.result(load), param);
        rewriter_.remove(load);
    }

    Module& module_;
    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
    std::vector<Asked> asked_;
    std::vector<Kind> kinds_;
    std::vector<State> at_start_, at_end_; // by block
    std::map<Place, std::vector<Known>> known_;
    std::map<InstId, std::uint32_t> version_at_; // of loads
    std::map<Place, ValueId> made_;              // parameters
    unsigned steps_ = 0;
};

} // namespace

bool reloads(Module& module, Function& fn) {
    if (std::ranges::none_of(fn.insts, [](const Inst& inst) { return inst.op == Op::Load; })) return false;
    return Reloads(module, fn).run();
}

} // namespace tn::opt
