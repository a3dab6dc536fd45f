#include "program_shrink.h"

#include <algorithm>
#include <vector>

namespace tn::fuzz {

namespace {

using Lines = std::vector<std::string>;

Lines split(const std::string& text) {
    Lines lines;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::string join(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

// Opening less closing braces; quotes and characters do not matter much: a wrong guess costs one try.
int balance(const std::string& line) {
    int open = 0;
    for (char c : line) open += c == '{' ? 1 : c == '}' ? -1 : 0;
    return open;
}

// The end of the construct that begins in a line: the line after the one where its braces are closed.
std::size_t end_of(const Lines& lines, std::size_t begin) {
    int open = 0;
    for (std::size_t i = begin; i < lines.size(); ++i) {
        open += balance(lines[i]);
        if (open <= 0) return i + 1;
    }
    return begin + 1;
}

Lines without(const Lines& lines, std::size_t begin, std::size_t end) {
    Lines rest(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(begin));
    rest.insert(rest.end(), lines.begin() + static_cast<std::ptrdiff_t>(end), lines.end());
    return rest;
}

} // namespace

std::string shrink(const std::string& text, const std::function<bool(const std::string&)>& still_fails) {
    Lines lines = split(text);
    const auto try_cut = [&](std::size_t begin, std::size_t end) {
        if (begin >= end || end > lines.size()) return false;
        const Lines shorter = without(lines, begin, end);
        if (!still_fails(join(shorter))) return false;
        lines = shorter;
        return true;
    };
    for (bool changed = true; changed;) {
        changed = false;
        // From the end: whole constructs, else a construct's first and last line alone; then runs of lines.
        for (std::size_t i = lines.size(); i-- > 0;) {
            if (i >= lines.size()) continue;
            const std::size_t end = end_of(lines, i);
            if (try_cut(i, end)) {
                changed = true;
            } else if (end > i + 2) {
                Lines unwrapped = without(without(lines, end - 1, end), i, i + 1);
                if (still_fails(join(unwrapped))) lines = unwrapped, changed = true;
            }
        }
        for (std::size_t length : {8u, 4u, 2u}) {
            for (std::size_t end = lines.size(); end >= length; end = std::min(end - 1, lines.size())) changed |= try_cut(end - length, end);
        }
    }
    return join(lines);
}

} // namespace tn::fuzz
