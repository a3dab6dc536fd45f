// Random functions against the evaluator: all scalar operations, loops, calls with many arguments and
// results, register pressure, memory, traps; with all registers, few registers, metered, and for the oldest
// CPU.
#include "evaluate.h"
#include "generate.h"
#include "jit.h"

#include "ir/print.h"

namespace tn::codegen::test {
namespace {

std::unique_ptr<ir::Module> empty_module() {
    ir::ParseError error;
    auto module = ir::parse(
        "tenon_ir 1\nfile0 \"f\"\nname0 \"f\"\nloc0 file0:1:1 in name0\ndesc0 string String stride 1\n"
        "desc1 bytes Bytes stride 1\ninstance_data 512\n",
        error);
    if (!module) throw std::runtime_error(error.message);
    return module;
}

bool same(Scalar type, rt::Slot a, rt::Slot b) {
    if (type == Scalar::F64) return a.u == b.u || (std::isnan(a.f64) && std::isnan(b.f64));
    if (type == Scalar::F32)
        return (a.u & 0xffffffff) == (b.u & 0xffffffff) || (std::isnan(a.f32) && std::isnan(b.f32));
    return a.u == b.u;
}

// One module of random functions; every function is called with random arguments.
void run_one(std::uint64_t seed, GenerateOptions options) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto module = empty_module();
    Generator generate(*module, seed);
    const unsigned size = 5 + static_cast<unsigned>(seed % 60);
    for (unsigned i = 0; i < 3; ++i) generate.make(size);
    auto wrong = ir::verify(*module);
    ASSERT_TRUE(wrong.empty()) << wrong.front();
    Script script(std::move(module), options);
    for (std::size_t f = 0; f < script.module->functions.size(); ++f) {
        const ir::Function& fn = script.module->functions[ir::FuncId(f)];
        for (unsigned round = 0; round < 3; ++round) {
            std::vector<rt::Slot> args;
            for (const ir::Param& p : fn.sig.params) args.push_back(generate.random_slot(p.type));
            Evaluator evaluator(*script.module);
            for (std::uint8_t& byte : evaluator.data)
                byte = static_cast<std::uint8_t>(
                    seed + static_cast<std::size_t>(&byte - evaluator.data.data()) * 37);
            std::memcpy(script.instance->data(), evaluator.data.data(), evaluator.data.size());
            Evaluation expected = evaluator.call(ir::FuncId(f), args);
            if (options.mode == rt::CodeMode::Metered) script.instance->context.fuel = 1'000'000'000;
            script.run_id(ir::FuncId(f), args);
            ASSERT_EQ(static_cast<int>(script.trap), static_cast<int>(expected.trap))
                << "in " << fn.name << "\n"
                << ir::print(*script.module, fn);
            if (expected.trap != TrapCode::None) continue;
            for (std::size_t i = 0; i < expected.results.size(); ++i) {
                ASSERT_TRUE(same(fn.sig.results[i], script.io[i], expected.results[i]))
                    << fn.name << " result " << i << ": " << std::hex << script.io[i].u << " instead of "
                    << expected.results[i].u << "\n"
                    << ir::print(*script.module, fn);
            }
            // NaN payloads may differ in memory only where a NaN was made.
        }
    }
}

unsigned rounds() {
    const char* text = std::getenv("TN_FUZZ_ROUNDS");
    return text ? static_cast<unsigned>(std::atoi(text)) : 300;
}
std::uint64_t first_seed() {
    const char* text = std::getenv("TN_FUZZ_SEED");
    return text ? std::strtoull(text, nullptr, 10) : 1;
}

TEST(Fuzz, AllRegisters) {
    for (std::uint64_t s = 0; s < rounds() && !::testing::Test::HasFatalFailure(); ++s)
        run_one(first_seed() + s, {});
}
TEST(Fuzz, FewRegisters) {
    GenerateOptions options;
    options.limit_registers = 8;
    for (std::uint64_t s = 0; s < rounds() && !::testing::Test::HasFatalFailure(); ++s)
        run_one(first_seed() + s, options);
}
TEST(Fuzz, OldCpu) {
    GenerateOptions options;
    options.baseline_cpu = true;
    for (std::uint64_t s = 0; s < rounds() && !::testing::Test::HasFatalFailure(); ++s)
        run_one(first_seed() + s, options);
}
TEST(Fuzz, MeteredFewRegistersOldCpu) {
    GenerateOptions options;
    options.mode = rt::CodeMode::Metered;
    options.limit_registers = 8;
    options.baseline_cpu = true;
    for (std::uint64_t s = 0; s < rounds() && !::testing::Test::HasFatalFailure(); ++s)
        run_one(first_seed() + s, options);
}

} // namespace
} // namespace tn::codegen::test
