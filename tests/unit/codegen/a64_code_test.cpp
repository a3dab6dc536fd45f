// Every helper of the AArch64 emitter against a disassembler that is not ours: what is asked for is what
// stands there. And the instructions in the forms in which the emitter uses them, since the assembler has
// mistaken some.
#include "codegen/a64/code.h"

#include <capstone/capstone.h>
#include <gtest/gtest.h>

#include <functional>

namespace tn::codegen::a64 {
namespace {

namespace arm = asmjit::arm;

std::string disassemble(const std::function<void(Code&)>& emit) {
    asmjit::CodeHolder holder;
    holder.init(asmjit::Environment(asmjit::Arch::kAArch64));
    Code code;
    holder.attach(&code);
    emit(code);
    holder.flatten();
    holder.resolveUnresolvedLinks();
    holder.relocateToBase(0);
    std::vector<std::uint8_t> bytes(holder.codeSize());
    holder.copyFlattenedData(bytes.data(), bytes.size());
    csh handle;
    if (cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle) != CS_ERR_OK) return "no disassembler";
    cs_insn* insns = nullptr;
    const std::size_t count = cs_disasm(handle, bytes.data(), bytes.size(), 0, 0, &insns);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += "; ";
        text += insns[i].mnemonic;
        if (insns[i].op_str[0]) text += std::string(" ") + insns[i].op_str;
    }
    if (count * 4 != bytes.size()) text += " (and bytes that are no instruction)";
    if (count) cs_free(insns, count);
    cs_close(&handle);
    return text;
}

struct Case {
    const char* expected;
    std::function<void(Code&)> emit;
};

void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) EXPECT_EQ(disassemble(c.emit), c.expected);
}

TEST(A64Code, Immediates) {
    check({
        {"movz w3, #0", [](Code& a) { a.load_imm(3, 0, true); }},
        {"movn x3, #0", [](Code& a) { a.load_imm(3, -1, true); }},
        {"movn w3, #0", [](Code& a) { a.load_imm(3, -1, false); }},
        {"movz w3, #0x5678; movk w3, #0x1234, lsl #16", [](Code& a) { a.load_imm(3, 0x12345678, true); }},
        {"movz x3, #0xdef0; movk x3, #0x9abc, lsl #16; movk x3, #0x5678, lsl #32; movk x3, #0x1234, lsl #48",
         [](Code& a) { a.load_imm(3, 0x123456789abcdef0, true); }},
        {"movz x3, #0x8000, lsl #48", [](Code& a) { a.load_imm(3, INT64_MIN, true); }},
        {"movz w3, #0x8000, lsl #16", [](Code& a) { a.load_imm(3, INT32_MIN, false); }},
        {"orr x3, xzr, #0x5555555555555555", [](Code& a) { a.load_imm(3, 0x5555555555555555, true); }},
        {"add x1, x2, #0xfff", [](Code& a) { a.add_imm(1, 2, 4095); }},
        {"sub x1, x2, #1, lsl #12", [](Code& a) { a.add_imm(1, 2, -4096); }},
        {"add x1, x2, #1, lsl #12; add x1, x1, #1", [](Code& a) { a.add_imm(1, 2, 4097); }},
        {"movz w16, #0x100, lsl #16; add x1, x2, x16", [](Code& a) { a.add_imm(1, 2, 1 << 24); }},
        {"sub w1, w2, #5", [](Code& a) { a.add_imm(1, 2, -5, false); }},
        {"", [](Code& a) { a.add_imm(1, 1, 0); }},
        {"mov x1, x2", [](Code& a) { a.add_imm(1, 2, 0); }},
        // The stack pointer, in one step.
        {"sub sp, sp, #0x30", [](Code& a) { a.add_imm(Sp, Sp, -48); }},
        {"sub x16, x29, #1, lsl #12; sub sp, x16, #0x10", [](Code& a) { a.add_imm(Sp, X29, -4112); }},
        {"orr x16, xzr, #0xfffffffffe000000; add sp, sp, x16",
         [](Code& a) { a.add_imm(Sp, Sp, -(1 << 25)); }},
        {"adds x1, x2, #7", [](Code& a) { a.adds_imm(x(1), x(2), 7); }},
        {"subs w1, w2, #7", [](Code& a) { a.adds_imm(w(1), w(2), -7); }},
        {"subs x1, x2, #7", [](Code& a) { a.subs_imm(x(1), x(2), 7); }},
        {"adds x1, x2, #7", [](Code& a) { a.subs_imm(x(1), x(2), -7); }},
        {"cmp w9, #0", [](Code& a) { a.cmp_imm(9, 0, false); }},
        {"cmn x9, #1", [](Code& a) { a.cmp_imm(9, -1, true); }},
        {"movz w16, #0x1001; cmp w9, w16", [](Code& a) { a.cmp_imm(9, 4097, false); }},
        {"movz w16, #0x8000, lsl #16; cmp w9, w16", [](Code& a) { a.cmp_imm(9, INT32_MIN, false); }},
    });
    EXPECT_TRUE(fits_arith(4095));
    EXPECT_TRUE(fits_arith(-4096));
    EXPECT_FALSE(fits_arith(4097));
    EXPECT_FALSE(fits_arith(INT64_MIN));
    EXPECT_FALSE(fits_arith(1 << 24));
    EXPECT_TRUE(fits_logic(0xff, false));
    EXPECT_TRUE(fits_logic(-2, true));
    EXPECT_FALSE(fits_logic(0, true));
    EXPECT_FALSE(fits_logic(-1, false));
    EXPECT_FALSE(fits_logic(5, true));
}

