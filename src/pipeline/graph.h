/*
 * graph.h: the operators of one query on one worker, made from its plan and wired together.
 *
 * Used by flows and by batch queries. The leaves are left open: whoever runs the graph pushes the
 * rows of each leaf's scan into `to`. The table side of a stream-table join is not part of the graph:
 * the join asks for its rows (OpContext.table_rows) when it needs them.
 */
#ifndef WEIR_PIPELINE_GRAPH_H
#define WEIR_PIPELINE_GRAPH_H

#include "pipeline/exchange.h"

typedef struct GraphLeaf {
    const Node *node; /* SCAN or VALUES */
    Op *to;
    uint32_t input_i;
} GraphLeaf;

/* Where exchanges get their other ends from; NULL members: a graph of one worker, exchanges are
 * left out. */
typedef struct GraphExchanges {
    /* ends[node id][worker]: receiving ends; the graph puts its own in, the others' come from their
     * graphs before the first row. */
    Op ***ends;
    Mailbox *const *mailboxes;
    const WorkerEpoch *epoch;
} GraphExchanges;

typedef struct Graph {
    OpContext *context;
    Op **ops;          /* Owned; by creation, what comes later in the plan first. */
    size_t op_count;
    size_t op_capacity;
    GraphLeaf *leaves; /* In the order in which they are to be run: build sides of joins first. */
    size_t leaf_count;
    size_t leaf_capacity;
} Graph;

/* `last` takes the query's rows on its input 0; it stays the caller's. `exchanges` may be NULL. */
bool graph_build(Graph *graph, const Node *root, OpContext *context, Op *last,
                 const GraphExchanges *exchanges, Error *err);
void graph_done(Graph *graph); /* Also of a half-built one. */
/* The operator made from the node of that id, or NULL. */
Op *graph_op(const Graph *graph, uint32_t node_id);
int64_t graph_state_bytes(const Graph *graph);

#endif
