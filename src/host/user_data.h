// A pointer of the host's with the function that ends it: runs once, whoever holds it last.
#pragma once

namespace tn::host {

class UserData {
public:
    using Finalizer = void (*)(void*);

    UserData() = default;
    UserData(void* data, Finalizer finalizer) : data_(data), finalizer_(finalizer) {}
    UserData(UserData&& other) noexcept : data_(other.data_), finalizer_(other.finalizer_) { other.forget(); }
    UserData& operator=(UserData&& other) noexcept {
        if (this != &other) {
            reset();
            data_ = other.data_;
            finalizer_ = other.finalizer_;
            other.forget();
        }
        return *this;
    }
    ~UserData() { reset(); }

    void* get() const { return data_; }
    void reset() {
        Finalizer finalizer = finalizer_;
        void* data = data_;
        forget();
        if (finalizer) finalizer(data);
    }
    // Somebody else ends it.
    void forget() {
        data_ = nullptr;
        finalizer_ = nullptr;
    }

private:
    void* data_ = nullptr;
    Finalizer finalizer_ = nullptr;
};

} // namespace tn::host
