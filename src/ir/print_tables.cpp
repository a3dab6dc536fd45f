// The module's tables as text, one line each.
#include "ir/text.h"

namespace tn::ir {

std::string_view desc_kind_text(DescKind kind) {
    switch (kind) {
    case DescKind::String: return "string";
    case DescKind::Bytes: return "bytes";
    case DescKind::List: return "list";
    case DescKind::Box: return "box";
    case DescKind::Closure: return "closure";
    case DescKind::Host: return "host";
    }
    return "?";
}

namespace {

class TablePrinter {
public:
    explicit TablePrinter(const Module& module) : module_(module) {}

    std::string print() {
        out_ = "tenon_ir 1\n";
        print_nominals();
        for (std::size_t i = 0; i < module_.files.size(); ++i) line("file", i, quoted(module_.files[i]));
        for (std::size_t i = 0; i < module_.function_names.size(); ++i) {
            line("name", i, quoted(module_.function_names[i]));
        }
        for (std::size_t i = 0; i < module_.locs.size(); ++i) print_loc(i, module_.locs[LocId(i)]);
        for (std::size_t i = 0; i < module_.descs.size(); ++i) print_desc(i, module_.descs[DescId(i)]);
        for (std::size_t i = 0; i < module_.signatures.size(); ++i) {
            line("sig", i, signature_text(module_.signatures[SigId(i)]));
        }
        for (std::size_t i = 0; i < module_.literals.size(); ++i) {
            LiteralId id(i);
            line("literal", i,
                 "desc" + std::to_string(module_.literal_descs[id].index()) + " " +
                     quoted(module_.literals[id]));
        }
        for (const GlobalVar& global : module_.globals) {
            out_ += std::string(global.is_const ? "const " : "global ") + quoted(global.name) + " at " +
                    std::to_string(global.offset) + ": " + type(global.type) + "\n";
        }
        if (module_.instance_data_size != 0) {
            out_ += "instance_data " + std::to_string(module_.instance_data_size);
            for (const InstanceRef& ref : module_.instance_refs) {
                out_ += " " + std::to_string(ref.offset) + ":" +
                        (ref.desc.is_valid() ? "desc" + std::to_string(ref.desc.index()) : "null");
            }
            out_ += "\n";
        }
        for (std::size_t i = 0; i < module_.host_fns.size(); ++i)
            print_host(i, module_.host_fns[HostFnId(i)]);
        for (const Export& e : module_.exports) print_export(e);
        for (const TestCase& test : module_.tests) {
            out_ += "test " + quoted(test.name) + " " + label(test.func);
            if (test.loc.is_valid()) out_ += " @loc" + std::to_string(test.loc.index());
            out_ += "\n";
        }
        if (module_.init.is_valid()) out_ += "init " + label(module_.init) + "\n";
        return out_;
    }

private:
    void line(const char* word, std::size_t index, const std::string& rest) {
        out_ += word + std::to_string(index) + " " + rest + "\n";
    }
    std::string type(TypeId id) const {
        return id.is_valid() && module_.types ? module_.types->print(id) : "_";
    }
    std::string label(FuncId id) const {
        return module_.functions.contains(id) ? function_label(module_, module_.functions[id])
                                              : "@?" + std::to_string(id.index());
    }

    // The prelude's own are in every table.
    void print_nominals() {
        if (!module_.types) return;
        const TypeTable& types = *module_.types;
        std::size_t prelude_count = TypeTable().nominal_count();
        for (std::size_t i = prelude_count; i < types.nominal_count(); ++i) {
            const Nominal& n = types.nominal(NominalId(i));
            out_ += std::string(type_kind_text(n.kind)) + (n.is_public ? " pub " : " ") + quoted(n.module) +
                    " " + n.name;
            for (std::size_t p = 0; p < n.params.size(); ++p) {
                out_ += (p ? ", " : "[") + types.param_name(n.params[p]);
            }
            if (!n.params.empty()) out_ += "]";
            if (n.kind == TypeKind::Record) out_ += " " + fields(n.fields, "{ ", " }", true);
            if (n.kind == TypeKind::Enum) {
                out_ += " {";
                const char* separator = " ";
                for (const Variant& v : n.variants) {
                    out_ += separator + v.name;
                    if (v.positional && !v.fields.empty()) out_ += fields(v.fields, "(", ")", false);
                    if (!v.positional) out_ += " " + fields(v.fields, "{ ", " }", true);
                    separator = ", ";
                }
                out_ += " }";
            }
            out_ += "\n";
        }
    }
    std::string fields(const std::vector<Field>& list, const char* open, const char* close,
                       bool named) const {
        std::string text = open;
        for (std::size_t i = 0; i < list.size(); ++i) {
            text += (i ? ", " : "") + (named ? list[i].name + ": " : std::string()) + type(list[i].type);
        }
        return text + close;
    }

    void print_loc(std::size_t i, const Loc& loc) {
        std::string text = "file" + std::to_string(loc.file) + ":" + std::to_string(loc.line) + ":" +
                           std::to_string(loc.column) + " in name" + std::to_string(loc.function);
        if (loc.inlined_at.is_valid()) text += " at loc" + std::to_string(loc.inlined_at.index());
        line("loc", i, text);
    }
    void print_desc(std::size_t i, const Desc& desc) {
        std::string text = std::string(desc_kind_text(desc.kind)) + " " + type(desc.type) + " stride " +
                           std::to_string(desc.stride);
        for (std::size_t r = 0; r < desc.refs.size(); ++r) {
            text += (r ? ", " : " refs ") + std::to_string(desc.refs[r]);
        }
        if (desc.kind == DescKind::Closure) text += " runs " + label(desc.func);
        line("desc", i, text);
    }
    void print_host(std::size_t i, const HostFn& host) {
        std::string text = quoted(host.path) + " fn(";
        for (std::size_t p = 0; p < host.params.size(); ++p) text += (p ? ", " : "") + type(host.params[p]);
        text += ") -> " + type(host.result);
        if (host.is_extern()) {
            text += " extern " + quoted(host.library) + " fixed " + std::to_string(host.fixed_params);
            for (FuncId callback : host.callbacks)
                text += callback.is_valid() ? " by " + label(callback) : " by none";
        } else {
            text += " registration " + std::to_string(host.registration);
        }
        text += " as " + signature_text(host.sig);
        if (host.is_plain) text += " plain";
        if (host.has_status) text += " status";
        for (std::size_t o = 0; o < host.out_offsets.size(); ++o)
            text += (o ? ", " : " at ") + std::to_string(host.out_offsets[o]);
        if (host.purity == HostFn::Purity::Reads) text += " reads";
        if (host.purity == HostFn::Purity::Pure) text += " pure";
        line("host", i, text);
    }
    void print_export(const Export& e) {
        out_ += "export " + quoted(e.name) + " " + label(e.func) + "(";
        for (std::size_t p = 0; p < e.params.size(); ++p) {
            if (p) out_ += ", ";
            if (p < e.param_is_mut.size() && e.param_is_mut[p]) out_ += "mut ";
            if (p < e.param_names.size()) out_ += e.param_names[p] + ": ";
            out_ += type(e.params[p]);
        }
        out_ += ") -> " + type(e.result);
        if (!e.doc.empty()) out_ += " doc " + quoted(e.doc);
        out_ += "\n";
    }

    const Module& module_;
    std::string out_;
};

} // namespace

std::string print_tables(const Module& module) { return TablePrinter(module).print(); }

} // namespace tn::ir
