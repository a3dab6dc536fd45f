// References, lists, instance data; and every way in which wrong IR must be found out.
#include "script.h"

namespace tn::interp::test {
namespace {

const char* programs = R"(
fn @squares(v0: i64) -> ref {
b0(v0: i64):
    v1 = const.i64 0
    v2 = list_new.ref v1, desc2
    jump b1(v1, v2)
b1(v3: i64, v4: owned ref):
    v5 = icmp.lt v3, v0
    branch v5, b2, b3
b2:
    v6 = list_grow.ref v4, desc2
    v7 = seq_len.i64 v6
    v8 = seq_data.ptr v6
    v9 = mul.i64 v3, v3
    store.i64 elem v8 + 0 + v7 * 8, v9
    v10 = const.i64 1
    v11 = add.i64 v7, v10
    v12 = seq_set_len.ref v6, v11
    v13 = add.i64 v3, v10
    jump b1(v13, v12)
b3:
    return v4
}

fn @sum(v0: ref) -> i64 {
b0(v0: ref):
    v1 = const.i64 0
    v2 = seq_len.i64 v0
    v3 = seq_data.ptr v0
    jump b1(v1, v1)
b1(v4: i64, v5: i64):
    v6 = icmp.lt v4, v2
    branch v6, b2, b3
b2:
    v7 = elem_addr.ptr v3, v4 * 8
    v8 = load.i64 elem v7 + 0
    v9 = add.i64 v5, v8
    v10 = const.i64 1
    v11 = add.i64 v4, v10
    jump b1(v11, v9)
b3:
    return v5
}

fn @copy_on_write() -> i64, i64 {
b0:
    v0 = const.i64 4
    v1 = call @squares v0
    v2 = retain.ref v1
    v3 = unique.ref v1, desc2
    v4 = seq_data.ptr v3
    v5 = const.i64 100
    store.i64 elem v4 + 8, v5
    v6 = call @sum v2
    v7 = call @sum v3
    release v2
    release v3
    return v6, v7
}

fn @set_instance(v0: owned ref) {
b0(v0: owned ref):
    v1 = instance_data.ptr
    v2 = load.ref inst v1 + 8 takes
    store.ref inst v1 + 8, v0
    release v2
    return
}

fn @get_instance() -> ref {
b0:
    v0 = instance_data.ptr
    v1 = load.ref inst v0 + 8
    v2 = retain.ref v1
    return v2
}

fn @owners() -> i64 {
b0:
    v0 = const.i64 10
    v1 = call @squares v0
    v2 = owners.i64 v1
    v3 = retain.ref v1
    v4 = owners.i64 v1
    v5 = mul.i64 v2, v0
    v6 = add.i64 v5, v4
    release v1
    release v3
    return v6
}

fn @nested() -> i64, i64 {
b0:
    v0 = const.i64 2
    v1 = list_new.ref v0, desc5
    v2 = call @squares v0
    v3 = seq_data.ptr v1
    store.ref elem v3 + 0, v2
    v4 = const.i64 1
    v5 = seq_set_len.ref v1, v4
    v6 = retain.ref v5
    v7 = unique.ref v5, desc5
    v8 = seq_data.ptr v7
    v9 = unique_at.ref v8, desc2
    v10 = seq_data.ptr v9
    store.i64 elem v10 + 0, v0
    v11 = call @sum v9
    v12 = seq_data.ptr v6
    v13 = load.ref elem v12 + 0
    v14 = call @sum v13
    release v6
    release v7
    return v11, v14
}

fn @trap_with_owned(v0: owned ref, v1: bool) -> ref {
b0(v0: owned ref, v1: bool):
    v2 = literal.ref literal0
    v3 = retain.ref v2
    v4 = call @squares_of v0, v1
    release v3
    return v4
}

fn @squares_of(v0: owned ref, v1: bool) -> ref {
b0(v0: owned ref, v1: bool):
    v2 = const.i64 3
    v3 = call @squares v2
    v4 = null.ref
    trap_if Panic v1
    release v3
    release v4 nullable
    return v0
}

fn @find() -> u8, i64 {
b0:
    v0 = literal.ref literal0
    v1 = literal.ref literal1
    v2, v3 = call_rt StringFind v0, v1
    return v2, v3
}

fn @append(v0: owned ref, v1: i64) -> ref {
b0(v0: owned ref, v1: i64):
    v2 = call_rt ShowInt v0, v1
    return v2
}

fn @negative() -> ref {
b0:
    v0 = const.i64 -1
    v1 = list_new.ref v0, desc2
    return v1
}

fn @no_room() -> i64 {
b0:
    v0 = const.i64 0
    v1 = list_new.ref v0, desc3
    v2 = seq_set_len.ref v1, v0
    v3 = list_grow.ref v2, desc3
    v4 = seq_data.ptr v3
    v5 = literal.ref literal0
    v6 = retain.ref v5
    store.ref elem v4 + 0, v6
    v7 = const.i64 1
    v8 = seq_set_len.ref v3, v7
    v9 = load.ref elem v4 + 0
    v10 = seq_len.i64 v9
    release v8
    return v10
}

fn @same(v0: ref, v1: ref) -> bool {
b0(v0: ref, v1: ref):
    v2 = icmp.eq v0, v1
    return v2
}
)";

TEST(Memory, Lists) {
    Script script(programs);
    rt::Object* list = script.run("squares", {slot(1000)}).ref;
    EXPECT_EQ(static_cast<rt::Seq*>(list)->length, 1000);
    EXPECT_EQ(script.run("sum", {slot(list)}).i, 332833500);
    EXPECT_EQ(list->count, 1);
    rt::rt_release(&script.instance->context, list);
    EXPECT_EQ(script.run("copy_on_write").i, 14);
    EXPECT_EQ(script.io[1].i, 113);
    EXPECT_EQ(script.run("nested").i, 3);
    EXPECT_EQ(script.io[1].i, 1);
    EXPECT_EQ(script.run("owners").i, 12);
    script.expect_clean();
    EXPECT_EQ(script.run("no_room").i, 5);
    script.run("negative");
    EXPECT_EQ(script.trap, TrapCode::InvalidArgument);
}

TEST(Memory, InstanceData) {
    Script script(programs);
    rt::Object* text = rt::rt_bytes_new(&script.instance->context, "abc", 3, rt::string_desc_id);
    script.run("set_instance", {slot(text)});
    rt::Object* got = script.run("get_instance").ref;
    EXPECT_EQ(got, text);
    EXPECT_EQ(got->count, 2);
    EXPECT_EQ(script.run("same", {slot(got), slot(text)}).i, 1);
    rt::rt_release(&script.instance->context, got);
    script.run("set_instance",
               {slot(rt::rt_bytes_new(&script.instance->context, "d", 1, rt::string_desc_id))});
    EXPECT_EQ(rt::check_heap(*script.instance).error, "");
    EXPECT_EQ(script.instance->heap.live_objects(), 1u);
}

TEST(Memory, TrapReleasesAllFrames) {
    Script script(programs);
    for (int trapping : {0, 1}) {
        rt::Object* text = rt::rt_bytes_new(&script.instance->context, "abc", 3, rt::string_desc_id);
        rt::Slot result = script.run("trap_with_owned", {slot(text), slot(trapping)});
        EXPECT_EQ(script.trap, trapping ? TrapCode::Panic : TrapCode::None);
        if (!trapping) rt::rt_release(&script.instance->context, result.ref);
        script.expect_clean();
    }
}

TEST(Memory, RuntimeFunctions) {
    Script script(programs);
    EXPECT_EQ(script.run("find").i, 1);
    EXPECT_EQ(script.io[1].i, 3);
    rt::Object* text = rt::rt_bytes_new(&script.instance->context, "n=", 2, rt::string_desc_id);
    for (int i = 0; i < 50; ++i) text = script.run("append", {slot(text), slot(i)}).ref;
    EXPECT_EQ(script.text(text).substr(0, 9), "n=0123456");
    rt::rt_release(&script.instance->context, text);
    script.expect_clean();
    text = rt::rt_bytes_new(&script.instance->context, nullptr, 100, rt::string_desc_id);
    script.instance->heap.set_limit(script.instance->heap.live_bytes());
    for (int i = 0; i < 20 && text; ++i) {
        text = script.run("append", {slot(text), slot(1'000'000'000'000'000)}).ref;
        if (script.trap != TrapCode::None) text = nullptr;
    }
    EXPECT_EQ(script.trap, TrapCode::MemoryLimit);
    script.expect_clean();
}

// --- wrong IR that the verifier cannot see ---

void expect_ice(const std::string& body, const char* message, bool verified = true) {
    Script script("\nfn @f(v0: owned ref, v1: ref) {\nb0(v0: owned ref, v1: ref):\n" + body + "}\n", {},
                  verified);
    rt::Object* a = rt::rt_list_new(&script.instance->context, 4, 2);
    auto* b = static_cast<rt::Seq*>(rt::rt_list_new(&script.instance->context, 4, 2));
    std::memset(b->data, 0, 16);
    b->length = 2;
    try {
        script.run("f", {slot(a), slot(b)});
        ADD_FAILURE() << "not found: " << message << "\n" << body;
    } catch (const InternalError& error) {
        EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
}

TEST(Memory, WrongAccesses) {
    expect_ice("    v2 = seq_data.ptr v1\n    v3 = load.i64 elem v2 + 16\n    release v0\n    return\n",
               "access outside the object");
    expect_ice("    v2 = seq_data.ptr v1\n    v3 = load.i64 elem v2 + -8\n    release v0\n    return\n",
               "access outside the object");
    expect_ice("    v2 = seq_data.ptr v1\n    v3 = load.i64 elem v2 + 12\n    release v0\n    return\n",
               "access outside the object");
    expect_ice("    v2 = seq_data.ptr v1\n    v3 = load.i64 inst v2 + 0\n    release v0\n    return\n",
               "another memory class");
    expect_ice("    v2 = seq_data.ptr v1\n    v3 = load.ref elem v2 + 0\n    release v0\n    return\n",
               "another machine type");
    expect_ice("    v2 = instance_data.ptr\n    v3 = load.i64 inst v2 + 8\n    release v0\n    return\n",
               "another machine type");
    expect_ice("    v2 = instance_data.ptr\n    v3 = load.i64 inst v2 + 16\n    release v0\n    return\n",
               "access outside the object");
    expect_ice("    v2 = literal.ref literal0\n    v3 = seq_data.ptr v2\n    v4 = const.u8 1\n    store.u8 "
               "elem v3 + 0, v4\n    release v0\n    return\n",
               "access outside the object");
}

TEST(Memory, WrongSharing) {
    expect_ice("    v2 = retain.ref v0\n    v3 = seq_data.ptr v2\n    v4 = const.i64 1\n    store.i64 elem "
               "v3 + 0, v4\n    release v2\n    release v0\n    return\n",
               "write into a shared object");
    expect_ice("    v2 = retain.ref v0\n    v3 = const.i64 1\n    v4 = seq_set_len.ref v2, v3\n    release "
               "v4\n    release v0\n    return\n",
               "the length of a shared object changes");
    expect_ice("    v3 = const.i64 5000\n    v4 = seq_set_len.ref v0, v3\n    release v4\n    return\n",
               "length beyond the capacity");
}

TEST(Memory, StaleReferences) {
    // An address outlives its object, or its object's name.
    expect_ice("    v2 = seq_data.ptr v0\n    release v0\n    v3 = load.i64 elem v2 + 0\n    return\n",
               "freed or renamed");
    expect_ice("    v2 = seq_data.ptr v0\n    v4 = const.i64 1\n    v3 = unique.ref v0, desc2\n    store.i64 "
               "elem v2 + 0, v4\n    release v3\n    return\n",
               "freed or renamed");
    // Freed, and its memory used again.
    expect_ice("    v2 = seq_data.ptr v0\n    release v0\n    v3 = const.i64 4\n    v4 = list_new.ref v3, "
               "desc2\n    store.i64 elem v2 + 0, v3\n    release v4\n    return\n",
               "freed or renamed");
    // A borrowed reference to what the place held before.
    expect_ice(R"(    release v0
    v2 = instance_data.ptr
    v3 = literal.ref literal0
    v4 = call_rt StringConcat v3, v3
    v5 = load.ref inst v2 + 8 takes
    store.ref inst v2 + 8, v4
    release v5
    v6 = load.ref inst v2 + 8
    v7 = load.ref inst v2 + 8 takes
    v8 = retain.ref v3
    store.ref inst v2 + 8, v8
    release v7
    v9 = seq_len.i64 v6
    return
)",
               "object that was freed");
    // A list frees its elements with it.
    expect_ice(R"(    v2 = const.i64 1
    v3 = list_new.ref v2, desc5
    v4 = seq_data.ptr v3
    store.ref elem v4 + 0, v0
    v5 = seq_set_len.ref v3, v2
    v6 = seq_data.ptr v5
    v7 = load.ref elem v6 + 0
    release v5
    v8 = seq_len.i64 v7
    return
)",
               "object that was freed");
}

TEST(Memory, NeverWritten) {
    expect_ice("    v2 = const.i64 1\n    v3 = list_new.ref v2, desc5\n    v4 = seq_set_len.ref v3, v2\n    "
               "v5 = seq_data.ptr v4\n"
               "    v6 = load.ref elem v5 + 0\n    release v4\n    release v0\n    return\n",
               "never written");
    expect_ice("    v2 = const.i64 1\n    v3 = list_new.ref v2, desc5\n    v4 = seq_set_len.ref v3, v2\n    "
               "release v4\n    release v0\n    return\n",
               "never written");
}

TEST(Memory, TakenPlaces) {
    expect_ice("    v2 = instance_data.ptr\n    v3 = load.ref inst v2 + 8 takes\n    v4 = load.ref inst v2 + "
               "8\n    release v3\n    release v0\n    return\n",
               "reference was taken");
    expect_ice("    v2 = instance_data.ptr\n    v3 = load.ref inst v2 + 8 takes\n    release v3\n    release "
               "v0\n    return\n",
               "not filled yet");
}

TEST(Memory, WrongOwnership) {
    // Not verified: the interpreter must not need the verifier.
    expect_ice("    release v0\n    release v0\n    return\n", "freed", false);
    expect_ice("    v2 = retain.ref v0\n    release v0\n    release v0\n    return\n", "does not own", false);
    expect_ice("    release v1\n    release v0\n    return\n", "does not own", false);
    expect_ice("    return\n", "never consumed", false);
    expect_ice("    v2 = null.ref\n    release v2\n    release v0\n    return\n", "null reference");
    expect_ice("    v2 = null.ref\n    v3 = seq_len.i64 v2\n    release v0\n    return\n", "null reference");
    expect_ice("    v2 = unique.ref v0, desc5\n    release v2\n    return\n", "another description");
}

} // namespace
} // namespace tn::interp::test
