// Life of the objects behind the handles.
#include "capi/core.h"

#include "capi/dispatch.h"
#include "capi/timer.h"
#include "host/glue.h"
#include "host/libraries.h"

#include <cstddef>

namespace tn::capi {

namespace {

driver::SourceAnswer ask_loader(const host::SourceLoader& loader, const std::string& path) {
    driver::SourceAnswer answer;
    const char* text = nullptr;
    std::size_t length = 0;
    const tn_status status = loader.load(loader.user_data.get(), path.data(), path.size(), &text, &length);
    if (status == TN_NOT_FOUND) return answer;
    if (status != TN_OK) {
        answer.problem = std::string("the host's loader answered ") + tn_status_name(status);
    } else if (!text && length != 0) {
        answer.problem = "the host's loader gave no text";
    } else {
        answer.text = length == TN_NTS ? std::string(text) : std::string(text ? text : "", length);
    }
    return answer;
}

} // namespace

RuntimeCore::RuntimeCore() : timer(std::make_unique<Timer>()) {
    engine.shared = std::make_shared<rt::RuntimeShared>();
    types.use_host_types(registry.types());
}

RuntimeCore::~RuntimeCore() = default;

const driver::Engine& RuntimeCore::seal() {
    std::call_once(sealed_, [this] {
        registry.seal();
        std::vector<driver::HostFunction> functions;
        for (const host::Registration& entry : registry.entries()) {
            driver::HostFunction fn;
            fn.path = entry.path;
            fn.signature = entry.signature;
            fn.is_generic = entry.is_generic;
            fn.is_pure = entry.is_pure;
            fn.has_status = entry.has_status;
            fn.is_operator = entry.op.has_value();
            fn.address = entry.is_generic ? nullptr : reinterpret_cast<const void*>(entry.address);
            fn.user_data = const_cast<host::Registration*>(&entry);
            functions.push_back(std::move(fn));
        }
        engine.host_functions = std::move(functions);
        for (std::uint32_t i = 0; i < registry.types().count(); ++i) {
            const host::TypeRegistration& type = registry.types()[i];
            engine.host_types.push_back({type.paths, &type.type});
        }
        for (const host::Variable& variable : registry.variables())
            engine.host_variables.push_back({variable.path, variable.is_const});
        engine.host_glue = host::write_glue(registry);
        engine.modules = registry.modules();
        if (registry.loader().load)
            engine.load_source = [this](const std::string& path) {
                return ask_loader(registry.loader(), path);
            };
        if (config.get(TN_CONFIG_ALLOW_EXTERN) != 0) engine.libraries = std::make_shared<host::Libraries>();
        engine.generic_call = &dispatch_host_call;
        engine.plain_failure = &report_plain_failure;
        engine.instance_context_offset = offsetof(Cell, context);
    });
    return engine;
}

ModuleCore::ModuleCore(Ref<RuntimeCore> runtime_arg, std::shared_ptr<driver::CompiledModule> compiled_arg)
    : runtime(std::move(runtime_arg)),
      compiled(std::move(compiled_arg)),
      types(*compiled->ir().types, compiled->program()) {
    types.use_host_types(runtime->registry.types());
    const ir::Module& ir = compiled->ir();
    string_type = types.simple(TN_TAG_STRING);
    bytes_type = types.simple(TN_TAG_BYTES);
    unit_type = types.simple(TN_TAG_UNIT);
    exports_.resize(ir.exports.size());
    tests_.resize(ir.tests.size());
    host_plans.resize(runtime->registry.entries().size());
    for (const ir::HostFn& fn : ir.host_fns) {
        if (fn.registration < host_plans.size()) host_plans[fn.registration] = make_host_plan(*this, fn);
    }
}

FunctionPlan* ModuleCore::export_plan(std::size_t i) {
    std::lock_guard lock(mutex_);
    if (!exports_[i]) exports_[i] = make_export_plan(*this, compiled->ir().exports[i]);
    return exports_[i].get();
}

FunctionPlan* ModuleCore::test_plan(std::size_t i) {
    std::lock_guard lock(mutex_);
    if (!tests_[i]) tests_[i] = make_test_plan(*this, compiled->ir().tests[i]);
    return tests_[i].get();
}

FunctionPlan* ModuleCore::closure_plan(const TypeInfo& type) {
    std::lock_guard lock(mutex_);
    std::unique_ptr<FunctionPlan>& plan = closures_[&type];
    if (!plan) plan = make_closure_plan(*this, type);
    return plan.get();
}

InstanceCore::~InstanceCore() {
    for (FrameObject* frame : frames) {
        // The cell is dead already; it goes back to the free ones.
        retire_handle(frame->cell);
        delete frame;
    }
}

} // namespace tn::capi
