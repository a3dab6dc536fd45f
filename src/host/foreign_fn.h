// A C function of an `extern` block, ready to be called with a row of slots: through libffi, with script
// functions as C function pointers for the time of the call.
//
// In: types, an address, who runs script functions. Out: results in the row, or a trap. It refuses to know
// where the address comes from and how script functions are compiled.
#pragma once

#include "host/callback_code.h"
#include "runtime/context.h"
#include "types/layout.h"

#include <memory>
#include <string>
#include <vector>

namespace tn::host {

// Runs a function of the module that calls: a row in, results in the same row, the answer is the trap code,
// of which the instance's last trap tells.
struct ScriptRunner {
    virtual std::uint32_t run(rt::Context* context, std::uint32_t func, rt::Slot* io) const = 0;

protected:
    ~ScriptRunner() = default;
};

struct ForeignShape {
    std::string name; // for messages
    std::vector<TypeId> params;
    TypeId result;
    std::size_t fixed_params = 0; // those behind are variadic
    std::vector<std::uint32_t>
        callbacks; // by parameter of a function type: what runs it, given the closure first
};

class ForeignFn {
public:
    // Throws InternalError for types without a C form.
    ForeignFn(TypeTable& types, LayoutTable& layouts, ForeignShape shape, const void* address);
    ~ForeignFn();
    ForeignFn(const ForeignFn&) = delete;
    ForeignFn& operator=(const ForeignFn&) = delete;

    // Scalars in, a scalar or nothing out: emitted code calls it as it is.
    bool is_plain() const { return is_plain_; }
    const void* address() const { return address_; }
    // Arguments in, results out in the same row; answers a trap code, 0 for success. A trap in a callback is
    // raised when the C function has returned; until then callbacks answer zero.
    std::uint32_t call(rt::Context* context, rt::Slot* io, const ScriptRunner& runner) const noexcept;

private:
    struct Parts;
    std::uint32_t call_checked(rt::Context* context, rt::Slot* io, const ScriptRunner& runner) const;

    ForeignShape shape_;
    const void* address_;
    bool is_plain_ = false;
    std::unique_ptr<Parts> parts_;
};

} // namespace tn::host
