/* Section 10: native extensions. Their libraries are made of tests/capi/extensions; TN_TEST_EXTENSIONS is
 * where. */
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int counters[3]; /* made, ended, registrations ended */
static char work[64];   /* a folder for extensions that are made here */

static tn_runtime* runtime_with(uint64_t allow, const char* path) {
    tn_runtime* rt = NULL;
    tn_config* c = tn_config_new();
    STATUS(tn_config_set_u64(c, TN_CONFIG_ALLOW_EXTENSIONS, allow), TN_OK);
    if (path) STATUS(tn_config_set_text(c, TN_CONFIG_EXTENSION_PATH, path, TN_NTS), TN_OK);
    STATUS(tn_runtime_new(TN_ABI_VERSION, c, &rt, NULL), TN_OK);
    tn_config_free(c);
    return rt;
}
static Setup set_up_with(const char* source) {
    Setup s = {NULL, NULL, NULL};
    tn_error* err = NULL;
    s.rt = runtime_with(1, TN_TEST_EXTENSIONS);
    STATUS_ERR(tn_compile(s.rt, "m.tn", TN_NTS, source, TN_NTS, NULL, &s.mod, &err), TN_OK);
    if (s.mod) s.inst = instance(s.mod);
    return s;
}
static tn_error* fail_to_compile(tn_runtime* rt, const char* source) {
    tn_error* err = NULL;
    tn_module* m = NULL;
    STATUS(tn_compile(rt, "m.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_COMPILE);
    CHECK(!m);
    return err;
}
/* `call` sets the variable `err`. */
#define check_error(call, expected, error, message)                                                          \
    do {                                                                                                     \
        EQUAL((call), (expected));                                                                           \
        CONTAINS(tn_error_message((error), NULL), (message));                                                \
        tn_error_free(error);                                                                                \
        (error) = NULL;                                                                                      \
    } while (0)
static int is_open(const char* name) {
    char path[512];
    void* handle;
    snprintf(path, sizeof path, "%s/%s/%s.so", TN_TEST_EXTENSIONS, name, name);
    handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (handle) dlclose(handle);
    return handle != NULL;
}

/* A folder `name` with the library of `library` (NULL: none) and this wrapper (NULL: none). */
static void make_extension(const char* name, const char* library, const char* wrapper) {
    char path[256], target[512];
    snprintf(path, sizeof path, "%s/%s", work, name);
    mkdir(path, 0700);
    if (library) {
        snprintf(target, sizeof target, "%s/%s/%s.so", TN_TEST_EXTENSIONS, library, library);
        snprintf(path, sizeof path, "%s/%s/%s.so", work, name, name);
        unlink(path);
        EQUAL(symlink(target, path), 0);
    }
    if (wrapper) {
        FILE* file;
        snprintf(path, sizeof path, "%s/%s/%s.tn", work, name, name);
        file = fopen(path, "w");
        CHECK(file != NULL);
        if (file) {
            fputs(wrapper, file);
            fclose(file);
        }
    }
}
static tn_status load_made(tn_runtime* rt, const char* name, tn_error** err) {
    char path[256];
    tn_extension* x = NULL;
    tn_status s;
    snprintf(path, sizeof path, "%s/%s", work, name);
    s = tn_extension_load(rt, path, TN_NTS, 0, &x, err);
    CHECK((s == TN_OK) == (x != NULL));
    tn_extension_free(x);
    return s;
}

static void an_import_loads_it(void) {
    Setup s;
    memset(counters, 0, sizeof counters);
    s = set_up_with(
        "import shapes;\nimport shapes.{Circle, Ring, circle, grow};\n"
        "fn area() -> f64 { shapes.circle(2.0).area() }\n"
        "fn operators() -> f64 { let c = (circle(1.0) + circle(2.0)) * 2.0; (0.5 * c).radius() }\n"
        "fn grown() -> f64 { let c = circle(1.0); let d = c; grow(mut c, 5.0); c.radius() * 10.0 + "
        "d.radius() }\n"
        "fn shown() -> String { f\"{circle(1.5)} {Ring { outer: circle(2.0), inner: circle(1.0) }}\" }\n"
        "fn width() -> f64 { Ring { outer: circle(5.0), inner: circle(2.0) }.width() }\n"
        "fn keys() -> i64 { let m = Map{circle(1.0): 1, Circle.unit(): 2, circle(3.0): 4}; m.len() }\n"
        "fn total() -> f64 { shapes.total([circle(1.0), circle(2.5)]) }\n"
        "fn sum(xs: List[f64]) -> f64 { shapes.total(xs.map(circle)) }\n"
        "fn several() -> String { show(shapes.several(3)) }\n"
        "fn words() -> String { show(shapes.counts([\"a\", \"b\", \"a\"])) }\n"
        "fn applied(k: i64) -> i64 { shapes.apply(|x| x * k, 20) }\n"
        "fn loaded() -> bool { shapes.is_loaded() && shapes.loads() >= 1 }\n");
    if (s.inst) {
        tn_value ret, arg = make_i64(3);
        static const struct {
            const char* name;
            double result;
        } floats[] = {{"area", 12}, {"operators", 3}, {"grown", 61}, {"width", 3}, {"total", 3.5}};
        static const char* const texts[][2] = {
            {"shown", "circle of 1.5 Ring { outer: circle of 2, inner: circle of 1 }"},
            {"several", "[circle of 0, circle of 1, circle of 2]"},
            {"words", "Map{\"a\": 2, \"b\": 1}"}};
        size_t i;
        for (i = 0; i < sizeof floats / sizeof *floats; ++i) {
            tn_error* err = NULL;
            STATUS_ERR(call_by_name(&s, floats[i].name, NULL, 0, &ret, &err), TN_OK);
            check_that(ret.as.f == floats[i].result, floats[i].name, __FILE__, __LINE__);
        }
        for (i = 0; i < 3; ++i) {
            STATUS(call_by_name(&s, texts[i][0], NULL, 0, &ret, NULL), TN_OK);
            TEXT(tn_string_data(&ret, NULL), texts[i][1]);
            tn_value_clear(&ret);
        }
        EQUAL(call_i64(&s, "keys", NULL, 0), 2);
        EQUAL(call_i64(&s, "applied", &arg, 1), 60);
        STATUS(call_by_name(&s, "loaded", NULL, 0, &ret, NULL), TN_OK);
        EQUAL(ret.as.u, 1);
    }
    CHECK(is_open("shapes"));
    tear_down(&s);
    CHECK(counters[0] > 0);
    EQUAL(counters[0], counters[1]);
    EQUAL(counters[2], 3);
    CHECK(!is_open("shapes"));
}

static void the_interpreter_does_the_same(void) {
    Setup s = {NULL, NULL, NULL};
    tn_config* c = tn_config_new();
    tn_value ret;
    tn_config_set_u64(c, TN_CONFIG_INTERPRET, 1);
    s.rt = runtime_with(1, TN_TEST_EXTENSIONS);
    s.mod = compile(
        s.rt,
        "import shapes.{circle, grow};\n"
        "fn f() -> f64 { let c = circle(1.0) + circle(2.0); grow(mut c, 1.0); c.area() + c.radius() }\n");
    STATUS(tn_instance_new(s.mod, c, &s.inst, NULL), TN_OK);
    STATUS(call_by_name(&s, "f", NULL, 0, &ret, NULL), TN_OK);
    CHECK(ret.as.f == 52);
    tn_config_free(c);
    tear_down(&s);
}

static void failures_are_traps(void) {
    Setup s;
    tn_error *err = NULL, *kept = NULL;
    tn_value ret, text;
    memset(counters, 0, sizeof counters);
    s = set_up_with("import shapes;\nimport tossing;\n"
                    "fn refuse(s: String) -> i64 { shapes.refuse(s) }\n"
                    "fn negative() -> f64 { shapes.checked(-1.0).area() }\n"
                    "fn inner() -> i64 { shapes.apply(|x| x / 0, 1) }\n"
                    "fn toss(s: String) -> i64 { tossing.toss(s) }\n"
                    "fn shown() -> String { show(tossing.thing()) }\n");
    if (!s.inst) return;
    text = make_string(s.inst, "no, thank you");
    EQUAL(call_by_name(&s, "refuse", &text, 1, &ret, &kept), 1500);
    TEXT(tn_error_message(kept, NULL), "host error: no, thank you");
    EQUAL(tn_error_frame_count(kept), 1);
    check_error(call_by_name(&s, "toss", &text, 1, &ret, &err), TN_TRAP_HOST_ERROR, err, "no, thank you");
    tn_value_clear(&text);
    EQUAL(call_by_name(&s, "negative", NULL, 0, &ret, &err), 1234);
    CONTAINS(tn_error_message(err, NULL), "`shapes.checked` failed");
    tn_error_free(err);
    EQUAL(call_by_name(&s, "inner", NULL, 0, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    tn_error_free(err);
    text = make_string(s.inst, "own");
    EQUAL(call_by_name(&s, "toss", &text, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "of a type of the extension's");
    tn_error_free(err);
    tn_value_clear(&text);
    text = make_string(s.inst, "number");
    EQUAL(call_by_name(&s, "toss", &text, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "an exception left a host function");
    tn_error_free(err);
    tn_value_clear(&text);
    text = make_string(s.inst, "range");
    EQUAL(call_by_name(&s, "toss", &text, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "basic_string::at");
    tn_error_free(err);
    tn_value_clear(&text);
    EQUAL(call_by_name(&s, "shown", NULL, 0, &ret, &err), TN_TRAP_HOST_ERROR);
    tn_error_free(err);
    text = make_string(s.inst, "");
    STATUS(call_by_name(&s, "toss", &text, 1, &ret, NULL), TN_OK);
    EQUAL(ret.as.i, 7);
    tn_value_clear(&text);
    tear_down(&s);
    /* An error's payload is the extension's: its code stays as long as the error. */
    EQUAL(counters[2], 3);
    CHECK(is_open("shapes"));
    tn_error_free(kept);
    EQUAL(counters[2], 4);
    CHECK(!is_open("shapes"));
    CHECK(!is_open("tossing"));
}

static void types_are_told_apart(void) {
    Setup s;
    tn_runtime* rt = runtime_with(1, TN_TEST_EXTENSIONS);
    tn_error* err = fail_to_compile(
        rt, "import shapes;\nimport twin;\nfn f() -> f64 { twin.radius(shapes.circle(1.0)) }\n");
    CONTAINS(tn_error_message(err, NULL), "expected `twin.Circle`, found `shapes.Circle`");
    tn_error_free(err);
    tn_runtime_free(rt);
    s = set_up_with(
        "import shapes;\nimport twin;\n"
        "fn twins() -> f64 { twin.radius(twin.circle(2.0)) * 10.0 + shapes.circle(2.0).radius() }\n"
        "fn steal() -> i64 { twin.steal(twin.circle(1.0)) }\n"
        "fn shared() -> i64 { twin.length(shapes.tensor(12)) }\n"
        "fn other() -> f64 { twin.other().area() }\n"
        "fn one() -> shapes.Circle { shapes.circle(1.0) }\n"
        "fn two() -> twin.Circle { twin.circle(1.0) }\n");
    if (s.inst) {
        tn_value ret, two;
        STATUS(call_by_name(&s, "twins", NULL, 0, &ret, NULL), TN_OK);
        CHECK(ret.as.f == 22);
        EQUAL(call_i64(&s, "steal", NULL, 0), TN_TYPE);
        EQUAL(call_i64(&s, "shared", NULL, 0), 12);
        STATUS(call_by_name(&s, "other", NULL, 0, &ret, NULL), TN_OK);
        CHECK(ret.as.f == 12);
        STATUS(call_by_name(&s, "one", NULL, 0, &ret, NULL), TN_OK);
        STATUS(call_by_name(&s, "two", NULL, 0, &two, NULL), TN_OK);
        CHECK(!tn_type_equal(tn_value_type(NULL, &ret), tn_value_type(NULL, &two)));
        tn_value_clear(&ret);
        tn_value_clear(&two);
    }
    tear_down(&s);
}

static void scripts_see_what_the_wrapper_shows(void) {
    tn_runtime* rt = runtime_with(1, TN_TEST_EXTENSIONS);
    static const char* const sources[][2] = {
        {"import shapes;\nfn f() -> f64 { shapes.radius_of(shapes.circle(1.0)) }\n", "radius_of"},
        {"import shapes.loaded;\n", "loaded"},
        {"fn f() -> f64 { shapes.circle(1.0).area() }\n", "`shapes`"},
        {"native type Circle;\n", "`native` is not allowed here"},
        {"native(\"circle\") fn circle(r: f64) -> f64;\n", "`native` is not allowed here"},
        {"import shapes.Circle;\nimpl Circle { fn f(self) -> i64 { 1 } }\n", "`impl`"},
        {"import shapes.Circle;\nfn f() -> Circle { Circle {} }\n", "Circle"}};
    size_t i;
    for (i = 0; i < sizeof sources / sizeof *sources; ++i) {
        tn_error* err = fail_to_compile(rt, sources[i][0]);
        CONTAINS(tn_error_message(err, NULL), sources[i][1]);
        tn_error_free(err);
    }
    tn_runtime_free(rt);
}

static void the_host_has_to_allow_it(void) {
    tn_runtime* rt = runtime_with(0, TN_TEST_EXTENSIONS);
    tn_error* err = fail_to_compile(rt, "import shapes;\n");
    tn_extension* x = NULL;
    tn_module* m;
    CONTAINS(tn_error_message(err, NULL), "shapes");
    tn_error_free(err);
    CHECK(!is_open("shapes"));
    /* Loading it is the host's leave for that one, also after a compilation. */
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, NULL), TN_OK);
    TEXT(tn_extension_name(x, NULL), "shapes");
    TEXT(tn_extension_version(x, NULL), "1.2.0");
    m = compile(rt, "import shapes;\nfn f() -> f64 { shapes.circle(1.0).area() }\n");
    CHECK(m != NULL);
    tn_module_free(m);
    tn_runtime_free(rt);
    CHECK(is_open("shapes"));
    tn_extension_free(x);
    CHECK(!is_open("shapes"));
}

static void folders_are_looked_at_in_order(void) {
    tn_runtime* rt;
    tn_extension* x = NULL;
    tn_error* err = NULL;
    char path[256];
    snprintf(path, sizeof path, "%s/nowhere:%s", work, TN_TEST_EXTENSIONS);
    setenv("TENON_EXTENSION_PATH", path, 1);
    rt = runtime_with(1, NULL);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, NULL), TN_OK);
    tn_extension_free(x);
    tn_runtime_free(rt);
    /* The host's folders come before: there it is broken. */
    make_extension("shapes", NULL, "");
    rt = runtime_with(1, work);
    EQUAL(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, &err), TN_IO);
    CONTAINS(tn_error_message(err, NULL), "shapes/shapes.so`: No such file");
    tn_error_free(err);
    err = fail_to_compile(rt, "import shapes;\n");
    CONTAINS(tn_error_message(err, NULL), "shapes/shapes.so`: No such file");
    tn_error_free(err);
    tn_runtime_free(rt);
    unsetenv("TENON_EXTENSION_PATH");
    /* The user's own. */
    snprintf(path, sizeof path, "%s/home", work);
    mkdir(path, 0700);
    setenv("HOME", path, 1);
    snprintf(path, sizeof path, "%s/home/.tenon", work);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/home/.tenon/extensions", work);
    EQUAL(symlink(TN_TEST_EXTENSIONS, path), 0);
    rt = runtime_with(1, NULL);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, NULL), TN_OK);
    tn_extension_free(x);
    tn_runtime_free(rt);
    setenv("HOME", "/nonexistent", 1);
    rt = runtime_with(1, NULL);
    EQUAL(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, &err), TN_NOT_FOUND);
    CONTAINS(tn_error_message(err, NULL),
             "there is no extension `shapes` in `/nonexistent/.tenon/extensions`");
    tn_error_free(err);
    tn_runtime_free(rt);
}

