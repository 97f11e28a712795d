#include "format/avro_schema.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/vec.h"

static const char *const kind_names[AVRO_KIND_COUNT] = {
    [AVRO_NULL] = "null",     [AVRO_BOOLEAN] = "boolean", [AVRO_INT] = "int",
    [AVRO_LONG] = "long",     [AVRO_FLOAT] = "float",     [AVRO_DOUBLE] = "double",
    [AVRO_BYTES] = "bytes",   [AVRO_STRING] = "string",   [AVRO_FIXED] = "fixed",
    [AVRO_ENUM] = "enum",     [AVRO_ARRAY] = "array",     [AVRO_MAP] = "map",
    [AVRO_RECORD] = "record", [AVRO_UNION] = "union",
};

const char *avro_kind_name(AvroKind kind)
{
    return kind_names[kind];
}

void avro_put_long(StrBuf *out, int64_t value)
{
    uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    char bytes[10];
    size_t count = 0;

    while (bits >= 0x80) {
        bytes[count++] = (char)(bits | 0x80);
        bits >>= 7;
    }
    bytes[count++] = (char)bits;
    strbuf_add(out, bytes, count);
}

void avro_put_bytes(StrBuf *out, Str bytes)
{
    avro_put_long(out, bytes.bytes);
    strbuf_add_str(out, bytes);
}

/* ── parsing ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Parser {
    Arena *arena;
    Error *err;
    uint32_t node_count;
    VEC(AvroNode *) named;
} Parser;

static AvroNode *parse_node(Parser *p, const cJSON *json, Str space, int depth);

static AvroNode *fail(Parser *p, const char *what, const char *where)
{
    (void)error_set(p->err, ERROR_USER, "the Avro schema is wrong: %s%s%.80s", what,
                    where ? ": " : "", where ? where : "");
    return NULL;
}

static const char *text_of(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static AvroNode *new_node(Parser *p, AvroKind kind)
{
    AvroNode *node;

    if (++p->node_count > AVRO_SCHEMA_NODES_MAX)
        return fail(p, "it has too many types", NULL);
    node = ARENA_NEW(p->arena, AvroNode);
    *node = (AvroNode){.kind = kind, .enum_default = -1};
    return node;
}

/* NAME as it stands, in `space` if it has no dot. */
static Str full_name(Parser *p, Str name, Str space)
{
    if (str_find_char(name, '.') >= 0 || !space.bytes)
        return str_copy(p->arena, name);
    return str_of(arena_printf(p->arena, "%.*s.%.*s", STR_ARG(space), STR_ARG(name)));
}

static Str space_of(Str full)
{
    for (uint32_t i = full.bytes; i > 0; i--) {
        if (full.data[i - 1] == '.')
            return str_slice(full, 0, i - 1);
    }
    return STR_EMPTY;
}

/* Gives the node its full name, unique in the schema; *space becomes that of what is inside. */
static bool name_node(Parser *p, AvroNode *node, const cJSON *json, Str *space)
{
    const char *name = text_of(json, "name");
    const char *own_space = text_of(json, "namespace");

    if (!name || !*name) {
        fail(p, "a type has no name", kind_names[node->kind]);
        return false;
    }
    node->name = full_name(p, str_of(name), own_space ? str_of(own_space) : *space);
    for (size_t i = 0; i < p->named.count; i++) {
        if (str_equal(p->named.items[i]->name, node->name)) {
            fail(p, "a name is defined twice", name);
            return false;
        }
    }
    *space = space_of(node->name);
    VEC_ADD_IN(p->arena, &p->named, node);
    return true;
}

