// What the registrations of all kinds share.
#pragma once

#include "c_api.h"
#include "host/registry.h"

namespace tn::capi {

tn_status status_of(host::RegisterResult result);

} // namespace tn::capi