TEST(A64Code, Memory) {
    check({
        {"ldr x1, [x2]",
         [](Code& a) {
             a.load64(1, {2, 0});
         }},
        {"ldr x1, [x2, #0x7ff8]",
         [](Code& a) {
             a.load64(1, {2, 32760});
         }},
        {"ldur x1, [x2, #-0x100]",
         [](Code& a) {
             a.load64(1, {2, -256});
         }},
        {"ldur x1, [x2, #1]",
         [](Code& a) {
             a.load64(1, {2, 1});
         }},
        {"add x16, x2, #8, lsl #12; ldr x1, [x16]",
         [](Code& a) {
             a.load64(1, {2, 32768});
         }},
        {"add x16, x2, #0xa, lsl #12; ldr x1, [x16, #0x18]",
         [](Code& a) {
             a.load64(1, {2, 40984});
         }},
        {"sub x16, x2, #2, lsl #12; ldr x1, [x16, #0xff8]",
         [](Code& a) {
             a.load64(1, {2, -4104});
         }},
        {"movz w16, #0x100, lsl #16; ldr x1, [x2, x16]",
         [](Code& a) {
             a.load64(1, {2, 1 << 24});
         }},
        {"movz w16, #0x100, lsl #16; add x16, sp, x16; ldr x1, [x16]",
         [](Code& a) {
             a.load64(1, {Sp, 1 << 24});
         }},
        {"str x1, [sp, #8]",
         [](Code& a) {
             a.store64(1, {Sp, 8});
         }},
        {"str d3, [x29, #0x10]",
         [](Code& a) {
             a.store64(V0 + 3, {X29, 16});
         }},
        {"ldr d31, [x29, #0x10]",
         [](Code& a) {
             a.load64(V31, {X29, 16});
         }},
        {"ldr w1, [x2, x3, lsl #2]",
         [](Code& a) {
             a.load(Scalar::I32, 1, {2, 0, 3, 2});
         }},
        {"ldr x1, [x2, x3]",
         [](Code& a) {
             a.load(Scalar::I64, 1, {2, 0, 3, 0});
         }},
        {"add x16, x2, x3, lsl #3; ldr w1, [x16]",
         [](Code& a) {
             a.load(Scalar::I32, 1, {2, 0, 3, 3});
         }},
        {"add x16, x2, x3, lsl #3; ldr x1, [x16, #0x18]",
         [](Code& a) {
             a.load(Scalar::I64, 1, {2, 24, 3, 3});
         }},
        {"movz w16, #0x1, lsl #16; add x16, x16, x2; ldr x1, [x16, x3, lsl #3]",
         [](Code& a) {
             a.load(Scalar::I64, 1, {2, 65536, 3, 3});
         }},
        {"movz w16, #0x1, lsl #16; add x16, x16, x2; add x16, x16, x3, lsl #3; ldrb w1, [x16]",
         [](Code& a) {
             a.load(Scalar::U8, 1, {2, 65536, 3, 3});
         }},
        {"ldrb w1, [x2, #1]",
         [](Code& a) {
             a.load(Scalar::U8, 1, {2, 1});
         }},
        {"ldrb w1, [x2]",
         [](Code& a) {
             a.load(Scalar::Bool, 1, {2, 0});
         }},
        {"ldrsb w1, [x2, x3]",
         [](Code& a) {
             a.load(Scalar::I8, 1, {2, 0, 3, 0});
         }},
        {"ldrh w1, [x2, #2]",
         [](Code& a) {
             a.load(Scalar::U16, 1, {2, 2});
         }},
        {"ldrsh w1, [x2, x3, lsl #1]",
         [](Code& a) {
             a.load(Scalar::I16, 1, {2, 0, 3, 1});
         }},
        {"ldr s1, [x2, x3, lsl #2]",
         [](Code& a) {
             a.load(Scalar::F32, V0 + 1, {2, 0, 3, 2});
         }},
        {"ldr d1, [x2, #8]",
         [](Code& a) {
             a.load(Scalar::F64, V0 + 1, {2, 8});
         }},
        {"strb w1, [x2, #3]",
         [](Code& a) {
             a.store(Scalar::I8, 1, {2, 3});
         }},
        {"strh w1, [x2, x3, lsl #1]",
         [](Code& a) {
             a.store(Scalar::U16, 1, {2, 0, 3, 1});
         }},
        {"str w1, [x2]",
         [](Code& a) {
             a.store(Scalar::U32, 1, {2, 0});
         }},
        {"str x1, [x2]",
         [](Code& a) {
             a.store(Scalar::Ref, 1, {2, 0});
         }},
        {"str s1, [x2]",
         [](Code& a) {
             a.store(Scalar::F32, V0 + 1, {2, 0});
         }},
        {"strb wzr, [x2]",
         [](Code& a) {
             a.store_zero(Scalar::Bool, {2, 0});
         }},
        {"strh wzr, [x2]",
         [](Code& a) {
             a.store_zero(Scalar::I16, {2, 0});
         }},
        {"str wzr, [x2]",
         [](Code& a) {
             a.store_zero(Scalar::F32, {2, 0});
         }},
        {"str xzr, [x2, x3, lsl #3]",
         [](Code& a) {
             a.store_zero(Scalar::F64, {2, 0, 3, 3});
         }},
    });
}

