// Loads, stores, addresses, reference counts and sequences.
#include "codegen/x64/x64.h"

#include "runtime/entry_points.h"
#include "runtime/heap.h"
#include "runtime/object.h"
#include "runtime/program.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {
x86::Mem field(unsigned reg, std::size_t offset) {
    return x86::Mem(gp64(reg), static_cast<std::int32_t>(offset), 8);
}
constexpr std::size_t count_offset = offsetof(rt::Object, count);
const void* address_of(void (*fn)(rt::Context*, rt::Object*) noexcept) {
    return reinterpret_cast<const void*>(fn);
}
} // namespace

// --- constants: made where they are needed, never by themselves ---

void Describe::op(OpTag<Op::ConstInt>, const ir::Inst&) {}
void Describe::op(OpTag<Op::ConstFloat>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Null>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Literal>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Empty>, const ir::Inst&) {}
void Describe::op(OpTag<Op::InstanceData>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Table>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::ConstInt>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::ConstFloat>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Null>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Literal>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Empty>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::InstanceData>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Table>, const ir::Inst&) {}

// --- addresses ---

void Describe::op(OpTag<Op::ElemAddr>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    std::int64_t index;
    if (!mf_.find_int(arg(inst, 1), index) || !fits_int32(index) || !fits_int32(index * inst.imm))
        out_.use(arg(inst, 1));
    out_.def(inst.first_result);
}

void FunctionEmitter::op(OpTag<Op::ElemAddr>, const ir::Inst& inst) {
    const unsigned base = reg();
    std::int64_t constant;
    if (mf_->find_int(mf_->fn->operands_of(inst)[1], constant) && fits_int32(constant) &&
        fits_int32(constant * inst.imm)) {
        a_->lea(gp64(reg()), x86::ptr(gp64(base), static_cast<std::int32_t>(constant * inst.imm)));
        return;
    }
    const unsigned index = reg(), dst = reg();
    // stride = outer * inner with inner one of lea's 3, 5, 9 and outer one of its scales
    auto shift_of = [](std::int64_t scale) {
        return scale == 8 ? 3u : scale == 4 ? 2u : scale == 2 ? 1u : 0u;
    };
    auto is_scale = [](std::int64_t scale) { return scale == 1 || scale == 2 || scale == 4 || scale == 8; };
    if (is_scale(inst.imm)) {
        a_->lea(gp64(dst), x86::ptr(gp64(base), gp64(index), shift_of(inst.imm)));
        return;
    }
    x86::Gp s = gp64(scratch_register);
    for (std::int64_t factor : {3, 5, 9}) {
        if (inst.imm % factor != 0) continue;
        std::int64_t rest = inst.imm / factor;
        if ((rest & (rest - 1)) != 0) continue;
        a_->lea(s, x86::ptr(gp64(index), gp64(index), factor == 3 ? 1 : factor == 5 ? 2 : 3));
        if (!is_scale(rest)) {
            a_->shl(s, std::countr_zero(static_cast<std::uint64_t>(rest)));
            rest = 1;
        }
        a_->lea(gp64(dst), x86::ptr(gp64(base), s, shift_of(rest)));
        return;
    }
    if (inst.imm > 0 && (inst.imm & (inst.imm - 1)) == 0) {
        a_->mov(s, gp64(index));
        a_->shl(s, std::countr_zero(static_cast<std::uint64_t>(inst.imm)));
    } else if (fits_int32(inst.imm)) {
        a_->imul(s, gp64(index), asmjit::imm(inst.imm));
    } else {
        a_->mov(s, asmjit::imm(inst.imm));
        a_->imul(s, gp64(index));
    }
    a_->lea(gp64(dst), x86::ptr(gp64(base), s));
}

// --- loads and stores ---

void Describe::op(OpTag<Op::Load>, const ir::Inst& inst) {
    address(inst);
    out_.def(inst.first_result);
}

void FunctionEmitter::load(Scalar type, unsigned dst, const x86::Mem& at) {
    x86::Mem mem = at;
    mem.setSize(scalar_size(type));
    switch (type) {
    case Scalar::Void: return;
    case Scalar::Bool:
    case Scalar::U8:
    case Scalar::U16: a_->movzx(gp32(dst), mem); return;
    case Scalar::I8:
    case Scalar::I16: a_->movsx(gp32(dst), mem); return;
    case Scalar::I32:
    case Scalar::U32: a_->mov(gp32(dst), mem); return;
    case Scalar::I64:
    case Scalar::U64:
    case Scalar::Ref:
    case Scalar::Ptr: a_->mov(gp64(dst), mem); return;
    case Scalar::F32: cpu_.avx ? a_->vmovss(xmm_of(dst), mem) : a_->movss(xmm_of(dst), mem); return;
    case Scalar::F64: cpu_.avx ? a_->vmovsd(xmm_of(dst), mem) : a_->movsd(xmm_of(dst), mem); return;
    }
}