static void a_package_goes_first(void) {
    static const tn_source files[] = {
        {"main.tn", TN_NTS,
         "import shapes;\nimport twin;\nfn f() -> i64 { shapes.own() + twin.length(twin_tensor()) }\n"
         "import other.twin_tensor;\n",
         TN_NTS},
        {"shapes.tn", TN_NTS, "pub fn own() -> i64 { 40 }\n", TN_NTS},
        {"other.tn", TN_NTS, "import twin;\npub fn twin_tensor() -> twin.Tensor { panic(\"none\") }\n",
         TN_NTS}};
    tn_runtime* rt = runtime_with(1, TN_TEST_EXTENSIONS);
    tn_module* m = NULL;
    tn_error* err = NULL;
    /* `twin` imports the extension `shapes`, the package has a module of that name: they do not meet. */
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 3, NULL, &m, &err), TN_OK);
    tn_module_free(m);
    tn_runtime_free(rt);
}

static void a_second_time_it_is_the_same(void) {
    tn_runtime *rt = runtime_with(1, TN_TEST_EXTENSIONS), *other = runtime_with(1, TN_TEST_EXTENSIONS);
    tn_extension *x = NULL, *y = NULL, *z = NULL;
    tn_error* err = NULL;
    memset(counters, 0, sizeof counters);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, NULL), TN_OK);
    STATUS(tn_extension_load(rt, TN_TEST_EXTENSIONS "/shapes/", TN_NTS, 0, &y, NULL), TN_OK);
    CHECK(x != y);
    make_extension("shapes", "faulty", "pub native(\"one\") fn one() -> i64;\n");
    check_error(load_made(rt, "shapes", &err), TN_DUPLICATE, err, "it is loaded already, from `");
    /* Another runtime has its own. */
    STATUS(tn_extension_load(other, "shapes", TN_NTS, 0, &z, NULL), TN_OK);
    tn_extension_free(x);
    tn_extension_free(y);
    tn_runtime_free(rt);
    EQUAL(counters[2], 3);
    CHECK(is_open("shapes"));
    tn_extension_free(z);
    tn_runtime_free(other);
    EQUAL(counters[2], 6);
    CHECK(!is_open("shapes"));
}

