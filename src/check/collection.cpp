// Map and Set: literals and `m[k]`, which the functions of the prelude carry out.
#include "check/body.h"

namespace tn::check {

// A method or static function that the prelude has for a type of the language.
std::optional<BodyChecker::Target> BodyChecker::prelude_member(TypeId owner, std::string_view name,
                                                               Span use) {
    std::optional<FnId> fn = program_.find_prelude_member(owner, name);
    if (!fn) return {};
    return fn_target(*fn, use, owner);
}

TypeId BodyChecker::visit(ExprId id, const syntax::MapExpr& node, const Expect& expect) {
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    bool is_wanted = wanted.is_valid() && types_.kind(wanted) == TypeKind::Map;
    TypeId key = is_wanted ? types_.arg(wanted, 0) : fresh(span_of(id), "this map's keys");
    TypeId value = is_wanted ? types_.arg(wanted, 1) : fresh(span_of(id), "this map's values");
    Expect each_key{key, is_wanted ? expect.reason : Span{}, is_wanted ? expect.text : "because of this key"};
    Expect each_value{value, is_wanted ? expect.reason : Span{},
                      is_wanted ? expect.text : "because of this value"};
    bool diverges = false;
    // The first entry says what the others must be.
    auto check_part = [&](ExprId part, Expect& each) {
        TypeId type = check(part, each);
        diverges |= is_never(type);
        if (!each.reason.file.is_valid() && !is_never(type)) each.reason = span_of(part);
    };
    for (const syntax::MapEntry& entry : view(node.entries)) {
        check_part(entry.key, each_key);
        check_part(entry.value, each_value);
    }
    TypeId parts[] = {key, value};
    return made_collection(id, types_.make(TypeKind::Map, parts, types_.map_id.value), diverges);
}

TypeId BodyChecker::visit(ExprId id, const syntax::SetExpr& node, const Expect& expect) {
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    bool is_wanted = wanted.is_valid() && types_.kind(wanted) == TypeKind::Set;
    TypeId element = is_wanted ? types_.arg(wanted, 0) : fresh(span_of(id), "this set's elements");
    Expect each{element, is_wanted ? expect.reason : Span{},
                is_wanted ? expect.text : "because of this element"};
    bool diverges = false;
    for (ExprId item : view(node.elements)) {
        TypeId type = check(item, each);
        diverges |= is_never(type);
        if (!each.reason.file.is_valid() && !is_never(type)) each.reason = span_of(item);
    }
    return made_collection(id, types_.make(TypeKind::Set, {&element, 1}, types_.set_id.value), diverges);
}

TypeId BodyChecker::made_collection(ExprId id, TypeId type, bool diverges) {
    for (TypeId part : types_.args(type)) {
        if (is_error(part)) return error();
    }
    std::optional<FnId> create = program_.find_member(type, program_.interner.intern("new"));
    std::optional<Target> insert = prelude_member(type, "insert", span_of(id));
    if (!create || !insert) return not_supported("a collection without a prelude", span_of(id));
    program_.note_use_of_fn(*create);
    auto index = static_cast<std::uint32_t>(module_.collections.size());
    module_.collections.push_back({*create, FnId(insert->target), insert->type_args});
    made_collections_.push_back(index);
    info(id).detail = index;
    return diverges ? simple(TypeKind::Never) : type;
}

// `m[k]`; the key has been checked.
TypeId BodyChecker::map_element(ExprId id, TypeId map) {
    std::optional<FnId> insert = program_.find_member(map, program_.interner.intern("insert"));
    std::optional<Target> slot = prelude_member(map, "__slot", span_of(id));
    if (!insert || !slot) return not_supported("a collection without a prelude", span_of(id));
    program_.note_use_of_fn(*insert);
    auto index = static_cast<std::uint32_t>(module_.map_elements.size());
    module_.map_elements.push_back({FnId(slot->target), *insert, slot->type_args});
    made_map_elements_.push_back(index);
    set(id, Form::Element, index);
    return types_.arg(map, 1);
}

void BodyChecker::finish_collections() {
    // What is not known has been reported where the map or set is made.
    auto zonk_all = [&](std::vector<TypeId>& types) {
        for (TypeId& type : types) type = infer_.zonk(type);
    };
    for (std::uint32_t index : made_collections_) zonk_all(module_.collections[index].type_args);
    for (std::uint32_t index : made_map_elements_) zonk_all(module_.map_elements[index].type_args);
}

} // namespace tn::check
