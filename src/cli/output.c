#include "cli/output.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "column/format_value.h"

enum { CELL_COLUMNS_MIN = 8 };

bool output_format_find(const char *name, OutputFormat *out)
{
    static const char *const names[] = {
        [OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json", [OUTPUT_CSV] = "csv"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (OutputFormat)i;
            return true;
        }
    }
    return false;
}

OutputStyle output_style(FILE *stream)
{
    OutputStyle style = {.unicode = true};
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct winsize size;

    if (!isatty(fileno(stream)))
        return style;
    style.redraws = !(term && strcmp(term, "dumb") == 0);
    style.colour = style.redraws && !(no_colour && *no_colour);
    style.columns = 80;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) {
        if (size.ws_col > 0)
            style.columns = size.ws_col;
        style.lines = size.ws_row;
    }
    return style;
}

static int char_width(uint32_t c)
{
    if (c >= 0xDC00 && c < 0xDD00)
        return 1; /* A byte that is not UTF-8. */
    return utf8proc_charwidth((utf8proc_int32_t)c);
}

int text_width(Str text)
{
    int width = 0;

    for (uint32_t i = 0; i < text.bytes;) {
        uint32_t length;

        width += char_width(utf8_decode(text.data + i, text.bytes - i, &length));
        i += length;
    }
    return width;
}

/* The bytes of the escape sequence there; 0: none. */
static uint32_t escape_bytes(Str text, uint32_t at)
{
    uint32_t end = at + 2;

    if (at + 1 >= text.bytes || text.data[at] != '\033' || text.data[at + 1] != '[')
        return 0;
    while (end < text.bytes && (text.data[end] < '@' || text.data[end] > '~'))
        end++;
    return MIN(end + 1, text.bytes) - at;
}

static int visible_width(Str text)
{
    int width = 0;

    for (uint32_t i = 0, length; i < text.bytes; i += length) {
        length = escape_bytes(text, i);
        if (!length)
            width += char_width(utf8_decode(text.data + i, text.bytes - i, &length));
    }
    return width;
}

uint32_t wrapped_bytes(Str text, int columns)
{
    uint32_t at = 0, behind_word = 0, length;

    for (; at < text.bytes; at += length) {
        columns -= char_width(utf8_decode(text.data + at, text.bytes - at, &length));
        if (columns < 0)
            return behind_word ? behind_word : MAX(at, length);
        if (text.data[at] == ' ')
            behind_word = at;
    }
    return text.bytes;
}

