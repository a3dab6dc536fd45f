// Parts by themselves: parallel moves, magic numbers, argument plans, frames, and that the allocation's
// verifier sees what is wrong.
#include "jit.h"

#include "codegen/machine_builder.h"
#include "codegen/magic.h"
#include "codegen/parallel_move.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_verify.h"
#include "codegen/x64/x64.h"
#include "support/ice.h"

#include <map>
#include <bit>
#include <random>

namespace tn::codegen::test {
namespace {

std::uint64_t key(Location l) { return std::uint64_t(l.kind) << 32 | l.index; }

TEST(ParallelMove, AnyMixOfPlacesArrives) {
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        constexpr unsigned copy = 11, cycle = 47;
        ParallelMove moves(copy, cycle);
        std::map<std::uint64_t, std::uint64_t> place, expected;
        std::vector<Location> all;
        for (unsigned i = 0; i < 6; ++i) all.push_back(Location::reg(i));
        for (unsigned i = 0; i < 5; ++i) all.push_back(Location::slot(i));
        all.push_back(Location::incoming(0));
        for (Location l : all) place[key(l)] = key(l) + 1000;
        expected = place;
        std::vector<Location> to = all;
        std::shuffle(to.begin(), to.end(), random);
        to.resize(random() % to.size());
        for (Location l : to) {
            Location from = all[random() % all.size()];
            moves.add(from, l, Scalar::I64);
            expected[key(l)] = place[key(from)];
        }
        for (const Move& m : moves.resolve()) {
            if (m.from.is_memory() && m.to.is_memory())
                place[key(Location::reg(copy))] = 0; // used on the way
            ASSERT_TRUE(place.contains(key(m.from)));
            place[key(m.to)] = place[key(m.from)];
        }
        for (Location l : all) ASSERT_EQ(place[key(l)], expected[key(l)]) << "round " << round;
    }
}

TEST(Divide, MagicNumbers) {
    std::mt19937_64 random(3);
    auto any = [&] {
        std::uint64_t v = random() >> (random() % 64);
        return random() % 8 == 0 ? ~v : v;
    };
    for (int round = 0; round < 200000; ++round) {
        std::uint64_t n = any(), d = any();
        if (d >= 2 && (d & (d - 1)) != 0) {
            UnsignedMagic m = unsigned_magic(d);
            std::uint64_t q =
                static_cast<std::uint64_t>(static_cast<unsigned __int128>(m.multiplier) * n >> 64);
            if (m.add) q += (n - q) >> 1;
            ASSERT_EQ(q >> m.shift, n / d) << n << " / " << d;
        }
        if (const std::uint64_t even = d & ~std::uint64_t(1); even >= 2 && (even & (even - 1)) != 0) {
            const UnsignedMagic m = even_magic(even);
            const std::uint64_t shifted = n >> std::countr_zero(even);
            ASSERT_EQ(static_cast<std::uint64_t>(static_cast<unsigned __int128>(m.multiplier) * shifted >> 64) >> m.shift, n / even)
                << n << " / " << even;
        }
        auto sd = static_cast<std::int64_t>(d), sn = static_cast<std::int64_t>(n);
        if (sd >= 2 || sd <= -2) {
            SignedMagic m = signed_magic(sd);
            auto q = static_cast<std::int64_t>(static_cast<__int128>(m.multiplier) * sn >> 64);
            if (sd > 0 && m.multiplier < 0) q = static_cast<std::int64_t>(static_cast<std::uint64_t>(q) + n);
            if (sd < 0 && m.multiplier > 0) q = static_cast<std::int64_t>(static_cast<std::uint64_t>(q) - n);
            q >>= m.shift;
            q += static_cast<std::int64_t>(static_cast<std::uint64_t>(q) >> 63);
            ASSERT_EQ(q, sn / sd) << sn << " / " << sd;
        }
    }
}

TEST(Divide, EveryShortDivisor) {
    // All divisors of a byte with all dividends, and edges of the wider types, through the emitted code.
    for (const char* type : {"i8", "u8"}) {
        for (int d = -128; d < 256; ++d) {
            bool is_signed = type[0] == 'i';
            if (d == 0 || (is_signed ? d > 127 : d < 0)) continue;
            std::string t = type, c = std::to_string(d);
            Script s("fn @f(v0: " + t + ") -> " + t + ", " + t + " {\nb0(v0: " + t + "):\n    v1 = const." +
                     t + " " + c + "\n    v2 = div." + t + " v0, v1 @loc0\n    v3 = rem." + t +
                     " v0, v1 @loc0\n    return v2, v3\n}\n");
            for (int n = is_signed ? -128 : 0; n < (is_signed ? 128 : 256); n += 5) {
                s.run("f", {slot(n)});
                if (is_signed && n == -128 && d == -1) {
                    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
                } else {
                    ASSERT_EQ(s.io[0].i, n / d) << n << " / " << d;
                    ASSERT_EQ(s.io[1].i, n % d) << n << " % " << d;
                }
            }
        }
    }
}

TEST(CallPlan, FillsRegistersThenTheStack) {
    CallPlan plan;
    std::vector<Scalar> args(10, Scalar::I64), results(9, Scalar::F64);
    plan.make(x64::script_convention(), args, results);
    EXPECT_TRUE(plan.args[7] == Location::reg(x64::R10));
    EXPECT_TRUE(plan.args[8] == Location::outgoing(0));
    EXPECT_TRUE(plan.results[7] == Location::reg(x64::Xmm0 + 7));
    EXPECT_TRUE(plan.results[8] == Location::outgoing(0));
    EXPECT_EQ(plan.stack_count, 2u);
}

TEST(Frame, PlacesDoNotOverlap) {
    Frame frame;
    frame.lay_out(mask_of(x64::Rbx) | mask_of(x64::R13), 3, 2, 2, 1);
    EXPECT_EQ(frame.saved_offset(0), -8);
    EXPECT_EQ(frame.slot_offset(0), -24);
    EXPECT_EQ(frame.view_offset(0), -80); // and up to -40
    EXPECT_EQ(frame.view_offset(1), -120);
    EXPECT_EQ(frame.keep_offset(0), -128);
    EXPECT_EQ(frame.size, 144u);
}

TEST(Verifier, SeesAWrongAllocation) {
    ir::ParseError error;
    auto module = ir::parse(std::string(Script::tables) + R"(
fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = wrap_sub.i64 v0, v1
    v3 = wrap_mul.i64 v2, v0
    v4 = wrap_sub.i64 v3, v1
    return v4
}
)",
                            error);
    ASSERT_TRUE(module) << error.message;
    GenerateOptions options;
    x64::X64Target target(x64::CpuFeatures::host(), options);
    MachineFunction mf;
    build_machine_function(mf, target, *module, ir::FuncId(0));
    RegisterAllocator allocator(target.registers());
    allocator.run(mf, target.plan_params(mf.fn->sig), 0);
    verify_allocation(mf, target.plan_params(mf.fn->sig), target.registers());
    unsigned seen = 0, tried = 0;
    for (Operand& o : mf.operands) {
        const Location right = o.location;
        if (o.kind == OperandKind::Def || !right.is_register()) continue;
        o.location = Location::reg(right.index == x64::Rbx ? x64::R12 : x64::Rbx);
        ++tried;
        try {
            verify_allocation(mf, target.plan_params(mf.fn->sig), target.registers());
        } catch (const InternalError&) { ++seen; }
        o.location = right;
    }
    EXPECT_GT(tried, 4u);
    EXPECT_EQ(seen, tried);
}

TEST(Listing, IsStable) {
    const std::string source =
        "fn @f(v0: f64) -> f64 {\nb0(v0: f64):\n    v1 = fconst.f64 0.7\n    v2 = fmul.f64 v0, v1\n"
        "    v3 = call_rt Sin v2\n    return v3\n}\n";
    for (Machine machine : {Machine::X64, Machine::A64}) {
        GenerateOptions options;
        options.machine = machine;
        options.listing_function = "f";
        const std::string text = Script::list(source, options);
        EXPECT_EQ(text, Script::list(source, options));
        EXPECT_NE(text.find(machine == Machine::X64 ? "mulsd" : "fmul d"), std::string::npos) << text;
        EXPECT_EQ(text.find("0x7f"), std::string::npos) << text;
    }
}

} // namespace
} // namespace tn::codegen::test
