// The `tenon` command: what the command line says, as a call of one of the commands.
//
// In: argv. Out: an exit status. It refuses to know how a script is compiled or run.
#include "cli/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace tn::cli;

constexpr char main_footer[] = R"(
Examples:
  tenon run hello.tn              compiles hello.tn and calls its main
  tenon run rules.tn --fn score 3 calls one function and shows what it answers
  tenon check rules.tn            diagnostics only
  tenon test rules.tn             runs the `test` blocks
  tenon new rules                 makes a package to start from
Exit status: 0 success; 1 a trap or a failed test; 2 wrong usage or a compile error; else what main returns.)";

constexpr char run_footer[] = R"(
Arguments are parsed by the parameters' types: numbers, true and false, characters, texts, and
lists, tuples, options and records of these, in which texts are quoted. `--` ends the options.

Examples:
  tenon run hello.tn
  tenon run hello.tn Ada Grace                  main(args: List[String]) gets them
  tenon run stats.tn --fn mean "[1.5, 2.5]"
  tenon run rules.tn --fn accept "some text" 22 true
  tenon run math.tn --fn negate -- -5
  tenon run untrusted.tn --timeout 2s --memory 64M)";

constexpr char check_footer[] = R"(
Examples:
  tenon check rules.tn
  tenon check package/          a folder with main.tn
  tenon check --json rules.tn   an array of diagnostics on stdout)";

constexpr char test_footer[] = R"(
Examples:
  tenon test rules.tn
  tenon test package/ --filter parse   tests whose name has "parse" in it)";

constexpr char new_footer[] = R"(
Examples:
  tenon new rules                 a package: tenon test rules
  tenon new geometry --extension  a native extension in C, with its build)";

constexpr char dump_footer[] = R"(
Stages: tokens, tree, ir, the name of an optimizer pass, opt, asm.
Statistics: time of each step, instructions before and after a pass; of each function also its values on
the stack and the bytes of its code.

Examples:
  tenon dump rules.tn --after=tokens
  tenon dump rules.tn --after=ir --fn score
  tenon dump rules.tn --after=asm --fn score
  tenon dump rules.tn --stats
  tenon dump rules.tn --stats --json --fn score)";

// An option whose text is parsed into `target`, with an error that says what was expected.
void add_quantity(CLI::App* command, const std::string& name, std::optional<std::uint64_t>& target,
                  std::optional<std::uint64_t> (*parse)(std::string_view), const std::string& form,
                  const std::string& type, const std::string& description) {
    command
        ->add_option_function<std::string>(
            name,
            [&target, parse, name, form](const std::string& text) {
                target = parse(text);
                if (!target) throw CLI::ValidationError(name, "expected " + form + ", got `" + text + "`");
            },
            description)
        ->type_name(type);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t count = 0;
    if (text.empty()) return std::nullopt;
    for (char c : text) {
        if (c == '_') continue;
        if (c < '0' || c > '9' || count > (~std::uint64_t{0} - 9) / 10) return std::nullopt;
        count = count * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return count;
}

// A choice that the help need not repeat behind the option's type.
CLI::Validator one_of(std::vector<std::string> words) {
    std::string form;
    for (const std::string& word : words) form += (form.empty() ? "" : ", ") + word;
    return CLI::Validator(
        [words, form](std::string& text) {
            for (const std::string& word : words) {
                if (word == text) return std::string();
            }
            return "expected one of " + form + ", got `" + text + "`";
        },
        "");
}

void add_common(CLI::App* command, CommonOptions& common) {
    command->add_option("PATH", common.path, "A .tn file, or a folder with main.tn")->required()->type_name("");
    command
        ->add_option("--opt", common.opt_level, "0: no optimization; 2: all of it (the default)")
        ->check(one_of({"0", "2"}))
        ->type_name("0|2");
    command
        ->add_option_function<std::string>(
            "--cpu", [&common](const std::string& text) { common.baseline_cpu = text == "baseline"; },
            "native (the default): all instructions of this CPU; baseline: those that every one has")
        ->check(one_of({"native", "baseline"}))
        ->type_name("WHICH");
    command
        ->add_option_function<std::string>(
            "--allow", [&common](const std::string&) { common.allows_native = true; },
            "What scripts may do beyond computing: native lets them import extensions and call C libraries")
        ->check(one_of({"native", "all"}))
        ->type_name("WHAT");
    command->add_option("--extension-path", common.extension_path, "Where extensions are looked for first")
        ->allow_extra_args(false)
        ->type_name("DIR");
    command
        ->add_option_function<std::string>(
            "--color",
            [&common](const std::string& text) {
                if (text == "always") common.color = ColorMode::Always;
                else if (text == "never") common.color = ColorMode::Never;
            },
            "auto (the default), always or never")
        ->check(one_of({"auto", "always", "never"}))
        ->type_name("WHEN");
}

void add_limits(CLI::App* command, CommonOptions& common) {
    add_quantity(command, "--fuel", common.fuel, parse_count, "a whole number", "N",
                 "Stop after N calls and loop iterations");
    add_quantity(command, "--timeout", common.timeout_ms, parse_duration, "a time such as 2s or 500ms", "TIME",
                 "Stop after this time, such as 2s or 500ms");
    add_quantity(command, "--memory", common.memory, parse_size, "a size such as 64M", "SIZE",
                 "Most memory the script may use, such as 64M");
    add_quantity(command, "--stack", common.stack, parse_size, "a size such as 1M", "SIZE",
                 "Stack of the script, such as 1M");
}

// CLI11 takes an argument of the form [a,b] apart by itself; a mark behind the bracket keeps it whole.
constexpr char list_mark = '\x1f';

// What CLI11 parses, the last one first, as it wants them. What follows the `--` of `tenon run` is the script's
// own and goes to `rest`.
std::vector<std::string> marked_arguments(int argc, char** argv, std::vector<std::string>& rest) {
    std::vector<std::string> arguments;
    bool is_run = argc > 1 && std::string_view(argv[1]) == "run";
    for (int i = 1; i < argc; ++i) {
        std::string argument = argv[i];
        if (is_run && argument == "--") {
            rest.assign(argv + i + 1, argv + argc);
            break;
        }
        if (!argument.empty() && argument.front() == '[' && argument.back() == ']') argument += list_mark;
        arguments.push_back(std::move(argument));
    }
    std::reverse(arguments.begin(), arguments.end());
    return arguments;
}

void unmark(std::string& argument) {
    if (!argument.empty() && argument.back() == list_mark) argument.pop_back();
}

std::string describe(const CLI::ParseError& problem, const CLI::App& app, int argc, char** argv) {
    bool has_command = !app.get_subcommands().empty();
    if (!has_command && argc > 1 && argv[1][0] != '-') {
        return "unknown command " + quoted(argv[1]) + ": expected run, check, test, dump or new";
    }
    return has_command || argc > 1 ? problem.what() : "expected a command: run, check, test, dump or new";
}

} // namespace

