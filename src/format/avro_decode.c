/*
 * avro_decode.c: Avro's bytes into columns, by a plan a schema (avro_plan.h).
 *
 * A record that turns out to be bad half-way has left values in some builders: settle() brings them
 * all to the same number of rows, and bad rows are left out at the end (STRICT), or are NULL.
 *
 * Records in frames name their schema by a number. ready() gets those of a batch, one after the other; a
 * registry that does not answer makes it say "not for now", which no record suffers from. What is known for
 * good (no such schema; it does not fit the table) is remembered.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "column/format_value.h"
#include "format/avro_plan.h"

enum {
    /* Items of arrays and maps that a record may have beside one for each byte: those of null have none. */
    FREE_ITEMS = 1024,
    FRAME_BYTES = 5,
    SCHEMAS_MAX = 10000,
};

typedef struct KnownSchema {
    int32_t id; /* Not framed: 0, the only one. */
    const AvroPlan *plan; /* NULL: it does not fit the table, or cannot be had. */
    const char *why;
} KnownSchema;

typedef struct AvroDecoder {
    Decoder base;
    FormatMode mode;
    const FormatSchemas *schemas;
    const Type *row_type; /* STRUCT of the columns read. */
    const AvroNode *reader;
    VEC(KnownSchema) known;
    Arena known_arena; /* Their plans. */
    Arena arena;
} AvroDecoder;

/* The bytes of a record, being read. */
typedef struct Bytes {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t items_left;
    const char *reason; /* NULL: all is well so far. */
    const char *message;
} Bytes;

static Bytes bytes_of(Str text)
{
    const uint8_t *at = (const uint8_t *)(text.data ? text.data : "");

    return (Bytes){
        .at = at, .end = at + text.bytes, .items_left = (uint64_t)text.bytes + FREE_ITEMS};
}

static bool bad(Bytes *b, const char *reason, const char *message)
{
    if (!b->reason) {
        b->reason = reason;
        b->message = message;
    }
    return false;
}

static bool ends_early(Bytes *b)
{
    return bad(b, "malformed_avro", "the record ends too early");
}

/* ── numbers and bytes ─────────────────────────────────────────────────────────────────────────*/

static bool read_long(Bytes *b, int64_t *out)
{
    uint64_t bits = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte;

        if (b->at == b->end)
            return ends_early(b);
        byte = *b->at++;
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            *out = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return true;
        }
    }
    return bad(b, "malformed_avro", "a number has more than 64 bits");
}

static bool read_fixed(Bytes *b, size_t bytes, Str *out)
{
    if ((size_t)(b->end - b->at) < bytes)
        return ends_early(b);
    *out = (Str){(const char *)b->at, (uint32_t)bytes};
    b->at += bytes;
    return true;
}

static bool read_bytes(Bytes *b, Str *out)
{
    int64_t bytes;

    if (!read_long(b, &bytes))
        return false;
    if (bytes < 0)
        return bad(b, "malformed_avro", "a length is below zero");
    return read_fixed(b, (size_t)bytes, out);
}

/* The bytes of any kind that has some. */
static bool read_text(Bytes *b, const AvroNode *node, Str *out)
{
    int64_t symbol;

    if (node->kind == AVRO_FIXED)
        return read_fixed(b, node->size, out);
    if (node->kind != AVRO_ENUM)
        return read_bytes(b, out);
    if (!read_long(b, &symbol))
        return false;
    if (symbol < 0 || symbol >= node->symbol_count)
        return bad(b, "malformed_avro", "an enum has a number that is no symbol's");
    *out = node->symbols[symbol];
    return true;
}

/* How many items the next block of an array or map has; 0: the end. */
static bool read_block(Bytes *b, int64_t *count)
{
    int64_t bytes;

    if (!read_long(b, count))
        return false;
    if (*count < 0) {
        if (!read_long(b, &bytes))
            return false;
        *count = *count == INT64_MIN ? INT64_MAX : -*count;
    }
    if ((uint64_t)*count > b->items_left)
        return bad(b, "malformed_avro", "an array or map has more items than bytes");
    b->items_left -= (uint64_t)*count;
    return true;
}

/* ── what nobody reads ─────────────────────────────────────────────────────────────────────────*/

static bool skip(Bytes *b, const AvroNode *node, int depth);

