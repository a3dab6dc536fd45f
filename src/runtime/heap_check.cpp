// Recounting a heap: every reference found is counted, then counts and figures are compared.
#include "runtime/heap_check.h"

#include "runtime/host_type.h"
#include "runtime/seq.h"

#include <cstring>
#include <unordered_map>
#include <vector>

namespace tn::rt {

namespace {

class Recount {
public:
    explicit Recount(Instance& instance) : instance_(instance) {
        const ImageLayout& image = instance.program->image();
        for (std::uint32_t i = 0; i < image.literal_count; ++i) own(instance.literal(i));
        for (std::uint32_t i = 0; i < image.desc_count; ++i) own(instance.empty(i));
        for (const InstanceRef& ref : instance.program->instance_refs()) add_at(instance.data() + ref.offset);
    }

    void add(Object* object) {
        if (!object) return;
        if (found_[object]++ == 0) work_.push_back(object);
    }

    HeapCount run() {
        HeapCount count;
        while (!work_.empty()) {
            const Object* object = work_.back();
            work_.pop_back();
            ++count.objects;
            count.bytes += Heap::block_size(object_size(object));
            const ObjectDesc& desc = *object->desc;
            if (desc.kind == ObjectDesc::Kind::Host) count.bytes += static_cast<const HostObject*>(object)->extra;
            if (!desc.has_refs) continue;
            const bool is_box = desc.is_box();
            const std::uint8_t* element =
                is_box ? reinterpret_cast<const std::uint8_t*>(object) + sizeof(Box) : as_seq(object)->data;
            const std::int64_t length = is_box ? 1 : as_seq(object)->length;
            for (std::int64_t i = 0; i < length; ++i, element += desc.stride) {
                for (std::uint32_t offset : desc.refs) add_at(element + offset);
            }
        }
        for (const auto& [object, expected] : found_) {
            if (object->count == expected) continue;
            count.error = "an object of desc " + std::to_string(object->desc->id) + " counts " +
                          std::to_string(object->count) + " owners, found are " + std::to_string(expected);
            return count;
        }
        const Heap& heap = instance_.heap;
        if (heap.live_objects() != count.objects || heap.live_bytes() != count.bytes) {
            count.error = "the heap holds " + std::to_string(heap.live_objects()) + " objects in " +
                          std::to_string(heap.live_bytes()) + " bytes, reachable are " +
                          std::to_string(count.objects) + " in " + std::to_string(count.bytes);
        }
        return count;
    }

private:
    // The image's own objects: one count for the instance, not on the heap.
    void own(Object* object) { found_[object] = 1; }
    void add_at(const std::uint8_t* place) {
        Object* object;
        std::memcpy(&object, place, sizeof object);
        add(object);
    }

    Instance& instance_;
    std::unordered_map<Object*, std::int64_t> found_;
    std::vector<Object*> work_;
};

} // namespace

HeapCount check_heap(Instance& instance, std::span<Object* const> roots) {
    Recount recount(instance);
    for (Object* root : roots) recount.add(root);
    return recount.run();
}

} // namespace tn::rt
