#include "driver/registered.h"

#include "host/glue.h"

namespace tn::driver {

void take_registrations(Engine& engine, const host::Registry& registry) {
    for (const host::Registration& entry : registry.entries()) {
        HostFunction fn;
        fn.path = entry.path;
        fn.signature = entry.signature;
        fn.is_generic = entry.is_generic;
        fn.is_pure = entry.is_pure;
        fn.has_status = entry.has_status;
        fn.is_operator = entry.op.has_value();
        fn.is_native = !entry.extension.empty();
        fn.address = entry.is_generic ? nullptr : reinterpret_cast<const void*>(entry.address);
        fn.user_data = const_cast<host::Registration*>(&entry);
        engine.host_functions.push_back(std::move(fn));
    }
    for (std::uint32_t i = 0; i < registry.types().count(); ++i) {
        const rt::HostType& type = registry.types()[i].type;
        HostTypeInfo info{type.path, {}, &type};
        for (host::TypePath& path : registry.types().paths(i))
            info.paths.push_back({std::move(path.text), !path.extension.empty()});
        engine.host_types.push_back(std::move(info));
    }
    for (const host::Variable& variable : registry.variables())
        engine.host_variables.push_back({variable.path, variable.is_const});
    engine.host_glue = host::write_glue(registry);
    for (const auto& [path, source] : registry.modules())
        engine.modules.emplace(path, HostModule{source.text, source.file, source.is_extension});
}

} // namespace tn::driver
