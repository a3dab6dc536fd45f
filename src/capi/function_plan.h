// How calls of one function cross the border, worked out once: which slots each argument takes, what must
// be checked, where the machine code is.
#pragma once

#include "c_api.h"
#include "capi/type_info.h"
#include "driver/engine.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace tn::capi {

struct ModuleCore;

// One parameter or result.
struct ValuePlan {
    const TypeInfo* type = nullptr;
    std::uint32_t first_slot = 0; // in the row
    std::uint32_t slot_count = 0;
    bool is_mut = false;
    bool is_slice = false; // a List here, its address and length in the row
};

inline std::uint32_t refuse_values(rt::Context*, const rt::HostValue*, rt::HostValue*) { return rt::values_refused; }

struct FunctionPlan {
    // The most parameters a function with a flat plan has.
    static constexpr unsigned max_flat = 16;

    ModuleCore* module = nullptr;
    ir::FuncId func;
    // Calls a function value, which is the first parameter here, and for the host what is called.
    bool is_closure_call = false;
    ir::Signature closure_signature; // without the function value
    std::uint32_t param_count = 0;
    std::uint32_t row_size = 1; // slots that the thunk reads or writes
    // Scalar parameters and result only: tags (and how to check them) in flat arrays.
    bool is_flat = false;
    // Flat, every bit pattern is a value of each parameter, and a row is what a host has in its slots.
    bool is_wide = false;
    // An export of which machine code takes the arguments out of values, and puts the result into one.
    bool is_by_value = false;
    bool has_mut = false;
    bool can_cross = true;     // every type has a tag
    bool slots_fit = false;    // tn_call_slots can call it, with
    std::uint32_t io_size = 0; // slots at least
    std::uint8_t tags[max_flat] = {};
    std::uint8_t result_tag = TN_TAG_UNIT;
    // The thunk by mode; null until it is first used.
    std::atomic<driver::CompiledModule::Packed> entries[2] = {};
    // Likewise, when is_by_value; until then what refuses all values.
    std::atomic<driver::CompiledModule::Values> value_entries[2] = {&refuse_values, &refuse_values};
    std::atomic<driver::CompiledModule::Packed> batch_entries[2] = {}; // likewise, of the loop over columns
    std::vector<ValuePlan> params;
    ValuePlan result;               // in the row after the call; `mut` parameters follow
    std::vector<ValuePlan> changed; // by parameter; slots of `mut` ones in the row after the call

    std::string name, signature, doc;
    std::vector<std::string> param_names;
    std::vector<const TypeInfo*> param_types; // also those that cannot cross
    const TypeInfo* result_type = nullptr;
};

// A generic host function as one module imports it.
struct HostPlan {
    std::string path;
    std::vector<ValuePlan> params;
    ValuePlan result;
    // Scalar parameters and result only; then the rest is valid.
    bool is_flat = false;
    std::uint8_t param_count = 0, result_tag = TN_TAG_UNIT;
    std::uint8_t tags[FunctionPlan::max_flat] = {};
};

// Throws std::bad_alloc, InternalError.
std::unique_ptr<FunctionPlan> make_export_plan(ModuleCore& module, const ir::Export& exported);
std::unique_ptr<FunctionPlan> make_test_plan(ModuleCore& module, const ir::TestCase& test);
std::unique_ptr<FunctionPlan> make_closure_plan(ModuleCore& module, const TypeInfo& type);
std::unique_ptr<HostPlan> make_host_plan(ModuleCore& module, const ir::HostFn& fn);

} // namespace tn::capi
