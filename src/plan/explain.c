/*
 * explain.c: plans as text: one line a node, its inputs below it.
 *
 *     project category, window.start AS minute, sum AS revenue, count AS orders
 *     └─ aggregate by window, category: sum((price * ...)), count(1); emits changes; closes by window
 *        └─ exchange by window, category
 *           └─ assign window of 1 minute of ts
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/assert.h"
#include "plan/logical.h"
#include "plan/pipeline_spec.h"

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

/* With the names of `columns`, by id. */
static void add_expr(StrBuf *out, const Schema *columns, const Expr *e)
{
    StrBuf text;

    strbuf_init(&text);
    expr_print(&text, e, columns);
    for (size_t i = 0; i < text.bytes; i++) {
        /* name#12 -> name */
        if (text.data[i] == '#' && i + 1 < text.bytes && isdigit((unsigned char)text.data[i + 1])) {
            while (i + 1 < text.bytes && isdigit((unsigned char)text.data[i + 1]))
                i++;
            continue;
        }
        strbuf_add_char(out, text.data[i]);
    }
    strbuf_done(&text);
}

static void add_named(StrBuf *out, const Schema *columns, const NamedExpr *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Str name = columns->columns[items[i].id].name;

        strbuf_add_c(out, i ? ", " : " ");
        add_expr(out, columns, items[i].expr);
        if (items[i].expr->kind != EXPR_COLUMN && items[i].expr->kind != EXPR_AGGREGATE &&
            items[i].expr->kind != EXPR_WINDOW)
            strbuf_printf(out, " AS %.*s", STR_ARG(name));
    }
}

static void add_sort(StrBuf *out, const Schema *columns, const SortItem *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add_c(out, i ? ", " : " ");
        add_expr(out, columns, items[i].expr);
        if (items[i].key.descending)
            strbuf_add_c(out, " DESC");
        if (items[i].key.nulls_last != items[i].key.descending)
            strbuf_add_c(out, items[i].key.nulls_last ? " NULLS LAST" : " NULLS FIRST");
    }
}

static void add_duration(StrBuf *out, int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{86400000000, "day"}, {3600000000, "hour"}, {60000000, "minute"},
                 {1000000, "second"},  {1000, "ms"},         {1, "us"}};

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (us % units[i].us == 0 && us != 0) {
            int64_t n = us / units[i].us;

            strbuf_printf(out, "%lld %s%s", (long long)n, units[i].name,
                          n != 1 && units[i].us >= 1000000 ? "s" : "");
            return;
        }
    }
    strbuf_add_c(out, "0 seconds");
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

static void detail_scan(StrBuf *out, const Schema *columns, const Logical *node)
{
    const LogicalScan *scan = &node->as.scan;

    strbuf_printf(out, " %.*s%s", STR_ARG(scan->table->name), scan->streaming ? ", as a stream" : "");
    if (node->column_count < scan->table->schema.column_count)
        strbuf_printf(out, ", %u of %u columns", node->column_count,
                      scan->table->schema.column_count);
    strbuf_add_char(out, ':');
    for (uint32_t i = 0; i < node->column_count; i++) {
        const Field *field = &columns->columns[node->columns[i]];

        strbuf_printf(out, "%s%.*s ", i ? ", " : " ", STR_ARG(field->name));
        type_name_sql(out, field->type);
    }
    if (!node->column_count)
        strbuf_add_c(out, " none");
    if (scan->filter) {
        strbuf_add_c(out, "; where ");
        add_expr(out, columns, scan->filter);
    }
}

static void detail_aggregate(StrBuf *out, const Schema *columns, const Logical *node)
{
    const LogicalAggregate *aggregate = &node->as.aggregate;

    if (aggregate->key_count)
        strbuf_add_c(out, " by");
    add_named(out, columns, aggregate->keys, aggregate->key_count);
    if (aggregate->item_count)
        strbuf_add_c(out, aggregate->key_count ? ":" : "");
    add_named(out, columns, aggregate->items, aggregate->item_count);
    if (aggregate->emit == EMIT_CHANGED)
        strbuf_add_c(out, "; emits changed groups");
    if (aggregate->emit == EMIT_FINAL)
        strbuf_add_c(out, "; emits final groups");
    if (aggregate->time_key >= 0)
        strbuf_printf(out, "; closed by %.*s",
                      STR_ARG(columns->columns[aggregate->keys[aggregate->time_key].id].name));
}