TEST(A64Code, MovesAndExtensions) {
    check({
        {"mov x1, x2", [](Code& a) { a.move64(1, 2); }},
        {"fmov d1, d2", [](Code& a) { a.move64(V0 + 1, V0 + 2); }},
        {"fmov d1, x2", [](Code& a) { a.move64(V0 + 1, 2); }},
        {"fmov x1, d2", [](Code& a) { a.move64(1, V0 + 2); }},
        {"", [](Code& a) { a.move64(4, 4); }},
        {"sxtb w1, w2", [](Code& a) { a.extend(1, 2, Scalar::I8); }},
        {"uxtb w1, w2", [](Code& a) { a.extend(1, 2, Scalar::U8); }},
        {"sxth w1, w1", [](Code& a) { a.extend(1, 1, Scalar::I16); }},
        {"uxth w1, w2", [](Code& a) { a.extend(1, 2, Scalar::U16); }},
        {"mov w1, w2", [](Code& a) { a.extend(1, 2, Scalar::I32); }},
        {"mov x1, x2", [](Code& a) { a.extend(1, 2, Scalar::U64); }},
    });
}

TEST(A64Code, Branches) {
    const auto target = [](Code& a, auto&& branch) {
        Label l = a.newLabel();
        branch(l);
        a.nop();
        a.bind(l);
    };
    check({
        {"b.lo #8; nop", [&](Code& a) { target(a, [&](Label l) { a.branch_if(CondCode::kLO, l); }); }},
        {"b.hs #8; b #0xc; nop",
         [&](Code& a) {
             a.far = true;
             target(a, [&](Label l) { a.branch_if(CondCode::kLO, l); });
         }},
        {"cbz x5, #8; nop", [&](Code& a) { target(a, [&](Label l) { a.branch_zero(5, true, true, l); }); }},
        {"cbnz w5, #8; nop",
         [&](Code& a) { target(a, [&](Label l) { a.branch_zero(5, false, false, l); }); }},
        {"cbnz x5, #8; b #0xc; nop",
         [&](Code& a) {
             a.far = true;
             target(a, [&](Label l) { a.branch_zero(5, true, true, l); });
         }},
        {"bl #8; nop", [&](Code& a) { target(a, [&](Label l) { a.bl(l); }); }},
        {"adr x16, #8; nop", [&](Code& a) { target(a, [&](Label l) { a.adr(x(16), l); }); }},
        {"ldr x16, #8; nop", [&](Code& a) { target(a, [&](Label l) { a.ldr(x(16), jit::ptr(l)); }); }},
        {"ldr d7, #8; nop", [&](Code& a) { target(a, [&](Label l) { a.ldr(d(V0 + 7), jit::ptr(l)); }); }},
        {"ldr s7, #8; nop", [&](Code& a) { target(a, [&](Label l) { a.ldr(s(V0 + 7), jit::ptr(l)); }); }},
    });
}

