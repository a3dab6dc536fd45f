// The meaning of IR on scalars and instance data, said as plainly as possible: what machine code is
// compared with. Knows no references and no runtime functions.
#pragma once

#include "ir/builder.h"
#include "runtime/context.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace tn::codegen::test {

struct Evaluation {
    TrapCode trap = TrapCode::None;
    std::vector<rt::Slot> results;
};

class Evaluator {
public:
    explicit Evaluator(const ir::Module& module) : module_(module), data(module.instance_data_size) {}

    const ir::Module& module_;
    std::vector<std::uint8_t> data;
    std::uint64_t steps = 0;

    Evaluation call(ir::FuncId id, const std::vector<rt::Slot>& args) {
        const ir::Function& fn = module_.functions[id];
        std::vector<rt::Slot> values(fn.values.size());
        ir::BlockId block = fn.entry();
        for (std::size_t i = 0; i < args.size(); ++i) values[fn.blocks[block].params[i].index()] = args[i];
        for (;;) {
            for (ir::InstId inst_id : fn.blocks[block].insts) {
                const ir::Inst& inst = fn.insts[inst_id];
                auto operands = fn.operands_of(inst);
                auto arg = [&](unsigned i) { return values[operands[i].index()]; };
                ++steps;
                const ir::Target* next = nullptr;
                switch (inst.op) {
                case ir::Op::Jump: next = &fn.targets_of(inst)[0]; break;
                case ir::Op::Branch: next = &fn.targets_of(inst)[arg(0).u & 1 ? 0 : 1]; break;
                case ir::Op::Switch: {
                    std::uint64_t v = arg(0).u;
                    next = &fn.targets_of(inst)[std::min<std::uint64_t>(v, inst.target_count - 1u)];
                    break;
                }
                case ir::Op::Return: {
                    Evaluation out;
                    for (ir::ValueId v : operands) out.results.push_back(values[v.index()]);
                    return out;
                }
                case ir::Op::Call: {
                    std::vector<rt::Slot> in;
                    for (unsigned i = 0; i < operands.size(); ++i) in.push_back(arg(i));
                    Evaluation out = call(ir::FuncId(static_cast<std::size_t>(inst.imm)), in);
                    if (out.trap != TrapCode::None) return out;
                    for (unsigned i = 0; i < inst.result_count; ++i)
                        values[inst.first_result.index() + i] = out.results[i];
                    break;
                }
                case ir::Op::TrapIf:
                    if (arg(0).u & 1) return {static_cast<TrapCode>(inst.imm), {}};
                    break;
                case ir::Op::Bounds:
                    if (arg(0).i < 0 || arg(0).i >= arg(1).i) return {TrapCode::IndexOutOfBounds, {}};
                    break;
                case ir::Op::Poll: break;
                case ir::Op::Store:
                    store(fn.values[operands[1]].type, address(inst, values, operands, 2), arg(1));
                    break;
                default: {
                    rt::Slot out{.u = 0};
                    TrapCode trap = compute(fn, inst, values, out);
                    if (trap != TrapCode::None) return {trap, {}};
                    values[inst.first_result.index()] = out;
                }
                }
                if (next) {
                    std::vector<rt::Slot> moved;
                    for (ir::ValueId v : fn.args_of(*next)) moved.push_back(values[v.index()]);
                    block = next->block;
                    for (std::size_t i = 0; i < moved.size(); ++i)
                        values[fn.blocks[block].params[i].index()] = moved[i];
                    break;
                }
            }
        }
    }

private:
    using I = __int128;

    static I number(Scalar type, rt::Slot s) { return is_signed(type) ? I(s.i) : I(s.u); }
    static rt::Slot cut(Scalar type, I v) {
        return {.i = ir::extend_int(type, static_cast<std::int64_t>(v))};
    }
    static double real(Scalar type, rt::Slot s) { return type == Scalar::F32 ? s.f32 : s.f64; }
    static rt::Slot real_slot(Scalar type, double v) {
        rt::Slot s{.u = 0};
        if (type == Scalar::F32) {
            s.f32 = static_cast<float>(v);
        } else {
            s.f64 = v;
        }
        return s;
    }
    static unsigned bits(Scalar type) { return type == Scalar::Bool ? 1 : 8 * scalar_size(type); }

