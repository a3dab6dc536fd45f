/* c_api.h - the C API of Tenon: the whole of the library, and its manual.
 *
 * A host loads libtenon, compiles scripts to machine code and calls their functions:
 *
 *     tn_runtime *rt; tn_module *mod; tn_instance *inst; tn_function *fn; tn_value arg, ret; tn_error *err;
 *     tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err);
 *     tn_compile(rt, "m.tn", TN_NTS, "fn twice(n: i64) -> i64 { n * 2 }", TN_NTS, NULL, &mod, &err);
 *     tn_instance_new(mod, NULL, &inst, &err);
 *     tn_module_function(mod, "twice", TN_NTS, NULL, 0, &fn, &err);
 *     TN_SET_I64(&arg, 21);
 *     tn_call(inst, fn, &arg, 1, &ret, &err);              (ret.tag == TN_TAG_I64, ret.as.i == 42)
 *     tn_function_free(fn); tn_instance_free(inst); tn_module_free(mod); tn_runtime_free(rt);
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 * Results. A tn_status is TN_OK (0) or says what went wrong. The last parameter `tn_error **err`, where
 *   there is one, may be NULL; else it is set to NULL on success and to an error the caller owns on
 *   failure. Out parameters are zeroed on entry, so they are also defined after a failure; a result
 *   value (`tn_value *ret`) then has the tag TN_TAG_NONE. Out parameters may not be NULL unless the
 *   function says "may be NULL"; a NULL there, or as a handle, answers TN_ARG.
 * Handles. `tn_x_new` and every other function that fills a `tn_x **` gives the caller one reference,
 *   which `tn_x_free` gives back; `tn_x_ref` takes one more. `tn_x_free(NULL)` does nothing. A handle that
 *   was freed, is of another kind or is no handle at all answers TN_HANDLE (or the documented zero) and
 *   never crashes; a second free does nothing.
 * Destruction in any order is legal. What still needs a freed parent keeps it alive inside; a call
 *   through a parent that is closed answers TN_CLOSED.
 * Text in is a pointer and a length in bytes; TN_NTS as the length means that a NUL ends it. It must be
 *   UTF-8 (else TN_UTF8, with the offset of the first bad byte in the message) and may contain NUL. It is
 *   copied before the function returns. NULL is legal with length 0 only.
 * Text out belongs to the library: never free it. It ends in a NUL that `*len` does not count; `len` may be
 *   NULL. Each function says how long it stays valid. On misuse it is NULL and `*len` is 0.
 * Callbacks get the user pointer they were registered with. A finalizer runs exactly once, also when the
 *   registration that carried it failed, and never while a lock of the library is held; it may be NULL.
 *   A callback must not unwind (C++ exception, longjmp) through the library.
 * The library never throws, never aborts, installs no signal handler and writes nothing to stdout or stderr,
 *   except what a script prints when its instance has no output callback (that goes to stdout).
 *
 * THREADS. Each function names its class:
 *   [any]       any thread at any time.
 *   [shared]    any thread; the object is immutable or locks itself. (A `_free` may not run at the same time
 *               as another use of the same reference: give each thread its own with `_ref`.)
 *   [instance]  one thread at a time per instance, whichever it is. A second thread that comes while the
 *               first is inside gets TN_BUSY. From inside a host callback the same thread may go on using it.
 *   [confined]  the caller keeps it to one thread at a time (configs).
 *   [callback]  only while the callback runs that got the frame, on its thread.
 *
 * STABILITY. Since says in which ABI version a function came. Numbers are never reused or renumbered, a
 * signature never changes, and the structs below never change. New things get new functions and keys.
 */
#ifndef TN_C_API_H
#define TN_C_API_H

#include <stddef.h>
#include <stdint.h>

#define TN_ABI_MAJOR 1u
#define TN_ABI_MINOR 0u
#define TN_ABI_VERSION ((TN_ABI_MAJOR << 16) | TN_ABI_MINOR)

/* As a length: the text ends at its first NUL. */
#define TN_NTS ((size_t)-1)

#if defined(_WIN32)
# ifdef TN_BUILD
#  define TN_API __declspec(dllexport)
# else
#  define TN_API __declspec(dllimport)
# endif
#elif defined(__GNUC__)
# define TN_API __attribute__((visibility("default")))
#else
# define TN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ------------------------------------------------------------------------------------- */

typedef int32_t tn_status;

#define TN_OK 0
/* Misuse by the host. */
#define TN_ARG 1          /* a NULL, a length or a flag that makes no sense */
#define TN_HANDLE 2       /* dead, of another kind, or no handle */
#define TN_VERSION 3      /* the header and the library do not fit */
#define TN_NOMEM 4        /* the host is out of memory */
#define TN_UTF8 5         /* text that is not UTF-8 */
#define TN_COMPILE 6      /* the script does not compile; the error has the diagnostics */
#define TN_NOT_FOUND 7    /* no such name */
#define TN_SIGNATURE 8    /* the function's signature is not the one asked for */
#define TN_TYPE 9         /* a value of the wrong type */
#define TN_RANGE 10       /* an index or a number that does not fit */
#define TN_END 11         /* an iteration is over; no error */
#define TN_BUSY 17        /* another thread is inside the instance */
#define TN_CLOSED 18      /* the object was freed, or takes no more registrations */
#define TN_DUPLICATE 19   /* registered twice */
#define TN_IO 20          /* a file that cannot be read */
#define TN_UNSUPPORTED 21 /* an unknown key or flag */
#define TN_STATE 24       /* not now: called at a moment when it is not allowed */
/* Traps: the script stopped with a fault. The error has the script's stack. */
#define TN_TRAP_INTEGER_OVERFLOW 32
#define TN_TRAP_DIVISION_BY_ZERO 33
#define TN_TRAP_INDEX_OUT_OF_BOUNDS 34
#define TN_TRAP_KEY_NOT_FOUND 35
#define TN_TRAP_UNWRAP_NONE 36
#define TN_TRAP_UNWRAP_ERR 37
#define TN_TRAP_INVALID_SHIFT 38
#define TN_TRAP_INVALID_SLICE 39
#define TN_TRAP_ASSERTION_FAILED 40
#define TN_TRAP_PANIC 41
#define TN_TRAP_INVALID_ARGUMENT 42
#define TN_TRAP_STACK_OVERFLOW 48
#define TN_TRAP_OUT_OF_FUEL 49
#define TN_TRAP_DEADLINE_EXCEEDED 50
#define TN_TRAP_CANCELLED 51
#define TN_TRAP_MEMORY_LIMIT 52
#define TN_TRAP_HOST_ERROR 53 /* a host function failed */
/* True for every status of a stopped script. */
#define TN_IS_TRAP(s) ((s) >= 32 && (s) <= 63)
#define TN_INTERNAL 100   /* our mistake; please report it */
/* Numbers from here on belong to the host: see tn_frame_fail. */
#define TN_HOST_STATUS_FIRST 1000

/* ---- tags: the type of a tn_value, and the kind of a tn_type -------------------------------------- */

typedef uint32_t tn_tag;

#define TN_TAG_NONE 0u    /* no value; as a kind: a type that cannot cross this API */
#define TN_TAG_UNIT 1u
#define TN_TAG_BOOL 2u    /* as.u: 0 or 1 */
#define TN_TAG_I8 3u      /* as.i: the number, for all signed integers */
#define TN_TAG_I16 4u
#define TN_TAG_I32 5u
#define TN_TAG_I64 6u
#define TN_TAG_U8 7u      /* as.u: the number, for all unsigned integers */
#define TN_TAG_U16 8u
#define TN_TAG_U32 9u
#define TN_TAG_U64 10u
#define TN_TAG_F32 11u    /* as.f: the number as a double; rounded to the nearest f32 on the way in */
#define TN_TAG_F64 12u    /* as.f */
#define TN_TAG_CHAR 13u   /* as.u: a Unicode scalar value */
/* Values from 16 on own something: give them to tn_value_clear when done. */
#define TN_TAG_STRING 16u
#define TN_TAG_BYTES 17u
#define TN_TAG_LIST 18u
#define TN_TAG_MAP 19u
#define TN_TAG_RECORD 20u /* also a Range: start, end, inclusive */
#define TN_TAG_ENUM 21u
#define TN_TAG_OPTION 22u
#define TN_TAG_SET 23u
#define TN_TAG_HANDLE 24u /* a value of a type that the host registered */
#define TN_TAG_TUPLE 26u
#define TN_TAG_FUNCTION 27u
#define TN_TAG_POISON 0xFFFFFFFFu /* in a callback's result: not set yet */

/* ---- types ---------------------------------------------------------------------------------------- */

typedef struct tn_config tn_config;       /* options, by key */
typedef struct tn_runtime tn_runtime;     /* host functions, modules; usually one per process */
typedef struct tn_module tn_module;       /* a compiled script; immutable */
typedef struct tn_function tn_function;   /* a function of a module */
typedef struct tn_instance tn_instance;   /* a module's state: variables, heap, limits, output */
typedef struct tn_interrupt tn_interrupt; /* stops a running instance from anywhere */
typedef struct tn_frame tn_frame;         /* a running host callback */
typedef struct tn_closure tn_closure;     /* a script's function as a C function pointer */
typedef struct tn_type tn_type;           /* a type; borrowed, never freed by the host */
typedef struct tn_error tn_error;         /* what went wrong; immutable */
typedef struct tn_iter tn_iter;           /* walks through a Map or Set */
typedef struct tn_extension tn_extension; /* a native extension of a runtime */
typedef struct tn_registrar tn_registrar; /* where an extension registers, while it is loaded */

typedef void (*tn_fnptr)(void);           /* any function pointer: cast it to what it is */
typedef void (*tn_finalizer)(void *ud);

/* Eight bytes: integers extended to 64 bits by their sign, floats as double. */
typedef union tn_slot {
    int64_t i;
    uint64_t u;
    double f;
    void *p;
} tn_slot;

