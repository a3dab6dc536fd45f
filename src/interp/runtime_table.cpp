// The wrappers: one per C++ function type, expanded from the table.
#include "interp/runtime_table.h"

#include "runtime/runtime_fns.h"

#include <utility>

namespace tn::interp {

namespace {

template <typename T> T from_slot(const rt::Slot& slot);
template <> bool from_slot(const rt::Slot& slot) { return slot.u != 0; }
template <> std::uint32_t from_slot(const rt::Slot& slot) { return static_cast<std::uint32_t>(slot.u); }
template <> std::int64_t from_slot(const rt::Slot& slot) { return slot.i; }
template <> std::uint64_t from_slot(const rt::Slot& slot) { return slot.u; }
template <> double from_slot(const rt::Slot& slot) { return slot.f64; }
template <> float from_slot(const rt::Slot& slot) { return slot.f32; }
template <> rt::Object* from_slot(const rt::Slot& slot) { return slot.ref; }

rt::Slot to_slot(bool value) { return {.u = value ? 1u : 0u}; }
rt::Slot to_slot(std::uint32_t value) { return {.u = value}; }
rt::Slot to_slot(std::int64_t value) { return {.i = value}; }
rt::Slot to_slot(std::uint64_t value) { return {.u = value}; }
rt::Slot to_slot(float value) { return {.f32 = value}; }
rt::Slot to_slot(double value) { return {.f64 = value}; }
rt::Slot to_slot(rt::Object* value) { return {.ref = value}; }

template <auto function> struct Wrapped;

template <typename Result, typename... Params, Result (*function)(rt::Context*, Params...) noexcept>
struct Wrapped<function> {
    static void call(rt::Context* context, const rt::Slot* args, rt::Slot* results) {
        call_with(context, args, results, std::index_sequence_for<Params...>());
    }
    template <std::size_t... i>
    static void call_with(rt::Context* context, [[maybe_unused]] const rt::Slot* args, rt::Slot* results,
                          std::index_sequence<i...>) {
        if constexpr (std::is_void_v<Result>) {
            function(context, from_slot<Params>(args[i])...);
            // Two and more results stand in the Context; of none, nobody reads these.
            for (std::size_t r = 0; r < 2; ++r) results[r] = context->results[r];
        } else {
            results[0] = to_slot(function(context, from_slot<Params>(args[i])...));
        }
    }
};

constexpr RuntimeCall table[] = {
#define RT(name, symbol, params, results, effects) &Wrapped<&rt::symbol>::call,
#include "builtins/runtime_fn.def"
};

} // namespace

RuntimeCall runtime_call(RuntimeFn fn) { return table[static_cast<unsigned>(fn)]; }

} // namespace tn::interp