    std::size_t address(const ir::Inst& inst, const std::vector<rt::Slot>& values,
                        std::span<const ir::ValueId> operands, std::size_t index_at) const {
        std::int64_t at = values[operands[0].index()].i + inst.imm;
        if (operands.size() > index_at) at += values[operands.back().index()].i * inst.scale;
        if (at < 0 || static_cast<std::size_t>(at) + 8 > data.size())
            throw std::out_of_range("test reads outside its data");
        return static_cast<std::size_t>(at);
    }
    void store(Scalar type, std::size_t at, rt::Slot v) { std::memcpy(&data[at], &v, scalar_size(type)); }

    static rt::Slot convert(Scalar to, Scalar from, rt::Slot v) {
        if (is_float(from) && is_float(to)) return real_slot(to, real(from, v));
        if (is_float(to)) {
            if (to == Scalar::F32) {
                rt::Slot s{.u = 0};
                s.f32 = is_signed(from) ? static_cast<float>(v.i) : static_cast<float>(v.u);
                return s;
            }
            return real_slot(to, is_signed(from) ? static_cast<double>(v.i) : static_cast<double>(v.u));
        }
        if (!is_float(from)) return cut(to, v.i);
        double d = real(from, v);
        if (std::isnan(d)) return {.u = 0};
        I high = (I(1) << (is_signed(to) ? bits(to) - 1 : bits(to))) - 1, low = is_signed(to) ? -high - 1 : 0;
        if (d >= std::ldexp(1.0, 100)) return cut(to, high);
        if (d <= -std::ldexp(1.0, 100)) return cut(to, low);
        I whole = static_cast<I>(d);
        return cut(to, whole > high ? high : whole < low ? low : whole);
    }

