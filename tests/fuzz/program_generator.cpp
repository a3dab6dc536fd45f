#include "program_generator.h"

#include <random>
#include <vector>

namespace tn::fuzz {

namespace {

std::map<std::string, std::uint64_t> counts;

enum class Ty { I64, I32, U8, U64, F64, Bool, String, ListI64, ListString, ListRec, Rec, OptI64, Pair };
constexpr int type_count = 13;
const char* const names[] = {"i64",  "i32",       "u8",           "u64",       "f64", "bool", "String",
                             "List[i64]", "List[String]", "List[Rec]", "Rec", "i64?", "(i64, String)"};
const char* name(Ty t) { return names[static_cast<int>(t)]; }
bool is_int(Ty t) { return t == Ty::I64 || t == Ty::I32 || t == Ty::U8 || t == Ty::U64; }

struct Var {
    std::string name;
    Ty type;
    bool loop_counter = false; // not assigned, so that loops end
};

struct Fn {
    std::string name;
    std::vector<std::pair<Ty, bool>> params; // type, mut
    Ty result;
    std::uint64_t cost = 1;
};

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::string program() {
        out_ = "record Rec { a: i64, b: f64, s: String, xs: List[i64], o: i64? }\n"
               "var g_int: i64 = 3;\nvar g_text: String = \"g\";\nvar g_list: List[i64] = [1, 2, 3];\n"
               "const LIMIT: i64 = 10 * 4 + 2;\n\n";
        const int functions = 1 + pick(6);
        for (int i = 0; i < functions; ++i) function(i);
        out_ += "fn main() {\n";
        indent_ = 1;
        vars_.clear();
        result_ = Ty::Bool;
        in_main_ = true;
        multiplier_ = 1;
        cost_ = 1;
        const int statements = 4 + pick(8);
        for (int i = 0; i < statements; ++i) statement(0);
        for (const Fn& fn : fns_)
            if (affordable(fn)) line("print(f\"" + fn.name + " {" + call(fn, 1, true) + "}\");");
        for (const Var& v : std::vector<Var>(vars_)) line("print(" + v.name + ");");
        line("print(g_int); print(g_text); print(g_list);");
        out_ += "}\n";
        return out_;
    }

private:
    int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    bool chance(int percent) { return pick(100) < percent; }
    Ty any_type() { return static_cast<Ty>(pick(type_count)); }
    void line(const std::string& text) { out_ += std::string(static_cast<std::size_t>(indent_) * 4, ' ') + text + "\n"; }
    std::string fresh() { return "v" + std::to_string(next_++); }
    const std::string& seen(const char* what, const std::string& text) {
        ++counts[what];
        return text;
    }
    bool affordable(const Fn& fn) const { return multiplier_ * fn.cost < 20000 && cost_ < 100000; }

    void function(int index) {
        Fn fn;
        fn.name = "f" + std::to_string(index);
        fn.result = any_type();
        vars_.clear();
        next_ = 0;
        in_main_ = false;
        const int params = pick(5);
        std::string header = "fn " + fn.name + "(";
        for (int i = 0; i < params; ++i) {
            const Ty t = any_type();
            const bool is_mut = chance(25);
            fn.params.emplace_back(t, is_mut);
            vars_.push_back({"p" + std::to_string(i), t, false});
            header += std::string(i ? ", " : "") + (is_mut ? "mut " : "") + "p" + std::to_string(i) + ": " + name(t);
            if (is_mut) ++counts["mut parameter"];
        }
        out_ += header + ") -> " + name(fn.result) + " {\n";
        indent_ = 1;
        result_ = fn.result;
        multiplier_ = 1;
        cost_ = 1;
        const int statements = 1 + pick(6);
        for (int i = 0; i < statements; ++i) statement(0);
        line(expr(fn.result, 3));
        out_ += "}\n\n";
        fn.cost = cost_;
        fns_.push_back(fn);
    }

    std::string var_of(Ty t, bool assignable = false) {
        std::vector<std::string> fitting;
        for (const Var& v : vars_)
            if (v.type == t && !(assignable && v.loop_counter)) fitting.push_back(v.name);
        if (t == Ty::I64 && chance(15)) fitting.push_back("g_int");
        if (t == Ty::String && chance(15)) fitting.push_back("g_text");
        if (t == Ty::ListI64 && chance(15)) fitting.push_back("g_list");
        if (fitting.empty()) return "";
        return fitting[static_cast<std::size_t>(pick(static_cast<int>(fitting.size())))];
    }

