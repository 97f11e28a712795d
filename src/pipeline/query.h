/*
 * query.h: a batch query, run to its end on the caller's thread: SELECT in `weir sql`, materialized
 * views, the table side of joins.
 */
#ifndef WEIR_PIPELINE_QUERY_H
#define WEIR_PIPELINE_QUERY_H

#include "pipeline/connect.h"

/* Takes the rows as they come; borrows the batch for the call. False ends the query. */
typedef bool (*QueryTake)(void *self, const Batch *batch, Error *err);

/* A row whose expression fails ends the query with the expression's error class. */
bool query_run(Connections *connections, const Node *plan, const SqlContext *sql, QueryTake take,
               void *self, Error *err);

/* All rows of the query, copied into `arena`. */
typedef struct QueryRows {
    const Batch **batches;
    size_t batch_count;
    size_t batch_capacity;
    uint64_t row_count;
} QueryRows;

bool query_rows(Connections *connections, const Node *plan, const SqlContext *sql, Arena *arena,
                QueryRows *out, Error *err);

#endif
