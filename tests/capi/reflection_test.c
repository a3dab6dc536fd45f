/* What a module declares, all the way: a stub of it in another language, by nothing but the C API. */
#include "check.h"

#include <stdio.h>
#include <string.h>

static const char* const source = "/// A place on the plane.\n"
                                  "pub record Point {\n"
                                  "    /// To the right.\n"
                                  "    x: f64,\n"
                                  "    y: f64,\n"
                                  "}\n"
                                  "/// What can be drawn.\n"
                                  "/// In two lines.\n"
                                  "enum Shape {\n"
                                  "    /// Nothing.\n"
                                  "    Empty,\n"
                                  "    Circle(Point, f64),\n"
                                  "    Poly {\n"
                                  "        /// All corners.\n"
                                  "        points: List[Point], closed: bool },\n"
                                  "}\n"
                                  "record Pair[A, B] { a: A, b: B }\n"
                                  "/// How many at most.\n"
                                  "const MAX: i64 = 10;\n"
                                  "var shapes: Map[String, List[Shape?]] = Map.new();\n"
                                  "/// Draws.\n"
                                  "pub fn draw(all: List[Shape], mut seen: Set[String], by: fn(Shape, i64) "
                                  "-> Result[Point, String]) -> (i64, Point)? "
                                  "{ None }\n"
                                  "fn scale(xs: mut Slice[f32], r: Range[i64], p: Pair[i8, char]) { }\n"
                                  "fn stop(code: u8) -> ! { panic(\"stop\") }\n"
                                  "fn identity[T](x: T) -> T { x }\n";

static char out[8192];
static size_t at;
static void put(const char* text) {
    size_t n = text ? strlen(text) : 0;
    if (at + n + 1 < sizeof out) memcpy(out + at, text ? text : "", n + 1), at += n;
}

/* A type as a Python annotation would have it. */
static void put_type(const tn_type* t) {
    size_t i;
    switch (tn_type_kind(t)) {
    case TN_TAG_UNIT: put(strcmp(tn_type_name(t, NULL), "!") == 0 ? "NoReturn" : "None"); break;
    case TN_TAG_BOOL: put("bool"); break;
    case TN_TAG_F32:
    case TN_TAG_F64: put("float"); break;
    case TN_TAG_STRING:
    case TN_TAG_CHAR: put("str"); break;
    case TN_TAG_LIST:
    case TN_TAG_SET:
    case TN_TAG_MAP:
    case TN_TAG_TUPLE:
        put(tn_type_kind(t) == TN_TAG_LIST  ? "list["
            : tn_type_kind(t) == TN_TAG_SET ? "set["
            : tn_type_kind(t) == TN_TAG_MAP ? "dict["
                                            : "tuple[");
        for (i = 0; i < tn_type_child_count(t); ++i) {
            if (i) put(", ");
            put_type(tn_type_child(t, i));
        }
        put("]");
        break;
    case TN_TAG_OPTION:
        put_type(tn_type_child(t, 0));
        put(" | None");
        break;
    case TN_TAG_FUNCTION:
        put("Callable[[");
        for (i = 0; i + 1 < tn_type_child_count(t); ++i) {
            if (i) put(", ");
            put_type(tn_type_child(t, i));
        }
        put("], ");
        put_type(tn_type_child(t, tn_type_child_count(t) - 1));
        put("]");
        break;
    case TN_TAG_RECORD:
    case TN_TAG_ENUM: put(tn_type_name(t, NULL)); break;
    case TN_TAG_NONE: put("memoryview"); break;
    default: put("int"); break;
    }
}

static void put_doc(const char* indent, const char* doc) {
    if (!doc || !*doc) return;
    put(indent);
    put("# ");
    for (; *doc; ++doc) {
        char c[2] = {0, 0};
        c[0] = *doc;
        if (*doc == '\n') {
            put("\n");
            put(indent);
            put("# ");
        } else {
            put(c);
        }
    }
    put("\n");
}