void add_cut(StrBuf *out, OutputStyle style, Str text, int columns)
{
    int left = visible_width(text) > columns ? columns - 1 : columns;
    bool cut = false;

    for (uint32_t i = 0, length; i < text.bytes; i += length) {
        length = escape_bytes(text, i);
        if (!length) {
            int width = char_width(utf8_decode(text.data + i, text.bytes - i, &length));

            if (!cut && width > left) {
                strbuf_add_c(out, style.unicode ? "…" : "~");
                cut = true;
            }
            left -= width;
            if (cut)
                continue;
        }
        strbuf_add(out, text.data + i, length);
    }
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────────*/

typedef struct Cell {
    Str text;
    int width;
    bool is_null;
} Cell;

static bool is_right_aligned(const Type *type)
{
    return type_is_numeric(type);
}

/* A control character of the second set (U+0080 to U+009F): terminals take some for commands. */
static bool is_c1(const StrBuf *text, size_t i)
{
    return (unsigned char)text->data[i] == 0xC2 && i + 1 < text->bytes &&
           (unsigned char)text->data[i + 1] < 0xA0;
}

/* The text of a value as shown: control characters by their escapes, so that a cell is one line. */
static void cell_text(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    StrBuf raw;

    strbuf_init(&raw);
    if (v->type->kind == TYPE_BINARY) {
        Str bytes = vector_strs(v)[vector_row(v, row_i)];

        for (uint32_t i = 0; i < bytes.bytes; i++)
            strbuf_printf(&raw, "%02X", (unsigned char)bytes.data[i]);
    } else {
        value_to_text(&raw, v, row_i, zone);
    }
    for (size_t i = 0; i < raw.bytes; i++) {
        unsigned char c = (unsigned char)raw.data[i];

        if (c == '\n')
            strbuf_add_c(out, "\\n");
        else if (c == '\t')
            strbuf_add_c(out, "\\t");
        else if (c < 0x20 || c == 0x7F)
            strbuf_printf(out, "\\x%02X", c);
        else if (is_c1(&raw, i))
            strbuf_printf(out, "\\x%02X", (unsigned char)raw.data[++i]);
        else
            strbuf_add_char(out, (char)c);
    }
    strbuf_done(&raw);
}

static Cell cell_make(Arena *arena, StrBuf *scratch, const Vector *v, uint32_t row_i,
                      const Zone *zone)
{
    Cell cell = {.text = STR("NULL"), .width = 4, .is_null = true};

    if (!vector_is_valid(v, row_i))
        return cell;
    strbuf_clear(scratch);
    cell_text(scratch, v, row_i, zone);
    cell.text = str_copy(arena, strbuf_str(scratch));
    cell.width = text_width(cell.text);
    cell.is_null = false;
    return cell;
}

static void print_spaces(FILE *stream, int count)
{
    (void)fprintf(stream, "%*s", MAX(count, 0), "");
}

/* Cut to `width` columns with an ellipsis, or filled up. */
static void print_cell(FILE *stream, OutputStyle style, const Cell *cell, int width, bool right)
{
    uint32_t bytes = cell->text.bytes;
    int shown = cell->width;

    if (shown > width) {
        bytes = 0;
        shown = 0;
        while (bytes < cell->text.bytes) {
            uint32_t length;
            int w = char_width(
                utf8_decode(cell->text.data + bytes, cell->text.bytes - bytes, &length));

            if (shown + w > width - 1)
                break;
            shown += w;
            bytes += length;
        }
        (void)fwrite(cell->text.data, 1, bytes, stream);
        (void)fputs(style.unicode ? "…" : "~", stream);
        print_spaces(stream, width - shown - 1);
        return;
    }
    if (right)
        print_spaces(stream, width - shown);
    if (cell->is_null && style.colour)
        (void)fputs("\033[2m", stream);
    (void)fwrite(cell->text.data, 1, bytes, stream);
    if (cell->is_null && style.colour)
        (void)fputs("\033[0m", stream);
    if (!right)
        print_spaces(stream, width - shown);
}

/* Narrows the widest columns until a line fits the terminal. */
static void fit_widths(int *widths, uint32_t count, int columns)
{
    for (;;) {
        uint32_t widest = 0;
        int total = 0;

        for (uint32_t c = 0; c < count; c++) {
            total += widths[c] + 3;
            if (widths[c] > widths[widest])
                widest = c;
        }
        if (count == 0 || total - 1 <= columns || widths[widest] <= CELL_COLUMNS_MIN)
            return;
        widths[widest] = MAX(CELL_COLUMNS_MIN, widths[widest] - (total - 1 - columns));
    }
}

void output_table(FILE *stream, OutputStyle style, const Schema *schema,
                  const Batch *const *batches, uint32_t batch_count, const Zone *zone)
{
    uint32_t column_count = schema->column_count;
    size_t row_count = 0;
    size_t row_i = 0;
    Arena arena;
    StrBuf scratch;
    Cell *cells;
    int *widths;

    arena_init(&arena);
    strbuf_init(&scratch);
    for (uint32_t b = 0; b < batch_count; b++)
        row_count += batches[b]->row_count;
    cells = ARENA_ARRAY(&arena, Cell, row_count * column_count + 1);
    widths = ARENA_ARRAY(&arena, int, column_count + 1);
    for (uint32_t c = 0; c < column_count; c++)
        widths[c] = MAX(text_width(schema->columns[c].name), 1);
    for (uint32_t b = 0; b < batch_count; b++) {
        for (uint32_t r = 0; r < batches[b]->row_count; r++, row_i++) {
            for (uint32_t c = 0; c < column_count; c++) {
                Cell *cell = &cells[row_i * column_count + c];

                *cell = cell_make(&arena, &scratch, batches[b]->columns[c], r, zone);
                widths[c] = MAX(widths[c], cell->width);
            }
        }
    }
    if (style.columns)
        fit_widths(widths, column_count, style.columns);

    for (uint32_t c = 0; c < column_count; c++) {
        Cell head = {.text = schema->columns[c].name};

        head.width = text_width(head.text);
        (void)fputs(c ? (style.unicode ? "│ " : "| ") : " ", stream);
        if (style.colour)
            (void)fputs("\033[1m", stream);
        print_cell(stream, style, &head, widths[c], is_right_aligned(schema->columns[c].type));
        (void)fputs(style.colour ? "\033[0m " : " ", stream);
    }
    (void)fputc('\n', stream);
    for (uint32_t c = 0; c < column_count; c++) {
        if (c)
            (void)fputs(style.unicode ? "┼" : "+", stream);
        for (int i = 0; i < widths[c] + 2; i++)
            (void)fputs(style.unicode ? "─" : "-", stream);
    }
    (void)fputc('\n', stream);
    for (row_i = 0; row_i < row_count; row_i++) {
        for (uint32_t c = 0; c < column_count; c++) {
            (void)fputs(c ? (style.unicode ? "│ " : "| ") : " ", stream);
            print_cell(stream, style, &cells[row_i * column_count + c], widths[c],
                       is_right_aligned(schema->columns[c].type));
            (void)fputc(' ', stream);
        }
        (void)fputc('\n', stream);
    }
    (void)fprintf(stream, "(%zu row%s)\n", row_count, row_count == 1 ? "" : "s");
    strbuf_done(&scratch);
    arena_done(&arena);
}

/* ── csv ───────────────────────────────────────────────────────────────────────────────────────*/

static void csv_field(FILE *stream, Str text, bool quote_empty)
{
    bool quote = quote_empty && text.bytes == 0;

    for (uint32_t i = 0; i < text.bytes && !quote; i++)
        quote = strchr(",\"\r\n", text.data[i]) != NULL && text.data[i] != '\0';
    if (!quote) {
        (void)fwrite(text.data, 1, text.bytes, stream);
        return;
    }
    (void)fputc('"', stream);
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (text.data[i] == '"')
            (void)fputc('"', stream);
        (void)fputc(text.data[i], stream);
    }
    (void)fputc('"', stream);
}

