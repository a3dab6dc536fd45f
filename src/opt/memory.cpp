#include "opt/memory.h"

#include "ir/builder.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

bool may_write(const Function& fn, const Inst& inst, std::uint32_t memory_class, Scalar type) {
    switch (inst.op) {
    case Op::Store: return inst.aux == memory_class && fn.values[fn.operands_of(inst)[1]].type == type;
    case Op::UniqueAt: return type == Scalar::Ref;
    case Op::Lanes: return memory_class == static_cast<std::uint32_t>(MemoryClass::Element);
    default: return is_call(inst.op) && (effects_of(inst) & Writes);
    }
}

bool are_apart(const Function& fn, const Inst& store, const Inst& load) {
    if (store.op != Op::Store || store.operands.count != 2 || load.operands.count != 1) return false;
    const Inst* a = find_def(fn, fn.operands_of(store)[0]);
    const Inst* b = find_def(fn, fn.operands_of(load)[0]);
    const auto is_record = [&](const Inst* address) {
        if (!address || address->op != Op::ElemAddr) return false;
        const Inst* data = find_def(fn, fn.operands_of(*address)[0]);
        return data && data->op == Op::SeqData;
    };
    if (!is_record(a) || !is_record(b) || a->imm != b->imm) return false;
    const auto end = [&](const Inst& inst, Scalar type) {
        return inst.imm + static_cast<std::int64_t>(scalar_size(type));
    };
    const std::int64_t store_end = end(store, fn.values[fn.operands_of(store)[1]].type),
                       load_end = end(load, load.type);
    if (std::min(store.imm, load.imm) < 0 || std::max(store_end, load_end) > a->imm) return false;
    return store_end <= load.imm || load_end <= store.imm;
}

} // namespace tn::opt