/* A value of a script. Scalars are plain data: make them by hand or with TN_SET_*. From tag 16 on `as.p` and
 * `aux` belong to the library; such a value is owned by who holds it. Copying the struct copies the
 * reference without counting it: one tn_value_clear ends all such copies, and the others are then dead
 * (TN_HANDLE), not dangling. Use tn_value_copy for a second value of its own. */
typedef struct tn_value {
    tn_tag tag;
    uint32_t aux;
    tn_slot as;
} tn_value;

#define TN_SET_UNIT(v) ((void)((v)->tag = TN_TAG_UNIT, (v)->aux = 0, (v)->as.u = 0))
#define TN_SET_BOOL(v, x) ((void)((v)->tag = TN_TAG_BOOL, (v)->aux = 0, (v)->as.u = (x) ? 1u : 0u))
#define TN_SET_I64(v, x) ((void)((v)->tag = TN_TAG_I64, (v)->aux = 0, (v)->as.i = (x)))
#define TN_SET_U64(v, x) ((void)((v)->tag = TN_TAG_U64, (v)->aux = 0, (v)->as.u = (x)))
#define TN_SET_F64(v, x) ((void)((v)->tag = TN_TAG_F64, (v)->aux = 0, (v)->as.f = (x)))
/* Any other signed, unsigned or float scalar: TN_SET_INT(v, TN_TAG_I32, x). */
#define TN_SET_INT(v, t, x) ((void)((v)->tag = (t), (v)->aux = 0, (v)->as.i = (x)))
#define TN_SET_UINT(v, t, x) ((void)((v)->tag = (t), (v)->aux = 0, (v)->as.u = (x)))
#define TN_SET_FLOAT(v, t, x) ((void)((v)->tag = (t), (v)->aux = 0, (v)->as.f = (x)))
#define TN_SET_NONE(v) ((void)((v)->tag = TN_TAG_NONE, (v)->aux = 0, (v)->as.u = 0))

/* Scalars of one type in memory that the host lays out: row `i` stands at `data + i * stride` bytes, as the C type of
 * `tag` (see tn_list_data). A stride of 0 is one value for all rows; it may be negative. `flags` is 0. */
typedef struct tn_column {
    tn_tag tag;
    uint32_t flags;
    void *data;
    ptrdiff_t stride;
} tn_column;

/* A file of a package in memory: "geometry/area.tn". The lengths may be TN_NTS. */
typedef struct tn_source {
    const char *name;
    size_t name_len;
    const char *text;
    size_t text_len;
} tn_source;

/* Gives the source of a module, named by its path as imports write it: "geometry.area" (`path` ends in a NUL,
 * too). TN_OK with `*src` and `*src_len` (TN_NTS is legal), which stay the callback's and are copied before it
 * is called again; TN_NOT_FOUND if there is none; any other status is a compile error at the import. */
typedef tn_status (*tn_load_fn)(void *ud, const char *path, size_t len, const char **src, size_t *src_len);

/* A host function of the generic form. `args` (borrowed: read, copy, do not clear) has the registered
 * number and types. On success put a value of the registered result type into `*ret` (its ownership
 * passes to the library) and return TN_OK; for `()` leave it or set unit. To fail, return
 * `tn_frame_fail(...)`, or any other status. `*ret` starts as TN_TAG_POISON: a function that returns TN_OK
 * without setting it is an error of that call. */
typedef tn_status (*tn_host_fn)(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud);

/* What values of a registered type can do: struct_size is sizeof(tn_host_type), and every function may be NULL. `p` is
 * never NULL. But for to_text none of them may call the instance or close a value (TN_STATE). They run on the thread
 * that is inside the instance; `finalize` also on the one that gives the last reference back.
 * finalize ends a value, exactly once. clone makes a second one: before a function changes a value (`mut T`) that others
 * hold, too; without it they share it. equal and hash give `==` and keys of maps; hash needs equal, and equal values
 * have equal hashes. to_text puts a String into `*ret`: what a script shows; without it `<Name>`. extra_bytes says what
 * a value takes, which counts for the instance's memory: asked when a handle is made, and after each `mut` call. */
typedef struct tn_host_type {
    size_t struct_size;
    void (*finalize)(void *p, void *ud);
    tn_status (*clone)(void *p, void *ud, void **out);
    int32_t (*equal)(const void *a, const void *b, void *ud);
    uint64_t (*hash)(const void *p, void *ud);
    tn_status (*to_text)(tn_frame *fr, const void *p, tn_value *ret, void *ud);
    uint64_t (*extra_bytes)(const void *p, void *ud);
} tn_host_type;

/* Receives what a script prints, whole lines with their line break. Not TN_OK stops the script with
 * TN_TRAP_HOST_ERROR. It may not call the instance (TN_STATE). */
typedef tn_status (*tn_write_fn)(void *ud, const char *p, size_t len);

/* Asked now and then while a script runs; not 0 stops it with TN_TRAP_CANCELLED. It may not call the
 * instance (TN_STATE). */
typedef int32_t (*tn_poll_fn)(void *ud);

/* ==== 1 library ========================================================================================= */

/* The ABI that the library implements: TN_ABI_VERSION of its own header. Threads: [any]. Since: 1.0 */
TN_API uint32_t tn_abi_version(void);

/* The release, such as "0.1.0". Ownership: static text. Threads: [any]. Since: 1.0 */
TN_API const char *tn_version_string(void);

/* The name of a status: "Ok", "Handle", "IndexOutOfBounds", ...; "Unknown" for other numbers, never NULL;
 * "Host" for the host's own. Ownership: static text. Threads: [any]. Since: 1.0 */
TN_API const char *tn_status_name(tn_status s);

/* 1 if this build has the named feature, else 0: "jit", "fuel", "interpreter", "host-functions". Errors: 0 for
 * bad text. Threads: [any]. Since: 1.0 */
TN_API int32_t tn_has_feature(const char *name, size_t len);

/* How many handles and values of this library wait to be freed or cleared. 0 means that nothing leaked and
 * the library may be unloaded. Types and frames do not count. Cost: looks at all of them.
 * Threads: [any]. Since: 1.0 */
TN_API uint64_t tn_live_handles(void);

/* ==== 2 errors ========================================================================================== */

/* Errors outlive everything, are immutable, and may be read and freed on any thread. */

/* A new error of the host's own, for tests and bindings. `s` may be any status but TN_OK. Ownership: the
 * caller owns the result. Errors: NULL for TN_OK, bad text or no memory. Threads: [any]. Since: 1.0 */
TN_API tn_error *tn_error_new(tn_status s, const char *msg, size_t len);

/* Gives the error back; runs the finalizer of its payload. NULL, dead: nothing. Threads: [any]. Since: 1.0 */
TN_API void tn_error_free(tn_error *e);

/* The status that the failed call returned. Errors: TN_ARG for NULL, TN_HANDLE for a dead one.
 * Threads: [any]. Since: 1.0 */
TN_API tn_status tn_error_status(const tn_error *e);

/* One line without place or stack, such as "division by zero" or, for a compilation, its first error.
 * Ownership: borrowed until the error is freed. Errors: NULL. Threads: [any]. Since: 1.0 */
TN_API const char *tn_error_message(const tn_error *e, size_t *len);

/* For tn_error_render. */
#define TN_RENDER_COLOR 1u /* ANSI colours */
#define TN_RENDER_JSON 2u  /* a JSON array of diagnostics, or an object for other errors */

/* The whole error as the tenon command prints it: diagnostics with source lines, or the trap with its stack.
 * It ends in a line break. Unknown flags are ignored. The text is made once per combination of flags.
 * Ownership: borrowed until the error is freed. Errors: NULL. Threads: [any]. Since: 1.0 */
TN_API const char *tn_error_render(tn_error *e, uint32_t flags, size_t *len);

/* How many diagnostics the error has; 0 unless it comes from a compilation. Errors: 0.
 * Threads: [any]. Since: 1.0 */
TN_API size_t tn_error_diag_count(const tn_error *e);

/* Where diagnostic `i` is: line and column from 1 (the column counts characters), and its range of bytes in
 * the file from 0. Each out may be NULL. Errors: TN_ARG, TN_HANDLE, TN_RANGE. Threads: [any]. Since: 1.0 */
TN_API tn_status tn_error_diag_pos(const tn_error *e, size_t i, uint32_t *line, uint32_t *col,
                                   uint64_t *byte_begin, uint64_t *byte_end);

/* For tn_error_diag_text and tn_error_frame_text. */
#define TN_TEXT_SEVERITY 0u /* "error" or "warning" */
#define TN_TEXT_CODE 1u     /* the diagnostic's name: "TypeMismatch" */
#define TN_TEXT_MESSAGE 2u
#define TN_TEXT_FILE 3u     /* also of a frame */
#define TN_TEXT_NOTE 4u     /* its notes, one a line; may be empty */
#define TN_TEXT_HELP 5u     /* how to fix it; may be empty */
#define TN_TEXT_FUNCTION 6u /* of a frame */
#define TN_TEXT_LABEL 7u    /* what stands at the underline; may be empty */

/* One text of diagnostic `i`, chosen by `which` (TN_TEXT_*). Ownership: borrowed until the error is freed.
 * Errors: NULL for a bad index or `which`. Threads: [any]. Since: 1.0 */
TN_API const char *tn_error_diag_text(const tn_error *e, size_t i, uint32_t which, size_t *len);

/* How many entries the script's stack at the fault has, innermost first; 0 unless it is a trap. A very deep
 * stack is shortened in its middle. Errors: 0. Threads: [any]. Since: 1.0 */
TN_API size_t tn_error_frame_count(const tn_error *e);

/* TN_TEXT_FUNCTION or TN_TEXT_FILE of stack entry `i`. Ownership: borrowed until the error is freed. Errors:
 * NULL. Threads: [any]. Since: 1.0 */
TN_API const char *tn_error_frame_text(const tn_error *e, size_t i, uint32_t which, size_t *len);

/* Line and column (from 1) of stack entry `i`. Errors: 0. Threads: [any]. Since: 1.0 */
TN_API uint32_t tn_error_frame_line(const tn_error *e, size_t i);
TN_API uint32_t tn_error_frame_column(const tn_error *e, size_t i);

