/* Section 12: calls from CPython. Python is played by a few functions here, which count what they make. */
#include "check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- a Python of ours: objects that are counted, and only what the library asks for ---- */

typedef struct Object Object;
struct Object {
    intptr_t references;
    Object* type;
    union {
        long long i;
        unsigned long long u;
        double f;
        const void* p;
        Object* items[20];
        char text[64];
        uint64_t room[TN_PYTHON_CALL_SIZE / 8];
    } as;
    ptrdiff_t size;
    int is_large; /* an int of 2**63 or more (1: within u64, 2: beyond), or less than -2**63 (-1) */
};
typedef Object* (*Vectorcall)(Object*, Object* const*, size_t, Object*);

static Object PyLong_Type, PyFloat_Type, PyBool_Type, PyUnicode_Type, PyBytes_Type, tuple_type, dict_type;
static Object _Py_NoneStruct = {1, NULL, {0}, 0, 0}, _Py_TrueStruct = {1, &PyBool_Type, {0}, 0, 0},
              _Py_FalseStruct = {1, &PyBool_Type, {0}, 0, 0};
static int alive, exception, released, releases, allocations_left = INT_MAX;

static Object* new_object(Object* type) {
    Object* o;
    if (allocations_left-- <= 0) {
        exception = 1;
        return NULL;
    }
    o = calloc(1, sizeof *o);
    o->references = 1;
    o->type = type;
    ++alive;
    return o;
}
static void Py_IncRef(Object* o) { ++o->references; }
static void Py_DecRef(Object* o) {
    ptrdiff_t i;
    if (--o->references != 0) return;
    if (o->type == &tuple_type || o->type == &dict_type) {
        for (i = 0; i < o->size; ++i) {
            if (o->as.items[i]) Py_DecRef(o->as.items[i]);
        }
    }
    free(o);
    --alive;
}
static void PyErr_Clear(void) { exception = 0; }
static void* PyEval_SaveThread(void) {
    EQUAL(released, 0);
    released = 1;
    ++releases;
    return &released;
}
static void PyEval_RestoreThread(void* state) {
    CHECK(state == &released);
    released = 0;
}
static long long PyLong_AsLongLongAndOverflow(Object* o, int* overflow) {
    EQUAL(released, 0);
    CHECK(o->type == &PyLong_Type);
    *overflow = o->is_large > 0 ? 1 : o->is_large;
    return o->is_large ? -1 : o->as.i;
}
static unsigned long long PyLong_AsUnsignedLongLong(Object* o) {
    if (o->is_large == 1) return o->as.u;
    exception = 1;
    return ULLONG_MAX;
}
static Object* PyLong_FromLongLong(long long i) {
    Object* o = new_object(&PyLong_Type);
    if (o) o->as.i = i;
    return o;
}
static Object* PyLong_FromUnsignedLongLong(unsigned long long u) {
    Object* o = new_object(&PyLong_Type);
    if (o) o->as.u = u;
    if (o) o->is_large = u > LLONG_MAX;
    return o;
}
static Object* PyLong_FromVoidPtr(void* p) {
    Object* o = new_object(&PyLong_Type);
    if (o) o->as.p = p;
    return o;
}
static double PyFloat_AsDouble(Object* o) { return o->as.f; }
static Object* PyFloat_FromDouble(double f) {
    Object* o = new_object(&PyFloat_Type);
    if (o) o->as.f = f;
    return o;
}
static Object* text_object(Object* type, const char* p, ptrdiff_t n) {
    Object* o = new_object(type);
    if (!o) return NULL;
    memcpy(o->as.text, p, (size_t)n);
    o->size = n;
    return o;
}
static const char* PyUnicode_AsUTF8AndSize(Object* o, ptrdiff_t* n) {
    *n = o->size;
    if (o->as.text[0] != '?') return o->as.text;
    exception = 1; /* plays a lone surrogate */
    return NULL;
}
static Object* PyUnicode_FromStringAndSize(const char* p, ptrdiff_t n) {
    return text_object(&PyUnicode_Type, p, n);
}
static Object* PyUnicode_FromOrdinal(int c) {
    const char byte = (char)c;
    return text_object(&PyUnicode_Type, &byte, 1);
}
static ptrdiff_t PyUnicode_GetLength(Object* o) { return o->size; }
static uint32_t PyUnicode_ReadChar(Object* o, ptrdiff_t i) {
    return o->as.text[i] == '?' ? 0xD800u : (uint32_t)o->as.text[i];
}
static const char* PyBytes_AsString(Object* o) { return o->as.text; }
static ptrdiff_t PyBytes_Size(Object* o) { return o->size; }
static Object* PyBytes_FromStringAndSize(const char* p, ptrdiff_t n) {
    return text_object(&PyBytes_Type, p, n);
}
static Object* PyTuple_New(ptrdiff_t n) {
    Object* o = new_object(&tuple_type);
    if (o) o->size = n;
    return o;
}
static int PyTuple_SetItem(Object* o, ptrdiff_t i, Object* item) {
    o->as.items[i] = item;
    return 0;
}
static Object* PyTuple_GetItem(Object* o, ptrdiff_t i) { return o->as.items[i]; }
static ptrdiff_t PyTuple_Size(Object* o) { return o->size; }
static Object* PyDict_New(void) { return new_object(&dict_type); }
static int PyDict_SetItem(Object* o, Object* key, Object* value) {
    Py_IncRef(key);
    Py_IncRef(value);
    o->as.items[o->size++] = key;
    o->as.items[o->size++] = value;
    return 0;
}