/* What fails leaves the runtime as it was: the same extension, healed, loads. */
static void faults_are_told(void) {
    static const struct {
        const char* fault;
        tn_status status;
        const char* message;
        int ended; /* registrations */
    } faults[] = {
        {"nothing", TN_STATE, "extension `faulty`: its entry did not call `begin`", 0},
        {"no_begin", TN_STATE, "its entry has to call `begin` before anything else", 0},
        {"newer", TN_VERSION,
         "it was compiled for version 1.7 of the C API, but this library has version 1.0", 0},
        {"major", TN_VERSION, "it was compiled for version 2.0 of the C API", 0},
        {"version", TN_ARG, "its version `new` is none", 0},
        {"other_name", TN_ARG, "it is the extension `another`; its folder has to be called like it", 0},
        {"twice", TN_STATE, "its entry calls `begin` twice", 0},
        {"says_no", 1700, "extension `faulty`: the licence has expired", 0},
        {"answers", TN_IO, "its entry answered Io (20)", 0},
        {"signature", TN_UNSUPPORTED, "`Thin` is not a type that a host function can use", 3},
        {"hosts_type", TN_UNSUPPORTED, "`HostThing` is not a type of `faulty`", 2},
        {"duplicate", TN_DUPLICATE, "a host function `faulty.one` is registered already", 3},
        {"forgets", TN_COMPILE, "the extension `faulty` has no function `one`", 1}};
    tn_runtime* rt = runtime_with(1, TN_TEST_EXTENSIONS);
    const tn_type *type, *gone = NULL;
    tn_module* m;
    size_t i;
    STATUS(tn_register_type(rt, "HostThing", TN_NTS, NULL, 0, NULL, NULL, NULL, &type, NULL), TN_OK);
    for (i = 0; i < sizeof faults / sizeof *faults; ++i) {
        tn_extension* x = NULL;
        tn_error* err = NULL;
        tn_status s;
        memset(counters, 0, sizeof counters);
        setenv("TENON_TEST_FAULT", faults[i].fault, 1);
        s = tn_extension_load(rt, "faulty", TN_NTS, 0, &x, &err);
        EQUAL(s, faults[i].status);
        CONTAINS(tn_error_message(err, NULL), faults[i].message);
        EQUAL(tn_error_status(err), s);
        tn_error_free(err);
        CHECK(!x);
        EQUAL(counters[2], faults[i].ended);
        check_that(!is_open("faulty"), faults[i].fault, __FILE__, __LINE__);
        STATUS(tn_type_parse(rt, "faulty.Thing", TN_NTS, &gone, NULL), TN_NOT_FOUND);
        /* The same as an import. */
        if (i % 4 == 3) continue;
        setenv("TENON_TEST_FAULT", faults[i].fault, 1);
        {
            tn_runtime* own = runtime_with(1, TN_TEST_EXTENSIONS);
            err = fail_to_compile(own, "import faulty;\nfn f() {}\n");
            CONTAINS(tn_error_message(err, NULL), i == 10 ? "faulty" : faults[i].message);
            tn_error_free(err);
            tn_runtime_free(own);
        }
    }
    unsetenv("TENON_TEST_FAULT");
    /* It takes registrations still. */
    STATUS(
        tn_register_type(rt, "Late", TN_NTS, "org.tenon.test.thing/1", TN_NTS, NULL, NULL, NULL, &type, NULL),
        TN_OK);
    m = compile(rt, "import faulty;\nfn f() -> i64 { faulty.one() }\nfn g(x: Late, y: HostThing) {}\n");
    CHECK(m != NULL);
    CHECK(is_open("faulty"));
    tn_module_free(m);
    tn_runtime_free(rt);
    CHECK(!is_open("faulty"));
    setenv("TENON_TEST_TOSS", "1", 1);
    rt = runtime_with(1, TN_TEST_EXTENSIONS);
    {
        tn_extension* x;
        tn_error* err = NULL;
        check_error(tn_extension_load(rt, "tossing", TN_NTS, 0, &x, &err), TN_INTERNAL, err,
                    "an exception left its entry: not today");
    }
    unsetenv("TENON_TEST_TOSS");
    tn_runtime_free(rt);
}

