/*
 * physical.c: the logical plan -> the Nodes that are run.
 *
 * Every Made node comes with the ids of its columns, in order; an expression's column ids become
 * places in its input. A node that needs keys or arguments as plain columns gets them from a PROJECT
 * below it, which adds columns and takes none away; the root is projected to exactly what was asked
 * for.
 *
 * EXCHANGE nodes stand where rows of equal keys must meet: below a grouping, both sides of a join, a
 * window's partitions; and where all rows must (sorting, limits, groupings without key). The table
 * side of a stream-table join is read by every worker whole, so neither side is exchanged there.
 */
#include "base/assert.h"
#include "plan/logical.h"
#include "plan/scan_filter.h"

typedef struct Made {
    Node *node;
    uint32_t *ids;
    uint32_t count;
} Made;

typedef struct Planner {
    PlanContext *plan;
    Arena *arena;
} Planner;

static Made make(Planner *p, Logical *logical);
static Made project_to(Planner *p, Made input, const NamedExpr *items, uint32_t count, Span span);

/* ── places of columns ─────────────────────────────────────────────────────────────────────────*/

static uint32_t place_of(const uint32_t *ids, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return i;
    }
    UNREACHABLE(); /* logical.h, invariant 1 */
}

typedef struct PlaceMap {
    Planner *p;
    const uint32_t *ids;
    uint32_t count;
} PlaceMap;

static Expr *map_place(void *self, Expr *e)
{
    const PlaceMap *map = self;

    if (e->kind != EXPR_COLUMN)
        return NULL;
    return expr_column(map->p->arena, place_of(map->ids, map->count, e->column_i), e->type,
                       e->nullable, e->span);
}

static Program *compile(Planner *p, const uint32_t *ids, uint32_t count, Expr **exprs,
                        uint32_t expr_count)
{
    const Expr **placed = ARENA_ARRAY(p->arena, const Expr *, expr_count + 1);
    PlaceMap map = {p, ids, count};

    for (uint32_t i = 0; i < expr_count; i++)
        placed[i] = expr_replace(p->arena, exprs[i], map_place, &map);
    return program_compile(p->arena, placed, expr_count);
}

