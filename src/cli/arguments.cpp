// A parser for literals, led by the parameter's type: it goes as deep as the type, which the compiler limits.
#include "cli/arguments.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace tn::cli {

namespace {

std::string type_name(const tn_type* type) {
    std::size_t length = 0;
    const char* name = tn_type_name(type, &length);
    return name ? std::string(name, length) : "?";
}

// The scalar value at the start of UTF-8 text, and how many bytes it has; the text is known to be valid.
std::pair<std::uint32_t, std::size_t> first_char(std::string_view text) {
    unsigned char lead = static_cast<unsigned char>(text[0]);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t scalar = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length && i < text.size(); ++i) {
        scalar = scalar << 6 | (static_cast<unsigned char>(text[i]) & 63u);
    }
    return {scalar, length};
}

struct IntegerType {
    tn_tag tag;
    unsigned bits;
    bool is_signed;
};
constexpr IntegerType integer_types[] = {{TN_TAG_I8, 8, true},   {TN_TAG_I16, 16, true},  {TN_TAG_I32, 32, true},
                                         {TN_TAG_I64, 64, true}, {TN_TAG_U8, 8, false},   {TN_TAG_U16, 16, false},
                                         {TN_TAG_U32, 32, false}, {TN_TAG_U64, 64, false}};

class Parser {
public:
    Parser(tn_instance* instance, std::string_view text) : instance_(instance), text_(text) {}

    bool parse_whole(const tn_type* type, Value& result) {
        std::uint32_t kind = tn_type_kind(type);
        if (kind == TN_TAG_STRING) return make_string(text_, result);
        if (kind == TN_TAG_CHAR && !text_.empty()) {
            auto [scalar, length] = first_char(text_);
            if (length == text_.size()) {
                TN_SET_UINT(result.get(), TN_TAG_CHAR, scalar);
                return true;
            }
        }
        if (!parse(type, result)) return false;
        skip_blanks();
        return at_ == text_.size() || expected(type, "nothing more after it");
    }

