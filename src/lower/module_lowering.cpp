#include "lower/module_lowering.h"

#include "lower/code_writer.h"
#include "lower/function_lowering.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using ir::DescKind;
using ir::FuncId;

std::optional<ir::Module> lower(const Input& input) {
    try {
        return ModuleLowering(input).run();
    } catch (const LoweringStopped&) { return std::nullopt; }
}

ModuleLowering::ModuleLowering(const Input& input) : input_(input) {
    module_.types = input.types;
    module_.layouts = input.layouts;
    module_.desc(DescKind::String, types().simple(TypeKind::String));
    module_.desc(DescKind::Bytes, types().simple(TypeKind::Bytes));
    for (std::size_t i = 0; i < input.sources.file_count(); ++i) {
        module_.files.emplace_back(input.sources.name(FileId(i)));
    }
    mentions_.resize(input.checked.modules.size());
    has_mentions_.resize(input.checked.modules.size(), false);
}

ir::Module ModuleLowering::run() {
    lay_out_globals();
    add_exports();
    for (std::size_t i = types().set_id.index() + 1; i < types().nominal_count(); ++i) {
        const Nominal& nominal = types().nominal(NominalId(i));
        const bool is_ours = nominal.kind == TypeKind::Record || nominal.kind == TypeKind::Enum;
        if (is_ours && nominal.module.empty() && nominal.params.empty())
            module_.declared_types.push_back(types().make(nominal.kind, {}, static_cast<std::uint32_t>(i)));
    }
    const check::Checked& checked = input_.checked;
    for (std::size_t i = 0; i < checked.tests.size(); ++i) {
        const check::Test& test = checked.tests[check::TestId(i)];
        std::string name = "test \"" + test.title + "\"";
        FuncId func = reserve(name, ir::Signature{});
        ir::LocId where = loc(test.span, function_name(name));
        module_.tests.push_back(ir::TestCase{test.title, func, where});
        origin_ = test.span;
        lower_test(*this, func, test);
        lower_waiting();
    }
    if (!checked.init_order.empty()) {
        module_.init = reserve("init", ir::Signature{});
        lower_init(*this, module_.init);
    }
    lower_waiting();
    add_key_impls();
    lower_waiting();
    return std::move(module_);
}

void ModuleLowering::lay_out_globals() {
    const check::Checked& checked = input_.checked;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < checked.globals.size(); ++i) {
        const check::Global& global = checked.globals[check::GlobalId(i)];
        const Layout& l = layout(global.type);
        size = (size + l.align - 1) / l.align * l.align;
        global_offsets_.push_back(size);
        // The host names those of other modules by their path.
        const check::Module& home = checked.modules[global.init.module];
        const bool is_whole = home.path.empty() || home.is_glue;
        std::string name = is_whole ? global.name : home.path + "." + global.name;
        module_.globals.push_back(ir::GlobalVar{std::move(name), global.type, size, global.is_const,
                                                global.is_exported, global.doc, global.is_context});
        for (const Leaf& leaf : l.leaves) {
            if (leaf.scalar != Scalar::Ref) continue;
            module_.instance_refs.push_back(
                {size + leaf.offset, leaf.nullable ? ir::DescId() : desc(leaf.type)});
        }
        size += l.size;
    }
    module_.instance_data_size = size;
}

void ModuleLowering::add_exports() {
    const check::Checked& checked = input_.checked;
    for (std::size_t i = 0; i < checked.fns.size(); ++i) {
        check::FnId id(i);
        const check::Fn& fn = checked.fns[id];
        if (!fn.is_exported) continue;
        ir::Export e;
        e.name = fn.name;
        origin_ = fn.span;
        e.func = fn_instance({id, {}});
        for (const check::Param& param : fn.params) {
            e.params.push_back(param.type);
            e.param_names.push_back(param.name);
            e.param_is_mut.push_back(param.is_mut);
        }
        e.result = fn.result;
        e.doc = fn.doc;
        module_.exports.push_back(std::move(e));
        lower_waiting();
    }
}

void ModuleLowering::lower_waiting() {
    while (!waiting_.empty()) {
        Waiting next = std::move(waiting_.back());
        waiting_.pop_back();
        origin_ = next.origin;
        next.write();
    }
}

const Layout& ModuleLowering::layout(TypeId type) {
    const Layout& l = input_.layouts->get(type);
    if (l.leaves.size() <= max_leaves) return l;
    if (writes_generic_) stop_growth(); // the checker has seen all other types
    input_.sink.report(diag::Diag::TypeTooLarge, origin_, is_small(type) ? types().print(type) : "(…)");
    throw LoweringStopped{};
}

