// Functions and modules of the IR, and everything a module carries besides code: literals, object
// descriptions, instance variables, host imports and source positions. A module is self-contained: the
// interpreter and the code generator need nothing else.
#pragma once

#include "ir/inst.h"
#include "types/layout.h"
#include "types/type_table.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tn::ir {

struct Block {
    std::vector<ValueId> params;
    std::vector<InstId> insts; // the last one Ends
    bool cold = false;         // on the way to a trap: placed out of line
    bool removed = false;
};

struct Param {
    Scalar type = Scalar::Void;
    Ownership ownership = Ownership::Borrowed; // Owned: the caller gives its reference away
    bool nullable = false;                     // a Ref that may be null
};

struct Signature {
    std::vector<Param> params;
    std::vector<Scalar> results;                 // Ref results are owned
    std::vector<std::uint32_t> nullable_results; // the numbers of those that may be null, ascending
};
inline bool operator==(const Param& a, const Param& b) {
    return a.type == b.type && a.ownership == b.ownership && a.nullable == b.nullable;
}
inline bool operator==(const Signature& a, const Signature& b) {
    return a.params == b.params && a.results == b.results && a.nullable_results == b.nullable_results;
}

struct Function {
    std::string name; // as stack traces show it: `main`, `Point.length`
    Signature sig;
    IdVec<BlockId, Block> blocks; // block 0 is the entry; its params are the function's
    IdVec<InstId, Inst> insts;
    IdVec<ValueId, Value> values;
    std::vector<ValueId> operands; // pool
    std::vector<Target> targets;   // pool
    std::vector<std::string> tables; // bytes of constants that are read by their place
    bool removed = false;          // nothing can call it any more: it has no blocks
    bool is_called_once = false;   // one instruction of the module names it, as the optimizer found when it began
    // It only reads, and its loops count no fuel: asked again before anything is written it answers the same, at the same price
    // (opt/searches.cpp).
    bool is_search = false;
    // For callers that it is put into, while the optimizer runs: the function as it was when its searches were still calls.
    std::shared_ptr<const Function> with_calls;

    BlockId entry() const { return BlockId(0); }
    std::span<const ValueId> operands_of(const Inst& inst) const {
        return {operands.data() + inst.operands.first, inst.operands.count};
    }
    std::span<ValueId> operands_of(const Inst& inst) {
        return {operands.data() + inst.operands.first, inst.operands.count};
    }
    std::span<const Target> targets_of(const Inst& inst) const {
        return {targets.data() + inst.first_target, inst.target_count};
    }
    std::span<Target> targets_of(const Inst& inst) {
        return {targets.data() + inst.first_target, inst.target_count};
    }
    std::span<const ValueId> args_of(const Target& t) const {
        return {operands.data() + t.args.first, t.args.count};
    }
    std::span<ValueId> args_of(const Target& t) { return {operands.data() + t.args.first, t.args.count}; }
    const Inst& terminator(BlockId block) const { return insts[blocks[block].insts.back()]; }
    ValueId result(InstId id, unsigned i = 0) const { return ValueId(insts[id].first_result.index() + i); }
};

// What a heap object of one type looks like; objects carry a pointer to the runtime's form of it.
enum class DescKind : std::uint8_t { String, Bytes, List, Box, Closure, Host };
struct Desc {
    DescKind kind = DescKind::List;
    TypeId type; // of the object: String, List[T], a host type; for Box the boxed type; for Closure its captures'
    std::uint32_t stride = 0;        // bytes per element (List), or of the whole value (Box, Closure)
    std::vector<std::uint32_t> refs; // offsets of the Ref leaves within one element or value
    FuncId func; // Closure: what a call of it runs; its first parameter is the closure itself, borrowed
};

struct HostFn {
    std::string path; // "net.lookup"
    std::vector<TypeId> params;
    TypeId result;
    std::uint32_t registration = 0; // index in the host registry, which has the address and user data
    Signature sig;     // leaf by leaf; of a plain one, as C declares it
    bool is_plain = false;
    // A plain one that may fail: C's function answers a status, which is no result here but traps unless it is 0, and
    // has one more parameter if there are results: a pointer to memory from which those are read, at these offsets.
    bool has_status = false;
    std::vector<std::uint32_t> out_offsets;
    // What calls of it need not do: write; or read memory as well.
    enum class Purity : std::uint8_t { None, Reads, Pure } purity = Purity::None;
    // A C function of an `extern` block instead: `path` is its symbol.
    std::string library;
    std::uint32_t fixed_params = 0; // extern: the parameters behind these are variadic
    // Extern, by parameter; empty if none is a function: fn(closure, arguments) that calls the closure, which
    // is what C reaches through the function pointer. Invalid for other parameters.
    std::vector<FuncId> callbacks;

    bool is_extern() const { return !library.empty(); }
};