static Program *compile_one(Planner *p, const Made *input, Expr *e)
{
    return e ? compile(p, input->ids, input->count, &e, 1) : NULL;
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

static Schema schema_of(Planner *p, const uint32_t *ids, uint32_t count)
{
    Field *fields = ARENA_ARRAY(p->arena, Field, count + 1);

    for (uint32_t i = 0; i < count; i++)
        fields[i] = *plan_column(p->plan, ids[i]);
    return (Schema){count, fields};
}

static Node *node_new(Planner *p, NodeKind kind, Span span, const uint32_t *ids, uint32_t count,
                      Node *input)
{
    Node *node = ARENA_NEW(p->arena, Node);

    node->kind = kind;
    node->span = span;
    node->schema = schema_of(p, ids, count);
    if (input) {
        node->inputs[0] = input;
        node->input_count = 1;
    }
    return node;
}

static Made made_over(Planner *p, NodeKind kind, Span span, const Made *input)
{
    return (Made){node_new(p, kind, span, input->ids, input->count, input->node), input->ids,
                  input->count};
}

static Made exchange(Planner *p, Made input, const uint32_t *key_columns, uint32_t key_count,
                     Span span)
{
    Made made = made_over(p, NODE_EXCHANGE, span, &input);

    made.node->as.exchange = (ExchangeNode){key_columns, key_count};
    return made;
}

/* ── expressions as plain columns ──────────────────────────────────────────────────────────────*/

/* Expressions that a node above wants as columns. */
typedef struct Wanted {
    Planner *p;
    Made input;
    NamedExprVec added;
    bool only; /* Nothing else is wanted: the input's own columns are added like any. */
} Wanted;

/* The place the expression will have. */
static uint32_t want(Wanted *wanted, Expr *e)
{
    Arena *arena = wanted->p->arena;
    NamedExpr item = {.expr = e};
    uint32_t own = wanted->only ? 0 : wanted->input.count;

    if (e->kind == EXPR_COLUMN && !wanted->only)
        return place_of(wanted->input.ids, wanted->input.count, e->column_i);
    for (size_t i = 0; i < wanted->added.count; i++) {
        if (expr_equal(wanted->added.items[i].expr, e))
            return own + (uint32_t)i;
    }
    if (e->kind == EXPR_COLUMN)
        item.id = e->column_i;
    else
        item.id = plan_column_new(wanted->p->plan, STR("value"), e->type, e->nullable);
    VEC_ADD_IN(arena, &wanted->added, item);
    return own + (uint32_t)wanted->added.count - 1;
}

/* The input with the wanted columns behind its own. */
static Made wanted_input(Wanted *wanted, Span span)
{
    Planner *p = wanted->p;
    uint32_t own = wanted->only ? 0 : wanted->input.count;
    uint32_t count = own + (uint32_t)wanted->added.count;
    Expr **exprs;
    Made made;

    if (!wanted->added.count)
        return wanted->input;
    if (wanted->only)
        return project_to(p, wanted->input, wanted->added.items, count, span);
    exprs = ARENA_ARRAY(p->arena, Expr *, count);
    made.ids = ARENA_ARRAY(p->arena, uint32_t, count);
    made.count = count;
    for (uint32_t i = 0; i < count; i++) {
        bool is_own = i < own;

        made.ids[i] = is_own ? wanted->input.ids[i] : wanted->added.items[i - own].id;
        exprs[i] = is_own ? plan_column_expr(p->plan, made.ids[i], span)
                          : wanted->added.items[i - own].expr;
    }
    made.node = node_new(p, NODE_PROJECT, span, made.ids, count, wanted->input.node);
    made.node->as.project.exprs = compile(p, wanted->input.ids, own, exprs, count);
    return made;
}

/* ── leaves ────────────────────────────────────────────────────────────────────────────────────*/

static Made make_scan(Planner *p, Logical *logical)
{
    const LogicalScan *scan = &logical->as.scan;
    Made made = {.ids = logical->columns, .count = logical->column_count};

    made.node = node_new(p, NODE_SCAN, logical->span, made.ids, made.count, NULL);
    made.node->as.scan = (ScanNode){
        .table = scan->table,
        .columns = scan->table_columns,
        .column_count = made.count,
        .streaming = scan->streaming,
    };
    scan_filters(p->arena, logical, scan->filter, &made.node->as.scan.filters,
                 &made.node->as.scan.filter_count);
    return made;
}

static Made make_values(Planner *p, Logical *logical)
{
    uint32_t width = logical->column_count, rows = logical->as.values.row_count;
    Made made = {.ids = logical->columns, .count = width};
    Batch *batch;

    made.node = node_new(p, NODE_VALUES, logical->span, made.ids, made.count, NULL);
    if (logical->as.values.range) {
        made.node->as.values.range = *logical->as.values.range;
        return made;
    }
    batch = batch_new(p->arena, width, rows);
    for (uint32_t c = 0; c < width; c++) {
        const Type *type = plan_column(p->plan, logical->columns[c])->type;
        VectorBuilder builder;

        builder_init(&builder, p->arena, type, rows);
        for (uint32_t r = 0; r < rows; r++) {
            const Expr *cell = logical->as.values.cells[(size_t)r * width + c];

            ASSERT(cell->kind == EXPR_LITERAL);
            builder_add_from(&builder, cell->literal, 0);
        }
        batch->columns[c] = builder_finish(&builder);
    }
    made.node->as.values.rows = batch;
    return made;
}

/* ── one input ─────────────────────────────────────────────────────────────────────────────────*/

static Made make_filter(Planner *p, Logical *logical)
{
    Made input = make(p, logical->inputs[0]);
    Made made = made_over(p, NODE_FILTER, logical->span, &input);

    made.node->as.filter.condition = compile_one(p, &input, logical->as.filter.condition);
    return made;
}

static Made project_to(Planner *p, Made input, const NamedExpr *items, uint32_t count, Span span)
{
    Expr **exprs = ARENA_ARRAY(p->arena, Expr *, count + 1);
    Made made = {.ids = ARENA_ARRAY(p->arena, uint32_t, count + 1), .count = count};
    bool same = count == input.count;

    for (uint32_t i = 0; i < count; i++) {
        made.ids[i] = items[i].id;
        exprs[i] = items[i].expr;
        same = same && exprs[i]->kind == EXPR_COLUMN && exprs[i]->column_i == items[i].id &&
               input.ids[i] == items[i].id;
    }
    if (same)
        return input;
    made.node = node_new(p, NODE_PROJECT, span, made.ids, count, input.node);
    made.node->as.project.exprs = compile(p, input.ids, input.count, exprs, count);
    return made;
}

static Made make_project(Planner *p, Logical *logical)
{
    return project_to(p, make(p, logical->inputs[0]), logical->as.project.items,
                      logical->column_count, logical->span);
}

static Made make_watermark(Planner *p, Logical *logical)
{
    Made input = make(p, logical->inputs[0]);
    Made made = made_over(p, NODE_WATERMARK, logical->span, &input);

    made.node->as.watermark = (WatermarkNode){
        .time_column = place_of(input.ids, input.count, logical->as.watermark.time_id),
        .delay_us = logical->as.watermark.delay_us,
    };
    return made;
}

static Made make_assign(Planner *p, Logical *logical)
{
    const LogicalAssign *assign = &logical->as.assign;
    Made input = make(p, logical->inputs[0]);
    Made made = {.ids = ARENA_ARRAY(p->arena, uint32_t, input.count + 1),
                 .count = input.count + 1};

    if (input.count)
        memcpy(made.ids, input.ids, input.count * sizeof *made.ids);
    made.ids[input.count] = assign->window_id;
    made.node = node_new(p, NODE_ASSIGN, logical->span, made.ids, made.count, input.node);
    made.node->as.assign = (AssignNode){
        .time = compile_one(p, &input, assign->time),
        .size_us = assign->size_us,
        .slide_us = assign->slide_us,
        .offset_us = assign->offset_us,
        .streaming = logical->streaming,
        .session = assign->session,
        .gap = compile_one(p, &input, assign->gap),
    };
    return made;
}

/* count(1) counts rows as count() does, and need not look at a column. */
static bool counts_rows(const Expr *call)
{
    return strcmp(call->fn->name, "count") == 0 && !call->distinct && call->arg_count == 1 &&
           call->args[0]->kind == EXPR_LITERAL && !call->args[0]->nullable;
}

/* The call as it is run: count(1) without its argument. */
static const Expr *run_form(Arena *arena, const Expr *call)
{
    Expr *bare;

    if (!counts_rows(call))
        return call;
    bare = arena_copy(arena, call, sizeof *call);
    bare->arg_count = 0;
    return bare;
}

static AggregateItem make_item(Wanted *wanted, const Expr *written)
{
    Arena *arena = wanted->p->arena;
    const Expr *call = run_form(arena, written);
    uint32_t arg_count = call->arg_count;
    uint32_t *args = ARENA_ARRAY(arena, uint32_t, arg_count + 1);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, call->order_count + 1);
    AggregateItem item = {
        .call = call,
        .arg_columns = args,
        .arg_count = arg_count,
        .filter_column = -1,
        .distinct = call->distinct,
        .order_columns = order,
        .order_keys = call->order_keys,
        .order_count = call->order_count,
    };

    for (uint32_t i = 0; i < arg_count; i++)
        args[i] = want(wanted, call->args[i]);
    for (uint32_t i = 0; i < call->order_count; i++)
        order[i] = want(wanted, call->order_by[i]);
    if (call->filter)
        item.filter_column = (int32_t)want(wanted, call->filter);
    return item;
}

