// What the two files of section 6 share.
#pragma once

#include "capi/core.h"

namespace tn::capi {

// TN_NOMEM or TN_TRAP_MEMORY_LIMIT of marshal.h, reported; the Context's trap is taken back.
tn_status report_value_failure(InstanceCore& core, tn_status status, tn_error** err) noexcept;

} // namespace tn::capi