static void wrappers_are_checked(void) {
    static const struct {
        const char *name, *wrapper;
        tn_status status;
        const char *message, *rendered;
    } wrappers[] = {
        {"parsed", "fn f( {", TN_COMPILE, "this `{` is not closed", "parsed/parsed.tn:1:7"},
        {"typed", "pub native(\"one\") fn one() -> f64;\n", TN_COMPILE,
         "`one` is registered as `fn() -> i64`", "declared as `fn() -> f64`"},
        {"param", "pub native(\"one\") fn one(mut x: i64) -> i64;\n", TN_COMPILE,
         "`one` is registered as `fn() -> i64`", "declared as `fn(mut i64) -> i64`"},
        {"named", "\nnative(\"onne\") fn one() -> i64;\n", TN_COMPILE,
         "the extension `named` has no function `onne`", "did you mean `one`?"},
        {"typename", "native type Thin;\n", TN_COMPILE, "the extension `typename` has no type `Thin`",
         "did you mean `Thing`?"},
        {"generic", "native(\"one\") fn one[T]() -> i64;\n", TN_COMPILE,
         "a type parameter is not allowed here", "one"},
        {"body", "native(\"one\") fn one() -> i64;\nfn f() -> String { one() }\n", TN_COMPILE,
         "expected `String`, found `i64`", "body.tn:2:20"},
        {"importing", "import nothing_there;\n", TN_COMPILE, "nothing_there", "importing.tn:1:8"},
        {"nested", "import typed;\n", TN_COMPILE, "typed.tn:1:22: `one` is registered as", "nested.tn:1:8"}};
    tn_runtime* rt = runtime_with(1, work);
    tn_error* err = NULL;
    size_t i;
    for (i = 0; i < sizeof wrappers / sizeof *wrappers; ++i) {
        setenv("TENON_TEST_NAME", wrappers[i].name, 1);
        make_extension(wrappers[i].name, "faulty", wrappers[i].wrapper);
        EQUAL(load_made(rt, wrappers[i].name, &err), wrappers[i].status);
        if (strcmp(wrappers[i].name, "nested") != 0)
            CONTAINS(tn_error_message(err, NULL), wrappers[i].message);
        CONTAINS(tn_error_render(err, 0, NULL), wrappers[i].rendered);
        tn_error_free(err);
        CHECK(!is_open("faulty"));
    }
    setenv("TENON_TEST_NAME", "good", 1);
    make_extension(
        "good", "faulty",
        "import shapes;\nnative(\"one\") pub fn one() -> i64;\npub fn three() -> i64 { one() * 3 }\n"
        "test \"not run\" { assert false; }\n");
    check_error(load_made(rt, "good", &err), TN_COMPILE, err, "shapes"); /* not where this runtime looks */
    make_extension("missing", NULL, "");
    check_error(load_made(rt, "missing", &err), TN_IO, err, "missing.so`: No such file or directory");
    make_extension("wrapless", "faulty", NULL);
    check_error(load_made(rt, "wrapless", &err), TN_IO, err, "wrapless.tn`: No such file or directory");
    make_extension("not-a-name", "faulty", "");
    check_error(load_made(rt, "not-a-name", &err), TN_IO, err, "`not-a-name` is no name");
    check_error(load_made(rt, "absent", &err), TN_IO, err, "it is no folder");
    make_extension("noentry", "noentry", "");
    check_error(load_made(rt, "noentry", &err), TN_NOT_FOUND, err, "has no function `tn_extension_entry_v1`");
    make_extension("text", NULL, "");
    {
        char path[256];
        FILE* file;
        snprintf(path, sizeof path, "%s/text/text.so", work);
        file = fopen(path, "w");
        if (file) {
            fputs("not a library", file);
            fclose(file);
        }
    }
    check_error(load_made(rt, "text", &err), TN_IO, err, "extension `text`: ");
    tn_runtime_free(rt);
    /* A module of the host's has the name. */
    rt = runtime_with(1, TN_TEST_EXTENSIONS);
    STATUS(tn_register_module(rt, "faulty", TN_NTS, "pub fn two() -> i64 { 2 }", TN_NTS, NULL), TN_OK);
    unsetenv("TENON_TEST_NAME");
    {
        tn_extension* x;
        check_error(tn_extension_load(rt, "faulty", TN_NTS, 0, &x, &err), TN_DUPLICATE, err,
                    "a module `faulty` is registered already");
        CHECK(!x);
    }
    tn_module_free(compile(rt, "import faulty;\nfn f() -> i64 { faulty.two() }\n"));
    tn_runtime_free(rt);
}

