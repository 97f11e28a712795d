/*
 * catalog_misc.c: what is of no family: typeof, errors raised on purpose, who and where the session
 * is.
 */
#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"

static bool bind_typeof(BindCall *call, Error *err)
{
    (void)err;
    call->result = expr_literal_string(
        call->arena, str_of(type_name_in(call->arena, call->args[0]->type)), call->span);
    return true;
}

/* ── errors on purpose ─────────────────────────────────────────────────────────────────────────*/

static bool bind_raise_error(BindCall *call, Error *err)
{
    call->type = &type_void;
    call->nullable = true;
    return bind_require(call, 0, &type_string, err);
}

static Vector *kernel_raise_error(const KernelCall *call)
{
    Vector *out = vector_null_flat(call->arena, &type_void, call->row_count);

    if (call->args[0]->errors)
        vector_merge_errors(call->arena, out, call->args[0]);
    for (uint32_t i = 0; i < call->row_count; i++) {
        Str text = arg_valid(call, 0, i) ? arg_str(call, 0, i) : STR("null");

        if (!vector_has_error(out, i))
            vector_set_error(call->arena, out, i, "USER_RAISED_EXCEPTION", "P0001", "%.*s",
                             STR_ARG(text));
    }
    return out;
}

/* assert_true(condition[, message]): if(condition, NULL, raise_error(message)) */
static bool bind_assert_true(BindCall *call, Error *err)
{
    Expr *message, *raise, *null = expr_literal_null(call->arena, &type_void, call->span);

    if (call->args[0]->type->kind != TYPE_BOOLEAN && call->args[0]->type->kind != TYPE_VOID)
        return bind_unexpected(call, 0, "BOOLEAN", err);
    if (call->arg_count > 1) {
        message = call->args[1];
    } else {
        StrBuf text;

        strbuf_init(&text);
        strbuf_add_char(&text, '\'');
        expr_print(&text, call->args[0], NULL);
        strbuf_add_c(&text, "' is not true!");
        message = expr_literal_string(call->arena, strbuf_str(&text), call->span);
        strbuf_done(&text);
    }
    return function_call_named(call->arena, call->sql, "raise_error", &message, 1, call->span,
                               &raise, err) &&
           bind_as(call, "if", (Expr *[]){call->args[0], null, raise}, 3, err);
}

/* ── the session ───────────────────────────────────────────────────────────────────────────────*/

typedef enum SessionValue {
    SESSION_USER,
    SESSION_DATABASE,
    SESSION_CATALOG,
    SESSION_VERSION
} SessionValue;

static bool bind_session(BindCall *call, Error *err)
{
    SessionValue value = *(const SessionValue *)call->fn->extra;
    Str text = value == SESSION_USER       ? call->sql->user
               : value == SESSION_DATABASE ? call->sql->database
               : value == SESSION_CATALOG  ? call->sql->catalog
                                           : STR("weir " WEIR_VERSION);

    (void)err;
    call->result = expr_literal_string(call->arena, text, call->span);
    return true;
}

/* ── where the rows come from ──────────────────────────────────────────────────────────────────*/

/* Of a batch query's rows no more is known than Spark knows of rows of no file. */
static bool bind_constant_text(BindCall *call, Error *err)
{
    (void)err;
    call->result = expr_literal_string(call->arena, str_of(call->fn->extra), call->span);
    return true;
}

static bool bind_constant_number(BindCall *call, Error *err)
{
    (void)err;
    call->result = expr_literal_bigint(call->arena, *(const int64_t *)call->fn->extra, call->span);
    return true;
}

/* The worker the rows are on. */
static Vector *kernel_partition_id(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i32(out)[i] = call->state ? (int32_t)call->state->partition : 0;
    return out;
}

