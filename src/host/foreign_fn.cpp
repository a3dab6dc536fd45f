#include "host/foreign_fn.h"

#include "host/c_type.h"
#include "runtime/entry_points.h"
#include "runtime/instance.h"
#include "runtime/utf8_check.h"
#include "support/ice.h"

#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <pthread.h>

namespace tn::host {

namespace {

// How deep scripts and C functions may call each other.
constexpr std::uint32_t max_depth = 128;

// One call that is running: what its callbacks share.
struct Call {
    rt::Context* context;
    const ScriptRunner* runner;
    const ForeignShape* shape;
    pthread_t thread;
    std::atomic<bool> was_on_other_thread{false};
    TrapCode code = TrapCode::None; // of the first callback that failed
    bool has_record = false;        // the instance's last trap tells about it
    std::string text;               // else this does
};

struct Callback {
    Call* call;
    const CallbackSignature* signature;
    rt::Object* closure; // borrowed for the call
    std::uint32_t func;
};

void zero_results(const Callback& callback, rt::Slot* io) {
    for (std::size_t i = 0; i < callback.signature->result_slots(); ++i) io[i].u = 0;
}

// The texts that C passes become Strings, given back when the callback has run.
class Texts {
public:
    Texts(Call& call, const CallbackSignature& signature, rt::Slot* io) : call_(call) {
        for (std::size_t slot : signature.text_slots()) {
            rt::Slot& place = io[1 + slot];
            const char* bytes = static_cast<const char*>(place.ptr);
            const std::size_t length = bytes ? std::strlen(bytes) : 0;
            if (!bytes || rt::find_bad_utf8(bytes, length) != length) {
                call.code = TrapCode::InvalidArgument;
                call.text = bytes ? "C passed a text that is not UTF-8 to a callback of `"
                                  : "C passed NULL for a String to a callback of `";
                call.text += call.shape->name + "`";
                return;
            }
            place.ref = rt::rt_bytes_new(call.context, bytes, static_cast<std::int64_t>(length), 0);
            if (!place.ref) {
                call.context->trap_code = TrapCode::None;
                call.code = TrapCode::MemoryLimit;
                return;
            }
            owned_.push_back(place.ref);
        }
    }
    ~Texts() {
        for (rt::Object* text : owned_) rt::rt_release(call_.context, text);
    }
    Texts(const Texts&) = delete;
    Texts& operator=(const Texts&) = delete;

private:
    Call& call_;
    std::vector<rt::Object*> owned_;
};

void run_callback(Callback& callback, rt::Slot* io) {
    Call& call = *callback.call;
    if (!pthread_equal(pthread_self(), call.thread)) {
        call.was_on_other_thread = true;
        return zero_results(callback, io);
    }
    if (call.code != TrapCode::None) return zero_results(callback, io);
    rt::Instance& instance = rt::Instance::of(call.context);
    if (instance.foreign_depth >= max_depth) {
        call.code = TrapCode::StackOverflow;
        return zero_results(callback, io);
    }
    std::uint32_t code = 0;
    {
        Texts texts(call, *callback.signature, io);
        if (call.code != TrapCode::None) return zero_results(callback, io);
        io[0].ref = callback.closure;
        ++instance.foreign_depth;
        code = call.runner->run(call.context, callback.func, io);
        --instance.foreign_depth;
    }
    if (code == 0) return;
    call.code = static_cast<TrapCode>(code);
    call.has_record = true;
    zero_results(callback, io);
}

void enter_callback(void* user, rt::Slot* io) {
    auto& callback = *static_cast<Callback*>(user);
    try {
        run_callback(callback, io);
    } catch (const std::exception& exception) {
        callback.call->code = TrapCode::HostError;
        try {
            callback.call->text = exception.what();
        } catch (const std::bad_alloc&) {}
        zero_results(callback, io);
    }
}

std::uint32_t stop(rt::Context* context, TrapCode code, const std::string& text) {
    rt::rt_fail(context, code, text.empty() ? nullptr : text.data(), text.size());
    return static_cast<std::uint32_t>(code);
}

} // namespace

struct ForeignFn::Parts {
    std::vector<CType> params;
    CType result;
    std::vector<ffi_type*> types;
    std::vector<std::size_t> offsets; // of the arguments in one block of memory
    std::size_t memory = 0;           // its size, the result's included, which comes last
    std::vector<std::unique_ptr<CallbackSignature>> callbacks; // by parameter; null: not a function
    mutable ffi_cif cif{};                                     // ffi_call does not change it

