#include "program_writer.h"

namespace tn::fuzz {

// ---- names ------------------------------------------------------------------------------------------

std::string Writer::var_of(Ty t, bool assignable) {
    std::vector<std::string> fitting;
    for (const Var& v : vars_)
        if (v.type == t && !(assignable && v.is_fixed)) fitting.push_back(v.name);
    if (chance(15))
        for (const Var& v : globals_)
            if (v.type == t && !(assignable && v.is_fixed)) fitting.push_back(v.name);
    return fitting.empty() ? "" : one_of(fitting);
}

void Writer::find_places(const std::string& base, Ty from, Ty wanted, int depth, std::vector<std::string>& found) {
    const Type type = types_[from];
    std::vector<std::pair<std::string, Ty>> inner;
    if (type.kind == Kind::Record) {
        const Variant record = types_.decl_of(from).variants[0];
        for (std::size_t i = 0; i < record.fields.size(); ++i) inner.emplace_back("." + record.field_names[i], types_.field(from, 0, i));
    } else if (type.kind == Kind::Tuple) {
        for (std::size_t i = 0; i < type.args.size(); ++i) inner.emplace_back("." + std::to_string(i), type.args[i]);
    } else if (type.kind == Kind::List) {
        inner.emplace_back("[" + index_of(base) + "]", type.args[0]);
    }
    for (const auto& [step, t] : inner) {
        if (t == wanted) found.push_back(base + step);
        if (depth > 1) find_places(base + step, t, wanted, depth - 1, found);
    }
}

std::string Writer::place_of(Ty t, bool assignable) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < vars_.size(); ++i) {
        const Var v = vars_[i]; // an index is an expression, which may declare more
        if (!(assignable && v.is_fixed)) find_places(v.name, v.type, t, 2, found);
    }
    const std::string plain = var_of(t, assignable);
    if (found.empty() || (!plain.empty() && chance(60))) return plain;
    return seen("place", one_of(found));
}

// Mostly inside the list, so that programs do not all end at once.
std::string Writer::index_of(const std::string& list) {
    if (chance(4)) return "(" + expr(types_.i64, 1) + ")";
    return "at(" + list + ".len(), " + small() + ")";
}

std::string Writer::list_var(Ty* type, bool assignable, bool (Writer::*fits)(Ty) const) {
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i < vars_.size(); ++i) {
        const Var& v = vars_[i];
        if (types_.kind(v.type) != Kind::List || (assignable && v.is_fixed)) continue;
        if (fits == nullptr || (this->*fits)(types_.arg(v.type))) fitting.push_back(i);
    }
    if (fitting.empty()) return "";
    const Var& v = vars_[one_of(fitting)];
    *type = v.type;
    return v.name;
}

// A list as an operand, of some element type.
std::string Writer::some_list(int depth, Ty* element) {
    Ty t = 0;
    std::string v = list_var(&t, false);
    if (!v.empty()) {
        *element = types_.arg(t);
        return v;
    }
    *element = chance(50) ? types_.i64 : scalar();
    return own(list_of(*element), depth);
}

// ---- every type -------------------------------------------------------------------------------------

std::string Writer::own(Ty t, int depth) {
    if (chance(50))
        if (const std::string v = var_of(t); !v.empty()) return v;
    switch (types_.kind(t)) {
    case Kind::Bool: case Kind::I64: case Kind::I32: case Kind::U8: case Kind::U64: case Kind::F64: case Kind::Char: case Kind::String:
    case Kind::Param: return "(" + expr(t, depth - 1) + ")";
    default: return seen("explicit type argument", "same[" + types_.name(t) + "](" + expr(t, depth - 1) + ")");
    }
}

std::string Writer::expr(Ty t, int depth) {
    cost_ += multiplier_ / 4;
    if (depth <= 0 || cost_ > 100000) {
        const std::string v = chance(75) ? var_of(t) : "";
        return v.empty() ? literal(t) : v;
    }
    if (chance(15)) {
        if (const std::string v = var_of(t); !v.empty()) return v;
    }
    if (chance(12)) {
        if (const std::string v = place_of(t, false); !v.empty()) return v;
    }
    if (chance(45)) {
        if (const std::string e = general(t, depth); !e.empty()) return e;
    }
    return by_type(t, depth);
}

