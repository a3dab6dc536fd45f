// Functions made from a type: show, ==, cmp, hash. Fields in declared order; enums by their constructors, then
// their fields; lists element by element in a loop.
#include "lower/code_writer.h"

#include "support/ice.h"

namespace tn::lower {

namespace {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;

class DerivedWriter : CodeWriter {
public:
    // The code has no position: traces begin with its caller.
    DerivedWriter(ModuleLowering& module, ir::FuncId id, TypeId type) : CodeWriter(module, id), type_(type) {}

    void write_show() {
        text_var_ = ssa_.make_var(Scalar::Ref);
        ssa_.write(text_var_, fn_.blocks[fn_.entry()].params[0]);
        Row value = param_row(1);
        switch (types().kind(type_)) {
        case TypeKind::Tuple:
            add("(");
            show_fields(value, field_count());
            add(")");
            break;
        case TypeKind::Range:
            show(field_of(value, 0));
            show_range_dots(value);
            show(field_of(value, 1));
            break;
        case TypeKind::Record: show_record(types().nominal(type_).name, value); break;
        case TypeKind::List: show_list(value.id()); break;
        case TypeKind::Enum: show_enum(value); break;
        default: TN_ICE("show of a type that needs no function");
        }
        ValueId text = flush();
        b_.ret({&text, 1});
        ssa_.start_unreachable();
        finish();
    }

    void write_equal() {
        Row a = param_row(0), b = param_row(layout(type_).leaves.size());
        different_ = ssa_.make_block();
        switch (types().kind(type_)) {
        case TypeKind::Tuple:
        case TypeKind::Range:
        case TypeKind::Record:
            for (unsigned i = 0; i < field_count(); ++i) check_equal(field_of(a, i), field_of(b, i));
            break;
        case TypeKind::List: equal_lists(a.id(), b.id()); break;
        case TypeKind::Enum: equal_enums(a, b); break;
        default: TN_ICE("== of a type that needs no function");
        }
        answer(b_.const_bool(true));
        ssa_.seal(different_);
        ssa_.start(different_);
        answer(b_.const_bool(false));
        finish();
    }

    void write_compare() {
        Row a = param_row(0), b = param_row(layout(type_).leaves.size());
        different_ = ssa_.make_block();
        order_ = ssa_.add_param(different_, Scalar::I64);
        switch (types().kind(type_)) {
        case TypeKind::Tuple:
        case TypeKind::Range:
        case TypeKind::Record:
            for (unsigned i = 0; i < field_count(); ++i) check_order(field_of(a, i), field_of(b, i));
            answer(int64(0));
            break;
        case TypeKind::List: compare_lists(a.id(), b.id()); break;
        case TypeKind::Enum: compare_enums(a, b); break;
        default: TN_ICE("cmp of a type that needs no function");
        }
        ssa_.seal(different_);
        ssa_.start(different_);
        answer(order_);
        finish();
    }

    void write_hash() {
        Row value = param_row(0);
        hash_var_ = ssa_.make_var(Scalar::U64);
        ssa_.write(hash_var_, b_.const_int(Scalar::U64, 0));
        switch (types().kind(type_)) {
        case TypeKind::Tuple:
        case TypeKind::Range:
        case TypeKind::Record:
            for (unsigned i = 0; i < field_count(); ++i) add_hash(field_of(value, i));
            break;
        case TypeKind::List: hash_list(value.id()); break;
        case TypeKind::Enum:
            add_hash(one(simple(TypeKind::U8), value.id()));
            for_each_payload(value, false, [&](unsigned v) {
                for (unsigned f = 0; f < payload_count(v); ++f) add_hash(payload(value, v, f));
            });
            break;
        default: TN_ICE("hash of a type that needs no function");
        }
        answer(ssa_.read(hash_var_));
        finish();
    }

private:
    Row param_row(std::size_t first) {
        Row row{type_, {}};
        const auto& params = fn_.blocks[fn_.entry()].params;
        for (std::size_t i = 0; i < layout(type_).leaves.size(); ++i) row.add(params[first + i]);
        return row;
    }
    unsigned field_count() { return static_cast<unsigned>(layout(type_).field_first.size()) - 1; }
    unsigned payload_count(unsigned variant) {
        return static_cast<unsigned>(types().nominal(type_).variants[variant].fields.size());
    }
    void answer(ValueId value) {
        b_.ret({&value, 1});
        ssa_.start_unreachable();
    }

