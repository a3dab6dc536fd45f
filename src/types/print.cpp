// Types in the spelling a script would use.
#include "types/type_table.h"

namespace tn {

namespace {

// A type is no deeper than the checker lets it grow, but a printed one also stays readable.
constexpr std::size_t max_printed = 400;

class Printer {
public:
    explicit Printer(const TypeTable& types) : types_(types) {}

    void print(TypeId id) {
        if (out_.size() > max_printed) {
            if (!cut_) out_ += "...";
            cut_ = true;
            return;
        }
        TypeKind kind = types_.kind(id);
        std::span<const TypeId> args = types_.args(id);
        switch (kind) {
        case TypeKind::Tuple:
            out_ += '(';
            list(args);
            out_ += ')';
            break;
        case TypeKind::Fn:
            out_ += "fn(";
            list(args.first(args.size() - 1));
            out_ += ')';
            if (types_.kind(args.back()) != TypeKind::Unit) {
                out_ += " -> ";
                print(args.back());
            }
            break;
        case TypeKind::Slice:
            if (types_[id].payload == 1) out_ += "mut ";
            out_ += "Slice[";
            list(args);
            out_ += ']';
            break;
        case TypeKind::Record:
        case TypeKind::Enum:
        case TypeKind::Map:
        case TypeKind::Set:
        case TypeKind::Host:
            if (types_.is_option(id)) {
                // `fn() -> i64?` would read as a function that returns an option.
                bool parens = types_.kind(args[0]) == TypeKind::Fn;
                if (parens) out_ += '(';
                print(args[0]);
                out_ += parens ? ")?" : "?";
                break;
            }
            out_ += types_.nominal(id).name;
            bracketed(args);
            break;
        case TypeKind::Param: out_ += types_.param_name(id); break;
        case TypeKind::List:
        case TypeKind::Range:
            out_ += type_kind_text(kind);
            bracketed(args);
            break;
        case TypeKind::Error:
        case TypeKind::Infer:
        case TypeKind::Never:
        case TypeKind::Unit:
        case TypeKind::Bool:
        case TypeKind::I8:
        case TypeKind::I16:
        case TypeKind::I32:
        case TypeKind::I64:
        case TypeKind::U8:
        case TypeKind::U16:
        case TypeKind::U32:
        case TypeKind::U64:
        case TypeKind::F32:
        case TypeKind::F64:
        case TypeKind::Char:
        case TypeKind::String:
        case TypeKind::Bytes: out_ += type_kind_text(kind); break;
        }
    }

    std::string take() { return std::move(out_); }

private:
    void list(std::span<const TypeId> args) {
        bool first = true;
        for (TypeId arg : args) {
            if (!first) out_ += ", ";
            first = false;
            print(arg);
        }
    }
    void bracketed(std::span<const TypeId> args) {
        if (args.empty()) return;
        out_ += '[';
        list(args);
        out_ += ']';
    }

    const TypeTable& types_;
    std::string out_;
    bool cut_ = false;
};

} // namespace

std::string TypeTable::print(TypeId id) const {
    if (!id.is_valid()) return "{none}";
    Printer printer(*this);
    printer.print(id);
    return printer.take();
}

} // namespace tn
