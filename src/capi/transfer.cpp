#include "capi/transfer.h"

#include "capi/table.h"
#include "runtime/entry_points.h"
#include "runtime/seq.h"

#include <cstring>
#include <set>
#include <unordered_set>

namespace tn::capi {

namespace {

std::vector<std::uint32_t> all_offsets(const TypeInfo& type) {
    std::vector<std::uint32_t> offsets;
    for (const Leaf& leaf : type.layout->leaves) offsets.push_back(leaf.offset);
    return offsets;
}

std::vector<std::uint32_t> pick(const std::vector<std::uint32_t>& offsets,
                                const std::vector<std::uint32_t>& leaves) {
    std::vector<std::uint32_t> picked;
    for (std::uint32_t leaf : leaves) picked.push_back(offsets[leaf]);
    return picked;
}

} // namespace

bool same_shape(const TypeInfo& a, const TypeInfo& b) {
    std::set<std::pair<const TypeInfo*, const TypeInfo*>> seen;
    std::vector<std::pair<const TypeInfo*, const TypeInfo*>> work = {{&a, &b}};
    while (!work.empty()) {
        const auto [left, right] = work.back();
        work.pop_back();
        if (left == right || !seen.insert({left, right}).second) continue;
        if (left->tag != right->tag || left->kind != right->kind || left->name != right->name ||
            left->can_cross != right->can_cross || left->child_names != right->child_names ||
            left->args.size() != right->args.size() ||
            left->constructors.size() != right->constructors.size()) {
            return false;
        }
        for (std::size_t i = 0; i < left->constructors.size(); ++i) {
            const TypeInfo::Constructor &one = left->constructors[i], &other = right->constructors[i];
            if (one.name != other.name || one.first != other.first || one.count != other.count) return false;
        }
        for (std::size_t i = 0; i < left->args.size(); ++i) work.emplace_back(left->args[i], right->args[i]);
        for (std::size_t i = 0; i < left->children.size(); ++i)
            work.emplace_back(left->children[i], right->children[i]);
    }
    return true;
}

bool can_move(const TypeInfo& type) {
    std::unordered_set<const TypeInfo*> seen;
    std::vector<const TypeInfo*> work = {&type};
    while (!work.empty()) {
        const TypeInfo& next = *work.back();
        work.pop_back();
        if (!seen.insert(&next).second) continue;
        if (!next.can_cross || next.tag == TN_TAG_FUNCTION || next.tag == TN_TAG_HANDLE) return false;
        work.insert(work.end(), next.children.begin(), next.children.end());
    }
    return true;
}

Transfer::~Transfer() {
    for (const auto& [from, to] : known_) rt::rt_release(to_.context(), to);
}

tn_status Transfer::copy(const TypeInfo& type, const std::uint8_t* from, std::uint8_t* to) {
    copy_inline(type, from, to, all_offsets(type));
    while (!tasks_.empty()) {
        const Task task = tasks_.back();
        tasks_.pop_back();
        if (const tn_status status = copy_object(task); status != TN_OK) {
            tasks_.clear();
            tables_.clear();
            return status;
        }
    }
    // The inner ones were found last; their index is needed to compare them as keys of the outer ones.
    while (!tables_.empty()) {
        const Table table = tables_.back();
        tables_.pop_back();
        if (const tn_status status = index_table(table); status != TN_OK) {
            tables_.clear();
            return status;
        }
    }
    return TN_OK;
}

// Copies what stands in the value itself; references become tasks.
void Transfer::copy_inline(const TypeInfo& type, const std::uint8_t* from, std::uint8_t* to,
                           const std::vector<std::uint32_t>& offsets) {
    const auto refer = [&](const TypeInfo& object_type, std::uint32_t offset, bool is_box) {
        const rt::Object* object = load_leaf(Scalar::Ref, from + offset).ref;
        if (object)
            tasks_.push_back({&object_type, object, reinterpret_cast<rt::Object**>(to + offset), is_box});
    };
    if (type.tag == TN_TAG_UNIT) return;
    if (type.is_scalar()) {
        std::memcpy(to + offsets[0], from + offsets[0], scalar_size(type.scalar));
        return;
    }
    if (type.is_reference()) return refer(type, offsets[0], false);
    if (type.is_table()) {
        refer(*type.table.entries, offsets[0], false);
        tables_.push_back({&type, to + offsets[0], to + offsets[1], to + offsets[2]});
        return;
    }
    std::size_t first = 0, last = type.children.size();
    if (type.has_constructors()) {
        const std::uint8_t made = from[offsets[0]];
        to[offsets[0]] = made;
        first = type.constructors[made].first;
        last = first + type.constructors[made].count;
    }
    for (std::size_t i = first; i < last; ++i) {
        const TypeInfo::Place& place = type.places[i];
        if (place.boxed)
            refer(*type.children[i], offsets[place.leaves[0]], true);
        else
            copy_inline(*type.children[i], from, to, pick(offsets, place.leaves));
    }
}

tn_status Transfer::copy_object(const Task& task) {
    rt::Context* context = to_.context();
    rt::Object*& known = known_[task.from];
    if (known) {
        rt::retain(known);
        *task.to = known;
        return TN_OK;
    }
    const TypeInfo& type = *task.type;
    rt::Object* made;
    if (task.is_box) {
        made = new_box(to_, type);
    } else if (type.tag == TN_TAG_LIST) {
        const std::int64_t length = rt::as_seq(task.from)->length;
        rt::Seq* list = rt::new_seq(context, *type.desc, length);
        if (list) std::memset(list->data, 0, static_cast<std::size_t>(length) * type.desc->stride);
        if (list) list->length = length;
        made = list;
    } else {
        const std::string_view text = rt::view(task.from);
        made = rt::rt_bytes_new(context, text.data(), static_cast<std::int64_t>(text.size()),
                                type.tag == TN_TAG_STRING ? rt::string_desc_id : rt::bytes_desc_id);
    }
    if (!made) {
        context->trap_code = TrapCode::None;
        return TN_TRAP_MEMORY_LIMIT;
    }
    *task.to = made;
    rt::retain(made);
    known = made;
    if (task.is_box) {
        auto* from = static_cast<rt::Box*>(const_cast<rt::Object*>(task.from));
        copy_inline(type, rt::box_data(from), rt::box_data(static_cast<rt::Box*>(made)), all_offsets(type));
    } else if (type.tag == TN_TAG_LIST) {
        const TypeInfo& element = *type.children[0];
        const rt::Seq* from = rt::as_seq(static_cast<const rt::Object*>(task.from));
        rt::Seq* to = rt::as_seq(made);
        if (element.is_scalar()) {
            std::memcpy(to->data, from->data, static_cast<std::size_t>(to->length) * type.desc->stride);
            return TN_OK;
        }
        const std::vector<std::uint32_t> offsets = all_offsets(element);
        for (std::int64_t i = 0; i < to->length; ++i) {
            const std::size_t at = static_cast<std::size_t>(i) * type.desc->stride;
            copy_inline(element, from->data + at, to->data + at, offsets);
        }
    }
    return TN_OK;
}

// Fills the index of a table whose entries are copied; holes among them stay.
tn_status Transfer::index_table(const Table& table) {
    return rebuild_index(to_, *table.type, *reinterpret_cast<rt::Object**>(table.entries),
                         *reinterpret_cast<rt::Object**>(table.index),
                         *reinterpret_cast<std::int64_t*>(table.live));
}

} // namespace tn::capi
