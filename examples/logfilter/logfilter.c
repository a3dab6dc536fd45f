/* A host of Tenon that knows nothing but include/c_api.h: it opens the library at run time, compiles rules.tn and
 * streams a log through its function `decide`, line by line. When the rules change on disk they are compiled
 * anew while the run goes on; rules that do not compile are reported, and the old ones stay. A line on which
 * the script faults is reported with its number, and the run goes on.
 *
 *   logfilter LIBRARY RULES LOG [--show N] [--selftest]
 *
 * --show N prints the first N kept lines. --selftest works on a copy of the rules and changes it during the run.
 */
#define _POSIX_C_SOURCE 200809L
#include "c_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the library ---- */

#define API(X) \
    X(tn_runtime_new) X(tn_runtime_free) X(tn_compile_path) X(tn_module_free) X(tn_module_function) \
    X(tn_function_free) X(tn_function_param_count) X(tn_function_param_type) X(tn_function_return_type) \
    X(tn_function_signature) X(tn_type_kind) X(tn_type_child) X(tn_type_child_count) X(tn_instance_new) \
    X(tn_instance_free) X(tn_instance_set_timeout) X(tn_string_new) X(tn_string_data) X(tn_call) X(tn_record_get) \
    X(tn_value_clear) X(tn_error_render) X(tn_error_message) X(tn_error_frame_line) X(tn_error_free) \
    X(tn_live_handles)
#define MEMBER(name) __typeof__(&name) name;
static struct { API(MEMBER) } tn;

static int open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "logfilter: %s\n", dlerror());
        return 0;
    }
#define LOAD(name) \
    if (!(*(void **)&tn.name = dlsym(library, #name))) { \
        fprintf(stderr, "logfilter: %s\n", dlerror()); \
        return 0; \
    }
    API(LOAD)
    return 1;
}

static void show_error(const char *what, tn_error *error) {
    const char *text = error ? tn.tn_error_render(error, 0, NULL) : NULL;
    fflush(stdout);
    fprintf(stderr, "%s\n%s", what, text ? text : "(no details)\n");
    tn.tn_error_free(error);
}

/* ---- the rules ---- */

struct stamp {
    struct timespec changed;
    off_t size;
};

struct rules {
    const char *path;
    struct stamp stamp;
    tn_module *module;
    tn_function *decide;
    tn_instance *instance;
    unsigned loads, refusals;
};

static struct stamp stamp_of(const char *path) {
    struct stat info;
    struct stamp stamp;
    memset(&stamp, 0, sizeof stamp);
    if (stat(path, &info) == 0) {
        stamp.changed = info.st_mtim;
        stamp.size = info.st_size;
    }
    return stamp;
}

static int same_stamp(struct stamp a, struct stamp b) {
    return a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec && a.size == b.size;
}

static void drop_rules(struct rules *rules) {
    tn.tn_function_free(rules->decide);
    tn.tn_instance_free(rules->instance);
    tn.tn_module_free(rules->module);
    rules->decide = NULL;
    rules->instance = NULL;
    rules->module = NULL;
}

/* `decide` takes a String and answers a record of a bool, an i64 and a String. */
static int has_right_type(tn_function *decide) {
    const tn_type *result = tn.tn_function_return_type(decide);
    return tn.tn_function_param_count(decide) == 1 &&
           tn.tn_type_kind(tn.tn_function_param_type(decide, 0)) == TN_TAG_STRING &&
           tn.tn_type_kind(result) == TN_TAG_RECORD && tn.tn_type_child_count(result) == 3 &&
           tn.tn_type_kind(tn.tn_type_child(result, 0)) == TN_TAG_BOOL &&
           tn.tn_type_kind(tn.tn_type_child(result, 1)) == TN_TAG_I64 &&
           tn.tn_type_kind(tn.tn_type_child(result, 2)) == TN_TAG_STRING;
}

/* Compiles the file; the rules in use are replaced only if that succeeds. */
static int load_rules(tn_runtime *runtime, struct rules *rules) {
    struct rules fresh = *rules;
    tn_error *error = NULL;
    fresh.module = NULL;
    fresh.decide = NULL;
    fresh.instance = NULL;
    fresh.stamp = stamp_of(rules->path);
    rules->stamp = fresh.stamp;
    if (tn.tn_compile_path(runtime, rules->path, TN_NTS, NULL, &fresh.module, &error) != TN_OK ||
        tn.tn_module_function(fresh.module, "decide", TN_NTS, NULL, 0, &fresh.decide, &error) != TN_OK ||
        tn.tn_instance_new(fresh.module, NULL, &fresh.instance, &error) != TN_OK) {
        show_error(rules->module ? "the new rules cannot be used, the old ones stay:" : "the rules cannot be used:",
                   error);
    } else if (!has_right_type(fresh.decide)) {
        fprintf(stderr, "%s: `decide` must be fn(String) -> a record of bool, i64 and String; it is %s\n", rules->path,
                tn.tn_function_signature(fresh.decide, NULL));
    } else {
        tn.tn_instance_set_timeout(fresh.instance, 1000);
        drop_rules(rules);
        fresh.loads = rules->loads + 1;
        *rules = fresh;
        return 1;
    }
    drop_rules(&fresh);
    rules->refusals++;
    return 0;
}

/* ---- the run ---- */

enum { MOST_TAGS = 64, TAG_SIZE = 32, FAULTS_SHOWN = 3, LINES_BETWEEN_LOOKS = 64 };

struct tag {
    char name[TAG_SIZE];
    unsigned long kept, dropped;
};

struct totals {
    unsigned long lines, kept, faults;
    unsigned long long bytes, call_ns;
    struct tag tags[MOST_TAGS + 1]; /* the last one: all further tags */
    size_t tag_count;
};

static unsigned long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (unsigned long long)time.tv_sec * 1000000000u + (unsigned long long)time.tv_nsec;
}