/* The pointer that a host function gave to tn_frame_fail, or NULL: a binding finds its own exception object
 * here. Ownership: borrowed until the error is freed. Errors: NULL. Threads: [any]. Since: 1.0 */
TN_API void *tn_error_payload(const tn_error *e);

/* ==== 3 runtime ========================================================================================= */

/* Keys of a config. One config may serve runtime, compilation and instance: each takes what concerns it, and
 * what it does not find comes from the runtime's config, then from the default. */
#define TN_CONFIG_MEMORY_LIMIT 1u   /* instance: bytes its values may use; default 1 GiB */
#define TN_CONFIG_FUEL 2u           /* instance: units it starts with; default TN_FUEL_UNLIMITED */
#define TN_CONFIG_STACK_SIZE 3u     /* instance: bytes of script stack, 64 KiB ... 1 GiB; default 1 MiB */
#define TN_CONFIG_OPT_LEVEL 4u      /* compile: 0 or 2; default 2 */
#define TN_CONFIG_TIMEOUT_MS 5u     /* instance: a limit for each call from the host; default 0, none */
#define TN_CONFIG_MAX_SOURCE 6u     /* compile: bytes of one source file; default 16 MiB */
#define TN_CONFIG_INTERPRET 7u      /* instance: 1 runs the (slow) reference interpreter; default 0 */
#define TN_CONFIG_HASH_SEED 8u      /* instance: what `hash` starts from, for runs that must repeat; default 0: the
                                     * system's randomness, another one for each instance */
#define TN_CONFIG_WHOLE_PACKAGE 9u  /* compile: 1 compiles all modules of a folder or of tn_compile_package,
                                       imported or not: for checks and tests; default 0 */
#define TN_CONFIG_PROGRAM 10u       /* compile: 1 demands of `main` what `tenon run` can call: no parameters or
                                       `args: List[String]`, and (), i64 or Result[(), E] as its result; default 0 */
#define TN_CONFIG_LAZY 11u          /* compile: 1 makes machine code of a function, with all that it calls, only when a host
                                       first calls it or asks for its pointer; that call takes longer, and may answer
                                       TN_NOMEM. Errors in a source are found at once all the same; default 0 */
#define TN_CONFIG_THREADS 12u       /* compile: how many threads may work on a large source, this one among them, 1 ... 64;
                                       the code does not depend on it; default 1 */
#define TN_CONFIG_BASELINE_CPU 14u  /* compile: 1 takes only instructions that every CPU of this machine's kind has: the
                                       same code on each, for comparisons; default 0, whatever this CPU has */
#define TN_CONFIG_ALLOW_EXTERN 20u  /* runtime: 1 lets scripts declare and call C functions of any library with `extern`
                                       blocks: they can then do whatever the host's process can; default 0 */
#define TN_CONFIG_ALLOW_EXTENSIONS 21u /* runtime: 1 lets imports load native extensions: code of others, which can then
                                       do whatever the host's process can; default 0 */
#define TN_CONFIG_EXTENSION_PATH 22u /* runtime, a text: folders, with `:` between them, where extensions are looked for
                                       before those that everybody looks in; see section 10 */
/* Fuel that never ends. */
#define TN_FUEL_UNLIMITED ((uint64_t)-1)

/* A config without any key set. Ownership: the caller owns it; the functions that take one copy what they
 * need. Errors: NULL when out of memory. Threads: [any]. Since: 1.0 */
TN_API tn_config *tn_config_new(void);

/* NULL, dead: nothing. Threads: [confined]. Since: 1.0 */
TN_API void tn_config_free(tn_config *c);

/* Sets a number. Errors: TN_ARG, TN_HANDLE; TN_UNSUPPORTED for an unknown key or one that is not a number;
 * TN_RANGE for a value it cannot have. Threads: [confined]. Since: 1.0 */
TN_API tn_status tn_config_set_u64(tn_config *c, uint32_t key, uint64_t v);

/* Sets a text, which is copied. Errors: as above, and TN_UTF8; TN_UNSUPPORTED for a key that is a number.
 * Threads: [confined]. Since: 1.0 */
TN_API tn_status tn_config_set_text(tn_config *c, uint32_t key, const char *p, size_t len);

/* Makes a runtime. `header_abi` is TN_ABI_VERSION of the header the host was compiled with. `c` may be NULL.
 * Ownership: the caller owns `*out`. Errors: TN_VERSION if the library cannot serve that header (the message
 * has both versions), TN_ARG, TN_HANDLE, TN_NOMEM. Threads: [any]. Since: 1.0 */
TN_API tn_status tn_runtime_new(uint32_t header_abi, const tn_config *c, tn_runtime **out, tn_error **err);

/* One more reference; answers `rt`, or NULL if it is not a live runtime. Threads: [shared]. Since: 1.0 */
TN_API tn_runtime *tn_runtime_ref(tn_runtime *rt);

/* Gives a reference back. What was compiled on it lives on. NULL, dead: nothing.
 * Threads: [shared]. Since: 1.0 */
TN_API void tn_runtime_free(tn_runtime *rt);

/* Makes an instance of a module and initializes its constants and variables, which runs script code under
 * the instance's limits. `limits` may be NULL. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE,
 * TN_NOMEM, and every trap. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_instance_new(tn_module *m, const tn_config *limits, tn_instance **out, tn_error **err);

/* Closes the instance. Values that came from it stay readable until they are cleared. If a call is running
 * in it (on another thread, or because a host callback does this), the call goes on and the instance is
 * closed when it ends. NULL, dead: nothing. Threads: [any]. Since: 1.0 */
TN_API void tn_instance_free(tn_instance *inst);

/* Reads a `const` or `var` of the script: of the root module by its name, of another one by its path, such as
 * "geometry.area.count", whether it is `pub` or not. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE,
 * TN_UTF8, TN_NOT_FOUND, TN_TYPE for one whose type cannot cross, TN_BUSY, TN_NOMEM.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_get_global(tn_instance *inst, const char *name, size_t len, tn_value *out,
                                        tn_error **err);

/* Sets a `var` of the script to a copy of `v`. Errors: as above; TN_STATE for a `const`; TN_TYPE.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_global(tn_instance *inst, const char *name, size_t len, const tn_value *v,
                                        tn_error **err);

/* Copies the variables of `from` to those of `to` that have the same name and an equal type (records and enums are equal
 * when their names and all their parts are), for a script that was compiled anew: all others keep the values they began
 * with. Function values belong to their code, values of the host's types to their instance: a variable with one inside
 * stays, and so does what tn_register_global made. All or nothing; `from` is not changed.
 * Free it, its functions and its values, and its code is freed with them. Errors: TN_ARG if both are the same,
 * TN_TRAP_MEMORY_LIMIT of `to`, every trap of a hash or equality that the script wrote, TN_HANDLE, TN_BUSY, TN_CLOSED,
 * TN_STATE from inside of an output or poll function, TN_NOMEM. Threads: [instance], of both. Since: 1.0 */
TN_API tn_status tn_instance_migrate(tn_instance *from, tn_instance *to, tn_error **err);

/* Sends what the script prints to `write`; NULL sends it to stdout again. The previous callback's finalizer
 * runs. Errors: TN_ARG, TN_HANDLE, TN_BUSY (`fin` has run). Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_output(tn_instance *inst, tn_write_fn write, void *ud, tn_finalizer fin);

/* One pointer of the host's own per instance. The previous one's finalizer runs. Errors: TN_ARG, TN_HANDLE,
 * TN_BUSY (`fin` has run). Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_user_data(tn_instance *inst, void *ud, tn_finalizer fin);

/* The pointer set above, or NULL. Ownership: borrowed. Errors: NULL. Threads: [instance]. Since: 1.0 */
TN_API void *tn_instance_user_data(const tn_instance *inst);

/* Reserves the instance for this thread until tn_instance_leave, so that pointers from tn_function_pointer
 * may be called, and clears the status word. tn_call and everything else works as well in between. Enters
 * may nest. Errors: TN_ARG, TN_HANDLE, TN_BUSY, TN_STATE. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_enter(tn_instance *inst);

/* Ends tn_instance_enter. Answers the status word: TN_OK, or the trap that the last failed call through a
 * function pointer ended with, as an error with the script's stack. Errors: TN_ARG, TN_HANDLE, TN_STATE if
 * this thread has not entered. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_leave(tn_instance *inst, tn_error **err);

/* Where calls through function pointers report: 0, or the status of the trap that the last failed one ended
 * with, until the next enter. Ownership: valid as long as the instance. Errors: NULL.
 * Threads: [instance]. Since: 1.0 */
TN_API const int32_t *tn_instance_status_word(const tn_instance *inst);

/* ==== 4 modules ========================================================================================= */

/* Compiles a source text to machine code. `name` stands in diagnostics and stack traces. `opts` may be NULL.
 * The text imports what the host registered (tn_register_fn, tn_register_module) and what the host's loader
 * finds (tn_register_loader), no files. The first compilation seals the runtime: it takes no more
 * registrations. Ownership: the caller owns `*out`. Errors: TN_COMPILE with all diagnostics, TN_RANGE for a source beyond TN_CONFIG_MAX_SOURCE,
 * TN_ARG, TN_HANDLE, TN_UTF8, TN_NOMEM, TN_INTERNAL. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_compile(tn_runtime *rt, const char *name, size_t name_len, const char *src,
                            size_t src_len, const tn_config *opts, tn_module **out, tn_error **err);

/* Compiles a `.tn` file, or a package: a folder with `main.tn`. `import a.b;` finds `a/b.tn` or `a/b/main.tn`
 * beside that file; nothing outside of its folder is read, through links neither. Else as tn_compile. Errors:
 * also TN_IO, naming the path and the reason. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_compile_path(tn_runtime *rt, const char *path, size_t len, const tn_config *opts,
                                 tn_module **out, tn_error **err);

/* Compiles a package whose files the host has in memory: `main.tn`, and any others that imports name as they
 * would name files beside it. `name` stands before the files' names in diagnostics and stack traces; it may be
 * empty. Everything is copied. Else as tn_compile. Errors: also TN_ARG for a file name that is not a relative
 * path of identifiers that ends in `.tn`, TN_DUPLICATE for one that is there twice, TN_NOT_FOUND without
 * `main.tn`. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_compile_package(tn_runtime *rt, const char *name, size_t name_len, const tn_source *files,
                                    size_t count, const tn_config *opts, tn_module **out, tn_error **err);

/* One more reference; answers `m`, or NULL if it is not a live module. Threads: [shared]. Since: 1.0 */
TN_API tn_module *tn_module_ref(tn_module *m);

