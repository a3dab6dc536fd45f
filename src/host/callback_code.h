// Machine code that C can call and that runs a function of the host's choice: a libffi closure.
//
// In: the types of a signature, a handler. Out: a C function pointer. Its memory is never writable and
// executable at once, as libffi sees to it. It refuses to know what the handler does.
#pragma once

#include "runtime/context.h"
#include "types/layout.h"

#include <memory>
#include <span>
#include <vector>

namespace tn::host {

// Of a function that C calls. Immutable; must outlive the code that is made with it.
class CallbackSignature {
public:
    CallbackSignature(TypeTable& types, LayoutTable& layouts, std::span<const TypeId> params, TypeId result);
    ~CallbackSignature();
    // Whether C can call a function of these types: scalars, Strings and Slices in, a scalar or nothing out,
    // and records of scalars. (A `char` cannot come from C.)
    static bool fits(TypeTable& types, std::span<const TypeId> params, TypeId result);
    CallbackSignature(const CallbackSignature&) = delete;
    CallbackSignature& operator=(const CallbackSignature&) = delete;

    std::size_t param_slots() const { return param_slots_; }
    std::size_t result_slots() const;
    // The parameters of type String, as slots: C gives a pointer there.
    const std::vector<std::size_t>& text_slots() const { return text_slots_; }

private:
    friend class CallbackCode;
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::size_t param_slots_ = 0;
    std::vector<std::size_t> text_slots_;
};

class CallbackCode {
public:
    // `io` has a free slot in front, then the arguments leaf by leaf, and room for the results, which go to
    // its beginning and are zero when it leaves them. It may not throw.
    using Handler = void (*)(void* user, rt::Slot* io);

    // Throws std::bad_alloc when there is no executable memory.
    CallbackCode(const CallbackSignature& signature, Handler handler, void* user);
    ~CallbackCode();
    CallbackCode(const CallbackCode&) = delete;
    CallbackCode& operator=(const CallbackCode&) = delete;

    using Pointer = void (*)();
    Pointer pointer() const { return pointer_; }

private:
    static void enter(void* cif, void* result, void** args, void* self);

    const CallbackSignature& signature_;
    Handler handler_;
    void* user_;
    void* closure_ = nullptr;
    Pointer pointer_ = nullptr;
};

} // namespace tn::host
