/*
 * csv.c: separated values <-> batches (csv.h).
 *
 * A record is first cut into values, views of its bytes; only a quoted value with an escaped quote
 * inside is copied. Then the values of the columns that are read are taken for what their types say,
 * as Spark's reader does: integers and booleans without blanks around them, timestamps and dates as
 * in a CAST, DECIMAL with commas between its digits.
 */
#include "format/csv.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "format/lines.h"

enum { EXCERPT_BYTES = 40, QUOTED_BYTES_MAX = 1 << 20 };

typedef struct CsvOptions {
    Str separator; /* Never empty. */
    char quote, escape;
    char comment; /* Of a record that is none; '\0': there are no such. */
    bool quote_all;
    Str null_value, empty_value;
    bool header;
    bool trim_left, trim_right; /* Blanks around values that are not quoted. */
} CsvOptions;

static bool option_char(const FormatOptions *options, const char *name, char *out, Error *err)
{
    Str value = format_option(options, name);

    if (!value.data)
        return true;
    if (str_is(value, "\\t"))
        value = STR("\t");
    if (value.bytes != 1 || value.data[0] == '\n' || value.data[0] == '\r')
        return error_set(err, ERROR_USER, "format 'csv': option '%s' must be one character", name);
    *out = value.data[0];
    return true;
}

/* Spark's escapes: \t; of several characters the text as it is. */
static bool option_separator(const FormatOptions *options, const char *name, Arena *memory, Str *out,
                             Error *err)
{
    Str value = format_option(options, name);

    if (!value.data)
        return true;
    if (str_is(value, "\\t"))
        value = STR("\t");
    if (value.bytes == 0 || memchr(value.data, '\n', value.bytes) ||
        memchr(value.data, '\r', value.bytes))
        return error_set(err, ERROR_USER,
                         "format 'csv': option '%s' must be one or more characters of a line", name);
    *out = str_copy(memory, value);
    return true;
}

static bool option_is_true(const FormatOptions *options, const char *name)
{
    return str_is_nocase(format_option(options, name), "true");
}

/* Texts are copied into `memory`. */
static bool csv_options_read(const FormatOptions *options, Arena *memory, CsvOptions *out,
                             Error *err)
{
    Str null_value = format_option(options, "nullValue");
    Str empty_value = format_option(options, "emptyValue");
    Str header = format_option(options, "header");

    *out = (CsvOptions){.separator = STR(","), .quote = '"', .escape = '\\'};
    if (!option_separator(options, "delimiter", memory, &out->separator, err) ||
        !option_separator(options, "sep", memory, &out->separator, err) ||
        !option_char(options, "quote", &out->quote, err) ||
        !option_char(options, "comment", &out->comment, err) ||
        !option_char(options, "escape", &out->escape, err))
        return false;
    if (out->separator.data[0] == out->quote)
        return error_set(err, ERROR_USER, "format 'csv': 'sep' and 'quote' are the same character");
    out->null_value = null_value.data ? str_copy(memory, null_value) : STR_EMPTY;
    out->empty_value = empty_value.data ? str_copy(memory, empty_value) : STR_EMPTY;
    out->quote_all = option_is_true(options, "quoteAll");
    out->header = header.data && str_is_nocase(str_trim(header), "true");
    out->trim_left = option_is_true(options, "ignoreLeadingWhiteSpace");
    out->trim_right = option_is_true(options, "ignoreTrailingWhiteSpace");
    return true;
}

static bool csv_schema_check(const Schema *schema, Error *err)
{
    for (uint32_t c = 0; c < schema->column_count; c++) {
        StrBuf name;

        if (!type_is_nested(schema->columns[c].type))
            continue;
        strbuf_init(&name);
        type_name_sql(&name, schema->columns[c].type);
        (void)error_set_class(err, ERROR_USER, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000",
                              "The CSV datasource doesn't support the column %.*s of the type "
                              "\"%.200s\".",
                              STR_ARG(schema->columns[c].name), strbuf_c(&name));
        strbuf_done(&name);
        return false;
    }
    return true;
}

/* ── cutting a record into values ──────────────────────────────────────────────────────────────*/

