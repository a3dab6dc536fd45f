// The code generator as a line of steps: each function is described, allocated, framed and emitted, then
// the module's code is placed in pages of its own.
#include "codegen/codegen.h"

#include "codegen/a64/a64.h"
#include "codegen/code_cache.h"
#include "codegen/listing.h"
#include "codegen/machine_builder.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_verify.h"
#include "codegen/x64/x64.h"

#include <algorithm>
#include <functional>

namespace tn::codegen {

namespace {

void copy_positions(const ir::Module& module, rt::CodeMap& map) {
    map.locs.reserve(module.locs.size());
    for (const ir::Loc& loc : module.locs) {
        map.locs.push_back({loc.file, loc.line, loc.column, loc.function, loc.inlined_at.value});
    }
    map.files = module.files;
    map.function_names = module.function_names;
}

bool verifies(const GenerateOptions& options) {
#ifdef TN_DEBUG
    (void)options;
    return true;
#else
    return options.verify_allocation;
#endif
}

using MakeTarget = std::function<std::unique_ptr<Target>()>;

// Every function described, allocated, framed and emitted. The first two are done for some functions at a time, by all
// workers; emission goes in order.
void emit_functions(const ir::Module& module, const MakeTarget& make_target, ModuleEmitter& emitter,
                    const GenerateOptions& options) {
    struct Worker {
        std::unique_ptr<Target> target;
        RegisterAllocator allocator;
        explicit Worker(std::unique_ptr<Target> t) : target(std::move(t)), allocator(target->registers()) {}
    };
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned w = 0; w < (options.workers ? options.workers->count() : 1); ++w)
        workers.push_back(std::make_unique<Worker>(make_target()));
    const RegisterFile& registers = workers[0]->target->registers();
    std::vector<ir::FuncId> functions;
    for (std::size_t i = 0; i < module.functions.size(); ++i) {
        if (module.functions[ir::FuncId(i)].blocks.empty()) continue; // removed
        functions.push_back(ir::FuncId(i));
        if (options.statistics) options.statistics->function(i, module.functions[ir::FuncId(i)].name);
    }
    const auto statistics_of = [&](ir::FuncId id) {
        return options.statistics ? &options.statistics->function(id.index(), module.functions[id].name) : nullptr;
    };
    std::vector<MachineFunction> batch(options.workers ? 16 * workers.size() : 1);
    Frame frame;
    for (std::size_t first = 0; first < functions.size(); first += batch.size()) {
        const std::size_t count = std::min(batch.size(), functions.size() - first);
        for_each_round(options.workers, count, [&](std::size_t i, unsigned w) {
            MachineFunction& mf = batch[i];
            Worker& worker = *workers[w];
            FunctionStatistics* const statistics = statistics_of(functions[first + i]);
            {
                const StepTimer timer(statistics, "select");
                build_machine_function(mf, *worker.target, module, functions[first + i], options.limit_registers);
            }
            const CallPlan& params = worker.target->plan_params(mf.fn->sig);
            const StepTimer timer(statistics, "allocate");
            worker.allocator.run(mf, params, options.limit_registers);
            if (verifies(options)) verify_allocation(mf, params, registers);
        });
        for (std::size_t i = 0; i < count; ++i) {
            MachineFunction& mf = batch[i];
            std::uint32_t keep = 0;
            for (const LiveAcross& live : mf.live_across) {
                keep = std::max(keep, static_cast<std::uint32_t>(
                                          std::popcount(live.registers & ~registers.callee_saved)));
            }
            frame.lay_out(mf.used_registers & registers.callee_saved, mf.slot_count, mf.view_count, keep, mf.outgoing_count);
            const std::uint32_t begin = emitter.offset();
            FunctionStatistics* const statistics = statistics_of(functions[first + i]);
            {
                const StepTimer timer(statistics, "emit");
                emitter.emit_function(mf, frame);
            }
            if (statistics) {
                statistics->spills = mf.slot_count;
                statistics->code_bytes = emitter.offset() - begin;
            }
        }
    }
}

void emit_thunks(const ir::Module& module, ModuleEmitter& emitter, const GenerateOptions& options) {
    std::vector<bool> packed(module.functions.size(), options.packed_for_all),
        exported(module.functions.size(), false);
    for (const ir::Export& e : module.exports) packed[e.func.index()] = exported[e.func.index()] = true;
    for (const ir::TestCase& t : module.tests) packed[t.func.index()] = true;
    for (const ir::KeyImpl& key : module.key_impls) {
        if (key.hash.is_valid()) packed[key.hash.index()] = true;
        if (key.equal.is_valid()) packed[key.equal.index()] = true;
    }
    if (module.init.is_valid()) packed[module.init.index()] = true;
    for (const ir::HostFn& host : module.host_fns)
        for (ir::FuncId callback : host.callbacks)
            if (callback.is_valid()) packed[callback.index()] = true;
    for (ir::FuncId func : options.packed) packed[func.index()] = true;
    for (std::size_t i = 0; i < module.functions.size(); ++i) {
        if (module.functions[ir::FuncId(i)].blocks.empty()) continue;
        if (packed[i]) emitter.emit_packed_thunk(ir::FuncId(i));
        if (exported[i]) emitter.emit_c_thunk(ir::FuncId(i));
    }
    ValueTags tags;
    for (const ir::Export& e : module.exports) {
        const ir::Function& fn = module.functions[e.func];
        if (exported[e.func.index()] && !fn.blocks.empty() && find_tags(module, options, fn.sig, e.params, e.result, tags))
            emitter.emit_value_thunk(e.func, tags);
        exported[e.func.index()] = false; // under another name it is the same
    }
}

std::shared_ptr<rt::CodeBlob> place(const ir::Module& module, ModuleEmitter& emitter) {
    auto memory = std::make_shared<CodeMemory>(emitter.code_size());
    emitter.copy_to(memory->base(), memory->base());
    memory->seal();
    auto blob = std::make_shared<rt::CodeBlob>();
    emitter.fill(*blob);
    blob->map.base = memory->base();
    blob->map.size = static_cast<std::uint32_t>(emitter.code_size());
    copy_positions(module, blob->map);
    blob->memory = std::move(memory);
    return blob;
}

std::shared_ptr<rt::CodeBlob> run(const ir::Module& module, const MakeTarget& make_target, ModuleEmitter& emitter,
                                  const GenerateOptions& options) {
    emit_functions(module, make_target, emitter, options);
    FunctionStatistics* const statistics = options.statistics ? &options.statistics->whole : nullptr;
    {
        const StepTimer timer(statistics, "thunks");
        emit_thunks(module, emitter, options);
        emitter.finish();
    }
    if (options.listing) tidy_listing(*options.listing, options.listing_function);
    const StepTimer timer(statistics, "place");
    return options.machine == host_machine ? place(module, emitter) : nullptr;
}

} // namespace

std::shared_ptr<rt::CodeBlob> generate(const ir::Module& module, const rt::ImageLayout& image,
                                       const GenerateOptions& options) {
    if (options.machine == Machine::A64) {
        a64::A64Module emitter(module, image, options);
        return run(module, [&] { return std::make_unique<a64::A64Target>(options); }, emitter, options);
    }
    x64::CpuFeatures cpu = options.baseline_cpu ? x64::CpuFeatures() : x64::CpuFeatures::host();
    if (options.limit_registers > 0) cpu.avx512_lanes = false; // the stress takes the longer ways, too
    x64::X64Module emitter(module, image, options, cpu);
    return run(module, [&] { return std::make_unique<x64::X64Target>(cpu, options); }, emitter, options);
}

} // namespace tn::codegen
