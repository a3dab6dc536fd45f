#include "program_generator.h"
#include "program_writer.h"

namespace tn::fuzz {

namespace {

std::map<std::string, std::uint64_t> counts;

// What every program has: it keeps lists and texts short, and gives the checker a type where one must be seen.
const char* const helpers = R"(fn same[T](x: T) -> T { x }
fn apply[A](f: fn(i64) -> A, n: i64) -> A { f(n) }
fn at(len: i64, n: i64) -> i64 { if len == 0 { 0 } else { n % len } }
fn cap[T](xs: List[T]) -> List[T] { if xs.len() > 20 { xs[..20] } else { xs } }
fn cap_text(s: String) -> String { if s.char_count() > 40 { String.from_chars(s.chars()[..20]) } else { s } }

record Countdown { left: i64, step: i64 }
impl Iterate[i64] for Countdown {
    fn next(mut self) -> i64? {
        if self.left <= 0 { return None; }
        self.left -= self.step;
        Some(self.left)
    }
}

trait Weigh {
    fn weigh(self) -> i64;
    fn label(self) -> String { f"<{self.weigh()}>" }
    fn twice(self) -> i64 { self.weigh() +% self.weigh() }
    fn sample(n: i64) -> Self;
}
impl Weigh for i64 {
    fn weigh(self) -> i64 { self & 1023 }
    fn sample(n: i64) -> i64 { n *% 7 }
}
impl Weigh for bool {
    fn weigh(self) -> i64 { self as i64 }
    fn sample(n: i64) -> bool { n % 2 == 0 }
}
impl Weigh for String {
    fn weigh(self) -> i64 { self.len() }
    fn label(self) -> String { self.slice(0, 0) + "text" }
    fn sample(n: i64) -> String { "s".repeat((n & 7) + 1) }
}
impl[T: Weigh] Weigh for List[T] {
    fn weigh(self) -> i64 { self.fold(0, |sum, x| sum +% x.weigh()) }
    fn sample(n: i64) -> List[T] { [T.sample(n), T.sample(n +% 1)] }
}

const LIMIT: i64 = 10 * 4 + 2;
)";

} // namespace

void count(const std::string& construct) { ++counts[construct]; }

std::string generate_program(std::uint64_t seed) {
    Writer writer(seed);
    return seed % 8 == 0 ? writer.program_of_lanes() : writer.program();
}

const std::map<std::string, std::uint64_t>& covered() { return counts; }

std::string Writer::program() {
    out_ = helpers;
    declare_types();
    fill_pool();
    globals();
    for (std::size_t i = 0; i < types_.decls.size(); ++i) {
        write_impls(static_cast<int>(i));
        if (chance(70)) method(static_cast<int>(i), 0);
        if (types_.decls[i].is_recursive) write_measure(static_cast<int>(i));
    }
    const int functions = share(2 + pick(5));
    for (int i = 0; i < functions; ++i) function(i, chance(40));
    main_function();
    return out_;
}

// Nothing but loops that may run in lanes.
std::string Writer::program_of_lanes() {
    line("fn main() {");
    ++indent_;
    for (int i = 0; i < 8; ++i) lane_loop();
    --indent_;
    line("}");
    return out_;
}

// ---- types ------------------------------------------------------------------------------------------

Ty Writer::any_type() {
    if (!local_pool_.empty() && chance(30)) return one_of(local_pool_);
    return one_of(pool_);
}

Ty Writer::type_that(unsigned bounds) {
    for (int tries = 0; tries < 20; ++tries) {
        const Ty t = any_type();
        if (types_.can(t, bounds)) return t;
    }
    return types_.i64;
}

