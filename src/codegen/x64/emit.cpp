// The frame of emission: the order of blocks, edges, and the out-of-line paths at the end of a function.
#include "codegen/x64/x64.h"

#include <algorithm>

namespace tn::codegen::x64 {

namespace {
template <typename Entry> auto find_inst(const std::vector<Entry>& list, std::uint32_t inst) {
    return std::partition_point(list.begin(), list.end(), [&](const Entry& e) { return e.inst < inst; });
}
} // namespace

void FunctionEmitter::emit(MachineFunction& mf, const Frame& frame, std::uint32_t frame_index) {
    a_ = &module_.assembler();
    cpu_ = module_.cpu();
    mf_ = &mf;
    frame_ = &frame;
    frame_index_ = frame_index;
    edge_blocks_.clear();
    traps_.clear();
    cold_paths_.clear();
    block_labels_.clear();
    for (std::size_t i = 0; i < mf.blocks.size(); ++i) block_labels_.push_back(a_->newLabel());
    thread_jumps();
    for (std::uint32_t b = 0; b < mf.blocks.size(); ++b) block_labels_[b] = block_labels_[threaded_[b]];
    lay_out_blocks();
    a_->align(asmjit::AlignMode::kCode, 16);
    a_->bind(module_.function_label(mf.id));
    plan_script_params();
    frameless_ = mf.frameless != 0;
    if (frameless_) {
        frame_label_ = a_->newLabel();
        move_params();
    } else {
        prologue();
        move_params();
    }
    for (std::uint32_t b : layout_) {
        if (frameless_ && b == mf.frameless) {
            a_->bind(frame_label_);
            frameless_ = false;
            prologue();
        }
        emit_block(b);
    }
    for (std::size_t i = 0; i < edge_blocks_.size(); ++i) {
        const Edge& edge = mf.edges[edge_blocks_[i].first];
        a_->bind(edge_blocks_[i].second);
        add_moves(mf.edge_moves, edge.first_move, edge.move_count);
        flush_moves();
        a_->jmp(block_labels_[edge.to]);
    }
    emit_cold_paths();
    module_.check();
}

// Allocation order, with two changes: a loop whose header tests and whose last block only jumps back runs
// its test at the bottom, and cold blocks stand behind all others.
void FunctionEmitter::lay_out_blocks() {
    const auto count = static_cast<std::uint32_t>(mf_->blocks.size());
    std::vector<std::uint32_t> order(count);
    for (std::uint32_t i = 0; i < count; ++i) order[i] = i;
    for (std::size_t l = mf_->loops.size(); l-- > 0;) {
        const MachineLoop& loop = mf_->loops[l];
        const std::uint32_t header = loop.first_block;
        if (header == 0 || order[loop.first_block] != header || mf_->blocks[header].cold) continue;
        std::uint32_t last = loop.end_block;
        while (last > loop.first_block && mf_->blocks[order[last - 1]].cold) --last;
        if (last <= loop.first_block + 1) continue;
        const MachineBlock& head = mf_->blocks[header];
        const MachineBlock& tail = mf_->blocks[order[last - 1]];
        bool exits = false;
        for (std::uint32_t s = 0; s < head.succ_count; ++s) {
            std::uint32_t to = mf_->edges[head.first_succ + s].to;
            exits = exits || to < loop.first_block || to >= loop.end_block;
        }
        if (!exits || head.succ_count != 2 || tail.succ_count != 1 ||
            mf_->edges[tail.first_succ].to != header)
            continue;
        std::rotate(order.begin() + loop.first_block, order.begin() + loop.first_block + 1,
                    order.begin() + last);
    }
    layout_.clear();
    for (bool cold : {false, true}) {
        for (std::uint32_t b : order) {
            if (mf_->blocks[b].cold == cold && threaded_[b] == b) layout_.push_back(b);
        }
    }
    place_.assign(count, 0);
    for (std::uint32_t i = 0; i < layout_.size(); ++i) place_[layout_[i]] = i;
    // Inner loops start at their first block in this order, whichever that is.
    align_.assign(count, 0);
    std::vector<bool> seen(mf_->loops.size(), false);
    for (std::uint32_t b : layout_) {
        const std::uint32_t loop = mf_->blocks[b].loop;
        if (loop == no_index || seen[loop] || !mf_->loops[loop].innermost || mf_->blocks[b].cold) continue;
        seen[loop] = true;
        align_[b] = 1;
    }
}

// Jumps to a block that only jumps on go where it goes.
void FunctionEmitter::thread_jumps() {
    const auto count = static_cast<std::uint32_t>(mf_->blocks.size());
    threaded_.resize(count);
    for (std::uint32_t b = 0; b < count; ++b) {
        std::uint32_t to = b;
        for (unsigned steps = 0; steps < 8 && is_empty_jump(to); ++steps)
            to = mf_->edges[mf_->blocks[to].first_succ].to;
        threaded_[b] = to;
    }
}

bool FunctionEmitter::is_empty_jump(std::uint32_t index) const {
    const MachineBlock& block = mf_->blocks[index];
    if (index == 0 || (mf_->frameless != 0 && index <= mf_->frameless)) return false;
    if (block.end_inst != block.first_inst + 2 || mf_->terminator(block).op != Op::Jump) return false;
    if (mf_->edges[block.first_succ].move_count != 0 || mf_->edges[block.first_succ].to == index)
        return false;
    auto moves = find_inst(mf_->moves_before, block.first_inst + 1);
    if (moves != mf_->moves_before.end() && moves->inst == block.first_inst + 1) return false;
    for (std::uint32_t p = 0; p < block.pred_count; ++p) {
        if (mf_->edges[mf_->pred_edges[block.first_pred + p]].place == EdgePlace::SuccStart) return false;
    }
    return true;
}

void FunctionEmitter::emit_block(std::uint32_t index) {
    const MachineBlock& block = mf_->blocks[index];
    block_ = index;
    if (align_[index]) a_->align(asmjit::AlignMode::kCode, 32);
    a_->bind(block_labels_[index]);
    if (module_.is_listing()) module_.comment(("b" + std::to_string(block.block.index())).c_str());
    if (block.pred_count == 1) {
        const Edge& edge = mf_->edges[mf_->pred_edges[block.first_pred]];
        if (edge.place == EdgePlace::SuccStart) {
            add_moves(mf_->edge_moves, edge.first_move, edge.move_count);
            flush_moves();
        }
    }
    next_moves_ =
        static_cast<std::size_t>(find_inst(mf_->moves_before, block.first_inst) - mf_->moves_before.begin());
    for (std::uint32_t i = block.first_inst + 1; i < block.end_inst; ++i) emit_inst(i);
}

void FunctionEmitter::emit_moves_before(std::uint32_t inst) {
    if (next_moves_ == mf_->moves_before.size() || mf_->moves_before[next_moves_].inst != inst) return;
    const MovesBefore& m = mf_->moves_before[next_moves_++];
    add_moves(mf_->inst_moves, m.first_move, m.move_count);
    flush_moves();
}

void FunctionEmitter::emit_inst(std::uint32_t index) {
    emit_moves_before(index);
    const MachineInst& m = mf_->insts[index];
    const ir::Inst& inst = mf_->fn->insts[m.inst];
    inst_ = index;
    operand_ = m.first_operand;
    module_.current_inst = &inst;
    dispatch(inst);
    if (operand_ != m.first_operand + m.operand_count) module_.fail("operands were described differently");
}

void FunctionEmitter::dispatch(const ir::Inst& inst) {
    switch (inst.op) {
#define OP(name, text, operands, results, effects, consumes)                                                 \
    case Op::name:                                                                                           \
        op(OpTag<Op::name>{}, inst);                                                                         \
        break;
#include "ir/op.def"
    }
}

void FunctionEmitter::emit_cold_paths() {
    // A body may add further trap paths, never further cold paths.
    for (std::size_t i = 0; i < cold_paths_.size(); ++i) {
        ColdPath path = std::move(cold_paths_[i]);
        inst_ = path.inst;
        a_->bind(path.label);
        path.body();
        if (path.resume.isValid()) a_->jmp(path.resume);
    }
    for (const TrapPath& trap : traps_) {
        a_->bind(trap.label);
        auto store = [&](const Payload& p, std::size_t offset) {
            switch (p.kind) {
            case Payload::None: return;
            case Payload::Reg:
                a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), gp64(p.reg));
                return;
            case Payload::Imm:
                if (fits_int32(p.imm)) {
                    a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), asmjit::imm(p.imm));
                    return;
                }
                load_imm(scratch_register, p.imm, true);
                break;
            case Payload::Memory: a_->mov(gp64(scratch_register), p.mem); break;
            }
            a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), gp64(scratch_register));
        };
        store(trap.a, offsetof(rt::Context, trap_a));
        store(trap.b, offsetof(rt::Context, trap_b));
        a_->call(module_.trap_stub(trap.code));
        site(trap.inst, trap.loc);
    }
}

