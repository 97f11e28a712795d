#include "client/table_schemas.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "client/http_client.h"
#include "format/avro_schema.h"
#include "os/os.h"

enum { TIMEOUT_US = 10000000 };

struct TableSchemas {
    FormatSchemas format;
    Arena arena;
    const char *registry; /* Without a slash at the end. */
    HttpClient *http;
};

/* The answer of the registry, as JSON. The caller frees it. */
static bool ask(TableSchemas *schemas, const char *url, cJSON **out, Error *err)
{
    HttpReply reply;
    bool ok;

    http_reply_init(&reply);
    ok = http_client_get(schemas->http, url, TIMEOUT_US, 2 * AVRO_SCHEMA_BYTES_MAX, &reply, err);
    if (ok && reply.status != 200)
        ok = error_set(err, reply.status >= 500 || reply.status == 429 ? ERROR_RETRY : ERROR_USER,
                       "the registry answers with status %d", reply.status);
    *out = ok ? cJSON_ParseWithLength(strbuf_c(&reply.body), reply.body.bytes) : NULL;
    if (ok && !cJSON_IsObject(*out)) {
        cJSON_Delete(*out);
        ok = error_set(err, ERROR_USER, "the registry does not answer with JSON");
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
        return error_set(err, ERROR_USER, "the registry's answer has no schema");
    *text = str_copy(arena, str_of(schema->valuestring));
    return true;
}

static bool fetch(void *self, int32_t id, Arena *arena, Str *text, Error *err)
{
    TableSchemas *schemas = self;
    cJSON *answer = NULL;
    bool ok = ask(schemas, arena_printf(arena, "%s/schemas/ids/%" PRId32, schemas->registry, id),
                  &answer, err) &&
              take_schema(answer, arena, text, err);

    cJSON_Delete(answer);
    return ok || error_wrap(err, "schema registry %s", schemas->registry);
}

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
    http_client_free(schemas->http);
    arena_done(&schemas->arena);
    free(schemas);
}

const FormatSchemas *table_schemas_format(const TableSchemas *schemas)
{
    return schemas ? &schemas->format : NULL;
}
