// Global value numbering: along the dominator tree, an expression that a dominating instruction has
// computed is that instruction's result. Checked arithmetic and bounds tests count too: had the first
// one trapped, the second would not run. Loads are reused, and stores forwarded, while no write to the
// same class of memory lies between.
//
// A branch that a branch on the same condition dominates goes one way.
//
// A list that gets a new name keeps what is known of it: seq_len of unique(x) is seq_len of x.
//
// So it is with searches (searches.h): while nothing is written that one reads, a search for the same finds the same, in a
// list that has got a new name, too.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"
#include "opt/searches.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

namespace tn::opt {

using namespace ir;

namespace {

struct Key {
    Op op;
    Scalar type;
    std::uint8_t scale = 1;
    std::uint32_t aux = 0;
    std::int64_t imm = 0;
    std::array<ValueId, 3> operands{};
    std::uint32_t memory = 0; // version of the memory a load reads; 0 for all others

    bool operator==(const Key&) const = default;
};

std::uint64_t hash_of(const Key& k) {
    std::uint64_t h = (static_cast<std::uint64_t>(k.op) << 16 | static_cast<std::uint64_t>(k.type) << 8 | k.scale) +
                      (static_cast<std::uint64_t>(k.aux) << 32);
    const auto mix = [&](std::uint64_t v) { h = (h ^ v) * 0xff51afd7ed558ccdull; h ^= h >> 32; };
    mix(static_cast<std::uint64_t>(k.imm));
    mix(k.operands[0].value + (static_cast<std::uint64_t>(k.operands[1].value) << 32));
    mix(k.operands[2].value + (static_cast<std::uint64_t>(k.memory) << 32));
    return h;
}

// What is known where the walk of the dominator tree stands: the latest entry of a key counts, and leaving a block takes
// its entries back, which are the last ones.
class ScopedTable {
public:
    explicit ScopedTable(std::size_t expected) : first_(std::bit_ceil(expected + 16), none) { entries_.reserve(expected); }

    std::size_t mark() const { return entries_.size(); }
    ValueId find(const Key& key) const {
        for (std::uint32_t at = first_[slot_of(key)]; at != none; at = entries_[at].next)
            if (entries_[at].key == key) return entries_[at].value;
        return ValueId();
    }
    void set(const Key& key, ValueId value) {
        const std::size_t slot = slot_of(key);
        entries_.push_back({key, value, first_[slot], static_cast<std::uint32_t>(slot)});
        first_[slot] = static_cast<std::uint32_t>(entries_.size() - 1);
    }
    void go_back(std::size_t mark) {
        for (; entries_.size() > mark; entries_.pop_back()) first_[entries_.back().slot] = entries_.back().next;
    }

private:
    static constexpr std::uint32_t none = 0xffffffffu;
    struct Entry {
        Key key;
        ValueId value;
        std::uint32_t next; // the one before it in its slot
        std::uint32_t slot;
    };
    std::size_t slot_of(const Key& key) const { return hash_of(key) & (first_.size() - 1); }

