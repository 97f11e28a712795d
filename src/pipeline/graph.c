#include "pipeline/graph.h"

#include <stdlib.h>

#include "base/vec.h"

static void add_op(Graph *graph, Op *op)
{
    if (graph->op_count == graph->op_capacity)
        graph->ops = vec_grow(graph->ops, &graph->op_capacity, sizeof *graph->ops);
    graph->ops[graph->op_count++] = op;
}

static void add_leaf(Graph *graph, GraphLeaf leaf)
{
    if (graph->leaf_count == graph->leaf_capacity)
        graph->leaves = vec_grow(graph->leaves, &graph->leaf_capacity, sizeof *graph->leaves);
    graph->leaves[graph->leaf_count++] = leaf;
}

static void wire(Op *op, Op *next, uint32_t next_input_i)
{
    op->next = next;
    op->next_input_i = next_input_i;
}

/* Whether the input of a stream's join is its table side. */
static bool is_table_side(const Node *node, uint32_t input_i)
{
    if (node->kind != NODE_JOIN)
        return false;
    if (!node->as.join.left_streaming && !node->as.join.right_streaming)
        return false;
    return input_i == 0 ? !node->as.join.left_streaming : !node->as.join.right_streaming;
}

static bool build(Graph *graph, const Node *node, Op *next, uint32_t next_input_i,
                  const GraphExchanges *exchanges, Error *err);

static bool build_inputs(Graph *graph, const Node *node, Op *op, const GraphExchanges *exchanges,
                         Error *err)
{
    /* The right side of a join is what is built from: it runs first. */
    if (node->kind == NODE_JOIN) {
        return (is_table_side(node, 1) ||
                build(graph, node_input(node, 1), op, 1, exchanges, err)) &&
               (is_table_side(node, 0) || build(graph, node_input(node, 0), op, 0, exchanges, err));
    }
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!build(graph, node_input(node, i), op, i, exchanges, err))
            return false;
    }
    return true;
}

static bool build_exchange(Graph *graph, const Node *node, Op *next, uint32_t next_input_i,
                           const GraphExchanges *exchanges, Error *err)
{
    OpContext *context = graph->context;
    Op *in = exchange_in_create(node, context);
    Op *out;

    add_op(graph, in);
    wire(in, next, next_input_i);
    exchanges->ends[node->id][context->worker_i] = in;
    out = exchange_out_create(node, context, exchanges->ends[node->id], exchanges->mailboxes,
                              exchanges->epoch);
    add_op(graph, out);
    /* Told for op_push_partition and the like; rows go through `ends`. */
    wire(out, in, context->worker_i);
    return build_inputs(graph, node, out, exchanges, err);
}

static bool build(Graph *graph, const Node *node, Op *next, uint32_t next_input_i,
                  const GraphExchanges *exchanges, Error *err)
{
    Op *op;

    if (node->kind == NODE_SCAN || node->kind == NODE_VALUES || node->kind == NODE_RECURSE ||
        node->kind == NODE_WORKING) {
        add_leaf(graph, (GraphLeaf){node, next, next_input_i});
        return true;
    }
    if (node->kind == NODE_EXCHANGE) {
        if (exchanges)
            return build_exchange(graph, node, next, next_input_i, exchanges, err);
        return build(graph, node_input(node, 0), next, next_input_i, exchanges, err);
    }
    if (!op_create(node, graph->context, &op, err))
        return false;
    add_op(graph, op);
    wire(op, next, next_input_i);
    return build_inputs(graph, node, op, exchanges, err);
}

bool graph_build(Graph *graph, const Node *root, OpContext *context, Op *last,
                 const GraphExchanges *exchanges, Error *err)
{
    *graph = (Graph){.context = context};
    return build(graph, root, last, 0, exchanges, err);
}

void graph_done(Graph *graph)
{
    for (size_t i = 0; i < graph->op_count; i++)
        op_free(graph->ops[i]);
    free(graph->ops);
    free(graph->leaves);
    *graph = (Graph){0};
}

Op *graph_op(const Graph *graph, uint32_t node_id)
{
    for (size_t i = 0; i < graph->op_count; i++) {
        if (graph->ops[i]->node && graph->ops[i]->node->id == node_id)
            return graph->ops[i];
    }
    return NULL;
}

int64_t graph_state_bytes(const Graph *graph)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < graph->op_count; i++) {
        const Op *op = graph->ops[i];

        if (op->methods->state_bytes)
            bytes += op->methods->state_bytes(op);
    }
    return bytes;
}