/* Gives a reference back. Functions and instances of the module live on. NULL, dead: nothing.
 * Threads: [shared]. Since: 1.0 */
TN_API void tn_module_free(tn_module *m);

/* The warnings of the compilation as an error object with status TN_OK; NULL if there are none. Ownership: the
 * caller owns it. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API tn_error *tn_module_warnings(tn_module *m);

/* How many functions a host can look up: the top-level functions of the root module that are not generic, in
 * source order, then those that it passes on with `pub import`. Errors: 0. Threads: [shared]. Since: 1.0 */
TN_API size_t tn_module_function_count(const tn_module *m);

/* Function `i`. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE, TN_RANGE, TN_NOMEM.
 * Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_module_function_at(tn_module *m, size_t i, tn_function **out);

/* Finds a function. `sig` such as "fn(i64, String) -> bool" is compared as types with the function's own;
 * NULL or "" accepts any. Ownership: the caller owns `*out`. Errors: TN_NOT_FOUND (with a suggestion),
 * TN_SIGNATURE (with both), TN_ARG, TN_HANDLE, TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_module_function(tn_module *m, const char *name, size_t name_len, const char *sig,
                                    size_t sig_len, tn_function **out, tn_error **err);

/* The `test` blocks of all modules that were compiled, but those the host registered. Run one by calling its function, which has no parameters and no result,
 * best on an instance of its own: TN_OK is a pass, a trap a failure. Errors: 0.
 * Threads: [shared]. Since: 1.0 */
TN_API size_t tn_module_test_count(const tn_module *m);

/* The title of test `i`. Ownership: borrowed until the module is freed. Errors: NULL.
 * Threads: [shared]. Since: 1.0 */
TN_API const char *tn_module_test_name(const tn_module *m, size_t i, size_t *len);

/* File and line of test `i`. Ownership: borrowed until the module is freed. Errors: NULL, 0.
 * Threads: [shared]. Since: 1.0 */
TN_API const char *tn_module_test_file(const tn_module *m, size_t i, size_t *len);
TN_API uint32_t tn_module_test_line(const tn_module *m, size_t i);

/* The function of test `i`. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE, TN_RANGE,
 * TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_module_test_function(tn_module *m, size_t i, tn_function **out);

/* The records and enums that the root module declares, but generic ones, in source order. Ownership: borrowed, as the
 * types of a function. Errors: 0, NULL. Threads: [shared]. Since: 1.0 */
TN_API size_t tn_module_type_count(const tn_module *m);
TN_API const tn_type *tn_module_type_at(const tn_module *m, size_t i);

/* The type that a text names, as tn_type_parse, and with it the root module's own: "Point", "List[Pair[i64]]".
 * Ownership and errors: as tn_module_type_at and tn_type_parse. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_module_type(tn_module *m, const char *p, size_t len, const tn_type **out, tn_error **err);

/* The `const`s and `var`s of the root module in source order: name, type, doc comment, and whether it is a `const`.
 * Ownership: borrowed until the module is freed. Errors: 0, NULL. Threads: [shared]. Since: 1.0 */
TN_API size_t tn_module_global_count(const tn_module *m);
TN_API const char *tn_module_global_name(const tn_module *m, size_t i, size_t *len);
TN_API const tn_type *tn_module_global_type(const tn_module *m, size_t i);
TN_API const char *tn_module_global_doc(const tn_module *m, size_t i, size_t *len);
TN_API int32_t tn_module_global_is_const(const tn_module *m, size_t i);

/* One more reference; answers `f`, or NULL if it is not a live function. Threads: [shared]. Since: 1.0 */
TN_API tn_function *tn_function_ref(tn_function *f);

/* Gives a reference back. NULL, dead: nothing. Threads: [shared]. Since: 1.0 */
TN_API void tn_function_free(tn_function *f);

/* Its doc comment (`///` lines, markers removed), maybe "". Ownership: borrowed until the function is freed.
 * Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_function_doc(const tn_function *f, size_t *len);

/* Its name. Ownership: as tn_function_doc. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_function_name(const tn_function *f, size_t *len);

/* Its signature as the language writes it: "fn(i64, mut List[String]) -> bool", without "-> ()". Ownership: as
 * tn_function_doc. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_function_signature(const tn_function *f, size_t *len);

/* How many parameters it has. Errors: 0. Threads: [shared]. Since: 1.0 */
TN_API uint32_t tn_function_param_count(const tn_function *f);

/* The name of parameter `i`. Ownership: as tn_function_doc. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_function_param_name(const tn_function *f, uint32_t i, size_t *len);

/* The type of parameter `i`, and of the result. Ownership: as tn_function_doc. Errors: NULL.
 * Threads: [shared]. Since: 1.0 */
TN_API const tn_type *tn_function_param_type(const tn_function *f, uint32_t i);
TN_API const tn_type *tn_function_return_type(const tn_function *f);

/* 1 if parameter `i` is `mut`: such a function is called with tn_call_mut. Errors: 0.
 * Threads: [shared]. Since: 1.0 */
TN_API int32_t tn_function_param_is_mut(const tn_function *f, uint32_t i);

/* 1 if a call of it ends soon, whatever it is given, so that a binding need not give up a lock of its own around one: no
 * loops, no function of the host's, nothing that copies, frees or allocates, here and in what it calls. 0: nobody knows.
 * Errors: 0. Threads: [shared]. Since: 1.0 */
TN_API int32_t tn_function_is_short(const tn_function *f);

/* A C function `R (*)(tn_instance *, A...)` for the hottest loops: scalars as their C types (bool as
 * int32_t, char as uint32_t), a `()` result as void. Call it only between tn_instance_enter and
 * tn_instance_leave of an instance of its module, on that thread; it checks nothing. After a trap it returns
 * 0 and the status word is set. Calls through it count no fuel and know no TN_CONFIG_TIMEOUT_MS; interrupts
 * and all other limits hold. `sig` must be its signature as text. Ownership: valid until the function is
 * freed. Errors: TN_SIGNATURE if `sig` is not its signature or a type is not a scalar, TN_ARG, TN_HANDLE,
 * TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_function_pointer(tn_function *f, const char *sig, size_t sig_len, tn_fnptr *out,
                                     tn_error **err);

/* ==== 5 calls =========================================================================================== */

/* Calls a function. Arguments are borrowed and unchanged; their types must be the parameters' exactly, but a List goes
 * for a Slice. A value of another instance is copied if it is a String or Bytes and refused otherwise. Ownership: the
 * caller owns `*ret`; `ret` may be NULL if the result does not matter. Errors: TN_TYPE (argument, expected
 * and found type in the message) and TN_RANGE before anything runs, every trap, TN_SIGNATURE for a wrong
 * number of arguments or a function with `mut` parameters, TN_ARG, TN_HANDLE, TN_BUSY, TN_CLOSED, TN_STATE,
 * TN_NOMEM, TN_INTERNAL. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_call(tn_instance *inst, tn_function *f, const tn_value *args, size_t nargs, tn_value *ret,
                         tn_error **err);

/* As tn_call, also for `mut` parameters: after success each such argument is cleared and replaced by the
 * value that the parameter held when the function returned. After a failure all arguments are as before. The List
 * for a `mut Slice` is changed in place, also by a script that then fails.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_call_mut(tn_instance *inst, tn_function *f, tn_value *args, size_t nargs, tn_value *ret,
                             tn_error **err);

/* The fast call for bindings: no tags. `io` holds one slot per scalar argument, and two (pointer `p` to the
 * bytes or elements, then their number `u`) per String, Bytes or Slice, which is the host's memory for the call; on success io[0] holds the scalar result, if there is
 * one. Integers must be extended to 64 bits by their sign; f32 travels as double. `nio` is the number of
 * slots `io` has: at least the arguments' and the result's. The function must have been found with its
 * signature given, and have only such parameters, none `mut`. Errors: TN_SIGNATURE, TN_RANGE, TN_UTF8, else
 * as tn_call. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_call_slots(tn_instance *inst, tn_function *f, tn_slot *io, size_t nio, tn_error **err);

/* Calls a function value that a script gave away. Arguments as for tn_call. The value keeps what it captured; each call
 * sees it as it was when the value was made. Ownership: the caller owns `*ret`; `ret` may be NULL. Errors: TN_TYPE if
 * `f` is no function value, TN_SIGNATURE for a wrong number of arguments, else as tn_call. Threads: [instance].
 * Since: 1.0 */
TN_API tn_status tn_value_call(const tn_value *f, const tn_value *args, size_t nargs, tn_value *ret, tn_error **err);

/* Calls a function once for each of `rows` rows, in order: parameter `i` comes from `args[i]`, the result goes to
 * `ret`, which may be NULL if it does not matter and must be for `()`. The loop is machine code, made at the first call
 * for a function, with small functions inlined into it. All parameters and the result are scalars, none `mut`. Columns
 * need no alignment; the result's may be a parameter's of the same type, row for row, and else overlaps none. `done` (may
 * be NULL) gets the number of rows that are finished, also when a later one traps: their results are there. Errors:
 * TN_SIGNATURE for other types or a wrong number of columns, TN_TYPE for a column of another tag, TN_RANGE for a bool or
 * char that is none (nothing has run then) and for rows that no memory could hold, TN_ARG for a NULL or for a stride
 * that is shorter than its numbers and not 0 (the result's may not be 0 either), TN_UNSUPPORTED for flags, else as
 * tn_call. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_call_batch(tn_instance *inst, tn_function *f, size_t rows, const tn_column *args, size_t nargs,
                               tn_column *ret, size_t *done, tn_error **err);

/* Calls a function of the same module from inside a host callback, on its instance. (tn_call does that as
 * well.) Scripts and callbacks may call each other 128 deep; then the script stops with
 * TN_TRAP_STACK_OVERFLOW. Errors: as tn_call. Threads: [callback]. Since: 1.0 */
