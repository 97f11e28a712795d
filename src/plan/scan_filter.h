/*
 * scan_filter.h: what of a condition a table's store can decide by itself, or find by an index.
 */
#ifndef WEIR_PLAN_SCAN_FILTER_H
#define WEIR_PLAN_SCAN_FILTER_H

#include "plan/logical.h"
#include "store/store.h"

/* Of the conjuncts of `condition` (may be NULL) over a scan's columns those of the form column = value,
 * <, <=, >, >=, IS [NOT] NULL; both in `arena`. A FILTER above decides all of them again. */
void scan_filters(Arena *arena, const Logical *scan, Expr *condition, const StoreFilter **out,
                  uint32_t *count);

#endif