    // --- statements ---
    void block(int depth, int most) {
        const std::size_t scope = vars_.size();
        ++indent_;
        const int n = 1 + pick(most);
        for (int i = 0; i < n; ++i) statement(depth + 1);
        --indent_;
        vars_.resize(scope);
    }

    void statement(int depth) {
        cost_ += multiplier_;
        const int kind = pick(depth < 3 ? 22 : 14);
        if (kind < 4) {
            const Ty t = any_type();
            const std::string value = expr(t, 3);
            const std::string v = fresh();
            line(seen("let", "let " + v + ": " + name(t) + " = " + value + ";"));
            vars_.push_back({v, t, false});
        } else if (kind < 7) {
            const Ty t = any_type();
            const std::string v = var_of(t, true);
            if (v.empty()) return;
            if (is_int(t) || t == Ty::F64) line(seen("compound assignment", v + (chance(50) ? " += " : " -= ") + expr(t, 2) + ";"));
            else if (t == Ty::String && chance(50)) line(seen("append", v + " += " + expr(Ty::String, 2) + ";"));
            else line(seen("assign", v + " = " + expr(t, 2) + ";"));
        } else if (kind < 9) {
            const std::string v = var_of(Ty::ListI64, true);
            if (v.empty()) return;
            const int what = pick(4);
            if (what == 0) line(seen("push", v + ".push(" + expr(Ty::I64, 2) + ");"));
            else if (what == 1) line(seen("pop", "if let Some(x) = " + v + ".pop() { print(x); }"));
            else if (what == 2) line(seen("index assign", v + "[" + index_of(v) + "] = " + expr(Ty::I64, 2) + ";"));
            else line(seen("index compound", v + "[" + index_of(v) + "] += " + expr(Ty::I64, 1) + ";"));
        } else if (kind < 10) {
            const std::string v = var_of(Ty::ListRec, true);
            if (v.empty()) return;
            const int what = pick(4);
            if (what == 0) line(seen("push record", v + ".push(" + expr(Ty::Rec, 2) + ");"));
            else if (what == 1) line(seen("field of element", v + "[" + index_of(v) + "].a = " + expr(Ty::I64, 2) + ";"));
            else if (what == 2) line(seen("nested list push", v + "[" + index_of(v) + "].xs.push(" + expr(Ty::I64, 1) + ");"));
            else line(seen("text of element", v + "[" + index_of(v) + "].s += " + expr(Ty::String, 1) + ";"));
        } else if (kind < 12) {
            const std::string v = var_of(Ty::Rec, true);
            if (v.empty()) return;
            const int what = pick(4);
            if (what == 0) line(seen("field assign", v + ".a = " + expr(Ty::I64, 2) + ";"));
            else if (what == 1) line(seen("field compound", v + ".b *= " + expr(Ty::F64, 2) + ";"));
            else if (what == 2) line(seen("field list push", v + ".xs.push(" + expr(Ty::I64, 2) + ");"));
            else line(seen("field text", v + ".s += " + expr(Ty::String, 2) + ";"));
        } else if (kind < 13) {
            line(seen("print", "print(" + expr(any_type(), 2) + ");"));
        } else if (kind < 14) {
            if (in_main_ || fns_.empty()) return;
            if (chance(25)) line(seen("early return", "if " + expr(Ty::Bool, 2) + " { return " + expr(result_, 2) + "; }"));
        } else if (kind < 17) {
            line(seen("if", "if " + expr(Ty::Bool, 3) + " {"));
            block(depth, 3);
            if (chance(50)) {
                line("} else {");
                block(depth, 3);
            }
            line("}");
        } else if (kind < 20) {
            loop(depth);
        } else {
            match_statement(depth);
        }
    }

    void loop(int depth) {
        if (multiplier_ > 500) return;
        const std::uint64_t outer = multiplier_;
        const std::string i = fresh();
        const int what = pick(4);
        const int turns = 1 + pick(8);
        std::string tail;
        if (what == 0) {
            line(seen("for range", "for " + i + " in " + std::to_string(pick(3)) + (chance(50) ? ".." : "..=") + std::to_string(turns) + " {"));
            vars_.push_back({i, Ty::I64, true});
        } else if (what == 1) {
            const std::string v = var_of(Ty::ListI64);
            if (v.empty()) return;
            line(seen("for list", "for " + i + " in " + v + " {"));
            vars_.push_back({i, Ty::I64, true});
        } else if (what == 2) {
            line("let " + i + " = 0;");
            line(seen("while", "while " + i + " < " + std::to_string(turns) + " {"));
            vars_.push_back({i, Ty::I64, true});
            tail = i + " += 1;";
        } else {
            line("let " + i + " = 0;");
            line(seen("loop", "loop {"));
            vars_.push_back({i, Ty::I64, true});
            ++indent_;
            line(i + " += 1;");
            line("if " + i + " > " + std::to_string(turns) + " { break; }");
            --indent_;
        }
        multiplier_ *= static_cast<std::uint64_t>(turns + 1);
        block(depth, 3);
        ++indent_;
        if (!tail.empty()) line(tail);
        --indent_;
        line("}");
        // `while` and `loop` leave their counter behind; the others do not.
        if (what < 2) vars_.pop_back();
        multiplier_ = outer;
    }

