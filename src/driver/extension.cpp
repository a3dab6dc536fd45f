// See extension.h. The methods of CompiledModule that make extensions.
#include "driver/extension.h"

#include "driver/pipeline.h"
#include "ir/adapter.h"
#include "opt/pipeline.h"

namespace tn::driver {

std::unique_ptr<Extension> CompiledModule::extend(const std::function<ir::FuncId(ir::Module&)>& add) const {
    auto extension = std::make_unique<Extension>();
    const auto make = [&](bool optimized) {
        auto module = std::make_shared<ir::Module>(*ir_);
        const ir::FuncId func = add(*module);
        module->exports.clear();
        module->tests.clear();
        module->key_impls.clear();
        module->init = ir::FuncId();
        ir::Export& only = module->exports.emplace_back();
        only.func = func;
        opt::Options options;
        options.level = optimized ? options_.opt_level : 0;
        options.verify = options_.verify_each_pass;
        options.is_part = is_lazy_;
        if (is_lazy_) opt::optimize(*module, options); // what it calls is as it was lowered
        else opt::optimize_one(*module, func, options);
        extension->func = func;
        extension->ir = std::move(module);
    };
    on_large_stack([&] {
        make(true);
        // Its objects are described by the program's tables.
        if (extension->ir->descs.size() != ir_->descs.size()) make(false);
    });
    return extension;
}

CompiledModule::Packed CompiledModule::extension_entry(Extension& extension, rt::CodeMode mode) const {
    auto& entry = extension.entries[static_cast<unsigned>(mode)];
    if (!entry.load(std::memory_order_acquire)) {
        if (!is_lazy_) code(mode); // closures find their code by it
        std::shared_ptr<rt::CodeBlob> blob;
        on_large_stack([&] { blob = generate(engine_, *extension.ir, *foreign_, program_->image(), mode, options_); });
        const rt::CodeBlob* kept = program_->add_code(mode, std::move(blob));
        entry.store(
            reinterpret_cast<Packed>(reinterpret_cast<std::uintptr_t>(kept->packed(extension.func.value))),
            std::memory_order_release);
    }
    return entry.load(std::memory_order_acquire);
}

CompiledModule::Packed CompiledModule::batch_entry(rt::CodeMode mode, ir::FuncId func) const {
    std::lock_guard lock(extending_);
    std::unique_ptr<Extension>& place = batch_loops_[func.value];
    if (!place) place = extend([func](ir::Module& module) { return ir::add_batch_loop(module, func); });
    return extension_entry(*place, mode);
}

CompiledModule::Packed CompiledModule::closure_entry(rt::CodeMode mode,
                                                     const ir::Signature& signature) const {
    std::lock_guard lock(extending_);
    for (auto& [known, extension] : closure_calls_) {
        if (known == signature) return extension_entry(*extension, mode);
    }
    auto made = extend([&](ir::Module& module) { return ir::add_closure_call(module, signature); });
    closure_calls_.emplace_back(signature, std::move(made));
    return extension_entry(*closure_calls_.back().second, mode);
}

} // namespace tn::driver
