// Program: owned copies of a module's data, and the prototype of the instance image.
#include "runtime/program.h"

#include "runtime/heap.h"
#include "runtime/seq.h"
#include "support/ice.h"

#include <cstring>
#include <new>
#include <stdexcept>

namespace tn::rt {

namespace {
constexpr std::uint64_t max_image = std::uint64_t(1) << 30;
// The data of every empty text: a NUL, and room for nothing else.
alignas(16) std::uint8_t const empty_data[16] = {};
// The data of every empty list. map.tn reads them as a free word of an empty index.
alignas(16) std::uint64_t const empty_list_data[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};
} // namespace

ImageLayout::ImageLayout(std::size_t literals, std::size_t descs, std::uint32_t instance_data_size) {
    std::uint64_t offset = sizeof(Context) + std::uint64_t(literals) * sizeof(Seq) +
                           std::uint64_t(descs) * sizeof(SharedObject);
    offset = (offset + 15) & ~std::uint64_t(15);
    const std::uint64_t total = (offset + instance_data_size + 15) & ~std::uint64_t(15);
    if (literals > max_image || descs > max_image || total > max_image) {
        throw std::length_error("the literals and variables of the module are too large");
    }
    literal_count = static_cast<std::uint32_t>(literals);
    desc_count = static_cast<std::uint32_t>(descs);
    data_offset = static_cast<std::uint32_t>(offset);
    data_size = instance_data_size;
    total_size = static_cast<std::uint32_t>(total);
}

Program::Program(ProgramParts parts)
    : descs_(std::move(parts.descs)),
      instance_refs_(std::move(parts.instance_refs)),
      image_(parts.literals.size(), descs_.size(), parts.instance_data_size) {
    TN_CHECK(descs_.size() >= 2 && descs_[string_desc_id].kind == ObjectDesc::Kind::String &&
                 descs_[bytes_desc_id].kind == ObjectDesc::Kind::Bytes,
             "descriptions 0 and 1 are String and Bytes");
    for (std::size_t i = 0; i < descs_.size(); ++i) {
        ObjectDesc& desc = descs_[i];
        desc.id = static_cast<std::uint32_t>(i);
        desc.has_refs = !desc.refs.empty();
        const std::size_t box_size = Heap::block_size(sizeof(Box) + desc.stride);
        desc.is_small_box =
            TN_HEAP_SLABS && desc.is_box() && desc.kind != ObjectDesc::Kind::Host && box_size <= Heap::max_small;
        if (desc.is_small_box) desc.size_class = static_cast<std::uint8_t>(Heap::class_of(box_size));
        if (desc.kind == ObjectDesc::Kind::String || desc.kind == ObjectDesc::Kind::Bytes) desc.stride = 1;
        for (std::uint32_t offset : desc.refs) {
            TN_CHECK(offset % 8 == 0 && std::uint64_t(offset) + 8 <= desc.stride,
                     "reference inside the element");
        }
        desc_pointers_.push_back(&desc);
    }
    for (const InstanceRef& ref : instance_refs_) {
        TN_CHECK(ref.offset % 8 == 0 && std::uint64_t(ref.offset) + 8 <= parts.instance_data_size,
                 "reference inside the instance data");
        TN_CHECK(ref.desc == no_desc ||
                     (ref.desc < descs_.size() && (!descs_[ref.desc].is_box() ||
                                                   descs_[ref.desc].kind == ObjectDesc::Kind::Host ||
                                                   (descs_[ref.desc].kind == ObjectDesc::Kind::Closure &&
                                                    descs_[ref.desc].stride == 0))),
                 "an instance variable starts as an empty sequence or closure");
    }

    std::size_t literal_size = 0;
    for (const auto& [bytes, desc] : parts.literals) {
        TN_CHECK(desc == string_desc_id || desc == bytes_desc_id, "a literal is a String or Bytes");
        literal_size += bytes.size() + 1;
    }
    literal_bytes_.reset(new std::uint8_t[literal_size + 1]);

    prototype_.resize(image_.total_size - sizeof(Context));
    std::uint8_t* header = prototype_.data();
    const auto add_header = [&](const ObjectDesc* desc, std::size_t length, const std::uint8_t* data) {
        Seq* seq = new (header) Seq;
        seq->count = 1; // the instance's own
        seq->desc = desc;
        seq->length = static_cast<std::int64_t>(length);
        seq->capacity = 0; // nobody writes to the data
        seq->data = const_cast<std::uint8_t*>(data);
    };
    std::uint8_t* out = literal_bytes_.get();
    for (const auto& [bytes, desc] : parts.literals) {
        std::memcpy(out, bytes.data(), bytes.size());
        out[bytes.size()] = 0;
        add_header(&descs_[desc], bytes.size(), out);
        header += sizeof(Seq);
        out += bytes.size() + 1;
    }
    for (const ObjectDesc& desc : descs_) {
        if (desc.kind == ObjectDesc::Kind::Box) {
            Box* box = new (header) Box;
            box->count = 1;
            box->desc = &desc;
            *box_data(box) = desc.shared_tag;
        } else {
            add_header(&desc, 0, is_text(desc) ? empty_data : reinterpret_cast<const std::uint8_t*>(empty_list_data));
        }
        header += sizeof(SharedObject);
    }
}

const CodeBlob* Program::publish_code(CodeMode mode, std::shared_ptr<const CodeBlob> blob) {
    const unsigned index = static_cast<unsigned>(mode);
    std::lock_guard lock(code_mutex_);
    if (!code_owners_[index]) {
        code_owners_[index] = std::move(blob);
        attach(mode, *code_owners_[index]);
        code_[index].store(code_owners_[index].get(), std::memory_order_release);
    }
    return code_owners_[index].get();
}

// Before the code can be found: whoever runs it sees these. A closure that has code keeps it, for others may run it.
void Program::attach(CodeMode mode, const CodeBlob& blob) {
    for (ObjectDesc& desc : descs_) {
        const void*& code = desc.code[static_cast<unsigned>(mode)];
        if (desc.kind == ObjectDesc::Kind::Closure && !code) code = blob.function(desc.func);
    }
}

const CodeBlob* Program::add_code(CodeMode mode, std::shared_ptr<const CodeBlob> blob) {
    auto more = std::make_unique<MoreCode>();
    more->blob = std::move(blob);
    std::lock_guard lock(code_mutex_);
    attach(mode, *more->blob);
    more->next = std::move(more_code_);
    more_code_ = std::move(more);
    first_more_code_.store(more_code_.get(), std::memory_order_release);
    return more_code_->blob.get();
}

const CodeMap* Program::find_map(const void* address) const {
    const auto where = reinterpret_cast<std::uintptr_t>(address);
    // A return address may stand one past the last instruction.
    const auto has = [where](const CodeBlob& blob) {
        const auto base = reinterpret_cast<std::uintptr_t>(blob.map.base);
        return where >= base && where - base <= blob.map.size;
    };
    for (const auto& slot : code_) {
        const CodeBlob* blob = slot.load(std::memory_order_acquire);
        if (blob && has(*blob)) return &blob->map;
    }
    const MoreCode* more = first_more_code_.load(std::memory_order_acquire);
    for (; more; more = more->next.get()) {
        if (has(*more->blob)) return &more->blob->map;
    }
    return nullptr;
}

} // namespace tn::rt