    std::vector<std::uint32_t> first_; // by slot: its latest entry
    std::vector<Entry> entries_;
};

constexpr std::int64_t max_index = 1 << 20; // of an element at a known place
constexpr std::size_t max_blocks_between = 24; // from a dominator to what it dominates, to be looked through
constexpr unsigned class_count = 3;   // MemoryClass
constexpr unsigned scalar_count = 16; // Scalar
constexpr unsigned searched_index = class_count * scalar_count; // what searches read, of whatever kind
constexpr unsigned memory_count = searched_index + 1;
using MemoryState = std::array<std::uint32_t, memory_count>; // versions of what the function loads or stores, by slot
using WriteSet = std::uint64_t;                              // a bit for each kind of memory, by memory_index
constexpr WriteSet all_memory = (WriteSet{1} << memory_count) - 1, searched_bit = WriteSet{1} << searched_index;

unsigned memory_index(std::uint32_t memory_class, Scalar type) {
    return memory_class * scalar_count + static_cast<unsigned>(type);
}

class Numbering {
public:
    Numbering(Module& module, Function& fn)
        : module_(module),
          fn_(fn),
          cfg_(fn),
          rewriter_(fn),
          read_only_(fn),
          table_(fn.values.size()) {
        for (const Inst& inst : fn.insts) {
            if (const Function* search = find_search(module, inst)) note_searched(*search);
            if (inst.op != Op::Load && inst.op != Op::Store) continue;
            has_loads_ |= inst.op == Op::Load;
            used_ |= WriteSet{1} << memory_index(inst.aux, inst.op == Op::Load ? inst.type : fn.values[fn.operands_of(inst)[1]].type);
        }
        for (WriteSet left = used_; left != 0; left &= left - 1) slot_[static_cast<unsigned>(std::countr_zero(left))] = slots_++;
    }

    bool run() {
        if (has_loads_) {
            written_.resize(fn_.blocks.size());
            out_.resize(fn_.blocks.size() * slots_);
            for (BlockId block : cfg_.order()) note_writes(block);
            for (std::uint32_t i = 0; i < cfg_.loops().size(); ++i) note_loop_writes(LoopId(i));
        }
        // The dominator tree in preorder, with an explicit stack; leaving a block undoes its entries.
        std::vector<std::pair<BlockId, std::size_t>> stack;
        enter(fn_.entry());
        stack.emplace_back(fn_.entry(), 0);
        while (!stack.empty()) {
            auto& [block, next] = stack.back();
            const auto& children = cfg_.dominated_children(block);
            if (next < children.size()) {
                const BlockId child = children[next++];
                enter(child);
                stack.emplace_back(child, 0);
            } else {
                leave();
                stack.pop_back();
            }
        }
        for (const auto& [branch, constant] : decided_) {
            auto& insts = fn_.blocks[fn_.insts[branch].block].insts;
            insts.insert(insts.end() - 1, constant);
            fn_.operands_of(fn_.insts[branch])[0] = fn_.result(constant);
        }
        for (const auto& [call, fuel] : repeated_) spend(call, fuel);
        const bool changed = rewriter_.finish();
        if (!decided_.empty()) clean_blocks(fn_);
        return changed;
    }

private:
    void note_searched(const Function& search) {
        has_loads_ = true;
        used_ |= searched_bit;
        if (std::ranges::find(searched_, &search) == searched_.end()) searched_.push_back(&search);
    }
    // What a search reads are the keys; a value that is stored beside them is nothing to it.
    bool may_be_searched(const Inst& store) const {
        const Scalar type = fn_.values[fn_.operands_of(store)[1]].type;
        return std::ranges::any_of(searched_, [&](const Function* search) {
            return std::ranges::any_of(search->blocks, [&](const Block& block) {
                return !block.removed && std::ranges::any_of(block.insts, [&](InstId id) {
                    const Inst& load = search->insts[id];
                    return load.op == Op::Load && load.type == type && !are_fields_apart(fn_, store, *search, load);
                });
            });
        });
    }

    // What an instruction may write, as far as loads can see it.
    WriteSet writes_of(const Inst& inst) const {
        const auto bit = [](unsigned index) { return WriteSet{1} << index | searched_bit; };
        if (inst.op == Op::Store) {
            const WriteSet set = bit(memory_index(inst.aux, fn_.values[fn_.operands_of(inst)[1]].type));
            return may_be_searched(inst) ? set : set & ~searched_bit;
        }
        WriteSet set = 0;
        if (inst.op == Op::UniqueAt) {
            for (unsigned c = 0; c < class_count; ++c) set |= bit(memory_index(c, Scalar::Ref));
        } else if (inst.op == Op::Lanes) {
            for (unsigned t = 0; t < scalar_count; ++t)
                set |= bit(memory_index(static_cast<std::uint32_t>(MemoryClass::Element), static_cast<Scalar>(t)));
        } else if (is_call(inst.op) && (effects_of(inst) & Writes) && !find_search(module_, inst)) {
            set = all_memory;
        }
        // Other writers make new objects, or change counts and lengths, which are not loaded.
        return set;
    }
    void renew(MemoryState& memory, WriteSet set) {
        for (set &= used_; set != 0; set &= set - 1) memory[slot_[static_cast<unsigned>(std::countr_zero(set))]] = ++versions_;
    }

