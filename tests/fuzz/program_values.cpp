// Expressions by their type: literals, operators, library methods.
#include "program_writer.h"

namespace tn::fuzz {

std::string Writer::literal(Ty t, int depth) {
    const Type type = types_[t];
    switch (type.kind) {
    case Kind::Unit: return "()";
    case Kind::Bool: return chance(50) ? "true" : "false";
    case Kind::I64: return chance(6) ? (chance(50) ? "9223372036854775807" : "(-9223372036854775808)") : chance(30) ? "(-" + std::to_string(pick(60)) + ")" : std::to_string(pick(200));
    case Kind::I32: return chance(6) ? "2147483647i32" : std::to_string(pick(200)) + "i32";
    case Kind::U8: return std::to_string(pick(256)) + "u8";
    case Kind::U64: return chance(6) ? "18446744073709551615u64" : std::to_string(pick(1000)) + "u64";
    case Kind::F64: return one_of(std::vector<std::string>{"0.0", "1.5", "(-2.25)", "1e10", "3.0e-5", "100.0", "f64.INFINITY", "f64.NAN", "(-0.0)"});
    case Kind::Char: return one_of(std::vector<std::string>{"'a'", "'Z'", "'7'", "'é'", "'✓'", "'\\n'", "'\\''"});
    case Kind::String: return one_of(std::vector<std::string>{"\"\"", "\"a\"", "\"hello\"", "\"é✓\"", "\"42\"", "\"x y z\"", "\"-7\"", "\"a,b,,c\"", "\"tab\\t\\\"q\\\"\""});
    case Kind::Param: {
        // The first parameter of a generic function has the type, and is visible everywhere in it.
        for (const Var& v : vars_)
            if (v.type == t) return v.name;
        return "missing";
    }
    case Kind::Tuple: {
        std::string text = "(";
        for (std::size_t i = 0; i < type.args.size(); ++i) text += (i > 0 ? ", " : "") + literal(type.args[i], depth);
        return text + ")";
    }
    case Kind::List: {
        if (depth <= 0 || chance(20)) return "[]";
        std::string text = "[" + literal(type.args[0], depth - 1);
        for (int n = pick(3); n > 0; --n) text += ", " + literal(type.args[0], depth - 1);
        return text + "]";
    }
    case Kind::Map:
        if (depth <= 0 || chance(20)) return chance(50) ? "Map{}" : "Map.new()";
        return seen("Map literal", "Map{" + literal(type.args[0]) + ": " + literal(type.args[1], depth - 1) + ", " + literal(type.args[0]) + ": " + literal(type.args[1], depth - 1) + "}");
    case Kind::Set:
        if (depth <= 0 || chance(20)) return chance(50) ? "Set{}" : "Set.new()";
        return seen("Set literal", "Set{" + literal(type.args[0]) + ", " + literal(type.args[0]) + "}");
    case Kind::Option: return depth <= 0 || chance(40) ? "None" : "Some(" + literal(type.args[0], depth - 1) + ")";
    case Kind::Result: return chance(60) ? "Ok(" + literal(type.args[0], depth - 1) + ")" : "Err(" + literal(type.args[1], depth - 1) + ")";
    case Kind::Verdict: return chance(60) ? "Accept(" + literal(type.args[0], depth - 1) + ")" : "Reject(" + literal(type.args[1], depth - 1) + ")";
    case Kind::Fn: {
        std::string text = "|";
        for (std::size_t i = 0; i + 1 < type.args.size(); ++i) text += i > 0 ? ", _" : "_";
        return text + "| " + literal(type.args.back(), depth - 1);
    }
    case Kind::Record:
    case Kind::Enum: break;
    }
    const Decl decl = types_.decl_of(t);
    // The first constructor of an enum does not recur.
    const std::size_t which = depth <= 0 ? 0 : static_cast<std::size_t>(pick(static_cast<int>(decl.variants.size())));
    const Variant& variant = decl.variants[which];
    std::string text = decl.is_enum ? decl.name + "." + variant.name : decl.name;
    if (variant.fields.empty() && decl.is_enum) return text;
    const bool is_named = !decl.is_enum || !variant.field_names.empty();
    text += is_named ? " { " : "(";
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        if (i > 0) text += ", ";
        if (is_named) text += variant.field_names[i] + ": ";
        text += literal(types_.field(t, which, i), depth - 1);
    }
    return text + (is_named ? " }" : ")");
}