typedef struct CsvValue {
    Str text;
    bool quoted;
} CsvValue;

/* A quote inside a quoted value: escaped, or doubled. `p` is at the escape or the first quote. */
static bool is_escaped_quote(const CsvOptions *options, const char *p, const char *end)
{
    if (end - p < 2)
        return false;
    if (*p == options->escape && (p[1] == options->quote || p[1] == options->escape))
        return true;
    return *p == options->quote && p[1] == options->quote;
}

static bool is_separator(const CsvOptions *options, const char *p, const char *end)
{
    uint32_t bytes = options->separator.bytes;

    return *p == options->separator.data[0] &&
           (bytes == 1 || ((size_t)(end - p) >= bytes && memcmp(p, options->separator.data, bytes) == 0));
}

/* The quoted value at *at (behind the opening quote), without its escapes; false: no closing quote,
 * or text behind it. *at is left at the separator or the end. */
static bool quoted_value(const CsvOptions *options, Arena *arena, const char **at, const char *end,
                         Str *out)
{
    const char *from = *at;
    const char *p = from;
    bool escaped = false;

    for (;; p++) {
        if (p == end)
            return false;
        if (is_escaped_quote(options, p, end)) {
            escaped = true;
            p++;
        } else if (*p == options->quote) {
            break;
        }
    }
    *out = (Str){from, (uint32_t)(p - from)};
    *at = p + 1;
    if (escaped) {
        char *plain = arena_alloc(arena, out->bytes);
        uint32_t bytes = 0;

        for (const char *c = from; c < p; c++) {
            c += is_escaped_quote(options, c, p);
            plain[bytes++] = *c;
        }
        *out = (Str){plain, bytes};
    }
    return *at == end || is_separator(options, *at, end);
}

static Str value_trim(const CsvOptions *options, Str text)
{
    while (options->trim_left && text.bytes && (unsigned char)text.data[0] <= ' ')
        text = str_slice(text, 1, text.bytes);
    while (options->trim_right && text.bytes && (unsigned char)text.data[text.bytes - 1] <= ' ')
        text.bytes--;
    return text;
}

/* The values of a record, at most `max`; *count may be more. False: bad quotes. */
static bool cut_values(const CsvOptions *options, Arena *arena, Str record, CsvValue *values,
                       uint32_t max, uint32_t *count)
{
    const char *p = record.data;
    const char *end = record.data + record.bytes;

    *count = 0;
    if (p < end && *p == options->comment && options->comment)
        return true;
    for (;;) {
        CsvValue value = {.quoted = p < end && *p == options->quote};

        if (value.quoted) {
            p++;
            if (!quoted_value(options, arena, &p, end, &value.text))
                return false;
        } else {
            const char *from = p;

            while (p < end && !is_separator(options, p, end))
                p++;
            value.text = value_trim(options, (Str){from, (uint32_t)(p - from)});
        }
        if (*count < max)
            values[*count] = value;
        ++*count;
        if (p == end)
            return true;
        p += options->separator.bytes;
    }
}

CsvCut csv_cut(Arena *arena, Str record, const FormatOptions *options)
{
    CsvOptions csv;
    CsvValue *values;
    CsvCut cut = {0};
    uint32_t max = record.bytes + 1;
    Error ignored = {0};

    if (!csv_options_read(options, arena, &csv, &ignored))
        return cut;
    values = ARENA_ARRAY(arena, CsvValue, max);
    if (!cut_values(&csv, arena, record, values, max, &cut.count))
        return (CsvCut){0};
    cut.values = ARENA_ARRAY(arena, Str, cut.count);
    for (uint32_t i = 0; i < cut.count; i++)
        cut.values[i] = values[i].text;
    return cut;
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

static bool has_blank_ends(Str text)
{
    return text.bytes == 0 || (unsigned char)text.data[0] <= ' ' ||
           (unsigned char)text.data[text.bytes - 1] <= ' ';
}

static bool int_value(Str text, int64_t min, int64_t max, int64_t *out)
{
    return !has_blank_ends(text) && text_to_int64(text, out) && *out >= min && *out <= max;
}

static bool double_special(Str text, double *out)
{
    static const struct {
        const char *text;
        double value;
    } specials[] = {
        {"NaN", (double)NAN}, {"Inf", (double)INFINITY}, {"-Inf", -(double)INFINITY}};

    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        if (str_is(text, specials[i].text)) {
            *out = specials[i].value;
            return true;
        }
    }
    return false;
}

