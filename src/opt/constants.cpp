// Constants of the script: what `init` stores into a `const` as a literal is known everywhere, since
// nothing else ever writes there and no other code runs before `init`'s store. So are the length and the numbers of a
// list of literals, which simplify puts where they are read.
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <utility>

namespace tn::opt {

using namespace ir;

namespace {

// True if operand 0 is the instance data itself, so that imm is an offset in it.
bool is_instance_access(const Function& fn, const Inst& inst) {
    if (inst.aux != static_cast<std::uint32_t>(MemoryClass::Instance)) return false;
    const Inst* base = find_def(fn, fn.operands_of(inst)[0]);
    return base && base->op == Op::InstanceData;
}

// The instruction that says what a stored value is, if that is a number or a text.
const Inst* find_literal(const Function& fn, ValueId value) {
    const Inst* def = find_def(fn, value);
    if (def && def->op == Op::Retain) {
        def = find_def(fn, fn.operands_of(*def)[0]);
        return def && def->op == Op::Literal ? def : nullptr;
    }
    return def && (def->op == Op::ConstInt || def->op == Op::ConstFloat) ? def : nullptr;
}

constexpr std::int64_t max_length = 1024; // of a list whose numbers are known

// The numbers of a list that `init` has just made, if it stores nothing else there.
bool find_list(const Function& init, ValueId value, Module::KnownList& known) {
    const Inst* set = find_def(init, value);
    const Inst* made = set && set->op == Op::SeqSetLen ? find_def(init, init.operands_of(*set)[0]) : nullptr;
    if (!made || made->op != Op::ListNew || !find_const(init, init.operands_of(*set)[1], known.length) || known.length > max_length)
        return false;
    const ValueId list = init.operands_of(*set)[0];
    const auto is_data = [&](ValueId v) {
        const Inst* data = find_def(init, v);
        return data && data->op == Op::SeqData && (init.operands_of(*data)[0] == list || init.operands_of(*data)[0] == value);
    };
    for (const Block& block : init.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            const Inst& inst = init.insts[id];
            for (std::uint32_t i = 0; i < inst.operands.count; ++i) {
                const ValueId v = init.operands_of(inst)[i];
                if (v == list && inst.op != Op::SeqData && inst.op != Op::SeqSetLen) return false;
                if (v == value && inst.op != Op::SeqData && inst.op != Op::Store) return false;
                if (!is_data(v)) continue;
                const Inst* number = inst.op == Op::Store && i == 0 && inst.operands.count == 2 ? find_def(init, init.operands_of(inst)[1]) : nullptr;
                if (!number || (number->op != Op::ConstInt && number->op != Op::ConstFloat)) return false;
                if (!known.elements.empty() && known.type != number->type) return false; // a record's
                known.type = number->type;
                if (!known.elements.try_emplace(inst.imm, number->imm).second) return false;
            }
            for (const Target& target : init.targets_of(inst))
                for (ValueId v : init.args_of(target))
                    if (v == list || v == value || is_data(v)) return false;
        }
    }
    return !known.elements.empty();
}

} // namespace

const Module::KnownList* find_known_list(const Module& module, const Function& fn, ValueId list) {
    if (module.known_lists.empty()) return nullptr;
    const Inst* load = find_def(fn, list);
    if (!load || load->op != Op::Load || load->flags & Takes || load->operands.count != 1 || !is_instance_access(fn, *load)) return nullptr;
    const auto it = module.known_lists.find(static_cast<std::uint32_t>(load->imm));
    return it == module.known_lists.end() ? nullptr : &it->second;
}

void find_constants(Module& module) {
    module.known_constants.clear();
    module.known_lists.clear();
    if (!module.init.is_valid()) return;
    Function& init = module.functions[module.init];
    // Sums and products of other constants become literals.
    simplify(module, init);
    gvn(module, init);
    simplify(module, init);

    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges; // of consts in the instance data
    for (const GlobalVar& global : module.globals)
        if (global.is_const) ranges.emplace_back(global.offset, global.offset + module.layouts->get(global.type).size);
    std::ranges::sort(ranges);
    auto is_const = [&](std::uint32_t offset) {
        auto it = std::ranges::upper_bound(ranges, std::pair(offset, ~std::uint32_t(0)));
        return it != ranges.begin() && offset < std::prev(it)->second;
    };
    std::unordered_map<std::uint32_t, unsigned> stores;
    for (const Block& block : init.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            const Inst& inst = init.insts[id];
            if (inst.op != Op::Store || !is_instance_access(init, inst)) continue;
            const std::uint32_t offset = static_cast<std::uint32_t>(inst.imm);
            ++stores[offset];
            const Inst* value = find_literal(init, init.operands_of(inst)[1]);
            if (inst.operands.count != 2 || !is_const(offset)) continue;
            if (value) module.known_constants[offset] = value->imm;
            else if (Module::KnownList known; find_list(init, init.operands_of(inst)[1], known)) module.known_lists[offset] = std::move(known);
        }
    }
    // One of several stores (a branch in an initializer) decides nothing.
    const auto is_undecided = [&](const auto& entry) { return stores[entry.first] != 1; };
    std::erase_if(module.known_constants, is_undecided);
    std::erase_if(module.known_lists, is_undecided);
}

bool constants(Module& module, Function& fn) {
    if (module.known_constants.empty()) return false;
    if (module.init.is_valid() && &fn == &module.functions[module.init]) return false;
    bool changed = false;
    for (Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            Inst& inst = fn.insts[id];
            if (inst.op != Op::Load || inst.flags & Takes || inst.operands.count != 1 || !is_instance_access(fn, inst)) continue;
            const auto it = module.known_constants.find(static_cast<std::uint32_t>(inst.imm));
            if (it == module.known_constants.end()) continue;
            inst.op = inst.type == Scalar::Ref ? Op::Literal : is_float(inst.type) ? Op::ConstFloat : Op::ConstInt;
            inst.imm = it->second;
            inst.flags = 0;
            inst.operands.count = 0;
            inst.aux = 0;
            inst.scale = 1;
            changed = true;
        }
    }
    return changed;
}

} // namespace tn::opt
