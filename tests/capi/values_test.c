/* Section 6: values. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

static const char *const source =
    "record Point { x: f64, y: f64, name: String }\n"
    "record Line { a: Point, b: Point, id: u8 }\n"
    "fn point(x: f64) -> Point { Point { x: x, y: x + 1.0, name: f\"p{x}\" } }\n"
    "fn line(p: Point) -> Line { Line { a: p, b: point(9.0), id: 7 } }\n"
    "fn length(p: Point) -> f64 { p.x + p.y }\n"
    "fn points(n: i64) -> List[Point] { let xs: List[Point] = []; for i in 0..n { xs.push(point(i as f64)); "
    "} xs }\n"
    "fn names(ps: List[Point]) -> String { let s = \"\"; for p in ps { s += p.name; s += \";\"; } s }\n"
    "fn words(s: String) -> List[String] { s.split(\" \") }\n"
    "fn sum(xs: List[i64]) -> i64 { let t = 0; for x in xs { t += x; } t }\n"
    "fn nested(n: i64) -> List[List[i64]] { let xs: List[List[i64]] = []; for i in 0..n { xs.push([i, i * "
    "i]); } xs }\n"
    "fn bytes(s: Bytes) -> Bytes { s }\n"
    "fn shout(s: String) -> String { s.to_upper() }\n"
    "fn find(s: String, t: String) -> i64? { s.find(t) }\n"
    "fn maybe(n: i64) -> (i64, String)? { if n > 0 { Some((n, f\"{n}\")) } else { None } }\n"
    "fn unwrap(x: (i64, String)?) -> String { match x { Some((n, s)) => f\"{s}={n}\", None => \"none\" } }\n"
    "fn tuple(a: i8, b: f32, c: char, d: bool) -> (i8, f32, char, bool) { (a, b, c, d) }\n"
    "fn bits(xs: List[bool]) -> List[u8] { let out: List[u8] = []; for x in xs { out.push(x as u8); } out }\n"
    "fn deep(x: i64?"
    "?) -> i64 { match x { Some(Some(n)) => n, Some(None) => -1, None => -2 } }\n";

static void strings(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value v, copy, ret;
    size_t len = 0;
    const char *data;
    STATUS_ERR(tn_string_new(s.inst, "a\0\xc3\xa9", 4, &v, &err), TN_OK);
    data = tn_string_data(&v, &len);
    EQUAL(len, 4);
    CHECK(memcmp(data, "a\0\xc3\xa9", 5) == 0);
    STATUS(tn_value_copy(&v, &copy), TN_OK);
    tn_value_clear(&v);
    EQUAL(v.tag, TN_TAG_NONE);
    tn_value_clear(&v);
    CHECK(memcmp(tn_string_data(&copy, NULL), "a\0\xc3\xa9", 5) == 0);
    tn_value_clear(&copy);
    STATUS_ERR(tn_string_new(s.inst, NULL, 0, &v, &err), TN_OK);
    TEXT(tn_string_data(&v, &len), "");
    EQUAL(len, 0);
    tn_value_clear(&v);
    STATUS_ERR(tn_string_new(s.inst, NULL, 3, &v, &err), TN_ARG);
    STATUS_ERR(tn_string_new(s.inst, "x", (size_t)-2, &v, &err), TN_ARG);
    STATUS_ERR(tn_string_new(s.inst, "x", 1, NULL, &err), TN_ARG);
    STATUS(tn_string_new(s.inst, "ab\xf0\x9f\x98", 5, &v, &err), TN_UTF8);
    CONTAINS(tn_error_message(err, NULL), "offset 2");
    tn_error_free(err);
    v = make_string(s.inst, "quiet");
    STATUS_ERR(call_by_name(&s, "shout", &v, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "QUIET");
    CHECK(tn_bytes_data(&ret, &len) == NULL);
    tn_value_clear(&ret);
    tn_value_clear(&v);
    STATUS_ERR(tn_bytes_new(s.inst, "\xff\x00\x01", 3, &v, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "bytes", &v, 1, &ret, &err), TN_OK);
    CHECK(memcmp(tn_bytes_data(&ret, &len), "\xff\x00\x01", 3) == 0 && len == 3);
    CHECK(tn_string_data(&ret, NULL) == NULL);
    STATUS_ERR(call_by_name(&s, "shout", &v, 1, NULL, &err), TN_TYPE);
    tn_value_clear(&ret);
    tn_value_clear(&v);
    tear_down(&s);
}

static void bad_utf8(void) {
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "\xff",
                                      "\xc3\x28"};
    static const char *const good[] = {"",
                                       "plain ascii, long enough for words",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "12345678\xc3\xa9"
                                       "12345678"};
    size_t i, at;
    char text[64];
    for (i = 0; i < sizeof bad / sizeof *bad; ++i) {
        CHECK(!tn_text_check(bad[i], TN_NTS, &at));
        EQUAL(at, 0);
        strcpy(text, "0123456789");
        strcat(text, bad[i]);
        CHECK(!tn_text_check(text, TN_NTS, &at));
        EQUAL(at, 10);
    }
    for (i = 0; i < sizeof good / sizeof *good; ++i) CHECK(tn_text_check(good[i], TN_NTS, NULL));
    CHECK(tn_text_check(NULL, 0, NULL));
    CHECK(!tn_text_check(NULL, 1, NULL));
}

static void numbers(void) {
    tn_value v;
    int64_t i;
    uint64_t u;
    double d;
    int32_t b;
    TN_SET_U64(&v, UINT64_MAX);
    STATUS(tn_value_get_i64(&v, &i), TN_RANGE);
    EQUAL(i, 0);
    STATUS(tn_value_get_u64(&v, &u), TN_OK);
    TN_SET_I64(&v, -1);
    STATUS(tn_value_get_u64(&v, &u), TN_RANGE);
    STATUS(tn_value_get_i64(&v, &i), TN_OK);
    EQUAL(i, -1);
    STATUS(tn_value_get_f64(&v, &d), TN_TYPE);
    STATUS(tn_value_get_bool(&v, &b), TN_TYPE);
    TN_SET_BOOL(&v, 5);
    STATUS(tn_value_get_bool(&v, &b), TN_OK);
    EQUAL(b, 1);
    STATUS(tn_value_get_i64(&v, &i), TN_TYPE);
    STATUS(tn_value_get_i64(NULL, &i), TN_ARG);
    STATUS(tn_value_get_i64(&v, NULL), TN_ARG);
    STATUS(tn_value_copy(NULL, &v), TN_ARG);
    EQUAL(v.tag, TN_TAG_NONE);
    TN_SET_F64(&v, 2.5);
    STATUS(tn_value_copy(&v, &v), TN_OK);
    CHECK(v.as.f == 2.5);
    v.tag = 14;
    STATUS(tn_value_copy(&v, &v), TN_TYPE);
    tn_value_clear(NULL);
}

static void lists(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    const tn_type *t;
    tn_value list, copy, v, ret;
    tn_tag elem;
    size_t n, i;
    int64_t numbers[1000];
    const int64_t *data;
    STATUS_ERR(tn_type_parse(s.rt, "i64", TN_NTS, &t, &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, t, 0, &list, &err), TN_OK);
    for (i = 0; i < 1000; ++i) {
        v = make_i64((int64_t)i);
        STATUS(tn_list_push(&list, &v), TN_OK);
        numbers[i] = 1;
    }
    STATUS(tn_value_copy(&list, &copy), TN_OK);
    STATUS(tn_list_append(&list, TN_TAG_I64, numbers, 1000), TN_OK);
    STATUS(tn_list_len(&list, &n), TN_OK);
    EQUAL(n, 2000);
    STATUS(tn_list_len(&copy, &n), TN_OK);
    EQUAL(n, 1000);
    EQUAL(call_i64(&s, "sum", &list, 1), 1000 * 999 / 2 + 1000);
    v = make_i64(-5);
    STATUS(tn_list_set(&copy, 3, &v), TN_OK);
    STATUS(tn_list_get(&copy, 3, &ret), TN_OK);
    EQUAL(ret.as.i, -5);
    data = tn_list_data(&list, &elem, &n);
    EQUAL(elem, TN_TAG_I64);
    EQUAL(n, 2000);
    EQUAL(data[3], 3);
    STATUS(tn_list_get(&list, 2000, &ret), TN_RANGE);
    STATUS(tn_list_get(&list, (size_t)-1, &ret), TN_RANGE);
    STATUS(tn_list_set(&list, 2000, &v), TN_RANGE);
    v = make_f64(1);
    STATUS(tn_list_push(&list, &v), TN_TYPE);
    STATUS(tn_list_push(&list, &list), TN_TYPE);
    STATUS(tn_list_append(&list, TN_TAG_F64, numbers, 1), TN_TYPE);
    STATUS(tn_list_append(&list, TN_TAG_I64, NULL, 1), TN_ARG);
    STATUS(tn_list_append(&list, TN_TAG_I64, numbers, (size_t)-1), TN_TRAP_MEMORY_LIMIT);
    STATUS(tn_list_len(&v, &n), TN_TYPE);
    STATUS_ERR(tn_list_new(s.inst, t, (size_t)-1, &v, &err), TN_RANGE);
    STATUS_ERR(tn_list_new(s.inst, t, (size_t)1 << 40, &v, &err), TN_TRAP_MEMORY_LIMIT);
    STATUS_ERR(tn_list_new(s.inst, NULL, 0, &v, &err), TN_ARG);
    STATUS_ERR(tn_list_new(s.inst, (const tn_type *)s.inst, 0, &v, &err), TN_HANDLE);
    tn_value_clear(&list);
    STATUS(tn_list_len(&list, &n), TN_TYPE);
    tn_value_clear(&copy);
    /* Scalars that are not all bit patterns. */
    STATUS_ERR(tn_type_parse(s.rt, "bool", TN_NTS, &t, &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, t, 0, &list, &err), TN_OK);
    STATUS(tn_list_append(&list, TN_TAG_BOOL, "\1\0\1", 3), TN_OK);
    STATUS(tn_list_append(&list, TN_TAG_BOOL, "\1\2\1", 3), TN_RANGE);
    STATUS_ERR(call_by_name(&s, "bits", &list, 1, &ret, &err), TN_OK);
    CHECK(memcmp(tn_list_data(&ret, &elem, &n), "\1\0\1", 3) == 0 && n == 3 && elem == TN_TAG_U8);
    tn_value_clear(&ret);
    tn_value_clear(&list);
    tear_down(&s);
}

