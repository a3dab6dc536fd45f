// An extension in C++ whose functions throw: what leaves a generic callback becomes a trap with its message.
#include "c_api.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

const tn_host_api* api;
const tn_type* thing_type;

struct Own : std::runtime_error {
    using std::runtime_error::runtime_error;
};

tn_status toss(tn_frame*, const tn_value* args, size_t, tn_value* ret, void*) {
    const std::string what = api->string_data(&args[0], nullptr);
    if (what == "own") throw Own("of a type of the extension's");
    if (what == "number") throw 42;
    if (what == "range") return static_cast<tn_status>(std::string("abc").at(7));
    if (!what.empty()) throw std::runtime_error(what);
    TN_SET_I64(ret, 7);
    return TN_OK;
}
tn_status make_thing(tn_frame* fr, const tn_value*, size_t, tn_value* ret, void*) {
    return api->handle_new(api->frame_instance(fr), thing_type, new std::string("x"), ret, nullptr);
}
void end_thing(void* p, void*) { delete static_cast<std::string*>(p); }
tn_status show_thing(tn_frame*, const void*, tn_value*, void*) { throw Own("cannot be shown"); }
std::int64_t number() noexcept { return 5; }

} // namespace

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    api = host;
    if (std::getenv("TENON_TEST_TOSS")) throw std::logic_error("not today");
    api->begin(r, TN_ABI_VERSION, "tossing", TN_NTS, "2.0.0-rc.1", TN_NTS);
    tn_host_type ops{};
    ops.struct_size = sizeof ops;
    ops.finalize = end_thing;
    ops.to_text = show_thing;
    api->add_type(r, "Thing", TN_NTS, nullptr, 0, &ops, nullptr, nullptr, &thing_type);
    api->add_fn(r, "toss", TN_NTS, "fn(String) -> i64", TN_NTS, toss, nullptr, nullptr, 0);
    api->add_fn(r, "thing", TN_NTS, "fn() -> Thing", TN_NTS, make_thing, nullptr, nullptr, 0);
    return api->add_native(r, "number", TN_NTS, "fn() -> i64", TN_NTS, reinterpret_cast<tn_fnptr>(number),
                           nullptr, nullptr, 0);
}
