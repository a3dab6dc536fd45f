// Section 6 of c_api.h: values of every type; lists, records and options are in values_compound.cpp.
#include "capi/values.h"
#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/text.h"
#include "runtime/entry_points.h"
#include "runtime/seq.h"

#include <limits>

using namespace tn;
using namespace tn::capi;

namespace tn::capi {

tn_status report_value_failure(InstanceCore& core, tn_status status, tn_error** err) noexcept {
    core.context()->trap_code = TrapCode::None;
    if (status == TN_NOMEM) return report_no_memory(err);
    return report(err, status, {trap_text(TrapCode::MemoryLimit)});
}

} // namespace tn::capi

namespace {

bool is_signed_tag(tn_tag tag) { return tag >= TN_TAG_I8 && tag <= TN_TAG_I64; }
bool is_unsigned_tag(tn_tag tag) { return tag >= TN_TAG_U8 && tag <= TN_TAG_U64; }

// A String or Bytes with a copy of the bytes.
tn_status new_text(tn_instance* inst, const void* bytes, std::size_t length, bool is_string, tn_value* out,
                   tn_error** err) {
    InstanceCore* core = find_instance(inst);
    if (!core) return report_handle(err, inst, "instance");
    if (!out) return report(err, TN_ARG, {"out is NULL"});
    if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
    Inside inside(*core);
    if (inside.status() != TN_OK) return inside.report_status(err);
    const TypeInfo& type = is_string ? *core->module->string_type : *core->module->bytes_type;
    rt::Object* object = rt::rt_bytes_new(core->context(), bytes, static_cast<std::int64_t>(length),
                                          is_string ? rt::string_desc_id : rt::bytes_desc_id);
    if (!object) return report_runtime_failure(*core, err);
    const tn_status status = wrap(*core, type, object, *out);
    return status == TN_OK ? TN_OK : report_value_failure(*core, status, err);
}

const char* text_data(const tn_value* v, tn_tag tag, size_t* len) {
    if (!v || v->tag != tag) return give_nothing(len);
    const Held held = find_held(*v);
    return held ? give_text(rt::view(held.object()), len) : give_nothing(len);
}

} // namespace

void tn_value_clear(tn_value* v) {
    if (v) clear_value(*v);
}

tn_status tn_value_copy(const tn_value* v, tn_value* out) {
    if (!v || !out) {
        if (out) TN_SET_NONE(out);
        return TN_ARG;
    }
    const tn_value from = *v; // `out` may be the same struct
    TN_SET_NONE(out);
    if (from.tag < TN_TAG_STRING) {
        if (from.tag > TN_TAG_CHAR) return TN_TYPE;
        *out = from;
        return TN_OK;
    }
    return guarded(nullptr, [&]() -> tn_status {
        const Held held = find_held(from);
        if (!held) return TN_HANDLE;
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        if (held.cell->next.load(std::memory_order_relaxed) == pinned_for_writing) return TN_STATE;
        rt::retain(held.object());
        return wrap(held.core(), held.type(), held.object(), *out);
    });
}

tn_status tn_value_get_i64(const tn_value* v, int64_t* out) {
    if (out) *out = 0;
    if (!v || !out) return TN_ARG;
    if (is_unsigned_tag(v->tag)) {
        if (v->as.u > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return TN_RANGE;
    } else if (!is_signed_tag(v->tag)) {
        return TN_TYPE;
    }
    *out = v->as.i;
    return TN_OK;
}

tn_status tn_value_get_u64(const tn_value* v, uint64_t* out) {
    if (out) *out = 0;
    if (!v || !out) return TN_ARG;
    if (is_signed_tag(v->tag)) {
        if (v->as.i < 0) return TN_RANGE;
    } else if (!is_unsigned_tag(v->tag)) {
        return TN_TYPE;
    }
    *out = v->as.u;
    return TN_OK;
}

tn_status tn_value_get_f64(const tn_value* v, double* out) {
    if (out) *out = 0;
    if (!v || !out) return TN_ARG;
    if (v->tag != TN_TAG_F64 && v->tag != TN_TAG_F32) return TN_TYPE;
    *out = v->as.f;
    return TN_OK;
}

tn_status tn_value_get_bool(const tn_value* v, int32_t* out) {
    if (out) *out = 0;
    if (!v || !out) return TN_ARG;
    if (v->tag != TN_TAG_BOOL) return TN_TYPE;
    *out = v->as.u != 0;
    return TN_OK;
}

const tn_type* tn_value_type(const tn_runtime* rt, const tn_value* v) {
    if (!v) return nullptr;
    if (v->tag >= TN_TAG_STRING) {
        const Held held = find_held(*v);
        return held ? handle_of(&held.type()) : nullptr;
    }
    RuntimeCore* core = find_runtime(rt);
    if (!core) return nullptr;
    return guarded_value<const tn_type*>(nullptr, [&] { return handle_of(core->types.simple(v->tag)); });
}

int32_t tn_text_check(const char* p, size_t len, size_t* bad_at) {
    if (bad_at) *bad_at = 0;
    if (!p) return len == 0;
    if (len == TN_NTS) len = std::char_traits<char>::length(p);
    if (len > PTRDIFF_MAX) return 0;
    const std::size_t bad = find_bad_utf8(p, len);
    if (bad == len) return 1;
    if (bad_at) *bad_at = bad;
    return 0;
}

tn_status tn_string_new(tn_instance* inst, const char* p, size_t len, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        if (!find_instance(inst)) return report_handle(err, inst, "instance");
        std::string_view text;
        if (tn_status status = read_text(p, len, "string", text, err); status != TN_OK) return status;
        return new_text(inst, text.data(), text.size(), true, out, err);
    });
}

const char* tn_string_data(const tn_value* v, size_t* len) { return text_data(v, TN_TAG_STRING, len); }

tn_status tn_bytes_new(tn_instance* inst, const void* p, size_t len, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        if (!find_instance(inst)) return report_handle(err, inst, "instance");
        if ((!p && len != 0) || len > PTRDIFF_MAX)
            return report(err, TN_ARG, {"bad pointer or length of bytes"});
        return new_text(inst, p, len, false, out, err);
    });
}

const void* tn_bytes_data(const tn_value* v, size_t* len) { return text_data(v, TN_TAG_BYTES, len); }
