/*
 * option_table.h: the two tables behind option.h, for option.c alone.
 */
#ifndef WEIR_PLAN_OPTION_TABLE_H
#define WEIR_PLAN_OPTION_TABLE_H

#include "plan/option.h"

extern const ProviderInfo provider_table[PROVIDER_COUNT];
/* What the value of an option or a setting of this key and type may be, in its smallest unit. */
typedef struct OptionBounds {
    const char *key;
    OptionType type;
    int64_t low, high;
} OptionBounds;

extern const OptionBounds option_bounds[]; /* Ends with a row whose key is NULL. */
extern const OptionDef option_table[]; /* Ends with a row whose key is NULL. */

#endif
