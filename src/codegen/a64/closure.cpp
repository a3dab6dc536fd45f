// Boxes and closures: making them, reaching into them, calling through them. And the instance's hash seed.
#include "codegen/a64/a64.h"
#include "codegen/plans.h"

#include "runtime/entry_points.h"
#include "runtime/heap.h"

namespace tn::codegen::a64 {

namespace {

const ir::Desc& desc_of(const MachineFunction& mf, const ir::Inst& inst) {
    return mf.module->descs[ir::DescId(static_cast<std::size_t>(inst.imm))];
}

} // namespace

// --- the hash seed ---

void Describe::op(OpTag<Op::HashSeed>, const ir::Inst& inst) { out_.def(inst.first_result); }
void FunctionEmitter::op(OpTag<Op::HashSeed>, const ir::Inst&) {
    a_.load64(reg(), context_place(offsetof(rt::Context, hash_seed)));
}

// --- boxes ---

void Describe::op(OpTag<Op::BoxNew>, const ir::Inst& inst) {
    // Late: the leaves are written when the object is there. If it cannot be made they are owned still.
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.late_any(arg(inst, i));
    out_.def(inst.first_result);
    if (desc_of(mf_, inst).stride == 0) return;
    out_.temp(RegClass::Int);
    out_.cold_call();
    out_.site();
}

// Takes the next block of the heap's list; goes to `slow`, having changed nothing, when there is none.
void FunctionEmitter::take_block(std::size_t size, unsigned dst, unsigned heap, Label slow) {
    const rt::Heap::Layout layout = rt::Heap::layout();
    const std::size_t place = layout.classes + rt::Heap::class_of(rt::Heap::block_size(size)) * layout.class_size;
    const unsigned next = scratch_register;
    a_.load64(heap, context_place(offsetof(rt::Context, heap)));
    if (layout.live == 8 && place <= 504) { // both at once
        a_.ldp(x(dst), x(next), jit::ptr(x(heap), static_cast<std::int32_t>(place)));
        a_.branch_zero(dst, true, true, slow);
        a_.load64(address_register, field(dst, 0));
        a_.add(x(next), x(next), 1);
        a_.stp(x(address_register), x(next), jit::ptr(x(heap), static_cast<std::int32_t>(place)));
        return;
    }
    a_.load64(dst, field(heap, place));
    a_.branch_zero(dst, true, true, slow);
    a_.load64(next, field(dst, 0));
    a_.store64(next, field(heap, place));
    a_.load64(next, field(heap, place + layout.live));
    a_.add(x(next), x(next), 1);
    a_.store64(next, field(heap, place + layout.live));
}

// A value from wherever it is to memory, as its machine type stands there.
void FunctionEmitter::store_from(Location from, Scalar type, const Place& to) {
    unsigned reg = scratch_register;
    if (from.is_register()) {
        reg = from.index;
    } else if (from.is_memory()) {
        a_.load64(reg, place(from));
    } else if (const ir::Inst& def = *mf_->def_inst(ir::ValueId(from.index)); def.op == Op::ConstFloat) {
        a_.load_imm(reg, def.imm, is_wide(type));
    } else if (Selection(*mf_).is_zero(ir::ValueId(from.index))) {
        a_.store_zero(type, to);
        return;
    } else {
        make_constant(ir::ValueId(from.index), reg);
    }
    a_.store(type, reg, to);
}

void FunctionEmitter::op(OpTag<Op::BoxNew>, const ir::Inst& inst) {
    const ir::Desc& desc = desc_of(*mf_, inst);
    const auto operands = mf_->fn->operands_of(inst);
    const Layout* layout = mf_->module->layouts->find(desc.type);
    if (!layout || layout->leaves.size() != operands.size()) module_.fail("leaves of another value");
    std::vector<Location> leaves;
    for (ir::ValueId value : operands) leaves.push_back(any(value));
    const unsigned dst = reg(), count = scratch_register;
    if (desc.stride == 0) { // nothing tells one from another
        a_.add_imm(dst, context_register, module_.image().empty_offset(static_cast<std::uint32_t>(inst.imm)));
        a_.load64(count, field(dst, offsetof(rt::Object, count)));
        a_.add(x(count), x(count), 1);
        a_.store64(count, field(dst, offsetof(rt::Object, count)));
        return;
    }
    const unsigned heap = reg();
    Label resume = a_.newLabel();
    Label slow = cold(resume, inst.loc, [this, dst, desc_id = inst.imm, loc = inst.loc] {
        const RegMask live = live_across(inst_);
        keep_registers(live, false);
        a_.load_imm(X1, desc_id, false);
        a_.mov(x(X0), x(context_register));
        call_cold_helper(reinterpret_cast<const void*>(&rt::rt_box_new));
        move_gp(dst, X0, Scalar::Ref);
        keep_registers(live, true);
        test_trap_code(loc);
    });
    const std::size_t size = sizeof(rt::Box) + desc.stride;
    if (size <= rt::Heap::max_small) {
        take_block(size, dst, heap, slow);
    } else {
        a_.b(slow);
    }
    a_.bind(resume);
    a_.load64(scratch_register, context_place(offsetof(rt::Context, descs)));
    a_.load64(scratch_register, field(scratch_register, static_cast<std::size_t>(inst.imm) * sizeof(void*)));
    static_assert(offsetof(rt::Object, desc) == offsetof(rt::Object, count) + 8);
    a_.load_imm(address_register, 1, true);
    a_.stp(x(address_register), x(scratch_register), jit::ptr(x(dst), offsetof(rt::Object, count)));
    for (unsigned i = 0; i < operands.size(); ++i) {
        const std::size_t at = sizeof(rt::Box) + layout->leaves[i].offset;
        // Two neighbours at once.
        auto in_gp = [&](unsigned leaf) {
            return leaves[leaf].is_register() && leaves[leaf].index < first_float_register &&
                   scalar_size(layout->leaves[leaf].scalar) == 8;
        };
        if (i + 1 < operands.size() && in_gp(i) && in_gp(i + 1) && at % 8 == 0 && at <= 504 &&
            layout->leaves[i + 1].offset == layout->leaves[i].offset + 8) {
            a_.stp(x(leaves[i].index), x(leaves[i + 1].index), jit::ptr(x(dst), static_cast<std::int32_t>(at)));
            ++i;
            continue;
        }
        store_from(leaves[i], layout->leaves[i].scalar, field(dst, at));
    }
}

void Describe::op(OpTag<Op::BoxData>, const ir::Inst& inst) { registers(inst); }
void FunctionEmitter::op(OpTag<Op::BoxData>, const ir::Inst&) {
    const unsigned box = reg();
    a_.add_imm(reg(), box, sizeof(rt::Box));
}

// --- calls of closures ---

void Describe::op(OpTag<Op::CallClosure>, const ir::Inst& inst) {
    CallPlan plan;
    plan_closure(script_convention(), mf_, inst, plan);
    call(inst, plan, 0);
    out_.outgoing(plan.stack_count);
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::CallClosure>, const ir::Inst& inst) {
    plan_closure(script_convention(), *mf_, inst, plan_);
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i)
        moves_.add(any(operands[i]), plan_.args[i], mf_->type_of(operands[i]));
    flush_moves();
    const auto mode = static_cast<std::size_t>(module_.options().mode);
    a_.load64(scratch_register, field(plan_.args[0].index, offsetof(rt::Object, desc)));
    a_.load64(scratch_register,
              field(scratch_register, offsetof(rt::ObjectDesc, code) + mode * sizeof(void*)));
    a_.blr(x(scratch_register));
    site(inst_, inst.loc);
    take_results(plan_.results, inst);
}

} // namespace tn::codegen::a64
