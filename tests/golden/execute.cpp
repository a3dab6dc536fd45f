// Runs a golden through the driver: interpreter on optimized and on raw IR, machine code unoptimized,
// optimized, with few registers, with fuel counted and function by function.
#include "execute.h"

#include "host.h"

#include "driver/dump.h"
#include "driver/engine.h"
#include "host/libraries.h"
#include "runtime/heap_check.h"
#include "runtime/instance.h"
#include "support/ice.h"

#include <algorithm>
#include <cstdlib>

namespace tn::golden {

namespace {

using driver::CompiledModule;
using driver::CompileResult;
using driver::Engine;
using driver::Options;

Options options_of(Mode mode) {
    Options options;
    options.opt_level = mode == Mode::Unoptimized || mode == Mode::RawInterpreter ? 0 : 2;
    // The passes do the same on every machine: where one is emulated, checking them there would take most of the time.
    options.verify_each_pass = std::getenv("TENON_TRUST_PASSES") == nullptr;
    options.is_program = true;
    options.is_lazy = mode == Mode::Lazy;
    if (mode == Mode::FewRegisters) options.limit_registers = 8;
    return options;
}

Engine make_engine(const Expectation& expectation) {
    Engine engine;
    engine.shared = std::make_shared<rt::RuntimeShared>();
    if (expectation.settings.contains("extern")) engine.libraries = std::make_shared<host::Libraries>();
    if (expectation.settings.contains("host")) add_host(engine);
    return engine;
}

void note_diagnostics(const CompileResult& result, Outcome& outcome) {
    if (!result.io_error.empty()) outcome.problem = result.io_error;
    for (const diag::Diagnostic& diagnostic : result.diagnostics) {
        Finding finding;
        finding.kind =
            diagnostic.severity == diag::Severity::Error ? FindingKind::Error : FindingKind::Warning;
        finding.name = diag::name_of(diagnostic.diag);
        finding.message = diagnostic.message;
        finding.line = result.sources->position(diagnostic.span).line;
        finding.file = result.sources->name(diagnostic.span.file);
        outcome.findings.push_back(std::move(finding));
    }
    auto by_line = [](const Finding& a, const Finding& b) { return a.line < b.line; };
    std::stable_sort(outcome.findings.begin(), outcome.findings.end(), by_line);
}

class Run {
public:
    Run(const Engine& engine, const CompiledModule& module, Mode mode, const Expectation& expectation)
        : engine_(engine),
          module_(module),
          mode_(mode),
          instance_(rt::Instance::create(module.program(), engine.shared)) {
        auto setting = [&](const char* name, std::uint64_t fallback) {
            auto found = expectation.settings.find(name);
            return found == expectation.settings.end() ? fallback : found->second;
        };
        bool counts_fuel = mode == Mode::Metered || expectation.settings.count("fuel") != 0;
        instance_->mode = counts_fuel ? rt::CodeMode::Metered : rt::CodeMode::Polled;
        instance_->set_fuel(static_cast<std::int64_t>(setting("fuel", std::uint64_t(1) << 40)));
        instance_->heap.set_limit(setting("memory", rt::Heap::default_limit));
        instance_->set_stack_size(setting("stack", rt::Instance::default_stack_size));
        instance_->output = collect_output;
        instance_->output_user_data = this;
        cancel_at_ = setting("cancel", 0);
        deadline_at_ = setting("deadline", 0);
    }

    // Initializes the instance, then main and the tests, until one traps.
    void run_all(Outcome& outcome) {
        const ir::Module& ir = module_.ir();
        bool is_alive = !ir.init.is_valid() || call(ir.init, outcome);
        for (const ir::Export& item : ir.exports) {
            if (is_alive && item.name == "main") is_alive = call(item.func, outcome);
        }
        for (const ir::TestCase& test : ir.tests) {
            if (is_alive) is_alive = call(test.func, outcome);
        }
        rt::HeapCount count = rt::check_heap(*instance_);
        if (!count.error.empty()) outcome.problem += "heap: " + count.error;
        outcome.output = split_lines(printed_);
    }

private:
    const Engine& engine_;
    const CompiledModule& module_;
    Mode mode_;
    std::shared_ptr<rt::Instance> instance_;
    std::string printed_;
    std::uint64_t lines_ = 0, cancel_at_ = 0, deadline_at_ = 0; // the calls of `print`; after which one an interrupt comes

