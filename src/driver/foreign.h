// The C functions that a module's `extern` blocks use, bound: addresses found, calls prepared.
//
// In: the IR's declarations, the engine's libraries. Out: what emitted code and the interpreter call. It
// refuses to know how arguments become C values; host/foreign_fn.h does.
#pragma once

#include "codegen/codegen.h"
#include "host/foreign_fn.h"
#include "ir/module.h"

#include <memory>
#include <vector>

namespace tn::driver {

struct Engine;
class CompiledModule;

class ForeignTable {
public:
    // `module` is who compiles the callbacks; null: nobody calls, the table is for a listing.
    ForeignTable(const Engine& engine, const ir::Module& ir, const CompiledModule* module);

    codegen::HostTarget target(ir::HostFnId id) const;
    // As emitted code would call it, but callbacks are run by `runner`.
    std::uint32_t call(ir::HostFnId id, rt::Context* context, rt::Slot* io,
                       const host::ScriptRunner& runner) const {
        return entries_[id.index()]->fn.call(context, io, runner);
    }

private:
    struct Entry {
        host::ForeignFn fn;
        const CompiledModule* module;
    };
    static std::uint32_t dispatch(rt::Context* context, void* entry, rt::Slot* io);

    std::vector<std::unique_ptr<Entry>> entries_; // by HostFnId; null: registered by the host
};

} // namespace tn::driver
