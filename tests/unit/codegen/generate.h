// Random functions of scalars: straight code, branches, loops, calls, memory in the instance's data. A seed
// gives the same functions every time.
#pragma once

#include "jit.h"

#include "ir/builder.h"

#include <random>

namespace tn::codegen::test {

inline constexpr Scalar ints[] = {Scalar::I64, Scalar::I64, Scalar::I32, Scalar::U64, Scalar::U32,
                                  Scalar::I16, Scalar::U16, Scalar::I8,  Scalar::U8};
inline constexpr Scalar all[] = {Scalar::I64, Scalar::I32, Scalar::U64, Scalar::U32, Scalar::I16, Scalar::U16,
                                 Scalar::I8,  Scalar::U8,  Scalar::F64, Scalar::F32, Scalar::Bool};

class Generator {
public:
    Generator(ir::Module& module, std::uint64_t seed) : module_(module), random_(seed) {}

    ir::FuncId make(unsigned size) {
        ir::FuncId id = module_.functions.push_back({});
        ir::Function fn;
        fn.name = "f" + std::to_string(id.index());
        unsigned params = pick(chance(10) ? 20 : 6), results = 1 + pick(chance(10) ? 16 : 3);
        for (unsigned i = 0; i < params; ++i) fn.sig.params.push_back({any_type(), ir::Ownership::Borrowed});
        for (unsigned i = 0; i < results; ++i) fn.sig.results.push_back(any_type());
        ir::Builder b(module_, fn);
        b_ = &b;
        fn_ = &fn;
        scope_.clear();
        ir::BlockId entry = b.make_block();
        b.set_block(entry);
        for (const ir::Param& p : fn.sig.params) scope_.push_back(b.add_param(entry, p.type, p.ownership));
        base_ = b.instance_data();
        depth_ = 0;
        budget_ = static_cast<int>(size);
        statements(size);
        std::vector<ir::ValueId> out;
        for (Scalar type : fn.sig.results) out.push_back(value(type));
        b.ret(out);
        module_.functions[id] = std::move(fn);
        return id;
    }

    rt::Slot random_slot(Scalar type) {
        if (type == Scalar::F64) return slot(random_real());
        if (type == Scalar::F32) return slot(static_cast<float>(random_real()));
        return {.i = random_int(type)};
    }

private:
    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    Scalar any_type() { return chance(50) ? Scalar::I64 : all[pick(std::size(all))]; }
    Scalar int_type() { return ints[pick(std::size(ints))]; }
    Scalar float_type() { return chance(70) ? Scalar::F64 : Scalar::F32; }

    std::int64_t random_int(Scalar type) {
        std::int64_t v;
        switch (pick(6)) {
        case 0: v = static_cast<std::int64_t>(random_()); break;
        case 1: v = static_cast<std::int64_t>(random_()) >> pick(63); break;
        case 2: v = std::int64_t(1) << pick(64); break;
        case 3: v = pick(2) ? INT64_MAX : INT64_MIN; break;
        default: v = static_cast<std::int64_t>(pick(41)) - 20; break;
        }
        return ir::extend_int(type, v);
    }
    double random_real() {
        switch (pick(9)) {
        case 0: return 0.0;
        case 1: return -0.0;
        case 2: return std::numeric_limits<double>::infinity() * (pick(2) ? 1 : -1);
        case 3: return std::numeric_limits<double>::quiet_NaN();
        case 4:
            return std::ldexp(static_cast<double>(pick(1000)), static_cast<int>(pick(120)) - 40) *
                   (pick(2) ? 1 : -1);
        case 5: return (static_cast<double>(pick(4000)) - 2000) / 4;
        default: return static_cast<double>(pick(200)) - 100 + (pick(2) ? 0.5 : 0.25);
        }
    }

