/*
 * option_table.h: the two tables behind option.h, for option.c alone.
 */
#ifndef WEIR_PLAN_OPTION_TABLE_H
#define WEIR_PLAN_OPTION_TABLE_H

#include "plan/option.h"

extern const ProviderInfo provider_table[PROVIDER_COUNT];
extern const OptionDef option_table[]; /* Ends with a row whose key is NULL. */

#endif