void Writer::fill_pool() {
    pool_ = {types_.i64, types_.i64, types_.i64, types_.i32, types_.u8, types_.u64, types_.f64, types_.boolean, types_.character, types_.string, types_.string};
    pool_.push_back(list_of(types_.i64));
    for (std::size_t i = 0; i < types_.decls.size(); ++i) {
        const Decl& decl = types_.decls[i];
        std::vector<Ty> args;
        for (std::size_t n = decl.params.size(); n > 0; --n) args.push_back(chance(50) ? types_.i64 : scalar());
        const Ty t = types_.make(decl.is_enum ? Kind::Enum : Kind::Record, args, static_cast<int>(i));
        pool_.push_back(t);
        pool_.push_back(t);
    }
    for (int n = share(9); n > 0; --n) {
        Ty inner = any_type();
        for (int tries = 0; types_.depth(inner) > 1 && tries < 9; ++tries) inner = any_type();
        switch (pick(9)) {
        case 0: case 1: pool_.push_back(list_of(inner)); break;
        case 2: pool_.push_back(option_of(inner)); break;
        case 3: pool_.push_back(types_.make(Kind::Tuple, {inner, scalar()})); break;
        case 4: case 5: pool_.push_back(types_.make(Kind::Map, {type_that(Hashes), inner})); break;
        case 6: pool_.push_back(types_.make(Kind::Set, {type_that(Hashes)})); break;
        case 7: pool_.push_back(types_.make(Kind::Result, {inner, chance(50) ? types_.string : scalar()})); break;
        default: pool_.push_back(types_.make(Kind::Fn, {scalar(), inner})); break;
        }
    }
}

void Writer::declare_types() {
    declare_record(false);
    if (chance(60)) declare_record(true);
    if (chance(70)) declare_enum(false, false);
    if (chance(50)) declare_enum(true, false);
    if (chance(70)) declare_enum(chance(50), true);
    if (chance(40)) declare_record(false);
    for (const Decl& decl : types_.decls) write_decl(decl);
}

void Writer::declare_record(bool is_generic) {
    Decl decl;
    decl.name = "Rec" + std::to_string(types_.decls.size());
    decl.has = Adds | Weighs;
    if (is_generic) {
        decl.params.push_back(types_.make_param("T", Weighs));
        decl.has = Weighs;
    }
    Variant fields;
    // The first field is an i64, which the operators work on.
    fields.fields.push_back(types_.i64);
    for (int n = 1 + pick(4); n > 0; --n) {
        Ty t = scalar();
        if (is_generic && chance(60)) t = decl.params[0];
        switch (pick(6)) {
        case 0: t = list_of(t); break;
        case 1: t = option_of(t); break;
        case 2: t = types_.make(Kind::Tuple, {t, types_.i64}); break;
        case 3:
            if (!is_generic && chance(40)) t = types_.make(Kind::Fn, {types_.i64, t});
            break;
        default: break;
        }
        fields.fields.push_back(t);
    }
    for (std::size_t i = 0; i < fields.fields.size(); ++i) fields.field_names.push_back("f" + std::to_string(i));
    decl.variants.push_back(fields);
    types_.declare(decl);
    count(is_generic ? "generic record declaration" : "record declaration");
}

void Writer::declare_enum(bool is_generic, bool is_recursive) {
    Decl decl;
    const std::string number = std::to_string(types_.decls.size());
    decl.name = (is_recursive ? "Tree" : "Enum") + number;
    decl.is_enum = true;
    decl.is_recursive = is_recursive;
    decl.has = 0;
    if (is_generic) decl.params.push_back(types_.make_param("T", 0));
    const int number_of_decl = static_cast<int>(types_.decls.size());
    types_.declare(decl); // so that the type has a name
    const Ty self = types_.make(Kind::Enum, decl.params, number_of_decl);
    const auto payload = [&](bool may_recur) {
        if (may_recur && is_recursive && chance(55)) {
            switch (pick(5)) {
            case 0: return list_of(self);
            case 1: return option_of(self);
            default: return self;
            }
        }
        Ty t = is_generic && chance(60) ? decl.params[0] : scalar();
        return chance(20) ? list_of(t) : t;
    };
    const int variants = 2 + pick(3);
    for (int v = 0; v < variants; ++v) {
        Variant variant;
        variant.name = "C" + number + "v" + std::to_string(v);
        // The first one ends recursion.
        for (int n = v == 0 ? pick(2) : 1 + pick(3); n > 0; --n) variant.fields.push_back(payload(v > 0));
        if (!variant.fields.empty() && chance(35)) {
            for (std::size_t i = 0; i < variant.fields.size(); ++i) variant.field_names.push_back("f" + std::to_string(i));
        }
        decl.variants.push_back(variant);
    }
    types_.decls[static_cast<std::size_t>(number_of_decl)] = decl;
    count(is_recursive ? "recursive enum declaration" : is_generic ? "generic enum declaration" : "enum declaration");
}

