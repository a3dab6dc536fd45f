/* The native half of `sqlite`: databases and prepared statements behind handles. Wrapped in sqlite.tn, which
   makes rows and results of what stands here. A statement keeps its database's memory, not its connection:
   closing a database ends it for all who hold it, and whoever steps one of its statements then is told. */
#include "c_api.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const tn_host_api* api;
static const tn_type *database_type, *statement_type, *opened_type, *prepared_type, *problem_type;

typedef struct Database {
    sqlite3* connection; /* NULL: closed */
    size_t references;   /* of the handle and of statements */
} Database;
typedef struct Statement {
    sqlite3_stmt* code;
    Database* database;
} Statement;

static void release(Database* d) {
    if (--d->references == 0) free(d);
}
static void end_database(void* p, void* ud) {
    Database* d = p;
    (void)ud;
    sqlite3_close_v2(d->connection); /* waits for its statements */
    d->connection = NULL;
    release(d);
}
static void end_statement(void* p, void* ud) {
    Statement* s = p;
    (void)ud;
    sqlite3_finalize(s->code);
    release(s->database);
    free(s);
}
static const tn_host_type database_ops = {sizeof(tn_host_type), end_database, NULL, NULL, NULL, NULL, NULL};
static const tn_host_type statement_ops = {sizeof(tn_host_type), end_statement, NULL, NULL, NULL, NULL, NULL};

/* `Err((code, message))` of the Result type `t`. */
static tn_status give_problem(tn_instance* inst, const tn_type* t, int code, const char* message,
                              tn_value* ret) {
    tn_value parts[2], problem;
    tn_status s;
    TN_SET_I64(&parts[0], code);
    s = api->string_new(inst, message, TN_NTS, &parts[1], NULL);
    if (s != TN_OK) return s;
    s = api->record_new(inst, problem_type, parts, 2, &problem, NULL);
    api->value_clear(&parts[1]);
    if (s != TN_OK) return s;
    s = api->enum_new(inst, t, 1, &problem, 1, ret, NULL);
    api->value_clear(&problem);
    return s;
}
/* `Ok(handle)`; takes `p` over. */
static tn_status give_handle(tn_instance* inst, const tn_type* t, const tn_type* handle_type, void* p,
                             tn_value* ret) {
    tn_value handle;
    tn_status s = api->handle_new(inst, handle_type, p, &handle, NULL);
    if (s != TN_OK) return s;
    s = api->enum_new(inst, t, 0, &handle, 1, ret, NULL);
    api->value_clear(&handle);
    return s;
}

static tn_status open_database(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    size_t len;
    const char* path = api->string_data(&args[0], &len);
    sqlite3* connection = NULL;
    Database* d;
    int code;
    (void)nargs, (void)ud;
    if (strlen(path) != len)
        return give_problem(inst, opened_type, SQLITE_CANTOPEN, "a path cannot contain NUL", ret);
    code = sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code != SQLITE_OK) {
        const char* message = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
        tn_status s = give_problem(inst, opened_type, code, message, ret);
        sqlite3_close_v2(connection);
        return s;
    }
    d = malloc(sizeof *d);
    if (!d) {
        sqlite3_close_v2(connection);
        return TN_TRAP_MEMORY_LIMIT;
    }
    sqlite3_extended_result_codes(connection, 1);
    d->connection = connection;
    d->references = 1;
    return give_handle(inst, opened_type, database_type, d, ret);
}

static tn_status close_database(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr, (void)nargs, (void)ret, (void)ud;
    return api->handle_close(&args[0]);
}

/* The first statement of a text, and where the next begins. */
static tn_status prepare(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    Database* d;
    Statement* s;
    void* p;
    size_t len;
    const char *sql = api->string_data(&args[1], &len), *rest = NULL;
    sqlite3_stmt* code = NULL;
    int status;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], database_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    d = p;
    if (len > 0x7fffffff)
        return give_problem(inst, prepared_type, SQLITE_TOOBIG, "the statement is too long", ret);
    status = sqlite3_prepare_v2(d->connection, sql, (int)len, &code, &rest);
    if (status != SQLITE_OK)
        return give_problem(inst, prepared_type, status, sqlite3_errmsg(d->connection), ret);
    while (rest < sql + len && strchr(" \t\r\n;", *rest)) ++rest;
    if (!code || rest != sql + len) {
        sqlite3_finalize(code);
        return give_problem(inst, prepared_type, SQLITE_MISUSE,
                            code ? "there is more than one statement" : "there is no statement", ret);
    }
    s = malloc(sizeof *s);
    if (!s) {
        sqlite3_finalize(code);
        return TN_TRAP_MEMORY_LIMIT;
    }
    s->code = code;
    s->database = d;
    ++d->references;
    return give_handle(inst, prepared_type, statement_type, s, ret);
}

