/* Enums of every shape, ranges, slices, and everything as parameter, result, `mut` and element. */
#include "check.h"

#include <string.h>

static const char* const source =
    "record Point { x: f64, y: f64 }\n"
    "enum Shape { Dot, Circle(Point, f64), Poly { points: List[Point], name: String } }\n"
    "enum Tree { Leaf, Node(Tree, i64, Tree) }\n"
    "enum Expr { Num(i64), Neg(Expr), Sum { all: List[Expr], note: Expr? } }\n"
    "record Link { n: i64, next: Link? }\n"
    "fn area(s: Shape) -> f64 { match s { Shape.Dot => 0.0, Shape.Circle(p, r) => p.x + p.y + r, Shape.Poly "
    "{ "
    "points, name } => points.len() as f64 + name.len() as f64 } }\n"
    "fn circle(r: f64) -> Shape { Shape.Circle(Point { x: 1.0, y: 2.0 }, r) }\n"
    "fn poly(n: String) -> Shape { Shape.Poly { points: [Point { x: 0.5, y: 0.25 }], name: n } }\n"
    "fn tree(n: i64) -> Tree { if n == 0 { Tree.Leaf } else { Tree.Node(tree(n - 1), n, Tree.Leaf) } }\n"
    "fn sum(t: Tree) -> i64 { match t { Tree.Leaf => 0, Tree.Node(l, n, r) => sum(l) + n + sum(r) } }\n"
    "fn value(e: Expr) -> i64 { match e { Expr.Num(n) => n, Expr.Neg(x) => -value(x), Expr.Sum { all, note } "
    "=> { "
    "let t = 0; for x in all { t += value(x); } match note { Some(x) => t + 100 * value(x), None => t } } } "
    "}\n"
    "fn echo(e: Expr) -> Expr { e }\n"
    "fn parse(s: String) -> Result[i64, String] { if s == \"\" { Err(\"empty\") } else { Ok(s.len()) } }\n"
    "fn unwrap(r: Result[i64, String]) -> i64 { match r { Ok(n) => n, Err(e) => -e.len() } }\n"
    "fn verdict(n: i64) -> Verdict[i64, (String, i64)] { if n > 0 { Accept(n) } else { Reject((\"no\", n)) } "
    "}\n"
    "fn links(n: i64) -> Link { let l = Link { n: 0, next: None }; for i in 1..n { l = Link { n: i, next: "
    "Some(l) "
    "}; } l }\n"
    "fn count(l: Link) -> i64 { let c = 1; let at = l; loop { match at.next { Some(x) => { c += 1; at = x; "
    "}, None => "
    "{ return c; } } } c }\n"
    "fn deep(xs: List[(Shape, Map[String, List[Tree?]])]) -> i64 { let t = 0; for (s, m) in xs { t += "
    "area(s) as "
    "i64; for (k, v) in m { t += k.len(); for o in v { match o { Some(x) => { t += sum(x); }, None => { t += "
    "1000; } "
    "} } } } t }\n"
    "fn range(r: Range[i64]) -> Range[i64] { let n = 0; for i in r { n += i; } n..=r.len() }\n"
    "fn total(s: Slice[f64]) -> f64 { let t = 0.0; for i in 0..s.len() { t += s[i]; } t }\n"
    "fn scale(s: mut Slice[f64], k: f64) { for i in 0..s.len() { s[i] = s[i] * k; } }\n"
    "fn flip(s: mut Slice[bool], n: i64) { for i in 0..s.len() { s[i] = !s[i]; } if n == 0 { "
    "panic(\"zero\"); } }\n"
    "fn change(mut s: Shape, mut t: Tree, mut o: i64?, mut m: Map[String, i64], mut r: Result[i64, String]) "
    "-> i64 "
    "{ s = Shape.Dot; t = Tree.Node(t, 1, t); o = None; m.insert(\"new\", 1); r = Err(\"changed\"); 7 }\n"
    "fn never() -> ! { panic(\"never\") }\n"
    "fn nothing(u: ()) -> () { u }\n";

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

static tn_value make(Setup* s, const char* t, uint32_t variant, const tn_value* payload, size_t n) {
    tn_value v;
    tn_error* err = NULL;
    STATUS_ERR(tn_enum_new(s->inst, type(s, t), variant, payload, n, &v, &err), TN_OK);
    return v;
}