void FunctionEmitter::op(OpTag<Op::Load>, const ir::Inst& inst) {
    x86::Mem mem = address(inst);
    load(inst.type, reg(), mem);
}

namespace {
bool is_checked_sum(const ir::Inst& inst) {
    return (inst.op == Op::Add || inst.op == Op::Sub) && (inst.flags & ir::NoTrap) == 0;
}
// Constants that a store takes as an immediate.
bool find_store_imm(const MachineFunction& mf, ir::ValueId value, std::int64_t& out) {
    const ir::Inst* def = mf.def_inst(value);
    if (def && def->op == Op::ConstFloat) {
        out = def->type == Scalar::F32 ? static_cast<std::int32_t>(def->imm) : def->imm;
    } else if (!mf.find_int(value, out)) {
        return false;
    }
    return scalar_size(mf.type_of(value)) < 8 || fits_int32(out);
}
} // namespace

void Describe::op(OpTag<Op::Store>, const ir::Inst& inst) {
    address(inst);
    if (const ir::Inst* change = find_change(mf_, inst)) {
        if (!Selection(mf_).is_imm32(arg(*change, 1))) out_.use(arg(*change, 1));
        if (is_checked_sum(*change)) out_.site();
        return;
    }
    std::int64_t unused;
    if (!find_store_imm(mf_, arg(inst, 1), unused)) out_.use(arg(inst, 1));
}

void FunctionEmitter::store(Scalar type, const x86::Mem& at, ir::ValueId value) {
    x86::Mem mem = at;
    mem.setSize(scalar_size(type));
    std::int64_t constant;
    if (find_store_imm(*mf_, value, constant)) {
        switch (scalar_size(type)) {
        case 1: constant = static_cast<std::int8_t>(constant); break;
        case 2: constant = static_cast<std::int16_t>(constant); break;
        case 4: constant = static_cast<std::int32_t>(constant); break;
        default: break;
        }
        a_->mov(mem, asmjit::imm(constant));
        return;
    }
    const unsigned src = reg();
    if (type == Scalar::F32) {
        cpu_.avx ? a_->vmovss(mem, xmm_of(src)) : a_->movss(mem, xmm_of(src));
    } else if (type == Scalar::F64) {
        cpu_.avx ? a_->vmovsd(mem, xmm_of(src)) : a_->movsd(mem, xmm_of(src));
    } else {
        switch (scalar_size(type)) {
        case 1: a_->mov(mem, gp8(src)); return;
        case 2: a_->mov(mem, x86::gpw(src)); return;
        case 4: a_->mov(mem, gp32(src)); return;
        default: a_->mov(mem, gp64(src)); return;
        }
    }
}

// The change is made in memory; one that overflows is taken back before the trap.
void FunctionEmitter::change_memory(const ir::Inst& change, const x86::Mem& at) {
    const bool subtracts = change.op == Op::Sub || change.op == Op::WrapSub;
    const asmjit::InstId id = change.op == Op::And   ? Inst::kIdAnd
                              : change.op == Op::Or  ? Inst::kIdOr
                              : change.op == Op::Xor ? Inst::kIdXor
                              : subtracts            ? Inst::kIdSub
                                                     : Inst::kIdAdd;
    x86::Mem mem = at;
    const unsigned size = scalar_size(change.type);
    mem.setSize(size);
    asmjit::Operand by;
    std::int32_t constant = 0;
    if (Selection(*mf_).find_imm32(mf_->fn->operands_of(change)[1], constant)) {
        by = asmjit::imm(size == 1 ? static_cast<std::int8_t>(constant) : size == 2 ? static_cast<std::int16_t>(constant) : constant);
    } else {
        const unsigned src = reg();
        by = size == 1 ? x86::Gp(gp8(src)) : size == 2 ? x86::Gp(x86::gpw(src)) : gp_of(src, size == 8);
    }
    a_->emit(id, mem, by);
    if (!is_checked_sum(change)) return;
    const ir::LocId loc = change.loc;
    Label overflown = cold(Label(), loc, [this, id, mem, by, loc] {
        a_->emit(id == Inst::kIdAdd ? Inst::kIdSub : Inst::kIdAdd, mem, by);
        a_->jmp(trap(TrapCode::IntegerOverflow, loc));
    });
    is_signed(change.type) ? a_->jo(overflown) : a_->jc(overflown);
}

