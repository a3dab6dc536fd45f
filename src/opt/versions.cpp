// Two versions of an inner loop: one without the bounds tests that a few questions in front of it settle, and
// the loop as it was, where an answer is no.
//
//     loop(j):  bounds i * n + j, len; ...; row = load t + i * 8; bounds j, seq_len row; ...; branch j + 1 <
//     n, loop, done
// becomes
//     ask:      branch i * n < len & n <= len - i * n & i < seq_len t, more, slow
//     more:     row = load t + i * 8; branch n <= seq_len row, fast, slow
// where `slow` is a copy of the loop and `fast` has no test left. A test stays in the fast version unless its
// index is an invariant, or a counter that the loop compares with an invariant end, or a sum of one of each
// and a constant. Rows, lists in a list, are read in front of the loop, and made unique there, when nothing
// in it can change or share them.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"
#include "opt/ssa_repair.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_insts = 100; // of a loop
constexpr std::int64_t max_known_end = std::int64_t(1) << 40;
constexpr unsigned max_loops = 8;            // per function
constexpr std::int64_t max_offset = 1 << 20; // of an index from the counter

// index = fixed + counter + offset; either value may be missing.
struct Sum {
    ValueId fixed, counter;
    std::int64_t offset = 0;
};

// One question in front of the loop: is every index from `low` known not to be negative, and below the
// length?
struct Test {
    InstId bounds;
    Sum index;
    ValueId end; // counter <= end + slack; invalid: `known_end` in its place
    std::int64_t known_end = 0;
    std::int64_t slack = 0;
    ValueId length; // invalid: of the row below
    int row = -1;
    bool asks_sign = false; // of `fixed`
};

// A reference in a list, at an address that the loop does not change.
struct Row {
    ValueId address, index_operand; // as the load has them; the second only if it has an index
    std::int64_t imm = 0;
    std::uint8_t scale = 1;
    bool is_unique = false; // read by unique_at
    DescId desc;
    ValueId list, at;       // whose element it is, and which
    bool asks_sign = false; // of `at`
    std::vector<InstId> readers;
};

struct Plan {
    std::vector<Test> tests;
    std::vector<Row> rows;
};

class Versions {
public:
    Versions(Module& module, Function& fn, const std::set<std::uint32_t>& done)
        : module_(module), fn_(fn), ranges_(fn), cfg_(ranges_.cfg()), done_(done) {}

    // The first loop that gains by it. Its header, and that of the copy, go into `done`.
    bool run(std::set<std::uint32_t>& done) {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (const LoopId parent = cfg_.loops()[LoopId(l)].parent; parent.is_valid())
                has_inner[parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l) {
            const Loop& loop = cfg_.loops()[LoopId(l)];
            if (has_inner[l] || done_.contains(loop.header.value) || !loop.preheader.is_valid() ||
                fn_.blocks[loop.header].cold)
                continue;
            done.insert(loop.header.value);
            loop_ = LoopId(l);
            Plan plan;
            if (!find_plan(plan)) continue;
            done.insert(apply(plan).value);
            return true;
        }
        return false;
    }

private:
    const Loop& loop() const { return cfg_.loops()[loop_]; }
    bool is_outside(ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop_, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    bool is_fixed(ValueId value) const {
        std::int64_t unused;
        return is_outside(value) || find_const(fn_, value, unused);
    }
    Ranges::Point front() const { return {loop().preheader, 0x7fffffffu, -1}; }

    // ---- What can be asked ----

    bool find_plan(Plan& plan) {
        std::size_t count = 0, bounds = 0;
        bool keeps_rows = true; // nothing in the loop changes a reference in memory, or makes one more
        for (BlockId block : loop().blocks) {
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (++count > max_insts || is_call(inst.op) || inst.op == Op::Lanes) return false;
                bounds += inst.op == Op::Bounds || inst.op == Op::UniqueAt;
                switch (inst.op) {
                case Op::Retain:
                case Op::Release:
                case Op::Unique:
                case Op::ListNew:
                case Op::ListGrow:
                case Op::SeqSetLen:
                case Op::BoxNew: keeps_rows = false; break;
                case Op::CallRuntime: keeps_rows &= !(effects_of(inst) & Writes); break;
                case Op::Store: keeps_rows &= fn_.values[fn_.operands_of(inst)[1]].type != Scalar::Ref; break;
                case Op::UniqueAt: keeps_rows &= is_outside(fn_.operands_of(inst)[0]); break;
                default: break;
                }
            }
        }
        if (bounds == 0) return false;
        find_ends();
        if (keeps_rows) find_rows(plan);
        bool saves = false;
        for (const Row& row : plan.rows) saves |= row.is_unique;
        for (BlockId block : loop().blocks) {
            const auto& insts = fn_.blocks[block].insts;
            for (std::uint32_t i = 0; i < insts.size(); ++i)
                if (fn_.insts[insts[i]].op == Op::Bounds) saves |= find_test(plan, insts[i], {block, i, -1});
        }
        return saves;
    }

