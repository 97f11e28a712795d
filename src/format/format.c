/*
 * format.c: the list of formats, and their options (format.h).
 */
#include "format/format.h"

#include "format/avro.h"
#include "format/csv.h"
#include "format/json.h"
#include "format/raw.h"

static const Format *const formats[] = {&format_json, &format_csv, &format_raw, &format_avro};

const Format *format_at(size_t i)
{
    return i < COUNT_OF(formats) ? formats[i] : NULL;
}

const Format *format_find(Str name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        if (str_is_nocase(name, formats[i]->name))
            return formats[i];
    }
    return NULL;
}

Str format_option(const FormatOptions *options, const char *name)
{
    Str rest = options->options;
    Str line;

    while (rest.data && str_split(&rest, '\n', &line)) {
        ptrdiff_t equals = str_find_char(line, '=');

        if (equals > 0 && str_is_nocase(str_slice(line, 0, (uint32_t)equals), name))
            return str_slice(line, (uint32_t)equals + 1, line.bytes);
    }
    return (Str){NULL, 0};
}

void bad_records_add(BadRecords *bad, Arena *arena, BadRecord record)
{
    if (bad->count == bad->capacity) {
        uint32_t capacity = MAX(16u, bad->capacity * 2);
        BadRecord *items = ARENA_ARRAY(arena, BadRecord, capacity);

        if (bad->count)
            memcpy(items, bad->items, bad->count * sizeof *items);
        bad->items = items;
        bad->capacity = capacity;
    }
    bad->items[bad->count++] = record;
}
