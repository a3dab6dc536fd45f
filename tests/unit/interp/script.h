// A module from its text, run in an instance of its own; for the tests of this folder.
#pragma once

#include "interp/interp.h"
#include "ir/parse.h"
#include "ir/verify.h"
#include "runtime/entry_points.h"
#include "runtime/heap_check.h"
#include "runtime/instance.h"
#include "support/ice.h"

#include <gtest/gtest.h>

#include <bit>
#include <concepts>
#include <cstring>

namespace tn::interp::test {

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
    explicit Script(const std::string& functions, HostCall host = {}, bool verified = true) {
        ir::ParseError error;
        module = ir::parse(std::string(tables) + functions, error);
        if (!module) throw std::runtime_error("line " + std::to_string(error.line) + ": " + error.message);
        if (verified) ir::verify_or_ice(*module, "test");
        interpreter = std::make_unique<Interpreter>(*module, std::move(host));
        instance = rt::Instance::create(make_program(*module), std::make_shared<rt::RuntimeShared>());
        EXPECT_EQ(instance->enter(), rt::EnterResult::Entered);
    }
    ~Script() {
        if (instance) instance->leave();
    }

    // Runs a function; its first result.
    rt::Slot run(std::string_view name, std::vector<rt::Slot> args = {}) {
        io = std::move(args);
        io.resize(io.size() + 4);
        trap = TrapCode::None;
        for (std::size_t i = 0; i < module->functions.size(); ++i) {
            if (module->functions[ir::FuncId(i)].name == name)
                trap = interpreter->run(instance->context, ir::FuncId(i), io);
        }
        EXPECT_EQ(instance->context.trap_code, TrapCode::None);
        return io[0];
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
)";

    std::unique_ptr<ir::Module> module;
    std::unique_ptr<Interpreter> interpreter;
    std::shared_ptr<rt::Instance> instance;
    std::vector<rt::Slot> io;
    TrapCode trap = TrapCode::None;
};

// One op on parameters: `v0 = in` ... The type of each parameter by its text.
inline Script one_op(const std::string& op, const std::string& result,
                     const std::vector<std::string>& params) {
    std::string head, list;
    for (std::size_t i = 0; i < params.size(); ++i) {
        head += (i ? ", v" : "v") + std::to_string(i) + ": " + params[i];
        list += (i ? ", v" : "v") + std::to_string(i);
    }
    return Script("\nfn @f(" + head + ") -> " + result + " {\nb0(" + head + "):\n    v9 = " + op + " " +
                  list + "\n    return v9\n}\n");
}

} // namespace tn::interp::test