TN_API tn_status tn_frame_call(tn_frame *fr, tn_function *f, const tn_value *args, size_t nargs,
                               tn_value *ret, tn_error **err);

/* ==== 6 values ========================================================================================== */

/* Ends a value and sets its tag to TN_TAG_NONE. NULL, dead: nothing but that, as for scalars.
 * While another thread is inside the instance, the memory goes back at its next chance.
 * Threads: [any] (not one tn_value struct from two at once). Since: 1.0 */
TN_API void tn_value_clear(tn_value *v);

/* A second, independent value (cheap: the data is shared until one of them changes). Ownership: the caller
 * owns `*out`. Errors: TN_ARG, TN_HANDLE, TN_BUSY, TN_NOMEM. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_value_copy(const tn_value *v, tn_value *out);

/* A number out of a value: any signed or unsigned integer type that fits; f32 and f64; bool. Nothing else is
 * converted. Errors: TN_TYPE, TN_RANGE, TN_ARG. Threads: [any]. Since: 1.0 */
TN_API tn_status tn_value_get_i64(const tn_value *v, int64_t *out);
TN_API tn_status tn_value_get_u64(const tn_value *v, uint64_t *out);
TN_API tn_status tn_value_get_f64(const tn_value *v, double *out);
TN_API tn_status tn_value_get_bool(const tn_value *v, int32_t *out);

/* The exact type of a value. `rt` is asked for the types of scalars alone and may be NULL for others. Ownership:
 * borrowed; valid as long as `rt` and the value's instance. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const tn_type *tn_value_type(const tn_runtime *rt, const tn_value *v);

/* 1 if the text is UTF-8, else 0 with the offset of the first bad byte in `*bad_at`; `bad_at` may be NULL.
 * Errors: 0 for a NULL text that is not empty, and for a length that makes no sense. Threads: [any]. Since: 1.0 */
TN_API int32_t tn_text_check(const char *p, size_t len, size_t *bad_at);

/* A String with a copy of the text. Memory counts for the instance. Ownership: the caller owns `*out`.
 * Errors: TN_UTF8, TN_TRAP_MEMORY_LIMIT, TN_ARG, TN_HANDLE, TN_BUSY, TN_CLOSED, TN_NOMEM.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_string_new(tn_instance *inst, const char *p, size_t len, tn_value *out, tn_error **err);

/* The bytes of a String, NUL-terminated. Ownership: borrowed until the value is cleared. Errors: NULL.
 * Threads: [shared]. Since: 1.0 */
TN_API const char *tn_string_data(const tn_value *v, size_t *len);

/* As the two above, for Bytes. */
TN_API tn_status tn_bytes_new(tn_instance *inst, const void *p, size_t len, tn_value *out, tn_error **err);
TN_API const void *tn_bytes_data(const tn_value *v, size_t *len);

/* An empty List of elements of type `elem`, with room for `cap`. Ownership: the caller owns `*out`. Errors:
 * TN_TYPE if `elem` is no type of this instance's module or runtime, TN_RANGE, else as tn_string_new.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_new(tn_instance *inst, const tn_type *elem, size_t cap, tn_value *out,
                             tn_error **err);

/* Errors: TN_ARG, TN_HANDLE, TN_TYPE. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_len(const tn_value *l, size_t *out);

/* A copy of element `i`. Ownership: the caller owns `*out`. Errors: TN_RANGE, TN_ARG, TN_HANDLE, TN_TYPE,
 * TN_BUSY, TN_NOMEM. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_get(const tn_value *l, size_t i, tn_value *out);

/* Stores a copy of `v` as element `i`, or appends it. Only this value changes; copies of it keep what they
 * had. Errors: as tn_list_get, and TN_TRAP_MEMORY_LIMIT. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_set(tn_value *l, size_t i, const tn_value *v);
TN_API tn_status tn_list_push(tn_value *l, const tn_value *v);

/* The elements of a list of scalars as a C array of their C type (bool: one byte, f32: float, char:
 * uint32_t), and the tag of its elements. `elem` and `n` may be NULL. Ownership: borrowed until the value is
 * changed or cleared. Errors: NULL for everything that is not a list of scalars.
 * Threads: [instance]. Since: 1.0 */
TN_API const void *tn_list_data(const tn_value *l, tn_tag *elem, size_t *n);

/* Appends `n` scalars from a C array of the same layout. Errors: TN_TYPE if `elem` is not the list's,
 * TN_RANGE for a bool or char that is none (nothing is appended then), else as tn_list_push.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_append(tn_value *l, tn_tag elem, const void *data, size_t n);

/* A List of `n` scalars in memory of the host, which is not copied: a script that only reads it reads that memory, one
 * that changes its list gets a copy. The memory must stay, unchanged, until `fin` runs with `ud`: when nothing refers to
 * the list any more, at the latest when the instance and its values are gone, on whatever thread that happens, or at
 * once if this fails. It does not count for the instance's memory. `flags` is 0. Ownership: the caller owns `*out`.
 * Errors (`fin` has then run): TN_TYPE if `elem` is no scalar's tag, TN_RANGE for a bool or char that is none and for a
 * size that no memory could have, TN_UNSUPPORTED for a flag, else as tn_list_new. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_wrap(tn_instance *inst, tn_tag elem, void *data, size_t n, uint32_t flags, void *ud,
                              tn_finalizer fin, tn_value *out, tn_error **err);

/* For tn_list_pin. */
#define TN_PIN_WRITE 1u /* the host may change the elements (not to a bool or char that is none) */

/* The elements of a list of scalars as a column, without copying, and their number (`n` may be NULL), until
 * tn_list_unpin or until the value is cleared. Meanwhile functions that would change this very value answer TN_STATE;
 * scripts may use the list as always. With TN_PIN_WRITE it may not be copied, passed or stored either, and only one such
 * pin can be. Ownership: borrowed. Errors: TN_STATE for pins that exclude each other, TN_TYPE for everything that is no
 * list of scalars, TN_UNSUPPORTED for unknown flags, TN_ARG, TN_HANDLE, TN_BUSY, TN_TRAP_MEMORY_LIMIT.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_pin(const tn_value *l, uint32_t flags, tn_column *out, size_t *n);

/* Ends one pin. Errors: TN_STATE if the list is not pinned, TN_ARG, TN_HANDLE, TN_TYPE, TN_BUSY.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_list_unpin(const tn_value *l);

/* A record or tuple of type `t` with copies of its fields in declared order. Ownership: the caller owns
 * `*out`. Errors: TN_TYPE (also for a wrong `n`), else as tn_list_new. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_record_new(tn_instance *inst, const tn_type *t, const tn_value *fields, size_t n,
                               tn_value *out, tn_error **err);

/* A copy of field `field` of a record or tuple. Ownership: the caller owns `*out`. Errors: as tn_list_get.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_record_get(const tn_value *r, size_t field, tn_value *out);

/* Stores a copy of `v` in a field. Only this value changes. Errors: as tn_list_set.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_record_set(tn_value *r, size_t field, const tn_value *v);

/* A value of the enum `t`, options among them: constructor number `variant` (in declared order; None is 0, Some 1; Ok
 * is 0, Err 1) with copies of its `n` fields. Ownership: the caller owns `*out`. Errors: TN_RANGE for a `variant` that
 * there is none, else as tn_record_new. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_enum_new(tn_instance *inst, const tn_type *t, uint32_t variant, const tn_value *payload, size_t n,
                             tn_value *out, tn_error **err);

/* Which constructor a value was made with, and how many fields it has; `payload_count` may be NULL. Errors: TN_ARG,
 * TN_HANDLE, TN_TYPE, TN_BUSY. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_enum_variant(const tn_value *e, uint32_t *variant, size_t *payload_count);

/* A copy of field `i` of the constructor that a value was made with. Ownership: the caller owns `*out`. Errors: as
 * tn_list_get. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_enum_payload(const tn_value *e, size_t i, tn_value *out);

/* An empty Map with keys of type `key` and values of type `val`; with `val` NULL an empty Set, whose elements are the
 * keys of the functions below. Ownership: the caller owns `*out`. Errors: TN_TYPE for keys without a hash (floats,
 * functions) and for those whose hash or equality the script wrote, unless a function, variable or host function of
 * the module has a Map or Set of them; else as tn_list_new. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_new(tn_instance *inst, const tn_type *key, const tn_type *val, tn_value *out, tn_error **err);

/* How many entries a Map or Set has. Errors: TN_ARG, TN_HANDLE, TN_TYPE, TN_BUSY. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_len(const tn_value *m, size_t *out);

/* A copy of the value of key `k`; NULL for `out` only asks whether it is there. Of a Set's element it is `()`.
 * Ownership: the caller owns `*out`. Errors: TN_NOT_FOUND; TN_TYPE, TN_RANGE for a key that is none; every trap when
 * the script wrote the key's hash or equality; TN_STATE if that changed this very value through the host; TN_ARG,
 * TN_HANDLE, TN_BUSY, TN_NOMEM. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_get(const tn_value *m, const tn_value *k, tn_value *out);

/* Sets the value of key `k` to a copy of `v`, or adds an element to a Set (`v` may be NULL then). A new key goes to the
 * end. Only this value changes; copies of it keep what they had. Errors: as tn_map_get but TN_NOT_FOUND, and
 * TN_TRAP_MEMORY_LIMIT, TN_CLOSED. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_set(tn_value *m, const tn_value *k, const tn_value *v);

/* Removes the entry of key `k`. Errors: as tn_map_set, and TN_NOT_FOUND. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_remove(tn_value *m, const tn_value *k);

/* An iterator over the entries of a Map or Set in the order of their insertion. It needs `m` as it is: once that is
 * changed or cleared, tn_iter_next answers TN_STATE. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE,
 * TN_TYPE, TN_BUSY, TN_NOMEM. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_map_iter(const tn_value *m, tn_iter **out);

/* The next entry: copies of its key and its value, either of which may be NULL. Ownership: the caller owns `*k` and
 * `*v`. Errors: TN_END after the last entry; TN_STATE when the value was changed or cleared meanwhile; TN_ARG,
 * TN_HANDLE, TN_BUSY, TN_NOMEM, TN_TRAP_MEMORY_LIMIT: the entry comes again then. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_iter_next(tn_iter *it, tn_value *k, tn_value *v);

/* NULL, dead: nothing. Threads: [any]. Since: 1.0 */
TN_API void tn_iter_free(tn_iter *it);

