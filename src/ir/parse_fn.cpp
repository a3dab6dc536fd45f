// Functions of the text form. Values may be used in the text before the line that defines them, so
// operands first hold the numbers of the text and are put right at the end.
#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "ir/builder.h"
#include "ir/cursor.h"
#include "ir/text.h"

#include <bit>
#include <charconv>
#include <optional>

namespace tn::ir {

void parse_function_head(Function& fn, Cursor cursor) {
    cursor.expect("fn");
    cursor.expect("@");
    fn.name = cursor.next_is("\"") ? cursor.string() : cursor.word();
    if (cursor.rest().starts_with("#")) cursor.index("#");
    cursor.expect("(");
    while (!cursor.accept(")")) {
        if (!fn.sig.params.empty()) cursor.expect(",");
        if (cursor.next_is_index("v")) {
            cursor.index("v");
            cursor.expect(":");
        }
        fn.sig.params.push_back(parse_param(cursor));
    }
    parse_results(cursor, fn.sig);
    cursor.expect("{");
    cursor.expect_end();
}

namespace {

class FunctionParser {
public:
    FunctionParser(Module& module, const Labels& labels, Function& fn)
        : module_(module), labels_(labels), fn_(fn), builder_(module, fn) {}

    void parse(std::vector<Cursor> lines) {
        // Blocks first: jumps go forward.
        for (Cursor& line : lines) {
            if (!line.next_is_index("b")) continue;
            Cursor head = line;
            if (!blocks_.emplace(head.index("b"), builder_.make_block()).second)
                line.fail("block defined twice");
        }
        if (fn_.blocks.empty()) lines.front().fail("function without blocks");
        std::size_t next_block = 0;
        for (Cursor& line : lines) {
            if (line.next_is_index("b")) {
                builder_.set_block(BlockId(next_block++));
                parse_block_head(line);
            } else {
                if (next_block == 0) line.fail("instruction outside a block");
                parse_inst(line);
            }
        }
        for (ValueId& operand : fn_.operands) {
            auto it = values_.find(operand.index());
            if (it == values_.end()) {
                throw ParseFailure{first_use_[operand.index()],
                                   "v" + std::to_string(operand.index()) + " has no definition"};
            }
            operand = it->second;
        }
    }

private:
    void define(Cursor& cursor, std::uint32_t number, ValueId value) {
        if (!values_.emplace(number, value).second)
            cursor.fail("v" + std::to_string(number) + " is defined twice");
    }

    void parse_block_head(Cursor cursor) {
        cursor.index("b");
        BlockId id = builder_.block();
        if (cursor.accept("(")) {
            while (!cursor.accept(")")) {
                if (!fn_.blocks[id].params.empty()) cursor.expect(",");
                std::uint32_t value = cursor.index("v");
                cursor.expect(":");
                Param param = parse_param(cursor);
                define(cursor, value, builder_.add_param(id, param.type, param.ownership));
            }
        }
        fn_.blocks[id].cold = cursor.accept("cold");
        cursor.expect(":");
        cursor.expect_end();
    }

    // The number as a stand-in for the value.
    ValueId value(Cursor& cursor) {
        std::uint32_t number = cursor.index("v");
        first_use_.emplace(number, cursor.line());
        return ValueId(number);
    }
    std::vector<ValueId> value_list(Cursor& cursor) {
        std::vector<ValueId> list;
        if (!cursor.next_is_index("v")) return list;
        list.push_back(value(cursor));
        more_values(cursor, list);
        return list;
    }
    void more_values(Cursor& cursor, std::vector<ValueId>& list) {
        while (cursor.next_is(",")) {
            Cursor ahead = cursor;
            ahead.expect(",");
            if (!ahead.next_is_index("v")) return;
            cursor = ahead;
            list.push_back(value(cursor));
        }
    }

    Op op(Cursor& cursor, Inst& inst) {
        // The op's name, then its type or condition: `load.i64`, `icmp.lt`.
        std::string text = cursor.word();
        std::size_t dot = text.find('.');
        std::string name = text.substr(0, dot), suffix = dot == text.npos ? "" : text.substr(dot + 1);
        for (unsigned i = 0; i < op_count; ++i) {
            Op candidate = static_cast<Op>(i);
            if (op_info(candidate).text != name) continue;
            if (candidate == Op::ICmp || candidate == Op::FCmp) {
                for (Cond c : {Cond::Eq, Cond::Ne, Cond::Lt, Cond::Le, Cond::Gt, Cond::Ge}) {
                    if (cond_text(c) != suffix) continue;
                    inst.aux = static_cast<std::uint32_t>(c);
                    return candidate;
                }
                cursor.fail("unknown condition `" + suffix + "`");
            }
            if (!suffix.empty()) inst.type = Cursor(suffix, cursor.line()).scalar();
            return candidate;
        }
        cursor.fail("unknown operation `" + name + "`");
    }

