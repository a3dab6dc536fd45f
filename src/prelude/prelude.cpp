#include "prelude/prelude.h"

#include "diag/render.h"
#include "support/ice.h"
#include "syntax/parser.h"

#include <atomic>
#include <mutex>
#include <string>

namespace tn::prelude {

Library::Library() {
    diag::DiagnosticSink sink;
    for (const EmbeddedFile& embedded : embedded_files()) {
        const FileId file = sources_.add("<prelude>/" + std::string(embedded.name), std::string(embedded.text));
        modules_.push_back(syntax::parse_outline(sources_, file, names_, sink));
    }
    if (sink.has_errors()) TN_ICE("the prelude: " + diag::render_text(sources_, sink.sorted()));
    index_.emplace(sources_, modules_, names_);
}

namespace {

// No object with a destructor of its own: a thread may still compile while the process ends. unload() knows better.
std::atomic<const Library*> shared{nullptr};
std::mutex making;

} // namespace

const Library& library() {
    if (const Library* made = shared.load(std::memory_order_acquire)) return *made;
    const std::lock_guard lock(making);
    if (!shared.load(std::memory_order_relaxed)) shared.store(new Library, std::memory_order_release);
    return *shared.load(std::memory_order_relaxed);
}

void unload() { delete shared.exchange(nullptr); }

} // namespace tn::prelude