static bool skip_items(Bytes *b, const AvroNode *node, int depth)
{
    int64_t count;
    Str key;

    for (;;) {
        if (!read_block(b, &count))
            return false;
        if (count == 0)
            return true;
        for (int64_t i = 0; i < count; i++) {
            if ((node->kind == AVRO_MAP && !read_bytes(b, &key)) ||
                !skip(b, node->items, depth + 1))
                return false;
        }
    }
}

static bool read_branch(Bytes *b, const AvroNode *node, uint32_t *out)
{
    int64_t branch;

    if (!read_long(b, &branch))
        return false;
    if (branch < 0 || branch >= node->branch_count)
        return bad(b, "malformed_avro", "a union has a number that is no branch's");
    *out = (uint32_t)branch;
    return true;
}

static bool skip(Bytes *b, const AvroNode *node, int depth)
{
    const uint8_t *start = b->at;
    uint32_t branch;
    int64_t number;
    Str text;

    if (depth > AVRO_DEPTH_MAX)
        return bad(b, "malformed_avro", "it is nested too deep");
    switch (node->kind) {
    case AVRO_NULL:
        return true;
    case AVRO_BOOLEAN:
        return read_fixed(b, 1, &text);
    case AVRO_INT:
    case AVRO_LONG:
        return read_long(b, &number);
    case AVRO_FLOAT:
        return read_fixed(b, 4, &text);
    case AVRO_DOUBLE:
        return read_fixed(b, 8, &text);
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
    case AVRO_ENUM:
        return read_text(b, node, &text);
    case AVRO_ARRAY:
    case AVRO_MAP:
        return skip_items(b, node, depth);
    case AVRO_RECORD:
        for (uint32_t i = 0; i < node->field_count; i++) {
            if (!skip(b, node->fields[i].type, depth + 1))
                return false;
        }
        /* Records in records, all of nothing but nulls, have no bytes that would end them. */
        if (b->at == start && b->items_left-- == 0)
            return bad(b, "malformed_avro", "it has too many records without a byte");
        return true;
    case AVRO_UNION:
        return read_branch(b, node, &branch) && skip(b, node->branches[branch], depth + 1);
    case AVRO_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

static bool too_wide(Bytes *b)
{
    return bad(b, "bad_value", "a number does not fit its column");
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static bool to_microseconds(Bytes *b, AvroLogical logical, int64_t value, int64_t *out)
{
    switch ((int)logical) {
    case AVRO_TIMESTAMP_MILLIS:
    case AVRO_LOCAL_MILLIS:
        return !__builtin_mul_overflow(value, (int64_t)1000, out) || too_wide(b);
    case AVRO_TIMESTAMP_NANOS:
    case AVRO_LOCAL_NANOS:
        *out = floor_div(value, 1000);
        return true;
    default:
        *out = value;
        return true;
    }
}

/* Big-endian two's complement. */
static bool to_decimal(Bytes *b, const AvroPlan *plan, Str bytes, Int128 *out)
{
    Int128 value = bytes.bytes && (bytes.data[0] & 0x80) ? -1 : 0;
    uint32_t i = 0;

    /* Longer than 16 bytes it may be for signs alone. */
    while (bytes.bytes - i > sizeof value) {
        if ((uint8_t)bytes.data[i++] != (uint8_t)value)
            return too_wide(b);
    }
    if (i && ((bytes.data[i] ^ (char)value) & 0x80))
        return too_wide(b);
    for (; i < bytes.bytes; i++)
        value = (Int128)((UInt128)value << 8 | (uint8_t)bytes.data[i]);
    return (decimal_rescale(value, plan->node->scale, plan->type->scale, out) &&
            decimal_fits(*out, plan->type->precision)) ||
           too_wide(b);
}

static bool read_decimal(Bytes *b, const AvroPlan *plan, VectorBuilder *out)
{
    Int128 value;
    int64_t number;
    Str bytes;

    if (plan->node->logical == AVRO_DECIMAL) {
        if (!read_text(b, plan->node, &bytes) || !to_decimal(b, plan, bytes, &value))
            return false;
    } else if (!read_long(b, &number)) {
        return false;
    } else if (!decimal_rescale(number, 0, plan->type->scale, &value) ||
               !decimal_fits(value, plan->type->precision)) {
        return too_wide(b);
    }
    builder_add_i128(out, value);
    return true;
}

static bool read_integer(Bytes *b, const AvroPlan *plan, VectorBuilder *out)
{
    int64_t value;

    if (!read_long(b, &value))
        return false;
    switch ((int)plan->type->kind) {
    case TYPE_TINYINT:
        if (value != (int8_t)value)
            return too_wide(b);
        builder_add_i8(out, (int8_t)value);
        return true;
    case TYPE_SMALLINT:
        if (value != (int16_t)value)
            return too_wide(b);
        builder_add_i16(out, (int16_t)value);
        return true;
    case TYPE_INT:
    case TYPE_DATE:
        if (value != (int32_t)value)
            return too_wide(b);
        builder_add_i32(out, (int32_t)value);
        return true;
    case TYPE_FLOAT:
        builder_add_f32(out, (float)value);
        return true;
    case TYPE_DOUBLE:
        builder_add_f64(out, (double)value);
        return true;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        if (!to_microseconds(b, plan->node->logical, value, &value))
            return false;
        break;
    default:
        break;
    }
    builder_add_i64(out, value);
    return true;
}

/* Little-endian, as this machine (the build checks it: log/wire.h). */
static bool read_floating(Bytes *b, const AvroPlan *plan, VectorBuilder *out)
{
    float single = 0;
    double value = 0;
    Str bytes;

    if (!read_fixed(b, plan->node->kind == AVRO_FLOAT ? sizeof single : sizeof value, &bytes))
        return false;
    if (plan->node->kind == AVRO_FLOAT)
        memcpy(&single, bytes.data, sizeof single);
    else
        memcpy(&value, bytes.data, sizeof value);
    if (plan->type->kind == TYPE_FLOAT)
        builder_add_f32(out, single);
    else
        builder_add_f64(out, plan->node->kind == AVRO_FLOAT ? (double)single : value);
    return true;
}

static bool is_utf8(Str text)
{
    for (uint32_t i = 0; i < text.bytes;) {
        uint32_t length = utf8_valid_bytes(text.data + i, text.bytes - i);

        if (!length)
            return false;
        i += length;
    }
    return true;
}

static bool read_string(Bytes *b, const AvroPlan *plan, VectorBuilder *out)
{
    Str text;

    if (!read_text(b, plan->node, &text))
        return false;
    if (plan->type->kind == TYPE_STRING && !is_utf8(text))
        return bad(b, "bad_value", "a string is not UTF-8");
    builder_add_str(out, text);
    return true;
}

static bool read_value(Bytes *b, const AvroPlan *plan, VectorBuilder *out, int depth);

/* By key, entries of one key in their order: both point into one array. */
static int compare_entries(const void *a, const void *b)
{
    const Str *x = *(Str *const *)a, *y = *(Str *const *)b;
    int order = str_compare(*x, *y);

    return order != 0 ? order : (x > y) - (x < y);
}

/*
 * Where a map has a key several times, the last entry counts, as for Spark. Looks through the map ahead
 * of b: one flag an entry, set where a later one replaces it; NULL: none is replaced, or the map is
 * malformed, which its reader says.
 */
static bool *find_replaced(Bytes ahead, const AvroPlan *plan, Arena *arena, int depth)
{
    VectorBuilder keys;
    bool *replaced = NULL;
    const Str **order;
    int64_t count;
    Str key;

    builder_init(&keys, arena, plan->type->fields[0].type, 0);
    while (read_block(&ahead, &count) && count > 0) {
        for (int64_t i = 0; i < count; i++) {
            if (!read_bytes(&ahead, &key) || !skip(&ahead, plan->node->items, depth + 1))
                return NULL;
            builder_add_str(&keys, key);
        }
    }
    order = ARENA_ARRAY(arena, const Str *, keys.row_count);
    for (uint32_t i = 0; i < keys.row_count; i++)
        order[i] = (const Str *)keys.data + i;
    qsort(order, keys.row_count, sizeof *order, compare_entries);
    for (uint32_t i = 1; i < keys.row_count; i++) {
        if (!str_equal(*order[i - 1], *order[i]))
            continue;
        if (!replaced)
            replaced = arena_zalloc(arena, keys.row_count);
        replaced[order[i - 1] - (const Str *)keys.data] = true;
    }
    return replaced;
}

static bool read_key(Bytes *b, VectorBuilder *out)
{
    Str key;

    if (!read_bytes(b, &key))
        return false;
    if (!is_utf8(key))
        return bad(b, "bad_value", "a key of a map is not UTF-8");
    builder_add_str(out, key);
    return true;
}

static bool read_items(Bytes *b, const AvroPlan *plan, VectorBuilder *out, int depth)
{
    bool is_map = plan->node->kind == AVRO_MAP;
    bool *replaced = is_map ? find_replaced(*b, plan, out->arena, depth) : NULL;
    uint32_t entry_i = 0;
    int64_t count;
    Str key;

    for (;;) {
        if (!read_block(b, &count))
            return false;
        if (count == 0)
            break;
        for (int64_t i = 0; i < count; i++, entry_i++) {
            if (replaced && replaced[entry_i]) {
                if (!read_bytes(b, &key) || !skip(b, plan->node->items, depth + 1))
                    return false;
                continue;
            }
            if (is_map && !read_key(b, &out->children[0]))
                return false;
            if (!read_value(b, plan->items, &out->children[is_map], depth + 1))
                return false;
        }
    }
    builder_end_row(out);
    return true;
}

/* The fields of a record into the children; the row itself is the caller's to end. */
static bool read_fields(Bytes *b, const AvroPlan *plan, VectorBuilder *children, int depth)
{
    for (uint32_t i = 0; i < plan->node->field_count; i++) {
        const AvroPlanField *field = &plan->fields[i];

        if (field->plan ? !read_value(b, field->plan, &children[field->child_i], depth + 1)
                        : !skip(b, field->node, depth + 1))
            return false;
    }
    for (uint32_t i = 0; i < plan->missing_count; i++) {
        const AvroMissing *missing = &plan->missing[i];
        Bytes standard = bytes_of(missing->bytes);

        if (!missing->plan)
            builder_add_null(&children[missing->child_i]);
        else if (!read_value(&standard, missing->plan, &children[missing->child_i], depth + 1))
            return bad(b, standard.reason, standard.message);
    }
    return true;
}

static bool read_members(Bytes *b, const AvroPlan *plan, uint32_t branch, VectorBuilder *out,
                         int depth)
{
    const AvroNode *node = plan->node->branches[branch];

    if (node->kind == AVRO_NULL) {
        builder_add_null(out);
        return true;
    }
    if (plan->member_of[branch] == UINT32_MAX && !skip(b, node, depth + 1))
        return false;
    for (uint32_t c = 0; c < plan->type->field_count; c++) {
        if (c != plan->member_of[branch])
            builder_add_null(&out->children[c]);
        else if (!read_value(b, plan->branches[branch], &out->children[c], depth + 1))
            return false;
    }
    builder_end_row(out);
    return true;
}

static bool read_union(Bytes *b, const AvroPlan *plan, VectorBuilder *out, int depth)
{
    uint32_t branch;

    if (!read_branch(b, plan->node, &branch))
        return false;
    if (plan->members)
        return read_members(b, plan, branch, out, depth);
    if (plan->node->branches[branch]->kind == AVRO_NULL) {
        builder_add_null(out);
        return true;
    }
    if (!plan->branches[branch])
        return bad(b, "bad_value", "a value is of a branch that does not fit its column");
    return read_value(b, plan->branches[branch], out, depth + 1);
}

static bool read_value(Bytes *b, const AvroPlan *plan, VectorBuilder *out, int depth)
{
    Str byte;

    if (depth > AVRO_DEPTH_MAX)
        return bad(b, "malformed_avro", "it is nested too deep");
    switch (plan->node->kind) {
    case AVRO_NULL:
        builder_add_null(out);
        return true;
    case AVRO_BOOLEAN:
        if (!read_fixed(b, 1, &byte))
            return false;
        builder_add_bool(out, byte.data[0] != 0);
        return true;
    case AVRO_INT:
    case AVRO_LONG:
        return plan->type->kind == TYPE_DECIMAL ? read_decimal(b, plan, out)
                                                : read_integer(b, plan, out);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return read_floating(b, plan, out);
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
    case AVRO_ENUM:
        return plan->type->kind == TYPE_DECIMAL ? read_decimal(b, plan, out)
                                                : read_string(b, plan, out);
    case AVRO_ARRAY:
    case AVRO_MAP:
        return read_items(b, plan, out, depth);
    case AVRO_RECORD:
        if (!read_fields(b, plan, out->children, depth))
            return false;
        builder_end_row(out);
        return true;
    case AVRO_UNION:
        return read_union(b, plan, out, depth);
    case AVRO_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* ── the schema of a record ────────────────────────────────────────────────────────────────────*/

static bool make_plan(AvroDecoder *decoder, Str text, const AvroPlan **out, Error *err)
{
    const AvroNode *writer;

    return avro_schema_parse(&decoder->known_arena, text, &writer, err) &&
           avro_plan(&decoder->known_arena, writer, decoder->reader, decoder->row_type, out, err);
}

static bool is_framed(const AvroDecoder *decoder)
{
    return decoder->schemas && decoder->schemas->framed;
}

/* The number of a record's schema. */
static bool read_frame(const uint8_t *at, size_t bytes, int32_t *id)
{
    if (bytes < FRAME_BYTES || at[0] != 0)
        return false;
    *id = (int32_t)((uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4]);
    return true;
}

static const KnownSchema *find_known(const AvroDecoder *decoder, int32_t id)
{
    for (size_t i = 0; i < decoder->known.count; i++) {
        if (decoder->known.items[i].id == id)
            return &decoder->known.items[i];
    }
    return NULL;
}

/* False: not for now. */
static bool learn(AvroDecoder *decoder, int32_t id, Error *err)
{
    KnownSchema known = {.id = id};
    Str text;

    if (!decoder->schemas->fetch(decoder->schemas->self, id, &decoder->known_arena, &text, err)) {
        if (err->kind == ERROR_RETRY)
            return false;
    } else if (make_plan(decoder, text, &known.plan, err)) {
        VEC_ADD(&decoder->known, known);
        return true;
    }
    known.plan = NULL;
    known.why = arena_printf(&decoder->known_arena, "schema %d: %s", (int)id, err->text);
    VEC_ADD(&decoder->known, known);
    return true;
}

static bool avro_ready(Decoder *base, const Str *records, uint32_t record_count, Error *err)
{
    AvroDecoder *decoder = (AvroDecoder *)base;
    int32_t last = -1;
    int32_t id;

    if (!is_framed(decoder))
        return true;
    /* Somebody makes numbers up: those known are forgotten. Not in between, as decode needs them all. */
    if (decoder->known.count >= SCHEMAS_MAX) {
        decoder->known.count = 0;
        arena_reset(&decoder->known_arena);
    }
    for (uint32_t i = 0; i < record_count; i++) {
        if (!records[i].data ||
            !read_frame((const uint8_t *)records[i].data, records[i].bytes, &id) || id == last)
            continue;
        last = id;
        if (!find_known(decoder, id) && !learn(decoder, id, err))
            return false;
    }
    return true;
}

/* Cuts the frame off; NULL with b's reason set: there is none, or its schema is of no use. */
static const AvroPlan *plan_of_record(AvroDecoder *decoder, Bytes *b)
{
    const KnownSchema *known;
    int32_t id;

    if (!is_framed(decoder))
        return decoder->known.items[0].plan;
    if (!read_frame(b->at, (size_t)(b->end - b->at), &id)) {
        bad(b, "malformed_avro", "the record does not begin with 0 and the number of a schema");
        return NULL;
    }
    b->at += FRAME_BYTES;
    known = find_known(decoder, id);
    ASSERT(known); /* By ready. */
    if (!known->plan)
        bad(b, "bad_schema", known->why);
    return known->plan;
}

/* ── records ───────────────────────────────────────────────────────────────────────────────────*/

/* Makes the children of one length, and the builder of `row_count` rows at least. */
static void settle(VectorBuilder *b, uint32_t row_count)
{
    uint32_t longest = b->offsets ? 0 : row_count;

    for (uint32_t c = 0; c < b->type->field_count; c++) {
        settle(&b->children[c], 0);
        longest = MAX(longest, b->children[c].row_count);
    }
    for (uint32_t c = 0; c < b->type->field_count; c++)
        settle(&b->children[c], longest);
    if (b->type->field_count && !b->offsets)
        row_count = longest;
    if (b->row_count >= row_count)
        return;
    if (b->type->field_count) /* Its children have the row, or some elements for it. */
        builder_end_row(b);
    while (b->row_count < row_count)
        builder_add_null(b);
}

static bool decode_record(AvroDecoder *decoder, Arena *arena, Str record, uint32_t record_i,
                          VectorBuilder *columns, BadRecords *bad_records)
{
    Bytes b = bytes_of(record);
    const AvroPlan *plan = plan_of_record(decoder, &b);

    if (plan && read_fields(&b, plan, columns, 0) && b.at != b.end)
        bad(&b, "malformed_avro", "there are bytes behind the record");
    if (b.reason)
        bad_records_add(bad_records, arena,
                        (BadRecord){record_i, b.reason, arena_strdup(arena, b.message)});
    return !b.reason;
}

static void avro_decode(Decoder *base, Arena *arena, const Str *records, uint32_t record_count,
                        Batch **out, uint32_t *rows, BadRecords *bad_records)
{
    AvroDecoder *decoder = (AvroDecoder *)base;
    const Type *type = decoder->row_type;
    VectorBuilder *columns = ARENA_ARRAY(arena, VectorBuilder, (size_t)type->field_count + 1);
    uint32_t *kept = ARENA_ARRAY(arena, uint32_t, (size_t)record_count + 1);
    uint32_t kept_count = 0;

    for (uint32_t c = 0; c < type->field_count; c++)
        builder_init(&columns[c], arena, type->fields[c].type, record_count);
    for (uint32_t i = 0; i < record_count; i++) {
        bool ok = decode_record(decoder, arena, records[i], i, columns, bad_records);

        if (ok || decoder->mode == FORMAT_PERMISSIVE)
            kept[kept_count++] = i;
        for (uint32_t c = 0; !ok && c < type->field_count; c++) {
            settle(&columns[c], i + 1);
            if (decoder->mode == FORMAT_PERMISSIVE && columns[c].valid)
                bits_clear(columns[c].valid, i);
        }
    }
    *out = batch_new(arena, type->field_count, record_count);
    for (uint32_t c = 0; c < type->field_count; c++)
        (*out)->columns[c] = builder_finish(&columns[c]);
    if (kept_count < record_count)
        *out = batch_select(arena, *out, kept, kept_count);
    for (uint32_t i = 0; rows && i < kept_count; i++)
        rows[i] = kept[i];
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static void avro_decoder_free(Decoder *base)
{
    AvroDecoder *decoder = (AvroDecoder *)base;

    VEC_DONE(&decoder->known);
    arena_done(&decoder->known_arena);
    arena_done(&decoder->arena);
    free(decoder);
}

static const DecoderMethods avro_decoder_methods = {
    .name = "avro", .ready = avro_ready, .decode = avro_decode, .free = avro_decoder_free};

/* The one schema of records without frames. */
static bool know_the_schema(AvroDecoder *decoder, const FormatOptions *options,
                            const Schema *schema, Error *err)
{
    KnownSchema known = {0};
    bool ok = true;
    Str text;
    StrBuf made;

    strbuf_init(&made);
    if (options->schemas && options->schemas->schema.data) {
        text = options->schemas->schema;
        ok = avro_schema_parse(&decoder->arena, text, &decoder->reader, err);
    } else if (!(options->schemas && options->schemas->framed)) {
        ok = avro_schema_of(&made, options->record_schema ? options->record_schema : schema, "row",
                            err);
        text = strbuf_str(&made);
    }
    if (ok && !(options->schemas && options->schemas->framed)) {
        ok = make_plan(decoder, text, &known.plan, err);
        VEC_ADD(&decoder->known, known);
    }
    strbuf_done(&made);
    return ok;
}

bool avro_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                         Error *err)
{
    AvroDecoder *decoder = mem_zalloc(sizeof *decoder);

    decoder->base.methods = &avro_decoder_methods;
    decoder->mode = options->mode;
    decoder->schemas = options->schemas;
    arena_init(&decoder->arena);
    arena_init(&decoder->known_arena);
    decoder->row_type = type_struct(&decoder->arena, schema->columns, schema->column_count);
    if (!know_the_schema(decoder, options, schema, err)) {
        avro_decoder_free(&decoder->base);
        return error_wrap(err, "format 'avro'");
    }
    *out = &decoder->base;
    return true;
}
