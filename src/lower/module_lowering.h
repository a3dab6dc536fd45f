// What the functions of one module share while they are lowered: the module, and its tables by key.
//
// In: requests for "the IR function of this declaration with these type arguments", "the function that shows
// this type", literals, descriptions, positions. Out: ids; the functions behind them are written later, from
// a work list. It refuses to know statements and expressions.
#pragma once

#include "builtins/trap.h"
#include "lower/lower.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace tn::lower {

// A place where a variable is named.
struct Mention {
    std::uint32_t position = 0; // of its name, but of the expression's end for what is written last
    check::LocalId local;
    bool is_mutation = false; // assigned, or given as `mut`
    bool is_whole = false;    // its value as a whole, not a field, an element or a place
};

// Functions that are made from a type alone.
enum class Derived : std::uint8_t {
    Show,    // (owned text so far, value) -> text
    Equal,   // (value, value) -> bool
    Compare, // (value, value) -> i64: negative, 0, positive
};

class ModuleLowering {
public:
    explicit ModuleLowering(const Input& input);
    ir::Module run();

    const Input& input() const { return input_; }
    ir::Module& module() { return module_; }
    TypeTable& types() { return *input_.types; }
    const Layout& layout(TypeId type) { return input_.layouts->get(type); }

    ir::FuncId fn_instance(check::FnId fn, const std::vector<TypeId>& type_args);
    ir::FuncId derived(Derived what, TypeId type);
    // fn(owned message): traps. It has no position, so that traces begin with its caller.
    ir::FuncId trap_fn(TrapCode code);
    ir::HostFnId host_fn(std::uint32_t index);
    std::uint32_t global_offset(check::GlobalId global) const { return global_offsets_[global]; }

    ir::LiteralId literal(std::string_view text, TypeKind kind); // String or Bytes
    // Of a type that is one reference to a sequence.
    ir::DescId desc(TypeId type);
    ir::LocId loc(Span span, std::uint32_t function_name);
    std::uint32_t function_name(std::string_view name);

    // The mentions of a module's variables within a span, by position.
    std::span<const Mention> mentions(check::ModuleId module, Span span);

    // The parameters and results of a function with these types, leaf by leaf; `mut` parameters are owned and
    // come out again after the result.
    struct ParamShape {
        TypeId type;
        bool is_mut = false;
    };
    ir::Signature signature(std::span<const ParamShape> params, TypeId result);

private:
    struct Instance {
        ir::FuncId func;
        check::FnId fn;
        std::vector<TypeId> type_args;
    };
    struct DerivedInstance {
        ir::FuncId func;
        Derived what;
        TypeId type;
    };

    ir::FuncId reserve(std::string name, ir::Signature sig);
    void lay_out_globals();
    void add_exports();
    void lower_waiting();
    void add_leaves(ir::Signature& sig, TypeId type, ir::Ownership ownership);

    const Input& input_;
    ir::Module module_;
    std::map<std::pair<std::uint32_t, std::vector<std::uint32_t>>, ir::FuncId> instances_;
    std::map<std::pair<Derived, std::uint32_t>, ir::FuncId> derived_;
    std::vector<Instance> waiting_;
    std::vector<DerivedInstance> waiting_derived_;
    std::unordered_map<std::uint32_t, ir::FuncId> trap_fns_;
    std::unordered_map<std::uint32_t, ir::HostFnId> host_fns_;
    std::unordered_map<std::uint32_t, ir::DescId> descs_;
    std::map<std::pair<TypeKind, std::string>, ir::LiteralId> literals_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, ir::LocId> locs_;
    std::unordered_map<std::string, std::uint32_t> names_;
    IdVec<check::GlobalId, std::uint32_t> global_offsets_;
    std::vector<std::vector<Mention>> mentions_; // by module
    std::vector<bool> has_mentions_;
};

} // namespace tn::lower
