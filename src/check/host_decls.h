// What the host offers to a script, as the checker sees it: names and signatures.
//
// In: filled by the driver before a compilation, with types of that compilation's TypeTable. Out: read by
// the checker and by lowering. It refuses to know addresses, user data and calling conventions.
#pragma once

#include "types/type_table.h"

#include <string>
#include <vector>

namespace tn::check {

struct HostParam {
    TypeId type;
    bool is_mut = false;
};

struct HostFn {
    std::string path; // "lookup" or "net.lookup": how a script calls it
    std::vector<HostParam> params;
    TypeId result;
    std::string doc;
};

struct HostDecls {
    std::vector<HostFn> fns; // Call::target of a HostFn call is an index in here
};

} // namespace tn::check
