// For measuring what checks cost, in builds made with -DTN_UNCHECKED=ON and in no other: arithmetic wraps, nothing is
// tested for bounds, shifts take any amount. Divisions keep their tests, which the processor would make otherwise.
#ifdef TN_UNCHECKED
#include "opt/unchecked.h"

#include "ir/uses.h"

namespace tn::opt {

using namespace ir;

void drop_checks(Function& fn) {
    std::vector<bool> dead(fn.insts.size(), false);
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            Inst& inst = fn.insts[id];
            switch (inst.op) {
            case Op::Add: inst.op = Op::WrapAdd; break;
            case Op::Sub: inst.op = Op::WrapSub; break;
            case Op::Mul: inst.op = Op::WrapMul; break;
            case Op::Neg:
            case Op::Shl:
            case Op::Shr: inst.flags |= NoTrap; break;
            case Op::Bounds: dead[id.index()] = true; break;
            case Op::Poll: dead[id.index()] = inst.aux != 1; break;
            default: break;
            }
        }
    }
    remove_insts(fn, dead);
}

} // namespace tn::opt
#endif