static bool decimal_value(Arena *arena, Str text, const Type *type, Int128 *out)
{
    if (str_find_char(text, ',') >= 0) {
        char *plain = arena_alloc(arena, text.bytes);
        uint32_t bytes = 0;

        for (uint32_t i = 0; i < text.bytes; i++) {
            if (text.data[i] != ',')
                plain[bytes++] = text.data[i];
        }
        text = (Str){plain, bytes};
    }
    return !has_blank_ends(text) && text_to_decimal(text, type->precision, type->scale, out);
}

static bool bool_value(Str text, uint8_t *out)
{
    *out = str_is_nocase(text, "true");
    return *out || str_is_nocase(text, "false");
}

/* Puts the value into the row; false: it does not fit. */
static bool value_put(Vector *v, uint32_t row_i, Str text, Arena *arena, const Zone *zone)
{
    const Type *type = v->type;
    int64_t number;
    double d;

    switch (type->kind) {
    case TYPE_BOOLEAN:
        return bool_value(text, vector_bools(v) + row_i);
    case TYPE_TINYINT:
        if (!int_value(text, INT8_MIN, INT8_MAX, &number))
            return false;
        vector_i8(v)[row_i] = (int8_t)number;
        return true;
    case TYPE_SMALLINT:
        if (!int_value(text, INT16_MIN, INT16_MAX, &number))
            return false;
        vector_i16(v)[row_i] = (int16_t)number;
        return true;
    case TYPE_INT:
        if (!int_value(text, INT32_MIN, INT32_MAX, &number))
            return false;
        vector_i32(v)[row_i] = (int32_t)number;
        return true;
    case TYPE_BIGINT:
        return int_value(text, INT64_MIN, INT64_MAX, vector_i64(v) + row_i);
    case TYPE_FLOAT:
        if (double_special(text, &d)) {
            vector_f32(v)[row_i] = (float)d;
            return true;
        }
        return text_to_float(text, vector_f32(v) + row_i);
    case TYPE_DOUBLE:
        return double_special(text, vector_f64(v) + row_i) ||
               text_to_double(text, vector_f64(v) + row_i);
    case TYPE_DECIMAL:
        return decimal_value(arena, text, type, vector_i128(v) + row_i);
    case TYPE_STRING:
    case TYPE_BINARY:
        vector_strs(v)[row_i] = text;
        return true;
    case TYPE_DATE:
        return text_to_date(text, vector_i32(v) + row_i);
    case TYPE_TIMESTAMP:
        return text_to_timestamp(text, zone, vector_i64(v) + row_i);
    case TYPE_TIMESTAMP_NTZ:
        return text_to_timestamp_ntz(text, false, vector_i64(v) + row_i);
    case TYPE_INTERVAL_YM:
        return text_to_interval_ym(text, type, vector_i32(v) + row_i);
    case TYPE_INTERVAL_DT:
        return text_to_interval_dt(text, type, vector_i64(v) + row_i);
    case TYPE_INTERVAL:
        return text_to_interval(text, vector_intervals(v) + row_i);
    case TYPE_VOID:
        return false;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* ── decoder ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct CsvDecoder {
    Decoder base;
    Arena memory;
    CsvOptions options;
    FormatMode mode;
    bool tell;
    const Zone *zone;
    uint32_t column_count; /* Read. */
    const Field *columns;
    uint32_t *places; /* Of each in the record. */
    uint32_t value_count; /* Of a whole record. */
    CsvValue *values;
} CsvDecoder;

static Str excerpt(Str text)
{
    while (text.bytes > EXCERPT_BYTES)
        text.bytes = EXCERPT_BYTES;
    while (text.bytes == EXCERPT_BYTES && text.bytes > 0 &&
           ((unsigned char)text.data[text.bytes - 1] & 0xC0) == 0x80)
        text.bytes--;
    return text;
}

static const char *misfit_message(Arena *arena, const Field *column, Str text)
{
    StrBuf type;
    const char *message;
    Str shown = excerpt(text);

    strbuf_init(&type);
    type_name_sql(&type, column->type);
    message = arena_printf(arena, "column %.*s: '%.*s%s' is no %s", STR_ARG(column->name),
                           STR_ARG(shown), shown.bytes < text.bytes ? "..." : "",
                           strbuf_c(&type));
    strbuf_done(&type);
    return message;
}

/* One record into row_i, whose bits are clear. bad->reason tells whether something is wrong with it.
 * False: so wrong that there is no row. */
static bool record_decode(CsvDecoder *decoder, Arena *arena, Str record, Vector **columns,
                          uint32_t row_i, BadRecord *bad)
{
    bool strict = decoder->mode == FORMAT_STRICT;
    uint32_t count;

    *bad = (BadRecord){0};
    if (!strict && record.bytes == 0)
        return true;

    if (!cut_values(&decoder->options, arena, record, decoder->values, decoder->value_count,
                    &count)) {
        *bad = (BadRecord){0, "malformed_csv",
                           "a quoted value does not end with a quote before the next separator"};
        return !strict;
    }
    if (count != decoder->value_count) {
        *bad = (BadRecord){0, "malformed_csv",
                           arena_printf(arena, "%u values, %u expected", count,
                                        decoder->value_count)};
        if (strict)
            return false;
    }
    for (uint32_t c = 0; c < decoder->column_count; c++) {
        const CsvValue *value = &decoder->values[decoder->places[c]];
        Vector *v = columns[c];

        if (decoder->places[c] >= count ||
            (!value->quoted && (value->text.bytes == 0 ||
                                str_equal(value->text, decoder->options.null_value))))
            continue;
        if (value_put(v, row_i, value->text, arena, decoder->zone)) {
            bits_set(v->valid, row_i);
        } else {
            *bad = (BadRecord){0, "bad_value",
                               misfit_message(arena, &decoder->columns[c], value->text)};
            if (strict)
                return false;
        }
    }
    return true;
}

static void csv_decode(Decoder *base, Arena *arena, const Str *records, uint32_t record_count,
                       Batch **out, uint32_t *rows, BadRecords *bad)
{
    CsvDecoder *decoder = (CsvDecoder *)base;
    Batch *batch = batch_new(arena, decoder->column_count, 0);
    uint32_t row_count = 0;

    for (uint32_t c = 0; c < decoder->column_count; c++) {
        Vector *v = vector_new(arena, decoder->columns[c].type, record_count);

        v->valid = arena_zalloc(arena, bits_words(record_count) * sizeof(uint64_t));
        batch->columns[c] = v;
    }
    for (uint32_t i = 0; i < record_count; i++) {
        BadRecord record;
        bool kept = record_decode(decoder, arena, records[i], batch->columns, row_count, &record);

        if (record.reason && (!kept || decoder->tell)) {
            record.record_i = i;
            bad_records_add(bad, arena, record);
        }
        if (!kept) {
            for (uint32_t c = 0; c < decoder->column_count; c++)
                bits_clear(batch->columns[c]->valid, row_count);
            continue;
        }
        if (rows)
            rows[row_count] = i;
        row_count++;
    }
    batch->row_count = row_count;
    for (uint32_t c = 0; c < decoder->column_count; c++) {
        Vector *v = batch->columns[c];

        v->row_count = row_count;
        for (uint32_t i = 0; v->data && i < row_count; i++) {
            if (!bits_get(v->valid, i))
                vector_set_null(arena, v, i);
        }
        if (v->data && vector_null_count(v) == 0)
            v->valid = NULL;
    }
    *out = batch;
}

static void csv_decoder_free(Decoder *base)
{
    CsvDecoder *decoder = (CsvDecoder *)base;

    if (!decoder)
        return;
    arena_done(&decoder->memory);
    free(decoder);
}

static const DecoderMethods csv_decoder_methods = {
    .name = "csv", .decode = csv_decode, .free = csv_decoder_free};

static bool csv_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                               Error *err)
{
    const Schema *record = options->record_schema ? options->record_schema : schema;
    CsvDecoder *decoder;
    Field *columns;

    if (!csv_schema_check(schema, err))
        return false;
    decoder = mem_zalloc(sizeof *decoder);
    arena_init(&decoder->memory);
    decoder->base.methods = &csv_decoder_methods;
    decoder->mode = options->mode;
    decoder->tell = options->tell;
    decoder->zone = options->zone;
    decoder->column_count = schema->column_count;
    decoder->value_count = record->column_count;
    columns = ARENA_ARRAY(&decoder->memory, Field, schema->column_count);
    decoder->columns = columns;
    decoder->places = ARENA_ARRAY(&decoder->memory, uint32_t, schema->column_count);
    decoder->values = arena_zalloc(&decoder->memory, record->column_count * sizeof(CsvValue));
    if (!csv_options_read(options, &decoder->memory, &decoder->options, err))
        goto fail;
    for (uint32_t c = 0; c < schema->column_count; c++) {
        int place = schema_find(record, schema->columns[c].name);

        if (place < 0) {
            (void)error_set(err, ERROR_USER, "format 'csv': records have no column %.*s",
                            STR_ARG(schema->columns[c].name));
            goto fail;
        }
        decoder->places[c] = (uint32_t)place;
        columns[c] = (Field){str_copy(&decoder->memory, schema->columns[c].name),
                             schema->columns[c].type,
                             schema->columns[c].nullable};
    }
    *out = &decoder->base;
    return true;

fail:
    csv_decoder_free(&decoder->base);
    return false;
}

/* ── encoder ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct CsvEncoder {
    Encoder base;
    Arena memory;
    CsvOptions options;
    const Zone *zone;
    Str header; /* The line of names, "" without one. */
} CsvEncoder;

