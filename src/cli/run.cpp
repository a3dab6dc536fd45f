// `tenon run`: compiles, calls one function with arguments from the command line, shows what it answers.
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/show.h"

#include <cstdio>

namespace tn::cli {

namespace {

std::string text_of(const char* data, std::size_t length) { return data ? std::string(data, length) : std::string(); }

std::string function_name(tn_function* function) {
    std::size_t length = 0;
    const char* data = tn_function_name(function, &length);
    return text_of(data, length);
}

std::string signature_of(tn_function* function) {
    std::size_t length = 0;
    const char* data = tn_function_signature(function, &length);
    return text_of(data, length);
}

// "`area`, `scale` and 3 more", for hints.
std::string list_functions(tn_module* module) {
    constexpr std::size_t most = 8;
    std::size_t count = tn_module_function_count(module);
    std::string names;
    for (std::size_t i = 0; i < count && i < most; ++i) {
        Function function;
        if (tn_module_function_at(module, i, out(function)) != TN_OK) continue;
        if (!names.empty()) names += ", ";
        names += quoted(function_name(function.get()));
    }
    if (count > most) names += " and " + std::to_string(count - most) + " more";
    return names;
}

tn_status write_stdout(void*, const char* data, std::size_t length) {
    return std::fwrite(data, 1, length, stdout) == length ? TN_OK : TN_IO;
}

// `main(args: List[String])` takes all arguments as one list.
bool takes_argument_list(tn_function* function) {
    if (tn_function_param_count(function) != 1 || function_name(function) != "main") return false;
    const tn_type* type = tn_function_param_type(function, 0);
    return tn_type_kind(type) == TN_TAG_LIST && tn_type_kind(tn_type_child(type, 0)) == TN_TAG_STRING;
}

// `Result[(), E]`
bool is_result_of_nothing(const tn_type* type) {
    std::size_t length = 0;
    const char* name = tn_type_name(type, &length);
    return tn_type_kind(type) == TN_TAG_ENUM && text_of(name, length).starts_with("Result[(), ");
}

class Call {
public:
    Call(Session& session, tn_instance* instance, tn_function* function)
        : session_(session), instance_(instance), function_(function) {}

    bool pack_list(const std::vector<std::string>& texts) {
        const tn_type* type = tn_function_param_type(function_, 0);
        Error error;
        arguments_.resize(1);
        if (tn_list_new(instance_, tn_type_child(type, 0), texts.size(), arguments_[0].get(), out(error)) != TN_OK) {
            session_.show(error.get());
            return false;
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            Value item;
            if (tn_string_new(instance_, texts[i].data(), texts[i].size(), item.get(), out(error)) != TN_OK) {
                show_message("argument " + std::to_string(i + 1) + " of " + quoted("main") + ": " +
                             tn_error_message(error.get(), nullptr));
                return false;
            }
            tn_list_push(arguments_[0].get(), item.get());
        }
        return true;
    }

    bool parse(const std::vector<std::string>& texts) {
        std::size_t count = tn_function_param_count(function_);
        if (texts.size() != count) {
            show_message(quoted(function_name(function_)) + " takes " + std::to_string(count) + " argument" +
                         (count == 1 ? "" : "s") + ", " + std::to_string(texts.size()) + " given; it is " +
                         signature_of(function_));
            return false;
        }
        arguments_.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            std::string problem;
            std::uint32_t index = static_cast<std::uint32_t>(i);
            if (parse_argument(instance_, tn_function_param_type(function_, index), texts[i], arguments_[i], problem)) {
                continue;
            }
            std::size_t length = 0;
            const char* name = tn_function_param_name(function_, index, &length);
            show_message("argument " + std::to_string(i + 1) + " (" + quoted(text_of(name, length)) + ") of " +
                         quoted(function_name(function_)) + ": " + problem);
            return false;
        }
        return true;
    }