    // What the loop's conditions compare with.
    void find_ends() {
        ends_.clear();
        for (BlockId block : loop().blocks) {
            const Inst& last = fn_.terminator(block);
            const Inst* compare = last.op == Op::Branch ? find_def(fn_, fn_.operands_of(last)[0]) : nullptr;
            if (!compare || compare->op != Op::ICmp) continue;
            for (ValueId v : fn_.operands_of(*compare))
                if (fn_.values[v].type == Scalar::I64 && is_fixed(v) &&
                    std::ranges::find(ends_, v) == ends_.end())
                    ends_.push_back(v);
        }
    }

    bool split(ValueId index, Sum& sum) const {
        for (unsigned steps = 0; steps < 4; ++steps) {
            if (is_fixed(index)) {
                if (sum.fixed.is_valid()) return false;
                sum.fixed = index;
                return true;
            }
            const Inst* def = find_def(fn_, index);
            const bool adds = def && (def->op == Op::Add || def->op == Op::WrapAdd);
            const bool subs = def && (def->op == Op::Sub || def->op == Op::WrapSub);
            if (!adds && !subs) break;
            const ValueId a = fn_.operands_of(*def)[0], b = fn_.operands_of(*def)[1];
            std::int64_t c = 0;
            if (find_const(fn_, b, c) && c > -max_offset && c < max_offset) {
                sum.offset += adds ? c : -c;
                index = a;
            } else if (adds && !sum.fixed.is_valid() && is_outside(a)) {
                sum.fixed = a;
                index = b;
            } else if (adds && !sum.fixed.is_valid() && is_outside(b)) {
                sum.fixed = b;
                index = a;
            } else {
                break;
            }
        }
        sum.counter = index;
        return true;
    }

    bool find_test(Plan& plan, InstId id, Ranges::Point at) {
        Test test;
        test.bounds = id;
        const ValueId length = fn_.operands_of(fn_.insts[id])[1];
        if (is_outside(length)) {
            test.length = length;
        } else {
            const Inst* def = find_def(fn_, length);
            if (!def || def->op != Op::SeqLen) return false;
            for (std::size_t r = 0; r < plan.rows.size(); ++r)
                for (InstId reader : plan.rows[r].readers)
                    if (fn_.result(reader) == fn_.operands_of(*def)[0]) test.row = static_cast<int>(r);
            if (test.row < 0) return false;
        }
        if (!split(fn_.operands_of(fn_.insts[id])[0], test.index)) return false;
        if (test.index.fixed.is_valid()) {
            if (fn_.values[test.index.fixed].type != Scalar::I64) return false;
            test.asks_sign = ranges_.interval(test.index.fixed, front()).low < 0;
        }
        if (!test.index.counter.is_valid()) {
            plan.tests.push_back(test);
            return true;
        }
        const auto counter = ranges_.interval(test.index.counter, at);
        if (fn_.values[test.index.counter].type != Scalar::I64 || counter.low < 0 ||
            counter.low + test.index.offset < 0)
            return false;
        for (ValueId end : ends_) {
            for (std::int64_t slack : {-1, 0}) {
                if (!ranges_.proves_le(test.index.counter, end, slack, at)) continue;
                test.end = end;
                test.slack = slack;
                plan.tests.push_back(test);
                return true;
            }
        }
        if (counter.high > max_known_end) return false;
        test.known_end = static_cast<std::int64_t>(counter.high);
        test.slack = 0;
        plan.tests.push_back(test);
        return true;
    }