    // A loop over 0..count; `body` writes one round.
    template <typename Body> void count_up(ValueId count, Body body) {
        BlockId loop = ssa_.make_block(), done = ssa_.make_block();
        ValueId i = ssa_.add_param(loop, Scalar::I64);
        ValueId zero = int64(0);
        ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, zero, count), loop, {&zero, 1}, done, {});
        ssa_.start(loop);
        body(i);
        ValueId next = b_.binary(Op::WrapAdd, Scalar::I64, i, int64(1));
        b_.poll();
        ssa_.branch(b_.compare(Op::ICmp, Cond::Lt, next, count), loop, {&next, 1}, done, {});
        ssa_.seal(loop);
        ssa_.seal(done);
        ssa_.start(done);
    }

    // The tags are equal here: runs `body(variant)` where the tag is that variant and it has a payload, and
    // meets again after it.
    template <typename Body> void for_each_payload(const Row& value, bool empty_ones, Body body) {
        BlockId done = ssa_.make_block();
        for (unsigned v = 0; v < variant_count(type_); ++v) {
            if (payload_count(v) == 0 && !empty_ones) continue;
            BlockId here = ssa_.make_block(), next = ssa_.make_block();
            ssa_.branch(is_variant(value, v), here, next);
            ssa_.seal(here);
            ssa_.seal(next);
            ssa_.start(here);
            body(v);
            ssa_.jump(done);
            ssa_.start(next);
        }
        ssa_.jump(done);
        ssa_.seal(done);
        ssa_.start(done);
    }

