// What a module of AArch64 code has beside its functions: constants, which have to stay within the reach of a
// load.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

namespace {
// A load reaches a megabyte; what waits for the end of a function (see may_be_large()) takes the rest.
constexpr std::uint32_t constant_distance = 256 * 1024;
} // namespace

A64Module::A64Module(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options)
    : ModuleCode(module, image, options, a_), function_emitter_(*this) {
    start(asmjit::Environment(asmjit::Arch::kAArch64));
}

void A64Module::emit_function(MachineFunction& mf, const Frame& frame) {
    add_function(mf, frame, [&](std::uint32_t index) { function_emitter_.emit(mf, frame, index); });
    a_.far = false;
    emit_constants(false);
}

Label A64Module::constant(std::uint64_t bits) {
    auto [it, added] = constants_.try_emplace(bits);
    if (added) {
        if (pending_.empty()) first_use_ = offset();
        it->second = a_.newLabel();
        pending_.emplace_back(bits, it->second);
    }
    return it->second;
}

void A64Module::load_address(const void* address) {
    const auto bits = reinterpret_cast<std::uintptr_t>(address);
    if (a_.far) {
        a_.load_imm(address_register, static_cast<std::int64_t>(bits), true);
    } else {
        a_.ldr(x(address_register), jit::ptr(constant(bits)));
    }
}

// Stands between functions, which never run off their ends.
void A64Module::emit_constants(bool all) {
    if (pending_.empty() || (!all && offset() - first_use_ < constant_distance)) return;
    a_.align(asmjit::AlignMode::kData, 8);
    for (const auto& [bits, label] : pending_) {
        a_.bind(label);
        a_.embedUInt64(bits);
    }
    pending_.clear();
    constants_.clear();
}

} // namespace tn::codegen::a64