static void parse_logical(AvroNode *node, const cJSON *json)
{
    static const struct {
        const char *name;
        AvroKind kind;
        AvroLogical logical;
    } known[] = {
        {"date", AVRO_INT, AVRO_DATE},
        {"time-millis", AVRO_INT, AVRO_TIME_MILLIS},
        {"time-micros", AVRO_LONG, AVRO_TIME_MICROS},
        {"timestamp-millis", AVRO_LONG, AVRO_TIMESTAMP_MILLIS},
        {"timestamp-micros", AVRO_LONG, AVRO_TIMESTAMP_MICROS},
        {"timestamp-nanos", AVRO_LONG, AVRO_TIMESTAMP_NANOS},
        {"local-timestamp-millis", AVRO_LONG, AVRO_LOCAL_MILLIS},
        {"local-timestamp-micros", AVRO_LONG, AVRO_LOCAL_MICROS},
        {"local-timestamp-nanos", AVRO_LONG, AVRO_LOCAL_NANOS},
        {"uuid", AVRO_STRING, AVRO_UUID},
        {"decimal", AVRO_BYTES, AVRO_DECIMAL},
        {"decimal", AVRO_FIXED, AVRO_DECIMAL},
    };
    const char *name = text_of(json, "logicalType");
    const cJSON *precision = cJSON_GetObjectItemCaseSensitive(json, "precision");
    const cJSON *scale = cJSON_GetObjectItemCaseSensitive(json, "scale");

    for (size_t i = 0; name && i < COUNT_OF(known); i++) {
        if (strcmp(known[i].name, name) == 0 && known[i].kind == node->kind)
            node->logical = known[i].logical;
    }
    if (node->logical != AVRO_DECIMAL)
        return;
    node->precision = cJSON_IsNumber(precision) ? precision->valueint : 0;
    node->scale = cJSON_IsNumber(scale) ? scale->valueint : 0;
    if (node->precision < 1 || node->precision > DECIMAL_PRECISION_MAX || node->scale < 0 ||
        node->scale > node->precision)
        node->logical = AVRO_PLAIN;
}

static bool parse_enum(Parser *p, AvroNode *node, const cJSON *json)
{
    const cJSON *symbols = cJSON_GetObjectItemCaseSensitive(json, "symbols");
    const char *standard = text_of(json, "default");
    const cJSON *symbol;
    Str *all;

    if (!cJSON_IsArray(symbols) || cJSON_GetArraySize(symbols) == 0)
        return fail(p, "an enum has no symbols", text_of(json, "name"));
    all = ARENA_ARRAY(p->arena, Str, (size_t)cJSON_GetArraySize(symbols));
    cJSON_ArrayForEach(symbol, symbols)
    {
        if (!cJSON_IsString(symbol))
            return fail(p, "a symbol is no string", text_of(json, "name"));
        if (standard && strcmp(standard, symbol->valuestring) == 0)
            node->enum_default = (int)node->symbol_count;
        all[node->symbol_count++] = str_copy(p->arena, str_of(symbol->valuestring));
    }
    node->symbols = all;
    return true;
}

/* ── defaults ──────────────────────────────────────────────────────────────────────────────────*/

/* Characters of a JSON string as bytes: code points up to 255 each are one. */
static Str bytes_of_text(Parser *p, const char *text)
{
    size_t bytes = strlen(text);
    char *data = arena_alloc(p->arena, bytes + 1);
    uint32_t count = 0;

    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0xC2 && c <= 0xC3 && i + 1 < bytes)
            data[count++] = (char)((c << 6) | ((unsigned char)text[++i] & 0x3F));
        else
            data[count++] = (char)c;
    }
    return (Str){data, count};
}

static bool encode_default(Parser *p, const AvroNode *node, const cJSON *json, StrBuf *out);

static bool encode_items(Parser *p, const AvroNode *node, const cJSON *json, StrBuf *out)
{
    int count = cJSON_GetArraySize(json);
    const cJSON *item;

    if (count)
        avro_put_long(out, count);
    cJSON_ArrayForEach(item, json)
    {
        if (node->kind == AVRO_MAP)
            avro_put_bytes(out, str_of(item->string));
        if (!encode_default(p, node->items, item, out))
            return false;
    }
    avro_put_long(out, 0);
    return true;
}

static bool encode_record(Parser *p, const AvroNode *node, const cJSON *json, StrBuf *out)
{
    for (uint32_t i = 0; i < node->field_count; i++) {
        const AvroField *field = &node->fields[i];
        const cJSON *value =
            cJSON_GetObjectItemCaseSensitive(json, str_to_c(p->arena, field->name));

        if (value ? !encode_default(p, field->type, value, out) : !field->has_default)
            return false;
        if (!value)
            strbuf_add_str(out, field->default_value);
        /* Records of records of defaults double with each that is named. */
        if (out->bytes > AVRO_SCHEMA_BYTES_MAX)
            return false;
    }
    return true;
}

static bool encode_enum(const AvroNode *node, const cJSON *json, StrBuf *out)
{
    for (uint32_t i = 0; cJSON_IsString(json) && i < node->symbol_count; i++) {
        if (str_is(node->symbols[i], json->valuestring)) {
            avro_put_long(out, i);
            return true;
        }
    }
    return false;
}

