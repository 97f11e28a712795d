/*
 * stream_check.c: continuous queries: which are right, and what emits when (design.md, "What a stream
 * is"; facts of Spark's UnsupportedOperationChecker).
 *
 * One walk from the leaves up finds which columns carry event time (event_time.h) and settles every
 * node by it:
 *
 *     AGGREGATE   closed by a key that carries event time. The last one of a query in update mode
 *                 emits early (EMIT_CHANGED); all others pass on final groups, and need such a key
 *     JOIN        stream and table: any condition. Two streams: bounds of their times, or equal
 *                 windows, by which state can be dropped
 *     WINDOW      within a partition that event time closes; or the last one, in update mode: the
 *                 first rows of each partition (row_number() <= N), kept up to date
 *     SORT        by event time first
 *
 * "Last" is an AGGREGATE or WINDOW above which there is nothing but PROJECT, FILTER, GENERATE, UNION ALL and
 * joins with tables.
 */
#include "plan/stream_check.h"

#include "base/assert.h"
#include "plan/event_time.h"
#include "plan/rules.h"

typedef struct Check {
    Binder *b;
    PlanContext *plan;
    StreamTarget *target; /* NULL: batch. */
    bool streaming;
    bool ok;
    Logical *last;        /* An AGGREGATE or WINDOW that emits early, if any. */
    const Logical *filter; /* The FILTER above the node at hand, with nothing but PROJECTs between. */
} Check;

static TimeColumns check_node(Check *c, Logical *node, bool is_last);

static void refuse(Check *c, Span span, const char *remedy, const char *text)
{
    c->ok = false;
    bind_error(c->b, span, "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", "42KDE",
               "Invalid streaming output mode: %s. %s",
               c->target && c->target->mode == OUTPUT_UPDATE ? "update" : "append", text);
    if (remedy)
        diagnostic_remedy(c->b->diagnostics, "%s", remedy);
}

static void refuse_unbounded(Check *c, Span span, const char *text)
{
    c->ok = false;
    bind_error(c->b, span, "UNBOUNDED_STATE", "42KDE", "%s", text);
    diagnostic_remedy(c->b->diagnostics,
                      "group by window(...) over a time with WATERMARK, or say "
                      "'unbounded_state' = 'true' in TBLPROPERTIES");
}

static bool may_be_unbounded(const Check *c)
{
    return c->target->table->unbounded_state;
}

/* Refined results replace the early ones by their key. */
static void require_key(Check *c)
{
    StreamTarget *target = c->target;

    if (target->key_count)
        return;
    c->ok = false;
    bind_error(c->b, target->span, "UPDATE_WITHOUT_KEY", "42K0E",
               "`%.*s` is in update mode but has no key: refined results would be added to the "
               "early ones instead of replacing them.",
               STR_ARG(target->table->name));
    diagnostic_remedy(c->b->diagnostics, target->table->provider == PROVIDER_KAFKA
                          ? "give it 'key' = '...', or 'output_mode' = 'append'"
                          : "give it 'primary_key' = '...', or 'output_mode' = 'append'");
}

/* ── projections ───────────────────────────────────────────────────────────────────────────────*/

static TimeColumns check_project(Check *c, Logical *node, TimeColumns below)
{
    TimeColumns out = {0};

    for (uint32_t i = 0; i < node->column_count; i++) {
        const NamedExpr *item = &node->as.project.items[i];
        TimeColumn column;

        if (time_column_of_expr(c->plan, &below, item->expr, &column)) {
            column.id = item->id;
            time_column_add(c->plan, &out, column);
        }
    }
    return out;
}

static TimeColumns check_assign(Check *c, Logical *node, TimeColumns below)
{
    const LogicalAssign *assign = &node->as.assign;
    TimeColumn time, window = {
        .id = assign->window_id,
        .window = true,
        .session = assign->session,
        .size_us = assign->size_us,
    };

    if (!node->streaming || time_column_of_expr(c->plan, &below, assign->time, &time))
        time_column_add(c->plan, &below, window);
    return below;
}

/* ── aggregates ────────────────────────────────────────────────────────────────────────────────*/