static void one_that_fails_takes_back_what_it_imported(void) {
    char both[600];
    tn_runtime* rt;
    tn_error* err = NULL;
    tn_module* m;
    snprintf(both, sizeof both, "%s:%s", TN_TEST_EXTENSIONS, work);
    rt = runtime_with(1, both);
    memset(counters, 0, sizeof counters);
    setenv("TENON_TEST_NAME", "outer", 1);
    make_extension("outer", "faulty", "import twin;\nnative(\"one\") fn one() -> f64;\n");
    check_error(load_made(rt, "outer", &err), TN_COMPILE, err, "`one` is registered as");
    CHECK(!is_open("twin") && !is_open("shapes") && !is_open("faulty"));
    make_extension("outer", "faulty", "import twin;\npub native(\"one\") fn one() -> i64;\n");
    STATUS_ERR(load_made(rt, "outer", &err), TN_OK);
    unsetenv("TENON_TEST_NAME");
    m = compile(
        rt, "import outer;\nimport shapes;\nfn f() -> f64 { shapes.circle(outer.one() as f64).area() }\n");
    CHECK(m != NULL);
    tn_module_free(m);
    tn_runtime_free(rt);
    CHECK(!is_open("twin") && !is_open("shapes") && !is_open("faulty"));
}

/* Any order of ends is legal. */
static void values_outlive_the_handles(void) {
    Setup s;
    tn_value ret;
    memset(counters, 0, sizeof counters);
    s = set_up_with("import shapes;\nfn f() -> shapes.Circle { shapes.circle(3.0) }\n");
    if (!s.inst) return;
    STATUS(call_by_name(&s, "f", NULL, 0, &ret, NULL), TN_OK);
    tear_down(&s);
    EQUAL(counters[1], 0);
    CHECK(is_open("shapes"));
    tn_value_clear(&ret);
    EQUAL(counters[1], 1);
    CHECK(!is_open("shapes"));
}