static bool encode_number(const AvroNode *node, const cJSON *json, StrBuf *out)
{
    float single = (float)json->valuedouble;

    if (!cJSON_IsNumber(json))
        return false;
    if (node->kind == AVRO_FLOAT)
        strbuf_add(out, &single, sizeof single);
    else if (node->kind == AVRO_DOUBLE)
        strbuf_add(out, &json->valuedouble, sizeof json->valuedouble);
    else
        avro_put_long(out, json->valuedouble >= 9.2e18    ? INT64_MAX
                           : json->valuedouble <= -9.2e18 ? INT64_MIN
                                                          : (int64_t)json->valuedouble);
    return true;
}

/* False: the value is not one of the type. */
static bool encode_default(Parser *p, const AvroNode *node, const cJSON *json, StrBuf *out)
{
    char byte = (char)cJSON_IsTrue(json);
    Str bytes;

    switch (node->kind) {
    case AVRO_NULL:
        return cJSON_IsNull(json);
    case AVRO_BOOLEAN:
        strbuf_add(out, &byte, 1);
        return cJSON_IsBool(json);
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return encode_number(node, json, out);
    case AVRO_STRING:
        if (!cJSON_IsString(json))
            return false;
        avro_put_bytes(out, str_of(json->valuestring));
        return true;
    case AVRO_BYTES:
    case AVRO_FIXED:
        if (!cJSON_IsString(json))
            return false;
        bytes = bytes_of_text(p, json->valuestring);
        if (node->kind == AVRO_FIXED)
            strbuf_add_str(out, bytes);
        else
            avro_put_bytes(out, bytes);
        return node->kind == AVRO_BYTES || bytes.bytes == node->size;
    case AVRO_ENUM:
        return encode_enum(node, json, out);
    case AVRO_ARRAY:
        return cJSON_IsArray(json) && encode_items(p, node, json, out);
    case AVRO_MAP:
        return cJSON_IsObject(json) && encode_items(p, node, json, out);
    case AVRO_RECORD:
        return cJSON_IsObject(json) && encode_record(p, node, json, out);
    case AVRO_UNION: /* Of its first branch, says the specification; later ones are allowed too. */
        for (uint32_t i = 0; i < node->branch_count; i++) {
            size_t start = out->bytes;

            avro_put_long(out, i);
            if (encode_default(p, node->branches[i], json, out))
                return true;
            out->bytes = start;
        }
        return false;
    case AVRO_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* ── nested types ──────────────────────────────────────────────────────────────────────────────*/

static bool parse_field(Parser *p, const cJSON *json, Str space, int depth, AvroField *out)
{
    const cJSON *aliases = cJSON_GetObjectItemCaseSensitive(json, "aliases");
    const cJSON *standard = cJSON_GetObjectItemCaseSensitive(json, "default");
    const char *name = text_of(json, "name");
    const cJSON *alias;
    Str *all;
    StrBuf encoded;

    if (!name || !*name)
        return fail(p, "a field has no name", NULL);
    *out = (AvroField){.name = str_copy(p->arena, str_of(name))};
    out->type =
        parse_node(p, cJSON_GetObjectItemCaseSensitive(json, "type"), space, depth + 1);
    if (!out->type)
        return false;
    all = ARENA_ARRAY(p->arena, Str, (size_t)MAX(cJSON_GetArraySize(aliases), 0) + 1);
    cJSON_ArrayForEach(alias, aliases)
    {
        if (cJSON_IsString(alias))
            all[out->alias_count++] = str_copy(p->arena, str_of(alias->valuestring));
    }
    out->aliases = all;
    if (!standard)
        return true;
    strbuf_init(&encoded);
    out->has_default = encode_default(p, out->type, standard, &encoded);
    out->default_value = str_copy(p->arena, strbuf_str(&encoded));
    strbuf_done(&encoded);
    return out->has_default || fail(p, "the default of a field is no value of its type", name);
}

static bool parse_record(Parser *p, AvroNode *node, const cJSON *json, Str space, int depth)
{
    const cJSON *fields = cJSON_GetObjectItemCaseSensitive(json, "fields");
    AvroField *all;
    const cJSON *field;

    if (!cJSON_IsArray(fields))
        return fail(p, "a record has no fields", text_of(json, "name"));
    all = ARENA_ARRAY(p->arena, AvroField, (size_t)cJSON_GetArraySize(fields) + 1);
    node->fields = all;
    cJSON_ArrayForEach(field, fields)
    {
        if (!cJSON_IsObject(field) || !parse_field(p, field, space, depth, &all[node->field_count]))
            return p->err->kind ? false : fail(p, "a field is no object", text_of(json, "name"));
        node->field_count++;
    }
    return true;
}

static AvroNode *parse_union(Parser *p, const cJSON *json, Str space, int depth)
{
    AvroNode *node = new_node(p, AVRO_UNION);
    const cJSON *branch;

    if (!node)
        return NULL;
    node->branches = ARENA_ARRAY(p->arena, const AvroNode *, (size_t)cJSON_GetArraySize(json) + 1);
    cJSON_ArrayForEach(branch, json)
    {
        const AvroNode *parsed = parse_node(p, branch, space, depth + 1);

        if (!parsed)
            return NULL;
        if (parsed->kind == AVRO_UNION)
            return fail(p, "a union stands in a union", NULL);
        node->branches[node->branch_count++] = parsed;
    }
    return node->branch_count ? node : fail(p, "a union has no branches", NULL);
}

static AvroNode *parse_name(Parser *p, const char *name, Str space)
{
    Str full = full_name(p, str_of(name), space);

    for (int k = 0; k <= AVRO_STRING; k++) {
        if (strcmp(kind_names[k], name) == 0)
            return new_node(p, (AvroKind)k);
    }
    for (size_t i = 0; i < p->named.count; i++) {
        if (str_equal(p->named.items[i]->name, full) || str_is(p->named.items[i]->name, name))
            return p->named.items[i];
    }
    return fail(p, "there is no type", name);
}

static bool parse_inside(Parser *p, AvroNode *node, const cJSON *json, Str space, int depth)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(json, "size");

    switch ((int)node->kind) {
    case AVRO_FIXED:
        if (!cJSON_IsNumber(size) || size->valueint < 0 || size->valueint > AVRO_SCHEMA_BYTES_MAX)
            return fail(p, "a fixed has no size", text_of(json, "name"));
        node->size = (uint32_t)size->valueint;
        return true;
    case AVRO_ENUM:
        return parse_enum(p, node, json);
    case AVRO_RECORD:
        return parse_record(p, node, json, space, depth);
    default:
        node->items =
            parse_node(p,
                       cJSON_GetObjectItemCaseSensitive(
                           json, node->kind == AVRO_ARRAY ? "items" : "values"),
                       space, depth + 1);
        return node->items;
    }
}

static AvroNode *parse_object(Parser *p, const cJSON *json, Str space, int depth)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(json, "type");
    AvroNode *node;

    if (!cJSON_IsString(type)) /* {"type": {"type": "int", ...}} */
        return parse_node(p, type, space, depth + 1);
    for (int k = AVRO_FIXED; k <= AVRO_RECORD; k++) {
        if (strcmp(kind_names[k], type->valuestring) != 0 &&
            !(k == AVRO_RECORD && strcmp(type->valuestring, "error") == 0))
            continue;
        node = new_node(p, (AvroKind)k);
        if (!node || (k != AVRO_ARRAY && k != AVRO_MAP && !name_node(p, node, json, &space)) ||
            !parse_inside(p, node, json, space, depth))
            return NULL;
        parse_logical(node, json);
        return node;
    }
    node = parse_name(p, type->valuestring, space);
    if (node && node->kind <= AVRO_STRING)
        parse_logical(node, json);
    return node;
}

