// The text form: what is printed is read back as the same, and what is no IR is refused with its line.
#include "ir_text.h"

#include "ir/builder.h"

namespace tn::ir::test {
namespace {

void expect_round_trip(const std::string& text) {
    auto module = read(text);
    ASSERT_TRUE(module);
    EXPECT_EQ(print(*module), text);
}

TEST(IrText, EmptyModule) { expect_round_trip("tenon_ir 1\n"); }

TEST(IrText, Tables) {
    expect_round_trip(R"(tenon_ir 1
record pub "" Point { x: f64, y: f64 }
record "geo" Pair[A, B] { first: A, second: List[B] }
enum "" Shape { Empty, Circle(f64), Rect { w: f64, h: f64 }, Tree(List[Shape]) }
host pub "net" Socket
file0 "main.tn"
file1 "odd \"name\"\n\x01\xff.tn"
name0 "main"
name1 "closure in main"
loc0 file0:3:5 in name0
loc1 file1:7:12 in name1 at loc0
desc0 string String stride 1
desc1 bytes Bytes stride 1
desc2 list List[(String, i64)?] stride 24 refs 8
desc3 box Shape stride 16 refs 8
desc4 list List[fn(i64, Point) -> Result[i32, String]] stride 8 refs 0
desc5 closure (i64, String) stride 16 refs 8 runs @"closure in main"
sig0 (owned ref, i64) -> ref, bool
sig1 ()
literal0 desc0 "caf\xc3\xa9 \"x\" \\ \n"
literal1 desc1 "\x00\x01"
global "counter" at 0: i64
const "NAMES" at 8: List[String]
instance_data 24 8:desc2 16:null
host0 "net.lookup" fn(String, mut Slice[u8]) -> i64? registration 4 as (ref, ptr, i64) -> u8, i64
host1 "tick" fn() -> () registration 0 as ()
export "main" @main(n: i64, mut xs: List[i64], f: fn(bool)) -> Point doc "Runs.\nTwice."
export "plain" @"closure in main"(u8, char) -> !
test "adds up" @main @loc0
init @main

fn @main() {
b0:
    return @loc1
}

fn @"closure in main"(v0: ref) -> i64, ref {
b0(v0: ref):
    v1 = null.ref
    v2 = const.i64 1
    return v2, v1
}
)");
}

TEST(IrText, EveryFormOfInstruction) {
    expect_round_trip(R"(tenon_ir 1
file0 "a.tn"
name0 "f"
loc0 file0:1:1 in name0
desc0 string String stride 1
desc1 bytes Bytes stride 1
desc2 list List[i64] stride 8
desc3 closure (i64, String) stride 16 refs 8 runs @h
desc4 closure () stride 0 runs @h
sig0 (i64) -> bool, ref
literal0 desc0 "hi"
host0 "h" fn(i64) -> String registration 0 as (i64) -> ref

fn @f(v0: owned ref, v1: i64, v2: f64, v3: bool) -> ref, i64 {
b0(v0: owned ref, v1: i64, v2: f64, v3: bool):
    v4 = const.i64 -9223372036854775808 @loc0
    v5 = const.u64 18446744073709551615
    v6 = const.bool 1
    v7 = fconst.f64 1.5
    v8 = fconst.f64 nan:7ff8000000000001
    v9 = fconst.f32 -inf
    v10 = fconst.f32 0.1
    v11 = literal.ref literal0
    v12 = empty.ref desc2
    v13 = instance_data.ptr
    v14 = add.i64 v1, v1 notrap @loc0
    v15 = icmp.lt v1, v14
    v16 = fcmp.ge v2, v7
    v17 = select.i64 v15, v1, v14
    v18 = convert.f64 v1
    v19 = unique.ref v0, desc2
    v20 = seq_data.ptr v19
    v21 = seq_len.i64 v19
    bounds v1, v21
    v22 = elem_addr.ptr v20, v1 * 24
    v23 = load.i64 elem v22 + 16
    v24 = load.i64 elem v20 + -8 + v1 * 8
    store.i64 elem v20 + 0 + v1 * 4, v24
    store.f64 inst v13 + 32, v2
    v25 = load.ref inst v13 + 8 takes
    v26 = retain.ref v25 nullable
    release v26 nullable
    v27 = list_grow.ref v25, desc2
    v28 = seq_set_len.ref v27, v21
    v29 = call_host host0 v1
    v30, v31 = call_rt StringFind v29, v11
    v32, v33 = call @f v19, v1, v2, v3
    call @g
    v34 = hash_seed.u64
    v35 = box_new.ref desc3 v1, v29
    v36 = box_new.ref desc4
    v37 = box_data.ptr v35
    v38, v39 = call_closure sig0 v36, v1
    trap_if IndexOutOfBounds v3, v1, v21
    poll
    poll inlined
    switch v1, b1, b1, b2(v32)
b1:
    release v28
    release v35
    release v32
    branch v3, b3(v1), b3(v21) unlikely
b2(v40: owned ref) cold:
    trap Panic v40
b3(v41: i64):
    jump b4
b4:
    unreachable
}

fn @g() {
b0:
    v0 = const.i64 0
    v1 = list_new.ref v0, desc2
    trap OutOfFuel
}

fn @h(v0: ref, v1: i64) -> bool, ref {
b0(v0: ref, v1: i64):
    unreachable
}
)");
}

TEST(IrText, NamesThatStandTwice) {
    expect_round_trip(R"(tenon_ir 1

fn @g#0() {
b0:
    call @g#1
    return
}

fn @g#1() {
b0:
    call @g#0
    return
}
)");
}