/* `Some(v)` or, with `v` NULL, `None` of the option type `t` ("i64?"). Ownership: the caller owns `*out`.
 * Errors: as tn_record_new. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_option_new(tn_instance *inst, const tn_type *t, const tn_value *v, tn_value *out,
                               tn_error **err);

/* Whether an option is `Some`, and then a copy of what it holds. `out` may be NULL. Ownership: the caller
 * owns `*out`. Errors: as tn_list_get. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_option_get(const tn_value *o, int32_t *is_some, tn_value *out);

/* ==== 7 types =========================================================================================== */

/* A type is borrowed: those of a module's functions and values live as long as the module, a function or an
 * instance of it; those from tn_type_parse as long as the runtime. A dead one answers zero or NULL below. */

/* The type that a text names: scalars, "String", "Bytes", "()", "List[T]", "Map[K, V]", "Set[T]", tuples, "T?" and
 * "Option[T]", "Result[T, E]", "Verdict[A, R]", "Range[T]", "fn(A, B) -> R".
 * Ownership: borrowed from the runtime. Errors: TN_NOT_FOUND for a name that is none of these, TN_SIGNATURE
 * for bad grammar, TN_ARG, TN_HANDLE, TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_type_parse(tn_runtime *rt, const char *p, size_t len, const tn_type **out,
                               tn_error **err);

/* The tag that its values have (TN_TAG_*); TN_TAG_NONE if values of it cannot cross this API. Errors:
 * TN_TAG_NONE. Threads: [shared]. Since: 1.0 */
TN_API uint32_t tn_type_kind(const tn_type *t);

/* As the language writes it: "List[i64]". Ownership: borrowed, as long as the type. Errors: NULL.
 * Threads: [shared]. Since: 1.0 */
TN_API const char *tn_type_name(const tn_type *t, size_t *len);

/* The parts: a List's, Set's or Slice's element, a Map's key and value, an Option's content, a tuple's elements, a
 * record's fields, the fields of all constructors of an enum, a function's parameters and its result. Ownership:
 * borrowed, as long as the type. Errors: 0, NULL. Threads: [shared]. Since: 1.0 */
TN_API size_t tn_type_child_count(const tn_type *t);
TN_API const tn_type *tn_type_child(const tn_type *t, size_t i);

/* The name of a record's field; "0", "1", ... for the elements of a tuple and of a constructor without names; "" else. Ownership: borrowed, as long
 * as the type. Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_type_child_name(const tn_type *t, size_t i, size_t *len);

/* The doc comments of a declared type and of a part of it, maybe "". Ownership: borrowed, as long as the type.
 * Errors: NULL. Threads: [shared]. Since: 1.0 */
TN_API const char *tn_type_doc(const tn_type *t, size_t *len);
TN_API const char *tn_type_child_doc(const tn_type *t, size_t i, size_t *len);

/* The constructors of an enum, options among them: how many, the name and doc comment of constructor `v`, and which parts
 * are its fields: `count` of them from `first` on. `first` and `count` may be NULL. It answers 1 if the fields have names,
 * 0 if they go by position. Ownership: borrowed, as long as the type. Errors: 0, NULL. Threads: [shared]. Since: 1.0 */
TN_API size_t tn_type_variant_count(const tn_type *t);
TN_API const char *tn_type_variant_name(const tn_type *t, size_t v, size_t *len);
TN_API const char *tn_type_variant_doc(const tn_type *t, size_t v, size_t *len);
TN_API int32_t tn_type_variant_fields(const tn_type *t, size_t v, size_t *first, size_t *count);

/* 1 if they are the same type: built-in types by structure, records by their declaration (a module compiled
 * twice has two). Errors: 0. Threads: [shared]. Since: 1.0 */
TN_API int32_t tn_type_equal(const tn_type *a, const tn_type *b);

/* ==== 8 host_functions ================================================================================== */

/* All registrations come before the first compilation of the runtime. A script calls a function registered as "net.lookup" as
 * `net.lookup(x)`, one registered as "now" as `now()`. `sig` is in the language's own words:
 * "fn(String, i64) -> bool". */

/* Flags. */
#define TN_FN_PURE 1u /* same result for same arguments, no effects: calls may be merged or left out */

#define TN_FN_STATUS 8u /* of tn_register_native: it answers a tn_status */

/* Registers a type of the host's values, which scripts hold as handles: "DateTime", or "time.DateTime" within the module
 * `time`. Its identity is the runtime's: two types of one name or layout are two. Only a `uri` shares one:
 * "org.acme.tensor/1" a second time, perhaps by another extension and at another path, is the same type under both
 * paths, with the first one's functions; `fin` of the second runs at once. `uri` may be NULL with length 0. A function
 * registered at "DateTime.add_days" with its own type as first parameter is a method, any other at such a path is
 * called as `DateTime.now()`. At the names of the core traits' methods the language itself calls it: "T.add" for `+`
 * (sub mul div rem bit_and bit_or bit_xor shl shr likewise: `fn(A, B) -> R`, A or B being T, several of them with
 * different operands), "T.neg", "T.index" and "T.set_index" for `t[i]`, "T.eq", "T.cmp" for `<` (and `==`, without
 * an eq), "T.hash", "T.show", "T.next" (`fn(mut T) -> E?`) for `for`; these want the traits' signatures. `ops` may be
 * NULL. `fin(ud)` runs when the runtime and all that was compiled on it are gone. `*out` may not be NULL. Ownership: the
 * type is borrowed from the runtime. Errors (`fin` has run): TN_CLOSED after the first compilation, TN_DUPLICATE, TN_ARG
 * (also for a hash without equal), TN_VERSION for a struct_size that is none, TN_HANDLE, TN_UTF8, TN_NOMEM.
 * Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_type(tn_runtime *rt, const char *path, size_t path_len, const char *uri, size_t uri_len,
                                  const tn_host_type *ops, void *ud, tn_finalizer fin, const tn_type **out,
                                  tn_error **err);

/* Registers a constant that scripts read by its path, such as "math.TAU". `type` is in the language's words; `v` is a
 * scalar, or a String, Bytes, List, tuple or option of some instance: it is copied. Errors: TN_TYPE and TN_RANGE if `v`
 * is no value of the type, TN_SIGNATURE, TN_UNSUPPORTED for a type that it cannot have, TN_CLOSED after the first
 * compilation, TN_DUPLICATE, TN_ARG, TN_HANDLE, TN_BUSY, TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_constant(tn_runtime *rt, const char *path, size_t path_len, const char *type,
                                      size_t type_len, const tn_value *v, tn_error **err);

/* Registers a variable that scripts can only read, and that each instance has for itself: tn_instance_set_global with
 * its path sets it, before a call or between calls. A script that reads it unset stops with TN_TRAP_HOST_ERROR, and
 * tn_instance_get_global answers TN_STATE. Errors: as tn_register_constant. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_global(tn_runtime *rt, const char *path, size_t path_len, const char *type,
                                    size_t type_len, tn_error **err);

/* Registers a module written in Tenon, which every script of the runtime can import by its path, such as
 * "http" or "acme.http". It imports only what the host registered, and may stand at the path of host functions
 * (`http.get` registered, `http` a module that makes it comfortable): its own names come first. Its syntax is
 * checked at once, the rest when a script imports it; its tests are not run, its warnings not shown. A package
 * that has a module of the same path cannot import either. Errors: TN_COMPILE with all diagnostics, TN_CLOSED
 * after the first compilation, TN_DUPLICATE, TN_ARG for a path that is none, TN_RANGE for a source beyond
 * TN_CONFIG_MAX_SOURCE, TN_HANDLE, TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_module(tn_runtime *rt, const char *path, size_t path_len, const char *src,
                                    size_t src_len, tn_error **err);

/* Registers the callback that is asked for modules which neither the package nor the registered modules have,
 * once for each path in each compilation: for `import a.b.c;` first for "a.b.c", then, until one is found, for
 * "a.b" and "a", because the last names may be of things inside of a module. What it gives are modules of the
 * package. It is called on the thread that compiles (so on several at once if the host compiles on several) and
 * may not compile on this runtime. `fin` runs when the runtime and all that was compiled on it are gone. Errors
 * (`fin` has then run): TN_CLOSED after the first compilation, TN_DUPLICATE for a second one, TN_ARG, TN_HANDLE,
 * TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_loader(tn_runtime *rt, tn_load_fn load, void *ud, tn_finalizer fin, tn_error **err);

/* Registers a generic host function: every type that a tn_value can have; a `mut` parameter is of a host type. `fin` runs
 * when the runtime and all that was compiled on it are gone. Errors (`fin` has then run): TN_CLOSED after
 * the first compilation, TN_DUPLICATE, TN_SIGNATURE, TN_UNSUPPORTED for a flag or type, TN_ARG, TN_HANDLE,
 * TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_fn(tn_runtime *rt, const char *path, size_t path_len, const char *sig,
                                size_t sig_len, tn_host_fn fn, void *ud, tn_finalizer fin, uint32_t flags,
                                tn_error **err);

/* Registers a plain C function that scripts call directly, at the price of a C call: scalars as their C type
 * (bool as `_Bool`, char as uint32_t), String and Bytes as `const char *, size_t` and a Slice as pointer and size_t,
 * valid for the call; a host type as the `void *` in its handle (a closed one stops the script), a tuple of up to four
 * scalars field by field. The result is a scalar, `()` (void) or a host type's `void *`, of which the script becomes the
 * owner (NULL stops it). With TN_FN_STATUS it answers a tn_status, and stores its result through one more, last,
 * parameter, of which there is none for `()`; a tuple is stored as the C struct of its fields. Not TN_OK stops the script
 * as it would a generic function. It gets no frame and may not use the instance; `ud` is only kept for `fin`.
 * Errors: as above; TN_UNSUPPORTED for any other type. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_register_native(tn_runtime *rt, const char *path, size_t path_len, const char *sig,
                                    size_t sig_len, tn_fnptr fn, void *ud, tn_finalizer fin, uint32_t flags,
                                    tn_error **err);

/* A value of a registered type that owns `p`, which is not NULL. `p` is taken over also when it fails, if `t` is a live
 * type of the host's: its finalizer has run then. Ownership: the caller owns `*out`. Errors: TN_TYPE if `t` is no type
 * of the host's or of another runtime, TN_TRAP_MEMORY_LIMIT, TN_ARG, TN_HANDLE, TN_BUSY, TN_CLOSED, TN_NOMEM.
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_handle_new(tn_instance *inst, const tn_type *t, void *p, tn_value *out, tn_error **err);

/* The pointer in a handle of type `t`. Ownership: borrowed until the value is cleared or closed. Errors: TN_TYPE for
 * any other type, TN_CLOSED when it was closed, TN_ARG, TN_HANDLE. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_handle_get(const tn_value *v, const tn_type *t, void **out);

/* Ends the value in the handle now, for all who hold it: the finalizer runs, and a script that uses it stops. A second
 * time does nothing. Errors: TN_TYPE, TN_ARG, TN_HANDLE, TN_BUSY, TN_STATE from a plain C function, a finalizer or
 * another place that may not call the instance. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_handle_close(const tn_value *v);

/* In a callback: describes why it fails, and answers the status to return. `s` is TN_TRAP_HOST_ERROR,
 * another trap's status, or a number of the host's own from TN_HOST_STATUS_FIRST on; any other becomes
 * TN_TRAP_HOST_ERROR. The host's call into the script then answers it, with the message "host error: ..."
 * and the script's stack. `payload` (may be NULL) goes along to tn_error_payload; `fin` runs when the error
 * is freed, or at once if the callback then succeeds after all. Errors: TN_HANDLE for a frame whose callback
 * has returned, TN_ARG, TN_UTF8 (`fin` has run). Threads: [callback]. Since: 1.0 */