static void* compile_some(void* rt) {
    int i;
    for (i = 0; i < 20; ++i) {
        tn_module* m = NULL;
        tn_error* err = NULL;
        const char* source = i % 2 ? "import shapes;\nfn f() -> f64 { shapes.circle(1.0).area() }\n"
                                   : "import twin;\nfn f() -> f64 { twin.radius(twin.circle(1.0)) }\n";
        const tn_type* type;
        STATUS_ERR(tn_compile(rt, "m.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_OK);
        tn_type_parse(rt, "List[shapes.Circle]", TN_NTS, &type, NULL);
        tn_module_free(m);
    }
    return NULL;
}
static void threads_load_at_once(void) {
    int round, i;
    for (round = 0; round < 5; ++round) {
        tn_runtime* rt = runtime_with(1, TN_TEST_EXTENSIONS);
        pthread_t threads[4];
        for (i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, compile_some, rt);
        for (i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
        tn_runtime_free(rt);
    }
    CHECK(!is_open("shapes") && !is_open("twin"));
}

static void a_registrar_is_dead_after_the_entry(void) {
    Setup s;
    int64_t how;
    memset(counters, 0, sizeof counters);
    s = set_up_with("import shapes;\nfn f(how: i64) -> i64 { shapes.late(how) }\n");
    for (how = 0; s.inst && how < 6; ++how) {
        tn_value arg = make_i64(how);
        EQUAL(call_i64(&s, "f", &arg, 1), how < 5 ? TN_HANDLE : TN_ARG);
    }
    EQUAL(counters[2], 3); /* what could not be registered was finalized */
    tear_down(&s);
}

static void misuse_is_refused(void) {
    tn_runtime* rt = runtime_with(0, TN_TEST_EXTENSIONS);
    tn_extension* x = NULL;
    tn_error* err = NULL;
    tn_config* c = tn_config_new();
    STATUS(tn_extension_load(NULL, "shapes", TN_NTS, 0, &x, NULL), TN_ARG);
    STATUS(tn_extension_load((tn_runtime*)&rt, "shapes", TN_NTS, 0, &x, NULL), TN_HANDLE);
    STATUS(tn_extension_load(rt, NULL, 3, 0, &x, NULL), TN_ARG);
    STATUS(tn_extension_load(rt, "", 0, 0, &x, NULL), TN_ARG);
    STATUS(tn_extension_load(rt, "a\0b", 3, 0, &x, NULL), TN_ARG);
    STATUS(tn_extension_load(rt, "\xff", 1, 0, &x, NULL), TN_UTF8);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 1, &x, NULL), TN_UNSUPPORTED);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, NULL, NULL), TN_ARG);
    check_error(tn_extension_load(rt, "shapess", TN_NTS, 0, &x, &err), TN_NOT_FOUND, err,
                "there is no extension `shapess` in `" TN_TEST_EXTENSIONS "`");
    CHECK(!x);
    STATUS(tn_extension_load(rt, "shapes", TN_NTS, 0, &x, NULL), TN_OK);
    CHECK(!tn_extension_name((tn_extension*)rt, NULL) && !tn_extension_version(NULL, NULL));
    tn_extension_free((tn_extension*)rt);
    tn_extension_free(NULL);
    tn_extension_free(x);
    tn_extension_free(x);
    CHECK(!tn_extension_name(x, NULL));
    STATUS(tn_config_set_text(c, TN_CONFIG_FUEL, "x", 1), TN_UNSUPPORTED);
    STATUS(tn_config_set_text(c, TN_CONFIG_EXTENSION_PATH, "a\0b", 3), TN_RANGE);
    STATUS(tn_config_set_u64(c, TN_CONFIG_EXTENSION_PATH, 1), TN_UNSUPPORTED);
    STATUS(tn_config_set_u64(c, TN_CONFIG_ALLOW_EXTENSIONS, 2), TN_RANGE);
    tn_config_free(c);
    tn_runtime_free(rt);
}