/* A list plays an exporter: its text is the memory, its format the code at the end. */
typedef struct Buffer {
    void* data;
    Object* exporter;
    ptrdiff_t size, item_size;
    int is_readonly, dimensions;
    const char* format;
    void* rest[4];
} Buffer;
static Object array_type;
static int exported;
static int PyObject_GetBuffer(Object* o, Buffer* b, int flags) {
    CHECK(flags == (0x38 | 0x4));
    if (o->type != &array_type) {
        exception = 1;
        return -1;
    }
    b->data = o->as.text;
    b->size = o->size;
    b->format = &o->as.text[60];
    b->item_size = o->is_large;
    b->dimensions = 1;
    b->exporter = o;
    Py_IncRef(o);
    ++exported;
    return 0;
}
static void PyBuffer_Release(Buffer* b) {
    --exported;
    Py_DecRef(b->exporter);
}
static Object* numbers(const char* format, int item_size, const void* data, ptrdiff_t size) {
    Object* o = new_object(&array_type);
    if (!o) abort();
    memcpy(o->as.text, data, (size_t)size);
    memcpy(&o->as.text[60], format, strlen(format));
    o->size = size;
    o->is_large = item_size;
    return o;
}

/* What the binding's two callables were called with. */
static Object call_callable, fail_callable;
static int calls_in_python, keywords_given, failures;
static ptrdiff_t args_given;
static tn_status failed_with;
static Object* PyObject_Call(Object* callable, Object* args, Object* keywords) {
    EQUAL(released, 0);
    EQUAL(exception, 0);
    if (callable == &call_callable) {
        ++calls_in_python;
        args_given = args->size - 1;
        keywords_given = keywords ? (int)keywords->size / 2 : 0;
        return PyLong_FromLongLong(-1000);
    }
    CHECK(callable == &fail_callable);
    ++failures;
    failed_with = (tn_status)args->as.items[0]->as.i;
    tn_error_free((tn_error*)(uintptr_t)args->as.items[1]->as.p);
    exception = 1;
    return NULL;
}

