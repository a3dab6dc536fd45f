// What a host registered, as an engine's declarations and addresses.
//
// In: a registry, which must outlive the engine and whose lock the caller holds, if others may register meanwhile. Out: the engine's functions, types, variables and
// modules. It refuses to know how generic functions are called: who made the registry says that to the engine.
#pragma once

#include "driver/engine.h"
#include "host/registry.h"

namespace tn::driver {

void take_registrations(Engine& engine, const host::Registry& registry);

} // namespace tn::driver
