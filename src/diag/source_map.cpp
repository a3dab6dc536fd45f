#include "diag/source_map.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::diag {

FileId SourceMap::add(std::string name, std::string text) {
    File& file = files_.emplace_back();
    file.name = std::move(name);
    file.text = std::move(text);
    file.line_begins.push_back(0);
    for (std::size_t at = file.text.find('\n'); at != std::string::npos; at = file.text.find('\n', at + 1))
        file.line_begins.push_back(static_cast<std::uint32_t>(at + 1));
    return FileId(first_ + files_.size() - 1);
}

const SourceMap::File& SourceMap::get(FileId file) const {
    if (shared_ && is_shared(file)) return shared_->get(file);
    const std::uint32_t number = file.value - first_;
    TN_CHECK(number < files_.size(), "unknown source file");
    return files_[number];
}

std::string_view SourceMap::name(FileId file) const { return get(file).name; }
std::string_view SourceMap::text(FileId file) const { return get(file).text; }

std::string_view SourceMap::text(Span span) const {
    std::string_view all = get(span.file).text;
    std::size_t begin = std::min<std::size_t>(span.begin, all.size());
    std::size_t end = std::clamp<std::size_t>(span.end, begin, all.size());
    return all.substr(begin, end - begin);
}

std::uint32_t SourceMap::line_count(FileId file) const {
    return static_cast<std::uint32_t>(get(file).line_begins.size());
}

std::uint32_t SourceMap::line_of(FileId file, std::uint32_t offset) const {
    const std::vector<std::uint32_t>& begins = get(file).line_begins;
    return static_cast<std::uint32_t>(std::upper_bound(begins.begin(), begins.end(), offset) -
                                      begins.begin());
}

LineColumn SourceMap::position(FileId file, std::uint32_t offset) const {
    const File& source = get(file);
    std::uint32_t line = line_of(file, offset);
    std::uint32_t end = std::min(offset, static_cast<std::uint32_t>(source.text.size()));
    std::uint32_t column = 1;
    for (std::uint32_t at = source.line_begins[line - 1]; at < end; at++)
        if ((static_cast<unsigned char>(source.text[at]) & 0xc0) != 0x80) column++; // not a continuation byte
    return {line, column};
}

std::uint32_t SourceMap::line_begin(FileId file, std::uint32_t line) const {
    const std::vector<std::uint32_t>& begins = get(file).line_begins;
    TN_CHECK(line >= 1 && line <= begins.size(), "line out of range");
    return begins[line - 1];
}

std::string_view SourceMap::line_text(FileId file, std::uint32_t line) const {
    std::string_view all = get(file).text;
    std::size_t begin = line_begin(file, line);
    std::size_t end = std::min(all.find('\n', begin), all.size());
    if (end > begin && all[end - 1] == '\r') end--;
    return all.substr(begin, end - begin);
}

} // namespace tn::diag
