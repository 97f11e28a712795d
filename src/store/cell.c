#include "store/cell.h"

#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"

/* ── vector to SQLite ──────────────────────────────────────────────────────────────────────────*/

static void bind_str(sqlite3_stmt *statement, int place, Str text)
{
    sqlite3_bind_text64(statement, place, text.bytes ? text.data : "", text.bytes, SQLITE_STATIC,
                        SQLITE_UTF8);
}

static void bind_void(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    (void)row_i;
    sqlite3_bind_null(statement, b->place);
}

static void bind_bool(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    sqlite3_bind_int(statement, b->place, vector_bools(b->vector)[row_i] != 0);
}

static void bind_i8(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    sqlite3_bind_int(statement, b->place, vector_i8(b->vector)[row_i]);
}

static void bind_i16(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    sqlite3_bind_int(statement, b->place, vector_i16(b->vector)[row_i]);
}

static void bind_i32(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    sqlite3_bind_int(statement, b->place, vector_i32(b->vector)[row_i]);
}

static void bind_i64(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    sqlite3_bind_int64(statement, b->place, vector_i64(b->vector)[row_i]);
}

static void bind_number(sqlite3_stmt *statement, int place, double value)
{
    if (LIKELY(isfinite(value)))
        sqlite3_bind_double(statement, place, value);
    else if (isnan(value))
        bind_str(statement, place, STR("NaN"));
    else
        bind_str(statement, place, value > 0 ? STR("Infinity") : STR("-Infinity"));
}

static void bind_f32(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    bind_number(statement, b->place, (double)vector_f32(b->vector)[row_i]);
}

static void bind_f64(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    bind_number(statement, b->place, vector_f64(b->vector)[row_i]);
}

void cell_order_text(StrBuf *out, Int128 unscaled)
{
    char digits[40];
    bool negative = unscaled < 0;
    UInt128 rest = negative ? -(UInt128)unscaled : (UInt128)unscaled;

    /* Below zero the larger number has the smaller digits: nine's complement turns them round. */
    for (int i = DECIMAL_PRECISION_MAX; i > 0; i--) {
        int digit = (int)(rest % 10);

        digits[i] = (char)('0' + (negative ? 9 - digit : digit));
        rest /= 10;
    }
    digits[0] = negative ? '0' : '1';
    strbuf_add(out, digits, DECIMAL_PRECISION_MAX + 1);
}

static void bind_decimal(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    Int128 value = vector_i128(b->vector)[row_i];

    if (b->place) {
        strbuf_clear(&b->text);
        decimal_to_text(&b->text, value, b->type->scale);
        bind_str(statement, b->place, strbuf_str(&b->text));
    }
    if (!b->order_place)
        return;
    if (b->type->precision <= 18) {
        sqlite3_bind_int64(statement, b->order_place, (int64_t)value);
        return;
    }
    strbuf_clear(&b->order_text);
    cell_order_text(&b->order_text, value);
    bind_str(statement, b->order_place, strbuf_str(&b->order_text));
}

static void bind_string(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    bind_str(statement, b->place, vector_strs(b->vector)[row_i]);
}

static void bind_binary(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    Str bytes = vector_strs(b->vector)[row_i];

    sqlite3_bind_blob64(statement, b->place, bytes.bytes ? bytes.data : "", bytes.bytes,
                        SQLITE_STATIC);
}

/* `+12345-…` as `Y0012345-…` (cell.h). */
static void widen_year(StrBuf *text)
{
    Str whole = strbuf_str(text);
    ptrdiff_t year_end = str_find_char(whole, '-');
    StrBuf wide = {0};

    if (whole.bytes == 0 || whole.data[0] != '+' || year_end < 0)
        return;
    strbuf_add_char(&wide, 'Y');
    for (ptrdiff_t i = year_end; i < 8; i++)
        strbuf_add_char(&wide, '0');
    strbuf_add_str(&wide, str_slice(whole, 1, whole.bytes));
    strbuf_done(text);
    *text = wide;
}

static void bind_date(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    strbuf_clear(&b->text);
    date_to_text(&b->text, vector_i32(b->vector)[row_i]);
    if (UNLIKELY(b->text.data[0] == '+'))
        widen_year(&b->text);
    bind_str(statement, b->place, strbuf_str(&b->text));
}

static void bind_timestamp(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    strbuf_clear(&b->text);
    timestamp_to_iso(&b->text, vector_i64(b->vector)[row_i], 6);
    if (b->type->kind == TYPE_TIMESTAMP)
        strbuf_add_char(&b->text, 'Z');
    if (UNLIKELY(b->text.data[0] == '+'))
        widen_year(&b->text);
    bind_str(statement, b->place, strbuf_str(&b->text));
}

static void bind_interval(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    strbuf_clear(&b->text);
    interval_value_to_text(&b->text, b->vector, row_i);
    bind_str(statement, b->place, strbuf_str(&b->text));
}

static void bind_nested(CellBinder *b, sqlite3_stmt *statement, uint32_t row_i)
{
    bind_str(statement, b->place, nested_write(&b->nested, b->vector, row_i));
}