void FunctionEmitter::op(OpTag<Op::Store>, const ir::Inst& inst) {
    x86::Mem mem = address(inst);
    if (const ir::Inst* change = find_change(*mf_, inst)) {
        change_memory(*change, mem);
        return;
    }
    ir::ValueId value = mf_->fn->operands_of(inst)[1];
    store(mf_->type_of(value), mem, value);
}

// --- reference counts ---

void Describe::op(OpTag<Op::Retain>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
}

void FunctionEmitter::op(OpTag<Op::Retain>, const ir::Inst& inst) {
    const unsigned ref = reg(), dst = reg();
    Label skip;
    if (inst.flags & ir::Nullable) {
        skip = a_->newLabel();
        a_->test(gp64(ref), gp64(ref));
        a_->short_().jz(skip);
    }
    a_->inc(field(ref, count_offset));
    if (skip.isValid()) a_->bind(skip);
    move_gp(dst, ref, Scalar::Ref);
}

void Describe::op(OpTag<Op::Release>, const ir::Inst& inst) {
    if (mf_.is_constant(arg(inst, 0))) { // null
        std::int64_t unused;
        if (mf_.find_int(arg(inst, 0), unused)) return;
    }
    out_.use(arg(inst, 0), Rsi);
    out_.cold_call();
}

void FunctionEmitter::op(OpTag<Op::Release>, const ir::Inst& inst) {
    std::int64_t unused;
    if (mf_->find_int(mf_->fn->operands_of(inst)[0], unused)) return;
    const unsigned ref = reg();
    Label resume = a_->newLabel();
    if (inst.flags & ir::Nullable) {
        a_->test(gp64(ref), gp64(ref));
        a_->jz(resume);
    }
    a_->dec(field(ref, count_offset));
    a_->jz(cold(resume, inst.loc, [this, ref, at = inst_] {
        keep_registers(live_across(at), false);
        move_gp(Rsi, ref, Scalar::Ref);
        a_->mov(gp64(Rdi), gp64(context_register));
        call_cold_helper(address_of(rt::rt_free_object));
        keep_registers(live_across(at), true);
    }));
    a_->bind(resume);
}

void Describe::op(OpTag<Op::Unique>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
    out_.cold_call();
    out_.site();
}

// The slow path of an operation whose list is in `ref` and becomes `dst`.
void FunctionEmitter::call_list_helper(const void* helper, unsigned ref, unsigned dst, std::int64_t desc,
                                       ir::LocId loc) {
    const RegMask live = live_across(inst_);
    keep_registers(live, false);
    move_gp(Rsi, ref, Scalar::Ref);
    load_imm(Rdx, desc, false);
    a_->mov(gp64(Rdi), gp64(context_register));
    call_cold_helper(helper);
    move_gp(dst, Rax, Scalar::Ref);
    keep_registers(live, true);
    a_->cmp(context_mem(offsetof(rt::Context, trap_code), 4), 0);
    a_->jne(trap(TrapCode::None, loc));
}

void FunctionEmitter::op(OpTag<Op::Unique>, const ir::Inst& inst) {
    const unsigned ref = reg(), dst = reg();
    Label resume = a_->newLabel();
    a_->cmp(field(ref, count_offset), 1);
    move_gp(dst, ref, Scalar::Ref);
    a_->jne(cold(resume, inst.loc, [this, dst, inst = &inst] {
        call_list_helper(reinterpret_cast<const void*>(&rt::rt_unique), dst, dst, inst->imm, inst->loc);
    }));
    a_->bind(resume);
}

void Describe::op(OpTag<Op::UniqueAt>, const ir::Inst& inst) {
    out_.late_use(arg(inst, 0)); // the slow path needs the address after the reference is read
    out_.def(inst.first_result);
    out_.cold_call();
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::UniqueAt>, const ir::Inst& inst) {
    const unsigned place = reg(), dst = reg();
    Label resume = a_->newLabel();
    a_->mov(gp64(dst), field(place, 0));
    a_->cmp(field(dst, count_offset), 1);
    a_->jne(cold(resume, inst.loc, [this, place, dst, inst = &inst] {
        call_list_helper(reinterpret_cast<const void*>(&rt::rt_unique_at), place, dst, inst->imm, inst->loc);
    }));
    a_->bind(resume);
}