/* Grows with the rows of a worker; the worker stands in the upper 31 bits. */
static Vector *kernel_increasing_id(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    uint64_t next = 0, *kept = NULL;

    if (call->state) {
        if (!call->state->data)
            call->state->data = arena_zalloc(call->state->arena, sizeof *kept);
        kept = call->state->data;
        next = *kept;
    }
    for (uint32_t i = 0; i < call->row_count; i++)
        vector_i64(out)[i] =
            (int64_t)((uint64_t)(call->state ? call->state->partition : 0) << 33 | next++);
    if (kept)
        *kept = next;
    return out;
}

static const int64_t no_block = -1;

#define NO_FILE_ROW(name_, bind_, extra_, doc_, example_)                                          \
    {                                                                                              \
        .name = name_, .flags = FN_CONSTANTS, .bind = bind_, .extra = extra_, .group = "misc",     \
        .doc = doc_, .example = example_                                                           \
    }
#define ROW_ID_ROW(name_, signature_, kernel_, doc_, example_)                                     \
    {                                                                                              \
        .name = name_, .flags = FN_NONDETERMINISTIC, .bind = bind_signature,                       \
        .signature = signature_, .kernel = kernel_, .group = "misc", .doc = doc_,                  \
        .example = example_                                                                        \
    }

static const SessionValue user = SESSION_USER, database = SESSION_DATABASE,
                          catalog = SESSION_CATALOG, version = SESSION_VERSION;

#define SESSION_ROW(name_, value_, doc_)                                                           \
    {                                                                                              \
        .name = name_, .flags = FN_CONSTANTS | FN_STATEMENT, .bind = bind_session,                 \
        .extra = &(value_), .group = "misc", .doc = doc_, .example = "length(" name_ "()) >= 0"    \
    }

static const Function rows[] = {
    {
        .name = "typeof",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_typeof,
        .group = "misc",
        .doc = "The name of the argument's type",
        .example = "typeof(1) = 'int'",
    },
    {
        .name = "raise_error",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_raise_error,
        .kernel = kernel_raise_error,
        .group = "misc",
        .doc = "An error with this text",
        .example = "if(true, 1, raise_error('never')) = 1",
    },
    {
        .name = "assert_true",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 2,
        .bind = bind_assert_true,
        .group = "misc",
        .doc = "NULL, or an error unless the condition is TRUE",
        .example = "assert_true(1 < 2) IS NULL",
    },
    NO_FILE_ROW("input_file_name", bind_constant_text, "", "The file a row came from; '' if of none",
                "input_file_name() = ''"),
    NO_FILE_ROW("input_file_block_start", bind_constant_number, &no_block,
                "Where the block a row came from starts; -1 if of none",
                "input_file_block_start() = -1"),
    NO_FILE_ROW("input_file_block_length", bind_constant_number, &no_block,
                "How long the block a row came from is; -1 if of none",
                "input_file_block_length() = -1"),
    NO_FILE_ROW("current_path", bind_constant_text,
                "system.builtin,system.session,spark_catalog.default",
                "Where functions and tables are looked for", "length(current_path()) > 0"),
    ROW_ID_ROW("spark_partition_id", "() -> int", kernel_partition_id, "Which worker has the row",
               "spark_partition_id() >= 0"),
    ROW_ID_ROW("monotonically_increasing_id", "() -> bigint", kernel_increasing_id,
               "A number that grows from row to row of a worker",
               "monotonically_increasing_id() >= 0"),
    SESSION_ROW("current_user", user, "The user"),
    SESSION_ROW("user", user, "The user; the same as current_user"),
    SESSION_ROW("session_user", user, "The user; the same as current_user"),
    SESSION_ROW("current_database", database, "The database in use"),
    SESSION_ROW("current_schema", database, "The database in use; the same as current_database"),
    SESSION_ROW("current_catalog", catalog, "The catalog in use"),
    SESSION_ROW("version", version, "The name and version of this program"),
};

const FunctionTable catalog_misc = FUNCTION_TABLE_OF(rows);