static const void* table[64];
typedef struct Name {
    const char* name;
    const void* data;
    tn_fnptr code;
} Name;
#define DATA(name)                                                                                           \
    { #name, &name, NULL }
#define CODE(name)                                                                                           \
    { #name, NULL, (tn_fnptr)name }
static const Name known[] = {DATA(PyLong_Type),
                             DATA(PyFloat_Type),
                             DATA(PyBool_Type),
                             DATA(PyUnicode_Type),
                             DATA(PyBytes_Type),
                             DATA(_Py_NoneStruct),
                             DATA(_Py_TrueStruct),
                             DATA(_Py_FalseStruct),
                             CODE(Py_IncRef),
                             CODE(Py_DecRef),
                             CODE(PyErr_Clear),
                             CODE(PyEval_SaveThread),
                             CODE(PyEval_RestoreThread),
                             CODE(PyLong_AsLongLongAndOverflow),
                             CODE(PyLong_AsUnsignedLongLong),
                             CODE(PyLong_FromLongLong),
                             CODE(PyLong_FromUnsignedLongLong),
                             CODE(PyLong_FromVoidPtr),
                             CODE(PyFloat_AsDouble),
                             CODE(PyFloat_FromDouble),
                             CODE(PyUnicode_AsUTF8AndSize),
                             CODE(PyUnicode_FromStringAndSize),
                             CODE(PyUnicode_FromOrdinal),
                             CODE(PyUnicode_GetLength),
                             CODE(PyUnicode_ReadChar),
                             CODE(PyBytes_AsString),
                             CODE(PyBytes_Size),
                             CODE(PyBytes_FromStringAndSize),
                             CODE(PyTuple_New),
                             CODE(PyTuple_SetItem),
                             CODE(PyTuple_GetItem),
                             CODE(PyTuple_Size),
                             CODE(PyDict_New),
                             CODE(PyDict_SetItem),
                             CODE(PyObject_Call),
                             CODE(PyObject_GetBuffer),
                             CODE(PyBuffer_Release)};

static void fill_table(void) {
    const char* name;
    size_t i, k;
    table[0] = &call_callable;
    table[1] = &fail_callable;
    for (i = 0; (name = tn_python_name(i)) != NULL; ++i) {
        for (k = 0; k < sizeof known / sizeof known[0] && strcmp(known[k].name, name) != 0; ++k) {}
        if (k == sizeof known / sizeof known[0]) {
            check_text(name, "a name that Python has", "tn_python_name", __FILE__, __LINE__);
            continue;
        }
        if (known[k].code)
            memcpy(&table[i + 2], &known[k].code, sizeof(tn_fnptr));
        else
            table[i + 2] = known[k].data;
    }
    EQUAL(i, sizeof known / sizeof known[0]);
}

/* ---- calls ---- */

static const size_t room_at = offsetof(Object, as);

static Object* call(Object* f, Object* const* args, size_t n, Object* keywords) {
    Vectorcall code;
    memcpy(&code, &f->as.room, sizeof code);
    return code(f, args, n | ((size_t)1 << (sizeof(size_t) * 8 - 1)), keywords);
}

static Object* integer(long long i) { return PyLong_FromLongLong(i); }
static Object* large(int how, unsigned long long u) {
    Object* o = PyLong_FromLongLong(0);
    o->is_large = how;
    o->as.u = u;
    return o;
}
static Object* real(double f) { return PyFloat_FromDouble(f); }
static Object* text(const char* p) { return text_object(&PyUnicode_Type, p, (ptrdiff_t)strlen(p)); }
static Object* bytes(const char* p) { return text_object(&PyBytes_Type, p, (ptrdiff_t)strlen(p)); }
static Object* truth(int is) {
    Object* o = is ? &_Py_TrueStruct : &_Py_FalseStruct;
    Py_IncRef(o);
    return o;
}

/* Calls the function with one or two arguments, which it gives back. */
static Object* call_with(Setup* s, const char* name, Object* a, Object* b) {
    tn_function* f = function(s->mod, name);
    Object self = {1, NULL, {0}, 0, 0};
    Object *args[2], *result;
    args[0] = a;
    args[1] = b;
    STATUS(tn_python_bind(&self, room_at, table, s->inst, f), TN_OK);
    result = call(&self, args, (size_t)(a != NULL) + (b != NULL), NULL);
    if (a) Py_DecRef(a);
    if (b) Py_DecRef(b);
    tn_function_free(f);
    EQUAL(self.references, 1);
    return result;
}
static long long give_i(Object* o) {
    const long long i = o ? o->as.i : -999;
    if (o) CHECK(o->type == &PyLong_Type);
    if (o) Py_DecRef(o);
    return i;
}
static double give_f(Object* o) {
    const double f = o ? o->as.f : -999;
    if (o) CHECK(o->type == &PyFloat_Type);
    if (o) Py_DecRef(o);
    return f;
}

static const char* const source =
    "fn i8_(n: i8) -> i8 { n }  fn i16_(n: i16) -> i16 { n }  fn i32_(n: i32) -> i32 { n }\n"
    "fn i64_(n: i64) -> i64 { n }  fn u8_(n: u8) -> u8 { n }  fn u16_(n: u16) -> u16 { n }\n"
    "fn u32_(n: u32) -> u32 { n }  fn u64_(n: u64) -> u64 { n }  fn f32_(n: f32) -> f32 { n }\n"
    "fn f64_(n: f64) -> f64 { n }  fn bool_(b: bool) -> bool { !b }  fn char_(c: char) -> char { c }\n"
    "fn unit_() {}  fn String_(s: String) -> String { s + \"!\" }  fn Bytes_(b: Bytes) -> Bytes { b }\n"
    "fn pair(s: String, n: u8) -> i64 { s.len() + n as i64 }\n"
    "fn fault(n: i64) -> i64 { 1 / n }  fn list(xs: List[i64]) -> i64 { xs.len() }\n"
    "fn sum(n: i64) -> i64 { let s = 0; for i in 0..n { s += i * i % 7; } s }\n"
    "fn near(n: i64) -> i64 { mid(n) + mid(n + 1) }  fn mid(n: i64) -> i64 { if n > 3 { n * 2 } else { 0 } "
    "}\n"
    "fn fact(n: i64) -> i64 { if n < 2 { 1 } else { n * fact(n - 1) } }\n"
    "fn root(x: f64) -> f64 { x.sin() }  fn size(xs: List[i64]) -> i64 { xs.len() }\n"
    "fn total(xs: Slice[i32], k: i64) -> i64 { let s = k; for i in 0..xs.len() { s += xs[i] as i64; } s }\n"
    "fn flags(xs: Slice[bool]) -> i64 { xs.len() }  fn write(xs: mut Slice[i32]) { xs[0] = 1; }\n"
    "fn longs(xs: List[List[i64]]) -> List[List[i64]] { let ys = xs; ys.push([1]); ys }\n";

static void scalars(void) {
    Setup s = set_up(source);
    static const struct {
        const char* name;
        long long low, high;
    } rows[] = {{"i8_", -128, 127}, {"i16_", -32768, 32767}, {"i32_", INT32_MIN, INT32_MAX},
                {"u8_", 0, 255},    {"u16_", 0, 65535},      {"u32_", 0, UINT32_MAX}};
    size_t i;
    Object* o;
    const int before = calls_in_python;
    for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        EQUAL(give_i(call_with(&s, rows[i].name, integer(rows[i].low), NULL)), rows[i].low);
        EQUAL(give_i(call_with(&s, rows[i].name, integer(rows[i].high), NULL)), rows[i].high);
    }
    EQUAL(give_i(call_with(&s, "i64_", integer(LLONG_MIN), NULL)), LLONG_MIN);
    EQUAL(give_i(call_with(&s, "u64_", integer(LLONG_MAX), NULL)), LLONG_MAX);
    EQUAL(give_i(call_with(&s, "u64_", large(1, ULLONG_MAX - 1), NULL)), -2);
    CHECK(give_f(call_with(&s, "f64_", real(0.1), NULL)) == 0.1);
    CHECK(give_f(call_with(&s, "f64_", integer(-(1ll << 53)), NULL)) == -9007199254740992.0);
    CHECK(give_f(call_with(&s, "f32_", real(0.5), NULL)) == 0.5);
    CHECK(give_f(call_with(&s, "f32_", integer(1 << 24), NULL)) == 16777216.0);
    o = call_with(&s, "bool_", truth(1), NULL);
    CHECK(o == &_Py_FalseStruct);
    Py_DecRef(o);
    o = call_with(&s, "char_", text("x"), NULL);
    CHECK(o->as.text[0] == 'x');
    Py_DecRef(o);
    o = call_with(&s, "unit_", NULL, NULL);
    CHECK(o == &_Py_NoneStruct);
    Py_DecRef(o);
    EQUAL(calls_in_python, before);
    /* What does not fit is Python's. */
    for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        EQUAL(give_i(call_with(&s, rows[i].name, integer(rows[i].low - 1), NULL)), -1000);
        EQUAL(give_i(call_with(&s, rows[i].name, integer(rows[i].high + 1), NULL)), -1000);
        EQUAL(give_i(call_with(&s, rows[i].name, truth(1), NULL)), -1000);
        EQUAL(give_i(call_with(&s, rows[i].name, large(2, 0), NULL)), -1000);
    }
    EQUAL(give_i(call_with(&s, "i64_", large(1, ULLONG_MAX), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "i64_", large(-1, 0), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "i64_", real(1.0), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "u64_", integer(-1), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "u64_", large(2, 0), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "u64_", large(1, ULLONG_MAX), NULL)),
          -1000); /* as an exception looks; Python can */
    EQUAL(give_i(call_with(&s, "f64_", integer((1ll << 53) + 1), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "f64_", large(2, 0), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "f64_", truth(0), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "f32_", integer((1 << 24) + 1), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "bool_", integer(1), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "char_", text("xy"), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "char_", text("?"), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "char_", integer(65), NULL)), -1000);
    EQUAL(exception, 0);
    tear_down(&s);
}

