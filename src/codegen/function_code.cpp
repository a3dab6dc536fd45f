#include "codegen/function_code.h"

#include "ir/builder.h"

#include <algorithm>

namespace tn::codegen {

using ir::Op;

namespace {
template <typename Entry> auto find_inst(const std::vector<Entry>& list, std::uint32_t inst) {
    return std::partition_point(list.begin(), list.end(), [&](const Entry& e) { return e.inst < inst; });
}
} // namespace

void FunctionCode::emit(MachineFunction& mf, const Frame& frame, std::uint32_t frame_index) {
    base_ = &shared_.base_assembler();
    mf_ = &mf;
    frame_ = &frame;
    frame_index_ = frame_index;
    views_ = 0;
    edge_blocks_.clear();
    cold_paths_.clear();
    block_labels_.clear();
    for (std::size_t i = 0; i < mf.blocks.size(); ++i) block_labels_.push_back(base_->newLabel());
    thread_jumps();
    for (std::uint32_t b = 0; b < mf.blocks.size(); ++b) block_labels_[b] = block_labels_[threaded_[b]];
    lay_out_blocks();
    base_->align(asmjit::AlignMode::kCode, 16);
    base_->bind(shared_.function_label(mf.id));
    plan_script_params();
    start();
    frameless_ = mf.is_bare || mf.frameless != 0;
    if (frameless_) {
        frame_label_ = base_->newLabel();
        move_params();
    } else {
        prologue();
        move_params();
    }
    for (std::uint32_t b : layout_) {
        if (mf.frameless != 0 && b == mf.frameless) {
            base_->bind(frame_label_);
            frameless_ = false;
            prologue();
        }
        emit_block(b);
    }
    for (std::size_t i = 0; i < edge_blocks_.size(); ++i) {
        const Edge& edge = mf.edges[edge_blocks_[i].first];
        base_->bind(edge_blocks_[i].second);
        add_moves(mf.edge_moves, edge.first_move, edge.move_count);
        flush_moves();
        jump(block_labels_[edge.to]);
    }
    if (mf.is_bare) { // for who comes from the host: the test that the function does without
        base_->bind(shared_.add_checked_entry(mf.id));
        prologue();
        drop_frame();
        jump(shared_.function_label(mf.id));
    }
    emit_cold_paths();
    shared_.check();
}

void FunctionCode::emit_cold_paths() {
    // A body may add further trap paths, never further cold paths.
    for (std::size_t i = 0; i < cold_paths_.size(); ++i) {
        ColdPath path = std::move(cold_paths_[i]);
        inst_ = path.inst;
        base_->bind(path.label);
        path.body();
        if (path.resume.isValid()) jump(path.resume);
    }
    emit_trap_paths();
}

// --- the start ---

void FunctionCode::move_params() {
    const MachineInst& start = mf_->insts[0];
    for (std::uint32_t i = 0; i < start.operand_count; ++i) {
        const Operand& operand = mf_->operands[start.first_operand + i];
        if (operand.location.kind != Location::None) {
            moves_.add(params_.args[i], operand.location, mf_->type_of(operand.value));
        }
    }
    flush_moves();
}

void FunctionCode::plan_script_params() {
    types_.clear();
    for (const ir::Param& p : mf_->fn->sig.params) types_.push_back(p.type);
    params_.make(convention_, types_, mf_->fn->sig.results, true);
}

ir::LocId FunctionCode::entry_loc() const {
    return mf_->fn->insts[mf_->insts[mf_->blocks[mf_->frameless].end_inst - 1].inst].loc;
}

void FunctionCode::entry_site(ir::LocId loc) {
    if (mf_->frameless != 0) { // the branch that leads here has noted what is owned
        const MachineBlock& first = mf_->blocks[mf_->frameless];
        site(mf_->blocks[mf_->edges[mf_->pred_edges[first.first_pred]].from].end_inst - 1, loc);
        return;
    }
    // The arguments are still where the caller put them.
    refs_.clear();
    for (std::size_t i = 0; i < mf_->fn->sig.params.size(); ++i) {
        const ir::Param& p = mf_->fn->sig.params[i];
        if (p.type != Scalar::Ref || p.ownership != ir::Ownership::Owned) continue;
        Location l = params_.args[i];
        if (l.is_register()) {
            refs_.push_back({rt::RefLocation::Register, static_cast<std::int32_t>(l.index)});
        } else {
            refs_.push_back({rt::RefLocation::FrameSlot, Frame::incoming_offset(l.index)});
        }
    }
    shared_.add_site(frame_index_, loc, refs_);
}

// --- operands ---

const Operand& FunctionCode::next() {
    const MachineInst& m = mf_->insts[inst_];
    if (operand_ >= m.first_operand + m.operand_count) shared_.fail("more operands than described");
    return mf_->operands[operand_++];
}

unsigned FunctionCode::reg() {
    const Operand& operand = next();
    if (!operand.location.is_register()) shared_.fail("operand is not in a register");
    if (operand.kind == OperandKind::Temp && operand.value.is_valid())
        make_constant(operand.value, operand.location.index);
    return operand.location.index;
}

Location FunctionCode::any(ir::ValueId value) {
    if (mf_->is_constant(value)) return Location::constant(value);
    return next().location;
}

void FunctionCode::add_moves(const std::vector<Move>& moves, std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = first; i < first + count; ++i)
        moves_.add(moves[i].from, moves[i].to, moves[i].type);
}

