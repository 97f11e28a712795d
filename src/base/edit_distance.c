#include "base/edit_distance.h"

enum { NAME_MAX_BYTES = 64 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

uint32_t edit_distance(Str a, Str b, uint32_t limit)
{
    /* Three rows of the table of prefixes' distances. */
    uint32_t rows[3][NAME_MAX_BYTES + 1];
    uint32_t *before = rows[0];
    uint32_t *last = rows[1];
    uint32_t *now = rows[2];

    if (a.bytes > NAME_MAX_BYTES || b.bytes > NAME_MAX_BYTES)
        return limit;
    if (MAX(a.bytes, b.bytes) - MIN(a.bytes, b.bytes) >= limit)
        return limit;
    for (uint32_t j = 0; j <= b.bytes; j++)
        last[j] = before[j] = j;
    for (uint32_t i = 1; i <= a.bytes; i++) {
        uint32_t *spare = before;

        now[0] = i;
        for (uint32_t j = 1; j <= b.bytes; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);

            now[j] = MIN(last[j - 1] + !same, MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a.data[i - 1]) == lower(b.data[j - 2]) &&
                lower(a.data[i - 2]) == lower(b.data[j - 1]))
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return MIN(last[b.bytes], limit);
}