static void (*const binds[TYPE_KIND_COUNT])(CellBinder *, sqlite3_stmt *, uint32_t) = {
    [TYPE_VOID] = bind_void,
    [TYPE_BOOLEAN] = bind_bool,
    [TYPE_TINYINT] = bind_i8,
    [TYPE_SMALLINT] = bind_i16,
    [TYPE_INT] = bind_i32,
    [TYPE_BIGINT] = bind_i64,
    [TYPE_FLOAT] = bind_f32,
    [TYPE_DOUBLE] = bind_f64,
    [TYPE_DECIMAL] = bind_decimal,
    [TYPE_STRING] = bind_string,
    [TYPE_BINARY] = bind_binary,
    [TYPE_DATE] = bind_date,
    [TYPE_TIMESTAMP] = bind_timestamp,
    [TYPE_TIMESTAMP_NTZ] = bind_timestamp,
    [TYPE_INTERVAL_YM] = bind_interval,
    [TYPE_INTERVAL_DT] = bind_interval,
    [TYPE_INTERVAL] = bind_interval,
    [TYPE_ARRAY] = bind_nested,
    [TYPE_MAP] = bind_nested,
    [TYPE_STRUCT] = bind_nested,
};

bool cell_binder_init(CellBinder *binder, const Type *type, int place, int order_place, Error *err)
{
    *binder = (CellBinder){.type = type, .place = place, .order_place = order_place};
    binder->bind = binds[type->kind];
    return !type_is_nested(type) || nested_writer_init(&binder->nested, type, err);
}

void cell_binder_done(CellBinder *binder)
{
    strbuf_done(&binder->text);
    strbuf_done(&binder->order_text);
    nested_writer_done(&binder->nested);
}

/* ── SQLite to vector ──────────────────────────────────────────────────────────────────────────*/

static Str column_text(sqlite3_stmt *statement, int column)
{
    const void *text = sqlite3_column_text(statement, column);

    return (Str){text ? text : "", (uint32_t)sqlite3_column_bytes(statement, column)};
}

static bool read_integer(CellReader *reader, sqlite3_stmt *statement)
{
    int64_t value = sqlite3_column_int64(statement, reader->column);
    VectorBuilder *b = &reader->builder;

    if (sqlite3_column_type(statement, reader->column) != SQLITE_INTEGER)
        return false;
    switch (type_phys(reader->type)) {
    case PHYS_BOOL:
        builder_add_bool(b, value != 0);
        return value == 0 || value == 1;
    case PHYS_I8:
        builder_add_i8(b, (int8_t)value);
        return value == (int8_t)value;
    case PHYS_I16:
        builder_add_i16(b, (int16_t)value);
        return value == (int16_t)value;
    case PHYS_I32:
        builder_add_i32(b, (int32_t)value);
        return value == (int32_t)value;
    case PHYS_I64:
        builder_add_i64(b, value);
        return true;
    case PHYS_VOID:
    case PHYS_F32:
    case PHYS_F64:
    case PHYS_I128:
    case PHYS_STR:
    case PHYS_INTERVAL:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        break;
    }
    return false;
}

static bool read_number(CellReader *reader, sqlite3_stmt *statement)
{
    double value;

    if (sqlite3_column_type(statement, reader->column) == SQLITE_TEXT) {
        if (!text_to_double(column_text(statement, reader->column), &value))
            return false;
    } else {
        value = sqlite3_column_double(statement, reader->column);
    }
    if (reader->type->kind == TYPE_FLOAT)
        builder_add_f32(&reader->builder, (float)value);
    else
        builder_add_f64(&reader->builder, value);
    return true;
}

static bool read_bytes(CellReader *reader, sqlite3_stmt *statement)
{
    const void *data = sqlite3_column_blob(statement, reader->column);
    Str bytes = {data ? data : "", (uint32_t)sqlite3_column_bytes(statement, reader->column)};

    builder_add_str(&reader->builder, str_copy(reader->builder.arena, bytes));
    return true;
}

static bool read_decimal(CellReader *reader, sqlite3_stmt *statement)
{
    Int128 value;

    if (!text_to_decimal(column_text(statement, reader->column), reader->type->precision,
                         reader->type->scale, &value))
        return false;
    builder_add_i128(&reader->builder, value);
    return true;
}

/* `width` digits at `text` as a number; -1: not digits. */
static int digits_at(const char *text, int width)
{
    int value = 0;

    for (int i = 0; i < width; i++) {
        unsigned digit = (unsigned)text[i] - '0';

        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    return value;
}

/* YYYY-MM-DD, the usual case of a DATE and the beginning of a TIMESTAMP. */
static bool read_plain_date(const char *text, int32_t *days)
{
    int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);

    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 28 || text[4] != '-' ||
        text[7] != '-')
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* Exactly what timestamp_to_iso writes of these years. */
static bool read_plain_timestamp(Str text, int64_t *us)
{
    const char *t = text.data;
    int hour, minute, second, fraction;
    int32_t days;

    if (text.bytes < 26 || !read_plain_date(t, &days))
        return false;
    hour = digits_at(t + 11, 2);
    minute = digits_at(t + 14, 2);
    second = digits_at(t + 17, 2);
    fraction = digits_at(t + 20, 6);
    if ((hour | minute | second | fraction) < 0 || hour > 23 || minute > 59 || second > 59 ||
        t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != '.')
        return false;
    *us = (((int64_t)days * 24 + hour) * 60 + minute) * 60 * INT64_C(1000000) +
          (int64_t)second * 1000000 + fraction;
    return true;
}

