// Functions and instructions as text; the tables are in print_tables.cpp. parse_fn.cpp is the mirror image.
#include "ir/print.h"

#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "ir/text.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace tn::ir {

namespace {

std::string float_text(Scalar type, std::int64_t bits) {
    auto finish = [&](auto value, auto raw) {
        return std::isnan(value) ? fmt::format("nan:{:x}", raw) : fmt::format("{}", value);
    };
    if (type == Scalar::F32) {
        auto raw = static_cast<std::uint32_t>(bits);
        return finish(std::bit_cast<float>(raw), raw);
    }
    return finish(std::bit_cast<double>(bits), static_cast<std::uint64_t>(bits));
}

class FunctionPrinter {
public:
    FunctionPrinter(const Module& module, const Function& fn, bool raw_ids) : module_(module), fn_(fn) {
        if (raw_ids) return;
        renamed_ = true;
        std::uint32_t next_value = 0, next_block = 0;
        value_names_.assign(fn.values.size(), Id<ValueId>::invalid);
        block_names_.assign(fn.blocks.size(), Id<BlockId>::invalid);
        for (std::size_t i = 0; i < fn.blocks.size(); ++i) {
            const Block& block = fn.blocks[BlockId(i)];
            if (block.removed) continue;
            block_names_[i] = next_block++;
            for (ValueId param : block.params) value_names_[param.index()] = next_value++;
            for (InstId id : block.insts) {
                const Inst& inst = fn.insts[id];
                for (unsigned r = 0; r < inst.result_count; ++r) {
                    value_names_[inst.first_result.index() + r] = next_value++;
                }
            }
        }
    }

    std::string print_function() {
        std::string header = "fn " + function_label(module_, fn_) + "(";
        const auto& params = fn_.blocks.empty() ? no_params_ : fn_.blocks[fn_.entry()].params;
        for (std::size_t i = 0; i < fn_.sig.params.size(); ++i) {
            if (i) header += ", ";
            if (i < params.size()) header += value(params[i]) + ": ";
            header += param_text(fn_.sig.params[i]);
        }
        header += ")" + results_text(fn_.sig);
        out_ = header + " {\n";
        for (std::size_t i = 0; i < fn_.blocks.size(); ++i) {
            if (!fn_.blocks[BlockId(i)].removed) print_block(BlockId(i));
        }
        return out_ + "}\n";
    }

    std::string print_inst(const Inst& inst) {
        std::string text;
        for (unsigned i = 0; i < inst.result_count; ++i) {
            text += (i ? ", " : "") + value(ValueId(inst.first_result.index() + i));
        }
        if (inst.result_count) text += " = ";
        const OpInfo& info = op_info(inst.op);
        text += info.text;
        bool shows_type = info.results == ResultRule::One ||
                          (info.results == ResultRule::None && inst.type != Scalar::Void);
        if (shows_type) text += "." + std::string(scalar_text(inst.type));
        if (inst.op == Op::ICmp || inst.op == Op::FCmp) text += "." + std::string(cond_text(Cond(inst.aux)));
        std::string body = inst_body(inst);
        if (!body.empty()) text += " " + body;
        const char* separator = body.empty() ? " " : ", ";
        for (const Target& t : fn_.targets_of(inst)) {
            text += separator + block_name(t.block);
            if (t.args.count) text += "(" + value_list(fn_.args_of(t)) + ")";
            separator = ", ";
        }
        for (const FlagText& flag : flag_texts) {
            if (inst.flags & flag.flag) text += " " + std::string(flag.text);
        }
        return text;
    }

private:
    std::string value(ValueId id) const {
        if (!id.is_valid()) return "v?";
        if (!renamed_) return "v" + std::to_string(id.index());
        std::uint32_t name = id.index() < value_names_.size() ? value_names_[id.index()] : id.invalid;
        return name == id.invalid ? "v?" + std::to_string(id.index()) : "v" + std::to_string(name);
    }
    std::string block_name(BlockId id) const {
        if (!renamed_ || !id.is_valid()) return "b" + std::to_string(id.index());
        std::uint32_t name = id.index() < block_names_.size() ? block_names_[id.index()] : id.invalid;
        return name == id.invalid ? "b?" + std::to_string(id.index()) : "b" + std::to_string(name);
    }
    std::string value_list(std::span<const ValueId> values) const {
        std::string text;
        for (ValueId v : values) text += (text.empty() ? "" : ", ") + value(v);
        return text;
    }

    void print_block(BlockId id) {
        const Block& block = fn_.blocks[id];
        out_ += block_name(id);
        if (!block.params.empty()) {
            out_ += "(";
            for (std::size_t i = 0; i < block.params.size(); ++i) {
                const Value& v = fn_.values[block.params[i]];
                out_ += (i ? ", " : "") + value(block.params[i]) + ": " +
                        param_text({v.type, v.ownership, false});
            }
            out_ += ")";
        }
        out_ += block.cold ? " cold:\n" : ":\n";
        for (InstId inst_id : block.insts) {
            const Inst& inst = fn_.insts[inst_id];
            out_ += "    " + print_inst(inst);
            if (inst.loc.is_valid()) out_ += " @loc" + std::to_string(inst.loc.index());
            out_ += "\n";
        }
    }

    std::string memory_text(const Inst& inst, unsigned base, int index) const {
        auto operands = fn_.operands_of(inst);
        std::string text = std::string(memory_class_text(MemoryClass(inst.aux))) + " ";
        text += (base < operands.size() ? value(operands[base]) : "v?") + " + " + std::to_string(inst.imm);
        if (index > 0 && static_cast<std::size_t>(index) < operands.size()) {
            text +=
                " + " + value(operands[static_cast<std::size_t>(index)]) + " * " + std::to_string(inst.scale);
        }
        return text;
    }