void FunctionCode::flush_moves() {
    for (const Move& m : moves_.resolve()) move(m.from, m.to, m.type);
}

void FunctionCode::take_results(const std::vector<Location>& from, const ir::Inst& inst) {
    for (unsigned i = 0; i < inst.result_count; ++i) {
        Location to = next().location;
        moves_.add(from[i], to, mf_->type_of(ir::ValueId(inst.first_result.index() + i)));
    }
    flush_moves();
}

// --- out-of-line paths ---

Label FunctionCode::cold(Label resume, ir::LocId loc, std::function<void()> body) {
    Label label = base_->newLabel();
    cold_paths_.push_back({label, resume, inst_, loc, std::move(body)});
    return label;
}

void FunctionCode::site(std::uint32_t inst, ir::LocId loc) {
    refs_of(inst, refs_);
    shared_.add_site(frame_index_, loc, refs_);
}

// --- edges ---

void FunctionCode::emit_edge(const Edge& edge) {
    add_moves(mf_->edge_moves, edge.first_move, edge.move_count);
    flush_moves();
}

// Where a jump along the edge goes: the block itself, or moves placed out of line that lead to it.
Label FunctionCode::edge_label(const Edge& edge) {
    if (edge.place != EdgePlace::OwnBlock) return label_of(edge.to);
    if (is_ahead(edge)) return ahead_labels_.at(edge.to);
    edge_blocks_.emplace_back(static_cast<std::uint32_t>(&edge - mf_->edges.data()), base_->newLabel());
    return edge_blocks_.back().second;
}

// --- what the code map knows of a site ---

