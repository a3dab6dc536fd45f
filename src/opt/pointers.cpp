// An inner loop keeps addresses where they save work. What of an index stays the same is added to the address once, in
// front; a record, or the next row of a table, is an addition away from the one before, not a multiplication.
//
//     loop(i):     x = load d + (r + i) * 8;  y = load d + (i * n + c) * 8;  p = elem_addr d, i * 40; ...; j = i + 1
// becomes
//     s = elem_addr d, r * 8;  t = elem_addr d, (start * n + c) * 8;  u = elem_addr d, start * 40
//     loop(i, q, p):  x = load s + i * 8;  y = load q; ...; j = i + 1; v = elem_addr q, n * 8; w = elem_addr p, 1 * 40
//
// Elements of 1, 2, 4 or 8 bytes that follow each other need no address of their own. Only what every round asks for walks,
// and little of it: registers are few.
#include "ir/builder.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_pointers = 3; // that walk, of one loop
constexpr std::size_t max_bases = 6;    // that stay
constexpr std::size_t max_terms = 4;    // of an index
constexpr unsigned max_depth = 6;       // of its operations
constexpr std::int64_t max_factor = 1 << 20, max_offset = 1 << 24; // displacements have 32 bits

struct Term {
    ValueId value;
    std::int64_t times = 1;
    bool operator==(const Term&) const = default;
};

// The terms + factor * counter + offset, or the terms + counter * by + offset.
struct Index {
    std::vector<Term> terms;
    ValueId counter, by;
    std::int64_t factor = 0, offset = 0;
    unsigned operations = 0; // that it takes in every round
};

class Pointers {
public:
    Pointers(Module& module, Function& fn) : b_(module, fn), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (const Loop& loop : cfg_.loops())
            if (loop.parent.is_valid()) has_inner[loop.parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (!has_inner[l]) visit(LoopId(l));
        return rewriter_.finish();
    }

private:
    struct Pointer {
        ValueId data;
        Index index;
        std::int64_t stride = 0; // bytes of an element
        bool walks = false;
        ValueId address;
    };