/* Whether the text would be read as something else without quotes. */
static bool needs_quotes(const CsvOptions *options, Str text)
{
    if (text.bytes == 0 || str_equal(text, options->null_value) ||
        text.data[0] == ' ' || text.data[text.bytes - 1] == ' ')
        return true;
    /* x| before || would be read as x and more. */
    if (options->separator.bytes > 1 &&
        memchr(options->separator.data, text.data[text.bytes - 1], options->separator.bytes))
        return true;
    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];

        if (is_separator(options, text.data + i, text.data + text.bytes) || c == options->quote ||
            c == '\n' || c == '\r')
            return true;
    }
    return false;
}

/* A record that begins so would be taken for a comment, in Spark also where no comment is agreed. */
static bool begins_comment(const CsvOptions *options, Str text)
{
    return text.bytes && text.data[0] == (options->comment ? options->comment : '#');
}

static void write_value(const CsvOptions *options, Str text, bool first, StrBuf *out)
{
    if (text.bytes == 0 && options->empty_value.bytes)
        text = options->empty_value;
    if (!options->quote_all && !needs_quotes(options, text) &&
        !(first && begins_comment(options, text))) {
        strbuf_add_str(out, text);
        return;
    }
    strbuf_add_char(out, options->quote);
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (text.data[i] == options->quote || text.data[i] == options->escape)
            strbuf_add_char(out, options->escape);
        strbuf_add_char(out, text.data[i]);
    }
    strbuf_add_char(out, options->quote);
}

