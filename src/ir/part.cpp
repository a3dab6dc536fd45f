// Which functions lead to which, and a module that has only some of them.
#include "ir/module.h"

#include <algorithm>

namespace tn::ir {

FuncId callee_of(const Module& module, const Inst& inst) {
    if (inst.op == Op::Call) return FuncId(static_cast<std::size_t>(inst.imm));
    if (inst.op == Op::BoxNew || inst.op == Op::Empty)
        return module.descs[DescId(static_cast<std::size_t>(inst.imm))].func;
    return FuncId();
}

Function without_code(const Function& fn) {
    Function empty;
    empty.name = fn.name;
    empty.sig = fn.sig;
    empty.removed = true;
    return empty;
}

namespace {

std::vector<bool> reached_from(const Module& module, std::vector<FuncId> work) {
    std::vector<bool> reached(module.functions.size(), false);
    std::erase_if(work, [](FuncId id) { return !id.is_valid(); });
    for (FuncId id : work) reached[id.index()] = true;
    while (!work.empty()) {
        const Function& fn = module.functions[work.back()];
        work.pop_back();
        for (const Block& block : fn.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts) {
                const FuncId callee = callee_of(module, fn.insts[id]);
                if (!callee.is_valid() || reached[callee.index()]) continue;
                reached[callee.index()] = true;
                work.push_back(callee);
            }
        }
    }
    return reached;
}

// What runs without being called by name: what C calls, and function values that variables start with.
void add_hidden(const Module& module, std::vector<FuncId>& roots) {
    for (const HostFn& host : module.host_fns)
        roots.insert(roots.end(), host.callbacks.begin(), host.callbacks.end());
    for (const InstanceRef& ref : module.instance_refs)
        if (ref.desc.is_valid()) roots.push_back(module.descs[ref.desc].func);
}

} // namespace

std::vector<bool> reached_functions(const Module& module) {
    std::vector<FuncId> roots;
    for (const Export& e : module.exports) roots.push_back(e.func);
    for (const TestCase& test : module.tests) roots.push_back(test.func);
    for (const KeyImpl& key : module.key_impls) roots.insert(roots.end(), {key.hash, key.equal});
    if (module.init.is_valid()) roots.push_back(module.init);
    std::erase_if(roots, [](FuncId id) { return !id.is_valid(); });
    if (roots.empty()) return std::vector<bool>(module.functions.size(), true);
    add_hidden(module, roots);
    return reached_from(module, std::move(roots));
}

Module take_part(const Module& whole, std::span<const FuncId> roots) {
    Module part;
    static_cast<ModuleTables&>(part) = whole;
    const auto is_root = [&](FuncId id) { return std::ranges::find(roots, id) != roots.end(); };
    std::erase_if(part.exports, [&](const Export& e) { return !is_root(e.func); });
    std::erase_if(part.tests, [&](const TestCase& test) { return !is_root(test.func); });
    std::erase_if(part.key_impls,
                  [&](const KeyImpl& key) { return !is_root(key.hash) && !is_root(key.equal); });
    if (!is_root(part.init)) part.init = FuncId();
    std::vector<FuncId> work(roots.begin(), roots.end());
    for (const KeyImpl& key : part.key_impls) work.insert(work.end(), {key.hash, key.equal});
    add_hidden(whole, work);
    const std::vector<bool> reached = reached_from(whole, std::move(work));
    for (std::uint32_t f = 0; f < whole.functions.size(); ++f) {
        const Function& fn = whole.functions[FuncId(f)];
        part.functions.push_back(reached[f] ? fn : without_code(fn));
    }
    return part;
}

} // namespace tn::ir