static struct tag *find_tag(struct totals *totals, const char *name) {
    size_t i;
    for (i = 0; i < totals->tag_count; i++) {
        if (strncmp(totals->tags[i].name, name, TAG_SIZE - 1) == 0) return &totals->tags[i];
    }
    if (totals->tag_count == MOST_TAGS) {
        strcpy(totals->tags[MOST_TAGS].name, "(others)");
        return &totals->tags[MOST_TAGS];
    }
    strncpy(totals->tags[totals->tag_count].name, name, TAG_SIZE - 1);
    return &totals->tags[totals->tag_count++];
}

static void report_fault(struct totals *totals, const char *path, tn_error *error) {
    totals->faults++;
    if (totals->faults <= FAULTS_SHOWN) {
        char what[512];
        snprintf(what, sizeof what, "%s, line %lu:", path, totals->lines);
        show_error(what, error);
        if (totals->faults == FAULTS_SHOWN) fprintf(stderr, "(further faults are only counted)\n");
    } else {
        tn.tn_error_free(error);
    }
}

static void filter_line(struct rules *rules, struct totals *totals, const char *path, const char *line, size_t length,
                        unsigned long show) {
    tn_value text, decision, keep, tag;
    tn_error *error = NULL;
    unsigned long long begin = now_ns();
    tn_status status = tn.tn_string_new(rules->instance, line, length, &text, &error);
    if (status == TN_OK) {
        status = tn.tn_call(rules->instance, rules->decide, &text, 1, &decision, &error);
        tn.tn_value_clear(&text);
    }
    if (status != TN_OK) {
        totals->call_ns += now_ns() - begin;
        report_fault(totals, path, error);
        return;
    }
    tn.tn_record_get(&decision, 0, &keep);
    tn.tn_record_get(&decision, 2, &tag);
    totals->call_ns += now_ns() - begin;

    {
        struct tag *counts = find_tag(totals, tn.tn_string_data(&tag, NULL));
        if (keep.as.u) counts->kept++;
        else counts->dropped++;
    }
    if (keep.as.u && ++totals->kept <= show) {
        printf("  kept [%s] %.*s\n", tn.tn_string_data(&tag, NULL), (int)length, line);
    }
    tn.tn_value_clear(&tag);
    tn.tn_value_clear(&decision);
}