void output_csv(FILE *stream, const Schema *schema, const Batch *const *batches,
                uint32_t batch_count, const Zone *zone)
{
    StrBuf scratch;

    strbuf_init(&scratch);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        if (c)
            (void)fputc(',', stream);
        csv_field(stream, schema->columns[c].name, false);
    }
    (void)fputc('\n', stream);
    for (uint32_t b = 0; b < batch_count; b++) {
        for (uint32_t r = 0; r < batches[b]->row_count; r++) {
            for (uint32_t c = 0; c < schema->column_count; c++) {
                const Vector *v = batches[b]->columns[c];

                if (c)
                    (void)fputc(',', stream);
                if (!vector_is_valid(v, r))
                    continue;
                strbuf_clear(&scratch);
                value_to_text(&scratch, v, r, zone);
                csv_field(stream, strbuf_str(&scratch), true);
            }
            (void)fputc('\n', stream);
        }
    }
    strbuf_done(&scratch);
}

/* ── json ──────────────────────────────────────────────────────────────────────────────────────*/

static void json_value(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone);

/* A value whose text is quoted: dates, timestamps, intervals, decimals, NaN and infinities. */
static void json_quoted(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    strbuf_add_char(out, '"');
    value_to_text(out, v, row_i, zone);
    strbuf_add_char(out, '"');
}

static void json_floating(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    double value = v->type->kind == TYPE_FLOAT ? (double)vector_f32(v)[vector_row(v, row_i)]
                                               : vector_f64(v)[vector_row(v, row_i)];

    if (__builtin_isfinite(value))
        value_to_text(out, v, row_i, zone);
    else
        json_quoted(out, v, row_i, zone);
}

static void json_nested(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    uint32_t row = vector_row(v, row_i);

    strbuf_add_char(out, '[');
    if (v->type->kind == TYPE_STRUCT) {
        for (uint32_t f = 0; f < v->type->field_count; f++) {
            if (f)
                strbuf_add_char(out, ',');
            json_value(out, v->children[f], row, zone);
        }
    } else {
        for (uint32_t i = v->offsets[row]; i < v->offsets[row + 1]; i++) {
            if (i > v->offsets[row])
                strbuf_add_char(out, ',');
            if (v->type->kind == TYPE_ARRAY) {
                json_value(out, v->children[0], i, zone);
                continue;
            }
            strbuf_add_char(out, '[');
            json_value(out, v->children[0], i, zone);
            strbuf_add_char(out, ',');
            json_value(out, v->children[1], i, zone);
            strbuf_add_char(out, ']');
        }
    }
    strbuf_add_char(out, ']');
}

