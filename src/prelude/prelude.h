// The prelude: what every script knows without an import, as far as it is written in Tenon.
//
// In: the .tn files of this folder, which the build puts into the library (cmake/embed_prelude.cmake). Out: their
// outlines, names, sources and index, made once per process at first use and shared by all threads from then on. It
// refuses to know what they mean; the checker declares of them what a compilation uses.
#pragma once

#include "check/prelude_index.h"
#include "diag/source_map.h"
#include "support/interner.h"
#include "syntax/ast.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tn::prelude {

struct EmbeddedFile {
    std::string_view name; // "list.tn"
    std::string_view text;
};
std::span<const EmbeddedFile> embedded_files();

// What compilations stand over: nothing of it changes any more.
class Library {
public:
    const diag::SourceMap& sources() const { return sources_; }
    const Interner& names() const { return names_; }
    const check::Prelude& index() const { return *index_; }

private:
    friend const Library& library();
    Library();

    diag::SourceMap sources_ = diag::SourceMap::make_shared();
    Interner names_;
    std::vector<syntax::Ast> modules_; // in the order of their files' names
    std::optional<check::Prelude> index_;
};
// A mistake in the prelude is ours: TN_ICE.
const Library& library();
// Frees it, when nothing compiles and nothing compiled is left; library() makes it anew.
void unload();

} // namespace tn::prelude
