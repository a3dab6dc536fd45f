// Replaces the member of Debian's libasmjit.a that is not position independent (globals.cpp.o refers to
// stderr directly), so that the library links into a shared object: the linker never pulls it in.
#include <asmjit/core.h>

#include <cstdio>
#include <cstdlib>

ASMJIT_BEGIN_NAMESPACE

const char* DebugUtils::errorAsString(Error) noexcept { return "asmjit error"; }
void DebugUtils::debugOutput(const char* text) noexcept { std::fputs(text, stderr); }
[[noreturn]] void DebugUtils::assertionFailed(const char*, int, const char*) noexcept { std::abort(); }

ASMJIT_END_NAMESPACE
