#include "client/cql/cql_type.h"

#include "column/format_value.h"
#include "format/base64.h"

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

static const struct {
    CqlKind kind;
    const char *name;
} scalars[] = {
    {CQL_ASCII, "ascii"},         {CQL_BIGINT, "bigint"},   {CQL_BLOB, "blob"},
    {CQL_BOOLEAN, "boolean"},     {CQL_COUNTER, "counter"}, {CQL_DECIMAL, "decimal"},
    {CQL_DOUBLE, "double"},       {CQL_FLOAT, "float"},     {CQL_INT, "int"},
    {CQL_TIMESTAMP, "timestamp"}, {CQL_UUID, "uuid"},       {CQL_TEXT, "text"},
    {CQL_VARINT, "varint"},       {CQL_TIMEUUID, "timeuuid"}, {CQL_INET, "inet"},
    {CQL_DATE, "date"},           {CQL_TIME, "time"},       {CQL_SMALLINT, "smallint"},
    {CQL_TINYINT, "tinyint"},     {CQL_DURATION, "duration"},
};

static const char *scalar_name(CqlKind kind)
{
    for (size_t i = 0; i < COUNT_OF(scalars); i++) {
        if (scalars[i].kind == kind)
            return scalars[i].name;
    }
    return NULL;
}

static void read_type(CqlReader *reader, Arena *arena, CqlType *out, int depth)
{
    CqlType *parts;
    Str *names = NULL;

    *out = (CqlType){.kind = (CqlKind)cql_read_short(reader)};
    if (depth >= CQL_TYPE_DEPTH_MAX) {
        reader->failed = true;
        return;
    }
    switch ((int)out->kind) {
    case CQL_CUSTOM:
        out->name = cql_read_string(reader);
        if (str_ends_with(out->name, STR(".DurationType"))) /* Version 4 has no number for it. */
            out->kind = CQL_DURATION;
        return;
    case CQL_LIST:
    case CQL_SET:
        out->part_count = 1;
        break;
    case CQL_MAP:
        out->part_count = 2;
        break;
    case CQL_UDT:
        (void)cql_read_string(reader); /* The keyspace. */
        out->name = cql_read_string(reader);
        out->part_count = cql_read_short(reader);
        break;
    case CQL_TUPLE:
        out->part_count = cql_read_short(reader);
        break;
    default:
        if (!scalar_name(out->kind))
            reader->failed = true;
        return;
    }
    if (out->part_count > CQL_TYPE_PARTS_MAX || out->part_count > cql_left(reader)) {
        out->part_count = 0;
        reader->failed = true;
        return;
    }
    parts = ARENA_ARRAY(arena, CqlType, out->part_count + 1);
    if (out->kind == CQL_UDT)
        names = ARENA_ARRAY(arena, Str, out->part_count + 1);
    for (uint32_t i = 0; i < out->part_count; i++) {
        if (names)
            names[i] = cql_read_string(reader);
        parts[i] = (CqlType){.kind = CQL_CUSTOM};
        if (!reader->failed)
            read_type(reader, arena, &parts[i], depth + 1);
    }
    out->parts = parts;
    out->part_names = names;
}

void cql_type_read(CqlReader *reader, Arena *arena, CqlType *out)
{
    read_type(reader, arena, out, 0);
}

void cql_type_name(StrBuf *out, const CqlType *type)
{
    const char *name = scalar_name(type->kind);

    if (name) {
        strbuf_add_c(out, name);
        return;
    }
    if (type->kind == CQL_CUSTOM || type->kind == CQL_UDT) {
        strbuf_add_str(out, type->name);
        return;
    }
    strbuf_add_c(out, type->kind == CQL_LIST  ? "list<"
                      : type->kind == CQL_SET ? "set<"
                      : type->kind == CQL_MAP ? "map<"
                                              : "tuple<");
    for (uint32_t i = 0; i < type->part_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        cql_type_name(out, &type->parts[i]);
    }
    strbuf_add_char(out, '>');
}

/* ── values as text ────────────────────────────────────────────────────────────────────────────*/

static int64_t as_int(Str bytes)
{
    CqlReader reader = cql_reader(bytes);
    uint64_t value = cql_read_uint(&reader, bytes.bytes);
    uint32_t unused = 64 - 8 * bytes.bytes;

    return (int64_t)(value << unused) >> unused;
}

