#include "diag/render.h"

#include "diag/text_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tn::diag {

namespace {

enum class Style { Plain, Bold, Error, Warning, Gutter, Secondary, Hint };

constexpr std::uint32_t tab_width = 4;
// A longer line is shown in part, around what the diagnostic is about.
constexpr std::size_t max_line_bytes = 400;
constexpr std::size_t bytes_before = 120;

class Painter {
public:
    explicit Painter(bool color) : color_(color) {}

    void put(Style style, std::string_view text) {
        if (!color_ || style == Style::Plain || text.empty()) {
            out_ += text;
            return;
        }
        out_ += escape_of(style);
        out_ += text;
        out_ += "\x1b[0m";
    }
    void put(std::string_view text) { out_ += text; }
    void end_line() {
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        out_ += '\n';
    }
    std::string take() { return std::move(out_); }

private:
    static std::string_view escape_of(Style style) {
        switch (style) {
        case Style::Plain: return "";
        case Style::Bold: return "\x1b[1m";
        case Style::Error: return "\x1b[1;31m";
        case Style::Warning: return "\x1b[1;33m";
        case Style::Gutter:
        case Style::Secondary: return "\x1b[1;34m";
        case Style::Hint: return "\x1b[1;36m";
        }
        return "";
    }

    bool color_;
    std::string out_;
};

// What can be shown of a line: text with tabs expanded, and where each of its bytes begins.
struct ShownLine {
    std::string text;
    std::vector<std::uint32_t> columns; // display column of each byte of the window, and of its end
    std::size_t window_begin = 0;       // byte offset in the line
    std::uint32_t column_of(std::size_t byte_in_line) const {
        std::size_t index = byte_in_line < window_begin ? 0 : byte_in_line - window_begin;
        return columns[std::min(index, columns.size() - 1)];
    }
};

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

ShownLine show_line(std::string_view line, std::size_t focus) {
    ShownLine shown;
    std::size_t end = line.size();
    if (line.size() > max_line_bytes) {
        shown.window_begin = focus > bytes_before ? focus - bytes_before : 0;
        end = std::min(line.size(), shown.window_begin + max_line_bytes);
        while (shown.window_begin > 0 && shown.window_begin < line.size() &&
               is_continuation(line[shown.window_begin]))
            shown.window_begin--;
        while (end < line.size() && is_continuation(line[end])) end++;
    }
    std::uint32_t column = 0;
    if (shown.window_begin > 0) {
        shown.text = "...";
        column = 3;
    }
    for (std::size_t at = shown.window_begin; at < end;) {
        DecodedScalar decoded = decode_scalar(line, at);
        shown.columns.insert(shown.columns.end(), decoded.size, column);
        if (decoded.scalar == '\t') {
            std::uint32_t width = tab_width - column % tab_width;
            shown.text.append(width, ' ');
            column += width;
        } else if (!decoded.is_valid || is_unprintable(decoded.scalar)) {
            shown.text += "\xef\xbf\xbd";
            column++;
        } else {
            shown.text += line.substr(at, decoded.size);
            column += display_width(decoded.scalar);
        }
        at += decoded.size;
    }
    shown.columns.push_back(column);
    if (end < line.size()) shown.text += "...";
    return shown;
}

// An underline on one line.
struct Mark {
    std::uint32_t begin = 0; // display columns
    std::uint32_t end = 0;
    bool is_primary = false;
    std::string_view text;
};

struct Place {
    Span span;
    bool is_primary = false;
    std::string_view text;
};

using Places = std::vector<Place>;

class TextRenderer {
public:
    TextRenderer(const SourceMap& sources, const Diagnostic& diagnostic, RenderOptions options)
        : sources_(sources),
          diagnostic_(diagnostic),
          painter_(options.color),
          main_style_(diagnostic.severity == Severity::Error ? Style::Error : Style::Warning) {}

