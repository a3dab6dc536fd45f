// Warnings of variables that nobody reads, and of changes that nobody sees.
//
// A use is every place that names a local. Some uses only write it: then the value is never read.
#include "check/body.h"

#include <algorithm>

namespace tn::check {

// A use of a local: every closure between it and its binding has a copy.
void BodyChecker::note_use_of_local(LocalId local) {
    ++local_uses_[local].all;
    for (std::size_t i = local_uses_[local].depth; i < closures_.size(); ++i) {
        std::vector<Capture>& captures = closures_[i].captures;
        auto it = std::ranges::find(captures, local, &Capture::local);
        if (it == captures.end()) it = captures.insert(it, Capture{local, 0, 0, Span{}});
        ++it->uses;
        body_.locals[local].is_captured = true;
    }
}

// The use of a local at the root of this place is a change, and its value is not asked for.
void BodyChecker::note_write(ExprId place) {
    ExprId root = without_parens(place);
    bool is_whole = info(root).form == Form::Local;
    root = root_of_place(root);
    if (info(root).form != Form::Local) return;
    LocalId local(info(root).detail);
    if (is_whole) ++local_uses_[local].writes;
    for (std::size_t i = local_uses_[local].depth; i < closures_.size(); ++i) {
        for (Capture& capture : closures_[i].captures) {
            if (capture.local != local) continue;
            if (capture.writes++ == 0) capture.first_write = span_of(place);
        }
    }
}

// What a closure changes is its own copy. When it never looks at it, somebody means the variable outside.
void BodyChecker::warn_of_lost_changes(const OpenClosure& closure) {
    for (const Capture& capture : closure.captures) {
        if (capture.writes == 0 || capture.uses != capture.writes) continue;
        const Local& local = body_.locals[capture.local];
        program_.sink.report(Diag::LostChange, capture.first_write, local.name)
            .label(local.span, "this variable stays as it is")
            .hint("use a loop, or let the closure return the new value");
    }
}

void BodyChecker::warn_of_unused_locals() {
    for (std::size_t i = 0; i < body_.locals.size(); ++i) {
        const Local& local = body_.locals[LocalId(i)];
        const LocalUses& uses = local_uses_[LocalId(i)];
        if (local.is_param || uses.all > uses.writes || local.name.starts_with('_')) continue;
        diag::DiagnosticBuilder builder = program_.sink.report(Diag::UnusedName, local.span, local.name);
        if (uses.writes > 0) {
            builder.note("it is assigned, but its value is never read");
        } else if (uses.is_field) {
            builder.hint("write `" + local.name + ": _`, or leave it out with `..`");
        } else {
            builder.hint("write `_" + local.name + "` if that is meant");
        }
    }
}

} // namespace tn::check
