// Leaving a script in the middle: rt_unwind releases what its frames own and notes where they stood;
// rt_poll decides whether an interrupt stops it. Frames are read only through the code map's tables.
#include "runtime/code_map.h"

#include "runtime/entry_points.h"
#include "runtime/instance.h"

#include <cstring>

namespace tn::rt {

namespace {

std::uint64_t read_word(const std::uint8_t* address) {
    std::uint64_t word;
    std::memcpy(&word, address, sizeof word);
    return word;
}

void release_refs(Context* context, const CodeMap& map, const Site& site, const std::uint64_t* registers,
                  const std::uint8_t* frame) {
    const RefLocation* refs = map.refs.data() + site.first_ref;
    for (std::uint32_t i = 0; i < site.ref_count; ++i) {
        const RefLocation& ref = refs[i];
        switch (ref.kind) {
        case RefLocation::Register: rt_release(context, reinterpret_cast<Object*>(registers[ref.where])); break;
        case RefLocation::FrameSlot:
            for (std::uint32_t k = 0; k < ref.count; ++k)
                rt_release(context, reinterpret_cast<Object*>(read_word(frame + ref.where + 8 * std::int64_t(k))));
            break;
        }
    }
}

} // namespace

extern "C" void rt_unwind(Context* context, const void* return_address, const void* frame_pointer) noexcept {
    Instance& instance = Instance::of(context);
    TrapRecord* record = instance.begin_trap_record();
    // A copy: what is released may run host code that enters the script again, and traps there.
    std::uint64_t registers[std::size(decltype(context->trap_registers){})];
    std::memcpy(registers, context->trap_registers, sizeof registers);
    const auto* frame = static_cast<const std::uint8_t*>(frame_pointer);
    const CodeMap* map = nullptr;
    const Site* site = nullptr;
    const void* previous = nullptr;
    for (;;) {
        // In a recursion most return addresses are the same.
        if (return_address != previous || !site) {
            map = instance.program->find_map(return_address);
            site = map ? map->find_site(return_address) : nullptr;
            if (!site) break; // the entry thunk
            previous = return_address;
        }
        release_refs(context, *map, *site, registers, frame);
        if (record) record->add_frame(map, site->loc);
        for (const SavedRegister& saved : map->frames[site->frame].saved) {
            registers[saved.number] = read_word(frame + saved.frame_offset);
        }
        return_address = reinterpret_cast<const void*>(read_word(frame + 8));
        frame = reinterpret_cast<const std::uint8_t*>(read_word(frame));
    }
    instance.finish_trap();
}

extern "C" bool rt_poll(Context* context, const void* stack_pointer) noexcept {
    Instance& instance = Instance::of(context);
    if (reinterpret_cast<std::uintptr_t>(stack_pointer) < instance.real_stack_limit()) {
        context->trap_code = TrapCode::StackOverflow;
        return false;
    }
    bool is_used_up = false; // what the slice may use
    if (context->fuel < 0) { // by what is being spent
        instance.take_fuel();
        if (context->fuel < 0 && instance.has_fuel_aside()) {
            is_used_up = instance.can_suspend();
            if (!is_used_up) instance.take_fuel_aside();
        }
        if (context->fuel < 0 && !is_used_up) {
            context->fuel = 0;
            context->trap_code = TrapCode::OutOfFuel;
            return false;
        }
    }
    const auto stops = [&](std::uint32_t bits) {
        // These bits stay set, and with them the raised limit, until the outermost call has ended.
        if (bits & CancelRequested)
            context->trap_code = TrapCode::Cancelled;
        else if (bits & DeadlinePassed)
            context->trap_code = TrapCode::DeadlineExceeded;
        else
            return false;
        return true;
    };
    if (stops(context->interrupt.load(std::memory_order_seq_cst))) return false;
    // The limit before the bits: a fire() in between is seen here or raises the limit again.
    context->stack_limit.store(instance.real_stack_limit(), std::memory_order_seq_cst);
    const std::uint32_t bits = context->interrupt.fetch_and(CancelRequested | DeadlinePassed);
    if (stops(bits)) {
        context->stack_limit.store(~std::uint64_t(0), std::memory_order_seq_cst);
        return false;
    }
    const bool is_polled = (bits & PollRequested) && instance.poll;
    if ((is_polled && instance.poll(instance.poll_user_data) != 0) || instance.is_stopped()) {
        instance.fire(CancelRequested);
        context->trap_code = TrapCode::Cancelled;
        return false;
    }
    return is_used_up || ((bits & SuspendRequested) && instance.can_suspend());
}

} // namespace tn::rt
