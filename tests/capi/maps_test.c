/* Maps and sets: what the host builds the script finds and the other way round, for every type of key. */
#include "check.h"

#include <stdio.h>
#include <string.h>

static const char* const source =
    "record P { x: i64, y: u8, name: String }\n"
    "enum Shape { Dot, Circle(i64), Box { w: i64, h: String } }\n"
    "enum Tree { Leaf(i64), Node(Tree, Tree) }\n"
    "record Id { n: i64, note: String }\n"
    "impl Eq for Id { fn eq(self, other: Id) -> bool { self.n == other.n } }\n"
    "impl Hash for Id { fn hash(self) -> u64 { self.n.hash() } }\n"
    "record Bad { n: i64 }\n"
    "impl Eq for Bad { fn eq(self, other: Bad) -> bool { 1 / (self.n - other.n) == 3 } }\n"
    "impl Hash for Bad { fn hash(self) -> u64 { if self.n == 13 { panic(\"unlucky\") } 7 } }\n"
    "record Own { n: i64 }\n"
    "impl Eq for Own { fn eq(self, other: Own) -> bool { true } }\n"
    "impl Hash for Own { fn hash(self) -> u64 { 1 } }\n"
    "fn words() -> Map[String, i64] { Map{\"one\": 1, \"two\": 2, \"three\": 3} }\n"
    "fn total(m: Map[String, i64]) -> i64 { let t = 0; for (k, v) in m { t += v * k.len(); } t }\n"
    "fn get(m: Map[String, i64], k: String) -> i64 { m.get_or(k, -1) }\n"
    "fn grow(mut m: Map[String, i64], n: i64) { for i in 0..n { m.insert(f\"k{i}\", i); } }\n"
    "fn shrink(mut m: Map[String, i64], n: i64) { for i in 0..n { m.remove(f\"k{i}\"); } }\n"
    "fn squares(n: i64) -> Map[i64, i64] { let m = Map.new(); for i in 0..n { m.insert(i, i * i); } m }\n"
    "fn same(a: Map[i64, i64], b: Map[i64, i64]) -> bool { a == b }\n"
    "fn has(s: Set[String], x: String) -> bool { s.contains(x) }\n"
    "fn letters() -> Set[String] { Set{\"a\", \"b\"} }\n"
    "fn shapes() -> Map[Shape, String] { Map{Shape.Dot: \"d\", Shape.Circle(3): \"c\", Shape.Box { w: 1, h: "
    "\"x\" }: \"b\"} }\n"
    "fn shape(m: Map[Shape, String], s: Shape) -> String { m.get_or(s, \"?\") }\n"
    "fn trees() -> Map[Tree, i64] { Map{Tree.Leaf(1): 1, Tree.Node(Tree.Leaf(1), Tree.Node(Tree.Leaf(2), "
    "Tree.Leaf(3))): 2} }\n"
    "fn mixed() -> Map[(P, List[i8], char?, Bytes, bool), P] { Map{(P { x: -1, y: 2, name: \"n\" }, [1i8, "
    "-2i8], Some('x'), \"by\".to_bytes(), true): P { x: 5, y: 6, name: \"v\" }} }\n"
    "fn ids() -> Map[Id, i64] { Map{Id { n: 4, note: \"first\" }: 40} }\n"
    "fn id(n: i64) -> Id { Id { n: n, note: \"another\" } }\n"
    "fn bads(n: i64) -> Map[Bad, i64] { let m = Map.new(); m.insert(Bad { n: n }, 1); m }\n"
    "fn bad(n: i64) -> Bad { Bad { n: n } }\n"
    "fn own() -> Own { Own { n: 1 } }\n"
    "fn nested() -> Map[Map[String, i64], Set[i64]] { Map{words(): Set{1, 2}} }\n"
    "fn ranges() -> Map[Range[i64], i64] { Map{1..5: 4} }\n"
    "fn units() -> Map[(), i64] { Map{(): 3} }\n"
    "fn ints() -> (Map[i8, i64], Map[u32, i64], Map[char, i64], Map[bool, i64]) "
    "{ (Map{-3i8: 1}, Map{4_000_000_000u32: 2}, Map{'z': 3}, Map{true: 4}) }\n"
    "var kept: Map[String, List[i64]] = Map.new();\n";

static const tn_type* type(Setup* s, const char* text) {
    const tn_type* t = NULL;
    tn_error* err = NULL;
    STATUS_ERR(tn_module_type(s->mod, text, TN_NTS, &t, &err), TN_OK);
    return t;
}