    bool is_outside(ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop_, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    std::span<const ValueId> args_from(BlockId from, BlockId header) const {
        for (const Target& target : fn_.targets_of(fn_.terminator(from)))
            if (target.block == header) return fn_.args_of(target);
        return {};
    }
    // Of a parameter of the header: what each round adds to it, and which it is.
    bool find_step(ValueId param, std::int64_t& step, std::size_t& position) const {
        const Loop& loop = cfg_.loops()[loop_];
        const auto& params = fn_.blocks[loop.header].params;
        const auto at = std::ranges::find(params, param);
        if (at == params.end()) return false;
        position = static_cast<std::size_t>(at - params.begin());
        const Inst* next = find_def(fn_, args_from(loop.latches[0], loop.header)[position]);
        return next && next->type == Scalar::I64 && is_exact(*next, Op::Add, Op::WrapAdd) &&
               fn_.operands_of(*next)[0] == param && find_const(fn_, fn_.operands_of(*next)[1], step);
    }
    static bool is_exact(const Inst& inst, Op checked, Op wrapping) {
        return inst.op == wrapping || (inst.op == checked && (inst.flags & NoTrap));
    }

    // Adds `times` the value to the index.
    bool add(Index& index, ValueId value, std::int64_t times, unsigned depth = 0) const {
        std::int64_t c = 0, step = 0;
        std::size_t position = 0;
        if (find_const(fn_, value, c)) {
            if (c > max_offset || c < -max_offset) return false;
            index.offset += c * times;
            return index.offset <= max_offset && index.offset >= -max_offset;
        }
        if (is_outside(value)) {
            index.terms.push_back({value, times});
            return index.terms.size() <= max_terms;
        }
        const Inst* def = find_def(fn_, value);
        if (!def) {
            if ((index.counter.is_valid() && index.counter != value) || index.by.is_valid() || !find_step(value, step, position)) return false;
            index.counter = value;
            index.factor += times;
            return index.factor <= max_factor && index.factor >= -max_factor;
        }
        if (def->type != Scalar::I64 || def->operands.count != 2 || depth == max_depth) return false;
        const ValueId left = fn_.operands_of(*def)[0], right = fn_.operands_of(*def)[1];
        ++index.operations;
        if (is_exact(*def, Op::Add, Op::WrapAdd))
            return add(index, left, times, depth + 1) && add(index, right, times, depth + 1);
        if (is_exact(*def, Op::Sub, Op::WrapSub))
            return add(index, left, times, depth + 1) && add(index, right, -times, depth + 1);
        if (is_exact(*def, Op::Mul, Op::WrapMul)) {
            if (find_const(fn_, right, c)) return is_factor(c * times, c) && add(index, left, c * times, depth + 1);
            // The counter times what stays the same, once.
            const bool stays = is_outside(right);
            const ValueId by = stays ? right : left, counter = stays ? left : right;
            if (times != 1 || index.counter.is_valid() || !is_outside(by) || find_def(fn_, counter) || !find_step(counter, step, position))
                return false;
            index.counter = counter;
            index.by = by;
            return true;
        }
        if (def->op == Op::Shl && (def->flags & NoTrap) && find_const(fn_, right, c) && c >= 0 && c < 20)
            return is_factor(times << c, std::int64_t(1) << c) && add(index, left, times << c, depth + 1);
        return false;
    }
    static bool is_factor(std::int64_t product, std::int64_t c) {
        return c > -max_factor && c < max_factor && product >= -max_factor && product <= max_factor;
    }

    void visit(LoopId id) {
        loop_ = id;
        const Loop& loop = cfg_.loops()[id];
        if (loop.latches.size() != 1 || !loop.preheader.is_valid()) return;
        const BlockId latch = loop.latches[0];
        // Both ways of a branch to the header would need the new argument.
        if (std::ranges::count(fn_.targets_of(fn_.terminator(latch)), loop.header, &Target::block) != 1) return;
        // What runs several rounds at once looks at the loop as it is.
        for (InstId inst : fn_.blocks[loop.preheader].insts)
            if (fn_.insts[inst].op == Op::Lanes) return;
        made_.clear();
        for (BlockId block : loop.blocks) {
            if (fn_.blocks[block].cold) continue;
            const bool always = cfg_.dominates(block, latch);
            const std::vector<InstId> insts = fn_.blocks[block].insts; // the latch's grow
            for (InstId access : insts) visit(access, always);
        }
    }

    // A load, a store or an address.
    void visit(InstId access, bool always) {
        const Inst inst = fn_.insts[access];
        const bool is_address = inst.op == Op::ElemAddr;
        const std::uint32_t at = inst.op == Op::Store ? 2 : 1;
        if ((!is_address && inst.op != Op::Load && inst.op != Op::Store) || inst.operands.count <= at) return;
        const ValueId data = fn_.operands_of(inst)[0];
        const std::int64_t stride = is_address ? inst.imm : inst.scale;
        Index index;
        if (!is_outside(data) || stride <= 0 || stride > max_factor || !add(index, fn_.operands_of(inst)[at], 1) ||
            !index.counter.is_valid())
            return;
        const bool is_scale = stride == 1 || stride == 2 || stride == 4 || stride == 8;
        const bool steps_by_one = !index.by.is_valid() && index.factor == 1;
        bool walks = false;
        if (!is_scale) {
            walks = true;
        } else if (steps_by_one) {
            if (index.terms.empty()) return;
        } else {
            if (index.operations < 2 && !index.by.is_valid() && std::has_single_bit(static_cast<std::uint64_t>(std::abs(index.factor)))) return;
            walks = true;
        }
        if (walks && !always) return;
        const Pointer* pointer = find(data, index, stride, walks);
        if (!pointer) return;
        const std::int64_t displacement = (index.offset - pointer->index.offset) * stride;
        if (is_address) {
            if (walks && displacement == 0) {
                rewriter_.replace(fn_.result(access), pointer->address);
                rewriter_.remove(access);
            } else if (walks || displacement == 0) {
                change(access, pointer->address, walks ? constant(access, index.offset - pointer->index.offset) : index.counter, at);
            }
            return;
        }
        if (displacement + inst.imm > INT32_MAX || displacement + inst.imm < INT32_MIN) return;
        fn_.insts[access].imm += displacement;
        change(access, pointer->address, walks ? ValueId() : index.counter, at);
    }
    void change(InstId access, ValueId address, ValueId index, std::uint32_t at) {
        Inst& inst = fn_.insts[access];
        fn_.operands_of(inst)[0] = address;
        if (index.is_valid()) {
            fn_.operands_of(inst)[at] = index;
        } else {
            inst.operands.count = at;
            inst.scale = 1;
        }
        rewriter_.mark_changed();
    }
    // In front of an instruction of the loop.
    ValueId constant(InstId before, std::int64_t number) {
        Inst inst;
        inst.op = Op::ConstInt;
        inst.type = Scalar::I64;
        inst.imm = number;
        inst.loc = fn_.insts[before].loc;
        inst.block = fn_.insts[before].block;
        const InstId id = rewriter_.make(inst, {});
        auto& insts = fn_.blocks[inst.block].insts;
        insts.insert(std::ranges::find(insts, before), id);
        return fn_.result(id);
    }

    const Pointer* find(ValueId data, const Index& index, std::int64_t stride, bool walks) {
        for (const Pointer& p : made_)
            if (p.data == data && p.stride == stride && p.walks == walks && p.index.terms == index.terms && p.index.counter == index.counter &&
                p.index.by == index.by && p.index.factor == index.factor)
                return &p;
        const auto alike = static_cast<std::size_t>(std::ranges::count(made_, walks, &Pointer::walks));
        if (alike == (walks ? max_pointers : max_bases)) return nullptr;
        made_.push_back({data, index, stride, walks, ValueId()});
        Pointer& made = made_.back();
        if (!walks) made.index.offset = 0;
        make(made);
        return &made;
    }

    void make(Pointer& made) {
        const Loop& loop = cfg_.loops()[loop_];
        const Index& index = made.index;
        const LocId loc = fn_.terminator(loop.preheader).loc;
        std::int64_t step = 0;
        std::size_t position = 0;
        find_step(index.counter, step, position);
        ValueId sum;
        const auto add = [&](ValueId value, std::int64_t times) {
            if (times == 0) return;
            if (sum.is_valid() && times == -1) {
                sum = early(Op::WrapSub, loc, sum, value);
                return;
            }
            if (times != 1) value = early(Op::WrapMul, loc, value, number(loop.preheader, times, loc));
            sum = sum.is_valid() ? early(Op::WrapAdd, loc, sum, value) : value;
        };
        if (made.walks) {
            const ValueId start = args_from(loop.preheader, loop.header)[position];
            std::int64_t from = 1;
            const bool is_zero = find_const(fn_, start, from) && from == 0; // most counters begin so
            if (index.by.is_valid() && !is_zero) add(early(Op::WrapMul, loc, start, index.by), 1);
            else if (!is_zero) add(start, index.factor);
        }
        for (const Term& term : index.terms) add(term.value, term.times);
        if (index.offset != 0) sum = sum.is_valid() ? early(Op::WrapAdd, loc, sum, number(loop.preheader, index.offset, loc)) : number(loop.preheader, index.offset, loc);
        const ValueId first = sum.is_valid() ? address(loop.preheader, made.data, sum, made.stride, loc) : made.data;
        made.address = first;
        if (!made.walks) return;
        made.address = b_.add_param(loop.header, Scalar::Ptr, Ownership::Borrowed);
        b_.add_argument(loop.preheader, loop.header, first);
        const BlockId latch = loop.latches[0];
        ValueId next;
        if (index.by.is_valid()) {
            const ValueId bytes = early(Op::WrapMul, loc, index.by, number(loop.preheader, step * made.stride, loc));
            next = address(latch, made.address, bytes, 1, loc);
        } else {
            next = address(latch, made.address, number(latch, step, loc), index.factor * made.stride, loc);
        }
        b_.add_argument(latch, loop.header, next);
    }
    ValueId number(BlockId block, std::int64_t n, LocId loc) {
        Inst inst;
        inst.op = Op::ConstInt;
        inst.imm = n;
        return place(block, inst, Scalar::I64, loc, {});
    }
    ValueId early(Op op, LocId loc, ValueId a, ValueId b) {
        Inst inst;
        inst.op = op;
        const ValueId both[] = {a, b};
        return place(cfg_.loops()[loop_].preheader, inst, Scalar::I64, loc, both);
    }
    ValueId address(BlockId block, ValueId data, ValueId index, std::int64_t stride, LocId loc) {
        Inst inst;
        inst.op = Op::ElemAddr;
        inst.imm = stride;
        const ValueId both[] = {data, index};
        return place(block, inst, Scalar::Ptr, loc, both);
    }
    // Before the end of a block.
    ValueId place(BlockId block, Inst inst, Scalar type, LocId loc, std::span<const ValueId> operands) {
        inst.type = type;
        inst.loc = loc;
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }
    Builder b_;
    Function& fn_;
    const Cfg cfg_;
    Rewriter rewriter_;
    LoopId loop_;
    std::vector<Pointer> made_; // of the loop
};

} // namespace

bool pointers(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    const bool changed = make_preheaders(fn);
    return Pointers(module, fn).run() || changed;
}

} // namespace tn::opt