void Writer::write_decl(const Decl& decl) {
    std::string text = (decl.is_enum ? "enum " : "record ") + decl.name + (decl.params.empty() ? "" : "[T]") + " { ";
    for (const Variant& variant : decl.variants) {
        const bool is_named = !variant.field_names.empty();
        if (decl.is_enum) text += variant.name + (variant.fields.empty() ? "" : is_named ? " { " : "(");
        for (std::size_t i = 0; i < variant.fields.size(); ++i) {
            text += (i > 0 ? ", " : "") + (is_named ? variant.field_names[i] + ": " : "") + types_.name(variant.fields[i]);
        }
        if (decl.is_enum) text += std::string(variant.fields.empty() ? "" : is_named ? " }" : ")") + ", ";
    }
    line(text + " }");
}

// ---- impls ------------------------------------------------------------------------------------------

void Writer::write_impls(int number) {
    const Decl decl = types_.decls[static_cast<std::size_t>(number)];
    if (decl.is_enum) return;
    const std::string self = decl.name + (decl.params.empty() ? "" : "[T]");
    const std::string generic = decl.params.empty() ? "" : "[T: Weigh]";
    std::string sample = decl.name + " { f0: n";
    const auto sample_of = [&](Ty t) {
        if (decl.params.empty()) return literal(t, 1);
        std::map<Ty, Ty> none;
        // A generic field is made from the parameter's own sample.
        switch (types_.kind(t)) {
        case Kind::Param: return std::string("T.sample(n)");
        case Kind::List: return types_.has_params(t) ? std::string("[T.sample(n)]") : literal(t, 1);
        case Kind::Option: return types_.has_params(t) ? std::string("Some(T.sample(n))") : literal(t, 1);
        case Kind::Tuple: return types_.has_params(t) ? std::string("(T.sample(n), n)") : literal(t, 1);
        default: return literal(t, 1);
        }
    };
    for (std::size_t i = 1; i < decl.variants[0].fields.size(); ++i) sample += ", " + decl.variants[0].field_names[i] + ": " + sample_of(decl.variants[0].fields[i]);
    line("impl" + generic + " Weigh for " + self + " {");
    line("    fn weigh(self) -> i64 { self.f0 & 255 }");
    if (chance(40)) line("    fn label(self) -> String { f\"" + decl.name + " {self.f0}\" }");
    line("    fn sample(n: i64) -> " + self + " { " + sample + " } }");
    line("}");
    count("impl of a trait");
    if ((decl.has & Adds) == 0) return;
    line("impl Add for " + self + " { fn add(self, o: " + self + ") -> " + self + " { " + decl.name + " { f0: self.f0 +% o.f0, ..self } } }");
    line("impl Mul[i64] for " + self + " { fn mul(self, k: i64) -> " + self + " { " + decl.name + " { f0: self.f0 *% k, ..self } } }");
    line("impl Mul[" + self + "] for i64 { fn mul(self, r: " + self + ") -> " + self + " { r * self } }");
    line("impl Neg for " + self + " { fn neg(self) -> " + self + " { " + decl.name + " { f0: 0 -% self.f0, ..self } } }");
    const Ty t = types_.make(Kind::Record, {}, number);
    if (types_.can(t, Orders) && chance(40)) {
        line("impl Ord for " + self + " { fn cmp(self, o: " + self + ") -> i64 { o.f0.cmp(self.f0) } }");
        count("impl Ord");
    }
    if (types_.can(t, Shows) && chance(40)) {
        line("impl Show for " + self + " { fn show(self) -> String { f\"" + decl.name + "<{self.f0}>\" } }");
        count("impl Show");
    }
    count("impl of operators");
}

