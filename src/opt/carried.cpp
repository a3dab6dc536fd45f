// What a loop stores in one round and loads in a later one stays in a register.
//
//     loop(i):     x = load a[i - 1]; ...; store a[i], y; j = i + 1; branch c, loop(j), done
// becomes
//     loop(i, x):  ...; store a[i], y; j = i + 1; branch c, loop(j, y), done
//
// and so for a[r + i - 1] and a[r + i], in row r of a table,
// with the first x loaded in front of the loop. Sums over prefixes and tables of dynamic programming are made so;
// through memory each round would wait for the store of the one before. The store must be the only one to elements of
// its type in the loop, and be in every round. A load that the first round may not come to is made if its element exists.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t max_distance = 4; // in rounds
constexpr std::int64_t max_offset = 1 << 20;
constexpr unsigned max_names = 8; // of a list, each made from the one before

// An element at a counter plus a constant, and what stays the same: where its row begins in a table.
struct Element {
    ValueId base, counter, row; // no row: 0
    std::int64_t offset = 0; // in elements
};

class Carried {
public:
    Carried(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (const LoopId parent = cfg_.loops()[LoopId(l)].parent; parent.is_valid()) has_inner[parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (!has_inner[l]) visit(LoopId(l));
        return rewriter_.finish();
    }

private:
    bool is_outside(LoopId loop, ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    ValueId index_of(const Inst& inst) const {
        const auto operands = fn_.operands_of(inst);
        const std::size_t plain = inst.op == Op::Load ? 1 : 2;
        return operands.size() == plain + 1 ? operands[plain] : ValueId();
    }
    bool find_element(LoopId loop, const Inst& inst, Element& element) const {
        element.base = fn_.operands_of(inst)[0];
        ValueId index = index_of(inst);
        if (!index.is_valid() || inst.imm != 0 || !is_outside(loop, element.base)) return false;
        for (int part = 0; part < 4; ++part) {
            const Value& v = fn_.values[index];
            if (!v.inst.is_valid()) {
                element.counter = index;
                return v.block == cfg_.loops()[loop].header;
            }
            const Inst& def = fn_.insts[v.inst];
            const bool adds = def.op == Op::WrapAdd || (def.op == Op::Add && def.flags & NoTrap);
            const bool subtracts = def.op == Op::WrapSub || (def.op == Op::Sub && def.flags & NoTrap);
            std::int64_t c = 0;
            if (!adds && !subtracts) return false;
            if (!find_const(fn_, fn_.operands_of(def)[1], c)) {
                const ValueId left = fn_.operands_of(def)[0], right = fn_.operands_of(def)[1];
                const bool is_left = is_outside(loop, left);
                if (!adds || element.row.is_valid() || (!is_left && !is_outside(loop, right))) return false;
                element.row = is_left ? left : right;
                index = is_left ? right : left;
                continue;
            }
            if (c < -max_offset || c > max_offset) return false;
            element.offset += adds ? c : -c;
            index = fn_.operands_of(def)[0];
        }
        return false;
    }

    // The only store in the loop, of a type that is no reference; null when there is none such.
    const Inst* find_store(const Loop& loop) const {
        const Inst* store = nullptr;
        for (BlockId block : loop.blocks) {
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (inst.op == Op::Store && inst.aux == static_cast<std::uint32_t>(MemoryClass::Element)) {
                    if (store) return nullptr;
                    store = &inst;
                } else if (is_call(inst.op) || inst.op == Op::Lanes || inst.op == Op::UniqueAt ||
                           (inst.op == Op::CallRuntime && (effects_of(inst) & Writes))) {
                    return nullptr;
                }
            }
        }
        const bool fits = store && fn_.values[fn_.operands_of(*store)[1]].type != Scalar::Ref;
        return fits && cfg_.dominates(store->block, loop.latches[0]) ? store : nullptr;
    }

    // The first round runs through everything up to the load: it may be made earlier.
    bool is_reached(const Loop& loop, const Inst& load, InstId id) const {
        if (load.block != loop.header) return false;
        for (InstId other : fn_.blocks[loop.header].insts) {
            if (other == id) return true;
            if (fn_.insts[other].op == Op::Bounds || fn_.insts[other].op == Op::TrapIf) return false;
        }
        return false;
    }

    void visit(LoopId id) {
        const Loop& loop = cfg_.loops()[id];
        if (!loop.preheader.is_valid() || loop.latches.size() != 1 || loop.header == fn_.entry()) return;
        const Inst* store = find_store(loop);
        Element stored;
        if (!store || !find_element(id, *store, stored)) return;
        std::int64_t step = 0;
        if (!find_step(loop, stored.counter, step)) return;

        struct Found {
            InstId load;
            std::int64_t distance;
        };
        std::vector<Found> found;
        std::int64_t farthest = 0;
        ValueId list; // the one that all of them are of, where the first round may not come to a load
        const auto visit_load = [&](InstId other) {
            const Inst& load = fn_.insts[other];
            Element loaded;
            if (load.op != Op::Load || load.aux != store->aux || load.type != fn_.values[fn_.operands_of(*store)[1]].type ||
                load.scale != store->scale || !find_element(id, load, loaded) || loaded.base != stored.base ||
                loaded.counter != stored.counter || loaded.row != stored.row)
                return;
            const std::int64_t behind = stored.offset - loaded.offset;
            if (behind <= 0 || behind % step != 0 || behind / step > max_distance) return;
            if (!is_reached(loop, load, other) && !list.is_valid() && !(list = list_of(load, loop.preheader)).is_valid()) return;
            found.push_back({other, behind / step});
            farthest = std::max(farthest, behind / step);
        };
        for (BlockId block : loop.blocks)
            for (InstId inst : fn_.blocks[block].insts) visit_load(inst);
        if (found.empty()) return;
        // Every round in between must be loaded by the loop itself, or nothing says that its element exists.
        std::vector<InstId> load_of(static_cast<std::size_t>(farthest) + 1);
        for (const Found& f : found)
            if (InstId& load = load_of[static_cast<std::size_t>(f.distance)]; !load.is_valid() || is_reached(loop, fn_.insts[f.load], f.load))
                load = f.load;
        for (std::int64_t d = 1; d <= farthest; ++d)
            if (!load_of[static_cast<std::size_t>(d)].is_valid()) return;

        const ValueId value = fn_.operands_of(*store)[1];
        ValueId start = entering(loop, stored.counter);
        if (stored.row.is_valid()) {
            Inst sum;
            sum.op = Op::WrapAdd;
            sum.type = Scalar::I64;
            sum.loc = fn_.insts[found[0].load].loc;
            const ValueId parts[] = {stored.row, start};
            start = place(loop.preheader, sum, parts);
        }
        Builder b(module_, fn_);
        BlockId preheader = loop.preheader;
        std::vector<ValueId> params, first;
        for (std::int64_t d = 1; d <= farthest; ++d) {
            const InstId load = load_of[static_cast<std::size_t>(d)];
            const ValueId index = place_index(preheader, load, start, stored.offset - d * step);
            first.push_back(is_reached(loop, fn_.insts[load], load) ? load_at(preheader, load, index) : load_if_there(b, preheader, list, load, index));
            params.push_back(b.add_param(loop.header, fn_.insts[load].type, Ownership::Borrowed));
        }
        b.add_arguments(preheader, loop.header, first);
        std::vector<ValueId> next{value};
        next.insert(next.end(), params.begin(), params.end() - 1);
        b.add_arguments(loop.latches[0], loop.header, next);
        for (const Found& f : found) {
            rewriter_.replace(fn_.result(f.load), params[static_cast<std::size_t>(f.distance) - 1]);
            rewriter_.remove(f.load);
        }
    }

    ValueId entering(const Loop& loop, ValueId counter) const {
        return fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[fn_.values[counter].index];
    }
    bool find_step(const Loop& loop, ValueId counter, std::int64_t& step) const {
        for (const Target& target : fn_.targets_of(fn_.terminator(loop.latches[0]))) {
            if (target.block != loop.header) continue;
            const Inst* def = find_def(fn_, fn_.args_of(target)[fn_.values[counter].index]);
            return def && (def->op == Op::WrapAdd || def->op == Op::Add) && fn_.operands_of(*def)[0] == counter &&
                   find_const(fn_, fn_.operands_of(*def)[1], step) && step > 0 && step < max_offset;
        }
        return false;
    }

    ValueId place_index(BlockId block, InstId load, ValueId start, std::int64_t offset) {
        Inst number;
        number.op = Op::ConstInt;
        number.type = Scalar::I64;
        number.imm = offset;
        Inst sum;
        sum.op = Op::WrapAdd;
        sum.type = Scalar::I64;
        sum.loc = number.loc = fn_.insts[load].loc;
        const ValueId parts[] = {start, place(block, number, {})};
        return place(block, sum, parts);
    }
    ValueId load_at(BlockId block, InstId load, ValueId index) {
        const ValueId operands[] = {fn_.operands_of(fn_.insts[load])[0], index};
        return place(block, fn_.insts[load], operands);
    }
    // The list of whose elements one is loaded, by its name in front of a loop; invalid if it is not known.
    ValueId list_of(const Inst& load, BlockId preheader) {
        const Inst* data = find_def(fn_, fn_.operands_of(load)[0]);
        if (!data || data->op != Op::SeqData) return {};
        if (!uses_) uses_.emplace(fn_);
        ValueId list = fn_.operands_of(*data)[0];
        for (unsigned steps = 0; steps < max_names; ++steps) {
            ValueId next;
            for (const Use& use : uses_->of(list)) {
                const Inst& user = fn_.insts[use.inst];
                if (!consumes(user, use)) continue;
                if (user.block.index() >= known_blocks_) return {}; // where another loop was entered
                const bool is_behind = user.block == preheader ? use.inst == fn_.blocks[preheader].insts.back() : cfg_.dominates(preheader, user.block);
                if (is_behind) continue;
                const BlockId target = use.is_block_arg ? fn_.targets_of(user)[use.target].block : user.block;
                if (next.is_valid() || (!use.is_block_arg && user.op != Op::SeqSetLen) || !cfg_.dominates(target, preheader)) return {};
                next = use.is_block_arg ? fn_.blocks[target].params[use.index] : user.first_result;
            }
            if (!next.is_valid()) return list;
            list = next;
        }
        return {};
    }
    bool consumes(const Inst& user, const Use& use) const {
        if (!use.is_block_arg) return consumes_operand(module_, fn_, user, use.index);
        const BlockId target = fn_.targets_of(user)[use.target].block;
        return fn_.values[fn_.blocks[target].params[use.index]].ownership == Ownership::Owned;
    }
    // Some value, where the list has no such element. What entered the loop goes on behind.
    ValueId load_if_there(Builder& b, BlockId& preheader, ValueId list, InstId load, ValueId index) {
        const Scalar type = fn_.insts[load].type;
        const InstId jump = fn_.blocks[preheader].insts.back();
        fn_.blocks[preheader].insts.pop_back();
        const BlockId there = b.make_block(), joined = b.make_block();
        const ValueId value = b.add_param(joined, type, Ownership::Borrowed);
        b.set_loc(fn_.insts[load].loc);
        b.set_block(preheader);
        const ValueId length = b.bitcast(Scalar::U64, b.seq_len(list));
        const ValueId nothing = is_float(type) ? b.const_float(type, 0) : b.const_int(type, 0);
        const ValueId is_there = b.compare(Op::ICmp, Cond::Lt, b.bitcast(Scalar::U64, index), length);
        b.branch(is_there, there, {}, joined, {&nothing, 1}, Likely);
        fn_.blocks[joined].insts.push_back(jump);
        fn_.insts[jump].block = preheader = joined;
        b.set_block(there);
        b.jump(joined);
        const ValueId loaded[] = {load_at(there, load, index)};
        b.add_arguments(there, joined, loaded);
        return value;
    }
    ValueId place(BlockId block, Inst inst, std::span<const ValueId> operands) {
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }
    Module& module_;
    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
    std::optional<Uses> uses_;
    const std::size_t known_blocks_ = fn_.blocks.size(); // to the Cfg
};

} // namespace

bool carried(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    bool changed = make_preheaders(fn);
    changed |= Carried(module, fn).run();
    return changed;
}

} // namespace tn::opt
