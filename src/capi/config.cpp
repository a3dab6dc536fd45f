// Keys of a config: range and default of each.
#include "capi/config.h"

#include "capi/handle_table.h"
#include "runtime/heap.h"
#include "runtime/instance.h"

#include <algorithm>

namespace tn::capi {

namespace {

struct Key {
    std::uint32_t key;
    std::uint64_t low, high, otherwise;
};
constexpr Key keys[] = {
    {TN_CONFIG_MEMORY_LIMIT, 0, UINT64_MAX, rt::Heap::default_limit},
    {TN_CONFIG_FUEL, 0, TN_FUEL_UNLIMITED, TN_FUEL_UNLIMITED},
    {TN_CONFIG_STACK_SIZE, 64 * 1024, std::uint64_t(1) << 30, rt::Instance::default_stack_size},
    {TN_CONFIG_OPT_LEVEL, 0, 2, 2},
    {TN_CONFIG_TIMEOUT_MS, 0, UINT64_MAX, 0},
    {TN_CONFIG_MAX_SOURCE, 0, std::uint64_t(1) << 31, 16u << 20},
    {TN_CONFIG_INTERPRET, 0, 1, 0},
    {TN_CONFIG_HASH_SEED, 0, UINT64_MAX, 0},
    {TN_CONFIG_WHOLE_PACKAGE, 0, 1, 0},
    {TN_CONFIG_PROGRAM, 0, 1, 0},
    {TN_CONFIG_LAZY, 0, 1, 0},
    {TN_CONFIG_THREADS, 1, 64, 1},
    {TN_CONFIG_BASELINE_CPU, 0, 1, 0},
    {TN_CONFIG_SLICE_US, 0, 60'000'000, 0},
    {TN_CONFIG_ALLOW_EXTERN, 0, 1, 0},
    {TN_CONFIG_ALLOW_EXTENSIONS, 0, 1, 0},
};
static_assert(std::size(keys) < Config::key_count);
static_assert(std::ranges::all_of(keys, [](const Key& row) { return row.key < Config::key_count; }));

const Key* find_key(std::uint32_t key) {
    for (const Key& row : keys) {
        if (row.key == key) return &row;
    }
    return nullptr;
}

} // namespace

tn_status Config::set(std::uint32_t key, std::uint64_t value) {
    const Key* row = find_key(key);
    if (!row) return TN_UNSUPPORTED;
    if (value < row->low || value > row->high) return TN_RANGE;
    if (key == TN_CONFIG_OPT_LEVEL && value == 1) return TN_RANGE;
    values_[key] = value;
    return TN_OK;
}

tn_status Config::set_text(std::uint32_t key, std::string_view value) {
    if (key != TN_CONFIG_EXTENSION_PATH) return TN_UNSUPPORTED;
    if (value.find('\0') != value.npos) return TN_RANGE;
    extension_path_ = value;
    return TN_OK;
}

std::uint64_t Config::get(std::uint32_t key, const Config* base) const {
    if (values_[key]) return *values_[key];
    if (base && base->values_[key]) return *base->values_[key];
    return find_key(key)->otherwise;
}

bool find_config(const tn_config* handle, const Config*& out) {
    static const Config empty;
    out = &empty;
    if (!handle) return true;
    const Cell* cell = find_handle(handle, HandleKind::Config);
    if (cell) out = static_cast<const Config*>(cell->object);
    return cell != nullptr;
}

} // namespace tn::capi