    std::string render() {
        painter_.put(main_style_, name_of(diagnostic_.severity));
        painter_.put(Style::Bold, ": " + printable(diagnostic_.message));
        painter_.put(fmt::format(" [{}]", name_of(diagnostic_.diag)));
        painter_.end_line();
        if (diagnostic_.span.file.is_valid()) render_places();
        for (const std::string& note : diagnostic_.notes) render_remark("note", note);
        if (!diagnostic_.hint.empty()) render_remark("hint", diagnostic_.hint);
        return painter_.take();
    }

private:
    void render_places() {
        // The file of the primary place comes first.
        std::vector<std::pair<FileId, Places>> by_file;
        auto add = [&](Place place) {
            if (!place.span.file.is_valid()) return;
            auto it = std::find_if(by_file.begin(), by_file.end(),
                                   [&](const auto& entry) { return entry.first == place.span.file; });
            if (it == by_file.end()) it = by_file.insert(by_file.end(), {place.span.file, {}});
            it->second.push_back(place);
        };
        add({diagnostic_.span, true, diagnostic_.primary});
        for (const Label& label : diagnostic_.labels) add({label.span, false, label.text});

        std::uint32_t last_line = 1;
        for (const auto& [file, places] : by_file)
            for (const Place& place : places)
                last_line = std::max(last_line, sources_.line_of(file, place.span.begin));
        gutter_width_ = std::to_string(last_line).size();

        bool is_first = true;
        for (const auto& [file, places] : by_file) {
            painter_.put(Style::Gutter, std::string(gutter_width_ + 1, ' ') + (is_first ? "-->" : ":::"));
            painter_.put(" " + printable(render_place(sources_, places.front().span)));
            painter_.end_line();
            is_first = false;
            put_gutter("");
            painter_.end_line();
            render_file(file, places);
        }
        if (!diagnostic_.notes.empty() || !diagnostic_.hint.empty()) {
            put_gutter("");
            painter_.end_line();
        }
    }

    void render_file(FileId file, const Places& places) {
        std::map<std::uint32_t, Places> by_line;
        for (const Place& place : places) by_line[sources_.line_of(file, place.span.begin)].push_back(place);
        std::uint32_t previous = 0;
        for (const auto& [line, on_line] : by_line) {
            if (previous != 0 && line == previous + 2) {
                render_source_line(previous + 1, show_line(sources_.line_text(file, previous + 1), 0));
            } else if (previous != 0 && line > previous + 2) {
                painter_.put(Style::Gutter, "...");
                painter_.end_line();
            }
            render_line(file, line, on_line);
            previous = line;
        }
    }

    void render_source_line(std::uint32_t line, const ShownLine& shown) {
        put_gutter(std::to_string(line));
        painter_.put(" " + shown.text);
        painter_.end_line();
    }

    void render_line(FileId file, std::uint32_t line, const Places& places) {
        std::string_view text = sources_.line_text(file, line);
        std::uint32_t line_begin = sources_.line_begin(file, line);
        std::size_t focus = places.front().span.begin - line_begin;
        for (const Place& place : places)
            if (place.is_primary) focus = place.span.begin - line_begin;
        ShownLine shown = show_line(text, focus);
        render_source_line(line, shown);

        std::vector<Mark> marks;
        for (const Place& place : places) {
            // A place over several lines is underlined to the end of its first.
            std::size_t begin = std::min<std::size_t>(place.span.begin - line_begin, text.size());
            std::size_t end = std::clamp<std::size_t>(
                place.span.end < line_begin ? 0 : place.span.end - line_begin, begin, text.size());
            Mark mark{shown.column_of(begin), shown.column_of(end), place.is_primary, place.text};
            mark.end = std::max(mark.end, mark.begin + 1);
            marks.push_back(mark);
        }
        render_marks(std::move(marks));
    }

