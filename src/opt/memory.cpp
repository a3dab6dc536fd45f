#include "opt/memory.h"

#include "ir/builder.h"
#include "opt/rewrite.h"

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

bool are_fields_apart(const Function& fn, const Inst& a, const Inst& b) {
    struct Leaf {
        std::int64_t stride = 0, begin = 0, end = 0;
    };
    const auto leaf_of = [&](const Inst& inst) -> Leaf {
        const auto operands = fn.operands_of(inst);
        const bool stores = inst.op == Op::Store;
        const Inst* address = find_def(fn, operands[0]);
        if (operands.size() != (stores ? 2 : 1) || !address || address->op != Op::ElemAddr) return {};
        const Inst* data = find_def(fn, fn.operands_of(*address)[0]);
        if (!data || data->op != Op::SeqData) return {};
        const Scalar type = stores ? fn.values[operands[1]].type : inst.type;
        const Leaf leaf{address->imm, inst.imm, inst.imm + static_cast<std::int64_t>(scalar_size(type))};
        return leaf.begin >= 0 && leaf.end <= leaf.stride ? leaf : Leaf();
    };
    const Leaf x = leaf_of(a), y = leaf_of(b);
    return x.stride != 0 && x.stride == y.stride && (x.end <= y.begin || y.end <= x.begin);
}

} // namespace tn::opt
