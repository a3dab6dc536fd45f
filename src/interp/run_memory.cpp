// Memory, references and sequences. An access must lie inside the object that its address was made from,
// on leaves of the right kind; a write needs an object with one owner.
#include "interp/run.h"

#include "runtime/entry_points.h"

#include <algorithm>
#include <cstring>

namespace tn::interp {

using ir::Inst;
using ir::MemoryClass;
using ir::Op;

namespace {
constexpr int any_memory = -1;
}

Run::Region Run::region_of(const Cell& address, bool write) {
    if (!address.base) {
        std::uint8_t* data = instance_.data();
        return {data, data + module_.instance_data_size, &instance_refs_, module_.instance_data_size,
                MemoryClass::Instance};
    }
    check(objects_.is_alive(address.base, address.serial), "access to an object that was freed or renamed");
    const rt::ObjectDesc& desc = *address.base->desc;
    check(!write || address.base->count == 1, "write into a shared object");
    if (desc.is_box()) {
        std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(address.base));
        return {data, data + desc.stride, &desc.refs, desc.stride, MemoryClass::Box};
    }
    auto* seq = static_cast<rt::Seq*>(address.base);
    std::int64_t count = write ? seq->capacity : seq->length;
    if ((!write || count > 0) && desc.kind == rt::ObjectDesc::Kind::String) ++count; // the NUL behind it
    // rt::Program: a shared empty list is followed by a word, which map.tn reads.
    if (!write && count == 0 && seq->capacity == 0 && desc.stride == sizeof(std::uint64_t) && !desc.has_refs) count = 1;
    return {seq->data, seq->data + count * desc.stride, &desc.refs, desc.stride, MemoryClass::Element};
}

std::uint8_t* Run::place(const Cell& address, std::int64_t delta, Scalar type, bool write, int memory) {
    std::uint64_t at = address.slot.u + static_cast<std::uint64_t>(delta);
    if (!address.base && address.serial == host_memory) return reinterpret_cast<std::uint8_t*>(at);
    Region region = region_of(address, write);
    check(memory == any_memory || static_cast<int>(region.memory) == memory,
          "access by another memory class");
    auto begin = reinterpret_cast<std::uintptr_t>(region.begin),
         end = reinterpret_cast<std::uintptr_t>(region.end);
    unsigned size = scalar_size(type);
    check(at >= begin && at <= end && size <= end - at, "access outside the object");
    auto offset = static_cast<std::uint32_t>((at - begin) % region.stride);
    bool is_ref_leaf = std::find(region.refs->begin(), region.refs->end(), offset) != region.refs->end();
    check(is_ref_leaf == (type == Scalar::Ref), "access by another machine type");
    return reinterpret_cast<std::uint8_t*>(at);
}

std::int64_t Run::delta_of(const Inst& inst, unsigned index_operand) {
    if (inst.operands.count <= index_operand) return inst.imm;
    std::uint64_t index = operand(inst, index_operand).u * inst.scale;
    return static_cast<std::int64_t>(index + static_cast<std::uint64_t>(inst.imm));
}

Run::Step Run::exec(Tag<Op::InstanceData>, const Inst& inst) { return set(inst, {.ptr = instance_.data()}); }

Run::Step Run::exec(Tag<Op::Table>, const Inst& inst) {
    const std::string& bytes = frame().fn->tables[static_cast<std::size_t>(inst.imm)];
    Cell cell;
    cell.slot.ptr = const_cast<char*>(bytes.data()); // nobody writes there
    cell.serial = host_memory;
    define(inst.first_result, cell);
    return Step::Next;
}

// Pure, so it may be computed where it is not used; only an access is checked.
Run::Step Run::exec(Tag<Op::ElemAddr>, const Inst& inst) {
    Cell address = operand_cell(inst, 0);
    address.slot.u += operand(inst, 1).u * static_cast<std::uint64_t>(inst.imm);
    define(inst.first_result, address);
    return Step::Next;
}

Run::Step Run::exec(Tag<Op::Load>, const Inst& inst) {
    const std::uint8_t* from =
        place(operand_cell(inst, 0), delta_of(inst, 1), inst.type, false, static_cast<int>(inst.aux));
    rt::Slot slot{.u = 0};
    std::memcpy(&slot, from, scalar_size(inst.type));
    if (inst.type == Scalar::Ref) {
        check(!taken_.contains(from), "read of a place whose reference was taken");
        check(slot.ref != poisoned_ref(), "read of memory that was never written");
        bool takes = (inst.flags & ir::Takes) != 0;
        if (takes) {
            // Checked as a write is: the place changes.
            std::uint8_t* to =
                place(operand_cell(inst, 0), delta_of(inst, 1), inst.type, true, static_cast<int>(inst.aux));
            std::memset(to, 0, sizeof slot);
            taken_.insert(to);
        }
        return set_ref(inst, slot.ref, takes);
    }
    check(inst.type != Scalar::Bool || slot.u <= 1, "Bool that is neither 0 nor 1");
    if (is_integer(inst.type)) slot.i = ir::extend_int(inst.type, slot.i);
    return set(inst, slot);
}