    void note_writes(BlockId block) {
        for (InstId id : fn_.blocks[block].insts) written_[block.index()] |= writes_of(fn_.insts[id]);
    }
    void note_loop_writes(LoopId id) {
        WriteSet set = 0;
        for (BlockId block : cfg_.loops()[id].blocks) set |= written_[block.index()];
        loop_writes_.push_back(set);
    }

    std::uint32_t& version(MemoryState& memory, std::uint32_t memory_class, Scalar type) const {
        return memory[slot_[memory_index(memory_class, type)]];
    }
    auto out_of(BlockId block) { return out_.begin() + static_cast<std::ptrdiff_t>(std::size_t(block.index()) * slots_); }

    // The memory versions at a block's start: its dominator's, where nothing can have come between.
    void find_memory(BlockId block, MemoryState& state) {
        const BlockId idom = cfg_.immediate_dominator(block);
        if (!idom.is_valid()) return renew(state, all_memory);
        std::copy_n(out_of(idom), slots_, state.begin());
        const auto& predecessors = cfg_.predecessors(block);
        if (predecessors.size() == 1 && predecessors[0] == idom) return;
        const LoopId loop = cfg_.loop_of(block);
        const bool header = loop.is_valid() && cfg_.loops()[loop].header == block;
        // A loop header entered only from its dominator: what the loop does not write stays.
        bool only_loop = header;
        if (header)
            for (BlockId p : predecessors) only_loop &= p == idom || cfg_.contains(loop, p);
        renew(state, only_loop ? loop_writes_[loop.index()] : find_writes_between(idom, block));
    }
    // What the blocks on the ways from a block's dominator to it write; everything where there are too many of them.
    WriteSet find_writes_between(BlockId dominator, BlockId block) {
        WriteSet set = 0;
        between_.clear();
        auto add = [&](BlockId b) {
            if (between_.size() > max_blocks_between) return; // too many already
            if (b != dominator && std::ranges::find(between_, b) == between_.end()) between_.push_back(b);
        };
        for (BlockId p : cfg_.predecessors(block)) add(p);
        for (std::size_t i = 0; i < between_.size(); ++i) {
            if (i == max_blocks_between) return all_memory;
            set |= written_[between_[i].index()];
            for (BlockId p : cfg_.predecessors(between_[i])) add(p);
        }
        return set;
    }

    void enter(BlockId block) {
        marks_.push_back(table_.mark());
        MemoryState memory; // as far as there are slots
        if (has_loads_) find_memory(block, memory);
        else std::fill_n(memory.begin(), slots_, 0u);
        note_condition(block);
        for (InstId id : fn_.blocks[block].insts) visit(id, memory);
        if (has_loads_) std::copy_n(memory.begin(), slots_, out_of(block));
    }
    // What the only way into a block has decided.
    void note_condition(BlockId block) {
        const auto& ways = cfg_.predecessors(block);
        if (ways.size() != 1) return;
        const Inst& last = fn_.terminator(ways[0]);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block == fn_.targets_of(last)[1].block) return;
        const ValueId condition = rewriter_.operand(last, 0);
        table_.set(decided_key(condition, fn_.targets_of(last)[0].block == block), condition);
    }
    static Key decided_key(ValueId condition, bool holds) {
        return {Op::Branch, Scalar::Bool, 1, holds, 0, {condition}, 0};
    }
    // A branch on it inside a block that it dominates goes one way.
    void decide(InstId id) {
        const ValueId condition = rewriter_.operand(fn_.insts[id], 0);
        ValueId opposite; // `a < b` for `a >= b`
        if (const Inst* compare = find_def(fn_, condition); compare && compare->op == Op::ICmp) {
            Key key = key_of(*compare);
            key.aux = static_cast<std::uint32_t>(inverted(static_cast<Cond>(key.aux)));
            opposite = table_.find(key);
        }
        for (const bool holds : {true, false}) {
            if (!table_.find(decided_key(condition, holds)).is_valid() &&
                (!opposite.is_valid() || !table_.find(decided_key(opposite, !holds)).is_valid()))
                continue;
            Inst constant;
            constant.op = Op::ConstInt;
            constant.type = Scalar::Bool;
            constant.imm = holds;
            constant.loc = fn_.insts[id].loc;
            constant.block = fn_.insts[id].block;
            decided_.emplace_back(id, rewriter_.make(constant, {}));
            return;
        }
    }
    void leave() {
        table_.go_back(marks_.back());
        marks_.pop_back();
    }