static Made make_aggregate(Planner *p, Logical *logical)
{
    const LogicalAggregate *aggregate = &logical->as.aggregate;
    Wanted wanted = {.p = p, .input = make(p, logical->inputs[0]), .only = true};
    uint32_t *keys = ARENA_ARRAY(p->arena, uint32_t, aggregate->key_count + 1);
    AggregateItem *items = ARENA_ARRAY(p->arena, AggregateItem, aggregate->item_count + 1);
    uint32_t *meet = ARENA_ARRAY(p->arena, uint32_t, aggregate->key_count + 1);
    uint32_t meet_count = 0;
    Made input, made = {.ids = logical->columns, .count = logical->column_count};

    for (uint32_t i = 0; i < aggregate->key_count; i++)
        keys[i] = want(&wanted, aggregate->keys[i].expr);
    for (uint32_t i = 0; i < aggregate->item_count; i++)
        items[i] = make_item(&wanted, aggregate->items[i].expr);
    /* Sessions that may merge must meet: their windows differ, so the other keys decide. */
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        if (!aggregate->session || (int32_t)i != aggregate->time_key)
            meet[meet_count++] = keys[i];
    }
    input =
        exchange(p, wanted_input(&wanted, logical->span), meet, meet_count, logical->span);
    made.node = node_new(p, NODE_AGGREGATE, logical->span, made.ids, made.count, input.node);
    made.node->as.aggregate = (AggregateNode){
        .key_columns = keys,
        .key_count = aggregate->key_count,
        .items = items,
        .item_count = aggregate->item_count,
        .emit = aggregate->emit,
        .time_key = aggregate->time_key,
        .session = aggregate->session,
        .global_row = aggregate->key_count == 0,
    };
    return made;
}