std::string Writer::integer(Ty t, int depth) {
    static const char* const calm[] = {" +% ", " -% ", " *% ", " & ", " | ", " ^ "};
    static const char* const checked[] = {" + ", " - ", " * ", " / ", " % "};
    const auto lit = [&](int most) { return std::to_string(1 + pick(most)) + (t == types_.i64 ? "" : types_.name(t)); };
    const int bits = t == types_.u8 ? 8 : t == types_.i32 ? 32 : 64;
    switch (pick(t == types_.i64 ? 22 : 12)) {
    case 0: case 1: case 2: return seen("wrapping arithmetic", own(t, depth) + calm[pick(6)] + own(t, depth));
    case 3: case 4:
        // Trapping arithmetic on small numbers, so that most of it does not trap.
        if (chance(85)) return seen("checked arithmetic", "(" + own(t, depth) + " % " + lit(50) + ")" + checked[pick(3) == 0 ? 2 : 0] + lit(3));
        return seen("checked arithmetic", own(t, depth) + checked[pick(5)] + own(t, depth));
    case 5: return seen("shift", own(t, depth) + (chance(50) ? " << " : " >> ") + std::to_string(pick(bits)));
    case 6: {
        const Ty from[] = {types_.i64, types_.i32, types_.u8, types_.u64, types_.f64, types_.boolean, types_.character};
        const Ty source = from[pick(7)];
        return seen("conversion", "(" + own(source, depth) + " as " + types_.name(t) + ")");
    }
    case 7: return seen("bit not", "(!" + own(t, depth) + ")");
    case 8: return seen("number method", own(t, depth) + (chance(50) ? ".min(" : ".max(") + expr(t, depth - 1) + ")");
    case 9: return seen("checked_add", own(t, depth) + "." + one_of(std::vector<std::string>{"checked_add", "checked_sub", "checked_mul", "checked_div"}) + "(" + expr(t, depth - 1) + ").unwrap_or(" + lit(9) + ")");
    case 10: return seen("saturating", own(t, depth) + (chance(50) ? ".saturating_add(" : ".saturating_sub(") + expr(t, depth - 1) + ")");
    case 11: return seen("rotate", own(t, depth) + ".rotate_left(" + small() + ")");
    case 12: return seen("len", own(chance(50) ? types_.string : list_of(scalar()), depth) + ".len()");
    case 13: {
        Ty list = 0;
        const std::string v = list_var(&list, false);
        return v.empty() ? literal(t) : seen("len", v + ".len()");
    }
    case 14: {
        const Ty kind = type_that(Weighs);
        return seen("trait method", own(kind, depth) + (chance(70) ? ".weigh()" : ".twice()"));
    }
    case 15: {
        Ty element = 0;
        const std::string xs = some_list(depth, &element);
        if (multiplier_ > 500) return literal(t);
        return seen("count", xs + ".count(" + closure({element}, types_.boolean, depth - 1) + ")");
    }
    case 16: return seen("Map.len", own(types_.make(chance(50) ? Kind::Map : Kind::Map, {type_that(Hashes), scalar()}), depth) + ".len()");
    case 17: return seen("cmp", own(types_.string, depth) + ".cmp(" + expr(types_.string, depth - 1) + ")");
    case 18: {
        const Ty other = type_that(Orders);
        return seen("cmp of any", own(other, depth) + ".cmp(" + expr(other, depth - 1) + ")");
    }
    case 19: return seen("sum", own(list_of(types_.i64), depth) + ".map(|x| x % 1000).sum()");
    case 20: return seen("signum", own(t, depth) + ".signum()");
    default: return "LIMIT";
    }
}

