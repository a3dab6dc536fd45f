#include "runtime/wrapped_list.h"

#include "runtime/seq.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace tn::rt {

Seq* wrap_list(Context* context, const ObjectDesc& desc, void* data, std::int64_t length, Finalizer finalize,
               void* user_data) noexcept {
    Instance& instance = Instance::of(context);
    void* room = std::malloc(sizeof(HostMemory));
    void* block = room ? instance.heap.allocate(sizeof(WrappedList)) : nullptr;
    if (!block) {
        std::free(room);
        fail(context, TrapCode::MemoryLimit);
        return nullptr;
    }
    auto* memory = new (room) HostMemory{nullptr, instance.host_memory, finalize, user_data};
    if (memory->next) memory->next->previous = memory;
    instance.host_memory = memory;
    auto* list = new (block) WrappedList;
    list->count = 1;
    list->desc = &desc;
    list->length = length;
    list->capacity = 0;
    list->data = static_cast<std::uint8_t*>(data);
    list->memory = memory;
    return list;
}

void end_wrapped_list(Instance& instance, WrappedList* list) noexcept {
    HostMemory* memory = list->memory;
    if (memory->previous)
        memory->previous->next = memory->next;
    else
        instance.host_memory = memory->next;
    if (memory->next) memory->next->previous = memory->previous;
    memory->next = nullptr;
    if (!instance.defer_host_memory(memory)) finish_host_memory(memory);
}

void finish_host_memory(HostMemory* first) noexcept {
    while (first) {
        HostMemory* memory = std::exchange(first, first->next);
        if (memory->finalize) memory->finalize(memory->user_data);
        std::free(memory);
    }
}

} // namespace tn::rt
