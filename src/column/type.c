/*
 * type.c: making, comparing, naming and reading types.
 *
 * The scalar types without parameters are constants; all others are made in an arena. Types written
 * by strangers (schemas in options, from_json) are read by type_parse, whose nesting and width are
 * bounded so that no text can exhaust the stack or memory.
 */
#include "column/type.h"

#include <ctype.h>
#include <string.h>

#include "base/assert.h"
#include "base/vec.h"

enum { NESTING_MAX = 64, FIELDS_MAX = 10000, NAME_BYTES_MAX = 1024 };

const Type type_void = {.kind = TYPE_VOID};
const Type type_boolean = {.kind = TYPE_BOOLEAN};
const Type type_tinyint = {.kind = TYPE_TINYINT};
const Type type_smallint = {.kind = TYPE_SMALLINT};
const Type type_int = {.kind = TYPE_INT};
const Type type_bigint = {.kind = TYPE_BIGINT};
const Type type_float = {.kind = TYPE_FLOAT};
const Type type_double = {.kind = TYPE_DOUBLE};
const Type type_string = {.kind = TYPE_STRING};
const Type type_binary = {.kind = TYPE_BINARY};
const Type type_date = {.kind = TYPE_DATE};
const Type type_timestamp = {.kind = TYPE_TIMESTAMP};
const Type type_timestamp_ntz = {.kind = TYPE_TIMESTAMP_NTZ};
const Type type_interval_ym = {
    .kind = TYPE_INTERVAL_YM, .from_unit = UNIT_YEAR, .to_unit = UNIT_MONTH};
const Type type_interval_dt = {
    .kind = TYPE_INTERVAL_DT, .from_unit = UNIT_DAY, .to_unit = UNIT_SECOND};
const Type type_interval = {.kind = TYPE_INTERVAL};

/* ── making ────────────────────────────────────────────────────────────────────────────────────*/

const Type *type_decimal(Arena *arena, int precision, int scale)
{
    Type *type = ARENA_NEW(arena, Type);

    ASSERT(precision >= 1 && precision <= DECIMAL_PRECISION_MAX);
    ASSERT(scale >= 0 && scale <= precision);
    type->kind = TYPE_DECIMAL;
    type->precision = (uint8_t)precision;
    type->scale = (uint8_t)scale;
    return type;
}

const Type *type_interval_range(Arena *arena, TypeKind kind, IntervalUnit from, IntervalUnit to)
{
    Type *type = ARENA_NEW(arena, Type);

    ASSERT(kind == TYPE_INTERVAL_YM || kind == TYPE_INTERVAL_DT);
    ASSERT(from <= to && to <= UNIT_SECOND);
    ASSERT(kind == TYPE_INTERVAL_YM ? to <= UNIT_MONTH : from >= UNIT_DAY);
    type->kind = kind;
    type->from_unit = (uint8_t)from;
    type->to_unit = (uint8_t)to;
    return type;
}

const Type *type_array(Arena *arena, const Type *element, bool contains_null)
{
    Type *type = ARENA_NEW(arena, Type);
    Field *fields = ARENA_ARRAY(arena, Field, 1);

    fields[0] = (Field){STR("element"), element, contains_null};
    type->kind = TYPE_ARRAY;
    type->contains_null = contains_null;
    type->field_count = 1;
    type->fields = fields;
    return type;
}

const Type *type_map(Arena *arena, const Type *key, const Type *value, bool value_contains_null)
{
    Type *type = ARENA_NEW(arena, Type);
    Field *fields = ARENA_ARRAY(arena, Field, 2);

    fields[0] = (Field){STR("key"), key, false};
    fields[1] = (Field){STR("value"), value, value_contains_null};
    type->kind = TYPE_MAP;
    type->contains_null = value_contains_null;
    type->field_count = 2;
    type->fields = fields;
    return type;
}

const Type *type_struct(Arena *arena, const Field *fields, uint32_t field_count)
{
    Type *type = ARENA_NEW(arena, Type);

    type->kind = TYPE_STRUCT;
    type->field_count = field_count;
    type->fields = arena_copy(arena, fields, field_count * sizeof *fields);
    return type;
}

const Type *type_copy(Arena *arena, const Type *type)
{
    Type *copy = arena_copy(arena, type, sizeof *type);
    Field *fields;

    if (type->field_count == 0)
        return copy;
    fields = arena_copy(arena, type->fields, type->field_count * sizeof *fields);
    for (uint32_t i = 0; i < type->field_count; i++) {
        fields[i].name = str_copy(arena, fields[i].name);
        fields[i].type = type_copy(arena, fields[i].type);
    }
    copy->fields = fields;
    return copy;
}