std::string Writer::number(int depth) {
    static const char* const ops[] = {" + ", " - ", " * ", " / "};
    const Ty t = types_.f64;
    switch (pick(9)) {
    case 0: case 1: case 2: return seen("float arithmetic", own(t, depth) + ops[pick(4)] + own(t, depth));
    case 3: return seen("int to float", "(" + own(chance(50) ? types_.i64 : types_.u64, depth) + " as f64)");
    case 4: return seen("float method", own(t, depth) + one_of(std::vector<std::string>{".sqrt()", ".floor()", ".ceil()", ".trunc()", ".abs()", ".round()", ".fract()", ".signum()"}));
    case 5: return seen("float method", own(t, depth) + (chance(50) ? ".min(" : ".max(") + expr(t, depth - 1) + ")");
    case 6: return seen("float sum", own(list_of(t), depth) + ".sum()");
    case 7: return seen("parse_float", own(types_.string, depth) + ".parse_float().unwrap_or(" + expr(t, depth - 1) + ")");
    default: return literal(t);
    }
}

std::string Writer::condition(int depth) {
    static const char* const compare[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
    switch (pick(13)) {
    case 0: case 1: {
        const Ty t = scalar();
        return seen("comparison", own(t, depth) + compare[pick(6)] + own(t, depth));
    }
    case 2: return seen("and", own(types_.boolean, depth) + (chance(50) ? " && " : " || ") + own(types_.boolean, depth));
    case 3: return seen("not", "(!" + own(types_.boolean, depth) + ")");
    case 4: return seen("String.contains", own(types_.string, depth) + one_of(std::vector<std::string>{".contains(", ".starts_with(", ".ends_with("}) + expr(types_.string, depth - 1) + ")");
    case 5: {
        const Ty t = type_that(Equals);
        return seen("structural equality", own(t, depth) + compare[pick(2)] + own(t, depth));
    }
    case 6: {
        const Ty t = type_that(Orders);
        return seen("structural order", own(t, depth) + compare[2 + pick(4)] + own(t, depth));
    }
    case 7: {
        Ty element = 0;
        const std::string xs = some_list(depth, &element);
        if (multiplier_ > 500) return literal(types_.boolean);
        return seen("any, all", xs + (chance(50) ? ".any(" : ".all(") + closure({element}, types_.boolean, depth - 1) + ")");
    }
    case 8: {
        const Ty t = type_that(Equals);
        return seen("List.contains", own(list_of(t), depth) + ".contains(" + expr(t, depth - 1) + ")");
    }
    case 9: {
        const Ty t = type_that(Hashes);
        if (chance(50)) return seen("Set.contains", own(types_.make(Kind::Set, {t}), depth) + ".contains(" + expr(t, depth - 1) + ")");
        return seen("Map.contains", own(types_.make(Kind::Map, {t, scalar()}), depth) + ".contains(" + expr(t, depth - 1) + ")");
    }
    case 10: {
        const Ty t = scalar();
        return seen("is_some", own(option_of(t), depth) + (chance(50) ? ".is_some()" : ".is_none()"));
    }
    case 11: {
        const Ty t = types_.make(Kind::Result, {scalar(), types_.string});
        return seen("is_ok", own(t, depth) + (chance(50) ? ".is_ok()" : ".is_err()"));
    }
    default: return seen("is_empty", own(chance(50) ? types_.string : list_of(scalar()), depth) + ".is_empty()");
    }
}

// Names alone, in an f-string.
std::string Writer::interpolated(int depth) {
    std::string text = "f\"<";
    for (int n = 1 + pick(3); n > 0; --n) {
        const Ty t = any_type();
        const std::string v = var_of(t);
        if (v.empty()) text += "{" + small() + " + 1}|";
        else if (types_.is_int(t) && chance(50)) text += "{" + v + one_of(std::vector<std::string>{":>5}", ":05}", ":#x}", ":+}", ":<4}"}) + "|";
        else if (t == types_.f64 && chance(50)) text += "{" + v + one_of(std::vector<std::string>{":.3f}", ":>9.2e}", ":g}"}) + "|";
        else if (t == types_.string && chance(50)) text += "{" + v + one_of(std::vector<std::string>{":>6}", ":*^7}"}) + "|";
        else if (is_shown(t)) text += "{" + v + "}|";
    }
    (void)depth;
    return text + ">\"";
}

std::string Writer::text(int depth) {
    const Ty t = types_.string;
    switch (pick(14)) {
    case 0: case 1: return seen("concat", "cap_text(" + own(t, depth) + " + " + (chance(80) ? own(t, depth) : own(types_.character, depth)) + ")");
    case 2: {
        const Ty shown = type_that(Shows);
        return seen("show", "cap_text(show(" + own(shown, depth) + "))");
    }
    case 3: case 4: return seen("f-string", "cap_text(" + interpolated(depth) + ")");
    case 5: return seen("case", own(t, depth) + (chance(50) ? ".to_upper()" : ".to_lower()"));
    case 6: return seen("trim", own(t, depth) + one_of(std::vector<std::string>{".trim()", ".trim_start()", ".trim_end()"}));
    case 7: return seen("replace", "cap_text(" + own(t, depth) + ".replace(\"l\", " + expr(t, depth - 1) + "))");
    case 8: return seen("join", "cap_text(" + own(list_of(scalar()), depth) + ".join(" + expr(t, depth - 1) + "))");
    case 9: return seen("String.reverse", own(t, depth) + ".reverse()");
    case 10: return seen("from_chars", "String.from_chars(" + expr(list_of(types_.character), depth - 1) + ")");
    case 11: return seen("trait method", own(type_that(Weighs), depth) + ".label()");
    case 12: return seen("to_string", own(chance(50) ? types_.i64 : types_.f64, depth) + ".to_string()");
    default: return literal(t);
    }
}

std::string Writer::list(Ty t, int depth) {
    const Ty element = types_.arg(t);
    switch (pick(15)) {
    case 0: case 1: {
        std::string text = "[" + expr(element, depth - 1);
        for (int n = pick(3); n > 0; --n) text += ", " + expr(element, depth - 1);
        return seen("list literal", text + "]");
    }
    case 2: return seen("list concat", "cap(" + own(t, depth) + " + " + own(t, depth) + ")");
    case 3: case 4: {
        if (multiplier_ > 500) return literal(t);
        Ty from = 0;
        const std::string xs = some_list(depth, &from);
        return seen("map", xs + ".map(" + closure({from}, element, depth - 1) + ")");
    }
    case 5:
        if (multiplier_ > 500) return literal(t);
        return seen("filter", own(t, depth) + ".filter(" + closure({element}, types_.boolean, depth - 1) + ")");
    case 6: return seen("List.filled", "List.filled(" + small() + ", " + expr(element, depth - 1) + ")");
    case 7: return seen("slice", own(t, depth) + (chance(50) ? "[..0]" : "[0..]"));
    case 8: {
        Ty list = 0;
        const std::string xs = list_var(&list, false);
        if (xs.empty() || list != t) return literal(t);
        return seen("slice", xs + (chance(50) ? "[at(" + xs + ".len(), " + small() + ")..]" : "[..at(" + xs + ".len(), " + small() + ")]"));
    }
    case 9: {
        if (!types_.can(element, Hashes)) return literal(t);
        const Ty set = types_.make(Kind::Set, {element});
        return seen("Set.to_list", own(set, depth) + ".to_list()");
    }
    case 10: {
        if (types_.can(element, Hashes) && chance(50)) return seen("Map.keys", own(types_.make(Kind::Map, {element, scalar()}), depth) + ".keys()");
        if (types_.depth(element) > 1) return literal(t);
        return seen("Map.values", own(types_.make(Kind::Map, {type_that(Hashes), element}), depth) + ".values()");
    }
    case 11:
        if (element == types_.i64) return chance(50) ? seen("range", "(" + small() + ".." + small() + ").to_list()") : seen("List.range", "List.range(" + small() + ", " + small() + ")");
        if (element == types_.string) return seen("split", own(types_.string, depth) + one_of(std::vector<std::string>{".split(\",\")", ".split(\"\")", ".split_whitespace()", ".lines()"}));
        if (element == types_.character) return seen("chars", own(types_.string, depth) + ".chars()");
        if (element == types_.u8) return seen("bytes", own(types_.string, depth) + ".bytes()");
        if (types_.kind(element) == Kind::Tuple && types_[element].args.size() == 2) {
            const Ty a = types_.arg(element, 0), b = types_.arg(element, 1);
            if (a == types_.i64 && chance(50)) return seen("enumerate", own(list_of(b), depth) + ".enumerate()");
            return seen("zip", own(list_of(a), depth) + ".zip(" + expr(list_of(b), depth - 1) + ")");
        }
        return literal(t);
    case 12: {
        // Changed as a temporary variable inside of a block.
        const std::string v = fresh();
        const std::string how = types_.can(element, Orders) && chance(60) ? "sort()" : chance(50) || !types_.can(element, Equals) ? "reverse()" : "dedup()";
        return seen("sorted copy", "{ let " + v + ": " + types_.name(t) + " = " + expr(t, depth - 1) + "; " + v + "." + how + "; " + v + " }");
    }
    case 13: return seen("same", "same[" + types_.name(t) + "](" + expr(t, depth - 1) + ")");
    default: return literal(t);
    }
}

std::string Writer::option(Ty t, int depth) {
    const Ty inner = types_.arg(t);
    switch (pick(11)) {
    case 0: case 1: return seen("Some", "Some(" + expr(inner, depth - 1) + ")");
    case 2: return seen("List.get", own(list_of(inner), depth) + ".get(" + expr(types_.i64, depth - 1) + ")");
    case 3: {
        const std::string list = own(list_of(inner), depth);
        // What `pop` changes must be a temporary: a variable may be a constant.
        const bool is_temporary = list.back() == ')' || list.back() == ']';
        return seen("first, last, pop", list + one_of(is_temporary ? std::vector<std::string>{".first()", ".last()", ".pop()"}
                                                                   : std::vector<std::string>{".first()", ".last()"}));
    }
    case 4:
        if (multiplier_ > 500) return literal(t);
        return seen("List.find", own(list_of(inner), depth) + ".find(" + closure({inner}, types_.boolean, depth - 1) + ")");
    case 5:
        if (!types_.can(inner, Orders)) return literal(t);
        return seen("List.min, max", own(list_of(inner), depth) + (chance(50) ? ".min()" : ".max()"));
    case 6: {
        const Ty key = type_that(Hashes);
        return seen("Map.get", own(types_.make(Kind::Map, {key, inner}), depth) + ".get(" + expr(key, depth - 1) + ")");
    }
    case 7: {
        const Ty from = scalar();
        if (chance(50)) return seen("Option.and_then", own(option_of(from), depth) + ".and_then(" + closure({from}, t, depth - 1, 1) + ")");
        return seen("Option.map", own(option_of(from), depth) + ".map(" + closure({from}, inner, depth - 1, 1) + ")");
    }
    case 8: return seen("Option.or", own(t, depth) + ".or(" + expr(t, depth - 1) + ")");
    case 9: {
        const Ty other = scalar();
        return chance(50) ? seen("Result.ok", own(types_.make(Kind::Result, {inner, other}), depth) + ".ok()") : seen("Result.err", own(types_.make(Kind::Result, {other, inner}), depth) + ".err()");
    }
    default:
        if (types_.is_int(inner)) return seen("try_from", types_.name(inner) + ".try_from(" + own(chance(50) ? types_.i64 : types_.f64, depth) + ")");
        return literal(t);
    }
}

std::string Writer::result(Ty t, int depth) {
    const Ty value = types_.arg(t, 0), error = types_.arg(t, 1);
    switch (pick(6)) {
    case 0: return seen("Ok", "Ok(" + expr(value, depth - 1) + ")");
    case 1: return seen("Err", "Err(" + expr(error, depth - 1) + ")");
    case 2: return seen("ok_or", own(option_of(value), depth) + ".ok_or(" + expr(error, depth - 1) + ")");
    case 3: {
        const Ty from = scalar();
        return seen("Result.map", own(types_.make(Kind::Result, {from, error}), depth) + ".map(" + closure({from}, value, depth - 1, 1) + ")");
    }
    case 4: {
        const Ty from = scalar();
        return seen("Result.map_err", own(types_.make(Kind::Result, {value, from}), depth) + ".map_err(" + closure({from}, error, depth - 1, 1) + ")");
    }
    default: {
        const Ty from = scalar();
        return seen("Result.and_then", own(types_.make(Kind::Result, {from, error}), depth) + ".and_then(" + closure({from}, t, depth - 1, 1) + ")");
    }
    }
}

std::string Writer::map(Ty t, int depth) {
    const Ty key = types_.arg(t, 0), value = types_.arg(t, 1);
    if (chance(40)) {
        std::string text = "Map{";
        for (int n = pick(4); n > 0; --n) text += expr(key, depth - 1) + ": " + expr(value, depth - 1) + (n > 1 ? ", " : "");
        return seen("Map literal", text + "}");
    }
    // Changed as a temporary variable.
    const std::string v = fresh();
    std::string text = "{ let " + v + ": " + types_.name(t) + " = " + expr(t, depth - 1) + "; ";
    if (chance(50)) text += v + ".insert(" + expr(key, depth - 1) + ", " + expr(value, depth - 1) + "); ";
    if (chance(50)) text += v + ".remove(" + expr(key, depth - 1) + "); ";
    if (chance(30)) text += v + ".update(" + expr(key, depth - 1) + ", " + expr(value, depth - 1) + ", " + closure({value}, value, depth - 1, 1) + "); ";
    return seen("changed map", text + v + " }");
}

std::string Writer::set(Ty t, int depth) {
    const Ty element = types_.arg(t);
    switch (pick(4)) {
    case 0: {
        std::string text = "Set{";
        for (int n = pick(4); n > 0; --n) text += expr(element, depth - 1) + (n > 1 ? ", " : "");
        return seen("Set literal", text + "}");
    }
    case 1: return seen("Set.from", "Set.from(" + own(list_of(element), depth) + ")");
    case 2: return seen("set operation", own(t, depth) + one_of(std::vector<std::string>{".union(", ".intersection(", ".difference("}) + expr(t, depth - 1) + ")");
    default: return literal(t);
    }
}

std::string Writer::aggregate(Ty t, int depth) {
    const Type type = types_[t];
    if (type.kind == Kind::Tuple) {
        std::string text = "(";
        for (std::size_t i = 0; i < type.args.size(); ++i) text += (i > 0 ? ", " : "") + expr(type.args[i], depth - 1);
        return seen("tuple", text + ")");
    }
    if (type.kind == Kind::Verdict) return seen("Verdict", (chance(50) ? "Accept(" + expr(type.args[0], depth - 1) : "Reject(" + expr(type.args[1], depth - 1)) + ")");
    const Decl decl = types_.decl_of(t);
    if ((decl.has & Adds) != 0 && chance(35)) {
        switch (pick(4)) {
        case 0: return seen("operator trait", own(t, depth) + " + " + own(t, depth));
        case 1: return seen("operator trait with another operand", own(t, depth) + " * " + own(types_.i64, depth));
        case 2: return seen("unary operator trait", "-" + own(t, depth));
        default: return seen("operator trait from the right", own(types_.i64, depth) + " * " + own(t, depth));
        }
    }
    const std::size_t which = static_cast<std::size_t>(pick(static_cast<int>(decl.variants.size())));
    const Variant& variant = decl.variants[which];
    std::string text = decl.is_enum ? decl.name + "." + variant.name : decl.name;
    if (decl.is_enum && variant.fields.empty()) return text;
    const bool is_named = !decl.is_enum || !variant.field_names.empty();
    text += is_named ? " { " : "(";
    const bool has_base = !decl.is_enum && chance(20);
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        if (has_base && chance(60)) continue;
        if (is_named) text += variant.field_names[i] + ": ";
        text += expr(types_.field(t, which, i), depth - 1) + ", ";
    }
    if (has_base) return seen("record with a base", text + ".." + own(t, depth) + " }");
    if (!is_named) text.resize(text.size() - 2);
    return seen(decl.is_recursive ? "recursive enum" : decl.is_enum ? "enum" : decl.params.empty() ? "record" : "generic record", text + (is_named ? " }" : ")"));
}

} // namespace tn::fuzz
