// A part of a text that is only read for a while is no text of its own: a header in the frame says where its bytes are.
//
//     p = call_rt StringSlice t, from, to; x = call_rt StringAppend y, p; release p
// becomes
//     k = retain t; the tests of a slice; p = view (seq_data k) + from, to - from
//     x = call_rt StringAppend y, p; release k
//
// Only if all who use the part are functions of the runtime that neither keep nor answer it. The text stays as long as
// the part did, and no longer the same if somebody appends to it; `retains` finds out whether that needs the count.
// Where a part is kept on some ways only (the word that a map does not know yet), they get a copy.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_copies = 2;  // of a part, in the code
constexpr std::size_t max_blocks = 64; // looked through for a way on which it is not kept

bool is_slice(const Inst& inst) {
    return inst.op == Op::CallRuntime && inst.imm == static_cast<std::int64_t>(RuntimeFn::StringSlice);
}

// Of those that answer a reference, the ones that copy the bytes.
bool copies(RuntimeFn fn) {
    return fn == RuntimeFn::StringAppend || fn == RuntimeFn::ShowQuoted || fn == RuntimeFn::FormatText;
}

class Views {
public:
    Views(Module& module, Function& fn) : module_(module), fn_(fn), uses_(fn), rewriter_(fn) {}

    bool run() {
        find_meeting_parts();
        std::vector<BlockId> blocks; // found before any of them changes
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            const Block& block = fn_.blocks[BlockId(b)];
            if (block.removed || block.cold) continue;
            const std::size_t before = views_.size();
            std::ranges::copy_if(block.insts, std::inserter(views_, views_.end()), [&](InstId id) { return is_view(id); });
            if (views_.size() != before) blocks.push_back(BlockId(b));
        }
        for (BlockId block : blocks) visit(block);
        for (const Use& use : kept_) copy(use);
        return rewriter_.finish();
    }

