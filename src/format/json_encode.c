/*
 * json_encode.c: values as JSON, as Spark's to_json writes them (json.h).
 *
 * A timestamp is ISO 8601 with the zone's offset ('Z' for none) and three digits of fraction, or six
 * when three do not tell it all. Intervals and map keys are written as the text CAST gives.
 */
#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "column/number_text.h"
#include "format/base64.h"
#include "format/json.h"
#include "format/json_scan.h"

static void write_double(StrBuf *out, double value, bool is_float)
{
    bool quoted = !isfinite(value);

    if (quoted)
        strbuf_add_char(out, '"');
    if (is_float)
        float_to_text(out, (float)value);
    else
        double_to_text(out, value);
    if (quoted)
        strbuf_add_char(out, '"');
}

static int fraction_digits(int64_t us)
{
    return us % 1000 == 0 ? 3 : 6;
}

static void write_timestamp(StrBuf *out, int64_t us, const Zone *zone)
{
    int32_t offset_s = zone_offset_s(zone, us);

    strbuf_add_char(out, '"');
    timestamp_to_iso(out, zone_to_local(zone, us), fraction_digits(us));
    zone_offset_to_text(out, offset_s);
    strbuf_add_char(out, '"');
}

static void write_array(StrBuf *out, const Vector *v, uint32_t at, const Zone *zone)
{
    strbuf_add_char(out, '[');
    for (uint32_t e = v->offsets[at]; e < v->offsets[at + 1]; e++) {
        if (e > v->offsets[at])
            strbuf_add_char(out, ',');
        json_write_value(out, v->children[0], e, zone);
    }
    strbuf_add_char(out, ']');
}

static void write_key(StrBuf *out, const Vector *keys, uint32_t row_i, const Zone *zone)
{
    StrBuf text;

    if (keys->type->kind == TYPE_STRING) {
        json_write_string(out, vector_strs(keys)[vector_row(keys, row_i)]);
        return;
    }
    strbuf_init(&text);
    value_to_text(&text, keys, row_i, zone);
    json_write_string(out, strbuf_str(&text));
    strbuf_done(&text);
}

static void write_map(StrBuf *out, const Vector *v, uint32_t at, const Zone *zone)
{
    strbuf_add_char(out, '{');
    for (uint32_t e = v->offsets[at]; e < v->offsets[at + 1]; e++) {
        if (e > v->offsets[at])
            strbuf_add_char(out, ',');
        write_key(out, v->children[0], e, zone);
        strbuf_add_char(out, ':');
        json_write_value(out, v->children[1], e, zone);
    }
    strbuf_add_char(out, '}');
}

static void write_struct(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    bool any = false;

    strbuf_add_char(out, '{');
    for (uint32_t f = 0; f < v->type->field_count; f++) {
        const Vector *child = v->children[f];

        if (!vector_is_valid(child, row_i))
            continue;
        if (any)
            strbuf_add_char(out, ',');
        any = true;
        json_write_string(out, v->type->fields[f].name);
        strbuf_add_char(out, ':');
        json_write_value(out, child, row_i, zone);
    }
    strbuf_add_char(out, '}');
}

static void write_quoted_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    StrBuf text;

    strbuf_init(&text);
    value_to_text(&text, v, row_i, zone);
    json_write_string(out, strbuf_str(&text));
    strbuf_done(&text);
}

void json_write_value(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    uint32_t at = vector_row(v, row_i);

    if (!vector_is_valid(v, row_i)) {
        strbuf_add(out, "null", 4);
        return;
    }
    switch (v->type->kind) {
    case TYPE_VOID:
        strbuf_add(out, "null", 4);
        return;
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
        value_to_text(out, v, row_i, zone);
        return;
    case TYPE_FLOAT:
        write_double(out, (double)vector_f32(v)[at], true);
        return;
    case TYPE_DOUBLE:
        write_double(out, vector_f64(v)[at], false);
        return;
    case TYPE_STRING:
        json_write_string(out, vector_strs(v)[at]);
        return;
    case TYPE_BINARY:
        strbuf_add_char(out, '"');
        base64_encode(out, vector_strs(v)[at]);
        strbuf_add_char(out, '"');
        return;
    case TYPE_DATE:
        strbuf_add_char(out, '"');
        date_to_text(out, vector_i32(v)[at]);
        strbuf_add_char(out, '"');
        return;
    case TYPE_TIMESTAMP:
        write_timestamp(out, vector_i64(v)[at], zone);
        return;
    case TYPE_TIMESTAMP_NTZ:
        strbuf_add_char(out, '"');
        timestamp_to_iso(out, vector_i64(v)[at], fraction_digits(vector_i64(v)[at]));
        strbuf_add_char(out, '"');
        return;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
        write_quoted_text(out, v, row_i, zone);
        return;
    case TYPE_ARRAY:
        write_array(out, v, at, zone);
        return;
    case TYPE_MAP:
        write_map(out, v, at, zone);
        return;
    case TYPE_STRUCT:
        write_struct(out, v, row_i, zone);
        return;
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}
