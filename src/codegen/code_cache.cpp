#include "codegen/code_cache.h"

#include "support/ice.h"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace tn::codegen {

CodeMemory::CodeMemory(std::size_t size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (size + page - 1) / page * page;
    void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::uint8_t*>(at);
}

CodeMemory::~CodeMemory() {
    if (base_) munmap(base_, size_);
}

void CodeMemory::seal() {
    if (mprotect(base_, size_, PROT_READ | PROT_EXEC) != 0) TN_ICE("the system refuses executable memory");
    __builtin___clear_cache(reinterpret_cast<char*>(base_), reinterpret_cast<char*>(base_ + size_));
}

} // namespace tn::codegen
