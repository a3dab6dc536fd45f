# Writes OUT, a C++ source with the files of src/cli/templates and include/c_api.h for `tenon new`. Run with cmake -P.
file(GLOB_RECURSE files RELATIVE ${DIR} ${DIR}/*)
list(SORT files)
set(rows "")
# A literal has a longest length that compilers must take; longer texts are several, side by side.
function(add_row name path)
    file(READ ${path} text HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${text}")
    string(REGEX REPLACE "(................................................................)" "\\1\"\n     \"" text "${text}")
    file(SIZE ${path} size)
    set(rows "${rows}    {\"${name}\", std::string_view(\"${text}\", ${size})},\n" PARENT_SCOPE)
endfunction()
foreach(name ${files})
    add_row(${name} ${DIR}/${name})
endforeach()
add_row(extension/src/c_api.h ${HEADER})
file(WRITE ${OUT} "// Made by cmake/embed_templates.cmake.
#include \"cli/templates.h\"

namespace tn::cli {

namespace {
constexpr Template all[] = {
${rows}};
} // namespace

std::span<const Template> templates() { return all; }

} // namespace tn::cli
")
