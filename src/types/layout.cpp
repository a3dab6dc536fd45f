// Layouts: leaves with C offsets, and the sharing of payload slots by an enum's variants. See layout.h.
#include "types/layout.h"

#include "support/ice.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace tn {

namespace {

std::uint32_t align_up(std::uint32_t value, std::uint32_t align) {
    return (value + align - 1) / align * align;
}

// Grows a layout field by field.
class Builder {
public:
    explicit Builder(Layout& layout) : layout_(layout) {}

    // False when the type has become too large.
    bool add(Leaf leaf) {
        if (layout_.leaves.size() >= max_leaves) return false;
        std::uint32_t size = scalar_size(leaf.scalar);
        layout_.align = std::max(layout_.align, size);
        leaf.offset = align_up(layout_.size, size);
        layout_.size = leaf.offset + size;
        layout_.has_refs |= leaf.scalar == Scalar::Ref;
        layout_.leaves.push_back(leaf);
        return true;
    }

    // A field of another type, as a struct within a struct.
    bool add(const Layout& field) {
        if (layout_.leaves.size() + field.leaves.size() > max_leaves) return false;
        layout_.align = std::max(layout_.align, field.align);
        std::uint32_t base = align_up(layout_.size, field.align);
        for (Leaf leaf : field.leaves) {
            leaf.offset += base;
            layout_.leaves.push_back(leaf);
        }
        layout_.size = base + field.size;
        layout_.has_refs |= field.has_refs;
        return true;
    }

    void finish() { layout_.size = align_up(layout_.size, layout_.align); }

    void overflow() {
        layout_ = Layout{};
        layout_.leaves.assign(max_leaves + 1, Leaf{0, Scalar::U8, TypeId(), false});
    }

private:
    Layout& layout_;
};

// Values inside one another; beyond this a type is too large, whatever its leaves.
constexpr std::size_t max_depth = 500;
constexpr std::size_t max_contained = 10'000;

bool is_too_large(const Layout& layout) { return layout.leaves.size() > max_leaves; }

} // namespace

std::optional<std::uint8_t> unit_tag(const Layout& layout) {
    for (std::size_t v = 0; v < layout.variants.size(); ++v)
        if (layout.variants[v].slots.empty()) return static_cast<std::uint8_t>(v);
    return std::nullopt;
}

const Layout* LayoutTable::find(TypeId type) const {
    auto it = layouts_.find(type.value);
    return it == layouts_.end() ? nullptr : it->second.get();
}

bool LayoutTable::contains(TypeId type, TypeId inner) const {
    std::unordered_set<std::uint32_t> seen;
    std::vector<TypeId> work = {type};
    while (!work.empty()) {
        TypeId next = work.back();
        work.pop_back();
        if (next == inner) return true;
        if (!seen.insert(next.value).second) continue;
        if (seen.size() > max_contained) return true; // a type without end
        TypeKind kind = types_.kind(next);
        if (kind == TypeKind::Tuple) {
            for (TypeId element : types_.args(next)) work.push_back(element);
        } else if (types_.has_fields(next) || kind == TypeKind::Enum) {
            NominalId id = types_.nominal_id(next);
            for (std::size_t i = 0; i < types_.nominal(id).fields.size(); ++i) {
                Field field = types_.nominal(id).fields[i];
                work.push_back(types_.field_type(next, field));
            }
            for (std::size_t v = 0; v < types_.nominal(id).variants.size(); ++v) {
                for (std::size_t i = 0; i < types_.nominal(id).variants[v].fields.size(); ++i) {
                    Field field = types_.nominal(id).variants[v].fields[i];
                    work.push_back(types_.field_type(next, field));
                }
            }
        }
    }
    return false;
}

