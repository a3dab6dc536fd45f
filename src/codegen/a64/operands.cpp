// Operands read back in the order they were described, constants made where they are needed, and moves. None
// of this changes the flags.
#include "codegen/a64/a64.h"

#include "support/ice.h"

#include <bit>

namespace tn::codegen::a64 {

jit::Gp FunctionEmitter::gp(ir::ValueId value, bool wide) {
    return Selection(*mf_).is_zero(value) ? zero_of(wide) : gp_of(reg(), wide);
}

// Slots near the frame pointer from there; others from the stack pointer, whose offsets reach further, while
// it is this frame's.
Place FunctionEmitter::frame_place(std::int32_t offset) const {
    if (offset >= -256 || on_host_stack_) return {frame_register, offset};
    return {Sp, offset + static_cast<std::int64_t>(frame_->size)};
}

Place FunctionEmitter::place(Location l) const {
    switch (l.kind) {
    case Location::Slot: return frame_place(frame_->slot_offset(l.index));
    case Location::Incoming: return {frame_register, Frame::incoming_offset(l.index)};
    case Location::Outgoing: return {Sp, 8 * static_cast<std::int64_t>(l.index)};
    case Location::None:
    case Location::Register:
    case Location::Constant: break;
    }
    TN_ICE("location is not in memory");
}

Place FunctionEmitter::address(const ir::Inst& inst) {
    AddressParts parts = address_parts(*mf_, inst);
    Place out{context_register, parts.disp};
    if (parts.base.is_valid()) {
        out.base = reg();
    } else {
        out.disp += module_.image().data_offset;
    }
    out.shift = parts.scale == 8 ? 3 : parts.scale == 4 ? 2 : parts.scale == 2 ? 1 : 0;
    if (parts.index.is_valid()) out.index = reg();
    return out;
}

void FunctionEmitter::make_float(std::uint64_t bits, Scalar type, unsigned reg) {
    if (type == Scalar::F32) bits &= 0xffffffffu;
    if (bits == 0) {
        a_.movi(d(reg), 0);
    } else if (type == Scalar::F32 && jit::Utils::isFP32Imm8(static_cast<std::uint32_t>(bits))) {
        a_.fmov(s(reg), std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    } else if (type == Scalar::F64 && jit::Utils::isFP64Imm8(bits)) {
        a_.fmov(d(reg), std::bit_cast<double>(bits));
    } else if (a_.far) {
        a_.load_imm(address_register, static_cast<std::int64_t>(bits), true);
        a_.fmov(d(reg), x(address_register));
    } else {
        const jit::Mem at = jit::ptr(module_.constant(bits));
        type == Scalar::F32 ? a_.ldr(s(reg), at) : a_.ldr(d(reg), at);
    }
}

// Behind the function; of one whose end may be too far away, here.
void FunctionEmitter::make_table(const ir::Inst& def, unsigned reg) {
    if (!a_.far) {
        const auto [it, added] = tables_.try_emplace(def.imm);
        if (added) it->second = a_.newLabel();
        a_.adr(x(reg), it->second);
        return;
    }
    const Label table = a_.newLabel(), behind = a_.newLabel();
    a_.adr(x(reg), table);
    a_.b(behind);
    embed_table(def.imm, table);
    a_.bind(behind);
}

void FunctionEmitter::embed_table(std::int64_t index, Label label) {
    const std::string& bytes = mf_->fn->tables[static_cast<std::size_t>(index)];
    a_.align(asmjit::AlignMode::kData, 16);
    a_.bind(label);
    a_.embed(bytes.data(), bytes.size());
    a_.align(asmjit::AlignMode::kData, 4); // code follows
}

void FunctionEmitter::make_constant(ir::ValueId value, unsigned reg) {
    const ir::Inst& def = *mf_->def_inst(value);
    const rt::ImageLayout& image = module_.image();
    auto context_address = [&](std::uint32_t offset) { a_.add_imm(reg, context_register, offset); };
    if (def.op == Op::ConstInt) {
        a_.load_imm(reg, def.imm, is_wide(def.type));
    } else if (def.op == Op::Null) {
        a_.load_imm(reg, 0, false);
    } else if (def.op == Op::Literal) {
        context_address(image.literal_offset(static_cast<std::uint32_t>(def.imm)));
    } else if (def.op == Op::Empty) {
        context_address(image.empty_offset(static_cast<std::uint32_t>(def.imm)));
    } else if (def.op == Op::InstanceData) {
        context_address(image.data_offset);
    } else if (def.op == Op::Table) {
        make_table(def, reg);
    } else { // ConstFloat
        make_float(static_cast<std::uint64_t>(def.imm), def.type, reg);
    }
}

void FunctionEmitter::move_gp(unsigned to, unsigned from, Scalar type) {
    if (to != from) a_.mov(gp_of(to, is_wide(type)), gp_of(from, is_wide(type)));
}

void FunctionEmitter::move(Location from, Location to, Scalar type) {
    if (from.kind == Location::Constant) {
        const ir::ValueId value(from.index);
        if (to.is_register()) {
            make_constant(value, to.index);
            return;
        }
        const ir::Inst& def = *mf_->def_inst(value);
        std::int64_t bits = 0;
        bool known = mf_->find_int(value, bits);
        if (def.op == Op::ConstFloat) {
            bits = def.imm;
            known = true;
        }
        if (known && !is_wide(type)) bits = static_cast<std::uint32_t>(bits);
        if (known && bits == 0) {
            a_.store_zero(Scalar::I64, place(to));
            return;
        }
        known ? a_.load_imm(scratch_register, bits, true) : make_constant(value, scratch_register);
        a_.store64(scratch_register, place(to));
    } else if (from.is_register() && to.is_register()) {
        const bool ints = from.index < first_float_register && to.index < first_float_register;
        ints ? move_gp(to.index, from.index, type) : a_.move64(to.index, from.index);
    } else if (from.is_register()) {
        a_.store64(from.index, place(to));
    } else if (to.is_register()) {
        // Of a narrow integer 32 bits count, and the upper ones of the register are zero.
        const bool half = to.index < first_float_register && !is_wide(type);
        half ? a_.load(Scalar::U32, to.index, place(from)) : a_.load64(to.index, place(from));
    } else {
        a_.load64(scratch_register, place(from));
        a_.store64(scratch_register, place(to));
    }
}

} // namespace tn::codegen::a64
