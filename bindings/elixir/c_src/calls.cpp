// Calls, each on the library's own stack, so that a script's recursion never meets the scheduler's.
//
// A short function of scalars runs at once: nothing but the call and its result. All others are tasks, in slices
// on the caller's scheduler: between two, other processes have their turn, and if the caller dies the task goes
// with its resource. To dirty schedulers goes what would hold a normal one: making machine code (the first call of
// a function), converting large arguments and results, and functions with `mut` parameters, which cannot be tasks.
#include "resources.h"

#include <chrono>
#include <utility>

namespace {

ErlNifResourceType* call_type;

// What a script prints, for the caller to write to its group leader.
struct Output {
    std::string text;
    static constexpr size_t limit = size_t(16) << 20;
};

// Of the call that this thread runs. A slice runs on one thread from its begin to its end.
thread_local Output* current_output = nullptr;

// What is called, with what.
struct Target {
    InstanceResource* instance;
    const Function* function;
    const ERL_NIF_TERM* args;
    size_t count;
    ErlNifUInt64 timeout;
};

using Clock = std::chrono::steady_clock; // the VM's takes a lock
constexpr std::chrono::nanoseconds a_timeslice = std::chrono::milliseconds(1);

// A call that has begun.
struct Call {
    InstanceResource* instance; // kept by who has it
    const Function* function;
    tn_task* task = nullptr;
    tn_value result = {};
    bool has_result = false;
    bool has_deadline = false;
    bool timed_out = false;
    ErlNifUInt64 timeout; // in ms, 0: none
    Clock::time_point deadline; // from the end of the first slice on
    Output output;

    Call(InstanceResource* instance_arg, const Function* function_arg, ErlNifUInt64 timeout_arg)
        : instance(instance_arg), function(function_arg), timeout(timeout_arg) {}
    Call(Call&& from)
        : instance(from.instance), function(from.function), task(std::exchange(from.task, nullptr)), result(from.result),
          has_result(std::exchange(from.has_result, false)), has_deadline(from.has_deadline), timeout(from.timeout), deadline(from.deadline),
          output(std::move(from.output)) {}
    ~Call() { end(); }
    void end() {
        tn_task_free(std::exchange(task, nullptr));
        if (std::exchange(has_result, false)) tn_value_clear(&result);
    }
};

struct CallResource {
    Call call;
    explicit CallResource(Call&& begun) : call(std::move(begun)) { enif_keep_resource(call.instance); }
    ~CallResource() {
        call.end();
        enif_release_resource(call.instance);
    }
};

void free_call(ErlNifEnv*, void* object) { static_cast<CallResource*>(object)->~CallResource(); }

constexpr ErlNifUInt64 longest_timeout = ErlNifUInt64(1000) * 60 * 60 * 24 * 365; // as good as none

enum class Where { Normal, Dirty };

ERL_NIF_TERM go_on(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]);
ERL_NIF_TERM give_result(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]);

ERL_NIF_TERM keep(ErlNifEnv* env, Call&& call) {
    auto* resource = new (enif_alloc_resource(call_type, sizeof(CallResource))) CallResource(std::move(call));
    const ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return term;
}

ERL_NIF_TERM with_output(ErlNifEnv* env, const Output& output, ERL_NIF_TERM result) {
    if (output.text.empty()) return result;
    return enif_make_tuple3(env, atoms.printed, make_binary(env, output.text.data(), output.text.size()), result);
}

Conversion conversion(ErlNifEnv* env, const InstanceResource& instance, Where where) {
    return {env, instance.handle, where == Where::Normal ? Conversion::on_scheduler : Conversion::unlimited};
}

// False: the budget is used up.
bool result_term(ErlNifEnv* env, const Call& call, Where where, ERL_NIF_TERM* out) {
    Conversion c = conversion(env, *call.instance, where);
    ERL_NIF_TERM value;
    if (from_value(c, tn_function_return_type(call.function->handle), &call.result, &value)) *out = ok(env, value);
    else if (c.is_used_up) return false;
    else *out = c.error.empty() ? failed(env, TN_NOMEM, nullptr) : error(env, error_term(env, "Type", c.error));
    return true;
}