static void lists_of_references(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value text, ret, v, inner;
    size_t n, i;
    text = make_string(s.inst, "to be or not");
    STATUS_ERR(call_by_name(&s, "words", &text, 1, &ret, &err), TN_OK);
    tn_value_clear(&text);
    STATUS(tn_list_len(&ret, &n), TN_OK);
    EQUAL(n, 4);
    STATUS(tn_list_get(&ret, 3, &v), TN_OK);
    TEXT(tn_string_data(&v, NULL), "not");
    CHECK(tn_list_data(&ret, NULL, NULL) == NULL);
    STATUS(tn_list_set(&ret, 0, &v), TN_OK);
    tn_value_clear(&v);
    STATUS(tn_list_get(&ret, 0, &v), TN_OK);
    TEXT(tn_string_data(&v, NULL), "not");
    tn_value_clear(&ret);
    TEXT(tn_string_data(&v, NULL), "not");
    tn_value_clear(&v);
    v = make_i64(100);
    STATUS_ERR(call_by_name(&s, "nested", &v, 1, &ret, &err), TN_OK);
    for (i = 0; i < 100; ++i) {
        STATUS(tn_list_get(&ret, i, &inner), TN_OK);
        v = make_i64(1);
        STATUS(tn_list_push(&inner, &v), TN_OK); /* a copy: the outer list keeps what it had */
        tn_value_clear(&inner);
        STATUS(tn_list_get(&ret, i, &inner), TN_OK);
        EQUAL(call_i64(&s, "sum", &inner, 1), (int64_t)(i + i * i));
        tn_value_clear(&inner);
    }
    tn_value_clear(&ret);
    tear_down(&s);
}

