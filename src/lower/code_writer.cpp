#include "lower/code_writer.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using ir::ValueId;

CodeWriter::CodeWriter(ModuleLowering& module, ir::FuncId id)
    : m_(module), id_(id), b_(module.module(), fn_), ssa_(b_), own_(b_, ssa_) {
    fn_.name = module.module().functions[id].name;
    fn_.sig = module.module().functions[id].sig;
    b_.set_block(b_.make_block());
    for (const ir::Param& param : fn_.sig.params) b_.add_param(fn_.entry(), param.type, param.ownership);
}

void CodeWriter::finish() {
    for (const SharedExit& exit : shared_exits_) ssa_.seal(exit.block);
    for (const auto& [key, block] : shared_releases_) ssa_.seal(block);
    ssa_.finish();
    m_.module().functions[id_] = std::move(fn_);
}

// ---- Values ----

RowLeaf CodeWriter::nothing(Scalar scalar) {
    switch (scalar_info(scalar).scalar_class) {
    case ScalarClass::Int:
    case ScalarClass::Uint: return RowLeaf{b_.const_int(scalar, 0)};
    case ScalarClass::Float: return RowLeaf{b_.const_float(scalar, 0)};
    case ScalarClass::Ref: return RowLeaf{b_.null(), CleanupId(), true};
    case ScalarClass::Ptr: return RowLeaf{b_.instance_data()};
    case ScalarClass::Void: break;
    }
    TN_ICE("a leaf of no type");
}

Row CodeWriter::nothing(TypeId type) {
    Row row{type, {}};
    for (const Leaf& leaf : layout(type).leaves) row.leaves.push_back(nothing(leaf.scalar));
    return row;
}

Row CodeWriter::to_owned(Row row) {
    const Layout& l = layout(row.type);
    return own_.to_owned(std::move(row), l);
}

Row CodeWriter::to_pending(Row row) {
    const Layout& l = layout(row.type);
    return own_.to_pending(std::move(row), l);
}

TypeId CodeWriter::field_type(TypeId type, unsigned field) {
    switch (types().kind(type)) {
    case TypeKind::Tuple: return types().arg(type, field);
    case TypeKind::Record:
    case TypeKind::Map:
    case TypeKind::Set: {
        Field f = types().nominal(type).fields[field];
        return types().field_type(type, f);
    }
    case TypeKind::Range: return field == 2 ? simple(TypeKind::Bool) : types().arg(type, 0);
    default: TN_ICE("fields of a type that has none");
    }
}

Row CodeWriter::field_of(const Row& value, unsigned field) {
    const Layout& l = layout(value.type);
    return value.part(field_type(value.type, field), l.field_first[field],
                      l.field_first[field + 1] - l.field_first[field]);
}

TypeId CodeWriter::payload_type(TypeId type, unsigned variant, unsigned field) {
    Field f = types().nominal(type).variants[variant].fields[field];
    return types().field_type(type, f);
}

Row CodeWriter::payload(const Row& value, unsigned variant, unsigned field) {
    const VariantLayout& v = layout(value.type).variants[variant];
    const VariantLayout::FieldSlots& slots = v.fields[field];
    Row row{payload_type(value.type, variant, field), {}};
    if (slots.boxed) {
        ValueId box = value.id(v.slots[slots.first]);
        return load(Location{b_.box_data(box), ir::MemoryClass::Box, ValueId(), 1, 0}, row.type, true);
    }
    for (std::uint32_t i = 0; i < slots.count; ++i)
        row.leaves.push_back(value.leaves[v.slots[slots.first + i]]);
    return row;
}

ValueId CodeWriter::is_variant(const Row& value, unsigned variant) {
    return b_.compare(ir::Op::ICmp, ir::Cond::Eq, value.id(0), b_.const_int(Scalar::U8, variant));
}

Row CodeWriter::make_variant(TypeId type, unsigned variant, std::span<const Row> fields) {
    const Layout& l = layout(type);
    const VariantLayout& v = l.variants[variant];
    std::vector<RowLeaf> leaves(l.leaves.size());
    leaves[0] = RowLeaf{b_.const_int(Scalar::U8, variant)};
    for (std::size_t f = 0; f < fields.size(); ++f) {
        if (v.fields[f].boxed) {
            leaves[v.slots[v.fields[f].first]] = box(fields[f]);
            continue;
        }
        for (std::uint32_t i = 0; i < v.fields[f].count; ++i) {
            leaves[v.slots[v.fields[f].first + i]] = fields[f].leaves[i];
        }
    }
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        if (!leaves[i].id.is_valid()) leaves[i] = nothing(l.leaves[i].scalar);
    }
    return Row{type, std::move(leaves)};
}

RowLeaf CodeWriter::box(const Row& value) {
    Row content = to_owned(value);
    std::vector<ValueId> leaves;
    for (const RowLeaf& leaf : content.leaves) leaves.push_back(leaf.id);
    RowLeaf made{b_.box_new(m_.box_desc(value.type), leaves)};
    made.cleanup = own_.add(made.id, false);
    return made;
}