/* The key whose event time closes groups; windows before plain times. */
static int32_t closing_key(const LogicalAggregate *aggregate, const TimeColumns *below)
{
    int32_t found = -1;

    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        const Expr *e = aggregate->keys[i].expr;
        const TimeColumn *column =
            e->kind == EXPR_COLUMN ? time_column_find(below, e->column_i) : NULL;

        if (!column || column->lag_us > 0)
            continue;
        if (column->window)
            return (int32_t)i;
        if (found < 0)
            found = (int32_t)i;
    }
    return found;
}

static bool holds_all_values(const LogicalAggregate *aggregate)
{
    for (uint32_t i = 0; i < aggregate->item_count; i++) {
        if (aggregate->items[i].expr->distinct)
            return true;
    }
    return false;
}

static bool has_node(const Logical *node, LogicalKind kind)
{
    if (node->kind == kind)
        return true;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i]->streaming && has_node(node->inputs[i], kind))
            return true;
    }
    return false;
}

static void refuse_append(Check *c, const Logical *node)
{
    bool watermark = has_node(node, LOGICAL_WATERMARK);

    refuse(c, node->span,
           watermark ? "put window(...) of the watermarked time, or that time itself, into GROUP BY"
                     : "write WATERMARK <time> DELAY OF INTERVAL ... behind the STREAM, and group "
                       "by window(<time>, ...)",
           watermark ? "The aggregation is never final: no grouping column carries the watermarked "
                       "event time."
                     : "This output mode is not supported for streaming aggregations without "
                       "watermark on streaming DataFrames/DataSets.");
}

static void check_stream_aggregate(Check *c, Logical *node, bool is_last)
{
    LogicalAggregate *aggregate = &node->as.aggregate;
    bool closes = aggregate->time_key >= 0;

    if (is_last && c->target->mode == OUTPUT_UPDATE && aggregate->session) {
        refuse(c, node->span, "say 'output_mode' = 'append'",
               "Session windows have no early results: one that grows at its front has another "
               "start, and the row under the old one would stay.");
        return;
    }
    if (is_last && c->target->mode == OUTPUT_UPDATE) {
        aggregate->emit = EMIT_CHANGED;
        c->last = node;
        if (!closes && !may_be_unbounded(c) &&
            (aggregate->key_count || holds_all_values(aggregate)))
            refuse_unbounded(c, node->span,
                             aggregate->key_count
                                 ? "The state of this aggregation grows without bound: a group is "
                                   "kept for every value of its keys, for ever."
                                 : "The state of this aggregation grows without bound: DISTINCT "
                                   "keeps every value, for ever.");
        return;
    }
    aggregate->emit = EMIT_FINAL;
    if (closes)
        return;
    if (is_last || c->target->mode == OUTPUT_APPEND)
        refuse_append(c, node);
    else
        refuse(c, node->span,
               "write WATERMARK and group by window(...), so that this aggregation has final "
               "results; the one around it may group by the same window",
               "Only the last of chained aggregations can show early results; those below it pass "
               "on final windows.");
}

static TimeColumns check_aggregate(Check *c, Logical *node, TimeColumns below, bool is_last)
{
    LogicalAggregate *aggregate = &node->as.aggregate;
    TimeColumns out = {0};

    aggregate->time_key = closing_key(aggregate, &below);
    if (aggregate->time_key >= 0) {
        const Expr *key = aggregate->keys[aggregate->time_key].expr;

        aggregate->session = time_column_find(&below, key->column_i)->session;
    }
    if (node->streaming)
        check_stream_aggregate(c, node, is_last);
    else if (!aggregate->session)
        aggregate->time_key = -1;
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        TimeColumn column;

        if (!time_column_of_expr(c->plan, &below, aggregate->keys[i].expr, &column))
            continue;
        column.id = aggregate->keys[i].id;
        column.size_us = 0; /* A final group comes at once: its start is as good as its end. */
        column.session = false;
        if (aggregate->emit != EMIT_CHANGED)
            column.lag_us = 0;
        time_column_add(c->plan, &out, column);
    }
    return out;
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

static void both_times(Check *c, TimeColumns *out, const TimeColumns *more)
{
    for (size_t i = 0; i < more->items.count; i++)
        time_column_add(c->plan, out, more->items.items[i]);
}