// How many nodes a recursive value has, weighted: recursion through self, lists and options of self.
void Writer::write_measure(int number) {
    const Decl decl = types_.decls[static_cast<std::size_t>(number)];
    const Ty self = types_.make(Kind::Enum, decl.params, number);
    line("impl" + std::string(decl.params.empty() ? " " : "[T] ") + types_.name(self) + " {");
    line("    fn measure(self) -> i64 {");
    line("        match self {");
    for (const Variant& variant : decl.variants) {
        std::string head = variant.name, sum = "1";
        const bool is_named = !variant.field_names.empty();
        if (!variant.fields.empty()) head += is_named ? " { " : "(";
        for (std::size_t i = 0; i < variant.fields.size(); ++i) {
            const std::string v = "x" + std::to_string(i);
            const Ty t = variant.fields[i];
            std::string term;
            if (t == self) term = v + ".measure()";
            else if (t == list_of(self)) term = v + ".fold(0, |sum, x| sum +% x.measure())";
            else if (t == option_of(self)) term = "(match " + v + " { Some(x) => x.measure(), None => 2 })";
            else if (t == types_.i64) term = "(" + v + " & 7)";
            if (!term.empty()) sum += " +% " + term;
            head += (i > 0 ? ", " : "") + (is_named ? variant.field_names[i] + ": " : "") + (term.empty() ? "_" : v);
        }
        if (!variant.fields.empty()) head += is_named ? " }" : ")";
        line("            " + head + " => " + sum + ",");
    }
    line("        }");
    line("    }");
    line("}");
    Fn fn;
    fn.name = "measure";
    fn.is_method = true;
    fn.type_params = decl.params;
    fn.params = {{self, false}};
    fn.result = types_.i64;
    fn.cost = 40;
    fns_.push_back(fn);
    count("recursion through a recursive enum");
}

// ---- functions --------------------------------------------------------------------------------------

void Writer::globals() {
    for (int n = 2 + pick(4); n > 0; --n) {
        const Ty t = any_type();
        if (types_.kind(t) == Kind::Fn) continue;
        const bool is_const = chance(35);
        const std::string name = (is_const ? "C" : "g") + std::to_string(n);
        line((is_const ? "const " : "var ") + name + ": " + types_.name(t) + " = " + literal(t) + ";");
        globals_.push_back({name, t, is_const});
        count(is_const ? "const" : "var");
    }
}

void Writer::begin_body(Ty result) {
    indent_ = 1;
    next_name_ = 0;
    result_ = result;
    may_return_ = true;
    labels_.clear();
    multiplier_ = 1;
    cost_ = 1;
}

void Writer::body_of(Fn& fn, std::uint64_t scale) {
    begin_body(fn.result);
    const int statements = share(1 + pick(6));
    for (int i = 0; i < statements; ++i) statement(0);
    line(expr(fn.result, 3));
    fn.cost = cost_ * scale;
    indent_ = 0;
    line("}");
    vars_.clear();
    local_pool_.clear();
}

