// The declaration of type parameters, and of the bounds on them.
#include "check/program.h"

namespace tn::check {

void Program::declare_generics(ModuleId module, syntax::ListOf<syntax::GenericParam> list, Generics& into) {
    std::size_t first = into.names.size();
    for (const syntax::GenericParam& node : ast(module).view(list)) {
        TypeId param = types.param(node.name.is_valid() ? std::string(text(node.name.symbol)) : "_");
        into.params.push_back(param);
        if (!node.name.is_valid()) continue; // reported by the parser
        for (std::size_t i = first; i < into.names.size(); ++i) {
            if (into.names[i].first == node.name.symbol)
                sink.report(Diag::DuplicateName, node.name.span, text(node.name.symbol));
        }
        into.names.emplace_back(node.name.symbol, param);
    }
}

} // namespace tn::check
