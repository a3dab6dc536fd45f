// The module's tables, and the order in which the pieces of a text are read: type declarations, then
// the other tables, then the heads of all functions, then their bodies.
#include "ir/parse.h"

#include "ir/cursor.h"
#include "ir/text.h"
#include "support/ice.h"

namespace tn::ir {

namespace {

class ModuleParser {
public:
    std::unique_ptr<Module> parse(std::string_view text) {
        module_->types = std::make_shared<TypeTable>();
        module_->layouts = std::make_shared<LayoutTable>(*module_->types);
        split(text);
        if (tables_.empty() || !tables_.front().accept("tenon_ir"))
            throw ParseFailure{1, "expected `tenon_ir 1`"};
        if (tables_.front().number() != 1) throw ParseFailure{1, "unknown version"};
        for (std::size_t i = 1; i < tables_.size(); ++i) declare_nominal(tables_[i]);
        for (const Declaration& d : declarations_) fill_nominal(d);
        for (std::vector<Cursor>& lines : functions_) {
            Function fn;
            parse_function_head(fn, lines.front());
            module_->functions.push_back(std::move(fn));
        }
        for (std::size_t i = 0; i < functions_.size(); ++i) {
            // Each label as it stands in the head; with a number only if the name stands twice.
            Cursor head = functions_[i].front();
            head.expect("fn");
            if (!labels_.emplace(parse_label(head), FuncId(i)).second) head.fail("function defined twice");
        }
        for (std::size_t i = 1; i < tables_.size(); ++i) parse_table_line(tables_[i]);
        for (std::size_t i = 0; i < functions_.size(); ++i) {
            if (functions_[i].size() == 1) functions_[i].front().fail("function without blocks");
            functions_[i].erase(functions_[i].begin());
            parse_function(*module_, labels_, FuncId(i), std::move(functions_[i]));
        }
        return std::move(module_);
    }

private:
    struct Declaration {
        NominalId id;
        Cursor rest;
    };

    void split(std::string_view text) {
        std::uint32_t number = 0;
        bool in_function = false;
        while (!text.empty()) {
            std::size_t end = text.find('\n');
            Cursor line(text.substr(0, end), ++number);
            text.remove_prefix(end == text.npos ? text.size() : end + 1);
            if (line.at_end() || line.next_is("//")) continue;
            if (in_function) {
                if (line.accept("}")) {
                    line.expect_end();
                    in_function = false;
                } else {
                    functions_.back().push_back(line);
                }
            } else if (line.next_is("fn")) {
                functions_.push_back({line});
                in_function = true;
            } else {
                tables_.push_back(line);
            }
        }
        if (in_function) throw ParseFailure{number, "function without an end"};
    }

    void declare_nominal(Cursor line) {
        for (TypeKind kind : {TypeKind::Record, TypeKind::Enum, TypeKind::Host}) {
            if (!line.accept(type_kind_text(kind))) continue;
            Nominal nominal;
            nominal.kind = kind;
            nominal.is_public = line.accept("pub");
            nominal.module = line.string();
            nominal.name = line.word();
            if (line.accept("[")) {
                do nominal.params.push_back(types().param(line.word()));
                while (line.accept(","));
                line.expect("]");
            }
            declarations_.push_back({types().add_nominal(std::move(nominal)), line});
            return;
        }
    }

    void fill_nominal(const Declaration& declaration) {
        Cursor line = declaration.rest;
        // The table may move its nominals while types are made: work on copies.
        Nominal nominal = types().nominal(declaration.id);
        if (nominal.kind == TypeKind::Record) nominal.fields = fields(line, "{", "}", true, nominal.params);
        if (nominal.kind == TypeKind::Enum) {
            line.expect("{");
            while (!line.accept("}")) {
                if (!nominal.variants.empty()) line.expect(",");
                Variant variant;
                variant.name = line.word();
                variant.positional = !line.next_is("{");
                if (!variant.positional) variant.fields = fields(line, "{", "}", true, nominal.params);
                if (line.next_is("(")) variant.fields = fields(line, "(", ")", false, nominal.params);
                nominal.variants.push_back(std::move(variant));
            }
        }
        line.expect_end();
        types().nominal(declaration.id) = std::move(nominal);
    }

    std::vector<Field> fields(Cursor& line, const char* open, const char* close, bool named,
                              const std::vector<TypeId>& params) {
        std::vector<Field> out;
        line.expect(open);
        while (!line.accept(close)) {
            if (!out.empty()) line.expect(",");
            Field field;
            field.name = std::to_string(out.size());
            if (named) {
                field.name = line.word();
                line.expect(":");
            }
            field.type = parse_type(line, types(), params);
            out.push_back(std::move(field));
        }
        return out;
    }

    TypeTable& types() { return *module_->types; }
    TypeId type(Cursor& line) { return line.accept("_") ? TypeId() : parse_type(line, types()); }
    FuncId label(Cursor& line) {
        auto it = labels_.find(parse_label(line));
        if (it == labels_.end()) line.fail("unknown function");
        return it->second;
    }
    std::uint32_t u32(Cursor& line) { return static_cast<std::uint32_t>(line.number()); }

    // True and the prefix read if the line is `prefixN ...`, N being the next index of its table.
    bool row(Cursor& line, std::string_view prefix, std::size_t next) {
        if (!line.next_is_index(prefix)) return false;
        if (line.index(prefix) != next) line.fail("rows out of order");
        return true;
    }

