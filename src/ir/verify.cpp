// Structure, dominance and the module's tables; shapes and ownership are in files of their own.
#include "ir/verify.h"

#include "ir/print.h"
#include "ir/verify_impl.h"
#include "support/ice.h"

namespace tn::ir {

namespace {
// A broken function is not described at any length.
constexpr std::size_t max_messages = 50;

bool in_pool(Range32 range, std::size_t size) {
    return range.first <= size && range.count <= size - range.first;
}
} // namespace

bool verify_structure(const Function& fn, std::size_t loc_count, const Report& report) {
    bool ok = true;
    // `text`, or what makes one: a text that is not needed costs nothing.
    auto want = [&](bool condition, BlockId block, InstId inst, auto&& text) {
        if (condition) return;
        if constexpr (std::is_invocable_v<decltype(text)>) {
            report(block, inst, text());
        } else {
            report(block, inst, text);
        }
        ok = false;
    };
    if (fn.blocks.empty() || fn.blocks[fn.entry()].removed) {
        report(BlockId(), InstId(), "no entry block");
        return false;
    }
    std::vector<bool> placed(fn.insts.size(), false);
    std::vector<bool> defined(fn.values.size(), false);
    auto define = [&](ValueId value, BlockId block, InstId inst) {
        if (!fn.values.contains(value)) {
            want(false, block, InstId(), "definition of a value that does not exist");
            return false;
        }
        want(!defined[value.index()], block, inst,
             [&] { return "v" + std::to_string(value.index()) + " is defined twice"; });
        defined[value.index()] = true;
        return true;
    };
    for (std::size_t b = 0; b < fn.blocks.size(); ++b) {
        BlockId block(b);
        if (fn.blocks[block].removed) continue;
        const auto& params = fn.blocks[block].params;
        for (std::size_t i = 0; i < params.size(); ++i) {
            if (!define(params[i], block, InstId())) continue;
            auto parameter = [i](const char* text) {
                return [i, text] { return "parameter " + std::to_string(i) + text; };
            };
            const Value& value = fn.values[params[i]];
            bool names_it = value.block == block && value.index == i && !value.inst.is_valid();
            want(names_it, block, InstId(), parameter(" does not know its block"));
            bool owned_ref = value.ownership == Ownership::Borrowed || value.type == Scalar::Ref;
            want(owned_ref, block, InstId(), parameter(" is owned but no reference"));
            want(value.type != Scalar::Void, block, InstId(),
                 parameter(" has no type"));
        }
        const auto& insts = fn.blocks[block].insts;
        want(!insts.empty(), block, InstId(), "block without an end");
        for (std::size_t i = 0; i < insts.size(); ++i) {
            InstId id = insts[i];
            if (!fn.insts.contains(id)) {
                want(false, block, InstId(), "instruction that does not exist");
                continue;
            }
            const Inst& inst = fn.insts[id];
            if (static_cast<unsigned>(inst.op) >= op_count || !in_pool(inst.operands, fn.operands.size()) ||
                inst.first_target > fn.targets.size() ||
                inst.target_count > fn.targets.size() - inst.first_target) {
                want(false, block, InstId(), "instruction out of range");
                continue;
            }
            bool pools_ok = true;
            auto check_value = [&](ValueId value) { pools_ok = pools_ok && fn.values.contains(value); };
            for (ValueId value : fn.operands_of(inst)) check_value(value);
            for (const Target& t : fn.targets_of(inst)) {
                pools_ok = pools_ok && fn.blocks.contains(t.block) && in_pool(t.args, fn.operands.size());
                if (!pools_ok) break;
                for (ValueId value : fn.args_of(t)) check_value(value);
                want(!fn.blocks[t.block].removed, block, id, "jumps to a removed block");
                want(t.block != fn.entry(), block, id, "jumps to the entry block");
            }
            if (!pools_ok) {
                want(false, block, InstId(), "instruction with an operand or target that does not exist");
                continue;
            }
            want(!placed[id.index()], block, id, "instruction stands twice");
            placed[id.index()] = true;
            want(inst.block == block, block, id, "instruction does not know its block");
            bool ends = (op_info(inst.op).effects & Ends) != 0;
            want(ends == (i + 1 == insts.size()), block, id,
                 ends ? "ends the block before its last instruction" : "block without an end");
            want(!inst.loc.is_valid() || inst.loc.index() < loc_count, block, id,
                 "no such source position");
            for (unsigned r = 0; r < inst.result_count; ++r) {
                ValueId value(inst.first_result.index() + std::size_t(r));
                if (!define(value, block, id)) continue;
                const Value& v = fn.values[value];
                want(v.inst == id && v.index == r && !v.block.is_valid(), block, id,
                     "result does not know its instruction");
            }
        }
    }
    const auto& params = fn.blocks[fn.entry()].params;
    if (params.size() != fn.sig.params.size()) {
        want(false, fn.entry(), InstId(), "parameters do not match the signature");
    } else if (ok) {
        for (std::size_t i = 0; i < params.size(); ++i) {
            const Value& v = fn.values[params[i]];
            bool same = v.type == fn.sig.params[i].type && v.ownership == fn.sig.params[i].ownership;
            want(same, fn.entry(), InstId(),
                 [i] { return "parameter " + std::to_string(i) + " does not match the signature"; });
        }
    }
    return ok;
}

void verify_dominance(const Function& fn, const Cfg& cfg, const Report& report) {
    std::vector<std::uint32_t> position(fn.insts.size(), 0);
    for (const Block& block : fn.blocks) {
        for (std::uint32_t i = 0; i < block.insts.size(); ++i) position[block.insts[i].index()] = i;
    }
    for (BlockId block : cfg.order()) {
        for (InstId id : fn.blocks[block].insts) {
            auto check = [&](ValueId use) {
                const Value& value = fn.values[use];
                BlockId at = value.inst.is_valid() ? fn.insts[value.inst].block : value.block;
                auto fail = [&](const char* text) { report(block, id, "v" + std::to_string(use.index()) + text); };
                if (!at.is_valid()) return fail(" is used but was removed");
                if (fn.blocks[at].removed) return fail(" is used but its block was removed");
                bool before = !value.inst.is_valid() || at != block ||
                              position[value.inst.index()] < position[id.index()];
                if (!cfg.dominates(at, block) || !before)
                    fail(" is used where it may not be defined");
            };
            const Inst& inst = fn.insts[id];
            for (ValueId value : fn.operands_of(inst)) check(value);
            for (const Target& t : fn.targets_of(inst)) {
                for (ValueId value : fn.args_of(t)) check(value);
            }
        }
    }
}

std::vector<std::string> verify(const Module& module, const Function& fn, std::size_t more_locs) {
    std::vector<std::string> messages;
    Report report = [&](BlockId block, InstId inst, const std::string& text) {
        if (messages.size() >= max_messages) return;
        std::string message = "fn " + fn.name;
        if (block.is_valid()) message += ", b" + std::to_string(block.index());
        if (inst.is_valid()) message += ", `" + print_inst(module, fn, inst) + "`";
        messages.push_back(message + ": " + text);
    };
    if (!verify_structure(fn, module.locs.size() + more_locs, report)) return messages;
    verify_shapes(module, fn, report);
    if (!messages.empty()) return messages;
    Cfg cfg(fn);
    verify_dominance(fn, cfg, report);
    if (!messages.empty()) return messages;
    verify_ownership(module, fn, cfg, report);
    return messages;
}

std::vector<std::string> verify(const Module& module) {
    std::vector<std::string> messages;
    auto want = [&](bool condition, const std::string& text) {
        if (!condition && messages.size() < max_messages) messages.push_back("module: " + text);
    };
    want(module.literals.size() == module.literal_descs.size(), "literals without a description");
    for (DescId desc : module.literal_descs)
        want(desc.index() < 2 && module.descs.contains(desc), "literal of a wrong description");
    for (std::size_t i = 0; i < module.descs.size(); ++i) {
        const Desc& desc = module.descs[DescId(i)];
        bool fixed_place =
            (desc.kind == DescKind::String) == (i == 0) && (desc.kind == DescKind::Bytes) == (i == 1);
        want(fixed_place, "descriptions 0 and 1 must be String and Bytes");
        for (std::uint32_t ref : desc.refs)
            want(ref + 8 <= desc.stride && ref % 8 == 0, "reference outside its description");
        if (desc.kind != DescKind::Closure) continue;
        want(module.functions.contains(desc.func), "closure of no function");
        if (!module.functions.contains(desc.func)) continue;
        const auto& params = module.functions[desc.func].sig.params;
        want(!params.empty() && params[0] == Param{Scalar::Ref, Ownership::Borrowed},
             "a closure's function takes the closure first, borrowed");
    }
    for (const InstanceRef& ref : module.instance_refs) {
        want(ref.offset + 8 <= module.instance_data_size, "reference outside the instance data");
        want(!ref.desc.is_valid() || module.descs.contains(ref.desc), "reference to no description");
        if (!ref.desc.is_valid() || !module.descs.contains(ref.desc)) continue;
        const Desc& desc = module.descs[ref.desc];
        want(desc.kind != DescKind::Box && (desc.kind != DescKind::Closure || desc.stride == 0),
             "an instance variable starts as an object that has no empty form");
    }
    for (std::size_t i = 0; i < module.locs.size(); ++i) {
        const Loc& loc = module.locs[LocId(i)];
        want(loc.file < module.files.size() && loc.function < module.function_names.size(),
             "position in no file or function");
        // Chains end: whoever inlines adds the outer position first.
        want(!loc.inlined_at.is_valid() || loc.inlined_at.index() < i,
             "inlining chain that does not lead back");
    }
    auto is_plain = [&](FuncId id) {
        return module.functions.contains(id) && module.functions[id].sig.params.empty() &&
               module.functions[id].sig.results.empty();
    };
    for (const Export& e : module.exports)
        want(module.functions.contains(e.func), "export of no function: " + e.name);
    for (const TestCase& test : module.tests)
        want(is_plain(test.func), "test without its function: " + test.name);
    want(!module.init.is_valid() || is_plain(module.init), "init is not fn()");
    if (!messages.empty()) return messages;
    for (const Function& fn : module.functions) {
        if (fn.removed) continue;
        for (std::string& message : verify(module, fn)) messages.push_back(std::move(message));
    }
    return messages;
}

void verify_or_ice(const Module& module, std::string_view stage) {
    std::vector<std::string> messages = verify(module);
    if (messages.empty()) return;
    std::string text(stage);
    for (const std::string& message : messages) text += "\n" + message;
    TN_ICE(text);
}

} // namespace tn::ir