static double number(tn_value v) {
    double d = -1;
    STATUS(tn_value_get_f64(&v, &d), TN_OK);
    return d;
}

static void shapes(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value v = make_f64(3), shape = call(&s, "circle", &v, 1), p, f;
    uint32_t variant = 9;
    size_t n = 9;
    EQUAL(shape.tag, TN_TAG_ENUM);
    STATUS(tn_enum_variant(&shape, &variant, &n), TN_OK);
    EQUAL(variant, 1);
    EQUAL(n, 2);
    STATUS(tn_enum_payload(&shape, 0, &p), TN_OK);
    EQUAL(p.tag, TN_TAG_RECORD);
    STATUS(tn_record_get(&p, 1, &f), TN_OK);
    CHECK(number(f) == 2.0);
    STATUS(tn_enum_payload(&shape, 1, &f), TN_OK);
    CHECK(number(f) == 3.0);
    STATUS(tn_enum_payload(&shape, 2, &f), TN_RANGE);
    tn_value_clear(&shape);
    {
        tn_value args[2];
        args[0] = p;
        args[1] = make_f64(10);
        shape = make(&s, "Shape", 1, args, 2);
        CHECK(number(call(&s, "area", &shape, 1)) == 13.0);
        tn_value_clear(&shape);
        STATUS(tn_enum_new(s.inst, type(&s, "Shape"), 1, args, 1, &shape, &err), TN_TYPE);
        CONTAINS(tn_error_message(err, NULL), "`Circle` of `Shape` has 2 fields, not 1");
        tn_error_free(err);
        STATUS(tn_enum_new(s.inst, type(&s, "Shape"), 3, NULL, 0, &shape, &err), TN_RANGE);
        CONTAINS(tn_error_message(err, NULL), "3 constructors");
        tn_error_free(err);
        args[1] = make_i64(10);
        STATUS(tn_enum_new(s.inst, type(&s, "Shape"), 1, args, 2, &shape, &err), TN_TYPE);
        CONTAINS(tn_error_message(err, NULL), "expected `f64`, found `i64`");
        tn_error_free(err);
        STATUS_ERR(tn_enum_new(s.inst, type(&s, "Point"), 0, NULL, 0, &shape, &err), TN_TYPE);
        STATUS_ERR(tn_enum_new(s.inst, type(&s, "Shape"), 1, NULL, 2, &shape, &err), TN_ARG);
    }
    tn_value_clear(&p);
    v = make_string(s.inst, "square");
    shape = call(&s, "poly", &v, 1);
    tn_value_clear(&v);
    STATUS(tn_enum_payload(&shape, 1, &v), TN_OK);
    TEXT(tn_string_data(&v, NULL), "square");
    tn_value_clear(&v);
    STATUS(tn_enum_payload(&shape, 0, &v), TN_OK);
    STATUS(tn_list_len(&v, &n), TN_OK);
    EQUAL(n, 1);
    tn_value_clear(&v);
    CHECK(number(call(&s, "area", &shape, 1)) == 7.0);
    tn_value_clear(&shape);
    shape = make(&s, "Shape", 0, NULL, 0);
    CHECK(number(call(&s, "area", &shape, 1)) == 0.0);
    tn_value_clear(&shape);
    tear_down(&s);
}