    void parse_table_line(Cursor line) {
        Module& m = *module_;
        if (row(line, "file", m.files.size())) {
            m.files.push_back(line.string());
        } else if (row(line, "name", m.function_names.size())) {
            m.function_names.push_back(line.string());
        } else if (row(line, "loc", m.locs.size())) {
            parse_loc(line);
        } else if (row(line, "desc", m.descs.size())) {
            parse_desc(line);
        } else if (row(line, "literal", m.literals.size())) {
            m.literal_descs.push_back(DescId(line.index("desc")));
            m.literals.push_back(line.string());
        } else if (row(line, "sig", m.signatures.size())) {
            m.signatures.push_back(parse_signature(line));
        } else if (row(line, "host", m.host_fns.size())) {
            parse_host(line);
        } else if (line.next_is("record") || line.next_is("enum") || line.next_is("host")) {
            return; // read before
        } else if (line.accept("export")) {
            parse_export(line);
        } else if (line.accept("instance_data")) {
            m.instance_data_size = u32(line);
            while (!line.at_end()) {
                InstanceRef ref;
                ref.offset = u32(line);
                line.expect(":");
                if (!line.accept("null")) ref.desc = DescId(line.index("desc"));
                m.instance_refs.push_back(ref);
            }
        } else if (line.accept("init")) {
            m.init = label(line);
        } else if (line.accept("test")) {
            TestCase test;
            test.name = line.string();
            test.func = label(line);
            if (line.accept("@")) test.loc = LocId(line.index("loc"));
            m.tests.push_back(std::move(test));
        } else {
            GlobalVar global;
            global.is_const = line.accept("const");
            if (!global.is_const) line.expect("global");
            global.name = line.string();
            line.expect("at");
            global.offset = u32(line);
            line.expect(":");
            global.type = type(line);
            m.globals.push_back(std::move(global));
        }
        line.expect_end();
    }

    void parse_loc(Cursor& line) {
        Loc loc;
        loc.file = line.index("file");
        line.expect(":");
        loc.line = u32(line);
        line.expect(":");
        loc.column = u32(line);
        line.expect("in");
        loc.function = line.index("name");
        if (line.accept("at")) loc.inlined_at = LocId(line.index("loc"));
        module_->locs.push_back(loc);
    }

    void parse_desc(Cursor& line) {
        Desc desc;
        std::string kind = line.word();
        bool known = false;
        for (DescKind k : {DescKind::String, DescKind::Bytes, DescKind::List, DescKind::Box, DescKind::Closure,
                           DescKind::Host}) {
            if (desc_kind_text(k) != kind) continue;
            desc.kind = k;
            known = true;
        }
        if (!known) line.fail("unknown kind of object `" + kind + "`");
        desc.type = type(line);
        line.expect("stride");
        desc.stride = u32(line);
        if (line.accept("refs")) {
            do desc.refs.push_back(u32(line));
            while (line.accept(","));
        }
        if (desc.kind == DescKind::Closure) {
            line.expect("runs");
            desc.func = label(line);
        }
        // Computed now: a finished module's layouts are only looked up.
        if (desc.kind == DescKind::Box || desc.kind == DescKind::Closure) module_->layouts->get(desc.type);
        module_->descs.push_back(std::move(desc));
    }

    void parse_host(Cursor& line) {
        HostFn host;
        host.path = line.string();
        line.expect("fn");
        line.expect("(");
        while (!line.accept(")")) {
            if (!host.params.empty()) line.expect(",");
            host.params.push_back(type(line));
        }
        line.expect("->");
        host.result = type(line);
        if (line.accept("extern")) {
            host.library = line.string();
            line.expect("fixed");
            host.fixed_params = u32(line);
            while (line.accept("by")) host.callbacks.push_back(line.accept("none") ? FuncId() : label(line));
        } else {
            line.expect("registration");
            host.registration = u32(line);
        }
        line.expect("as");
        host.sig = parse_signature(line);
        host.is_plain = line.accept("plain");
        host.has_status = line.accept("status");
        if (line.accept("at")) {
            do host.out_offsets.push_back(u32(line));
            while (line.accept(","));
        }
        if (line.accept("reads")) host.purity = HostFn::Purity::Reads;
        if (line.accept("pure")) host.purity = HostFn::Purity::Pure;
        module_->host_fns.push_back(std::move(host));
    }

    void parse_export(Cursor& line) {
        Export e;
        e.name = line.string();
        e.func = label(line);
        line.expect("(");
        while (!line.accept(")")) {
            if (!e.params.empty()) line.expect(",");
            Cursor ahead = line;
            // `mut` may also begin the type: `mut Slice[u8]`. A name tells them apart.
            bool is_mut = ahead.accept("mut");
            std::string name = ahead.find_word();
            if (!name.empty() && ahead.accept(":")) {
                line = ahead;
                e.param_names.push_back(name);
            } else {
                is_mut = false;
            }
            e.param_is_mut.push_back(is_mut);
            e.params.push_back(type(line));
        }
        line.expect("->");
        e.result = type(line);
        if (line.accept("doc")) e.doc = line.string();
        module_->exports.push_back(std::move(e));
    }

    std::unique_ptr<Module> module_ = std::make_unique<Module>();
    std::vector<Cursor> tables_;
    std::vector<std::vector<Cursor>> functions_;
    std::vector<Declaration> declarations_;
    Labels labels_;
};

} // namespace

std::unique_ptr<Module> parse(std::string_view text, ParseError& error) {
    try {
        return ModuleParser().parse(text);
    } catch (const ParseFailure& failure) {
        error = {failure.line, failure.message};
    } catch (const InternalError& internal) { error = {0, internal.what()}; }
    return nullptr;
}

} // namespace tn::ir
