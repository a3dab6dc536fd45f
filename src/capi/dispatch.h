// Scripts call generic host functions through here.
#pragma once

#include "capi/core.h"
#include "runtime/context.h"

namespace tn::capi {

// driver::GenericHostCall: the arguments in `io` become tn_values, the callback's result the slots of the
// result. Answers a trap code, 0 for success.
std::uint32_t dispatch_host_call(rt::Context* context, void* registration, rt::Slot* io);
// driver::ValueHostCall, likewise: the values are tn_values.
std::uint32_t dispatch_value_call(rt::Context* context, void* registration, rt::HostValue* values);

// The failure of a host function that an error tells: its payload moves along. False for no live error. Throws.
bool set_failure(InstanceCore& core, const tn_error* e);

// The object of a running callback's handle, or null.
FrameObject* find_frame(const tn_frame* handle);

// The shown form of a host type's value by its to_text. Null: the trap is set.
rt::Object* show_host_value(rt::Context* context, const rt::HostType& type, void* pointer);
// A plain C function answered this status.
void report_plain_failure(rt::Context* context, void* registration, std::int32_t status);

} // namespace tn::capi
