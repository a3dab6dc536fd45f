// Fuzz target: what compiles does the same in the interpreter and in machine code, unoptimized and optimized, and
// leaves the heap whole.
#include "driver/engine.h"
#include "runtime/heap_check.h"
#include "runtime/instance.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tn;

enum class Way : std::uint8_t { Interpreter, Unoptimized, Optimized };

struct Outcome {
    bool compiles = false;
    TrapCode trap = TrapCode::None;
    std::string message, output;
};

std::int32_t collect(void* user_data, const char* bytes, std::size_t length) {
    static_cast<std::string*>(user_data)->append(bytes, length);
    return 0;
}

bool is_limit(TrapCode code) {
    return code == TrapCode::OutOfFuel || code == TrapCode::MemoryLimit || code == TrapCode::StackOverflow;
}

Outcome run(const driver::Engine& engine, std::string_view text, Way way) {
    driver::Options options;
    options.opt_level = way == Way::Optimized ? 2 : 0;
    driver::CompileResult compiled = driver::compile_text(engine, "fuzz.tn", text, options);
    Outcome outcome;
    if (!compiled.module) return outcome;
    outcome.compiles = true;
    const driver::CompiledModule& module = *compiled.module;
    std::shared_ptr<rt::Instance> instance = rt::Instance::create(module.program(), engine.shared);
    instance->mode = rt::CodeMode::Metered;
    instance->context.fuel = 100000;
    instance->heap.set_limit(16 << 20);
    instance->output = collect;
    instance->output_user_data = &outcome.output;

    std::vector<ir::FuncId> calls;
    if (module.ir().init.is_valid()) calls.push_back(module.ir().init);
    for (const ir::Export& item : module.ir().exports) {
        // A main with a result would leave references for the caller to release.
        if (item.name == "main" && item.params.empty() && module.ir().functions[item.func].sig.results.empty()) {
            calls.push_back(item.func);
        }
    }
    for (ir::FuncId func : calls) {
        if (outcome.trap != TrapCode::None || instance->enter() != rt::EnterResult::Entered) break;
        std::vector<rt::Slot> io(1);
        if (way == Way::Interpreter) {
            outcome.trap =
                static_cast<TrapCode>(driver::interpret(module, instance->context, func, io.data()));
            instance->context.trap_code = TrapCode::None;
        } else {
            outcome.trap = instance->invoke(module.packed_entry(instance->mode, func), io.data());
        }
        if (outcome.trap != TrapCode::None && instance->last_trap()) outcome.message = instance->last_trap()->message();
        instance->leave();
        rt::HeapCount count = rt::check_heap(*instance);
        if (!count.error.empty()) {
            std::fprintf(stderr, "heap: %s\n", count.error.c_str());
            std::abort();
        }
    }
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const driver::Engine engine = [] {
        driver::Engine made;
        made.shared = std::make_shared<rt::RuntimeShared>();
        return made;
    }();
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Outcome oracle = run(engine, text, Way::Interpreter);
    if (!oracle.compiles) return 0;
    for (Way way : {Way::Unoptimized, Way::Optimized}) {
        Outcome seen = run(engine, text, way);
        if (is_limit(oracle.trap) || is_limit(seen.trap)) continue;
        if (seen.trap == oracle.trap && seen.message == oracle.message && seen.output == oracle.output) continue;
        std::fprintf(stderr, "interpreter: %s\n%s\nmachine code (%s): %s\n%s\n", oracle.message.c_str(),
                     oracle.output.c_str(), way == Way::Optimized ? "optimized" : "unoptimized", seen.message.c_str(),
                     seen.output.c_str());
        std::abort();
    }
    return 0;
}
