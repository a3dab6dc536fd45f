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

std::int32_t call_plain(const PlainCall& call, const void* address, rt::Slot* io) {
    std::vector<ffi_type*> c_types;
    std::vector<void*> pointers;
    for (std::size_t i = 0; i < call.params.size(); ++i) {
        c_types.push_back(c_type(call.params[i]));
        pointers.push_back(io + i);
    }
    alignas(16) unsigned char memory[32] = {};
    void* out = memory;
    if (!call.out_offsets.empty()) {
        c_types.push_back(&ffi_type_pointer);
        pointers.push_back(&out);
    }
    const Scalar result = call.has_status         ? Scalar::I32
                          : call.results.empty() ? Scalar::Void
                                                 : call.results[0];
    ffi_cif cif;
    TN_CHECK(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(c_types.size()), c_type(result),
                          c_types.data()) == FFI_OK,
             "libffi refuses the signature");
    alignas(16) unsigned char answer[16] = {};
    ffi_call(&cif, reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(address)), answer,
             pointers.data());
    if (call.has_status) {
        const auto status = static_cast<std::int32_t>(slot_of(Scalar::I32, answer).i);
        if (status != 0) return status;
    } else if (result != Scalar::Void) {
        io[0] = slot_of(result, answer);
    }
    for (std::size_t i = 0; i < call.out_offsets.size(); ++i) {
        alignas(8) unsigned char value[8] = {};
        const Scalar scalar = call.results[i];
        std::memcpy(value, memory + call.out_offsets[i], scalar_size(scalar));
        io[i] = slot_of(scalar, value);
    }
    return 0;
}

} // namespace tn::host
