// Values as the language shows them.
//
// In: a value and its type. Out: the text that `print` would print. It refuses to know where it goes.
#pragma once

#include "c_api.h"

#include <string>

namespace tn::cli {

std::string show_value(const tn_value& value, const tn_type* type);

} // namespace tn::cli
