// Section 5 of c_api.h: calls over columns. The loop is code of the module, with the function inside of it.
#include "capi/call.h"
#include "capi/compound.h"

#include <cstring>

using namespace tn;
using namespace tn::capi;

namespace {

struct Batch {
    InstanceCore& core;
    FunctionPlan& plan;
    std::size_t rows;
    std::size_t finished = 0;
};

std::string column_name(const FunctionPlan& plan, std::size_t i) {
    if (i >= plan.param_count) return "the result column of `" + plan.name + "`";
    std::string out = "column " + std::to_string(i + 1);
    if (!plan.param_names[i].empty()) out += " (`" + plan.param_names[i] + "`)";
    return out + " of `" + plan.name + "`";
}

const TypeInfo& column_type(const FunctionPlan& plan, std::size_t i) {
    return i < plan.param_count ? *plan.param_types[i] : *plan.result_type;
}

// What is wrong with a column, but for the numbers in it.
tn_status check_column(const Batch& batch, const tn_column& column, std::size_t i, tn_error** err) {
    const TypeInfo& type = column_type(batch.plan, i);
    const std::string name = column_name(batch.plan, i);
    if (column.tag != type.tag) {
        tn_value found{};
        found.tag = column.tag;
        return report(err, TN_TYPE, {name, ": expected `", type.name, "`, found ", describe(found)});
    }
    if (column.flags != 0) return report(err, TN_UNSUPPORTED, {name, ": unknown flags"});
    if (batch.rows == 0) return TN_OK;
    if (!column.data) return report(err, TN_ARG, {name, ": data is NULL"});
    const std::size_t size = type.layout->size;
    const std::size_t step = column.stride < 0 ? std::size_t{0} - static_cast<std::size_t>(column.stride)
                                               : static_cast<std::size_t>(column.stride);
    const bool is_result = i >= batch.plan.param_count;
    if ((step != 0 || is_result) && step < size && batch.rows > 1) {
        return report(
            err, TN_ARG,
            {name, ": the stride is less than the ", Number(size).text(), " bytes of a `", type.name, "`"});
    }
    if (step > static_cast<std::size_t>(PTRDIFF_MAX) / batch.rows)
        return report(err, TN_RANGE, {name, ": the rows would not fit into memory"});
    return TN_OK;
}

// Bytes that are no bool and numbers that are no char must not reach a script.
tn_status check_numbers(const Batch& batch, const tn_column& column, std::size_t i, tn_error** err) {
    if (column.tag != TN_TAG_BOOL && column.tag != TN_TAG_CHAR) return TN_OK;
    const auto* at = static_cast<const std::uint8_t*>(column.data);
    for (std::size_t row = 0; row < batch.rows; ++row, at += column.stride) {
        if (scalars_are_valid(column.tag, at, 1)) continue;
        return report(err, TN_RANGE,
                      {column_name(batch.plan, i), ": row ", Number(row).text(), " is out of range for `",
                       column_type(batch.plan, i).name, "`"});
    }
    return TN_OK;
}

// Row by row, for the interpreter.
TrapCode run_rows(Batch& batch, const tn_column* args, const tn_column& result) {
    const FunctionPlan& plan = batch.plan;
    Row row(plan.row_size);
    for (; batch.finished < batch.rows; ++batch.finished) {
        const auto place = [&](const tn_column& column) {
            return static_cast<std::uint8_t*>(column.data) +
                   static_cast<std::ptrdiff_t>(batch.finished) * column.stride;
        };
        for (std::size_t i = 0; i < plan.param_count; ++i)
            row[i] = load_leaf(plan.param_types[i]->scalar, place(args[i]));
        const TrapCode code = run(batch.core, batch.plan, row.data());
        if (code != TrapCode::None) return code;
        if (plan.result_tag != TN_TAG_UNIT) store_leaf(plan.result_type->scalar, place(result), row[0]);
    }
    return TrapCode::None;
}

TrapCode run_loop(Batch& batch, const tn_column* args, const tn_column& result) {
    FunctionPlan& plan = batch.plan;
    const auto mode = batch.core.rt->mode;
    auto& place = plan.batch_entries[static_cast<unsigned>(mode)];
    auto entry = place.load(std::memory_order_acquire);
    if (!entry) {
        entry = plan.module->compiled->batch_entry(mode, plan.func);
        place.store(entry, std::memory_order_release);
    }
    Row row(2 + 2 * (plan.param_count + std::size_t{1}));
    std::int64_t finished = 0;
    row[0].u = batch.rows;
    row[1].ptr = &finished;
    const auto put = [&](std::size_t i, const tn_column& column) {
        row[2 + 2 * i].ptr = column.data;
        row[3 + 2 * i].i = column.stride;
    };
    for (std::size_t i = 0; i < plan.param_count; ++i) put(i, args[i]);
    put(plan.param_count, result);
    const TrapCode code = batch.core.rt->invoke(entry, row.data());
    batch.finished = static_cast<std::size_t>(finished);
    return code;
}

tn_status call_batch(Batch& batch, const tn_column* args, std::size_t nargs, tn_column* ret, tn_error** err) {
    FunctionPlan& plan = batch.plan;
    if (tn_status status = check_call(batch.core, plan, args, nargs, err); status != TN_OK) return status;
    if (!plan.is_flat) {
        return report(err, TN_SIGNATURE, {"tn_call_batch cannot pass the types of ", plan.signature});
    }
    if (batch.rows > PTRDIFF_MAX) return report(err, TN_RANGE, {"the number of rows makes no sense"});
    const bool has_result = plan.result_tag != TN_TAG_UNIT;
    if (ret && !has_result) return report(err, TN_TYPE, {"`", plan.name, "` has no result for a column"});
    std::uint64_t dropped = 0; // of results that nobody wants
    const tn_column result = ret ? *ret : tn_column{plan.result_tag, 0, &dropped, 0};
    for (std::size_t i = 0; i < nargs; ++i) {
        if (tn_status status = check_column(batch, args[i], i, err); status != TN_OK) return status;
    }
    if (ret) {
        if (tn_status status = check_column(batch, result, nargs, err); status != TN_OK) return status;
    }
    if (batch.rows == 0) return TN_OK;
    for (std::size_t i = 0; i < nargs; ++i) {
        if (tn_status status = check_numbers(batch, args[i], i, err); status != TN_OK) return status;
    }
    CallScope scope(batch.core);
    if (scope.status() != TN_OK) return scope.report_status(err);
    const TrapCode code =
        batch.core.interprets() ? run_rows(batch, args, result) : run_loop(batch, args, result);
    return code == TrapCode::None ? TN_OK : report_trap(batch.core, code, err);
}

} // namespace

tn_status tn_call_batch(tn_instance* inst, tn_function* f, size_t rows, const tn_column* args, size_t nargs,
                        tn_column* ret, size_t* done, tn_error** err) {
    if (done) *done = 0;
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        const FunctionObject* function = find_function(f);
        if (!function) return report_handle(err, f, "function");
        Batch batch{*core, *function->plan, rows};
        const tn_status status = call_batch(batch, args, nargs, ret, err);
        if (done) *done = batch.finished;
        return status;
    });
}
