#include "builtins/trap.h"

namespace tn {

std::string_view trap_name(TrapCode code) {
    switch (code) {
    case TrapCode::None: return {};
#define TRAP(name, status, text) case TrapCode::name: return #name;
#include "builtins/trap.def"
    }
    return {};
}

std::string_view trap_text(TrapCode code) {
    switch (code) {
    case TrapCode::None: return {};
#define TRAP(name, status, text) case TrapCode::name: return text;
#include "builtins/trap.def"
    }
    return {};
}

} // namespace tn