FuncId ModuleLowering::reserve(std::string name, ir::Signature sig) {
    ir::Function fn;
    fn.name = std::move(name);
    fn.sig = std::move(sig);
    return module_.functions.push_back(std::move(fn));
}

void ModuleLowering::add_leaves(ir::Signature& sig, TypeId type, ir::Ownership ownership) {
    for (const Leaf& leaf : layout(type).leaves) {
        bool owned = leaf.scalar == Scalar::Ref && ownership == ir::Ownership::Owned;
        sig.params.push_back(ir::Param{leaf.scalar, owned ? ir::Ownership::Owned : ir::Ownership::Borrowed, leaf.nullable});
    }
}

void ModuleLowering::add_results(ir::Signature& sig, TypeId type) {
    for (const Leaf& leaf : layout(type).leaves) {
        if (leaf.nullable) sig.nullable_results.push_back(static_cast<std::uint32_t>(sig.results.size()));
        sig.results.push_back(leaf.scalar);
    }
}

ir::Signature ModuleLowering::signature(std::span<const ParamShape> params, TypeId result) {
    ir::Signature sig;
    for (const ParamShape& param : params) {
        add_leaves(sig, param.type, param.is_mut ? ir::Ownership::Owned : ir::Ownership::Borrowed);
    }
    add_results(sig, result);
    for (const ParamShape& param : params) {
        if (param.is_mut) add_results(sig, param.type);
    }
    return sig;
}

FuncId ModuleLowering::trap_fn(TrapCode code) {
    auto [entry, is_new] = trap_fns_.try_emplace(static_cast<std::uint32_t>(code));
    if (!is_new) return entry->second;
    ir::Function fn;
    fn.name = "trap " + std::string(trap_name(code));
    fn.sig.params.push_back(ir::Param{Scalar::Ref, ir::Ownership::Owned});
    ir::Builder builder(module_, fn);
    builder.set_block(builder.make_block());
    builder.trap(static_cast<std::uint32_t>(code),
                 builder.add_param(fn.entry(), Scalar::Ref, ir::Ownership::Owned));
    return entry->second = module_.functions.push_back(std::move(fn));
}

ir::HostFnId ModuleLowering::host_fn(std::uint32_t index) {
    auto [entry, is_new] = host_fns_.try_emplace(index);
    if (!is_new) return entry->second;
    const check::HostFn& decl = input_.host.fns[index];
    ir::HostFn fn;
    fn.path = decl.path;
    fn.result = decl.result;
    fn.registration = index;
    std::vector<ParamShape> params;
    for (const check::HostParam& param : decl.params) {
        fn.params.push_back(param.type);
        params.push_back({param.type, false}); // `mut` ones are lent, see lower_host.cpp
    }
    fn.sig = decl.is_plain ? plain_signature(decl) : signature(params, decl.result);
    fn.is_plain = decl.is_plain;
    fn.has_status = decl.has_status;
    if (decl.has_status) {
        for (const Leaf& leaf : layout(decl.result).leaves) fn.out_offsets.push_back(leaf.offset);
    }
    if (decl.is_pure && !decl.has_status) { // a status is a trap, which happens each time
        auto reads = [&](TypeId type) {
            return types().kind(type) == TypeKind::Host || types().kind(type) == TypeKind::Slice || layout(type).has_refs;
        };
        const bool is_pure = decl.is_plain && types().kind(decl.result) != TypeKind::Host &&
                             std::ranges::none_of(fn.params, reads);
        fn.purity = is_pure ? ir::HostFn::Purity::Pure : ir::HostFn::Purity::Reads;
    }
    entry->second = module_.host_fns.push_back(std::move(fn));
    return entry->second;
}

ir::HostFnId ModuleLowering::foreign_fn(check::FnId id, const FnShape& shape) {
    std::vector<std::uint32_t> key{id.value};
    for (const ParamShape& param : shape.params) key.push_back(param.type.value);
    if (auto known = foreign_fns_.find(key); known != foreign_fns_.end()) return known->second;
    const check::Fn& decl = input_.checked.fns[id];
    ir::HostFn fn;
    fn.path = decl.name;
    fn.library = decl.foreign->library;
    fn.fixed_params = static_cast<std::uint32_t>(decl.params.size());
    fn.result = shape.result;
    fn.sig = signature(shape.params, shape.result);
    for (std::size_t i = 0; i < shape.params.size(); ++i) {
        fn.params.push_back(shape.params[i].type);
        if (types().kind(shape.params[i].type) != TypeKind::Fn) continue;
        fn.callbacks.resize(shape.params.size());
        fn.callbacks[i] = callback(shape.params[i].type);
    }
    return foreign_fns_[std::move(key)] = module_.host_fns.push_back(std::move(fn));
}

