// The door of the interpreter: the positions for trap records, and a Run per call.
#include "interp/interp.h"

#include "interp/run.h"

namespace tn::interp {

Interpreter::Interpreter(const ir::Module& module, HostCall host_call)
    : module_(module), host_call_(std::move(host_call)) {
    code_map_.files = module.files;
    code_map_.function_names = module.function_names;
    for (const ir::Loc& loc : module.locs) {
        code_map_.locs.push_back({loc.file, loc.line, loc.column, loc.function, loc.inlined_at.value});
    }
}

TrapCode Interpreter::run(rt::Context& context, ir::FuncId func, std::span<rt::Slot> io) const {
    return Run(*this, context).call(func, io);
}

} // namespace tn::interp
