#include "cli/live.h"

#include <stdlib.h>

#include "column/format_value.h"
#include "os/os.h"

enum { CELLS_MAX = 12, CELL_BYTES = 64, NOTICE_COLUMNS_MIN = 20 };

struct Live {
    const char *file;
    const char *data_dir;
    OutputStyle style;
    int64_t last_us;
    uint64_t *last_rows; /* By flow. */
    double *rates;
    uint32_t flow_count;
    int lines_drawn;
};

Live *live_create(const char *file, const char *data_dir, OutputStyle style)
{
    Live *live = mem_zalloc(sizeof *live);

    live->file = file;
    live->data_dir = data_dir;
    live->style = style;
    return live;
}

void live_free(Live *live)
{
    if (!live)
        return;
    free(live->last_rows);
    free(live->rates);
    free(live);
}

/* ── a grid of text ────────────────────────────────────────────────────────────────────────────*/

typedef struct Grid {
    char (*cells)[CELL_BYTES]; /* rows × columns; row 0 is the head. */
    uint32_t row_count;
    uint32_t column_count;
    const bool *right;
    const int *hot; /* By row: the column to be shown in red when its text is not "0"; -1: none. */
} Grid;

static void draw_grid(const Grid *grid, OutputStyle style, StrBuf *out)
{
    int widths[CELLS_MAX] = {0};

    for (uint32_t r = 0; r < grid->row_count; r++) {
        for (uint32_t c = 0; c < grid->column_count; c++)
            widths[c] = MAX(widths[c],
                            text_width(str_of(grid->cells[r * grid->column_count + c])));
    }
    for (uint32_t r = 0; r < grid->row_count; r++) {
        for (uint32_t c = 0; c < grid->column_count; c++) {
            const char *text = grid->cells[r * grid->column_count + c];
            int space = widths[c] - text_width(str_of(text));
            const char *paint = "";

            if (style.colour && r == 0)
                paint = "\033[1m";
            else if (style.colour && grid->hot && grid->hot[r] == (int)c && text[0] != '0')
                paint = "\033[31m";
            strbuf_add_c(out, c ? "  " : " ");
            if (grid->right[c])
                strbuf_printf(out, "%*s", space, "");
            strbuf_printf(out, "%s%s%s", paint, text, paint[0] ? "\033[0m" : "");
            if (!grid->right[c] && c + 1 < grid->column_count)
                strbuf_printf(out, "%*s", space, "");
        }
        strbuf_add_char(out, '\n');
    }
}