    void match_statement(int depth) {
        if (chance(50)) {
            line(seen("match integer", "match " + expr(Ty::I64, 2) + " {"));
            ++indent_;
            line("0 => print(\"zero\"),");
            line("1..=9 => {");
            block(depth, 2);
            line("}");
            line("n if n % 2 == 0 => print(n),");
            line("-3 | -5 => {");
            block(depth, 2);
            line("}");
            line("_ => {}");
            --indent_;
            line("}");
        } else {
            const std::string x = fresh();
            line(seen("match option", "match " + expr(Ty::OptI64, 2) + " {"));
            ++indent_;
            line("Some(" + x + ") => {");
            vars_.push_back({x, Ty::I64, false});
            block(depth, 2);
            vars_.pop_back();
            line("}");
            line("None => {");
            block(depth, 2);
            line("}");
            --indent_;
            line("}");
        }
    }

    // Mostly inside the list, so that programs do not all end at once.
    std::string index_of(const std::string& list) {
        if (chance(6)) return expr(Ty::I64, 1);
        return "(" + small() + " % (if " + list + ".len() == 0 { 1 } else { " + list + ".len() }))";
    }
    std::string small() { return std::to_string(pick(12)); }

    // --- expressions ---
    std::string call(const Fn& fn, int depth, bool in_text = false) {
        ++counts["call"];
        cost_ += multiplier_ * fn.cost;
        std::string text = fn.name + "(";
        std::vector<std::string> used;
        for (std::size_t i = 0; i < fn.params.size(); ++i) {
            const auto [t, is_mut] = fn.params[i];
            if (i) text += ", ";
            if (!is_mut) {
                text += expr(t, depth - 1 < 0 ? 0 : depth - 1);
                continue;
            }
            // Each place once in a call; a fresh variable when there is none left.
            std::string place = in_text ? "" : var_of(t, true);
            for (const std::string& u : used)
                if (u == place) place.clear();
            if (place.empty()) return fallback(fn.result);
            used.push_back(place);
            text += "mut " + place;
            ++counts["mut argument"];
        }
        return text + ")";
    }
    std::string fallback(Ty t) { return literal(t); }

    std::string literal(Ty t) {
        switch (t) {
        case Ty::I64: return chance(10) ? (chance(50) ? "9223372036854775807" : "-9223372036854775808") : std::to_string(pick(200) - 60);
        case Ty::I32: return chance(10) ? "2147483647i32" : std::to_string(pick(200)) + "i32";
        case Ty::U8: return std::to_string(pick(256)) + "u8";
        case Ty::U64: return chance(10) ? "18446744073709551615u64" : std::to_string(pick(1000)) + "u64";
        case Ty::F64: {
            static const char* const floats[] = {"0.0", "1.5", "-2.25", "1e10", "3.0e-5", "100.0", "f64.INFINITY", "f64.NAN", "-0.0"};
            return floats[pick(9)];
        }
        case Ty::Bool: return chance(50) ? "true" : "false";
        case Ty::String: {
            static const char* const texts[] = {"\"\"", "\"a\"", "\"hello\"", "\"é✓\"", "\"42\"", "\"x y z\"", "\"-7\""};
            return texts[pick(7)];
        }
        case Ty::ListI64: return chance(30) ? "[7]" : "[" + std::to_string(pick(50)) + ", " + std::to_string(pick(50)) + ", -1]";
        case Ty::ListString: return "[\"p\", \"q\"]";
        case Ty::ListRec: return "[" + literal(Ty::Rec) + "]";
        case Ty::Rec: return "Rec { a: " + std::to_string(pick(9)) + ", b: 0.5, s: \"r\", xs: " + (chance(30) ? "[]" : "[1]") + ", o: " + (chance(50) ? "None" : "Some(4)") + " }";
        case Ty::OptI64: return chance(40) ? "None" : "Some(" + std::to_string(pick(99)) + ")";
        case Ty::Pair: return "(" + std::to_string(pick(9)) + ", \"pair\")";
        }
        return "0";
    }