TN_API tn_status tn_frame_fail(tn_frame *fr, tn_status s, const char *msg, size_t len, void *payload,
                               tn_finalizer fin);

/* In a callback: fails with an error that a nested call gave, which keeps its status, message, payload and
 * stack; the outer script's stack is added below. Ownership: takes `e` over. Errors: as tn_frame_fail (`e`
 * is freed). Threads: [callback]. Since: 1.0 */
TN_API tn_status tn_frame_fail_error(tn_frame *fr, tn_error *e);

/* In a callback: the instance that called. Ownership: borrowed for the duration of the callback; no need to
 * free. Errors: NULL. Threads: [callback]. Since: 1.0 */
TN_API tn_instance *tn_frame_instance(tn_frame *fr);

/* A function of a script as a C function pointer for qsort, a library's callback and the like: scalars as their C
 * types, String as `const char *`, Slice as a pointer to one element (NULL: to none), records of scalars as structs;
 * the result is a scalar, a struct of scalars, or void. C calls it without an instance: it enters this one, on the
 * thread that calls. When the call fails (a trap; the instance is used by another thread, closed, or runs a script
 * that did not call a generic host function; a text that is NULL or no UTF-8) C gets zero, and the closure keeps the
 * first such error for tn_closure_take_error. The code's memory is never writable and executable at once. Ownership:
 * the caller owns `*out`; `*code` is valid until it is freed. Errors: TN_SIGNATURE for other types, `mut` parameters,
 * or a function of another module; TN_ARG, TN_HANDLE, TN_CLOSED, TN_NOMEM. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_closure_new(tn_instance *inst, tn_function *f, tn_closure **out, tn_fnptr *code, tn_error **err);

/* The first error of a call through the closure since the last time this was asked, and its status; TN_OK and NULL if
 * there was none. Ownership: the caller owns `*out`. Errors: TN_ARG, TN_HANDLE. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_closure_take_error(tn_closure *c, tn_error **out);

/* Frees the closure and its code; C may not call it any more. NULL, dead, or one whose code is running: nothing.
 * Threads: [instance]. Since: 1.0 */
TN_API void tn_closure_free(tn_closure *c);

/* ==== 9 limits ========================================================================================== */

/* A handle that stops what runs in the instance, and stays valid when the instance is gone. Ownership: the
 * caller owns it. Errors: NULL. Threads: [any]. Since: 1.0 */
TN_API tn_interrupt *tn_instance_interrupt_handle(tn_instance *inst);

/* Stops the running call with TN_TRAP_CANCELLED within a moment; if none runs, the next one, once. Dead:
 * nothing. Threads: [any], also in a signal handler. Since: 1.0 */
TN_API void tn_interrupt_fire(tn_interrupt *h);

/* NULL, dead: nothing. Threads: [any]. Since: 1.0 */
TN_API void tn_interrupt_free(tn_interrupt *h);

/* Fuel: one unit is one call or one turn of a loop; without any the script stops with TN_TRAP_OUT_OF_FUEL
 * and goes on with new fuel at the next call. The same script takes the same fuel each time.
 * TN_FUEL_UNLIMITED turns counting off, which is faster. Errors: TN_ARG, TN_HANDLE, TN_BUSY, TN_STATE while
 * the instance is entered or in a callback. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_fuel(tn_instance *inst, uint64_t fuel);

/* What is left, or TN_FUEL_UNLIMITED. Errors: 0. Threads: [instance]. Since: 1.0 */
TN_API uint64_t tn_instance_fuel(const tn_instance *inst);

/* How many bytes the instance's values may use. More than that stops the script with TN_TRAP_MEMORY_LIMIT.
 * Errors: TN_ARG, TN_HANDLE, TN_BUSY. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_memory_limit(tn_instance *inst, uint64_t bytes);

/* How many bytes they use. Errors: 0. Threads: [instance]. Since: 1.0 */
TN_API uint64_t tn_instance_memory_used(const tn_instance *inst);

/* A limit of time for each call from the host from now on; 0: none. It stops the script with
 * TN_TRAP_DEADLINE_EXCEEDED. Errors: TN_ARG, TN_HANDLE, TN_BUSY. Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_timeout(tn_instance *inst, uint64_t ms);

/* Calls `poll` about every `every_ms` (1 or more) while a script runs, on the script's thread; NULL: no
 * longer. The previous one's finalizer runs. Errors: TN_ARG, TN_HANDLE, TN_BUSY (`fin` has run).
 * Threads: [instance]. Since: 1.0 */
TN_API tn_status tn_instance_set_poll(tn_instance *inst, uint32_t every_ms, tn_poll_fn poll, void *ud,
                                      tn_finalizer fin);

/* ==== 10 extensions ===================================================================================== */

/* A native extension is a folder, `NAME/`, with a shared library, `NAME.so`, and a wrapper module, `NAME.tn`, by which
 * scripts import it. It is looked for in the folders of TN_CONFIG_EXTENSION_PATH, then in those of the environment variable
 * TENON_EXTENSION_PATH (`:` between them), then in `~/.tenon/extensions`; the first that has a folder NAME counts.
 *
 * The library exports one function, which TN_EXTENSION_ENTRY names, and needs no other: all that it calls is in the table
 * that it is given. There it registers its types and functions, by names of its own that no script and no other extension
 * sees, in the words of section 8; the wrapper module says what is public, and of what type:
 *
 *     native type Vector;
 *     pub native("dot") fn dot(a: Vector, b: Vector) -> f64;
 *
 * When it is loaded, the ABI version, name and version that it gives, all registrations, and the wrapper module with every
 * signature in it are checked. It is all or nothing: what fails leaves the runtime as it was, after the finalizers of what
 * was registered have run. An extension is there until the runtime and all that was compiled on it are gone, with the
 * errors whose payloads have a finalizer; then its library is closed. */

/* What an extension may call: the functions of this header, by their names without `tn_`, and in its entry the first six.
 * struct_size is what the library has; it only grows, and an extension that `begin` has accepted finds all that its header
 * has. Each function does what is said where it is declared; pointers to functions may be kept and are valid as long as
 * the library is loaded. Of the first six each answers the first failure of this load again once something failed, and
 * that is then the error of the load, whatever the entry answers. Each may be called on the entry's thread alone
 * (TN_BUSY), and until it has returned (TN_HANDLE). */