static void add_hex(StrBuf *out, Str bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (uint32_t i = 0; i < bytes.bytes; i++) {
        strbuf_add_char(out, digits[(unsigned char)bytes.data[i] >> 4]);
        strbuf_add_char(out, digits[bytes.data[i] & 15]);
    }
}

static void add_uuid(StrBuf *out, Str bytes)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    uint32_t from = 0;

    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (i > 0)
            strbuf_add_char(out, '-');
        add_hex(out, str_slice(bytes, from, from + groups[i]));
        from += groups[i];
    }
}

static void add_inet(StrBuf *out, Str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.data;

    if (bytes.bytes == 4) {
        strbuf_printf(out, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
        return;
    }
    for (uint32_t i = 0; i < 16; i += 2)
        strbuf_printf(out, "%s%x", i ? ":" : "", (unsigned)p[i] << 8 | p[i + 1]);
}

/* A two's complement number of any length, in decimal, with a point before its last `scale` digits.
 * Long division by a billion: quadratic, so the length is limited. */
static bool add_varint(StrBuf *out, Str bytes, int64_t scale)
{
    enum { BYTES_MAX = 512, SCALE_MAX = 2000 };
    uint32_t words[BYTES_MAX / 4 + 1] = {0};
    char digits[BYTES_MAX * 3];
    uint32_t word_count = (bytes.bytes + 3) / 4;
    int digit_count = 0;
    bool negative;
    bool more = true;

    if (bytes.bytes == 0 || bytes.bytes > BYTES_MAX || scale > SCALE_MAX || scale < -SCALE_MAX)
        return false;
    negative = (bytes.data[0] & 0x80) != 0;
    for (uint32_t i = 0; i < word_count * 4; i++) {
        unsigned char byte = i < bytes.bytes ? (unsigned char)bytes.data[bytes.bytes - 1 - i]
                             : negative      ? 0xFF
                                             : 0;

        words[i / 4] |= (uint32_t)byte << i % 4 * 8;
    }
    if (negative) {
        uint64_t carry = 1;

        for (uint32_t i = 0; i < word_count; i++) {
            carry += (uint32_t)~words[i];
            words[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    while (more) {
        uint64_t rest = 0;

        more = false;
        for (uint32_t i = word_count; i-- > 0;) {
            rest = rest << 32 | words[i];
            words[i] = (uint32_t)(rest / 1000000000);
            rest %= 1000000000;
            more |= words[i] != 0;
        }
        for (int i = 0; i < 9; i++) {
            digits[digit_count++] = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    while (digit_count > 1 && digit_count > scale + 1 && digits[digit_count - 1] == '0')
        digit_count--;
    if (negative)
        strbuf_add_char(out, '-');
    for (int64_t i = MAX((int64_t)digit_count, scale + 1); i-- > 0;) {
        strbuf_add_char(out, i < digit_count ? digits[i] : '0');
        if (i == scale && scale > 0)
            strbuf_add_char(out, '.');
    }
    for (int64_t i = scale; i < 0; i++)
        strbuf_add_char(out, '0');
    return true;
}

static bool add_decimal(StrBuf *out, Str bytes)
{
    if (bytes.bytes < 5)
        return false;
    return add_varint(out, str_slice(bytes, 4, bytes.bytes), as_int(str_slice(bytes, 0, 4)));
}

static bool add_date(StrBuf *out, int64_t days)
{
    date_to_text(out, (int32_t)days);
    return true;
}

/* Milliseconds since 1970 as ISO text; those beyond the calendar as a number. */
static bool add_timestamp(StrBuf *out, int64_t ms)
{
    if (ms > INT64_MAX / 1000 || ms < INT64_MIN / 1000) {
        strbuf_add_int64(out, ms);
        return true;
    }
    timestamp_to_iso(out, ms * 1000, 3);
    strbuf_add_char(out, 'Z');
    return true;
}

static bool add_time(StrBuf *out, int64_t ns)
{
    if (ns < 0 || ns >= INT64_C(86400000000000))
        return false;
    strbuf_printf(out, "%02d:%02d:%02d.%09d", (int)(ns / INT64_C(3600000000000)),
                  (int)(ns / INT64_C(60000000000) % 60), (int)(ns / 1000000000 % 60),
                  (int)(ns % 1000000000));
    return true;
}

/* Zigzag integers whose first byte tells by its leading ones how many follow. */
static bool read_vint(CqlReader *reader, int64_t *out)
{
    uint8_t first = cql_read_byte(reader);
    uint32_t more = 0;
    uint64_t value;

    while (more < 8 && first & 0x80 >> more)
        more++;
    value = more < 8 ? (uint64_t)first & (0xFFu >> more) : 0;
    for (uint32_t i = 0; i < more; i++)
        value = value << 8 | cql_read_byte(reader);
    *out = (int64_t)(value >> 1 ^ (uint64_t) - (int64_t)(value & 1));
    return !reader->failed;
}

static bool add_duration(StrBuf *out, Str bytes)
{
    CqlReader reader = cql_reader(bytes);
    int64_t months;
    int64_t days;
    int64_t ns;

    if (!read_vint(&reader, &months) || !read_vint(&reader, &days) || !read_vint(&reader, &ns))
        return false;
    strbuf_printf(out, "%lldmo%lldd%lldns", (long long)months, (long long)days, (long long)ns);
    return true;
}

/* What a value must have in bytes; 0: any number. */
static uint32_t fixed_bytes(CqlKind kind)
{
    switch ((int)kind) {
    case CQL_BOOLEAN:
    case CQL_TINYINT:
        return 1;
    case CQL_SMALLINT:
        return 2;
    case CQL_INT:
    case CQL_FLOAT:
    case CQL_DATE:
        return 4;
    case CQL_BIGINT:
    case CQL_COUNTER:
    case CQL_DOUBLE:
    case CQL_TIMESTAMP:
    case CQL_TIME:
        return 8;
    case CQL_UUID:
    case CQL_TIMEUUID:
        return 16;
    default:
        return 0;
    }
}

/* Old data may hold values of no bytes, of any type; where that is not an empty text, it is as good as
 * null. */
bool cql_is_empty(const CqlType *type, Str bytes)
{
    return bytes.bytes == 0 && type->kind != CQL_TEXT && type->kind != CQL_ASCII &&
           type->kind != CQL_BLOB && type->kind != CQL_CUSTOM;
}

static bool add_json(StrBuf *out, const CqlType *type, Str bytes, int depth);

/* Whether JSON has the value without quotes: numbers, but for NaN and infinities, and booleans. */
static bool is_bare(const CqlType *type, Str text)
{
    switch ((int)type->kind) {
    case CQL_BIGINT:
    case CQL_BOOLEAN:
    case CQL_COUNTER:
    case CQL_DECIMAL:
    case CQL_INT:
    case CQL_VARINT:
    case CQL_SMALLINT:
    case CQL_TINYINT:
        return true;
    case CQL_FLOAT:
    case CQL_DOUBLE:
        return !str_is(text, "NaN") && !str_ends_with(text, STR("Infinity"));
    default:
        return false;
    }
}

/* A value in JSON's spelling; a blob as base64, as the reader of JSON expects it. */
static bool add_json_scalar(StrBuf *out, const CqlType *type, Str bytes)
{
    StrBuf text;
    bool ok;

    strbuf_init(&text);
    if (type->kind == CQL_BLOB) {
        base64_encode(&text, bytes);
        ok = true;
    } else {
        ok = cql_value_to_text(&text, type, bytes);
    }
    if (is_bare(type, strbuf_str(&text)))
        strbuf_add_str(out, strbuf_str(&text));
    else
        strbuf_add_json_string(out, strbuf_str(&text));
    strbuf_done(&text);
    return ok;
}

static bool add_json_collection(StrBuf *out, const CqlType *type, Str bytes, int depth)
{
    CqlReader reader = cql_reader(bytes);
    int32_t count = cql_read_int(&reader);
    bool is_map = type->kind == CQL_MAP;

    strbuf_add_char(out, is_map ? '{' : '[');
    for (int32_t i = 0; i < count; i++) {
        Str item = cql_read_bytes(&reader);

        if (reader.failed)
            return false;
        if (i > 0)
            strbuf_add_char(out, ',');
        if (is_map) { /* JSON's keys are strings. */
            StrBuf key;
            bool ok;

            strbuf_init(&key);
            ok = item.data && cql_value_to_text(&key, &type->parts[0], item);
            strbuf_add_json_string(out, strbuf_str(&key));
            strbuf_done(&key);
            if (!ok)
                return false;
            strbuf_add_char(out, ':');
            item = cql_read_bytes(&reader);
        }
        if (reader.failed || !add_json(out, &type->parts[is_map ? 1 : 0], item, depth))
            return false;
    }
    strbuf_add_char(out, is_map ? '}' : ']');
    return count >= 0;
}

/* A tuple as an array, a UDT as an object; fields that a later version added are missing: null. */
static bool add_json_tuple(StrBuf *out, const CqlType *type, Str bytes, int depth)
{
    CqlReader reader = cql_reader(bytes);
    bool is_udt = type->kind == CQL_UDT;

    strbuf_add_char(out, is_udt ? '{' : '[');
    for (uint32_t i = 0; i < type->part_count; i++) {
        Str field = cql_left(&reader) ? cql_read_bytes(&reader) : (Str){NULL, 0};

        if (reader.failed)
            return false;
        if (i > 0)
            strbuf_add_char(out, ',');
        if (is_udt) {
            strbuf_add_json_string(out, type->part_names[i]);
            strbuf_add_char(out, ':');
        }
        if (!add_json(out, &type->parts[i], field, depth))
            return false;
    }
    strbuf_add_char(out, is_udt ? '}' : ']');
    return true;
}

static bool add_json(StrBuf *out, const CqlType *type, Str bytes, int depth)
{
    if (!bytes.data || cql_is_empty(type, bytes)) {
        strbuf_add_c(out, "null");
        return true;
    }
    if (depth > CQL_TYPE_DEPTH_MAX)
        return false;
    switch ((int)type->kind) {
    case CQL_LIST:
    case CQL_SET:
    case CQL_MAP:
        return add_json_collection(out, type, bytes, depth + 1);
    case CQL_TUPLE:
    case CQL_UDT:
        return add_json_tuple(out, type, bytes, depth + 1);
    default:
        return add_json_scalar(out, type, bytes);
    }
}

bool cql_value_to_text(StrBuf *out, const CqlType *type, Str bytes)
{
    uint32_t fixed = fixed_bytes(type->kind);
    union {
        float f32;
        double f64;
        uint32_t u32;
        uint64_t u64;
    } real;

    if (cql_is_empty(type, bytes))
        return true;
    if (fixed && bytes.bytes != fixed)
        return false;
    switch ((int)type->kind) {
    case CQL_BOOLEAN:
        strbuf_add_c(out, bytes.data[0] ? "true" : "false");
        return true;
    case CQL_TINYINT:
    case CQL_SMALLINT:
    case CQL_INT:
    case CQL_BIGINT:
    case CQL_COUNTER:
        strbuf_add_int64(out, as_int(bytes));
        return true;
    case CQL_FLOAT:
        real.u32 = (uint32_t)as_int(bytes);
        float_to_text(out, real.f32);
        return true;
    case CQL_DOUBLE:
        real.u64 = (uint64_t)as_int(bytes);
        double_to_text(out, real.f64);
        return true;
    case CQL_ASCII:
    case CQL_TEXT:
        strbuf_add_str(out, bytes);
        return true;
    case CQL_DECIMAL:
        return add_decimal(out, bytes);
    case CQL_VARINT:
        return add_varint(out, bytes, 0);
    case CQL_TIMESTAMP:
        return add_timestamp(out, as_int(bytes));
    case CQL_DATE: /* Unsigned, 1970 in the middle. */
        return add_date(out, (int64_t)(uint32_t)as_int(bytes) - (INT64_C(1) << 31));
    case CQL_TIME:
        return add_time(out, as_int(bytes));
    case CQL_UUID:
    case CQL_TIMEUUID:
        add_uuid(out, bytes);
        return true;
    case CQL_INET:
        if (bytes.bytes != 4 && bytes.bytes != 16)
            return false;
        add_inet(out, bytes);
        return true;
    case CQL_DURATION:
        return add_duration(out, bytes);
    case CQL_LIST:
    case CQL_SET:
    case CQL_MAP:
    case CQL_TUPLE:
    case CQL_UDT:
        return add_json(out, type, bytes, 0);
    default: /* BLOB, CUSTOM */
        strbuf_add_c(out, "0x");
        add_hex(out, bytes);
        return true;
    }
}