struct GlobalVar {
    std::string name;
    TypeId type;
    std::uint32_t offset = 0; // in the instance data
    bool is_const = false;
    bool is_exported = false; // of the root module: a host lists it
    std::string doc = {};
    bool is_context = false; // the host's: an option, None until it is set
};

// A Ref leaf of the instance data: what it holds before `init` has run.
struct InstanceRef {
    std::uint32_t offset = 0;
    DescId desc; // the empty object of this description; invalid: null
};

struct Loc {
    std::uint32_t file = 0; // index in Module::files
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t function = 0; // index in Module::function_names
    LocId inlined_at;           // the call this code was inlined into; invalid outside inlined code
};

// A function that a host can find by name.
struct Export {
    std::string name;
    FuncId func;
    std::vector<TypeId> params;
    std::vector<std::string> param_names;
    std::vector<bool> param_is_mut; // each such parameter is one more result, after the function's own
    TypeId result;
    std::string doc;
};

// A type whose equality or hash is not that of its structure, and which is, or is in, a key of a Map or Set that a
// host can get hold of.
struct KeyImpl {
    TypeId type;
    FuncId hash, equal; // (value) -> u64; (value, value) -> bool; invalid: by its structure
};

struct TestCase {
    std::string name;
    FuncId func; // fn()
    LocId loc;
};

// A module without its functions.
struct ModuleTables {
    std::shared_ptr<TypeTable> types;
    std::shared_ptr<LayoutTable> layouts;
    IdVec<DescId, Desc> descs;          // 0 = String, 1 = Bytes
    IdVec<SigId, Signature> signatures; // of calls of closures, without the closure itself; each once
    IdVec<LiteralId, std::string> literals;
    IdVec<LiteralId, DescId> literal_descs; // String or Bytes
    IdVec<HostFnId, HostFn> host_fns;
    std::vector<GlobalVar> globals; // instance variables and constants
    std::uint32_t instance_data_size = 0;
    std::vector<InstanceRef> instance_refs; // the Ref leaves in the instance data
    // Leaves of `const`s whose value `init` stores as a literal; found by the optimizer, by offset.
    std::unordered_map<std::uint32_t, std::int64_t> known_constants;
    // And the lists of constants among them: the numbers by where they are, in bytes.
    struct KnownList {
        std::int64_t length = 0;
        Scalar type = Scalar::I64;
        std::unordered_map<std::int64_t, std::int64_t> elements;
    };
    std::unordered_map<std::uint32_t, KnownList> known_lists;
    // What every closure runs that the function gets in a parameter, by FuncId and parameter; invalid:
    // anything. Of copies that the optimizer makes for the closures they are given.
    std::unordered_map<std::uint32_t, std::vector<FuncId>> known_closures;
    FuncId init; // fn(): fills the globals; invalid if there are none
    IdVec<LocId, Loc> locs;
    std::vector<std::string> files;
    std::vector<std::string> function_names;
    std::vector<Export> exports;
    std::vector<TestCase> tests;
    std::vector<TypeId> declared_types; // records and enums of the root module that are not generic
    std::vector<KeyImpl> key_impls;
    std::vector<NominalId> own_keys; // those with an equality or hash of their own, whether they are in keys or not

    // The description of a type, made on first use. For closures see closure_desc.
    DescId desc(DescKind kind, TypeId type);
    // The description of the closures that run `func`: one per function. `captures` is the type of what they
    // carry: (), one type, or a tuple.
    DescId closure_desc(FuncId func, TypeId captures);
    // The place of a signature in `signatures`, made on first use.
    SigId signature_id(const Signature& signature);

private:
    void make_text_descs();
    void index_descs();
    DescId add_desc(Desc desc, TypeId value);
    // The tables by what is asked for; behind them when they were filled in other ways, as by the parser.
    std::unordered_map<std::uint64_t, DescId> known_descs_;
    std::unordered_map<std::uint64_t, std::vector<SigId>> known_signatures_; // by hash
    std::size_t indexed_descs_ = 0, indexed_signatures_ = 0;
};

struct Module : ModuleTables {
    IdVec<FuncId, Function> functions;
};

// The function that an instruction calls, or makes a closure of.
FuncId callee_of(const Module& module, const Inst& inst);
// What is left of a function that nobody can call: its name and signature.
Function without_code(const Function& fn);

// A copy of what the functions reach, and of what leads to them from outside: all else of the module's keeps its number,
// but no code. Functions that C may call (HostFn::callbacks) count as reached wherever C is.
Module take_part(const Module& whole, std::span<const FuncId> roots);
// What can run: by function, whether the module's tables or another function that can run lead to it. A module
// without a way in is a test's, where all can.
std::vector<bool> reached_functions(const Module& module);

// Boxes of a variant without payload are all alike, so each instance keeps one (`empty`): its tag, if the
// description is of such boxes.
std::optional<std::uint8_t> shared_box_tag(const Module& module, const Desc& desc);

} // namespace tn::ir
