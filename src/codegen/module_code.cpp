#include "codegen/module_code.h"

#include "support/ice.h"

#include <algorithm>
#include <new>

namespace tn::codegen {

ModuleCode::ModuleCode(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options,
                       asmjit::BaseAssembler& base)
    : module_(module), image_(image), options_(options), base_(base) {}

ModuleCode::~ModuleCode() { code_.reset(); }

void ModuleCode::start(const asmjit::Environment& environment) {
    code_.init(environment);
    code_.setErrorHandler(&errors_);
    if (options_.listing) {
        logger_.addFlags(asmjit::FormatFlags::kHexOffsets);
        code_.setLogger(&logger_);
    }
    code_.attach(&base_);
#ifdef TN_DEBUG
    base_.addDiagnosticOptions(asmjit::DiagnosticOptions::kValidateAssembler);
#endif
    for (std::size_t i = 0; i < module_.functions.size(); ++i) functions_.push_back(base_.newLabel());
    checked_entries_.resize(module_.functions.size());
    function_offsets_.assign(module_.functions.size(), rt::CodeBlob::no_entry);
    packed_offsets_ = value_offsets_ = c_offsets_ = function_offsets_;
    poll_stub_ = base_.newLabel();
    trap_common_ = base_.newLabel();
    packed_trap_exit_ = base_.newLabel();
    c_trap_exit_ = base_.newLabel();
}

void ModuleCode::fail(const std::string& what) {
    std::string text = what;
    if (current) text += ", in " + current->name;
    if (current_inst) text += ", at " + std::string(ir::op_info(current_inst->op).text);
    TN_ICE(text);
}

void ModuleCode::check() {
    if (errors_.lacks_memory) throw std::bad_alloc();
    if (!errors_.message.empty()) fail("asmjit: " + errors_.message);
}

void ModuleCode::begin_function(MachineFunction& mf, const Frame& frame) {
    current = mf.fn;
    if (is_listing()) comment(("fn " + mf.fn->name).c_str());
    rt::FrameInfo info;
    info.begin = offset();
    for (std::size_t i = 0; i < frame.saved.size(); ++i)
        info.saved.push_back({frame.saved[i], frame.saved_offset(i)});
    frames_.push_back(std::move(info));
}

void ModuleCode::end_function(MachineFunction& mf) {
    function_offsets_[mf.id.index()] = static_cast<std::uint32_t>(code_.labelOffset(function_label(mf.id)));
    frames_.back().begin = function_offsets_[mf.id.index()];
    frames_.back().end = offset();
    current_inst = nullptr;
    current = nullptr;
}

Label ModuleCode::add_checked_entry(ir::FuncId func) { return checked_entries_[func.index()] = base_.newLabel(); }

Label ModuleCode::trap_stub(TrapCode code) {
    for (const auto& [known, label] : trap_stubs_) {
        if (known == code) return label;
    }
    trap_stubs_.emplace_back(code, base_.newLabel());
    return trap_stubs_.back().second;
}

void ModuleCode::add_site(std::uint32_t frame, ir::LocId loc, std::span<const rt::RefLocation> refs) {
    rt::Site site;
    site.return_offset = offset();
    site.frame = frame;
    site.loc = loc.value;
    site.first_ref = static_cast<std::uint32_t>(refs_.size());
    site.ref_count = static_cast<std::uint32_t>(refs.size());
    refs_.insert(refs_.end(), refs.begin(), refs.end());
    sites_.push_back(site);
}

void ModuleCode::finish() {
    base_.align(asmjit::AlignMode::kCode, 16);
    emit_stubs();
    check();
    code_.flatten();
    code_.resolveUnresolvedLinks();
    check();
    if (options_.listing) options_.listing->assign(logger_.data(), logger_.dataSize());
}

std::size_t ModuleCode::code_size() const { return code_.codeSize(); }

void ModuleCode::copy_to(std::uint8_t* destination, std::uint8_t* address) {
    code_.relocateToBase(reinterpret_cast<std::uintptr_t>(address));
    code_.copyFlattenedData(destination, code_.codeSize());
    check();
}

void ModuleCode::fill(rt::CodeBlob& blob) {
    blob.function_offsets = std::move(function_offsets_);
    blob.packed_offsets = std::move(packed_offsets_);
    blob.value_offsets = std::move(value_offsets_);
    blob.c_offsets = std::move(c_offsets_);
    blob.map.frames = std::move(frames_);
    blob.map.sites = std::move(sites_);
    blob.map.refs = std::move(refs_);
    std::sort(blob.map.sites.begin(), blob.map.sites.end(),
              [](const rt::Site& a, const rt::Site& b) { return a.return_offset < b.return_offset; });
}

} // namespace tn::codegen
