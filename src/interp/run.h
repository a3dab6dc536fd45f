// One run of the interpreter: its frames, the values in them, and one handler per operation. The
// handlers are overloads on OpTag and dispatch is expanded from op.def, so a missing one does not compile.
#pragma once

#include "interp/interp.h"
#include "interp/object_table.h"
#include "ir/builder.h"
#include "runtime/entry_points.h"
#include "runtime/instance.h"

#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

namespace tn::interp {

// The value of one ValueId in one frame.
struct Cell {
    rt::Slot slot{.u = 0};
    // Ref: unused. Ptr: the object it points into; null for the instance data.
    rt::Object* base = nullptr;
    Serial serial = 0; // of the Ref's object or the Ptr's base
    bool is_owned = false;
    bool is_defined = false;
};

class Run {
public:
    Run(const Interpreter& interpreter, rt::Context& context);
    TrapCode call(ir::FuncId func, std::span<rt::Slot> io);

private:
    // A Ptr that came from the host: nothing is known of its memory.
    static constexpr Serial host_memory = 0xffffffffu;
    // What a frame costs of the fiber's stack: about what machine code needs.
    static constexpr std::uint64_t frame_bytes = 96, value_bytes = 2;

    struct Frame {
        ir::FuncId func;
        const ir::Function* fn;
        ir::BlockId block;
        std::size_t index = 0; // in the block
        std::size_t first_cell = 0;
        std::uint64_t stack_pointer = 0;
    };
    enum class Step : std::uint8_t { Next, Jumped, Trapped, Finished };
    template <ir::Op op> using Tag = ir::OpTag<op>;

    // --- run.cpp: frames and values ---
    TrapCode loop();
    Step dispatch(const ir::Inst& inst);
    // The new frame's parameters are set before anything can trap, so that unwinding releases them.
    Step push_frame(ir::FuncId func, std::span<const Cell> args);
    Step enter_block(const ir::Target& target);
    Step use_fuel(std::int64_t units = 1);
    std::int64_t rounds_of(const ir::Inst& poll);
    Step poll_if_asked();
    Step trap(TrapCode code, std::int64_t a = 0, std::int64_t b = 0);
    TrapCode unwind();
    void finish(std::span<const Cell> results);

    Frame& frame() { return frames_.back(); }
    const ir::Inst& current_inst(const Frame& frame) const;
    [[noreturn]] void fail(const std::string& text) const;
    void check(bool condition, const char* text) const {
        if (!condition) [[unlikely]]
            fail(text);
    }
    Cell& cell(ir::ValueId value) { return cells_[frame().first_cell + value.index()]; }
    Cell& operand_cell(const ir::Inst& inst, unsigned i);
    rt::Slot operand(const ir::Inst& inst, unsigned i) { return operand_cell(inst, i).slot; }
    Scalar operand_type(const ir::Inst& inst, unsigned i) const;
    // The object of a Ref operand, alive. Null only if `nullable`.
    rt::Object* object(const ir::Inst& inst, unsigned i, bool nullable = false);
    // The same, and the frame gives its reference away.
    rt::Object* consume(const ir::Inst& inst, unsigned i, bool nullable = false);
    void check_alive(const Cell& cell) const;
    // A cell as an argument or result: takes the owned reference along, or checks the borrowed one.
    Cell pass(Cell& from, Scalar type, bool owned);
    void define(ir::ValueId value, const Cell& cell);
    Step set(const ir::Inst& inst, rt::Slot slot);
    Step set_ref(const ir::Inst& inst, rt::Object* object, bool owned, unsigned result = 0);
    Cell import(Scalar type, rt::Slot slot, bool owned); // from C++

    // --- run_memory.cpp ---
    struct Region {
        std::uint8_t *begin, *end;
        const std::vector<std::uint32_t>* refs;
        std::uint32_t stride;
        ir::MemoryClass memory;
    };
    Region region_of(const Cell& address, bool write);
    std::uint8_t* place(const Cell& address, std::int64_t delta, Scalar type, bool write, int memory);
    std::int64_t delta_of(const ir::Inst& inst, unsigned index_operand);
    rt::Seq* seq_of(const ir::Inst& inst, rt::Object* object, bool check_desc);
    void poison_spare(rt::Seq* seq, std::int64_t from);
    void check_nothing_taken() const {
        check(taken_.empty(), "a place that was taken from is not filled yet");
    }

    // --- run_arith.cpp ---
    Step checked(const ir::Inst& inst, bool fits, rt::Slot value);
    template <typename F> Step wrapping(const ir::Inst& inst, F f);
    template <typename F> Step on_floats(const ir::Inst& inst, F f);
    Step shift(const ir::Inst& inst, bool left);

#define OP(name, text, operands, results, effects, consumes)                                                 \
    Step exec(Tag<ir::Op::name>, const ir::Inst& inst);
#include "ir/op.def"

    const Interpreter& interpreter_;
    const ir::Module& module_;
    rt::Context& context_;
    rt::Instance& instance_;
    ObjectTable objects_;
    std::vector<std::uint32_t> instance_refs_; // offsets
    std::vector<Frame> frames_;
    std::vector<Cell> cells_;
    std::set<const std::uint8_t*> taken_; // Ref places whose reference was taken out
    // Headers of views: by depth, function and value, one each as in a frame.
    std::map<std::tuple<std::size_t, const ir::Function*, std::size_t>, std::unique_ptr<rt::Seq>> views_;
    std::span<rt::Slot> io_;
};

} // namespace tn::interp
