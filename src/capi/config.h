// What a tn_config holds: numbers by key, each set or not.
#pragma once

#include "c_api.h"

#include <array>
#include <cstdint>
#include <optional>

namespace tn::capi {

class Config {
public:
    static constexpr std::uint32_t key_count = 32;

    // TN_UNSUPPORTED or TN_RANGE when it cannot be.
    tn_status set(std::uint32_t key, std::uint64_t value);
    // What is set here, else in `base`, else the default.
    std::uint64_t get(std::uint32_t key, const Config* base = nullptr) const;

private:
    std::array<std::optional<std::uint64_t>, key_count> values_;
};

// Null for a null handle: the empty config. False for one that is not live.
bool find_config(const tn_config* handle, const Config*& out);

} // namespace tn::capi