Run::Step Run::exec(Tag<Op::Store>, const Inst& inst) {
    std::uint8_t* to =
        place(operand_cell(inst, 0), delta_of(inst, 2), inst.type, true, static_cast<int>(inst.aux));
    rt::Slot slot = operand(inst, 1);
    if (inst.type == Scalar::Ref) {
        consume(inst, 1, true);
        taken_.erase(to);
    }
    std::memcpy(to, &slot, scalar_size(inst.type));
    return Step::Next;
}

// --- references ---

Run::Step Run::exec(Tag<Op::Null>, const Inst& inst) { return set_ref(inst, nullptr, true); }

Run::Step Run::exec(Tag<Op::Literal>, const Inst& inst) {
    return set_ref(inst, instance_.literal(static_cast<std::uint32_t>(inst.imm)), false);
}

Run::Step Run::exec(Tag<Op::Empty>, const Inst& inst) {
    return set_ref(inst, instance_.empty(static_cast<std::uint32_t>(inst.imm)), false);
}

Run::Step Run::exec(Tag<Op::Retain>, const Inst& inst) {
    rt::Object* ref = object(inst, 0, (inst.flags & ir::Nullable) != 0);
    rt::retain(ref);
    return set_ref(inst, ref, true);
}

Run::Step Run::exec(Tag<Op::Release>, const Inst& inst) {
    objects_.release(consume(inst, 0, (inst.flags & ir::Nullable) != 0));
    return Step::Next;
}

Run::Step Run::exec(Tag<Op::Unique>, const Inst& inst) {
    rt::Object* ref = consume(inst, 0);
    check(ref->desc->id == static_cast<std::uint64_t>(inst.imm), "object of another description");
    objects_.before_consumed(ref);
    rt::Object* unique = rt::rt_unique(&context_, ref, static_cast<std::uint32_t>(inst.imm));
    return unique ? set_ref(inst, unique, true) : Step::Trapped;
}

Run::Step Run::exec(Tag<Op::UniqueAt>, const Inst& inst) {
    std::uint8_t* at = place(operand_cell(inst, 0), 0, Scalar::Ref, true, any_memory);
    place(operand_cell(inst, 0), 0, Scalar::Ref, false, any_memory); // also an element that exists
    check(!taken_.contains(at), "read of a place whose reference was taken");
    rt::Object* ref;
    std::memcpy(&ref, at, sizeof ref);
    check(ref != nullptr && ref != poisoned_ref(), "no object at the place");
    objects_.adopt(ref);
    check(ref->desc->id == static_cast<std::uint64_t>(inst.imm), "object of another description");
    rt::Object* unique =
        rt::rt_unique_at(&context_, reinterpret_cast<rt::Object**>(at), static_cast<std::uint32_t>(inst.imm));
    return unique ? set_ref(inst, unique, false) : Step::Trapped;
}

Run::Step Run::exec(Tag<Op::Owners>, const Inst& inst) { return set(inst, {.i = static_cast<std::int64_t>(object(inst, 0)->count)}); }

// --- sequences ---

rt::Seq* Run::seq_of(const Inst& inst, rt::Object* ref, bool check_desc) {
    check(!ref->desc->is_box(), "a box is no sequence");
    check(!check_desc || ref->desc->id == static_cast<std::uint64_t>(inst.imm),
          "object of another description");
    return static_cast<rt::Seq*>(ref);
}

void Run::poison_spare(rt::Seq* seq, std::int64_t from) {
    std::int64_t stride = seq->desc->stride;
    if (stride == 0) return;
    std::memset(seq->data + from * stride, poison_byte,
                static_cast<std::size_t>((seq->capacity - from) * stride));
}

Run::Step Run::exec(Tag<Op::SeqLen>, const Inst& inst) {
    return set(inst, {.i = seq_of(inst, object(inst, 0), false)->length});
}

Run::Step Run::exec(Tag<Op::SeqData>, const Inst& inst) {
    rt::Seq* seq = seq_of(inst, object(inst, 0), false);
    Cell address;
    address.slot.ptr = seq->data;
    address.base = seq;
    address.serial = operand_cell(inst, 0).serial;
    define(inst.first_result, address);
    return Step::Next;
}

