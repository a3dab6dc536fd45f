// The sources of one compilation: text by FileId, and what a byte offset means to a person.
//
// In: names and texts, added once and never changed. Out: text, lines, 1-based line and column (columns
// count Unicode scalar values). It refuses to know where a text came from and what language it is in.
//
// A map may stand over one that all compilations share (the prelude's) and that does not change any more; the
// shared map's files have ids of their own, so the first file of a compilation is number 0 all the same.
#pragma once

#include "support/span.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tn::diag {

// Both 1-based.
struct LineColumn {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

class SourceMap {
public:
    SourceMap() = default;
    // Over a shared map, which must outlive this one.
    explicit SourceMap(const SourceMap* shared) : shared_(shared) {}
    // A map for others to stand over.
    static SourceMap make_shared() {
        SourceMap map;
        map.first_ = first_shared_file;
        return map;
    }
    SourceMap(const SourceMap&) = delete;
    SourceMap& operator=(const SourceMap&) = delete;
    SourceMap(SourceMap&&) = default;
    SourceMap& operator=(SourceMap&&) = default;

    // `name` is what diagnostics show. Views of name and text stay valid as long as the map.
    FileId add(std::string name, std::string text);

    std::size_t file_count() const { return files_.size(); } // without those of a shared map below
    static bool is_shared(FileId file) { return file.is_valid() && file.value >= first_shared_file; }
    std::string_view name(FileId file) const;
    std::string_view text(FileId file) const;
    std::string_view text(Span span) const; // clipped to the file

    std::uint32_t line_count(FileId file) const;
    // 1-based line that holds the offset; an offset past the end belongs to the last line.
    std::uint32_t line_of(FileId file, std::uint32_t offset) const;
    LineColumn position(FileId file, std::uint32_t offset) const;
    LineColumn position(Span span) const { return position(span.file, span.begin); }
    // The text of a 1-based line without its line break ("\n" or "\r\n").
    std::string_view line_text(FileId file, std::uint32_t line) const;
    std::uint32_t line_begin(FileId file, std::uint32_t line) const;

private:
    struct File {
        std::string name;
        std::string text;
        std::vector<std::uint32_t> line_begins; // offset of each line's first byte
    };
    static constexpr std::uint32_t first_shared_file = 0x80000000u;
    const File& get(FileId file) const;

    const SourceMap* shared_ = nullptr;
    std::uint32_t first_ = 0; // the id of files_[0]
    std::deque<File> files_; // never moves an element, so views stay valid
};

} // namespace tn::diag
