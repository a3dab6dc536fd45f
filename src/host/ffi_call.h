// Calls a plain C function through libffi: how the interpreter reaches what emitted code calls directly.
//
// In: the function's types and a row of slots, leaf by leaf. Out: the result in the same row. The address
// is trusted; it was registered by the host with these types.
#pragma once

#include "runtime/context.h"
#include "types/type_table.h"

#include <span>

namespace tn::host {

// Scalars travel as their C types, String and Bytes as pointer and length. `result` is a scalar or ().
// Throws InternalError for any other type.
void call_plain(const TypeTable& types, std::span<const TypeId> params, TypeId result, const void* address,
                rt::Slot* io);

} // namespace tn::host
