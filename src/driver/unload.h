// What the process shares is given back: for the moment when libtenon is unloaded and nothing of it is alive.
#pragma once

namespace tn::driver {

void unload();

} // namespace tn::driver
