// Object descriptions from types and layouts: which leaves are references, how large an element is. And the
// signatures of closures, each once.
#include "ir/module.h"

#include "support/ice.h"

namespace tn::ir {

namespace {
void add_refs(Desc& desc, const Layout& layout) {
    for (const Leaf& leaf : layout.leaves) {
        if (leaf.scalar == Scalar::Ref) desc.refs.push_back(leaf.offset);
    }
}

// One description per key: a closure's is its function's, every other one its type's.
std::uint64_t desc_key(DescKind kind, std::uint32_t what) {
    if (kind == DescKind::String || kind == DescKind::Bytes) what = 0;
    return (static_cast<std::uint64_t>(kind) << 32) | what;
}

std::uint64_t hash_of(const Signature& signature) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    auto add = [&](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; };
    for (const Param& p : signature.params) {
        add(static_cast<std::uint64_t>(p.type) * 4 + (p.ownership == Ownership::Owned ? 2 : 0) +
            (p.nullable ? 1 : 0));
    }
    add(0xff);
    for (Scalar type : signature.results) add(static_cast<std::uint64_t>(type));
    for (std::uint32_t number : signature.nullable_results) add(0x100 + number);
    return hash;
}
} // namespace

// Lowering may ask for a list before any text: the two fixed places are filled first.
void ModuleTables::make_text_descs() {
    if (descs.size() >= 2) return;
    for (auto [kind, type] :
         {std::pair(DescKind::String, TypeKind::String), std::pair(DescKind::Bytes, TypeKind::Bytes)}) {
        if (descs.size() > (kind == DescKind::String ? 0u : 1u)) continue;
        Desc text;
        text.kind = kind;
        text.type = types->simple(type);
        text.stride = 1;
        descs.push_back(std::move(text));
    }
}

void ModuleTables::index_descs() {
    for (; indexed_descs_ < descs.size(); ++indexed_descs_) {
        const DescId id(indexed_descs_);
        const Desc& known = descs[id];
        const bool is_closure = known.kind == DescKind::Closure;
        known_descs_.emplace(desc_key(known.kind, is_closure ? known.func.value : known.type.value), id);
    }
}

// `value`: what stands in the object, once or as an element.
DescId ModuleTables::add_desc(Desc desc, TypeId value) {
    // Elements follow each other as in a C array: the size is already a multiple of the alignment.
    const Layout& layout = layouts->get(value);
    desc.stride = layout.size;
    add_refs(desc, layout);
    return descs.push_back(std::move(desc));
}

DescId ModuleTables::desc(DescKind kind, TypeId type) {
    TN_CHECK(kind != DescKind::Closure, "a closure's description is asked for by its function");
    make_text_descs();
    index_descs();
    if (auto it = known_descs_.find(desc_key(kind, type.value)); it != known_descs_.end()) return it->second;
    Desc desc;
    desc.kind = kind;
    desc.type = type;
    if (kind == DescKind::List) {
        TN_CHECK(types->kind(type) == TypeKind::List, "list description of another type");
        return add_desc(std::move(desc), types->arg(type, 0));
    }
    if (kind == DescKind::Host) return descs.push_back(std::move(desc)); // the runtime knows what stands in it
    return add_desc(std::move(desc), type);
}

DescId ModuleTables::closure_desc(FuncId func, TypeId captures) {
    make_text_descs();
    index_descs();
    if (auto it = known_descs_.find(desc_key(DescKind::Closure, func.value)); it != known_descs_.end())
        return it->second;
    Desc desc;
    desc.kind = DescKind::Closure;
    desc.type = captures;
    desc.func = func;
    return add_desc(std::move(desc), captures);
}

std::optional<std::uint8_t> shared_box_tag(const Module& module, const Desc& desc) {
    if (desc.kind != DescKind::Box || desc.stride > max_shared_box) return std::nullopt;
    const Layout* layout = module.layouts->find(desc.type);
    return layout ? unit_tag(*layout) : std::nullopt;
}

SigId ModuleTables::signature_id(const Signature& signature) {
    for (; indexed_signatures_ < signatures.size(); ++indexed_signatures_) {
        const SigId id(indexed_signatures_);
        known_signatures_[hash_of(signatures[id])].push_back(id);
    }
    for (SigId id : known_signatures_[hash_of(signature)]) {
        if (signatures[id] == signature) return id;
    }
    return signatures.push_back(signature);
}

} // namespace tn::ir
