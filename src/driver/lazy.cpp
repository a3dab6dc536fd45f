// Lazy modules: all of a source is checked and lowered, but optimized and compiled only when a host calls it.
// The unit is what a host can call by name (an export, a test, `init`, a key's own hash) with all that it
// reaches, so that the optimizer sees what it always sees, and emitted code never meets a function that is
// not there. Functions that several of these reach are compiled with each; so once many were asked for, the
// rest is compiled as a whole.
#include "driver/engine.h"
#include "driver/foreign.h"
#include "driver/pipeline.h"

#include <array>

namespace tn::driver {

namespace {
constexpr std::size_t max_parts = 16;
}

const rt::CodeBlob& CompiledModule::code_of(rt::CodeMode mode, ir::FuncId func) const {
    if (!is_lazy_) return code(mode);
    if (const rt::CodeBlob* whole = program_->code(mode)) return *whole;
    {
        std::lock_guard lock(parting_);
        if (const auto known = parts_.find(func.value); known != parts_.end() || parts_.size() < max_parts)
            return part_code(known != parts_.end() ? known->second : parts_[func.value], mode, func);
    }
    return code(mode);
}

// What fails, for want of memory, is tried anew when the function is asked for again.
const rt::CodeBlob& CompiledModule::part_code(Part& part, rt::CodeMode mode, ir::FuncId func) const {
    const rt::CodeBlob*& code = part.code[static_cast<unsigned>(mode)];
    if (code) return *code;
    std::shared_ptr<rt::CodeBlob> made;
    on_large_stack([&] {
        if (!part.ir) {
            auto module = std::make_shared<ir::Module>(ir::take_part(*ir_, std::array{func}));
            optimize_part(*module, options_);
            part.ir = std::move(module);
        }
        made = generate(engine_, *part.ir, *foreign_, program_->image(), mode, options_);
    });
    code = program_->add_code(mode, std::move(made));
    return *code;
}

std::shared_ptr<const ir::Module> CompiledModule::optimized() const {
    if (!is_lazy_) return ir_;
    auto module = std::make_shared<ir::Module>(*ir_);
    on_large_stack([&] { optimize_part(*module, options_); });
    return module;
}

} // namespace tn::driver
