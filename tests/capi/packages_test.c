/* Sections 4 and 8: packages in memory and on disk, modules and loaders of the host. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static tn_source file(const char *name, const char *text) {
    tn_source source;
    source.name = name;
    source.name_len = TN_NTS;
    source.text = text;
    source.text_len = TN_NTS;
    return source;
}

/* Calls `name() -> i64` of a new instance; -1 when that fails. */
static int64_t answer(tn_module *mod, const char *name) {
    tn_instance *inst = instance(mod);
    tn_function *f = function(mod, name);
    tn_value ret;
    tn_error *err = NULL;
    STATUS_ERR(tn_call(inst, f, NULL, 0, &ret, &err), TN_OK);
    tn_function_free(f);
    tn_instance_free(inst);
    return ret.tag == TN_TAG_I64 ? ret.as.i : -1;
}

static void in_memory(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mod = NULL;
    tn_error *err = NULL;
    tn_instance *inst;
    tn_function *f;
    tn_value v;
    const tn_source files[] = {
        file("geometry/area.tn", "import geometry.count;\npub var calls: i64 = 0;\nvar hidden: i64 = 5;\n"
                                 "pub fn square(a: i64) -> i64 { calls += count(); a * a }\n"
                                 "test \"square\" { assert square(3) == 9; }\n"),
        file("main.tn", "import geometry.area;\npub import geometry.double;\nvar n: i64 = 2;\n"
                        "pub fn f() -> i64 { area.square(6) + n }\nfn fails() -> i64 { area.square(1 << 62) }\n"
                        "test \"main\" { assert f() == 38; }\n"),
        file("geometry/main.tn", "pub fn count() -> i64 { 1 }\npub fn double(n: i64) -> i64 { n * 2 }\n"),
        file("unused.tn", "fn nothing() -> i64 { \"\" }"),
    };
    STATUS_ERR(tn_compile_package(rt, "pkg", TN_NTS, files, 3, NULL, &mod, &err), TN_OK);
    EQUAL(answer(mod, "f"), 38);

    /* What the host sees: functions of the root, its own and those it passes on; all variables. */
    EQUAL(tn_module_function_count(mod), 3);
    STATUS(tn_module_function(mod, "double", TN_NTS, "fn(i64) -> i64", TN_NTS, &f, &err), TN_OK);
    tn_function_free(f);
    STATUS_ERR(tn_module_function(mod, "square", TN_NTS, NULL, 0, &f, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_module_function(mod, "geometry.double", TN_NTS, NULL, 0, &f, &err), TN_NOT_FOUND);
    inst = instance(mod);
    STATUS_ERR(tn_instance_get_global(inst, "geometry.area.calls", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 0);
    STATUS_ERR(tn_instance_get_global(inst, "geometry.area.hidden", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 5);
    STATUS_ERR(tn_instance_get_global(inst, "calls", TN_NTS, &v, &err), TN_NOT_FOUND);
    TN_SET_I64(&v, 40);
    STATUS_ERR(tn_instance_set_global(inst, "geometry.area.calls", TN_NTS, &v, &err), TN_OK);
    f = function(mod, "f");
    STATUS_ERR(tn_call(inst, f, NULL, 0, &v, &err), TN_OK);
    tn_function_free(f);
    STATUS_ERR(tn_instance_get_global(inst, "geometry.area.calls", TN_NTS, &v, &err), TN_OK);
    EQUAL(v.as.i, 41);

    /* Files of traces and tests. */
    f = function(mod, "fails");
    STATUS(tn_call(inst, f, NULL, 0, &v, &err), TN_TRAP_INTEGER_OVERFLOW);
    EQUAL(tn_error_frame_count(err), 2);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FILE, NULL), "pkg/geometry/area.tn");
    EQUAL(tn_error_frame_line(err, 0), 4);
    TEXT(tn_error_frame_text(err, 1, TN_TEXT_FILE, NULL), "pkg/main.tn");
    tn_error_free(err);
    tn_function_free(f);
    tn_instance_free(inst);
    EQUAL(tn_module_test_count(mod), 2);
    TEXT(tn_module_test_name(mod, 0, NULL), "main");
    TEXT(tn_module_test_file(mod, 0, NULL), "pkg/main.tn");
    TEXT(tn_module_test_name(mod, 1, NULL), "square");
    TEXT(tn_module_test_file(mod, 1, NULL), "pkg/geometry/area.tn");
    tn_module_free(mod);

    /* A module that nobody imports is not compiled, unless all are wanted. */
    STATUS_ERR(tn_compile_package(rt, "", 0, files, 4, NULL, &mod, &err), TN_OK);
    tn_module_free(mod);
    {
        tn_config *whole = tn_config_new();
        STATUS(tn_config_set_u64(whole, TN_CONFIG_WHOLE_PACKAGE, 1), TN_OK);
        STATUS(tn_compile_package(rt, "", 0, files, 4, whole, &mod, &err), TN_COMPILE);
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_FILE, NULL), "unused.tn");
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "TypeMismatch");
        tn_error_free(err);
        tn_config_free(whole);
    }
    tn_runtime_free(rt);
}

