// value: owns one value of a script, of any type.
#ifndef TENON_VALUE_HPP
#define TENON_VALUE_HPP

#include "error.hpp"

namespace tenon {

class value {
public:
    value() noexcept { TN_SET_NONE(&raw_); }
    // Takes over what a function of the C API gave.
    explicit value(tn_value taken) noexcept : raw_(taken) {}
    value(value&& other) noexcept : raw_(other.release()) {}
    value& operator=(value&& other) noexcept {
        if (this != &other) {
            tn_value_clear(&raw_);
            raw_ = other.release();
        }
        return *this;
    }
    value(const value&) = delete; // copy() says why it fails
    value& operator=(const value&) = delete;
    ~value() {
        if (owns()) tn_value_clear(&raw_);
    }

    // A second, independent value. Cheap: the data is shared until one of them changes.
    result<value> try_copy() const {
        value out;
        const tn_status s = tn_value_copy(&raw_, &out.raw_);
        if (s != TN_OK) return error(s, "the value cannot be copied");
        return out;
    }
#if TENON_EXCEPTIONS
    value copy() const { return try_copy().value(); }
#endif

    tn_tag tag() const noexcept { return raw_.tag; }
    const tn_value* raw() const noexcept { return &raw_; }
    tn_value* raw() noexcept { return &raw_; }
    tn_value release() noexcept {
        const tn_value out = raw_;
        TN_SET_NONE(&raw_);
        return out;
    }

private:
    bool owns() const noexcept { return raw_.tag >= TN_TAG_STRING; }
    tn_value raw_;
};

} // namespace tenon
#endif
