/*
 * format_value.c: CAST(value AS STRING), of any type; each scalar's text is in its own file.
 */
#include "column/format_value.h"

#include "base/assert.h"

static void element_to_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    if (vector_is_valid(v, row_i))
        value_to_text(out, v, row_i, zone);
    else
        strbuf_add_c(out, "null");
}

static void list_to_text(StrBuf *out, const Vector *v, uint32_t at, const Zone *zone)
{
    bool is_map = v->type->kind == TYPE_MAP;

    strbuf_add_char(out, is_map ? '{' : '[');
    for (uint32_t i = v->offsets[at]; i < v->offsets[at + 1]; i++) {
        if (i > v->offsets[at])
            strbuf_add_c(out, ", ");
        element_to_text(out, v->children[0], i, zone);
        if (is_map) {
            strbuf_add_c(out, " -> ");
            element_to_text(out, v->children[1], i, zone);
        }
    }
    strbuf_add_char(out, is_map ? '}' : ']');
}

static void struct_to_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    strbuf_add_char(out, '{');
    for (uint32_t f = 0; f < v->type->field_count; f++) {
        if (f > 0)
            strbuf_add_c(out, ", ");
        element_to_text(out, v->children[f], row_i, zone);
    }
    strbuf_add_char(out, '}');
}

void value_to_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    uint32_t at = vector_row(v, row_i);

    switch (v->type->kind) {
    case TYPE_VOID:
        strbuf_add_c(out, "null");
        return;
    case TYPE_BOOLEAN:
        strbuf_add_c(out, vector_bools(v)[at] ? "true" : "false");
        return;
    case TYPE_TINYINT:
        strbuf_add_int64(out, vector_i8(v)[at]);
        return;
    case TYPE_SMALLINT:
        strbuf_add_int64(out, vector_i16(v)[at]);
        return;
    case TYPE_INT:
        strbuf_add_int64(out, vector_i32(v)[at]);
        return;
    case TYPE_BIGINT:
        strbuf_add_int64(out, vector_i64(v)[at]);
        return;
    case TYPE_FLOAT:
        float_to_text(out, vector_f32(v)[at]);
        return;
    case TYPE_DOUBLE:
        double_to_text(out, vector_f64(v)[at]);
        return;
    case TYPE_DECIMAL:
        decimal_to_text(out, vector_i128(v)[at], v->type->scale);
        return;
    case TYPE_STRING:
    case TYPE_BINARY:
        strbuf_add_str(out, vector_strs(v)[at]);
        return;
    case TYPE_DATE:
        date_to_text(out, vector_i32(v)[at]);
        return;
    case TYPE_TIMESTAMP:
        timestamp_to_text(out, zone_to_local(zone, vector_i64(v)[at]));
        return;
    case TYPE_TIMESTAMP_NTZ:
        timestamp_to_text(out, vector_i64(v)[at]);
        return;
    case TYPE_INTERVAL_YM:
        interval_ym_to_text(out, vector_i32(v)[at], v->type, false);
        return;
    case TYPE_INTERVAL_DT:
        interval_dt_to_text(out, vector_i64(v)[at], v->type, false);
        return;
    case TYPE_INTERVAL:
        interval_to_text(out, vector_intervals(v)[at]);
        return;
    case TYPE_ARRAY:
    case TYPE_MAP:
        list_to_text(out, v, at, zone);
        return;
    case TYPE_STRUCT:
        struct_to_text(out, v, row_i, zone);
        return;
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}