static void count_text(char *out, uint64_t value)
{
    char digits[32];
    int bytes = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    int at = 0;

    for (int i = 0; i < bytes; i++) {
        if (i && (bytes - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void bytes_text(char *out, int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < COUNT_OF(units)) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, CELL_BYTES, unit && value < 10 ? "%.1f %s" : "%.0f %s", value,
                   units[unit]);
}

static void watermark_text(char *out, int64_t watermark_us)
{
    StrBuf text;

    if (watermark_us == WATERMARK_NONE || watermark_us == WATERMARK_END) {
        (void)snprintf(out, CELL_BYTES, "%s", watermark_us == WATERMARK_END ? "end" : "-");
        return;
    }
    strbuf_init(&text);
    timestamp_to_text(&text, watermark_us - watermark_us % 1000000);
    (void)snprintf(out, CELL_BYTES, "%s", strbuf_c(&text));
    strbuf_done(&text);
}

static void clock_text(char *out, int64_t us)
{
    int64_t seconds = us / 1000000;

    (void)snprintf(out, CELL_BYTES, "%02lld:%02lld:%02lld", (long long)(seconds / 3600),
                   (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

/* ── the picture ───────────────────────────────────────────────────────────────────────────────*/

static void measure_rates(Live *live, const RunSnapshot *snapshot)
{
    int64_t now_us = os_monotonic_us();
    double seconds = (double)(now_us - live->last_us) / 1e6;

    if (!live->last_rows) {
        live->flow_count = snapshot->flow_count;
        live->last_rows = mem_zalloc((snapshot->flow_count + 1) * sizeof *live->last_rows);
        live->rates = mem_zalloc((snapshot->flow_count + 1) * sizeof *live->rates);
        for (uint32_t f = 0; f < live->flow_count; f++)
            live->last_rows[f] = snapshot->flows[f].rows_in;
    } else if (seconds > 0.05) {
        for (uint32_t f = 0; f < live->flow_count; f++) {
            double rate = (double)(snapshot->flows[f].rows_in - live->last_rows[f]) / seconds;

            /* Smoothed, so that the eye can read it. */
            live->rates[f] = live->rates[f] > 0 ? 0.6 * live->rates[f] + 0.4 * rate : rate;
            live->last_rows[f] = snapshot->flows[f].rows_in;
        }
    }
    live->last_us = now_us;
}

static void draw_head(const Live *live, const RunSnapshot *snapshot, StrBuf *out)
{
    const char *dot = live->style.unicode ? "·" : "-";
    char ran[CELL_BYTES];

    clock_text(ran, MAX(os_realtime_us() - snapshot->started_us, 0)); /* Clocks are set back. */
    strbuf_printf(out, "%sweir run %s%s  %s %s  %s epoch %lld, committed in %.1f ms  %s data in %s\n",
                  live->style.colour ? "\033[1m" : "", live->file,
                  live->style.colour ? "\033[0m" : "", dot, ran, dot, (long long)snapshot->epoch,
                  (double)snapshot->commit_us / 1000, dot, live->data_dir);
}

static void draw_flows(const Live *live, const RunSnapshot *snapshot, Arena *arena, StrBuf *out)
{
    static const char *const heads[] = {"flow",      "into", "rows in", "rows/s", "rows out",
                                        "watermark", "lag",  "late",    "state",  "dead letters"};
    static const bool right[] = {false, false, true, true, true, false, true, true, true, true};
    uint64_t dead_letters = 0;
    uint32_t columns;
    int *hot = ARENA_ARRAY(arena, int, snapshot->flow_count + 1);
    Grid grid = {.row_count = snapshot->flow_count + 1, .right = right, .hot = hot};

    /* The last column is there when there is something to say in it. */
    for (uint32_t f = 0; f < snapshot->flow_count; f++)
        dead_letters += snapshot->flows[f].dead_letter_count;
    columns = COUNT_OF(heads) - (dead_letters == 0);
    grid.column_count = columns;
    grid.cells = arena_zalloc(arena, (size_t)(snapshot->flow_count + 1) * columns * CELL_BYTES);

    for (uint32_t c = 0; c < columns; c++)
        (void)snprintf(grid.cells[c], CELL_BYTES, "%s", heads[c]);
    hot[0] = -1;
    for (uint32_t f = 0; f < snapshot->flow_count; f++) {
        const FlowSnapshot *flow = &snapshot->flows[f];
        char(*row)[CELL_BYTES] = &grid.cells[(f + 1) * columns];

        hot[f + 1] = flow->dead_letter_count ? 9 : 7;
        (void)snprintf(row[0], CELL_BYTES, "%.*s", STR_ARG(flow->name));
        (void)snprintf(row[1], CELL_BYTES, "%.*s", STR_ARG(flow->provider));
        count_text(row[2], flow->rows_in);
        count_text(row[3], (uint64_t)(live->rates[f] + 0.5));
        count_text(row[4], flow->rows_out);
        watermark_text(row[5], flow->watermark_us);
        count_text(row[6], (uint64_t)MAX(flow->lag, 0));
        count_text(row[7], flow->late_count);
        bytes_text(row[8], flow->state_bytes);
        if (dead_letters)
            count_text(row[9], flow->dead_letter_count);
    }
    draw_grid(&grid, live->style, out);
}

/* What does not go as it should, in yellow, on as many lines as the terminal makes of it. */
static void draw_notice(const Live *live, Str text, StrBuf *out)
{
    int columns = live->style.redraws ? live->style.columns : 0;
    Str rest = str_trim(text);
    const char *indent = " ";

    while (rest.bytes) {
        uint32_t bytes = rest.bytes;

        if (columns > NOTICE_COLUMNS_MIN)
            bytes = wrapped_bytes(rest, columns - (int)strlen(indent));
        strbuf_printf(out, "%s%s%.*s%s\n", indent, live->style.colour ? "\033[33m" : "", (int)bytes,
                      rest.data, live->style.colour ? "\033[0m" : "");
        rest = str_trim(str_slice(rest, bytes, rest.bytes));
        indent = "   ";
    }
}

static void draw_sources(const Live *live, const RunSnapshot *snapshot, Arena *arena, StrBuf *out)
{
    static const char *const heads[] = {"source", "from", "records", "lag", "dead letters"};
    static const bool right[] = {false, false, true, true, true};
    uint32_t columns = COUNT_OF(heads);
    int *hot = ARENA_ARRAY(arena, int, snapshot->source_count + 1);
    Grid grid = {
        .cells = arena_zalloc(arena, (size_t)(snapshot->source_count + 1) * columns * CELL_BYTES),
        .row_count = snapshot->source_count + 1,
        .column_count = columns,
        .right = right,
        .hot = hot,
    };

    for (uint32_t c = 0; c < columns; c++)
        (void)snprintf(grid.cells[c], CELL_BYTES, "%s", heads[c]);
    hot[0] = -1;
    for (uint32_t s = 0; s < snapshot->source_count; s++) {
        const SourceSnapshot *source = &snapshot->sources[s];
        char(*row)[CELL_BYTES] = &grid.cells[(s + 1) * columns];

        hot[s + 1] = 4;
        (void)snprintf(row[0], CELL_BYTES, "%.*s", STR_ARG(source->name));
        (void)snprintf(row[1], CELL_BYTES, "%.*s", STR_ARG(source->provider));
        count_text(row[2], source->record_count);
        count_text(row[3], (uint64_t)MAX(source->lag, 0));
        count_text(row[4], source->dead_letter_count);
    }
    draw_grid(&grid, live->style, out);
    for (uint32_t s = 0; s < snapshot->source_count; s++) {
        const SourceSnapshot *source = &snapshot->sources[s];

        if (source->trouble)
            draw_notice(live, str_of(arena_printf(arena, "%.*s: %s", STR_ARG(source->name),
                                                  source->trouble)), out);
        if (source->empty_count) {
            char count[CELL_BYTES];

            count_text(count, source->empty_count);
            draw_notice(live, str_of(arena_printf(
                                  arena, "%.*s: %s record%s without a value left out",
                                  STR_ARG(source->name), count,
                                  source->empty_count == 1 ? "" : "s")), out);
        }
    }
}

/* What waits for a real system, where it is more than a moment's. */
static void draw_deliveries(const Live *live, const RunSnapshot *snapshot, Arena *arena,
                            StrBuf *out)
{
    for (uint32_t d = 0; d < snapshot->delivery_count; d++) {
        const DeliverySnapshot *delivery = &snapshot->deliveries[d];
        char bytes[CELL_BYTES];

        if (!delivery->trouble)
            continue;
        bytes_text(bytes, delivery->waiting_bytes);
        draw_notice(live, str_of(arena_printf(arena, "%.*s: %s wait: %s", STR_ARG(delivery->name),
                                              bytes, delivery->trouble)), out);
    }
}

static void draw_let_go(const Live *live, const RunSnapshot *snapshot, Arena *arena, StrBuf *out)
{
    for (uint32_t i = 0; i < snapshot->let_go_count; i++) {
        char count[CELL_BYTES];

        count_text(count, snapshot->let_go[i].row_count);
        draw_notice(live, str_of(arena_printf(
                              arena, "%.*s: the oldest %s row%s gone (dead_letter.retention)",
                              STR_ARG(snapshot->let_go[i].table), count,
                              snapshot->let_go[i].row_count == 1 ? " is" : "s are")), out);
    }
}

static void draw_views(const Live *live, const RunSnapshot *snapshot, Arena *arena, StrBuf *out)
{
    static const char *const heads[] = {"view", "in", "schedule", "rows", "refreshed"};
    static const bool right[] = {false, false, false, true, false};
    uint32_t columns = COUNT_OF(heads);
    Grid grid = {
        .cells = arena_zalloc(arena, (size_t)(snapshot->view_count + 1) * columns * CELL_BYTES),
        .row_count = snapshot->view_count + 1,
        .column_count = columns,
        .right = right,
    };

    for (uint32_t c = 0; c < columns; c++)
        (void)snprintf(grid.cells[c], CELL_BYTES, "%s", heads[c]);
    for (uint32_t v = 0; v < snapshot->view_count; v++) {
        const ViewSnapshot *view = &snapshot->views[v];
        char(*row)[CELL_BYTES] = &grid.cells[(v + 1) * columns];

        (void)snprintf(row[0], CELL_BYTES, "%.*s", STR_ARG(view->name));
        (void)snprintf(row[1], CELL_BYTES, "%.*s", STR_ARG(view->provider));
        if (view->schedule.data)
            (void)snprintf(row[2], CELL_BYTES, "%.*s", STR_ARG(view->schedule));
        else
            (void)snprintf(row[2], CELL_BYTES, "after its inputs");
        if (view->refreshed_us) {
            count_text(row[3], (uint64_t)view->row_count);
            watermark_text(row[4], view->refreshed_us);
        } else {
            (void)snprintf(row[3], CELL_BYTES, "-");
            (void)snprintf(row[4], CELL_BYTES, "not yet");
        }
    }
    draw_grid(&grid, live->style, out);
}

void live_draw(Live *live, const RunSnapshot *snapshot, StrBuf *out)
{
    Arena arena;

    arena_init(&arena);
    measure_rates(live, snapshot);
    draw_head(live, snapshot, out);
    if (snapshot->flow_count) {
        strbuf_add_char(out, '\n');
        draw_flows(live, snapshot, &arena, out);
    }
    if (snapshot->source_count) {
        strbuf_add_char(out, '\n');
        draw_sources(live, snapshot, &arena, out);
    }
    draw_deliveries(live, snapshot, &arena, out);
    draw_let_go(live, snapshot, &arena, out);
    if (snapshot->view_count) {
        strbuf_add_char(out, '\n');
        draw_views(live, snapshot, &arena, out);
    }
    arena_done(&arena);
}

/* As many lines as the terminal has (the last picture: all of them), none longer than it is wide:
 * only such a picture can be drawn over, since the cursor goes back by lines of the screen. */
static void add_fitted(Live *live, Str picture, bool is_last, StrBuf *out)
{
    uint32_t count = 0;
    bool fits_all = is_last || live->style.lines <= 2;
    uint32_t room = fits_all ? UINT32_MAX : (uint32_t)live->style.lines - 1;
    uint32_t line_i = 0;

    for (uint32_t i = 0; i < picture.bytes; i++)
        count += picture.data[i] == '\n';
    for (uint32_t begin = 0, end; begin < picture.bytes; begin = end + 1, line_i++) {
        for (end = begin; end < picture.bytes && picture.data[end] != '\n'; end++)
            ;
        if (count > room && line_i + 1 == room) {
            strbuf_printf(out, " and %u lines more, for which the terminal has no room\033[K\n",
                          count - line_i);
            line_i++;
            break;
        }
        add_cut(out, live->style, (Str){picture.data + begin, end - begin}, live->style.columns);
        strbuf_add_c(out, "\033[K\n");
    }
    strbuf_add_c(out, "\033[J");
    live->lines_drawn = (int)line_i;
}

static void write_text(FILE *stream, const StrBuf *text)
{
    (void)fwrite(text->data, 1, text->bytes, stream);
    (void)fflush(stream);
}

void live_show(Live *live, const RunSnapshot *snapshot, bool is_last, FILE *stream)
{
    StrBuf picture;
    StrBuf out;

    strbuf_init(&picture);
    strbuf_init(&out);
    live->style = output_style(stream); /* The terminal may have another size by now. */
    /* Each line is written over its predecessor, which does not flicker; ^C is wiped too. */
    if (live->style.redraws && live->lines_drawn)
        strbuf_printf(&out, "\r\033[%dA", live->lines_drawn);
    live_draw(live, snapshot, &picture);
    if (live->style.redraws) {
        add_fitted(live, strbuf_str(&picture), is_last, &out);
    } else {
        strbuf_add(&out, picture.data, picture.bytes);
        if (!is_last)
            strbuf_add_char(&out, '\n');
    }
    write_text(stream, &out);
    strbuf_done(&out);
    strbuf_done(&picture);
}
