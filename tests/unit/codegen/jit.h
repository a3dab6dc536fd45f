// A module from its text, compiled and run in an instance of its own; for the tests of this folder.
#pragma once

#include "codegen/codegen.h"
#include "ir/parse.h"
#include "ir/verify.h"
#include "runtime/entry_points.h"
#include "runtime/heap_check.h"
#include "runtime/instance.h"

#include <gtest/gtest.h>

#include <bit>
#include <concepts>
#include <cstring>

namespace tn::codegen::test {

inline std::shared_ptr<rt::Program> make_program(const ir::Module& module) {
    rt::ProgramParts parts;
    for (const ir::Desc& desc : module.descs) {
        rt::ObjectDesc d;
        switch (desc.kind) {
        case ir::DescKind::String: d.kind = rt::ObjectDesc::Kind::String; break;
        case ir::DescKind::Bytes: d.kind = rt::ObjectDesc::Kind::Bytes; break;
        case ir::DescKind::List: d.kind = rt::ObjectDesc::Kind::List; break;
        case ir::DescKind::Box: d.kind = rt::ObjectDesc::Kind::Box; break;
        case ir::DescKind::Host: d.kind = rt::ObjectDesc::Kind::Host; break;
        case ir::DescKind::Closure:
            d.kind = rt::ObjectDesc::Kind::Closure;
            d.func = desc.func.value;
            break;
        }
        d.stride = desc.stride;
        d.refs = desc.refs;
        d.shared_tag = ir::shared_box_tag(module, desc).value_or(0);
        parts.descs.push_back(d);
    }
    for (std::size_t i = 0; i < module.literals.size(); ++i) {
        parts.literals.emplace_back(module.literals[ir::LiteralId(i)],
                                    module.literal_descs[ir::LiteralId(i)].value);
    }
    parts.instance_data_size = module.instance_data_size;
    for (const ir::InstanceRef& ref : module.instance_refs)
        parts.instance_refs.push_back({ref.offset, ref.desc.value});
    return std::make_shared<rt::Program>(std::move(parts));
}

rt::Slot slot(std::integral auto value) { return {.i = static_cast<std::int64_t>(value)}; }
inline rt::Slot slot(double value) { return {.f64 = value}; }
inline rt::Slot slot(float value) {
    rt::Slot s{.u = 0};
    s.f32 = value;
    return s;
}
inline rt::Slot slot(rt::Object* value) { return {.ref = value}; }

class Script {
public:
    // The machine code of the functions as text, for any machine.
    static std::string list(const std::string& functions, GenerateOptions options) {
        ir::ParseError error;
        auto module = ir::parse(std::string(tables) + functions, error);
        if (!module) throw std::runtime_error("line " + std::to_string(error.line) + ": " + error.message);
        ir::verify_or_ice(*module, "test");
        std::string text;
        options.listing = &text;
        options.host_targets.resize(module->host_fns.size());
        const rt::ImageLayout image(module->literals.size(), module->descs.size(), module->instance_data_size);
        generate(*module, image, options);
        return text;
    }

    Script(std::unique_ptr<ir::Module> m, GenerateOptions options = {}) : module(std::move(m)) {
        compile(std::move(options));
    }
    explicit Script(const std::string& functions, GenerateOptions options = {}) {
        ir::ParseError error;
        module = ir::parse(std::string(tables) + functions, error);
        if (!module) throw std::runtime_error("line " + std::to_string(error.line) + ": " + error.message);
        ir::verify_or_ice(*module, "test");
        compile(std::move(options));
    }
    ~Script() {
        if (instance) instance->leave();
    }

    // Runs a function; its first result.
    rt::Slot run(std::string_view name, std::vector<rt::Slot> args = {}) {
        return run_id(find(name), std::move(args));
    }
    rt::Slot run_id(ir::FuncId func, std::vector<rt::Slot> args) {
        io = std::move(args);
        io.resize(std::max<std::size_t>(io.size(), module->functions[func].sig.results.size() + 1));
        trap = instance->invoke(thunk(func), io.data());
        EXPECT_EQ(instance->context.trap_code, TrapCode::None);
        return io[0];
    }
    ir::FuncId find(std::string_view name) const {
        for (std::size_t i = 0; i < module->functions.size(); ++i) {
            if (module->functions[ir::FuncId(i)].name == name) return ir::FuncId(i);
        }
        throw std::runtime_error("no function " + std::string(name));
    }
    rt::PackedThunk thunk(ir::FuncId func) const {
        return reinterpret_cast<rt::PackedThunk>(const_cast<void*>(blob->packed(func.index())));
    }
    std::string message() const { return instance->last_trap()->message(); }
    std::string trace() const {
        std::string text;
        for (const rt::TraceEntry& e : instance->last_trap()->trace().entries) {
            text += e.function + " (" + e.file + ":" + std::to_string(e.line) + ":" +
                    std::to_string(e.column) + ")\n";
        }
        return text;
    }
    void expect_clean() const {
        EXPECT_EQ(rt::check_heap(*instance).error, "");
        EXPECT_EQ(instance->heap.live_objects(), 0u);
    }
    std::string text(rt::Object* object) const {
        auto* seq = static_cast<rt::Seq*>(object);
        return {reinterpret_cast<const char*>(seq->data), static_cast<std::size_t>(seq->length)};
    }

    // The first lines of every module here. desc4: (i64, String).
    static constexpr std::string_view tables = R"(tenon_ir 1
file0 "main.tn"
name0 "main"
name1 "inner"
loc0 file0:1:2 in name0
loc1 file0:3:4 in name1
loc2 file0:5:6 in name1 at loc0
desc0 string String stride 1
desc1 bytes Bytes stride 1
desc2 list List[i64] stride 8
desc3 list List[String] stride 8 refs 0
desc4 list List[(i64, String)] stride 16 refs 8
desc5 list List[List[i64]] stride 8 refs 0
literal0 desc0 "hello"
literal1 desc0 "lo"
global "n" at 0: i64
global "s" at 8: String
instance_data 16 8:desc0
host0 "h" fn(i64, String) -> String registration 0 as (i64, ref) -> ref
host1 "plain" fn(i64, String, f64) -> f64 registration 1 as (i64, ptr, i64, f64) -> f64 plain
)";

    std::unique_ptr<ir::Module> module;
    std::shared_ptr<rt::Program> program;
    std::shared_ptr<rt::Instance> instance;
    const rt::CodeBlob* blob = nullptr;
    std::vector<rt::Slot> io;
    TrapCode trap = TrapCode::None;

private:
    void compile(GenerateOptions options) {
        options.packed_for_all = true;
        if (options.host_targets.empty()) options.host_targets.resize(module->host_fns.size());
        program = make_program(*module);
        blob = program->publish_code(options.mode, generate(*module, program->image(), options));
        instance = rt::Instance::create(program, std::make_shared<rt::RuntimeShared>());
        instance->mode = options.mode;
        if (options.mode == rt::CodeMode::Metered) instance->context.fuel = 1'000'000'000;
        EXPECT_EQ(instance->enter(), rt::EnterResult::Entered);
    }
};

} // namespace tn::codegen::test
