// Section 1 of c_api.h: library.
#include "capi/handle_table.h"
#include "capi/inside.h"
#include "capi/text.h"
#include "runtime/context.h"

#include <iterator>

using namespace tn::capi;

namespace {

struct StatusName {
    tn_status status;
    const char* name;
};
constexpr StatusName status_names[] = {
    {TN_OK, "Ok"},
    {TN_ARG, "Argument"},
    {TN_HANDLE, "Handle"},
    {TN_VERSION, "Version"},
    {TN_NOMEM, "NoMemory"},
    {TN_UTF8, "Utf8"},
    {TN_COMPILE, "Compile"},
    {TN_NOT_FOUND, "NotFound"},
    {TN_SIGNATURE, "Signature"},
    {TN_TYPE, "Type"},
    {TN_RANGE, "Range"},
    {TN_END, "End"},
    {TN_PENDING, "Pending"},
    {TN_BUSY, "Busy"},
    {TN_CLOSED, "Closed"},
    {TN_DUPLICATE, "Duplicate"},
    {TN_IO, "Io"},
    {TN_UNSUPPORTED, "Unsupported"},
    {TN_STATE, "State"},
    {TN_INTERNAL, "Internal"},
};

// Traps have the names of their table, and its numbers.
#define SAME(trap, status) static_assert(static_cast<tn_status>(tn::TrapCode::trap) == (status))
SAME(IntegerOverflow, TN_TRAP_INTEGER_OVERFLOW);
SAME(DivisionByZero, TN_TRAP_DIVISION_BY_ZERO);
SAME(IndexOutOfBounds, TN_TRAP_INDEX_OUT_OF_BOUNDS);
SAME(KeyNotFound, TN_TRAP_KEY_NOT_FOUND);
SAME(UnwrapNone, TN_TRAP_UNWRAP_NONE);
SAME(UnwrapErr, TN_TRAP_UNWRAP_ERR);
SAME(InvalidShift, TN_TRAP_INVALID_SHIFT);
SAME(InvalidSlice, TN_TRAP_INVALID_SLICE);
SAME(AssertionFailed, TN_TRAP_ASSERTION_FAILED);
SAME(Panic, TN_TRAP_PANIC);
SAME(InvalidArgument, TN_TRAP_INVALID_ARGUMENT);
SAME(StackOverflow, TN_TRAP_STACK_OVERFLOW);
SAME(OutOfFuel, TN_TRAP_OUT_OF_FUEL);
SAME(DeadlineExceeded, TN_TRAP_DEADLINE_EXCEEDED);
SAME(Cancelled, TN_TRAP_CANCELLED);
SAME(MemoryLimit, TN_TRAP_MEMORY_LIMIT);
SAME(HostError, TN_TRAP_HOST_ERROR);
#undef SAME

// The layout of the structs is part of the ABI.
static_assert(sizeof(tn_slot) == 8 && sizeof(tn_value) == 16);
static_assert(offsetof(tn_value, tag) == 0 && offsetof(tn_value, aux) == 4 && offsetof(tn_value, as) == 8);

constexpr std::string_view features[] = {"jit", "fuel", "interpreter", "host-functions"};

} // namespace

uint32_t tn_abi_version(void) { return TN_ABI_VERSION; }

const char* tn_version_string(void) { return TN_VERSION_TEXT; }

const char* tn_status_name(tn_status s) {
    for (const StatusName& row : status_names) {
        if (row.status == s) return row.name;
    }
    if (TN_IS_TRAP(s)) {
        const std::string_view name = tn::trap_name(static_cast<tn::TrapCode>(s));
        if (!name.empty()) return name.data();
    }
    return s >= TN_HOST_STATUS_FIRST ? "Host" : "Unknown";
}

int32_t tn_has_feature(const char* name, size_t len) {
    std::string_view text;
    if (read_text(name, len, "name", text, nullptr) != TN_OK) return 0;
    for (std::string_view feature : features) {
        if (feature == text) return 1;
    }
    return 0;
}

uint64_t tn_live_handles(void) {
    return guarded_value<uint64_t>(0, [] {
        reap_closed();
        return count_live();
    });
}
