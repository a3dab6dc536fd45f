#include "host/callback_code.h"

#include "host/c_type.h"
#include "support/ice.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace tn::host {

struct CallbackSignature::Parts {
    std::vector<CType> params;
    CType result;
    std::vector<ffi_type*> types;
    ffi_cif cif{};

    Parts(TypeTable& type_table, LayoutTable& layouts, std::span<const TypeId> param_types,
          TypeId result_type)
        : result(type_table, layouts, result_type) {
        params.reserve(param_types.size());
        for (TypeId type : param_types) {
            params.emplace_back(type_table, layouts, type);
            types.push_back(params.back().ffi());
        }
        TN_CHECK(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(types.size()), result.ffi(),
                              types.data()) == FFI_OK,
                 "libffi refuses the signature of a callback");
    }
};

namespace {

bool fits_c(TypeTable& types, TypeId type, bool is_result) {
    const TypeKind kind = types.kind(type);
    if (type_class(kind) == TypeClass::Scalar) return is_result || kind != TypeKind::Char;
    if (kind == TypeKind::String) return !is_result;
    if (kind == TypeKind::Unit) return is_result;
    if (kind == TypeKind::Slice) {
        const TypeKind element = types.kind(types.arg(type, 0));
        return !is_result && element != TypeKind::Bool && element != TypeKind::Char;
    }
    if (kind != TypeKind::Record) return false;
    const std::vector<Field> fields = types.nominal(type).fields;
    for (const Field& field : fields) {
        const TypeId part = types.field_type(type, field);
        if (types.kind(part) == TypeKind::String || !fits_c(types, part, is_result)) return false;
    }
    return !fields.empty();
}

} // namespace

bool CallbackSignature::fits(TypeTable& types, std::span<const TypeId> params, TypeId result) {
    for (const TypeId param : params)
        if (!fits_c(types, param, false)) return false;
    return fits_c(types, result, true);
}

CallbackSignature::CallbackSignature(TypeTable& types, LayoutTable& layouts, std::span<const TypeId> params,
                                     TypeId result)
    : parts_(std::make_unique<Parts>(types, layouts, params, result)) {
    for (const CType& param : parts_->params) {
        if (param.kind() == TypeKind::String) text_slots_.push_back(param_slots_);
        param_slots_ += param.slot_count();
    }
}

CallbackSignature::~CallbackSignature() = default;

std::size_t CallbackSignature::result_slots() const { return parts_->result.slot_count(); }

CallbackCode::CallbackCode(const CallbackSignature& signature, Handler handler, void* user)
    : signature_(signature), handler_(handler), user_(user) {
    void* code = nullptr;
    closure_ = ffi_closure_alloc(sizeof(ffi_closure), &code);
    if (!closure_) throw std::bad_alloc();
    const auto run = reinterpret_cast<void (*)(ffi_cif*, void*, void**, void*)>(
        reinterpret_cast<std::uintptr_t>(&CallbackCode::enter));
    const ffi_status status =
        ffi_prep_closure_loc(static_cast<ffi_closure*>(closure_), &signature.parts_->cif, run, this, code);
    if (status != FFI_OK) {
        ffi_closure_free(closure_);
        throw std::bad_alloc();
    }
    pointer_ = reinterpret_cast<Pointer>(reinterpret_cast<std::uintptr_t>(code));
}

CallbackCode::~CallbackCode() { ffi_closure_free(closure_); }

void CallbackCode::enter(void*, void* result, void** args, void* self) {
    const auto& code = *static_cast<const CallbackCode*>(self);
    const CallbackSignature::Parts& parts = *code.signature_.parts_;
    constexpr std::size_t inline_slots = 32;
    std::array<rt::Slot, inline_slots> inline_io;
    std::unique_ptr<rt::Slot[]> large;
    const std::size_t results = parts.result.slot_count();
    const std::size_t count = std::max(code.signature_.param_slots_ + 1, results);
    rt::Slot* io = inline_io.data();
    if (count > inline_slots) {
        large.reset(new (std::nothrow) rt::Slot[count]);
        io = large.get();
    }
    rt::Slot zero;
    zero.u = 0;
    if (io) {
        std::fill(io, io + count, zero);
        std::size_t next = 1;
        for (std::size_t i = 0; i < parts.params.size(); ++i) {
            parts.params[i].from_c(args[i], io + next);
            next += parts.params[i].slot_count();
        }
        code.handler_(code.user_, io);
        parts.result.to_c_result(io, result);
    } else {
        std::memset(result, 0, parts.result.size());
    }
}

} // namespace tn::host