    Key key_of(const Inst& inst) {
        Key key{inst.op, inst.type, inst.scale, inst.aux, inst.imm, {}, 0};
        for (unsigned i = 0; i < inst.operands.count; ++i) key.operands[i] = rewriter_.operand(inst, i);
        // Comparisons of different types must not meet: the result type is always Bool.
        if (inst.op == Op::ICmp || inst.op == Op::FCmp || inst.op == Op::Convert || inst.op == Op::Bitcast)
            key.memory = 0x80000000u + static_cast<std::uint32_t>(fn_.values[key.operands[0]].type);
        if ((op_info(inst.op).effects & Commutes) && key.operands[1] < key.operands[0])
            std::swap(key.operands[0], key.operands[1]);
        return key;
    }
    Key seq_key(Op op, ValueId seq) {
        return {op, op == Op::SeqLen ? Scalar::I64 : Scalar::Ptr, 1, 0, 0, {seq}, 0};
    }
    // What is known of a list's length under its old name holds under the new one.
    void carry(Op op, ValueId from, ValueId to) {
        if (ValueId known = table_.find(seq_key(op, from)); known.is_valid()) table_.set(seq_key(op, to), known);
    }

    void visit(InstId id, MemoryState& memory) {
        Inst& inst = fn_.insts[id];
        const OpInfo& info = op_info(inst.op);
        if (inst.op == Op::Load) {
            if (!(inst.flags & Takes)) visit_load(id, memory);
            return;
        }
        if (inst.op == Op::Store) {
            if (stores_what_is_there(inst, memory)) rewriter_.remove(id);
            else visit_store(id, memory);
            return;
        }
        if (inst.op == Op::Branch) {
            decide(id);
            return;
        }
        if (inst.op == Op::Unique || inst.op == Op::ListGrow) {
            carry(Op::SeqLen, rewriter_.operand(inst, 0), fn_.result(id));
            return;
        }
        if (inst.op == Op::SeqSetLen) {
            carry(Op::SeqData, rewriter_.operand(inst, 0), fn_.result(id));
            table_.set(seq_key(Op::SeqLen, fn_.result(id)), rewriter_.operand(inst, 1));
            return;
        }
        if (const Function* search = find_search(module_, inst)) {
            visit_search(id, *search, memory);
            return;
        }
        if (inst.op == Op::UniqueAt || inst.op == Op::Lanes || is_call(inst.op)) renew(memory, writes_of(inst));
        if (inst.op == Op::UniqueAt) {
            note_unique(id, memory);
            return;
        }
        const bool test = inst.op == Op::Bounds || inst.op == Op::TrapIf;
        const bool runtime_pure = (inst.op == Op::CallRuntime || inst.op == Op::CallHost) &&
                                  effects_of(inst) == Pure && inst.result_count == 1;
        if (!test && !runtime_pure &&
            (info.results == ResultRule::None || info.results == ResultRule::Many ||
             (info.effects & (Reads | Writes | Ends | Owned))))
            return;
        if (inst.operands.count > 3) return;
        const Key key = key_of(inst);
        const ValueId known = table_.find(key);
        if (known.is_valid()) {
            if (!test) rewriter_.replace(fn_.result(id), known);
            rewriter_.remove(id);
            return;
        }
        // A test has no result; any valid id says that it was made.
        table_.set(key, test ? key.operands[0] : fn_.result(id));
    }