/* right - left >= low (or <= high), from `r >= l + d` in one of its forms. */
static void note_bound(Check *c, LogicalJoin *join, const TimeColumns *left,
                       const TimeColumns *right, const Expr *e, bool *has_low, bool *has_high)
{
    static const struct {
        const char *op;
        bool low, high;
    } forms[] = {{">=", true, false}, {">", true, false}, {"<=", false, true},
                 {"<", false, true},  {"=", true, true}};

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        int64_t r_offset, l_offset, distance;
        bool low = forms[i].low, high = forms[i].high;
        const TimeColumn *l, *r;

        if (!expr_is_call(e, forms[i].op))
            continue;
        r = time_column_offset(c->plan, right, e->args[0], &r_offset);
        l = time_column_offset(c->plan, left, e->args[1], &l_offset);
        if (!r || !l) { /* l <= r + d */
            r = time_column_offset(c->plan, right, e->args[1], &r_offset);
            l = time_column_offset(c->plan, left, e->args[0], &l_offset);
            low = forms[i].high;
            high = forms[i].low;
        }
        if (!r || !l || r->window != l->window ||
            __builtin_sub_overflow(l_offset, r_offset, &distance))
            continue;
        join->left_time_id = l->id;
        join->right_time_id = r->id;
        if (low && (!*has_low || distance > join->low_us)) {
            join->low_us = distance;
            *has_low = true;
        }
        if (high && (!*has_high || distance < join->high_us)) {
            join->high_us = distance;
            *has_high = true;
        }
    }
}

static void find_bounds(Check *c, Logical *node, const TimeColumns *left, const TimeColumns *right)
{
    ExprVec conjuncts = {0};
    bool has_low = false, has_high = false;

    expr_conjuncts(c->plan->arena, node->as.join.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++)
        note_bound(c, &node->as.join, left, right, conjuncts.items[i], &has_low, &has_high);
    node->as.join.has_bounds = has_low && has_high;
    if (!node->as.join.has_bounds)
        node->as.join.left_time_id = node->as.join.right_time_id = UINT32_MAX;
}

static void check_stream_join(Check *c, Logical *node)
{
    const LogicalJoin *join = &node->as.join;
    static const char *const names[] = {
        [JOIN_INNER] = "Inner", [JOIN_LEFT] = "LeftOuter", [JOIN_RIGHT] = "RightOuter",
        [JOIN_FULL] = "FullOuter", [JOIN_SEMI] = "LeftSemi", [JOIN_ANTI] = "LeftAnti",
        [JOIN_CROSS] = "Cross", [JOIN_LEFT_MARK] = "Existence", [JOIN_LEFT_SINGLE] = "Single",
    };
    const char *remedy =
        "give both streams a WATERMARK and bound their times: ... AND r.ts BETWEEN l.ts AND l.ts + "
        "INTERVAL 10 MINUTES";

    if (join->has_bounds && join->kind != JOIN_LEFT_MARK &&
        join->kind != JOIN_LEFT_SINGLE)
        return;
    if (join->kind == JOIN_INNER || join->kind == JOIN_CROSS) {
        if (may_be_unbounded(c))
            return;
        refuse_unbounded(c, node->span,
                         "The state of this stream-stream join grows without bound: any row may "
                         "still find a partner.");
        diagnostic_remedy(c->b->diagnostics, "%s; or say 'unbounded_state' = 'true' in TBLPROPERTIES",
                          remedy);
        return;
    }
    refuse(c, node->span, remedy,
           arena_printf(c->plan->arena,
                        "Stream-stream %s join between two streaming DataFrame/Datasets is not "
                        "supported without a watermark in the join keys, or a watermark on the "
                        "nullable side and an appropriate range condition.",
                        names[join->kind]));
}

/* The stream to the left: then the table is what the join holds. */
static void stream_to_left(Check *c, Logical *node)
{
    LogicalJoin *join = &node->as.join;
    Logical *left = node->inputs[0];

    if (left->streaming || !node->inputs[1]->streaming ||
        (join->kind != JOIN_INNER && join->kind != JOIN_CROSS && join->kind != JOIN_RIGHT))
        return;
    node->inputs[0] = node->inputs[1];
    node->inputs[1] = left;
    if (join->kind == JOIN_RIGHT)
        join->kind = JOIN_LEFT;
    logical_refresh_columns(c->plan, node);
}