static void write_null(const CsvOptions *options, StrBuf *out)
{
    if (options->quote_all)
        strbuf_add_char(out, options->quote);
    strbuf_add_str(out, options->null_value);
    if (options->quote_all)
        strbuf_add_char(out, options->quote);
}

/* As Spark's writer: timestamps as in JSON, without quotes. */
static void value_text(const Vector *v, uint32_t row_i, const Zone *zone, StrBuf *out)
{
    uint32_t at = vector_row(v, row_i);
    int64_t us;

    if (v->type->kind == TYPE_TIMESTAMP || v->type->kind == TYPE_TIMESTAMP_NTZ) {
        us = vector_i64(v)[at];
        if (v->type->kind == TYPE_TIMESTAMP) {
            timestamp_to_iso(out, zone_to_local(zone, us), us % 1000 == 0 ? 3 : 6);
            zone_offset_to_text(out, zone_offset_s(zone, us));
        } else {
            timestamp_to_iso(out, us, us % 1000 == 0 ? 3 : 6);
        }
    } else {
        value_to_text(out, v, row_i, zone);
    }
}

static void csv_encode(Encoder *base, const Batch *batch, uint32_t row_i, StrBuf *out)
{
    const CsvEncoder *encoder = (const CsvEncoder *)base;
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        const Vector *v = batch->columns[c];

        if (c > 0)
            strbuf_add_str(out, encoder->options.separator);
        if (!vector_is_valid(v, row_i)) {
            write_null(&encoder->options, out);
        } else if (type_phys(v->type) == PHYS_STR) {
            write_value(&encoder->options, vector_strs(v)[vector_row(v, row_i)], c == 0, out);
        } else {
            strbuf_clear(&text);
            value_text(v, row_i, encoder->zone, &text);
            write_value(&encoder->options, strbuf_str(&text), c == 0, out);
        }
    }
    strbuf_done(&text);
}