static void json_value(StrBuf *out, const Vector *v, uint32_t row_i, const Zone *zone)
{
    uint32_t row = vector_row(v, row_i);

    if (!vector_is_valid(v, row_i)) {
        strbuf_add_c(out, "null");
        return;
    }
    switch (v->type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        value_to_text(out, v, row_i, zone);
        break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        json_floating(out, v, row_i, zone);
        break;
    case TYPE_STRING:
        strbuf_add_json_string(out, vector_strs(v)[row]);
        break;
    case TYPE_BINARY: {
        Str bytes = vector_strs(v)[row];

        strbuf_add_char(out, '"');
        for (uint32_t i = 0; i < bytes.bytes; i++)
            strbuf_printf(out, "%02x", (unsigned char)bytes.data[i]);
        strbuf_add_char(out, '"');
        break;
    }
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
        json_nested(out, v, row_i, zone);
        break;
    case TYPE_INTERVAL_YM:
        strbuf_add_char(out, '"');
        interval_ym_to_text(out, vector_i32(v)[row], v->type, true);
        strbuf_add_char(out, '"');
        break;
    case TYPE_INTERVAL_DT: {
        /* Always the whole form, with nine digits: golden_run.py, "Values". */
        int64_t us = vector_i64(v)[row];
        uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;

        strbuf_printf(out, "\"%s%llu %02u:%02u:%02u.%09llu\"", us < 0 ? "-" : "",
                      (unsigned long long)(size / 86400000000u),
                      (unsigned)(size / 3600000000u % 24), (unsigned)(size / 60000000u % 60),
                      (unsigned)(size / 1000000u % 60),
                      (unsigned long long)(size % 1000000u * 1000u));
        break;
    }
    case TYPE_DECIMAL:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL:
        json_quoted(out, v, row_i, zone);
        break;
    case TYPE_VOID:
    case TYPE_KIND_COUNT:
        strbuf_add_c(out, "null");
        break;
    }
}

void output_json(StrBuf *out, const Schema *schema, const Batch *const *batches,
                 uint32_t batch_count, const Zone *zone)
{
    StrBuf type;
    bool first = true;

    strbuf_init(&type);
    strbuf_add_c(out, "{\"schema\":[");
    for (uint32_t c = 0; c < schema->column_count; c++) {
        if (c)
            strbuf_add_char(out, ',');
        strbuf_add_char(out, '[');
        strbuf_add_json_string(out, schema->columns[c].name);
        strbuf_add_char(out, ',');
        strbuf_clear(&type);
        type_name(&type, schema->columns[c].type);
        strbuf_add_json_string(out, strbuf_str(&type));
        strbuf_add_char(out, ']');
    }
    strbuf_add_c(out, "],\"rows\":[");
    for (uint32_t b = 0; b < batch_count; b++) {
        for (uint32_t r = 0; r < batches[b]->row_count; r++) {
            strbuf_add_c(out, first ? "[" : ",[");
            first = false;
            for (uint32_t c = 0; c < schema->column_count; c++) {
                if (c)
                    strbuf_add_char(out, ',');
                json_value(out, batches[b]->columns[c], r, zone);
            }
            strbuf_add_char(out, ']');
        }
    }
    strbuf_add_c(out, "]}");
    strbuf_done(&type);
}

void output_json_error(StrBuf *out, const char *class_name, const char *sqlstate, Str message,
                       uint32_t line, uint32_t column)
{
    strbuf_add_c(out, "{\"error\":{\"class\":");
    if (class_name)
        strbuf_add_json_string(out, str_of(class_name));
    else
        strbuf_add_c(out, "null");
    strbuf_add_c(out, ",\"sqlstate\":");
    if (sqlstate)
        strbuf_add_json_string(out, str_of(sqlstate));
    else
        strbuf_add_c(out, "null");
    strbuf_add_c(out, ",\"message\":");
    strbuf_add_json_string(out, message);
    if (line)
        strbuf_printf(out, ",\"line\":%u,\"column\":%u", line, column);
    strbuf_add_c(out, "}}");
}
