/*
 * json_scalar.c: JSON's scalars into columns (json_node.h).
 *
 * Numbers are met in short, plain forms nearly always; each kind has a quick reader for these, which
 * gives up (NULL) at anything else, and a careful one behind it that knows the whole grammar.
 */
#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "column/number_text.h"
#include "format/base64.h"
#include "format/json_node.h"

/* A value of another kind than asked for: eats it; NULL fits everywhere. The bit stays clear. */
const char *json_decode_other(JsonReader *r, const char *p)
{
    r->fits = *p == 'n';
    return json_skip_value(p, r->end, JSON_DEPTH_MAX, &r->scan);
}

/* An integer token of at most 18 digits; NULL: something else, look again. */
static inline const char *quick_int(const char *p, int64_t *out)
{
    bool negative = *p == '-';
    const char *first = p + negative;
    uint64_t value = 0; /* Wraps with more digits than are taken. */

    for (p = first; json_is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (UNLIKELY(p - first > 18 || p == first || (*first == '0' && p - first > 1)))
        return NULL;
    if (UNLIKELY(*p != ',' && *p != '}' && *p != ']'))
        return NULL;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return p;
}

/* An integer token that may be followed by anything; r->fits: it is one, in 64 bits. */
static const char *slow_int(JsonReader *r, const char *p, int64_t *out)
{
    bool is_integer;
    const char *after;

    if (!json_is_digit(*p) && !(*p == '-' && json_is_digit(p[1])))
        return json_decode_other(r, p);
    after = json_number(p, &is_integer, &r->scan);
    r->fits = after && is_integer && text_to_int64((Str){p, (uint32_t)(after - p)}, out);
    return after;
}

/* False: the column is too narrow. */
static inline bool int_put(JsonNode *node, uint32_t row_i, int64_t value)
{
    if (node->phys == PHYS_I64) {
        ((int64_t *)node->data)[row_i] = value;
        return true;
    }
    if (node->phys == PHYS_I32) {
        ((int32_t *)node->data)[row_i] = (int32_t)value;
        return value == (int32_t)value;
    }
    if (node->phys == PHYS_I16) {
        ((int16_t *)node->data)[row_i] = (int16_t)value;
        return value == (int16_t)value;
    }
    ((int8_t *)node->data)[row_i] = (int8_t)value;
    return value == (int8_t)value;
}

static const char *decode_int(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    int64_t value;
    const char *after = quick_int(p, &value);

    if (UNLIKELY(!after)) {
        bool is_null = *p == 'n';

        after = slow_int(r, p, &value);
        if (!after || !r->fits || is_null)
            return after;
    }
    r->fits = int_put(node, row_i, value);
    if (LIKELY(r->fits))
        bits_set(node->valid, row_i);
    return after;
}

static const char *decode_bool(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    if (*p != 't' && *p != 'f')
        return json_decode_other(r, p);
    ((uint8_t *)node->data)[row_i] = *p == 't';
    bits_set(node->valid, row_i);
    return json_literal(p, r->end, *p == 't' ? "true" : "false", &r->scan);
}

/* The string at p with its escapes replaced, into *out. */
const char *json_read_string(JsonReader *r, const char *p, Str *out)
{
    const char *after;

    if (LIKELY(*p == '"')) {
        after = json_string(p + 1, r->end, &r->scan);
    } else {
        r->scan.escaped = false;
        after = json_string_slow(p + 1, r->end, *p, &r->scan);
    }
    if (UNLIKELY(!after))
        return NULL;
    *out = (Str){p + 1, (uint32_t)(after - p - 2)};
    if (UNLIKELY(r->scan.escaped)) {
        char *plain = arena_alloc(r->arena, out->bytes);

        *out = (Str){plain, json_unescape(*out, plain)};
    }
    return after;
}

static const char *decode_string(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    Str *out = (Str *)node->data + row_i;
    const char *after;
    StrBuf text;

    if (LIKELY(json_is_quote(*p))) {
        bits_set(node->valid, row_i);
        return json_read_string(r, p, out);
    }
    after = json_decode_other(r, p);
    if (!after || *p == 'n')
        return after;
    strbuf_init(&text);
    json_write_compact(&text, p, after);
    *out = str_copy(r->arena, strbuf_str(&text));
    strbuf_done(&text);
    bits_set(node->valid, row_i);
    r->fits = true;
    return after;
}

static bool special_text(Str text, double *out)
{
    static const struct {
        const char *text;
        double value;
    } specials[] = {
        {"NaN", (double)NAN},
        {"Infinity", (double)INFINITY},
        {"+Infinity", (double)INFINITY},
        {"INF", (double)INFINITY},
        {"+INF", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
        {"-INF", -(double)INFINITY},
    };

    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        if (str_is(text, specials[i].text)) {
            *out = specials[i].value;
            return true;
        }
    }
    return false;
}

/* Up to 15 digits with a point among them: exact when divided by a power of ten. */
static inline const char *quick_double(const char *p, double *out)
{
    static const double powers10[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *p == '-';
    const char *first = p + negative;
    const char *point;
    uint64_t value = 0;
    int digit_count;
    double d;

    for (p = first; json_is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (p == first || (*first == '0' && p - first > 1) || p - first > 15)
        return NULL;
    point = p;
    if (*p == '.') {
        for (p++; json_is_digit(*p); p++)
            value = value * 10 + (uint64_t)(*p - '0');
        if (p == point + 1)
            return NULL;
    }
    digit_count = (int)MIN(p - first, 100);
    if (digit_count > 16 || (*p != ',' && *p != '}' && *p != ']'))
        return NULL;
    d = p == point ? (double)value : (double)value / powers10[p - point - 1];
    *out = negative ? -d : d;
    return p;
}

static const char *decode_double(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    double value = 0;
    NumberText number;
    const char *after;
    bool is_integer;
    bool is_float = node->phys == PHYS_F32;
    bool done = false;

    after = is_float ? NULL : quick_double(p, &value);
    if (after) {
        done = true;
    } else if (json_is_digit(*p) || (*p == '-' && json_is_digit(p[1]))) {
        after = json_number(p, &is_integer, &r->scan);
        if (!after)
            return NULL;
        r->fits = number_scan((Str){p, (uint32_t)(after - p)}, &number);
        if (r->fits && is_float) {
            ((float *)node->data)[row_i] = number_to_float(&number);
            bits_set(node->valid, row_i);
            return after;
        }
        value = r->fits ? number_to_double(&number) : 0;
        done = r->fits;
    } else if (json_is_quote(*p)) {
        Str text;

        after = json_read_string(r, p, &text);
        done = r->fits = after && special_text(text, &value);
    } else {
        after = json_not_a_number(p, r->end, &value);
        done = after != NULL;
        if (!after)
            after = json_decode_other(r, p);
    }
    if (!done)
        return after;
    if (is_float)
        ((float *)node->data)[row_i] = (float)value;
    else
        ((double *)node->data)[row_i] = value;
    bits_set(node->valid, row_i);
    return after;
}

/* At most 18 digits, no more of them behind the point than `scale`; NULL: look again. */
static inline const char *quick_decimal(const char *p, int precision, int scale, Int128 *out)
{
    static const int64_t powers10[] = {1,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000};
    bool negative = *p == '-';
    const char *first = p + negative;
    const char *point;
    uint64_t value = 0;
    int fraction = 0;

    for (p = first; json_is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (p == first || (*first == '0' && p - first > 1) || p - first > 9)
        return NULL;
    point = p;
    if (*p == '.') {
        for (p++; json_is_digit(*p); p++)
            value = value * 10 + (uint64_t)(*p - '0');
        fraction = (int)MIN(p - point - 1, 100);
        if (fraction == 0)
            return NULL;
    }
    if (p - first > 18 || fraction > scale || scale - fraction > 9 ||
        (*p != ',' && *p != '}' && *p != ']' && *p != '"'))
        return NULL;
    *out = (Int128)value * powers10[scale - fraction];
    if (negative)
        *out = -*out;
    return decimal_fits(*out, precision) ? p : NULL;
}

/* A number in quotes: Spark takes commas out of it. */
static bool text_decimal(JsonReader *r, Str text, const Type *type, Int128 *out)
{
    NumberText number;

    if (str_find_char(text, ',') >= 0) {
        char *copy = arena_alloc(r->arena, text.bytes);
        uint32_t bytes = 0;

        for (uint32_t i = 0; i < text.bytes; i++) {
            if (text.data[i] != ',')
                copy[bytes++] = text.data[i];
        }
        text = (Str){copy, bytes};
    }
    return number_scan(text, &number) &&
           number_to_decimal(&number, type->precision, type->scale, out);
}

static const char *decode_decimal(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    Int128 *out = (Int128 *)node->data + row_i;
    const Type *type = node->type;
    NumberText number;
    bool is_integer;
    Str text;
    const char *after = quick_decimal(p + (*p == '"'), type->precision, type->scale, out);

    if (LIKELY(after && (*p == '"') == (*after == '"'))) {
        bits_set(node->valid, row_i);
        return after + (*p == '"');
    }
    if (json_is_quote(*p)) {
        after = json_read_string(r, p, &text);
        r->fits = after && text_decimal(r, text, type, out);
    } else if (json_is_digit(*p) || (*p == '-' && json_is_digit(p[1]))) {
        after = json_number(p, &is_integer, &r->scan);
        r->fits = after && number_scan((Str){p, (uint32_t)(after - p)}, &number) &&
                number_to_decimal(&number, type->precision, type->scale, out);
    } else {
        return json_decode_other(r, p);
    }
    if (r->fits)
        bits_set(node->valid, row_i);
    return after;
}

/* A whole number is seconds since 1970. */
static const char *timestamp_of_seconds(JsonReader *r, JsonNode *node, const char *p,
                                        uint32_t row_i)
{
    int64_t seconds;
    bool is_null = *p == 'n';
    const char *after = slow_int(r, p, &seconds);

    if (!after || !r->fits || is_null)
        return after;
    r->fits = !__builtin_mul_overflow(seconds, INT64_C(1000000), (int64_t *)node->data + row_i);
    if (r->fits)
        bits_set(node->valid, row_i);
    return after;
}

static bool text_to_value(JsonReader *r, JsonNode *node, Str text, uint32_t row_i)
{
    const Type *type = node->type;

    switch (type->kind) {
    case TYPE_DATE:
        return text_to_date(text, (int32_t *)node->data + row_i);
    case TYPE_TIMESTAMP:
        return text_to_timestamp(text, r->zone, (int64_t *)node->data + row_i);
    case TYPE_TIMESTAMP_NTZ:
        return text_to_timestamp_ntz(text, false, (int64_t *)node->data + row_i);
    case TYPE_INTERVAL_YM:
        return text_to_interval_ym(text, type, (int32_t *)node->data + row_i);
    case TYPE_INTERVAL_DT:
        return text_to_interval_dt(text, type, (int64_t *)node->data + row_i);
    case TYPE_INTERVAL:
        return text_to_interval(text, (Interval *)node->data + row_i);
    case TYPE_BINARY:
        return base64_decode(r->arena, text, (Str *)node->data + row_i);
    case TYPE_VOID:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
    case TYPE_STRING:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* Dates, times, intervals, binary: all are written as strings. */
static const char *decode_text(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    const char *after;
    Str text;

    if (UNLIKELY(!json_is_quote(*p)))
        return node->type->kind == TYPE_TIMESTAMP ? timestamp_of_seconds(r, node, p, row_i)
                                                  : json_decode_other(r, p);
    after = json_read_string(r, p, &text);
    if (UNLIKELY(!after))
        return NULL;
    r->fits = text_to_value(r, node, text, row_i);
    if (LIKELY(r->fits))
        bits_set(node->valid, row_i);
    return after;
}

bool json_key_from_text(JsonReader *r, JsonNode *node, Str text, uint32_t row_i)
{
    bool boolean;
    int64_t number;

    switch (node->phys) {
    case PHYS_BOOL:
        if (!text_to_bool(text, &boolean))
            return false;
        ((uint8_t *)node->data)[row_i] = boolean;
        break;
    case PHYS_I8:
    case PHYS_I16:
    case PHYS_I32:
    case PHYS_I64:
        if (node->type->kind > TYPE_BIGINT) {
            if (!text_to_value(r, node, text, row_i))
                return false;
            break;
        }
        if (!text_to_int64(text, &number))
            return false;
        if (!int_put(node, row_i, number))
            return false;
        break;
    case PHYS_F32:
        if (!text_to_float(text, (float *)node->data + row_i))
            return false;
        break;
    case PHYS_F64:
        if (!text_to_double(text, (double *)node->data + row_i))
            return false;
        break;
    case PHYS_I128:
        if (!text_to_decimal(text, node->type->precision, node->type->scale,
                             (Int128 *)node->data + row_i))
            return false;
        break;
    case PHYS_STR:
        if (node->type->kind == TYPE_BINARY)
            return false;
        ((Str *)node->data)[row_i] = text;
        break;
    case PHYS_INTERVAL:
        if (!text_to_value(r, node, text, row_i))
            return false;
        break;
    case PHYS_VOID:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        return false;
    }
    bits_set(node->valid, row_i);
    return true;
}

static const char *decode_void(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    (void)node;
    (void)row_i;
    return json_decode_other(r, p);
}

JsonDecode *json_scalar_decode(const Type *type)
{
    static JsonDecode *const decoders[TYPE_KIND_COUNT] = {
        [TYPE_VOID] = decode_void,
        [TYPE_BOOLEAN] = decode_bool,
        [TYPE_TINYINT] = decode_int,
        [TYPE_SMALLINT] = decode_int,
        [TYPE_INT] = decode_int,
        [TYPE_BIGINT] = decode_int,
        [TYPE_FLOAT] = decode_double,
        [TYPE_DOUBLE] = decode_double,
        [TYPE_DECIMAL] = decode_decimal,
        [TYPE_STRING] = decode_string,
        [TYPE_BINARY] = decode_text,
        [TYPE_DATE] = decode_text,
        [TYPE_TIMESTAMP] = decode_text,
        [TYPE_TIMESTAMP_NTZ] = decode_text,
        [TYPE_INTERVAL_YM] = decode_text,
        [TYPE_INTERVAL_DT] = decode_text,
        [TYPE_INTERVAL] = decode_text,
    };

    return decoders[type->kind];
}