static void print_totals(const struct totals *totals, const struct rules *rules, unsigned long long ns) {
    size_t i, count = totals->tag_count + (totals->tags[MOST_TAGS].name[0] ? 1 : 0);
    double seconds = (double)ns / 1e9;
    printf("%lu lines, %lu kept, %lu dropped, %lu faults; rules loaded %u time%s\n", totals->lines, totals->kept,
           totals->lines - totals->kept - totals->faults, totals->faults, rules->loads, rules->loads == 1 ? "" : "s");
    for (i = 0; i < count; i++) {
        const struct tag *tag = &totals->tags[i == totals->tag_count ? MOST_TAGS : i];
        printf("  %-14s %8lu kept %8lu dropped\n", tag->name, tag->kept, tag->dropped);
    }
    if (totals->lines == 0) return;
    printf("%.3f s: %.0f lines/s, %.1f MB/s; %.0f ns per line in the script and its calls\n", seconds,
           (double)totals->lines / seconds, (double)totals->bytes / 1e6 / seconds,
           (double)totals->call_ns / (double)totals->lines);
}

/* ---- the self test: rules that change during the run ---- */

struct change {
    const char *what;
    const char *text; /* put before the rules */
    const char *old_word, *new_word;
    int is_refused;
};

static const struct change changes[] = {
    {"rules with a syntax error", "fn broken( {\n", NULL, NULL, 1},
    {"rules that keep everything", "", "KEEP_FROM: i64 = 3", "KEEP_FROM: i64 = 0", 0},
    {"rules without `decide`", "", "fn decide(", "fn other(", 1},
    {"rules that fault on lines of odd length", "", "fn decide(line: String) -> Decision {",
     "fn decide(line: String) -> Decision { assert line.len() % 2 == 0;", 0},
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0, room = 0, got;
    if (!file) return NULL;
    do {
        if (size + 4096 > room) text = realloc(text, room = room * 2 + 8192);
        if (!text) break;
        got = fread(text + size, 1, 4095, file);
        size += got;
        text[size] = 0;
    } while (got > 0);
    fclose(file);
    return text;
}

static int write_changed(const char *path, const char *original, const struct change *change) {
    FILE *file = fopen(path, "wb");
    const char *at = change->old_word ? strstr(original, change->old_word) : NULL;
    if (!file) return 0;
    fputs(change->text, file);
    if (at) {
        fwrite(original, 1, (size_t)(at - original), file);
        fputs(change->new_word, file);
        fputs(at + strlen(change->old_word), file);
    } else {
        fputs(original, file);
    }
    return fclose(file) == 0 && (at || !change->old_word);
}

struct self_test {
    char folder[64], path[96];
    char *original;
    unsigned long lines; /* of the log */
    unsigned next;
    int failed;
};

static int begin_self_test(struct self_test *test, const char *rules_path, const char *log_path) {
    struct change unchanged = {"", "", NULL, NULL, 0};
    FILE *log = fopen(log_path, "rb");
    int c;
    memset(test, 0, sizeof *test);
    strcpy(test->folder, "/tmp/logfilter-XXXXXX");
    test->original = read_file(rules_path);
    if (!test->original || !log || !mkdtemp(test->folder)) {
        fprintf(stderr, "logfilter: cannot prepare the self test with %s and %s\n", rules_path, log_path);
        if (log) fclose(log);
        return 0;
    }
    while ((c = getc(log)) != EOF) test->lines += c == '\n';
    fclose(log);
    snprintf(test->path, sizeof test->path, "%s/rules.tn", test->folder);
    return write_changed(test->path, test->original, &unchanged);
}

