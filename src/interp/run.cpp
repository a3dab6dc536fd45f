// Frames, values, calls, control flow and traps of the interpreter.
#include "interp/run.h"

#include "builtins/runtime_fn.h"
#include "interp/arith.h"
#include "interp/runtime_table.h"
#include "ir/print.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::interp {

using ir::Inst;
using ir::Op;
using ir::ValueId;

Run::Run(const Interpreter& interpreter, rt::Context& context)
    : interpreter_(interpreter),
      module_(interpreter.module()),
      context_(context),
      instance_(rt::Instance::of(&context)),
      objects_(instance_) {
    for (const ir::InstanceRef& ref : module_.instance_refs) instance_refs_.push_back(ref.offset);
}

TrapCode Run::call(ir::FuncId func, std::span<rt::Slot> io) {
    check(context_.fiber_stack != nullptr, "the instance is not entered");
    const ir::Signature& sig = module_.functions[func].sig;
    check(io.size() >= sig.params.size() && io.size() >= sig.results.size(), "argument row too short");
    io_ = io;
    std::vector<Cell> args;
    for (std::size_t i = 0; i < sig.params.size(); ++i) {
        args.push_back(import(sig.params[i].type, io[i], sig.params[i].ownership == ir::Ownership::Owned));
    }
    if (push_frame(func, args) == Step::Trapped) return unwind();
    return loop();
}

const Inst& Run::current_inst(const Frame& frame) const {
    return frame.fn->insts[frame.fn->blocks[frame.block].insts[frame.index]];
}

TrapCode Run::loop() {
    for (;;) {
        switch (dispatch(current_inst(frame()))) {
        case Step::Next: ++frame().index; break;
        case Step::Jumped: break;
        case Step::Trapped: return unwind();
        case Step::Finished: return TrapCode::None;
        }
    }
}

Run::Step Run::dispatch(const Inst& inst) {
    switch (inst.op) {
#define OP(name, text, operands, results, effects, consumes)                                                 \
    case Op::name: return exec(Tag<Op::name>(), inst);
#include "ir/op.def"
    }
    fail("no such operation");
}

void Run::fail(const std::string& text) const {
    std::string message = "interpreter: " + text;
    if (!frames_.empty()) {
        const Frame& at = frames_.back();
        message += ", in fn " + at.fn->name + ", b" + std::to_string(at.block.index());
        const auto& insts = at.fn->blocks[at.block].insts;
        if (at.index < insts.size())
            message += ", `" + ir::print_inst(module_, *at.fn, insts[at.index]) + "`";
    }
    TN_ICE(message);
}

// --- frames ---

Run::Step Run::push_frame(ir::FuncId func, std::span<const Cell> args) {
    const ir::Function& fn = module_.functions[func];
    std::uint64_t above =
        frames_.empty() ? reinterpret_cast<std::uintptr_t>(context_.fiber_stack) : frame().stack_pointer;
    std::uint64_t size = frame_bytes + value_bytes * fn.values.size();
    Frame next{func, &fn, fn.entry(), 0, cells_.size(), above > size ? above - size : 0};
    frames_.push_back(next);
    cells_.resize(cells_.size() + fn.values.size());
    const auto& params = fn.blocks[fn.entry()].params;
    for (std::size_t i = 0; i < params.size(); ++i) define(params[i], args[i]);
    // Code that traps while it is entered names the end of the first block as its place.
    std::size_t last = fn.blocks[fn.entry()].insts.size() - 1;
    frame().index = last;
    if (next.stack_pointer < context_.stack_limit.load(std::memory_order_relaxed)) {
        rt::rt_poll(&context_, reinterpret_cast<const void*>(next.stack_pointer));
        if (context_.trap_code != TrapCode::None) return Step::Trapped;
    }
    if (use_fuel() == Step::Trapped) return Step::Trapped;
    frame().index = 0;
    return Step::Jumped;
}

Run::Step Run::use_fuel(std::int64_t units) {
    if (instance_.mode != rt::CodeMode::Metered) return Step::Next;
    context_.fuel -= units;
    if (context_.fuel >= 0) return Step::Next;
    rt::rt_poll(&context_, reinterpret_cast<const void*>(frame().stack_pointer));
    return context_.trap_code == TrapCode::None ? Step::Next : Step::Trapped;
}

Run::Step Run::trap(TrapCode code, std::int64_t a, std::int64_t b) {
    context_.trap_code = code;
    context_.trap_a = a;
    context_.trap_b = b;
    return Step::Trapped;
}

