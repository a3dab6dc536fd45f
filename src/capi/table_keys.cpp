// Hash and equality of keys: lower/structural.cpp and lower/derive.cpp in C++, over leaves.
#include "capi/call.h"
#include "capi/compound.h"
#include "capi/table.h"
#include "runtime/host_type.h"
#include "runtime/runtime_fns.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace tn::capi {

namespace {

std::uint64_t fold_times(std::uint64_t bits, std::uint64_t factor) { return (bits ^ (bits >> 32)) * factor; }

std::uint64_t mixed(std::uint64_t bits, std::uint64_t seed) {
    return fold_times((bits ^ seed) * 0x9e37'79b9'7f4a'7c15u, 0xd6e8'feb8'6659'fd93u);
}

std::uint64_t hash_bits(std::uint64_t bits, std::uint64_t seed) {
    const std::uint64_t x = mixed(bits, seed);
    return x ^ (x >> 32);
}

std::uint64_t combine(std::uint64_t hash, std::uint64_t part) {
    return (std::rotl(hash, 25) ^ part) * 0x9e37'79b9'7f4a'7c15u;
}

// The leaves of child `i`, which may lie apart or in a box.
void child_slots(const TypeInfo& type, std::size_t i, const rt::Slot* value, rt::Slot* out) {
    const TypeInfo::Place& place = type.places[i];
    if (!place.boxed) {
        for (std::uint32_t leaf : place.leaves) *out++ = value[leaf];
        return;
    }
    const std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(value[place.leaves[0]].ref));
    for (const Leaf& leaf : type.children[i]->layout->leaves)
        *out++ = load_leaf(leaf.scalar, data + leaf.offset);
}

void element_slots(const TypeInfo& type, const rt::Seq* list, std::int64_t i, rt::Slot* out) {
    const std::uint8_t* element = list->data + static_cast<std::size_t>(i) * list->desc->stride;
    for (const Leaf& leaf : type.layout->leaves) *out++ = load_leaf(leaf.scalar, element + leaf.offset);
}

// The children that a value has: all fields, or those of its constructor.
std::pair<std::size_t, std::size_t> children_of(const TypeInfo& type, const rt::Slot* value) {
    if (!type.has_constructors()) return {0, type.children.size()};
    const TypeInfo::Constructor& made = type.constructors[value[0].u];
    return {made.first, made.first + made.count};
}

// Of a type of the host's: its own functions.
const rt::HostType* host_of(const TypeInfo& type) {
    return type.tag == TN_TAG_HANDLE ? type.desc->host : nullptr;
}

const ir::KeyImpl* own_impl(const ModuleCore& module, const TypeInfo& type) {
    if (type_class(type.kind) != TypeClass::Nominal) return nullptr;
    for (const ir::KeyImpl& key : module.compiled->ir().key_impls) {
        if (key.type == type.id) return &key;
    }
    return nullptr;
}

} // namespace

bool KeyOps::is_too_deep(unsigned depth) {
    if (status == TN_OK && depth > max_key_depth) status = TN_TRAP_STACK_OVERFLOW;
    return status != TN_OK;
}

// The pointer in a handle; null when it is closed.
const void* KeyOps::host_pointer(const rt::Slot& handle) {
    const void* pointer = rt::as_host(handle.ref)->pointer;
    if (!pointer && status == TN_OK) status = TN_CLOSED;
    return pointer;
}

// Runs the script's own method.
bool KeyOps::run_own(ir::FuncId func, rt::Slot* row) {
    CallScope scope(core_);
    status = scope.status();
    if (status != TN_OK) return false;
    const TrapCode code = run_function(core_, func, row);
    if (code != TrapCode::None) status = report_trap(core_, code, nullptr);
    return status == TN_OK;
}

