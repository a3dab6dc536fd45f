// Section 5 of c_api.h: calls of function values.
#include "capi/call.h"
#include "capi/compound.h"

#include <algorithm>

using namespace tn;
using namespace tn::capi;

tn_status tn_value_call(const tn_value* f, const tn_value* args, size_t nargs, tn_value* ret,
                        tn_error** err) {
    const tn_value function = f ? *f : tn_value{}; // `ret` may be the same struct
    if (ret) TN_SET_NONE(ret);
    return guarded(err, [&]() -> tn_status {
        if (!f) return report(err, TN_ARG, {"f is NULL"});
        Held held;
        const tn_status status = check_held(&function, TN_TAG_FUNCTION, TN_TAG_FUNCTION, held);
        if (status != TN_OK)
            return report(err, status, {"expected a function value, found ", describe(function)});
        if (!args && nargs != 0) return report(err, TN_ARG, {"args is NULL"});
        InstanceCore& core = held.core();
        FunctionPlan& plan = *core.module->closure_plan(held.type());
        if (tn_status bad = check_call(core, plan, &function, nargs + 1, err); bad != TN_OK) return bad;
        std::vector<tn_value> all(nargs + 1);
        all[0] = function;
        std::copy_n(args, nargs, all.data() + 1);
        return call_slowly(core, plan, all.data(), all.size(), nullptr, ret, err);
    });
}