static void recursive(void) {
    Setup s = set_up(source);
    tn_value n = make_i64(5), t = call(&s, "tree", &n, 1), args[3], part, leaf, sum;
    uint32_t variant;
    size_t count;
    int i;
    STATUS(tn_enum_payload(&t, 0, &part), TN_OK);
    STATUS(tn_enum_variant(&part, &variant, &count), TN_OK);
    EQUAL(variant, 1);
    EQUAL(count, 3);
    args[0] = t;
    args[1] = make_i64(100);
    args[2] = part;
    sum = make(&s, "Tree", 1, args, 3); /* shares both */
    EQUAL(call_i64(&s, "sum", &sum, 1), 15 + 100 + 10);
    tn_value_clear(&t);
    tn_value_clear(&part);
    EQUAL(call_i64(&s, "sum", &sum, 1), 125);
    /* Deep, built and freed by the host: nothing recurses. */
    leaf = make(&s, "Tree", 0, NULL, 0);
    for (i = 0; i < 100000; ++i) {
        args[0] = sum;
        args[1] = make_i64(1);
        args[2] = leaf;
        part = make(&s, "Tree", 1, args, 3);
        tn_value_clear(&sum);
        sum = part;
    }
    tn_value_clear(&sum);
    tn_value_clear(&leaf);
    /* Expr: recursive through itself, a list and an option. */
    {
        tn_value one, neg, list, opt, all, got;
        tn_error* err = NULL;
        n = make_i64(4);
        one = make(&s, "Expr", 0, &n, 1);
        neg = make(&s, "Expr", 1, &one, 1);
        EQUAL(call_i64(&s, "value", &neg, 1), -4);
        STATUS_ERR(tn_list_new(s.inst, type(&s, "Expr"), 0, &list, &err), TN_OK);
        STATUS(tn_list_push(&list, &one), TN_OK);
        STATUS(tn_list_push(&list, &one), TN_OK);
        STATUS(tn_list_push(&list, &neg), TN_OK);
        STATUS_ERR(tn_option_new(s.inst, type(&s, "Expr?"), &neg, &opt, &err), TN_OK);
        args[0] = list;
        args[1] = opt;
        all = make(&s, "Expr", 2, args, 2);
        EQUAL(call_i64(&s, "value", &all, 1), 4 - 400);
        got = call(&s, "echo", &all, 1);
        EQUAL(call_i64(&s, "value", &got, 1), 4 - 400);
        tn_value_clear(&got);
        STATUS(tn_enum_payload(&all, 1, &got), TN_OK);
        STATUS(tn_enum_payload(&got, 0, &part), TN_OK);
        EQUAL(call_i64(&s, "value", &part, 1), -4);
        tn_value_clear(&part);
        tn_value_clear(&got);
        tn_value_clear(&all);
        tn_value_clear(&opt);
        tn_value_clear(&list);
        tn_value_clear(&neg);
        tn_value_clear(&one);
    }
    {
        tn_value link, next, args2[2], option;
        tn_error* err = NULL;
        int32_t some = 0;
        n = make_i64(6);
        link = call(&s, "links", &n, 1);
        EQUAL(call_i64(&s, "count", &link, 1), 6);
        STATUS(tn_record_get(&link, 1, &next), TN_OK);
        EQUAL(next.tag, TN_TAG_OPTION);
        STATUS(tn_option_get(&next, &some, &part), TN_OK);
        EQUAL(some, 1);
        EQUAL(call_i64(&s, "count", &part, 1), 5);
        STATUS_ERR(tn_option_new(s.inst, type(&s, "Link?"), &link, &option, &err), TN_OK);
        args2[0] = n;
        args2[1] = option;
        tn_value_clear(&link);
        STATUS_ERR(tn_record_new(s.inst, type(&s, "Link"), args2, 2, &link, &err), TN_OK);
        EQUAL(call_i64(&s, "count", &link, 1), 7);
        STATUS(tn_record_set(&link, 1, &next), TN_OK);
        EQUAL(call_i64(&s, "count", &link, 1), 6);
        tn_value_clear(&link);
        tn_value_clear(&option);
        tn_value_clear(&part);
        tn_value_clear(&next);
    }
    tear_down(&s);
}

static void results(void) {
    Setup s = set_up(source);
    tn_value v = make_string(s.inst, ""), r = call(&s, "parse", &v, 1), e;
    uint32_t variant;
    const tn_type* t;
    tn_error* err = NULL;
    TEXT(tn_type_name(tn_value_type(s.rt, &r), NULL), "Result[i64, String]");
    STATUS(tn_enum_variant(&r, &variant, NULL), TN_OK);
    EQUAL(variant, 1);
    STATUS(tn_enum_payload(&r, 0, &e), TN_OK);
    TEXT(tn_string_data(&e, NULL), "empty");
    EQUAL(call_i64(&s, "unwrap", &r, 1), -5);
    tn_value_clear(&r);
    tn_value_clear(&e);
    tn_value_clear(&v);
    v = make_i64(12);
    /* A type of the runtime is the module's own. */
    STATUS_ERR(tn_type_parse(s.rt, "Result[i64, String]", TN_NTS, &t, &err), TN_OK);
    STATUS_ERR(tn_enum_new(s.inst, t, 0, &v, 1, &r, &err), TN_OK);
    EQUAL(call_i64(&s, "unwrap", &r, 1), 12);
    tn_value_clear(&r);
    v = make_i64(-3);
    r = call(&s, "verdict", &v, 1);
    STATUS(tn_enum_variant(&r, &variant, NULL), TN_OK);
    EQUAL(variant, 1);
    STATUS(tn_enum_payload(&r, 0, &v), TN_OK);
    STATUS(tn_record_get(&v, 1, &e), TN_OK);
    EQUAL(e.as.i, -3);
    tn_value_clear(&v);
    tn_value_clear(&r);
    /* Options are enums. */
    STATUS_ERR(tn_enum_new(s.inst, type(&s, "i64?"), 1, &e, 1, &v, &err), TN_OK);
    EQUAL(v.tag, TN_TAG_OPTION);
    STATUS(tn_enum_variant(&v, &variant, NULL), TN_OK);
    EQUAL(variant, 1);
    STATUS(tn_enum_payload(&v, 0, &e), TN_OK);
    EQUAL(e.as.i, -3);
    tn_value_clear(&v);
    tear_down(&s);
}

