/*
 * diagnostic.c: collecting mistakes, and printing each under the line it is in.
 *
 * The source line is printed character by character into cells of known width, so that the caret
 * below stays under its character: a tab becomes blanks up to the next multiple of TAB_COLUMNS,
 * what a terminal would obey (escapes, control characters) becomes a dot, wide characters count
 * two.
 */
#include "sql/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <utf8proc.h>

#include "base/assert.h"
#include "base/edit_distance.h"
#include "base/utf8.h"
#include "base/vec.h"

enum {
    TAB_COLUMNS = 4,
    COLUMNS_DEFAULT = 100,
    COLUMNS_LEAST = 20,
};

static const char colour_off[] = "\x1b[0m";

Span span_join(Span first, Span last)
{
    if (last.line == 0)
        return first;
    if (first.line == 0)
        return last;
    if (last.offset + last.bytes > first.offset)
        first.bytes = last.offset + last.bytes - first.offset;
    return first;
}

/* ── the list ──────────────────────────────────────────────────────────────────────────────────*/

void diagnostics_rewind(DiagnosticList *list, const DiagnosticList *then)
{
    ASSERT(then->count <= list->count);
    list->count = then->count;
    list->error_count = then->error_count;
    list->warning_count = then->warning_count;
    list->dropped_count = then->dropped_count;
}

void diagnostics_init(DiagnosticList *list, Arena *arena)
{
    *list = (DiagnosticList){.arena = arena};
}

static PRINTF(2, 0) const char *format_in(Arena *arena, const char *format, va_list args)
{
    va_list again;
    int bytes;
    char *text;

    va_copy(again, args);
    bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (bytes < 0)
        return "";
    text = arena_alloc(arena, (size_t)bytes + 1);
    (void)vsnprintf(text, (size_t)bytes + 1, format, args);
    return text;
}

static PRINTF(6, 0) void add(DiagnosticList *list, DiagnosticSeverity severity, Span span,
                             const char *class_name, const char *sqlstate, const char *format,
                             va_list args)
{
    Diagnostic diagnostic = {severity, class_name, sqlstate, span, NULL, NULL};

    if (severity == DIAGNOSTIC_ERROR)
        list->error_count++;
    else if (severity == DIAGNOSTIC_WARNING)
        list->warning_count++;
    if (list->count >= DIAGNOSTICS_MAX) {
        list->dropped_count++;
        return;
    }
    diagnostic.message = format_in(list->arena, format, args);
    VEC_ADD_IN(list->arena, list, diagnostic);
}

bool diagnostic_error(DiagnosticList *list, Span span, const char *class_name, const char *sqlstate,
                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(list, DIAGNOSTIC_ERROR, span, class_name, sqlstate, format, args);
    va_end(args);
    return false;
}

void diagnostic_warning(DiagnosticList *list, Span span, const char *class_name, const char *format,
                        ...)
{
    va_list args;

    va_start(args, format);
    add(list, DIAGNOSTIC_WARNING, span, class_name, NULL, format, args);
    va_end(args);
}

void diagnostic_note(DiagnosticList *list, Span span, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(list, DIAGNOSTIC_NOTE, span, NULL, NULL, format, args);
    va_end(args);
}

bool diagnostic_remedy(DiagnosticList *list, const char *format, ...)
{
    va_list args;

    if (list->count == 0 || list->dropped_count > 0)
        return false;
    va_start(args, format);
    list->items[list->count - 1].remedy = format_in(list->arena, format, args);
    va_end(args);
    return false;
}

/* What is thrown while names and calls are resolved (0), what is found unresolved behind that (1), and
 * what is checked at last (2). */
static int analysis_phase(const char *class_name)
{
    static const char *const thrown[] = {"UNRESOLVED_ROUTINE", "WRONG_NUM_ARGS", "AMBIGUOUS_REFERENCE",
                                         "INVALID_EXTRACT_BASE_FIELD_TYPE"};
    static const char *const checked[] = {"NESTED_AGGREGATE_FUNCTION",
                                          "UNSUPPORTED_GENERATOR.MULTI_GENERATOR"};

    for (size_t i = 0; class_name && i < COUNT_OF(thrown); i++) {
        if (strncmp(class_name, thrown[i], strlen(thrown[i])) == 0)
            return 0;
    }
    for (size_t i = 0; class_name && i < COUNT_OF(checked); i++) {
        if (strcmp(class_name, checked[i]) == 0)
            return 2;
    }
    return 1;
}

