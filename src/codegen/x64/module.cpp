// One module's code as it grows: labels, sites, constants and tables behind the code, and the finished
// bytes with their code map.
#include "codegen/x64/x64.h"

#include "support/ice.h"

#include <algorithm>
#include <cstring>

namespace tn::codegen::x64 {

X64Module::X64Module(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options,
                     const CpuFeatures& cpu)
    : module_(module), image_(image), options_(options), cpu_(cpu), function_emitter_(*this) {
    code_.init(asmjit::Environment::host());
    code_.setErrorHandler(&errors_);
    if (options_.listing) {
        logger_.addFlags(asmjit::FormatFlags::kHexOffsets);
        code_.setLogger(&logger_);
    }
    code_.attach(&a_);
    a_.addEncodingOptions(asmjit::EncodingOptions::kOptimizedAlign); // long nops: what is padded may run in an outer loop
#ifdef TN_DEBUG
    a_.addDiagnosticOptions(asmjit::DiagnosticOptions::kValidateAssembler);
#endif
    for (std::size_t i = 0; i < module.functions.size(); ++i) functions_.push_back(a_.newLabel());
    function_offsets_.assign(module.functions.size(), rt::CodeBlob::no_entry);
    packed_offsets_ = c_offsets_ = function_offsets_;
    poll_stub_ = a_.newLabel();
    trap_common_ = a_.newLabel();
    packed_trap_exit_ = a_.newLabel();
    c_trap_exit_ = a_.newLabel();
}

X64Module::~X64Module() { code_.reset(); }

std::uint32_t X64Module::offset() { return static_cast<std::uint32_t>(a_.offset()); }

void X64Module::fail(const std::string& what) {
    std::string text = what;
    if (current) text += ", in " + current->name;
    if (current_inst) text += ", at " + std::string(ir::op_info(current_inst->op).text);
    TN_ICE(text);
}

void X64Module::check() {
    if (!errors_.message.empty()) fail("asmjit: " + errors_.message);
}

void X64Module::comment(const char* text) { a_.comment(text); }

void X64Module::emit_function(MachineFunction& mf, const Frame& frame) {
    current = mf.fn;
    if (is_listing()) comment(("fn " + mf.fn->name).c_str());
    rt::FrameInfo info;
    info.begin = offset();
    for (std::size_t i = 0; i < frame.saved.size(); ++i)
        info.saved.push_back({frame.saved[i], frame.saved_offset(i)});
    frames_.push_back(std::move(info));
    function_emitter_.emit(mf, frame, static_cast<std::uint32_t>(frames_.size() - 1));
    function_offsets_[mf.id.index()] = static_cast<std::uint32_t>(code_.labelOffset(function_label(mf.id)));
    frames_.back().begin = function_offsets_[mf.id.index()];
    frames_.back().end = offset();
    current_inst = nullptr;
    current = nullptr;
}

Label X64Module::trap_stub(TrapCode code) {
    for (const auto& [known, label] : trap_stubs_) {
        if (known == code) return label;
    }
    trap_stubs_.emplace_back(code, a_.newLabel());
    return trap_stubs_.back().second;
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
    tables_.push_back({at, std::move(targets)});
}

void X64Module::add_site(std::uint32_t frame, ir::LocId loc, std::span<const rt::RefLocation> refs) {
    rt::Site site;
    site.return_offset = offset();
    site.frame = frame;
    site.loc = loc.value;
    site.first_ref = static_cast<std::uint32_t>(refs_.size());
    site.ref_count = static_cast<std::uint32_t>(refs.size());
    refs_.insert(refs_.end(), refs.begin(), refs.end());
    sites_.push_back(site);
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
    for (const Table& table : tables_) {
        a_.bind(table.at);
        for (Label target : table.targets) a_.embedLabelDelta(target, table.at, 4);
    }
}

void X64Module::finish() {
    a_.align(asmjit::AlignMode::kCode, 16);
    emit_stubs();
    emit_pool();
    check();
    code_.flatten();
    code_.resolveUnresolvedLinks();
    check();
    if (options_.listing) options_.listing->assign(logger_.data(), logger_.dataSize());
}

std::size_t X64Module::code_size() const { return code_.codeSize(); }

void X64Module::copy_to(std::uint8_t* destination, std::uint8_t* address) {
    code_.relocateToBase(reinterpret_cast<std::uintptr_t>(address));
    code_.copyFlattenedData(destination, code_.codeSize());
    check();
}

void X64Module::fill(rt::CodeBlob& blob) {
    blob.function_offsets = std::move(function_offsets_);
    blob.packed_offsets = std::move(packed_offsets_);
    blob.c_offsets = std::move(c_offsets_);
    blob.map.frames = std::move(frames_);
    blob.map.sites = std::move(sites_);
    blob.map.refs = std::move(refs_);
    std::sort(blob.map.sites.begin(), blob.map.sites.end(),
              [](const rt::Site& a, const rt::Site& b) { return a.return_offset < b.return_offset; });
}

} // namespace tn::codegen::x64