static Made make_sort(Planner *p, Logical *logical)
{
    uint32_t count = logical->as.sort.item_count;
    Wanted wanted = {.p = p, .input = make(p, logical->inputs[0])};
    uint32_t *columns = ARENA_ARRAY(p->arena, uint32_t, count + 1);
    SortKey *keys = ARENA_ARRAY(p->arena, SortKey, count + 1);
    Made input, made;

    for (uint32_t i = 0; i < count; i++) {
        columns[i] = want(&wanted, logical->as.sort.items[i].expr);
        keys[i] = logical->as.sort.items[i].key;
    }
    input = exchange(p, wanted_input(&wanted, logical->span), NULL, 0, logical->span);
    made = made_over(p, NODE_SORT, logical->span, &input);
    made.node->as.sort = (SortNode){
        .columns = columns,
        .keys = keys,
        .key_count = count,
        .limit = logical->as.sort.limit,
        .offset = logical->as.sort.offset,
        .time_key = -1,
    };
    if (logical->as.sort.time_id != UINT32_MAX)
        made.node->as.sort.time_key =
            (int32_t)place_of(input.ids, input.count, logical->as.sort.time_id);
    return made;
}

static Made make_limit(Planner *p, Logical *logical)
{
    Made input = exchange(p, make(p, logical->inputs[0]), NULL, 0, logical->span);
    Made made = made_over(p, NODE_LIMIT, logical->span, &input);

    made.node->as.limit =
        (LimitNode){.limit = logical->as.limit.limit, .offset = logical->as.limit.offset};
    return made;
}

/* ── windows ───────────────────────────────────────────────────────────────────────────────────*/

static FrameBound frame_bound(Planner *p, FrameBoundKind kind, const Expr *value)
{
    FrameBound bound = {.kind = kind};
    Error err = {0};

    /* bind_over.c has computed it before: it is a constant without errors. */
    if (value && !expr_eval_constant(p->arena, p->plan->sql, value, &bound.value, &err))
        bound.value = NULL;
    return bound;
}

static WindowItem make_window_item(Wanted *wanted, const Expr *written)
{
    Planner *p = wanted->p;
    const Expr *call = run_form(p->arena, written);
    uint32_t arg_count = call->arg_count;
    uint32_t *args = ARENA_ARRAY(p->arena, uint32_t, arg_count + 1);

    uint32_t *within = ARENA_ARRAY(p->arena, uint32_t, call->order_count + 1);

    for (uint32_t i = 0; i < arg_count; i++)
        args[i] = want(wanted, call->args[i]);
    for (uint32_t i = 0; i < call->order_count; i++)
        within[i] = want(wanted, call->order_by[i]);
    return (WindowItem){
        .call = call,
        .arg_columns = args,
        .arg_count = arg_count,
        .filter_column = call->filter ? (int32_t)want(wanted, call->filter) : -1,
        .rows = call->window->rows,
        .from = frame_bound(p, call->window->from_kind, call->window->from),
        .to = frame_bound(p, call->window->to_kind, call->window->to),
        .within_columns = within,
        .within_keys = call->order_keys,
        .within_count = call->order_count,
    };
}