static void bad_packages(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mod = NULL;
    tn_error *err = NULL;
    static const char *const bad_names[] = {"main.txt", "../main.tn", "/main.tn", "a//b.tn", "a/./b.tn",
                                            ".tn",      "a b.tn",     "if.tn",    "1.tn",    "",
                                            "a.b.tn",   "main.tn/"};
    tn_source files[2];
    size_t i;
    files[0] = file("main.tn", "fn f() -> i64 { 1 }");
    for (i = 0; i < COUNT(bad_names); ++i) {
        files[1] = file(bad_names[i], "");
        STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_ARG);
        CHECK(mod == NULL);
    }
    files[1] = file("main.tn", "");
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_DUPLICATE);
    files[0] = file("other.tn", "");
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 1, NULL, &mod, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, NULL, 0, NULL, &mod, &err), TN_NOT_FOUND);
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, NULL, 1, NULL, &mod, &err), TN_ARG);
    STATUS_ERR(tn_compile_package(NULL, "p", TN_NTS, files, 1, NULL, &mod, &err), TN_ARG);
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 1, NULL, NULL, &err), TN_ARG);
    files[1].text = "\xff";
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_UTF8);
    files[1] = file("main.tn", NULL);
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_ARG);
    files[1].text_len = 0;
    STATUS_ERR(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_OK);
    tn_module_free(mod);

    files[0] = file("area.tn", "");
    files[1] = file("main.tn", "import aera.f;\nimport area.g;");
    STATUS(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_COMPILE);
    EQUAL(tn_error_diag_count(err), 2);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "UnknownModule");
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_NOTE, NULL), "looked for `p/aera.tn` and `p/aera/main.tn`");
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_HELP, NULL), "did you mean `area`?");
    TEXT(tn_error_diag_text(err, 1, TN_TEXT_CODE, NULL), "UnknownMember");
    tn_error_free(err);
    tn_runtime_free(rt);
}

static int64_t forty(void) { return 40; }

