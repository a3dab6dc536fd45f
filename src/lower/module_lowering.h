// What the functions of one module share while they are lowered: the module, and its tables by key.
//
// In: requests for "the IR function of this declaration with these type arguments", "the function that shows
// this type", literals, descriptions, positions. Out: ids; the functions behind them are written later, from
// a work list. It refuses to know statements and expressions.
#pragma once

#include "builtins/trap.h"
#include "lower/lower.h"

#include <functional>
#include <map>
#include <optional>
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
    Hash,    // (value) -> u64
};

// A declared function with concrete types for its type parameters.
struct FnTarget {
    check::FnId fn;
    std::vector<TypeId> type_args; // of Fn::type_params
};

// A closure, and what the function around it knows.
struct ClosureSource {
    const check::Body* body = nullptr; // whose table of locals it shares
    check::ClosureId closure;
    std::vector<TypeId> type_params, type_args;
    std::string owner; // as traces show it: `main`
};

// Thrown after the diagnostic that says why there will be no module.
struct LoweringStopped {};

class ModuleLowering {
public:
    explicit ModuleLowering(const Input& input);
    ir::Module run();

    const Input& input() const { return input_; }
    ir::Module& module() { return module_; }
    TypeTable& types() { return *input_.types; }
    const Layout& layout(TypeId type);

    ir::FuncId fn_instance(const FnTarget& target);
    ir::FuncId derived(Derived what, TypeId type);
    ir::FuncId closure_instance(const ClosureSource& source);
    // fn(closure, arguments): what a function value of this type runs that stands for a function with a name.
    ir::FuncId wrapper(const check::Call& target, TypeId fn_type);
    // fn(owned message): traps. It has no position, so that traces begin with its caller.
    ir::FuncId trap_fn(TrapCode code);
    // fn(closure, arguments): what C runs through a pointer to a function value of this type.
    ir::FuncId callback(TypeId fn_type);
    ir::HostFnId host_fn(std::uint32_t index);
    ir::Signature plain_signature(const check::HostFn& decl);
    std::uint32_t global_offset(check::GlobalId global) const { return global_offsets_[global]; }

    ir::LiteralId literal(std::string_view text, TypeKind kind); // String or Bytes
    std::string_view literal_text(ir::LiteralId id) const { return module_.literals[id]; } // until there is another one
    // Of a type that is one reference: a sequence; or a function type, whose empty object traps when called.
    ir::DescId desc(TypeId type);
    ir::DescId box_desc(TypeId content) { return module_.desc(ir::DescKind::Box, content); }
    ir::LocId loc(Span span, std::uint32_t function_name);
    std::string place_text(ir::LocId loc) const; // "file:line: "; empty where there is no position
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
    struct FnShape {
        std::vector<ParamShape> params;
        TypeId result;
    };
    FnShape shape(const FnTarget& target);
    // A C function, as a call with arguments of these types reaches it.
    ir::HostFnId foreign_fn(check::FnId fn, const FnShape& shape);
    // Of a call of a value of a function type: without the closure itself.
    ir::Signature value_signature(TypeId fn_type);
    // As a function that a closure runs: the closure itself comes first.
    static ir::Signature closure_signature(ir::Signature sig);

    // --- traits (resolve.cpp) ---
    // What a call of a trait's method runs. Nullopt: there is no impl, and the method has its built-in
    // meaning.
    std::optional<FnTarget> resolve(check::FnId method, const std::vector<TypeId>& type_args);
    CoreTrait core_trait_of(check::FnId method);
    // The script's own method of a core trait without type parameters. Nullopt: the built-in meaning.
    const std::optional<FnTarget>& core_impl(CoreTrait trait, TypeId self);

    // What is lowered now, for mistakes that only concrete types show.
    Span origin() const { return origin_; }
    void set_origin(Span origin) { origin_ = origin; }

private:
    struct TraitMethod {
        check::TraitId trait;
        unsigned index = 0;
    };

    ir::FuncId reserve(std::string name, ir::Signature sig);
    // The function will be written; counts against the limit of instances.
    void enqueue(std::function<void()> write);
    void demand_small(TypeId type);
    [[noreturn]] void stop_growth();
    std::string trace_name(const FnTarget& target);
    bool is_trait_method(check::FnId fn);
    bool is_small(TypeId type);
    struct TypeSize {
        unsigned depth = 0; // 0: not known
        unsigned words = 0; // of its text; no more than one above the limit
    };
    TypeSize size_of(TypeId type);
    TraitMethod trait_method(check::FnId method);
    void lay_out_globals();
    void add_exports();
    void lower_waiting();
    void add_key_impls(); // border.cpp
    void add_leaves(ir::Signature& sig, TypeId type, ir::Ownership ownership);
    void add_results(ir::Signature& sig, TypeId type);

    const Input& input_;
    ir::Module module_;
    std::map<std::pair<std::uint32_t, std::vector<std::uint32_t>>, ir::FuncId> instances_;
    std::map<std::pair<Derived, std::uint32_t>, ir::FuncId> derived_;
    std::map<std::vector<std::uint32_t>, ir::FuncId> closures_, wrappers_;
    std::unordered_map<std::uint32_t, ir::FuncId> callbacks_; // by type
    std::map<std::vector<std::uint32_t>, ir::HostFnId> foreign_fns_;
    std::map<std::pair<CoreTrait, std::uint32_t>, std::optional<FnTarget>> core_impls_;
    std::unordered_map<std::uint32_t, TraitMethod> trait_methods_; // by function; made on first use
    struct Waiting {
        Span origin;
        std::function<void()> write;
    };
    std::vector<Waiting> waiting_;
    std::size_t instance_count_ = 0;
    std::vector<TypeSize> type_sizes_; // by type
    Span origin_;
    bool writes_generic_ = false; // an instance with type arguments is lowered now
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
