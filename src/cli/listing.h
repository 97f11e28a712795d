/*
 * listing.h: facts in aligned columns, in the manner of output.h's tables.
 */
#ifndef WEIR_CLI_LISTING_H
#define WEIR_CLI_LISTING_H

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "base/vec.h"

typedef struct ListingColumn {
    const char *name;
    bool is_number; /* To the right. */
} ListingColumn;

typedef struct Listing {
    const ListingColumn *columns; /* Borrowed. */
    uint32_t column_count;
    VEC(Str) cells; /* Row by row. */
    bool has_total; /* The last row stands below a line. */
    Arena arena;
} Listing;

void listing_init(Listing *listing, const ListingColumn *columns, uint32_t column_count);
void listing_done(Listing *listing);
/* The next cell; a copy is taken. */
void listing_add(Listing *listing, Str text);
void listing_add_c(Listing *listing, const char *text);
void listing_add_int(Listing *listing, int64_t value);
void listing_print(const Listing *listing, FILE *stream);

#endif
