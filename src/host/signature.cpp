// A parser by recursive descent over the grammar of types, bounded by max_type_nesting.
#include "host/signature.h"

#include <algorithm>
#include <array>

namespace tn::host {

namespace {

class TypeParser {
public:
    explicit TypeParser(std::string_view text) : text_(text) {}

    std::optional<TextError> error;

    bool type(TypeText& out, unsigned depth = 0) {
        if (depth >= max_type_nesting) return fail("the type is nested too deeply");
        if (!primary(out, depth)) return false;
        while (take('?')) {
            TypeText option;
            option.kind = TypeText::Kind::Option;
            option.parts.push_back(std::move(out));
            out = std::move(option);
            if (++depth >= max_type_nesting) return fail("the type is nested too deeply");
        }
        return true;
    }

    // Behind `fn`, or from the start: "(A, mut B) -> R".
    bool function(TypeText& out, unsigned depth) {
        out.kind = TypeText::Kind::Fn;
        if (!take('(')) return fail("expected `(`");
        while (!take(')')) {
            if (!out.parts.empty()) {
                if (!take(',')) return fail("expected `,` or `)`");
                if (take(')')) break;
            }
            const bool is_mut = take_word("mut");
            skip_parameter_name();
            out.is_mut.push_back(is_mut);
            if (!type(out.parts.emplace_back(), depth + 1)) return false;
        }
        TypeText& result = out.parts.emplace_back();
        result.kind = TypeText::Kind::Tuple;
        if (take_arrow()) {
            result = TypeText();
            return type(result, depth + 1);
        }
        return true;
    }

    bool end() {
        skip_space();
        return at_ == text_.size() || fail("unexpected text after the type");
    }
    bool take_word(std::string_view word) {
        skip_space();
        if (text_.substr(at_, word.size()) != word) return false;
        if (at_ + word.size() < text_.size() && is_word(text_[at_ + word.size()])) return false;
        at_ += word.size();
        return true;
    }

private:
    bool primary(TypeText& out, unsigned depth) {
        skip_space();
        if (take('(')) return tuple(out, depth);
        if (take_word("fn")) return function(out, depth);
        if (take('!')) {
            out.name = "!";
            return true;
        }
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.')) ++at_;
        if (at_ == begin) return fail("expected a type");
        out.name = text_.substr(begin, at_ - begin);
        if (!take('[')) return true;
        do {
            if (!type(out.parts.emplace_back(), depth + 1)) return false;
        } while (take(','));
        if (!take(']')) return fail("expected `]`");
        if (out.name == "Option" && out.parts.size() == 1) {
            out.name.clear();
            out.kind = TypeText::Kind::Option;
        }
        return true;
    }

    bool tuple(TypeText& out, unsigned depth) {
        out.kind = TypeText::Kind::Tuple;
        bool comma = false;
        while (!take(')')) {
            if (!out.parts.empty()) {
                if (!take(',')) return fail("expected `,` or `)`");
                comma = true;
                if (take(')')) break;
            }
            if (!type(out.parts.emplace_back(), depth + 1)) return false;
        }
        // Parentheses around one type only group.
        if (out.parts.size() == 1) {
            if (comma) return fail("a tuple has two elements or more");
            TypeText inner = std::move(out.parts.front());
            out = std::move(inner);
        }
        return true;
    }

    // "name: Type" is as good as "Type".
    void skip_parameter_name() {
        skip_space();
        std::size_t p = at_;
        while (p < text_.size() && is_word(text_[p])) ++p;
        if (p == at_) return;
        while (p < text_.size() && is_space(text_[p])) ++p;
        if (p < text_.size() && text_[p] == ':') at_ = p + 1;
    }