    std::string in(Ty t, int depth) { return "(" + expr(t, depth - 1) + ")"; }
    // A record or a block in a condition needs parentheses; every operand has them.
    std::string expr(Ty t, int depth) {
        cost_ += multiplier_ / 4;
        if (depth <= 0 || cost_ > 100000) {
            const std::string v = chance(75) ? var_of(t) : "";
            return v.empty() ? literal(t) : v;
        }
        if (chance(20)) {
            if (const std::string v = var_of(t); !v.empty()) return v;
        }
        if (chance(8) && !fns_.empty()) {
            const Fn& fn = fns_[static_cast<std::size_t>(pick(static_cast<int>(fns_.size())))];
            if (fn.result == t && affordable(fn)) return call(fn, depth);
        }
        if (chance(6)) return seen("if expression", "(if " + expr(Ty::Bool, depth - 1) + " { " + expr(t, depth - 1) + " } else { " + expr(t, depth - 1) + " })");
        if (is_int(t)) return integer(t, depth);
        switch (t) {
        case Ty::F64: return number(depth);
        case Ty::Bool: return condition(depth);
        case Ty::String: return text(depth);
        case Ty::ListI64: {
            const int what = pick(4);
            if (what == 0) return seen("list literal", "[" + expr(Ty::I64, depth - 1) + ", " + expr(Ty::I64, depth - 1) + "]");
            if (what == 1) return seen("field list", in(Ty::Rec, depth) + ".xs");
            return literal(t);
        }
        case Ty::ListString: {
            if (chance(50)) return seen("split", in(Ty::String, depth) + ".split(\" \")");
            return seen("list of text", "[" + expr(Ty::String, depth - 1) + ", " + expr(Ty::String, depth - 1) + "]");
        }
        case Ty::ListRec: return "[" + expr(Ty::Rec, depth - 1) + "]";
        case Ty::Rec: {
            if (chance(40)) return seen("record update", "Rec { a: " + expr(Ty::I64, depth - 1) + ", ..(" + expr(Ty::Rec, depth - 1) + ") }");
            return seen("record", "Rec { a: " + expr(Ty::I64, depth - 1) + ", b: " + expr(Ty::F64, depth - 1) + ", s: " + expr(Ty::String, depth - 1) +
                                      ", xs: " + expr(Ty::ListI64, depth - 1) + ", o: " + expr(Ty::OptI64, depth - 1) + " }");
        }
        case Ty::OptI64: {
            const int what = pick(4);
            if (what == 0) return seen("get", in(Ty::ListI64, depth) + ".get(" + expr(Ty::I64, depth - 1) + ")");
            if (what == 1) return seen("find", in(Ty::String, depth) + ".find(" + expr(Ty::String, depth - 1) + ")");
            if (what == 2) return seen("parse", in(Ty::String, depth) + ".parse_int()");
            return seen("some", "Some(" + expr(Ty::I64, depth - 1) + ")");
        }
        case Ty::Pair: return seen("tuple", "(" + expr(Ty::I64, depth - 1) + ", " + expr(Ty::String, depth - 1) + ")");
        default: return literal(t);
        }
    }

    std::string integer(Ty t, int depth) {
        static const char* const calm[] = {" +% ", " -% ", " *% ", " & ", " | ", " ^ "};
        static const char* const checked[] = {" + ", " - ", " * ", " / ", " % "};
        const int what = pick(12);
        if (what < 4) return seen("wrapping arithmetic", in(t, depth) + calm[pick(6)] + in(t, depth));
        if (what < 6) {
            // Trapping arithmetic on small numbers, so that some of it does not trap.
            if (chance(80)) return seen("checked arithmetic", "(" + in(t, depth) + " % " + lit(t, 50) + ")" + checked[pick(3)] + lit(t, 3));
            return seen("checked arithmetic", in(t, depth) + checked[pick(5)] + in(t, depth));
        }
        if (what == 6) return seen("shift", in(t, depth) + (chance(50) ? " << " : " >> ") + std::to_string(pick(t == Ty::U8 ? 8 : t == Ty::I32 ? 32 : 64)));
        if (what == 7) {
            static const Ty from[] = {Ty::I64, Ty::I32, Ty::U8, Ty::U64, Ty::F64, Ty::Bool};
            return seen("conversion", "(" + in(from[pick(6)], depth) + " as " + name(t) + ")");
        }
        if (what == 8) return seen("bit not", "(!" + in(t, depth) + ")");
        if (t != Ty::I64) return literal(t);
        if (what == 9) return seen("len", in(chance(50) ? Ty::String : Ty::ListI64, depth) + ".len()");
        if (what == 10) {
            const std::string v = var_of(Ty::ListI64);
            if (!v.empty()) return seen("index", v + "[" + index_of(v) + "]");
            return seen("field", in(Ty::Rec, depth) + ".a");
        }
        if (chance(40)) return seen("unwrap_or", in(Ty::OptI64, depth) + ".unwrap_or(" + expr(Ty::I64, depth - 1) + ")");
        if (chance(50)) return seen("tuple field", in(Ty::Pair, depth) + ".0");
        return "LIMIT";
    }
    std::string lit(Ty t, int most) { return std::to_string(1 + pick(most)) + (t == Ty::I64 ? "" : name(t)); }

