/* Hot reload: the variables of an instance go to one of a new compilation, and the old code goes away. */
#include "check.h"

#include <stdio.h>
#include <string.h>

static const char* const types = "record P { n: i64, name: String }\n"
                                 "enum Tree { Leaf, Node(Tree, i64, Tree) }\n"
                                 "record Id { n: i64 }\n"
                                 "impl Eq for Id { fn eq(self, other: Id) -> bool { self.n == other.n } }\n"
                                 "impl Hash for Id { fn hash(self) -> u64 { self.n.hash() } }\n";

static const char* const old_source =
    "const START: i64 = 1;\n"
    "var counter: i64 = START;\n"
    "var small: (u8, bool, char, f32) = (1u8, true, 'x', 0.5f32);\n"
    "var name: String = \"\";\n"
    "var data: Bytes = b\"\";\n"
    "var points: List[P] = [];\n"
    "var table: Map[String, List[P]] = Map.new();\n"
    "var ids: Map[Id, Set[(i64, String)]] = Map.new();\n"
    "var tree: Tree = Tree.Leaf;\n"
    "var maybe: P? = None;\n"
    "var shared: List[List[i64]] = [];\n"
    "var other: i64 = 5;\n"
    "var hook: fn(i64) -> i64 = |x| x;\n"
    "var nested: Map[Map[String, i64], i64] = Map.new();\n"
    "fn grow(n: i64) { for i in 0..n { tree = Tree.Node(tree, i, Tree.Leaf); } }\n"
    "fn fill(n: i64) {\n"
    "  counter = n; small = (9u8, false, 'z', 2.5f32); name = f\"name {n}\"; data = \"by\".to_bytes();\n"
    "  for i in 0..n { let p = P { n: i, name: f\"p{i}\" }; points.push(p); let key = f\"k{i % 10}\";\n"
    "    let list = table.get_or(key, []); list.push(p); table.insert(key, list);\n"
    "    ids.insert(Id { n: i }, Set{(i, key)}); tree = Tree.Node(tree, i, Tree.Leaf); }\n"
    "  for i in 0..n { if i % 3 == 0 { ids.remove(Id { n: i }); } }\n"
    "  maybe = Some(P { n: -1, name: \"some\" }); let xs = [1, 2, 3]; shared = [xs, xs, xs]; other = 6; hook "
    "= |x| x + n;\n"
    "  nested.insert(Map{\"one\": 1, \"two\": 2}, 12);\n"
    "}\n";

/* `other` has another type, `data` is gone, `fresh` is new, the order is another one. */
static const char* const new_source =
    "var fresh: i64 = 77;\n"
    "var nested: Map[Map[String, i64], i64] = Map.new();\n"
    "var tree: Tree = Tree.Leaf;\n"
    "var ids: Map[Id, Set[(i64, String)]] = Map.new();\n"
    "var table: Map[String, List[P]] = Map.new();\n"
    "var points: List[P] = [];\n"
    "var shared: List[List[i64]] = [];\n"
    "var counter: i64 = -5;\n"
    "var small: (u8, bool, char, f32) = (0u8, true, 'a', 0.0f32);\n"
    "var name: String = \"begin\";\n"
    "var maybe: P? = None;\n"
    "var other: String = \"kept\";\n"
    "var hook: fn(i64) -> i64 = |x| x * 1000;\n"
    "const START: i64 = 99;\n"
    "fn sum(t: Tree) -> i64 { match t { Tree.Leaf => 0, Tree.Node(l, n, r) => sum(l) + n + sum(r) } }\n"
    "fn state(n: i64) -> String {\n"
    "  let names = 0; for p in points { if p.name == f\"p{p.n}\" { names += 1; } }\n"
    "  let listed = 0; for i in 0..10 { listed += table.get_or(f\"k{i}\", []).len(); }\n"
    "  let found = 0; for i in 0..n { match ids.get(Id { n: i }) { Some(s) => { if s.contains((i, f\"k{i % "
    "10}\")) { found "
    "+= 1; } }, None => {} } }\n"
    "  ids.insert(Id { n: 1 }, Set{(0, \"\")});\n"
    "  let m = match maybe { Some(p) => p.name, None => \"none\" };\n"
    "  let inner = nested.get_or(Map{\"two\": 2, \"one\": 1}, -1);\n"
    "  f\"{counter} {small.0} {small.2} {name} {names} {listed} {found} {ids.len()} {sum(tree)} {m} {shared} "
    "{other} "
    "{hook(1)} {fresh} {START} {inner}\"\n"
    "}\n"
    "fn widen(mut xs: List[List[i64]]) { xs[0].push(9); }\n";

static Setup set_up_with(const char* rest) {
    char text[8192];
    sprintf(text, "%s%s", types, rest);
    return set_up(text);
}

static void run(Setup* s, const char* name, int64_t n) {
    tn_value v = make_i64(n);
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, name, &v, 1, NULL, &err), TN_OK);
}

static void check_state(Setup* s, int64_t n, const char* expected) {
    tn_value v = make_i64(n), ret;
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, "state", &v, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), expected);
    tn_value_clear(&ret);
}

