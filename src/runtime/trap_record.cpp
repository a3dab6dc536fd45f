// TrapRecord: frames noted while unwinding, made into text afterwards.
#include "runtime/trap_record.h"

#include <string_view>

namespace tn::rt {

void TrapRecord::clear() noexcept {
    code = TrapCode::None;
    a = b = 0;
    text.clear();
    frame_count_ = 0;
}

void TrapRecord::add_frame(const CodeMap* map, std::uint32_t loc) noexcept {
    if (loc == 0xffffffffu) return; // code that stands nowhere in the script
    const Frame frame{map, loc};
    if (frame_count_ < max_innermost) {
        innermost_[frame_count_] = frame;
    } else {
        outermost_[(frame_count_ - max_innermost) % max_outermost] = frame;
    }
    ++frame_count_;
}

std::string TrapRecord::message() const {
    const std::string_view pattern = trap_text(code);
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const std::string_view rest = pattern.substr(i, 3);
        if (rest == "{0}") {
            out += std::to_string(a);
        } else if (rest == "{1}") {
            out += std::to_string(b);
        } else if (rest == "{s}") {
            out += text;
        } else {
            out += pattern[i];
            continue;
        }
        i += 2;
    }
    // "assertion failed: " without a text.
    if (text.empty() && pattern.ends_with(": {s}")) out.resize(out.size() - 2);
    return out;
}

void TrapRecord::expand(const Frame& frame, std::vector<TraceEntry>& out) {
    const CodeMap& map = *frame.map;
    const auto name = [](const std::vector<std::string>& names, std::uint32_t index) {
        return index < names.size() ? names[index] : std::string("?");
    };
    if (frame.loc >= map.locs.size()) {
        out.push_back({"?", "?", 0, 0});
        return;
    }
    std::uint32_t loc = frame.loc;
    // A chain is acyclic by construction; the count guards against a damaged one.
    for (std::size_t steps = 0; loc < map.locs.size() && steps < map.locs.size(); ++steps) {
        const CodeLoc& at = map.locs[loc];
        out.push_back({name(map.function_names, at.function), name(map.files, at.file), at.line, at.column});
        loc = at.inlined_at;
    }
}

TrapRecord::Trace TrapRecord::trace() const {
    Trace trace;
    const std::uint64_t inner = frame_count_ < max_innermost ? frame_count_ : max_innermost;
    for (std::uint64_t i = 0; i < inner; ++i) expand(innermost_[i], trace.entries);
    const std::uint64_t later = frame_count_ - inner;
    const std::uint64_t kept = later < max_outermost ? later : max_outermost;
    trace.omitted = later - kept;
    trace.omitted_after = trace.entries.size();
    for (std::uint64_t i = later - kept; i < later; ++i) expand(outermost_[i % max_outermost], trace.entries);
    return trace;
}

} // namespace tn::rt