/* ── asking ────────────────────────────────────────────────────────────────────────────────────*/

const uint8_t type_phys_of_kind[TYPE_KIND_COUNT] = {
    [TYPE_VOID] = PHYS_VOID,
    [TYPE_BOOLEAN] = PHYS_BOOL,
    [TYPE_TINYINT] = PHYS_I8,
    [TYPE_SMALLINT] = PHYS_I16,
    [TYPE_INT] = PHYS_I32,
    [TYPE_BIGINT] = PHYS_I64,
    [TYPE_FLOAT] = PHYS_F32,
    [TYPE_DOUBLE] = PHYS_F64,
    [TYPE_DECIMAL] = PHYS_I128,
    [TYPE_STRING] = PHYS_STR,
    [TYPE_BINARY] = PHYS_STR,
    [TYPE_DATE] = PHYS_I32,
    [TYPE_TIMESTAMP] = PHYS_I64,
    [TYPE_TIMESTAMP_NTZ] = PHYS_I64,
    [TYPE_INTERVAL_YM] = PHYS_I32,
    [TYPE_INTERVAL_DT] = PHYS_I64,
    [TYPE_INTERVAL] = PHYS_INTERVAL,
    [TYPE_ARRAY] = PHYS_LIST,
    [TYPE_MAP] = PHYS_MAP,
    [TYPE_STRUCT] = PHYS_STRUCT,
};

uint32_t phys_bytes(PhysKind kind)
{
    static const uint8_t bytes_of[PHYS_STRUCT + 1] = {
        [PHYS_BOOL] = 1, [PHYS_I8] = 1,  [PHYS_I16] = 2,   [PHYS_I32] = 4,           [PHYS_I64] = 8,
        [PHYS_F32] = 4,  [PHYS_F64] = 8, [PHYS_I128] = 16, [PHYS_STR] = sizeof(Str),
        [PHYS_INTERVAL] = sizeof(Interval),
    };

    return bytes_of[kind];
}

_Static_assert(sizeof(Str) == 16 && sizeof(Interval) == 16, "vectors hold them in 16 bytes");

bool type_equal(const Type *a, const Type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale ||
        a->from_unit != b->from_unit || a->to_unit != b->to_unit ||
        a->field_count != b->field_count)
        return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        if (!str_equal(a->fields[i].name, b->fields[i].name) ||
            !type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

bool type_is_numeric(const Type *type)
{
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_DECIMAL;
}

bool type_is_integral(const Type *type)
{
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_BIGINT;
}

bool type_is_nested(const Type *type)
{
    return type->kind >= TYPE_ARRAY;
}

bool type_has_map(const Type *type)
{
    if (type->kind == TYPE_MAP)
        return true;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type_has_map(type->fields[i].type))
            return true;
    }
    return false;
}

bool type_is_orderable(const Type *type)
{
    if (type->kind == TYPE_MAP || type->kind == TYPE_INTERVAL)
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!type_is_orderable(type->fields[i].type))
            return false;
    }
    return true;
}

static int field_find(const Field *fields, uint32_t count, Str name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (str_equal_nocase(fields[i].name, name))
            return (int)i;
    }
    return -1;
}

int type_field_find(const Type *type, Str name)
{
    return type->kind == TYPE_STRUCT ? field_find(type->fields, type->field_count, name) : -1;
}

int schema_find(const Schema *schema, Str name)
{
    return field_find(schema->columns, schema->column_count, name);
}

/* ── naming ────────────────────────────────────────────────────────────────────────────────────*/

