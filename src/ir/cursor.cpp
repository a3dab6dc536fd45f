// Tokens, types and signatures of the text form.
#include "ir/cursor.h"

#include <charconv>
#include <optional>

namespace tn::ir {

namespace {
// Names of the script may be in any script; bytes beyond ASCII belong to them.
bool is_word_char(char c) {
    return c == '_' || static_cast<unsigned char>(c) >= 0x80 || c == '.' || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
} // namespace

void Cursor::fail(const std::string& message) const { throw ParseFailure{line_, message}; }

void Cursor::blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
}

bool Cursor::at_end() {
    blanks();
    return at_ == text_.size();
}

void Cursor::expect_end() {
    if (!at_end()) fail("unexpected `" + std::string(rest()) + "`");
}

bool Cursor::next_is(std::string_view symbol) {
    blanks();
    if (!rest().starts_with(symbol)) return false;
    // `on` is not the start of `once`.
    std::size_t end = at_ + symbol.size();
    return !is_word_char(symbol.back()) || end == text_.size() || !is_word_char(text_[end]);
}

bool Cursor::accept(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    at_ += symbol.size();
    return true;
}

void Cursor::expect(std::string_view symbol) {
    if (!accept(symbol)) fail("expected `" + std::string(symbol) + "` before `" + std::string(rest()) + "`");
}

std::string Cursor::find_word() {
    blanks();
    std::size_t begin = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
}

std::string Cursor::word() {
    std::string text = find_word();
    if (text.empty()) fail("expected a word before `" + std::string(rest()) + "`");
    return text;
}

std::string Cursor::string() {
    expect("\"");
    std::string out;
    auto hex = [&](char c) -> int {
        if (is_digit(c)) return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        fail("bad escape");
    };
    while (at_ < text_.size() && text_[at_] != '"') {
        char c = text_[at_++];
        if (c != '\\') {
            out += c;
            continue;
        }
        if (at_ == text_.size()) break;
        c = text_[at_++];
        if (c == 'n') {
            out += '\n';
        } else if (c == 'x' && at_ + 2 <= text_.size()) {
            out += static_cast<char>(hex(text_[at_]) * 16 + hex(text_[at_ + 1]));
            at_ += 2;
        } else if (c == '"' || c == '\\') {
            out += c;
        } else {
            fail("bad escape");
        }
    }
    if (at_ == text_.size()) fail("string without an end");
    ++at_;
    return out;
}

std::int64_t Cursor::number() {
    blanks();
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    std::int64_t value = 0;
    auto result = std::from_chars(begin, end, value);
    if (result.ec == std::errc::result_out_of_range && begin != end && *begin != '-') {
        std::uint64_t large = 0;
        result = std::from_chars(begin, end, large);
        value = static_cast<std::int64_t>(large);
    }
    if (result.ec != std::errc()) fail("expected a number before `" + std::string(rest()) + "`");
    at_ += static_cast<std::size_t>(result.ptr - begin);
    return value;
}

bool Cursor::next_is_index(std::string_view prefix) {
    blanks();
    std::string_view r = rest();
    return r.starts_with(prefix) && r.size() > prefix.size() && is_digit(r[prefix.size()]);
}

std::uint32_t Cursor::index(std::string_view prefix) {
    if (!next_is_index(prefix))
        fail("expected `" + std::string(prefix) + "N` before `" + std::string(rest()) + "`");
    at_ += prefix.size();
    std::int64_t value = number();
    if (value < 0 || value >= 0x7fffffff) fail("index out of range");
    return static_cast<std::uint32_t>(value);
}

Scalar Cursor::scalar() {
    std::string text = word();
    for (std::size_t i = 0; i < std::size(scalar_table); ++i) {
        if (scalar_table[i].text == text) return static_cast<Scalar>(i);
    }
    fail("unknown machine type `" + text + "`");
}

namespace {

class TypeParser {
public:
    TypeParser(Cursor& cursor, TypeTable& types, const std::vector<TypeId>& params)
        : cursor_(cursor), types_(types), params_(params) {}

