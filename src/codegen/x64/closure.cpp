// Boxes and closures: making them, reaching into them, calling through them. And the instance's hash seed.
#include "codegen/x64/x64.h"
#include "codegen/plans.h"

#include "runtime/entry_points.h"
#include "runtime/heap.h"
#include "support/ice.h"

namespace tn::codegen::x64 {

namespace {

x86::Mem field(unsigned reg, std::size_t offset, unsigned size = 8) {
    return x86::Mem(gp64(reg), static_cast<std::int32_t>(offset), size);
}

const ir::Desc& desc_of(const MachineFunction& mf, const ir::Inst& inst) {
    return mf.module->descs[ir::DescId(static_cast<std::size_t>(inst.imm))];
}

} // namespace

// --- the hash seed ---

void Describe::op(OpTag<Op::HashSeed>, const ir::Inst& inst) { out_.def(inst.first_result); }
void FunctionEmitter::op(OpTag<Op::HashSeed>, const ir::Inst&) {
    a_->mov(gp64(reg()), context_mem(offsetof(rt::Context, hash_seed), 8));
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
    const x86::Gp next = gp64(scratch_register);
    a_->mov(gp64(heap), context_mem(offsetof(rt::Context, heap), 8));
    a_->mov(gp64(dst), field(heap, place));
    a_->test(gp64(dst), gp64(dst));
    a_->jz(slow);
    a_->mov(next, field(dst, 0));
    a_->mov(field(heap, place), next);
    a_->inc(field(heap, place + layout.live));
}

// An object of inst.imm's description: count and description are written where a block waits. Else, which ends at
// `resume`, `helper` makes it whole, from the capacity of a list, if it is one, and the description.
void FunctionEmitter::make_object(const ir::Inst& inst, std::size_t size, unsigned dst, unsigned heap, Label resume,
                                  const void* helper, std::optional<std::int64_t> capacity) {
    Label slow = cold(resume, inst.loc, [this, dst, &inst, helper, capacity] {
        const RegMask live = live_across(inst_);
        keep_registers(live, false);
        if (capacity) load_imm(Rsi, *capacity, true);
        load_imm(capacity ? Rdx : Rsi, inst.imm, false);
        a_->mov(gp64(Rdi), gp64(context_register));
        call_cold_helper(helper);
        move_gp(dst, Rax, Scalar::Ref);
        keep_registers(live, true);
        a_->cmp(context_mem(offsetof(rt::Context, trap_code), 4), 0);
        a_->jne(trap(TrapCode::None, inst.loc));
    });
    if (size > rt::Heap::max_small) {
        a_->jmp(slow);
        return;
    }
    take_block(size, dst, heap, slow);
    a_->mov(gp64(scratch_register), context_mem(offsetof(rt::Context, descs), 8));
    a_->mov(gp64(scratch_register), field(scratch_register, static_cast<std::size_t>(inst.imm) * sizeof(void*)));
    a_->mov(field(dst, offsetof(rt::Object, count)), 1);
    a_->mov(field(dst, offsetof(rt::Object, desc)), gp64(scratch_register));
}

// A value from wherever it is to memory, as its machine type stands there.
void FunctionEmitter::store_from(Location from, Scalar type, x86::Mem to) {
    to.setSize(scalar_size(type));
    unsigned reg = scratch_register;
    if (from.is_register()) {
        reg = from.index;
    } else if (from.is_memory()) {
        a_->mov(gp64(reg), memory(from, 8));
    } else if (const ir::Inst& def = *mf_->def_inst(ir::ValueId(from.index)); def.op == Op::ConstFloat) {
        load_imm(reg, def.imm, is_wide(type));
    } else {
        make_constant(ir::ValueId(from.index), reg);
    }
    if (reg >= first_float_register) {
        const x86::Xmm x = xmm_of(reg);
        if (type == Scalar::F32) {
            cpu_.avx ? a_->vmovss(to, x) : a_->movss(to, x);
        } else {
            cpu_.avx ? a_->vmovsd(to, x) : a_->movsd(to, x);
        }
        return;
    }
    switch (scalar_size(type)) {
    case 1: a_->mov(to, gp8(reg)); return;
    case 2: a_->mov(to, x86::gpw(reg)); return;
    case 4: a_->mov(to, gp32(reg)); return;
    default: a_->mov(to, gp64(reg)); return;
    }
}

void FunctionEmitter::op(OpTag<Op::BoxNew>, const ir::Inst& inst) {
    const ir::Desc& desc = desc_of(*mf_, inst);
    const auto operands = mf_->fn->operands_of(inst);
    const Layout* layout = mf_->module->layouts->find(desc.type);
    if (!layout || layout->leaves.size() != operands.size()) module_.fail("leaves of another value");
    std::vector<Location> leaves;
    for (ir::ValueId v : operands) leaves.push_back(any(v));
    const unsigned dst = reg();
    if (desc.stride == 0) { // nothing tells one from another
        a_->lea(gp64(dst), context_mem(module_.image().empty_offset(static_cast<std::uint32_t>(inst.imm))));
        a_->inc(field(dst, offsetof(rt::Object, count)));
        return;
    }
    const unsigned heap = reg();
    Label resume = a_->newLabel();
    make_object(inst, sizeof(rt::Box) + desc.stride, dst, heap, resume, reinterpret_cast<const void*>(&rt::rt_box_new), {});
    a_->bind(resume);
    for (unsigned i = 0; i < operands.size(); ++i)
        store_from(leaves[i], layout->leaves[i].scalar, field(dst, sizeof(rt::Box) + layout->leaves[i].offset));
}

void Describe::op(OpTag<Op::BoxData>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    out_.def(inst.first_result);
}
void FunctionEmitter::op(OpTag<Op::BoxData>, const ir::Inst&) {
    const unsigned box = reg();
    a_->lea(gp64(reg()), field(box, sizeof(rt::Box)));
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
    a_->mov(gp64(scratch_register), field(plan_.args[0].index, offsetof(rt::Object, desc)));
    a_->call(field(scratch_register, offsetof(rt::ObjectDesc, code) + mode * sizeof(void*)));
    site(inst_, inst.loc);
    take_results(plan_.results, inst);
}

} // namespace tn::codegen::x64
