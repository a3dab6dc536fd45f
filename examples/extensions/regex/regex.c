/* The native half of `regex`: compiled patterns of PCRE2 behind handles. Matches come out as offsets;
   regex.tn makes records of them. A match that takes too many steps stops the script instead of hanging it.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "c_api.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STEPS = 5000000, MAX_DEPTH = 10000 };

static const tn_host_api* api;
static const tn_type *regex_type, *compiled_type, *problem_type, *number_type, *offsets_type;

typedef struct Regex {
    pcre2_code* code;
    pcre2_match_context* limits;
    size_t size;
} Regex;

static void end_regex(void* p, void* ud) {
    Regex* re = p;
    (void)ud;
    pcre2_match_context_free(re->limits);
    pcre2_code_free(re->code);
    free(re);
}
static uint64_t regex_size(const void* p, void* ud) {
    (void)ud;
    return ((const Regex*)p)->size;
}
static const tn_host_type regex_ops = {sizeof(tn_host_type), end_regex, NULL, NULL, NULL, NULL, regex_size};

static tn_status fail(tn_frame* fr, int code) {
    char text[256];
    if (pcre2_get_error_message(code, (PCRE2_UCHAR*)text, sizeof text) < 0) strcpy(text, "the match failed");
    return api->frame_fail(fr, TN_TRAP_HOST_ERROR, text, TN_NTS, NULL, NULL);
}
static Regex* regex_of(const tn_value* v) {
    void* p = NULL;
    return api->handle_get(v, regex_type, &p) == TN_OK ? p : NULL;
}

/* The pattern and letters of options: Ok(regex) or Err((offset, message)). */
static tn_status compile(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    size_t len, option_count, i, at = 0, size = 0;
    const char *pattern = api->string_data(&args[0], &len),
               *options = api->string_data(&args[1], &option_count);
    uint32_t flags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    char text[256] = "";
    int problem = 0;
    Regex* re;
    tn_value made;
    tn_status s;
    (void)nargs, (void)ud;
    for (i = 0; i < option_count; ++i) {
        switch (options[i]) {
        case 'i': flags |= PCRE2_CASELESS; break;
        case 'm': flags |= PCRE2_MULTILINE; break;
        case 's': flags |= PCRE2_DOTALL; break;
        case 'x': flags |= PCRE2_EXTENDED; break;
        default: strcpy(text, "options are `i`, `m`, `s` and `x`");
        }
    }
    re = calloc(1, sizeof *re);
    if (!re) return TN_TRAP_MEMORY_LIMIT;
    if (!*text) {
        re->code = pcre2_compile((PCRE2_SPTR)pattern, len, flags, &problem, &at, NULL);
        re->limits = pcre2_match_context_create(NULL);
        if (!re->code) pcre2_get_error_message(problem, (PCRE2_UCHAR*)text, sizeof text);
    }
    if (*text || !re->limits) {
        tn_value parts[2], pair;
        end_regex(re, NULL);
        TN_SET_I64(&parts[0], (int64_t)at);
        s = api->string_new(inst, text, TN_NTS, &parts[1], NULL);
        if (s != TN_OK) return s;
        s = api->record_new(inst, problem_type, parts, 2, &pair, NULL);
        api->value_clear(&parts[1]);
        if (s == TN_OK) s = api->enum_new(inst, compiled_type, 1, &pair, 1, ret, NULL);
        api->value_clear(&pair);
        return s;
    }
    pcre2_set_match_limit(re->limits, MAX_STEPS);
    pcre2_set_depth_limit(re->limits, MAX_DEPTH);
    pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE); /* without it matches are slower, not different */
    pcre2_pattern_info(re->code, PCRE2_INFO_SIZE, &size);
    re->size = size;
    s = api->handle_new(inst, regex_type, re, &made, NULL);
    if (s == TN_OK) s = api->enum_new(inst, compiled_type, 0, &made, 1, ret, NULL);
    api->value_clear(&made);
    return s;
}

/* Walks through the matches of a text. */
typedef struct Walk {
    Regex* re;
    pcre2_match_data* data;
    const char* text;
    size_t len, at;
    uint32_t options; /* of the next attempt: an empty match is not found twice */
} Walk;

