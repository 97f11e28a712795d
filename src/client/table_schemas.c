#include "client/table_schemas.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "client/http_client.h"
#include "format/avro_schema.h"
#include "os/os.h"

enum {
    TIMEOUT_US = 10000000,
    MOMENT_US = 20000, /* So long fetch waits for the answer to a question it has just begun. */
    AGAIN_FIRST_US = 100000,
    AGAIN_MAX_US = 5000000,
};

struct TableSchemas {
    FormatSchemas format;
    Arena arena;
    const char *registry; /* Without a slash at the end. */
    HttpClient *http;     /* While a question is asked, its thread's. */

    OsThread *asking; /* NULL: no question is. */
    int32_t id;       /* Of it. */
    int64_t again_us; /* Monotonic: not before. */
    int64_t wait_us;
    Error trouble; /* Why there was no answer; kind 0: there was. */

    OsMutex *mutex; /* Guards what follows. */
    OsCond *changed;
    bool answered;
    bool ok;
    Error error;
    Str text;
    Arena answer_arena;
};

/* ── one question ──────────────────────────────────────────────────────────────────────────────*/

static int error_code(const cJSON *answer)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(answer, "error_code");

    return cJSON_IsNumber(code) ? code->valueint : 0;
}

/* The answer of the registry, as JSON. The caller frees it. ERROR_USER: it has no such schema. */
static bool ask(TableSchemas *schemas, const char *url, cJSON **out, Error *err)
{
    HttpReply reply;
    bool ok;

    *out = NULL;
    http_reply_init(&reply);
    ok = http_client_get(schemas->http, url, TIMEOUT_US, 2 * AVRO_SCHEMA_BYTES_MAX, &reply, err);
    if (ok)
        *out = cJSON_ParseWithLength(strbuf_c(&reply.body), reply.body.bytes);
    if (ok && reply.status != 200)
        ok = error_set(err, error_code(*out) / 100 == 404 ? ERROR_USER : ERROR_RETRY,
                       "the registry answers with status %d", reply.status);
    if (ok && !cJSON_IsObject(*out))
        ok = error_set(err, ERROR_RETRY, "the registry does not answer with JSON");
    if (!ok) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    http_reply_done(&reply);
    return ok;
}

static bool take_schema(const cJSON *answer, Arena *arena, Str *text, Error *err)
{
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(answer, "schema");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(answer, "schemaType");

    if (cJSON_IsString(type) && !str_is_nocase(str_of(type->valuestring), "AVRO"))
        return error_set(err, ERROR_USER, "the registry has it as %.40s, not as Avro",
                         type->valuestring);
    if (!cJSON_IsString(schema))
        return error_set(err, ERROR_RETRY, "the registry's answer has no schema");
    *text = str_copy(arena, str_of(schema->valuestring));
    return true;
}

/* ── schemas by their numbers ──────────────────────────────────────────────────────────────────*/

static void ask_for_schema(void *arg)
{
    TableSchemas *schemas = arg;
    cJSON *answer = NULL;
    Error err = {0};
    Arena arena;
    bool ok;
    Str text;

    arena_init(&arena);
    ok = ask(schemas, arena_printf(&arena, "%s/schemas/ids/%" PRId32, schemas->registry, schemas->id),
             &answer, &err) &&
         take_schema(answer, &arena, &text, &err);
    cJSON_Delete(answer);
    os_mutex_lock(schemas->mutex);
    arena_reset(&schemas->answer_arena);
    if (ok)
        schemas->text = str_copy(&schemas->answer_arena, text);
    schemas->ok = ok;
    schemas->error = err;
    schemas->answered = true;
    os_cond_signal(schemas->changed);
    os_mutex_unlock(schemas->mutex);
    arena_done(&arena);
}

/* Begins the question, and waits for a moment: most registries answer within it. */
static void begin_question(TableSchemas *schemas, int32_t id)
{
    int64_t until_us = os_monotonic_us() + MOMENT_US;

    schemas->id = id;
    schemas->answered = false;
    schemas->asking = os_thread_start("registry", ask_for_schema, schemas);
    os_mutex_lock(schemas->mutex);
    while (!schemas->answered && os_monotonic_us() < until_us)
        (void)os_cond_wait_for(schemas->changed, schemas->mutex, until_us - os_monotonic_us());
    os_mutex_unlock(schemas->mutex);
}

static bool is_answered(TableSchemas *schemas)
{
    bool answered;

    os_mutex_lock(schemas->mutex);
    answered = schemas->answered;
    os_mutex_unlock(schemas->mutex);
    return answered;
}