static void detail_join(StrBuf *out, const Schema *columns, const Logical *node)
{
    static const char *const kinds[] = {
        [JOIN_INNER] = "inner", [JOIN_LEFT] = "left",   [JOIN_RIGHT] = "right",
        [JOIN_FULL] = "full",   [JOIN_SEMI] = "semi",   [JOIN_ANTI] = "anti",
        [JOIN_CROSS] = "cross", [JOIN_LEFT_MARK] = "mark", [JOIN_LEFT_SINGLE] = "single",
    };
    const LogicalJoin *join = &node->as.join;

    strbuf_printf(out, " %s", kinds[join->kind == JOIN_INNER && !join->condition ? JOIN_CROSS
                                                                                 : join->kind]);
    if (join->condition) {
        strbuf_add_c(out, " on ");
        add_expr(out, columns, join->condition);
    }
    for (uint32_t i = 0; i < join->in_count; i++) {
        strbuf_add_c(out, i || join->condition ? " and " : " on ");
        add_expr(out, columns, join->in_left[i]);
        strbuf_add_c(out, " in ");
        add_expr(out, columns, join->in_right[i]);
    }
    if (join->has_bounds) {
        strbuf_add_c(out, "; rows at most ");
        add_duration(out, MAX(join->high_us, -join->low_us));
        strbuf_add_c(out, " apart");
    }
}

static void detail_assign(StrBuf *out, const Schema *columns, const Logical *node)
{
    const LogicalAssign *assign = &node->as.assign;

    strbuf_add_c(out, assign->session ? " session of gap " : " window of ");
    if (assign->gap)
        add_expr(out, columns, assign->gap);
    else
        add_duration(out, assign->size_us);
    if (!assign->session && assign->slide_us != assign->size_us) {
        strbuf_add_c(out, " every ");
        add_duration(out, assign->slide_us);
    }
    strbuf_add_c(out, " over ");
    add_expr(out, columns, assign->time);
}

static void detail_window(StrBuf *out, const Schema *columns, const Logical *node)
{
    const LogicalWindow *window = &node->as.window;

    add_named(out, columns, window->items, window->item_count);
    if (window->partition_count)
        strbuf_add_c(out, "; partition by ");
    for (uint32_t i = 0; i < window->partition_count; i++) {
        strbuf_add_c(out, i ? ", " : "");
        add_expr(out, columns, window->partition[i]);
    }
    if (window->order_count)
        strbuf_add_c(out, "; order by");
    add_sort(out, columns, window->order, window->order_count);
    if (window->rank_limit >= 0)
        strbuf_printf(out, "; first %lld", (long long)window->rank_limit);
    if (window->emit == EMIT_CHANGED)
        strbuf_add_c(out, "; emits changed places");
}

static void detail_limit(StrBuf *out, int64_t limit, int64_t offset)
{
    if (limit >= 0)
        strbuf_printf(out, " limit %lld", (long long)limit);
    if (offset)
        strbuf_printf(out, " offset %lld", (long long)offset);
}

static void detail_range(StrBuf *out, const NumberRange *range)
{
    strbuf_printf(out, " %llu numbers from %lld by %lld", (unsigned long long)range->count,
                  (long long)range->start, (long long)range->step);
}

static void detail_node(StrBuf *out, const Schema *columns, const Logical *node)
{
    switch (node->kind) {
    case LOGICAL_SCAN:
        detail_scan(out, columns, node);
        return;
    case LOGICAL_VALUES:
        if (node->as.values.range) {
            detail_range(out, node->as.values.range);
            return;
        }
        strbuf_printf(out, " %u row%s", node->as.values.row_count,
                      node->as.values.row_count == 1 ? "" : "s");
        return;
    case LOGICAL_FILTER:
        strbuf_add_char(out, ' ');
        add_expr(out, columns, node->as.filter.condition);
        return;
    case LOGICAL_PROJECT:
        add_named(out, columns, node->as.project.items, node->column_count);
        return;
    case LOGICAL_WATERMARK:
        strbuf_printf(out, " %.*s, delay ",
                      STR_ARG(columns->columns[node->as.watermark.time_id].name));
        add_duration(out, node->as.watermark.delay_us);
        return;
    case LOGICAL_ASSIGN:
        detail_assign(out, columns, node);
        return;
    case LOGICAL_AGGREGATE:
        detail_aggregate(out, columns, node);
        return;
    case LOGICAL_JOIN:
        detail_join(out, columns, node);
        return;
    case LOGICAL_SORT:
        strbuf_add_c(out, " by");
        add_sort(out, columns, node->as.sort.items, node->as.sort.item_count);
        detail_limit(out, node->as.sort.limit, node->as.sort.offset);
        return;
    case LOGICAL_LIMIT:
        if (node->as.limit.limit >= 0)
            strbuf_printf(out, " %lld", (long long)node->as.limit.limit);
        detail_limit(out, -1, node->as.limit.offset);
        return;
    case LOGICAL_WINDOW:
        detail_window(out, columns, node);
        return;
    case LOGICAL_GENERATE:
        strbuf_add_char(out, ' ');
        add_expr(out, columns, node->as.generate.call);
        strbuf_add_c(out, node->as.generate.outer ? ", outer" : "");
        return;
    case LOGICAL_RECURSE:
        detail_limit(out, node->as.recurse.limit, 0);
        return;
    case LOGICAL_UNION:
    case LOGICAL_WORKING:
    case LOGICAL_KIND_COUNT:
        return;
    }
}