static Made make_window(Planner *p, Logical *logical)
{
    const LogicalWindow *window = &logical->as.window;
    Wanted wanted = {.p = p, .input = make(p, logical->inputs[0])};
    uint32_t *partition = ARENA_ARRAY(p->arena, uint32_t, window->partition_count + 1);
    uint32_t *order = ARENA_ARRAY(p->arena, uint32_t, window->order_count + 1);
    SortKey *keys = ARENA_ARRAY(p->arena, SortKey, window->order_count + 1);
    WindowItem *items = ARENA_ARRAY(p->arena, WindowItem, window->item_count + 1);
    Made input, made;

    for (uint32_t i = 0; i < window->partition_count; i++)
        partition[i] = want(&wanted, window->partition[i]);
    for (uint32_t i = 0; i < window->order_count; i++) {
        order[i] = want(&wanted, window->order[i].expr);
        keys[i] = window->order[i].key;
    }
    for (uint32_t i = 0; i < window->item_count; i++)
        items[i] = make_window_item(&wanted, window->items[i].expr);
    input = exchange(p, wanted_input(&wanted, logical->span), partition, window->partition_count,
                     logical->span);
    made.count = input.count + window->item_count;
    made.ids = ARENA_ARRAY(p->arena, uint32_t, made.count + 1);
    if (input.count)
        memcpy(made.ids, input.ids, input.count * sizeof *made.ids);
    for (uint32_t i = 0; i < window->item_count; i++)
        made.ids[input.count + i] = window->items[i].id;
    made.node = node_new(p, NODE_WINDOW, logical->span, made.ids, made.count, input.node);
    made.node->as.window = (WindowNode){
        .partition_columns = partition,
        .partition_count = window->partition_count,
        .order_columns = order,
        .order_keys = keys,
        .order_count = window->order_count,
        .items = items,
        .item_count = window->item_count,
        .time_column = window->time_id == UINT32_MAX
                           ? -1
                           : (int32_t)place_of(input.ids, input.count, window->time_id),
        .rank_limit = window->rank_limit,
        .emit = window->emit,
    };
    return made;
}