/* `Y0012345-…` as `+12345-…`, in the arena; other texts as they are. */
static Str narrow_year(Arena *arena, Str text)
{
    uint32_t from = 1;

    if (text.bytes == 0 || text.data[0] != 'Y')
        return text;
    while (from < text.bytes && text.data[from] == '0')
        from++;
    return str_of(arena_printf(arena, "+%.*s", STR_ARG(str_slice(text, from, text.bytes))));
}

static bool read_date(CellReader *reader, sqlite3_stmt *statement)
{
    Str text = column_text(statement, reader->column);
    int32_t days;

    if (!(text.bytes == 10 && read_plain_date(text.data, &days)) &&
        !text_to_date(narrow_year(reader->builder.arena, text), &days))
        return false;
    builder_add_i32(&reader->builder, days);
    return true;
}

static bool read_timestamp(CellReader *reader, sqlite3_stmt *statement)
{
    Str text = column_text(statement, reader->column);
    Str narrow;
    int64_t us;

    if (text.bytes == 27 && text.data[26] == 'Z' && read_plain_timestamp(text, &us)) {
        builder_add_i64(&reader->builder, us);
        return true;
    }
    narrow = narrow_year(reader->builder.arena, text);
    if (reader->type->kind == TYPE_TIMESTAMP ? !text_to_timestamp(narrow, zone_utc(), &us)
                                             : !text_to_timestamp_ntz(narrow, true, &us))
        return false;
    builder_add_i64(&reader->builder, us);
    return true;
}

static bool read_interval(CellReader *reader, sqlite3_stmt *statement)
{
    return interval_value_add(&reader->builder, column_text(statement, reader->column));
}

static bool read_nested(CellReader *reader, sqlite3_stmt *statement)
{
    nested_reader_add(&reader->nested, column_text(statement, reader->column));
    return true;
}

static bool read_void(CellReader *reader, sqlite3_stmt *statement)
{
    (void)reader;
    (void)statement;
    return false;
}

static bool (*const reads[TYPE_KIND_COUNT])(CellReader *, sqlite3_stmt *) = {
    [TYPE_VOID] = read_void,
    [TYPE_BOOLEAN] = read_integer,
    [TYPE_TINYINT] = read_integer,
    [TYPE_SMALLINT] = read_integer,
    [TYPE_INT] = read_integer,
    [TYPE_BIGINT] = read_integer,
    [TYPE_FLOAT] = read_number,
    [TYPE_DOUBLE] = read_number,
    [TYPE_DECIMAL] = read_decimal,
    [TYPE_STRING] = read_bytes,
    [TYPE_BINARY] = read_bytes,
    [TYPE_DATE] = read_date,
    [TYPE_TIMESTAMP] = read_timestamp,
    [TYPE_TIMESTAMP_NTZ] = read_timestamp,
    [TYPE_INTERVAL_YM] = read_interval,
    [TYPE_INTERVAL_DT] = read_interval,
    [TYPE_INTERVAL] = read_interval,
    [TYPE_ARRAY] = read_nested,
    [TYPE_MAP] = read_nested,
    [TYPE_STRUCT] = read_nested,
};

bool cell_reader_init(CellReader *reader, const Type *type, int column, Error *err)
{
    *reader = (CellReader){.type = type, .column = column, .is_nested = type_is_nested(type)};
    return !reader->is_nested || nested_reader_init(&reader->nested, type, FORMAT_STRICT, err);
}

void cell_reader_done(CellReader *reader)
{
    nested_reader_done(&reader->nested);
}

void cell_reader_begin(CellReader *reader, Arena *arena, uint32_t row_count)
{
    if (reader->is_nested)
        nested_reader_begin(&reader->nested, arena, row_count);
    else
        builder_init(&reader->builder, arena, reader->type, row_count);
}

bool cell_read(CellReader *reader, sqlite3_stmt *statement)
{
    if (sqlite3_column_type(statement, reader->column) != SQLITE_NULL)
        return reads[reader->type->kind](reader, statement);
    if (reader->is_nested)
        nested_reader_add(&reader->nested, (Str){NULL, 0});
    else
        builder_add_null(&reader->builder);
    return true;
}

Vector *cell_reader_finish(CellReader *reader, uint32_t *bad_row)
{
    Arena *arena = reader->is_nested ? reader->nested.records.arena : reader->builder.arena;
    Vector *vector = reader->is_nested ? nested_reader_finish(&reader->nested, bad_row)
                                       : builder_finish(&reader->builder);

    if (vector) /* The rows may outlive the scan, whose types these are. */
        vector_adopt_type(vector, reader->lasting ? reader->lasting : type_copy(arena, reader->type));
    return vector;
}
