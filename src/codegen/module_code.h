// One module's code as it grows: labels, sites, constants behind the code, and the finished bytes with their
// code map. A target adds its assembler, its thunks and its stubs.
#pragma once

#include "codegen/target.h"

#include <asmjit/core.h>

#include <span>
#include <string>
#include <unordered_map>

namespace tn::codegen {

using asmjit::Label;

class ModuleCode : public ModuleEmitter {
public:
    ~ModuleCode() override;
    void finish() override;
    std::size_t code_size() const override;
    void copy_to(std::uint8_t* destination, std::uint8_t* address) override;
    void fill(rt::CodeBlob& blob) override;

    Label trap_stub(TrapCode code);
    Label poll_stub() { return poll_stub_; }
    Label await_stub() { return made(await_stub_); }
    void add_site(std::uint32_t frame, ir::LocId loc, std::span<const rt::RefLocation> refs);
    [[noreturn]] void fail(const std::string& what);
    void check();
    // Annotations for the listing; nothing without one.
    void comment(const char* text) { base_.comment(text); }
    bool is_listing() const { return options_.listing != nullptr; }
    std::uint32_t offset() const override { return static_cast<std::uint32_t>(base_.offset()); }

    const ir::Module& ir() const { return module_; }
    const rt::ImageLayout& image() const { return image_; }
    const GenerateOptions& options() const { return options_; }
    bool metered() const { return options_.mode == rt::CodeMode::Metered; }
    asmjit::BaseAssembler& base_assembler() { return base_; }
    Label function_label(ir::FuncId func) { return functions_[func.index()]; }
    // Where the host enters: functions without a frame have a way in of their own, which tests the stack.
    Label add_checked_entry(ir::FuncId func);
    Label checked_entry(ir::FuncId func) const { return is_bare(func) ? checked_entries_[func.index()] : functions_[func.index()]; }
    bool is_bare(ir::FuncId func) const { return checked_entries_[func.index()].isValid(); }

    const ir::Function* current = nullptr; // for messages
    const ir::Inst* current_inst = nullptr;

protected:
    // `base` is the target's assembler, which start() attaches once it is there.
    ModuleCode(const ir::Module& module, const rt::ImageLayout& image, const GenerateOptions& options,
               asmjit::BaseAssembler& base);
    void start(const asmjit::Environment& environment);
    // A frame and its offsets around `emit`, which emits a function and gets the frame's number.
    template <typename Emit> void add_function(MachineFunction& mf, const Frame& frame, Emit&& emit) {
        begin_function(mf, frame);
        emit(static_cast<std::uint32_t>(frames_.size() - 1));
        end_function(mf);
    }
    virtual void emit_stubs() = 0; // and what else stands behind the functions
    // A stub's label that few modules need.
    Label made(Label& label) {
        if (!label.isValid()) label = base_.newLabel();
        return label;
    }

    const ir::Module& module_;
    const rt::ImageLayout& image_;
    const GenerateOptions& options_;
    asmjit::CodeHolder code_;
    std::vector<std::uint32_t> packed_offsets_, value_offsets_, c_offsets_;
    std::vector<std::pair<TrapCode, Label>> trap_stubs_;
    Label poll_stub_, suspend_stub_, await_stub_, trap_common_, packed_trap_exit_, c_trap_exit_;

private:
    void begin_function(MachineFunction& mf, const Frame& frame);
    void end_function(MachineFunction& mf);

    struct Errors final : asmjit::ErrorHandler {
        std::string message;
        bool lacks_memory = false; // what comes after that is no error of ours
        void handleError(asmjit::Error error, const char* text, asmjit::BaseEmitter*) override {
            if (error == asmjit::kErrorOutOfMemory && message.empty()) lacks_memory = true;
            if (message.empty()) message = std::to_string(error) + " " + text;
        }
    };

    Errors errors_;
    asmjit::StringLogger logger_;
    asmjit::BaseAssembler& base_;
    std::vector<Label> functions_, checked_entries_; // the latter invalid where there is none
    std::vector<std::uint32_t> function_offsets_;
    std::vector<rt::FrameInfo> frames_;
    std::vector<rt::Site> sites_;
    std::vector<rt::RefLocation> refs_;
};

} // namespace tn::codegen
