/*
 * json.h: JSON texts <-> vectors, for the json format and for the SQL functions on JSON.
 *
 * A JsonReader decodes JSON texts into a vector of one type: from_json, and with a STRUCT of a
 * table's columns the format's decoder. It reads what the type asks for and skips (but checks) the
 * rest. What it does with values that do not fit is format.h's FormatMode; PERMISSIVE is Spark's:
 *  - field names are case-sensitive, of duplicates the last wins, extra fields are ignored;
 *  - STRING takes any value: numbers, booleans and nested values as compact JSON text;
 *  - numbers take JSON numbers only, integers only integral ones; FLOAT and DOUBLE also "NaN",
 *    "Infinity"; DECIMAL also strings, rounded HALF_UP;
 *  - TIMESTAMP takes strings, and whole numbers as seconds; DATE strings; BINARY base64;
 *  - any other value is NULL; in an ARRAY or MAP it makes the whole array or map NULL.
 *
 * Thread: a reader belongs to one worker.
 */
#ifndef WEIR_FORMAT_JSON_H
#define WEIR_FORMAT_JSON_H

#include "format/format.h"

typedef struct JsonReader JsonReader;

/* Borrows `type`, which must outlive the reader and the vectors it makes, and `zone`. */
JsonReader *json_reader_create(const Type *type, FormatMode mode, const Zone *zone);
void json_reader_free(JsonReader *reader); /* NULL is fine. */

/* Row i of the result is texts[i]. A text with data == NULL, or of white space alone, is NULL. One
 * that is not JSON is noted in `bad` (may be NULL) as "malformed_json"; its row is NULL, or for a
 * STRUCT, a row of NULLs. One that holds a value that does not fit is noted as "bad_value". The mode
 * must be PERMISSIVE. Strings may be views of the texts. */
Vector *json_reader_read(JsonReader *reader, Arena *arena, const Str *texts, uint32_t count,
                         BadRecords *bad);

/* As DecoderMethods.decode: for a STRUCT; *out has its fields as columns. */
void json_reader_decode(JsonReader *reader, Arena *arena, const Str *records, uint32_t record_count,
                        Batch **out, uint32_t *rows, BadRecords *bad);

/* The value as JSON, as to_json writes it: fields that are NULL left out of objects, timestamps with
 * the zone's offset and milliseconds (microseconds when there are some), NaN in quotes, BINARY as
 * base64. `zone` for TIMESTAMP. */
void json_write_value(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone);

/* ── paths ─────────────────────────────────────────────────────────────────────────────────────*/

/* '$.a.b[0]', "$['a']", '$[*].b', '$.*': what get_json_object takes. */
typedef struct JsonPath JsonPath;
bool json_path_parse(Arena *arena, Str text, const JsonPath **out); /* False: no such path. */
/* Appends what the path finds: a string without quotes, anything else as JSON text, several matches
 * as an array. False: nothing found, or not JSON. `scratch` is for the call. */
bool json_path_get(const JsonPath *path, Arena *scratch, Str json, StrBuf *out);

/* json_tuple: the top-level fields of those names as get_json_object would give them. found[i] is
 * false for a missing or null field, texts[i] is in the arena. False: not a JSON object. */
bool json_tuple_get(Arena *arena, Str json, const Str *names, uint32_t name_count, Str *texts,
                    bool *found);

/* json_object_keys: the names in order; false: not an object. In the arena. */
bool json_object_names(Arena *arena, Str json, const Str **names, uint32_t *count);
bool json_array_count(Arena *scratch, Str json, uint32_t *count); /* False: not an array. */

/* schema_of_json: the type of a text: BIGINT, DOUBLE (DECIMAL beyond 64 bits), BOOLEAN, STRING,
 * ARRAY and STRUCT with its fields by name. */
bool json_schema_of(Arena *arena, Str json, const Type **out, Error *err);

extern const Format format_json;

#endif