static void moves(void) {
    Setup a = set_up_with(old_source), b = set_up_with(new_source);
    tn_error* err = NULL;
    tn_value v;
    uint64_t used;
    run(&a, "fill", 30);
    used = tn_instance_memory_used(a.inst);
    check_state(&b, 30, "-5 0 a begin 0 0 0 1 0 none [] kept 1000 77 99 -1");
    STATUS_ERR(tn_instance_migrate(a.inst, b.inst, &err), TN_OK);
    /* The old one is as it was, and can go with all that was compiled for it. */
    EQUAL(tn_instance_memory_used(a.inst), used);
    STATUS_ERR(tn_instance_get_global(a.inst, "counter", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 30);
    tear_down(&a);
    check_state(&b, 30,
                "30 9 z name 30 30 30 20 20 435 some [[1, 2, 3], [1, 2, 3], [1, 2, 3]] kept 1000 77 99 12");
    /* What is shared stays shared, and is still a value of its own each. */
    STATUS_ERR(tn_instance_get_global(b.inst, "shared", TN_NTS, &v, &err), TN_OK);
    {
        tn_function* f = function(b.mod, "widen");
        STATUS_ERR(tn_call_mut(b.inst, f, &v, 1, NULL, &err), TN_OK);
        tn_function_free(f);
    }
    tn_value_clear(&v);
    check_state(&b, 0,
                "30 9 z name 30 30 30 0 20 435 some [[1, 2, 3], [1, 2, 3], [1, 2, 3]] kept 1000 77 99 12");
    tear_down(&b);
}

/* Between instances of one module, and again: the target's own values go. */
static void again(void) {
    Setup a = set_up_with(old_source);
    tn_instance* second = NULL;
    tn_error* err = NULL;
    uint64_t used;
    int i;
    STATUS_ERR(tn_instance_new(a.mod, NULL, &second, &err), TN_OK);
    run(&a, "fill", 50);
    STATUS_ERR(tn_instance_migrate(a.inst, second, &err), TN_OK);
    used = tn_instance_memory_used(second);
    for (i = 0; i < 5; ++i) STATUS_ERR(tn_instance_migrate(a.inst, second, &err), TN_OK);
    EQUAL(tn_instance_memory_used(second), used);
    tn_instance_free(second);
    tear_down(&a);
}

/* Deep and wide values: nothing recurses. */
static void deep(void) {
    Setup a = set_up_with(old_source), b = set_up_with(new_source);
    tn_error* err = NULL;
    run(&a, "fill", 2000);
    run(&a, "grow", 300000);
    STATUS_ERR(tn_instance_migrate(a.inst, b.inst, &err), TN_OK);
    tear_down(&a);
    tear_down(&b);
}

static void failures(void) {
    Setup a = set_up_with(old_source), b = set_up_with(new_source);
    tn_error* err = NULL;
    uint64_t used = tn_instance_memory_used(b.inst), extra;
    run(&a, "fill", 100);
    for (extra = 0; extra < 40000; extra = extra * 5 / 4 + 64) {
        STATUS(tn_instance_set_memory_limit(b.inst, used + extra), TN_OK);
        STATUS(tn_instance_migrate(a.inst, b.inst, &err), TN_TRAP_MEMORY_LIMIT);
        CONTAINS(tn_error_message(err, NULL), "more memory");
        tn_error_free(err);
        EQUAL(tn_instance_memory_used(b.inst), used);
    }
    STATUS(tn_instance_set_memory_limit(b.inst, 1 << 24), TN_OK);
    check_state(&b, 30, "-5 0 a begin 0 0 0 1 0 none [] kept 1000 77 99 -1");
    STATUS_ERR(tn_instance_migrate(a.inst, a.inst, &err), TN_ARG);
    STATUS_ERR(tn_instance_migrate(NULL, a.inst, &err), TN_ARG);
    STATUS_ERR(tn_instance_migrate(a.inst, NULL, &err), TN_ARG);
    tear_down(&a);
    STATUS_ERR(tn_instance_migrate(a.inst, b.inst, &err), TN_HANDLE);
    tear_down(&b);
}

/* Pages of machine code of this process. */
static int code_maps(void) {
    FILE* maps = fopen("/proc/self/maps", "r");
    char line[512];
    int count = 0;
    while (maps && fgets(line, sizeof line, maps)) {
        /* Anonymous and executable. */
        if (strstr(line, " r-xp ") && strstr(line, " 00:00 0") && !strchr(line, '[')) ++count;
    }
    if (maps) fclose(maps);
    return count;
}

/* A reload in a loop keeps nothing of the old compilations; a function that is held keeps its own code. */
static void old_code_goes(void) {
    Setup s = set_up_with(old_source);
    tn_error* err = NULL;
    tn_function* held = NULL;
    int i, with_one = code_maps();
    CHECK(with_one > 0);
    for (i = 0; i < 20; ++i) {
        Setup next = s;
        char text[8192];
        sprintf(text, "%s%s// %d\n", types, old_source, i);
        next.mod = compile(s.rt, text);
        next.inst = instance(next.mod);
        run(&s, "fill", 3);
        STATUS_ERR(tn_instance_migrate(s.inst, next.inst, &err), TN_OK);
        if (i == 10) held = function(s.mod, "fill");
        tn_instance_free(s.inst);
        tn_module_free(s.mod);
        s = next;
    }
    CHECK(code_maps() <= with_one + 1);
    CHECK(code_maps() > 1 || with_one == 1);
    TEXT(tn_function_name(held, NULL), "fill");
    tn_function_free(held);
    EQUAL(code_maps(), with_one);
    tear_down(&s);
    CHECK(code_maps() < with_one);
}

int main(void) {
    RUN(moves);
    RUN(again);
    RUN(deep);
    RUN(failures);
    RUN(old_code_goes);
    return finish();
}
