// Rows of runtime_fn.def that reach the host: printing to the instance's output.
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"

#include <cstring>

namespace tn::rt {

extern "C" void rt_print(Context* context, Object* object) noexcept {
    Instance& instance = Instance::of(context);
    if (!instance.output) return;
    const std::string_view text = view(object);
    // A short line arrives whole, so that lines of several instances do not mix.
    char line[1024];
    std::int32_t status;
    if (text.size() < sizeof line) {
        std::memcpy(line, text.data(), text.size());
        line[text.size()] = '\n';
        status = instance.output(instance.output_user_data, line, text.size() + 1);
    } else {
        status = instance.output(instance.output_user_data, text.data(), text.size());
        if (status == 0) status = instance.output(instance.output_user_data, "\n", 1);
    }
    if (status != 0) fail(context, TrapCode::HostError, "the output could not be written");
}

} // namespace tn::rt