TEST(A64Code, InstructionsAsTheEmitterUsesThem) {
    check({
        {"cmp w1, w1, sxtb", [](Code& a) { a.cmp(w(1), w(1), arm::sxtb(0)); }},
        {"cmp w1, w1, uxth", [](Code& a) { a.cmp(w(1), w(1), arm::uxth(0)); }},
        {"cmp x16, w16, sxtw", [](Code& a) { a.cmp(x(16), x(16), arm::sxtw(0)); }},
        {"cmp x16, x1, asr #63", [](Code& a) { a.cmp(x(16), x(1), arm::asr(63)); }},
        {"cmp sp, x16", [](Code& a) { a.cmp(jit::sp, x(16)); }},
        {"cset w1, lt", [](Code& a) { a.cset(w(1), CondCode::kLT); }},
        {"cset w1, hs", [](Code& a) { a.cset(w(1), CondCode::kHS); }},
        {"csel x1, x2, xzr, eq", [](Code& a) { a.csel(x(1), x(2), jit::xzr, CondCode::kEQ); }},
        {"fcsel d1, d2, d3, mi", [](Code& a) { a.fcsel(d(V0 + 1), d(V0 + 2), d(V0 + 3), CondCode::kMI); }},
        {"ccmp x1, #1, #0, eq", [](Code& a) { a.ccmp(x(1), 1, 0, CondCode::kEQ); }},
        {"tst x1, #0xff", [](Code& a) { a.tst(x(1), 0xff); }},
        {"tst w1, w2", [](Code& a) { a.tst(w(1), w(2)); }},
        {"smulh x1, x2, x3", [](Code& a) { a.smulh(x(1), x(2), x(3)); }},
        {"umulh x1, x2, x3", [](Code& a) { a.umulh(x(1), x(2), x(3)); }},
        {"smull x1, w2, w3", [](Code& a) { a.smull(x(1), w(2), w(3)); }},
        {"umull x1, w2, w3", [](Code& a) { a.umull(x(1), w(2), w(3)); }},
        {"msub x1, x2, x3, x4", [](Code& a) { a.msub(x(1), x(2), x(3), x(4)); }},
        {"madd x1, x2, x3, x4", [](Code& a) { a.madd(x(1), x(2), x(3), x(4)); }},
        {"neg w1, w2, asr #3", [](Code& a) { a.neg(w(1), w(2), arm::asr(3)); }},
        {"negs x1, x2", [](Code& a) { a.negs(x(1), x(2)); }},
        {"sub w1, w2, w3, asr #31", [](Code& a) { a.sub(w(1), w(2), w(3), arm::asr(31)); }},
        {"add x1, x2, x3, lsr #63", [](Code& a) { a.add(x(1), x(2), x(3), arm::lsr(63)); }},
        {"orr w1, w2, w2, lsl #8", [](Code& a) { a.orr(w(1), w(2), w(2), arm::lsl(8)); }},
        {"sbfiz w1, w2, #3, #5", [](Code& a) { a.sbfiz(w(1), w(2), 3, 5); }},
        {"ubfiz w1, w2, #3, #0xd", [](Code& a) { a.ubfiz(w(1), w(2), 3, 13); }},
        {"neg x1, x3", [](Code& a) { a.sub(x(1), jit::xzr, x(3)); }},
        {"mvn w1, w2", [](Code& a) { a.mvn(w(1), w(2)); }},
        {"cnt v31.8b, v31.8b; addv b31, v31.8b",
         [](Code& a) {
             a.cnt(v(V31).b8(), v(V31).b8());
             a.addv(v(V31).b(), v(V31).b8());
         }},
        {"fcmp d1, #0.0", [](Code& a) { a.fcmp(d(V0 + 1), 0.0); }},
        {"fmov d1, #1.50000000", [](Code& a) { a.fmov(d(V0 + 1), 1.5); }},
        {"fmov s1, #-2.00000000", [](Code& a) { a.fmov(s(V0 + 1), -2.0f); }},
        {"movi d1, #0000000000000000", [](Code& a) { a.movi(d(V0 + 1), 0); }},
        {"movi v1.2d, #0000000000000000", [](Code& a) { a.movi(v(V0 + 1).d2(), 0); }},
        {"fcvtzu w1, s2", [](Code& a) { a.fcvtzu(w(1), s(V0 + 2)); }},
        {"ucvtf s1, x2", [](Code& a) { a.ucvtf(s(V0 + 1), x(2)); }},
        {"fcvt d1, s2", [](Code& a) { a.fcvt(d(V0 + 1), s(V0 + 2)); }},
        {"stp x29, x30, [sp, #-0x10]!", [](Code& a) { a.stp(x(29), x(30), jit::ptr_pre(jit::sp, -16)); }},
        {"ldp x29, x30, [sp], #0x10", [](Code& a) { a.ldp(x(29), x(30), jit::ptr_post(jit::sp, 16)); }},
        {"stp d6, d7, [sp, #0x80]", [](Code& a) { a.stp(d(V0 + 6), d(V0 + 7), jit::ptr(jit::sp, 128)); }},
        {"ldrsw x17, [x16, x3, lsl #2]", [](Code& a) { a.ldrsw(x(17), jit::ptr(x(16), x(3), arm::lsl(2))); }},
        {"dup v1.4s, w2", [](Code& a) { a.dup(v(V0 + 1).s4(), w(2)); }},
        {"dup v1.2d, x2", [](Code& a) { a.dup(v(V0 + 1).d2(), x(2)); }},
        {"dup v1.16b, w2", [](Code& a) { a.dup(v(V0 + 1).b16(), w(2)); }},
        {"dup v1.8h, w2", [](Code& a) { a.dup(v(V0 + 1).h8(), w(2)); }},
        {"dup v1.2d, v2.d[0]", [](Code& a) { a.dup(v(V0 + 1).d2(), v(V0 + 2).d(0)); }},
        {"dup v1.4s, v2.s[0]", [](Code& a) { a.dup(v(V0 + 1).s4(), v(V0 + 2).s(0)); }},
        {"ldr q1, [x2], #0x10", [](Code& a) { a.ldr(v(V0 + 1).q(), jit::ptr_post(x(2), 16)); }},
        {"str q1, [x2], #0x10", [](Code& a) { a.str(v(V0 + 1).q(), jit::ptr_post(x(2), 16)); }},
        {"fadd v1.2d, v2.2d, v3.2d", [](Code& a) { a.fadd(v(V0 + 1).d2(), v(V0 + 2).d2(), v(V0 + 3).d2()); }},
        {"mov sp, x29", [](Code& a) { a.mov(jit::sp, x(29)); }},
        {"mov x17, sp", [](Code& a) { a.mov(x(17), jit::sp); }},
        {"ret", [](Code& a) { a.ret(x(30)); }},
    });
}

} // namespace
} // namespace tn::codegen::a64