static void registered(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mod = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_register_native(rt, "acme.forty", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)forty, NULL, NULL, 0,
                                  &err),
               TN_OK);
    STATUS_ERR(tn_register_native(rt, "acme.inner.deep", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)forty, NULL, NULL, 0,
                                  &err),
               TN_OK);
    STATUS_ERR(tn_register_module(rt, "acme", TN_NTS,
                                  "import acme.util.one;\nimport acme.forty;\n"
                                  "import acme.inner.deep; // not used: nobody's warning\n"
                                  "pub var calls: i64 = 0;\n"
                                  "pub record Pair { a: i64, b: i64 }\n"
                                  "impl Pair { fn sum(self) -> i64 { self.a + self.b } }\n"
                                  "pub fn answer() -> i64 { calls += 1; forty() + one() + one() }\n"
                                  "test \"not run\" { assert false; }\n",
                                  TN_NTS, &err),
               TN_OK);
    STATUS_ERR(tn_register_module(rt, "acme.util", TN_NTS, "pub fn one() -> i64 { 1 }", TN_NTS, &err), TN_OK);
    STATUS_ERR(tn_register_module(rt, "broken", TN_NTS, "import util.one; pub fn f() -> i64 { one() }", TN_NTS, &err),
               TN_OK);

    STATUS_ERR(tn_register_module(rt, "acme", TN_NTS, "", TN_NTS, &err), TN_DUPLICATE);
    STATUS_ERR(tn_register_module(rt, "acme.forty", TN_NTS, "", TN_NTS, &err), TN_DUPLICATE);
    STATUS_ERR(tn_register_native(rt, "acme.util", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)forty, NULL, NULL, 0, &err),
               TN_DUPLICATE);
    STATUS_ERR(tn_register_module(rt, "a-b", TN_NTS, "", TN_NTS, &err), TN_ARG);
    STATUS_ERR(tn_register_module(rt, "", 0, "", TN_NTS, &err), TN_ARG);
    STATUS_ERR(tn_register_module(NULL, "x", TN_NTS, "", TN_NTS, &err), TN_ARG);
    STATUS_ERR(tn_register_module(rt, "x", TN_NTS, "\xff", TN_NTS, &err), TN_UTF8);
    STATUS(tn_register_module(rt, "x.y", TN_NTS, "fn f( {", TN_NTS, &err), TN_COMPILE);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_FILE, NULL), "x.y");
    tn_error_free(err);

    STATUS_ERR(tn_compile(rt, "script.tn", TN_NTS,
                          "import acme;\nimport acme.Pair;\nimport acme.util.one;\nimport acme.forty;\n"
                          "fn all() -> i64 { acme.answer() + Pair { a: 1, b: 2 }.sum() + one() + forty() + "
                          "acme.forty() + calls() }\nfn calls() -> i64 { acme.inner.deep() + acme.calls }\n"
                          "test \"own\" {}",
                          TN_NTS, NULL, &mod, &err),
               TN_OK);
    EQUAL(answer(mod, "all"), 42 + 3 + 1 + 40 + 40 + 40 + 1);
    EQUAL(tn_module_test_count(mod), 1);
    CHECK(tn_module_warnings(mod) == NULL);
    tn_module_free(mod);

    /* Too late. */
    STATUS_ERR(tn_register_module(rt, "late", TN_NTS, "", TN_NTS, &err), TN_CLOSED);

    /* Their own mistakes, and that they see nothing of the package's. */
    {
        const tn_source files[] = {file("main.tn", "import broken.f; fn g() -> i64 { f() }"),
                                   file("util.tn", "pub fn one() -> i64 { 1 }")};
        STATUS(tn_compile_package(rt, "p", TN_NTS, files, 2, NULL, &mod, &err), TN_COMPILE);
        EQUAL(tn_error_diag_count(err), 1);
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_FILE, NULL), "broken");
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "UnknownModule");
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_NOTE, NULL),
             "a module that the host registered imports only what the host registered");
        tn_error_free(err);
    }
    /* A module of the package at the path of one of the host's, and at that of a host function's module. */
    {
        const tn_source files[] = {file("main.tn", "import acme.util;\nimport acme.util.one;\nimport acme.inner;"),
                                   file("acme/util.tn", "pub fn one() -> i64 { 1 }"),
                                   file("acme/inner.tn", "pub fn deep() -> i64 { 1 }")};
        STATUS(tn_compile_package(rt, "p", TN_NTS, files, 3, NULL, &mod, &err), TN_COMPILE);
        EQUAL(tn_error_diag_count(err), 3);
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "AmbiguousModule");
        TEXT(tn_error_diag_text(err, 0, TN_TEXT_MESSAGE, NULL),
             "`acme.util` may be two modules: `p/acme/util.tn` and one that the host registered");
        TEXT(tn_error_diag_text(err, 2, TN_TEXT_CODE, NULL), "AmbiguousModule");
        tn_error_free(err);
    }
    /* Not found. */
    STATUS(tn_compile(rt, "s.tn", TN_NTS, "import acme.utli;\nimport acmee;\nimport other.x;\nimport acme.util.two;",
                      TN_NTS, NULL, &mod, &err),
           TN_COMPILE);
    EQUAL(tn_error_diag_count(err), 4);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_HELP, NULL), "did you mean `acme.util`?");
    TEXT(tn_error_diag_text(err, 1, TN_TEXT_HELP, NULL), "did you mean `acme`?");
    TEXT(tn_error_diag_text(err, 2, TN_TEXT_NOTE, NULL),
         "this source was compiled by itself: it imports only what the host registered");
    TEXT(tn_error_diag_text(err, 3, TN_TEXT_CODE, NULL), "UnknownMember");
    tn_error_free(err);
    tn_runtime_free(rt);
}

typedef struct Loader {
    char asked[512];
    int finalized;
} Loader;

