#include "prelude/prelude.h"

#include "diag/render.h"
#include "support/ice.h"
#include "syntax/parser.h"

#include <string>

namespace tn::prelude {

Library::Library() {
    diag::DiagnosticSink sink;
    for (const EmbeddedFile& embedded : embedded_files()) {
        const FileId file = sources_.add("<prelude>/" + std::string(embedded.name), std::string(embedded.text));
        modules_.push_back(syntax::parse(sources_, file, names_, sink));
    }
    if (sink.has_errors()) TN_ICE("the prelude: " + diag::render_text(sources_, sink.sorted()));
    index_.emplace(modules_, names_);
}

const Library& library() {
    // Never destroyed: a thread may still compile while the process ends.
    static const Library& shared = *new Library;
    return shared;
}

} // namespace tn::prelude