    Parts(TypeTable& type_table, LayoutTable& layouts, const ForeignShape& shape)
        : result(type_table, layouts, shape.result) {
        auto take = [&](std::size_t size) {
            const std::size_t offset = memory;
            memory += (size + 15) & ~std::size_t(15);
            return offset;
        };
        params.reserve(shape.params.size());
        for (std::size_t i = 0; i < shape.params.size(); ++i) {
            const TypeId type = shape.params[i];
            params.emplace_back(type_table, layouts, type, i >= shape.fixed_params);
            types.push_back(params.back().ffi());
            offsets.push_back(take(params.back().size()));
            callbacks.emplace_back();
            if (type_table.kind(type) != TypeKind::Fn) continue;
            const std::vector<TypeId> parts(type_table.args(type).begin(), type_table.args(type).end());
            callbacks.back() = std::make_unique<CallbackSignature>(
                type_table, layouts, std::span(parts).first(parts.size() - 1), parts.back());
        }
        offsets.push_back(take(result.size()));
        const auto count = static_cast<unsigned>(params.size());
        const ffi_status status =
            shape.fixed_params < shape.params.size()
                ? ffi_prep_cif_var(&cif, FFI_DEFAULT_ABI, static_cast<unsigned>(shape.fixed_params), count,
                                   result.ffi(), types.data())
                : ffi_prep_cif(&cif, FFI_DEFAULT_ABI, count, result.ffi(), types.data());
        TN_CHECK(status == FFI_OK, "libffi refuses the signature of `" + shape.name + "`");
    }
};

ForeignFn::ForeignFn(TypeTable& types, LayoutTable& layouts, ForeignShape shape, const void* address)
    : shape_(std::move(shape)), address_(address), parts_(std::make_unique<Parts>(types, layouts, shape_)) {
    is_plain_ = shape_.fixed_params == shape_.params.size();
    for (const TypeId type : shape_.params) is_plain_ &= type_class(types.kind(type)) == TypeClass::Scalar;
    const TypeKind result = types.kind(shape_.result);
    is_plain_ &= result == TypeKind::Unit || type_class(result) == TypeClass::Scalar;
}

ForeignFn::~ForeignFn() = default;

std::uint32_t ForeignFn::call_checked(rt::Context* context, rt::Slot* io, const ScriptRunner& runner) const {
    const Parts& parts = *parts_;
    alignas(16) std::array<unsigned char, 512> inline_memory;
    std::unique_ptr<unsigned char[]> large;
    if (parts.memory > inline_memory.size()) large = std::make_unique<unsigned char[]>(parts.memory);
    unsigned char* memory = large ? large.get() : inline_memory.data();

    Call call{context, &runner, &shape_, pthread_self()};
    std::deque<Callback> callbacks; // these two stay where they are
    std::deque<CallbackCode> codes;
    std::vector<void*> pointers(parts.params.size());
    const rt::Slot* slots = io;
    for (std::size_t i = 0; i < parts.params.size(); ++i) {
        const CType& param = parts.params[i];
        unsigned char* place = memory + parts.offsets[i];
        pointers[i] = place;
        if (parts.callbacks[i]) {
            callbacks.push_back({&call, parts.callbacks[i].get(), slots->ref, shape_.callbacks[i]});
            codes.emplace_back(*parts.callbacks[i], &enter_callback, &callbacks.back());
            const auto pointer = codes.back().pointer();
            std::memcpy(place, &pointer, sizeof pointer);
        } else if (param.has_inner_nul(slots)) {
            return stop(context, TrapCode::InvalidArgument,
                        "a String with a NUL inside cannot be passed to `" + shape_.name + "`");
        } else {
            param.to_c(slots, place);
        }
        slots += param.slot_count();
    }
    unsigned char* result = memory + parts.offsets.back();
    ffi_call(&parts.cif, reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(address_)), result,
             pointers.data());
    if (call.was_on_other_thread && call.code == TrapCode::None) {
        return stop(context, TrapCode::HostError,
                    "`" + shape_.name + "` called its callback on another thread");
    }
    if (call.code != TrapCode::None) {
        if (!call.has_record) return stop(context, call.code, call.text);
        rt::Instance::of(context).continue_trap();
        return static_cast<std::uint32_t>(call.code);
    }
    if (!parts.result.is_void()) parts.result.from_c(result, io);
    return 0;
}

std::uint32_t ForeignFn::call(rt::Context* context, rt::Slot* io, const ScriptRunner& runner) const noexcept {
    try {
        return call_checked(context, io, runner);
    } catch (const std::bad_alloc&) { return stop(context, TrapCode::MemoryLimit, {}); }
}

} // namespace tn::host
