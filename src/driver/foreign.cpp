#include "driver/foreign.h"

#include "driver/engine.h"
#include "host/libraries.h"
#include "runtime/instance.h"
#include "support/ice.h"

namespace tn::driver {

namespace {

class CompiledRunner final : public host::ScriptRunner {
public:
    explicit CompiledRunner(const CompiledModule& module) : module_(module) {}
    std::uint32_t run(rt::Context* context, std::uint32_t func, rt::Slot* io) const override {
        rt::Instance& instance = rt::Instance::of(context);
        return static_cast<std::uint32_t>(
            instance.invoke(module_.packed_entry(instance.mode, ir::FuncId(func)), io));
    }

private:
    const CompiledModule& module_;
};

} // namespace

ForeignTable::ForeignTable(const Engine& engine, const ir::Module& ir, const CompiledModule* module) {
    for (std::size_t i = 0; i < ir.host_fns.size(); ++i) {
        const ir::HostFn& fn = ir.host_fns[ir::HostFnId(i)];
        entries_.emplace_back();
        if (!fn.is_extern()) continue;
        TN_CHECK(engine.libraries != nullptr, "a C function without the host's leave: " + fn.path);
        host::ForeignShape shape{fn.path, fn.params, fn.result, fn.fixed_params, {}};
        for (ir::FuncId callback : fn.callbacks) shape.callbacks.push_back(callback.value);
        const host::Libraries::Found found = engine.libraries->find(fn.library, fn.path);
        TN_CHECK(found.address != nullptr, "a C function that was there is gone: " + fn.path);
        entries_.back().reset(
            new Entry{host::ForeignFn(*ir.types, *ir.layouts, std::move(shape), found.address), module});
    }
}

codegen::HostTarget ForeignTable::target(ir::HostFnId id) const {
    Entry& entry = *entries_[id.index()];
    codegen::HostTarget target;
    target.address = entry.fn.address();
    target.user_data = &entry;
    target.dispatcher = &dispatch;
    target.is_generic = !entry.fn.is_plain();
    return target;
}

std::uint32_t ForeignTable::dispatch(rt::Context* context, void* entry, rt::Slot* io) {
    const auto& called = *static_cast<const Entry*>(entry);
    return called.fn.call(context, io, CompiledRunner(*called.module));
}

} // namespace tn::driver