    ir::ValueId value(Scalar type) {
        if (!chance(15)) {
            for (unsigned tries = 0; tries < 12 && !scope_.empty(); ++tries) {
                // Recent ones more often, old ones now and then: short and long live ranges.
                std::size_t n = scope_.size();
                std::size_t i = chance(60) ? n - 1 - pick(static_cast<unsigned>(std::min<std::size_t>(n, 8)))
                                           : pick(static_cast<unsigned>(n));
                if (fn_->values[scope_[i]].type == type) return scope_[i];
            }
        }
        if (type == Scalar::F64 || type == Scalar::F32) return b_->const_float(type, random_real());
        return b_->const_int(type, random_int(type));
    }
    void add(ir::ValueId v) { scope_.push_back(v); }
    void mark_no_trap() {
        if (chance(20)) fn_->insts[fn_->blocks[b_->block()].insts.back()].flags |= ir::NoTrap;
    }

    ir::ValueId index(unsigned mask) {
        ir::ValueId v =
            b_->binary(ir::Op::And, Scalar::I64, value(Scalar::I64), b_->const_int(Scalar::I64, mask));
        if (chance(30)) v = b_->binary(ir::Op::WrapAdd, Scalar::I64, v, b_->const_int(Scalar::I64, 3));
        return v;
    }