private:
    bool is_view(InstId id) const {
        if (meets_.contains(id)) return true;
        return is_part(id) && is_read(fn_.insts[id].first_result, fn_.insts[id].block);
    }
    // All uses of the value, which begins in the block, only read it, on one way at least.
    bool is_read(ValueId value, BlockId begin) const {
        std::vector<BlockId> keeping;
        for (const Use& use : uses_.of(value)) {
            if (only_reads(use)) continue;
            if (!may_keep(use) || keeping.size() == max_copies) return false;
            keeping.push_back(fn_.insts[use.inst].block);
        }
        return keeping.empty() || has_way_around(value, begin, keeping);
    }
    // Whether the value can come to its end without being kept.
    bool has_way_around(ValueId value, BlockId begin, std::span<const BlockId> keeping) const {
        std::vector<BlockId> seen{begin};
        for (std::size_t next = 0; next < seen.size() && seen.size() <= max_blocks; ++next) {
            const BlockId block = seen[next];
            if (std::ranges::find(keeping, block) != keeping.end()) continue;
            if (std::ranges::any_of(uses_.of(value), [&](const Use& use) { return fn_.insts[use.inst].op == Op::Release && fn_.insts[use.inst].block == block; }))
                return true;
            for (const Target& target : fn_.targets_of(fn_.terminator(block)))
                if (std::ranges::find(seen, target.block) == seen.end()) seen.push_back(target.block);
        }
        return false;
    }
    // It may be kept there: by somebody it is lent to, or by counting it.
    bool may_keep(const Use& use) const {
        const Inst& inst = fn_.insts[use.inst];
        if (use.is_block_arg) return false;
        return inst.op == Op::Retain || (inst.op == Op::Call && module_.functions[FuncId(static_cast<std::uint32_t>(inst.imm))].sig.params[use.index].ownership == Ownership::Borrowed);
    }
    void note_kept(ValueId value) {
        for (const Use& use : uses_.of(value))
            if (may_keep(use)) kept_.push_back(use);
    }
    // A text of its own, for who may keep the part.
    void copy(const Use& use) {
        Inst& inst = fn_.insts[use.inst];
        if (inst.op == Op::Retain) {
            inst.op = Op::CallRuntime;
            inst.imm = static_cast<std::int64_t>(RuntimeFn::StringCopy);
            inst.flags = 0;
            return;
        }
        const BlockId block = inst.block;
        Builder b(module_, fn_);
        b.set_block(block);
        b.set_loc(inst.loc);
        for (InstId id : std::exchange(fn_.blocks[block].insts, {})) {
            ValueId made;
            if (id == use.inst) {
                const ValueId part[] = {fn_.operands[use.slot]};
                made = fn_.result(b.call_runtime(RuntimeFn::StringCopy, part));
                fn_.operands[use.slot] = made;
            }
            fn_.blocks[block].insts.push_back(id);
            if (made.is_valid()) b.release(made, false);
        }
    }
    bool is_part(InstId id) const {
        if (!is_slice(fn_.insts[id])) return false;
        // The header of another part says nothing of who keeps its bytes.
        const Inst* text = find_def(fn_, fn_.operands_of(fn_.insts[id])[0]);
        return !text || text->op != Op::View;
    }
    bool only_reads(const Use& use) const {
        const Inst& inst = fn_.insts[use.inst];
        if (use.is_block_arg) return false;
        if (inst.op == Op::Release || inst.op == Op::SeqLen || inst.op == Op::SeqData) return true;
        if (inst.op != Op::CallRuntime) return false;
        const auto fn = static_cast<RuntimeFn>(inst.imm);
        const RuntimeFnInfo& info = runtime_fn_info(fn);
        if (info.param(use.index).owned) return false;
        for (unsigned i = 0; i < info.result_count(); ++i)
            if (info.result(i).scalar == Scalar::Ref && !copies(fn)) return false;
        return true;
    }

    // Parts that go on as one parameter, of which one is chosen (the last part of a text has a way of its own). A part
    // that a round of a loop has left for the next one is none: the next one's has the same header.
    void find_meeting_parts() {
        std::optional<Cfg> cfg;
        const auto edges = named_edges_into(fn_);
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            const BlockId block(b);
            if (fn_.blocks[block].removed || block == fn_.entry()) continue;
            for (ValueId param : std::vector<ValueId>(fn_.blocks[block].params)) {
                if (fn_.values[param].type != Scalar::Ref || fn_.values[param].ownership != Ownership::Owned) continue;
                const auto is_meeting = [&](const Edge& edge) {
                    const ValueId arg = fn_.args_of(fn_.targets_of(fn_.insts[edge.inst])[edge.target])[fn_.values[param].index];
                    const InstId part = fn_.values[arg].inst;
                    if (!part.is_valid() || !is_part(part) || uses_.of(arg).size() != 1) return false;
                    if (!cfg) cfg.emplace(fn_);
                    return cfg->is_reachable(block) && !cfg->dominates(block, fn_.insts[part].block);
                };
                if (std::ranges::all_of(edges.of(block), is_meeting) && is_read(param, block))
                    join(param, edges.of(block));
            }
        }
    }
    // The parameter becomes who keeps the text; the part is another one.
    void join(ValueId keeper, std::span<const Edge> edges) {
        const BlockId block = fn_.values[keeper].block;
        Builder b(module_, fn_);
        const ValueId part = b.add_param(block, Scalar::Ref, Ownership::Borrowed);
        for (const Edge& edge : edges) {
            const ValueId arg = fn_.args_of(fn_.targets_of(fn_.insts[edge.inst])[edge.target])[fn_.values[keeper].index];
            b.add_argument(edge.inst, edge.target, arg);
            meets_.emplace(fn_.values[arg].inst, Argument{edge, fn_.values[keeper].index});
        }
        for (const Use& use : uses_.of(keeper))
            if (fn_.insts[use.inst].op != Op::Release) fn_.operands[use.slot] = part;
        note_kept(keeper);
    }

    void visit(BlockId block) {
        const std::vector<InstId> insts = std::exchange(fn_.blocks[block].insts, {});
        for (InstId id : insts) {
            if (views_.contains(id)) make(block, id);
            else fn_.blocks[block].insts.push_back(id);
        }
    }

    void make(BlockId block, InstId id) {
        const Inst slice = fn_.insts[id];
        const ValueId text = fn_.operands_of(slice)[0], from = fn_.operands_of(slice)[1], to = fn_.operands_of(slice)[2];
        Builder b(module_, fn_);
        b.set_block(block);
        b.set_loc(slice.loc);
        const Inst* def = find_def(fn_, text);
        const auto meeting = meets_.find(id);
        const bool is_kept = meeting != meets_.end() ? false : def ? def->op == Op::Literal : fn_.values[text].block == fn_.entry() && fn_.values[text].ownership == Ownership::Borrowed;
        const ValueId keeper = is_kept ? text : b.retain(text, false);
        const ValueId length = b.seq_len(keeper), data = b.seq_data(keeper);
        const ValueId zero = b.const_int(Scalar::I64, 0);
        refuse_if(b, Cond::Lt, from, zero);
        refuse_if(b, Cond::Lt, to, from);
        refuse_if(b, Cond::Gt, to, length);
        // A byte within a character is no border; behind a text stands a NUL, behind a part the next character.
        std::int64_t known;
        if (!find_const(fn_, from, known) || known != 0) refuse_within(b, data, from);
        const Inst* end = find_def(fn_, to);
        if (!end || end->op != Op::SeqLen || fn_.operands_of(*end)[0] != text) refuse_within(b, data, to);
        const ValueId first = b.elem_addr(data, from, 1);
        rewriter_.replace(slice.first_result, b.view(first, b.binary(Op::WrapSub, Scalar::I64, to, from)));
        if (meeting == meets_.end()) {
            note_kept(slice.first_result);
        } else {
            const auto [edge, index] = meeting->second;
            fn_.args_of(fn_.targets_of(fn_.insts[edge.inst])[edge.target])[index] = keeper;
        }
        for (const Use& use : uses_.of(slice.first_result)) {
            if (fn_.insts[use.inst].op != Op::Release) continue;
            if (is_kept) rewriter_.remove(use.inst);
            else fn_.operands[use.slot] = keeper;
        }
        rewriter_.remove(id);
    }
    static void refuse_if(Builder& b, Cond cond, ValueId x, ValueId y) { b.trap_if_no_slice(b.compare(Op::ICmp, cond, x, y)); }
    static void refuse_within(Builder& b, ValueId data, ValueId at) {
        const ValueId byte = b.load_indexed(Scalar::U8, MemoryClass::Element, data, at, 1, 0);
        const ValueId top = b.binary(Op::And, Scalar::U8, byte, b.const_int(Scalar::U8, 0xc0));
        refuse_if(b, Cond::Eq, top, b.const_int(Scalar::U8, 0x80));
    }

    Module& module_;
    Function& fn_;
    Uses uses_;
    Rewriter rewriter_;
    struct Argument {
        Edge edge;
        std::uint32_t index;
    };
    std::unordered_set<InstId> views_;
    std::vector<Use> kept_; // of parts: by who gets a copy
    std::unordered_map<InstId, Argument> meets_; // parts that are joined, by slice: for who keeps the text
};

} // namespace

bool views(Module& module, Function& fn) {
    if (std::ranges::none_of(fn.insts, [](const Inst& inst) { return is_slice(inst) && inst.block.is_valid(); })) return false;
    return Views(module, fn).run();
}

} // namespace tn::opt
