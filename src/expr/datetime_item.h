/*
 * datetime_item.h: a compiled datetime pattern, as its formatter and its parser see it.
 */
#ifndef WEIR_EXPR_DATETIME_ITEM_H
#define WEIR_EXPR_DATETIME_ITEM_H

#include "base/vec.h"
#include "expr/datetime_pattern.h"

enum { ITEM_LITERAL = 0, DATETIME_PATTERN_BYTES_MAX = 1000 };

typedef struct DatetimeItem {
    char letter;       /* ITEM_LITERAL, '[', ']', or the pattern's letter. */
    uint32_t count;    /* How often it stands. */
    uint32_t reserved; /* Parsing: digits left to the numbers that follow directly. */
    Str text;          /* LITERAL */
} DatetimeItem;

struct DatetimePattern {
    const DatetimeItem *items;
    uint32_t item_count;
};

bool datetime_item_is_number(const DatetimeItem *item);
bool datetime_item_fixed(const DatetimeItem *item); /* A number of exactly `count` digits. */

extern const char *const month_names[12];
extern const char *const day_names[7]; /* From Monday. */

/* Names of zones in use: as abbreviated, in full, and which zone is meant when one is read. */
typedef struct ZoneNaming {
    const char *name, *full, *id;
} ZoneNaming;

extern const ZoneNaming zone_names[];
extern const size_t zone_name_count;

#endif