/* A column of a node's inputs. */
typedef struct InputColumn {
    Str name;
    uint32_t id;
} InputColumn;

static int compare_input_columns(const void *a, const void *b)
{
    return str_compare(((const InputColumn *)a)->name, ((const InputColumn *)b)->name);
}

/* All columns by id; those of the node's inputs that share a name with another of them have their
 * relation's before it. */
static Schema shown_columns(PlanContext *plan, const Logical *node)
{
    Schema out = {(uint32_t)plan->columns.count, plan->columns.items};
    Field *fields = NULL;
    InputColumn *inputs;
    size_t count = 0;

    for (uint32_t i = 0; i < node->input_count; i++)
        count += node->inputs[i]->column_count;
    inputs = ARENA_ARRAY(plan->arena, InputColumn, count + 1);
    count = 0;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const Logical *input = node->inputs[i];

        for (uint32_t c = 0; c < input->column_count; c++)
            inputs[count++] =
                (InputColumn){plan_column(plan, input->columns[c])->name, input->columns[c]};
    }
    qsort(inputs, count, sizeof *inputs, compare_input_columns);
    for (size_t i = 0; i < count; i++) {
        Str name = inputs[i].name;
        Str qualifier = plan->qualifiers.items[inputs[i].id];

        if (!qualifier.bytes || !((i && str_equal(inputs[i - 1].name, name)) ||
                                  (i + 1 < count && str_equal(inputs[i + 1].name, name))))
            continue;
        if (!fields) {
            fields = ARENA_ARRAY(plan->arena, Field, plan->columns.count);
            memcpy(fields, plan->columns.items, plan->columns.count * sizeof *fields);
            out.columns = fields;
        }
        fields[inputs[i].id].name = str_of(arena_printf(plan->arena, "%.*s.%.*s",
                                                        STR_ARG(qualifier), STR_ARG(name)));
    }
    return out;
}

const char *logical_detail(PlanContext *plan, const Logical *node)
{
    Schema columns = shown_columns(plan, node);
    StrBuf text;
    const char *out;

    strbuf_init(&text);
    detail_node(&text, &columns, node);
    out = arena_strdup(plan->arena, strbuf_c(&text));
    strbuf_done(&text);
    return out;
}

/* ── trees of Nodes ────────────────────────────────────────────────────────────────────────────*/

const char *node_kind_name(NodeKind kind)
{
    static const char *const names[NODE_KIND_COUNT] = {
        [NODE_SCAN] = "scan",           [NODE_VALUES] = "values", [NODE_FILTER] = "filter",
        [NODE_PROJECT] = "project",     [NODE_WATERMARK] = "watermark", [NODE_ASSIGN] = "assign",
        [NODE_AGGREGATE] = "aggregate", [NODE_JOIN] = "join",     [NODE_UNION] = "union",
        [NODE_SORT] = "sort",           [NODE_LIMIT] = "limit",   [NODE_WINDOW] = "window",
        [NODE_GENERATE] = "generate",   [NODE_EXCHANGE] = "exchange",
        [NODE_RECURSE] = "recurse",     [NODE_WORKING] = "last round",
    };

    ASSERT(kind < NODE_KIND_COUNT);
    return names[kind];
}

static void print_columns(StrBuf *out, const Schema *schema)
{
    for (uint32_t i = 0; i < schema->column_count; i++)
        strbuf_printf(out, "%s%.*s", i ? ", " : " ", STR_ARG(schema->columns[i].name));
}

