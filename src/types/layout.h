// How a type lies in memory and in registers: its leaves.
//
// A value of any type is a row of leaves, each a Scalar. In registers a value is one SSA value per
// leaf; in memory (a list element, an instance variable, a boxed record) the leaves stand at their
// offsets, as C would lay out the struct. Runtime, lowering, code generator and C API all ask here.
//
//   scalar, reference   one leaf
//   (), !               no leaf
//   tuple, record       the leaves of its fields, in declared order
//   range               start, end, inclusive (Bool)
//   slice               Ptr, I64 length
//   enum                a U8 tag, then shared slots: payload leaves of different variants share a slot
//                       of the same Scalar. A field that contains its own enum (not through a
//                       collection) is one Ref leaf to a boxed value.
#pragma once

#include "types/type_table.h"

#include <memory>
#include <optional>

namespace tn {

struct Leaf {
    std::uint32_t offset = 0; // bytes from the start of the value
    Scalar scalar = Scalar::Void;
    TypeId type;           // the language type of this leaf; invalid for tags and shared slots
    bool nullable = false; // a reference that is null when its enum variant is another one
};

struct VariantLayout {
    // For each leaf of the variant's payload, in field order: its index among the enum's leaves.
    std::vector<std::uint32_t> slots;
    // For each field: where its leaves start in `slots`, how many, and whether it is boxed.
    struct FieldSlots {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
        bool boxed = false;
    };
    std::vector<FieldSlots> fields;
};

struct Layout {
    std::uint32_t size = 0;
    std::uint32_t align = 1;
    std::vector<Leaf> leaves;
    bool has_refs = false;
    // Records and tuples: for each field, its first leaf; one more entry closes the last.
    std::vector<std::uint32_t> field_first;
    std::vector<VariantLayout> variants; // enums
};

// The largest value, in bytes, of which an instance keeps a box of its own for a variant without payload.
inline constexpr std::uint32_t max_shared_box = 48;

// The tag of the first variant without payload, if the layout is an enum's that has one.
std::optional<std::uint8_t> unit_tag(const Layout& layout);

// The largest number of leaves a type may have; the checker reports TypeTooLarge beyond it.
inline constexpr std::size_t max_leaves = 1024;
// Elements of a sequence, also of those that take no memory: so that an index and a little more cannot overflow.
inline constexpr std::int64_t max_seq_length = INT64_MAX / 2;

class LayoutTable {
public:
    explicit LayoutTable(TypeTable& types) : types_(types) {}
    // Computes on first use. References stay valid. `type` has no Param, Infer or Error inside.
    // A type beyond max_leaves answers a layout with exactly max_leaves + 1 leaves.
    const Layout& get(TypeId type);
    // Only what was computed before: for const use by finished modules. Null if absent.
    const Layout* find(TypeId type) const;

    // True if a value of `type` holds one of `inner` directly, not through a collection, or is one.
    bool contains(TypeId type, TypeId inner) const;

private:
    bool add_variants(TypeId type, Layout& layout);

    TypeTable& types_;
    std::unordered_map<std::uint32_t, std::unique_ptr<Layout>> layouts_;
    std::vector<TypeId> in_progress_;
};

} // namespace tn
