/* Any bytes as what Cassandra answers: the first tells how they are framed, the rest comes in pieces.
 * Whatever is a whole message is read as each kind of answer, and its values are printed. */
#include "base/assert.h"
#include "client/cql/cql_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void read_values(CqlRows *rows, Arena *arena)
{
    const CqlMetadata *metadata = &rows->metadata;
    Str *values = ARENA_ARRAY(arena, Str, metadata->column_count + 1);
    Error err = {0};
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < MIN(rows->row_count, 100u); i++) {
        if (!cql_rows_next(rows, values, &err)) {
            ASSERT(err.kind == ERROR_RETRY);
            break;
        }
        for (uint32_t c = 0; metadata->columns && c < metadata->column_count; c++) {
            strbuf_clear(&text);
            if (values[c].data)
                (void)cql_value_to_text(&text, &metadata->columns[c].type, values[c]);
            cql_type_name(&text, &metadata->columns[c].type);
        }
    }
    strbuf_done(&text);
}

static void read_message(const CqlMessage *message)
{
    CqlPreparedInfo prepared;
    CqlErrorInfo info;
    CqlResultKind kind;
    CqlReader rest;
    CqlRows rows;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    if (cql_read_error(message->body, &info, &err))
        (void)cql_error_set(&err, &info);
    if (cql_read_result_kind(message->body, &kind, &rest, &err)) {
        if (cql_read_rows(rest, &arena, &rows, &err))
            read_values(&rows, &arena);
        (void)cql_read_prepared(rest, message->version, &arena, &prepared, &err);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    CqlDecoder decoder;
    CqlMessage message;
    Error err = {0};
    bool found;
    size_t step;

    if (bytes == 0)
        return 0;
    cql_decoder_init(&decoder, data[0] & 1 ? 5 : 4);
    decoder.framing.segments = data[0] & 1;
    decoder.framing.lz4 = data[0] & 2;
    step = data[0] & 4 ? 7 : 4096;
    for (size_t at = 1; at < bytes; at += step) {
        size_t count = MIN(step, bytes - at);

        memcpy(cql_decoder_room(&decoder, count), data + at, count);
        cql_decoder_came(&decoder, count);
        do {
            if (!cql_decoder_next(&decoder, &message, &found, &err)) {
                ASSERT(err.kind == ERROR_RETRY);
                cql_decoder_done(&decoder);
                return 0;
            }
            if (found)
                read_message(&message);
        } while (found);
    }
    cql_decoder_done(&decoder);
    return 0;
}