    bool take(char c) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool take_arrow() {
        skip_space();
        if (text_.substr(at_, 2) != "->") return false;
        at_ += 2;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    }
    bool fail(const char* message) {
        if (!error) error = TextError{message, at_};
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void print(const TypeText& type, std::string& out) {
    auto list = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            if (i) out += ", ";
            if (type.kind == TypeText::Kind::Fn && type.is_mut[i]) out += "mut ";
            print(type.parts[i], out);
        }
    };
    switch (type.kind) {
    case TypeText::Kind::Name:
        out += type.name;
        if (!type.parts.empty()) {
            out += '[';
            list(type.parts.size());
            out += ']';
        }
        break;
    case TypeText::Kind::Tuple:
        out += '(';
        list(type.parts.size());
        out += ')';
        break;
    case TypeText::Kind::Option: {
        const bool parens = type.parts[0].kind == TypeText::Kind::Fn;
        if (parens) out += '(';
        print(type.parts[0], out);
        out += parens ? ")?" : "?";
        break;
    }
    case TypeText::Kind::Fn: {
        out += "fn(";
        list(type.parts.size() - 1);
        out += ')';
        const TypeText& result = type.parts.back();
        if (result.kind == TypeText::Kind::Tuple && result.parts.empty()) break;
        out += " -> ";
        print(result, out);
        break;
    }
    }
}

std::optional<TextError> check_size(std::string_view text) {
    if (text.size() <= max_signature_bytes) return std::nullopt;
    return TextError{"the text is too long", max_signature_bytes};
}

// Whether values of a built-in or host type have a hash.
bool is_key(const TypeTable& types, TypeId type, const TypeNames& names) {
    const TypeKind kind = types.kind(type);
    if (types.is_float(type) || kind == TypeKind::Fn) return false;
    if (kind == TypeKind::Host) return names.has_hash && names.has_hash(types.host_type(type));
    for (TypeId arg : types.args(type)) {
        if (!is_key(types, arg, names)) return false;
    }
    return true;
}

} // namespace

std::optional<TextError> parse_type(std::string_view text, TypeText& out) {
    if (auto error = check_size(text)) return error;
    TypeParser parser(text);
    if (parser.type(out)) parser.end();
    return parser.error;
}

std::optional<TextError> parse_signature(std::string_view text, TypeText& out) {
    if (auto error = check_size(text)) return error;
    TypeParser parser(text);
    parser.take_word("fn");
    if (parser.function(out, 0)) parser.end();
    return parser.error;
}

std::string canonical(const TypeText& type) {
    std::string out;
    print(type, out);
    return out;
}

namespace {

std::optional<TypeId> find_declared(const std::string& name, const std::vector<TypeId>& args,
                                    TypeTable& types) {
    for (std::size_t i = types.set_id.index() + 1; i < types.nominal_count(); ++i) {
        const Nominal& nominal = types.nominal(NominalId(i));
        if (nominal.kind == TypeKind::Host) continue; // `names` knows which of them are there
        if (nominal.name == name && nominal.module.empty() && nominal.params.size() == args.size())
            return types.make(nominal.kind, args, static_cast<std::uint32_t>(i));
    }
    return std::nullopt;
}

std::optional<TypeId> resolve(const TypeText& type, TypeTable& types, std::string& unknown,
                              bool with_declared, const TypeNames& names) {
    std::vector<TypeId> parts;
    for (const TypeText& part : type.parts) {
        std::optional<TypeId> id = resolve(part, types, unknown, with_declared, names);
        if (!id) return std::nullopt;
        parts.push_back(*id);
    }
    switch (type.kind) {
    case TypeText::Kind::Name:
        if (type.name == "List" && parts.size() == 1) return types.list(parts[0]);
        if (type.name == "Slice" && parts.size() == 1 && names.find && !with_declared &&
            type_class(types.kind(parts[0])) == TypeClass::Scalar)
            return types.make(TypeKind::Slice, parts);
        if (type.name == "Range" && parts.size() == 1 && types.is_integer(parts[0]))
            return types.make(TypeKind::Range, parts);
        if (type.name == "Result" && parts.size() == 2)
            return types.make(TypeKind::Enum, parts, types.result_id.value);
        if (type.name == "Verdict" && parts.size() == 2)
            return types.make(TypeKind::Enum, parts, types.verdict_id.value);
        if (type.name == "Map" && parts.size() == 2 && is_key(types, parts[0], names))
            return types.make(TypeKind::Map, parts, types.map_id.value);
        if (type.name == "Set" && parts.size() == 1 && is_key(types, parts[0], names))
            return types.make(TypeKind::Set, parts, types.set_id.value);
        if (parts.empty()) {
            for (TypeKind kind : {TypeKind::Bool, TypeKind::I8, TypeKind::I16, TypeKind::I32, TypeKind::I64,
                                  TypeKind::U8, TypeKind::U16, TypeKind::U32, TypeKind::U64, TypeKind::F32,
                                  TypeKind::F64, TypeKind::Char, TypeKind::String, TypeKind::Bytes}) {
                if (type.name == type_kind_text(kind)) return types.simple(kind);
            }
            if (const TypeId named = names.find ? names.find(type.name) : TypeId(); named.is_valid()) return named;
        }
        if (with_declared) {
            if (const std::optional<TypeId> id = find_declared(type.name, parts, types)) return id;
        }
        unknown = canonical(type);
        return std::nullopt;
    case TypeText::Kind::Tuple: return types.tuple(parts);
    case TypeText::Kind::Option: return types.option(parts[0]);
    case TypeText::Kind::Fn:
        if (std::ranges::find(type.is_mut, true) == type.is_mut.end()) return types.make(TypeKind::Fn, parts);
        unknown = canonical(type);
        return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<TypeId> resolve_builtin(const TypeText& type, TypeTable& types, std::string& unknown,
                                      const TypeNames& names) {
    return resolve(type, types, unknown, false, names);
}

std::optional<TypeId> resolve_declared(const TypeText& type, TypeTable& types, std::string& unknown,
                                       const TypeNames& names) {
    return resolve(type, types, unknown, true, names);
}

} // namespace tn::host