    void find_rows(Plan& plan) {
        for (BlockId block : loop().blocks) {
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                const bool reads = inst.op == Op::Load && inst.type == Scalar::Ref &&
                                   !(inst.flags & (Takes | Nullable)) &&
                                   inst.aux == static_cast<std::uint32_t>(MemoryClass::Element);
                if (!reads && inst.op != Op::UniqueAt) continue;
                Row row;
                row.address = fn_.operands_of(inst)[0];
                row.index_operand = inst.operands.count == 2 ? fn_.operands_of(inst)[1] : ValueId();
                row.is_unique = inst.op == Op::UniqueAt;
                row.imm = reads ? inst.imm : 0;
                row.scale = inst.scale;
                if (row.is_unique) row.desc = DescId(static_cast<std::size_t>(inst.imm));
                if (!is_outside(row.address) ||
                    (row.index_operand.is_valid() && !is_fixed(row.index_operand)) || !find_list(row)) {
                    if (!row.is_unique) continue;
                    plan.rows.clear(); // it may replace what other rows would have read
                    return;
                }
                auto same = [&](const Row& r) {
                    return r.address == row.address && r.index_operand == row.index_operand &&
                           r.imm == row.imm;
                };
                auto known = std::ranges::find_if(plan.rows, same);
                if (known == plan.rows.end()) known = plan.rows.insert(known, row);
                known->is_unique |= row.is_unique;
                if (row.is_unique) known->desc = row.desc;
                known->readers.push_back(id);
            }
        }
    }

    // The list that the row's address lies in, and the element's number.
    bool find_list(Row& row) {
        ValueId base = row.address;
        row.at = row.index_operand;
        if (!row.at.is_valid()) {
            const Inst* address = find_def(fn_, base);
            if (!address || address->op != Op::ElemAddr) return false;
            base = fn_.operands_of(*address)[0];
            row.at = fn_.operands_of(*address)[1];
        }
        const Inst* data = find_def(fn_, base);
        if (!data || data->op != Op::SeqData || !is_fixed(row.at)) return false;
        row.asks_sign = ranges_.interval(row.at, front()).low < 0;
        row.list = name_in_front(fn_.operands_of(*data)[0]);
        return row.list.is_valid();
    }

    // The name that a list has in front of the loop: the new one, where a new length has been set meanwhile.
    ValueId name_in_front(ValueId list) const {
        for (unsigned steps = 0; steps < 8; ++steps) {
            if (fn_.values[list].ownership == Ownership::Borrowed) return list;
            ValueId next;
            for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
                const BlockId block{b};
                if (fn_.blocks[block].removed || !cfg_.is_reachable(block) ||
                    !cfg_.dominates(block, loop().preheader))
                    continue;
                for (InstId id : fn_.blocks[block].insts) {
                    const Inst& inst = fn_.insts[id];
                    const auto operands = fn_.operands_of(inst);
                    for (unsigned i = 0; i < operands.size(); ++i) {
                        if (operands[i] != list || !consumes_operand(module_, fn_, inst, i)) continue;
                        if (inst.op != Op::SeqSetLen) return ValueId();
                        next = fn_.result(id);
                    }
                    for (const Target& target :
                         fn_.targets_of(inst)) // on the way back of a loop that has ended before
                        for (ValueId arg : fn_.args_of(target))
                            if (arg == list && !cfg_.dominates(target.block, block)) return ValueId();
                }
            }
            if (!next.is_valid()) return list;
            list = next;
        }
        return ValueId();
    }

    // ---- Asking, and the copy ----

    ValueId visible(Builder& b, ValueId value) const {
        std::int64_t c;
        return find_const(fn_, value, c) ? b.const_int(fn_.values[value].type, c) : value;
    }
    void ask(Builder& b, ValueId& all, Cond cond, ValueId left, ValueId right) {
        const ValueId answer = b.compare(Op::ICmp, cond, left, right);
        all = all.is_valid() ? b.binary(Op::And, Scalar::Bool, all, answer) : answer;
    }
    void ask(Builder& b, ValueId& all, const Test& test, ValueId length) {
        const Question question{length.value,   test.index.fixed.value, test.index.counter.is_valid(),
                                test.end.value, test.known_end,         test.slack + test.index.offset};
        if (!asked_.insert(question).second) return;
        ValueId room = length; // for the counter
        if (test.index.fixed.is_valid()) {
            const ValueId fixed = visible(b, test.index.fixed);
            if (test.asks_sign) ask(b, all, Cond::Ge, fixed, b.const_int(Scalar::I64, 0));
            ask(b, all, Cond::Lt, fixed, length);
            if (!test.index.counter.is_valid()) return;
            room = b.binary(Op::WrapSub, Scalar::I64, length, fixed);
        }
        const std::int64_t more = test.slack + test.index.offset;
        if (more != 0) room = b.binary(Op::WrapSub, Scalar::I64, room, b.const_int(Scalar::I64, more));
        ask(b, all, Cond::Lt,
            test.end.is_valid() ? visible(b, test.end) : b.const_int(Scalar::I64, test.known_end), room);
    }

    // Answers the header of the copy.
    BlockId apply(const Plan& plan) {
        const Loop loop = this->loop();
        const Inst jump = fn_.terminator(loop.preheader);
        const LocId loc = jump.loc;
        const std::vector<ValueId> start(fn_.args_of(fn_.targets_of(jump)[0]).begin(),
                                         fn_.args_of(fn_.targets_of(jump)[0]).end());
        const BlockId slow = copy_loop(loop);

        Builder b(module_, fn_);
        remove_last(loop.preheader);
        b.set_block(loop.preheader);
        b.set_loc(loc);
        ValueId all;
        std::vector<ValueId> names; // of the rows
        for (const Test& test : plan.tests)
            if (test.row < 0) ask(b, all, test, test.length);
        for (const Row& row : plan.rows) {
            const ValueId at = visible(b, row.at);
            if (row.asks_sign) ask(b, all, Cond::Ge, at, b.const_int(Scalar::I64, 0));
            ask(b, all, Cond::Lt, at, b.seq_len(row.list));
        }
        if (!plan.rows.empty()) {
            const BlockId more = b.make_block();
            b.branch(all, more, {}, slow, start, Likely);
            b.set_block(more);
            all = ask_rows(b, plan, names);
        }
        if (all.is_valid())
            b.branch(all, loop.header, start, slow, start, Likely);
        else
            b.jump(loop.header, start);

        repair_uses(fn_, redefined_, [&](BlockId block) { return inside_.contains(block.value); });
        for (std::size_t r = 0; r < plan.rows.size(); ++r)
            for (InstId reader : plan.rows[r].readers) replace_all_uses(fn_, fn_.result(reader), names[r]);
        std::vector<bool> dead(fn_.insts.size(), false);
        for (const Test& test : plan.tests) dead[test.bounds.index()] = true;
        for (const Row& row : plan.rows)
            for (InstId reader : row.readers) dead[reader.index()] = true;
        remove_insts(fn_, dead);
        return slow;
    }

    // Reads the rows and asks for their lengths. Uniqueness first: it may replace what is read.
    ValueId ask_rows(Builder& b, const Plan& plan, std::vector<ValueId>& names) {
        names.resize(plan.rows.size());
        for (const bool unique : {true, false}) {
            for (std::size_t r = 0; r < plan.rows.size(); ++r) {
                const Row& row = plan.rows[r];
                if (row.is_unique != unique) continue;
                if (unique)
                    names[r] = b.unique_at(row.address, row.desc);
                else if (row.index_operand.is_valid())
                    names[r] = b.load_indexed(Scalar::Ref, MemoryClass::Element, row.address,
                                              visible(b, row.index_operand), row.scale, row.imm);
                else
                    names[r] = b.load(Scalar::Ref, MemoryClass::Element, row.address, row.imm);
            }
        }
        ValueId all;
        std::vector<ValueId> lengths(plan.rows.size());
        for (const Test& test : plan.tests) {
            if (test.row < 0) continue;
            const auto r = static_cast<std::size_t>(test.row);
            if (!lengths[r].is_valid()) lengths[r] = b.seq_len(names[r]);
            ask(b, all, test, lengths[r]);
        }
        return all;
    }

    void remove_last(BlockId block) {
        auto& insts = fn_.blocks[block].insts;
        fn_.insts[insts.back()].block = BlockId();
        insts.pop_back();
    }

    BlockId copy_loop(const Loop& loop) {
        std::map<std::uint32_t, BlockId> blocks;
        std::map<std::uint32_t, ValueId> values;
        for (BlockId from : loop.blocks) {
            Block block;
            block.cold = fn_.blocks[from].cold;
            const BlockId to(fn_.blocks.size());
            blocks[from.value] = to;
            for (ValueId param : fn_.blocks[from].params) {
                Value value = fn_.values[param];
                value.block = to;
                block.params.push_back(values[param.value] = fn_.values.push_back(value));
            }
            fn_.blocks.push_back(std::move(block));
            inside_.insert(from.value);
            inside_.insert(to.value);
        }
        for (BlockId from : loop.blocks) {
            for (InstId id : std::vector<InstId>(fn_.blocks[from].insts)) {
                Inst inst = fn_.insts[id];
                const InstId made(fn_.insts.size());
                inst.block = blocks[from.value];
                for (unsigned r = 0; r < inst.result_count; ++r) {
                    Value value = fn_.values[fn_.result(id, r)];
                    value.inst = made;
                    const ValueId name = fn_.values.push_back(value);
                    values[fn_.result(id, r).value] = name;
                    if (r == 0) inst.first_result = name;
                }
                fn_.insts.push_back(inst);
                fn_.blocks[inst.block].insts.push_back(made);
            }
        }
        auto copied = [&](Range32 range) {
            const Range32 made{static_cast<std::uint32_t>(fn_.operands.size()), range.count};
            for (std::uint32_t i = 0; i < range.count; ++i) {
                const ValueId old = fn_.operands[range.first + i];
                const auto known = values.find(old.value);
                fn_.operands.push_back(known == values.end() ? old : known->second);
            }
            return made;
        };
        for (BlockId from : loop.blocks) {
            for (InstId id : fn_.blocks[blocks[from.value]].insts) {
                fn_.insts[id].operands = copied(fn_.insts[id].operands);
                const auto first = static_cast<std::uint32_t>(fn_.targets.size());
                for (std::uint32_t t = 0; t < fn_.insts[id].target_count; ++t) {
                    const Target old = fn_.targets_of(fn_.insts[id])[t];
                    const auto inner = blocks.find(old.block.value);
                    const Target target{inner == blocks.end() ? old.block : inner->second, copied(old.args)};
                    fn_.targets.push_back(target);
                }
                fn_.insts[id].first_target = first;
            }
        }
        for (const auto& [old, name] : values) {
            const Value& v = fn_.values[ValueId(old)];
            const BlockId block = v.inst.is_valid() ? fn_.insts[v.inst].block : v.block;
            redefined_.push_back({ValueId(old), {{block, ValueId(old)}, {blocks[block.value], name}}});
        }
        return blocks[loop.header.value];
    }

    Module& module_;
    Function& fn_;
    Ranges ranges_;
    const Cfg& cfg_;
    const std::set<std::uint32_t>& done_;
    LoopId loop_;
    std::vector<ValueId> ends_;
    using Question =
        std::tuple<std::uint32_t, std::uint32_t, bool, std::uint32_t, std::int64_t, std::int64_t>;
    std::set<Question> asked_;
    std::set<std::uint32_t> inside_; // blocks of both versions
    std::vector<Redefined> redefined_;
};

bool may_gain(const Function& fn) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.cold) continue;
        for (InstId id : block.insts)
            if (fn.insts[id].op == Op::Bounds || fn.insts[id].op == Op::UniqueAt) return true;
    }
    return false;
}

} // namespace

bool versions(Module& module, Function& fn) {
    if (!may_gain(fn) || Cfg(fn).loops().empty()) return false;
    make_preheaders(fn);
    std::set<std::uint32_t> done;
    bool changed = false;
    for (unsigned round = 0; round < max_loops; ++round) {
        const std::set<std::uint32_t> before = done;
        if (!Versions(module, fn, before).run(done)) break;
        make_preheaders(fn);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
