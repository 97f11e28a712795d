/*
 * stream_check.h: what a continuous query may be, and when its results are final.
 */
#ifndef WEIR_PLAN_STREAM_CHECK_H
#define WEIR_PLAN_STREAM_CHECK_H

#include "plan/bind.h"

typedef struct StreamTarget {
    const TableDef *table;
    /* Columns of the plan that are the table's key (primary_key, topic key), or none. */
    const uint32_t *key_ids;
    uint32_t key_count;
    bool mode_given;  /* 'output_mode' stands in the table's properties. */
    OutputMode mode;  /* In: what was given. Out: what holds. */
    Span span;
} StreamTarget;

/* Sets emit, time_key, session, bounds and so on in the plan, which must be that of a stream; refuses
 * what cannot be right. */
bool stream_check(Binder *b, Logical *root, StreamTarget *target);
/* The same of a batch query: nothing is refused. */
void batch_check(Binder *b, Logical *root);

#endif