    void statement() {
        using ir::Op;
        switch (pick(26)) {
        case 0:
        case 1: {
            Scalar t = int_type();
            constexpr Op ops[] = {Op::Add, Op::Sub, Op::Mul};
            add(b_->binary(ops[pick(3)], t, value(t), value(t)));
            mark_no_trap();
            break;
        }
        case 2:
        case 3:
        case 4:
        case 5: {
            Scalar t = int_type();
            constexpr Op ops[] = {Op::WrapAdd, Op::WrapSub, Op::WrapMul, Op::And,
                                  Op::Or,      Op::Xor,     Op::WrapAdd};
            add(b_->binary(ops[pick(7)], t, value(t), value(t)));
            break;
        }
        case 6: {
            Scalar t = int_type();
            Op op = pick(2) ? Op::Div : Op::Rem;
            ir::ValueId divisor = chance(60) ? b_->const_int(t, random_int(t)) : value(t);
            if (chance(70)) divisor = b_->binary(Op::Or, t, divisor, b_->const_int(t, 1));
            add(b_->binary(op, t, value(t), divisor));
            break;
        }
        case 7: {
            Scalar t = int_type(), amount = int_type();
            ir::ValueId by = chance(40) ? b_->const_int(amount, pick(8 * scalar_size(t))) : value(amount);
            if (chance(80)) by = b_->binary(Op::And, amount, by, b_->const_int(amount, 7));
            add(b_->binary(pick(2) ? Op::Shl : Op::Shr, t, value(t), by));
            break;
        }
        case 8: {
            Scalar t = int_type();
            add(b_->binary(pick(2) ? Op::RotateLeft : Op::RotateRight, t, value(t), value(t)));
            break;
        }
        case 9: {
            Scalar t = int_type();
            constexpr Op ops[] = {Op::Not, Op::PopCount, Op::LeadingZeros, Op::TrailingZeros};
            Op op = ops[pick(4)];
            if (op == Op::Not && chance(30)) t = Scalar::Bool;
            add(b_->unary(op, t, value(t)));
            if (is_signed(t) && chance(40)) {
                add(b_->unary(Op::Neg, t, value(t)));
                mark_no_trap();
            }
            break;
        }
        case 10:
        case 11:
        case 12: {
            Scalar t = float_type();
            constexpr Op ops[] = {Op::FAdd, Op::FSub, Op::FMul, Op::FDiv};
            add(b_->binary(ops[pick(4)], t, value(t), value(t)));
            break;
        }
        case 13: {
            Scalar t = float_type();
            constexpr Op ops[] = {Op::FNeg, Op::FAbs, Op::Sqrt, Op::Floor, Op::Ceil, Op::Trunc};
            add(b_->unary(ops[pick(6)], t, value(t)));
            break;
        }
        case 14:
        case 15: add(condition()); break;
        case 16:
        case 17: {
            Scalar t = any_type();
            add(b_->select(condition(), value(t), value(t)));
            break;
        }
        case 18:
        case 19: {
            Scalar to = any_type();
            if (to == Scalar::Bool) to = Scalar::I64;
            Scalar from = any_type();
            add(b_->convert(to, value(from)));
            break;
        }
        case 20: {
            constexpr std::pair<Scalar, Scalar> pairs[] = {
                {Scalar::F64, Scalar::U64}, {Scalar::U64, Scalar::F64}, {Scalar::F32, Scalar::U32},
                {Scalar::I32, Scalar::F32}, {Scalar::I64, Scalar::U64}, {Scalar::I8, Scalar::U8},
                {Scalar::U16, Scalar::I16}};
            auto [to, from] = pairs[pick(std::size(pairs))];
            add(b_->bitcast(to, value(from)));
            break;
        }
        case 21:
        case 22: { // 32 elements of 8 bytes
            Scalar t = any_type();
            if (chance(40)) {
                add(b_->load(t, ir::MemoryClass::Instance, base_, 8 * pick(32)));
            } else if (chance(30)) {
                ir::ValueId at = b_->elem_addr(base_, index(15), std::int64_t(1) << pick(4));
                add(b_->load(t, ir::MemoryClass::Instance, at, pick(64)));
            } else if (chance(30)) {
                ir::ValueId at = b_->elem_addr(base_, index(7), 24);
                add(b_->load(t, ir::MemoryClass::Instance, at, 0));
            } else {
                add(b_->load_indexed(t, ir::MemoryClass::Instance, base_, index(15), 1u << pick(4),
                                     pick(16)));
            }
            // A Bool must be one; others may be anything.
            if (t == Scalar::Bool) scope_.pop_back();
            break;
        }
        case 23:
        case 24: {
            Scalar t = any_type();
            if (t == Scalar::Bool) t = Scalar::U8;
            if (chance(50)) {
                b_->store(ir::MemoryClass::Instance, base_, 8 * pick(32), value(t));
            } else {
                b_->store_indexed(ir::MemoryClass::Instance, base_, index(15), 1u << pick(4), pick(16),
                                  value(t));
            }
            break;
        }
        case 25:
            if (chance(50)) {
                b_->bounds(index(31), chance(50) ? b_->const_int(Scalar::I64, 40)
                                                 : index(63)); // a length is never negative
            } else {
                ir::ValueId payload[] = {value(Scalar::I64), value(Scalar::I64)};
                b_->trap_if(condition(), static_cast<std::uint32_t>(TrapCode::AssertionFailed), payload);
            }
            break;
        }
    }

    ir::ValueId condition() {
        if (chance(20)) return value(Scalar::Bool);
        auto cond = static_cast<ir::Cond>(pick(6));
        if (chance(35)) {
            Scalar t = float_type();
            return b_->compare(ir::Op::FCmp, cond, value(t), value(t));
        }
        Scalar t = int_type();
        return b_->compare(ir::Op::ICmp, cond, value(t), value(t));
    }

    void call() {
        if (module_.functions.size() < 2) return;
        ir::FuncId callee(pick(static_cast<unsigned>(module_.functions.size() - 1)));
        const ir::Signature& sig = module_.functions[callee].sig;
        std::vector<ir::ValueId> args;
        for (const ir::Param& p : sig.params) args.push_back(value(p.type));
        ir::InstId inst = b_->call(callee, args);
        for (unsigned i = 0; i < sig.results.size(); ++i) add(b_->result(inst, i));
    }

