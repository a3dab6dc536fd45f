#include "driver/engine.h"

#include "codegen/codegen.h"
#include "driver/foreign.h"
#include "driver/pipeline.h"
#include "host/ffi_call.h"
#include "interp/interp.h"
#include "ir/short.h"
#include "ir/verify.h"
#include "runtime/host_type.h"
#include "support/kept_blocks.h"
#include "syntax/parser.h"

#include <algorithm>

namespace tn::driver {

namespace {

std::shared_ptr<rt::Program> make_program(const Engine& engine, const ir::Module& module) {
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
        case ir::DescKind::Host:
            d.kind = rt::ObjectDesc::Kind::Host;
            d.host = engine.host_types[module.types->host_type(desc.type)].type;
            break;
        }
        d.stride = d.kind == rt::ObjectDesc::Kind::Host ? rt::host_object_stride : desc.stride;
        d.refs = desc.refs;
        d.shared_tag = ir::shared_box_tag(module, desc).value_or(0);
        d.type = desc.type;
        parts.descs.push_back(std::move(d));
    }
    for (std::uint32_t i = 0; i < module.literals.size(); ++i)
        parts.literals.emplace_back(module.literals[ir::LiteralId(i)],
                                    module.literal_descs[ir::LiteralId(i)].value);
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
    result.module =
        std::make_shared<CompiledModule>(engine, options, result.sources, result.diagnostics, module);
    return result;
}

} // namespace

CompiledModule::CompiledModule(const Engine& engine, Options options,
                               std::shared_ptr<diag::SourceMap> sources,
                               std::vector<diag::Diagnostic> warnings, std::shared_ptr<ir::Module> ir)
    : engine_(engine), options_(std::move(options)), sources_(std::move(sources)), warnings_(std::move(warnings)) {
    // What C calls back must be there when it does: that is no place to compile, nor to fail.
    is_lazy_ = options_.is_lazy && std::ranges::all_of(ir->host_fns, [](const ir::HostFn& fn) { return fn.callbacks.empty(); });
    if (is_lazy_) prepare_parts(*ir, options_);
    else optimize(*ir, options_);
    ir_ = std::move(ir);
    program_ = make_program(engine_, *ir_);
    foreign_ = std::make_unique<ForeignTable>(engine_, *ir_, this);
}

const rt::CodeBlob& CompiledModule::code(rt::CodeMode mode) const {
    if (const rt::CodeBlob* blob = program_->code(mode)) return *blob;
    std::lock_guard lock(generating_);
    if (const rt::CodeBlob* blob = program_->code(mode)) return *blob;
    return *program_->publish_code(mode,
                                   generate(engine_, *optimized(), *foreign_, program_->image(), mode, options_));
}

bool CompiledModule::is_short(ir::FuncId func) const { return ir::is_short(*ir_, func); }

CompiledModule::Packed CompiledModule::packed_entry(rt::CodeMode mode, ir::FuncId func) const {
    return reinterpret_cast<Packed>(reinterpret_cast<std::uintptr_t>(code_of(mode, func).packed(func.value)));
}

CompiledModule::Values CompiledModule::value_entry(rt::CodeMode mode, ir::FuncId func) const {
    return reinterpret_cast<Values>(reinterpret_cast<std::uintptr_t>(code_of(mode, func).values(func.value)));
}

CompiledModule::CFunction CompiledModule::c_entry(rt::CodeMode mode, ir::FuncId func) const {
    return reinterpret_cast<CFunction>(reinterpret_cast<std::uintptr_t>(code_of(mode, func).c_entry(func.value)));
}

CompiledModule::~CompiledModule() = default;

namespace {

class InterpretingRunner final : public host::ScriptRunner {
public:
    explicit InterpretingRunner(const CompiledModule& module) : module_(module) {}
    std::uint32_t run(rt::Context* context, std::uint32_t func, rt::Slot* io) const override {
        const std::uint32_t code = interpret(module_, *context, ir::FuncId(func), io);
        context->trap_code = TrapCode::None;
        return code;
    }

private:
    const CompiledModule& module_;
};

} // namespace