// --- edges ---

void FunctionEmitter::emit_edge(const Edge& edge) {
    add_moves(mf_->edge_moves, edge.first_move, edge.move_count);
    flush_moves();
}

// Where a jump along the edge goes: the block itself, or moves placed out of line that lead to it.
Label FunctionEmitter::edge_label(const Edge& edge) {
    if (edge.place != EdgePlace::OwnBlock) return label_of(edge.to);
    edge_blocks_.emplace_back(static_cast<std::uint32_t>(&edge - mf_->edges.data()), a_->newLabel());
    return edge_blocks_.back().second;
}

// --- what the code map knows of a site ---

void FunctionEmitter::refs_of(std::uint32_t inst, std::vector<rt::RefLocation>& out) const {
    out.clear();
    for (auto it = find_inst(mf_->refs, inst); it != mf_->refs.end() && it->inst == inst; ++it) {
        Location l = it->location;
        if (l.is_register()) {
            out.push_back({rt::RefLocation::Register, static_cast<std::int32_t>(l.index)});
        } else {
            // Slots go down from the frame pointer, incoming places go up.
            std::int32_t offset = l.kind == Location::Slot ? frame_->slot_offset(l.index + it->count - 1)
                                                           : Frame::incoming_offset(l.index);
            out.push_back({rt::RefLocation::FrameSlot, offset, it->count});
        }
    }
}

RegMask FunctionEmitter::live_across(std::uint32_t inst) const {
    auto it = find_inst(mf_->live_across, inst);
    return it != mf_->live_across.end() && it->inst == inst ? it->registers : 0;
}

} // namespace tn::codegen::x64