std::string Writer::general(Ty t, int depth) {
    switch (pick(14)) {
    case 0:
    case 1:
    case 2: return any_call(t, depth);
    case 3:
        return seen("if expression", "(if " + own(types_.boolean, depth) + " { " + expr(t, depth - 1) + " } else { " + expr(t, depth - 1) + " })");
    case 4: return match_expr(t, depth);
    case 5: {
        const std::string v = fresh();
        const Ty inner = any_type();
        std::string text = "{ let " + v + ": " + types_.name(inner) + " = " + expr(inner, depth - 1) + "; ";
        vars_.push_back({v, inner, false});
        text += expr(t, depth - 1) + " }";
        vars_.pop_back();
        return seen("block expression", text);
    }
    case 6: return fold(t, depth);
    case 7: return seen("unwrap_or", own(option_of(t), depth) + ".unwrap_or(" + expr(t, depth - 1) + ")");
    case 8: {
        if (types_.depth(t) > 1) return "";
        const Ty other = scalar();
        return seen("Result.unwrap_or", own(types_.make(Kind::Result, {t, other}), depth) + ".unwrap_or(" + expr(t, depth - 1) + ")");
    }
    case 9: {
        // A function value that is called: a variable, or a closure at once.
        for (int tries = 0; tries < 4 && !vars_.empty(); ++tries) {
            const Var v = one_of(vars_);
            if (types_.kind(v.type) != Kind::Fn) continue;
            const std::vector<Ty> signature = types_[v.type].args;
            if (signature.back() != t || !affordable(200)) continue;
            cost_ += multiplier_ * 50;
            std::string text = v.name + "(";
            for (std::size_t i = 0; i + 1 < signature.size(); ++i) text += (i > 0 ? ", " : "") + expr(signature[i], depth - 1);
            return seen("call of a function value", text + ")");
        }
        return "";
    }
    case 10: {
        if (types_.depth(t) > 1) return "";
        const Ty key = type_that(Hashes);
        return seen("get_or", own(types_.make(Kind::Map, {key, t}), depth) + ".get_or(" + expr(key, depth - 1) + ", " + expr(t, depth - 1) + ")");
    }
    case 11: {
        const Ty other = scalar();
        return chance(50) ? seen("tuple field", own(types_.make(Kind::Tuple, {t, other}), depth) + ".0")
                          : seen("tuple field", own(types_.make(Kind::Tuple, {other, t}), depth) + ".1");
    }
    case 12: {
        if (types_.has_params(t)) return "";
        return seen("apply", "apply(" + closure({types_.i64}, t, depth - 1) + ", " + expr(types_.i64, depth - 1) + ")");
    }
    default: {
        const std::string v = fresh();
        const Ty inner = option_of(scalar());
        std::string text = "(if let Some(" + v + ") = " + own(inner, depth) + " { ";
        vars_.push_back({v, types_.arg(inner), false});
        text += expr(t, depth - 1);
        vars_.pop_back();
        return seen("if let expression", text + " } else { " + expr(t, depth - 1) + " })");
    }
    }
}

std::string Writer::by_type(Ty t, int depth) {
    switch (types_.kind(t)) {
    case Kind::I64: case Kind::I32: case Kind::U8: case Kind::U64: return integer(t, depth);
    case Kind::F64: return number(depth);
    case Kind::Bool: return condition(depth);
    case Kind::String: return text(depth);
    case Kind::List: return list(t, depth);
    case Kind::Option: return option(t, depth);
    case Kind::Result: return result(t, depth);
    case Kind::Map: return map(t, depth);
    case Kind::Set: return set(t, depth);
    case Kind::Tuple: case Kind::Record: case Kind::Enum: case Kind::Verdict: return aggregate(t, depth);
    case Kind::Fn: {
        const std::string named = chance(30) ? named_function(t) : "";
        if (!named.empty()) return named;
        const std::vector<Ty> signature = types_[t].args;
        return closure({signature.begin(), signature.end() - 1}, signature.back(), depth);
    }
    case Kind::Param:
        if ((types_[t].bounds & Adds) != 0 && chance(40)) return seen("bound Add", own(t, depth) + " + " + own(t, depth));
        if ((types_[t].bounds & Weighs) != 0 && chance(40)) return seen("static trait function", types_.name(t) + ".sample(" + expr(types_.i64, depth - 1) + ")");
        return literal(t);
    case Kind::Char:
        if (chance(30)) return seen("char of u8", "(" + expr(types_.u8, depth - 1) + " % 94 + 33) as char");
        if (chance(30)) return seen("char method", own(t, depth) + (chance(50) ? ".to_upper()" : ".to_lower()"));
        return literal(t);
    case Kind::Unit: return literal(t);
    }
    return literal(t);
}

std::string Writer::fold(Ty t, int depth) {
    if (multiplier_ > 500 || types_.has_params(t)) return "";
    Ty element = 0;
    const std::string xs = some_list(depth, &element);
    const std::string init = expr(t, depth - 1);
    return seen("fold", xs + ".fold(same[" + types_.name(t) + "](" + init + "), " + closure({t, element}, t, depth - 1) + ")");
}

std::string Writer::match_expr(Ty t, int depth) {
    const Ty scrutinee = any_type();
    std::vector<Var> bound;
    const std::string value = own(scrutinee, depth);
    const std::string first = pattern(scrutinee, 2, bound, true);
    const std::size_t scope = vars_.size();
    vars_.insert(vars_.end(), bound.begin(), bound.end());
    const std::string guard = chance(25) ? " if " + own(types_.boolean, 2) : "";
    const std::string yes = expr(t, depth - 1);
    vars_.resize(scope);
    return seen("match expression", "(match " + value + " { " + first + guard + " => " + yes + ", _ => " + expr(t, depth - 1) + " })");
}