Run::Step Run::exec(Tag<Op::View>, const Inst& inst) {
    const Cell bytes = operand_cell(inst, 0);
    const std::int64_t length = operand(inst, 1).i;
    check(length >= 0, "a view of less than nothing");
    if (length > 0) {
        place(bytes, 0, Scalar::U8, false, any_memory);
        place(bytes, length - 1, Scalar::U8, false, any_memory);
    }
    auto& header = views_[{frames_.size(), frame().fn, inst.first_result.index()}];
    if (!header) header = std::make_unique<rt::Seq>();
    else objects_.forget(header.get()); // who still has the one of a round before is found out
    header->count = rt::view_count;
    header->desc = context_.descs[rt::string_desc_id];
    header->length = length;
    header->capacity = 0;
    header->data = static_cast<std::uint8_t*>(bytes.slot.ptr);
    return set_ref(inst, header.get(), false);
}

Run::Step Run::exec(Tag<Op::ListNew>, const Inst& inst) {
    rt::Object* list = rt::rt_list_new(&context_, operand(inst, 0).i, static_cast<std::uint32_t>(inst.imm));
    if (!list) return Step::Trapped;
    poison_spare(static_cast<rt::Seq*>(list), 0);
    return set_ref(inst, list, true);
}

Run::Step Run::exec(Tag<Op::ListGrow>, const Inst& inst) {
    rt::Object* ref = consume(inst, 0);
    const rt::Seq* before = seq_of(inst, ref, true);
    check(!(inst.flags & ir::Unshared) || before->count == 1 || before->capacity == 0, "an unshared list has several owners");
    objects_.before_consumed(ref);
    rt::Object* list = rt::rt_list_grow(&context_, ref, inst.aux + 1);
    if (!list) return Step::Trapped;
    auto* seq = static_cast<rt::Seq*>(list);
    check(seq->count == 1 && seq->capacity - seq->length > inst.aux, "list_grow made no room");
    poison_spare(seq, seq->length);
    return set_ref(inst, list, true);
}

Run::Step Run::exec(Tag<Op::SeqSetLen>, const Inst& inst) {
    rt::Object* ref = consume(inst, 0);
    rt::Seq* seq = seq_of(inst, ref, false);
    std::int64_t length = operand(inst, 1).i;
    std::int64_t old = seq->length;
    // A list made without room may be the shared empty one; its length is only confirmed.
    check(seq->count == 1 || length == old, "the length of a shared object changes");
    check(length == old || (length >= 0 && length <= seq->capacity), "length beyond the capacity");
    seq->length = length;
    if (length < old && seq->desc->stride != 0) {
        // The dropped elements' references were taken out or are somebody else's by now.
        std::uint8_t* end = seq->data + length * seq->desc->stride;
        taken_.erase(taken_.lower_bound(end), taken_.lower_bound(seq->data + old * seq->desc->stride));
        poison_spare(seq, length);
    }
    // The elements stay where they are, so addresses made from the old name stay good.
    return set_ref(inst, ref, true);
}

// --- boxes and closures ---

Run::Step Run::exec(Tag<Op::HashSeed>, const Inst& inst) { return set(inst, {.u = context_.hash_seed}); }

Run::Step Run::exec(Tag<Op::BoxNew>, const Inst& inst) {
    const ir::Desc& desc = module_.descs[ir::DescId(static_cast<std::size_t>(inst.imm))];
    const Layout* layout = module_.layouts->find(desc.type);
    check(layout && layout->leaves.size() == inst.operands.count, "leaves of another value");
    for (unsigned i = 0; i < inst.operands.count; ++i) {
        if (operand_type(inst, i) == Scalar::Ref) object(inst, i, true);
    }
    // Fails before it takes anything: the frame still owns its references then.
    rt::Object* made = rt::rt_box_new(&context_, static_cast<std::uint32_t>(inst.imm));
    if (!made) return Step::Trapped;
    std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(made));
    for (unsigned i = 0; i < inst.operands.count; ++i) {
        if (operand_type(inst, i) == Scalar::Ref) consume(inst, i, true);
        rt::Slot leaf = operand(inst, i);
        std::memcpy(data + layout->leaves[i].offset, &leaf, scalar_size(operand_type(inst, i)));
    }
    return set_ref(inst, made, true);
}

// None of the rounds is as good as any: the loop does them all.
Run::Step Run::exec(Tag<Op::Lanes>, const Inst& inst) {
    for (unsigned i = 0; i < inst.result_count; ++i) {
        Cell start;
        start.slot = operand(inst, i);
        define(ir::ValueId(inst.first_result.index() + i), start);
    }
    return Step::Next;
}

Run::Step Run::exec(Tag<Op::BoxData>, const Inst& inst) {
    rt::Object* box = object(inst, 0);
    check(box->desc->is_box(), "a sequence is no box");
    Cell address;
    address.slot.ptr = rt::box_data(static_cast<rt::Box*>(box));
    address.base = box;
    address.serial = operand_cell(inst, 0).serial;
    define(inst.first_result, address);
    return Step::Next;
}

} // namespace tn::interp