    TypeId parse() {
        if (++depth_ > max_depth) cursor_.fail("type nested too deeply");
        TypeId type = parse_primary();
        while (cursor_.accept("?")) type = types_.option(type);
        --depth_;
        return type;
    }

private:
    static constexpr unsigned max_depth = 200;

    std::vector<TypeId> list(std::string_view close) {
        std::vector<TypeId> out;
        while (!cursor_.accept(close)) {
            if (!out.empty()) cursor_.expect(",");
            out.push_back(parse());
        }
        return out;
    }

    TypeId parse_primary() {
        if (cursor_.accept("!")) return types_.simple(TypeKind::Never);
        if (cursor_.accept("(")) {
            std::vector<TypeId> elements = list(")");
            return elements.size() == 1 ? elements[0] : types_.tuple(elements);
        }
        bool is_mut = cursor_.accept("mut");
        std::string name = cursor_.word();
        if (name == "fn") {
            cursor_.expect("(");
            std::vector<TypeId> params = list(")");
            return types_.fn(params, cursor_.accept("->") ? parse() : types_.simple(TypeKind::Unit));
        }
        for (TypeId param : params_) {
            if (types_.param_name(param) == name) return param;
        }
        std::vector<TypeId> args;
        if (cursor_.accept("[")) args = list("]");
        if (std::optional<TypeKind> kind = find_kind(name)) {
            return args.empty() && *kind != TypeKind::Slice ? types_.simple(*kind)
                                                            : types_.make(*kind, args, is_mut ? 1 : 0);
        }
        for (std::size_t i = 0; i < types_.nominal_count(); ++i) {
            const Nominal& nominal = types_.nominal(NominalId(i));
            if (nominal.name == name && nominal.params.size() == args.size()) {
                return types_.make(nominal.kind, args, static_cast<std::uint32_t>(i));
            }
        }
        cursor_.fail("unknown type `" + name + "`");
    }

    static std::optional<TypeKind> find_kind(const std::string& name) {
        static constexpr TypeKind kinds[] = {
#define TYPE(kind, text, cls, scalar) TypeKind::kind,
#include "types/type.def"
        };
        for (TypeKind kind : kinds) {
            TypeClass cls = type_class(kind);
            bool is_builtin =
                cls != TypeClass::Nominal && cls != TypeClass::Special && kind != TypeKind::Tuple;
            if (is_builtin && type_kind_text(kind) == name) return kind;
        }
        return std::nullopt;
    }

    Cursor& cursor_;
    TypeTable& types_;
    const std::vector<TypeId>& params_;
    unsigned depth_ = 0;
};

} // namespace

TypeId parse_type(Cursor& cursor, TypeTable& types, const std::vector<TypeId>& params) {
    return TypeParser(cursor, types, params).parse();
}

void parse_results(Cursor& cursor, Signature& signature) {
    if (!cursor.accept("->")) return;
    do {
        if (cursor.accept("nullable"))
            signature.nullable_results.push_back(static_cast<std::uint32_t>(signature.results.size()));
        signature.results.push_back(cursor.scalar());
    } while (cursor.accept(","));
}

Param parse_param(Cursor& cursor) {
    Param param;
    if (cursor.accept("owned")) param.ownership = Ownership::Owned;
    param.nullable = cursor.accept("nullable");
    param.type = cursor.scalar();
    return param;
}

Signature parse_signature(Cursor& cursor) {
    Signature signature;
    cursor.expect("(");
    while (!cursor.accept(")")) {
        if (!signature.params.empty()) cursor.expect(",");
        signature.params.push_back(parse_param(cursor));
    }
    parse_results(cursor, signature);
    return signature;
}

std::string parse_label(Cursor& cursor) {
    cursor.expect("@");
    // Labels are compared in the spelling that function_label writes.
    std::string_view before = cursor.rest();
    if (cursor.next_is("\"")) {
        cursor.string();
    } else {
        cursor.word();
    }
    if (cursor.rest().starts_with("#")) cursor.index("#");
    return "@" + std::string(before.substr(0, before.size() - cursor.rest().size()));
}

} // namespace tn::ir