    std::string number(int depth) {
        static const char* const ops[] = {" + ", " - ", " * ", " / "};
        const int what = pick(8);
        if (what < 4) return seen("float arithmetic", in(Ty::F64, depth) + ops[pick(4)] + in(Ty::F64, depth));
        if (what == 4) return seen("int to float", "(" + in(is_even() ? Ty::I64 : Ty::U64, depth) + " as f64)");
        if (what == 5) {
            static const char* const functions[] = {".sqrt()", ".floor()", ".ceil()", ".trunc()", ".abs()", ".round()"};
            return seen("float method", in(Ty::F64, depth) + functions[pick(6)]);
        }
        if (what == 6) return seen("field", in(Ty::Rec, depth) + ".b");
        return literal(Ty::F64);
    }
    bool is_even() { return chance(50); }

    std::string condition(int depth) {
        static const char* const compare[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
        static const Ty ordered[] = {Ty::I64, Ty::I32, Ty::U8, Ty::U64, Ty::F64, Ty::String};
        const int what = pick(8);
        if (what < 4) {
            const Ty t = ordered[pick(6)];
            return seen("comparison", in(t, depth) + compare[pick(6)] + in(t, depth));
        }
        if (what == 4) return seen("and", in(Ty::Bool, depth) + (chance(50) ? " && " : " || ") + in(Ty::Bool, depth));
        if (what == 5) return seen("not", "(!" + in(Ty::Bool, depth) + ")");
        if (what == 6) return seen("contains", in(Ty::String, depth) + (chance(50) ? ".contains(" : ".starts_with(") + expr(Ty::String, depth - 1) + ")");
        static const Ty equal[] = {Ty::ListI64, Ty::Rec, Ty::OptI64, Ty::Pair};
        const Ty t = equal[pick(4)];
        return seen("structural equality", in(t, depth) + compare[pick(2)] + in(t, depth));
    }

    std::string text(int depth) {
        const int what = pick(9);
        if (what == 0) return seen("concat", in(Ty::String, depth) + " + " + in(Ty::String, depth));
        if (what == 1) return seen("show", "show(" + expr(any_type(), depth - 1) + ")");
        if (what == 2) return seen("f-string", "f\"<{" + in_text(Ty::I64) + "}|{" + in_text(Ty::F64) + ":.3f}|{" + in_text(Ty::String) + ":>6}>\"");
        if (what == 3) return seen("case", in(Ty::String, depth) + (chance(50) ? ".to_upper()" : ".to_lower()"));
        if (what == 4) return seen("trim", in(Ty::String, depth) + ".trim()");
        if (what == 5) return seen("replace", in(Ty::String, depth) + ".replace(\"l\", " + expr(Ty::String, depth - 1) + ").slice(0, 0)");
        if (what == 6) return seen("field", in(Ty::Rec, depth) + ".s");
        if (what == 7) return seen("tuple field", in(Ty::Pair, depth) + ".1");
        return literal(Ty::String);
    }
    // Inside an f-string: nothing with quotes.
    std::string in_text(Ty t) {
        const std::string v = var_of(t);
        if (!v.empty()) return v;
        return t == Ty::I64 ? small() : t == Ty::F64 ? "1.5" : "g_text";
    }

    std::mt19937_64 random_;
    std::string out_;
    int indent_ = 0;
    int next_ = 0;
    std::vector<Var> vars_;
    std::vector<Fn> fns_;
    Ty result_ = Ty::Bool;
    bool in_main_ = false;
    std::uint64_t multiplier_ = 1, cost_ = 1;
};

} // namespace

std::string generate_program(std::uint64_t seed) { return Generator(seed).program(); }

const std::map<std::string, std::uint64_t>& covered() { return counts; }

} // namespace tn::fuzz