    // --- show: constant pieces wait in pending_ and are appended as one ---
    void add(std::string_view more) { pending_ += more; }
    ValueId flush() {
        ValueId text = append(ssa_.read(text_var_), pending_);
        pending_.clear();
        ssa_.write(text_var_, text);
        return text;
    }
    void show(const Row& value) { ssa_.write(text_var_, show_into(flush(), value, true)); }
    void show_fields(const Row& value, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            if (i) add(", ");
            show(field_of(value, i));
        }
    }
    void show_range_dots(const Row& value) {
        ValueId text = flush();
        BlockId closed = ssa_.make_block(), open = ssa_.make_block(), done = ssa_.make_block();
        ssa_.branch(value.id(2), closed, open);
        for (BlockId block : {closed, open}) {
            ssa_.seal(block);
            ssa_.start(block);
            ssa_.write(text_var_, append(text, block == closed ? "..=" : ".."));
            ssa_.jump(done);
        }
        ssa_.seal(done);
        ssa_.start(done);
    }
    void show_record(const std::string& name, const Row& value) {
        add(name);
        if (field_count() == 0) return;
        for (unsigned i = 0; i < field_count(); ++i) {
            add(i ? ", " : " { ");
            add(types().nominal(type_).fields[i].name + ": ");
            show(field_of(value, i));
        }
        add(" }");
    }
    void show_list(ValueId list) {
        add("[");
        flush();
        TypeId element_type = types().arg(type_, 0);
        ValueId count = b_.seq_len(list), data = b_.seq_data(list);
        count_up(count, [&](ValueId i) {
            BlockId comma = ssa_.make_block(), item = ssa_.make_block();
            ssa_.branch(b_.compare(Op::ICmp, Cond::Ne, i, int64(0)), comma, item);
            ssa_.seal(comma);
            ssa_.start(comma);
            add(", ");
            flush();
            ssa_.jump(item);
            ssa_.seal(item);
            ssa_.start(item);
            show(load(element(data, i, element_type), element_type, true));
        });
        add("]");
    }
    void show_enum(const Row& value) {
        flush();
        for_each_payload(value, true, [&](unsigned v) {
            bool positional = types().nominal(type_).variants[v].positional;
            add(types().nominal(type_).variants[v].name);
            for (unsigned f = 0; f < payload_count(v); ++f) {
                add(f ? ", " : positional ? "(" : " { ");
                if (!positional) add(types().nominal(type_).variants[v].fields[f].name + ": ");
                show(payload(value, v, f));
            }
            if (payload_count(v) > 0) add(positional ? ")" : " }");
            flush();
        });
    }

    // --- equality ---
    void demand(ValueId condition) {
        BlockId next = ssa_.make_block();
        ssa_.branch(condition, next, different_);
        ssa_.seal(next);
        ssa_.start(next);
    }
    void check_equal(const Row& a, const Row& b) {
        if (!a.leaves.empty()) demand(equal(a, b, true));
    }
    void equal_lists(ValueId a, ValueId b) {
        TypeId element_type = types().arg(type_, 0);
        ValueId count = b_.seq_len(a);
        demand(b_.compare(Op::ICmp, Cond::Eq, count, b_.seq_len(b)));
        ValueId a_data = b_.seq_data(a), b_data = b_.seq_data(b);
        count_up(count, [&](ValueId i) {
            check_equal(load(element(a_data, i, element_type), element_type, true),
                        load(element(b_data, i, element_type), element_type, true));
        });
    }
    void equal_enums(const Row& a, const Row& b) {
        demand(b_.compare(Op::ICmp, Cond::Eq, a.id(), b.id()));
        for_each_payload(a, false, [&](unsigned v) {
            for (unsigned f = 0; f < payload_count(v); ++f) check_equal(payload(a, v, f), payload(b, v, f));
        });
    }

    // --- order ---
    void demand_zero(ValueId order) {
        BlockId next = ssa_.make_block();
        ssa_.branch(b_.compare(Op::ICmp, Cond::Eq, order, int64(0)), next, {}, different_, {&order, 1});
        ssa_.seal(next);
        ssa_.start(next);
    }
    void check_order(const Row& a, const Row& b) {
        if (!a.leaves.empty()) demand_zero(compare(a, b));
    }
    void compare_lists(ValueId a, ValueId b) {
        TypeId element_type = types().arg(type_, 0);
        ValueId a_count = b_.seq_len(a), b_count = b_.seq_len(b);
        ValueId shorter = b_.select(b_.compare(Op::ICmp, Cond::Lt, a_count, b_count), a_count, b_count);
        ValueId a_data = b_.seq_data(a), b_data = b_.seq_data(b);
        count_up(shorter, [&](ValueId i) {
            check_order(load(element(a_data, i, element_type), element_type, true),
                        load(element(b_data, i, element_type), element_type, true));
        });
        TypeId i64 = simple(TypeKind::I64);
        answer(compare(one(i64, a_count), one(i64, b_count)));
    }
    void compare_enums(const Row& a, const Row& b) {
        TypeId u8 = simple(TypeKind::U8);
        demand_zero(compare(one(u8, a.id()), one(u8, b.id())));
        for_each_payload(a, false, [&](unsigned v) {
            for (unsigned f = 0; f < payload_count(v); ++f) check_order(payload(a, v, f), payload(b, v, f));
        });
        answer(int64(0));
    }

    // --- hash ---
    void add_hash(const Row& part) {
        ValueId part_hash = hash(part);
        ssa_.write(hash_var_, hash_combine(ssa_.read(hash_var_), part_hash));
    }
    void hash_list(ValueId list) {
        TypeId element_type = types().arg(type_, 0);
        ValueId count = b_.seq_len(list), data = b_.seq_data(list);
        add_hash(one(simple(TypeKind::I64), count));
        count_up(count,
                 [&](ValueId i) { add_hash(load(element(data, i, element_type), element_type, true)); });
    }

    TypeId type_;
    VarId text_var_, hash_var_;
    std::string pending_;
    BlockId different_;
    ValueId order_;
};

} // namespace

void write_derived(ModuleLowering& module, ir::FuncId id, Derived what, TypeId type) {
    DerivedWriter writer(module, id, type);
    switch (what) {
    case Derived::Show: return writer.write_show();
    case Derived::Equal: return writer.write_equal();
    case Derived::Compare: return writer.write_compare();
    case Derived::Hash: return writer.write_hash();
    }
}

} // namespace tn::lower