static void texts(void) {
    Setup s = set_up(source);
    Object* o = call_with(&s, "String_", text("ab"), NULL);
    const int before = calls_in_python;
    EQUAL(o->size, 3);
    CHECK(memcmp(o->as.text, "ab!", 3) == 0);
    Py_DecRef(o);
    o = call_with(&s, "Bytes_", bytes("ab"), NULL);
    EQUAL(o->size, 2);
    CHECK(o->type == &PyBytes_Type);
    Py_DecRef(o);
    EQUAL(give_i(call_with(&s, "pair", text("abc"), integer(4))), 7);
    EQUAL(calls_in_python, before);
    EQUAL(give_i(call_with(&s, "pair", text("abc"), integer(400))), -1000); /* the text is given back */
    EQUAL(give_i(call_with(&s, "pair", text("?"), integer(4))), -1000);
    EQUAL(give_i(call_with(&s, "String_", bytes("ab"), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "Bytes_", text("ab"), NULL)), -1000);
    EQUAL(exception, 0);
    tear_down(&s);
}

static void slices(void) {
    Setup s = set_up(source);
    static const int32_t three[3] = {1, -2, 30};
    static const char bools[3] = {0, 1, 2};
    const int before = calls_in_python;
    EQUAL(give_i(call_with(&s, "total", numbers("i", 4, three, 12), integer(100))), 129);
    EQUAL(give_i(call_with(&s, "total", numbers("=l", 4, three, 8), integer(0))), -1);
    EQUAL(give_i(call_with(&s, "total", numbers("i", 4, three, 0), integer(5))), 5);
    EQUAL(give_i(call_with(&s, "flags", numbers("?", 1, bools, 2), NULL)), 2);
    EQUAL(calls_in_python, before);
    EQUAL(give_i(call_with(&s, "total", numbers("I", 4, three, 12), integer(100))), -1000);
    EQUAL(give_i(call_with(&s, "total", numbers("q", 8, three, 8), integer(100))), -1000);
    EQUAL(give_i(call_with(&s, "total", numbers(">i", 4, three, 12), integer(100))), -1000);
    EQUAL(give_i(call_with(&s, "total", numbers("ii", 4, three, 12), integer(100))), -1000);
    EQUAL(give_i(call_with(&s, "total", numbers("", 4, three, 12), integer(100))), -1000);
    EQUAL(give_i(call_with(&s, "total", numbers("i", 4, three, 12), real(1.0))),
          -1000); /* it is given back */
    EQUAL(give_i(call_with(&s, "total", integer(1), integer(1))), -1000);
    EQUAL(give_i(call_with(&s, "flags", numbers("?", 1, bools, 3), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "write", numbers("i", 4, three, 12), NULL)), -1000);
    EQUAL(exported, 0);
    EQUAL(exception, 0);
    tear_down(&s);
}