static tn_value call(Setup* s, const char* name, const tn_value* args, size_t n) {
    tn_value ret;
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, name, args, n, &ret, &err), TN_OK);
    return ret;
}

/* Whether `m` has exactly the key `k`, in all functions; the key is cleared. */
static void check_key(tn_value* m, tn_value k, int there) {
    tn_value v;
    STATUS(tn_map_get(m, &k, NULL), there ? TN_OK : TN_NOT_FOUND);
    STATUS(tn_map_get(m, &k, &v), there ? TN_OK : TN_NOT_FOUND);
    tn_value_clear(&v);
    tn_value_clear(&k);
}

static void from_script(void) {
    Setup s = set_up(source);
    tn_value m = call(&s, "words", NULL, 0), k, v;
    tn_iter* it;
    size_t n;
    int64_t sum = 0;
    static const char* const order[] = {"one", "two", "three"};
    EQUAL(m.tag, TN_TAG_MAP);
    STATUS(tn_map_len(&m, &n), TN_OK);
    EQUAL(n, 3);
    TEXT(tn_type_name(tn_value_type(s.rt, &m), NULL), "Map[String, i64]");
    EQUAL(tn_type_child_count(tn_value_type(s.rt, &m)), 2);
    k = make_string(s.inst, "two");
    STATUS(tn_map_get(&m, &k, &v), TN_OK);
    EQUAL(v.as.i, 2);
    tn_value_clear(&k);
    check_key(&m, make_string(s.inst, "four"), 0);
    STATUS(tn_map_iter(&m, &it), TN_OK);
    for (n = 0; tn_iter_next(it, &k, &v) == TN_OK; ++n) {
        TEXT(tn_string_data(&k, NULL), order[n]);
        sum += v.as.i;
        tn_value_clear(&k);
    }
    EQUAL(n, 3);
    EQUAL(sum, 6);
    STATUS(tn_iter_next(it, &k, &v), TN_END);
    STATUS(tn_iter_next(it, NULL, NULL), TN_END);
    tn_iter_free(it);
    tn_value_clear(&m);
    tear_down(&s);
}

static void to_script(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value m, copy, args[2], v;
    char text[16];
    int i;
    size_t n;
    STATUS_ERR(tn_map_new(s.inst, type(&s, "String"), type(&s, "i64"), &m, &err), TN_OK);
    for (i = 0; i < 200; ++i) {
        tn_value k;
        sprintf(text, "k%d", i);
        k = make_string(s.inst, text);
        v = make_i64(i);
        STATUS(tn_map_set(&m, &k, &v), TN_OK);
        tn_value_clear(&k);
    }
    args[0] = m;
    for (i = 0; i < 202; i += 7) {
        sprintf(text, "k%d", i);
        args[1] = make_string(s.inst, text);
        EQUAL(call_i64(&s, "get", args, 2), i < 200 ? i : -1);
        tn_value_clear(&args[1]);
    }
    STATUS(tn_value_copy(&m, &copy), TN_OK);
    for (i = 0; i < 190; ++i) {
        tn_value k;
        sprintf(text, "k%d", i);
        k = make_string(s.inst, text);
        STATUS(tn_map_remove(&m, &k), TN_OK);
        STATUS(tn_map_remove(&m, &k), TN_NOT_FOUND);
        tn_value_clear(&k);
    }
    STATUS(tn_map_len(&m, &n), TN_OK);
    EQUAL(n, 10);
    STATUS(tn_map_len(&copy, &n), TN_OK);
    EQUAL(n, 200);
    check_key(&m, make_string(s.inst, "k189"), 0);
    check_key(&m, make_string(s.inst, "k190"), 1);
    check_key(&copy, make_string(s.inst, "k0"), 1);
    EQUAL(call_i64(&s, "total", &m, 1), 4 * (190 + 191 + 192 + 193 + 194 + 195 + 196 + 197 + 198 + 199));
    /* Both sides change one table in turn. */
    args[0] = m;
    args[1] = make_i64(300);
    {
        tn_function *grow = function(s.mod, "grow"), *shrink = function(s.mod, "shrink");
        STATUS_ERR(tn_call_mut(s.inst, grow, args, 2, NULL, &err), TN_OK);
        m = args[0];
        check_key(&m, make_string(s.inst, "k299"), 1);
        for (i = 100; i < 300; ++i) {
            tn_value k;
            sprintf(text, "k%d", i);
            k = make_string(s.inst, text);
            STATUS(tn_map_remove(&m, &k), TN_OK);
            tn_value_clear(&k);
        }
        args[0] = m;
        args[1] = make_i64(50);
        STATUS_ERR(tn_call_mut(s.inst, shrink, args, 2, NULL, &err), TN_OK);
        m = args[0];
        STATUS(tn_map_len(&m, &n), TN_OK);
        EQUAL(n, 50);
        check_key(&m, make_string(s.inst, "k49"), 0);
        check_key(&m, make_string(s.inst, "k50"), 1);
        tn_function_free(grow);
        tn_function_free(shrink);
    }
    tn_value_clear(&m);
    tn_value_clear(&copy);
    tear_down(&s);
}