static AvroNode *parse_node(Parser *p, const cJSON *json, Str space, int depth)
{
    if (depth > AVRO_DEPTH_MAX)
        return fail(p, "it is nested too deep", NULL);
    if (cJSON_IsString(json))
        return parse_name(p, json->valuestring, space);
    if (cJSON_IsArray(json))
        return parse_union(p, json, space, depth);
    if (cJSON_IsObject(json))
        return parse_object(p, json, space, depth);
    return fail(p, "a type is missing", NULL);
}

bool avro_schema_parse(Arena *arena, Str text, const AvroNode **out, Error *err)
{
    Parser p = {.arena = arena, .err = err};
    cJSON *json;

    if (text.bytes > AVRO_SCHEMA_BYTES_MAX)
        return error_set(err, ERROR_USER, "the Avro schema is larger than %d bytes",
                         AVRO_SCHEMA_BYTES_MAX);
    json = cJSON_ParseWithLength(text.data, text.bytes);
    if (!json)
        return error_set(err, ERROR_USER, "the Avro schema is not JSON");
    *out = parse_node(&p, json, STR_EMPTY, 0);
    cJSON_Delete(json);
    return *out;
}

/* ── the schema of a table ─────────────────────────────────────────────────────────────────────*/

typedef struct Writer {
    StrBuf *out;
    int record_count; /* Each has a name of its own. */
    Error *err;
} Writer;

