// The immutable part of a module that all its instances share: descriptions of heap objects, literals,
// the prototype of the instance image, and the machine code by mode. Copies everything it is given, so
// it outlives the compiler's module. Knows nothing of functions' bodies or of types beyond TypeIds.
#pragma once

#include "runtime/code_map.h"
#include "runtime/object.h"
#include "types/layout.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tn::rt {

inline constexpr std::uint32_t string_desc_id = 0;
inline constexpr std::uint32_t bytes_desc_id = 1;
inline constexpr std::uint32_t no_desc = 0xffffffffu;

enum class CodeMode : std::uint8_t { Polled, Metered };
inline constexpr unsigned code_mode_count = 2;

// Finished machine code of one mode. Made by the code generator, immutable afterwards.
struct CodeBlob {
    static constexpr std::uint32_t no_entry = 0xffffffffu;

    CodeMap map;                                 // map.base and map.size are the code's pages
    std::vector<std::uint32_t> function_offsets; // by FuncId: Tenon's own calling convention
    std::vector<std::uint32_t> packed_offsets;   // by FuncId: uint32_t (*)(Context*, Slot* io), or no_entry
    std::vector<std::uint32_t> value_offsets;    // by FuncId: uint32_t (*)(Context*, const HostValue*, HostValue*), or no_entry
    std::vector<std::uint32_t> c_offsets;        // by FuncId: R (*)(tn_instance*, A...), or no_entry
    std::shared_ptr<void> memory;                // keeps the pages mapped

    const void* address(const std::vector<std::uint32_t>& offsets, std::uint32_t func) const {
        if (func >= offsets.size() || offsets[func] == no_entry) return nullptr;
        return map.base + offsets[func];
    }
    const void* function(std::uint32_t func) const { return address(function_offsets, func); }
    const void* packed(std::uint32_t func) const { return address(packed_offsets, func); }
    const void* values(std::uint32_t func) const { return address(value_offsets, func); }
    const void* c_entry(std::uint32_t func) const { return address(c_offsets, func); }
};

// What an instance keeps of each desc: an empty Seq, the header of a closure without captures, or the box of a
// variant without payload (zeroes behind its tag).
union SharedObject {
    Seq seq;
    std::uint8_t box[sizeof(Box) + max_shared_box];
};

// Where the parts of the instance image lie, in bytes from the Context (r15). The image follows the
// Context at once: one Seq per literal, one SharedObject per desc (also where nobody uses it, so the index is
// the DescId), the instance data.
struct ImageLayout {
    std::uint32_t literal_count = 0;
    std::uint32_t desc_count = 0;
    std::uint32_t data_offset = 0; // of the instance data; 16-byte aligned
    std::uint32_t data_size = 0;
    std::uint32_t total_size = 0; // Context and image

    ImageLayout() = default;
    // Throws std::length_error beyond 1 GiB.
    ImageLayout(std::size_t literals, std::size_t descs, std::uint32_t instance_data_size);

    std::uint32_t literal_offset(std::uint32_t literal) const {
        return static_cast<std::uint32_t>(sizeof(Context) + literal * sizeof(Seq));
    }
    std::uint32_t empty_offset(std::uint32_t desc) const {
        return literal_offset(literal_count) + static_cast<std::uint32_t>(desc * sizeof(SharedObject));
    }
};

// A Ref leaf of the instance data. It starts as the instance's empty object of `desc`, which must be a
// String, Bytes or List, or as null when that is no_desc.
struct InstanceRef {
    std::uint32_t offset = 0; // in the instance data
    std::uint32_t desc = no_desc;
};

// What a Program is made of. The ids of `descs` and `has_refs` are filled in by the Program; 0 must be
// String and 1 Bytes (stride 1, no refs).
struct ProgramParts {
    std::vector<ObjectDesc> descs;
    std::vector<std::pair<std::string, std::uint32_t>> literals; // bytes, DescId
    std::uint32_t instance_data_size = 0;
    std::vector<InstanceRef> instance_refs;
};

class Program {
public:
    // Throws std::bad_alloc, std::length_error, InternalError.
    explicit Program(ProgramParts parts);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    const ObjectDesc* const* descs() const { return desc_pointers_.data(); }
    std::size_t desc_count() const { return descs_.size(); }
    const ObjectDesc& desc(std::uint32_t id) const { return descs_[id]; }
    const ImageLayout& image() const { return image_; }
    const std::vector<InstanceRef>& instance_refs() const { return instance_refs_; }

    // The machine code of a mode, or null. Any thread.
    const CodeBlob* code(CodeMode mode) const {
        return code_[static_cast<unsigned>(mode)].load(std::memory_order_acquire);
    }
    // Attaches the code of a mode, also to the descriptions of closures; the first one wins, later ones are
    // dropped. Any thread.
    const CodeBlob* publish_code(CodeMode mode, std::shared_ptr<const CodeBlob> blob);
    // Further code that calls the program's functions, or is some of them: it is also that of closures that have none yet.
    // It lives as long as the program. Any thread. Throws bad_alloc.
    const CodeBlob* add_code(CodeMode mode, std::shared_ptr<const CodeBlob> blob);
    // The map whose code contains the address, or null. Any thread.
    const CodeMap* find_map(const void* address) const;

    // What a new image starts as: the bytes right behind the Context, image().total_size - sizeof(Context).
    const std::uint8_t* image_prototype() const { return prototype_.data(); }

private:
    void attach(CodeMode mode, const CodeBlob& blob); // under code_mutex_

    std::vector<ObjectDesc> descs_;
    std::vector<const ObjectDesc*> desc_pointers_;
    std::unique_ptr<std::uint8_t[]> literal_bytes_;
    std::vector<InstanceRef> instance_refs_;
    ImageLayout image_;
    std::vector<std::uint8_t> prototype_;
    std::array<std::atomic<const CodeBlob*>, code_mode_count> code_{};
    std::array<std::shared_ptr<const CodeBlob>, code_mode_count> code_owners_;
    struct MoreCode {
        std::shared_ptr<const CodeBlob> blob;
        std::unique_ptr<MoreCode> next;
    };
    std::unique_ptr<MoreCode> more_code_;
    std::atomic<const MoreCode*> first_more_code_{nullptr};
    std::mutex code_mutex_;
};

} // namespace tn::rt
