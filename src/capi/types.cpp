// Section 7 of c_api.h: types.
#include "capi/core.h"
#include "capi/text.h"

using namespace tn::capi;

namespace {

tn_status parse_type(TypeHome& home, const char* p, size_t len, const tn_type** out, tn_error** err) {
    if (!out) return report(err, TN_ARG, {"out is NULL"});
    std::string_view text;
    if (tn_status status = read_text(p, len, "type", text, err); status != TN_OK) return status;
    tn_status status = TN_OK;
    std::string message;
    const TypeInfo* type = home.parse(text, status, message);
    if (!type) return report(err, status, {message});
    *out = handle_of(type);
    return TN_OK;
}

} // namespace

tn_status tn_module_type(tn_module* m, const char* p, size_t len, const tn_type** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        ModuleCore* module = find_module(m);
        return module ? parse_type(module->types, p, len, out, err) : report_handle(err, m, "module");
    });
}

tn_status tn_type_parse(tn_runtime* rt, const char* p, size_t len, const tn_type** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        RuntimeCore* core = find_runtime(rt);
        return core ? parse_type(core->types, p, len, out, err) : report_handle(err, rt, "runtime");
    });
}

uint32_t tn_type_kind(const tn_type* t) {
    const TypeInfo* type = find_type(t);
    return type && type->can_cross ? type->tag : TN_TAG_NONE;
}

const char* tn_type_name(const tn_type* t, size_t* len) {
    const TypeInfo* type = find_type(t);
    return type ? give_text(type->name, len) : give_nothing(len);
}

size_t tn_type_child_count(const tn_type* t) {
    const TypeInfo* type = find_type(t);
    return type ? type->children.size() : 0;
}

const tn_type* tn_type_child(const tn_type* t, size_t i) {
    const TypeInfo* type = find_type(t);
    return type && i < type->children.size() ? handle_of(type->children[i]) : nullptr;
}

const char* tn_type_child_name(const tn_type* t, size_t i, size_t* len) {
    const TypeInfo* type = find_type(t);
    return type && i < type->child_names.size() ? give_text(type->child_names[i], len) : give_nothing(len);
}

int32_t tn_type_equal(const tn_type* a, const tn_type* b) {
    const TypeInfo* left = find_type(a);
    const TypeInfo* right = find_type(b);
    if (!left || !right) return 0;
    if (left == right) return 1;
    if (left->home == right->home || !left->can_cross || !right->can_cross) return 0;
    return guarded_value<int32_t>(0, [&] { return left->home->import(*right) == left ? 1 : 0; });
}

const char* tn_type_doc(const tn_type* t, size_t* len) {
    const TypeInfo* type = find_type(t);
    return type ? give_text(type->doc, len) : give_nothing(len);
}

const char* tn_type_child_doc(const tn_type* t, size_t i, size_t* len) {
    const TypeInfo* type = find_type(t);
    return type && i < type->child_docs.size() ? give_text(type->child_docs[i], len) : give_nothing(len);
}

namespace {

const TypeInfo::Constructor* find_constructor(const tn_type* t, size_t v) {
    const TypeInfo* type = find_type(t);
    return type && v < type->constructors.size() ? &type->constructors[v] : nullptr;
}

} // namespace

size_t tn_type_variant_count(const tn_type* t) {
    const TypeInfo* type = find_type(t);
    return type ? type->constructors.size() : 0;
}

const char* tn_type_variant_name(const tn_type* t, size_t v, size_t* len) {
    const TypeInfo::Constructor* made = find_constructor(t, v);
    return made ? give_text(made->name, len) : give_nothing(len);
}

const char* tn_type_variant_doc(const tn_type* t, size_t v, size_t* len) {
    const TypeInfo::Constructor* made = find_constructor(t, v);
    return made ? give_text(made->doc, len) : give_nothing(len);
}

int32_t tn_type_variant_fields(const tn_type* t, size_t v, size_t* first, size_t* count) {
    if (first) *first = 0;
    if (count) *count = 0;
    const TypeInfo::Constructor* made = find_constructor(t, v);
    if (!made) return 0;
    if (first) *first = made->first;
    if (count) *count = made->count;
    return !made->positional;
}
