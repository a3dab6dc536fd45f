#include "codegen/frame.h"

#include "support/ice.h"

namespace tn::codegen {

void Frame::lay_out(RegMask saved_registers, std::uint32_t slots, std::uint32_t views,
                    std::uint32_t keep, std::uint32_t outgoing) {
    saved.clear();
    for_each_register(saved_registers,
                      [&](unsigned reg) { saved.push_back(static_cast<std::uint8_t>(reg)); });
    slot_count = slots;
    view_count = views;
    keep_count = keep;
    outgoing_count = outgoing;
    std::uint64_t places = std::uint64_t(saved.size()) + slots + std::uint64_t(view_slots) * views + keep + outgoing;
    TN_CHECK(places < (1u << 26), "stack frame too large");
    size = static_cast<std::uint32_t>((places * 8 + 15) & ~std::uint64_t(15));
}

} // namespace tn::codegen
