// Operands read back in the order they were described, constants made where they are needed, and moves.
#include "codegen/x64/x64.h"

#include "support/ice.h"

namespace tn::codegen::x64 {

// --- operands ---

x86::Mem FunctionEmitter::memory(Location l, unsigned size) const {
    switch (l.kind) {
    case Location::Slot: return x86::Mem(x86::rbp, frame_->slot_offset(l.index), size);
    case Location::Incoming: return x86::Mem(x86::rbp, Frame::incoming_offset(l.index), size);
    case Location::Outgoing: return x86::Mem(x86::rsp, static_cast<std::int32_t>(8 * l.index), size);
    case Location::None:
    case Location::Register:
    case Location::Constant: break;
    }
    TN_ICE("location is not in memory");
}

Rm FunctionEmitter::rm(ir::ValueId value) {
    Selection sel(*mf_);
    Rm out;
    const unsigned size = scalar_size(mf_->type_of(value));
    if (sel.is_folded_load(value)) {
        out.kind = Rm::Mem;
        out.mem = address(*sel.folded(value));
        out.mem.setSize(size);
        return out;
    }
    if (sel.find_imm32(value, out.imm)) {
        out.kind = Rm::Imm;
        return out;
    }
    if (sel.is_float_constant(value)) {
        out.kind = Rm::Mem;
        out.mem = module_.pool64(static_cast<std::uint64_t>(mf_->def_inst(value)->imm), size);
        return out;
    }
    if (mf_->is_constant(value)) {
        out.reg = reg();
        return out;
    }
    Location l = next().location;
    if (l.is_register()) {
        out.reg = l.index;
    } else {
        out.kind = Rm::Mem;
        out.mem = memory(l, size < 4 ? 4 : size); // a slot holds the extended form
    }
    return out;
}

x86::Mem FunctionEmitter::address(const ir::Inst& inst) {
    AddressParts parts = address_parts(*mf_, inst);
    unsigned base = context_register;
    std::int64_t disp = parts.disp;
    if (parts.base.is_valid()) {
        base = reg();
    } else {
        disp += module_.image().data_offset;
    }
    unsigned shift = parts.scale == 8 ? 3 : parts.scale == 4 ? 2 : parts.scale == 2 ? 1 : 0;
    if (!fits_int32(disp)) module_.fail("displacement out of range");
    if (!parts.index.is_valid()) return x86::Mem(gp64(base), static_cast<std::int32_t>(disp));
    return x86::Mem(gp64(base), gp64(reg()), shift, static_cast<std::int32_t>(disp));
}

// --- moves: none of them changes the flags while keep_flags_ is set ---

void FunctionEmitter::move_gp(unsigned to, unsigned from, Scalar type) {
    if (to != from) a_->mov(gp_of(to, is_wide(type)), gp_of(from, is_wide(type)));
}

void FunctionEmitter::move_xmm(unsigned to, unsigned from) {
    if (to == from) return;
    if (cpu_.avx) {
        a_->vmovaps(xmm_of(to), xmm_of(from));
    } else {
        a_->movaps(xmm_of(to), xmm_of(from));
    }
}

void FunctionEmitter::load_imm(unsigned reg, std::int64_t value, bool wide) {
    if (!wide) value = static_cast<std::uint32_t>(value);
    if (value == 0 && !keep_flags_) {
        a_->xor_(gp32(reg), gp32(reg));
    } else if (value == static_cast<std::int64_t>(static_cast<std::uint32_t>(value))) {
        a_->mov(gp32(reg), asmjit::imm(value));
    } else {
        a_->mov(gp64(reg), asmjit::imm(value));
    }
}

void FunctionEmitter::make_constant(ir::ValueId value, unsigned reg) {
    const ir::Inst& def = *mf_->def_inst(value);
    const rt::ImageLayout& image = module_.image();
    auto context_address = [&](std::uint32_t offset) { a_->lea(gp64(reg), context_mem(offset)); };
    if (def.op == Op::ConstInt) {
        load_imm(reg, def.imm, is_wide(def.type));
    } else if (def.op == Op::Null) {
        load_imm(reg, 0, false);
    } else if (def.op == Op::Literal) {
        context_address(image.literal_offset(static_cast<std::uint32_t>(def.imm)));
    } else if (def.op == Op::Empty) {
        context_address(image.empty_offset(static_cast<std::uint32_t>(def.imm)));
    } else if (def.op == Op::InstanceData) {
        context_address(image.data_offset);
    } else if (def.op == Op::Table) {
        a_->lea(gp64(reg), x86::ptr(module_.table(mf_->fn->tables[static_cast<std::size_t>(def.imm)])));
    } else { // ConstFloat
        auto bits = static_cast<std::uint64_t>(def.imm);
        if (def.type == Scalar::F32) bits &= 0xffffffffu;
        x86::Xmm x = xmm_of(reg);
        if (bits == 0) {
            cpu_.avx ? a_->vxorps(x, x, x) : a_->xorps(x, x);
        } else if (def.type == Scalar::F32) {
            cpu_.avx ? a_->vmovss(x, module_.pool64(bits, 4)) : a_->movss(x, module_.pool64(bits, 4));
        } else {
            cpu_.avx ? a_->vmovsd(x, module_.pool64(bits, 8)) : a_->movsd(x, module_.pool64(bits, 8));
        }
    }
}

void FunctionEmitter::move(Location from, Location to, Scalar type) {
    const bool wide = is_wide(type);
    auto is_float_reg = [](Location l) { return l.is_register() && l.index >= first_float_register; };
    if (from.kind == Location::Constant) {
        ir::ValueId value(from.index);
        if (to.is_register()) {
            make_constant(value, to.index);
            return;
        }
        std::int64_t bits;
        const ir::Inst& def = *mf_->def_inst(value);
        bool known = mf_->find_int(value, bits);
        if (def.op == Op::ConstFloat) {
            bits = def.imm;
            known = true;
        }
        if (!known) {
            make_constant(value, scratch_register);
        } else {
            if (!wide) bits = static_cast<std::uint32_t>(bits);
            if (fits_int32(bits)) {
                a_->mov(memory(to, 8), asmjit::imm(bits));
                return;
            }
            load_imm(scratch_register, bits, true);
        }
        a_->mov(memory(to, 8), gp64(scratch_register));
        return;
    }
    if (from.is_register() && to.is_register()) {
        if (is_float_reg(from) && is_float_reg(to)) {
            move_xmm(to.index, from.index);
        } else if (is_float_reg(from)) {
            cpu_.avx ? a_->vmovq(gp64(to.index), xmm_of(from.index))
                     : a_->movq(gp64(to.index), xmm_of(from.index));
        } else if (is_float_reg(to)) {
            cpu_.avx ? a_->vmovq(xmm_of(to.index), gp64(from.index))
                     : a_->movq(xmm_of(to.index), gp64(from.index));
        } else {
            a_->mov(gp_of(to.index, wide), gp_of(from.index, wide));
        }
    } else if (from.is_register()) {
        x86::Mem m = memory(to, 8);
        if (is_float_reg(from)) {
            cpu_.avx ? a_->vmovsd(m, xmm_of(from.index)) : a_->movsd(m, xmm_of(from.index));
        } else {
            a_->mov(m, gp64(from.index));
        }
    } else if (to.is_register()) {
        if (is_float_reg(to)) {
            x86::Mem m = memory(from, 8);
            cpu_.avx ? a_->vmovsd(xmm_of(to.index), m) : a_->movsd(xmm_of(to.index), m);
        } else {
            a_->mov(gp_of(to.index, wide), memory(from, wide ? 8 : 4));
        }
    } else {
        a_->mov(gp64(scratch_register), memory(from, 8));
        a_->mov(memory(to, 8), gp64(scratch_register));
    }
}

} // namespace tn::codegen::x64