static void nested(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value n = make_i64(3), tree = call(&s, "tree", &n, 1), shape, some, none, list, map, pair, all, key,
             f[2];
    STATUS_ERR(tn_option_new(s.inst, type(&s, "Tree?"), &tree, &some, &err), TN_OK);
    STATUS_ERR(tn_option_new(s.inst, type(&s, "Tree?"), NULL, &none, &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, type(&s, "Tree?"), 2, &list, &err), TN_OK);
    STATUS(tn_list_push(&list, &some), TN_OK);
    STATUS(tn_list_push(&list, &none), TN_OK);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "String"), type(&s, "List[Tree?]"), &map, &err), TN_OK);
    key = make_string(s.inst, "key");
    STATUS(tn_map_set(&map, &key, &list), TN_OK);
    n = make_f64(2);
    shape = call(&s, "circle", &n, 1);
    f[0] = shape;
    f[1] = map;
    STATUS_ERR(tn_record_new(s.inst, type(&s, "(Shape, Map[String, List[Tree?]])"), f, 2, &pair, &err),
               TN_OK);
    STATUS_ERR(tn_list_new(s.inst, type(&s, "(Shape, Map[String, List[Tree?]])"), 0, &all, &err), TN_OK);
    STATUS(tn_list_push(&all, &pair), TN_OK);
    STATUS(tn_list_push(&all, &pair), TN_OK);
    EQUAL(call_i64(&s, "deep", &all, 1), 2 * (5 + 3 + 6 + 1000));
    tn_value_clear(&tree);
    tn_value_clear(&shape);
    tn_value_clear(&some);
    tn_value_clear(&none);
    tn_value_clear(&list);
    tn_value_clear(&map);
    tn_value_clear(&pair);
    tn_value_clear(&key);
    EQUAL(call_i64(&s, "deep", &all, 1), 2 * (5 + 3 + 6 + 1000));
    tn_value_clear(&all);
    tear_down(&s);
}

