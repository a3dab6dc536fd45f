// Instructions and values of the IR: the rows of op.def made into types. docs/ARCHITECTURE.md, "IR",
// is the contract; ir/verify.h enforces it.
#pragma once

#include "support/id.h"
#include "types/scalar.h"

#include <string_view>

namespace tn::ir {

struct ValueId : Id<ValueId> {
    using Id::Id;
};
struct InstId : Id<InstId> {
    using Id::Id;
};
struct BlockId : Id<BlockId> {
    using Id::Id;
};
struct FuncId : Id<FuncId> {
    using Id::Id;
};
struct DescId : Id<DescId> {
    using Id::Id;
}; // a heap object's description, see module.h
struct LiteralId : Id<LiteralId> {
    using Id::Id;
};
struct HostFnId : Id<HostFnId> {
    using Id::Id;
};
struct SigId : Id<SigId> {
    using Id::Id;
}; // in Module::signatures: what a closure is called with
struct LocId : Id<LocId> {
    using Id::Id;
}; // a source position with its inlining chain

enum class Op : std::uint8_t {
#define OP(name, text, operands, results, effects, consumes) name,
#include "ir/op.def"
};
#define OP(name, text, operands, results, effects, consumes) +1
inline constexpr unsigned op_count = 0
#include "ir/op.def"
    ;

// A distinct type per op, for handlers as overloads: a missing one does not compile.
template <Op op> struct OpTag {};

enum Effect : std::uint16_t {
    Pure = 0,
    Reads = 1,
    Writes = 2,
    Traps = 4,
    Ends = 8,
    Commutes = 16,
    Owned = 32,
};

enum class ResultRule : std::uint8_t { None, One, Bool, Many };

struct OpInfo {
    std::string_view text;
    int operands; // -1: any number
    ResultRule results;
    std::uint16_t effects;
    std::uint8_t consumes;
};
extern const OpInfo op_table[]; // by Op
inline const OpInfo& op_info(Op op) { return op_table[static_cast<unsigned>(op)]; }

enum class Cond : std::uint8_t { Eq, Ne, Lt, Le, Gt, Ge };
std::string_view cond_text(Cond cond);
constexpr Cond swapped(Cond c) { // for the operands exchanged
    switch (c) {
    case Cond::Eq: return Cond::Eq;
    case Cond::Ne: return Cond::Ne;
    case Cond::Lt: return Cond::Gt;
    case Cond::Le: return Cond::Ge;
    case Cond::Gt: return Cond::Lt;
    case Cond::Ge: return Cond::Le;
    }
    return c;
}
// For integers only: with NaN, `!(a < b)` is not `a >= b`.
constexpr Cond inverted(Cond c) {
    switch (c) {
    case Cond::Eq: return Cond::Ne;
    case Cond::Ne: return Cond::Eq;
    case Cond::Lt: return Cond::Ge;
    case Cond::Le: return Cond::Gt;
    case Cond::Gt: return Cond::Le;
    case Cond::Ge: return Cond::Lt;
    }
    return c;
}

// `value` cut to the width of an integer type and extended again to 64 bits by its sign: the form of
// ConstInt's imm.
std::int64_t extend_int(Scalar type, std::int64_t value);

// What a Load or Store touches; accesses of different classes or Scalars never overlap.
enum class MemoryClass : std::uint8_t { Element, Instance, Box };
std::string_view memory_class_text(MemoryClass memory);

enum InstFlag : std::uint8_t {
    NoTrap = 1,   // a trapping op proven safe: it is Pure
    Nullable = 2, // Retain, Release, Load of a Ref: the reference may be null
    Likely = 4,   // Branch: the first target is expected
    Unlikely = 8, // Branch: the first target is not expected
    Unshared = 32, // ListGrow: the list has one owner, or no elements and no room
    Takes = 16, // Load of a Ref: takes the reference out of memory, which is then written over; the result is
                // owned
};

// A jump target and the arguments for the target block's parameters.
struct Target {
    BlockId block;
    Range32 args; // in Function::operands
};

struct Inst {
    Op op = Op::Unreachable;
    Scalar type = Scalar::Void;
    std::uint8_t flags = 0;
    std::uint8_t scale = 1; // Load, Store with an index
    std::uint32_t aux = 0;  // Cond, MemoryClass
    std::uint16_t result_count = 0;
    std::uint16_t target_count = 0;
    ValueId first_result;           // results are consecutive
    Range32 operands;               // in Function::operands
    std::uint32_t first_target = 0; // in Function::targets
    std::int64_t imm = 0;
    LocId loc;
    BlockId block; // where it stands; invalid when removed
};

// Who releases a reference. Only Ref values are ever Owned.
//   Owned: exactly one instruction on every path consumes the value.
//   Borrowed: somebody else keeps the object alive for as long as the value is used.
enum class Ownership : std::uint8_t { Borrowed, Owned };

struct Value {
    Scalar type = Scalar::Void;
    Ownership ownership = Ownership::Borrowed;
    InstId inst;             // the defining instruction, or
    BlockId block;           // the block whose parameter it is
    std::uint32_t index = 0; // which result or parameter
};

} // namespace tn::ir
