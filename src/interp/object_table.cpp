// Serial numbers by address, and the walk over what a release frees.
#include "interp/object_table.h"

#include "runtime/entry_points.h"
#include "support/ice.h"

#include <cstring>

namespace tn::interp {

Serial ObjectTable::adopt(rt::Object* object) {
    if (!object) return 0;
    TN_CHECK(object != poisoned_ref(), "reference from memory that was never written");
    auto [it, is_new] = serials_.try_emplace(object, last_ + 1);
    if (is_new) ++last_;
    return it->second;
}

bool ObjectTable::is_alive(rt::Object* object, Serial serial) const {
    auto it = serials_.find(object);
    return it != serials_.end() && it->second == serial;
}

bool ObjectTable::is_in_image(const rt::Object* object) const {
    auto at = reinterpret_cast<std::uintptr_t>(object);
    auto begin = reinterpret_cast<std::uintptr_t>(&instance_.context);
    return at >= begin && at < begin + instance_.program->image().total_size;
}

void ObjectTable::before_consumed(rt::Object* object) {
    if (object->count > 1) return;
    TN_CHECK(object->count == 1 && !is_in_image(object), "reference given away that the frame did not own");
    serials_.erase(object);
}

void ObjectTable::release(rt::Object* object) {
    if (!object) return;
    if (object->count <= 1) forget_what_is_freed(object);
    rt::rt_release(&instance_.context, object);
}

// The walk that rt_free_object is about to do, on counts that are not changed yet.
void ObjectTable::forget_what_is_freed(rt::Object* first) {
    std::unordered_map<rt::Object*, std::int64_t> gone; // counts that go away, of objects with several
    std::vector<rt::Object*> work{first};
    while (!work.empty()) {
        rt::Object* object = work.back();
        work.pop_back();
        TN_CHECK(object != poisoned_ref(), "element that was never written");
        TN_CHECK(object->count > 0, "object released more often than it was owned");
        if (object->count > 1 && ++gone[object] < object->count) continue;
        TN_CHECK(!is_in_image(object), "literal or empty object released more often than it was retained");
        serials_.erase(object);
        const rt::ObjectDesc& desc = *object->desc;
        if (!desc.has_refs) continue;
        bool is_box = desc.is_box();
        const auto* seq = static_cast<const rt::Seq*>(object);
        const std::uint8_t* data = is_box ? rt::box_data(static_cast<rt::Box*>(object)) : seq->data;
        std::int64_t count = is_box ? 1 : seq->length;
        for (std::int64_t i = 0; i < count; ++i, data += desc.stride) {
            for (std::uint32_t offset : desc.refs) {
                rt::Object* ref;
                std::memcpy(&ref, data + offset, sizeof ref);
                if (ref) work.push_back(ref);
            }
        }
    }
}

} // namespace tn::interp
