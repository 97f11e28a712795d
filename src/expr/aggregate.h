/*
 * aggregate.h: what every aggregate function promises.
 *
 * The state of one group is `state_bytes` of memory at a fixed address (16-aligned), owned by the
 * operator; what a state points to (sets, lists) is malloc'ed by the aggregate, counted by
 * `extra_bytes` and freed by `clear`. States are built row by row, merged with states of other
 * workers or of windows that join (sessions), written to checkpoints and read back.
 *
 * update is vectorised: states[i] is the state to which row i belongs. DISTINCT and FILTER are the
 * operator's business (op/aggregate.c), NULL arguments the aggregate's. A row that cannot be
 * aggregated (overflow of a sum) makes the state "failed": result then gives a row error.
 *
 * Determinism: the result may depend on the order of rows only where the function's does (first,
 * collect_list, …); sums of doubles are compensated, so that they differ by rounding alone.
 */
#ifndef WEIR_EXPR_AGGREGATE_H
#define WEIR_EXPR_AGGREGATE_H

#include "expr/function.h"

typedef struct AggregateCall {
    const Expr *expr; /* type, args' types, data (what bind made) */
    const SqlContext *sql;
} AggregateCall;

typedef struct AggregateMethods {
    /* May depend on the types. */
    uint32_t (*state_bytes)(const AggregateCall *call);
    void (*init)(const AggregateCall *call, void *state);
    /* args[a] has row_count rows, may be constant; arg_count may be 0 (count(*)). */
    void (*update)(const AggregateCall *call, void *const *states, const Vector *const *args,
                   uint32_t row_count, Arena *scratch);
    /* All rows into one state: ungrouped aggregation and windows. NULL: update serves. */
    void (*update_one)(const AggregateCall *call, void *state, const Vector *const *args,
                       uint32_t row_count, Arena *scratch);
    void (*merge)(const AggregateCall *call, void *into, const void *from);
    /* A vector of expr->type with one row a state. */
    Vector *(*result)(const AggregateCall *call, const void *const *states, uint32_t count,
                      Arena *arena);
    /* To and from a checkpoint. decode: false on bytes that encode never wrote. */
    void (*encode)(const AggregateCall *call, const void *state, StrBuf *out);
    bool (*decode)(const AggregateCall *call, void *state, Str *in); /* Moves *in behind it. */
    void (*clear)(const AggregateCall *call, void *state);           /* NULL: nothing to free. */
    size_t (*extra_bytes)(const AggregateCall *call, const void *state); /* NULL: none. */
} AggregateMethods;

#endif