typedef struct tn_host_api {
    size_t struct_size;
    uint32_t abi_version; /* of the library: tn_abi_version() */
    uint32_t reserved;
    /* First of all: TN_ABI_VERSION of the extension's header, its name, which is its folder's, and its version, "1.2.0".
     * Errors: TN_VERSION, TN_ARG, TN_STATE for a second time, TN_UTF8. */
    tn_status (*begin)(tn_registrar *r, uint32_t header_abi, const char *name, size_t name_len, const char *version,
                       size_t version_len);
    /* Gives up, for a reason that the host can read: TN_HOST_STATUS_FIRST and up, or any status but TN_OK. */
    tn_status (*fail)(tn_registrar *r, tn_status s, const char *msg, size_t len);
    /* As tn_register_type, tn_register_fn and tn_register_native. Signatures name the extension's own types, and no
     * others'; to share one with another extension both register it with the same URI. */
    tn_status (*add_type)(tn_registrar *r, const char *name, size_t name_len, const char *uri, size_t uri_len,
                          const tn_host_type *ops, void *ud, tn_finalizer fin, const tn_type **out);
    tn_status (*add_fn)(tn_registrar *r, const char *name, size_t name_len, const char *sig, size_t sig_len, tn_host_fn fn,
                        void *ud, tn_finalizer fin, uint32_t flags);
    tn_status (*add_native)(tn_registrar *r, const char *name, size_t name_len, const char *sig, size_t sig_len, tn_fnptr fn,
                            void *ud, tn_finalizer fin, uint32_t flags);
    /* As tn_type_parse, with the extension's own types: what lists, maps and records are made with. */
    tn_status (*find_type)(tn_registrar *r, const char *p, size_t len, const tn_type **out);

    const char *(*status_name)(tn_status s);
    tn_error *(*error_new)(tn_status s, const char *msg, size_t len);
    void (*error_free)(tn_error *e);
    tn_status (*error_status)(const tn_error *e);
    const char *(*error_message)(const tn_error *e, size_t *len);
    void *(*error_payload)(const tn_error *e);

    tn_status (*value_call)(const tn_value *f, const tn_value *args, size_t nargs, tn_value *ret, tn_error **err);

    void (*value_clear)(tn_value *v);
    tn_status (*value_copy)(const tn_value *v, tn_value *out);
    tn_status (*value_get_i64)(const tn_value *v, int64_t *out);
    tn_status (*value_get_u64)(const tn_value *v, uint64_t *out);
    tn_status (*value_get_f64)(const tn_value *v, double *out);
    tn_status (*value_get_bool)(const tn_value *v, int32_t *out);
    const tn_type *(*value_type)(const tn_runtime *rt, const tn_value *v); /* rt: NULL */
    int32_t (*text_check)(const char *p, size_t len, size_t *bad_at);
    tn_status (*string_new)(tn_instance *inst, const char *p, size_t len, tn_value *out, tn_error **err);
    const char *(*string_data)(const tn_value *v, size_t *len);
    tn_status (*bytes_new)(tn_instance *inst, const void *p, size_t len, tn_value *out, tn_error **err);
    const void *(*bytes_data)(const tn_value *v, size_t *len);
    tn_status (*list_new)(tn_instance *inst, const tn_type *elem, size_t cap, tn_value *out, tn_error **err);
    tn_status (*list_len)(const tn_value *l, size_t *out);
    tn_status (*list_get)(const tn_value *l, size_t i, tn_value *out);
    tn_status (*list_set)(tn_value *l, size_t i, const tn_value *v);
    tn_status (*list_push)(tn_value *l, const tn_value *v);
    const void *(*list_data)(const tn_value *l, tn_tag *elem, size_t *n);
    tn_status (*list_append)(tn_value *l, tn_tag elem, const void *data, size_t n);
    tn_status (*list_wrap)(tn_instance *inst, tn_tag elem, void *data, size_t n, uint32_t flags, void *ud, tn_finalizer fin,
                           tn_value *out, tn_error **err);
    tn_status (*list_pin)(const tn_value *l, uint32_t flags, tn_column *out, size_t *n);
    tn_status (*list_unpin)(const tn_value *l);
    tn_status (*record_new)(tn_instance *inst, const tn_type *t, const tn_value *fields, size_t n, tn_value *out,
                            tn_error **err);
    tn_status (*record_get)(const tn_value *r, size_t field, tn_value *out);
    tn_status (*record_set)(tn_value *r, size_t field, const tn_value *v);
    tn_status (*enum_new)(tn_instance *inst, const tn_type *t, uint32_t variant, const tn_value *payload, size_t n,
                          tn_value *out, tn_error **err);
    tn_status (*enum_variant)(const tn_value *e, uint32_t *variant, size_t *payload_count);
    tn_status (*enum_payload)(const tn_value *e, size_t i, tn_value *out);
    tn_status (*map_new)(tn_instance *inst, const tn_type *key, const tn_type *val, tn_value *out, tn_error **err);
    tn_status (*map_len)(const tn_value *m, size_t *out);
    tn_status (*map_get)(const tn_value *m, const tn_value *k, tn_value *out);
    tn_status (*map_set)(tn_value *m, const tn_value *k, const tn_value *v);
    tn_status (*map_remove)(tn_value *m, const tn_value *k);
    tn_status (*map_iter)(const tn_value *m, tn_iter **out);
    tn_status (*iter_next)(tn_iter *it, tn_value *k, tn_value *v);
    void (*iter_free)(tn_iter *it);
    tn_status (*option_new)(tn_instance *inst, const tn_type *t, const tn_value *v, tn_value *out, tn_error **err);
    tn_status (*option_get)(const tn_value *o, int32_t *is_some, tn_value *out);

    uint32_t (*type_kind)(const tn_type *t);
    const char *(*type_name)(const tn_type *t, size_t *len);
    size_t (*type_child_count)(const tn_type *t);
    const tn_type *(*type_child)(const tn_type *t, size_t i);
    int32_t (*type_equal)(const tn_type *a, const tn_type *b);

    tn_status (*handle_new)(tn_instance *inst, const tn_type *t, void *p, tn_value *out, tn_error **err);
    tn_status (*handle_get)(const tn_value *v, const tn_type *t, void **out);
    tn_status (*handle_close)(const tn_value *v);
    tn_status (*frame_fail)(tn_frame *fr, tn_status s, const char *msg, size_t len, void *payload, tn_finalizer fin);
    tn_status (*frame_fail_error)(tn_frame *fr, tn_error *e);
    tn_instance *(*frame_instance)(tn_frame *fr);
} tn_host_api;

/* The entry: registers with `r` and answers TN_OK, or how it failed. It may not use the runtime otherwise (TN_STATE). In C
 * and C++ alike:
 *
 *     TN_EXTENSION_ENTRY(const tn_host_api *api, tn_registrar *r) { ... }
 */
typedef tn_status (*tn_extension_entry_fn)(const tn_host_api *api, tn_registrar *r);

#if defined(_WIN32)
# define TN_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
# define TN_EXPORT __attribute__((visibility("default")))
#else
# define TN_EXPORT
#endif
#ifdef __cplusplus
# define TN_EXTENSION_ENTRY extern "C" TN_EXPORT tn_status tn_extension_entry_v1
#else
# define TN_EXTENSION_ENTRY TN_EXPORT tn_status tn_extension_entry_v1
#endif

/* Loads an extension, for modules that are compiled from now on: `path` is its folder, or, without a `/`, a name that is
 * looked for. One that is there already is answered again. It needs no TN_CONFIG_ALLOW_EXTENSIONS, which is for imports, and
 * may come before and after the first compilation. `flags` is 0. Ownership: the caller owns `*out`. Errors: TN_NOT_FOUND
 * for no such extension and for a library without an entry; TN_IO for a file that cannot be read or loaded; TN_VERSION when
 * it was compiled for another ABI; TN_DUPLICATE for one of the same name from elsewhere, and for a module or function of
 * the host's with its name; TN_COMPILE with all diagnostics of its wrapper module; what its entry answered; TN_STATE from
 * inside of an entry; TN_UNSUPPORTED for a flag, TN_ARG, TN_HANDLE, TN_UTF8, TN_NOMEM. Threads: [shared]. Since: 1.0 */
TN_API tn_status tn_extension_load(tn_runtime *rt, const char *path, size_t len, uint32_t flags, tn_extension **out,
                                   tn_error **err);

/* Its name, and the version that it gave. Ownership: borrowed until the handle is freed. Errors: NULL.
 * Threads: [shared]. Since: 1.0 */
TN_API const char *tn_extension_name(const tn_extension *x, size_t *len);
TN_API const char *tn_extension_version(const tn_extension *x, size_t *len);

/* Gives the handle back; the extension stays in its runtime. NULL, dead: nothing. Threads: [shared]. Since: 1.0 */
TN_API void tn_extension_free(tn_extension *x);

/* ==== 11 python ========================================================================================= */

/* For bindings to CPython: a function of a script as an object that Python calls by its vectorcall protocol, which costs
 * a tenth of a call through ctypes. The library is not linked with Python, and knows of it what the binding gives it: the
 * addresses of functions of the stable ABI. `python` is a table of two callables of the binding's and these addresses:
 *
 *     [0] call(object, ...)         what the object does when it is called with arguments that are not just what the
 *                                   function takes: keywords, a wrong number, other types, lists, records, numbers that
 *                                   do not fit
 *     [1] fail(status, error)       raises what a failed call ended with: two ints, the second a tn_error's address,
 *                                   which is then the callee's to free
 *     [2 + i]                       the function or object tn_python_name(i)
 *
 * The objects are of a type with room for TN_PYTHON_CALL_SIZE bytes at an offset that is the type's __vectorcalloffset__;
 * tn_python_bind fills them. Its tp_call is PyVectorcall_Call. Scalars, str and bytes come and go without the callables,
 * and C-contiguous buffers as a Slice, in place.
 * The GIL is held for functions that are short (tn_function_is_short), and given up around all others. Builds of Python
 * whose objects do not begin with a count and a type, eight bytes each, are not for this. */
#define TN_PYTHON_CALL_SIZE 64u

/* The name of what entry 2 + `i` of the table is, such as "PyLong_FromLongLong"; NULL behind the last one. Ownership: static
 * text. Errors: NULL. Threads: [any]. Since: 1.0 */
TN_API const char *tn_python_name(size_t i);

/* Makes the object at `object`, with its room `offset` bytes behind that, call a function of an instance. With NULL as
 * `inst` all its calls go to the table's first callable from now on; `f` may be NULL then. Neither handle is referenced:
 * a dead one is an error of the call. The table and what it names must outlive the object; the offset is the same for all
 * objects in a process. Errors: TN_ARG, TN_STATE for another offset, TN_HANDLE for a dead function. Threads: [shared], with
 * the GIL. Since: 1.0 */
TN_API tn_status tn_python_bind(void *object, size_t offset, const void *const *python, tn_instance *inst,
                                tn_function *f);

#ifdef __cplusplus
}
#endif
#endif /* TN_C_API_H */
