// Values across the border: tn_values to rows of slots and back, and to memory and back.
//
// A value with references is an object of the instance's heap with a cell in between. Records, tuples and
// options, which scripts keep in leaves, are boxes here: an object with the type's leaves at its layout's
// offsets. Everything below that touches an object is called from inside the instance.
#pragma once

#include "capi/core.h"
#include "runtime/context.h"

#include <iterator>
#include <string>

namespace tn::capi {

// Why a value was refused: what `report` needs, without allocation while all is well.
struct Problem {
    tn_status status = TN_OK;
    std::string text;
};

// A value of tag 16 or more, looked up. Null cell: dead, or not what its tag says.
struct Held {
    ValueCell* cell = nullptr;
    rt::Object* object() const { return cell->object; }
    const TypeInfo& type() const { return *cell->type; }
    InstanceCore& core() const { return *cell->core; }
    explicit operator bool() const { return cell != nullptr; }
};
inline Held find_held(const tn_value& value) {
    if (value.tag < TN_TAG_STRING) return {};
    ValueCell* cell = find_value_cell(value.as.p, value.aux);
    return {cell && cell->type->tag == value.tag ? cell : nullptr};
}

// --- scalars ---

inline bool is_scalar_tag(tn_tag tag) { return tag >= TN_TAG_BOOL && tag <= TN_TAG_CHAR; }
// Scalars whose every bit pattern is a value.
inline bool is_wide_tag(tn_tag tag) { return tag == TN_TAG_I64 || tag == TN_TAG_U64 || tag == TN_TAG_F64; }

// A number fits when, moved by `bias`, it has none of the bits of `mask`. Char and f32 want another look.
struct Bounds {
    std::uint64_t bias, mask;
};
inline constexpr Bounds scalar_bounds[] = {
    {0, ~std::uint64_t(1)},                                // bool
    {1u << 7, ~std::uint64_t(0xff)},                       // i8
    {1u << 15, ~std::uint64_t(0xffff)},                    // i16
    {std::uint64_t(1) << 31, ~std::uint64_t(0xffffffff)},  // i32
    {0, 0},                                                // i64
    {0, ~std::uint64_t(0xff)},                             // u8
    {0, ~std::uint64_t(0xffff)},                           // u16
    {0, ~std::uint64_t(0xffffffff)},                       // u32
    {0, 0},                                                // u64
    {0, ~std::uint64_t(0)},                                // f32: zero is zero
    {0, 0},                                                // f64
    {0, ~std::uint64_t(0x7f)},                             // char: ASCII
};
static_assert(std::size(scalar_bounds) == TN_TAG_CHAR - TN_TAG_BOOL + 1);
bool odd_scalar_to_slot(tn_tag tag, tn_slot in, rt::Slot& out);

// The slot of a scalar value; false when the number does not fit its tag (f32 is rounded).
inline bool scalar_to_slot(tn_tag tag, tn_slot in, rt::Slot& out) {
    out.u = in.u;
    if (!is_scalar_tag(tag)) [[unlikely]]
        return false;
    const Bounds& bounds = scalar_bounds[tag - TN_TAG_BOOL];
    if (((in.u + bounds.bias) & bounds.mask) == 0) [[likely]]
        return true;
    return odd_scalar_to_slot(tag, in, out);
}

inline void slot_to_scalar(tn_tag tag, rt::Slot in, tn_value& out) {
    out.tag = tag;
    out.aux = 0;
    if (tag == TN_TAG_F32)
        out.as.f = in.f32;
    else
        out.as.u = in.u;
}

// --- leaves in memory ---

rt::Slot load_leaf(Scalar scalar, const std::uint8_t* from);
void store_leaf(Scalar scalar, std::uint8_t* to, rt::Slot slot);

// --- values ---

// What a value is called in messages: its type's name, "a dead value", "nothing", ...
std::string describe(const tn_value& value);

// The leaves of `value`, which must be of `type`, as `count` slots. Retained: the references are owned by
// the slots; else they are borrowed from the value. A text of another instance is copied (and then owned by
// `copies`). False with `problem` filled.
class TextCopies;
bool value_to_slots(InstanceCore& core, const TypeInfo& type, const tn_value& value, rt::Slot* slots,
                    bool retained, TextCopies& copies, Problem& problem);
// Releases the references among the slots of a value.
void release_slots(InstanceCore& core, const TypeInfo& type, const rt::Slot* slots);
// A value from slots whose references it takes over, also on failure: then TN_NOMEM or
// TN_TRAP_MEMORY_LIMIT.
tn_status slots_to_value(InstanceCore& core, const TypeInfo& type, const rt::Slot* slots, tn_value& out);

// The slots of the value at `from`, whose leaves stand at `offsets`; references are retained.
void load_slots(const TypeInfo& type, const std::uint8_t* from, const std::vector<std::uint32_t>* offsets,
                rt::Slot* slots);
// Stores slots there, taking over their references; what was there is not released.
void store_slots(const TypeInfo& type, std::uint8_t* to, const std::vector<std::uint32_t>* offsets,
                 const rt::Slot* slots);

// A copy of child `i` of the value of a record, tuple or enum at `from`, or its replacement by a copy of
// `value`; nothing is released.
tn_status load_child(InstanceCore& core, const TypeInfo& type, std::size_t i, const std::uint8_t* from,
                     tn_value& out);
bool store_child(InstanceCore& core, const TypeInfo& type, std::size_t i, std::uint8_t* to,
                 const tn_value& value, Problem& problem);

// A box of a host's type, cleared; null with trap_code set.
rt::Box* new_box(InstanceCore& core, const TypeInfo& type);
// A value that takes over one reference to the object, also on failure.
tn_status wrap(InstanceCore& core, const TypeInfo& type, rt::Object* object, tn_value& out);
// Ends a value: any thread.
void clear_value(tn_value& value) noexcept;

// Texts copied for one call because they belong to another instance.
class TextCopies {
public:
    explicit TextCopies(InstanceCore& core) : core_(core) {}
    ~TextCopies();
    TextCopies(const TextCopies&) = delete;
    TextCopies& operator=(const TextCopies&) = delete;
    // Borrowed from here; null without memory.
    rt::Object* copy(const rt::Object* text, const TypeInfo& type);

private:
    InstanceCore& core_;
    std::vector<rt::Object*> copies_;
};

// A row of slots: in place while it is short.
class Row {
public:
    explicit Row(std::size_t size) {
        if (size > inline_size) large_ = std::make_unique<rt::Slot[]>(size);
    }
    rt::Slot* data() { return large_ ? large_.get() : small_; }
    rt::Slot& operator[](std::size_t i) { return data()[i]; }

private:
    static constexpr std::size_t inline_size = 24;
    rt::Slot small_[inline_size];
    std::unique_ptr<rt::Slot[]> large_;
};

} // namespace tn::capi
