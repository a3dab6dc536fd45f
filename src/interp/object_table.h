// Which objects are alive. The runtime frees and reuses memory behind the interpreter's back, so a
// reference carries the serial number under which its object was first seen; when the last count goes,
// the table forgets the object first, and every stale reference to it becomes visible.
#pragma once

#include "runtime/instance.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tn::interp {

using Serial = std::uint32_t;

class ObjectTable {
public:
    explicit ObjectTable(rt::Instance& instance) : instance_(instance) {}

    // The serial of an object that is known to be alive: somebody owns it.
    Serial adopt(rt::Object* object);
    bool is_alive(rt::Object* object, Serial serial) const;
    // Before one count of the object goes away inside the runtime: forgets it if that is the last one.
    // What it refers to stays known: a runtime function may have moved it.
    void before_consumed(rt::Object* object);
    // Gives one count back, and forgets everything that is freed by it.
    void release(rt::Object* object);
    // Its memory is no object any more, or another one.
    void forget(const rt::Object* object) { serials_.erase(object); }
    bool is_in_image(const rt::Object* object) const;

private:
    void forget_what_is_freed(rt::Object* object);

    rt::Instance& instance_;
    std::unordered_map<const rt::Object*, Serial> serials_;
    Serial last_ = 0;
};

// Memory that was reserved but never written holds this.
inline constexpr std::uint8_t poison_byte = 0xa5;
inline rt::Object* poisoned_ref() { return reinterpret_cast<rt::Object*>(0xa5a5a5a5a5a5a5a5ull); }

} // namespace tn::interp