void Describe::op(OpTag<Op::Owners>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    out_.def(inst.first_result);
}
void FunctionEmitter::op(OpTag<Op::Owners>, const ir::Inst&) {
    const unsigned ref = reg();
    a_->mov(gp64(reg()), field(ref, count_offset));
}

// --- sequences ---

void Describe::op(OpTag<Op::SeqLen>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    out_.def(inst.first_result);
}
void FunctionEmitter::op(OpTag<Op::SeqLen>, const ir::Inst&) {
    const unsigned list = reg();
    a_->mov(gp64(reg()), field(list, offsetof(rt::Seq, length)));
}
void Describe::op(OpTag<Op::SeqData>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    out_.def(inst.first_result);
}
void FunctionEmitter::op(OpTag<Op::SeqData>, const ir::Inst&) {
    const unsigned list = reg();
    a_->mov(gp64(reg()), field(list, offsetof(rt::Seq, data)));
}

void Describe::op(OpTag<Op::View>, const ir::Inst& inst) {
    out_.use(arg(inst, 0));
    out_.use(arg(inst, 1));
    out_.def(inst.first_result);
    out_.view();
}
void FunctionEmitter::op(OpTag<Op::View>, const ir::Inst&) {
    const unsigned bytes = reg(), length = reg(), dst = reg();
    const std::int32_t begin = frame_->view_offset(views_++);
    const auto header = [begin](std::size_t offset) { return x86::qword_ptr(x86::rbp, begin + static_cast<std::int32_t>(offset)); };
    a_->mov(gp64(scratch_register), context_mem(offsetof(rt::Context, descs), 8));
    a_->mov(gp64(scratch_register), field(scratch_register, rt::string_desc_id * sizeof(void*)));
    a_->mov(header(offsetof(rt::Seq, count)), rt::view_count);
    a_->mov(header(offsetof(rt::Seq, desc)), gp64(scratch_register));
    a_->mov(header(offsetof(rt::Seq, length)), gp64(length));
    a_->mov(header(offsetof(rt::Seq, capacity)), 0);
    a_->mov(header(offsetof(rt::Seq, data)), gp64(bytes));
    a_->lea(gp64(dst), header(0));
}

void Describe::op(OpTag<Op::Bounds>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    if (!sel_.is_imm32(arg(inst, 0))) out_.use(arg(inst, 0));
    if (mf_.is_constant(arg(inst, 1)) && sel_.is_imm32(arg(inst, 0))) {
        out_.use(arg(inst, 1));
    } else {
        rm(arg(inst, 1));
    }
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Bounds>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    auto operands = mf_->fn->operands_of(inst);
    Selection sel(*mf_);
    std::int32_t index;
    if (sel.find_imm32(operands[0], index)) {
        Rm length;
        if (mf_->is_constant(operands[1])) {
            length.reg = reg();
        } else {
            length = rm(operands[1]);
        }
        Payload size;
        if (length.kind == Rm::Reg) {
            a_->cmp(gp64(length.reg), index);
            size = {Payload::Reg, length.reg, 0, {}};
        } else {
            a_->cmp(length.mem, index);
            size = {Payload::Memory, 0, 0, length.mem};
        }
        a_->jbe(trap(TrapCode::IndexOutOfBounds, inst.loc, {Payload::Imm, 0, index, {}}, size));
        return;
    }
    const unsigned at = reg();
    Rm length = rm(operands[1]);
    alu(Inst::kIdCmp, at, length, true);
    Payload size = length.kind == Rm::Reg   ? Payload{Payload::Reg, length.reg, 0, {}}
                   : length.kind == Rm::Imm ? Payload{Payload::Imm, 0, length.imm, {}}
                                            : Payload{Payload::Memory, 0, 0, length.mem};
    a_->jae(trap(TrapCode::IndexOutOfBounds, inst.loc, {Payload::Reg, at, 0, {}}, size));
}