    static std::int32_t collect_output(void* user_data, const char* bytes, std::size_t length) {
        Run& self = *static_cast<Run*>(user_data);
        self.printed_.append(bytes, length);
        ++self.lines_;
        if (self.lines_ == self.cancel_at_) self.instance_->fire(rt::CancelRequested);
        if (self.lines_ == self.deadline_at_) self.instance_->fire(rt::DeadlinePassed);
        return 0;
    }

    bool call(ir::FuncId func, Outcome& outcome) {
        if (instance_->enter() != rt::EnterResult::Entered) {
            outcome.problem = "the instance cannot be entered";
            return false;
        }
        std::vector<rt::Slot> io(16);
        TrapCode code = TrapCode::None;
        if (mode_ == Mode::Interpreter || mode_ == Mode::RawInterpreter) {
            code = static_cast<TrapCode>(driver::interpret(module_, instance_->context, func, io.data()));
            instance_->context.trap_code = TrapCode::None;
        } else {
            code = instance_->invoke(module_.packed_entry(instance_->mode, func), io.data());
        }
        if (code != TrapCode::None) note_trap(code, outcome);
        instance_->leave();
        return code == TrapCode::None;
    }

    void note_trap(TrapCode code, Outcome& outcome) {
        Finding finding;
        finding.kind = FindingKind::Trap;
        finding.name = trap_name(code);
        const rt::TrapRecord* record = instance_->last_trap();
        if (!record) {
            outcome.problem = "a trap without a record";
        } else {
            finding.message = record->message();
            std::vector<rt::TraceEntry> entries = record->trace().entries;
            if (!entries.empty()) {
                finding.line = entries[0].line;
                finding.file = entries[0].file;
            }
            for (const rt::TraceEntry& entry : entries) {
                outcome.frames.push_back(entry.function + " " + std::to_string(entry.line) + ":" +
                                         std::to_string(entry.column));
            }
        }
        outcome.findings.push_back(std::move(finding));
    }
};

} // namespace

std::string_view name_of(Mode mode) {
    switch (mode) {
    case Mode::Interpreter: return "interpreter";
    case Mode::RawInterpreter: return "raw_interpreter";
    case Mode::Unoptimized: return "unoptimized";
    case Mode::Optimized: return "optimized";
    case Mode::FewRegisters: return "few_registers";
    case Mode::Metered: return "metered";
    case Mode::Lazy: return "lazy";
    }
    return "";
}

Outcome compile_only(const std::string& path, const Expectation& expectation) {
    Outcome outcome;
    Engine engine = make_engine(expectation);
    try {
        note_diagnostics(driver::compile_path(engine, path, options_of(Mode::Optimized)), outcome);
    } catch (const InternalError& error) { outcome.problem = error.what(); }
    return outcome;
}

Outcome execute(const std::string& path, Mode mode, const Expectation& expectation) {
    Outcome outcome;
    Engine engine = make_engine(expectation);
    try {
        CompileResult compiled = driver::compile_path(engine, path, options_of(mode));
        note_diagnostics(compiled, outcome);
        if (!compiled.module) return outcome;
        Run(engine, *compiled.module, mode, expectation).run_all(outcome);
        if (live_counters() != 0) outcome.problem += std::to_string(live_counters()) + " values of the host are left";
    } catch (const InternalError& error) { outcome.problem = error.what(); }
    return outcome;
}

Outcome dump(const std::string& path, const Expectation& expectation) {
    const std::string &stage = expectation.dump_stage, &function = expectation.dump_function;
    Outcome outcome;
    Engine engine = make_engine(expectation);
    try {
        driver::DumpResult result =
            driver::dump(engine, path, {stage, function}, options_of(Mode::Optimized));
        outcome.problem = result.error;
        if (result.text.empty()) note_diagnostics(result.compile, outcome);
        outcome.dump_lines = split_lines(result.text);
    } catch (const InternalError& error) { outcome.problem = error.what(); }
    return outcome;
}

} // namespace tn::golden
