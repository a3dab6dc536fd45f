/* Section 7: types. */
#include "check.h"

#include <string.h>

static const tn_type *parse(tn_runtime *rt, const char *text) {
    const tn_type *t = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_type_parse(rt, text, TN_NTS, &t, &err), TN_OK);
    return t;
}

static void parsing(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    const tn_type *t = NULL;
    static char deep[40001];
    EQUAL(tn_type_kind(parse(rt, "i64")), TN_TAG_I64);
    EQUAL(tn_type_kind(parse(rt, "()")), TN_TAG_UNIT);
    EQUAL(tn_type_kind(parse(rt, "String")), TN_TAG_STRING);
    TEXT(tn_type_name(parse(rt, " List[ Option[ ( u8,Bytes ) ] ] "), NULL), "List[(u8, Bytes)?]");
    CHECK(parse(rt, "i64?") == parse(rt, "Option[i64]"));
    STATUS_ERR(tn_type_parse(rt, "Point", TN_NTS, &t, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_type_parse(rt, "List[", TN_NTS, &t, &err), TN_SIGNATURE);
    STATUS_ERR(tn_type_parse(rt, "", TN_NTS, &t, &err), TN_SIGNATURE);
    STATUS_ERR(tn_type_parse(rt, "i64 i64", TN_NTS, &t, &err), TN_SIGNATURE);
    STATUS_ERR(tn_type_parse(rt, "\xff", TN_NTS, &t, &err), TN_UTF8);
    STATUS_ERR(tn_type_parse(rt, NULL, 3, &t, &err), TN_ARG);
    STATUS_ERR(tn_type_parse(rt, "i64", TN_NTS, NULL, &err), TN_ARG);
    STATUS_ERR(tn_type_parse(NULL, "i64", TN_NTS, &t, &err), TN_ARG);
    memset(deep, '(', 40000);
    STATUS_ERR(tn_type_parse(rt, deep, TN_NTS, &t, &err), TN_SIGNATURE);
    t = parse(rt, "i64");
    tn_runtime_free(rt);
    EQUAL(tn_type_kind(t), TN_TAG_NONE);
    CHECK(tn_type_name(t, NULL) == NULL);
}

static void parts(void) {
    tn_runtime *rt = new_runtime();
    const tn_type *t = parse(rt, "(i64, List[String], bool?)");
    EQUAL(tn_type_kind(t), TN_TAG_TUPLE);
    EQUAL(tn_type_child_count(t), 3);
    EQUAL(tn_type_kind(tn_type_child(t, 1)), TN_TAG_LIST);
    EQUAL(tn_type_kind(tn_type_child(tn_type_child(t, 1), 0)), TN_TAG_STRING);
    EQUAL(tn_type_kind(tn_type_child(t, 2)), TN_TAG_OPTION);
    TEXT(tn_type_child_name(t, 2, NULL), "2");
    CHECK(tn_type_child(t, 3) == NULL);
    CHECK(tn_type_child_name(t, 3, NULL) == NULL);
    CHECK(tn_type_child(NULL, 0) == NULL);
    EQUAL(tn_type_child_count((const tn_type *)rt), 0);
    tn_runtime_free(rt);
}

static void equality(void) {
    const char *source =
        "record P { x: i64 }\nfn f(p: P, xs: List[i64]) -> P { p }\nfn g(ps: List[P]) -> P { ps[0] }\n";
    Setup a = set_up(source), b = set_up(source);
    tn_function *fa = function(a.mod, "f"), *fb = function(b.mod, "f"), *ga = function(a.mod, "g");
    const tn_type *pa = tn_function_param_type(fa, 0), *pb = tn_function_param_type(fb, 0);
    CHECK(tn_type_equal(pa, tn_function_return_type(fa)));
    CHECK(tn_type_equal(pa, tn_type_child(tn_function_param_type(ga, 0), 0)));
    CHECK(!tn_type_equal(pa, pb));
    CHECK(tn_type_equal(tn_function_param_type(fa, 1), tn_function_param_type(fb, 1)));
    CHECK(tn_type_equal(tn_function_param_type(fa, 1), parse(a.rt, "List[i64]")));
    CHECK(!tn_type_equal(tn_function_param_type(fa, 1), parse(a.rt, "List[i32]")));
    CHECK(!tn_type_equal(pa, NULL));
    tn_function_free(fa);
    tn_function_free(fb);
    tn_function_free(ga);
    tear_down(&a);
    tear_down(&b);
}

static void of_values(void) {
    Setup s = set_up("fn f() {}");
    tn_value v = make_i64(1);
    CHECK(tn_value_type(s.rt, &v) == parse(s.rt, "i64"));
    TN_SET_UNIT(&v);
    CHECK(tn_value_type(s.rt, &v) == parse(s.rt, "()"));
    TN_SET_NONE(&v);
    CHECK(tn_value_type(s.rt, &v) == NULL);
    CHECK(tn_value_type(NULL, &v) == NULL);
    CHECK(tn_value_type(s.rt, NULL) == NULL);
    tear_down(&s);
}

int main(void) {
    RUN(parsing);
    RUN(parts);
    RUN(equality);
    RUN(of_values);
    return finish();
}