/* Changes the rules at the fifths of the log, and looks whether they were taken or refused. */
static void continue_self_test(struct self_test *test, tn_runtime *runtime, struct rules *rules, unsigned long line) {
    const struct change *change = &changes[test->next];
    unsigned loads = rules->loads, refusals = rules->refusals;
    struct stamp before = rules->stamp;
    if (test->next == CHANGES || line < test->lines * (test->next + 1) / (CHANGES + 1)) return;
    test->next++;
    fflush(stdout);
    fprintf(stderr, "-- line %lu: now %s\n", line, change->what);
    if (!write_changed(test->path, test->original, change)) {
        fprintf(stderr, "logfilter: the self test cannot change %s\n", test->path);
        test->failed = 1;
        return;
    }
    if (same_stamp(before, stamp_of(test->path))) test->failed = 1;
    load_rules(runtime, rules);
    if (rules->loads - loads != !change->is_refused || rules->refusals - refusals != (unsigned)change->is_refused) {
        fprintf(stderr, "logfilter: the self test expected the rules to be %s\n",
                change->is_refused ? "refused" : "taken");
        test->failed = 1;
    }
}

static int end_self_test(struct self_test *test, const struct totals *totals) {
    int passed = !test->failed && test->next == CHANGES && totals->faults > 0 && totals->kept > 0;
    unlink(test->path);
    rmdir(test->folder);
    free(test->original);
    printf("self test %s\n", passed ? "passed" : "FAILED");
    return passed;
}

static int usage(void) {
    fprintf(stderr, "usage: logfilter LIBRARY RULES LOG [--show N] [--selftest]\n");
    return 2;
}

int main(int argc, char **argv) {
    struct totals *totals = calloc(1, sizeof *totals);
    struct rules rules;
    struct self_test test;
    tn_runtime *runtime = NULL;
    tn_error *error = NULL;
    FILE *log;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    unsigned long show = 0;
    unsigned long long begin;
    int is_self_test = 0, status = 0, i;

    memset(&rules, 0, sizeof rules);
    if (argc < 4 || !totals) return usage();
    for (i = 4; i < argc; i++) {
        if (strcmp(argv[i], "--selftest") == 0) is_self_test = 1;
        else if (strcmp(argv[i], "--show") == 0 && i + 1 < argc) show = strtoul(argv[++i], NULL, 10);
        else return usage();
    }
    if (!open_library(argv[1])) return 1;
    if (tn.tn_runtime_new(TN_ABI_VERSION, NULL, &runtime, &error) != TN_OK) {
        show_error("no runtime:", error);
        return 1;
    }
    log = fopen(argv[3], "rb");
    if (!log) {
        perror(argv[3]);
        return 1;
    }
    if (is_self_test && !begin_self_test(&test, argv[2], argv[3])) return 1;
    rules.path = is_self_test ? test.path : argv[2];
    if (!load_rules(runtime, &rules)) return 1;

    begin = now_ns();
    while ((length = getline(&line, &room, log)) >= 0) {
        totals->lines++;
        totals->bytes += (size_t)length;
        if (is_self_test) {
            continue_self_test(&test, runtime, &rules, totals->lines);
        } else if (totals->lines % LINES_BETWEEN_LOOKS == 0 && !same_stamp(rules.stamp, stamp_of(rules.path))) {
            fprintf(stderr, "-- line %lu: the rules changed\n", totals->lines);
            load_rules(runtime, &rules);
        }
        if (length > 0 && line[length - 1] == '\n') length--;
        filter_line(&rules, totals, argv[3], line, (size_t)length, show);
    }
    print_totals(totals, &rules, now_ns() - begin);

    if (is_self_test && !end_self_test(&test, totals)) status = 1;
    drop_rules(&rules);
    tn.tn_runtime_free(runtime);
    if (tn.tn_live_handles() != 0) {
        fprintf(stderr, "logfilter: %llu handles were not freed\n", (unsigned long long)tn.tn_live_handles());
        status = 1;
    }
    free(line);
    free(totals);
    fclose(log);
    return status;
}
