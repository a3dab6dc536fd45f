#include "program_writer.h"

#include <algorithm>

namespace tn::fuzz {

void Writer::block(int depth, int most) {
    const std::size_t scope = vars_.size();
    ++indent_;
    const int n = 1 + pick(most);
    for (int i = 0; i < n; ++i) statement(depth + 1);
    --indent_;
    vars_.resize(scope);
}

void Writer::statement(int depth) {
    cost_ += multiplier_;
    const bool nests = depth < std::max(1, size_ - 1) && cost_ < 100000;
    switch (pick(nests ? 35 : 22)) {
    case 0: case 1: case 2: case 3: let_statement(); break;
    case 4: closure_let(); break;
    case 5: destructuring_let(); break;
    case 6: case 7: case 8: case 9: assign_statement(); break;
    case 10: case 11: case 12: list_statement(); break;
    case 13: case 14: case 15: map_statement(); break;
    case 16: case 17: mut_call_statement(); break;
    case 18: {
        const Ty t = type_that(Shows);
        line(seen("print", "print(" + own(t, 3) + ");"));
        break;
    }
    case 19: early_end(); break;
    case 20: try_statement(); break;
    case 21:
        if (labels_.empty() || !leaves_loop()) {
            const std::string v = var_of(type_that(Equals));
            if (!v.empty() && chance(50)) line(seen("assert", "assert " + v + " == " + v + " || true, \"never\";"));
        }
        break;
    case 22: case 23: case 24: if_statement(depth); break;
    case 25: case 26: case 27: case 28: case 29: loop_statement(depth); break;
    case 30: lane_loop(); break;
    default: match_statement(depth); break;
    }
}

// ---- variables --------------------------------------------------------------------------------------

void Writer::let_statement() {
    const Ty t = any_type();
    const std::string value = expr(t, 3);
    std::string v = fresh();
    if (chance(8) && !vars_.empty()) {
        // Shadowing: the older variable of the name is out of reach for the rest of the function.
        Var& old = vars_[static_cast<std::size_t>(pick(static_cast<int>(vars_.size())))];
        if (!old.is_fixed && old.type == t && old.name[0] == 'v') v = seen("shadowing", old.name);
    }
    line(seen("let", "let " + v + ": " + types_.name(t) + " = " + value + ";"));
    vars_.push_back({v, t, false});
}

void Writer::closure_let() {
    if (multiplier_ > 500) return;
    const Ty result = any_type();
    std::vector<Ty> params;
    for (int n = pick(3); n > 0; --n) params.push_back(scalar());
    std::vector<Ty> args = params;
    args.push_back(result);
    const Ty t = types_.make(Kind::Fn, args);
    const std::string v = fresh();
    std::string value = chance(25) ? named_function(t) : "";
    if (value.empty()) value = closure(params, result, 3);
    line(seen("let of a function value", "let " + v + ": " + types_.name(t) + " = " + value + ";"));
    vars_.push_back({v, t, false});
}

void Writer::destructuring_let() {
    const Ty t = any_type();
    if (types_.kind(t) != Kind::Tuple && types_.kind(t) != Kind::Record) return;
    std::vector<Var> bound;
    const std::string value = own(t, 3);
    line(seen("destructuring let", "let " + pattern(t, 2, bound, false) + " = " + value + ";"));
    vars_.insert(vars_.end(), bound.begin(), bound.end());
}

void Writer::assign_statement() {
    const Ty t = any_type();
    const std::string place = place_of(t, true);
    if (place.empty()) return;
    const bool is_element = place.find('[') != std::string::npos;
    const std::string list = place.substr(0, place.find('['));
    // An element of an empty list would trap: mostly asked for first.
    const bool is_guarded = is_element && chance(85);
    if (is_guarded) line("if " + list + ".len() > 0 {"), ++indent_;
    if (types_.is_int(t) && chance(70)) {
        line(seen("compound assignment", place + one_of(std::vector<std::string>{" +%= ", " -%= ", " *%= ", " ^= ", " |= ", " &= "}) + expr(t, 2) + ";"));
    } else if (t == types_.f64 && chance(60)) {
        line(seen("compound assignment", place + (chance(50) ? " += " : " *= ") + expr(t, 2) + ";"));
    } else if (t == types_.string && chance(60)) {
        line("if " + place + ".len() < 60 { " + seen("append", place + " += " + expr(types_.string, 2) + "; }"));
    } else if (types_.kind(t) == Kind::Record && types_.can(t, Adds) && chance(50)) {
        line(seen("compound assignment by a trait", place + " += " + expr(t, 2) + ";"));
    } else {
        line(seen(is_element ? "assignment to an element" : place.find('.') != std::string::npos ? "assignment to a field" : "assignment", place + " = " + expr(t, 2) + ";"));
    }
    if (is_guarded) --indent_, line("}");
}

// ---- collections ------------------------------------------------------------------------------------

void Writer::list_statement() {
    Ty t = 0;
    const std::string v = list_var(&t, true);
    if (v.empty()) return;
    const Ty element = types_.arg(t);
    const auto if_any = [&](const std::string& text) { line("if " + v + ".len() > 0 { " + text + " }"); };
    const auto if_room = [&](const std::string& text) { line("if " + v + ".len() < 30 { " + text + " }"); };
    const auto at = [&] { return "at(" + v + ".len(), " + small() + ")"; };
    switch (pick(15)) {
    case 0: case 1: case 2: if_room(seen("push", v + ".push(" + expr(element, 2) + ");")); break;
    case 3:
        if (is_shown(element)) line(seen("pop", "if let Some(x) = " + v + ".pop() { print(x); }"));
        else line(seen("pop", v + ".pop();"));
        break;
    case 4: if_room(seen("insert", v + ".insert(" + at() + ", " + expr(element, 2) + ");")); break;
    case 5: if_any(seen("remove", v + ".remove(" + at() + ");")); break;
    case 6: if_any(seen("swap", v + ".swap(" + at() + ", " + at() + ");")); break;
    case 7: line(seen("reverse", v + ".reverse();")); break;
    case 8:
        if (types_.can(element, Orders)) line(seen("sort", v + ".sort();"));
        break;
    case 9: {
        if (multiplier_ > 500 || !types_.can(element, Orders)) break;
        const std::string how = chance(50) ? "|a, b| b.cmp(a)" : closure({element, element}, types_.i64, 2, 50);
        line(seen("sort_by", v + ".sort_by(" + how + ");"));
        break;
    }
    case 10:
        if (types_.can(element, Equals)) line(seen("dedup", v + ".dedup();"));
        break;
    case 11: line(seen("truncate, clear", v + (chance(80) ? ".truncate(" + small() + ");" : ".clear();"))); break;
    case 12: if_room(seen("extend", v + ".extend(" + expr(t, 2) + ");")); break;
    case 13: if_any(seen("element assign", v + "[" + at() + "] = " + expr(element, 2) + ";")); break;
    default: line(seen("list copy", v + " = cap(" + v + " + " + expr(t, 2) + ");")); break;
    }
}

void Writer::map_statement() {
    std::vector<Var> fitting;
    for (const Var& v : vars_)
        if (!v.is_fixed && (types_.kind(v.type) == Kind::Map || types_.kind(v.type) == Kind::Set)) fitting.push_back(v);
    for (const Var& v : globals_)
        if (!v.is_fixed && types_.kind(v.type) == Kind::Map && chance(20)) fitting.push_back(v);
    if (fitting.empty()) {
        const Var made{fresh(), types_.make(Kind::Map, {type_that(Hashes), scalar()}), false};
        line("let " + made.name + ": " + types_.name(made.type) + " = " + own(made.type, 1) + ";");
        vars_.push_back(made);
        fitting.push_back(made);
    }
    const Var v = one_of(fitting);
    const Ty key = types_.arg(v.type);
    const std::string k = expr(key, 1);
    if (types_.kind(v.type) == Kind::Set) {
        switch (pick(4)) {
        case 0: case 1: line("if " + v.name + ".len() < 30 { " + seen("Set.insert", v.name + ".insert(" + k + "); }")); break;
        case 2: line(seen("Set.remove", "print(" + v.name + ".remove(" + k + "));")); break;
        default: line(seen("Set.clear", "if " + v.name + ".len() > 9 { " + v.name + ".clear(); }")); break;
        }
        return;
    }
    const Ty value = types_.arg(v.type, 1);
    const std::string name = fresh();
    // The same two keys again and again: what one search has found another may look for behind any change.
    const auto ask_again = [&] {
        const std::string other = fresh();
        line("let " + name + ": " + types_.name(key) + " = " + k + ";");
        line("let " + other + ": " + types_.name(key) + " = " + expr(key, 1) + ";");
        line("if " + v.name + ".len() < 30 {");
        for (int i = 0; i < 2 + pick(4); ++i) {
            const std::string one = chance(50) ? name : other;
            switch (pick(6)) {
            case 0: line("    " + v.name + "[" + one + "] = " + v.name + ".get_or(" + one + ", " + expr(value, 1) + ");"); break;
            case 1: line("    " + v.name + "[" + one + "] = " + v.name + ".get_or(" + (chance(50) ? name : other) + ", " + expr(value, 1) + ");"); break;
            case 2: line("    if !" + v.name + ".contains(" + one + ") { " + v.name + ".insert(" + one + ", " + expr(value, 1) + "); }"); break;
            case 3: line("    if " + v.name + ".contains(" + one + ") { " + v.name + ".remove(" + (chance(70) ? one : other) + "); }"); break;
            case 4: line("    match " + v.name + ".get(" + one + ") { Some(found) => { " + v.name + "[" + other + "] = found; } None => { " + v.name + "[" + one + "] = " + expr(value, 1) + "; } }"); break;
            default: line("    print(" + v.name + ".contains(" + one + "));"); break;
            }
        }
        line(seen("the same keys of a map", "}"));
        vars_.push_back({name, key, false});
        vars_.push_back({other, key, false});
    };
    switch (pick(11)) {
    case 9: case 10: ask_again(); break;
    case 0: case 1: line("if " + v.name + ".len() < 30 { " + seen("Map element assign", v.name + "[" + k + "] = " + expr(value, 2) + "; }")); break;
    case 2: line(seen("Map.insert", v.name + ".insert(" + k + ", " + expr(value, 2) + ");")); break;
    case 3: line(seen("Map.remove", v.name + ".remove(" + k + ");")); break;
    case 4: line(seen("Map.update", v.name + ".update(" + k + ", " + expr(value, 1) + ", " + closure({value}, value, 2, 1) + ");")); break;
    case 5:
        line("let " + name + ": " + types_.name(key) + " = " + k + ";");
        if (types_.is_int(value)) line(seen("Map element compound", "if " + v.name + ".contains(" + name + ") { " + v.name + "[" + name + "] +%= " + expr(value, 1) + "; }"));
        else line(seen("Map element read", "if " + v.name + ".contains(" + name + ") { let copy = " + v.name + "[" + name + "]; " + v.name + "[" + name + "] = copy; }"));
        vars_.push_back({name, key, false});
        break;
    case 6:
        if (types_.kind(value) == Kind::List && types_.kind(types_.arg(value)) != Kind::Fn) {
            line("let " + name + ": " + types_.name(key) + " = " + k + ";");
            line(seen("mut receiver in a map", "if " + v.name + ".contains(" + name + ") { " + v.name + "[" + name + "].reverse(); }"));
            vars_.push_back({name, key, false});
        }
        break;
    case 7: line(seen("Map.clear", "if " + v.name + ".len() > 9 { " + v.name + ".clear(); }")); break;
    default:
        if (chance(20) && is_shown(value)) line(seen("Map element that may be missing", "print(" + v.name + "[" + k + "]);"));
        break;
    }
}

void Writer::mut_call_statement() {
    for (int tries = 0; tries < 8 && !fns_.empty(); ++tries) {
        const Fn fn = one_of(fns_);
        const bool has_mut = std::any_of(fn.params.begin(), fn.params.end(), [](const auto& p) { return p.second; });
        if (!has_mut || !fn.type_params.empty() || !affordable(fn.cost)) continue;
        const std::string text = call(fn, fn.result, 2);
        if (text.empty()) continue;
        line(seen("call for its effect", text + ";"));
        return;
    }
}

// ---- control ----------------------------------------------------------------------------------------

void Writer::early_end() {
    if (!may_return_ || !chance(40)) return;
    const std::string condition = own(types_.boolean, 2);
    if (types_.kind(result_) == Kind::Verdict && chance(70)) {
        const bool accepts = chance(50);
        line("if " + condition + " { " + seen(accepts ? "accept" : "reject", (accepts ? "accept " : "reject ") + expr(types_.arg(result_, accepts ? 0 : 1), 2) + "; }"));
        return;
    }
    if (chance(4)) line("if " + condition + " && false { " + seen("panic", "panic(\"never\"); }"));
    line(seen("early return", "if " + condition + " { return " + expr(result_, 2) + "; }"));
}

void Writer::try_statement() {
    if (!may_return_) return;
    const Kind kind = types_.kind(result_);
    if (kind != Kind::Option && kind != Kind::Result) return;
    const Ty t = scalar();
    const Ty tried = kind == Kind::Option ? option_of(t) : types_.make(Kind::Result, {t, types_.arg(result_, 1)});
    const std::string v = fresh();
    line(seen(kind == Kind::Option ? "? on Option" : "? on Result", "let " + v + ": " + types_.name(t) + " = " + own(tried, 3) + "?;"));
    vars_.push_back({v, t, false});
}

void Writer::if_statement(int depth) {
    std::vector<Var> bound;
    if (chance(25)) {
        const Ty t = any_type();
        const std::string value = own(t, 2);
        line(seen("if let", "if let " + pattern(t, 2, bound, true) + " = " + value + " {"));
    } else {
        line(seen("if", "if " + own(types_.boolean, 3) + " {"));
    }
    const std::size_t scope = vars_.size();
    vars_.insert(vars_.end(), bound.begin(), bound.end());
    block(depth, 3);
    vars_.resize(scope);
    if (chance(30)) {
        line("} else if " + own(types_.boolean, 2) + " {");
        block(depth, 2);
    }
    if (chance(50)) {
        line("} else {");
        block(depth, 3);
    }
    line("}");
}

bool Writer::leaves_loop() {
    const std::string& label = one_of(labels_);
    const std::string target = chance(50) || label.empty() ? labels_.back().empty() ? "" : " " + labels_.back() : " " + label;
    line(seen(target.empty() ? "break, continue" : "labeled break, continue", "if " + own(types_.boolean, 2) + " { " + (chance(50) ? "break" : "continue") + target + "; }"));
    return true;
}

void Writer::loop_statement(int depth) {
    if (multiplier_ > 500) return;
    const std::size_t scope = vars_.size();
    const std::uint64_t outer = multiplier_;
    switch (pick(5)) {
    case 0: case 1: counted_loop(depth); break;
    case 2: while_let(depth); break;
    default: drawn_loop(depth); break;
    }
    multiplier_ = outer;
    vars_.resize(scope);
}

void Writer::counted_loop(int depth) {
    const std::string i = fresh();
    const int turns = 1 + pick(7);
    const std::string label = chance(30) ? "'l" + std::to_string(next_name_++) : "";
    const std::string prefix = label.empty() ? "" : label + ": ";
    labels_.push_back(label);
    multiplier_ *= static_cast<std::uint64_t>(turns) + 1;
    const int what = pick(4);
    if (what == 0) {
        line(seen("for over a range", prefix + "for " + i + " in " + std::to_string(pick(3)) + (chance(50) ? ".." : "..=") + std::to_string(turns) + " {"));
        vars_.push_back({i, types_.i64, true});
        block(depth, 3);
    } else if (what == 1) {
        line(seen("for over steps", prefix + "for " + i + " in (0.." + std::to_string(turns) + ")" + (chance(50) ? ".reverse()" : ".step_by(2)") + " {"));
        vars_.push_back({i, types_.i64, true});
        block(depth, 3);
    } else {
        // Counts first, so that `continue` does not loop forever.
        line("let " + i + ": i64 = 0;");
        line(what == 2 ? seen("while", prefix + "while " + i + " < " + std::to_string(turns) + " {") : seen("loop", prefix + "loop {"));
        ++indent_;
        line(i + " += 1;");
        if (what == 3) line("if " + i + " > " + std::to_string(turns) + " { break; }");
        --indent_;
        vars_.push_back({i, types_.i64, true});
        block(depth, 3);
    }
    labels_.pop_back();
    line("}");
}

void Writer::drawn_loop(int depth) {
    Ty element = 0;
    std::string source;
    const std::string xs = some_list(2, &element);
    switch (pick(10)) {
    case 0: source = seen("for over a list", xs); break;
    case 1:
        source = seen("for over map", xs + ".map(" + closure({element}, types_.i64, 2) + ")");
        element = types_.i64;
        break;
    case 2: source = seen("for over filter", xs + ".filter(" + closure({element}, types_.boolean, 2) + ")"); break;
    case 3:
        source = seen("for over enumerate", xs + ".enumerate()");
        element = types_.make(Kind::Tuple, {types_.i64, element});
        break;
    case 4: {
        const Ty other = scalar();
        source = seen("for over zip", xs + ".zip(" + own(list_of(other), 2) + ")");
        element = types_.make(Kind::Tuple, {element, other});
        break;
    }
    case 5: {
        const Ty key = type_that(Hashes), value = scalar();
        source = seen("for over a map", own(types_.make(Kind::Map, {key, value}), 2));
        element = types_.make(Kind::Tuple, {key, value});
        break;
    }
    case 6:
        element = type_that(Hashes);
        source = seen("for over a set", own(types_.make(Kind::Set, {element}), 2));
        break;
    case 7:
        source = seen("for over Iterate", "(Countdown { left: " + small() + ", step: " + std::to_string(1 + pick(3)) + " })");
        element = types_.i64;
        break;
    case 8:
        source = own(types_.string, 2) + (chance(50) ? ".chars()" : ".split(\"\")");
        element = source.back() == ')' && source.find(".chars()") == source.size() - 8 ? types_.character : types_.string;
        count("for over a text");
        break;
    default: {
        Ty chained = 0;
        const std::string ys = some_list(2, &chained);
        source = seen("for over a chain", ys + ".enumerate().filter(" + closure({types_.make(Kind::Tuple, {types_.i64, chained})}, types_.boolean, 1) + ")");
        element = types_.make(Kind::Tuple, {types_.i64, chained});
        break;
    }
    }
    std::vector<Var> bound;
    const std::string binding = types_.kind(element) == Kind::Tuple && chance(70) ? pattern(element, 1, bound, false) : "";
    const std::string v = fresh();
    if (binding.empty()) bound.push_back({v, element, true});
    line("for " + (binding.empty() ? v : binding) + " in " + source + " {");
    vars_.insert(vars_.end(), bound.begin(), bound.end());
    labels_.push_back("");
    multiplier_ *= 12;
    block(depth, 3);
    labels_.pop_back();
    line("}");
}

// Takes a list apart from its end; the list is out of reach inside, so that it gets shorter.
void Writer::while_let(int depth) {
    Ty t = 0;
    const std::string xs = list_var(&t, false);
    if (xs.empty()) return;
    const std::string rest = fresh(), v = fresh();
    line("let " + rest + ": " + types_.name(t) + " = " + xs + ";");
    line(seen("while let", "while let Some(" + v + ") = " + rest + ".pop() {"));
    vars_.push_back({v, types_.arg(t), false});
    labels_.push_back("");
    multiplier_ *= 12;
    block(depth, 2);
    labels_.pop_back();
    line("}");
}

// ---- matching ---------------------------------------------------------------------------------------

void Writer::arm(const std::string& text, int depth, const std::vector<Var>& bound) {
    const std::size_t scope = vars_.size();
    vars_.insert(vars_.end(), bound.begin(), bound.end());
    line(text + " => {");
    block(depth, 2);
    line("}");
    vars_.resize(scope);
}

void Writer::match_statement(int depth) {
    const Ty t = any_type();
    line(seen("match", "match " + own(t, 2) + " {"));
    ++indent_;
    for (int n = 1 + pick(3); n > 0; --n) {
        std::vector<Var> bound;
        std::string text = pattern(t, 3, bound, true);
        if (bound.empty() && chance(30)) text = seen("alternatives", text + " | " + literal_pattern(t));
        const std::size_t scope = vars_.size();
        vars_.insert(vars_.end(), bound.begin(), bound.end());
        if (chance(30)) text += seen("guard", " if " + own(types_.boolean, 2));
        vars_.resize(scope);
        arm(text, depth, bound);
    }
    arm("_", depth, {});
    --indent_;
    line("}");
}

std::string Writer::literal_pattern(Ty t) {
    switch (types_.kind(t)) {
    case Kind::Bool: return "true";
    case Kind::I64: return one_of(std::vector<std::string>{"0", "-1", "10..=99", "-50..0", "9223372036854775807"});
    case Kind::I32: case Kind::U8: case Kind::U64: return one_of(std::vector<std::string>{"0", "7", "10..=99", "200..255"});
    case Kind::Char: return chance(50) ? "'a'" : "'a'..='z'";
    case Kind::String: return one_of(std::vector<std::string>{"\"\"", "\"hello\"", "\"42\""});
    case Kind::Option: return chance(50) ? "None" : "Some(_)";
    case Kind::Result: return chance(50) ? "Ok(_)" : "Err(_)";
    case Kind::Verdict: return chance(50) ? "Accept(_)" : "Reject(_)";
    default: return "_";
    }
}

std::string Writer::pattern(Ty t, int depth, std::vector<Var>& bound, bool may_fail) {
    const Type type = types_[t];
    const auto bind = [&] {
        const std::string v = fresh();
        bound.push_back({v, t, false});
        return v;
    };
    if (chance(12)) return "_";
    if (may_fail && chance(6)) {
        const std::string v = bind();
        std::vector<Var> none;
        return seen("@ pattern", v + " @ (" + literal_pattern(t) + ")");
    }
    if (depth <= 0 || chance(25)) return bind();
    switch (type.kind) {
    case Kind::Tuple: {
        std::string text = "(";
        for (std::size_t i = 0; i < type.args.size(); ++i) text += (i > 0 ? ", " : "") + pattern(type.args[i], depth - 1, bound, may_fail);
        return seen("tuple pattern", text + ")");
    }
    case Kind::Option:
        if (!may_fail) return bind();
        return chance(75) ? seen("Option pattern", "Some(" + pattern(type.args[0], depth - 1, bound, true) + ")") : "None";
    case Kind::Result: case Kind::Verdict: {
        if (!may_fail) return bind();
        const bool first = chance(50);
        const std::string name = type.kind == Kind::Result ? (first ? "Ok(" : "Err(") : (first ? "Accept(" : "Reject(");
        return seen("Result pattern", name + pattern(type.args[first ? 0 : 1], depth - 1, bound, true) + ")");
    }
    case Kind::Record:
    case Kind::Enum: {
        const Decl decl = types_.decl_of(t);
        if (decl.is_enum && !may_fail) return bind();
        const std::size_t which = static_cast<std::size_t>(pick(static_cast<int>(decl.variants.size())));
        const Variant& variant = decl.variants[which];
        std::string text = decl.is_enum ? (chance(20) ? decl.name + "." : "") + variant.name : decl.name;
        if (variant.fields.empty()) return text;
        const bool is_named = !decl.is_enum || !variant.field_names.empty();
        text += is_named ? " { " : "(";
        const bool leaves_out = is_named && chance(40);
        for (std::size_t i = 0; i < variant.fields.size(); ++i) {
            if (leaves_out && chance(50)) continue;
            if (is_named) text += variant.field_names[i] + ": ";
            text += pattern(types_.field(t, which, i), depth - 1, bound, may_fail) + ", ";
        }
        if (leaves_out) return seen("record pattern", text + ".. }");
        text.resize(text.size() - 2);
        return seen(decl.is_enum ? "enum pattern" : "record pattern", text + (is_named ? " }" : ")"));
    }
    default: break;
    }
    if (!may_fail || types_.kind(t) == Kind::F64) return bind();
    const std::string text = literal_pattern(t);
    return text == "_" ? bind() : seen("literal pattern", text);
}

} // namespace tn::fuzz
