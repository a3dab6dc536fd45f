// Owners for the handles of c_api.h.
//
// In: a raw handle. Out: it is freed when its owner goes. It refuses to know what a handle is for.
#pragma once

#include "c_api.h"

#include <memory>

namespace tn::cli {

template <auto free_handle> struct Free {
    template <typename T> void operator()(T* handle) const { free_handle(handle); }
};

using Config = std::unique_ptr<tn_config, Free<tn_config_free>>;
using Runtime = std::unique_ptr<tn_runtime, Free<tn_runtime_free>>;
using Module = std::unique_ptr<tn_module, Free<tn_module_free>>;
using Function = std::unique_ptr<tn_function, Free<tn_function_free>>;
using Instance = std::unique_ptr<tn_instance, Free<tn_instance_free>>;
using Error = std::unique_ptr<tn_error, Free<tn_error_free>>;

// A tn_value that is cleared when it goes.
class Value {
public:
    Value() { TN_SET_NONE(&value_); }
    Value(Value&& other) noexcept : value_(other.value_) { TN_SET_NONE(&other.value_); }
    Value& operator=(Value&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    Value(const Value&) = delete;
    Value& operator=(const Value&) = delete;
    ~Value() { tn_value_clear(&value_); }

    tn_value* get() { return &value_; }
    const tn_value& operator*() const { return value_; }
    const tn_value* operator->() const { return &value_; }

private:
    tn_value value_;
};

// For a parameter `T** out` or `tn_error** err`: fills an owner.
template <typename Owner> class Out {
public:
    explicit Out(Owner& owner) : owner_(owner) {}
    Out(const Out&) = delete;
    ~Out() { owner_.reset(raw_); }
    operator typename Owner::pointer*() { return &raw_; }

private:
    Owner& owner_;
    typename Owner::pointer raw_ = nullptr;
};
template <typename Owner> Out<Owner> out(Owner& owner) { return Out<Owner>(owner); }

} // namespace tn::cli
