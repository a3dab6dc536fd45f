// The order in which a function's blocks are emitted, and the emission of one.
#include "codegen/function_code.h"

#include <algorithm>

namespace tn::codegen {

using ir::Op;

namespace {
template <typename Entry> auto find_inst(const std::vector<Entry>& list, std::uint32_t inst) {
    return std::partition_point(list.begin(), list.end(), [&](const Entry& e) { return e.inst < inst; });
}
} // namespace

// Allocation order, with two changes: a loop whose header tests and whose last block only jumps back runs
// its test at the bottom; blocks that are not expected to run stand behind the others, and cold ones behind those.
void FunctionCode::lay_out_blocks() {
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
            mf_->edges[tail.first_succ].to != header || is_search(loop))
            continue;
        std::rotate(order.begin() + loop.first_block, order.begin() + loop.first_block + 1,
                    order.begin() + last);
    }
    layout_.clear();
    // What runs before there is a frame stays in front of where it is made.
    const auto rank = [&](std::uint32_t b) {
        const bool is_before_frame = mf_->frameless != 0 && b <= mf_->frameless;
        return mf_->blocks[b].cold ? 2u : mf_->blocks[b].unlikely && !is_before_frame ? 1u : 0u;
    };
    for (unsigned wanted = 0; wanted <= 2; ++wanted) {
        for (std::uint32_t b : order) {
            if (rank(b) == wanted && threaded_[b] == b) layout_.push_back(b);
        }
    }
    place_.assign(count, 0);
    for (std::uint32_t i = 0; i < layout_.size(); ++i) place_[layout_[i]] = i;
    put_moves_ahead();
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

// The way back to an inner loop's first block, where values change places: the moves stand in front of the block, and who
// comes from outside jumps over them. Behind the test they would cost each round a jump.
void FunctionCode::put_moves_ahead() {
    ahead_.assign(mf_->blocks.size(), no_index);
    ahead_labels_.clear();
    for (const MachineLoop& loop : mf_->loops) {
        const std::uint32_t header = loop.first_block;
        const MachineBlock& head = mf_->blocks[header];
        if (!loop.innermost || header == 0 || head.cold || threaded_[header] != header) continue;
        std::uint32_t back = no_index;
        for (std::uint32_t p = head.first_pred; p < head.first_pred + head.pred_count; ++p) {
            const Edge& edge = mf_->edges[mf_->pred_edges[p]];
            if (edge.from < loop.first_block || edge.from >= loop.end_block || mf_->blocks[edge.from].cold) continue;
            back = back == no_index ? mf_->pred_edges[p] : no_index - 1; // one way back only
        }
        if (back >= mf_->edges.size()) continue;
        const Edge& edge = mf_->edges[back];
        if (edge.place == EdgePlace::OwnBlock && mf_->terminator(mf_->blocks[edge.from]).op == Op::Branch && place_[edge.from] >= place_[header]) {
            ahead_[header] = back;
            ahead_labels_[header] = base_->newLabel();
        }
    }
}

// A loop that looks for something (it has a second way out) and is known to end soon (it never asks whether to stop):
// most often it ends in its first round, which jumps nowhere when the test stands first.
bool FunctionCode::is_search(const MachineLoop& loop) const {
    bool ends_inside = false;
    for (std::uint32_t b = loop.first_block; b < loop.end_block; ++b) {
        const MachineBlock& block = mf_->blocks[b];
        for (std::uint32_t i = block.first_inst + 1; i < block.end_inst; ++i) {
            const ir::Inst& inst = mf_->fn->insts[mf_->insts[i].inst];
            if (inst.op == Op::Poll && inst.aux != 1) return false;
        }
        if (block.cold) continue;
        for (std::uint32_t s = 0; s < block.succ_count && b != loop.first_block; ++s) {
            const std::uint32_t to = mf_->edges[block.first_succ + s].to;
            ends_inside = ends_inside || ((to < loop.first_block || to >= loop.end_block) && !mf_->blocks[to].cold);
        }
    }
    return ends_inside;
}

// Jumps to a block that only jumps on go where it goes.
void FunctionCode::thread_jumps() {
    const auto count = static_cast<std::uint32_t>(mf_->blocks.size());
    threaded_.resize(count);
    for (std::uint32_t b = 0; b < count; ++b) {
        std::uint32_t to = b;
        for (unsigned steps = 0; steps < 8 && is_empty_jump(to); ++steps)
            to = mf_->edges[mf_->blocks[to].first_succ].to;
        threaded_[b] = to;
    }
}

bool FunctionCode::is_empty_jump(std::uint32_t index) const {
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

void FunctionCode::emit_block(std::uint32_t index) {
    const MachineBlock& block = mf_->blocks[index];
    here_ = place_[index];
    if (align_[index]) base_->align(asmjit::AlignMode::kCode, loop_alignment());
    if (const std::uint32_t edge = ahead_[index]; edge != no_index) {
        base_->bind(ahead_labels_.at(index));
        emit_edge(mf_->edges[edge]);
    }
    base_->bind(block_labels_[index]);
    if (shared_.is_listing()) shared_.comment(("b" + std::to_string(block.block.index())).c_str());
    if (block.pred_count == 1) {
        const Edge& edge = mf_->edges[mf_->pred_edges[block.first_pred]];
        if (edge.place == EdgePlace::SuccStart) {
            add_moves(mf_->edge_moves, edge.first_move, edge.move_count);
            flush_moves();
        }
    }
    emit_insts(index);
}

void FunctionCode::emit_insts(std::uint32_t index) {
    const MachineBlock& block = mf_->blocks[index];
    block_ = index;
    next_moves_ =
        static_cast<std::size_t>(find_inst(mf_->moves_before, block.first_inst) - mf_->moves_before.begin());
    for (std::uint32_t i = block.first_inst + 1; i < block.end_inst; ++i) emit_inst(i);
}

void FunctionCode::emit_moves_before(std::uint32_t inst) {
    if (next_moves_ == mf_->moves_before.size() || mf_->moves_before[next_moves_].inst != inst) return;
    const MovesBefore& m = mf_->moves_before[next_moves_++];
    add_moves(mf_->inst_moves, m.first_move, m.move_count);
    flush_moves();
}

void FunctionCode::emit_inst(std::uint32_t index) {
    emit_moves_before(index);
    const MachineInst& m = mf_->insts[index];
    const ir::Inst& inst = mf_->fn->insts[m.inst];
    inst_ = index;
    operand_ = m.first_operand;
    shared_.current_inst = &inst;
    dispatch(inst);
    if (operand_ != m.first_operand + m.operand_count) shared_.fail("operands were described differently");
}

} // namespace tn::codegen
