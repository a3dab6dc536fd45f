// Loads, stores, addresses, reference counts and sequences.
#include "codegen/a64/a64.h"

#include "runtime/entry_points.h"
#include "runtime/object.h"
#include "runtime/program.h"

#include <bit>

namespace tn::codegen::a64 {

namespace {
constexpr std::size_t count_offset = offsetof(rt::Object, count);
const void* address_of(void (*fn)(rt::Context*, rt::Object*) noexcept) {
    return reinterpret_cast<const void*>(fn);
}
} // namespace

// --- constants: made where they are needed, by themselves only in front of a loop that keeps them ---

void Describe::op(OpTag<Op::ConstInt>, const ir::Inst&) {}
void Describe::op(OpTag<Op::ConstFloat>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Null>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Literal>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Empty>, const ir::Inst&) {}
void Describe::op(OpTag<Op::InstanceData>, const ir::Inst&) {}
void Describe::op(OpTag<Op::Table>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::ConstInt>, const ir::Inst& inst) {
    make_constant(inst.first_result, reg());
}
void FunctionEmitter::op(OpTag<Op::ConstFloat>, const ir::Inst& inst) {
    make_constant(inst.first_result, reg());
}
void FunctionEmitter::op(OpTag<Op::Null>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Literal>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Empty>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::InstanceData>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Table>, const ir::Inst&) {}

// --- addresses ---

namespace {
bool find_distance(const MachineFunction& mf, const ir::Inst& elem, std::int64_t& out) {
    std::int64_t index;
    return mf.find_int(mf.fn->operands_of(elem)[1], index) && !__builtin_mul_overflow(index, elem.imm, &out);
}
} // namespace

void Describe::op(OpTag<Op::ElemAddr>, const ir::Inst& inst) {
    if (multiplied(inst)) return;
    out_.use(arg(inst, 0));
    std::int64_t unused;
    if (!find_distance(mf_, inst, unused)) out_.use(arg(inst, 1));
    out_.def(inst.first_result);
}

void FunctionEmitter::op(OpTag<Op::ElemAddr>, const ir::Inst& inst) {
    if (Selection(*mf_).product_operand(inst).product) {
        add_product(true, true);
        return;
    }
    const unsigned base = reg();
    std::int64_t distance;
    if (find_distance(*mf_, inst, distance)) {
        a_.add_imm(reg(), base, distance);
        return;
    }
    const unsigned index = reg(), dst = reg();
    const auto stride = static_cast<std::uint64_t>(inst.imm);
    if (inst.imm > 0 && std::has_single_bit(stride)) {
        a_.add(x(dst), x(base), x(index),
               asmjit::arm::lsl(static_cast<std::uint32_t>(std::countr_zero(stride))));
        return;
    }
    // (1 + 2^n) << m is two additions.
    const unsigned zeroes = inst.imm > 0 ? static_cast<unsigned>(std::countr_zero(stride)) : 0;
    const std::uint64_t odd = stride >> zeroes;
    if (inst.imm > 0 && std::has_single_bit(odd - 1)) {
        const auto power = static_cast<std::uint32_t>(std::countr_zero(odd - 1));
        a_.add(x(address_register), x(index), x(index), asmjit::arm::lsl(power));
        a_.add(x(dst), x(base), x(address_register), asmjit::arm::lsl(zeroes));
        return;
    }
    a_.load_imm(address_register, inst.imm, true);
    a_.madd(x(dst), x(index), x(address_register), x(base));
}

// --- loads and stores ---

void Describe::op(OpTag<Op::Load>, const ir::Inst& inst) {
    address(inst);
    out_.def(inst.first_result);
    if (const ir::Inst* next = mf_.joined_to(inst)) out_.def(next->first_result);
}

void FunctionEmitter::op(OpTag<Op::Load>, const ir::Inst& inst) {
    const Place at = address(inst);
    const ir::Inst* next = mf_->joined_to(inst);
    if (!next) {
        a_.load(inst.type, reg(), at);
        return;
    }
    unsigned low = reg(), high = reg();
    if (next->imm < inst.imm) std::swap(low, high);
    const jit::Mem there = jit::ptr(x(at.base), static_cast<std::int32_t>(std::min(next->imm, inst.imm)));
    if (is_float(inst.type)) {
        a_.ldp(fp_of(low, inst.type), fp_of(high, inst.type), there);
    } else {
        a_.ldp(gp_of(low, is_wide(inst.type)), gp_of(high, is_wide(inst.type)), there);
    }
}

namespace {
bool stores_zero(const MachineFunction& mf, ir::ValueId value) {
    const ir::Inst* def = mf.def_inst(value);
    return Selection(mf).is_zero(value) || (def && def->op == Op::ConstFloat && def->imm == 0);
}
} // namespace

void Describe::op(OpTag<Op::Store>, const ir::Inst& inst) {
    address(inst);
    if (!stores_zero(mf_, arg(inst, 1))) out_.use(arg(inst, 1));
    if (const ir::Inst* next = mf_.joined_to(inst); next && !stores_zero(mf_, arg(*next, 1)))
        out_.use(arg(*next, 1));
}

void FunctionEmitter::store_pair(const ir::Inst& inst, const ir::Inst& next, const Place& at) {
    const Scalar type = mf_->type_of(mf_->fn->operands_of(inst)[1]);
    auto source = [&](const ir::Inst& store) -> jit::Reg {
        if (stores_zero(*mf_, mf_->fn->operands_of(store)[1])) return zero_of(is_wide(type));
        const unsigned from = reg();
        return is_float(type) ? jit::Reg(fp_of(from, type)) : jit::Reg(gp_of(from, is_wide(type)));
    };
    jit::Reg low = source(inst), high = source(next);
    if (next.imm < inst.imm) std::swap(low, high);
    const bool floats = low.isVec();
    a_.emit(floats ? jit::Inst::kIdStp_v : jit::Inst::kIdStp, low, high,
            jit::ptr(x(at.base), static_cast<std::int32_t>(std::min(next.imm, inst.imm))));
}

void FunctionEmitter::op(OpTag<Op::Store>, const ir::Inst& inst) {
    const Place at = address(inst);
    const ir::ValueId value = mf_->fn->operands_of(inst)[1];
    if (const ir::Inst* next = mf_->joined_to(inst)) {
        store_pair(inst, *next, at);
        return;
    }
    if (stores_zero(*mf_, value)) {
        a_.store_zero(mf_->type_of(value), at);
    } else {
        a_.store(mf_->type_of(value), reg(), at);
    }
}

// --- reference counts ---

void Describe::op(OpTag<Op::Retain>, const ir::Inst& inst) {
    if (mf_.is_constant(arg(inst, 0))) { // made where the result belongs
        out_.def(inst.first_result);
        return;
    }
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
}

void FunctionEmitter::op(OpTag<Op::Retain>, const ir::Inst& inst) {
    const ir::ValueId object = mf_->fn->operands_of(inst)[0];
    const unsigned ref = reg(), dst = mf_->is_constant(object) ? ref : reg();
    if (mf_->is_constant(object)) make_constant(object, ref);
    Label skip = a_.newLabel();
    if (inst.flags & ir::Nullable) a_.cbz(x(ref), skip);
    a_.load64(scratch_register, field(ref, count_offset));
    a_.add(x(scratch_register), x(scratch_register), 1);
    a_.store64(scratch_register, field(ref, count_offset));
    a_.bind(skip);
    move_gp(dst, ref, Scalar::Ref);
}

void Describe::op(OpTag<Op::Release>, const ir::Inst& inst) {
    if (sel_.is_zero(arg(inst, 0))) return; // null
    out_.use(arg(inst, 0), X1);
    out_.cold_call();
}

void FunctionEmitter::op(OpTag<Op::Release>, const ir::Inst& inst) {
    if (Selection(*mf_).is_zero(mf_->fn->operands_of(inst)[0])) return;
    const unsigned ref = reg();
    Label resume = a_.newLabel();
    if (inst.flags & ir::Nullable) a_.branch_zero(ref, true, true, resume);
    a_.load64(scratch_register, field(ref, count_offset));
    a_.sub(x(scratch_register), x(scratch_register), 1);
    a_.store64(scratch_register, field(ref, count_offset));
    Label free = cold(resume, inst.loc, [this, ref, at = inst_] {
        keep_registers(live_across(at), false);
        move_gp(X1, ref, Scalar::Ref);
        a_.mov(x(X0), x(context_register));
        call_cold_helper(address_of(rt::rt_free_object));
        keep_registers(live_across(at), true);
    });
    a_.branch_zero(scratch_register, true, true, free);
    a_.bind(resume);
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
    move_gp(X1, ref, Scalar::Ref);
    a_.load_imm(X2, desc, false);
    a_.mov(x(X0), x(context_register));
    call_cold_helper(helper);
    move_gp(dst, X0, Scalar::Ref);
    keep_registers(live, true);
    test_trap_code(loc);
}

void FunctionEmitter::op(OpTag<Op::Unique>, const ir::Inst& inst) {
    const unsigned ref = reg(), dst = reg();
    Label resume = a_.newLabel();
    a_.load64(scratch_register, field(ref, count_offset));
    move_gp(dst, ref, Scalar::Ref);
    a_.cmp(x(scratch_register), 1);
    a_.branch_if(CondCode::kNE, cold(resume, inst.loc, [this, dst, inst = &inst] {
                     call_list_helper(reinterpret_cast<const void*>(&rt::rt_unique), dst, dst, inst->imm,
                                      inst->loc);
                 }));
    a_.bind(resume);
}

void Describe::op(OpTag<Op::UniqueAt>, const ir::Inst& inst) {
    out_.late_use(arg(inst, 0)); // the slow path needs the address after the reference is read
    out_.def(inst.first_result);
    out_.cold_call();
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::UniqueAt>, const ir::Inst& inst) {
    const unsigned at = reg(), dst = reg();
    Label resume = a_.newLabel();
    a_.load64(dst, field(at, 0));
    a_.load64(scratch_register, field(dst, count_offset));
    a_.cmp(x(scratch_register), 1);
    a_.branch_if(CondCode::kNE, cold(resume, inst.loc, [this, at, dst, inst = &inst] {
                     call_list_helper(reinterpret_cast<const void*>(&rt::rt_unique_at), at, dst, inst->imm,
                                      inst->loc);
                 }));
    a_.bind(resume);
}

void Describe::op(OpTag<Op::Owners>, const ir::Inst& inst) { registers(inst); }
void FunctionEmitter::op(OpTag<Op::Owners>, const ir::Inst&) {
    const unsigned ref = reg();
    a_.load64(reg(), field(ref, count_offset));
}

// --- sequences ---

void Describe::op(OpTag<Op::SeqLen>, const ir::Inst& inst) { registers(inst); }
void FunctionEmitter::op(OpTag<Op::SeqLen>, const ir::Inst&) {
    const unsigned list = reg();
    a_.load64(reg(), field(list, offsetof(rt::Seq, length)));
}
void Describe::op(OpTag<Op::SeqData>, const ir::Inst& inst) { registers(inst); }
void FunctionEmitter::op(OpTag<Op::SeqData>, const ir::Inst&) {
    const unsigned list = reg();
    a_.load64(reg(), field(list, offsetof(rt::Seq, data)));
}

void Describe::op(OpTag<Op::View>, const ir::Inst& inst) {
    registers(inst);
    out_.view();
}
void FunctionEmitter::op(OpTag<Op::View>, const ir::Inst&) {
    const unsigned bytes = reg(), length = reg();
    const std::int32_t begin = frame_->view_offset(views_++);
    const auto header = [&](std::size_t offset) { return frame_place(begin + static_cast<std::int32_t>(offset)); };
    a_.load_imm(scratch_register, rt::view_count, true);
    a_.store64(scratch_register, header(offsetof(rt::Seq, count)));
    a_.load64(scratch_register, context_place(offsetof(rt::Context, descs)));
    a_.load64(scratch_register, field(scratch_register, rt::string_desc_id * sizeof(void*)));
    a_.store64(scratch_register, header(offsetof(rt::Seq, desc)));
    a_.store64(length, header(offsetof(rt::Seq, length)));
    a_.store_zero(Scalar::I64, header(offsetof(rt::Seq, capacity)));
    a_.store64(bytes, header(offsetof(rt::Seq, data)));
    a_.add_imm(reg(), frame_register, begin);
}

void Describe::op(OpTag<Op::Bounds>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    std::int64_t unused;
    if (sel_.find_arith(arg(inst, 0), unused)) {
        out_.use(arg(inst, 1));
        out_.site();
        return;
    }
    out_.use(arg(inst, 0));
    if (!sel_.find_arith(arg(inst, 1), unused)) out_.use(arg(inst, 1));
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Bounds>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    auto operands = mf_->fn->operands_of(inst);
    const Selection sel(*mf_);
    std::int64_t number;
    Payload at, size;
    CondCode outside = CondCode::kHS;
    if (sel.find_arith(operands[0], number)) {
        at = {Payload::Imm, 0, number, {}};
        size = {Payload::Reg, reg(), 0, {}};
        a_.cmp_imm(size.reg, number, true);
        outside = CondCode::kLS;
    } else {
        at = {Payload::Reg, reg(), 0, {}};
        if (sel.find_arith(operands[1], number)) {
            size = {Payload::Imm, 0, number, {}};
            a_.cmp_imm(at.reg, number, true);
        } else {
            size = {Payload::Reg, reg(), 0, {}};
            a_.cmp(x(at.reg), x(size.reg));
        }
    }
    a_.branch_if(outside, trap(TrapCode::IndexOutOfBounds, inst.loc, at, size));
}

void Describe::op(OpTag<Op::ListGrow>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
    if (const ir::Inst* length = mf_.joined_to(inst)) out_.def(length->first_result);
    out_.cold_call();
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::ListGrow>, const ir::Inst& inst) {
    const unsigned ref = reg(), dst = reg();
    const bool joined = mf_->joined_to(inst) != nullptr; // its length as well
    const unsigned length = joined ? reg() : address_register;
    Label resume = a_.newLabel();
    Label slow = cold(resume, inst.loc, [this, dst, length, joined, inst = &inst] {
        call_list_helper(reinterpret_cast<const void*>(&rt::rt_list_grow), dst, dst, inst->aux + 1, inst->loc);
        if (joined) a_.load64(length, field(dst, offsetof(rt::Seq, length)));
    });
    move_gp(dst, ref, Scalar::Ref);
    static_assert(offsetof(rt::Seq, capacity) == offsetof(rt::Seq, length) + 8);
    const bool shared = !(inst.flags & ir::Unshared); // or may be
    if (shared) {
        a_.load64(scratch_register, field(dst, count_offset));
        a_.cmp(x(scratch_register), 1);
    }
    a_.ldp(x(length), x(scratch_register), jit::ptr(x(dst), offsetof(rt::Seq, length)));
    unsigned last = length; // element for which there must be room
    if (inst.aux) {
        last = address_register;
        a_.add_imm(last, length, inst.aux);
    }
    if (shared) { // no other owner, and room: `ge` also where the counts were not equal
        a_.ccmp(x(last), x(scratch_register), 0, CondCode::kEQ);
    } else {
        a_.cmp(x(last), x(scratch_register));
    }
    a_.branch_if(CondCode::kGE, slow);
    a_.bind(resume);
}

void Describe::op(OpTag<Op::SeqSetLen>, const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    use(arg(inst, 1));
    out_.def(inst.first_result, first);
}

void FunctionEmitter::op(OpTag<Op::SeqSetLen>, const ir::Inst& inst) {
    const unsigned list = reg();
    const jit::Gp length = gp(mf_->fn->operands_of(inst)[1], true);
    a_.str(length, jit::ptr(x(list), offsetof(rt::Seq, length)));
    move_gp(reg(), list, Scalar::Ref);
}

} // namespace tn::codegen::a64