static void print_exchange(StrBuf *out, const Node *node)
{
    const ExchangeNode *exchange = &node->as.exchange;

    strbuf_add_c(out, exchange->key_count ? " by" : " to one worker");
    for (uint32_t i = 0; i < exchange->key_count; i++)
        strbuf_printf(out, "%s%.*s", i ? ", " : " ",
                      STR_ARG(node->schema.columns[exchange->key_columns[i]].name));
}

static void print_tree(StrBuf *out, const Node *node, StrBuf *indent, bool is_last)
{
    size_t indent_bytes = indent->bytes;

    strbuf_add_str(out, strbuf_str(indent));
    strbuf_add_c(out, is_last ? "└─ " : "├─ ");
    strbuf_add_c(out, node_kind_name(node->kind));
    if (node->kind == NODE_EXCHANGE)
        print_exchange(out, node);
    else if (node->detail)
        strbuf_add_c(out, node->detail);
    else
        print_columns(out, &node->schema);
    strbuf_add_char(out, '\n');
    strbuf_add_c(indent, is_last ? "   " : "│  ");
    for (uint32_t i = 0; i < node->input_count; i++)
        print_tree(out, node_input(node, i), indent, i + 1 == node->input_count);
    indent->bytes = indent_bytes;
    indent->data[indent_bytes] = '\0';
}

void node_print(StrBuf *out, const Node *root)
{
    StrBuf indent;

    strbuf_init(&indent);
    strbuf_add_c(&indent, "");
    print_tree(out, root, &indent, true);
    strbuf_done(&indent);
}

/* ── a pipeline ────────────────────────────────────────────────────────────────────────────────*/

static void print_schema(StrBuf *out, const Schema *schema)
{
    for (uint32_t i = 0; i < schema->column_count; i++) {
        strbuf_printf(out, "%s%.*s ", i ? ", " : "", STR_ARG(schema->columns[i].name));
        type_name_sql(out, schema->columns[i].type);
    }
}

static void print_key(StrBuf *out, const TableDef *table)
{
    for (uint32_t i = 0; i < table->primary_key_count; i++)
        strbuf_printf(out, "%s%.*s", i ? ", " : ", upserted by ",
                      STR_ARG(table->schema.columns[table->primary_key[i]].name));
}

static void print_flow(StrBuf *out, const FlowSpec *flow)
{
    strbuf_printf(out, "flow %.*s -> %.*s (%s, %s", STR_ARG(flow->name),
                  STR_ARG(flow->target->name), provider_info(flow->target->provider)->name,
                  flow->output_mode == OUTPUT_UPDATE ? "update" : "append");
    print_key(out, flow->target);
    strbuf_add_c(out, ")\n  ");
    print_schema(out, &flow->plan->schema);
    strbuf_add_char(out, '\n');
    node_print(out, flow->plan);
}

static void print_view(StrBuf *out, const ViewSpec *view)
{
    strbuf_printf(out, "view %.*s (%s", STR_ARG(view->table->name),
                  provider_info(view->table->provider)->name);
    print_key(out, view->table);
    if (view->schedule.data)
        strbuf_printf(out, ", at '%.*s' %.*s", STR_ARG(view->schedule), STR_ARG(view->time_zone));
    else
        strbuf_add_c(out, ", after what it reads");
    strbuf_add_c(out, ")\n  ");
    print_schema(out, &view->plan->schema);
    strbuf_add_char(out, '\n');
    node_print(out, view->plan);
}

static void print_source(StrBuf *out, const SourceSpec *source)
{
    strbuf_printf(out, "source %.*s (%s): decodes ", STR_ARG(source->table->name),
                  provider_info(source->table->provider)->name);
    print_schema(out, &source->schema);
    for (uint32_t i = 0; i < source->constraint_count; i++) {
        const Constraint *constraint = &source->constraints[i];

        strbuf_printf(out, "\n  checks %.*s: %.*s", STR_ARG(constraint->name),
                      STR_ARG(constraint->text));
    }
    strbuf_add_char(out, '\n');
}

void pipeline_spec_explain(const PipelineSpec *spec, StrBuf *out)
{
    for (uint32_t i = 0; i < spec->source_count; i++)
        print_source(out, &spec->sources[i]);
    for (uint32_t i = 0; i < spec->flow_count; i++) {
        strbuf_add_char(out, '\n');
        print_flow(out, &spec->flows[i]);
    }
    for (uint32_t i = 0; i < spec->view_count; i++) {
        strbuf_add_char(out, '\n');
        print_view(out, &spec->views[i]);
    }
}