static TimeColumns check_join(Check *c, Logical *node, bool is_last)
{
    bool two_streams;
    TimeColumns left, right;

    stream_to_left(c, node);
    two_streams = node->inputs[0]->streaming && node->inputs[1]->streaming;
    left = check_node(c, node->inputs[0], is_last && !two_streams);
    right = check_node(c, node->inputs[1], false);
    if (two_streams) {
        find_bounds(c, node, &left, &right);
        check_stream_join(c, node);
    } else if (node->streaming) {
        if (node->inputs[1]->streaming)
            refuse(c, node->span, "put the stream on the left, or write an INNER JOIN",
                   "An outer join that keeps the rows of a table beside a stream is never done.");
        else if (node->as.join.kind == JOIN_FULL || node->as.join.kind == JOIN_RIGHT)
            refuse(c, node->span, "write an INNER or a LEFT JOIN from the stream",
                   "FullOuter joins with streaming DataFrames/Datasets on either side and static "
                   "ones on the other are not supported.");
    }
    both_times(c, &left, &right);
    return left;
}

static TimeColumns check_union(Check *c, Logical *node, bool is_last)
{
    TimeColumns out = {0};
    TimeColumns *inputs = ARENA_ARRAY(c->plan->arena, TimeColumns, node->input_count);

    for (uint32_t i = 0; i < node->input_count; i++) {
        inputs[i] = check_node(c, node->inputs[i], is_last);
        if (node->streaming && !node->inputs[i]->streaming)
            refuse(c, node->inputs[i]->span, "read both sides with STREAM, or neither",
                   "Union between streaming and batch DataFrames/Datasets is not supported.");
    }
    for (uint32_t k = 0; k < node->column_count; k++) {
        TimeColumn column = {.id = node->columns[k]};
        bool all = node->input_count > 0;

        for (uint32_t i = 0; i < node->input_count && all; i++) {
            const TimeColumn *own = time_column_find(&inputs[i], node->inputs[i]->columns[k]);

            all = own != NULL;
            if (!own)
                break;
            column.window = own->window;
            column.session = column.session || own->session;
            column.lag_us = MAX(column.lag_us, own->lag_us);
            column.size_us = MAX(column.size_us, own->size_us);
        }
        if (all)
            time_column_add(c->plan, &out, column);
    }
    return out;
}

/* ── order ─────────────────────────────────────────────────────────────────────────────────────*/

/* The expression by which `node` computes column `id`, in terms of the columns of `until`. */
static const Expr *origin(PlanContext *plan, const Logical *node, const Logical *until, uint32_t id,
                          const Expr *e)
{
    if (node == until || !node->input_count)
        return e;
    if (node->kind == LOGICAL_PROJECT) {
        for (uint32_t i = 0; i < node->column_count; i++) {
            const NamedExpr *item = &node->as.project.items[i];

            if (item->id != id)
                continue;
            return item->expr->kind == EXPR_COLUMN
                       ? origin(plan, node->inputs[0], until, item->expr->column_i, item->expr)
                       : item->expr;
        }
        return e;
    }
    return origin(plan, node->inputs[0], until, id, e);
}

/* How many of the first rows the filter above keeps, and nothing else; -1: it is not such a filter. */
static int64_t first_rows_kept(Check *c, const Logical *node)
{
    const NamedExpr *item = &node->as.window.items[0];
    ExprVec conjuncts = {0};
    int64_t kept = -1;

    if (!c->filter || node->as.window.item_count != 1 || !node->as.window.order_count ||
        strcmp(item->expr->fn->name, "row_number") != 0)
        return -1;
    expr_conjuncts(c->plan->arena, c->filter->as.filter.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        int64_t bound = -1;

        for (uint32_t k = 0; k < c->filter->column_count && bound < 0; k++) {
            uint32_t id = c->filter->columns[k];
            Expr column = {.kind = EXPR_COLUMN, .column_i = id};
            const Expr *e = origin(c->plan, c->filter->inputs[0], node, id, &column);

            if (e->kind == EXPR_COLUMN && e->column_i == item->id)
                bound = rank_bound(conjuncts.items[i], id);
        }
        if (bound < 0)
            return -1;
        kept = kept < 0 ? bound : MIN(kept, bound);
    }
    return kept;
}

