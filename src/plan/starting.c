#include "plan/starting.h"

#include "column/format_value.h"

enum { PARTITIONS_MAX = 1 << 16 };

static bool parse_offsets(Arena *arena, Str text, Starting *out)
{
    Str rest = text;
    Str pair;
    int64_t *offsets = NULL;
    int32_t count = 0;

    while (str_split(&rest, ',', &pair)) {
        Str both = str_trim(pair);
        Str partition_text;
        int64_t partition;
        int64_t offset;

        if (!str_split(&both, ':', &partition_text) || !both.data ||
            !str_to_int64(str_trim(partition_text), &partition) ||
            !str_to_int64(str_trim(both), &offset) || partition < 0 ||
            partition >= PARTITIONS_MAX || offset < 0)
            return false;
        if (partition >= count) {
            int64_t *grown = ARENA_ARRAY(arena, int64_t, (size_t)partition + 1);

            for (int32_t i = 0; i <= partition; i++)
                grown[i] = i < count ? offsets[i] : -1;
            offsets = grown;
            count = (int32_t)partition + 1;
        }
        offsets[partition] = offset;
    }
    *out = (Starting){.kind = STARTING_OFFSETS, .offsets = offsets, .offset_count = count};
    return true;
}

bool starting_parse(Arena *arena, Str text, const Zone *zone, Starting *out, Error *err)
{
    int64_t us;

    if (str_is_nocase(text, "earliest")) {
        *out = (Starting){.kind = STARTING_EARLIEST};
    } else if (str_is_nocase(text, "latest")) {
        *out = (Starting){.kind = STARTING_LATEST};
    } else if (text_to_timestamp(text, zone, &us)) {
        /* The first whole millisecond not before it. */
        *out = (Starting){.kind = STARTING_TIME, .time_ms = us / 1000 + (us % 1000 > 0)};
        out->time_ms = MAX(out->time_ms, 0);
    } else if (!parse_offsets(arena, text, out)) {
        return error_set(err, ERROR_USER,
                         "'%.*s' is no place to start: write earliest, latest, a time like "
                         "'2026-01-31 12:00:00', or offsets by partition like '0:100,1:250'",
                         STR_ARG(text));
    }
    return true;
}