    void render_marks(std::vector<Mark> marks) {
        std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.is_primary < b.is_primary;
        });
        std::uint32_t width = 0;
        for (const Mark& mark : marks) width = std::max(width, mark.end);
        std::string underline(width, ' ');
        std::vector<Style> styles(width, Style::Plain);
        for (bool primary : {false, true}) {
            for (const Mark& mark : marks) {
                if (mark.is_primary != primary) continue;
                for (std::uint32_t column = mark.begin; column < mark.end; column++) {
                    underline[column] = primary ? '^' : '-';
                    styles[column] = primary ? main_style_ : Style::Secondary;
                }
            }
        }
        // The rightmost text stands beside its underline when nothing is in its way; the others hang below.
        std::string_view beside;
        Style beside_style = Style::Plain;
        if (marks.back().end == width) {
            beside = marks.back().text;
            beside_style = style_of(marks.back());
            marks.pop_back();
        }
        put_gutter("");
        painter_.put(" ");
        for (std::uint32_t column = 0; column < width;) {
            std::uint32_t end = column;
            while (end < width && styles[end] == styles[column]) end++;
            painter_.put(styles[column], std::string_view(underline).substr(column, end - column));
            column = end;
        }
        if (!beside.empty()) {
            painter_.put(" ");
            painter_.put(beside_style, printable(beside));
        }
        painter_.end_line();

        std::erase_if(marks, [](const Mark& mark) { return mark.text.empty(); });
        if (marks.empty()) return;
        render_hanging(marks, marks.size(), nullptr);
        for (std::size_t i = marks.size(); i-- > 0;) render_hanging(marks, i, &marks[i]);
    }

    // A bar below each of the first `count` marks, then the text of `last`.
    void render_hanging(const std::vector<Mark>& marks, std::size_t count, const Mark* last) {
        put_gutter("");
        painter_.put(" ");
        std::uint32_t column = 0;
        for (std::size_t i = 0; i < count; i++) {
            if (marks[i].begin < column || (last && marks[i].begin >= last->begin)) continue;
            painter_.put(std::string(marks[i].begin - column, ' '));
            painter_.put(style_of(marks[i]), "|");
            column = marks[i].begin + 1;
        }
        if (last) {
            painter_.put(std::string(last->begin - column, ' '));
            painter_.put(style_of(*last), printable(last->text));
        }
        painter_.end_line();
    }

    Style style_of(const Mark& mark) const { return mark.is_primary ? main_style_ : Style::Secondary; }

    void put_gutter(std::string_view number) {
        painter_.put(Style::Gutter, fmt::format(" {:>{}} |", number, gutter_width_));
    }

    void render_remark(std::string_view kind, std::string_view text) {
        painter_.put(Style::Gutter, std::string(gutter_width_ + 2, ' ') + "= ");
        painter_.put(kind == "hint" ? Style::Hint : Style::Bold, kind);
        // Further lines of a text stand below its first.
        std::string indent(gutter_width_ + 6 + kind.size(), ' ');
        painter_.put(": ");
        for (std::size_t begin = 0;;) {
            std::size_t end = text.find('\n', begin);
            painter_.put(printable(text.substr(begin, end == text.npos ? end : end - begin)));
            painter_.end_line();
            if (end == text.npos) break;
            painter_.put(indent);
            begin = end + 1;
        }
    }

    const SourceMap& sources_;
    const Diagnostic& diagnostic_;
    Painter painter_;
    Style main_style_;
    std::size_t gutter_width_ = 1;
};

} // namespace

std::string render_place(const SourceMap& sources, Span span) {
    LineColumn at = sources.position(span);
    return fmt::format("{}:{}:{}", sources.name(span.file), at.line, at.column);
}

std::string render_text(const SourceMap& sources, const Diagnostic& diagnostic, RenderOptions options) {
    return TextRenderer(sources, diagnostic, options).render();
}

std::string render_text(const SourceMap& sources, std::span<const Diagnostic> diagnostics,
                        RenderOptions options) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (!out.empty()) out += '\n';
        out += render_text(sources, diagnostic, options);
    }
    return out;
}

} // namespace tn::diag