/* Overwriting keeps the place; a removed key that comes again goes to the end. */
static void order(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value m, k, v, args[2], ret;
    tn_iter* it;
    int i;
    static const int64_t keys[] = {0, 2, 3, 4, 1};
    STATUS_ERR(tn_map_new(s.inst, type(&s, "i64"), type(&s, "i64"), &m, &err), TN_OK);
    for (i = 0; i < 5; ++i) {
        k = make_i64(i), v = make_i64(-1);
        STATUS(tn_map_set(&m, &k, &v), TN_OK);
    }
    k = make_i64(1);
    STATUS(tn_map_remove(&m, &k), TN_OK);
    for (i = 0; i < 5; ++i) {
        k = make_i64(i), v = make_i64(i * i);
        STATUS(tn_map_set(&m, &k, &v), TN_OK);
    }
    STATUS(tn_map_iter(&m, &it), TN_OK);
    for (i = 0; i < 5; ++i) {
        STATUS(tn_iter_next(it, &k, &v), TN_OK);
        EQUAL(k.as.i, keys[i]);
        EQUAL(v.as.i, keys[i] * keys[i]);
    }
    STATUS(tn_iter_next(it, &k, &v), TN_END);
    tn_iter_free(it);
    args[0] = m;
    v = make_i64(5);
    args[1] = call(&s, "squares", &v, 1);
    ret = call(&s, "same", args, 2);
    EQUAL(ret.as.u, 1);
    tn_value_clear(&args[1]);
    tn_value_clear(&m);
    tear_down(&s);
}

static void changed_while_iterating(void) {
    Setup s = set_up(source);
    tn_value m = call(&s, "words", NULL, 0), k, v, args[2];
    tn_iter *it, *other;
    tn_error* err = NULL;
    tn_function* grow = function(s.mod, "grow");
    STATUS(tn_map_iter(&m, &it), TN_OK);
    STATUS(tn_iter_next(it, &k, NULL), TN_OK);
    v = make_i64(5);
    STATUS(tn_map_set(&m, &k, &v), TN_OK);
    tn_value_clear(&k);
    STATUS(tn_iter_next(it, &k, &v), TN_STATE);
    EQUAL(k.tag, TN_TAG_NONE);
    /* A new one sees the change, and stops when the map is replaced or cleared. */
    STATUS(tn_map_iter(&m, &other), TN_OK);
    STATUS(tn_iter_next(other, NULL, &v), TN_OK);
    EQUAL(v.as.i, 5);
    args[0] = m;
    args[1] = make_i64(3);
    STATUS_ERR(tn_call_mut(s.inst, grow, args, 2, NULL, &err), TN_OK);
    m = args[0];
    STATUS(tn_iter_next(other, &k, &v), TN_STATE);
    tn_iter_free(other);
    STATUS(tn_map_iter(&m, &other), TN_OK);
    tn_value_clear(&m);
    STATUS(tn_iter_next(other, &k, &v), TN_STATE);
    tn_function_free(grow);
    /* Iterators outlive everything. */
    tear_down(&s);
    STATUS(tn_iter_next(other, &k, &v), TN_STATE);
    tn_iter_free(it);
    tn_iter_free(other);
    STATUS(tn_iter_next(other, &k, &v), TN_HANDLE);
}