/* Runs a text of many statements; SQLite's code. */
static tn_status run_script(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    size_t len;
    const char* sql = api->string_data(&args[1], &len);
    (void)fr, (void)nargs, (void)ud;
    if (api->handle_get(&args[0], database_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    TN_SET_I64(ret, strlen(sql) == len ? sqlite3_exec(((Database*)p)->connection, sql, NULL, NULL, NULL)
                                       : SQLITE_MISUSE);
    return TN_OK;
}

static tn_status database_message(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], database_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    return api->string_new(api->frame_instance(fr), sqlite3_errmsg(((Database*)p)->connection), TN_NTS, ret,
                           NULL);
}
static tn_status statement_message(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret,
                                   void* ud) {
    void* p;
    Database* d;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], statement_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    d = ((Statement*)p)->database;
    return api->string_new(api->frame_instance(fr),
                           d->connection ? sqlite3_errmsg(d->connection) : "the database is closed", TN_NTS,
                           ret, NULL);
}

static tn_status column_name(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    const char* name;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], statement_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    name = sqlite3_column_name(((Statement*)p)->code, (int)args[1].as.i);
    return api->string_new(api->frame_instance(fr), name ? name : "", TN_NTS, ret, NULL);
}
static tn_status column_text(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    sqlite3_stmt* code;
    const char* text;
    tn_status s;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], statement_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    code = ((Statement*)p)->code;
    text = (const char*)sqlite3_column_text(code, (int)args[1].as.i);
    s = api->string_new(api->frame_instance(fr), text ? text : "",
                        (size_t)sqlite3_column_bytes(code, (int)args[1].as.i), ret, NULL);
    if (s == TN_UTF8)
        return api->frame_fail(fr, TN_TRAP_HOST_ERROR, "a text in the database is not UTF-8", TN_NTS, NULL,
                               NULL);
    return s;
}
static tn_status column_blob(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    sqlite3_stmt* code;
    const void* data;
    (void)nargs, (void)ud;
    if (api->handle_get(&args[0], statement_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    code = ((Statement*)p)->code;
    data = sqlite3_column_blob(code, (int)args[1].as.i);
    return api->bytes_new(api->frame_instance(fr), data,
                          (size_t)sqlite3_column_bytes(code, (int)args[1].as.i), ret, NULL);
}

/* Plain functions: the script calls them directly. Those that can fail answer SQLite's code. */
static int64_t step(void* p) {
    Statement* s = p;
    return s->database->connection ? sqlite3_step(s->code) : SQLITE_MISUSE;
}
static int64_t reset(void* p) {
    sqlite3_reset(((Statement*)p)->code);
    return sqlite3_clear_bindings(((Statement*)p)->code);
}
static int64_t column_count(void* p) { return sqlite3_column_count(((Statement*)p)->code); }
static int64_t column_type(void* p, int64_t i) { return sqlite3_column_type(((Statement*)p)->code, (int)i); }
static int64_t column_int(void* p, int64_t i) { return sqlite3_column_int64(((Statement*)p)->code, (int)i); }
static double column_real(void* p, int64_t i) { return sqlite3_column_double(((Statement*)p)->code, (int)i); }
static int64_t parameter_count(void* p) { return sqlite3_bind_parameter_count(((Statement*)p)->code); }
static int64_t parameter_index(void* p, const char* name, size_t len) {
    (void)len; /* it ends in a NUL */
    return sqlite3_bind_parameter_index(((Statement*)p)->code, name);
}
static int64_t bind_null(void* p, int64_t i) { return sqlite3_bind_null(((Statement*)p)->code, (int)i); }
static int64_t bind_int(void* p, int64_t i, int64_t x) {
    return sqlite3_bind_int64(((Statement*)p)->code, (int)i, x);
}
static int64_t bind_real(void* p, int64_t i, double x) {
    return sqlite3_bind_double(((Statement*)p)->code, (int)i, x);
}
static int64_t bind_text(void* p, int64_t i, const char* text, size_t len) {
    return sqlite3_bind_text64(((Statement*)p)->code, (int)i, text, len, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static int64_t bind_blob(void* p, int64_t i, const char* data, size_t len) {
    /* NULL would bind a null. */
    return sqlite3_bind_blob64(((Statement*)p)->code, (int)i, len ? data : "", len, SQLITE_TRANSIENT);
}
static int64_t changes(void* p) { return sqlite3_changes64(((Database*)p)->connection); }
static int64_t last_id(void* p) { return sqlite3_last_insert_rowid(((Database*)p)->connection); }

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    static const struct {
        const char *name, *signature;
        tn_host_fn fn;
    } callbacks[] = {{"open", "fn(String) -> Result[Database, (i64, String)]", open_database},
                     {"close", "fn(Database)", close_database},
                     {"prepare", "fn(Database, String) -> Result[Statement, (i64, String)]", prepare},
                     {"run_script", "fn(Database, String) -> i64", run_script},
                     {"database_message", "fn(Database) -> String", database_message},
                     {"statement_message", "fn(Statement) -> String", statement_message},
                     {"column_name", "fn(Statement, i64) -> String", column_name},
                     {"column_text", "fn(Statement, i64) -> String", column_text},
                     {"column_blob", "fn(Statement, i64) -> Bytes", column_blob}};
    static const struct {
        const char *name, *signature;
        tn_fnptr fn;
    } plain[] = {{"step", "fn(Statement) -> i64", (tn_fnptr)step},
                 {"reset", "fn(Statement) -> i64", (tn_fnptr)reset},
                 {"column_count", "fn(Statement) -> i64", (tn_fnptr)column_count},
                 {"column_type", "fn(Statement, i64) -> i64", (tn_fnptr)column_type},
                 {"column_int", "fn(Statement, i64) -> i64", (tn_fnptr)column_int},
                 {"column_real", "fn(Statement, i64) -> f64", (tn_fnptr)column_real},
                 {"parameter_count", "fn(Statement) -> i64", (tn_fnptr)parameter_count},
                 {"parameter_index", "fn(Statement, String) -> i64", (tn_fnptr)parameter_index},
                 {"bind_null", "fn(Statement, i64) -> i64", (tn_fnptr)bind_null},
                 {"bind_int", "fn(Statement, i64, i64) -> i64", (tn_fnptr)bind_int},
                 {"bind_real", "fn(Statement, i64, f64) -> i64", (tn_fnptr)bind_real},
                 {"bind_text", "fn(Statement, i64, String) -> i64", (tn_fnptr)bind_text},
                 {"bind_blob", "fn(Statement, i64, Bytes) -> i64", (tn_fnptr)bind_blob},
                 {"changes", "fn(Database) -> i64", (tn_fnptr)changes},
                 {"last_id", "fn(Database) -> i64", (tn_fnptr)last_id}};
    size_t i;
    api = host;
    api->begin(r, TN_ABI_VERSION, "sqlite", TN_NTS, "1.0.0", TN_NTS);
    api->add_type(r, "Database", TN_NTS, NULL, 0, &database_ops, NULL, NULL, &database_type);
    api->add_type(r, "Statement", TN_NTS, NULL, 0, &statement_ops, NULL, NULL, &statement_type);
    api->find_type(r, "(i64, String)", TN_NTS, &problem_type);
    api->find_type(r, "Result[Database, (i64, String)]", TN_NTS, &opened_type);
    api->find_type(r, "Result[Statement, (i64, String)]", TN_NTS, &prepared_type);
    for (i = 0; i < sizeof callbacks / sizeof *callbacks; ++i)
        api->add_fn(r, callbacks[i].name, TN_NTS, callbacks[i].signature, TN_NTS, callbacks[i].fn, NULL, NULL,
                    0);
    for (i = 0; i < sizeof plain / sizeof *plain; ++i)
        api->add_native(r, plain[i].name, TN_NTS, plain[i].signature, TN_NTS, plain[i].fn, NULL, NULL, 0);
    return TN_OK;
}