int main(void) {
    char where[32];
    snprintf(where, sizeof where, "%zx", (size_t)counters);
    setenv("TENON_TEST_COUNTERS", where, 1);
    setenv("HOME", "/nonexistent", 1);
    unsetenv("TENON_EXTENSION_PATH");
    strcpy(work, "/tmp/tenon_extensions.XXXXXX");
    CHECK(mkdtemp(work) != NULL);
    RUN(an_import_loads_it);
    RUN(the_interpreter_does_the_same);
    RUN(failures_are_traps);
    RUN(types_are_told_apart);
    RUN(scripts_see_what_the_wrapper_shows);
    RUN(the_host_has_to_allow_it);
    RUN(folders_are_looked_at_in_order);
    RUN(a_package_goes_first);
    RUN(a_second_time_it_is_the_same);
    RUN(faults_are_told);
    RUN(wrappers_are_checked);
    RUN(one_that_fails_takes_back_what_it_imported);
    RUN(values_outlive_the_handles);
    RUN(threads_load_at_once);
    RUN(a_registrar_is_dead_after_the_entry);
    RUN(misuse_is_refused);
    {
        char command[128];
        snprintf(command, sizeof command, "rm -rf '%s'", work);
        if (system(command) != 0) CHECK(!"the folder is there still");
    }
    return finish();
}