static Made make_generate(Planner *p, Logical *logical)
{
    Made input = make(p, logical->inputs[0]), made = {0};
    Expr *call = logical->as.generate.call;
    uint32_t out_count = logical->as.generate.out_count, keep_count = 0;
    uint32_t *keep = ARENA_ARRAY(p->arena, uint32_t, input.count + 1);

    made.ids = ARENA_ARRAY(p->arena, uint32_t, input.count + out_count + 1);
    for (uint32_t i = 0; i < input.count; i++) {
        if (!logical_has_column(logical, input.ids[i]))
            continue;
        made.ids[keep_count] = input.ids[i];
        keep[keep_count++] = i;
    }
    memcpy(made.ids + keep_count, logical->as.generate.out_ids, out_count * sizeof *made.ids);
    made.count = keep_count + out_count;
    made.node = node_new(p, NODE_GENERATE, logical->span, made.ids, made.count, input.node);
    made.node->as.generate = (GenerateNode){
        .call = call,
        .args = compile(p, input.ids, input.count, call->args, call->arg_count),
        .outer = logical->as.generate.outer,
        .keep = keep,
        .keep_count = keep_count,
    };
    return made;
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct JoinKeys {
    ExprVec left, right;
    bool null_safe;
    Expr *rest;
} JoinKeys;

typedef struct SideTest {
    const Made *side;
} SideTest;

static bool not_of_side(void *self, const Expr *e)
{
    const SideTest *test = self;

    if (e->kind != EXPR_COLUMN)
        return false;
    for (uint32_t i = 0; i < test->side->count; i++) {
        if (test->side->ids[i] == e->column_i)
            return false;
    }
    return true;
}

static bool is_of_side(const Expr *e, const Made *side)
{
    SideTest test = {side};

    return expr_has_kind(e, EXPR_COLUMN) && !expr_any(e, not_of_side, &test);
}

/* `l = r` (or <=>) with one side of each input, l of the left one. */
static bool split_key(const Expr *e, const char *op, const Made *left, const Made *right,
                      Expr **l, Expr **r)
{
    if (!expr_is_call(e, op))
        return false;
    if (is_of_side(e->args[0], left) && is_of_side(e->args[1], right)) {
        *l = e->args[0];
        *r = e->args[1];
        return true;
    }
    if (is_of_side(e->args[1], left) && is_of_side(e->args[0], right)) {
        *l = e->args[1];
        *r = e->args[0];
        return true;
    }
    return false;
}

/* Keys meet by their bytes. Decimals of two types are compared as they are (catalog_compare.c): as keys both are
 * cast to the type that holds all of either; false: there is none. */
static bool same_type_key(Planner *p, Expr **l, Expr **r)
{
    const Type *a = (*l)->type, *b = (*r)->type, *both;
    int scale, precision;
    Error err = {0};

    if (a->kind != TYPE_DECIMAL || b->kind != TYPE_DECIMAL || type_equal(a, b))
        return true;
    scale = MAX(a->scale, b->scale);
    precision = MAX(a->precision - a->scale, b->precision - b->scale) + scale;
    if (precision > DECIMAL_PRECISION_MAX)
        return false;
    both = type_decimal(p->arena, precision, scale);
    return expr_cast(p->arena, p->plan->sql, *l, both, false, (*l)->span, l, &err) &&
           expr_cast(p->arena, p->plan->sql, *r, both, false, (*r)->span, r, &err);
}

static void take_keys(Planner *p, const ExprVec *conjuncts, const char *op, const Made *left,
                      const Made *right, JoinKeys *keys)
{
    keys->rest = NULL;
    for (size_t i = 0; i < conjuncts->count; i++) {
        Expr *l, *r;

        if (split_key(conjuncts->items[i], op, left, right, &l, &r) && same_type_key(p, &l, &r)) {
            VEC_ADD_IN(p->arena, &keys->left, l);
            VEC_ADD_IN(p->arena, &keys->right, r);
        } else {
            keys->rest = expr_and(p->plan, keys->rest, conjuncts->items[i]);
        }
    }
}

/* Equalities are keys; only where there is none, the null-safe ones are. */
static JoinKeys join_keys(Planner *p, Expr *condition, const Made *left, const Made *right)
{
    JoinKeys keys = {0};
    ExprVec conjuncts = {0};

    expr_conjuncts(p->arena, condition, &conjuncts);
    take_keys(p, &conjuncts, "=", left, right, &keys);
    if (!keys.left.count) {
        take_keys(p, &conjuncts, "<=>", left, right, &keys);
        keys.null_safe = keys.left.count > 0;
    }
    return keys;
}

/* NOT IN: what it compares, and nothing else (join_hash.c). */
static JoinKeys in_keys(Planner *p, const LogicalJoin *join)
{
    JoinKeys keys = {.rest = join->condition};

    for (uint32_t i = 0; i < join->in_count; i++) {
        VEC_ADD_IN(p->arena, &keys.left, join->in_left[i]);
        VEC_ADD_IN(p->arena, &keys.right, join->in_right[i]);
    }
    return keys;
}

static uint32_t *want_all(Wanted *wanted, const ExprVec *exprs)
{
    uint32_t *places = ARENA_ARRAY(wanted->p->arena, uint32_t, exprs->count + 1);

    for (size_t i = 0; i < exprs->count; i++)
        places[i] = want(wanted, exprs->items[i]);
    return places;
}

static int32_t time_place(const Made *side, uint32_t id)
{
    return id == UINT32_MAX ? -1 : (int32_t)place_of(side->ids, side->count, id);
}

static Made join_output(Planner *p, const Logical *logical, const Made *left, const Made *right)
{
    JoinKind kind = logical->as.join.kind;
    bool semi = kind == JOIN_SEMI || kind == JOIN_ANTI, mark = kind == JOIN_LEFT_MARK;
    uint32_t right_count = semi ? 0 : mark ? 1 : right->count;
    Made made = {.ids = ARENA_ARRAY(p->arena, uint32_t, left->count + right_count + 1),
                 .count = left->count + right_count};

    if (left->count)
        memcpy(made.ids, left->ids, left->count * sizeof *made.ids);
    if (mark)
        made.ids[left->count] = logical->as.join.mark_id;
    else if (right_count)
        memcpy(made.ids + left->count, right->ids, right_count * sizeof *made.ids);
    made.node = node_new(p, NODE_JOIN, logical->span, made.ids, made.count, left->node);
    made.node->inputs[1] = right->node;
    made.node->input_count = 2;
    return made;
}

static Program *join_condition(Planner *p, const Made *left, const Made *right, Expr *rest)
{
    uint32_t *ids;

    if (!rest)
        return NULL;
    ids = ARENA_ARRAY(p->arena, uint32_t, left->count + right->count + 1);
    if (left->count)
        memcpy(ids, left->ids, left->count * sizeof *ids);
    if (right->count)
        memcpy(ids + left->count, right->ids, right->count * sizeof *ids);
    return compile(p, ids, left->count + right->count, &rest, 1);
}

static Made make_join(Planner *p, Logical *logical)
{
    const LogicalJoin *join = &logical->as.join;
    Wanted left = {.p = p, .input = make(p, logical->inputs[0])};
    Wanted right = {.p = p, .input = make(p, logical->inputs[1])};
    JoinKeys keys = join->in_count ? in_keys(p, join)
                                   : join_keys(p, join->condition, &left.input, &right.input);
    uint32_t *left_keys = want_all(&left, &keys.left), *right_keys = want_all(&right, &keys.right);
    uint32_t key_count = (uint32_t)keys.left.count;
    bool left_streaming = logical->inputs[0]->streaming;
    bool right_streaming = logical->inputs[1]->streaming;
    Made l = wanted_input(&left, logical->span), r = wanted_input(&right, logical->span), made;
    JoinKind kind = join->kind == JOIN_INNER && !join->condition ? JOIN_CROSS : join->kind;

    if (left_streaming == right_streaming) {
        /* A NULL may be equal to any key: NOT IN compares with all rows. */
        uint32_t meet_count = join->in_count ? 0 : key_count;

        l = exchange(p, l, left_keys, meet_count, logical->span);
        r = exchange(p, r, right_keys, meet_count, logical->span);
    }
    made = join_output(p, logical, &l, &r);
    made.node->as.join = (JoinNode){
        .kind = kind,
        .left_keys = left_keys,
        .right_keys = right_keys,
        .key_count = key_count,
        .null_safe = keys.null_safe,
        .condition = join_condition(p, &l, &r, keys.rest),
        .mark_null_aware = join->in_count > 0,
        .left_streaming = left_streaming,
        .right_streaming = right_streaming,
        .left_time_column = time_place(&l, join->left_time_id),
        .right_time_column = time_place(&r, join->right_time_id),
        .has_bounds = join->has_bounds,
        .low_us = join->low_us,
        .high_us = join->high_us,
    };
    return made;
}

/* ── UNION ALL ─────────────────────────────────────────────────────────────────────────────────*/

/* The input's logical columns, in order, and no others. */
static Made exactly(Planner *p, Made input, const uint32_t *ids, uint32_t count, Span span)
{
    NamedExpr *items = ARENA_ARRAY(p->arena, NamedExpr, count + 1);

    for (uint32_t i = 0; i < count; i++)
        items[i] = (NamedExpr){plan_column_expr(p->plan, ids[i], span), ids[i]};
    return project_to(p, input, items, count, span);
}

static Made make_union(Planner *p, Logical *logical)
{
    Made made = {.ids = logical->columns, .count = logical->column_count};

    made.node = node_new(p, NODE_UNION, logical->span, made.ids, made.count, NULL);
    made.node->union_inputs = ARENA_ARRAY(p->arena, Node *, logical->input_count);
    made.node->input_count = logical->input_count;
    for (uint32_t i = 0; i < logical->input_count; i++) {
        Logical *input = logical->inputs[i];

        made.node->union_inputs[i] = exactly(p, make(p, input), input->columns,
                                             input->column_count, input->span).node;
    }
    return made;
}

/* ── WITH RECURSIVE ────────────────────────────────────────────────────────────────────────────*/

static Made make_recurse(Planner *p, Logical *logical)
{
    Made made = {.ids = logical->columns, .count = logical->column_count};

    made.node = node_new(p, NODE_RECURSE, logical->span, made.ids, made.count, NULL);
    made.node->input_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        Logical *input = logical->inputs[i];

        made.node->inputs[i] =
            exactly(p, make(p, input), input->columns, input->column_count, input->span).node;
    }
    made.node->as.recurse = (RecurseNode){
        .number = logical->as.recurse.number,
        .level_limit = logical->as.recurse.level_limit,
        .limit = logical->as.recurse.limit,
    };
    return made;
}

