// A module's IR in, machine code out: a CodeBlob with its code map, the packed thunks and the C entry
// thunks. Knows no syntax, no types of the language and no instance; what it must know of the host it is
// told by GenerateOptions.
#pragma once

#include "ir/module.h"
#include "runtime/program.h"
#include "support/statistics.h"
#include "support/workers.h"

#include <memory>
#include <string>
#include <vector>

namespace tn::codegen {

// uint32_t dispatcher(Context*, void* registration, Slot* io): arguments leaf by leaf in, results out in
// the same row; the answer is a trap code, 0 for success.
using GenericHostCall = std::uint32_t (*)(rt::Context*, void* registration, rt::Slot* io);

// Likewise for scalars, as values: the result's place, which the code knows nothing about, and behind it the arguments.
using ValueHostCall = std::uint32_t (*)(rt::Context*, void* registration, rt::HostValue* values);

// Sets the trap of a plain C function that answered a status other than 0.
using PlainHostFailure = void (*)(rt::Context*, void* registration, std::int32_t status);

// How emitted code reaches one host function.
struct HostTarget {
    const void* address = nullptr; // a plain C function, with the signature that ir::HostFn says
    void* user_data = nullptr;     // its registration
    GenericHostCall dispatcher = nullptr; // of a generic one; null: GenerateOptions::generic_call
    bool is_generic = true;
};

enum class Machine : std::uint8_t { X64, A64 };
#if defined(__aarch64__)
inline constexpr Machine host_machine = Machine::A64;
#elif defined(__x86_64__)
inline constexpr Machine host_machine = Machine::X64;
#else
#error "no code generator for this machine"
#endif

struct GenerateOptions {
    rt::CodeMode mode = rt::CodeMode::Polled;
    std::vector<HostTarget> host_targets; // by ir::HostFnId
    GenericHostCall generic_call = nullptr;
    ValueHostCall value_call = nullptr; // for what has value_tags; null: the other one is for all
    PlainHostFailure plain_failure = nullptr;
    // Where the struct that a C entry thunk's first argument points to holds its Context*.
    std::uint32_t instance_context_offset = 0;
    // By TypeKind, the tag of a host's value of that type; 0: such values have no entry of their own. Null: none has.
    const std::uint8_t* value_tags = nullptr;
    // Packed thunks for every function, not only for exports, init and tests.
    bool packed_for_all = false;
    std::vector<ir::FuncId> packed; // further functions that need one
    Workers* workers = nullptr;     // threads that share the work; the code is the same without
    // --- what tests and dumps ask for ---
    CompileStatistics* statistics = nullptr; // where to note what each step did
    unsigned limit_registers = 0; // at most this many allocatable registers of each class; 0: all, 8 at least
    bool baseline_cpu = false;    // plain x86-64 only, as if this CPU had nothing newer
    Machine machine = host_machine; // another one for its listing: the code is placed nowhere
    bool verify_allocation = false; // always on in debug builds
    std::string* listing = nullptr; // gets the machine code as text
    std::string listing_function;   // only this function; "" for all
};

// Null for another machine than this. Throws InternalError and std::bad_alloc.
std::shared_ptr<rt::CodeBlob> generate(const ir::Module& module, const rt::ImageLayout& image,
                                       const GenerateOptions& options);

} // namespace tn::codegen
