// The C form of a type of the language: what libffi must know of it, and how its leaves become the bytes that
// C sees. Only for the files of this folder that call libffi.
#pragma once

#include "runtime/context.h"
#include "types/layout.h"

#include <ffi.h>
#include <memory>
#include <vector>

namespace tn::host {

class CType {
public:
    // `is_variadic`: with C's default promotions. Throws InternalError for a type without a C form.
    CType(TypeTable& types, LayoutTable& layouts, TypeId type, bool is_variadic = false);

    ffi_type* ffi() const { return ffi_; }
    TypeKind kind() const { return kind_; }
    bool is_void() const { return kind_ == TypeKind::Unit; }
    // In a row of slots; and in memory, at least what libffi wants of a result.
    std::size_t slot_count() const { return slot_count_; }
    std::size_t size() const { return size_; }

    // One String of the row has a NUL inside, which C would take for its end.
    bool has_inner_nul(const rt::Slot* slots) const;
    // A String as the pointer to its bytes, a Slice as the pointer to its elements.
    void to_c(const rt::Slot* slots, void* memory) const;
    // A String stays the pointer; a Slice has one element, or none at NULL.
    void from_c(const void* memory, rt::Slot* slots) const;
    // As C returns it: integers fill a register.
    void to_c_result(const rt::Slot* slots, void* memory) const;

private:
    ffi_type* struct_type(TypeTable& types, LayoutTable& layouts, TypeId type);

    TypeKind kind_;
    bool promotes_ = false;
    ffi_type* ffi_ = nullptr;
    std::size_t slot_count_ = 0, size_ = 0;
    std::vector<Leaf> leaves_; // those that C sees
    struct Struct {
        ffi_type type{};
        std::vector<ffi_type*> elements;
    };
    std::vector<std::unique_ptr<Struct>> structs_;
};

ffi_type* scalar_c_type(Scalar scalar);
// A value in memory, or of libffi's result, which is widened, as a slot holds it: extended by its own type.
rt::Slot read_scalar(Scalar scalar, const void* memory);

} // namespace tn::host
