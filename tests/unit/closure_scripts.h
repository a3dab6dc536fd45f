// Boxes and closures in the text form of the IR, for the tests of the interpreter and of the code generator:
// both must answer the same. Stands behind the tables of their script.h and jit.h.
#pragma once

namespace tn::test {

inline constexpr const char* closure_script = R"(
desc6 closure (i64, String) stride 16 refs 8 runs @adder
desc7 closure () stride 0 runs @twice
desc8 box (i64, f64, String, bool, u8, f32) stride 32 refs 16
desc9 box (i64, String) stride 16 refs 8
desc10 closure List[i64] stride 8 refs 0 runs @appender
desc11 box () stride 0
sig0 (i64) -> i64
sig1 (owned ref, i64) -> ref, i64

fn @adder(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = box_data.ptr v0
    v3 = load.i64 box v2 + 0
    v4 = load.ref box v2 + 8
    v5 = seq_len.i64 v4
    v6 = add.i64 v3, v1 @loc1
    v7 = add.i64 v6, v5 @loc1
    return v7
}

fn @twice(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = add.i64 v1, v1 @loc1
    return v2
}

fn @appender(v0: ref, v1: owned ref, v2: i64) -> ref, i64 {
b0(v0: ref, v1: owned ref, v2: i64):
    v3 = box_data.ptr v0
    v4 = load.ref box v3 + 0
    v5 = seq_len.i64 v4
    v6 = list_grow.ref v1, desc2
    v7 = seq_len.i64 v6
    v8 = seq_data.ptr v6
    store.i64 elem v8 + 0 + v7 * 8, v2
    v9 = const.i64 1
    v10 = add.i64 v7, v9 notrap
    v11 = seq_set_len.ref v6, v10
    return v11, v5
}

fn @with_captures(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = literal.ref literal0
    v3 = retain.ref v2
    v4 = box_new.ref desc6 v0, v3 @loc0
    v5 = call_closure sig0 v4, v1 @loc0
    release v4
    return v5
}

fn @without_captures(v0: i64) -> i64 {
b0(v0: i64):
    v1 = empty.ref desc7
    v2 = call_closure sig0 v1, v0 @loc0
    v3 = box_new.ref desc7 @loc0
    v4 = call_closure sig0 v3, v2 @loc0
    release v3
    return v4
}

fn @passes(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 3
    v2 = list_new.ref v1, desc2
    v3 = seq_set_len.ref v2, v1
    v4 = seq_data.ptr v3
    store.i64 elem v4 + 0, v0
    store.i64 elem v4 + 8, v0
    store.i64 elem v4 + 16, v0
    v5 = box_new.ref desc10 v3
    v6 = const.i64 0
    v7 = list_new.ref v6, desc2
    v8, v9 = call_closure sig1 v5, v7, v0 @loc0
    v10, v11 = call_closure sig1 v5, v8, v9 @loc0
    v12 = seq_len.i64 v10
    v13 = const.i64 10
    v14 = mul.i64 v12, v13 notrap
    v15 = add.i64 v14, v11 notrap
    release v5
    release v10
    return v15
}

fn @leaves(v0: i64, v1: f64, v2: bool, v3: u8, v4: f32) -> i64, f64, bool, u8, f32, i64 {
b0(v0: i64, v1: f64, v2: bool, v3: u8, v4: f32):
    v5 = literal.ref literal1
    v6 = retain.ref v5
    v7 = box_new.ref desc8 v0, v1, v6, v2, v3, v4
    v8 = box_data.ptr v7
    v9 = load.i64 box v8 + 0
    v10 = load.f64 box v8 + 8
    v11 = load.ref box v8 + 16
    v12 = load.bool box v8 + 24
    v13 = load.u8 box v8 + 25
    v14 = load.f32 box v8 + 28
    v15 = seq_len.i64 v11
    release v7
    return v9, v10, v12, v13, v14, v15
}

fn @constants() -> i64, f64, f32 {
b0:
    v0 = const.i64 -5000000000
    v1 = fconst.f64 2.5
    v2 = null.ref
    v3 = const.bool 1
    v4 = const.u8 200
    v5 = fconst.f32 -0.5
    v6 = box_new.ref desc8 v0, v1, v2, v3, v4, v5
    v7 = box_data.ptr v6
    v8 = load.i64 box v7 + 0
    v9 = load.f64 box v7 + 8
    v10 = load.f32 box v7 + 28
    release v6
    return v8, v9, v10
}

fn @chain(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    v2 = null.ref
    jump b1(v1, v2)
b1(v3: i64, v4: owned ref):
    v5 = icmp.lt v3, v0
    branch v5, b2, b3(v4, v1)
b2:
    poll @loc0
    v6 = box_new.ref desc9 v3, v4 @loc0
    v7 = const.i64 1
    v8 = add.i64 v3, v7 @loc0
    jump b1(v8, v6)
b3(v9: owned ref, v10: i64):
    v11 = null.ref
    v12 = icmp.eq v9, v11
    branch v12, b5, b4
b4:
    v13 = box_data.ptr v9
    v14 = load.i64 box v13 + 0
    v15 = add.i64 v10, v14 @loc0
    v16 = load.ref box v13 + 8
    v17 = retain.ref v16 nullable
    release v9
    jump b3(v17, v15)
b5:
    release v9 nullable
    return v10
}

fn @keep(v0: i64) -> ref {
b0(v0: i64):
    v1 = literal.ref literal0
    v2 = retain.ref v1
    v3 = box_new.ref desc9 v0, v2 @loc0
    return v3
}

fn @too_much() -> i64 {
b0:
    v0 = const.i64 4
    v1 = list_new.ref v0, desc2 @loc0
    v2 = null.ref
    jump b1(v0, v2)
b1(v3: i64, v4: owned ref):
    poll @loc0
    v5 = retain.ref v1
    v6 = box_new.ref desc9 v3, v5 @loc0
    v7 = box_new.ref desc9 v3, v4 @loc0
    release v6
    jump b1(v3, v7)
}

fn @no_fields(v0: i64) -> i64 {
b0(v0: i64):
    v1 = box_new.ref desc11
    release v1
    return v0
}

fn @seed() -> u64 {
b0:
    v0 = hash_seed.u64
    return v0
}
)";

} // namespace tn::test