std::string Writer::closure(const std::vector<Ty>& params, Ty result, int depth, std::uint64_t calls) {
    const std::size_t scope = vars_.size();
    const bool may_return = may_return_;
    const std::vector<std::string> labels = std::move(labels_);
    const std::uint64_t outer = multiplier_;
    labels_.clear();
    may_return_ = false;
    multiplier_ *= calls;
    std::string text = "|";
    for (std::size_t i = 0; i < params.size(); ++i) {
        if (i > 0) text += ", ";
        const Kind kind = types_.kind(params[i]);
        if (chance(15)) {
            text += "_";
        } else if (kind == Kind::Tuple && chance(50)) {
            std::vector<Var> bound;
            text += seen("closure parameter pattern", pattern(params[i], 1, bound, false));
            vars_.insert(vars_.end(), bound.begin(), bound.end());
        } else {
            const std::string v = fresh();
            text += v + ": " + types_.name(params[i]);
            vars_.push_back({v, params[i], false});
        }
    }
    text += "| ";
    if (chance(20) && multiplier_ < 2000) {
        // A block that may change the captured copies.
        const std::string before = std::move(out_);
        const int indent = indent_;
        out_.clear();
        indent_ = indent + 1;
        for (int n = 1 + pick(2); n > 0; --n) statement(3);
        const std::string statements = std::move(out_);
        out_ = before;
        indent_ = indent;
        const std::string pad(static_cast<std::size_t>(indent) * 4, ' ');
        text += "{\n" + statements + pad + "    " + expr(result, depth - 1) + "\n" + pad + "}";
        count("closure with a block");
    } else {
        text += expr(result, depth - 1 < 0 ? 0 : depth - 1);
    }
    vars_.resize(scope);
    labels_ = labels;
    may_return_ = may_return;
    multiplier_ = outer;
    return seen("closure", text);
}

std::string Writer::named_function(Ty t) {
    const std::vector<Ty> signature = types_[t].args;
    std::vector<std::string> fitting;
    for (const Fn& fn : fns_) {
        if (fn.is_method || !fn.type_params.empty() || fn.result != signature.back() || fn.cost > 200) continue;
        if (fn.params.size() + 1 != signature.size()) continue;
        bool fits = true;
        for (std::size_t i = 0; i < fn.params.size(); ++i) fits = fits && fn.params[i].first == signature[i] && !fn.params[i].second;
        if (fits) fitting.push_back(fn.name);
    }
    return fitting.empty() ? "" : seen("named function as a value", one_of(fitting));
}

std::string Writer::any_call(Ty result, int depth) {
    for (int tries = 0; tries < 6 && !fns_.empty(); ++tries) {
        const Fn fn = one_of(fns_);
        if (!affordable(fn.cost)) continue;
        const std::string text = call(fn, result, depth);
        if (!text.empty()) return text;
    }
    return "";
}

// A call of the function with this result; "" if it has another, or a `mut` argument finds no place.
std::string Writer::call(const Fn& fn, Ty result, int depth) {
    std::map<Ty, Ty> bindings;
    if (!types_.matches(fn.result, result, fn.type_params, bindings)) return "";
    for (Ty param : fn.type_params) {
        if (bindings.count(param) == 0) bindings[param] = type_that(types_[param].bounds);
        if (types_.has_params(bindings[param]) || !types_.can(bindings[param], types_[param].bounds)) return "";
    }
    std::vector<std::string> used, arguments;
    for (const auto& [declared, is_mut] : fn.params) {
        const Ty t = types_.substitute(declared, bindings);
        if (!is_mut) {
            arguments.push_back(fn.is_method && arguments.empty() ? own(t, depth) : expr(t, depth - 1));
            continue;
        }
        // Each variable once in a call: places may not overlap.
        const std::string place = place_of(t, true);
        const std::string root = place.substr(0, place.find_first_of(".["));
        for (const std::string& u : used)
            if (u == root) return "";
        if (place.empty()) return "";
        used.push_back(root);
        const bool is_receiver = fn.is_method && arguments.empty();
        arguments.push_back((is_receiver ? "" : "mut ") + place);
        count(is_receiver ? "mut receiver" : "mut argument");
    }
    cost_ += multiplier_ * fn.cost;
    std::string name = fn.name;
    std::size_t first = 0;
    if (fn.is_method) {
        name = arguments[0] + "." + name;
        first = 1;
        count("method call");
    } else if (!fn.type_params.empty()) {
        // The type arguments in the order of the declaration, for those that the arguments do not show.
        name += "[";
        for (std::size_t i = 0; i < fn.type_params.size(); ++i) name += (i > 0 ? ", " : "") + types_.name(bindings[fn.type_params[i]]);
        name += "]";
        count("call of a generic function");
    }
    std::string text;
    if (!fn.is_method && fn.type_params.empty() && arguments.size() == 1 && !fn.params[0].second && chance(15)) {
        return seen("pipe", "(" + own(fn.params[0].first, depth) + " |> " + name + ")");
    }
    for (std::size_t i = first; i < arguments.size(); ++i) text += (i > first ? ", " : "") + arguments[i];
    count("call");
    return name + "(" + text + ")";
}

} // namespace tn::fuzz