static const char *const scalar_names[TYPE_KIND_COUNT] = {
    [TYPE_VOID] = "void",
    [TYPE_BOOLEAN] = "boolean",
    [TYPE_TINYINT] = "tinyint",
    [TYPE_SMALLINT] = "smallint",
    [TYPE_INT] = "int",
    [TYPE_BIGINT] = "bigint",
    [TYPE_FLOAT] = "float",
    [TYPE_DOUBLE] = "double",
    [TYPE_DECIMAL] = "decimal",
    [TYPE_STRING] = "string",
    [TYPE_BINARY] = "binary",
    [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "timestamp",
    [TYPE_TIMESTAMP_NTZ] = "timestamp_ntz",
    [TYPE_INTERVAL_YM] = "interval",
    [TYPE_INTERVAL_DT] = "interval",
    [TYPE_INTERVAL] = "interval",
    [TYPE_ARRAY] = "array",
    [TYPE_MAP] = "map",
    [TYPE_STRUCT] = "struct",
};

static const char *const unit_names[] = {"year", "month", "day", "hour", "minute", "second"};

static void add_word(StrBuf *out, const char *word, bool sql)
{
    for (; *word; word++)
        strbuf_add_char(out, sql ? (char)toupper((unsigned char)*word) : *word);
}

/* As Spark's quoteIfNeeded: letters, digits and _, and not digits alone, stand bare. */
static void add_name_quoted(StrBuf *out, Str name)
{
    bool bare = name.bytes > 0;
    bool digits = true;

    for (uint32_t i = 0; i < name.bytes; i++) {
        unsigned char c = (unsigned char)name.data[i];

        bare = bare && (isalnum(c) || c == '_') && c < 0x80;
        digits = digits && isdigit(c);
    }
    if (bare && !digits) {
        strbuf_add_str(out, name);
        return;
    }
    strbuf_add_quoted(out, name, '`');
}

static void add_type(StrBuf *out, const Type *type, bool sql)
{
    add_word(out, scalar_names[type->kind], sql);
    if (type->kind == TYPE_DECIMAL) {
        strbuf_printf(out, "(%d,%d)", type->precision, type->scale);
    } else if (type->kind == TYPE_INTERVAL_YM || type->kind == TYPE_INTERVAL_DT) {
        strbuf_add_char(out, ' ');
        add_word(out, unit_names[type->from_unit], sql);
        if (type->to_unit != type->from_unit) {
            add_word(out, " to ", sql);
            add_word(out, unit_names[type->to_unit], sql);
        }
    } else if (type_is_nested(type)) {
        strbuf_add_char(out, '<');
        for (uint32_t i = 0; i < type->field_count; i++) {
            if (i > 0)
                strbuf_add_c(out, sql ? ", " : ",");
            if (type->kind == TYPE_STRUCT) {
                if (sql)
                    add_name_quoted(out, type->fields[i].name);
                else
                    strbuf_add_str(out, type->fields[i].name);
                strbuf_add_c(out, sql ? ": " : ":");
            }
            add_type(out, type->fields[i].type, sql);
            if (sql && type->kind == TYPE_STRUCT && !type->fields[i].nullable)
                strbuf_add_c(out, " NOT NULL");
        }
        strbuf_add_char(out, '>');
    }
}

void type_name(StrBuf *out, const Type *type)
{
    add_type(out, type, false);
}

void type_name_sql(StrBuf *out, const Type *type)
{
    add_type(out, type, true);
}

const char *type_name_in(Arena *arena, const Type *type)
{
    StrBuf buf;
    char *name;

    strbuf_init(&buf);
    type_name(&buf, type);
    name = arena_strdup(arena, strbuf_c(&buf));
    strbuf_done(&buf);
    return name;
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct TypeReader {
    Arena *arena;
    Str text;
    uint32_t at;
    int depth;
    Error *err;
} TypeReader;

static void reader_skip_space(TypeReader *r)
{
    while (r->at < r->text.bytes && strchr(" \t\r\n", r->text.data[r->at]) &&
           r->text.data[r->at] != '\0')
        r->at++;
}

static bool reader_fail(TypeReader *r, const char *wanted)
{
    uint32_t shown = MIN(r->text.bytes, 120u);

    return error_set(r->err, ERROR_USER, "type '%.*s%s', character %u: %s expected", (int)shown,
                     r->text.data, shown < r->text.bytes ? "..." : "", r->at + 1, wanted);
}

/* Whether the next character other than a space is `c`; eats it. */
static bool reader_take(TypeReader *r, char c)
{
    reader_skip_space(r);
    if (r->at >= r->text.bytes || r->text.data[r->at] != c)
        return false;
    r->at++;
    return true;
}

static bool is_word_char(unsigned char c)
{
    return isalnum(c) || c == '_' || c >= 0x80;
}

static Str reader_word(TypeReader *r)
{
    uint32_t from;

    reader_skip_space(r);
    from = r->at;
    while (r->at < r->text.bytes && is_word_char((unsigned char)r->text.data[r->at]))
        r->at++;
    return str_slice(r->text, from, r->at);
}

/* Eats `word` if it comes next. */
static bool reader_take_word(TypeReader *r, const char *word)
{
    uint32_t from = r->at;

    if (str_is_nocase(reader_word(r), word))
        return true;
    r->at = from;
    return false;
}

/* A word, or anything in back-quotes ("``" is one of them). */
static bool reader_field_name(TypeReader *r, Str *out)
{
    StrBuf name;

    if (!reader_take(r, '`')) {
        *out = reader_word(r);
        if (out->bytes == 0)
            return reader_fail(r, "a field's name");
        if (out->bytes > NAME_BYTES_MAX)
            return reader_fail(r, "a shorter name");
        *out = str_copy(r->arena, *out);
        return true;
    }
    strbuf_init(&name);
    while (r->at < r->text.bytes && name.bytes <= NAME_BYTES_MAX) {
        char c = r->text.data[r->at++];

        if (c == '`') {
            if (r->at >= r->text.bytes || r->text.data[r->at] != '`') {
                *out = str_copy(r->arena, strbuf_str(&name));
                strbuf_done(&name);
                return true;
            }
            r->at++;
        }
        strbuf_add_char(&name, c);
    }
    strbuf_done(&name);
    return reader_fail(r, "a closing back-quote");
}

static bool reader_number(TypeReader *r, int64_t max, int64_t *out)
{
    Str word = reader_word(r);

    if (!str_to_int64(word, out) || *out < 0 || *out > max)
        return reader_fail(r, "a number in its limits");
    return true;
}

static bool reader_type(TypeReader *r, const Type **out);

static bool reader_decimal(TypeReader *r, const Type **out)
{
    int64_t precision = 10;
    int64_t scale = 0;

    if (reader_take(r, '(')) {
        if (!reader_number(r, DECIMAL_PRECISION_MAX, &precision))
            return false;
        if (reader_take(r, ',') && !reader_number(r, DECIMAL_PRECISION_MAX, &scale))
            return false;
        if (!reader_take(r, ')'))
            return reader_fail(r, "')'");
        if (precision < 1 || scale > precision)
            return reader_fail(r, "1 <= precision <= 38 and scale <= precision");
    }
    *out = type_decimal(r->arena, (int)precision, (int)scale);
    return true;
}

/* CHAR(n), VARCHAR(n): their lengths are the writer's business; they are read as STRING. */
static bool reader_char(TypeReader *r, const Type **out)
{
    int64_t length;

    if (reader_take(r, '(') && (!reader_number(r, INT32_MAX, &length) || !reader_take(r, ')')))
        return reader_fail(r, "a length and ')'");
    *out = &type_string;
    return true;
}

static bool reader_unit(TypeReader *r, IntervalUnit *out)
{
    uint32_t from = r->at;
    Str word = reader_word(r);

    for (size_t i = 0; i < COUNT_OF(unit_names); i++) {
        if (str_is_nocase(word, unit_names[i])) {
            *out = (IntervalUnit)i;
            return true;
        }
    }
    r->at = from;
    return false;
}

static bool reader_interval(TypeReader *r, const Type **out)
{
    IntervalUnit from;
    IntervalUnit to;

    if (!reader_unit(r, &from)) {
        *out = &type_interval;
        return true;
    }
    to = from;
    if (reader_take_word(r, "to") && !reader_unit(r, &to))
        return reader_fail(r, "an interval's unit");
    if (to < from || (from <= UNIT_MONTH) != (to <= UNIT_MONTH))
        return reader_fail(r, "YEAR TO MONTH or DAY TO SECOND");
    *out = type_interval_range(r->arena, from <= UNIT_MONTH ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT,
                               from, to);
    return true;
}

static bool reader_array(TypeReader *r, const Type **out)
{
    const Type *element;

    if (!reader_take(r, '<'))
        return reader_fail(r, "'<'");
    if (!reader_type(r, &element))
        return false;
    if (!reader_take(r, '>'))
        return reader_fail(r, "'>'");
    *out = type_array(r->arena, element, true);
    return true;
}

static bool reader_map(TypeReader *r, const Type **out)
{
    const Type *key;
    const Type *value;

    if (!reader_take(r, '<'))
        return reader_fail(r, "'<'");
    if (!reader_type(r, &key))
        return false;
    if (!reader_take(r, ','))
        return reader_fail(r, "','");
    if (!reader_type(r, &value))
        return false;
    if (!reader_take(r, '>'))
        return reader_fail(r, "'>'");
    *out = type_map(r->arena, key, value, true);
    return true;
}

static bool reader_comment(TypeReader *r)
{
    char quote;

    reader_skip_space(r);
    quote = r->at < r->text.bytes ? r->text.data[r->at] : '\0';
    if (quote != '\'' && quote != '"')
        return reader_fail(r, "a comment in quotes");
    for (r->at++; r->at < r->text.bytes && r->text.data[r->at] != quote; r->at++) {
        if (r->text.data[r->at] == '\\')
            r->at++;
    }
    return r->at < r->text.bytes ? reader_take(r, quote) : reader_fail(r, "a closing quote");
}

/* `name[:] type [NOT NULL] [COMMENT '…'], …` up to what is no ','. */
static bool reader_fields(TypeReader *r, const Type **out)
{
    VEC(Field) fields = {0};

    do {
        Field field = {.nullable = true};

        if (!reader_field_name(r, &field.name))
            return false;
        (void)reader_take(r, ':');
        if (!reader_type(r, &field.type))
            return false;
        if (reader_take_word(r, "not")) {
            if (!reader_take_word(r, "null"))
                return reader_fail(r, "NULL");
            field.nullable = false;
        }
        if (reader_take_word(r, "comment") && !reader_comment(r))
            return false;
        if (fields.count == FIELDS_MAX)
            return reader_fail(r, "fewer fields");
        VEC_ADD_IN(r->arena, &fields, field);
    } while (reader_take(r, ','));
    *out = type_struct(r->arena, fields.items, (uint32_t)fields.count);
    return true;
}

static bool reader_struct(TypeReader *r, const Type **out)
{
    if (!reader_take(r, '<'))
        return reader_fail(r, "'<'");
    if (reader_take(r, '>')) {
        *out = type_struct(r->arena, NULL, 0);
        return true;
    }
    if (!reader_fields(r, out))
        return false;
    if (!reader_take(r, '>'))
        return reader_fail(r, "'>'");
    return true;
}

static const struct {
    const char *name;
    const Type *type; /* NULL: `read` reads the rest. */
    bool (*read)(TypeReader *r, const Type **out);
} readable_types[] = {
    {"boolean", &type_boolean, NULL},
    {"tinyint", &type_tinyint, NULL},
    {"byte", &type_tinyint, NULL},
    {"smallint", &type_smallint, NULL},
    {"short", &type_smallint, NULL},
    {"int", &type_int, NULL},
    {"integer", &type_int, NULL},
    {"bigint", &type_bigint, NULL},
    {"long", &type_bigint, NULL},
    {"float", &type_float, NULL},
    {"real", &type_float, NULL},
    {"double", &type_double, NULL},
    {"decimal", NULL, reader_decimal},
    {"dec", NULL, reader_decimal},
    {"numeric", NULL, reader_decimal},
    {"string", &type_string, NULL},
    {"char", NULL, reader_char},
    {"character", NULL, reader_char},
    {"varchar", NULL, reader_char},
    {"binary", &type_binary, NULL},
    {"date", &type_date, NULL},
    {"timestamp", &type_timestamp, NULL},
    {"timestamp_ltz", &type_timestamp, NULL},
    {"timestamp_ntz", &type_timestamp_ntz, NULL},
    {"void", &type_void, NULL},
    {"interval", NULL, reader_interval},
    {"array", NULL, reader_array},
    {"map", NULL, reader_map},
    {"struct", NULL, reader_struct},
};

static bool reader_type(TypeReader *r, const Type **out)
{
    Str word = reader_word(r);
    bool done = false;

    if (++r->depth > NESTING_MAX)
        return reader_fail(r, "less nesting");
    for (size_t i = 0; i < COUNT_OF(readable_types) && !done; i++) {
        if (!str_is_nocase(word, readable_types[i].name))
            continue;
        *out = readable_types[i].type;
        if (readable_types[i].read && !readable_types[i].read(r, out))
            return false;
        done = true;
    }
    if (!done) {
        r->at -= word.bytes;
        return reader_fail(r, "a type's name");
    }
    r->depth--;
    return true;
}

static bool reader_end(TypeReader *r)
{
    reader_skip_space(r);
    return r->at == r->text.bytes || reader_fail(r, "the end");
}

bool type_parse(Arena *arena, Str text, const Type **out, Error *err)
{
    TypeReader r = {.arena = arena, .text = text, .err = err};
    const Type *type = NULL;

    if (!reader_type(&r, &type) || !reader_end(&r))
        return false;
    *out = type;
    return true;
}

bool type_parse_columns(Arena *arena, Str text, const Type **out, Error *err)
{
    TypeReader r = {.arena = arena, .text = text, .err = err};
    const Type *type = NULL;

    if (!reader_fields(&r, &type) || !reader_end(&r))
        return false;
    *out = type;
    return true;
}
