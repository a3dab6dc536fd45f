// Searches: functions that only read, in loops that count no fuel.
#include "pass.h"

namespace tn::opt::test {
namespace {

const std::string search = R"(fn @search(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    poll inlined
    v2 = const.i64 0
    v3 = const.i64 1
    v4 = seq_data.ptr v0
    jump b1(v2)
b1(v5: i64):
    v6 = load.i64 elem v4 + 0 + v5 * 8
    v7 = icmp.eq v6, v1
    v8 = wrap_add.i64 v5, v3
    branch v7, b2, b1(v8)
b2:
    return v5
}
)";

const std::string caller = R"(fn @f(v0: owned ref, v1: i64) -> ref, i64 {
b0(v0: owned ref, v1: i64):
    v2 = call @search v0, v1
    v3 = unique.ref v0, desc2
    v4 = call @search v3, v1
    v5 = seq_data.ptr v3
    store.i64 elem v5 + 0, v1
    v6 = call @search v3, v1
    v7 = wrap_add.i64 v2, v4
    v8 = wrap_add.i64 v7, v6
    return v3, v8
}
)";

// The searching function's own passes come first, as in the pipeline.
std::string run_both(const std::string& of_search, const std::string& of_caller, std::initializer_list<PassFn> passes) {
    ir::ParseError error;
    auto module = ir::parse(tables + of_search + of_caller, error);
    if (!module) return "line " + std::to_string(error.line) + ": " + error.message;
    ir::Function *fn = nullptr, *callee = nullptr;
    for (ir::Function& f : module->functions) (f.name == "f" ? fn : callee) = &f;
    opt::searches(*module, *callee);
    for (PassFn pass : passes) {
        pass(*module, *fn);
        for (const auto& message : ir::verify(*module, *fn)) ADD_FAILURE() << message << "\n" << ir::print(*module, *fn);
    }
    return ir::print(*module, *fn);
}

TEST(Searches, ASecondOneForTheSameIsTheFirst) {
    const auto text = run_both(search, caller, {opt::gvn});
    EXPECT_COUNT(2, text, "call @search"); // behind the store, too
    EXPECT_COUNT(2, text, "poll inlined"); // the call's fuel, and that of what it had inlined
}

TEST(Searches, OneThatIsLeftIsPutInPlace) {
    const auto text = run_both(search, caller, {opt::gvn, opt::searches});
    EXPECT_COUNT(0, text, "call @search");
    EXPECT_COUNT(2, text, "load.i64");
}

TEST(Searches, OtherFunctionsStayCalls) {
    const std::string counting = with(search, "    branch v7", "    poll\n    branch v7"), trapping = with(search, "wrap_add.i64 v5", "add.i64 v5");
    const std::string counting_inlined = with(search, "    branch v7", "    poll inlined\n    branch v7");
    for (const std::string& other : {counting, counting_inlined, trapping}) {
        const auto text = run_both(other, caller, {opt::gvn, opt::searches});
        EXPECT_COUNT(3, text, "call @search");
    }
}

// What is stored beside the keys is nothing to a search for a key.
TEST(Searches, OfFields) {
    const std::string by_field = with(search, "    v6 = load.i64 elem v4 + 0 + v5 * 8", "    v9 = elem_addr.ptr v4, v5 * 16\n    v6 = load.i64 elem v9 + 0");
    const auto storing = [&](int offset) {
        return with(caller, "    store.i64 elem v5 + 0, v1", "    v9 = const.i64 3\n    v10 = elem_addr.ptr v5, v9 * 16\n    store.i64 elem v10 + " + std::to_string(offset) + ", v1");
    };
    EXPECT_COUNT(1, run_both(by_field, storing(8), {opt::gvn}), "call @search");
    EXPECT_COUNT(2, run_both(by_field, storing(0), {opt::gvn}), "call @search");
}

} // namespace
} // namespace tn::opt::test