static Made make_working(Planner *p, Logical *logical)
{
    Made made = {.ids = logical->columns, .count = logical->column_count};

    made.node = node_new(p, NODE_WORKING, logical->span, made.ids, made.count, NULL);
    made.node->as.working.number = logical->as.working.number;
    return made;
}

/* ── the plan ──────────────────────────────────────────────────────────────────────────────────*/

static Made make_kind(Planner *p, Logical *logical)
{
    switch (logical->kind) {
    case LOGICAL_SCAN:
        return make_scan(p, logical);
    case LOGICAL_VALUES:
        return make_values(p, logical);
    case LOGICAL_FILTER:
        return make_filter(p, logical);
    case LOGICAL_PROJECT:
        return make_project(p, logical);
    case LOGICAL_WATERMARK:
        return make_watermark(p, logical);
    case LOGICAL_ASSIGN:
        return make_assign(p, logical);
    case LOGICAL_AGGREGATE:
        return make_aggregate(p, logical);
    case LOGICAL_JOIN:
        return make_join(p, logical);
    case LOGICAL_UNION:
        return make_union(p, logical);
    case LOGICAL_SORT:
        return make_sort(p, logical);
    case LOGICAL_LIMIT:
        return make_limit(p, logical);
    case LOGICAL_WINDOW:
        return make_window(p, logical);
    case LOGICAL_GENERATE:
        return make_generate(p, logical);
    case LOGICAL_RECURSE:
        return make_recurse(p, logical);
    case LOGICAL_WORKING:
        return make_working(p, logical);
    case LOGICAL_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static Made make(Planner *p, Logical *logical)
{
    Made made = make_kind(p, logical);

    if (!made.node->detail)
        made.node->detail = logical_detail(p->plan, logical);
    return made;
}

typedef VEC(Node *) NodeVec;

/* From below, so that what is added on top of a query leaves the numbers under which its operators
 * keep their state as they are. */
static void number(Arena *arena, Node *node, uint32_t *next_id, NodeVec *scans)
{
    if (node->kind == NODE_SCAN) {
        node->as.scan.source_i = (uint32_t)scans->count;
        VEC_ADD_IN(arena, scans, node);
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        number(arena, node_input(node, i), next_id, scans);
    node->id = (*next_id)++;
}

PhysicalPlan plan_physical(PlanContext *plan, Logical *root, const Field *output)
{
    Planner p = {plan, plan->arena};
    Made made = exactly(&p, make(&p, root), root->columns, root->column_count, root->span);
    PhysicalPlan out = {.root = made.node};
    NodeVec scans = {0};

    if (output)
        out.root->schema = (Schema){made.count, output};
    number(plan->arena, out.root, &out.node_count, &scans);
    out.scans = scans.items;
    out.scan_count = (uint32_t)scans.count;
    return out;
}