static void put_fields(const tn_type* t, size_t first, size_t count, const char* indent) {
    size_t i;
    for (i = first; i < first + count; ++i) {
        const char* name = tn_type_child_name(t, i, NULL);
        put_doc(indent, tn_type_child_doc(t, i, NULL));
        put(indent);
        put(*name >= '0' && *name <= '9' ? "_" : "");
        put(name);
        put(": ");
        put_type(tn_type_child(t, i));
        put("\n");
    }
}

static const char* const expected =
    "# A place on the plane.\n"
    "class Point:\n"
    "    # To the right.\n"
    "    x: float\n"
    "    y: float\n"
    "# What can be drawn.\n"
    "# In two lines.\n"
    "class Shape:\n"
    "    # Nothing.\n"
    "    class Empty: # by position\n"
    "    class Circle: # by position\n"
    "        _0: Point\n"
    "        _1: float\n"
    "    class Poly: # by name\n"
    "        # All corners.\n"
    "        points: list[Point]\n"
    "        closed: bool\n"
    "# How many at most.\n"
    "MAX: Final[int]\n"
    "shapes: dict[str, list[Shape | None]]\n"
    "# Draws.\n"
    "def draw(all: list[Shape], seen: inout[set[str]], by: Callable[[Shape, int], Result[Point, String]]) -> "
    "tuple[int, "
    "Point] | None: ...\n"
    "def scale(xs: inout[memoryview], r: Range[i64], p: Pair[i8, char]) -> None: ...\n"
    "def stop(code: int) -> NoReturn: ...\n";

static void stub(void) {
    Setup s = set_up(source);
    size_t i, v;
    uint32_t p;
    for (i = 0; i < tn_module_type_count(s.mod); ++i) {
        const tn_type* t = tn_module_type_at(s.mod, i);
        put_doc("", tn_type_doc(t, NULL));
        put("class ");
        put(tn_type_name(t, NULL));
        put(":\n");
        if (tn_type_variant_count(t) == 0) put_fields(t, 0, tn_type_child_count(t), "    ");
        for (v = 0; v < tn_type_variant_count(t); ++v) {
            size_t first, count;
            const int32_t named = tn_type_variant_fields(t, v, &first, &count);
            put_doc("    ", tn_type_variant_doc(t, v, NULL));
            put("    class ");
            put(tn_type_variant_name(t, v, NULL));
            put(named ? ": # by name\n" : ": # by position\n");
            put_fields(t, first, count, "        ");
        }
    }
    for (i = 0; i < tn_module_global_count(s.mod); ++i) {
        put_doc("", tn_module_global_doc(s.mod, i, NULL));
        put(tn_module_global_name(s.mod, i, NULL));
        put(": ");
        if (tn_module_global_is_const(s.mod, i)) put("Final[");
        put_type(tn_module_global_type(s.mod, i));
        put(tn_module_global_is_const(s.mod, i) ? "]\n" : "\n");
    }
    for (i = 0; i < tn_module_function_count(s.mod); ++i) {
        tn_function* f = NULL;
        STATUS(tn_module_function_at(s.mod, i, &f), TN_OK);
        put_doc("", tn_function_doc(f, NULL));
        put("def ");
        put(tn_function_name(f, NULL));
        put("(");
        for (p = 0; p < tn_function_param_count(f); ++p) {
            if (p) put(", ");
            put(tn_function_param_name(f, p, NULL));
            put(": ");
            if (tn_function_param_is_mut(f, p)) put("inout[");
            put_type(tn_function_param_type(f, p));
            if (tn_function_param_is_mut(f, p)) put("]");
        }
        put(") -> ");
        put_type(tn_function_return_type(f));
        put(": ...\n");
        tn_function_free(f);
    }
    TEXT(out, expected);
    tear_down(&s);
}

