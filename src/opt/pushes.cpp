// Elements that a block adds to a list one after the other ask once for room, and set the length once.
//
//     b = list_grow a; d = seq_data b; store d[n], x; c = seq_set_len b, n + 1
//     e = list_grow c; f = seq_data e; store f[n + 1], y; g = seq_set_len e, n + 2
// becomes
//     b = list_grow a room 2; d = seq_data b; store d[n], x; store d[n + 1], y; g = seq_set_len b, n + 2
//
// A list may so reach the memory limit some elements early. That nobody can tell, since between the two stands nothing
// that is seen after a trap: no call, and no store but into lists that a trap frees. A length that is set again is
// dropped where elements hold no references, which a trap in between would have to release.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t max_room = 64;

// base + offset; without a base, the offset.
struct Length {
    ValueId base;
    std::int64_t offset = 0;
};

// A list to which the block has added an element.
struct Pushed {
    InstId grow;                 // the first one
    std::optional<Length> start; // the length before it, as soon as it is known
    ValueId list;                // the name now
    std::int64_t added = 0;
    ValueId data;
    InstId set;                 // of the length, in this block
    std::vector<ValueId> names; // of the list since then
    bool is_read = false;       // elements, since then
};

class Pushes {
public:
    Pushes(Module& module, Function& fn) : module_(module), fn_(fn), rewriter_(fn) {}

    bool run() {
        for (const Block& block : fn_.blocks) {
            if (block.removed || !grows_twice(block)) continue;
            open_.clear();
            for (InstId id : block.insts) visit(id);
        }
        return rewriter_.finish();
    }

private:
    bool grows_twice(const Block& block) const {
        return std::ranges::count_if(block.insts, [&](InstId id) { return fn_.insts[id].op == Op::ListGrow; }) > 1;
    }
    Pushed* find(ValueId list) {
        const auto at = std::ranges::find(open_, list, &Pushed::list);
        return at == open_.end() ? nullptr : &*at;
    }

    void visit(InstId id) {
        const Inst& inst = fn_.insts[id];
        if (inst.op == Op::ListGrow) {
            grow(id);
        } else if (inst.op == Op::SeqSetLen) {
            if (Pushed* pushed = find(operand(inst, 0)); pushed && !set_length(*pushed, id))
                open_.erase(open_.begin() + (pushed - open_.data()));
        } else if (inst.op == Op::SeqData) {
            Pushed* pushed = find(operand(inst, 0));
            if (pushed && pushed->data.is_valid()) {
                rewriter_.replace(fn_.result(id), pushed->data);
                rewriter_.remove(id);
            } else if (pushed) {
                pushed->data = fn_.result(id);
            }
        } else if (is_seen_after_trap(inst)) {
            open_.clear();
        } else if (inst.op != Op::Store && inst.op != Op::ElemAddr) {
            for (ValueId address : fn_.operands_of(inst)) note_read(address);
        }
    }
    void note_read(ValueId address) {
        if (fn_.values[address].type != Scalar::Ptr) return;
        const Inst* def = find_def(fn_, address);
        for (; def && def->op == Op::ElemAddr; def = find_def(fn_, address)) address = fn_.operands_of(*def)[0];
        for (Pushed& pushed : open_) pushed.is_read |= pushed.data == rewriter_.resolve(address);
    }
    bool is_seen_after_trap(const Inst& inst) {
        if (inst.op == Op::ListNew || inst.op == Op::BoxNew || inst.op == Op::Unique) return false;
        if (inst.op == Op::Store && inst.aux == static_cast<std::uint32_t>(MemoryClass::Element)) {
            const ValueId list = find_object(fn_, operand(inst, 0));
            return !list.is_valid() || fn_.values[list].ownership != Ownership::Owned;
        }
        return effects_of(inst) & Writes;
    }
    ValueId operand(const Inst& inst, unsigned i) { return rewriter_.operand(inst, i); }

    void grow(InstId id) {
        const Inst& inst = fn_.insts[id];
        const ValueId list = operand(inst, 0), grown = fn_.result(id);
        Pushed* pushed = find(list);
        if (pushed && inst.flags & Unshared && pushed->added >= 0 && pushed->added < max_room) {
            std::uint32_t& more = fn_.insts[pushed->grow].aux;
            more = std::max(more, static_cast<std::uint32_t>(pushed->added));
            pushed->names.push_back(grown);
            rewriter_.replace(grown, list);
            rewriter_.remove(id);
            return;
        }
        Pushed first;
        first.grow = id;
        first.start = known_length(list);
        first.list = grown;
        open_.push_back(std::move(first));
    }
    Length split(ValueId sum) const {
        Length length{sum};
        for (std::int64_t c = 0;;) {
            if (find_const(fn_, length.base, c)) return {ValueId(), length.offset + c};
            const Inst* add = find_def(fn_, length.base);
            if (!add || (add->op != Op::Add && add->op != Op::WrapAdd) || !find_const(fn_, fn_.operands_of(*add)[1], c))
                return length;
            length = {fn_.operands_of(*add)[0], length.offset + c};
        }
    }
    std::optional<Length> known_length(ValueId list) const {
        const Inst* def = find_def(fn_, list);
        if (def && def->op == Op::SeqSetLen) return split(fn_.operands_of(*def)[1]);
        if (def && def->op == Op::ListNew) return Length{};
        return {};
    }

    // False if it is no longer known how many elements were added.
    bool set_length(Pushed& pushed, InstId id) {
        const Inst& inst = fn_.insts[id];
        const Length length = split(operand(inst, 1));
        const Inst& grow = fn_.insts[pushed.grow];
        if (!pushed.start) {
            const Inst* read = length.base.is_valid() ? find_def(fn_, length.base) : nullptr;
            if (!read || read->op != Op::SeqLen) return false;
            const ValueId of = fn_.operands_of(*read)[0];
            if (of != operand(grow, 0) && of != fn_.result(pushed.grow)) return false;
            pushed.start = Length{length.base};
        }
        if (length.base != pushed.start->base) return false;
        pushed.added = length.offset - pushed.start->offset;
        if (pushed.set.is_valid() && !pushed.is_read && is_unread(pushed, id)) {
            rewriter_.replace(fn_.result(pushed.set), operand(fn_.insts[pushed.set], 0));
            rewriter_.remove(pushed.set);
        }
        pushed.set = id;
        pushed.list = fn_.result(id);
        pushed.names = {pushed.list};
        pushed.is_read = false;
        return true;
    }
    // Nobody but `next` asks for the list after its length was set. (Elements are read within the length that is set.)
    bool is_unread(const Pushed& pushed, InstId next) {
        const DescId desc(static_cast<std::uint32_t>(fn_.insts[pushed.grow].imm));
        if (!module_.descs[desc].refs.empty()) return false;
        if (!uses_) uses_.emplace(fn_);
        return std::ranges::all_of(pushed.names, [&](ValueId name) {
            return std::ranges::all_of(uses_->of(name), [&](const Use& use) {
                return !use.is_block_arg && (use.inst == next || rewriter_.is_removed(use.inst));
            });
        });
    }

    Module& module_;
    Function& fn_;
    Rewriter rewriter_;
    std::optional<Uses> uses_; // as they were
    std::vector<Pushed> open_;
};

} // namespace

bool pushes(Module& module, Function& fn) { return Pushes(module, fn).run(); }

} // namespace tn::opt
