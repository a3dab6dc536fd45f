// Pages for machine code: mapped writable, filled once, then made executable and never writable again.
// Freed with the last owner. Knows nothing of what the code is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tn::codegen {

class CodeMemory {
public:
    // Throws std::bad_alloc when the system gives no mapping.
    explicit CodeMemory(std::size_t size);
    ~CodeMemory();
    CodeMemory(const CodeMemory&) = delete;
    CodeMemory& operator=(const CodeMemory&) = delete;

    std::uint8_t* base() const { return base_; }
    // Read and execute from now on. Throws InternalError if the system refuses.
    void seal();

private:
    std::uint8_t* base_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace tn::codegen