// As C declares it: the values of lower_host.cpp.
ir::Signature ModuleLowering::plain_signature(const check::HostFn& decl) {
    ir::Signature sig;
    auto add_param = [&](Scalar scalar) { sig.params.push_back(ir::Param{scalar, ir::Ownership::Borrowed}); };
    for (const check::HostParam& param : decl.params) {
        TypeKind kind = types().kind(param.type);
        if (kind == TypeKind::String || kind == TypeKind::Bytes) {
            add_param(Scalar::Ptr);
            add_param(Scalar::I64);
        } else if (kind == TypeKind::Host) {
            add_param(Scalar::U64);
        } else {
            for (const Leaf& leaf : layout(param.type).leaves) add_param(leaf.scalar);
        }
    }
    for (const Leaf& leaf : layout(decl.result).leaves)
        sig.results.push_back(leaf.scalar == Scalar::Ref ? Scalar::U64 : leaf.scalar);
    return sig;
}

ir::LiteralId ModuleLowering::literal(std::string_view text, TypeKind kind) {
    auto [entry, is_new] = literals_.try_emplace({kind, std::string(text)});
    if (!is_new) return entry->second;
    entry->second = module_.literals.push_back(std::string(text));
    module_.literal_descs.push_back(desc(types().simple(kind)));
    return entry->second;
}

ir::DescId ModuleLowering::desc(TypeId type) {
    auto [entry, is_new] = descs_.try_emplace(type.value);
    if (!is_new) return entry->second;
    TypeKind kind = types().kind(type);
    if (kind == TypeKind::Fn) {
        FuncId func =
            reserve("uninitialized " + types().print(type), closure_signature(value_signature(type)));
        lower_missing_function(*this, func);
        return entry->second = module_.closure_desc(func, types().simple(TypeKind::Unit));
    }
    if (kind == TypeKind::Host) return entry->second = module_.desc(DescKind::Host, type);
    TN_CHECK(kind == TypeKind::String || kind == TypeKind::Bytes || kind == TypeKind::List,
             "a description of " + types().print(type));
    DescKind desc_kind = kind == TypeKind::String  ? DescKind::String
                         : kind == TypeKind::Bytes ? DescKind::Bytes
                                                   : DescKind::List;
    return entry->second = module_.desc(desc_kind, type);
}

std::uint32_t ModuleLowering::function_name(std::string_view name) {
    auto [entry, is_new] =
        names_.try_emplace(std::string(name), static_cast<std::uint32_t>(module_.function_names.size()));
    if (is_new) module_.function_names.emplace_back(name);
    return entry->second;
}

ir::LocId ModuleLowering::loc(Span span, std::uint32_t function_name) {
    std::uint64_t place = static_cast<std::uint64_t>(span.file.value) << 32 | span.begin;
    auto [entry, is_new] = locs_.try_emplace({place, function_name});
    if (!is_new) return entry->second;
    diag::LineColumn at = input_.sources.position(span);
    entry->second =
        module_.locs.push_back(ir::Loc{span.file.value, at.line, at.column, function_name, ir::LocId()});
    return entry->second;
}

std::string ModuleLowering::place_text(ir::LocId id) const {
    if (!id.is_valid()) return {};
    const ir::Loc& at = module_.locs[id];
    return module_.files[at.file] + ":" + std::to_string(at.line) + ": ";
}

std::span<const Mention> ModuleLowering::mentions(check::ModuleId id, Span span) {
    std::vector<Mention>& all = mentions_[id.index()];
    if (!has_mentions_[id.index()]) {
        has_mentions_[id.index()] = true;
        collect_mentions(input_.checked.modules[id], all);
    }
    auto by_position = [](const Mention& m, std::uint32_t position) { return m.position < position; };
    auto first = std::lower_bound(all.begin(), all.end(), span.begin, by_position);
    auto last = std::lower_bound(first, all.end(), span.end, by_position);
    return {first, last};
}

} // namespace tn::lower