static void sets(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value set, args[2], v;
    size_t n;
    STATUS_ERR(tn_map_new(s.inst, type(&s, "String"), NULL, &set, &err), TN_OK);
    EQUAL(set.tag, TN_TAG_SET);
    TEXT(tn_type_name(tn_value_type(s.rt, &set), NULL), "Set[String]");
    v = make_string(s.inst, "x");
    STATUS(tn_map_set(&set, &v, NULL), TN_OK);
    STATUS(tn_map_set(&set, &v, NULL), TN_OK);
    STATUS(tn_map_len(&set, &n), TN_OK);
    EQUAL(n, 1);
    args[0] = set;
    args[1] = v;
    {
        tn_value ret = call(&s, "has", args, 2);
        EQUAL(ret.as.u, 1);
    }
    STATUS(tn_map_get(&set, &v, &args[1]), TN_OK);
    EQUAL(args[1].tag, TN_TAG_UNIT);
    tn_value_clear(&v);
    v = make_i64(1);
    STATUS(tn_map_set(&set, &v, NULL), TN_TYPE);
    tn_value_clear(&set);
    set = call(&s, "letters", NULL, 0);
    check_key(&set, make_string(s.inst, "b"), 1);
    check_key(&set, make_string(s.inst, "c"), 0);
    tn_value_clear(&set);
    tear_down(&s);
}

/* Each key of a script's map, taken out by the iterator and looked up again, and put into a map of the host.
 */
static void every_kind_of_key(void) {
    static const char* const makers[] = {"words", "squares", "shapes", "trees", "mixed",
                                         "ids",   "nested",  "ranges", "units"};
    Setup s = set_up(source);
    size_t i;
    tn_error* err = NULL;
    for (i = 0; i < sizeof makers / sizeof *makers; ++i) {
        tn_value hundred = make_i64(100);
        tn_value m = call(&s, makers[i], &hundred, strcmp(makers[i], "squares") == 0), mine, k, v, found;
        const tn_type* t = tn_value_type(s.rt, &m);
        tn_iter* it;
        size_t n, count;
        STATUS_ERR(tn_map_new(s.inst, tn_type_child(t, 0), tn_type_child(t, 1), &mine, &err), TN_OK);
        EQUAL(tn_value_type(s.rt, &mine) == t, 1);
        STATUS(tn_map_iter(&m, &it), TN_OK);
        for (count = 0; tn_iter_next(it, &k, &v) == TN_OK; ++count) {
            STATUS(tn_map_get(&m, &k, &found), TN_OK);
            EQUAL(found.tag, v.tag);
            tn_value_clear(&found);
            STATUS(tn_map_set(&mine, &k, &v), TN_OK);
            STATUS(tn_map_set(&mine, &k, &v), TN_OK);
            tn_value_clear(&k);
            tn_value_clear(&v);
        }
        tn_iter_free(it);
        STATUS(tn_map_len(&m, &n), TN_OK);
        EQUAL(n, count);
        CHECK(n > 0);
        STATUS(tn_map_len(&mine, &n), TN_OK);
        EQUAL(n, count);
        tn_value_clear(&m);
        tn_value_clear(&mine);
    }
    tear_down(&s);
}

static void small_keys(void) {
    Setup s = set_up(source);
    tn_value all = call(&s, "ints", NULL, 0), m, k, v;
    int i;
    for (i = 0; i < 4; ++i) {
        STATUS(tn_record_get(&all, (size_t)i, &m), TN_OK);
        if (i == 0) TN_SET_INT(&k, TN_TAG_I8, -3);
        if (i == 1) TN_SET_UINT(&k, TN_TAG_U32, 4000000000u);
        if (i == 2) TN_SET_UINT(&k, TN_TAG_CHAR, 'z');
        if (i == 3) TN_SET_BOOL(&k, 1);
        STATUS(tn_map_get(&m, &k, &v), TN_OK);
        EQUAL(v.as.i, i + 1);
        k.as.u ^= 1;
        STATUS(tn_map_get(&m, &k, &v), TN_NOT_FOUND);
        if (i == 0) {
            k.as.i = 1000;
            STATUS(tn_map_get(&m, &k, &v), TN_RANGE);
        }
        tn_value_clear(&m);
    }
    tn_value_clear(&all);
    tear_down(&s);
}

