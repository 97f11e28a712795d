#include "cli/listing.h"

#include "base/assert.h"
#include "cli/output.h"

void listing_init(Listing *listing, const ListingColumn *columns, uint32_t column_count)
{
    *listing = (Listing){.columns = columns, .column_count = column_count};
    arena_init(&listing->arena);
}

void listing_done(Listing *listing)
{
    arena_done(&listing->arena);
}

void listing_add(Listing *listing, Str text)
{
    VEC_ADD_IN(&listing->arena, &listing->cells, str_copy(&listing->arena, text));
}

void listing_add_c(Listing *listing, const char *text)
{
    listing_add(listing, str_of(text));
}

void listing_add_int(Listing *listing, int64_t value)
{
    listing_add_c(listing, arena_printf(&listing->arena, "%lld", (long long)value));
}

static void print_cell(FILE *stream, Str text, int width, bool right, bool last)
{
    int space = width - text_width(text);

    (void)fprintf(stream, "%*s%.*s%*s", right ? space : 0, "", STR_ARG(text),
                  right || last ? 0 : space, "");
}

static void print_rule(const Listing *listing, FILE *stream, const int *widths)
{
    bool unicode = output_style(stream).unicode;

    for (uint32_t c = 0; c < listing->column_count; c++) {
        if (c)
            (void)fputs(unicode ? "┼" : "+", stream);
        for (int i = 0; i < widths[c] + 2; i++)
            (void)fputs(unicode ? "─" : "-", stream);
    }
    (void)fputc('\n', stream);
}

static void print_row(const Listing *listing, FILE *stream, const int *widths, const Str *cells)
{
    bool unicode = output_style(stream).unicode;

    for (uint32_t c = 0; c < listing->column_count; c++) {
        bool last = c + 1 == listing->column_count;

        (void)fputs(c == 0 ? " " : unicode ? "│ " : "| ", stream);
        print_cell(stream, cells[c], widths[c], listing->columns[c].is_number, last);
        if (!last)
            (void)fputc(' ', stream);
    }
    (void)fputc('\n', stream);
}

void listing_print(const Listing *listing, FILE *stream)
{
    uint32_t column_count = listing->column_count;
    size_t row_count = listing->cells.count / column_count;
    Arena arena;
    Str *heads;
    int *widths;

    ASSERT(listing->cells.count % column_count == 0);
    arena_init(&arena);
    heads = ARENA_ARRAY(&arena, Str, column_count);
    widths = ARENA_ARRAY(&arena, int, column_count);
    for (uint32_t c = 0; c < column_count; c++) {
        heads[c] = str_of(listing->columns[c].name);
        widths[c] = text_width(heads[c]);
    }
    for (size_t i = 0; i < listing->cells.count; i++)
        widths[i % column_count] =
            MAX(widths[i % column_count], text_width(listing->cells.items[i]));
    print_row(listing, stream, widths, heads);
    print_rule(listing, stream, widths);
    for (size_t r = 0; r < row_count; r++) {
        if (listing->has_total && r + 1 == row_count)
            print_rule(listing, stream, widths);
        print_row(listing, stream, widths, listing->cells.items + r * column_count);
    }
    arena_done(&arena);
}