TrapCode Run::unwind() {
    check_nothing_taken();
    TrapCode code = context_.trap_code;
    rt::TrapRecord* record = instance_.begin_trap_record();
    while (!frames_.empty()) {
        Frame& at = frame();
        for (std::size_t i = at.first_cell; i < cells_.size(); ++i) {
            Cell& owner = cells_[i];
            if (!owner.is_owned) continue;
            check_alive(owner);
            objects_.release(owner.slot.ref);
        }
        if (record) record->add_frame(&interpreter_.code_map(), current_inst(at).loc.value);
        cells_.resize(at.first_cell);
        frames_.pop_back();
    }
    instance_.finish_trap();
    context_.trap_code = TrapCode::None;
    return code;
}

void Run::finish(std::span<const Cell> results) {
    Frame& done = frame();
    for (std::size_t i = done.first_cell; i < cells_.size(); ++i) {
        if (cells_[i].is_owned)
            fail("v" + std::to_string(i - done.first_cell) + " is owned but never consumed");
    }
    cells_.resize(done.first_cell);
    frames_.pop_back();
    if (frames_.empty()) {
        for (std::size_t i = 0; i < results.size(); ++i) io_[i] = results[i].slot;
        return;
    }
    const Inst& call = current_inst(frame());
    for (unsigned i = 0; i < results.size(); ++i)
        define(ValueId(call.first_result.index() + std::size_t(i)), results[i]);
    ++frame().index;
}

// --- values ---

Cell& Run::operand_cell(const Inst& inst, unsigned i) {
    Cell& c = cell(frame().fn->operands_of(inst)[i]);
    check(c.is_defined, "operand without a value");
    return c;
}

Scalar Run::operand_type(const Inst& inst, unsigned i) const {
    const ir::Function& fn = *frames_.back().fn;
    return fn.values[fn.operands_of(inst)[i]].type;
}

void Run::check_alive(const Cell& c) const {
    check(c.slot.ref == nullptr || objects_.is_alive(c.slot.ref, c.serial),
          "reference to an object that was freed");
}

rt::Object* Run::object(const Inst& inst, unsigned i, bool nullable) {
    Cell& c = operand_cell(inst, i);
    check(nullable || c.slot.ref != nullptr, "null reference");
    check_alive(c);
    return c.slot.ref;
}

rt::Object* Run::consume(const Inst& inst, unsigned i, bool nullable) {
    rt::Object* ref = object(inst, i, nullable);
    Cell& c = operand_cell(inst, i);
    check(ref == nullptr || c.is_owned, "reference given away that the frame does not own");
    c.is_owned = false;
    return ref;
}

Cell Run::pass(Cell& from, Scalar type, bool owned) {
    check(from.is_defined, "operand without a value");
    Cell copy = from;
    copy.is_owned = false;
    if (type != Scalar::Ref || from.slot.ref == nullptr) return copy;
    check_alive(from);
    if (owned) {
        check(from.is_owned, "reference given away that the frame does not own");
        from.is_owned = false;
        copy.is_owned = true;
    }
    return copy;
}

void Run::define(ValueId value, const Cell& with) {
    Cell& c = cell(value);
    check(!c.is_owned, "owned reference is overwritten");
    c = with;
    c.is_defined = true;
}

Run::Step Run::set(const Inst& inst, rt::Slot slot) {
    Cell c;
    c.slot = slot;
    define(inst.first_result, c);
    return Step::Next;
}

Run::Step Run::set_ref(const Inst& inst, rt::Object* ref, bool owned, unsigned result) {
    Cell c;
    c.slot.ref = ref;
    c.serial = objects_.adopt(ref);
    c.is_owned = owned && ref != nullptr;
    define(ValueId(inst.first_result.index() + std::size_t(result)), c);
    return Step::Next;
}

Cell Run::import(Scalar type, rt::Slot slot, bool owned) {
    Cell c;
    c.slot = slot;
    if (is_integer(type)) {
        c.slot = int_slot(type, slot.i);
    } else if (type == Scalar::F32) {
        c.slot.u &= 0xffffffffu;
    } else if (type == Scalar::Ref) {
        c.serial = objects_.adopt(slot.ref);
        c.is_owned = owned && slot.ref != nullptr;
    } else if (type == Scalar::Ptr) {
        c.serial = host_memory;
    }
    return c;
}

// --- calls ---