/* The question's answer, once there is one. */
static bool take_answer(TableSchemas *schemas, Arena *arena, Str *text, Error *err)
{
    os_thread_join(schemas->asking);
    schemas->asking = NULL;
    if (schemas->ok) {
        *text = str_copy(arena, schemas->text);
        schemas->trouble.kind = ERROR_NONE;
        schemas->wait_us = 0;
        return true;
    }
    *err = schemas->error;
    if (strstr(err->text, schemas->registry))
        error_wrap(err, "schema registry");
    else
        error_wrap(err, "schema registry %s", schemas->registry);
    if (err->kind != ERROR_RETRY) {
        err->kind = ERROR_USER;
        schemas->trouble.kind = ERROR_NONE;
        schemas->wait_us = 0;
        return false;
    }
    schemas->trouble = *err;
    schemas->wait_us =
        schemas->wait_us ? MIN(schemas->wait_us * 2, AGAIN_MAX_US) : (int64_t)AGAIN_FIRST_US;
    schemas->again_us = os_monotonic_us() + schemas->wait_us;
    return false;
}

static bool fetch(void *self, int32_t id, Arena *arena, Str *text, Error *err)
{
    TableSchemas *schemas = self;

    if (!schemas->asking && os_monotonic_us() >= schemas->again_us)
        begin_question(schemas, id);
    /* The answer to another's question waits for whoever asked it: it asks again. */
    if (schemas->asking && schemas->id == id && is_answered(schemas))
        return take_answer(schemas, arena, text, err);
    if (schemas->trouble.kind) {
        *err = schemas->trouble;
        return false;
    }
    return error_set(err, ERROR_RETRY, "schema registry %s: schema %" PRId32 " is being asked for",
                     schemas->registry, id);
}

/* ── the schema that is written in ─────────────────────────────────────────────────────────────*/

static bool find_written(TableSchemas *schemas, const TableDef *table, Error *err)
{
    Str topic = table_topic(table);
    const char *url = arena_printf(&schemas->arena, "%s/subjects/%.*s-value/versions/latest",
                                   schemas->registry, STR_ARG(topic));
    cJSON *answer = NULL;
    const cJSON *id;
    bool ok = ask(schemas, url, &answer, err);

    if (ok) {
        id = cJSON_GetObjectItemCaseSensitive(answer, "id");
        ok = cJSON_IsNumber(id) ||
             error_set(err, ERROR_USER, "the registry's answer has no id");
        if (ok)
            schemas->format.write_id = id->valueint;
        ok = ok && take_schema(answer, &schemas->arena, &schemas->format.schema, err);
    }
    cJSON_Delete(answer);
    return ok || error_wrap(err,
                            "schema registry %s, subject %.*s-value (register the schema there; weir "
                            "writes in its latest version)",
                            schemas->registry, STR_ARG(topic));
}

static bool read_file(TableSchemas *schemas, Str path, Error *err)
{
    return os_read_file(&schemas->arena, str_to_c(&schemas->arena, path), AVRO_SCHEMA_BYTES_MAX,
                        &schemas->format.schema, err) ||
           error_wrap(err, "'schema_file'");
}

bool table_schemas_open(const TableDef *table, bool to_write, TableSchemas **out, Error *err)
{
    Str file = table_option(table, "schema_file");
    Str registry = table_option(table, "schema_registry");
    TableSchemas *schemas;

    *out = NULL;
    if (!file.data && !registry.data)
        return true;
    schemas = mem_zalloc(sizeof *schemas);
    arena_init(&schemas->arena);
    if (registry.data) {
        while (registry.bytes && registry.data[registry.bytes - 1] == '/')
            registry.bytes--;
        schemas->registry = str_to_c(&schemas->arena, registry);
        schemas->http = http_client_create();
        schemas->mutex = os_mutex_create();
        schemas->changed = os_cond_create();
        arena_init(&schemas->answer_arena);
        schemas->format.framed = true;
        schemas->format.fetch = fetch;
        schemas->format.self = schemas;
    }
    if ((file.data && !(registry.data && to_write) && !read_file(schemas, file, err)) ||
        (registry.data && to_write && !find_written(schemas, table, err))) {
        table_schemas_close(schemas);
        return false;
    }
    *out = schemas;
    return true;
}

void table_schemas_close(TableSchemas *schemas)
{
    if (!schemas)
        return;
    if (schemas->asking) {
        http_client_cancel(schemas->http);
        os_thread_join(schemas->asking);
    }
    http_client_free(schemas->http);
    if (schemas->registry) {
        os_cond_free(schemas->changed);
        os_mutex_free(schemas->mutex);
        arena_done(&schemas->answer_arena);
    }
    arena_done(&schemas->arena);
    free(schemas);
}

const FormatSchemas *table_schemas_format(const TableSchemas *schemas)
{
    return schemas ? &schemas->format : NULL;
}