// ---- Memory ----

Location CodeWriter::element(ValueId data, ValueId index, TypeId element_type) {
    std::uint32_t stride = layout(element_type).size;
    if (stride == 1 || stride == 2 || stride == 4 || stride == 8) {
        return Location{data, ir::MemoryClass::Element, index, stride, 0};
    }
    if (stride == 0) return Location{data, ir::MemoryClass::Element, ValueId(), 1, 0};
    return Location{b_.elem_addr(data, index, stride), ir::MemoryClass::Element, ValueId(), 1, 0};
}

Location CodeWriter::part_location(const Location& location, std::vector<std::uint32_t> offsets,
                                   TypeId part) {
    Location result = location;
    result.leaf_offsets.clear();
    if (offsets.empty()) return result;
    // Where the part happens to lie as its type says, that is enough.
    const Layout& l = layout(part);
    std::uint32_t first = offsets[0] - l.leaves[0].offset;
    bool is_regular = offsets[0] >= l.leaves[0].offset;
    for (std::size_t i = 0; i < offsets.size(); ++i) is_regular &= offsets[i] == first + l.leaves[i].offset;
    if (is_regular) {
        result.offset += first;
    } else {
        result.leaf_offsets = std::move(offsets);
    }
    return result;
}

Location CodeWriter::field_location(const Location& location, TypeId type, unsigned field) {
    const Layout& l = layout(type);
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = l.field_first[field]; i < l.field_first[field + 1]; ++i)
        offsets.push_back(location.leaf_offsets.empty() ? l.leaves[i].offset : location.leaf_offsets[i]);
    return part_location(location, std::move(offsets), field_type(type, field));
}

Location CodeWriter::payload_location(const Location& location, TypeId type, unsigned variant,
                                      unsigned field) {
    const Layout& l = layout(type);
    const VariantLayout& v = l.variants[variant];
    std::vector<std::uint32_t> offsets;
    for (std::uint32_t i = 0; i < v.fields[field].count; ++i) {
        std::uint32_t leaf = v.slots[v.fields[field].first + i];
        offsets.push_back(location.leaf_offsets.empty() ? l.leaves[leaf].offset
                                                        : location.leaf_offsets[leaf]);
    }
    return part_location(location, std::move(offsets), payload_type(type, variant, field));
}

std::int64_t CodeWriter::leaf_offset(const Location& location, const Layout& layout, std::size_t leaf) {
    return location.offset +
           (location.leaf_offsets.empty() ? layout.leaves[leaf].offset : location.leaf_offsets[leaf]);
}

ValueId CodeWriter::address(const Location& location) {
    ValueId result = location.base;
    std::int64_t offset = location.offset;
    if (!location.leaf_offsets.empty()) offset += location.leaf_offsets[0];
    if (location.index.is_valid()) result = b_.elem_addr(result, location.index, location.stride);
    if (offset != 0) result = b_.elem_addr(result, int64(offset), 1);
    return result;
}

Location CodeWriter::without_index(const Location& location) {
    if (!location.index.is_valid()) return location;
    Location result = location;
    result.base = b_.elem_addr(location.base, location.index, location.stride);
    result.index = ValueId();
    result.stride = 1;
    return result;
}

ValueId CodeWriter::load_leaf(const Location& location, const Layout& layout, std::size_t leaf) {
    Scalar type = layout.leaves[leaf].scalar;
    std::int64_t offset = leaf_offset(location, layout, leaf);
    bool nullable = layout.leaves[leaf].nullable;
    if (!location.index.is_valid()) return b_.load(type, location.memory, location.base, offset, nullable);
    return b_.load_indexed(type, location.memory, location.base, location.index, location.stride, offset, nullable);
}

Row CodeWriter::load(const Location& location, TypeId type, bool borrow) {
    const Layout& l = layout(type);
    Row row{type, {}};
    for (std::size_t i = 0; i < l.leaves.size(); ++i) row.add(load_leaf(location, l, i));
    return borrow ? row : own_.to_pending(std::move(row), l);
}

void CodeWriter::store_leaf(const Location& location, const Layout& layout, std::size_t leaf, ValueId value) {
    std::int64_t offset = leaf_offset(location, layout, leaf);
    if (!location.index.is_valid()) {
        b_.store(location.memory, location.base, offset, value);
    } else {
        b_.store_indexed(location.memory, location.base, location.index, location.stride, offset, value);
    }
}

void CodeWriter::store(const Location& location, const Row& value) {
    const Layout& l = layout(value.type);
    for (std::size_t i = 0; i < l.leaves.size(); ++i) store_leaf(location, l, i, value.id(i));
}