void Describe::op(OpTag<Op::ListGrow>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
    out_.cold_call();
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::ListGrow>, const ir::Inst& inst) {
    const unsigned ref = reg(), dst = reg();
    Label resume = a_->newLabel();
    Label slow = cold(resume, inst.loc, [this, dst, inst = &inst] {
        call_list_helper(reinterpret_cast<const void*>(&rt::rt_list_grow), dst, dst, inst->aux + 1, inst->loc);
    });
    move_gp(dst, ref, Scalar::Ref);
    if (!(inst.flags & ir::Unshared)) {
        a_->cmp(field(dst, count_offset), 1);
        a_->jne(slow);
    }
    a_->mov(gp64(scratch_register), field(dst, offsetof(rt::Seq, length)));
    if (inst.aux) a_->add(gp64(scratch_register), inst.aux);
    a_->cmp(gp64(scratch_register), field(dst, offsetof(rt::Seq, capacity)));
    a_->jge(slow);
    a_->bind(resume);
}

void Describe::op(OpTag<Op::SeqSetLen>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    if (!sel_.is_imm32(arg(inst, 1))) out_.use(arg(inst, 1));
    out_.def(inst.first_result, first);
}

void FunctionEmitter::op(OpTag<Op::SeqSetLen>, const ir::Inst& inst) {
    const unsigned list = reg();
    std::int32_t length;
    if (Selection(*mf_).find_imm32(mf_->fn->operands_of(inst)[1], length)) {
        a_->mov(field(list, offsetof(rt::Seq, length)), asmjit::imm(length));
    } else {
        a_->mov(field(list, offsetof(rt::Seq, length)), gp64(reg()));
    }
    move_gp(reg(), list, Scalar::Ref);
}

// --- new lists ---

namespace {

// The bytes of a new list whose block is one of the heap's small ones, known here; 0 if it is not.
std::size_t short_list(const MachineFunction& mf, const ir::Inst& inst) {
    std::int64_t capacity = 0;
    const ir::Desc& desc = mf.module->descs[ir::DescId(static_cast<std::size_t>(inst.imm))];
    if (!mf.find_int(mf.fn->operands_of(inst)[0], capacity) || capacity < 1 || desc.stride == 0 ||
        capacity > static_cast<std::int64_t>(rt::Heap::max_small / desc.stride))
        return 0;
    const std::size_t size = sizeof(rt::Seq) + static_cast<std::size_t>(capacity) * desc.stride;
    return size <= rt::Heap::max_small ? size : 0;
}

} // namespace

void Describe::op(OpTag<Op::ListNew>, const ir::Inst& inst) {
    if (short_list(mf_, inst) != 0) {
        out_.def(inst.first_result);
        out_.temp(RegClass::Int);
        out_.cold_call();
        out_.site();
        return;
    }
    out_.any(arg(inst, 0), Rsi);
    out_.def_anywhere(inst.first_result, Rax);
    out_.clobber(caller_saved());
    out_.site();
}

// What rt_list_new does, where a block waits.
void FunctionEmitter::make_short_list(const ir::Inst& inst, std::size_t size) {
    const unsigned dst = reg(), heap = reg();
    Label resume = a_->newLabel();
    std::int64_t wanted = 0;
    mf_->find_int(mf_->fn->operands_of(inst)[0], wanted);
    make_object(inst, size, dst, heap, resume, reinterpret_cast<const void*>(&rt::rt_list_new), wanted);
    const std::size_t stride = mf_->module->descs[ir::DescId(static_cast<std::size_t>(inst.imm))].stride;
    a_->mov(field(dst, offsetof(rt::Seq, length)), 0);
    a_->mov(field(dst, offsetof(rt::Seq, capacity)), asmjit::imm((rt::Heap::block_size(size) - sizeof(rt::Seq)) / stride));
    a_->lea(gp64(scratch_register), field(dst, sizeof(rt::Seq)));
    a_->mov(field(dst, offsetof(rt::Seq, data)), gp64(scratch_register));
    a_->bind(resume);
}

void FunctionEmitter::op(OpTag<Op::ListNew>, const ir::Inst& inst) {
    if (const std::size_t size = short_list(*mf_, inst)) return make_short_list(inst, size);
    Location capacity = any(mf_->fn->operands_of(inst)[0]);
    enter_host_stack(0);
    if (!(capacity == Location::reg(Rsi))) move(capacity, Location::reg(Rsi), Scalar::I64);
    load_imm(Rdx, inst.imm, false);
    a_->mov(gp64(Rdi), gp64(context_register));
    call_address(reinterpret_cast<const void*>(&rt::rt_list_new));
    leave_host_stack();
    test_trap_code(inst.loc);
    take_results({Location::reg(Rax)}, inst);
}

} // namespace tn::codegen::x64