void FunctionCode::refs_of(std::uint32_t inst, std::vector<rt::RefLocation>& out) const {
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

RegMask FunctionCode::live_across(std::uint32_t inst) const {
    auto it = find_inst(mf_->live_across, inst);
    return it != mf_->live_across.end() && it->inst == inst ? it->registers : 0;
}

// --- the ends of blocks ---

Label FunctionCode::label_of(std::uint32_t block) const {
    return frameless_ && mf_->frameless != 0 && block == mf_->frameless ? frame_label_ : block_labels_[block];
}

// The block that comes next, if nothing stands in between.
std::uint32_t FunctionCode::next_block() const {
    if (here_ + 1 >= layout_.size() || ahead_[layout_[here_ + 1]] != no_index) return no_index;
    return layout_[here_ + 1];
}

void FunctionCode::jump_to(std::uint32_t block) {
    if (next_block() == threaded_[block]) return;
    jump(label_of(block));
}

// Before there is a frame, a block behind it can only be one that returns; it is emitted along the edge.
bool FunctionCode::returns_at_once(const Edge& edge) const {
    return frameless_ && mf_->frameless != 0 && edge.to > mf_->frameless && mf_->returns_only(edge.to);
}

void FunctionCode::return_along(const Edge& edge) {
    if (edge.place == EdgePlace::SuccStart || edge.place == EdgePlace::OwnBlock) emit_edge(edge);
    const std::uint32_t inst = inst_, operand = operand_;
    const std::size_t next_moves = next_moves_;
    inst_ = mf_->blocks[edge.to].end_inst - 1;
    operand_ = mf_->insts[inst_].first_operand;
    for (const MovesBefore& m : mf_->moves_before) {
        if (m.inst != inst_) continue;
        add_moves(mf_->inst_moves, m.first_move, m.move_count);
        flush_moves();
    }
    return_values(mf_->fn->insts[mf_->insts[inst_].inst]);
    inst_ = inst;
    operand_ = operand;
    next_moves_ = next_moves;
}

// Goes on along an edge, falling through where that leads there.
void FunctionCode::go_along(const Edge& edge) {
    const bool falls_through = next_block() == threaded_[edge.to];
    const bool single_return = edge.place == EdgePlace::None && !falls_through &&
                               mf_->returns_only(edge.to) && !mf_->blocks[block_].cold &&
                               frame_->saved.size() <= 2 && mf_->moves_before.size() < 1000;
    if (returns_at_once(edge) || (single_return && (!frameless_ || mf_->is_bare))) {
        return_along(edge);
        return;
    }
    if (edge.place == EdgePlace::OwnBlock) emit_edge(edge);
    if (!falls_through && is_tail_of_loop(edge.to)) repeat_tail(edge.to);
    else jump_to(edge.to);
}

// A short block that decides whether its loop goes on: each way through the loop may have its own, which saves a
// jump a round, and lets the CPU tell the ways apart.
bool FunctionCode::is_tail_of_loop(std::uint32_t index) const {
    const MachineBlock &from = mf_->blocks[block_], &tail = mf_->blocks[index];
    if (repeats_ || frameless_ || from.cold || tail.cold || tail.loop == no_index || from.loop != tail.loop ||
        threaded_[index] != index || mf_->terminator(tail).op != Op::Branch ||
        tail.end_inst - tail.first_inst > longest_tail() + 1)
        return false;
    for (std::uint32_t i = tail.first_inst + 1; i < tail.end_inst; ++i)
        if (ir::is_call(mf_->fn->insts[mf_->insts[i].inst].op)) return false;
    for (std::uint32_t p = 0; p < tail.pred_count; ++p)
        if (mf_->edges[mf_->pred_edges[tail.first_pred + p]].place == EdgePlace::SuccStart) return false;
    const MachineLoop& loop = mf_->loops[tail.loop];
    const auto leads = [&](auto is_wanted) {
        return is_wanted(mf_->edges[tail.first_succ].to) || is_wanted(mf_->edges[tail.first_succ + 1].to);
    };
    return leads([&](std::uint32_t to) { return to < loop.first_block || to >= loop.end_block; }) &&
           (index == loop.first_block || leads([&](std::uint32_t to) { return to == loop.first_block; }));
}

void FunctionCode::repeat_tail(std::uint32_t index) {
    const std::uint32_t block = block_, inst = inst_, operand = operand_;
    const std::size_t next_moves = next_moves_;
    repeats_ = true;
    emit_insts(index);
    repeats_ = false;
    block_ = block;
    inst_ = inst;
    operand_ = operand;
    next_moves_ = next_moves;
}

void FunctionCode::start_branch() {
    const MachineBlock& block = mf_->blocks[block_];
    for (std::uint32_t s = 0; s < 2; ++s) {
        const Edge& edge = mf_->edges[block.first_succ + s];
        if (edge.place == EdgePlace::PredEnd) emit_edge(edge);
    }
}

void FunctionCode::branch(const std::function<void(bool value, Label target)>& jump_if) {
    const MachineBlock& block = mf_->blocks[block_];
    const Edge &yes = mf_->edges[block.first_succ], &no = mf_->edges[block.first_succ + 1];
    if (returns_at_once(yes) || returns_at_once(no)) {
        const bool through_no = returns_at_once(no);
        const Edge &through = through_no ? no : yes, &away = through_no ? yes : no;
        Label other = returns_at_once(away) ? base_->newLabel() : edge_label(away);
        jump_if(through_no, other);
        return_along(through);
        if (returns_at_once(away)) {
            base_->bind(other);
            return_along(away);
        }
        return;
    }
    const std::uint32_t next = next_block();
    auto own = [this](const Edge& e) { return e.place == EdgePlace::OwnBlock && !is_ahead(e); };
    auto weight = [&](const Edge& e) { return mf_->blocks[e.to].weight; };
    // The edge that goes on right here; the other one is a jump on its condition.
    bool through_no = true;
    if (own(yes) != own(no)) {
        const Edge &with = own(yes) ? yes : no, &without = own(yes) ? no : yes;
        bool moves_here =
            !mf_->blocks[with.to].cold &&
            (threaded_[with.to] == next || threaded_[without.to] != next || weight(with) >= weight(without));
        through_no = moves_here == own(no);
    } else if (own(yes)) {
        through_no = weight(no) >= weight(yes);
    } else if (threaded_[yes.to] == next) {
        through_no = false;
    } else if (threaded_[no.to] != next) {
        through_no = weight(yes) >= weight(no); // both are jumps: the likelier one alone
    }
    const Edge &through = through_no ? no : yes, &away = through_no ? yes : no;
    jump_if(through_no, edge_label(away));
    go_along(through);
}

void FunctionCode::return_values(const ir::Inst& inst) {
    plan_.make(convention_, {}, mf_->fn->sig.results, true);
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i) {
        Location from = any(operands[i]);
        moves_.add(from, plan_.results[i], mf_->type_of(operands[i]));
    }
    flush_moves();
    epilogue();
}

} // namespace tn::codegen