/* 1: there is one, in `offsets`; 0: no more; else PCRE2's error. */
static int next_match(Walk* w, const PCRE2_SIZE** offsets) {
    for (;;) {
        int found;
        if (w->at > w->len) return 0;
        found = pcre2_match(w->re->code, (PCRE2_SPTR)w->text, w->len, w->at, w->options | PCRE2_NO_UTF_CHECK,
                            w->data, w->re->limits);
        if (found >= 0) {
            *offsets = pcre2_get_ovector_pointer(w->data);
            w->at = (*offsets)[1];
            w->options = (*offsets)[0] >= (*offsets)[1] ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
            return 1;
        }
        if (found != PCRE2_ERROR_NOMATCH) return found;
        if (w->options == 0) return 0;
        /* Nothing but the empty match is here: go on behind the next character. */
        w->options = 0;
        do ++w->at;
        while (w->at < w->len && ((unsigned char)w->text[w->at] & 0xc0) == 0x80);
    }
}
static int begin_walk(Walk* w, const tn_value* re, const tn_value* text) {
    memset(w, 0, sizeof *w);
    w->re = regex_of(re);
    w->text = api->string_data(text, &w->len);
    if (w->re) w->data = pcre2_match_data_create_from_pattern(w->re->code, NULL);
    return w->data != NULL;
}

/* Start and end of the whole match and of each group, -1 for one that has no part in it. */
static tn_status give_offsets(tn_instance* inst, const Walk* w, const PCRE2_SIZE* offsets, tn_value* ret) {
    const uint32_t count = pcre2_get_ovector_count(w->data);
    uint32_t i;
    tn_status s = api->list_new(inst, number_type, 2 * count, ret, NULL);
    for (i = 0; i < 2 * count && s == TN_OK; ++i) {
        const int64_t offset = offsets[i] == PCRE2_UNSET ? -1 : (int64_t)offsets[i];
        s = api->list_append(ret, TN_TAG_I64, &offset, 1);
    }
    return s;
}

static tn_status is_match(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    Walk w;
    const PCRE2_SIZE* offsets;
    int found;
    (void)nargs, (void)ud;
    if (!begin_walk(&w, &args[0], &args[1])) return TN_TRAP_MEMORY_LIMIT;
    found = next_match(&w, &offsets);
    pcre2_match_data_free(w.data);
    if (found < 0) return fail(fr, found);
    TN_SET_BOOL(ret, found);
    return TN_OK;
}

/* The first `limit` matches, all if that is negative. */
static tn_status find_all(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    Walk w;
    const PCRE2_SIZE* offsets;
    int64_t left = args[2].as.i;
    int found = 0;
    tn_status s = api->list_new(inst, offsets_type, 0, ret, NULL);
    (void)nargs, (void)ud;
    if (s != TN_OK) return s;
    if (!begin_walk(&w, &args[0], &args[1])) return TN_TRAP_MEMORY_LIMIT;
    while (s == TN_OK && left != 0 && (found = next_match(&w, &offsets)) > 0) {
        tn_value one;
        s = give_offsets(inst, &w, offsets, &one);
        if (s == TN_OK) s = api->list_push(ret, &one);
        api->value_clear(&one);
        --left;
    }
    pcre2_match_data_free(w.data);
    return found < 0 ? fail(fr, found) : s;
}

/* A text that grows. */
typedef struct Text {
    char* data;
    size_t len, room;
} Text;
static int append(Text* t, const char* data, size_t len) {
    if (len > t->room - t->len) {
        const size_t room = (t->len + len) * 2 + 64;
        char* grown = realloc(t->data, room);
        if (!grown) return 0;
        t->data = grown;
        t->room = room;
    }
    if (len) memcpy(t->data + t->len, data, len);
    t->len += len;
    return 1;
}