    // The exit status for a call that failed.
    int run() {
        std::vector<tn_value> raw;
        for (const Value& argument : arguments_) raw.push_back(*argument);
        Error error;
        tn_status status =
            tn_call_mut(instance_, function_, raw.data(), raw.size(), result_.get(), out(error));
        for (std::size_t i = 0; i < raw.size(); ++i) *arguments_[i].get() = raw[i];
        if (status == TN_OK) return success;
        session_.show(error.get());
        return TN_IS_TRAP(status) || status >= TN_HOST_STATUS_FIRST ? failure : misuse;
    }

    // The result, then what became of `mut` parameters.
    void show_results() {
        const tn_type* type = tn_function_return_type(function_);
        if (tn_type_kind(type) != TN_TAG_UNIT) std::printf("%s\n", show_value(*result_, type).c_str());
        for (std::uint32_t i = 0; i < arguments_.size(); ++i) {
            if (!tn_function_param_is_mut(function_, i)) continue;
            std::size_t length = 0;
            const char* name = tn_function_param_name(function_, i, &length);
            std::printf("%s = %s\n", text_of(name, length).c_str(),
                        show_value(*arguments_[i], tn_function_param_type(function_, i)).c_str());
        }
    }

    // What `main` answers: its own i64 where a process can have it; an `Err` is a failure, which is shown.
    int exit_status() {
        const tn_type* type = tn_function_return_type(function_);
        if (is_result_of_nothing(type)) {
            uint32_t variant = 0;
            Value reason;
            if (tn_enum_variant(result_.get(), &variant, nullptr) != TN_OK || variant == 0) return success;
            if (tn_enum_payload(result_.get(), 0, reason.get()) != TN_OK) return failure;
            std::size_t first = 0, length = 0;
            tn_type_variant_fields(type, variant, &first, nullptr);
            const tn_type* reason_type = tn_type_child(type, first);
            const char* text = reason->tag == TN_TAG_STRING ? tn_string_data(reason.get(), &length) : nullptr;
            show_message(text ? text_of(text, length) : show_value(*reason, reason_type));
            return failure;
        }
        if (result_->tag != TN_TAG_I64) return success;
        return result_->as.i >= 0 && result_->as.i <= 255 ? static_cast<int>(result_->as.i) : 255;
    }

private:
    Session& session_;
    tn_instance* instance_;
    tn_function* function_;
    std::vector<Value> arguments_;
    Value result_;
};

} // namespace

int run(const CommonOptions& common, const RunOptions& options) {
    Session session(common);
    bool is_main = options.function.empty();
    if (is_main) session.demand_main();
    Module module = session.compile();
    if (!module) return misuse;

    std::string name = is_main ? "main" : options.function;
    Function function;
    Error error;
    if (tn_module_function(module.get(), name.data(), name.size(), nullptr, 0, out(function), out(error)) != TN_OK) {
        std::string known = list_functions(module.get());
        std::string text = quoted(common.path) + " has no function " + quoted(name);
        if (known.empty()) text += ", and no other that can be called";
        else text += is_main ? "; name one with --fn: " + known : "; it has " + known;
        show_message(text);
        return misuse;
    }

    std::uint32_t result = tn_type_kind(tn_function_return_type(function.get()));
    if (is_main && result != TN_TAG_UNIT && result != TN_TAG_I64 &&
        !is_result_of_nothing(tn_function_return_type(function.get()))) {
        show_message("`main` must return nothing, an `i64`, the exit status, or a `Result[(), E]`; it is " +
                     signature_of(function.get()) + "; with --fn main its result is shown");
        return misuse;
    }

    Instance instance = session.make_instance(module.get());
    if (!instance) return failure;
    tn_instance_set_output(instance.get(), write_stdout, nullptr, nullptr);

    Call call(session, instance.get(), function.get());
    bool is_ready = takes_argument_list(function.get()) && is_main ? call.pack_list(options.arguments)
                                                                   : call.parse(options.arguments);
    if (!is_ready) return misuse;
    int status = call.run();
    if (status == success) {
        if (is_main) status = call.exit_status();
        else call.show_results();
    }
    if (std::fflush(stdout) != 0) {
        show_message("standard output cannot be written");
        return failure;
    }
    return status;
}

} // namespace tn::cli
