// Life of the objects behind the handles.
#include "capi/core.h"

#include "capi/dispatch.h"
#include "capi/engine_of.h"
#include "capi/extension_loader.h"
#include "capi/timer.h"
#include "driver/registered.h"
#include "host/libraries.h"
#include "support/kept_blocks.h"

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

RuntimeCore::RuntimeCore() : timer(std::make_unique<Timer>()), slices(std::make_unique<SliceTimer>()) {
    shared = std::make_shared<rt::RuntimeShared>();
    types.use_host_types(registry.types());
}

RuntimeCore::~RuntimeCore() { KeptBlocks::drop_left(); }

std::shared_ptr<const driver::Engine> RuntimeCore::engine() {
    const host::Registry::Lock lock = registry.lock();
    if (engine_ && engine_generation_ == registry.generation()) return engine_;
    auto made = std::make_shared<driver::Engine>();
    driver::take_registrations(*made, registry);
    if (registry.loader().load)
        made->load_source = [this](const std::string& path) { return ask_loader(registry.loader(), path); };
    if (config.get(TN_CONFIG_ALLOW_EXTENSIONS) || !config.extension_path().empty())
        made->load_extension = [this](const std::string& name) { return find_extension(*this, name); };
    if (config.get(TN_CONFIG_ALLOW_EXTERN) != 0 && !foreign_libraries_)
        foreign_libraries_ = std::make_shared<host::Libraries>();
    made->libraries = foreign_libraries_;
    made->generic_call = &dispatch_host_call;
    made->value_call = &dispatch_value_call;
    made->plain_failure = &report_plain_failure;
    made->instance_context_offset = offsetof(Cell, context);
    made->value_tags = value_tags();
    made->shared = shared;
    engine_generation_ = registry.generation();
    engine_ = std::move(made);
    return engine_;
}

std::shared_ptr<const driver::Engine> engine_of(const tn_runtime* runtime) {
    RuntimeCore* core = find_runtime(runtime);
    return core ? core->engine() : nullptr;
}

ModuleCore::ModuleCore(Ref<RuntimeCore> runtime_arg, std::shared_ptr<const driver::Engine> engine_arg,
                       std::shared_ptr<driver::CompiledModule> compiled_arg)
    : runtime(std::move(runtime_arg)),
      engine(std::move(engine_arg)),
      compiled(std::move(compiled_arg)),
      types(*compiled->ir().types, compiled->program()) {
    types.use_host_types(runtime->registry.types());
    const ir::Module& ir = compiled->ir();
    string_type = types.simple(TN_TAG_STRING);
    bytes_type = types.simple(TN_TAG_BYTES);
    unit_type = types.simple(TN_TAG_UNIT);
    exports_.resize(ir.exports.size());
    tests_.resize(ir.tests.size());
    host_plans.resize(engine->host_functions.size());
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
    if (turns) module->runtime->slices->remove(*turns);
    if (poll_ms != 0) module->runtime->timer->stop_polls(*rt);
    while (FrameObject* frame = free_frame) {
        free_frame = frame->next;
        // The cell is dead already; it goes back to the free ones.
        retire_handle(frame->cell);
        delete frame;
    }
}

} // namespace tn::capi