/* Puts what the script's function makes of each match in its place. */
static tn_status replace_with(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    Walk w;
    Text out = {NULL, 0, 0};
    const PCRE2_SIZE* offsets;
    size_t done = 0;
    int found = 0, fits = 1;
    tn_status s = TN_OK;
    (void)nargs, (void)ud;
    if (!begin_walk(&w, &args[0], &args[1])) return TN_TRAP_MEMORY_LIMIT;
    while (fits && s == TN_OK && (found = next_match(&w, &offsets)) > 0) {
        const size_t from = offsets[0], to = offsets[1];
        tn_value match, made;
        tn_error* err = NULL;
        size_t len;
        const char* text;
        s = give_offsets(inst, &w, offsets, &match);
        if (s != TN_OK) break;
        s = api->value_call(&args[2], &match, 1, &made, &err);
        api->value_clear(&match);
        if (s != TN_OK) {
            s = api->frame_fail_error(fr, err); /* the script's own trap goes on */
            break;
        }
        text = api->string_data(&made, &len);
        fits = append(&out, w.text + done, from - done) && append(&out, text, len);
        api->value_clear(&made);
        done = to;
    }
    pcre2_match_data_free(w.data);
    if (fits) fits = append(&out, w.text + done, w.len - done);
    if (found < 0)
        s = fail(fr, found);
    else if (s == TN_OK)
        s = fits ? api->string_new(inst, out.data ? out.data : "", out.len, ret, NULL) : TN_TRAP_MEMORY_LIMIT;
    free(out.data);
    return s;
}

/* The same with a text in which $1 and ${name} stand for groups. */
static tn_status substitute(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    Regex* re = regex_of(&args[0]);
    size_t len, with_len, room;
    const char *text = api->string_data(&args[1], &len), *with = api->string_data(&args[2], &with_len);
    char* out = NULL;
    int found = PCRE2_ERROR_NOMEMORY, attempt;
    tn_status s;
    (void)nargs, (void)ud;
    if (!re) return TN_TRAP_HOST_ERROR;
    room = len + with_len + 64;
    for (attempt = 0; attempt < 2 && found == PCRE2_ERROR_NOMEMORY; ++attempt) {
        char* grown = realloc(out, room);
        if (!grown) {
            free(out);
            return TN_TRAP_MEMORY_LIMIT;
        }
        out = grown;
        found = pcre2_substitute(re->code, (PCRE2_SPTR)text, len, 0,
                                 PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_UNSET_EMPTY |
                                     PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_NO_UTF_CHECK,
                                 NULL, re->limits, (PCRE2_SPTR)with, with_len, (PCRE2_UCHAR*)out, &room);
    }
    s = found < 0 ? fail(fr, found) : api->string_new(api->frame_instance(fr), out, room, ret, NULL);
    free(out);
    return s;
}

/* Plain functions. */
static int64_t group_count(void* p) {
    uint32_t count = 0;
    pcre2_pattern_info(((Regex*)p)->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}
static int64_t group_number(void* p, const char* name, size_t len) {
    (void)len; /* it ends in a NUL */
    return pcre2_substring_number_from_name(((Regex*)p)->code, (PCRE2_SPTR)name);
}

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    static const struct {
        const char *name, *signature;
        tn_host_fn fn;
    } callbacks[] = {{"compile", "fn(String, String) -> Result[Regex, (i64, String)]", compile},
                     {"is_match", "fn(Regex, String) -> bool", is_match},
                     {"find_all", "fn(Regex, String, i64) -> List[List[i64]]", find_all},
                     {"replace_with", "fn(Regex, String, fn(List[i64]) -> String) -> String", replace_with},
                     {"substitute", "fn(Regex, String, String) -> String", substitute}};
    size_t i;
    api = host;
    api->begin(r, TN_ABI_VERSION, "regex", TN_NTS, "1.0.0", TN_NTS);
    api->add_type(r, "Regex", TN_NTS, NULL, 0, &regex_ops, NULL, NULL, &regex_type);
    api->find_type(r, "Result[Regex, (i64, String)]", TN_NTS, &compiled_type);
    api->find_type(r, "(i64, String)", TN_NTS, &problem_type);
    api->find_type(r, "i64", TN_NTS, &number_type);
    api->find_type(r, "List[i64]", TN_NTS, &offsets_type);
    for (i = 0; i < sizeof callbacks / sizeof *callbacks; ++i)
        api->add_fn(r, callbacks[i].name, TN_NTS, callbacks[i].signature, TN_NTS, callbacks[i].fn, NULL, NULL,
                    0);
    api->add_native(r, "group_count", TN_NTS, "fn(Regex) -> i64", TN_NTS, (tn_fnptr)group_count, NULL, NULL,
                    TN_FN_PURE);
    return api->add_native(r, "group_number", TN_NTS, "fn(Regex, String) -> i64", TN_NTS,
                           (tn_fnptr)group_number, NULL, NULL, TN_FN_PURE);
}