    std::int64_t float_bits(Cursor& cursor, Scalar type) {
        if (cursor.accept("nan:")) {
            std::string hex = cursor.word();
            std::uint64_t bits = 0;
            std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
            return static_cast<std::int64_t>(bits);
        }
        while (cursor.rest().starts_with(" ")) cursor.skip(1);
        std::string_view rest = cursor.rest();
        auto read = [&](auto number) {
            auto result = std::from_chars(rest.data(), rest.data() + rest.size(), number);
            if (result.ec != std::errc()) cursor.fail("expected a float");
            cursor.skip(static_cast<std::size_t>(result.ptr - rest.data()));
            return number;
        };
        if (type == Scalar::F32)
            return static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(read(float())));
        return std::bit_cast<std::int64_t>(read(double()));
    }

    void memory(Cursor& cursor, Inst& inst, ValueId& base, ValueId& index) {
        std::string name = cursor.word();
        bool known = false;
        for (MemoryClass m : {MemoryClass::Element, MemoryClass::Instance, MemoryClass::Box}) {
            if (memory_class_text(m) != name) continue;
            inst.aux = static_cast<std::uint32_t>(m);
            known = true;
        }
        if (!known) cursor.fail("unknown memory class `" + name + "`");
        base = value(cursor);
        cursor.expect("+");
        inst.imm = cursor.number();
        if (cursor.accept("+")) {
            index = value(cursor);
            cursor.expect("*");
            inst.scale = static_cast<std::uint8_t>(cursor.number());
        }
    }

    void parse_inst(Cursor& cursor) {
        std::vector<std::uint32_t> results;
        while (cursor.next_is_index("v")) {
            results.push_back(cursor.index("v"));
            cursor.accept(",");
        }
        if (!results.empty()) cursor.expect("=");
        Inst inst;
        inst.op = op(cursor, inst);
        std::vector<ValueId> operands = body(cursor, inst);
        std::vector<Target> targets;
        if (!operands.empty()) cursor.accept(",");
        while (cursor.next_is_index("b")) {
            auto it = blocks_.find(cursor.index("b"));
            if (it == blocks_.end()) cursor.fail("unknown block");
            std::vector<ValueId> args;
            if (cursor.accept("(")) {
                args = value_list(cursor);
                cursor.expect(")");
            }
            targets.push_back(builder_.make_target(it->second, args));
            if (!cursor.accept(",")) break;
        }
        for (const FlagText& flag : flag_texts) {
            if (cursor.accept(flag.text)) inst.flags |= flag.flag;
        }
        if (cursor.accept("@")) inst.loc = LocId(cursor.index("loc"));
        cursor.expect_end();

        const OpInfo& info = op_info(inst.op);
        if (info.operands >= 0 && operands.size() != static_cast<std::size_t>(info.operands)) {
            cursor.fail("wrong number of operands");
        }
        if (builder_.is_closed()) cursor.fail("instruction after the end of its block");
        if (std::optional<std::size_t> params = callee_params(inst); params && *params != operands.size()) {
            cursor.fail("wrong number of arguments");
        }
        InstId id = builder_.append(inst, operands, targets);
        if (fn_.insts[id].result_count != results.size()) cursor.fail("wrong number of results");
        for (unsigned i = 0; i < results.size(); ++i) define(cursor, results[i], fn_.result(id, i));
    }

    std::optional<std::size_t> callee_params(const Inst& inst) const {
        if (inst.op == Op::Call)
            return module_.functions[FuncId(static_cast<std::size_t>(inst.imm))].sig.params.size();
        if (inst.op == Op::CallHost)
            return module_.host_fns[HostFnId(static_cast<std::size_t>(inst.imm))].sig.params.size();
        if (inst.op == Op::CallClosure)
            return module_.signatures[SigId(static_cast<std::size_t>(inst.imm))].params.size() + 1;
        if (inst.op == Op::CallRuntime)
            return runtime_fn_info(static_cast<RuntimeFn>(inst.imm)).param_count();
        return std::nullopt;
    }

