// The half of emitting a function that is the same on every machine: the order of blocks, edges and the moves
// along them, operands in the order they were described, out-of-line paths, and what the code map learns of
// sites.
#pragma once

#include "codegen/module_code.h"
#include "codegen/parallel_move.h"
#include "ir/lane_loop.h"

#include <functional>
#include <unordered_map>

namespace tn::codegen {

struct LaneLimits;
struct LaneOperands;

class FunctionCode {
public:
    virtual ~FunctionCode() = default;
    void emit(MachineFunction& mf, const Frame& frame, std::uint32_t frame_index);

protected:
    struct ColdPath {
        Label label, resume;
        std::uint32_t inst;
        ir::LocId loc;
        std::function<void()> body; // its code; ends in a jump to `resume` on its own or by falling out
    };

    // The scratch registers are ParallelMove's.
    FunctionCode(ModuleCode& module, const CallConvention& convention, unsigned copy_scratch,
                 unsigned cycle_scratch)
        : moves_(copy_scratch, cycle_scratch), shared_(module), convention_(convention) {}

    // --- what a machine adds ---
    virtual void start() {} // of a function
    virtual void dispatch(const ir::Inst& inst) = 0;
    virtual void prologue() = 0;
    virtual void drop_frame() = 0; // what prologue() made
    virtual void epilogue() = 0;   // and the return
    virtual void emit_trap_paths() = 0; // and forgets them
    virtual void move(Location from, Location to, Scalar type) = 0;
    virtual void make_constant(ir::ValueId value, unsigned reg) = 0;
    virtual void jump(Label target) = 0;

    // --- operands ---
    const Operand& next();
    unsigned reg();                  // the next operand, in a register; makes a constant in it
    Location any(ir::ValueId value); // the next operand anywhere, or a constant
    void add_moves(const std::vector<Move>& moves, std::uint32_t first, std::uint32_t count);
    void flush_moves();
    void take_results(const std::vector<Location>& from, const ir::Inst& inst);
    LaneOperands take_lane_operands(const ir::Inst& lanes, const ir::LaneLoop& loop, const LaneLimits& limits);

    // --- blocks and edges ---
    void emit_edge(const Edge& edge);
    Label edge_label(const Edge& edge);
    void jump_to(std::uint32_t block);
    void go_along(const Edge& edge);
    void start_branch(); // the moves before the test
    // The two ways on. `jump_if(value, target)` jumps when the condition, which was tested, is `value`.
    void branch(const std::function<void(bool value, Label target)>& jump_if);
    void return_values(const ir::Inst& inst);

    // --- the start ---
    void move_params();
    ir::LocId entry_loc() const;
    void entry_site(ir::LocId loc); // the call in a prologue: what is owned before the frame is made

    virtual unsigned loop_alignment() const { return 32; } // of inner loops
    // Operations of a loop's test that is repeated where a way through the loop would jump to it.
    virtual std::size_t longest_tail() const { return 0; }

    // --- out of line, and the code map ---
    Label cold(Label resume, ir::LocId loc, std::function<void()> body);
    void site(std::uint32_t inst, ir::LocId loc);
    RegMask live_across(std::uint32_t inst) const;

    asmjit::BaseAssembler* base_ = nullptr;
    MachineFunction* mf_ = nullptr;
    const Frame* frame_ = nullptr;
    std::uint32_t frame_index_ = 0;
    std::uint32_t views_ = 0; // emitted
    ParallelMove moves_;
    CallPlan plan_, params_;
    bool frameless_ = false; // emitting blocks that run without a frame, or before it is made
    std::uint32_t inst_ = 0; // machine instruction being emitted
    std::uint32_t block_ = 0;
    std::uint32_t operand_ = 0; // next one to read

private:
    void thread_jumps();
    bool is_empty_jump(std::uint32_t block) const;
    void lay_out_blocks();
    bool is_search(const MachineLoop& loop) const;
    void put_moves_ahead();
    bool is_ahead(const Edge& edge) const { return &edge - mf_->edges.data() == ahead_[edge.to]; }
    std::uint32_t next_block() const;
    void emit_block(std::uint32_t block);
    void emit_insts(std::uint32_t block);
    void emit_inst(std::uint32_t index);
    void emit_moves_before(std::uint32_t inst);
    void emit_cold_paths();
    void refs_of(std::uint32_t inst, std::vector<rt::RefLocation>& out) const;
    void plan_script_params();
    Label label_of(std::uint32_t block) const;
    bool returns_at_once(const Edge& edge) const;
    void return_along(const Edge& edge);
    bool is_tail_of_loop(std::uint32_t block) const;
    void repeat_tail(std::uint32_t block);

    ModuleCode& shared_;
    const CallConvention& convention_;
    std::vector<Scalar> types_;
    std::vector<Label> block_labels_;
    std::vector<std::pair<std::uint32_t, Label>> edge_blocks_; // edge, its label: emitted out of line
    std::vector<std::uint32_t> layout_;                        // blocks in emission order
    std::vector<std::uint32_t> place_;                         // by block: index in layout_
    std::vector<std::uint32_t> ahead_; // by block: the edge whose moves stand in front of it, or no_index
    std::unordered_map<std::uint32_t, Label> ahead_labels_;    // of these, by block
    std::vector<std::uint32_t> threaded_;                      // by block: where a jump to it ends up
    std::uint32_t here_ = 0;                                   // index in layout_ of what is being emitted
    bool repeats_ = false;                                     // emitting a block for the second time
    Label frame_label_;
    std::vector<std::uint8_t> align_; // by block: starts an inner loop
    std::vector<ColdPath> cold_paths_;
    std::vector<rt::RefLocation> refs_;
    std::size_t next_moves_ = 0; // in moves_before
};

} // namespace tn::codegen