std::uint32_t KeyOps::key_hash(const TypeInfo& type, const rt::Slot* value) {
    const auto upper_half = [](std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> 32); };
    if (type.is_scalar()) return upper_half(mixed(value[0].u, core_.context()->hash_seed));
    const std::uint64_t full = hash(type, value);
    const ir::KeyImpl* own = own_impl(*core_.module, type);
    const bool is_spread = host_of(type) || (own && own->hash.is_valid());
    return upper_half(is_spread ? fold_times(full, 0x9e37'79b9'7f4a'7c15u) : full);
}

std::uint64_t KeyOps::hash(const TypeInfo& type, const rt::Slot* value, unsigned depth) {
    if (is_too_deep(depth)) return 0;
    const std::uint64_t seed = core_.context()->hash_seed;
    if (type.is_scalar()) return hash_bits(value[0].u, seed);
    if (type.tag == TN_TAG_STRING || type.tag == TN_TAG_BYTES)
        return rt::rt_string_hash(core_.context(), value[0].ref, seed);
    if (type.tag == TN_TAG_UNIT) return 0;
    if (const rt::HostType* host = host_of(type); host && host->hash) { // as host/glue.cpp has it
        const void* pointer = host_pointer(value[0]);
        return pointer ? hash_bits(host->hash(pointer, host->user_data), seed) : 0;
    }
    if (const ir::KeyImpl* own = own_impl(*core_.module, type); own && own->hash.is_valid()) {
        Row row(leaf_count(type) + 1);
        std::copy_n(value, leaf_count(type), row.data());
        return run_own(own->hash, row.data()) ? row[0].u : 0;
    }
    std::uint64_t all = 0;
    if (type.tag == TN_TAG_LIST) {
        const TypeInfo& element = *type.children[0];
        const rt::Seq* list = rt::as_seq(value[0].ref);
        all = combine(all, hash_bits(static_cast<std::uint64_t>(list->length), seed));
        Row row(leaf_count(element));
        for (std::int64_t i = 0; i < list->length && status == TN_OK; ++i) {
            element_slots(element, list, i, row.data());
            all = combine(all, hash(element, row.data(), depth + 1));
        }
        return all;
    }
    if (type.has_constructors()) all = combine(all, hash_bits(value[0].u, seed));
    const auto [first, last] = children_of(type, value);
    for (std::size_t i = first; i < last && status == TN_OK; ++i) {
        Row row(leaf_count(*type.children[i]));
        child_slots(type, i, value, row.data());
        all = combine(all, hash(*type.children[i], row.data(), depth + 1));
    }
    return all;
}

bool KeyOps::equal(const TypeInfo& type, const rt::Slot* a, const rt::Slot* b, unsigned depth) {
    if (is_too_deep(depth)) return false;
    if (type.is_scalar()) return a[0].u == b[0].u;
    if (type.tag == TN_TAG_STRING || type.tag == TN_TAG_BYTES)
        return rt::view(a[0].ref) == rt::view(b[0].ref);
    if (type.tag == TN_TAG_UNIT) return true;
    if (const rt::HostType* host = host_of(type); host && host->equal) {
        if (a[0].ref == b[0].ref) return true;
        const void *left = host_pointer(a[0]), *right = host_pointer(b[0]);
        return left && right && host->equal(left, right, host->user_data) != 0;
    }
    if (const ir::KeyImpl* own = own_impl(*core_.module, type); own && own->equal.is_valid()) {
        Row row(2 * leaf_count(type) + 1);
        std::copy_n(b, leaf_count(type), std::copy_n(a, leaf_count(type), row.data()));
        return run_own(own->equal, row.data()) && (row[0].u & 1);
    }
    if (type.tag == TN_TAG_LIST) {
        const TypeInfo& element = *type.children[0];
        const rt::Seq* left = rt::as_seq(a[0].ref);
        const rt::Seq* right = rt::as_seq(b[0].ref);
        if (left->length != right->length) return false;
        Row one(leaf_count(element)), other(leaf_count(element));
        for (std::int64_t i = 0; i < left->length; ++i) {
            element_slots(element, left, i, one.data());
            element_slots(element, right, i, other.data());
            if (!equal(element, one.data(), other.data(), depth + 1)) return false;
        }
        return true;
    }
    if (type.has_constructors() && a[0].u != b[0].u) return false;
    const auto [first, last] = children_of(type, a);
    for (std::size_t i = first; i < last; ++i) {
        const TypeInfo& child = *type.children[i];
        Row one(leaf_count(child)), other(leaf_count(child));
        child_slots(type, i, a, one.data());
        child_slots(type, i, b, other.data());
        if (!equal(child, one.data(), other.data(), depth + 1)) return false;
    }
    return true;
}

bool is_key_type(const ModuleCore& module, const TypeInfo& type) {
    std::unordered_set<const TypeInfo*> seen;
    std::vector<const TypeInfo*> work = {&type};
    while (!work.empty()) {
        const TypeInfo& next = *work.back();
        work.pop_back();
        if (!seen.insert(&next).second) continue;
        if (!next.can_cross || next.tag == TN_TAG_F32 || next.tag == TN_TAG_F64 ||
            next.tag == TN_TAG_FUNCTION)
            return false;
        const rt::HostType* host = host_of(next);
        if (host && host->hash) continue;
        if (next.nominal.is_valid()) {
            const auto& own = module.compiled->ir().own_keys;
            const ir::KeyImpl* impl = own_impl(module, next);
            if (host && !(impl && impl->hash.is_valid() && impl->equal.is_valid())) return false;
            if (!impl && std::ranges::find(own, next.nominal) != own.end()) return false;
            if (impl && impl->hash.is_valid()) continue; // whatever it is made of
        }
        work.insert(work.end(), next.children.begin(), next.children.end());
    }
    return true;
}

} // namespace tn::capi