static bool write_type(Writer *w, const Type *type, bool nullable);

static bool is_name(Str name)
{
    for (uint32_t i = 0; i < name.bytes; i++) {
        char c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i && c >= '0' && c <= '9')))
            return false;
    }
    return name.bytes;
}

static bool write_fields(Writer *w, const Field *fields, uint32_t count, const char *name)
{
    strbuf_printf(w->out, "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[", name);
    for (uint32_t i = 0; i < count; i++) {
        if (!is_name(fields[i].name))
            return error_set(w->err, ERROR_USER,
                             "`%.*s` is no name in Avro: letters, digits and _ alone",
                             STR_ARG(fields[i].name));
        strbuf_add_c(w->out, i ? ",{\"name\":" : "{\"name\":");
        strbuf_add_json_string(w->out, fields[i].name);
        strbuf_add_c(w->out, ",\"type\":");
        if (!write_type(w, fields[i].type, fields[i].nullable))
            return error_wrap(w->err, "%.*s", STR_ARG(fields[i].name));
        strbuf_add_char(w->out, '}');
    }
    strbuf_add_c(w->out, "]}");
    return true;
}

static bool write_plain(Writer *w, const Type *type)
{
    static const char *const texts[TYPE_KIND_COUNT] = {
        [TYPE_VOID] = "\"null\"",
        [TYPE_BOOLEAN] = "\"boolean\"",
        [TYPE_TINYINT] = "\"int\"",
        [TYPE_SMALLINT] = "\"int\"",
        [TYPE_INT] = "\"int\"",
        [TYPE_BIGINT] = "\"long\"",
        [TYPE_FLOAT] = "\"float\"",
        [TYPE_DOUBLE] = "\"double\"",
        [TYPE_STRING] = "\"string\"",
        [TYPE_BINARY] = "\"bytes\"",
        [TYPE_DATE] = "{\"type\":\"int\",\"logicalType\":\"date\"}",
        [TYPE_TIMESTAMP] = "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
        [TYPE_TIMESTAMP_NTZ] = "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}",
    };
    StrBuf name;

    if (texts[type->kind]) {
        strbuf_add_c(w->out, texts[type->kind]);
        return true;
    }
    strbuf_init(&name);
    type_name_sql(&name, type);
    (void)error_set(w->err, ERROR_USER, "Avro has no type for %s", strbuf_c(&name));
    strbuf_done(&name);
    return false;
}

static bool write_inner(Writer *w, const Type *type)
{
    char name[32];

    switch ((int)type->kind) {
    case TYPE_DECIMAL:
        strbuf_printf(w->out,
                      "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,"
                      "\"scale\":%d}",
                      type->precision, type->scale);
        return true;
    case TYPE_ARRAY:
        strbuf_add_c(w->out, "{\"type\":\"array\",\"items\":");
        if (!write_type(w, type->fields[0].type, type->contains_null))
            return false;
        strbuf_add_char(w->out, '}');
        return true;
    case TYPE_MAP:
        if (type->fields[0].type->kind != TYPE_STRING)
            return error_set(w->err, ERROR_USER, "a map in Avro has strings for keys");
        strbuf_add_c(w->out, "{\"type\":\"map\",\"values\":");
        if (!write_type(w, type->fields[1].type, type->contains_null))
            return false;
        strbuf_add_char(w->out, '}');
        return true;
    case TYPE_STRUCT:
        (void)snprintf(name, sizeof name, "struct%d", ++w->record_count);
        return write_fields(w, type->fields, type->field_count, name);
    default:
        return write_plain(w, type);
    }
}

static bool write_type(Writer *w, const Type *type, bool nullable)
{
    bool in_union = nullable && type->kind != TYPE_VOID;

    strbuf_add_c(w->out, in_union ? "[\"null\"," : "");
    if (!write_inner(w, type))
        return false;
    strbuf_add_c(w->out, in_union ? "]" : "");
    return true;
}

bool avro_schema_of(StrBuf *out, const Schema *schema, const char *name, Error *err)
{
    Writer w = {.out = out, .err = err};

    return write_fields(&w, schema->columns, schema->column_count, name);
}
