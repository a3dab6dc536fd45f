# Writes OUT, a C++ source with the .tn files of DIR as `prelude::embedded_files()`. Run with cmake -P.
# Nobody reads their comments there: of a line that is one, only the line break stays.
file(GLOB files ${DIR}/*.tn)
list(SORT files)
set(rows "")
foreach(path ${files})
    get_filename_component(name ${path} NAME)
    file(READ ${path} text)
    string(REGEX REPLACE "\n *//[^\n]*" "\n" text "\n${text}")
    string(SUBSTRING "${text}" 1 -1 text)
    string(APPEND rows "    {\"${name}\", R\"__tn__(${text})__tn__\"},\n")
endforeach()
file(WRITE ${OUT} "// Made by cmake/embed_prelude.cmake from src/prelude/*.tn.
#include \"prelude/prelude.h\"

namespace tn::prelude {

namespace {
constexpr EmbeddedFile files[] = {
${rows}};
} // namespace

std::span<const EmbeddedFile> embedded_files() { return files; }

} // namespace tn::prelude
")
