#include "host/glue.h"

namespace tn::host {

namespace {

std::string call(const Registration& fn, std::string_view args) {
    return "__host_" + std::to_string(fn.index) + "(" + std::string(args) + ")";
}

std::string part(const Registration& fn, std::size_t i) { return canonical(fn.type.parts[i]); }

std::string method(const Registration& fn) {
    const std::string result = canonical(fn.type.parts.back());
    switch (fn.op->trait) {
    case CoreTrait::Neg: return "fn neg(self) -> " + result + " { " + call(fn, "self") + " }";
    case CoreTrait::Eq: return "fn eq(self, o: " + part(fn, 1) + ") -> bool { " + call(fn, "self, o") + " }";
    case CoreTrait::Ord: return "fn cmp(self, o: " + part(fn, 1) + ") -> i64 { " + call(fn, "self, o") + " }";
    // As any u64 is hashed: with the instance's seed.
    case CoreTrait::Hash: return "fn hash(self) -> u64 { " + call(fn, "self") + ".hash() }";
    case CoreTrait::Show: return "fn show(self) -> String { " + call(fn, "self") + " }";
    case CoreTrait::Iterate: return "fn next(mut self) -> " + result + " { " + call(fn, "mut self") + " }";
    case CoreTrait::Index:
        if (fn.op->is_set_index) {
            return "fn set_index(mut self, i: " + part(fn, 1) + ", v: " + part(fn, 2) + ") { " +
                   call(fn, "mut self, i, v") + " }";
        }
        return "fn index(self, i: " + part(fn, 1) + ") -> " + result + " { " + call(fn, "self, i") + " }";
    case CoreTrait::Add:
    case CoreTrait::Sub:
    case CoreTrait::Mul:
    case CoreTrait::Div:
    case CoreTrait::Rem:
    case CoreTrait::BitAnd:
    case CoreTrait::BitOr:
    case CoreTrait::BitXor:
    case CoreTrait::Shl:
    case CoreTrait::Shr: break;
    }
    return "fn " + std::string(core_trait_info(fn.op->trait).method) + "(self, rhs: " + part(fn, 1) + ") -> " + result +
           " { " + call(fn, "self, rhs") + " }";
}

// "Mul[Tensor]", "Eq".
std::string trait(const Registration& fn) {
    std::string name(core_trait_info(fn.op->trait).name);
    if (fn.op->trait == CoreTrait::Iterate) return name + "[" + canonical(fn.type.parts.back().parts[0]) + "]";
    return core_trait_info(fn.op->trait).inputs == 0 ? name : name + "[" + part(fn, 1) + "]";
}

const Registration* find_setter(const Registry& registry, const Registration& getter) {
    for (const Registration& fn : registry.entries()) {
        if (fn.op && fn.op->is_set_index && part(fn, 0) == part(getter, 0) && part(fn, 1) == part(getter, 1)) return &fn;
    }
    return nullptr;
}

} // namespace

std::string write_glue(const Registry& registry) {
    std::string out;
    auto impl = [&](const std::string& what, const std::string& type, const std::string& body) {
        out += "impl " + what + " for " + type + " { " + body + " }\n";
    };
    const HostTypes& types = registry.types();
    std::vector<bool> has_eq(types.count());
    for (std::uint32_t i = 0; i < types.count(); ++i) {
        const std::string& name = types[i].paths.front();
        if (types[i].type.equal) {
            impl("Eq", name, "fn eq(self, o: " + name + ") -> bool { __host_equal(self, o) }");
            has_eq[i] = true;
        }
        if (types[i].type.hash) impl("Hash", name, "fn hash(self) -> u64 { __host_hash(self).hash() }");
    }
    for (const Registration& fn : registry.entries()) {
        if (!fn.op || fn.op->is_set_index) continue;
        std::string body = method(fn);
        if (fn.op->trait == CoreTrait::Index) {
            if (const Registration* setter = find_setter(registry, fn)) body += " " + method(*setter);
        }
        if (fn.op->trait == CoreTrait::Eq) has_eq[*fn.owner] = true;
        impl(trait(fn), part(fn, 0), body);
    }
    for (const Registration& fn : registry.entries()) {
        // What has an order is equal where the order says so.
        if (!fn.op || fn.op->trait != CoreTrait::Ord || has_eq[*fn.owner]) continue;
        impl("Eq", part(fn, 0), "fn eq(self, o: " + part(fn, 0) + ") -> bool { " + call(fn, "self, o") + " == 0 }");
    }
    for (std::size_t i = 0; i < registry.variables().size(); ++i) {
        const Variable& variable = registry.variables()[i];
        const std::string number = std::to_string(i);
        if (variable.is_const) {
            out += "const __const_" + number + ": " + variable.type + " = " + variable.value + ";\n";
            continue;
        }
        out += "var __var_" + number + ": Option[" + variable.type + "] = None;\nfn __get_" + number + "() -> " + variable.type +
               " { match __var_" + number + " { Some(v) => v, None => __host_unset(\"the host has not set `" + variable.path +
               "`\") } }\n";
    }
    return out;
}

} // namespace tn::host