/* Whether it is the first rows of partitions, kept up to date. */
static bool check_top(Check *c, Logical *node, bool is_last)
{
    LogicalWindow *window = &node->as.window;
    int64_t kept = is_last && c->target->mode == OUTPUT_UPDATE ? first_rows_kept(c, node) : -1;

    if (kept < 0)
        return false;
    window->emit = EMIT_CHANGED;
    window->rank_limit = kept;
    c->last = node;
    require_key(c);
    if (!may_be_unbounded(c))
        refuse_unbounded(c, node->span,
                         "The state of this query grows without bound: the first rows of every "
                         "partition are kept, for ever.");
    return true;
}

static void check_window(Check *c, Logical *node, const TimeColumns *below, bool is_last)
{
    LogicalWindow *window = &node->as.window;

    for (uint32_t i = 0; i < window->partition_count; i++) {
        const Expr *e = window->partition[i];
        const TimeColumn *column =
            e->kind == EXPR_COLUMN ? time_column_find(below, e->column_i) : NULL;

        if (column && column->lag_us <= 0) {
            window->time_id = column->id;
            window->emit = EMIT_FINAL;
            return;
        }
    }
    if (check_top(c, node, is_last))
        return;
    c->ok = false;
    bind_error(c->b, node->span, "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING", "0A000",
               "Window function is not supported in %s on streaming DataFrames/Datasets, unless "
               "PARTITION BY holds a time window.",
               window->items[0].expr->fn->name);
    diagnostic_remedy(c->b->diagnostics,
                      "put the window of the watermarked time into PARTITION BY; or keep the first "
                      "rows up to date: WHERE row_number <= N alone, 'output_mode' = 'update', a "
                      "key, and 'unbounded_state' = 'true'");
}

static void check_sort(Check *c, Logical *node, const TimeColumns *below)
{
    const Expr *first = node->as.sort.items[0].expr;
    const TimeColumn *column =
        first->kind == EXPR_COLUMN ? time_column_find(below, first->column_i) : NULL;

    if (column && column->lag_us <= 0 && !node->as.sort.items[0].key.descending) {
        node->as.sort.time_id = column->id;
        return;
    }
    refuse(c, node->span, "order by a time window first, or leave ORDER BY out: tables have no order",
           "Sorting is not supported on streaming DataFrames/Datasets, unless by their time "
           "window.");
}

/* ── the walk ──────────────────────────────────────────────────────────────────────────────────*/

static TimeColumns check_node(Check *c, Logical *node, bool is_last)
{
    TimeColumns below = {0};
    bool transparent = node->kind == LOGICAL_PROJECT || node->kind == LOGICAL_FILTER ||
                       node->kind == LOGICAL_GENERATE;

    if (node->kind == LOGICAL_JOIN)
        return check_join(c, node, is_last);
    if (node->kind == LOGICAL_UNION)
        return check_union(c, node, is_last);
    if (node->input_count) {
        const Logical *filter = c->filter;

        if (node->kind == LOGICAL_FILTER)
            c->filter = node;
        else if (node->kind != LOGICAL_PROJECT)
            c->filter = NULL;
        below = check_node(c, node->inputs[0], is_last && transparent);
        c->filter = filter;
    }
    switch (node->kind) {
    case LOGICAL_PROJECT:
        return check_project(c, node, below);
    case LOGICAL_ASSIGN:
        return check_assign(c, node, below);
    case LOGICAL_AGGREGATE:
        return check_aggregate(c, node, below, is_last);
    case LOGICAL_WATERMARK:
        time_column_add(c->plan, &below, (TimeColumn){.id = node->as.watermark.time_id});
        return below;
    case LOGICAL_WINDOW:
        if (node->streaming)
            check_window(c, node, &below, is_last);
        return below;
    case LOGICAL_SORT:
        if (node->streaming)
            check_sort(c, node, &below);
        return below;
    case LOGICAL_RECURSE:
        refuse(c, node->span, "compute it in a materialized view, and join that",
               "WITH RECURSIVE is not supported in a continuous query.");
        return below;
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_WORKING:
    case LOGICAL_FILTER:
    case LOGICAL_LIMIT:
    case LOGICAL_GENERATE:
    case LOGICAL_JOIN:
    case LOGICAL_UNION:
    case LOGICAL_KIND_COUNT:
        return below;
    }
    UNREACHABLE();
}

