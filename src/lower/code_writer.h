// What writing any IR function takes: builder, SSA variables, ownership, and the vocabulary of values in
// memory, enums, text and comparison. Base of the lowering of declared functions and of derived ones.
//
// In: rows and types. Out: instructions in one function. It refuses to know trees.
#pragma once

#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "lower/module_lowering.h"
#include "lower/ownership.h"

#include <initializer_list>
#include <map>
#include <string_view>

namespace tn::lower {

// Where a value lies in memory.
struct Location {
    ir::ValueId base; // Ptr
    ir::MemoryClass memory = ir::MemoryClass::Element;
    ir::ValueId index; // valid: scaled by `stride`, which is 1, 2, 4 or 8
    std::uint32_t stride = 1;
    std::int64_t offset = 0;
    // By leaf, added to `offset`; empty: as the type's layout says. Payloads of an enum lie scattered.
    std::vector<std::uint32_t> leaf_offsets = {};
};

class CodeWriter {
public:
    CodeWriter(ModuleLowering& module, ir::FuncId id);
    CodeWriter(const CodeWriter&) = delete;
    CodeWriter& operator=(const CodeWriter&) = delete;

protected:
    const Layout& layout(TypeId type) { return m_.layout(type); }
    TypeTable& types() { return m_.types(); }
    TypeId simple(TypeKind kind) { return m_.types().simple(kind); }
    Scalar scalar(TypeId type) { return type_kind_scalar(types().kind(type)); }
    // Done: the function goes into the module.
    void finish();

    // --- values ---
    ir::ValueId int64(std::int64_t value) { return b_.const_int(Scalar::I64, value); }
    Row unit() { return Row{simple(TypeKind::Unit), {}}; }
    Row one(TypeId type, ir::ValueId value) { return Row{type, {RowLeaf{value}}}; }
    // A row of the type for code that nothing reaches, and for slots that nobody reads.
    Row nothing(TypeId type);
    RowLeaf nothing(Scalar scalar);
    Row owned(TypeId type, ir::ValueId ref) { return own_.own(one(type, ref), layout(type)); }
    Row to_owned(Row row);
    Row to_pending(Row row);
    // Field number `field` of a record or tuple.
    Row field_of(const Row& value, unsigned field);
    TypeId field_type(TypeId type, unsigned field);
    // Enums.
    unsigned variant_count(TypeId type) {
        return static_cast<unsigned>(types().nominal(type).variants.size());
    }
    TypeId payload_type(TypeId type, unsigned variant, unsigned field);
    // A boxed one is borrowed from its box.
    Row payload(const Row& value, unsigned variant, unsigned field);
    bool is_boxed(TypeId type, unsigned variant, unsigned field) {
        return layout(type).variants[variant].fields[field].boxed;
    }
    // On the heap, as what an enum that contains itself holds. Pending.
    RowLeaf box(const Row& value);
    ir::ValueId is_variant(const Row& value, unsigned variant);
    Row make_variant(TypeId type, unsigned variant, std::span<const Row> fields);

    // --- memory ---
    Location element(ir::ValueId data, ir::ValueId index, TypeId element_type);
    // A field of a value with fields, or a field of an enum's payload that is not boxed.
    Location field_location(const Location& location, TypeId type, unsigned field);
    Location payload_location(const Location& location, TypeId type, unsigned variant, unsigned field);
    ir::ValueId address(const Location& location); // of the first leaf
    Location without_index(const Location& location); // the same place
    static std::int64_t leaf_offset(const Location& location, const Layout& layout, std::size_t leaf);
    ir::ValueId load_leaf(const Location& location, const Layout& layout, std::size_t leaf);
    // The references are retained and pending, or, when somebody keeps the memory as it is, borrowed.
    Row load(const Location& location, TypeId type, bool borrow = false);
    void store_leaf(const Location& location, const Layout& layout, std::size_t leaf, ir::ValueId value);
    // Over memory that holds no references. `value` is the caller's own.
    void store(const Location& location, const Row& value);
    // Over a value, which is released.
    void replace(const Location& location, const Row& value);
    // Moves the value out and leaves a harmless one of its type behind.
    Row take_out(const Location& location, TypeId type);
    // Some value of the type that owns nothing but the empty objects.
    Row placeholder(TypeId type);
    bool holds_map(TypeId type); // in its own leaves

