#include "driver/registered.h"

#include "host/glue.h"

namespace tn::driver {

void take_registrations(Engine& engine, host::Registry& registry) {
    registry.seal();
    for (const host::Registration& entry : registry.entries()) {
        HostFunction& fn = engine.host_functions.emplace_back();
        fn.path = entry.path;
        fn.signature = entry.signature;
        fn.is_generic = entry.is_generic;
        fn.is_pure = entry.is_pure;
        fn.has_status = entry.has_status;
        fn.is_operator = entry.op.has_value();
        fn.address = entry.is_generic ? nullptr : reinterpret_cast<const void*>(entry.address);
        fn.user_data = const_cast<host::Registration*>(&entry);
    }
    for (std::uint32_t i = 0; i < registry.types().count(); ++i) {
        const host::TypeRegistration& type = registry.types()[i];
        engine.host_types.push_back({type.paths, &type.type});
    }
    for (const host::Variable& variable : registry.variables())
        engine.host_variables.push_back({variable.path, variable.is_const});
    engine.host_glue = host::write_glue(registry);
    engine.modules = registry.modules();
}

} // namespace tn::driver