static void other_calls(void) {
    Setup s = set_up(source);
    Object *names = PyTuple_New(1), *one = integer(1), *args[3], *key = text("n");
    tn_function* f = function(s.mod, "i64_");
    Object self = {1, NULL, {0}, 0, 0};
    EQUAL(give_i(call_with(&s, "list", integer(1), NULL)), -1000);
    EQUAL(give_i(call_with(&s, "i64_", NULL, NULL)), -1000);
    EQUAL(args_given, 0);
    EQUAL(give_i(call_with(&s, "i64_", integer(1), integer(2))), -1000);
    EQUAL(args_given, 2);
    EQUAL(keywords_given, 0);
    Py_IncRef(key);
    PyTuple_SetItem(names, 0, key);
    args[0] = args[1] = args[2] = one;
    STATUS(tn_python_bind(&self, room_at, table, s.inst, f), TN_OK);
    EQUAL(give_i(call(&self, args, 1, names)), -1000);
    EQUAL(args_given, 1);
    EQUAL(keywords_given, 1);
    /* Without memory. */
    for (allocations_left = 0; allocations_left < 2; ++allocations_left) {
        const int left = allocations_left;
        CHECK(!call(&self, args, 1, names));
        EQUAL(exception, 1);
        exception = 0;
        allocations_left = left;
    }
    allocations_left = INT_MAX;
    /* Unbound, then bound to what is dead. */
    STATUS(tn_python_bind(&self, room_at, table, NULL, NULL), TN_OK);
    EQUAL(give_i(call(&self, args, 1, NULL)), -1000);
    STATUS(tn_python_bind(&self, room_at, table, s.inst, f), TN_OK);
    EQUAL(give_i(call(&self, args, 1, NULL)), 1);
    STATUS(tn_python_bind(&self, room_at + 8, table, s.inst, f), TN_STATE);
    tn_function_free(f);
    EQUAL(give_i(call(&self, args, 1, NULL)), -1000);
    STATUS(tn_python_bind(&self, room_at, table, s.inst, f), TN_HANDLE);
    STATUS(tn_python_bind(&self, room_at, table, s.inst, NULL), TN_ARG);
    Py_DecRef(names);
    Py_DecRef(key);
    Py_DecRef(one);
    tear_down(&s);
}