/* Enums as keys from both sides, and the hash and equality that a script wrote. */
static void own_keys(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value m = call(&s, "shapes", NULL, 0), k, v, args[2], payload;
    const tn_type* shape = type(&s, "Shape");
    payload = make_i64(3);
    STATUS_ERR(tn_enum_new(s.inst, shape, 1, &payload, 1, &k, &err), TN_OK);
    STATUS(tn_map_get(&m, &k, &v), TN_OK);
    TEXT(tn_string_data(&v, NULL), "c");
    tn_value_clear(&v);
    v = make_string(s.inst, "changed");
    STATUS(tn_map_set(&m, &k, &v), TN_OK);
    tn_value_clear(&v);
    args[0] = m;
    args[1] = k;
    v = call(&s, "shape", args, 2);
    TEXT(tn_string_data(&v, NULL), "changed");
    tn_value_clear(&v);
    tn_value_clear(&k);
    tn_value_clear(&m);

    m = call(&s, "ids", NULL, 0);
    v = make_i64(4);
    k = call(&s, "id", &v, 1);
    STATUS(tn_map_get(&m, &k, &v), TN_OK);
    EQUAL(v.as.i, 40);
    v = make_i64(41);
    STATUS(tn_map_set(&m, &k, &v), TN_OK);
    check_key(&m, k, 1);
    v = make_i64(5);
    k = call(&s, "id", &v, 1);
    check_key(&m, k, 0);
    tn_value_clear(&m);

    /* Faults of the script's own code come through, and change nothing. */
    v = make_i64(1);
    m = call(&s, "bads", &v, 1);
    k = call(&s, "bad", &v, 1);
    STATUS(tn_map_get(&m, &k, &v), TN_TRAP_DIVISION_BY_ZERO);
    v = make_i64(2);
    STATUS(tn_map_set(&m, &k, &v), TN_TRAP_DIVISION_BY_ZERO);
    tn_value_clear(&k);
    v = make_i64(13);
    k = call(&s, "bad", &v, 1);
    STATUS(tn_map_remove(&m, &k), TN_TRAP_PANIC);
    tn_value_clear(&k);
    v = make_i64(2);
    k = call(&s, "bad", &v, 1);
    STATUS(tn_map_set(&m, &k, &v), TN_OK);
    tn_value_clear(&k);
    tn_value_clear(&m);

    STATUS(tn_map_new(s.inst, type(&s, "Own"), NULL, &m, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "`Own` cannot be keys");
    tn_error_free(err);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "f64"), NULL, &m, &err), TN_TYPE);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "List[(i64, f32)]"), NULL, &m, &err), TN_TYPE);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "fn(i64)"), NULL, &m, &err), TN_TYPE);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "i64"), type(&s, "f64"), &m, &err), TN_OK);
    tn_value_clear(&m);
    tear_down(&s);
}

static void variables(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value m, k = make_string(s.inst, "xs"), v, one = make_i64(7);
    STATUS_ERR(tn_instance_get_global(s.inst, "kept", TN_NTS, &m, &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, type(&s, "i64"), 0, &v, &err), TN_OK);
    STATUS(tn_list_push(&v, &one), TN_OK);
    STATUS(tn_map_set(&m, &k, &v), TN_OK);
    STATUS_ERR(tn_instance_set_global(s.inst, "kept", TN_NTS, &m, &err), TN_OK);
    tn_value_clear(&v);
    tn_value_clear(&m);
    STATUS_ERR(tn_instance_get_global(s.inst, "kept", TN_NTS, &m, &err), TN_OK);
    STATUS(tn_map_get(&m, &k, &v), TN_OK);
    STATUS(tn_list_get(&v, 0, &one), TN_OK);
    EQUAL(one.as.i, 7);
    tn_value_clear(&v);
    tn_value_clear(&m);
    tn_value_clear(&k);
    tear_down(&s);
}

static void out_of_memory(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value m, k, v;
    int64_t i;
    size_t n = 0;
    tn_status status = TN_OK;
    STATUS_ERR(tn_map_new(s.inst, type(&s, "i64"), type(&s, "String"), &m, &err), TN_OK);
    v = make_string(s.inst, "a text of some length that does not fit so many times");
    STATUS(tn_instance_set_memory_limit(s.inst, tn_instance_memory_used(s.inst) + 20000), TN_OK);
    for (i = 0; status == TN_OK && i < 100000; ++i) {
        k = make_i64(i);
        status = tn_map_set(&m, &k, &v);
    }
    EQUAL(status, TN_TRAP_MEMORY_LIMIT);
    STATUS(tn_map_len(&m, &n), TN_OK);
    EQUAL(n, i - 1);
    k = make_i64(i - 2);
    STATUS(tn_map_get(&m, &k, NULL), TN_OK);
    tn_value_clear(&m);
    tn_value_clear(&v);
    tear_down(&s);
}

int main(void) {
    RUN(from_script);
    RUN(to_script);
    RUN(order);
    RUN(changed_while_iterating);
    RUN(sets);
    RUN(every_kind_of_key);
    RUN(small_keys);
    RUN(own_keys);
    RUN(variables);
    RUN(out_of_memory);
    return finish();
}