// One slice; TN_PENDING if it is not the last.
tn_status run_slice(ErlNifEnv* env, Call& call, Where where, tn_error** e) {
    const Clock::time_point begin = Clock::now();
    current_output = &call.output;
    const tn_status status = tn_task_resume(call.task, TN_FUEL_UNLIMITED, &call.result, e);
    current_output = nullptr;
    call.has_result = status == TN_OK;
    if (status == TN_OK || status == TN_PENDING || TN_IS_TRAP(status))
        call.function->has_code[call.instance->has_fuel].store(true, std::memory_order_relaxed);
    if (status == TN_PENDING && call.timeout != 0 && !call.has_deadline) {
        call.deadline = begin + std::chrono::milliseconds(call.timeout);
        call.has_deadline = true;
    }
    if (where == Where::Normal) {
        const auto percent = (Clock::now() - begin) * 100 / a_timeslice;
        enif_consume_timeslice(env, percent < 1 ? 1 : percent > 100 ? 100 : static_cast<int>(percent));
    }
    return status;
}

// After a slice. `term` is the call's resource, if it has one already.
ERL_NIF_TERM after_slice(ErlNifEnv* env, Call& call, Where where, tn_status status, tn_error* e, ERL_NIF_TERM* term) {
    ERL_NIF_TERM kept, result;
    if (status == TN_PENDING) {
        kept = term ? *term : keep(env, std::move(call));
        return enif_schedule_nif(env, "call", 0, go_on, 1, &kept);
    }
    if (status != TN_OK) {
        result = error(env, error_term(env, status, e, call.timed_out && status == TN_TRAP_CANCELLED));
    } else if (!result_term(env, call, where, &result)) {
        kept = term ? *term : keep(env, std::move(call));
        return enif_schedule_nif(env, "call", ERL_NIF_DIRTY_JOB_CPU_BOUND, give_result, 1, &kept);
    }
    result = with_output(env, call.output, result);
    call.end();
    return result;
}

ERL_NIF_TERM go_on(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], call_type, &object)) return enif_make_badarg(env);
    Call& call = static_cast<CallResource*>(object)->call;
    // An interrupt rather than tn_task_cancel: the error then says where the script was.
    if (call.has_deadline && !call.timed_out && Clock::now() >= call.deadline) {
        call.timed_out = true;
        tn_interrupt_fire(call.instance->interrupt);
    }
    tn_error* e = nullptr;
    const tn_status status = run_slice(env, call, Where::Normal, &e);
    ERL_NIF_TERM term = argv[0];
    return after_slice(env, call, Where::Normal, status, e, &term);
}

// Of a large result.
ERL_NIF_TERM give_result(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], call_type, &object)) return enif_make_badarg(env);
    Call& call = static_cast<CallResource*>(object)->call;
    ERL_NIF_TERM result;
    if (!result_term(env, call, Where::Dirty, &result)) result = failed(env, TN_NOMEM, nullptr);
    result = with_output(env, call.output, result);
    call.end();
    return result;
}

// The arguments of one call.
class Values {
public:
    explicit Values(uint32_t count) : count_(count), all_(count <= Function::most_direct ? few_ : new tn_value[count]()) {}
    ~Values() {
        for (uint32_t i = 0; i < count_; ++i) tn_value_clear(&all_[i]);
        if (all_ != few_) delete[] all_;
    }
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;
    tn_value* data() { return all_; }

private:
    uint32_t count_;
    tn_value few_[Function::most_direct] = {};
    tn_value* all_;
};

// False: the budget is used up, or `result` is an error.
bool take_arguments(Conversion& c, const Target& target, tn_value* values, ERL_NIF_TERM* result) {
    const Function& function = *target.function;
    if (target.count != function.count) {
        *result = error(c.env, error_term(c.env, "Signature", std::string(function.name) + " takes " + std::to_string(function.count) +
                                                                  " arguments, found " + std::to_string(target.count)));
        return false;
    }
    for (uint32_t i = 0; i < function.count; ++i) {
        if (to_value(c, tn_function_param_type(function.handle, i), target.args[i], {nullptr, function.handle, nullptr, i, 0}, &values[i]))
            continue;
        if (!c.is_used_up) *result = error(c.env, error_term(c.env, "Type", c.error));
        return false;
    }
    return true;
}

// While its arguments are made, nobody else may be inside.
class Entered {
public:
    Entered(const InstanceResource& instance, bool is_needed) : instance_(instance.handle) {
        if (!is_needed) return;
        status_ = tn_instance_enter(instance_);
        is_inside_ = status_ == TN_OK;
    }
    ~Entered() { leave(); }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    tn_status status() const { return status_; }
    void leave() {
        if (std::exchange(is_inside_, false)) tn_instance_leave(instance_, nullptr);
    }

private:
    tn_instance* instance_;
    tn_status status_ = TN_OK;
    bool is_inside_ = false;
};