TEST(IrText, NumbersAreDenseAndRemovedBlocksHidden) {
    auto module = read_functions(R"(
fn @f() -> i64 {
b7:
    v90 = const.i64 1
    jump b3(v90)
b3(v4: i64):
    return v4
}
)");
    ASSERT_TRUE(module);
    EXPECT_EQ(print(*module, module->functions[FuncId(0)]), R"(fn @f() -> i64 {
b0:
    v0 = const.i64 1
    jump b1(v0)
b1(v1: i64):
    return v1
}
)");
}

TEST(IrText, UseBeforeDefinitionInTheText) {
    auto module = read_functions(R"(
fn @f() -> i64 {
b0:
    jump b2
b1:
    return v5
b2:
    v5 = const.i64 3
    jump b1
}
)");
    ASSERT_TRUE(module);
    EXPECT_TRUE(verify(*module).empty());
}

TEST(IrText, Refused) {
    struct Case {
        const char* text;
        unsigned line;
        const char* message;
    };
    const Case cases[] = {
        {"", 1, "expected `tenon_ir 1`"},
        {"tenon_ir 2\n", 1, "unknown version"},
        {"tenon_ir 1\nwhat 3\n", 2, "expected `global`"},
        {"tenon_ir 1\nfile1 \"x\"\n", 2, "rows out of order"},
        {"tenon_ir 1\nfile0 \"x\n", 2, "string without an end"},
        {"tenon_ir 1\nfile0 \"\\q\"\n", 2, "bad escape"},
        {"tenon_ir 1\nglobal \"x\" at 0: Foo\n", 2, "unknown type `Foo`"},
        {"tenon_ir 1\ninit @f\n", 2, "unknown function"},
        {"tenon_ir 1\nfn @f() {\n", 2, "function without an end"},
        {"tenon_ir 1\nfn @f() {\n    return\n}\n", 3, "function without blocks"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    frob v1\n}\n", 4, "unknown operation `frob`"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    v0 = const.i64 x\n}\n", 4, "expected a number"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    v0 = const.i99 1\n}\n", 4, "unknown machine type `i99`"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    release v7\n    return\n}\n", 4, "v7 has no definition"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    release\n    return\n}\n", 4, "wrong number of operands"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    jump b9\n}\n", 4, "unknown block"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    return\n    return\n}\n", 5, "instruction after the end"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    call @f v1\n}\n", 4, "wrong number of arguments"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    v0 = call @f\n}\n", 4, "wrong number of results"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    v0 = const.i64 1\n    v0 = const.i64 1\n    return\n}\n", 5,
         "defined twice"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    v0 = call_rt Nope\n}\n", 4, "unknown runtime function"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    trap Nope\n}\n", 4, "unknown trap"},
        {"tenon_ir 1\nfn @f() {\nb0:\n    return extra\n}\n", 4, "unexpected `extra`"},
        {"tenon_ir 1\nfn @f() {\n}\n", 2, "function without blocks"},
    };
    for (const Case& c : cases) {
        ParseError error;
        EXPECT_FALSE(parse(c.text, error)) << c.text;
        EXPECT_EQ(error.line, c.line) << c.text << error.message;
        EXPECT_NE(error.message.find(c.message), std::string::npos) << c.text << error.message;
    }
}

// No prefix of a text and no text with one byte changed may do worse than be refused.
TEST(IrText, DamagedTextIsRefusedOrRead) {
    const std::string text = std::string(tables) + R"(
fn @f(v0: owned ref, v1: i64) -> ref {
b0(v0: owned ref, v1: i64):
    v2 = list_grow.ref v0, desc2
    v3 = seq_data.ptr v2
    store.i64 elem v3 + 0 + v1 * 8, v1
    v4 = icmp.lt v1, v1
    branch v4, b1(v2), b1(v2) likely
b1(v5: owned ref):
    return v5
}
)";
    ASSERT_TRUE(read(text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        ParseError error;
        parse(std::string_view(text).substr(0, i), error);
        for (char c : {'\0', '9', '"', '(', '\n', 'v'}) {
            std::string changed = text;
            changed[i] = c;
            if (auto module = parse(changed, error)) verify(*module);
        }
    }
    ParseError error;
    std::string deep = "tenon_ir 1\nglobal \"x\" at 0: " + std::string(100000, '(');
    EXPECT_FALSE(parse(deep, error));
}

} // namespace
} // namespace tn::ir::test
