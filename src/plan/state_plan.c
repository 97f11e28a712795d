/*
 * state_plan.c: what a flow's state rests on, as text.
 *
 * State is kept by operators, under the numbers of their nodes, and means something only to the query
 * that made it: counts of windows of one minute are no counts of windows of two. So a run keeps this
 * text beside the state (pipeline/kept_plan.h) and does not go on under another one.
 *
 * It has a line for each node from the highest ones that keep state down to the scans: these decide
 * which rows the state has seen and what was made of them. What stands above them (the last projection,
 * HAVING) may change freely, as may comments, blanks, and the query of a flow that keeps no state.
 * Numbers of nodes grow upwards (physical.c), so they do not change with what is above either. Scans
 * are told without types: other flows decide which fields of a STRUCT are decoded. The types of what
 * is kept stand at the nodes that keep it.
 *
 * A watermark alone keeps nothing that rows depend on.
 */
#include "plan/logical.h"
#include "plan/pipeline_spec.h"

static bool keeps_state(const Node *node)
{
    switch (node->kind) {
    case NODE_AGGREGATE:
        return node->as.aggregate.emit != EMIT_AT_END;
    case NODE_JOIN:
        return node->as.join.left_streaming && node->as.join.right_streaming;
    case NODE_SORT:
    case NODE_LIMIT:
    case NODE_WINDOW:
        return true;
    case NODE_SCAN:
    case NODE_VALUES:
    case NODE_FILTER:
    case NODE_PROJECT:
    case NODE_WATERMARK:
    case NODE_ASSIGN:
    case NODE_UNION:
    case NODE_GENERATE:
    case NODE_EXCHANGE:
    case NODE_RECURSE:
    case NODE_WORKING:
    case NODE_KIND_COUNT:
        break;
    }
    return false;
}

/* The table of a stream-table join is read anew for every epoch. */
static bool is_table_side(const Node *node, uint32_t input_i)
{
    const JoinNode *join = &node->as.join;

    if (node->kind != NODE_JOIN || join->left_streaming == join->right_streaming)
        return false;
    return input_i == (join->left_streaming ? 1 : 0);
}

static void add_scan(StrBuf *out, const Node *node)
{
    const char *filter = node->detail ? strstr(node->detail, "; where ") : NULL;

    strbuf_printf(out, " %.*s", STR_ARG(node->as.scan.table->name));
    for (uint32_t i = 0; i < node->schema.column_count; i++)
        strbuf_printf(out, "%s %.*s", i ? "," : ":", STR_ARG(node->schema.columns[i].name));
    if (filter)
        strbuf_add_c(out, filter);
}

static void add_kept_types(StrBuf *out, const Node *node)
{
    for (uint32_t i = 0; i < node->input_count; i++) {
        const Schema *schema = &node_input(node, i)->schema;

        strbuf_add_c(out, "; of");
        for (uint32_t c = 0; c < schema->column_count; c++) {
            strbuf_printf(out, "%s %.*s ", c ? "," : "", STR_ARG(schema->columns[c].name));
            type_name_sql(out, schema->columns[c].type);
        }
    }
}

static void add_tree(StrBuf *out, const Node *node)
{
    strbuf_printf(out, "%u %s", node->id, node_kind_name(node->kind));
    if (node->kind == NODE_SCAN)
        add_scan(out, node);
    else if (node->detail)
        strbuf_add_c(out, node->detail);
    if (node->kind == NODE_JOIN && node->as.join.has_bounds)
        strbuf_printf(out, "; from %lld to %lld us", (long long)node->as.join.low_us,
                      (long long)node->as.join.high_us);
    if (keeps_state(node))
        add_kept_types(out, node);
    strbuf_add_char(out, '\n');
    for (uint32_t i = 0; i < node->input_count; i++)
        add_tree(out, node_input(node, i));
}

static void add_highest(StrBuf *out, const Node *node)
{
    if (keeps_state(node)) {
        add_tree(out, node);
        return;
    }
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!is_table_side(node, i))
            add_highest(out, node_input(node, i));
    }
}

Str plan_state_text(Arena *arena, const Node *root, const SqlContext *sql)
{
    Str text = STR_EMPTY;
    StrBuf out;

    strbuf_init(&out);
    add_highest(&out, root);
    if (out.bytes) {
        strbuf_printf(&out, "time zone %.*s\n", STR_ARG(zone_name(sql->zone)));
        if (!sql->ansi)
            strbuf_add_c(&out, "not ansi\n");
        text = str_copy(arena, strbuf_str(&out));
    }
    strbuf_done(&out);
    return text;
}
