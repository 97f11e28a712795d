/* Any bytes as a row that an operator kept (state/row.h), of a schema that the first byte chooses: read
 * or refused, and what is read is written as the bytes it was read from, or as others that are read as
 * the same. */
#include <stdlib.h>

#include "base/assert.h"
#include "column/type.h"
#include "state/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char *const schemas[] = {
    "boolean",
    "tinyint",
    "bigint",
    "double",
    "decimal(38,10)",
    "string",
    "binary",
    "timestamp",
    "interval",
    "array<string>",
    "array<array<int>>",
    "map<string,array<bigint>>",
    "struct<a:int,b:struct<c:string,d:array<boolean>>>",
    "map<int,struct<x:decimal(10,2),y:map<string,date>>>",
};

enum { COLUMNS = 3 };

static void check(Arena *arena, uint8_t choice, Str row)
{
    const Type *types[COLUMNS];
    Vector *columns[COLUMNS], *again[COLUMNS];
    StrBuf first = {0}, second = {0};
    Error err = {0};
    Str written;

    for (uint32_t c = 0; c < COLUMNS; c++) {
        Str name = str_of(schemas[(choice + 5 * c) % COUNT_OF(schemas)]);

        if (!type_parse(arena, name, &types[c], &err))
            UNREACHABLE();
    }
    if (!rows_decode(arena, &row, 1, types, COLUMNS, columns))
        return;
    for (uint32_t c = 0; c < COLUMNS; c++)
        ASSERT(vector_verify(columns[c]));
    row_encode(&first, columns, COLUMNS, 0);
    written = strbuf_str(&first);
    ASSERT(rows_decode(arena, &written, 1, types, COLUMNS, again));
    row_encode(&second, again, COLUMNS, 0);
    ASSERT(str_equal(written, strbuf_str(&second)));
    strbuf_done(&first);
    strbuf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Arena arena;

    if (bytes == 0)
        return 0;
    arena_init(&arena);
    check(&arena, data[0], (Str){(const char *)data + 1, (uint32_t)bytes - 1});
    arena_done(&arena);
    return 0;
}