Run::Step Run::exec(Tag<Op::Call>, const Inst& inst) {
    check_nothing_taken();
    ir::FuncId callee(static_cast<std::size_t>(inst.imm));
    const ir::Signature& sig = module_.functions[callee].sig;
    std::vector<Cell> args;
    for (unsigned i = 0; i < sig.params.size(); ++i) {
        args.push_back(
            pass(operand_cell(inst, i), sig.params[i].type, sig.params[i].ownership == ir::Ownership::Owned));
    }
    return push_frame(callee, args);
}

Run::Step Run::exec(Tag<Op::CallClosure>, const Inst& inst) {
    check_nothing_taken();
    const rt::ObjectDesc& desc = *object(inst, 0)->desc;
    check(desc.kind == rt::ObjectDesc::Kind::Closure, "call of an object that is no closure");
    const ir::FuncId callee(desc.func);
    const ir::Signature& sig = ir::signature_of(module_, inst);
    const ir::Signature& own = module_.functions[callee].sig;
    check(own.params.size() == sig.params.size() + 1 && own.results == sig.results &&
              std::equal(sig.params.begin(), sig.params.end(), own.params.begin() + 1),
          "closure of another signature");
    std::vector<Cell> args{pass(operand_cell(inst, 0), Scalar::Ref, false)};
    for (unsigned i = 0; i < sig.params.size(); ++i) {
        args.push_back(pass(operand_cell(inst, i + 1), sig.params[i].type,
                            sig.params[i].ownership == ir::Ownership::Owned));
    }
    return push_frame(callee, args);
}

Run::Step Run::exec(Tag<Op::Return>, const Inst& inst) {
    check_nothing_taken();
    std::vector<Cell> results;
    const auto& types = frame().fn->sig.results;
    for (unsigned i = 0; i < types.size(); ++i)
        results.push_back(pass(operand_cell(inst, i), types[i], true));
    finish(results);
    return frames_.empty() ? Step::Finished : Step::Jumped;
}

Run::Step Run::exec(Tag<Op::CallRuntime>, const Inst& inst) {
    check_nothing_taken();
    const RuntimeFnInfo& callee = runtime_fn_info(static_cast<RuntimeFn>(inst.imm));
    rt::Slot args[8], results[8] = {};
    check(callee.param_count() <= 8 && callee.result_count() <= 2, "runtime function with many parameters");
    for (unsigned i = 0; i < callee.param_count(); ++i) {
        if (callee.param(i).scalar == Scalar::Ref) object(inst, i);
        args[i] = operand(inst, i);
    }
    for (unsigned i = 0; i < callee.param_count(); ++i) {
        if (callee.param(i).owned) objects_.before_consumed(consume(inst, i));
    }
    runtime_call(static_cast<RuntimeFn>(inst.imm))(&context_, args, results);
    if (context_.trap_code != TrapCode::None) {
        check((callee.effects & ir::Traps) != 0, "runtime function failed that never fails");
        return Step::Trapped;
    }
    for (unsigned i = 0; i < callee.result_count(); ++i) {
        Scalar type = callee.result(i).scalar;
        check(type != Scalar::Ref || results[i].ref != nullptr, "runtime function answered null");
        define(ValueId(inst.first_result.index() + std::size_t(i)),
               import(type, results[i], callee.result(i).owned));
    }
    return Step::Next;
}

Run::Step Run::exec(Tag<Op::CallHost>, const Inst& inst) {
    check_nothing_taken();
    ir::HostFnId callee(static_cast<std::size_t>(inst.imm));
    const ir::Signature& sig = module_.host_fns[callee].sig;
    check(static_cast<bool>(interpreter_.host_call()), "no host functions were given");
    std::vector<rt::Slot> io(std::max({sig.params.size(), sig.results.size(), std::size_t(1)}));
    for (unsigned i = 0; i < sig.params.size(); ++i) {
        bool owned = sig.params[i].ownership == ir::Ownership::Owned;
        Cell arg = pass(operand_cell(inst, i), sig.params[i].type, owned);
        if (arg.is_owned) objects_.before_consumed(arg.slot.ref);
        io[i] = arg.slot;
    }
    // Where a script that the host calls in turn goes on.
    struct StackMark {
        rt::Context& context;
        void* saved;
        ~StackMark() { context.fiber_stack = saved; }
    } mark{context_, context_.fiber_stack};
    context_.fiber_stack = reinterpret_cast<void*>(frame().stack_pointer);
    std::uint32_t code = interpreter_.host_call()(&context_, callee, io.data());
    if (code != 0) {
        context_.trap_code = static_cast<TrapCode>(code);
        return Step::Trapped;
    }
    check(context_.trap_code == TrapCode::None, "host function left a trap behind");
    for (unsigned i = 0; i < sig.results.size(); ++i) {
        define(ValueId(inst.first_result.index() + std::size_t(i)), import(sig.results[i], io[i], true));
    }
    return Step::Next;
}

