// What the host offers to a script, as the checker sees it: names, types and signatures.
//
// In: filled by the driver before a compilation, with types of that compilation's TypeTable. Out: read by
// the checker and by lowering. It refuses to know addresses and user data.
#pragma once

#include "types/type_table.h"

#include <string>
#include <vector>

namespace tn::check {

struct HostParam {
    TypeId type;
    bool is_mut = false; // of a host type
};

struct HostFn {
    std::string path; // "lookup" or "net.lookup": how a script calls it
    std::vector<HostParam> params;
    TypeId result;
    std::string doc;
    bool is_plain = false;    // a C function with C's types
    bool has_status = false;  // a plain one that may fail: it answers a status and stores its result
    bool is_pure = false;     // calls of it may be merged or left out
    bool is_operator = false; // the language calls it through an `impl` of the glue; its path is nobody's
};

struct HostType {
    std::vector<std::string> paths; // "time.DateTime"
    TypeId type;
    bool has_size = false; // what a value takes beside its handle may change with it
};

// A constant or variable of the glue.
struct HostVariable {
    std::string path;
    bool is_const = false;
};

struct HostDecls {
    std::vector<HostFn> fns; // Call::target of a HostFn call is an index in here
    std::vector<HostType> types;
    std::vector<HostVariable> variables; // the i-th is `__const_i`, or `__var_i` with `__get_i`, of the glue
};

} // namespace tn::check
