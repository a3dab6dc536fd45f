// SSA linear scan: gives every operand of a MachineFunction a register or a stack slot, and says which
// moves connect them. After Wimmer and Franz: intervals with holes, split at the block boundary that runs
// least, spilled by the cost of storing once and reloading before the next use. Knows no machine beyond
// the RegisterFile.
#pragma once

#include "codegen/liveness.h"
#include "codegen/target.h"

namespace tn::codegen {

// A stretch of an interval that stays in one place.
struct Piece {
    std::uint32_t interval = 0;
    std::uint32_t from = 0, to = 0;
    std::uint32_t first_range = 0, end_range = 0; // in Liveness::ranges, clipped to [from, to)
    std::uint32_t first_use = 0, end_use = 0;     // in Liveness::uses
    std::uint32_t next = no_index;                // the following piece of the interval
    std::uint32_t cursor = 0;                     // first range that does not lie behind the scan
    std::uint8_t reg = no_register;               // no_register and allocated: in the interval's slot
    bool in_slot = false;
};

class RegisterAllocator {
public:
    explicit RegisterAllocator(const RegisterFile& registers) : registers_(registers) {}
    // `limit`: at most so many registers of each class; 0 for all.
    void run(MachineFunction& mf, const CallPlan& params, unsigned limit);

private:
    static constexpr std::uint32_t never = 0xffffffffu;
    static constexpr float impossible = 1e30f;
    // Of a callee-saved register: a store and a load, but nobody waits for them.
    static constexpr float save_cost = 1.6f;
    struct State { // per interval
        std::uint32_t first_piece = no_index;
        std::uint32_t last_reg_piece = no_index; // most recently given a register
        bool has_slot = false;
        float stored = 0; // weight of the stores, if each stands where a piece goes to the slot
        bool store_at_def = true;
        Location slot; // decided after the scan
    };
    struct Choice {
        enum Kind : std::uint8_t { None, Whole, Spill, Part, Evict } kind = None;
        std::uint8_t reg = no_register;
        float cost = 0;
    };

    // regalloc.cpp: the scan
    void restrict_registers(unsigned limit);
    void start(const CallPlan& params);
    void split_at_frame();
    bool frameless_is_clean() const;
    void allocate(const CallPlan& params);
    void scan();
    void place(std::uint32_t piece);
    void compute_free(const Piece& cur);
    void score_hints(const Piece& cur);
    Choice choose_whole(const Piece& cur) const;
    Choice choose_wished(const Piece& cur, std::uint32_t needed, const Choice& whole) const;
    Choice choose_part(const Piece& cur, std::uint32_t needed) const;
    Choice choose_evict(const Piece& cur, std::uint32_t needed) const;
    void assign(std::uint32_t piece, unsigned reg);
    void push(std::uint32_t piece);

    // regalloc_split.cpp: pieces and costs
    bool covers(const Piece& p, std::uint32_t position) const;
    std::uint32_t next_covered(const Piece& p, std::uint32_t position) const;
    std::uint32_t intersection(const Piece& a, const Piece& b) const;
    void advance(Piece& p, std::uint32_t position) const;
    std::uint32_t split(std::uint32_t piece, std::uint32_t position);
    void spill(std::uint32_t piece, std::uint32_t not_before = 0);
    void evict(std::uint32_t piece, std::uint32_t position);
    std::uint32_t end_boundary(std::uint32_t last, std::uint32_t free_until) const;
    void split_before_end(std::uint32_t piece, std::uint32_t free_until);
    std::uint32_t block_at(std::uint32_t position) const;
    std::uint32_t best_boundary(std::uint32_t after, std::uint32_t until) const;
    std::uint32_t unused_loop(std::uint32_t interval, std::uint32_t position) const;
    std::uint32_t way_around(std::uint32_t loop) const;
    float weight_at(std::uint32_t position) const;
    std::uint32_t required_until(const Piece& p) const;
    std::uint32_t next_register_use(const Piece& p, std::uint32_t position) const;
    std::uint32_t last_use_before(const Piece& p, std::uint32_t position) const;
    std::uint32_t spill_boundary(const Piece& p, std::uint32_t position) const;
    float store_cost(const Piece& p, std::uint32_t position) const;
    float spill_cost(const Piece& p, std::uint32_t position) const;
    float evict_cost(const Piece& p, std::uint32_t position) const;

    // regalloc_resolve.cpp: everything behind the scan
    void resolve();
    void set_operands();
    void decide_stores();
    void color_slots();
    void connect_pieces();
    void connect_edges();
    void place_edges();
    bool can_move_before_branch(std::uint32_t edge) const;
    void record_sites();
    std::uint32_t piece_at(std::uint32_t interval, std::uint32_t position) const;
    Location location_of(const Piece& p) const;
    void find_crossings();

    const RegisterFile& registers_;
    MachineFunction* mf_ = nullptr;
    Liveness live_;
    std::vector<Piece> pieces_;
    std::vector<State> states_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> heap_; // (from, piece), least first
    std::vector<std::uint32_t> on_register_[register_count];
    std::vector<std::uint32_t> history_[register_count]; // every piece that was given the register
    struct Clobber {
        std::uint32_t position, end;
        RegMask mask;
    };
    std::vector<Clobber> clobbers_;
    std::vector<std::uint32_t> block_of_inst_;
    RegMask allocatable_ = 0, used_ = 0;
    std::uint32_t frame_at_ = 0; // position where the frame is made; before it no register may need saving
    std::uint32_t free_until_[register_count] = {};
    std::uint32_t clobbered_at_[register_count] = {};
    float score_[register_count] = {};
    struct PendingMove {
        std::uint32_t key; // instruction or edge
        Move move;
    };
    std::vector<PendingMove> pending_;
    struct Crossing { // an edge along which an interval changes its piece
        std::uint32_t interval, edge, from, to;
    };
    std::vector<Crossing> crossings_; // by interval
    std::vector<std::uint32_t> order_;
};

} // namespace tn::codegen
