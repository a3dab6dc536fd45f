// Code that is made around a finished module when a host first asks for it: loops over columns, calls of
// function values. It is a copy of the module with one function more, of which only what that function needs
// is compiled, and which runs on the module's instances like the rest of its code.
#pragma once

#include "ir/module.h"
#include "runtime/program.h"

#include <atomic>
#include <functional>
#include <memory>

namespace tn::driver {

struct Extension {
    std::shared_ptr<const ir::Module> ir;
    ir::FuncId func;
    // Its packed thunk by mode; null until that is first asked for.
    std::atomic<std::uint32_t (*)(rt::Context*, rt::Slot*)> entries[rt::code_mode_count] = {};
};

} // namespace tn::driver
