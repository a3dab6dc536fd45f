// tenon.hpp - Tenon for C++17 and later, in headers alone over c_api.h (which is the manual of the details).
//
//     tenon::runtime rt;
//     rt.function("shop.price", [&](std::string name) { return prices.at(name); });
//     tenon::module rules = rt.compile("rules.tn", text);
//     tenon::instance inst = rules.instance();
//     tenon::function total = inst.function("total");
//     double sum = total.call<double>(std::vector<std::string>{"pear", "plum"}, 2);
//
// Every operation that can fail has two forms: `x()` throws tenon::exception, `try_x()` answers a
// tenon::result. With -fno-exceptions, or with TENON_NO_EXCEPTIONS defined, there are only the second.
//
// Threads, lifetimes and destruction in any order are as in c_api.h: an instance is used by one thread at a
// time; all else may be shared. What is used after its parent is gone answers an error, it does not crash.
#ifndef TENON_HPP
#define TENON_HPP

#include "tenon/call.hpp"       // function, instance, module
#include "tenon/collection.hpp" // ... maps, sets, enums
#include "tenon/compound.hpp"   // ... lists, options, tuples, records
#include "tenon/convert.hpp"    // C++ types and the script's
#include "tenon/error.hpp"      // error, exception, result
#include "tenon/host.hpp"       // C++ callables for scripts
#include "tenon/runtime.hpp"    // runtime, config
#include "tenon/type.hpp"       // C++ classes for scripts
#include "tenon/value.hpp"      // value: anything a script can hold

#endif
