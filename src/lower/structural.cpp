// What values have: their shown form, equality, order and hash. The script's own methods where it has some, the
// structure of the type else.
#include "lower/code_writer.h"

#include "support/ice.h"

namespace tn::lower {

using ir::ValueId;

// ---- Text and comparison ----

ValueId CodeWriter::literal(std::string_view text) { return b_.literal(m_.literal(text, TypeKind::String)); }

ValueId CodeWriter::empty_text() { return own_.retain(b_.empty(m_.desc(simple(TypeKind::String)))); }

ValueId CodeWriter::append(ValueId text, std::string_view more) {
    if (more.size() == 1) return append_char(text, b_.const_int(Scalar::U32, static_cast<unsigned char>(more[0])));
    return more.empty() ? text : rt(RuntimeFn::StringAppend, {text, literal(more)});
}

// What is no ASCII asks the runtime.
ValueId CodeWriter::append_char(ValueId text, ValueId c) {
    ir::BlockId ascii = ssa_.make_block(), other = ssa_.make_block(), join = ssa_.make_block();
    ValueId answer = ssa_.add_param(join, Scalar::Ref);
    ssa_.branch(b_.compare(ir::Op::ICmp, ir::Cond::Lt, c, b_.const_int(Scalar::U32, 0x80)), ascii, other, ir::Likely);
    ssa_.seal(ascii);
    ssa_.seal(other);

    ssa_.start(ascii);
    ValueId longer = b_.list_grow(text, m_.desc(simple(TypeKind::String)));
    ValueId length = b_.seq_len(longer), data = b_.seq_data(longer);
    b_.store_indexed(ir::MemoryClass::Element, data, length, 1, 0, convert(Scalar::U8, c));
    // The NUL behind it has a place of its own.
    b_.store_indexed(ir::MemoryClass::Element, data, length, 1, 1, b_.const_int(Scalar::U8, 0));
    longer = b_.seq_set_len(longer, b_.binary(ir::Op::WrapAdd, Scalar::I64, length, int64(1)));
    ssa_.jump(join, {&longer, 1});

    ssa_.start(other);
    longer = rt(RuntimeFn::StringAppendChar, {text, c});
    ssa_.jump(join, {&longer, 1});

    ssa_.seal(join);
    ssa_.start(join);
    return answer;
}

// Texts are equal that have as many bytes, and the same ones. All bytes of a short literal are compared here, of a longer
// one the first byte.
ValueId CodeWriter::equal_text(RuntimeFn fn, ValueId a, ValueId b) {
    constexpr std::size_t most = 4;
    std::string_view known;
    for (ValueId* side : {&a, &b}) {
        const ir::Value& value = fn_.values[*side];
        if (!value.inst.is_valid() || fn_.insts[value.inst].op != ir::Op::Literal) continue;
        known = m_.literal_text(ir::LiteralId(static_cast<std::size_t>(fn_.insts[value.inst].imm)));
        if (side == &a) std::swap(a, b); // the literal is b
        break;
    }
    ir::BlockId join = ssa_.make_block();
    ValueId answer = ssa_.add_param(join, Scalar::Bool);
    ValueId differ = b_.const_bool(false);
    auto demand = [&](ValueId holds) {
        ir::BlockId next = ssa_.make_block();
        ssa_.branch(holds, next, {}, join, {&differ, 1});
        ssa_.seal(next);
        ssa_.start(next);
    };
    ValueId length = known.data() ? int64(static_cast<std::int64_t>(known.size())) : b_.seq_len(b);
    demand(b_.compare(ir::Op::ICmp, ir::Cond::Eq, b_.seq_len(a), length));
    std::size_t here = known.size() <= most ? known.size() : 1;
    for (std::size_t i = 0; i < here; ++i) {
        ValueId byte = b_.load(Scalar::U8, ir::MemoryClass::Element, b_.seq_data(a), static_cast<std::int64_t>(i));
        demand(b_.compare(ir::Op::ICmp, ir::Cond::Eq, byte, b_.const_int(Scalar::U8, static_cast<unsigned char>(known[i]))));
    }
    ValueId same = known.data() && here == known.size() ? b_.const_bool(true) : rt(fn, {a, b});
    ssa_.jump(join, {&same, 1});
    ssa_.seal(join);
    ssa_.start(join);
    return answer;
}

ValueId CodeWriter::show_into(ValueId text, const Row& value, bool nested) {
    if (const auto& own = m_.core_impl(CoreTrait::Show, value.type)) {
        Ownership::Mark mark = own_.mark();
        Row shown = call_fn(*own, {&value, 1}).result;
        text = rt(RuntimeFn::StringAppend, {text, shown.id()});
        own_.leave(mark);
        return text;
    }
    TypeKind kind = types().kind(value.type);
    switch (kind) {
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64: return rt(RuntimeFn::ShowInt, {text, convert(Scalar::I64, value.id())});
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64: return rt(RuntimeFn::ShowUint, {text, convert(Scalar::U64, value.id())});
    case TypeKind::F64: return rt(RuntimeFn::ShowF64, {text, value.id()});
    case TypeKind::F32: return rt(RuntimeFn::ShowF32, {text, value.id()});
    case TypeKind::Bool: return rt(RuntimeFn::ShowBool, {text, value.id()});
    case TypeKind::Char:
        return nested ? rt(RuntimeFn::ShowQuotedChar, {text, value.id()}) : append_char(text, value.id());
    case TypeKind::String:
        return rt(nested ? RuntimeFn::ShowQuoted : RuntimeFn::StringAppend, {text, value.id()});
    case TypeKind::Bytes: return rt(RuntimeFn::ShowBytes, {text, value.id()});
    case TypeKind::Host: return rt(RuntimeFn::HostShow, {text, value.id()});
    case TypeKind::Unit: return append(text, "()");
    case TypeKind::Never: return text;
    case TypeKind::Tuple:
    case TypeKind::List:
    case TypeKind::Range:
    case TypeKind::Record:
    case TypeKind::Enum: {
        std::vector<ValueId> args{text};
        for (const RowLeaf& leaf : value.leaves) args.push_back(leaf.id);
        return b_.result(b_.call(m_.derived(Derived::Show, value.type), args));
    }
    case TypeKind::Error:
    case TypeKind::Infer:
    case TypeKind::Param:
    case TypeKind::Map:
    case TypeKind::Set:
    case TypeKind::Fn:
    case TypeKind::Slice: break;
    }
    TN_ICE("a value of type " + types().print(value.type) + " is shown");
}

ValueId CodeWriter::float_bits(ValueId value, Scalar type, Scalar bits) {
    ValueId is_nan = b_.compare(ir::Op::FCmp, ir::Cond::Ne, value, value);
    ValueId nan = b_.const_int(bits, type == Scalar::F64 ? 0x7ff8'0000'0000'0000 : 0x7fc0'0000);
    return b_.select(is_nan, nan, b_.bitcast(bits, value));
}

ValueId CodeWriter::order_key(ValueId value, Scalar type) {
    bool wide = type == Scalar::F64;
    Scalar sint = wide ? Scalar::I64 : Scalar::I32, uint = wide ? Scalar::U64 : Scalar::U32;
    ValueId bits = float_bits(value, type, sint);
    // Negative numbers count downward: all bits but the sign are turned around.
    ValueId sign = b_.binary(ir::Op::Shr, sint, bits, int64(wide ? 63 : 31));
    ValueId mask = b_.bitcast(sint, b_.binary(ir::Op::Shr, uint, b_.bitcast(uint, sign), int64(1)));
    return b_.binary(ir::Op::Xor, sint, bits, mask);
}

// A few numbers, or an enum without payload, all compared as built in: not worth a call.
bool CodeWriter::is_compared_at_once(TypeId type) {
    constexpr std::size_t most = 4;
    if (m_.core_impl(CoreTrait::Eq, type)) return false;
    const TypeKind kind = types().kind(type);
    if (kind == TypeKind::Enum) return layout(type).leaves.size() == 1 && layout(type).leaves[0].scalar == Scalar::U8;
    if (kind != TypeKind::Tuple && kind != TypeKind::Record) return kind == TypeKind::Bool || kind == TypeKind::Char || types().is_integer(type);
    const Layout& all = layout(type);
    if (all.leaves.size() > most) return false;
    for (std::size_t i = 0; i + 1 < all.field_first.size(); ++i)
        if (!is_compared_at_once(field_type(type, static_cast<unsigned>(i)))) return false;
    return true;
}

ValueId CodeWriter::equal(const Row& a, const Row& b, bool total) {
    if (const auto& own = m_.core_impl(CoreTrait::Eq, a.type)) {
        Row both[] = {a, b};
        return call_fn(*own, both).result.id();
    }
    TypeKind kind = types().kind(a.type);
    switch (kind) {
    case TypeKind::Bool:
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64:
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64:
    case TypeKind::Char: return b_.compare(ir::Op::ICmp, ir::Cond::Eq, a.id(), b.id());
    case TypeKind::F32:
    case TypeKind::F64: {
        if (!total) return b_.compare(ir::Op::FCmp, ir::Cond::Eq, a.id(), b.id());
        Scalar type = kind == TypeKind::F64 ? Scalar::F64 : Scalar::F32, bits = kind == TypeKind::F64 ? Scalar::U64 : Scalar::U32;
        ValueId x = float_bits(a.id(), type, bits), y = float_bits(b.id(), type, bits);
        return b_.compare(ir::Op::ICmp, ir::Cond::Eq, x, y);
    }
    case TypeKind::String: return equal_text(RuntimeFn::StringEq, a.id(), b.id());
    case TypeKind::Bytes: return equal_text(RuntimeFn::BytesEq, a.id(), b.id());
    case TypeKind::Unit:
    case TypeKind::Never: return b_.const_bool(true);
    case TypeKind::Tuple:
    case TypeKind::List:
    case TypeKind::Range:
    case TypeKind::Record:
    case TypeKind::Enum: {
        if (is_compared_at_once(a.type)) {
            ValueId all;
            for (std::size_t i = 0; i < a.leaves.size(); ++i) {
                const ValueId same = b_.compare(ir::Op::ICmp, ir::Cond::Eq, a.id(i), b.id(i));
                all = all.is_valid() ? b_.binary(ir::Op::And, Scalar::Bool, all, same) : same;
            }
            return all.is_valid() ? all : b_.const_bool(true);
        }
        std::vector<ValueId> args;
        for (const RowLeaf& leaf : a.leaves) args.push_back(leaf.id);
        for (const RowLeaf& leaf : b.leaves) args.push_back(leaf.id);
        return b_.result(b_.call(m_.derived(Derived::Equal, a.type), args));
    }
    case TypeKind::Error:
    case TypeKind::Infer:
    case TypeKind::Param:
    case TypeKind::Map:
    case TypeKind::Set:
    case TypeKind::Fn:
    case TypeKind::Slice:
    case TypeKind::Host: break;
    }
    TN_ICE("values of type " + types().print(a.type) + " are compared");
}

ValueId CodeWriter::ordered(ir::Cond cond, const Row& a, const Row& b) {
    TypeKind kind = types().kind(a.type);
    bool is_plain = !m_.core_impl(CoreTrait::Ord, a.type);
    if (is_plain && (kind == TypeKind::F32 || kind == TypeKind::F64)) {
        return b_.compare(ir::Op::ICmp, cond, order_key(a.id(), scalar(a.type)),
                          order_key(b.id(), scalar(b.type)));
    }
    if (is_plain && (kind == TypeKind::Bool || kind == TypeKind::Char || types().is_integer(a.type)))
        return b_.compare(ir::Op::ICmp, cond, a.id(), b.id());
    return b_.compare(ir::Op::ICmp, cond, compare(a, b), int64(0));
}

ValueId CodeWriter::compare(const Row& a, const Row& b) {
    if (const auto& own = m_.core_impl(CoreTrait::Ord, a.type)) {
        Row both[] = {a, b};
        return call_fn(*own, both).result.id();
    }
    TypeKind kind = types().kind(a.type);
    auto by_order = [&](ValueId x, ValueId y) {
        ValueId less = b_.compare(ir::Op::ICmp, ir::Cond::Lt, x, y);
        ValueId greater = b_.compare(ir::Op::ICmp, ir::Cond::Gt, x, y);
        return b_.binary(ir::Op::WrapSub, Scalar::I64, b_.convert(Scalar::I64, greater),
                         b_.convert(Scalar::I64, less));
    };
    switch (kind) {
    case TypeKind::Bool:
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64:
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64:
    case TypeKind::Char: return by_order(a.id(), b.id());
    case TypeKind::F32:
    case TypeKind::F64: return by_order(order_key(a.id(), scalar(a.type)), order_key(b.id(), scalar(b.type)));
    case TypeKind::String: return rt(RuntimeFn::StringCompare, {a.id(), b.id()});
    case TypeKind::Bytes: return rt(RuntimeFn::BytesCompare, {a.id(), b.id()});
    case TypeKind::Unit:
    case TypeKind::Never: return int64(0);
    case TypeKind::Tuple:
    case TypeKind::List:
    case TypeKind::Range:
    case TypeKind::Record:
    case TypeKind::Enum: {
        std::vector<ValueId> args;
        for (const RowLeaf& leaf : a.leaves) args.push_back(leaf.id);
        for (const RowLeaf& leaf : b.leaves) args.push_back(leaf.id);
        return b_.result(b_.call(m_.derived(Derived::Compare, a.type), args));
    }
    case TypeKind::Error:
    case TypeKind::Infer:
    case TypeKind::Param:
    case TypeKind::Map:
    case TypeKind::Set:
    case TypeKind::Fn:
    case TypeKind::Slice:
    case TypeKind::Host: break;
    }
    TN_ICE("values of type " + types().print(a.type) + " are ordered");
}

// ---- Hash ----

ValueId CodeWriter::upper_half(ValueId bits) { return b_.binary(ir::Op::Shr, Scalar::U64, bits, int64(32)); }

ValueId CodeWriter::fold_times(ValueId bits, std::uint64_t factor) {
    ValueId folded = b_.binary(ir::Op::Xor, Scalar::U64, bits, upper_half(bits));
    return b_.binary(ir::Op::WrapMul, Scalar::U64, folded,
                     b_.const_int(Scalar::U64, static_cast<std::int64_t>(factor)));
}

// Two rounds of multiply and xor-shift, but for the last shift: every bit of the input reaches the upper half.
ValueId CodeWriter::mixed(ValueId bits) {
    ValueId factor = b_.const_int(Scalar::U64, static_cast<std::int64_t>(0x9e3779b97f4a7c15u));
    ValueId keyed = b_.binary(ir::Op::Xor, Scalar::U64, bits, b_.hash_seed());
    return fold_times(b_.binary(ir::Op::WrapMul, Scalar::U64, keyed, factor), 0xd6e8feb86659fd93u);
}

ValueId CodeWriter::hash_bits(ValueId bits) {
    ValueId x = mixed(bits);
    return b_.binary(ir::Op::Xor, Scalar::U64, x, upper_half(x));
}

ValueId CodeWriter::hash_combine(ValueId hash, ValueId part_hash) {
    ValueId turned = b_.binary(ir::Op::RotateLeft, Scalar::U64, hash, int64(25));
    ValueId mixed = b_.binary(ir::Op::Xor, Scalar::U64, turned, part_hash);
    ValueId factor = b_.const_int(Scalar::U64, static_cast<std::int64_t>(0x9e3779b97f4a7c15u));
    return b_.binary(ir::Op::WrapMul, Scalar::U64, mixed, factor);
}

ValueId CodeWriter::hash(const Row& value) {
    if (const auto& own = m_.core_impl(CoreTrait::Hash, value.type))
        return call_fn(*own, {&value, 1}).result.id();
    TypeKind kind = types().kind(value.type);
    switch (kind) {
    case TypeKind::Bool:
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64:
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64:
    case TypeKind::Char: return hash_bits(convert(Scalar::U64, value.id()));
    case TypeKind::String: return rt(RuntimeFn::StringHash, {value.id(), b_.hash_seed()});
    case TypeKind::Bytes: return rt(RuntimeFn::BytesHash, {value.id(), b_.hash_seed()});
    case TypeKind::Unit:
    case TypeKind::Never: return b_.const_int(Scalar::U64, 0);
    case TypeKind::Tuple:
    case TypeKind::List:
    case TypeKind::Range:
    case TypeKind::Record:
    case TypeKind::Enum: {
        std::vector<ValueId> args;
        for (const RowLeaf& leaf : value.leaves) args.push_back(leaf.id);
        return b_.result(b_.call(m_.derived(Derived::Hash, value.type), args));
    }
    case TypeKind::F32:
    case TypeKind::F64:
    case TypeKind::Error:
    case TypeKind::Infer:
    case TypeKind::Param:
    case TypeKind::Map:
    case TypeKind::Set:
    case TypeKind::Fn:
    case TypeKind::Slice:
    case TypeKind::Host: break;
    }
    TN_ICE("a value of type " + types().print(value.type) + " is hashed");
}

// The upper half of a hash; spread first where a script wrote it, who may have put all differences elsewhere.
ValueId CodeWriter::key_hash(const Row& value) {
    const TypeKind kind = types().kind(value.type);
    ValueId bits;
    if (kind == TypeKind::Bool || kind == TypeKind::Char || types().is_integer(value.type))
        bits = mixed(convert(Scalar::U64, value.id()));
    else if (m_.core_impl(CoreTrait::Hash, value.type))
        bits = fold_times(hash(value), 0x9e3779b97f4a7c15u);
    else
        bits = hash(value);
    return convert(Scalar::U32, upper_half(bits));
}

} // namespace tn::lower
