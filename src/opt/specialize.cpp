// Functions that are too large to be inlined and call a closure they are given: a copy for each function that
// such a closure is known to run, in which it is called directly.
//
// In: a function whose own calls are as known as they get. Out: its calls go to copies, which are in the module
// already and still to be optimized. Copies are shared by all callers and bounded in number and size.
#include "opt/specialize.h"

#include "opt/origins.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_copies = 400;       // in a module
constexpr std::size_t max_copied = 100'000;   // instructions in all of them
constexpr std::size_t largest_copied = 5'000; // instructions of one function

} // namespace

bool Specializer::calls_param(FuncId id, std::size_t param) const {
    const auto it = called_.find(id.value);
    return it != called_.end() && it->second[param];
}

// Callees are noted before their callers, but for cycles: what only hands a closure round in one calls nothing.
void Specializer::note(FuncId id) {
    const Function& fn = module_.functions[id];
    std::vector<ValueId> called;
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId inst_id : block.insts) {
            const Inst& inst = fn.insts[inst_id];
            const auto operands = fn.operands_of(inst);
            if (inst.op == Op::CallClosure) called.push_back(operands[0]);
            if (inst.op != Op::Call) continue;
            for (std::size_t i = 0; i < operands.size(); ++i) {
                if (fn.values[operands[i]].type == Scalar::Ref && calls_param(FuncId(static_cast<std::size_t>(inst.imm)), i))
                    called.push_back(operands[i]);
            }
        }
    }
    if (called.empty()) return;
    std::vector<bool>& params = called_[id.value];
    params.assign(fn.sig.params.size(), false);
    const ParamSources sources(fn);
    for (ValueId value : called) sources.mark(value, params);
}

std::vector<FuncId> Specializer::run(FuncId id) {
    std::vector<FuncId> fresh;
    if (called_.empty() || !may_know_closures(id)) return fresh;
    const Origins origins(module_, module_.functions[id]);
    // By index: the functions move when one is added.
    for (std::uint32_t b = 0; b < module_.functions[id].blocks.size(); ++b) {
        const Block& block = module_.functions[id].blocks[BlockId(b)];
        if (block.removed) continue;
        const std::vector<InstId> insts = block.insts;
        for (InstId inst : insts) {
            if (module_.functions[id].insts[inst].op != Op::Call) continue;
            const FuncId copy = copy_for(id, inst, origins, fresh);
            if (copy.is_valid()) module_.functions[id].insts[inst].imm = copy.index();
        }
    }
    return fresh;
}

bool Specializer::may_know_closures(FuncId id) const {
    if (module_.known_closures.contains(id.value)) return true;
    const Function& fn = module_.functions[id];
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId inst_id : block.insts) {
            const Inst& inst = fn.insts[inst_id];
            if ((inst.op == Op::BoxNew || inst.op == Op::Empty) &&
                module_.descs[DescId(static_cast<std::size_t>(inst.imm))].kind == DescKind::Closure)
                return true;
        }
    }
    return false;
}

FuncId Specializer::copy_for(FuncId caller, InstId inst, const Origins& origins, std::vector<FuncId>& fresh) {
    const Function& fn = module_.functions[caller];
    const Inst& call = fn.insts[inst];
    const FuncId callee(static_cast<std::size_t>(call.imm));
    const auto operands = fn.operands_of(call);
    // What is known of the callee already stays known.
    if (!called_.contains(callee.value)) return FuncId();
    std::vector<FuncId> known(operands.size());
    if (auto it = module_.known_closures.find(callee.value); it != module_.known_closures.end()) known = it->second;
    bool better = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (known[i].is_valid() || fn.values[operands[i]].type != Scalar::Ref) continue;
        const FuncId runs = origins.of(operands[i]);
        // A closure's own function knows itself.
        if (!runs.is_valid() || runs == callee || !calls_param(callee, i)) continue;
        known[i] = runs;
        better = true;
    }
    if (!better) return FuncId();
    std::vector<std::uint32_t> key{callee.value};
    for (FuncId f : known) key.push_back(f.value);
    if (auto it = copies_.find(key); it != copies_.end()) return it->second;
    const std::size_t size = module_.functions[callee].insts.size();
    if (copies_.size() >= max_copies || size > largest_copied || copied_ + size > max_copied) return FuncId();
    copied_ += size;
    Function copy = module_.functions[callee];
    copy.with_calls.reset(); // knows less
    const FuncId id = module_.functions.push_back(std::move(copy));
    module_.known_closures[id.value] = std::move(known);
    copies_.emplace(std::move(key), id);
    fresh.push_back(id);
    return id;
}

} // namespace tn::opt