void Writer::function(int index, bool is_generic) {
    Fn fn;
    fn.name = "f" + std::to_string(index);
    std::string header = "fn " + fn.name;
    if (is_generic) {
        header += "[";
        const int params = 1 + pick(2);
        for (int i = 0; i < params; ++i) {
            static const std::vector<std::pair<unsigned, const char*>> bounds = {
                {0, ""}, {Shows, ": Show"}, {Orders | Equals, ": Ord"}, {Hashes | Equals, ": Hash"}, {Adds, ": Add"}, {Weighs, ": Weigh"},
                {Shows | Orders | Equals, ": Ord + Show"}, {Weighs | Shows, ": Weigh + Show"}, {Hashes | Equals | Shows, ": Hash + Show"}};
            const auto& [mask, text] = one_of(bounds);
            const std::string name = std::string(1, static_cast<char>('T' + i));
            fn.type_params.push_back(types_.make_param(name, mask));
            header += (i > 0 ? ", " : "") + name + text;
        }
        header += "]";
        count("generic function");
    }
    for (Ty t : fn.type_params) {
        local_pool_.insert(local_pool_.end(), {t, t, list_of(t), option_of(t), types_.make(Kind::Tuple, {t, types_.i64})});
        if (types_.can(t, Hashes)) local_pool_.push_back(types_.make(chance(50) ? Kind::Map : Kind::Map, {t, types_.i64}));
    }
    fn.result = any_type();
    if (!is_generic && chance(15)) fn.result = types_.make(Kind::Verdict, {scalar(), types_.string});
    else if (!is_generic && chance(20)) fn.result = chance(50) ? option_of(scalar()) : types_.make(Kind::Result, {scalar(), scalar()});
    header += "(";
    const int params = static_cast<int>(fn.type_params.size()) + pick(4);
    for (int i = 0; i < params; ++i) {
        const bool is_source = i < static_cast<int>(fn.type_params.size());
        const Ty t = is_source ? fn.type_params[static_cast<std::size_t>(i)] : any_type();
        const bool is_mut = !is_source && chance(30);
        fn.params.emplace_back(t, is_mut);
        vars_.push_back({"p" + std::to_string(i), t, is_source});
        header += std::string(i > 0 ? ", " : "") + (is_mut ? "mut " : "") + "p" + std::to_string(i) + ": " + types_.name(t);
        if (is_mut) count("mut parameter");
    }
    line(header + ") -> " + types_.name(fn.result) + " {");
    body_of(fn, 1);
    fns_.push_back(fn);
}

void Writer::method(int number, int index) {
    const Decl decl = types_.decls[static_cast<std::size_t>(number)];
    if (!decl.params.empty()) return;
    const Ty self = types_.make(decl.is_enum ? Kind::Enum : Kind::Record, {}, number);
    Fn fn;
    fn.name = "m" + std::to_string(number) + "_" + std::to_string(index);
    fn.is_method = true;
    fn.result = any_type();
    const bool is_mut = chance(50);
    fn.params.emplace_back(self, is_mut);
    vars_.push_back({"self", self, false});
    std::string header = "    fn " + fn.name + (is_mut ? "(mut self" : "(self");
    for (int i = pick(3); i > 0; --i) {
        const Ty t = any_type();
        fn.params.emplace_back(t, false);
        vars_.push_back({"p" + std::to_string(i), t, false});
        header += ", p" + std::to_string(i) + ": " + types_.name(t);
    }
    line("impl " + decl.name + " {");
    line(header + ") -> " + types_.name(fn.result) + " {");
    body_of(fn, 1);
    line("}");
    fns_.push_back(fn);
    count(is_mut ? "method with mut self" : "method");
}

void Writer::main_function() {
    line("fn main() {");
    begin_body(types_.unit);
    may_return_ = false;
    const int statements = share(5 + pick(9));
    for (int i = 0; i < statements; ++i) statement(0);
    for (const Fn& fn : std::vector<Fn>(fns_)) {
        if (!affordable(fn.cost) || !fn.type_params.empty() || !is_shown(fn.result)) continue;
        const std::string text = call(fn, fn.result, 2);
        if (!text.empty()) line("print(" + text + ");");
    }
    for (const Var& v : std::vector<Var>(vars_))
        if (is_shown(v.type)) line("print(" + v.name + ");");
    for (const Var& v : globals_)
        if (is_shown(v.type)) line("print(" + v.name + ");");
    indent_ = 0;
    line("}");
}

} // namespace tn::fuzz
