// Every C++ function against the letters of its row in runtime_fn.def.
#include "runtime/runtime_fns.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace tn::rt {

namespace {

// Both letters of a reference are one C type.
template <typename T> constexpr char letter() {
    if constexpr (std::is_same_v<T, bool>)
        return 'b';
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return 'i';
    else if constexpr (std::is_same_v<T, std::uint64_t>)
        return 'u';
    else if constexpr (std::is_same_v<T, std::uint32_t>)
        return 'v';
    else if constexpr (std::is_same_v<T, double>)
        return 'd';
    else if constexpr (std::is_same_v<T, float>)
        return 's';
    else if constexpr (std::is_same_v<T, std::uint8_t>)
        return 't';
    else if constexpr (std::is_same_v<T, Object*>)
        return 'r';
    else
        return '?';
}

template <typename R, typename... Args> std::string letters(R (*)(Context*, Args...) noexcept) {
    std::string out{letter<Args>()...};
    out += "->";
    if constexpr (!std::is_void_v<R>) out += letter<R>();
    return out;
}

std::string lower_refs(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c == 'R') c = 'r';
    }
    return out;
}

} // namespace

TEST(RuntimeFns, SignaturesMatchTheirRows) {
#define RT(name, symbol, params, results, effects)                                                           \
    EXPECT_EQ(letters(&symbol),                                                                              \
              lower_refs(params) + "->" + (sizeof(results) > 2 ? "" : lower_refs(results)))                  \
        << #symbol;
#include "builtins/runtime_fn.def"
}

TEST(RuntimeFns, AddressesFollowTheTable) {
#define RT(name, symbol, params, results, effects)                                                           \
    EXPECT_EQ(runtime_fn_address(RuntimeFn::name), reinterpret_cast<const void*>(&symbol));
#include "builtins/runtime_fn.def"
}

} // namespace tn::rt