const Diagnostic *diagnostics_first(const DiagnosticList *list)
{
    const Diagnostic *first = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const Diagnostic *d = &list->items[i];

        if (d->severity == DIAGNOSTIC_ERROR &&
            (!first || analysis_phase(d->class_name) < analysis_phase(first->class_name)))
            first = d;
    }
    return first;
}

bool diagnostics_to_error(const DiagnosticList *list, const char *file_name, Error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const Diagnostic *d = &list->items[i];

        if (d->severity != DIAGNOSTIC_ERROR)
            continue;
        if (d->span.line == 0)
            return error_set_class(err, ERROR_USER, d->class_name, d->sqlstate, "%s", d->message);
        return error_set_class(err, ERROR_USER, d->class_name, d->sqlstate, "%s:%u:%u: %s",
                               file_name, d->span.line, d->span.column, d->message);
    }
    return error_set(err, ERROR_USER, "%s: no error was recorded", file_name);
}

void diagnostics_sort(DiagnosticList *list)
{
    /* A note moves with the error or warning before it, so groups are what is sorted: by insertion,
     * since the list is short and nearly in order. */
    for (size_t from = 1; from < list->count;) {
        size_t bytes = sizeof *list->items;
        size_t end = from + 1;
        size_t to = from;

        while (end < list->count && list->items[end].severity == DIAGNOSTIC_NOTE)
            end++;
        while (to > 0) {
            size_t group = to - 1;

            while (group > 0 && list->items[group].severity == DIAGNOSTIC_NOTE)
                group--;
            if (list->items[group].span.offset <= list->items[from].span.offset)
                break;
            to = group;
        }
        for (size_t i = from; to < from && i < end; i++) {
            Diagnostic moved = list->items[i];
            size_t place = to + (i - from);

            memmove(&list->items[place + 1], &list->items[place], (i - place) * bytes);
            list->items[place] = moved;
        }
        from = end;
    }
}

/* ── printing ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct Severity {
    const char *name;
    const char *colour;
} Severity;

static const Severity severities[] = {
    [DIAGNOSTIC_ERROR] = {"error", "\x1b[1;31m"},
    [DIAGNOSTIC_WARNING] = {"warning", "\x1b[1;33m"},
    [DIAGNOSTIC_NOTE] = {"note", "\x1b[1;36m"},
};

static void add_coloured(StrBuf *out, DiagnosticStyle style, const char *colour, const char *text)
{
    if (style.colour)
        strbuf_add_c(out, colour);
    strbuf_add_c(out, text);
    if (style.colour)
        strbuf_add_c(out, colour_off);
}

/* The line that holds byte `offset`, without its end. */
static Str line_at(Str source, uint32_t offset, uint32_t *line_offset)
{
    uint32_t from = MIN(offset, source.bytes);
    uint32_t to = from;

    while (from > 0 && source.data[from - 1] != '\n')
        from--;
    while (to < source.bytes && source.data[to] != '\n')
        to++;
    *line_offset = from;
    while (to > from && source.data[to - 1] == '\r')
        to--;
    return (Str){source.data + from, to - from};
}

/* Adds the character at the start of `rest` as a terminal may show it; returns its width. */
static uint32_t add_cell(StrBuf *out, Str rest, uint32_t bytes, uint32_t column)
{
    uint32_t length;
    uint32_t code_point = utf8_decode(rest.data, rest.bytes, &length);
    int width;

    if (code_point == '\t') {
        uint32_t blanks = TAB_COLUMNS - column % TAB_COLUMNS;

        for (uint32_t i = 0; i < blanks; i++)
            strbuf_add_char(out, ' ');
        return blanks;
    }
    width = utf8proc_charwidth((utf8proc_int32_t)code_point);
    if (code_point < 0x20 || code_point == 0x7f || utf8_valid_bytes(rest.data, rest.bytes) == 0 ||
        (width == 0 && column == 0) ||
        utf8proc_category((utf8proc_int32_t)code_point) == UTF8PROC_CATEGORY_CC) {
        strbuf_add_char(out, '.');
        return 1;
    }
    strbuf_add(out, rest.data, bytes);
    return (uint32_t)MAX(width, 0);
}