static void traps(void) {
    Setup s = set_up(source);
    int left;
    CHECK(!call_with(&s, "fault", integer(0), NULL));
    EQUAL(failures, 1);
    EQUAL(failed_with, TN_TRAP_DIVISION_BY_ZERO);
    exception = 0;
    for (left = 0; left < 3; ++left) {
        Object* zero = integer(0);
        allocations_left = left;
        CHECK(!call_with(&s, "fault", zero, NULL));
        allocations_left = INT_MAX;
        EQUAL(exception, 1);
        exception = 0;
    }
    EQUAL(failures, 1);
    EQUAL(give_i(call_with(&s, "fault", integer(1), NULL)), 1);
    tear_down(&s);
}

static int is_short(Setup* s, const char* name) {
    tn_function* f = function(s->mod, name);
    const int answer = tn_function_is_short(f);
    tn_function_free(f);
    return answer;
}

static void short_functions(void) {
    Setup s = set_up(source);
    EQUAL(is_short(&s, "i64_"), 1);
    EQUAL(is_short(&s, "fault"), 1);
    EQUAL(is_short(&s, "near"), 1);
    EQUAL(is_short(&s, "root"), 1);
    EQUAL(is_short(&s, "size"), 1);
    EQUAL(is_short(&s, "sum"), 0);
    EQUAL(is_short(&s, "fact"), 0);
    EQUAL(is_short(&s, "String_"), 0);
    EQUAL(is_short(&s, "longs"), 0);
    releases = 0;
    EQUAL(give_i(call_with(&s, "near", integer(4), NULL)), 18);
    EQUAL(releases, 0);
    EQUAL(give_i(call_with(&s, "sum", integer(4), NULL)), 0 + 1 + 4 + 2);
    EQUAL(releases, 1);
    EQUAL(released, 0);
    tear_down(&s);
}

int main(void) {
    fill_table();
    RUN(scalars);
    RUN(texts);
    RUN(slices);
    RUN(other_calls);
    RUN(traps);
    RUN(short_functions);
    EQUAL(alive, 0);
    return finish();
}
