// Directives of golden files: parsed, compared with what happened, rewritten.
#include "expectation.h"

#include <algorithm>
#include <regex>

namespace tn::golden {

namespace {

const std::regex finding_pattern(
    R"(// (error|warning|trap)(?:@(\d+))? \[(\w+)\](?:: (.*?))?(?=\s*(?:// (?:error|warning|trap)\b|$)))");
const std::regex out_pattern(R"(// out:(?: (.*))?$)");
const std::regex frame_pattern(R"(// frame: (.*?)\s*$)");
const std::regex setting_pattern(R"((fuel|memory|stack|cancel|deadline|extern)=(\d+)([KMG]?))");
const std::regex dump_pattern(R"(// dump: (\S+)(?: (\S+))?\s*$)");

std::string trimmed_right(std::string text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.pop_back();
    return text;
}

FindingKind kind_of(const std::string& word) {
    return word == "error"     ? FindingKind::Error
           : word == "warning" ? FindingKind::Warning
                               : FindingKind::Trap;
}

std::string describe(const Finding& finding, const std::string& message) {
    std::string line = std::to_string(finding.line);
    std::string place = finding.file.empty() ? "" : finding.file + " ";
    return place + "line " + std::string(line.size() < 4 ? 4 - line.size() : 0, ' ') + line + ": " +
           std::string(name_of(finding.kind)) + " [" + finding.name + "]: " + message;
}

// A diff of two texts by lines; "" when they are equal.
std::string diff(const std::vector<std::string>& expected, const std::vector<std::string>& seen) {
    if (expected == seen) return "";
    std::size_t begin = 0, end = 0;
    while (begin < expected.size() && begin < seen.size() && expected[begin] == seen[begin]) ++begin;
    while (end < expected.size() - begin && end < seen.size() - begin &&
           expected[expected.size() - 1 - end] == seen[seen.size() - 1 - end]) {
        ++end;
    }
    constexpr std::size_t context = 2, most = 40;
    std::string text;
    auto add = [&text](char mark, const std::string& line) {
        text += std::string("    ") + mark + line + "\n";
    };
    if (begin > context) text += "    ... " + std::to_string(begin - context) + " equal lines\n";
    for (std::size_t i = begin > context ? begin - context : 0; i < begin; ++i) add(' ', expected[i]);
    for (std::size_t i = begin; i < expected.size() - end; ++i) {
        if (i - begin == most) {
            text += "    - ...\n";
            break;
        }
        add('-', expected[i]);
    }
    for (std::size_t i = begin; i < seen.size() - end; ++i) {
        if (i - begin == most) {
            text += "    + ...\n";
            break;
        }
        add('+', seen[i]);
    }
    for (std::size_t i = 0; i < std::min(end, context); ++i) add(' ', expected[expected.size() - end + i]);
    return text;
}

std::vector<std::string> findings_as_lines(const std::vector<Finding>& findings, bool with_warnings) {
    std::vector<std::string> lines;
    for (const Finding& finding : findings) {
        if (finding.kind == FindingKind::Warning && !with_warnings) continue;
        lines.push_back(describe(finding, finding.message.value_or("")));
    }
    // Findings of one line have no order that a reader could see.
    std::stable_sort(lines.begin(), lines.end());
    return lines;
}

bool is_same(const Finding& expected, const Finding& seen) {
    return expected.kind == seen.kind && expected.line == seen.line && expected.name == seen.name &&
           expected.file == seen.file &&
           (!expected.message || *expected.message == seen.message.value_or(""));
}

// Expected findings without a message take the message of the seen one they match.
std::vector<Finding> filled_in(const std::vector<Finding>& expected, const std::vector<Finding>& seen) {
    std::vector<Finding> result = expected;
    std::vector<bool> taken(seen.size());
    for (bool exact : {true, false}) {
        for (Finding& finding : result) {
            if (exact != finding.message.has_value()) continue;
            for (std::size_t i = 0; i < seen.size(); ++i) {
                if (taken[i] || !is_same(finding, seen[i])) continue;
                taken[i] = true;
                finding.message = seen[i].message;
                break;
            }
        }
    }
    return result;
}

} // namespace

std::string_view name_of(FindingKind kind) {
    switch (kind) {
    case FindingKind::Error: return "error";
    case FindingKind::Warning: return "warning";
    case FindingKind::Trap: return "trap";
    }
    return "";
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return lines;
}

Expectation parse_expectation(std::string_view text) {
    Expectation result;
    std::vector<std::string> lines = split_lines(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string line = trimmed_right(lines[i]);
        std::smatch match;
        if (line.rfind("//|", 0) == 0) {
            result.dump_lines.push_back(line.size() > 4 ? line.substr(4) : "");
            continue;
        }
        if (line.find("//") == std::string::npos) continue;
        for (std::sregex_iterator it(line.begin(), line.end(), finding_pattern), last; it != last; ++it) {
            Finding finding;
            finding.kind = kind_of((*it)[1]);
            finding.line = (*it)[2].matched ? static_cast<std::uint32_t>(std::stoul((*it)[2]))
                                            : static_cast<std::uint32_t>(i + 1);
            finding.name = (*it)[3];
            if ((*it)[4].matched) finding.message = (*it)[4];
            if (finding.kind == FindingKind::Warning) result.checks_warnings = true;
            result.findings.push_back(std::move(finding));
        }
        if (std::regex_search(line, match, out_pattern)) result.output.push_back(match[1]);
        if (std::regex_search(line, match, frame_pattern)) result.frames.push_back(match[1]);
        if (std::regex_search(line, match, dump_pattern)) {
            result.dump_stage = match[1];
            result.dump_function = match[2];
        }
        if (line.rfind("// set ", 0) == 0) {
            for (std::sregex_iterator it(line.begin(), line.end(), setting_pattern), last; it != last; ++it) {
                std::string unit = (*it)[3];
                std::uint64_t factor = unit == "K"   ? 1u << 10
                                       : unit == "M" ? 1u << 20
                                       : unit == "G" ? 1u << 30
                                                     : 1;
                result.settings[(*it)[1]] = std::stoull((*it)[2]) * factor;
            }
        }
    }
    return result;
}

Expectation parse_package(const Texts& texts) {
    Expectation result;
    if (auto main = texts.find(""); main != texts.end()) result = parse_expectation(main->second);
    for (const auto& [file, text] : texts) {
        if (file.empty()) continue;
        Expectation other = parse_expectation(text);
        for (Finding& finding : other.findings) {
            finding.file = file;
            result.findings.push_back(std::move(finding));
        }
        result.checks_warnings = result.checks_warnings || other.checks_warnings;
    }
    return result;
}

std::string compare(const Expectation& expected, const Outcome& seen) {
    std::string report;
    if (!seen.problem.empty()) report += seen.problem + "\n";
    std::vector<std::string> seen_output;
    for (const std::string& line : seen.output) seen_output.push_back(trimmed_right(line));
    if (std::string text = diff(expected.output, seen_output); !text.empty()) report += "output:\n" + text;
    std::string text =
        diff(findings_as_lines(filled_in(expected.findings, seen.findings), expected.checks_warnings),
             findings_as_lines(seen.findings, expected.checks_warnings));
    if (!text.empty()) report += "diagnostics and traps:\n" + text;
    if (!expected.frames.empty()) {
        if (text = diff(expected.frames, seen.frames); !text.empty()) report += "stack:\n" + text;
    }
    if (!expected.dump_stage.empty()) {
        if (text = diff(expected.dump_lines, seen.dump_lines); !text.empty()) report += "dump:\n" + text;
    }
    return report;
}

namespace {

// A directive for each seen finding, in the place of an old one where there is one for the same line.
void bless_findings(std::vector<std::string>& lines, const Outcome& seen, bool with_warnings) {
    std::vector<bool> taken(seen.findings.size());
    for (std::size_t i = 0; i < seen.findings.size(); ++i) {
        if (seen.findings[i].kind == FindingKind::Warning && !with_warnings) taken[i] = true;
    }
    for (std::size_t number = 0; number < lines.size(); ++number) {
        std::string line = lines[number], result;
        std::size_t copied = 0;
        bool changed = false;
        for (std::sregex_iterator it(line.begin(), line.end(), finding_pattern), last; it != last; ++it) {
            const std::smatch& match = *it;
            std::uint32_t target =
                static_cast<std::uint32_t>(match[2].matched ? std::stoul(match[2]) : number + 1);
            std::size_t found = seen.findings.size();
            for (bool same_name : {true, false}) {
                for (std::size_t i = 0; i < seen.findings.size() && found == seen.findings.size(); ++i) {
                    const Finding& finding = seen.findings[i];
                    bool fits = finding.line == target && finding.kind == kind_of(match[1]);
                    if (!taken[i] && fits && (!same_name || finding.name == match[3])) found = i;
                }
            }
            result += line.substr(copied, static_cast<std::size_t>(match.position()) - copied);
            copied = static_cast<std::size_t>(match.position() + match.length());
            changed = true;
            if (found == seen.findings.size()) {
                result = trimmed_right(result);
                continue;
            }
            taken[found] = true;
            const Finding& finding = seen.findings[found];
            std::string place = match[2].matched ? "@" + std::string(match[2]) : "";
            result += "// " + std::string(name_of(finding.kind)) + place + " [" + finding.name +
                      "]: " + finding.message.value_or("");
        }
        if (changed) lines[number] = trimmed_right(result + line.substr(copied));
    }
    for (std::size_t i = 0; i < seen.findings.size(); ++i) {
        const Finding& finding = seen.findings[i];
        if (taken[i] || finding.line == 0 || finding.line > lines.size()) continue;
        lines[finding.line - 1] += " // " + std::string(name_of(finding.kind)) + " [" + finding.name +
                                   "]: " + finding.message.value_or("");
    }
}

void bless_series(std::vector<std::string>& lines, const std::regex& pattern, const std::string& word,
                  const std::vector<std::string>& seen) {
    auto directive = [&word](const std::string& text) { return trimmed_right("// " + word + ": " + text); };
    std::size_t old_count = 0;
    std::smatch match;
    for (const std::string& line : lines) old_count += std::regex_search(line, match, pattern) ? 1 : 0;
    std::size_t next = 0;
    std::vector<std::string> result;
    for (std::string& line : lines) {
        if (!std::regex_search(line, match, pattern)) {
            result.push_back(std::move(line));
            continue;
        }
        std::string before = match.prefix();
        if (old_count == seen.size()) {
            result.push_back(before + directive(seen[next++]));
        } else if (before = trimmed_right(before); !before.empty()) {
            result.push_back(before);
        }
    }
    for (; next < seen.size(); ++next) result.push_back(directive(seen[next]));
    lines = std::move(result);
}

} // namespace

std::string bless(std::string_view text, const Outcome& seen) {
    Expectation old = parse_expectation(text);
    std::vector<std::string> lines = split_lines(text);
    bless_findings(lines, seen, old.checks_warnings);
    bless_series(lines, out_pattern, "out", seen.output);
    if (!old.frames.empty()) bless_series(lines, frame_pattern, "frame", seen.frames);
    if (!old.dump_stage.empty()) {
        std::erase_if(lines, [](const std::string& line) { return line.rfind("//|", 0) == 0; });
        for (const std::string& line : seen.dump_lines) lines.push_back(trimmed_right("//| " + line));
    }
    std::string result;
    for (const std::string& line : lines) result += line + "\n";
    return result;
}

Texts bless_package(const Texts& texts, const Outcome& seen) {
    Texts result;
    for (const auto& [file, text] : texts) {
        Outcome of_file;
        if (file.empty()) of_file = seen;
        of_file.findings = seen.findings;
        std::erase_if(of_file.findings,
                      [&file = file](const Finding& finding) { return finding.file != file; });
        result[file] = bless(text, of_file);
    }
    return result;
}

} // namespace tn::golden