// The tag, then each variant's payload in the first slots of its scalars that the variant has left.
bool LayoutTable::add_variants(TypeId type, Layout& layout) {
    Builder builder(layout);
    builder.add(Leaf{0, Scalar::U8, TypeId(), false});
    NominalId id = types_.nominal_id(type);
    std::size_t variant_count = types_.nominal(id).variants.size();
    std::unordered_map<std::uint32_t, bool> boxed; // by type of field
    for (std::size_t v = 0; v < variant_count; ++v) {
        VariantLayout variant;
        // By scalar: no slot of it before this one is left.
        std::array<std::uint32_t, std::size(scalar_table)> first_left;
        first_left.fill(1);
        std::size_t field_count = types_.nominal(id).variants[v].fields.size();
        for (std::size_t f = 0; f < field_count; ++f) {
            Field field = types_.nominal(id).variants[v].fields[f];
            TypeId field_type = types_.field_type(type, field);
            VariantLayout::FieldSlots slots;
            slots.first = static_cast<std::uint32_t>(variant.slots.size());
            auto [known, is_new] = boxed.try_emplace(field_type.value, false);
            if (is_new) known->second = contains(field_type, type);
            slots.boxed = known->second;
            std::vector<Leaf> leaves;
            if (slots.boxed) {
                leaves.push_back(Leaf{0, Scalar::Ref, field_type, true});
            } else {
                leaves = get(field_type).leaves;
                if (leaves.size() > max_leaves) return false;
            }
            for (const Leaf& leaf : leaves) {
                std::uint32_t& slot = first_left[static_cast<unsigned>(leaf.scalar)];
                while (slot < layout.leaves.size() && layout.leaves[slot].scalar != leaf.scalar) ++slot;
                if (slot == layout.leaves.size()) {
                    if (!builder.add(Leaf{0, leaf.scalar, leaf.type, leaf.scalar == Scalar::Ref}))
                        return false;
                } else if (layout.leaves[slot].type != leaf.type) {
                    layout.leaves[slot].type = TypeId(); // shared by different types
                }
                variant.slots.push_back(slot++);
            }
            slots.count = static_cast<std::uint32_t>(variant.slots.size()) - slots.first;
            variant.fields.push_back(slots);
        }
        layout.variants.push_back(std::move(variant));
    }
    return true;
}

const Layout& LayoutTable::get(TypeId type) {
    if (const Layout* known = find(type)) return *known;
    auto layout = std::make_unique<Layout>();
    Builder builder(*layout);
    // The checker reports records that contain themselves; here they are types without end.
    if (in_progress_.size() >= max_depth || std::ranges::find(in_progress_, type) != in_progress_.end()) {
        static const Layout endless = [] {
            Layout l;
            Builder(l).overflow();
            return l;
        }();
        return endless;
    }
    in_progress_.push_back(type);

    TypeKind kind = types_.kind(type);
    auto add_fields = [&](std::span<const TypeId> fields) {
        for (TypeId field : fields) {
            layout->field_first.push_back(static_cast<std::uint32_t>(layout->leaves.size()));
            const Layout& inner = get(field);
            if (is_too_large(inner) || !builder.add(inner)) return builder.overflow();
        }
        layout->field_first.push_back(static_cast<std::uint32_t>(layout->leaves.size()));
    };

    switch (kind) {
    case TypeKind::Error:
    case TypeKind::Infer:
    case TypeKind::Param: TN_ICE("layout of an unfinished type");
    case TypeKind::Never:
    case TypeKind::Unit: break;
    case TypeKind::Bool:
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64:
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64:
    case TypeKind::F32:
    case TypeKind::F64:
    case TypeKind::Char:
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::List:
    case TypeKind::Fn:
    case TypeKind::Host: builder.add(Leaf{0, type_kind_scalar(kind), type, false}); break;
    case TypeKind::Range: {
        TypeId integer = types_.arg(type, 0);
        TypeId fields[] = {integer, integer, types_.simple(TypeKind::Bool)};
        add_fields(fields);
        break;
    }
    case TypeKind::Slice:
        builder.add(Leaf{0, Scalar::Ptr, TypeId(), false});
        builder.add(Leaf{0, Scalar::I64, types_.simple(TypeKind::I64), false});
        break;
    case TypeKind::Tuple: {
        std::vector<TypeId> fields(types_.args(type).begin(), types_.args(type).end());
        add_fields(fields);
        break;
    }
    case TypeKind::Record:
    case TypeKind::Map:
    case TypeKind::Set: {
        std::vector<TypeId> fields;
        NominalId id = types_.nominal_id(type);
        for (std::size_t i = 0; i < types_.nominal(id).fields.size(); ++i) {
            Field field = types_.nominal(id).fields[i];
            fields.push_back(types_.field_type(type, field));
        }
        add_fields(fields);
        break;
    }
    case TypeKind::Enum:
        if (!add_variants(type, *layout)) builder.overflow();
        break;
    }

    if (!is_too_large(*layout)) builder.finish();
    in_progress_.pop_back();
    auto [it, inserted] = layouts_.emplace(type.value, std::move(layout));
    TN_CHECK(inserted, "a layout computed twice");
    return *it->second;
}

} // namespace tn