static void records(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value x = make_f64(1.5), p, q, line, field, fields[3], list;
    const tn_type *t;
    tn_function *f;
    size_t n;
    STATUS_ERR(call_by_name(&s, "point", &x, 1, &p, &err), TN_OK);
    EQUAL(p.tag, TN_TAG_RECORD);
    STATUS(tn_record_get(&p, 1, &field), TN_OK);
    CHECK(field.as.f == 2.5);
    STATUS(tn_record_get(&p, 2, &field), TN_OK);
    TEXT(tn_string_data(&field, NULL), "p1.5");
    tn_value_clear(&field);
    STATUS(tn_record_get(&p, 3, &field), TN_RANGE);
    t = tn_value_type(s.rt, &p);
    TEXT(tn_type_name(t, NULL), "Point");
    TEXT(tn_type_child_name(t, 2, NULL), "name");
    STATUS(tn_value_copy(&p, &q), TN_OK);
    x = make_f64(10);
    STATUS(tn_record_set(&q, 0, &x), TN_OK);
    STATUS(tn_record_set(&q, 2, &x), TN_TYPE);
    STATUS(tn_record_get(&p, 0, &field), TN_OK);
    CHECK(field.as.f == 1.5);
    STATUS_ERR(call_by_name(&s, "length", &q, 1, &field, &err), TN_OK);
    CHECK(field.as.f == 12.5);
    STATUS_ERR(call_by_name(&s, "line", &q, 1, &line, &err), TN_OK);
    STATUS(tn_record_get(&line, 2, &field), TN_OK);
    CHECK(field.tag == TN_TAG_U8 && field.as.u == 7);
    STATUS(tn_record_set(&line, 1, &q), TN_OK);
    STATUS(tn_record_get(&line, 1, &field), TN_OK);
    STATUS_ERR(call_by_name(&s, "length", &field, 1, &x, &err), TN_OK);
    CHECK(x.as.f == 12.5);
    tn_value_clear(&field);
    tn_value_clear(&line);
    tn_value_clear(&q);
    fields[0] = make_f64(1);
    fields[1] = make_f64(2);
    fields[2] = make_string(s.inst, "made here");
    STATUS_ERR(tn_record_new(s.inst, t, fields, 3, &q, &err), TN_OK);
    STATUS_ERR(tn_record_new(s.inst, t, fields, 2, &field, &err), TN_TYPE);
    STATUS_ERR(tn_record_new(s.inst, t, NULL, 3, &field, &err), TN_ARG);
    STATUS_ERR(tn_record_new(s.inst, tn_type_child(t, 0), fields, 3, &field, &err), TN_TYPE);
    fields[0] = make_i64(1);
    STATUS(tn_record_new(s.inst, t, fields, 3, &field, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "field `x` of `Point`");
    tn_error_free(err);
    tn_value_clear(&fields[2]);
    /* Records in a list. */
    x = make_i64(3);
    STATUS_ERR(call_by_name(&s, "points", &x, 1, &list, &err), TN_OK);
    STATUS(tn_list_push(&list, &q), TN_OK);
    STATUS(tn_list_set(&list, 1, &q), TN_OK);
    STATUS(tn_list_len(&list, &n), TN_OK);
    EQUAL(n, 4);
    STATUS_ERR(call_by_name(&s, "names", &list, 1, &field, &err), TN_OK);
    TEXT(tn_string_data(&field, NULL), "p0.0;made here;p2.0;made here;");
    tn_value_clear(&field);
    STATUS(tn_list_get(&list, 0, &field), TN_OK);
    EQUAL(field.tag, TN_TAG_RECORD);
    tn_value_clear(&field);
    tn_value_clear(&list);
    f = function(s.mod, "names");
    STATUS_ERR(tn_list_new(s.inst, tn_type_child(tn_function_param_type(f, 0), 0), 10, &list, &err), TN_OK);
    tn_function_free(f);
    for (n = 0; n < 100; ++n) STATUS(tn_list_push(&list, &p), TN_OK);
    tn_value_clear(&list);
    tn_value_clear(&p);
    tn_value_clear(&q);
    tear_down(&s);
}

static void options_and_tuples(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    const tn_type *t;
    tn_value args[4], ret, v, inner;
    int32_t some = 7;
    args[0] = make_string(s.inst, "hello");
    args[1] = make_string(s.inst, "llo");
    STATUS_ERR(call_by_name(&s, "find", args, 2, &ret, &err), TN_OK);
    STATUS(tn_option_get(&ret, &some, &v), TN_OK);
    CHECK(some == 1 && v.tag == TN_TAG_I64 && v.as.i == 2);
    tn_value_clear(&ret);
    STATUS_ERR(call_by_name(&s, "find", &args[1], 1, &ret, &err), TN_SIGNATURE);
    tn_value_clear(&args[1]);
    args[1] = make_string(s.inst, "z");
    STATUS_ERR(call_by_name(&s, "find", args, 2, &ret, &err), TN_OK);
    STATUS(tn_option_get(&ret, &some, NULL), TN_OK);
    EQUAL(some, 0);
    tn_value_clear(&ret);
    tn_value_clear(&args[0]);
    tn_value_clear(&args[1]);
    args[0] = make_i64(5);
    STATUS_ERR(call_by_name(&s, "maybe", args, 1, &ret, &err), TN_OK);
    STATUS(tn_option_get(&ret, &some, &v), TN_OK);
    EQUAL(v.tag, TN_TAG_TUPLE);
    STATUS(tn_record_get(&v, 1, &inner), TN_OK);
    TEXT(tn_string_data(&inner, NULL), "5");
    tn_value_clear(&inner);
    STATUS_ERR(call_by_name(&s, "unwrap", &ret, 1, &inner, &err), TN_OK);
    TEXT(tn_string_data(&inner, NULL), "5=5");
    tn_value_clear(&inner);
    STATUS_ERR(call_by_name(&s, "unwrap", &v, 1, &inner, &err), TN_TYPE);
    tn_value_clear(&ret);
    STATUS_ERR(tn_type_parse(s.rt, "Option[(i64, String)]", TN_NTS, &t, &err), TN_OK);
    STATUS_ERR(tn_option_new(s.inst, t, &v, &ret, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "unwrap", &ret, 1, &inner, &err), TN_OK);
    TEXT(tn_string_data(&inner, NULL), "5=5");
    tn_value_clear(&inner);
    tn_value_clear(&ret);
    STATUS_ERR(tn_option_new(s.inst, t, NULL, &ret, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "unwrap", &ret, 1, &inner, &err), TN_OK);
    TEXT(tn_string_data(&inner, NULL), "none");
    tn_value_clear(&inner);
    STATUS_ERR(tn_option_new(s.inst, t, &args[0], &inner, &err), TN_TYPE);
    tn_value_clear(&ret);
    tn_value_clear(&v);
    TN_SET_INT(&args[0], TN_TAG_I8, -8);
    TN_SET_FLOAT(&args[1], TN_TAG_F32, 0.5);
    TN_SET_UINT(&args[2], TN_TAG_CHAR, 0x1f600);
    TN_SET_BOOL(&args[3], 1);
    STATUS_ERR(call_by_name(&s, "tuple", args, 4, &ret, &err), TN_OK);
    STATUS(tn_record_get(&ret, 0, &v), TN_OK);
    CHECK(v.tag == TN_TAG_I8 && v.as.i == -8);
    STATUS(tn_record_get(&ret, 1, &v), TN_OK);
    CHECK(v.tag == TN_TAG_F32 && v.as.f == 0.5);
    STATUS(tn_record_get(&ret, 2, &v), TN_OK);
    CHECK(v.tag == TN_TAG_CHAR && v.as.u == 0x1f600);
    STATUS(tn_record_get(&ret, 3, &v), TN_OK);
    CHECK(v.tag == TN_TAG_BOOL && v.as.u == 1);
    tn_value_clear(&ret);
    STATUS_ERR(tn_type_parse(s.rt, "Option[i64?]", TN_NTS, &t, &err), TN_OK);
    v = make_i64(3);
    STATUS_ERR(tn_option_new(s.inst, tn_type_child(t, 0), &v, &inner, &err), TN_OK);
    STATUS_ERR(tn_option_new(s.inst, t, &inner, &ret, &err), TN_OK);
    EQUAL(call_i64(&s, "deep", &ret, 1), 3);
    tn_value_clear(&ret);
    tn_value_clear(&inner);
    STATUS_ERR(tn_option_new(s.inst, t, NULL, &ret, &err), TN_OK);
    EQUAL(call_i64(&s, "deep", &ret, 1), -2);
    STATUS(tn_option_get(&ret, NULL, &v), TN_ARG);
    tn_value_clear(&ret);
    tear_down(&s);
}

static void foreign_values(void) {
    Setup s = set_up(source), t = set_up(source);
    tn_instance *sibling = instance(s.mod);
    tn_error *err = NULL;
    tn_value text = make_string(t.inst, "from elsewhere"), list, ret, n = make_i64(2), out;
    STATUS_ERR(call_by_name(&s, "shout", &text, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "FROM ELSEWHERE");
    tn_value_clear(&ret);
    STATUS_ERR(call_by_name(&t, "points", &n, 1, &list, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "names", &list, 1, &ret, &err), TN_TYPE);
    tn_value_clear(&list);
    STATUS_ERR(call_by_name(&s, "points", &n, 1, &list, &err), TN_OK);
    {
        tn_function *names = function(s.mod, "names");
        STATUS(tn_call(sibling, names, &list, 1, &ret, &err), TN_TYPE);
        CONTAINS(tn_error_message(err, NULL), "another instance");
        tn_error_free(err);
        tn_function_free(names);
    }
    tn_value_clear(&list);
    /* A text of another instance goes into a list by copy. */
    n = make_string(s.inst, "a b");
    STATUS_ERR(call_by_name(&s, "words", &n, 1, &list, &err), TN_OK);
    STATUS(tn_list_push(&list, &text), TN_OK);
    tn_value_clear(&text);
    STATUS(tn_list_get(&list, 2, &out), TN_OK);
    TEXT(tn_string_data(&out, NULL), "from elsewhere");
    tn_value_clear(&out);
    tn_value_clear(&n);
    tn_value_clear(&list);
    tn_instance_free(sibling);
    tear_down(&s);
    tear_down(&t);
}

static void dead_values(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value v = make_string(s.inst, "x"), alias = v, ret;
    size_t n;
    tn_value_clear(&v);
    CHECK(tn_string_data(&alias, &n) == NULL);
    STATUS(tn_value_copy(&alias, &ret), TN_HANDLE);
    STATUS_ERR(call_by_name(&s, "shout", &alias, 1, &ret, &err), TN_HANDLE);
    CHECK(tn_value_type(s.rt, &alias) == NULL);
    tn_value_clear(&alias);
    alias.tag = TN_TAG_STRING;
    alias.aux = 1;
    alias.as.p = &s;
    CHECK(tn_string_data(&alias, &n) == NULL);
    alias.as.p = s.inst;
    CHECK(tn_string_data(&alias, &n) == NULL);
    alias.as.p = NULL;
    CHECK(tn_string_data(&alias, &n) == NULL);
    tn_value_clear(&alias);
    v = make_string(s.inst, "y");
    v.tag = TN_TAG_LIST;
    STATUS(tn_list_len(&v, &n), TN_HANDLE);
    v.tag = TN_TAG_STRING;
    tn_value_clear(&v);
    tear_down(&s);
}

static void globals(void) {
    Setup s = set_up("var hits: i64 = 3;\nvar names: List[String] = [\"a\"];\nconst LIMIT: i64 = 10 * 60;\n"
                     "var pair: (String, i64) = (\"x\", 1);\n"
                     "fn hit() -> i64 { hits += 1; hits }\nfn count() -> i64 { names.len() }\n");
    tn_error *err = NULL;
    tn_value v, text;
    EQUAL(call_i64(&s, "hit", NULL, 0), 4);
    STATUS_ERR(tn_instance_get_global(s.inst, "hits", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 4);
    v = make_i64(100);
    STATUS_ERR(tn_instance_set_global(s.inst, "hits", TN_NTS, &v, &err), TN_OK);
    EQUAL(call_i64(&s, "hit", NULL, 0), 101);
    STATUS_ERR(tn_instance_get_global(s.inst, "LIMIT", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 600);
    STATUS_ERR(tn_instance_set_global(s.inst, "LIMIT", TN_NTS, &v, &err), TN_STATE);
    STATUS_ERR(tn_instance_get_global(s.inst, "nothing", TN_NTS, &v, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_instance_set_global(s.inst, "names", TN_NTS, &v, &err), TN_TYPE);
    STATUS_ERR(tn_instance_get_global(s.inst, "names", TN_NTS, &v, &err), TN_OK);
    text = make_string(s.inst, "b");
    STATUS(tn_list_push(&v, &text), TN_OK);
    EQUAL(call_i64(&s, "count", NULL, 0), 1);
    STATUS_ERR(tn_instance_set_global(s.inst, "names", TN_NTS, &v, &err), TN_OK);
    EQUAL(call_i64(&s, "count", NULL, 0), 2);
    tn_value_clear(&v);
    EQUAL(call_i64(&s, "count", NULL, 0), 2);
    STATUS_ERR(tn_instance_get_global(s.inst, "pair", TN_NTS, &v, &err), TN_OK);
    STATUS(tn_record_set(&v, 0, &text), TN_OK);
    STATUS_ERR(tn_instance_set_global(s.inst, "pair", TN_NTS, &v, &err), TN_OK);
    tn_value_clear(&v);
    tn_value_clear(&text);
    tear_down(&s);
}

static void memory_is_given_back(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value n = make_i64(1000), list, element;
    uint64_t before = tn_instance_memory_used(s.inst);
    size_t i;
    STATUS_ERR(call_by_name(&s, "points", &n, 1, &list, &err), TN_OK);
    CHECK(tn_instance_memory_used(s.inst) > before);
    for (i = 0; i < 1000; ++i) {
        STATUS(tn_list_get(&list, i, &element), TN_OK);
        STATUS(tn_list_set(&list, 999 - i, &element), TN_OK);
        tn_value_clear(&element);
    }
    tn_value_clear(&list);
    EQUAL(tn_instance_memory_used(s.inst), before);
    /* A list at the limit stays as it is when it cannot grow. */
    STATUS_ERR(call_by_name(&s, "nested", &n, 1, &list, &err), TN_OK);
    STATUS(tn_instance_set_memory_limit(s.inst, tn_instance_memory_used(s.inst)), TN_OK);
    STATUS(tn_list_get(&list, 0, &element), TN_OK);
    for (i = 0; i < 10000; ++i) {
        tn_status status = tn_list_push(&list, &element);
        if (status == TN_TRAP_MEMORY_LIMIT) break;
        STATUS(status, TN_OK);
    }
    CHECK(i < 10000);
    {
        size_t len;
        STATUS(tn_list_len(&list, &len), TN_OK);
        EQUAL(len, 1000 + i);
    }
    STATUS_ERR(tn_string_new(s.inst, "no room for this one, it is long enough", TN_NTS, &n, &err),
               TN_TRAP_MEMORY_LIMIT);
    tn_value_clear(&element);
    tn_value_clear(&list);
    STATUS_ERR(tn_string_new(s.inst, "now there is room again", TN_NTS, &n, &err), TN_OK);
    tn_value_clear(&n);
    EQUAL(tn_instance_memory_used(s.inst), before);
    tear_down(&s);
}

int main(void) {
    RUN(strings);
    RUN(bad_utf8);
    RUN(numbers);
    RUN(lists);
    RUN(lists_of_references);
    RUN(records);
    RUN(options_and_tuples);
    RUN(foreign_values);
    RUN(dead_values);
    RUN(globals);
    RUN(memory_is_given_back);
    return finish();
}