    std::string problem;

private:
    tn_instance* instance_;
    std::string_view text_;
    std::size_t at_ = 0;

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    }
    bool take(std::string_view word) {
        skip_blanks();
        if (text_.substr(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }
    std::string_view rest() {
        skip_blanks();
        return text_.substr(at_);
    }

    bool expected(const tn_type* type, std::string_view detail = {}) {
        if (!problem.empty()) return false;
        problem = "expected `" + type_name(type) + "`, got `" + std::string(text_) + "`";
        if (!detail.empty()) problem += " (" + std::string(detail) + ")";
        return false;
    }
    bool library_refused(tn_status status, const Error& error) {
        std::size_t length = 0;
        const char* message = tn_error_message(error.get(), &length);
        problem = message ? std::string(message, length) : std::string(tn_status_name(status));
        return false;
    }

    bool parse(const tn_type* type, Value& result) {
        std::uint32_t kind = tn_type_kind(type);
        for (const IntegerType& row : integer_types) {
            if (row.tag == kind) return parse_integer(type, row, result);
        }
        switch (kind) {
        case TN_TAG_UNIT:
            if (!take("()")) return expected(type, "write ()");
            TN_SET_UNIT(result.get());
            return true;
        case TN_TAG_BOOL: return parse_bool(type, result);
        case TN_TAG_F32:
        case TN_TAG_F64: return parse_float(type, kind, result);
        case TN_TAG_CHAR: return parse_char(type, result);
        case TN_TAG_STRING: {
            std::optional<std::string> content = parse_quoted(type, '"');
            return content && make_string(*content, result);
        }
        case TN_TAG_LIST: return parse_list(type, result);
        case TN_TAG_TUPLE: return parse_tuple(type, result);
        case TN_TAG_RECORD: return parse_record(type, result);
        case TN_TAG_OPTION: return parse_option(type, result);
        }
        problem = "a value of type `" + type_name(type) + "` cannot be given on the command line";
        return false;
    }

    // The characters of a number: up to a blank or a delimiter.
    std::string take_number() {
        skip_blanks();
        std::string digits;
        while (at_ < text_.size() && std::string_view(" \t\n,])}").find(text_[at_]) == std::string_view::npos) {
            if (text_[at_] != '_') digits += text_[at_];
            ++at_;
        }
        return digits;
    }

    bool parse_integer(const tn_type* type, const IntegerType& row, Value& result) {
        std::string text = take_number();
        std::string_view digits = text;
        bool is_negative = !digits.empty() && digits[0] == '-';
        if (is_negative || (!digits.empty() && digits[0] == '+')) digits.remove_prefix(1);
        int base = 10;
        std::string_view prefix = digits.substr(0, 2);
        if (prefix == "0x") base = 16;
        if (prefix == "0o") base = 8;
        if (prefix == "0b") base = 2;
        if (base != 10) digits.remove_prefix(2);
        std::uint64_t magnitude = 0;
        auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
        bool is_whole = !digits.empty() && end == digits.data() + digits.size();
        if (!is_whole || status == std::errc::invalid_argument) return expected(type, "a whole number");

        std::uint64_t positive_limit = ~std::uint64_t{0} >> (64 - row.bits + (row.is_signed ? 1 : 0));
        std::uint64_t negative_limit = row.is_signed ? positive_limit + 1 : 0;
        if (status != std::errc() || magnitude > (is_negative ? negative_limit : positive_limit)) {
            std::string low = row.is_signed ? "-" + std::to_string(negative_limit) : "0";
            return expected(type, low + " to " + std::to_string(positive_limit));
        }
        std::uint64_t bits = is_negative ? 0 - magnitude : magnitude;
        TN_SET_UINT(result.get(), row.tag, bits);
        return true;
    }

    bool parse_float(const tn_type* type, std::uint32_t kind, Value& result) {
        std::string text = take_number();
        std::string_view digits = text;
        bool is_negative = !digits.empty() && digits[0] == '-';
        if (is_negative || (!digits.empty() && digits[0] == '+')) digits.remove_prefix(1);
        double number = 0;
        if (digits == "inf") number = std::numeric_limits<double>::infinity();
        else if (digits == "nan") number = std::numeric_limits<double>::quiet_NaN();
        else {
            auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            bool starts_with_digit = !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
            if (!starts_with_digit || end != digits.data() + digits.size()) return expected(type, "a number");
            if (status == std::errc::result_out_of_range) return expected(type, "a number in its range");
        }
        TN_SET_FLOAT(result.get(), kind, is_negative ? -number : number);
        return true;
    }

    bool parse_bool(const tn_type* type, Value& result) {
        bool is_true = take("true");
        if (!is_true && !take("false")) return expected(type, "true or false");
        TN_SET_BOOL(result.get(), is_true);
        return true;
    }

    bool parse_char(const tn_type* type, Value& result) {
        std::optional<std::string> content = parse_quoted(type, '\'');
        if (!content) return false;
        if (content->empty()) return expected(type, "one character");
        auto [scalar, length] = first_char(*content);
        if (length != content->size()) return expected(type, "one character");
        TN_SET_UINT(result.get(), TN_TAG_CHAR, scalar);
        return true;
    }

    std::optional<std::string> parse_quoted(const tn_type* type, char quote) {
        skip_blanks();
        std::string_view form = quote == '"' ? "a text in double quotes" : "a character in single quotes";
        if (at_ == text_.size() || text_[at_] != quote) {
            expected(type, form);
            return std::nullopt;
        }
        std::string content;
        for (++at_; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (c == quote) {
                ++at_;
                return content;
            }
            if (c == '\\' && at_ + 1 < text_.size()) {
                char escaped = text_[++at_];
                std::size_t index = std::string_view("0tnr").find(escaped);
                content += index == std::string_view::npos ? escaped : "\0\t\n\r"[index];
            } else {
                content += c;
            }
        }
        expected(type, "the closing quote is missing");
        return std::nullopt;
    }

    bool make_string(std::string_view content, Value& result) {
        Error error;
        tn_status status = tn_string_new(instance_, content.data(), content.size(), result.get(), out(error));
        return status == TN_OK || library_refused(status, error);
    }

    bool parse_list(const tn_type* type, Value& result) {
        if (!take("[")) return expected(type, "a list such as [1, 2]");
        const tn_type* element = tn_type_child(type, 0);
        Error error;
        tn_status status = tn_list_new(instance_, element, 0, result.get(), out(error));
        if (status != TN_OK) return library_refused(status, error);
        while (!take("]")) {
            Value item;
            if (!parse(element, item)) return false;
            status = tn_list_push(result.get(), item.get());
            if (status != TN_OK) return library_refused(status, error);
            if (!take(",") && (rest().empty() || rest()[0] != ']')) return expected(type, "`,` or `]` is missing");
        }
        return true;
    }

    bool make_record(const tn_type* type, std::vector<Value>& fields, Value& result) {
        std::vector<tn_value> raw;
        for (const Value& field : fields) raw.push_back(*field);
        Error error;
        tn_status status = tn_record_new(instance_, type, raw.data(), raw.size(), result.get(), out(error));
        return status == TN_OK || library_refused(status, error);
    }

    bool parse_tuple(const tn_type* type, Value& result) {
        if (!take("(")) return expected(type, "a tuple in parentheses");
        std::vector<Value> fields(tn_type_child_count(type));
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (!parse(tn_type_child(type, i), fields[i])) return false;
            bool has_comma = take(",");
            if (!has_comma && i + 1 != fields.size()) return expected(type, "more elements");
        }
        if (!take(")")) return expected(type, "`)` is missing");
        return make_record(type, fields, result);
    }

    bool parse_record(const tn_type* type, Value& result) {
        std::string name = type_name(type);
        std::vector<Value> fields(tn_type_child_count(type));
        std::string form = name + " { field: value, ... } with every field, in order";
        if (!take(name)) return expected(type, form);
        if (fields.empty()) return make_record(type, fields, result);
        if (!take("{")) return expected(type, form);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            std::size_t length = 0;
            const char* field = tn_type_child_name(type, i, &length);
            if (!take({field, length}) || !take(":")) return expected(type, form);
            if (!parse(tn_type_child(type, i), fields[i])) return false;
            bool has_comma = take(",");
            if (!has_comma && i + 1 != fields.size()) return expected(type, form);
        }
        if (!take("}")) return expected(type, "`}` is missing");
        return make_record(type, fields, result);
    }

    bool parse_option(const tn_type* type, Value& result) {
        Error error;
        if (take("None")) {
            tn_status status = tn_option_new(instance_, type, nullptr, result.get(), out(error));
            return status == TN_OK || library_refused(status, error);
        }
        Value content;
        if (!take("Some(")) return expected(type, "Some(value) or None");
        if (!parse(tn_type_child(type, 0), content)) return false;
        if (!take(")")) return expected(type, "`)` is missing");
        tn_status status = tn_option_new(instance_, type, content.get(), result.get(), out(error));
        return status == TN_OK || library_refused(status, error);
    }
};

} // namespace

bool parse_argument(tn_instance* instance, const tn_type* type, std::string_view text, Value& result,
                    std::string& problem) {
    std::size_t bad_at = 0;
    if (!tn_text_check(text.data(), text.size(), &bad_at)) {
        problem = "expected UTF-8, got the byte " + std::to_string(static_cast<unsigned char>(text[bad_at])) +
                  " at offset " + std::to_string(bad_at);
        return false;
    }
    Parser parser(instance, text);
    if (parser.parse_whole(type, result)) return true;
    problem = std::move(parser.problem);
    return false;
}

} // namespace tn::cli
