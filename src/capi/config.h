// What a tn_config holds: numbers and texts by key, each set or not.
#pragma once

#include "c_api.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tn::capi {

class Config {
public:
    static constexpr std::uint32_t key_count = 32;

    // TN_UNSUPPORTED or TN_RANGE when it cannot be.
    tn_status set(std::uint32_t key, std::uint64_t value);
    // What is set here, else in `base`, else the default.
    std::uint64_t get(std::uint32_t key, const Config* base = nullptr) const;
    tn_status set_text(std::uint32_t key, std::string_view value);
    const std::string& extension_path() const { return extension_path_; }

private:
    std::array<std::optional<std::uint64_t>, key_count> values_;
    std::string extension_path_;
};

// Null for a null handle: the empty config. False for one that is not live.
bool find_config(const tn_config* handle, const Config*& out);

} // namespace tn::capi