/* Types by name: the module's own, mixed with built-in ones. */
static void by_name(void) {
    Setup s = set_up(source), other = set_up(source);
    tn_error* err = NULL;
    const tn_type *t, *same, *theirs;
    STATUS_ERR(tn_module_type(s.mod, "Point", TN_NTS, &t, &err), TN_OK);
    CHECK(t == tn_module_type_at(s.mod, 0));
    STATUS_ERR(tn_module_type(other.mod, "Point", TN_NTS, &theirs, &err), TN_OK);
    EQUAL(tn_type_equal(t, theirs), 0);
    STATUS_ERR(tn_module_type(s.mod, "Map[String, List[Shape?]]", TN_NTS, &t, &err), TN_OK);
    CHECK(t == tn_module_global_type(s.mod, 1));
    STATUS_ERR(tn_module_type(s.mod, "Pair[i8, char]", TN_NTS, &t, &err), TN_OK);
    {
        tn_function* f = function(s.mod, "scale");
        CHECK(t == tn_function_param_type(f, 2));
        tn_function_free(f);
    }
    TEXT(tn_type_child_name(t, 1, NULL), "b");
    STATUS(tn_module_type(s.mod, "List[Nothing]", TN_NTS, &t, &err), TN_NOT_FOUND);
    CONTAINS(tn_error_message(err, NULL), "`Nothing`");
    tn_error_free(err);
    STATUS_ERR(tn_module_type(s.mod, "Pair[i8]", TN_NTS, &t, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_module_type(s.mod, "Pair", TN_NTS, &t, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_module_type(s.mod, "Map[f64, i64]", TN_NTS, &t, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_module_type(s.mod, "List[", TN_NTS, &t, &err), TN_SIGNATURE);
    STATUS_ERR(tn_module_type(s.mod, NULL, 1, &t, &err), TN_ARG);
    STATUS_ERR(tn_module_type(s.mod, "i64", 3, NULL, &err), TN_ARG);
    /* A runtime knows no module's types, but all that are built in. */
    STATUS_ERR(tn_type_parse(s.rt, "Point", TN_NTS, &t, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_type_parse(s.rt, "fn(Map[String, Set[i64]], Range[u8]) -> Verdict[i64, Result[(), char]]",
                             TN_NTS, &t, &err),
               TN_OK);
    STATUS_ERR(tn_module_type(s.mod, tn_type_name(t, NULL), TN_NTS, &same, &err), TN_OK);
    EQUAL(tn_type_equal(t, same), 1);
    EQUAL(tn_type_kind(t), TN_TAG_FUNCTION);
    EQUAL(tn_type_variant_count(tn_type_child(t, 2)), 2);
    TEXT(tn_type_variant_name(tn_type_child(t, 2), 1, NULL), "Reject");
    STATUS_ERR(tn_type_parse(s.rt, "fn(mut i64)", TN_NTS, &t, &err), TN_NOT_FOUND);
    tear_down(&s);
    tear_down(&other);
}

static void outside(void) {
    Setup s = set_up(source);
    const tn_type* t = tn_module_type_at(s.mod, 1);
    size_t n = 9, first = 9, count = 9;
    CHECK(!tn_module_type_at(s.mod, 2) && !tn_module_type_at(s.mod, (size_t)-1));
    CHECK(!tn_module_global_name(s.mod, 2, &n) && n == 0);
    CHECK(!tn_module_global_type(s.mod, 2) && !tn_module_global_doc(s.mod, 2, &n));
    EQUAL(tn_module_global_is_const(s.mod, 2), 0);
    CHECK(!tn_type_variant_name(t, 3, &n) && !tn_type_variant_doc(t, 3, &n));
    EQUAL(tn_type_variant_fields(t, 3, &first, &count), 0);
    EQUAL(first + count, 0);
    CHECK(!tn_type_child_doc(t, 99, &n));
    TEXT(tn_type_child_doc(t, 0, &n), "");
    tear_down(&s);
    EQUAL(tn_type_variant_count(t), 0);
    CHECK(!tn_type_doc(t, &n));
}

int main(void) {
    RUN(stub);
    RUN(by_name);
    RUN(outside);
    return finish();
}
