#include "opt/memory.h"

#include "ir/builder.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <cstring>

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

bool are_fields_apart(const Function& fn, const Inst& a, const Function& other, const Inst& b) {
    struct Leaf {
        std::int64_t stride = 0, begin = 0, end = 0;
    };
    const auto leaf_of = [](const Function& in, const Inst& inst) -> Leaf {
        const auto operands = in.operands_of(inst);
        const bool stores = inst.op == Op::Store;
        const Inst* address = find_def(in, operands[0]);
        if (operands.size() != (stores ? 2 : 1) || !address || address->op != Op::ElemAddr) return {};
        const Inst* data = find_def(in, in.operands_of(*address)[0]);
        if (!data || data->op != Op::SeqData) return {};
        const Scalar type = stores ? in.values[operands[1]].type : inst.type;
        const Leaf leaf{address->imm, inst.imm, inst.imm + static_cast<std::int64_t>(scalar_size(type))};
        return leaf.begin >= 0 && leaf.end <= leaf.stride ? leaf : Leaf();
    };
    const Leaf x = leaf_of(fn, a), y = leaf_of(other, b);
    return x.stride != 0 && x.stride == y.stride && (x.end <= y.begin || y.end <= x.begin);
}

ValueId find_object(const Function& fn, ValueId address) {
    const Inst* def = find_def(fn, address);
    while (def && def->op == Op::ElemAddr) def = find_def(fn, fn.operands_of(*def)[0]);
    return def && (def->op == Op::SeqData || def->op == Op::BoxData) ? fn.operands_of(*def)[0] : ValueId();
}

bool read_table(const std::string& table, std::int64_t place, Scalar type, std::int64_t& out) {
    const std::size_t size = scalar_size(type);
    if (place < 0 || table.size() < size || static_cast<std::size_t>(place) > table.size() - size) return false;
    out = 0;
    std::memcpy(&out, table.data() + place, size);
    const std::size_t above = 64 - 8 * size;
    if (is_integer(type) && is_signed(type)) out = static_cast<std::int64_t>(static_cast<std::uint64_t>(out) << above) >> above;
    return true;
}

ReadOnly::ReadOnly(const Function& fn) : is_written_(fn.values.size(), false) {
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            const Inst& inst = fn.insts[id];
            const bool takes = inst.op == Op::Load && (inst.flags & Takes);
            auto note = [&](ValueId address) {
                const ValueId object = find_object(fn, address);
                if (object.is_valid()) is_written_[object.index()] = true;
                else all_known_ = false;
            };
            if (inst.op == Op::Lanes) {
                all_known_ = false;
            } else if (const Fill fill = fill_of(fn, inst); fill.list.is_valid()) {
                fills_.push_back(fill);
            } else if (inst.op == Op::Store || inst.op == Op::UniqueAt || takes) {
                if (inst.aux != static_cast<std::uint32_t>(MemoryClass::Instance) || inst.op == Op::UniqueAt) note(fn.operands_of(inst)[0]);
            } else if (is_call(inst.op)) {
                for (ValueId operand : fn.operands_of(inst))
                    if (fn.values[operand].type == Scalar::Ptr) note(operand);
            }
        }
    }
    std::ranges::sort(fills_);
    for (std::size_t i = 1; i < fills_.size(); ++i)
        if (fills_[i - 1].list == fills_[i].list && fills_[i - 1].end > fills_[i].begin) is_written_[fills_[i].list.index()] = true;
    fills_.clear();
}

// A store of a new list's element, in the block that makes the list; of no list, if it is another instruction.
ReadOnly::Fill ReadOnly::fill_of(const Function& fn, const Inst& inst) {
    if (inst.op != Op::Store || inst.operands.count != 2) return {};
    const Inst* data = find_def(fn, fn.operands_of(inst)[0]);
    if (!data || data->op != Op::SeqData) return {};
    const ValueId list = fn.operands_of(*data)[0];
    const Inst* maker = find_def(fn, list);
    if (!maker || maker->op != Op::ListNew || maker->block != inst.block) return {};
    const auto size = static_cast<std::int64_t>(scalar_size(fn.values[fn.operands_of(inst)[1]].type));
    return {list, inst.imm, inst.imm + size};
}

bool ReadOnly::contains(const Function& fn, ValueId address) const {
    const Inst* def = find_def(fn, address);
    while (def && def->op == Op::ElemAddr) def = find_def(fn, fn.operands_of(*def)[0]);
    if (def && def->op == Op::Table) return true;
    const ValueId object = find_object(fn, address);
    if (!object.is_valid() || object.index() >= is_written_.size() || is_written_[object.index()]) return false;
    const Value& value = fn.values[object];
    if (value.ownership == Ownership::Owned) return all_known_;
    return !value.inst.is_valid() && value.block == fn.entry(); // lent by the caller for the whole call
}

} // namespace tn::opt
