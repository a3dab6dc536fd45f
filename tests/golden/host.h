// What goldens with `// set host=1` may call: functions of every form, a type, constants.
//
// In: an engine. Out: its declarations. What it registers is listed in host.cpp as a script sees it.
#pragma once

#include "driver/engine.h"

namespace tn::golden {

void add_host(driver::Engine& engine);
// Values of the host's that are alive.
long live_counters();

} // namespace tn::golden