    // What stands between the op and its targets: immediates in the spelling of the op, and operands.
    std::string inst_body(const Inst& inst) const {
        auto operands = fn_.operands_of(inst);
        std::string list = value_list(operands);
        auto led_by = [&](std::string what) { return list.empty() ? what : what + " " + list; };
        auto followed_by = [&](std::string what) { return list.empty() ? what : list + ", " + what; };
        std::string number = std::to_string(inst.imm);
        switch (inst.op) {
        case Op::ConstInt:
            return inst.type == Scalar::U64 ? std::to_string(static_cast<std::uint64_t>(inst.imm)) : number;
        case Op::ConstFloat: return float_text(inst.type, inst.imm);
        case Op::Literal: return "literal" + number;
        case Op::Table: {
            const auto table = static_cast<std::size_t>(inst.imm);
            return table < fn_.tables.size() ? quoted(fn_.tables[table]) : "?" + number;
        }
        case Op::Empty:
        case Op::Unique:
        case Op::UniqueAt:
        case Op::ListNew: return followed_by("desc" + number);
        case Op::ListGrow:
            return followed_by("desc" + number + (inst.aux ? " room " + std::to_string(inst.aux + 1) : std::string()));
        case Op::BoxNew: return led_by("desc" + number);
        case Op::CallClosure: return led_by("sig" + number);
        case Op::ElemAddr: return list + " * " + number;
        case Op::Load: return memory_text(inst, 0, 1);
        case Op::Store:
            return memory_text(inst, 0, 2) + ", " + (operands.size() > 1 ? value(operands[1]) : "v?");
        case Op::Call: {
            FuncId callee(static_cast<std::size_t>(inst.imm));
            return led_by(module_.functions.contains(callee)
                              ? function_label(module_, module_.functions[callee])
                              : "@?" + number);
        }
        case Op::CallRuntime: {
            bool known = inst.imm >= 0 && inst.imm < static_cast<std::int64_t>(runtime_fn_count);
            return led_by(known ? std::string(runtime_fn_info(RuntimeFn(inst.imm)).name) : "?" + number);
        }
        case Op::CallHost: return led_by("host" + number);
        case Op::Lanes: {
            const auto starts = static_cast<std::size_t>(inst.imm);
            if (starts > operands.size()) return list;
            return value_list(operands.first(starts)) + " to " + value_list(operands.subspan(starts));
        }
        case Op::TrapIf:
        case Op::Trap: {
            std::string_view name = trap_name(TrapCode(inst.imm));
            return led_by(name.empty() ? "?" + number : std::string(name));
        }
        case Op::Poll: {
            const std::string rounds = inst.imm > 1 ? list + " times " + number : list;
            if (inst.aux == 2) return "unpaid";
            return !inst.aux ? rounds : list.empty() ? "inlined" : "inlined " + rounds;
        }
#define PLAIN(name) case Op::name:
            TN_PLAIN_OPS(PLAIN)
#undef PLAIN
            return list;
        }
        return list;
    }

    const Module& module_;
    const Function& fn_;
    bool renamed_ = false;
    std::vector<std::uint32_t> value_names_, block_names_;
    std::vector<ValueId> no_params_;
    std::string out_;
};

} // namespace

std::string function_label(const Module& module, const Function& fn) {
    bool simple = !fn.name.empty();
    for (char c : fn.name) {
        simple = simple && (c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                            (c >= 'A' && c <= 'Z'));
    }
    std::string label = "@" + (simple ? fn.name : quoted(fn.name));
    std::size_t same = 0, index = module.functions.size();
    for (std::size_t i = 0; i < module.functions.size(); ++i) {
        const Function& other = module.functions[FuncId(i)];
        if (&other == &fn) index = i;
        if (other.name == fn.name) ++same;
    }
    if (same > 1 && index < module.functions.size()) label += "#" + std::to_string(index);
    return label;
}

std::string param_text(const Param& param) {
    return std::string(param.ownership == Ownership::Owned ? "owned " : "") +
           (param.nullable ? "nullable " : "") + std::string(scalar_text(param.type));
}

std::string results_text(const Signature& signature) {
    std::string text;
    auto nullable = signature.nullable_results.begin();
    for (std::size_t i = 0; i < signature.results.size(); ++i) {
        text += text.empty() ? " -> " : ", ";
        if (nullable != signature.nullable_results.end() && *nullable == i) {
            text += "nullable ";
            ++nullable;
        }
        text += scalar_text(signature.results[i]);
    }
    return text;
}

std::string signature_text(const Signature& signature) {
    std::string text = "(";
    for (std::size_t p = 0; p < signature.params.size(); ++p) {
        text += (p ? ", " : "") + param_text(signature.params[p]);
    }
    return text + ")" + results_text(signature);
}

std::string quoted(std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte >= 0x7f) {
            out += "\\x";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string print(const Module& module, const Function& fn, bool raw_ids) {
    return FunctionPrinter(module, fn, raw_ids).print_function();
}

std::string print_inst(const Module& module, const Function& fn, InstId inst) {
    return FunctionPrinter(module, fn, true).print_inst(fn.insts[inst]);
}

std::string print(const Module& module) {
    std::string out = print_tables(module);
    for (const Function& fn : module.functions) {
        if (fn.removed) continue;
        out += "\n";
        out += print(module, fn);
    }
    return out;
}

} // namespace tn::ir