static void ranges_and_slices(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value f[3], r, got, list, args[2];
    static double numbers[] = {1, 2, 3.5};
    tn_slot io[3];
    tn_function* fn;
    size_t n;
    f[0] = make_i64(2), f[1] = make_i64(9);
    TN_SET_BOOL(&f[2], 0);
    STATUS_ERR(tn_record_new(s.inst, type(&s, "Range[i64]"), f, 3, &r, &err), TN_OK);
    got = call(&s, "range", &r, 1);
    STATUS(tn_record_get(&got, 0, &f[0]), TN_OK);
    STATUS(tn_record_get(&got, 2, &f[2]), TN_OK);
    EQUAL(f[0].as.i, 35);
    EQUAL(f[2].as.u, 1);
    tn_value_clear(&r);
    tn_value_clear(&got);
    STATUS_ERR(tn_list_new(s.inst, type(&s, "f64"), 0, &list, &err), TN_OK);
    STATUS(tn_list_append(&list, TN_TAG_F64, numbers, 3), TN_OK);
    CHECK(number(call(&s, "total", &list, 1)) == 6.5);
    /* A mut Slice changes this list, and no copy of it. */
    STATUS(tn_value_copy(&list, &got), TN_OK);
    args[0] = list;
    args[1] = make_f64(2);
    fn = function(s.mod, "scale");
    EQUAL(tn_function_param_is_mut(fn, 0), 1);
    TEXT(tn_function_signature(fn, NULL), "fn(mut Slice[f64], f64)");
    STATUS_ERR(tn_call(s.inst, fn, args, 2, NULL, &err), TN_SIGNATURE);
    STATUS_ERR(tn_call_mut(s.inst, fn, args, 2, NULL, &err), TN_OK);
    CHECK(((const double*)tn_list_data(&list, NULL, &n))[2] == 7.0);
    CHECK(((const double*)tn_list_data(&got, NULL, &n))[2] == 3.5);
    tn_function_free(fn);
    /* Slots: the host's own memory. */
    STATUS_ERR(tn_module_function(s.mod, "scale", TN_NTS, "fn(mut Slice[f64], f64)", TN_NTS, &fn, &err),
               TN_OK);
    io[0].p = numbers, io[1].u = 3, io[2].f = 10;
    STATUS_ERR(tn_call_slots(s.inst, fn, io, 3, &err), TN_OK);
    CHECK(numbers[0] == 10 && numbers[2] == 35);
    io[0].p = NULL;
    STATUS_ERR(tn_call_slots(s.inst, fn, io, 3, &err), TN_ARG);
    STATUS_ERR(tn_call_slots(s.inst, fn, io, 2, &err), TN_ARG);
    tn_function_free(fn);
    {
        static unsigned char bools[] = {0, 1, 2};
        STATUS_ERR(tn_module_function(s.mod, "flip", TN_NTS, "fn(mut Slice[bool], i64)", TN_NTS, &fn, &err),
                   TN_OK);
        io[0].p = bools, io[1].u = 3, io[2].i = 1;
        STATUS_ERR(tn_call_slots(s.inst, fn, io, 3, &err), TN_RANGE);
        io[1].u = 2;
        STATUS_ERR(tn_call_slots(s.inst, fn, io, 3, &err), TN_OK);
        CHECK(bools[0] == 1 && bools[1] == 0 && bools[2] == 2);
        io[0].p = bools, io[1].u = 2, io[2].i = 0;
        STATUS_ERR(tn_call_slots(s.inst, fn, io, 3, &err), TN_TRAP_PANIC);
        tn_function_free(fn);
    }
    tn_value_clear(&got);
    tn_value_clear(&list);
    tear_down(&s);
}

static void mut_places(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value args[5], copy, n = make_f64(1), ret;
    uint32_t variant;
    int32_t some;
    size_t len;
    tn_function* fn = function(s.mod, "change");
    args[0] = call(&s, "circle", &n, 1);
    n = make_i64(2);
    args[1] = call(&s, "tree", &n, 1);
    STATUS_ERR(tn_option_new(s.inst, type(&s, "i64?"), &n, &args[2], &err), TN_OK);
    STATUS_ERR(tn_map_new(s.inst, type(&s, "String"), type(&s, "i64"), &args[3], &err), TN_OK);
    STATUS_ERR(tn_enum_new(s.inst, type(&s, "Result[i64, String]"), 0, &n, 1, &args[4], &err), TN_OK);
    STATUS(tn_value_copy(&args[3], &copy), TN_OK);
    STATUS_ERR(tn_call_mut(s.inst, fn, args, 5, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 7);
    STATUS(tn_enum_variant(&args[0], &variant, NULL), TN_OK);
    EQUAL(variant, 0);
    EQUAL(call_i64(&s, "sum", &args[1], 1), 7);
    STATUS(tn_option_get(&args[2], &some, NULL), TN_OK);
    EQUAL(some, 0);
    STATUS(tn_map_len(&args[3], &len), TN_OK);
    EQUAL(len, 1);
    STATUS(tn_map_len(&copy, &len), TN_OK);
    EQUAL(len, 0);
    STATUS(tn_enum_variant(&args[4], &variant, NULL), TN_OK);
    EQUAL(variant, 1);
    for (len = 0; len < 5; ++len) tn_value_clear(&args[len]);
    tn_value_clear(&copy);
    tn_function_free(fn);
    fn = function(s.mod, "never");
    TEXT(tn_function_signature(fn, NULL), "fn() -> !");
    STATUS_ERR(tn_call(s.inst, fn, NULL, 0, &ret, &err), TN_TRAP_PANIC);
    tn_function_free(fn);
    TN_SET_UNIT(&n);
    ret = call(&s, "nothing", &n, 1);
    EQUAL(ret.tag, TN_TAG_UNIT);
    tear_down(&s);
}

int main(void) {
    RUN(shapes);
    RUN(recursive);
    RUN(results);
    RUN(nested);
    RUN(ranges_and_slices);
    RUN(mut_places);
    return finish();
}