    void visit_search(InstId id, const Function& search, MemoryState& memory) {
        const Inst& inst = fn_.insts[id];
        std::vector<ValueId> asked;
        for (unsigned i = 0; i < inst.operands.count; ++i) asked.push_back(oldest_name(rewriter_.operand(inst, i)));
        const auto number = questions_.try_emplace(std::move(asked), questions_.size()).first->second;
        const Key key{Op::Call, inst.type, 1, static_cast<std::uint32_t>(inst.imm), static_cast<std::int64_t>(number), {}, memory[slot_[searched_index]]};
        const ValueId known = table_.find(key);
        if (!known.is_valid()) {
            table_.set(key, fn_.result(id));
            return;
        }
        rewriter_.replace(fn_.result(id), known);
        repeated_.emplace_back(id, 1 + inner_fuel(search));
    }
    ValueId oldest_name(ValueId list) {
        for (const Inst* def = find_def(fn_, list); def && def->op == Op::Unique; def = find_def(fn_, list))
            list = rewriter_.resolve(fn_.operands_of(*def)[0]);
        return list;
    }
    // As much fuel as the call that goes.
    void spend(InstId call, unsigned fuel) {
        Inst meter;
        meter.op = Op::Poll;
        meter.aux = 1;
        meter.loc = fn_.insts[call].loc;
        meter.block = fn_.insts[call].block;
        auto& insts = fn_.blocks[meter.block].insts;
        auto at = std::ranges::find(insts, call) - insts.begin();
        for (; fuel > 0; --fuel) insts.insert(insts.begin() + at, rewriter_.make(meter, {}));
        rewriter_.remove(call);
    }

    void visit_load(InstId id, MemoryState& memory) {
        const Inst& inst = fn_.insts[id];
        Key key = by_index(key_of(inst));
        if (!read_only_.contains(fn_, fn_.operands_of(inst)[0])) key.memory = version(memory, inst.aux, inst.type);
        if (ValueId known = table_.find(key); known.is_valid()) {
            rewriter_.replace(fn_.result(id), known);
            rewriter_.remove(id);
            return;
        }
        table_.set(key, fn_.result(id));
        note_field(id, key);
    }

    // A field of a record in a list, read or written lately: a store of another field leaves it as it is.
    void note_field(InstId id, Key key) {
        if (key.operands[1].is_valid() || key.memory == 0) return;
        key.memory = 0;
        fields_[next_field_++ % fields_.size()] = {id, key};
    }
    struct Field {
        InstId inst;
        Key key; // without the version of memory
    };

