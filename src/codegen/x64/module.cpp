// What a module of x86-64 code has beside its functions: constants and tables behind the code.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

X64Module::X64Module(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options,
                     const CpuFeatures& cpu)
    : ModuleCode(module, image, options, a_), cpu_(cpu), function_emitter_(*this) {
    start(asmjit::Environment(asmjit::Arch::kX64));
    a_.addEncodingOptions(asmjit::EncodingOptions::kOptimizedAlign); // long nops: what is padded may run in an outer loop
}

void X64Module::emit_function(MachineFunction& mf, const Frame& frame) {
    add_function(mf, frame, [&](std::uint32_t index) { function_emitter_.emit(mf, frame, index); });
}

x86::Mem X64Module::pool64(std::uint64_t bits, unsigned size) {
    auto [it, added] = pool64_.try_emplace(bits);
    if (added) {
        it->second = a_.newLabel();
        pool64_order_.emplace_back(bits, it->second);
    }
    return x86::ptr(it->second, 0, size);
}

x86::Mem X64Module::pool128(std::uint64_t low, std::uint64_t high) {
    for (const Wide& w : pool128_) {
        if (w.low == low && w.high == high) return x86::ptr(w.label, 0, 16);
    }
    pool128_.push_back({low, high, a_.newLabel()});
    return x86::ptr(pool128_.back().label, 0, 16);
}

void X64Module::add_table(Label at, std::vector<Label> targets) {
    jump_tables_.push_back({at, std::move(targets)});
}

Label X64Module::table(std::string_view bytes) {
    for (const auto& [known, label] : tables_)
        if (known == bytes) return label;
    return tables_.emplace_back(bytes, a_.newLabel()).second;
}

void X64Module::emit_pool() {
    a_.align(asmjit::AlignMode::kData, 16);
    for (const Wide& w : pool128_) {
        a_.bind(w.label);
        a_.embedUInt64(w.low);
        a_.embedUInt64(w.high);
    }
    for (const auto& [bits, label] : pool64_order_) {
        a_.bind(label);
        a_.embedUInt64(bits);
    }
    for (const JumpTable& table : jump_tables_) {
        a_.bind(table.at);
        for (Label target : table.targets) a_.embedLabelDelta(target, table.at, 4);
    }
    for (const auto& [bytes, label] : tables_) {
        a_.align(asmjit::AlignMode::kData, 16);
        a_.bind(label);
        a_.embed(bytes.data(), bytes.size());
    }
}

} // namespace tn::codegen::x64