// Lists that scripts drop are soon made again. glibc's malloc gives what is free at the end of the heap back to the system, a
// page fault for each page of the next list, from 128 KiB on; but once a block was freed that had been mapped by itself,
// it takes what is smaller from the heap and keeps twice as much there. A mallopt would end its learning from larger blocks.
void keep_freed_memory() {
    void* volatile block = std::malloc(std::size_t(16) << 20); // volatile: made, though nobody uses it
    std::free(block);
}

int main(int argc, char** argv) {
    keep_freed_memory();
    CLI::App app("Tenon: a statically typed scripting language, compiled to machine code", "tenon");
    app.footer(main_footer);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("tenon ") + tn_version_string());
    app.get_formatter()->column_width(26);

    CommonOptions common;
    RunOptions run_options;
    CheckOptions check_options;
    TestOptions test_options;
    DumpOptions dump_options;
    NewOptions new_options;

    CLI::App* run_command = app.add_subcommand("run", "Compiles a file or package and calls a function");
    add_common(run_command, common);
    add_limits(run_command, common);
    run_command->add_option("--fn", run_options.function, "The function to call instead of main; its result is shown")
        ->type_name("NAME");
    run_command->add_option("ARG", run_options.arguments, "Arguments of the function")->type_name("");
    run_command->footer(run_footer);

    CLI::App* check_command = app.add_subcommand("check", "Shows what is wrong with a file or package");
    add_common(check_command, common);
    check_command->add_flag("--json", check_options.json, "Diagnostics as JSON on stdout");
    check_command->footer(check_footer);

    CLI::App* test_command = app.add_subcommand("test", "Runs the test blocks of a file or package");
    add_common(test_command, common);
    add_limits(test_command, common);
    test_command->add_option("--filter", test_options.filter, "Only tests with this text in their name")
        ->type_name("TEXT");
    test_command->footer(test_footer);

    CLI::App* dump_command = app.add_subcommand("dump", "Shows what a stage of the compiler made");
    add_common(dump_command, common);
    dump_command->add_option("--after", dump_options.stage, "The stage")->type_name("STAGE");
    dump_command->add_flag("--stats", dump_options.stats, "What each step and function cost, instead of a stage");
    dump_command->add_flag("--json", dump_options.json, "The statistics as JSON");
    dump_command->add_option("--fn", dump_options.function, "Only this function")->type_name("NAME");
    dump_command->add_option("--target", dump_options.target, "The machine, for asm")
        ->check(one_of({"x64", "a64"}))
        ->type_name("x64|a64");
    dump_command->footer(dump_footer);

    CLI::App* new_command = app.add_subcommand("new", "Makes a package, or a native extension");
    new_command->add_option("NAME", new_options.path, "What it is called, maybe behind the path of a folder")
        ->required()
        ->type_name("");
    new_command->add_flag("--extension", new_options.extension, "A native extension and its build");
    new_command->footer(new_footer);

    std::vector<std::string> rest;
    try {
        app.parse(marked_arguments(argc, argv, rest));
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) {
            app.exit(problem); // --help, --version
            return success;
        }
        show_message(describe(problem, app, argc, argv));
        CLI::App* used = &app;
        for (CLI::App* command : app.get_subcommands()) used = command;
        std::fprintf(stderr, "tenon%s%s --help shows how it is used\n", used == &app ? "" : " ",
                     used == &app ? "" : used->get_name().c_str());
        return misuse;
    }

    if (new_command->parsed()) return make_new(new_options);
    unmark(common.path);
    for (std::string& argument : run_options.arguments) unmark(argument);
    run_options.arguments.insert(run_options.arguments.end(), rest.begin(), rest.end());
    if (run_command->parsed()) return run(common, run_options);
    if (check_command->parsed()) return check(common, check_options);
    if (test_command->parsed()) return test(common, test_options);
    return dump(common, dump_options);
}