    // The value was read from, or written to, this place, and nothing of its kind has been written since.
    bool stores_what_is_there(const Inst& inst, MemoryState& memory) {
        const ValueId value = rewriter_.operand(inst, 1);
        const Scalar type = fn_.values[value].type;
        return type != Scalar::Ref && table_.find(stored_key(inst, type, version(memory, inst.aux, type))) == value;
    }
    // What a load of the place that a store writes would be.
    Key stored_key(const Inst& inst, Scalar type, std::uint32_t version) {
        Key key{Op::Load, type, inst.scale, inst.aux, inst.imm, {rewriter_.operand(inst, 0)}, version};
        if (inst.operands.count == 3) key.operands[1] = rewriter_.operand(inst, 2);
        return by_index(key);
    }
    // A place is the same whether its index was added to the address before or is added by the load, or is a constant.
    Key by_index(Key key) {
        const Inst* address = key.operands[1].is_valid() ? nullptr : find_def(fn_, key.operands[0]);
        if (address && address->op == Op::ElemAddr &&
            (address->imm == 1 || address->imm == 2 || address->imm == 4 || address->imm == 8)) {
            key.scale = static_cast<std::uint8_t>(address->imm);
            key.operands = {rewriter_.operand(*address, 0), rewriter_.operand(*address, 1), ValueId()};
        }
        std::int64_t index = 0;
        if (key.operands[1].is_valid() && find_const(fn_, key.operands[1], index) && index >= 0 && index < max_index) {
            key.imm += index * key.scale;
            key.scale = 1;
            key.operands[1] = ValueId();
        } else if (address && address->op == Op::ElemAddr && !key.operands[1].is_valid() && address->imm < max_index &&
                   find_const(fn_, rewriter_.operand(*address, 1), index) && index >= 0 && index < max_index) {
            key.imm += index * address->imm;
            key.operands[0] = rewriter_.operand(*address, 0);
        }
        return key;
    }

    // The place holds the list that is not shared now.
    void note_unique(InstId id, MemoryState& memory) {
        const Inst& inst = fn_.insts[id];
        const auto element = static_cast<std::uint32_t>(MemoryClass::Element);
        if ((used_ >> memory_index(element, Scalar::Ref) & 1) == 0) return; // nobody loads it
        const Key key = by_index({Op::Load, Scalar::Ref, 1, element, 0, {rewriter_.operand(inst, 0)}, version(memory, element, Scalar::Ref)});
        table_.set(key, fn_.result(id));
    }

    void visit_store(InstId id, MemoryState& memory) {
        const Inst& inst = fn_.insts[id];
        const ValueId value = rewriter_.operand(inst, 1);
        const Scalar type = fn_.values[value].type;
        std::uint32_t& now = version(memory, inst.aux, type);
        const std::uint32_t before = now;
        now = ++versions_;
        if (!searched_.empty() && may_be_searched(inst)) renew(memory, searched_bit);
        for (Field field : fields_) {
            if (!field.inst.is_valid() || field.key.type != type || !are_fields_apart(fn_, inst, fn_.insts[field.inst])) continue;
            field.key.memory = before;
            const ValueId known = table_.find(field.key);
            field.key.memory = now;
            if (known.is_valid()) table_.set(field.key, known);
        }
        // A reference in memory is borrowed from it, and the stored value is consumed: not the same.
        if (type == Scalar::Ref) return;
        const Key key = stored_key(inst, type, read_only_.contains(fn_, fn_.operands_of(inst)[0]) ? 0 : now);
        table_.set(key, value);
        note_field(id, key);
    }

    Module& module_;
    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
    const ReadOnly read_only_;
    bool has_loads_ = false; // without loads, the versions of memory are nobody's business
    WriteSet used_ = 0;      // what the function loads or stores
    std::array<std::uint8_t, memory_count> slot_{}; // by memory_index, of what is used
    std::uint8_t slots_ = 0;
    std::vector<WriteSet> written_;
    std::vector<WriteSet> loop_writes_;
    std::vector<std::uint32_t> out_; // by block and slot: the versions at its end
    ScopedTable table_;
    std::vector<std::size_t> marks_; // of the table, by block entered
    std::vector<BlockId> between_;
    std::uint32_t versions_ = 0;
    std::array<Field, 8> fields_;
    unsigned next_field_ = 0;
    std::vector<std::pair<InstId, InstId>> decided_; // branches, and the constants they are on
    std::vector<const Function*> searched_;                  // that are called
    std::map<std::vector<ValueId>, std::size_t> questions_;  // of searches: their operands
    std::vector<std::pair<InstId, unsigned>> repeated_;      // searches whose answer was known, and the fuel they cost
};

} // namespace

bool gvn(Module& module, Function& fn) {
    return Numbering(module, fn).run();
}

} // namespace tn::opt
