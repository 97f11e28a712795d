/*
 * fuzz_json.c: any bytes as JSON records: a column of types, chosen by the first byte, then lines.
 *
 * What must hold: no read outside the records; whole vectors; the same rows whether records are
 * decoded together or alone (what a decoder remembers of one record must not change another); what
 * was decoded can be written and read again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char *const shapes[] = {
    "a int, b string, c double, d timestamp, e boolean",
    "a bigint, s struct<a:int,b:struct<c:string,d:date>,e:array<int>>",
    "a array<struct<b:int,c:array<string>>>, b decimal(10,2), c binary",
    "m map<string,array<int>>, n map<int,struct<x:string>>, d decimal(38,10)",
    "a tinyint, b smallint, c float, d timestamp_ntz, e interval day to second, f interval year",
    "a string, aa string, ab array<array<map<string,double>>>, b interval",
};

enum { RECORDS_MAX = 64 };

static Vector *read_all(const Type *type, Arena *arena, const Str *records, uint32_t count)
{
    JsonReader *reader = json_reader_create(type, FORMAT_PERMISSIVE, zone_utc());
    BadRecords bad = {0};
    Vector *v = json_reader_read(reader, arena, records, count, &bad);

    ASSERT(vector_verify(v));
    json_reader_free(reader);
    return v;
}

static bool is_utf8(Str text)
{
    for (uint32_t at = 0, bytes; at < text.bytes; at += bytes) {
        bytes = utf8_valid_bytes(text.data + at, text.bytes - at);
        if (bytes == 0)
            return false;
    }
    return true;
}

static void check_alone_and_written(const Type *type, Arena *arena, const Str *records,
                                    uint32_t count)
{
    Vector *together = read_all(type, arena, records, count);

    for (uint32_t i = 0; i < count; i++) {
        Vector *alone = read_all(type, arena, records + i, 1);
        Vector *again;
        StrBuf text;
        Str written;

        ASSERT(vector_same(together, i, alone, 0));
        /* What is no UTF-8 is replaced when it is written. */
        if (!vector_is_valid(alone, 0) || !is_utf8(records[i]))
            continue;
        strbuf_init(&text);
        json_write_value(&text, alone, 0, zone_utc());
        written = strbuf_str(&text);
        again = read_all(type, arena, &written, 1);
        ASSERT(vector_same(alone, 0, again, 0));
        strbuf_done(&text);
    }
}

static void check_strict(const Type *type, Arena *arena, const Str *records, uint32_t count)
{
    JsonReader *reader = json_reader_create(type, FORMAT_STRICT, zone_utc());
    BadRecords bad = {0};
    Batch *batch;
    uint32_t rows[RECORDS_MAX];
    Schema schema = {type->field_count, type->fields};

    json_reader_decode(reader, arena, records, count, &batch, rows, &bad);
    ASSERT(batch_verify(batch, &schema));
    ASSERT(batch->row_count + bad.count == count);
    for (uint32_t i = 0; i < batch->row_count; i++)
        ASSERT(rows[i] < count && (i == 0 || rows[i] > rows[i - 1]));
    json_reader_free(reader);
}

static void check_walks(Arena *arena, Str text)
{
    static const char *const paths[] = {"$", "$.a", "$.s.b[0]", "$[*].a", "$.a[*][*].b", "$[0][*]"};
    static const Str names[] = {{"a", 1}, {"b", 1}};
    const Type *type;
    const JsonPath *path;
    const Str *keys;
    Str texts[2];
    bool found[2];
    uint32_t count;
    Error err = {0};
    StrBuf out;

    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        ASSERT(json_path_parse(arena, str_of(paths[i]), &path));
        if (json_path_get(path, arena, text, &out) && i == 0 && text.data[0] == '{') {
            /* What is found can be looked into again. */
            Str whole = str_copy(arena, strbuf_str(&out));

            strbuf_clear(&out);
            ASSERT(json_path_get(path, arena, whole, &out));
            ASSERT(str_equal(whole, strbuf_str(&out)));
        }
        strbuf_clear(&out);
    }
    if (json_path_parse(arena, text, &path))
        (void)json_path_get(path, arena, STR("{\"a\":[{\"b\":1},{\"b\":[2,3]}]}"), &out);
    (void)json_tuple_get(arena, text, names, 2, texts, found);
    (void)json_object_names(arena, text, &keys, &count);
    (void)json_array_count(arena, text, &count);
    if (json_schema_of(arena, text, &type, &err))
        ASSERT(vector_verify(read_all(type, arena, &text, 1)));
    strbuf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str rest = {(const char *)data, (uint32_t)bytes};
    Str records[RECORDS_MAX];
    uint32_t count = 0;
    const Type *type;
    Error err = {0};
    Arena arena;
    Str line;

    if (bytes < 1 || bytes > 1 << 16)
        return 0;
    arena_init(&arena);
    ASSERT(type_parse_columns(&arena, str_of(shapes[data[0] % COUNT_OF(shapes)]), &type, &err));
    rest = str_slice(rest, 1, rest.bytes);
    while (count < RECORDS_MAX && str_split(&rest, '\n', &line)) {
        /* Each in memory of its own size. */
        char *copy = malloc(line.bytes ? line.bytes : 1);

        if (line.bytes)
            memcpy(copy, line.data, line.bytes);
        records[count++] = (Str){copy, line.bytes};
    }
    check_alone_and_written(type, &arena, records, count);
    check_strict(type, &arena, records, count);
    for (uint32_t i = 0; i < count; i++)
        check_walks(&arena, records[i]);
    for (uint32_t i = 0; i < count; i++) {
        char *copy;

        memcpy(&copy, &records[i].data, sizeof copy);
        free(copy);
    }
    arena_done(&arena);
    return 0;
}
