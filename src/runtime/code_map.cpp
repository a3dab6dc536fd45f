// CodeMap: finding a site by its return address.
#include "runtime/code_map.h"

#include <algorithm>

namespace tn::rt {

const Site* CodeMap::find_site(const void* return_address) const {
    const auto where = reinterpret_cast<std::uintptr_t>(return_address);
    const auto start = reinterpret_cast<std::uintptr_t>(base);
    if (where < start || where - start > size) return nullptr;
    const auto offset = static_cast<std::uint32_t>(where - start);
    const auto it =
        std::lower_bound(sites.begin(), sites.end(), offset,
                         [](const Site& site, std::uint32_t o) { return site.return_offset < o; });
    return it != sites.end() && it->return_offset == offset ? &*it : nullptr;
}

} // namespace tn::rt