const interp::Interpreter& CompiledModule::interpreter() const {
    std::lock_guard lock(generating_);
    if (!interpreter_) {
        auto call_host = [this](rt::Context* context, ir::HostFnId id, rt::Slot* io) -> std::uint32_t {
            const ir::HostFn& fn = ir_->host_fns[id];
            if (fn.is_extern()) return foreign_->call(id, context, io, InterpretingRunner(*this));
            const HostFunction& target = engine_.host_functions[fn.registration];
            if (target.is_generic) return engine_.generic_call(context, target.user_data, io);
            std::vector<Scalar> params;
            for (const ir::Param& param : fn.sig.params) params.push_back(param.type);
            const host::PlainCall call{params, fn.sig.results, fn.has_status, fn.out_offsets};
            const std::int32_t status = host::call_plain(call, target.address, io);
            if (status != 0) engine_.plain_failure(context, target.user_data, status);
            return static_cast<std::uint32_t>(context->trap_code);
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

namespace {

CompileResult compile_package(const Engine& engine, Package& package, SourceFile root,
                              const Options& options) {
    const KeptBlocks kept;
    CompileResult result;
    ModuleLoader loader(engine, package, options);
    result.sources = loader.sources;
    if (root.text.size() > options.max_source_bytes) {
        result.io_error = "`" + root.name + "` has " + std::to_string(root.text.size()) +
                          " bytes, the limit is " + std::to_string(options.max_source_bytes);
        return result;
    }
    loader.add_root(std::move(root));
    with_loaded(loader, [&] {
        const Engine& grown = loader.engine();
        result = finish(grown, lower_loaded(grown, loader, options), options);
        result.engine = loader.loaded_engine();
        if (result.module && !options.is_lazy) result.module->code(rt::CodeMode::Polled);
    });
    if (!loader.unreadable().empty() && result.module) {
        result.module.reset();
        result.io_error = loader.unreadable();
    }
    return result;
}

} // namespace

CompileResult compile_text(const Engine& engine, std::string_view name, std::string_view text,
                           const Options& options) {
    const auto package = package_of_one(name);
    return compile_package(engine, *package, {std::string(name), std::string(text)}, options);
}

CompileResult compile_texts(const Engine& engine, std::string_view prefix,
                            std::map<std::string, std::string> texts, const Options& options) {
    SourceFile root{std::string(prefix), ""};
    if (!prefix.empty() && !prefix.ends_with('/')) root.name += '/';
    root.name += "main.tn";
    const auto main = texts.find("main.tn");
    if (main == texts.end()) {
        CompileResult result;
        result.sources = std::make_shared<diag::SourceMap>();
        result.io_error = "`main.tn` is missing among the sources";
        return result;
    }
    root.text = main->second;
    const auto package = package_of_texts(prefix, std::move(texts));
    return compile_package(engine, *package, std::move(root), options);
}

CompileResult compile_path(const Engine& engine, const std::string& path, const Options& options) {
    OpenedPackage opened = open_path(path, options);
    if (!opened.package) {
        CompileResult result;
        result.sources = std::make_shared<diag::SourceMap>();
        result.io_error = std::move(opened.error);
        return result;
    }
    Options own = options;
    own.whole_package &= opened.is_folder;
    return compile_package(engine, *opened.package, std::move(opened.root), own);
}

CompileResult check_text(const Engine& engine, std::string_view name, std::string_view text, const Options& options) {
    const auto package = package_of_one(name);
    CompileResult result;
    ModuleLoader loader(engine, *package, options);
    result.sources = loader.sources;
    loader.add_root({std::string(name), std::string(text)});
    with_loaded(loader, [&] { result.diagnostics = lower_loaded(loader.engine(), loader, options).diagnostics; });
    result.engine = loader.loaded_engine();
    return result;
}

SyntaxCheck check_syntax(std::string_view name, std::string_view text) {
    SyntaxCheck result;
    result.sources = std::make_shared<diag::SourceMap>();
    const FileId file = result.sources->add(std::string(name), std::string(text));
    Interner interner;
    diag::DiagnosticSink sink;
    on_large_stack([&] { syntax::parse(*result.sources, file, interner, sink); });
    result.diagnostics = sink.sorted();
    result.has_errors = sink.has_errors();
    return result;
}

} // namespace tn::driver
