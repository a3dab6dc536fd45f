// Object descriptions from types and layouts: which leaves are references, how large an element is.
#include "ir/module.h"

#include "support/ice.h"

namespace tn::ir {

namespace {
void add_refs(Desc& desc, const Layout& layout) {
    for (const Leaf& leaf : layout.leaves) {
        if (leaf.scalar == Scalar::Ref) desc.refs.push_back(leaf.offset);
    }
}
} // namespace

DescId Module::desc(DescKind kind, TypeId type) {
    for (std::size_t i = 0; i < descs.size(); ++i) {
        const Desc& known = descs[DescId(i)];
        if (known.kind == kind &&
            (known.type == type || kind == DescKind::String || kind == DescKind::Bytes)) {
            return DescId(i);
        }
    }
    Desc desc;
    desc.kind = kind;
    desc.type = type;
    switch (kind) {
    case DescKind::String:
    case DescKind::Bytes: desc.stride = 1; break;
    case DescKind::List: {
        TN_CHECK(types->kind(type) == TypeKind::List, "list description of another type");
        // Elements follow each other as in a C array: the size is already a multiple of the alignment.
        const Layout& element = layouts->get(types->arg(type, 0));
        desc.stride = element.size;
        add_refs(desc, element);
        break;
    }
    case DescKind::Box: {
        const Layout& value = layouts->get(type);
        desc.stride = value.size;
        add_refs(desc, value);
        break;
    }
    }
    // Lowering may ask for a list before any text: the two fixed places are filled first.
    if (descs.empty() && kind != DescKind::String)
        this->desc(DescKind::String, types->simple(TypeKind::String));
    if (descs.size() == 1 && kind != DescKind::Bytes)
        this->desc(DescKind::Bytes, types->simple(TypeKind::Bytes));
    return descs.push_back(std::move(desc));
}

} // namespace tn::ir
