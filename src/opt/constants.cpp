// Constants of the script: what `init` stores into a `const` as a literal is known everywhere, since
// nothing else ever writes there and no other code runs before `init`'s store.
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

} // namespace

void find_constants(Module& module) {
    module.known_constants.clear();
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
            if (inst.operands.count == 2 && value && is_const(offset))
                module.known_constants[offset] = value->imm;
        }
    }
    // One of several stores (a branch in an initializer) decides nothing.
    std::erase_if(module.known_constants, [&](const auto& entry) { return stores[entry.first] != 1; });
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
