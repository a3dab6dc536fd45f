#include "driver/engine.h"

#include "codegen/codegen.h"
#include "driver/pipeline.h"
#include "host/ffi_call.h"
#include "interp/interp.h"
#include "ir/verify.h"

#include <algorithm>

namespace tn::driver {

namespace {

std::shared_ptr<rt::Program> make_program(const ir::Module& module) {
    rt::ProgramParts parts;
    for (const ir::Desc& desc : module.descs) {
        rt::ObjectDesc d;
        switch (desc.kind) {
        case ir::DescKind::String: d.kind = rt::ObjectDesc::Kind::String; break;
        case ir::DescKind::Bytes: d.kind = rt::ObjectDesc::Kind::Bytes; break;
        case ir::DescKind::List: d.kind = rt::ObjectDesc::Kind::List; break;
        case ir::DescKind::Box: d.kind = rt::ObjectDesc::Kind::Box; break;
        case ir::DescKind::Closure:
            d.kind = rt::ObjectDesc::Kind::Closure;
            d.func = desc.func.value;
            break;
        }
        d.stride = desc.stride;
        d.refs = desc.refs;
        d.type = desc.type;
        parts.descs.push_back(std::move(d));
    }
    for (std::uint32_t i = 0; i < module.literals.size(); ++i)
        parts.literals.emplace_back(module.literals[ir::LiteralId(i)], module.literal_descs[ir::LiteralId(i)].value);
    parts.instance_data_size = module.instance_data_size;
    for (const ir::InstanceRef& ref : module.instance_refs)
        parts.instance_refs.push_back({ref.offset, ref.desc.is_valid() ? ref.desc.value : rt::no_desc});
    return std::make_shared<rt::Program>(std::move(parts));
}

CompileResult finish(const Engine& engine, Lowered lowered, const Options& options) {
    CompileResult result;
    result.sources = lowered.sources;
    result.diagnostics = std::move(lowered.diagnostics);
    if (!lowered.ir) return result;
    auto module = std::make_shared<ir::Module>(std::move(*lowered.ir));
#ifdef TN_DEBUG
    ir::verify_or_ice(*module, "lower");
#else
    if (options.verify_each_pass) ir::verify_or_ice(*module, "lower");
#endif
    optimize(*module, options);
    result.module = std::make_shared<CompiledModule>(engine, options, result.sources, result.diagnostics, module);
    return result;
}

} // namespace

CompiledModule::CompiledModule(const Engine& engine, Options options, std::shared_ptr<diag::SourceMap> sources,
                               std::vector<diag::Diagnostic> warnings, std::shared_ptr<const ir::Module> ir)
    : engine_(engine), options_(std::move(options)), sources_(std::move(sources)), warnings_(std::move(warnings)),
      ir_(std::move(ir)), program_(make_program(*ir_)) {}

const rt::CodeBlob& CompiledModule::code(rt::CodeMode mode) const {
    if (const rt::CodeBlob* blob = program_->code(mode)) return *blob;
    std::lock_guard lock(generating_);
    if (const rt::CodeBlob* blob = program_->code(mode)) return *blob;
    return *program_->publish_code(mode, generate(engine_, *ir_, program_->image(), mode, options_));
}

CompiledModule::Packed CompiledModule::packed_entry(rt::CodeMode mode, ir::FuncId func) const {
    return reinterpret_cast<Packed>(reinterpret_cast<std::uintptr_t>(code(mode).packed(func.value)));
}

CompiledModule::CFunction CompiledModule::c_entry(rt::CodeMode mode, ir::FuncId func) const {
    return reinterpret_cast<CFunction>(reinterpret_cast<std::uintptr_t>(code(mode).c_entry(func.value)));
}

CompiledModule::~CompiledModule() = default;

const interp::Interpreter& CompiledModule::interpreter() const {
    std::lock_guard lock(generating_);
    if (!interpreter_) {
        auto call_host = [this](rt::Context* context, ir::HostFnId id, rt::Slot* io) -> std::uint32_t {
            const ir::HostFn& fn = ir_->host_fns[id];
            const HostFunction& target = engine_.host_functions[fn.registration];
            if (target.is_generic) return engine_.generic_call(context, target.user_data, io);
            host::call_plain(*ir_->types, fn.params, fn.result, target.address, io);
            return 0;
        };
        interpreter_ = std::make_unique<interp::Interpreter>(*ir_, call_host);
    }
    return *interpreter_;
}

std::uint32_t interpret(const CompiledModule& module, rt::Context& context, ir::FuncId func, rt::Slot* io) {
    const ir::Signature& sig = module.ir().functions[func].sig;
    const std::size_t slots = std::max(sig.params.size(), sig.results.size());
    return static_cast<std::uint32_t>(module.interpreter().run(context, func, {io, slots}));
}

CompileResult compile_text(const Engine& engine, std::string_view name, std::string_view text, const Options& options) {
    CompileResult result;
    if (text.size() > options.max_source_bytes) {
        result.sources = std::make_shared<diag::SourceMap>();
        result.io_error = "`" + std::string(name) + "` has " + std::to_string(text.size()) + " bytes, the limit is " +
                          std::to_string(options.max_source_bytes);
        return result;
    }
    on_large_stack([&] {
        result = finish(engine, lower_source(engine, std::string(name), std::string(text), options), options);
        if (result.module) result.module->code(rt::CodeMode::Polled);
    });
    return result;
}

CompileResult compile_path(const Engine& engine, const std::string& path, const Options& options) {
    LoadedFile file = load_path(path, options);
    if (file.error.empty()) return compile_text(engine, file.name, file.text, options);
    CompileResult result;
    result.sources = std::make_shared<diag::SourceMap>();
    result.io_error = std::move(file.error);
    return result;
}

} // namespace tn::driver
