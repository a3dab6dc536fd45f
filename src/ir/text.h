// Spellings that printer and parser of the IR's text form share. Nobody else needs them.
#pragma once

#include "ir/module.h"

#include <string>
#include <string_view>

// The ops written as a list of operands and targets only.
// clang-format off
#define TN_PLAIN_OPS(X) \
    X(Null) X(InstanceData) X(HashSeed) X(Add) X(Sub) X(Mul) X(Div) X(Rem) X(Neg) X(Shl) X(Shr) X(WrapAdd) X(WrapSub) \
    X(WrapMul) X(And) X(Or) X(Xor) X(Not) X(RotateLeft) X(RotateRight) X(PopCount) X(LeadingZeros) \
    X(TrailingZeros) X(FAdd) X(FSub) X(FMul) X(FDiv) X(FNeg) X(FAbs) X(Sqrt) X(Floor) X(Ceil) X(Trunc) \
    X(ICmp) X(FCmp) X(Select) X(Convert) X(Bitcast) X(Retain) X(Release) X(Owners) X(SeqLen) X(SeqData) X(View) X(Bounds) \
    X(SeqSetLen) X(BoxData) X(Jump) X(Branch) X(Switch) X(Return) X(Unreachable)
// clang-format on

namespace tn::ir {

struct FlagText {
    InstFlag flag;
    std::string_view text;
};
inline constexpr FlagText flag_texts[] = {
    {NoTrap, "notrap"}, {Nullable, "nullable"}, {Likely, "likely"}, {Unlikely, "unlikely"}, {Takes, "takes"},
    {Unshared, "unshared"}};

// "@main", "@\"closure in main\"", and with "#7" (its index) when the name stands twice.
std::string function_label(const Module& module, const Function& fn);
std::string param_text(const Param& param);           // "owned ref", "nullable ref"
std::string results_text(const Signature& signature); // " -> ref, i64" or ""
std::string quoted(std::string_view text);
std::string_view desc_kind_text(DescKind kind);
std::string signature_text(const Signature& signature); // "(owned ref, i64) -> bool"
// Everything before the functions.
std::string print_tables(const Module& module);

} // namespace tn::ir