    TrapCode compute(const ir::Function& fn, const ir::Inst& inst, const std::vector<rt::Slot>& values,
                     rt::Slot& out) {
        using ir::Op;
        auto operands = fn.operands_of(inst);
        const Scalar type = inst.type;
        auto arg = [&](unsigned i) { return values[operands[i].index()]; };
        auto type_of = [&](unsigned i) { return fn.values[operands[i]].type; };
        auto n = [&](unsigned i) { return number(type_of(i), arg(i)); };
        auto checked = [&](I exact) {
            out = cut(type, exact);
            return number(type, out) == exact || (inst.flags & ir::NoTrap) ? TrapCode::None
                                                                           : TrapCode::IntegerOverflow;
        };
        auto real_result = [&](double v) {
            out = real_slot(type, v);
            return TrapCode::None;
        };
        auto wrapped = [&](I v) {
            out = cut(type, v);
            return TrapCode::None;
        };
        const unsigned width = bits(type);
        switch (inst.op) {
        case Op::ConstInt: out = {.i = inst.imm}; return TrapCode::None;
        case Op::ConstFloat:
            out = {.u = type == Scalar::F32 ? static_cast<std::uint32_t>(inst.imm)
                                            : static_cast<std::uint64_t>(inst.imm)};
            return TrapCode::None;
        case Op::InstanceData: out = {.u = 0}; return TrapCode::None;
        case Op::Add: return checked(n(0) + n(1));
        case Op::Sub: return checked(n(0) - n(1));
        case Op::Mul: // 128 bits may wrap, never to the exact product
            return checked(
                static_cast<I>(static_cast<unsigned __int128>(n(0)) * static_cast<unsigned __int128>(n(1))));
        case Op::Neg: return checked(-n(0));
        case Op::Div:
            if (n(1) == 0) return TrapCode::DivisionByZero;
            return checked(n(0) / n(1));
        case Op::Rem:
            if (n(1) == 0) return TrapCode::DivisionByZero;
            return wrapped(n(0) % n(1));
        case Op::Shl:
        case Op::Shr:
            if (n(1) < 0 || n(1) >= width) return TrapCode::InvalidShift;
            return wrapped(inst.op == Op::Shl ? n(0) << static_cast<int>(n(1))
                                              : n(0) >> static_cast<int>(n(1)));
        case Op::WrapAdd: return wrapped(n(0) + n(1));
        case Op::WrapSub: return wrapped(n(0) - n(1));
        case Op::WrapMul: return wrapped(I(arg(0).i) * arg(1).i);
        case Op::And: return wrapped(arg(0).i & arg(1).i);
        case Op::Or: return wrapped(arg(0).i | arg(1).i);
        case Op::Xor: return wrapped(arg(0).i ^ arg(1).i);
        case Op::Not: return wrapped(type == Scalar::Bool ? arg(0).i ^ 1 : ~arg(0).i);
        case Op::RotateLeft:
        case Op::RotateRight: {
            std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1, v = arg(0).u & mask;
            auto by = static_cast<unsigned>(arg(1).u % width);
            if (inst.op == Op::RotateRight) by = (width - by) % width;
            return wrapped(by == 0 ? v : static_cast<std::int64_t>(((v << by) | (v >> (width - by))) & mask));
        }
        case Op::PopCount:
        case Op::LeadingZeros:
        case Op::TrailingZeros: {
            std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1, v = arg(0).u & mask;
            if (inst.op == Op::PopCount) return wrapped(std::popcount(v));
            if (inst.op == Op::LeadingZeros)
                return wrapped(std::countl_zero(v) - static_cast<int>(64 - width));
            return wrapped(v == 0 ? static_cast<int>(width) : std::countr_zero(v));
        }
        case Op::FAdd: return real_result(real(type, arg(0)) + real(type, arg(1)));
        case Op::FSub: return real_result(real(type, arg(0)) - real(type, arg(1)));
        case Op::FMul: return real_result(real(type, arg(0)) * real(type, arg(1)));
        case Op::FDiv: return real_result(real(type, arg(0)) / real(type, arg(1)));
        case Op::FNeg:
            out = {.u = arg(0).u ^ (type == Scalar::F32 ? 0x80000000ull : 1ull << 63)};
            return TrapCode::None;
        case Op::FAbs:
            out = {.u = arg(0).u & (type == Scalar::F32 ? 0x7fffffffull : ~0ull >> 1)};
            return TrapCode::None;
        case Op::Sqrt: return real_result(std::sqrt(real(type, arg(0))));
        case Op::Floor: return real_result(std::floor(real(type, arg(0))));
        case Op::Ceil: return real_result(std::ceil(real(type, arg(0))));
        case Op::Trunc: return real_result(std::trunc(real(type, arg(0))));
        case Op::ICmp: return wrapped(compare(static_cast<ir::Cond>(inst.aux), n(0), n(1)));
        case Op::FCmp: {
            double a = real(type_of(0), arg(0)), b = real(type_of(1), arg(1));
            return wrapped(compare(static_cast<ir::Cond>(inst.aux), a, b));
        }
        case Op::Select: out = arg(0).u & 1 ? arg(1) : arg(2); return TrapCode::None;
        case Op::Convert: out = convert(type, type_of(0), arg(0)); return TrapCode::None;
        case Op::Bitcast:
            out = is_float(type) || scalar_size(type) == 8 ? arg(0) : cut(type, arg(0).i);
            if (type == Scalar::F32) out.u &= 0xffffffffu;
            return TrapCode::None;
        case Op::ElemAddr: out = {.i = arg(0).i + arg(1).i * inst.imm}; return TrapCode::None;
        case Op::Load: {
            std::size_t at = address(inst, values, operands, 1);
            std::uint64_t raw = 0;
            std::memcpy(&raw, &data[at], scalar_size(type));
            out = is_float(type) ? rt::Slot{.u = raw} : cut(type, static_cast<std::int64_t>(raw));
            return TrapCode::None;
        }
        default: throw std::logic_error("evaluator does not know an operation");
        }
    }
    template <typename T> static bool compare(ir::Cond cond, T a, T b) {
        switch (cond) {
        case ir::Cond::Eq: return a == b;
        case ir::Cond::Ne: return a != b;
        case ir::Cond::Lt: return a < b;
        case ir::Cond::Le: return a <= b;
        case ir::Cond::Gt: return a > b;
        case ir::Cond::Ge: return a >= b;
        }
        return false;
    }
};

} // namespace tn::codegen::test