    // --- calls ---
    struct Outcome {
        Row result; // pending
        std::vector<Row> outs; // what the `mut` parameters hold at the end, the caller's own
    };
    // The results of a call instruction, `mut` parameters last.
    Outcome outcome(ir::InstId call, const ModuleLowering::FnShape& shape);
    // References in `mut` arguments are the caller's own and given away.
    Outcome call_fn(const FnTarget& target, std::span<const Row> args);
    ir::ValueId rt(RuntimeFn fn, std::initializer_list<ir::ValueId> args);
    ir::ValueId convert(Scalar to, ir::ValueId value);

    // --- ends ---
    // A way out of the scopes since a mark; the values go with it.
    struct Exit {
        enum class Kind : std::uint8_t { Return, Trap, Unreachable, Jump };
        Kind kind = Kind::Return;
        TrapCode code = TrapCode::None; // Trap; its value is the message
        ir::BlockId target;             // Jump
    };
    // Releases what is pending since the mark, and leaves.
    void leave_by(const Exit& exit, Ownership::Mark mark, std::span<const ir::ValueId> values);
    // Stops the script. The message, if any, is an owned String.
    void trap(TrapCode code, ir::ValueId message = ir::ValueId());
    // Control does not come here.
    void unreachable();

    // --- text and comparison ---
    ir::ValueId literal(std::string_view text);
    ir::ValueId empty_text();
    ir::ValueId append(ir::ValueId text, std::string_view more); // consumes `text`, answers the longer one
    ir::ValueId append_char(ir::ValueId text, ir::ValueId c); // likewise
    ir::ValueId equal_text(RuntimeFn fn, ir::ValueId a, ir::ValueId b); // `fn` compares all bytes
    ir::ValueId show_into(ir::ValueId text, const Row& value, bool nested);
    bool is_compared_at_once(TypeId type);
    // `total`: floats are equal as the total order says, else as IEEE does.
    ir::ValueId equal(const Row& a, const Row& b, bool total);
    ir::ValueId compare(const Row& a, const Row& b);       // I64: negative, 0, positive
    ir::ValueId ordered(ir::Cond cond, const Row& a, const Row& b); // by `cmp`
    ir::ValueId hash(const Row& value);           // U64, keyed by the instance's seed
    ir::ValueId hash_bits(ir::ValueId bits);      // of a U64
    ir::ValueId key_hash(const Row& value);       // U32, what the index of a map keeps
    ir::ValueId mixed(ir::ValueId bits);
    ir::ValueId fold_times(ir::ValueId bits, std::uint64_t factor);
    ir::ValueId upper_half(ir::ValueId bits);
    ir::ValueId hash_combine(ir::ValueId hash, ir::ValueId part_hash);
    // A float's bits, those of one NaN for all: which sign a NaN has differs from machine to machine.
    ir::ValueId float_bits(ir::ValueId value, Scalar type, Scalar bits);
    ir::ValueId order_key(ir::ValueId value, Scalar type); // a signed integer in the total order of floats

private:
    Location part_location(const Location& location, std::vector<std::uint32_t> offsets, TypeId part);
    // Exits with much to release share it: a block per reference, each going on to the next one outward.
    struct SharedExit {
        Exit exit;
        std::vector<VarId> values;
        ir::BlockId block;
    };
    void end_by(const Exit& exit, std::span<const ir::ValueId> values);
    SharedExit& shared_exit(const Exit& exit, std::span<const ir::ValueId> values);
    std::vector<SharedExit> shared_exits_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, ir::BlockId> shared_releases_; // next block, serial

protected:
    ModuleLowering& m_;
    ir::FuncId id_;
    ir::Function fn_;
    ir::Builder b_;
    Ssa ssa_;
    Ownership own_;
};

// Writes the function that shows, or compares, values of a type.
void write_derived(ModuleLowering& module, ir::FuncId id, Derived what, TypeId type);

} // namespace tn::lower
