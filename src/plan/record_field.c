#include "plan/record_field.h"

#include "base/assert.h"

static const struct {
    const char *name;
    const char *type;
} field_table[RECORD_FIELD_COUNT] = {
    [RECORD_VALUE] = {"", ""},
    [RECORD_KEY] = {"key", "binary"},
    [RECORD_TOPIC] = {"topic", "string"},
    [RECORD_PARTITION] = {"partition", "int"},
    [RECORD_OFFSET] = {"offset", "bigint"},
    [RECORD_TIMESTAMP] = {"timestamp", "timestamp"},
    [RECORD_TIMESTAMP_TYPE] = {"timestampType", "int"},
    [RECORD_HEADERS] = {"headers", "array<struct<key:string,value:binary>>"},
};

static bool find_field(Str name, RecordField *out)
{
    for (int f = RECORD_VALUE + 1; f < RECORD_FIELD_COUNT; f++) {
        if (str_is_nocase(name, field_table[f].name)) {
            *out = (RecordField)f;
            return true;
        }
    }
    return false;
}

static bool field_fits(Arena *arena, RecordField field, const Type *type)
{
    const Type *wanted;
    Error err = {0};

    if (field == RECORD_KEY && type->kind == TYPE_STRING)
        return true;
    if (!type_parse(arena, str_of(field_table[field].type), &wanted, &err))
        UNREACHABLE();
    return type_equal(type, wanted);
}

/* COLUMN, or COLUMN = FIELD. */
static bool parse_one(Arena *arena, Str text, const Schema *schema, uint8_t *fields, Error *err)
{
    Str field_name = text;
    Str column;
    RecordField field;
    const Type *type;
    int column_i;

    if (!str_split(&field_name, '=', &column) || !field_name.data)
        field_name = column;
    column = str_trim(column);
    field_name = str_trim(field_name);
    if (!find_field(field_name, &field))
        return error_set(err, ERROR_USER,
                         "a record has no '%.*s'; there are key, topic, partition, offset, "
                         "timestamp, timestampType and headers",
                         STR_ARG(field_name));
    column_i = schema_find(schema, column);
    if (column_i < 0)
        return error_set(err, ERROR_USER, "there is no column `%.*s`", STR_ARG(column));
    type = schema->columns[column_i].type;
    if (!field_fits(arena, field, type))
        return error_set(err, ERROR_USER, "column `%.*s` is %s, and the record's %s is %s",
                         STR_ARG(column), type_name_in(arena, type), field_table[field].name,
                         field_table[field].type);
    fields[column_i] = (uint8_t)field;
    return true;
}

bool record_fields_parse(Arena *arena, Str text, const Schema *schema, const uint8_t **out,
                         Error *err)
{
    uint8_t *fields;
    Str rest = text;
    Str part;

    if (!text.data) {
        *out = NULL;
        return true;
    }
    fields = ARENA_ARRAY(arena, uint8_t, (size_t)schema->column_count + 1);
    memset(fields, RECORD_VALUE, schema->column_count);
    while (str_split(&rest, ',', &part)) {
        if (!parse_one(arena, str_trim(part), schema, fields, err))
            return false;
    }
    *out = fields;
    return true;
}
