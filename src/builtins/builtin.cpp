#include "builtins/builtin.h"

namespace tn {

namespace {
struct How {
    BuiltinHow how;
    std::string_view target;
};
#define Rt(row) {BuiltinHow::Rt, #row}
#define Op(row) {BuiltinHow::Op, #row}
#define Special {BuiltinHow::Special, ""}
struct Row {
    std::string_view id, owner, name, signature;
    How how;
    std::string_view doc;
};
constexpr Row rows[] = {
#define BUILTIN(id, owner, name, signature, how, doc) {#id, owner, name, signature, how, doc},
#include "builtins/builtin.def"
};
#undef Rt
#undef Op
#undef Special

struct Infos {
    BuiltinInfo items[builtin_count] = {};
    constexpr Infos() {
        for (unsigned i = 0; i < builtin_count; ++i) {
            const Row& r = rows[i];
            items[i] = {r.id, r.owner, r.name, r.signature, r.how.how, r.how.target, r.doc};
        }
    }
};
constexpr Infos infos;
} // namespace

const BuiltinInfo& builtin_info(BuiltinId id) { return infos.items[static_cast<unsigned>(id)]; }

} // namespace tn
