// Calls a plain C function through libffi: how the interpreter reaches what emitted code calls directly.
//
// In: the function's types and a row of slots. Out: the results in the same row. The address is trusted; it was
// registered by the host with these types.
#pragma once

#include "runtime/context.h"

#include <span>

namespace tn::host {

struct PlainCall {
    std::span<const Scalar> params;
    std::span<const Scalar> results; // one or none; with a status, what it stores
    bool has_status = false;
    std::span<const std::uint32_t> out_offsets; // of the results, in the memory that C stores them in
};

// As emitted code calls it, see ir::HostFn. The status; 0 where there is none.
std::int32_t call_plain(const PlainCall& call, const void* address, rt::Slot* io);

} // namespace tn::host