    std::vector<ValueId> body(Cursor& cursor, Inst& inst) {
        switch (inst.op) {
        case Op::ConstInt: inst.imm = cursor.number(); return {};
        case Op::ConstFloat: inst.imm = float_bits(cursor, inst.type); return {};
        case Op::Literal: inst.imm = cursor.index("literal"); return {};
        case Op::Table:
            fn_.tables.push_back(cursor.string());
            inst.imm = static_cast<std::int64_t>(fn_.tables.size() - 1);
            return {};
        case Op::Empty: inst.imm = cursor.index("desc"); return {};
        case Op::Unique:
        case Op::UniqueAt:
        case Op::ListNew:
        case Op::ListGrow: {
            std::vector<ValueId> operands = value_list(cursor);
            cursor.expect(",");
            inst.imm = cursor.index("desc");
            if (inst.op == Op::ListGrow && cursor.accept("room")) inst.aux = static_cast<std::uint32_t>(cursor.number() - 1);
            return operands;
        }
        case Op::BoxNew: inst.imm = cursor.index("desc"); return value_list(cursor);
        case Op::CallClosure:
            inst.imm = cursor.index("sig");
            if (!module_.signatures.contains(SigId(static_cast<std::size_t>(inst.imm))))
                cursor.fail("unknown signature");
            return value_list(cursor);
        case Op::ElemAddr: {
            std::vector<ValueId> operands = value_list(cursor);
            cursor.expect("*");
            inst.imm = cursor.number();
            return operands;
        }
        case Op::Load: {
            ValueId base, index;
            memory(cursor, inst, base, index);
            return index.is_valid() ? std::vector{base, index} : std::vector{base};
        }
        case Op::Store: {
            ValueId base, index;
            memory(cursor, inst, base, index);
            cursor.expect(",");
            ValueId stored = value(cursor);
            return index.is_valid() ? std::vector{base, stored, index} : std::vector{base, stored};
        }
        case Op::Call: {
            auto it = labels_.find(parse_label(cursor));
            if (it == labels_.end()) cursor.fail("unknown function");
            inst.imm = it->second.index();
            return value_list(cursor);
        }
        case Op::CallRuntime: {
            RuntimeFn callee{};
            if (!find_runtime_fn(cursor.word(), callee)) cursor.fail("unknown runtime function");
            inst.imm = static_cast<std::int64_t>(callee);
            return value_list(cursor);
        }
        case Op::CallHost:
            inst.imm = cursor.index("host");
            if (!module_.host_fns.contains(HostFnId(static_cast<std::size_t>(inst.imm))))
                cursor.fail("unknown host function");
            return value_list(cursor);
        case Op::Lanes: {
            std::vector<ValueId> operands = value_list(cursor);
            inst.imm = static_cast<std::int64_t>(operands.size());
            cursor.expect("to");
            const std::vector<ValueId> others = value_list(cursor);
            if (operands.empty() || others.empty()) cursor.fail("expected values in front of and behind `to`");
            operands.insert(operands.end(), others.begin(), others.end());
            return operands;
        }
        case Op::TrapIf:
        case Op::Trap: inst.imm = trap_code(cursor); return value_list(cursor);
        case Op::Poll: {
            inst.aux = cursor.accept("inlined") ? 1 : cursor.accept("unpaid") ? 2 : 0;
            std::vector<ValueId> rounds = value_list(cursor);
            if (!rounds.empty()) inst.imm = cursor.accept("times") ? cursor.number() : 1;
            return rounds;
        }
#define PLAIN(name) case Op::name:
            TN_PLAIN_OPS(PLAIN)
#undef PLAIN
            return value_list(cursor);
        }
        return {};
    }

    static std::int64_t trap_code(Cursor& cursor) {
        std::string name = cursor.word();
#define TRAP(row, status, text)                                                                              \
    if (name == #row) return status;
#include "builtins/trap.def"
        cursor.fail("unknown trap `" + name + "`");
    }

    Module& module_;
    const Labels& labels_;
    Function& fn_;
    Builder builder_;
    std::unordered_map<std::uint32_t, ValueId> values_;
    std::unordered_map<std::uint32_t, BlockId> blocks_;
    std::unordered_map<std::uint32_t, std::uint32_t> first_use_; // number to line
};

} // namespace

void parse_function(Module& module, const Labels& labels, FuncId id, std::vector<Cursor> lines) {
    FunctionParser(module, labels, module.functions[id]).parse(std::move(lines));
}

} // namespace tn::ir