static tn_status load(void *ud, const char *path, size_t len, const char **src, size_t *src_len) {
    Loader *loader = ud;
    EQUAL(len, strlen(path));
    strncat(loader->asked, path, sizeof loader->asked - strlen(loader->asked) - 1);
    strncat(loader->asked, " ", sizeof loader->asked - strlen(loader->asked) - 1);
    *src_len = TN_NTS;
    if (strcmp(path, "maths") == 0) {
        *src = "import maths.deep.twice; pub fn four() -> i64 { twice(2) }";
    } else if (strcmp(path, "maths.deep") == 0) {
        *src = "pub fn twice(n: i64) -> i64 { n * 2 } pub fn bad() -> i64 { [1][n()] } fn n() -> i64 { 7 }";
    } else if (strcmp(path, "counted") == 0) {
        *src = "pub fn f() -> i64 { 1 }this is behind the end";
        *src_len = 23;
    } else if (strcmp(path, "refused") == 0) {
        return TN_STATE;
    } else if (strcmp(path, "nothing") == 0) {
        *src = NULL;
        *src_len = 5;
    } else if (strcmp(path, "empty") == 0) {
        *src = NULL;
        *src_len = 0;
    } else if (strcmp(path, "invalid") == 0) {
        *src = "fn f() {} // \xff";
    } else {
        return TN_NOT_FOUND;
    }
    return TN_OK;
}

static void finalize(void *ud) { ((Loader *)ud)->finalized += 1; }

static void loaded(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mod = NULL, *bad = NULL;
    tn_error *err = NULL;
    Loader loader = {"", 0}, second = {"", 0};
    STATUS_ERR(tn_register_loader(rt, load, &loader, finalize, &err), TN_OK);
    STATUS_ERR(tn_register_loader(rt, load, &second, finalize, &err), TN_DUPLICATE);
    EQUAL(second.finalized, 1);
    STATUS_ERR(tn_register_loader(rt, NULL, &second, finalize, &err), TN_ARG);
    EQUAL(second.finalized, 2);
    STATUS_ERR(tn_register_loader(NULL, load, &second, finalize, &err), TN_ARG);
    EQUAL(second.finalized, 3);

    STATUS_ERR(tn_compile(rt, "s.tn", TN_NTS,
                          "import maths.four;\nimport maths.deep.{twice, bad};\nimport counted.f;\nimport empty;\n"
                          "fn all() -> i64 { four() + twice(4) + f() }\nfn fail() -> i64 { bad() }",
                          TN_NTS, NULL, &mod, &err),
               TN_OK);
    TEXT(loader.asked, "maths.four maths maths.deep.twice maths.deep maths.deep.bad counted.f counted empty ");
    EQUAL(answer(mod, "all"), 13);
    {
        tn_instance *inst = instance(mod);
        tn_function *f = function(mod, "fail");
        tn_value v;
        STATUS(tn_call(inst, f, NULL, 0, &v, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
        TEXT(tn_error_frame_text(err, 0, TN_TEXT_FILE, NULL), "maths.deep");
        tn_error_free(err);
        tn_function_free(f);
        tn_instance_free(inst);
    }
    STATUS(tn_compile(rt, "s.tn", TN_NTS, "import refused;\nimport nothing.x;\nimport absent.y;\nimport invalid;", TN_NTS,
                      NULL, &bad, &err),
           TN_COMPILE);
    EQUAL(tn_error_diag_count(err), 4);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_MESSAGE, NULL),
         "cannot read module `refused`: the host's loader answered State");
    TEXT(tn_error_diag_text(err, 1, TN_TEXT_MESSAGE, NULL),
         "cannot read module `nothing`: the host's loader gave no text");
    TEXT(tn_error_diag_text(err, 2, TN_TEXT_CODE, NULL), "UnknownModule");
    TEXT(tn_error_diag_text(err, 3, TN_TEXT_CODE, NULL), "InvalidUtf8");
    tn_error_free(err);
    tn_runtime_free(rt);
    EQUAL(loader.finalized, 0); /* a module lives on */
    tn_module_free(mod);
    {
        /* The first module was the last one on it. */
        tn_runtime *other = new_runtime();
        STATUS_ERR(tn_compile(other, "s.tn", TN_NTS, "", 0, NULL, &mod, &err), TN_OK);
        STATUS_ERR(tn_register_loader(other, load, &second, finalize, &err), TN_CLOSED);
        EQUAL(second.finalized, 4);
        tn_module_free(mod);
        tn_runtime_free(other);
    }
}

static char folder[] = "/tmp/tenon-packages-XXXXXX";

static const char *put(const char *name, const char *text) {
    static char path[256];
    FILE *out;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "w");
    CHECK(out != NULL);
    if (out) {
        fputs(text, out);
        fclose(out);
    }
    return path;
}