// --- checks ---

Run::Step Run::exec(Tag<Op::TrapIf>, const Inst& inst) {
    if (operand(inst, 0).u == 0) return Step::Next;
    check(!(inst.flags & ir::NoTrap), "trap where the optimizer saw none");
    bool has_payload = inst.operands.count == 3;
    return trap(static_cast<TrapCode>(inst.imm), has_payload ? operand(inst, 1).i : 0,
                has_payload ? operand(inst, 2).i : 0);
}

Run::Step Run::exec(Tag<Op::Bounds>, const Inst& inst) {
    std::int64_t index = operand(inst, 0).i, length = operand(inst, 1).i;
    if (index >= 0 && index < length) return Step::Next;
    check(!(inst.flags & ir::NoTrap), "trap where the optimizer saw none");
    return trap(TrapCode::IndexOutOfBounds, index, length);
}

std::int64_t Run::rounds_of(const Inst& poll) {
    const std::uint64_t distance = operand(poll, 1).u - operand(poll, 0).u;
    const auto step = operand(poll, 2).u;
    check(step != 0 && static_cast<std::int64_t>(distance) >= 0, "rounds of a loop that does not count");
    return static_cast<std::int64_t>(distance / step);
}

Run::Step Run::exec(Tag<Op::Poll>, const Inst& inst) {
    if (instance_.mode == rt::CodeMode::Metered && inst.aux == 2) return Step::Next;
    if (instance_.mode == rt::CodeMode::Metered) return use_fuel(inst.operands.count == 0 ? 1 : rounds_of(inst) * inst.imm);
    if (inst.aux == 1) return Step::Next;
    return poll_if_asked();
}

Run::Step Run::poll_if_asked() {
    if (context_.interrupt.load(std::memory_order_relaxed) == 0) return Step::Next;
    rt::rt_poll(&context_, reinterpret_cast<const void*>(frame().stack_pointer));
    return context_.trap_code == TrapCode::None ? Step::Next : Step::Trapped;
}

// --- block ends ---

Run::Step Run::enter_block(const ir::Target& target) {
    const ir::Function& fn = *frame().fn;
    const auto& params = fn.blocks[target.block].params;
    auto args = fn.args_of(target);
    // All arguments are read before any parameter changes. A borrowed argument is still alive: its
    // keeper may be an owned one beside it.
    std::vector<Cell> values(args.size());
    for (int owned = 0; owned < 2; ++owned) {
        for (std::size_t i = 0; i < args.size(); ++i) {
            const ir::Value& param = fn.values[params[i]];
            if ((param.ownership == ir::Ownership::Owned) == (owned == 1))
                values[i] = pass(cell(args[i]), param.type, owned == 1);
        }
    }
    for (std::size_t i = 0; i < params.size(); ++i) define(params[i], values[i]);
    frame().block = target.block;
    frame().index = 0;
    return Step::Jumped;
}

Run::Step Run::exec(Tag<Op::Jump>, const Inst& inst) { return enter_block(frame().fn->targets_of(inst)[0]); }

Run::Step Run::exec(Tag<Op::Branch>, const Inst& inst) {
    return enter_block(frame().fn->targets_of(inst)[operand(inst, 0).u != 0 ? 0 : 1]);
}

Run::Step Run::exec(Tag<Op::Switch>, const Inst& inst) {
    std::uint64_t value = operand(inst, 0).u; // a negative number is a large one here
    auto targets = frame().fn->targets_of(inst);
    return enter_block(targets[value < targets.size() - 1 ? value : targets.size() - 1]);
}

Run::Step Run::exec(Tag<Op::Trap>, const Inst& inst) {
    trap(static_cast<TrapCode>(inst.imm));
    if (inst.operands.count == 1) {
        rt::Object* text = consume(inst, 0);
        objects_.before_consumed(text);
        context_.trap_text = text;
    }
    return Step::Trapped;
}

Run::Step Run::exec(Tag<Op::Unreachable>, const Inst&) { fail("unreachable code was reached"); }

} // namespace tn::interp
