#include "host/ffi_call.h"

#include "host/c_type.h"
#include "support/ice.h"

#include <cstring>
#include <vector>

namespace tn::host {

std::int32_t call_plain(const PlainCall& call, const void* address, rt::Slot* io) {
    std::vector<ffi_type*> c_types;
    std::vector<void*> pointers;
    for (std::size_t i = 0; i < call.params.size(); ++i) {
        c_types.push_back(scalar_c_type(call.params[i]));
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
    TN_CHECK(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(c_types.size()), scalar_c_type(result),
                          c_types.data()) == FFI_OK,
             "libffi refuses the signature");
    alignas(16) unsigned char answer[16] = {};
    ffi_call(&cif, reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(address)), answer,
             pointers.data());
    if (call.has_status) {
        const auto status = static_cast<std::int32_t>(read_scalar(Scalar::I32, answer).i);
        if (status != 0) return status;
    } else if (result != Scalar::Void) {
        io[0] = read_scalar(result, answer);
    }
    for (std::size_t i = 0; i < call.out_offsets.size(); ++i) {
        alignas(8) unsigned char value[8] = {};
        const Scalar scalar = call.results[i];
        std::memcpy(value, memory + call.out_offsets[i], scalar_size(scalar));
        io[i] = read_scalar(scalar, value);
    }
    return 0;
}

} // namespace tn::host
