// Arguments of the command line as values of a script.
//
// In: a text and the parameter's type. Out: a value, or what is wrong with the text. It refuses to know which
// function is called.
#pragma once

#include "cli/handles.h"

#include <string>
#include <string_view>

namespace tn::cli {

// A String or char is taken as it stands; inside lists, tuples, options and records they are quoted as in a script.
// On failure `problem` says what was expected and found.
bool parse_argument(tn_instance* instance, const tn_type* type, std::string_view text, Value& result,
                    std::string& problem);

} // namespace tn::cli
