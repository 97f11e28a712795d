/*
 * lines.c: records that are lines (lines.h).
 */
#include "format/lines.h"

size_t line_next(Str text, bool at_end, Str *record)
{
    const char *newline = text.bytes ? memchr(text.data, '\n', text.bytes) : NULL;
    size_t bytes = newline ? (size_t)(newline - text.data) + 1 : text.bytes;
    uint32_t line_bytes = (uint32_t)(newline ? bytes - 1 : bytes);

    if (text.bytes == 0 || (!newline && !at_end))
        return 0;
    if (line_bytes > 0 && text.data[line_bytes - 1] == '\r')
        line_bytes--;
    *record = (Str){text.data, line_bytes};
    return bytes;
}