    void branch(unsigned size) {
        bool cold = chance(20);
        ir::BlockId yes = b_->make_block(cold), no = b_->make_block(), join = b_->make_block();
        ir::ValueId c = condition();
        // Some joins are reached straight from here: critical edges with arguments.
        bool direct = chance(40);
        std::vector<Scalar> types;
        for (unsigned i = pick(4); i > 0; --i) types.push_back(any_type());
        auto args = [&] {
            std::vector<ir::ValueId> out;
            for (Scalar t : types) out.push_back(value(t));
            return out;
        };
        const std::size_t mark = scope_.size();
        if (direct) {
            b_->branch(c, yes, {}, join, args());
        } else {
            b_->branch(c, yes, {}, no, {});
        }
        b_->set_block(yes);
        statements(size / 2);
        b_->jump(join, args());
        scope_.resize(mark);
        b_->set_block(no);
        if (direct) {
            b_->unreachable(); // nobody comes here
        } else {
            statements(size / 2);
            b_->jump(join, args());
            scope_.resize(mark);
        }
        b_->set_block(join);
        for (Scalar t : types) add(b_->add_param(join, t, ir::Ownership::Borrowed));
    }

    void loop(unsigned size) {
        ir::BlockId header = b_->make_block(), body = b_->make_block(), exit = b_->make_block();
        std::vector<Scalar> types{Scalar::I64};
        for (unsigned i = pick(5); i > 0; --i) types.push_back(any_type());
        std::vector<ir::ValueId> first{b_->const_int(Scalar::I64, 0)};
        for (std::size_t i = 1; i < types.size(); ++i) first.push_back(value(types[i]));
        b_->jump(header, first);
        const std::size_t mark = scope_.size();
        std::vector<ir::ValueId> params;
        for (Scalar t : types) {
            params.push_back(b_->add_param(header, t, ir::Ownership::Borrowed));
            add(params.back());
        }
        b_->set_block(header);
        if (chance(40)) statements(1);
        ir::ValueId limit = b_->const_int(Scalar::I64, 1 + pick(4));
        const std::size_t header_mark = scope_.size();
        const bool at_bottom = chance(40);
        auto back = [&](ir::ValueId counter) {
            std::vector<ir::ValueId> next{counter};
            for (std::size_t i = 1; i < types.size(); ++i) next.push_back(value(types[i]));
            return next;
        };
        auto step = [&] {
            ir::ValueId v = b_->binary(ir::Op::Add, Scalar::I64, params[0], b_->const_int(Scalar::I64, 1));
            return v;
        };
        if (at_bottom) {
            b_->jump(body, {});
            b_->set_block(body);
            ++depth_;
            statements(size);
            --depth_;
            ir::ValueId next = step();
            std::vector<ir::ValueId> args = back(next);
            b_->branch(b_->compare(ir::Op::ICmp, ir::Cond::Lt, next, limit), header, args, exit, {});
        } else {
            b_->branch(b_->compare(ir::Op::ICmp, ir::Cond::Lt, params[0], limit), body, {}, exit, {});
            b_->set_block(body);
            b_->poll();
            ++depth_;
            statements(size);
            --depth_;
            ir::ValueId next = step();
            b_->jump(header, back(next));
        }
        scope_.resize(std::min(header_mark, scope_.size()));
        (void)mark;
        b_->set_block(exit);
    }

    void statements(unsigned count) {
        for (unsigned i = 0; i < count && budget_ > 0; ++i) {
            --budget_;
            unsigned kind = pick(100);
            if (kind < 5 && depth_ < 3) {
                ++depth_;
                branch(count / 2 + 1);
                --depth_;
            } else if (kind < 8 && depth_ < 2) {
                loop(count / 2 + 1);
            } else if (kind < 12) {
                call();
            } else {
                statement();
            }
        }
    }

    ir::Module& module_;
    std::mt19937_64 random_;
    ir::Builder* b_ = nullptr;
    ir::Function* fn_ = nullptr;
    ir::ValueId base_;
    std::vector<ir::ValueId> scope_;
    unsigned depth_ = 0;
    int budget_ = 0;
};

} // namespace tn::codegen::test
