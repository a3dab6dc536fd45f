// Lists that are only filled, or only read: `dce` drops the ones, `tables` keeps the others in the code.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

const std::string filled = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2
    v4 = seq_data.ptr v3
    store.i64 elem v4 + 0, v0
    store.i64 elem v4 + 8, v1
    v5 = seq_set_len.ref v3, v2
    v6 = const.i64 7
    v7 = icmp.lt v0, v1
    branch v7, b1, b2
b1:
    release v5
    return v0
b2:
    release v5
    return v1
}
)";

TEST(Unread, ListsAreNotMade) {
    const auto text = run(filled, {opt::dce});
    EXPECT_COUNT(0, text, "list_new");
    EXPECT_COUNT(0, text, "store");
    EXPECT_COUNT(0, text, "release");
}

TEST(Unread, ButWhatIsReadAnywhereIs) {
    const auto text = run(with(filled, "    release v5\n    return v1", "    v8 = seq_len.i64 v5\n    release v5\n    return v8"), {opt::dce});
    EXPECT_COUNT(1, text, "list_new");
    EXPECT_COUNT(2, text, "store.i64");
    EXPECT_COUNT(2, text, "release"); // on the way that does not read it, too
}

TEST(Unread, NorIsOneThatMayNotFit) {
    EXPECT_COUNT(1, run(with(filled, "v3 = list_new.ref v2", "v3 = list_new.ref v0"), {opt::dce}), "list_new");
    EXPECT_COUNT(1, run(with(filled, "v2 = const.i64 2", "v2 = const.i64 2000"), {opt::dce}), "list_new");
}

const std::string table = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2
    v4 = seq_data.ptr v3
    v5 = const.i64 5
    v6 = const.i64 -6
    store.i64 elem v4 + 0, v5
    store.i64 elem v4 + 8, v6
    v7 = seq_set_len.ref v3, v2
    v8 = seq_len.i64 v7
    bounds v0, v8
    v9 = seq_data.ptr v7
    v10 = load.i64 elem v9 + 0 + v0 * 8
    release v7
    return v10
}
)";

TEST(Tables, AreKeptInTheCode) {
    const auto text = run(table, {opt::tables});
    EXPECT_COUNT(0, text, "list_new");
    EXPECT_COUNT(0, text, "release");
    EXPECT_COUNT(0, text, "store");
    EXPECT_COUNT(1, run(table, {opt::tables, opt::gvn, opt::dce}), "table.ptr");
    EXPECT_COUNT(1, run(table, {opt::tables, opt::simplify}), "bounds v0, ");
}

TEST(Tables, TellWhatTheyHold) {
    const auto known = with(table, "+ v0 * 8", "+ v20 * 8");
    const auto text = run(with(known, "    v9 = ", "    v20 = const.i64 1\n    v9 = "), {opt::tables, opt::simplify});
    EXPECT_COUNT(0, text, "load");
    EXPECT_COUNT(2, text, "const.i64 -6"); // what was stored, and what is read
    // Between -6 and 5: twice it cannot overflow.
    const auto sum = run(with(with(table, "return v10", "return v21"), "    release v7\n", "    release v7\n    v21 = add.i64 v10, v10\n"),
                         {opt::tables, opt::ranges});
    EXPECT_COUNT(1, sum, " notrap");
}

TEST(Tables, NotOfWhatChangesOrIsGivenAway) {
    EXPECT_COUNT(1, run(with(table, "v6 = const.i64 -6", "v6 = wrap_add.i64 v0, v1"), {opt::tables}), "list_new");
    EXPECT_COUNT(1, run(with(table, "    release v7\n", "    store.i64 elem v9 + 0 + v0 * 8, v1\n    release v7\n"), {opt::tables}), "list_new");
    EXPECT_COUNT(1, run(with(table, "    release v7\n", "    store.i64 elem v9 + 0, v5\n    release v7\n"), {opt::tables}), "list_new");
    EXPECT_COUNT(1, run(with(table, "    release v7\n", "    v22 = retain.ref v7\n    release v7\n    release v22\n"), {opt::tables}), "list_new");
    EXPECT_COUNT(1, run(with(table, "    release v7\n    return", "    jump b1(v7)\nb1(v23: owned ref):\n    release v23\n    return"), {opt::tables}), "list_new");
}

} // namespace