/* ── the key of an updated table ───────────────────────────────────────────────────────────────*/

static const Expr *key_base(const Expr *e)
{
    /* window.start, window.end, window_time(window) tell which window it is. */
    while (e->kind == EXPR_CALL && e->arg_count == 2 && e->args[1]->kind == EXPR_LITERAL)
        e = e->args[0];
    return e;
}

/* How key column k of the target is made of the columns of the last node. */
static const Expr *key_origin(Check *c, const Logical *root, uint32_t k)
{
    Expr *column = plan_column_expr(c->plan, c->target->key_ids[k], (Span){0});

    return key_base(origin(c->plan, root, c->last, c->target->key_ids[k], column));
}

static bool key_covered(Check *c, const Logical *root, const Expr *group)
{
    for (uint32_t k = 0; k < c->target->key_count; k++) {
        if (expr_same(key_origin(c, root, k), group))
            return true;
    }
    return false;
}

/* Rows of different groups must not replace each other. */
static void require_in_key(Check *c, const Logical *root, const Expr *group, Str name)
{
    if (expr_is_constant(group) || group->kind != EXPR_COLUMN || key_covered(c, root, group))
        return;
    c->ok = false;
    bind_error(c->b, c->target->span, "INCOMPLETE_PRIMARY_KEY", "42K0E",
               "The key of `%.*s` does not tell all groups apart: rows that differ in `%.*s` "
               "would replace each other.",
               STR_ARG(c->target->table->name), STR_ARG(name));
    diagnostic_remedy(c->b->diagnostics, "select it, and add it to %s",
                      c->target->table->provider == PROVIDER_KAFKA ? "'key'" : "'primary_key'");
}

static bool is_result_of(void *self, const Expr *e)
{
    const Logical *last = self;
    bool aggregate = last->kind == LOGICAL_AGGREGATE;
    const NamedExpr *items = aggregate ? last->as.aggregate.items : last->as.window.items;
    uint32_t count = aggregate ? last->as.aggregate.item_count : last->as.window.item_count;

    for (uint32_t i = 0; e->kind == EXPR_COLUMN && i < count; i++) {
        if (e->column_i == items[i].id)
            return true;
    }
    return false;
}

static bool is_in_partition(const LogicalWindow *window, const Expr *e)
{
    for (uint32_t i = 0; i < window->partition_count; i++) {
        if (expr_same(window->partition[i], e))
            return true;
    }
    return expr_is_constant(e);
}

/* Nor may a group's row be left behind when its result becomes another: a key must not change. */
static void refuse_changing_key(Check *c, const Logical *root)
{
    const LogicalWindow *window = c->last->kind == LOGICAL_WINDOW ? &c->last->as.window : NULL;

    for (uint32_t k = 0; k < c->target->key_count; k++) {
        const Expr *e = key_origin(c, root, k);
        Str name = plan_column(c->plan, c->target->key_ids[k])->name;
        bool changes = window ? !is_in_partition(window, e) && !is_result_of(c->last, e)
                              : expr_any(e, is_result_of, c->last);

        if (!changes)
            continue;
        c->ok = false;
        bind_error(c->b, c->target->span, "CHANGING_PRIMARY_KEY", "42K0E",
                   "The key of `%.*s` holds `%.*s`, which changes as results are refined: the row "
                   "under its old value would stay.",
                   STR_ARG(c->target->table->name), STR_ARG(name));
        diagnostic_remedy(c->b->diagnostics, "take it out of the key, or say 'output_mode' = 'append'");
    }
}

/* ── conditions on early results ───────────────────────────────────────────────────────────────*/

typedef struct ResultTest {
    Check *c;
    const Logical *filter;
} ResultTest;

static bool stems_from_result(void *self, const Expr *e)
{
    const ResultTest *test = self;
    const Check *c = test->c;

    return e->kind == EXPR_COLUMN &&
           expr_any(origin(c->plan, test->filter->inputs[0], c->last, e->column_i, e), is_result_of,
                    (void *)c->last);
}