// Its first slice. False: the budget is used up.
bool begin_task(ErlNifEnv* env, const Target& target, Where where, ERL_NIF_TERM* result) {
    const Function& function = *target.function;
    Call call(target.instance, &function, target.timeout);
    tn_error* e = nullptr;
    {
        Entered entered(*target.instance, !function.is_scalar);
        tn_status status = entered.status();
        if (status == TN_OK) {
            Conversion c = conversion(env, *target.instance, where);
            Values values(function.count);
            if (!take_arguments(c, target, values.data(), result)) return !c.is_used_up;
            status = tn_task_start(target.instance->handle, function.handle, values.data(), function.count, &call.task, &e);
        }
        if (status != TN_OK) {
            *result = failed(env, status, e);
            return true;
        }
    }
    const tn_status status = run_slice(env, call, where, &e);
    *result = after_slice(env, call, where, status, e, nullptr);
    return true;
}

// The whole call, at once: a function with `mut` parameters.
ERL_NIF_TERM call_mut(ErlNifEnv* env, const Target& target) {
    const Function& function = *target.function;
    tn_instance* instance = target.instance->handle;
    // Whoever is inside keeps the instance for the whole call, settings included.
    Entered entered(*target.instance, true);
    if (entered.status() != TN_OK) return failed(env, entered.status(), nullptr);
    Values values(function.count);
    Conversion c = conversion(env, *target.instance, Where::Dirty);
    ERL_NIF_TERM result;
    if (!take_arguments(c, target, values.data(), &result))
        return c.is_used_up ? failed(env, TN_NOMEM, nullptr) : result;
    ErlNifPid self;
    ErlNifMonitor monitor;
    const bool watched = enif_self(env, &self) && enif_monitor_process(env, target.instance, &self, &monitor) == 0;
    Output output;
    tn_value ret = {};
    tn_error* e = nullptr;
    tn_instance_set_timeout(instance, target.timeout);
    current_output = &output;
    const tn_status status = tn_call_mut(instance, function.handle, values.data(), function.count, &ret, &e);
    current_output = nullptr;
    tn_instance_set_timeout(instance, 0);
    if (watched) enif_demonitor_process(env, target.instance, &monitor);
    if (status != TN_OK) return with_output(env, output, failed(env, status, e));

    std::vector<ERL_NIF_TERM> terms(1);
    bool fine = from_value(c, tn_function_return_type(function.handle), &ret, &terms[0]);
    for (uint32_t i = 0; fine && i < function.count; ++i) {
        if (!tn_function_param_is_mut(function.handle, i)) continue;
        terms.push_back(0);
        fine = from_value(c, tn_function_param_type(function.handle, i), &values.data()[i], &terms.back());
    }
    tn_value_clear(&ret);
    if (fine) result = ok(env, enif_make_tuple_from_array(env, terms.data(), static_cast<unsigned>(terms.size())));
    else result = c.error.empty() ? failed(env, TN_NOMEM, nullptr) : error(env, error_term(env, "Type", c.error));
    return with_output(env, output, result);
}

// A scalar of a rarer kind, or another term.
[[gnu::noinline]] bool take_other(ErlNifEnv* env, tn_instance* instance, const Function& function, uint32_t i, ERL_NIF_TERM term, tn_value* out) {
    Conversion c = {env, instance, Conversion::on_scheduler};
    return to_value(c, tn_function_param_type(function.handle, i), term, {nullptr, function.handle, nullptr, i, 0}, out);
}

// False, and nothing has been called, if the arguments are not just what the function takes: the other way says why.
inline bool call_at_once(ErlNifEnv* env, tn_instance* instance, const Function& function, const ERL_NIF_TERM* args, ERL_NIF_TERM* result) {
    tn_value values[Function::most_direct], ret;
    const uint32_t count = function.count;
    for (uint32_t i = 0; i < count; ++i) {
        if (!take_scalar(env, function.params[i], args[i], &values[i]) && !take_other(env, instance, function, i, args[i], &values[i])) return false;
    }
    tn_error* e;
    const tn_status status = tn_call(instance, function.handle, values, count, &ret, &e);
    if (status == TN_OK) *result = ok(env, scalar_term(env, function.result, ret));
    else *result = failed(env, status, e);
    return true;
}

using Nif = ERL_NIF_TERM (*)(ErlNifEnv*, int, const ERL_NIF_TERM[]);

