// The code generator as a line of steps: each function is described, allocated, framed and emitted, then
// the module's code is placed in pages of its own.
#include "codegen/codegen.h"

#include "codegen/code_cache.h"
#include "codegen/listing.h"
#include "codegen/machine_builder.h"
#include "codegen/regalloc.h"
#include "codegen/regalloc_verify.h"
#include "codegen/x64/x64.h"

#include <algorithm>

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

} // namespace

std::shared_ptr<rt::CodeBlob> generate(const ir::Module& module, const rt::ImageLayout& image,
                                       const GenerateOptions& options) {
    const x64::CpuFeatures cpu = options.baseline_cpu ? x64::CpuFeatures() : x64::CpuFeatures::host();
    x64::X64Target target(cpu, options);
    x64::X64Module emitter(module, image, options, cpu);
    RegisterAllocator allocator(target.registers());
    MachineFunction mf;
    Frame frame;
    for (std::size_t i = 0; i < module.functions.size(); ++i) {
        const ir::FuncId id(i);
        if (module.functions[id].blocks.empty()) continue; // removed
        build_machine_function(mf, target, module, id);
        const CallPlan& params = target.plan_params(mf.fn->sig);
        allocator.run(mf, params, options.limit_registers);
        if (verifies(options)) verify_allocation(mf, params, target.registers());
        std::uint32_t keep = 0;
        for (const LiveAcross& live : mf.live_across) {
            keep = std::max(keep, static_cast<std::uint32_t>(
                                      std::popcount(live.registers & ~target.registers().callee_saved)));
        }
        frame.lay_out(mf.used_registers & target.registers().callee_saved, mf.slot_count, keep,
                      mf.outgoing_count);
        emitter.emit_function(mf, frame);
    }

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
    emitter.finish();
    if (options.listing) tidy_listing(*options.listing, options.listing_function);

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

} // namespace tn::codegen