/* HAVING over results that are refined: a group may meet it for a while. */
static void warn_of_conditions(Check *c, const Logical *node)
{
    while (node != c->last && node->input_count == 1) {
        ResultTest test = {c, node};

        if (node->kind == LOGICAL_FILTER &&
            expr_any(node->as.filter.condition, stems_from_result, &test)) {
            diagnostic_warning(c->b->diagnostics, node->as.filter.condition->span, NULL,
                               "This condition is on results that are refined: a row that met it "
                               "stays in `%.*s` when it does so no longer.",
                               STR_ARG(c->target->table->name));
            diagnostic_remedy(c->b->diagnostics, "put it where the table is read, unless what met "
                                                 "it always will; or say 'output_mode' = 'append'");
        }
        node = node->inputs[0];
    }
}

static void check_key(Check *c, const Logical *root)
{
    if (!c->last || root->kind == LOGICAL_UNION)
        return;
    if (c->last->kind == LOGICAL_AGGREGATE) {
        const LogicalAggregate *aggregate = &c->last->as.aggregate;

        for (uint32_t i = 0; i < aggregate->key_count; i++) {
            uint32_t id = aggregate->keys[i].id;

            if (aggregate->keys[i].expr->kind == EXPR_COLUMN)
                require_in_key(c, root, plan_column_expr(c->plan, id, (Span){0}),
                               plan_column(c->plan, id)->name);
        }
    } else {
        const LogicalWindow *window = &c->last->as.window;
        const NamedExpr *number = &window->items[0];

        for (uint32_t i = 0; i < window->partition_count; i++) {
            const Expr *e = window->partition[i];

            require_in_key(c, root, e,
                           e->kind == EXPR_COLUMN ? plan_column(c->plan, e->column_i)->name
                                                  : (Str){0});
        }
        if (window->rank_limit > 1)
            require_in_key(c, root, plan_column_expr(c->plan, number->id, (Span){0}),
                           plan_column(c->plan, number->id)->name);
    }
    refuse_changing_key(c, root);
    if (c->last->kind == LOGICAL_AGGREGATE)
        warn_of_conditions(c, root);
}

/* ── entry points ──────────────────────────────────────────────────────────────────────────────*/

static bool is_over_sessions(const Logical *node)
{
    if (node->kind == LOGICAL_ASSIGN)
        return node->as.assign.session;
    if (node->kind == LOGICAL_AGGREGATE)
        return false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (is_over_sessions(node->inputs[i]))
            return true;
    }
    return false;
}

/* Whether there is an AGGREGATE that may be the last one and give early results. */
static bool has_last(const Logical *node)
{
    bool found = false;

    if (node->kind == LOGICAL_AGGREGATE)
        return !is_over_sessions(node->inputs[0]);
    if (node->kind != LOGICAL_PROJECT && node->kind != LOGICAL_FILTER &&
        node->kind != LOGICAL_GENERATE && node->kind != LOGICAL_UNION &&
        node->kind != LOGICAL_JOIN)
        return false;
    for (uint32_t i = 0; i < node->input_count && !found; i++)
        found = node->inputs[i]->streaming && has_last(node->inputs[i]);
    return found;
}

static void settle_mode(Check *c, const Logical *root)
{
    StreamTarget *target = c->target;

    if (!target->mode_given)
        target->mode = target->key_count && has_last(root) ? OUTPUT_UPDATE : OUTPUT_APPEND;
    if (target->mode == OUTPUT_UPDATE && has_last(root))
        require_key(c);
}

bool stream_check(Binder *b, Logical *root, StreamTarget *target)
{
    Check c = {.b = b, .plan = b->plan, .target = target, .streaming = true, .ok = true};

    settle_mode(&c, root);
    if (!c.ok)
        return false;
    check_node(&c, root, true);
    if (c.ok && target->mode == OUTPUT_UPDATE)
        check_key(&c, root);
    return c.ok;
}

void batch_check(Binder *b, Logical *root)
{
    Check c = {.b = b, .plan = b->plan, .ok = true};

    check_node(&c, root, true);
}