// `again` is for a dirty scheduler.
[[gnu::noinline]] ERL_NIF_TERM run_slowly(ErlNifEnv* env, Target target, ERL_NIF_TERM timeout, Nif again, int argc, const ERL_NIF_TERM argv[]) {
    const Function& function = *target.function;
    ERL_NIF_TERM result;
    if (!enif_get_uint64(env, timeout, &target.timeout)) return enif_make_badarg(env);
    if (target.timeout > longest_timeout) target.timeout = 0;
    if (enif_thread_type() == ERL_NIF_THR_DIRTY_CPU_SCHEDULER) {
        if (function.has_mut) return call_mut(env, target);
        return begin_task(env, target, Where::Dirty, &result) ? result : failed(env, TN_NOMEM, nullptr);
    }
    const bool has_code = function.has_code[target.instance->has_fuel].load(std::memory_order_relaxed);
    if (has_code && !function.has_mut && begin_task(env, target, Where::Normal, &result)) return result;
    return enif_schedule_nif(env, "call", ERL_NIF_DIRTY_JOB_CPU_BOUND, again, argc, argv);
}

inline ERL_NIF_TERM run(ErlNifEnv* env, InstanceResource* instance, const Function* function, const ERL_NIF_TERM* args, size_t count,
                        ERL_NIF_TERM timeout, Nif again, int argc, const ERL_NIF_TERM argv[]) {
    ERL_NIF_TERM result;
    if (function->is_direct && count == function->count && function->has_code[instance->has_fuel].load(std::memory_order_relaxed) &&
        call_at_once(env, instance->handle, *function, args, &result))
        return result;
    return run_slowly(env, {instance, function, args, count, 0}, timeout, again, argc, argv);
}

// The elements of a list of arguments.
class Elements {
public:
    Elements(ErlNifEnv* env, ERL_NIF_TERM list) {
        unsigned length = 0;
        is_list_ = enif_get_list_length(env, list, &length);
        all_.resize(length);
        for (ERL_NIF_TERM& element : all_) enif_get_list_cell(env, list, &element, &list);
    }
    bool is_list() const { return is_list_; }
    size_t size() const { return all_.size(); }
    const ERL_NIF_TERM* data() const { return all_.data(); }

private:
    bool is_list_;
    std::vector<ERL_NIF_TERM> all_;
};

} // namespace

tn_status collect_output(void*, const char* text, size_t length) {
    Output* output = current_output;
    if (!output) return TN_OK;
    if (output->text.size() + length > Output::limit) return TN_NOMEM;
    output->text.append(text, length);
    return TN_OK;
}

bool open_call_type(ErlNifEnv* env) {
    const auto flags = static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
    ErlNifResourceTypeInit calls = {free_call, nullptr, nullptr, 0, nullptr};
    call_type = enif_open_resource_type_x(env, "tenon_call", &calls, flags, nullptr);
    return call_type != nullptr;
}

ERL_NIF_TERM call(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    void* object;
    ErlNifBinary name;
    if (!enif_get_resource(env, argv[0], instance_type, &object) || !enif_inspect_binary(env, argv[1], &name)) return enif_make_badarg(env);
    auto* instance = static_cast<InstanceResource*>(object);
    const Function* function = instance->module->find(name);
    if (!function) return not_found(env, *instance->module, name);
    return run(env, instance, function, argv + 3, static_cast<size_t>(argc - 3), argv[2], call, argc, argv);
}

ERL_NIF_TERM invoke(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    void* object;
    if (!enif_get_resource(env, argv[0], function_type, &object)) return enif_make_badarg(env);
    const auto* bound = static_cast<FunctionResource*>(object);
    return run(env, bound->instance, bound->function, argv + 2, static_cast<size_t>(argc - 2), argv[1], invoke, argc, argv);
}

ERL_NIF_TERM call_list(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    void* object;
    ErlNifBinary name;
    const Elements args(env, argv[3]);
    if (!enif_get_resource(env, argv[0], instance_type, &object) || !enif_inspect_binary(env, argv[1], &name) || !args.is_list())
        return enif_make_badarg(env);
    auto* instance = static_cast<InstanceResource*>(object);
    const Function* function = instance->module->find(name);
    if (!function) return not_found(env, *instance->module, name);
    return run(env, instance, function, args.data(), args.size(), argv[2], call_list, argc, argv);
}

ERL_NIF_TERM invoke_list(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    void* object;
    const Elements args(env, argv[2]);
    if (!enif_get_resource(env, argv[0], function_type, &object) || !args.is_list()) return enif_make_badarg(env);
    const auto* bound = static_cast<FunctionResource*>(object);
    return run(env, bound->instance, bound->function, args.data(), args.size(), argv[1], invoke_list, argc, argv);
}
