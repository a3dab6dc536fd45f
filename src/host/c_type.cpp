#include "host/c_type.h"

#include "support/ice.h"

#include <algorithm>
#include <cstring>

namespace tn::host {

ffi_type* scalar_c_type(Scalar scalar) {
    switch (scalar) {
    case Scalar::Void: return &ffi_type_void;
    case Scalar::Bool: return &ffi_type_uint8;
    case Scalar::I8: return &ffi_type_sint8;
    case Scalar::I16: return &ffi_type_sint16;
    case Scalar::I32: return &ffi_type_sint32;
    case Scalar::I64: return &ffi_type_sint64;
    case Scalar::U8: return &ffi_type_uint8;
    case Scalar::U16: return &ffi_type_uint16;
    case Scalar::U32: return &ffi_type_uint32;
    case Scalar::U64: return &ffi_type_uint64;
    case Scalar::F32: return &ffi_type_float;
    case Scalar::F64: return &ffi_type_double;
    case Scalar::Ref:
    case Scalar::Ptr: return &ffi_type_pointer;
    }
    return &ffi_type_void;
}

rt::Slot read_scalar(Scalar scalar, const void* memory) {
    rt::Slot slot;
    slot.u = 0;
    std::memcpy(&slot, memory, scalar_size(scalar));
    switch (scalar) {
    case Scalar::Bool: slot.u = slot.u != 0; break;
    case Scalar::I8: slot.i = static_cast<std::int8_t>(slot.u); break;
    case Scalar::I16: slot.i = static_cast<std::int16_t>(slot.u); break;
    case Scalar::I32: slot.i = static_cast<std::int32_t>(slot.u); break;
    default: break;
    }
    return slot;
}

namespace {

const rt::Seq* text_of(const rt::Slot& slot) { return static_cast<const rt::Seq*>(slot.ref); }

} // namespace

CType::CType(TypeTable& types, LayoutTable& layouts, TypeId type, bool is_variadic)
    : kind_(types.kind(type)) {
    const Layout& layout = layouts.get(type);
    slot_count_ = layout.leaves.size();
    size_ = std::max<std::size_t>(layout.size, sizeof(ffi_arg));
    switch (kind_) {
    case TypeKind::Unit: ffi_ = &ffi_type_void; break;
    case TypeKind::String:
    case TypeKind::Fn: // its pointer is made for each call
        ffi_ = &ffi_type_pointer;
        leaves_ = layout.leaves;
        break;
    case TypeKind::Slice: // C gets no length
        ffi_ = &ffi_type_pointer;
        leaves_ = {layout.leaves[0]};
        break;
    case TypeKind::Record:
        ffi_ = struct_type(types, layouts, type);
        leaves_ = layout.leaves;
        break;
    default: {
        TN_CHECK(type_class(kind_) == TypeClass::Scalar, "no C form of " + types.print(type));
        const Scalar scalar = type_kind_scalar(kind_);
        leaves_ = layout.leaves;
        promotes_ = is_variadic && (scalar == Scalar::F32 || scalar_size(scalar) < 4);
        ffi_ = !promotes_              ? scalar_c_type(scalar)
               : scalar == Scalar::F32 ? &ffi_type_double
                                       : &ffi_type_sint32;
        break;
    }
    }
}

ffi_type* CType::struct_type(TypeTable& types, LayoutTable& layouts, TypeId type) {
    Struct& made = *structs_.emplace_back(std::make_unique<Struct>());
    const std::vector<Field> fields = types.nominal(type).fields;
    for (const Field& field : fields) {
        const TypeId part = types.field_type(type, field);
        const TypeKind kind = types.kind(part);
        made.elements.push_back(kind == TypeKind::Record ? struct_type(types, layouts, part)
                                                         : scalar_c_type(type_kind_scalar(kind)));
    }
    made.elements.push_back(nullptr);
    made.type.type = FFI_TYPE_STRUCT;
    made.type.elements = made.elements.data();
    // Fills in size and alignment, which must be the ones that our layout has.
    TN_CHECK(ffi_get_struct_offsets(FFI_DEFAULT_ABI, &made.type, nullptr) == FFI_OK,
             "libffi refuses a struct");
    TN_CHECK(made.type.size == layouts.get(type).size, "a struct of another size in C: " + types.print(type));
    return &made.type;
}

bool CType::has_inner_nul(const rt::Slot* slots) const {
    if (kind_ == TypeKind::Fn) return false;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        if (leaves_[i].scalar != Scalar::Ref) continue;
        const rt::Seq* text = text_of(slots[i]);
        if (std::memchr(text->data, 0, static_cast<std::size_t>(text->length))) return true;
    }
    return false;
}

void CType::to_c(const rt::Slot* slots, void* memory) const {
    auto* bytes = static_cast<unsigned char*>(memory);
    if (promotes_) {
        if (kind_ == TypeKind::F32) {
            const double wide = slots[0].f32;
            std::memcpy(bytes, &wide, sizeof wide);
        } else {
            std::memcpy(bytes, &slots[0], 4);
        }
        return;
    }
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        if (leaves_[i].scalar == Scalar::Ref) {
            const void* data = text_of(slots[i])->data;
            std::memcpy(bytes + leaves_[i].offset, &data, sizeof data);
        } else {
            std::memcpy(bytes + leaves_[i].offset, &slots[i], scalar_size(leaves_[i].scalar));
        }
    }
}

void CType::from_c(const void* memory, rt::Slot* slots) const {
    const auto* bytes = static_cast<const unsigned char*>(memory);
    for (std::size_t i = 0; i < leaves_.size(); ++i)
        slots[i] = read_scalar(leaves_[i].scalar, bytes + leaves_[i].offset);
    if (kind_ == TypeKind::Slice) slots[1].i = slots[0].ptr ? 1 : 0;
}

void CType::to_c_result(const rt::Slot* slots, void* memory) const {
    if (is_void()) return;
    const bool is_integer = type_class(kind_) == TypeClass::Scalar && !is_float(leaves_[0].scalar);
    if (is_integer)
        std::memcpy(memory, &slots[0], sizeof(ffi_arg));
    else
        to_c(slots, memory);
}

} // namespace tn::host