static void make_folder(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(mkdir(path, 0700) == 0);
}

static void link_to(const char *target, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(symlink(target, path) == 0);
}

static void on_disk(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mod = NULL;
    tn_error *err = NULL;
    char path[256];
    CHECK(mkdtemp(folder) != NULL);
    make_folder("pkg");
    make_folder("pkg/inner");
    put("outside.tn", "pub fn secret() -> i64 { 1 }");
    put("pkg/main.tn", "import inner.a;\nimport linked.b;\nfn f() -> i64 { a() + b() }");
    put("pkg/inner/main.tn", "pub fn a() -> i64 { 1 }");
    put("pkg/real.tn", "pub fn b() -> i64 { 2 }");
    link_to("real.tn", "pkg/linked.tn");
    link_to("../outside.tn", "pkg/leaves.tn");
    link_to("/etc", "pkg/etc");
    link_to("nowhere.tn", "pkg/dangling.tn");
    link_to("round.tn", "pkg/round.tn");
    link_to("pkg/main.tn", "link.tn");
    snprintf(path, sizeof path, "%s/pkg", folder);
    STATUS_ERR(tn_compile_path(rt, path, TN_NTS, NULL, &mod, &err), TN_OK);
    EQUAL(answer(mod, "f"), 3);
    tn_module_free(mod);
    /* Through a link to the root file, the package is where the file is. */
    snprintf(path, sizeof path, "%s/link.tn", folder);
    STATUS_ERR(tn_compile_path(rt, path, TN_NTS, NULL, &mod, &err), TN_OK);
    tn_module_free(mod);

    put("pkg/main.tn", "import leaves.secret;\nimport etc.passwd;\nimport dangling;\nimport round;\n");
    snprintf(path, sizeof path, "%s/pkg/main.tn", folder);
    STATUS(tn_compile_path(rt, path, TN_NTS, NULL, &mod, &err), TN_COMPILE);
    EQUAL(tn_error_diag_count(err), 4);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_MESSAGE, NULL),
         "cannot read module `leaves`: `leaves.tn`: it is a link that leads out of the package");
    TEXT(tn_error_diag_text(err, 1, TN_TEXT_CODE, NULL), "UnknownModule");
    TEXT(tn_error_diag_text(err, 2, TN_TEXT_MESSAGE, NULL),
         "cannot read module `dangling`: `dangling.tn`: No such file or directory");
    TEXT(tn_error_diag_text(err, 3, TN_TEXT_CODE, NULL), "UnreadableModule");
    tn_error_free(err);

    /* Limits. */
    put("pkg/main.tn", "import real.b;");
    {
        tn_config *small = tn_config_new();
        STATUS(tn_config_set_u64(small, TN_CONFIG_MAX_SOURCE, 15), TN_OK);
        STATUS(tn_compile_path(rt, path, TN_NTS, small, &mod, &err), TN_COMPILE);
        CONTAINS(tn_error_diag_text(err, 0, TN_TEXT_MESSAGE, NULL), "`real.tn`: it has 23 bytes, the limit is 15");
        tn_error_free(err);
        tn_config_free(small);
    }
    /* A pipe is no module that anybody waits for. */
    snprintf(path, sizeof path, "%s/pkg/pipe.tn", folder);
    CHECK(mkfifo(path, 0600) == 0);
    put("pkg/main.tn", "import pipe.b;");
    snprintf(path, sizeof path, "%s/pkg", folder);
    STATUS(tn_compile_path(rt, path, TN_NTS, NULL, &mod, &err), TN_COMPILE);
    tn_error_free(err);
    /* All modules of a folder: the unreadable ones are errors, too. */
    put("pkg/main.tn", "");
    {
        tn_config *whole = tn_config_new();
        STATUS(tn_config_set_u64(whole, TN_CONFIG_WHOLE_PACKAGE, 1), TN_OK);
        STATUS(tn_compile_path(rt, path, TN_NTS, whole, &mod, &err), TN_IO);
        CONTAINS(tn_error_message(err, NULL), "module `dangling`");
        tn_error_free(err);
        tn_config_free(whole);
    }
    tn_runtime_free(rt);
    snprintf(path, sizeof path, "rm -rf %s", folder);
    CHECK(system(path) == 0);
}

int main(void) {
    RUN(in_memory);
    RUN(bad_packages);
    RUN(registered);
    RUN(loaded);
    RUN(on_disk);
    return finish();
}
