// The oracle: executes a module's IR directly, slowly and with every access checked. Machine code must
// do what it does.
//
// In: a module that ir::verify accepts, and an instance of its Program. Out: results, or a trap with the
// same record that unwinding machine code leaves. A wrong lowering or optimization (use of a freed or
// shared object, an access outside an object, a reference dropped or given away twice) is an
// InternalError; the instance must not be used after one. Knows no machine code and no syntax.
#pragma once

#include "ir/module.h"
#include "runtime/code_map.h"
#include "runtime/context.h"

#include <functional>
#include <span>

namespace tn::interp {

// Calls a host function. `io` holds the arguments leaf by leaf and takes the results, as for a packed
// thunk; the answer is a trap code, 0 for success. The context is set up so that the host may call
// into a script again.
using HostCall = std::function<std::uint32_t(rt::Context*, ir::HostFnId, rt::Slot* io)>;

class Interpreter {
public:
    // Both the module and the interpreter must outlive the traces of what was run. Host functions are
    // called through `host_call`, which may be empty when the module has none.
    Interpreter(const ir::Module& module, HostCall host_call = {});

    // Runs a function as a packed thunk does: arguments in `io`, results out in the same row. The
    // instance is entered. Its mode decides between polls and fuel. Any number of threads, one per
    // instance. On a trap everything the frames owned has been released, Instance::last_trap() tells
    // about it, and Context::trap_code is None again. Throws InternalError, std::bad_alloc.
    TrapCode run(rt::Context& context, ir::FuncId func, std::span<rt::Slot> io) const;

    const ir::Module& module() const { return module_; }
    // Positions, for trap records.
    const rt::CodeMap& code_map() const { return code_map_; }
    const HostCall& host_call() const { return host_call_; }

private:
    const ir::Module& module_;
    HostCall host_call_;
    rt::CodeMap code_map_;
};

} // namespace tn::interp