void CodeWriter::replace(const Location& location, const Row& value) {
    const Layout& l = layout(value.type);
    if (!l.has_refs) return store(location, value);
    Location place = without_index(location);
    std::vector<std::pair<ValueId, bool>> old;
    for (std::size_t i = 0; i < l.leaves.size(); ++i) {
        if (l.leaves[i].scalar != Scalar::Ref) continue;
        old.emplace_back(b_.load_taken(place.memory, place.base, leaf_offset(place, l, i), l.leaves[i].nullable),
                         l.leaves[i].nullable);
    }
    store(place, value);
    for (auto [ref, nullable] : old) own_.release(ref, nullable);
}

Row CodeWriter::take_out(const Location& location, TypeId type) {
    const Layout& l = layout(type);
    if (!l.has_refs) return load(location, type, true);
    Location place = without_index(location);
    Row row{type, {}};
    for (std::size_t i = 0; i < l.leaves.size(); ++i) {
        row.add(l.leaves[i].scalar == Scalar::Ref
                    ? b_.load_taken(place.memory, place.base, leaf_offset(place, l, i), l.leaves[i].nullable)
                    : load_leaf(place, l, i));
    }
    // A record of plain references needs only those replaced; an enum needs a tag that goes with them, a map the
    // number of its entries.
    bool all = holds_map(type) || std::ranges::any_of(l.leaves, [](const Leaf& leaf) { return leaf.nullable; });
    Row left = placeholder(type);
    for (std::size_t i = 0; i < l.leaves.size(); ++i) {
        if (all || l.leaves[i].scalar == Scalar::Ref) store_leaf(place, l, i, left.id(i));
    }
    return row;
}

bool CodeWriter::holds_map(TypeId type) {
    TypeKind kind = types().kind(type);
    if (kind == TypeKind::Map) return true;
    if (kind != TypeKind::Tuple && !types().has_fields(type)) return false;
    for (unsigned f = 0; f + 1 < layout(type).field_first.size(); ++f) {
        if (holds_map(field_type(type, f))) return true;
    }
    return false;
}

Row CodeWriter::placeholder(TypeId type) {
    const Layout& l = layout(type);
    TypeKind kind = types().kind(type);
    if (kind == TypeKind::Enum) {
        unsigned variant = 0;
        while (std::ranges::any_of(l.variants[variant].fields, &VariantLayout::FieldSlots::boxed)) ++variant;
        std::vector<Row> fields;
        for (unsigned f = 0; f < l.variants[variant].fields.size(); ++f) {
            fields.push_back(placeholder(payload_type(type, variant, f)));
        }
        return make_variant(type, variant, fields);
    }
    Row row{type, {}};
    if (kind == TypeKind::Tuple || types().has_fields(type)) {
        for (unsigned f = 0; f + 1 < l.field_first.size(); ++f)
            row.add(placeholder(field_type(type, f)).leaves);
        return row;
    }
    for (const Leaf& leaf : l.leaves) {
        if (leaf.scalar == Scalar::Ref) {
            row.add(own_.retain(b_.empty(m_.desc(leaf.type))));
        } else {
            row.leaves.push_back(nothing(leaf.scalar));
        }
    }
    return row;
}

// ---- Calls and ends ----

CodeWriter::Outcome CodeWriter::outcome(ir::InstId call, const ModuleLowering::FnShape& shape) {
    unsigned next = 0;
    auto results = [&](TypeId type) {
        Row row{type, {}};
        for (std::size_t i = 0; i < layout(type).leaves.size(); ++i) row.add(b_.result(call, next++));
        return row;
    };
    Outcome outcome;
    outcome.result = own_.own(results(shape.result), layout(shape.result));
    for (const ModuleLowering::ParamShape& param : shape.params) {
        if (!param.is_mut) continue;
        Row& out = outcome.outs.emplace_back(results(param.type));
        for (std::size_t i = 0; i < out.leaves.size(); ++i)
            out.leaves[i].claimed = layout(param.type).leaves[i].scalar == Scalar::Ref;
    }
    return outcome;
}

CodeWriter::Outcome CodeWriter::call_fn(const FnTarget& target, std::span<const Row> args) {
    std::vector<ValueId> leaves;
    for (const Row& arg : args) {
        for (const RowLeaf& leaf : arg.leaves) leaves.push_back(leaf.id);
    }
    return outcome(b_.call(m_.fn_instance(target), leaves), m_.shape(target));
}

ValueId CodeWriter::rt(RuntimeFn fn, std::initializer_list<ValueId> args) {
    return b_.result(b_.call_runtime(fn, std::span(args.begin(), args.size())));
}

ValueId CodeWriter::convert(Scalar to, ValueId value) {
    return fn_.values[value].type == to ? value : b_.convert(to, value);
}

void CodeWriter::trap(TrapCode code, ValueId message) {
    leave_by(Exit{Exit::Kind::Trap, code}, 0, {&message, message.is_valid() ? 1u : 0u});
}

void CodeWriter::unreachable() { leave_by(Exit{Exit::Kind::Unreachable}, 0, {}); }

} // namespace tn::lower
