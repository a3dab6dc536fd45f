#include "host/ffi_call.h"

#include "support/ice.h"

#include <cstring>
#include <ffi.h>
#include <vector>

namespace tn::host {

namespace {

ffi_type* c_type(Scalar scalar) {
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

// libffi widens integer results to a register; a slot wants them extended by their own type.
rt::Slot slot_of(Scalar scalar, const void* result) {
    rt::Slot slot;
    slot.u = 0;
    std::uint64_t bits;
    std::memcpy(&bits, result, sizeof bits);
    switch (scalar) {
    case Scalar::Void: break;
    case Scalar::Bool: slot.u = static_cast<std::uint8_t>(bits) != 0; break;
    case Scalar::I8: slot.i = static_cast<std::int8_t>(bits); break;
    case Scalar::I16: slot.i = static_cast<std::int16_t>(bits); break;
    case Scalar::I32: slot.i = static_cast<std::int32_t>(bits); break;
    case Scalar::U8: slot.u = static_cast<std::uint8_t>(bits); break;
    case Scalar::U16: slot.u = static_cast<std::uint16_t>(bits); break;
    case Scalar::U32: slot.u = static_cast<std::uint32_t>(bits); break;
    case Scalar::F32: std::memcpy(&slot.f32, result, sizeof slot.f32); break;
    case Scalar::I64:
    case Scalar::U64:
    case Scalar::F64:
    case Scalar::Ref:
    case Scalar::Ptr: slot.u = bits; break;
    }
    return slot;
}

} // namespace

void call_plain(const TypeTable& types, std::span<const TypeId> params, TypeId result, const void* address,
                rt::Slot* io) {
    std::vector<ffi_type*> c_types;
    std::vector<rt::Slot> values;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const TypeKind kind = types.kind(params[i]);
        if (kind == TypeKind::String || kind == TypeKind::Bytes) {
            const auto* seq = static_cast<const rt::Seq*>(io[i].ref);
            rt::Slot data, length;
            data.ptr = seq->data;
            length.i = seq->length;
            c_types.insert(c_types.end(), {&ffi_type_pointer, &ffi_type_uint64});
            values.insert(values.end(), {data, length});
        } else {
            TN_CHECK(type_class(kind) == TypeClass::Scalar,
                     "a plain C function with a parameter of " + types.print(params[i]));
            c_types.push_back(c_type(type_kind_scalar(kind)));
            values.push_back(io[i]);
        }
    }
    const TypeKind result_kind = types.kind(result);
    TN_CHECK(result_kind == TypeKind::Unit || type_class(result_kind) == TypeClass::Scalar,
             "a plain C function that returns " + types.print(result));
    const Scalar result_scalar = result_kind == TypeKind::Unit ? Scalar::Void : type_kind_scalar(result_kind);

    ffi_cif cif;
    TN_CHECK(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(c_types.size()), c_type(result_scalar),
                          c_types.data()) == FFI_OK,
             "libffi refuses the signature");
    std::vector<void*> pointers;
    for (rt::Slot& value : values) pointers.push_back(&value);
    alignas(16) unsigned char answer[16] = {};
    ffi_call(&cif, reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(address)), answer,
             pointers.data());
    if (result_scalar != Scalar::Void) io[0] = slot_of(result_scalar, answer);
}

} // namespace tn::host