/* The part of `line` to show: from which character, so that character `mark_i` is in view. */
static uint32_t window_start(Str line, uint32_t mark_i, uint32_t columns)
{
    uint32_t char_count = utf8_char_count(line);

    if (char_count <= columns || mark_i < columns * 2 / 3)
        return 0;
    return MIN(mark_i - columns / 3, char_count - columns / 2);
}

static void print_place(StrBuf *out, const Diagnostic *d, Str source, DiagnosticStyle style)
{
    uint32_t columns = MAX(style.columns ? style.columns : COLUMNS_DEFAULT, COLUMNS_LEAST);
    uint32_t line_offset;
    Str line = line_at(source, d->span.offset, &line_offset);
    uint32_t mark = MIN(d->span.offset - line_offset, line.bytes);
    uint32_t mark_end = MIN(mark + d->span.bytes, line.bytes);
    uint32_t first = window_start(line, utf8_char_count(str_slice(line, 0, mark)), columns);
    uint32_t at = utf8_byte_of_char(line, first);
    uint32_t column = 0;
    uint32_t caret_from;
    uint32_t caret_to;
    StrBuf text;

    strbuf_init(&text);
    if (first > 0) {
        strbuf_add_c(&text, "...");
        column = 3;
    }
    caret_from = caret_to = column;
    while (at < line.bytes && column < columns) {
        Str rest = str_slice(line, at, line.bytes);
        uint32_t bytes = utf8_char_bytes(rest.data, rest.bytes);

        column += add_cell(&text, rest, bytes, column);
        at += bytes;
        if (at <= mark)
            caret_from = column;
        if (at <= mark_end)
            caret_to = column;
    }
    if (at < line.bytes)
        strbuf_add_c(&text, "...");
    strbuf_printf(out, "%5u | %s\n      | ", d->span.line, strbuf_c(&text));
    for (uint32_t i = 0; i < caret_from; i++)
        strbuf_add_char(out, ' ');
    strbuf_clear(&text);
    strbuf_add_char(&text, '^');
    for (uint32_t i = caret_from + 1; i < caret_to; i++)
        strbuf_add_char(&text, '~');
    add_coloured(out, style, severities[d->severity].colour, strbuf_c(&text));
    strbuf_add_char(out, '\n');
    strbuf_done(&text);
}

void diagnostic_print(StrBuf *out, const Diagnostic *d, const char *file_name, Str source,
                      DiagnosticStyle style)
{
    if (style.colour)
        strbuf_add_c(out, "\x1b[1m");
    strbuf_add_c(out, file_name);
    if (d->span.line > 0)
        strbuf_printf(out, ":%u:%u", d->span.line, d->span.column);
    strbuf_add_c(out, ": ");
    if (style.colour)
        strbuf_add_c(out, colour_off);
    add_coloured(out, style, severities[d->severity].colour, severities[d->severity].name);
    strbuf_printf(out, ": %s", d->message);
    if (d->class_name)
        strbuf_printf(out, " [%s]", d->class_name);
    strbuf_add_char(out, '\n');
    if (d->span.line > 0)
        print_place(out, d, source, style);
    if (d->remedy) {
        strbuf_add_c(out, "  ");
        add_coloured(out, style, "\x1b[1;32m", "help:");
        strbuf_printf(out, " %s\n", d->remedy);
    }
}

void diagnostics_print(StrBuf *out, const DiagnosticList *list, const char *file_name, Str source,
                       DiagnosticStyle style)
{
    for (size_t i = 0; i < list->count; i++)
        diagnostic_print(out, &list->items[i], file_name, source, style);
    if (list->dropped_count > 0)
        strbuf_printf(out, "%s: and %zu more\n", file_name, list->dropped_count);
}

/* ── spelling ──────────────────────────────────────────────────────────────────────────────────*/

Str spelling_nearest(Str name, const Str *names, size_t name_count)
{
    Str nearest = {0};
    uint32_t best = name.bytes < 3 ? 1 : name.bytes < 6 ? 2 : name.bytes < 10 ? 3 : 4;

    if (name.bytes < 2)
        return nearest;
    for (size_t i = 0; i < name_count; i++) {
        uint32_t distance;

        distance = edit_distance(name, names[i], best);
        if (distance < best && distance < names[i].bytes) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