static void csv_header(Encoder *base, StrBuf *out)
{
    const CsvEncoder *encoder = (const CsvEncoder *)base;

    strbuf_add_str(out, encoder->header);
}

static void csv_encoder_free(Encoder *base)
{
    CsvEncoder *encoder = (CsvEncoder *)base;

    if (!encoder)
        return;
    arena_done(&encoder->memory);
    free(encoder);
}

static const EncoderMethods csv_encoder_methods = {"csv", csv_encode, csv_header, csv_encoder_free};

static bool csv_encoder_create(const Schema *schema, const FormatOptions *options, Encoder **out,
                               Error *err)
{
    CsvEncoder *encoder;
    StrBuf header;

    if (!csv_schema_check(schema, err))
        return false;
    encoder = mem_zalloc(sizeof *encoder);
    arena_init(&encoder->memory);
    encoder->base.methods = &csv_encoder_methods;
    encoder->zone = options->zone;
    encoder->header = STR_EMPTY;
    if (!csv_options_read(options, &encoder->memory, &encoder->options, err)) {
        csv_encoder_free(&encoder->base);
        return false;
    }
    if (encoder->options.header) {
        strbuf_init(&header);
        for (uint32_t c = 0; c < schema->column_count; c++) {
            if (c > 0)
                strbuf_add_str(&header, encoder->options.separator);
            write_value(&encoder->options, schema->columns[c].name, c == 0, &header);
        }
        encoder->header = str_copy(&encoder->memory, strbuf_str(&header));
        strbuf_done(&header);
    }
    *out = &encoder->base;
    return true;
}

/* ── records in a file ─────────────────────────────────────────────────────────────────────────*/

/*
 * A line, save that newlines between quotes belong to the record. The options are not known here, so
 * a quote opens a value when it stands at the record's beginning or behind a character that may
 * separate. A quote that is not closed within QUOTED_BYTES_MAX, or before the end, is an ordinary
 * character: the record is its line, for the decoder to refuse, and what follows is not swallowed.
 */
static size_t csv_next_record(Str text, bool at_end, Str *record)
{
    bool quoted = false;
    uint32_t i = 0;

    for (; i < text.bytes && i < QUOTED_BYTES_MAX; i++) {
        char c = text.data[i];

        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            /* A doubled quote closes and opens again. */
            quoted = i == 0 || strchr(",;|\t:\"", text.data[i - 1]);
        } else if (c == '\n') {
            uint32_t bytes = i > 0 && text.data[i - 1] == '\r' ? i - 1 : i;

            *record = (Str){text.data, bytes};
            return (size_t)i + 1;
        }
    }
    return at_end || i >= QUOTED_BYTES_MAX ? line_next(text, at_end, record) : 0;
}

const Format format_csv = {
    .name = "csv",
    .doc = "separated values (RFC 4180); in files a line, or several within quotes",
    .decoder_create = csv_decoder_create,
    .encoder_create = csv_encoder_create,
    .next_record = csv_next_record,
};
