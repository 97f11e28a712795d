/*
 * fn() OVER (...): ranks, values of other rows, aggregates over frames; finite input and streams.
 */
#include "op_harness.h"

#include <math.h>

#include "expr/window_function.h"

#define assert_in_order(rig, expected) assert_string_equal(rig_take((rig), false), (expected))

enum { ITEMS_MAX = 12 };

/* ── making nodes ──────────────────────────────────────────────────────────────────────────────*/

typedef struct Made {
    Node *node;
    WindowItem *items;
    Schema input;
} Made;

/* PARTITION BY column 0 ORDER BY column 1. */
static Made window_over(Rig *rig, const char *schema, SortKey order)
{
    Made made = {.input = rig_schema(rig, schema)};
    SortKey *keys = ARENA_ARRAY(&rig->plan, SortKey, 1);

    keys[0] = order;
    made.items = ARENA_ARRAY(&rig->plan, WindowItem, ITEMS_MAX);
    made.node = rig_node(rig, NODE_WINDOW, made.input);
    if (rig->node_count == 1)
        made.node->inputs[0]->schema = made.input;
    made.node->as.window = (WindowNode){
        .partition_columns = rig_columns(rig, 1, 0),
        .partition_count = 1,
        .order_columns = rig_columns(rig, 1, 1),
        .order_keys = keys,
        .order_count = 1,
        .items = made.items,
        .time_column = -1,
        .rank_limit = -1,
    };
    return made;
}

static void add_item(Rig *rig, Made *made, WindowItem item)
{
    Schema *schema = &made->node->schema;
    Field *fields = ARENA_ARRAY(&rig->plan, Field, schema->column_count + 1);

    memcpy(fields, schema->columns, schema->column_count * sizeof *fields);
    fields[schema->column_count] = (Field){STR("x"), item.call->type, true};
    *schema = (Schema){schema->column_count + 1, fields};
    made->items[made->node->as.window.item_count++] = item;
}

/* The default frame of an ordered window. */
static WindowItem framed(WindowItem item)
{
    item.from.kind = FRAME_UNBOUNDED_PRECEDING;
    item.to.kind = FRAME_CURRENT_ROW;
    item.filter_column = -1;
    return item;
}

/* A function of class WINDOW over column `column_i`, with a number and a default. */
static WindowItem function_item(Rig *rig, const Made *made, const char *name, uint32_t column_i,
                                const int32_t *number, int32_t default_column)
{
    const Function *fn = function_find(str_of(name));
    Expr *args[3], *call;
    uint32_t *columns = ARENA_ARRAY(&rig->plan, uint32_t, 3);
    uint32_t count = 0;

    assert_non_null(fn);
    if (fn->arg_min > 0) {
        columns[count] = column_i;
        args[count++] =
            expr_column(&rig->plan, column_i, made->input.columns[column_i].type, true, (Span){0});
    }
    if (number) {
        columns[count] = 0;
        args[count++] = expr_literal_int(&rig->plan, *number, (Span){0});
    }
    if (default_column >= 0) {
        columns[count] = (uint32_t)default_column;
        args[count++] = expr_column(&rig->plan, (uint32_t)default_column,
                                    made->input.columns[default_column].type, true, (Span){0});
    }
    assert_ok(
        function_call_aggregate(&rig->plan, &rig->sql, fn, args, count, (Span){0}, &call, &err));
    return framed((WindowItem){.call = call, .arg_columns = columns, .arg_count = count});
}

static void add_function(Rig *rig, Made *made, const char *name)
{
    add_item(rig, made, function_item(rig, made, name, 0, NULL, -1));
}

static void add_offset(Rig *rig, Made *made, const char *name, int32_t offset, bool ignore_nulls)
{
    WindowItem item = function_item(rig, made, name, 2, &offset, -1);
    Expr *call = arena_copy(&rig->plan, item.call, sizeof *item.call);

    call->ignore_nulls = ignore_nulls;
    item.call = call;
    add_item(rig, made, item);
}

static WindowItem aggregate_item(Rig *rig, const Function *fn, uint32_t column_i)
{
    AggregateItem item = rig_item(rig, fn, column_i);

    return framed((WindowItem){.call = item.call, .arg_columns = item.arg_columns, .arg_count = 1});
}

static const Vector *bigint(Rig *rig, int64_t value)
{
    Vector *v = vector_new(&rig->plan, &type_bigint, 1);

    vector_i64(v)[0] = value;
    return v;
}

/* ── ranks ─────────────────────────────────────────────────────────────────────────────────────*/

static void rows_are_ranked_within_their_partition(void **state)
{
    const char *names[] = {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist"};
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add_function(&rig, &made, names[i]);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "b 7 | a 2 | a 1 | a null");
    rig_feed(&rig, 0, "a 2 | null 5 | a 2 | a null");
    assert_in_order(&rig, "");
    rig_end(&rig);
    assert_in_order(&rig, "null 5 1 1 1 0 1 | "
                          "a null 1 1 1 0 0.333333 | a null 2 1 1 0 0.333333 | "
                          "a 1 3 3 2 0.4 0.5 | "
                          "a 2 4 4 3 0.6 1 | a 2 5 4 3 0.6 1 | a 2 6 4 3 0.6 1 | "
                          "b 7 1 1 1 0 1");
    assert_int_equal(rig.outs[0].end_count, 1);
    rig_done(&rig);
}

static void buckets_differ_by_one_row_at_most_the_larger_ones_first(void **state)
{
    const int32_t buckets[] = {1, 2, 3, 5, 7, INT32_MAX};
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    for (size_t i = 0; i < COUNT_OF(buckets); i++) {
        WindowItem item;
        Expr *arg = expr_literal_int(&rig.plan, buckets[i], (Span){0});
        Expr *call;

        assert_ok(function_call_aggregate(&rig.plan, &rig.sql, function_find(STR("ntile")), &arg, 1,
                                          (Span){0}, &call, &err));
        item = framed((WindowItem){.call = call});
        add_item(&rig, &made, item);
    }
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 1 | a 2 | a 3 | a 4 | a 5 | b 1");
    rig_end(&rig);
    assert_in_order(&rig, "a 1 1 1 1 1 1 1 | a 2 1 1 1 2 2 2 | a 3 1 1 2 3 3 3 | "
                          "a 4 1 2 2 4 4 4 | a 5 1 2 3 5 5 5 | b 1 1 1 1 1 1 1");
    rig_done(&rig);
}

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

static void assert_bind(const char *name, Expr **args, uint32_t arg_count, const char *expected)
{
    SqlContext sql = {.zone = zone_utc(), .ansi = true};
    Error problem = {0};
    Arena arena;
    Expr *call;

    arena_init(&arena);
    if (function_call_aggregate(&arena, &sql, function_find(str_of(name)), args, arg_count,
                                (Span){0}, &call, &problem))
        assert_string_equal(type_name_in(&arena, call->type), expected);
    else
        assert_string_equal(problem.class_name, expected);
    arena_done(&arena);
}

static void arguments_of_window_functions_are_checked(void **state)
{
    Expr *column, *zero, *two, *text, *null, *decimal;
    Arena arena;

    arena_init(&arena);
    column = expr_column(&arena, 0, &type_int, true, (Span){0});
    decimal = expr_column(&arena, 0, type_decimal(&arena, 10, 2), true, (Span){0});
    zero = expr_literal_int(&arena, 0, (Span){0});
    two = expr_literal_int(&arena, 2, (Span){0});
    text = expr_literal_string(&arena, STR("a"), (Span){0});
    null = expr_literal_null(&arena, &type_void, (Span){0});
    assert_bind("row_number", NULL, 0, "int");
    assert_bind("cume_dist", NULL, 0, "double");
    assert_bind("rank", (Expr *[]){column}, 1, "int"); /* Spark looks at none of them. */
    assert_bind("ntile", (Expr *[]){two}, 1, "int");
    assert_bind("ntile", (Expr *[]){zero}, 1, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE");
    assert_bind("ntile", (Expr *[]){null}, 1, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE");
    assert_bind("ntile", (Expr *[]){column}, 1, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT");
    assert_bind("lag", (Expr *[]){decimal}, 1, "decimal(10,2)");
    assert_bind("lag", (Expr *[]){decimal, two, two}, 3, "decimal(10,2)");
    assert_bind("lag", (Expr *[]){text, two, null}, 3, "string");
    assert_bind("lead", (Expr *[]){column, column}, 2, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT");
    assert_bind("nth_value", (Expr *[]){text, two}, 2, "string");
    assert_bind("nth_value", (Expr *[]){text, zero}, 2, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE");
    assert_bind("nth_value", (Expr *[]){text}, 1, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION");
    arena_done(&arena);
}

/* ── values of other rows ──────────────────────────────────────────────────────────────────────*/

static void lag_and_lead_reach_rows_of_their_own_partition(void **state)
{
    int32_t two = 2;
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint v:string d:string", (SortKey){0});
    add_item(&rig, &made, function_item(&rig, &made, "lag", 2, NULL, -1));
    add_item(&rig, &made, function_item(&rig, &made, "lag", 2, &two, 3));
    add_item(&rig, &made, function_item(&rig, &made, "lead", 2, &two, 3));
    add_offset(&rig, &made, "lead", -1, false); /* As lag. */
    add_offset(&rig, &made, "lag", 0, false);
    add_offset(&rig, &made, "lead", INT32_MAX, false);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 3 z d3 | a 1 x d1 | b 1 p e1 | a 2 null d2 | b 2 q e2");
    rig_end(&rig);
    assert_in_order(&rig, "a 1 x d1 null d1 z null x null | a 2 null d2 x d2 d2 x null null | "
                          "a 3 z d3 null x d3 null z null | b 1 p e1 null e1 e1 null p null | "
                          "b 2 q e2 p e2 e2 p q null");
    rig_done(&rig);
}

/* As Spark's window.sql: lead and lag (0, 1, 3) IGNORE NULLS; nth_value (1, 2). */
static void ignoring_nulls_counts_rows_with_values_only(void **state)
{
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint v:string", (SortKey){0});
    add_offset(&rig, &made, "lead", 0, true);
    add_offset(&rig, &made, "lead", 1, true);
    add_offset(&rig, &made, "lead", 3, true);
    add_offset(&rig, &made, "lag", 1, true);
    add_offset(&rig, &made, "lag", 3, true);
    add_offset(&rig, &made, "nth_value", 1, true);
    add_offset(&rig, &made, "nth_value", 2, true);
    rig_start(&rig, 1);
    rig_feed(&rig, 0,
             "a 0 null | a 1 x | a 2 null | a 3 null | a 4 y | a 5 null | a 6 z | a 7 v | "
             "a 8 null | b 0 w");
    rig_end(&rig);
    assert_in_order(&rig, "a 0 null null x z null null null null | a 1 x x y v null null x null | "
                          "a 2 null null y v x null x null | a 3 null null y v x null x null | "
                          "a 4 y y z null x null x y | a 5 null null z null y null x y | "
                          "a 6 z z v null y null x y | a 7 v v null null z x x y | "
                          "a 8 null null null null v y x y | b 0 w w null null null null w null");
    rig_done(&rig);
}

/* ── frames, against their definition ──────────────────────────────────────────────────────────*/

typedef struct Case {
    bool rows;
    FrameBoundKind from, to;
    int64_t from_value, to_value;
    SortKey order;
    bool filter;
} Case;

typedef struct Row {
    int64_t k, o, v, number;
    bool o_null, v_null, chosen;
} Row;

/* Where a row stands in the order; NULLs at one of its ends. */
static double order_place(const Case *c, const Row *row)
{
    if (row->o_null)
        return c->order.nulls_last ? 1e18 : -1e18;
    return c->order.descending ? (double)-row->o : (double)row->o;
}

static const Case *sorted_case;

static int row_order(const void *a_, const void *b_)
{
    const Row *a = a_, *b = b_;
    double x = order_place(sorted_case, a), y = order_place(sorted_case, b);

    if (a->k != b->k)
        return a->k < b->k ? -1 : 1;
    if (x < y || x > y)
        return x < y ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* Whether row j of a partition is not before (after) the bound of row i. */
static bool within(const Case *c, FrameBoundKind kind, int64_t value, const Row *rows, int64_t i,
                   int64_t j, bool is_to)
{
    double away = kind == FRAME_CURRENT_ROW ? 0
                  : kind == FRAME_PRECEDING ? (double)-value
                                            : (double)value;
    double bound, place;

    if (kind == FRAME_UNBOUNDED_PRECEDING || kind == FRAME_UNBOUNDED_FOLLOWING)
        return true;
    if (c->rows) {
        bound = (double)i + away;
        place = (double)j;
    } else {
        bound = order_place(c, &rows[i]) + (rows[i].o_null ? 0 : away);
        place = order_place(c, &rows[j]);
    }
    return is_to ? place <= bound : place >= bound;
}

static const char *expected_text(Arena *arena, const Case *c, const Row *rows, int64_t count)
{
    StrBuf out = {0}, list = {0};
    const char *text;

    for (int64_t i = 0; i < count; i++) {
        int64_t sum = 0, values = 0, first = -1;

        strbuf_clear(&list);
        for (int64_t j = 0; j < count; j++) {
            if (rows[j].k != rows[i].k || !within(c, c->from, c->from_value, rows, i, j, false) ||
                !within(c, c->to, c->to_value, rows, i, j, true))
                continue;
            if (first < 0)
                first = rows[j].number;
            if (rows[j].v_null || (c->filter && !rows[j].chosen))
                continue;
            sum += rows[j].v;
            strbuf_printf(&list, "%s%lld", values++ ? "," : "", (long long)rows[j].v);
        }
        strbuf_printf(&out, "%s%lld ", i ? " | " : "", (long long)rows[i].number);
        strbuf_printf(&out, values ? "%lld" : "null", (long long)sum);
        strbuf_printf(&out, " %lld %s ", (long long)values, strbuf_c(&list));
        strbuf_printf(&out, first < 0 ? "null" : "%lld", (long long)first);
    }
    text = arena_strdup(arena, strbuf_c(&out));
    strbuf_done(&out);
    strbuf_done(&list);
    return text;
}

/* Of the columns k o v n b and the results, those the expected text has. */
static const char *actual_text(Rig *rig)
{
    VEC(const Batch *) all = {0};
    const char *text;

    for (size_t b = 0; b < rig->outs[0].batches.count; b++) {
        Batch *batch = arena_copy(&rig->plan, rig->outs[0].batches.items[b], sizeof(Batch));

        assert_int_equal(batch->column_count, 9);
        batch->columns = arena_copy(&rig->plan, batch->columns, 9 * sizeof *batch->columns);
        batch->columns[0] = batch->columns[3];
        for (uint32_t i = 0; i < 4; i++)
            batch->columns[1 + i] = batch->columns[5 + i];
        batch->column_count = 5;
        VEC_ADD(&all, batch);
    }
    text = rig_text(&rig->plan, all.items, all.count, false);
    VEC_DONE(&all);
    return text;
}

static Batch *case_rows(Rig *rig, Random *random, Row *rows, uint32_t count, uint32_t values)
{
    StrBuf text = {0};
    Batch *batch;

    for (uint32_t i = 0; i < count; i++) {
        Row *row = &rows[i];

        *row = (Row){.k = (int64_t)(count < 200 ? random_below(random, 3) : i == 0),
                     .o = (int64_t)random_below(random, values),
                     .v = (int64_t)random_below(random, 3),
                     .number = i,
                     .o_null = random_below(random, 10) == 0,
                     .v_null = random_below(random, 5) == 0,
                     .chosen = random_below(random, 3) > 0};
        strbuf_printf(&text, "%s%lld ", i ? " | " : "", (long long)row->k);
        strbuf_printf(&text, row->o_null ? "null " : "%lld ", (long long)row->o);
        strbuf_printf(&text, row->v_null ? "null " : "%lld ", (long long)row->v);
        strbuf_printf(&text, "%u %s", i, row->chosen ? "true" : i % 2 ? "false" : "null");
    }
    batch = rig_rows_in(&rig->plan, &rig->nodes[0]->inputs[0]->schema, strbuf_c(&text));
    strbuf_done(&text);
    return batch;
}

static void set_frame(Rig *rig, const Case *c, WindowItem *item)
{
    item->rows = c->rows;
    item->from = (FrameBound){c->from, bigint(rig, c->from_value)};
    item->to = (FrameBound){c->to, bigint(rig, c->to_value)};
    if (c->filter && item->call->fn->class_ == FUNCTION_AGGREGATE)
        item->filter_column = 4;
}

static void run_case(const Case *c, uint64_t seed, uint32_t count, uint32_t values)
{
    const Function *fns[] = {&test_sum, &test_count, &test_list};
    Random random = {seed};
    Row *rows;
    Batch *batch;
    int32_t one = 1;
    Made made;
    Rig rig;

    rig_init(&rig);
    rig.batch_rows = 1 + (uint32_t)random_below(&random, 400);
    made = window_over(&rig, "k:bigint o:bigint v:bigint n:bigint b:boolean", c->order);
    for (size_t i = 0; i < COUNT_OF(fns); i++)
        add_item(&rig, &made, aggregate_item(&rig, fns[i], 2));
    add_item(&rig, &made, function_item(&rig, &made, "nth_value", 3, &one, -1));
    for (size_t i = 0; i < 4; i++)
        set_frame(&rig, c, &made.items[i]);
    rows = ARENA_ARRAY(&rig.plan, Row, count);
    batch = case_rows(&rig, &random, rows, count, values);
    rig_start(&rig, 1);
    rig_push(&rig, 0, 0, batch, 1 + (uint32_t)random_below(&random, 50));
    rig_end(&rig);
    sorted_case = c;
    qsort(rows, count, sizeof *rows, row_order);
    assert_string_equal(actual_text(&rig), expected_text(&rig.plan, c, rows, count));
    assert_errors(&rig, "");
    rig_done(&rig);
}

static bool bounds_fit(const Case *c)
{
    bool from_ok = c->from != FRAME_UNBOUNDED_FOLLOWING;
    bool to_ok = c->to != FRAME_UNBOUNDED_PRECEDING;

    return from_ok && to_ok && c->from <= c->to;
}

static void every_frame_has_the_rows_it_is_defined_to_have(void **state)
{
    Case c;
    uint64_t seed = 1;

    for (int from = 0; from <= FRAME_UNBOUNDED_FOLLOWING; from++) {
        for (int to = 0; to <= FRAME_UNBOUNDED_FOLLOWING; to++) {
            for (int variant = 0; variant < 16; variant++, seed++) {
                Random random = {seed};

                c = (Case){
                    .rows = variant & 1,
                    .from = (FrameBoundKind)from,
                    .to = (FrameBoundKind)to,
                    .from_value = (int64_t)random_below(&random, 6),
                    .to_value = (int64_t)random_below(&random, 6),
                    .order = {(variant & 2) != 0, (variant & 4) != 0},
                    .filter = variant & 8,
                };
                if (bounds_fit(&c))
                    run_case(&c, seed, 60, 12);
            }
        }
    }
}

/* Frames long enough to be put together from a tree. */
static void long_frames_have_their_rows_too(void **state)
{
    const Case cases[] = {
        {true, FRAME_PRECEDING, FRAME_FOLLOWING, 50, 70, {0}, false},
        {true, FRAME_PRECEDING, FRAME_PRECEDING, 150, 20, {0}, true},
        {true, FRAME_FOLLOWING, FRAME_FOLLOWING, 10, 111, {0}, false},
        {true, FRAME_CURRENT_ROW, FRAME_UNBOUNDED_FOLLOWING, 0, 0, {0}, false},
        {true, FRAME_CURRENT_ROW, FRAME_UNBOUNDED_FOLLOWING, 0, 0, {0}, true},
        {true, FRAME_UNBOUNDED_PRECEDING, FRAME_FOLLOWING, 0, 3, {0}, false},
        {false, FRAME_PRECEDING, FRAME_FOLLOWING, 40, 30, {true, true}, false},
        {false, FRAME_PRECEDING, FRAME_UNBOUNDED_FOLLOWING, 5, 0, {0}, true},
        {true, FRAME_PRECEDING, FRAME_FOLLOWING, INT64_MAX, INT64_MAX, {0}, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run_case(&cases[i], 1000 + i, 300, 150);
        run_case(&cases[i], 2000 + i, 65, 30);
        run_case(&cases[i], 3000 + i, 201, 20);
    }
}

/* 16 * 32 rows make a node of the second level; 40 000 need a third. */
static void a_tree_of_three_levels_adds_up(void **state)
{
    enum { ROWS = 40000, BEFORE = 15000 };
    WindowItem item;
    Batch *batch;
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:bigint o:bigint", (SortKey){0});
    item = aggregate_item(&rig, &test_count, 1);
    item.rows = true;
    item.from = (FrameBound){FRAME_PRECEDING, bigint(&rig, BEFORE)};
    add_item(&rig, &made, item);
    rig_start(&rig, 1);
    batch = batch_new(&rig.plan, 2, ROWS);
    batch->columns[0] =
        (Vector *)(uintptr_t)vector_constant_of(&rig.plan, bigint(&rig, 1), 0, ROWS);
    batch->columns[1] = vector_new(&rig.plan, &type_bigint, ROWS);
    for (uint32_t i = 0; i < ROWS; i++)
        vector_i64(batch->columns[1])[i] = ROWS - i;
    rig_push(&rig, 0, 0, batch, 4096);
    rig_end(&rig);
    batch = collector_rows(&rig.outs[0], &rig.plan, &made.node->schema);
    assert_int_equal(batch->row_count, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(vector_i64(batch->columns[1])[i], i + 1);
        assert_int_equal(vector_i64(batch->columns[2])[i], MIN(i, BEFORE) + 1);
    }
    rig_done(&rig);
}

/* ── frames over other types ───────────────────────────────────────────────────────────────────*/

/* count(o) over RANGE BETWEEN from PRECEDING AND to FOLLOWING; NULL: CURRENT ROW. */
static void range_start(Rig *rig, const char *schema, const Vector *from, const Vector *to)
{
    WindowItem item;
    Made made = window_over(rig, schema, (SortKey){0});

    item = aggregate_item(rig, &test_count, 2);
    item.from = (FrameBound){from ? FRAME_PRECEDING : FRAME_CURRENT_ROW, from};
    item.to = (FrameBound){to ? FRAME_FOLLOWING : FRAME_CURRENT_ROW, to};
    add_item(rig, &made, item);
    rig_start(rig, 1);
}

static const char *range_counts(Rig *rig, const char *schema, const Vector *from, const Vector *to,
                                const char *rows)
{
    range_start(rig, schema, from, to);
    rig_feed(rig, 0, rows);
    rig_end(rig);
    return rig_take(rig, false);
}

static const Vector *interval(Rig *rig, const Type *type, int64_t value)
{
    Vector *v = vector_new(&rig->plan, type, 1);

    if (type_phys(type) == PHYS_I32)
        vector_i32(v)[0] = (int32_t)value;
    else
        vector_i64(v)[0] = value;
    return v;
}

static void ranges_of_time_are_told_by_intervals(void **state)
{
    Rig rig;

    rig_init(&rig);
    assert_string_equal(range_counts(&rig, "k:bigint t:timestamp v:bigint",
                                     interval(&rig, &type_interval_dt, 10 * RIG_SECOND),
                                     interval(&rig, &type_interval_dt, 500000),
                                     "1 0 1 | 1 10 1 | 1 10.5 1 | 1 21 1 | 2 10 1 | 1 null 1"),
                        "1 null 1 1 | 1 0 1 1 | 1 10 1 3 | 1 10.5 1 2 | 1 21 1 1 | 2 10 1 1");
    rig_done(&rig);

    /* One month before March 31 2026 is February 28. */
    rig_init(&rig);
    assert_string_equal(range_counts(&rig, "k:bigint t:timestamp v:bigint",
                                     interval(&rig, &type_interval_ym, 1), NULL,
                                     "1 1774915200 1 | 1 1772236800 1 | 1 1772236799 1"),
                        "1 1772236799 1 1 | 1 1772236800 1 2 | 1 1774915200 1 2");
    rig_done(&rig);
}

static void a_range_of_days_in_local_time_knows_of_summer_time(void **state)
{
    Rig rig;

    /* A day before noon of March 29 2026 in Berlin are 23 hours: 10:00 UTC and 11:00 UTC. */
    rig_init(&rig);
    assert_ok(zone_find(STR("Europe/Berlin"), &rig.sql.zone, &err));
    assert_string_equal(range_counts(&rig, "k:bigint t:timestamp v:bigint",
                                     interval(&rig, &type_interval_dt, INT64_C(86400) * RIG_SECOND),
                                     NULL, "1 1774695600 1 | 1 1774695599 1 | 1 1774778400 1"),
                        "1 1774695599 1 1 | 1 1774695600 1 2 | 1 1774778400 1 2");
    rig_done(&rig);
}

static const char *double_counts(Rig *rig, double around)
{
    const double values[] = {-(double)INFINITY, -1.5, 0.5, 1.5, (double)INFINITY, (double)NAN};
    Vector *bound = vector_new(&rig->plan, &type_double, 1);
    Batch *batch;

    vector_f64(bound)[0] = around;
    range_start(rig, "k:bigint d:double v:bigint", bound, bound);
    batch = rig_rows_in(&rig->plan, &rig->nodes[0]->inputs[0]->schema,
                        "1 0 1 | 1 0 2 | 1 0 3 | 1 0 4 | 1 0 5 | 1 0 6");
    memcpy(batch->columns[1]->data, values, sizeof values);
    rig_push(rig, 0, 0, batch, 6);
    rig_end(rig);
    return rig_take(rig, false);
}

/* Beyond an infinite range around an infinity there is NaN: as in Spark, ends never go back. */
static void ranges_of_doubles_go_by_their_order(void **state)
{
    Rig rig;

    rig_init(&rig);
    assert_string_equal(double_counts(&rig, 1),
                        "1 -inf 1 1 | 1 -1.5 2 1 | 1 0.5 3 2 | 1 1.5 4 2 | 1 inf 5 1 | 1 nan 6 1");
    rig_done(&rig);
    rig_init(&rig);
    assert_string_equal(double_counts(&rig, (double)INFINITY),
                        "1 -inf 1 6 | 1 -1.5 2 6 | 1 0.5 3 6 | 1 1.5 4 6 | 1 inf 5 1 | 1 nan 6 1");
    rig_done(&rig);
}

static void a_row_whose_frame_overflows_has_an_error(void **state)
{
    Rig rig;

    rig_init(&rig);
    assert_string_equal(range_counts(&rig, "k:bigint o:bigint v:bigint", NULL, bigint(&rig, 5),
                                     "1 9223372036854775805 1 | 1 1 1 | 1 3 1"),
                        "1 1 1 2 | 1 3 1 1");
    assert_errors(&rig, "1 9223372036854775805 1 ARITHMETIC_OVERFLOW");
    rig_done(&rig);
}

static void frames_that_cannot_be_are_refused(void **state)
{
    Error problem = {0};
    WindowItem item;
    Made made;
    Op *op;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:bigint t:timestamp v:bigint", (SortKey){0});
    item = aggregate_item(&rig, &test_count, 2);
    item.from = (FrameBound){FRAME_PRECEDING, NULL};
    add_item(&rig, &made, item);
    rig.contexts[0] = (OpContext){.sql = &rig.sql, .batch_arena = &rig.batch};
    assert_false(op_create(made.node, &rig.contexts[0], &op, &problem));
    made.items[0].from.value = vector_null(&rig.plan, &type_bigint, 1);
    assert_false(op_create(made.node, &rig.contexts[0], &op, &problem));
    made.items[0].from.value = interval(&rig, &type_date, 1);
    assert_false(op_create(made.node, &rig.contexts[0], &op, &problem));
    made.items[0].from.value = interval(&rig, &type_interval_dt, 1);
    made.node->as.window.order_count = 0;
    assert_false(op_create(made.node, &rig.contexts[0], &op, &problem));
    made.node->as.window.order_count = 1;
    assert_ok(op_create(made.node, &rig.contexts[0], &op, &err));
    op_free(op);
    rig_done(&rig);
}

static void a_result_that_cannot_be_computed_is_an_error_of_its_row(void **state)
{
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    add_item(&rig, &made, aggregate_item(&rig, &test_sum, 1));
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 1 | a 999 | a 1000 | b 7");
    rig_end(&rig);
    assert_in_order(&rig, "a 1 1 | a 999 1000 | b 7 7");
    assert_errors(&rig, "a 1000 ARITHMETIC_OVERFLOW");
    rig_done(&rig);
}

static void within_group_puts_a_partitions_rows_in_order(void **state)
{
    SortKey *keys;
    WindowItem item;
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint v:bigint b:boolean", (SortKey){0});
    made.node->as.window.order_count = 0;
    item = aggregate_item(&rig, &test_list, 2);
    item.to.kind = FRAME_UNBOUNDED_FOLLOWING;
    keys = ARENA_ARRAY(&rig.plan, SortKey, 1);
    keys[0] = (SortKey){true, true};
    item.within_columns = rig_columns(&rig, 1, 1);
    item.within_keys = keys;
    item.within_count = 1;
    add_item(&rig, &made, item);
    item.filter_column = 3;
    add_item(&rig, &made, item);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "b 1 9 true | a 2 5 true | a 3 6 false | a null 7 true | a 3 8 true");
    rig_end(&rig);
    assert_in_order(&rig,
                    "a 2 5 true 6,8,5,7 8,5,7 | a 3 6 false 6,8,5,7 8,5,7 | "
                    "a null 7 true 6,8,5,7 8,5,7 | a 3 8 true 6,8,5,7 8,5,7 | b 1 9 true 9 9");
    rig_done(&rig);
}

static void without_rows_nothing_is_given(void **state)
{
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    add_item(&rig, &made, aggregate_item(&rig, &test_sum, 1));
    rig_start(&rig, 1);
    rig_end(&rig);
    assert_in_order(&rig, "");
    assert_int_equal(rig.outs[0].end_count, 1);
    rig_done(&rig);
}

/* ── top-N ─────────────────────────────────────────────────────────────────────────────────────*/

static int64_t top_n(const char *name, int64_t limit, uint32_t row_count, bool limited,
                     const char **text)
{
    Random random = {3};
    int64_t bytes_max = 0;
    StrBuf kept = {0};
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:bigint o:bigint", (SortKey){true, true});
    add_function(&rig, &made, name);
    made.node->as.window.rank_limit = limited ? limit : -1;
    rig_start(&rig, 1);
    for (uint32_t done = 0; done < row_count; done += 1000) {
        Batch *batch = batch_new(&rig.batch, 2, 1000);

        for (uint32_t c = 0; c < 2; c++)
            batch->columns[c] = vector_new(&rig.batch, &type_bigint, 1000);
        for (uint32_t i = 0; i < 1000; i++) {
            vector_i64(batch->columns[0])[i] = (int64_t)random_below(&random, 10);
            vector_i64(batch->columns[1])[i] = (int64_t)random_below(&random, row_count / 20);
        }
        rig_push(&rig, 0, 0, batch, 1000);
        bytes_max = MAX(bytes_max, rig_in(&rig)->methods->state_bytes(rig_in(&rig)));
        arena_reset(&rig.batch);
    }
    rig_end(&rig);
    for (size_t b = 0; b < rig.outs[0].batches.count; b++) {
        const Batch *batch = rig.outs[0].batches.items[b];

        for (uint32_t i = 0; i < batch->row_count; i++) {
            if (vector_i32(batch->columns[2])[i] > limit) {
                assert_false(limited);
                continue;
            }
            rig_print_row(&kept, batch, i);
            strbuf_add_char(&kept, '|');
        }
    }
    *text = mem_strdup(strbuf_c(&kept));
    strbuf_done(&kept);
    rig_done(&rig);
    return bytes_max;
}

static void a_rank_limit_drops_rows_without_changing_the_first_ones(void **state)
{
    const char *names[] = {"row_number", "rank"};

    for (size_t n = 0; n < COUNT_OF(names); n++) {
        for (int64_t limit = 0; limit <= 20; limit += 4) {
            const char *all, *top;
            int64_t all_bytes = top_n(names[n], limit, 100000, false, &all);
            int64_t top_bytes = top_n(names[n], limit, 100000, true, &top);

            assert_string_equal(all, top);
            assert_true(top_bytes < all_bytes / 3);
            free((void *)(uintptr_t)all);
            free((void *)(uintptr_t)top);
        }
    }
}

/* Dropping rows would change what these give. */
static void a_rank_limit_is_not_used_where_rows_behind_count(void **state)
{
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    add_function(&rig, &made, "percent_rank");
    made.node->as.window.rank_limit = 1;
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 1 | a 2 | a 3");
    rig_end(&rig);
    assert_in_order(&rig, "a 1 0 | a 2 0.5 | a 3 1");
    rig_done(&rig);
}

static void too_many_rows_over_a_window_are_refused_in_words(void **state)
{
    Error problem = {0};
    bool ok = true;
    Made made;
    Rig rig;

    rig_init(&rig);
    made = window_over(&rig, "k:string o:bigint", (SortKey){0});
    add_function(&rig, &made, "rank");
    rig_start(&rig, 1);
    rig.contexts[0].state_limit_bytes = 1 << 20;
    for (int i = 0; ok && i < 100000; i++) {
        ok = rig_in(&rig)->methods->on_batch(
            rig_in(&rig), 0, rig_rows_in(&rig.batch, &made.input, "a 1 | b 2 | c 3"), &problem);
        arena_reset(&rig.batch);
    }
    assert_false(ok);
    assert_non_null(strstr(problem.text, "limit of 1 MB"));
    rig_done(&rig);
}

/* ── streams ───────────────────────────────────────────────────────────────────────────────────*/

/* PARTITION BY w, k ORDER BY v DESC: rank, sum. */
static Made stream_window(Rig *rig, int64_t rank_limit)
{
    Node *node;
    Made made;

    rig_init(rig);
    node = rig_node(rig, NODE_EXCHANGE, rig_schema(rig, "w:window k:string v:bigint"));
    node->as.exchange = (ExchangeNode){rig_columns(rig, 1, 1), 1};
    made = window_over(rig, "w:window k:string v:bigint", (SortKey){true, true});
    made.node->as.window.partition_columns = rig_columns(rig, 2, 0, 1);
    made.node->as.window.partition_count = 2;
    made.node->as.window.order_columns = rig_columns(rig, 1, 2);
    made.node->as.window.time_column = 0;
    made.node->as.window.rank_limit = rank_limit;
    add_function(rig, &made, "rank");
    if (rank_limit < 0)
        add_item(rig, &made, aggregate_item(rig, &test_sum, 2));
    return made;
}

static void a_streams_partitions_are_given_once_their_window_is_closed(void **state)
{
    Rig rig;

    stream_window(&rig, -1);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "0..10 a 1 | 10..20 a 9 | 0..10 a 5 | 0..10 b 3");
    rig_watermark(&rig, 9);
    assert_in_order(&rig, "");
    rig_feed(&rig, 0, "0..10 a 5 | null a 4");
    rig_watermark(&rig, 10);
    assert_in_order(&rig, "0..10 a 5 1 10 | 0..10 a 5 1 10 | 0..10 a 1 3 11 | 0..10 b 3 1 3");
    assert_true(rig.outs[0].watermark_us == 10 * RIG_SECOND);
    rig_feed(&rig, 0, "0..10 a 8");
    assert_late(&rig, "0..10 a 8 until 10 idle");
    rig_drain(&rig);
    assert_in_order(&rig, "10..20 a 9 1 9 | null a 4 1 4");
    rig_done(&rig);
}

static const char *run_stream(Rig *rig, uint64_t seed, uint32_t cut, uint32_t workers,
                              Random *restarts, int64_t rank_limit)
{
    Random random = {seed};
    const char *text;

    stream_window(rig, rank_limit);
    rig_start(rig, workers);
    for (uint32_t at = 0; at < 300; at += cut) {
        StrBuf rows = {0};

        for (uint32_t i = at; i < MIN(at + cut, 300); i++) {
            uint32_t start = (i / 60 + (uint32_t)random_below(&random, 2)) * 10;

            strbuf_printf(&rows, "%s%u..%u k%u %u", i > at ? " | " : "", start, start + 10,
                          (uint32_t)random_below(&random, 4), (uint32_t)random_below(&random, 9));
        }
        rig_feed(rig, 0, strbuf_c(&rows));
        strbuf_done(&rows);
        rig_watermark(rig, at / 60 * 10);
        if (!restarts || random_below(restarts, 3))
            continue;
        rig_checkpoint(rig, random_below(restarts, 4) == 0);
        rig_restart(rig, 1 + (uint32_t)random_below(restarts, RIG_WORKERS), 0);
    }
    rig_drain(rig);
    assert_late(rig, "");
    text = rig_take(rig, true);
    assert_true(strlen(text) > 0);
    return text;
}

static void the_same_rows_whatever_batches_workers_and_restarts(void **state)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        int64_t limit = seed % 2 ? -1 : 2;
        Rig plain;
        const char *expected = run_stream(&plain, seed, 300, 1, NULL, limit);

        for (uint32_t cut = 1; cut < 60; cut += 9) {
            Random restarts = {seed * 100 + cut};
            Rig rig;

            assert_string_equal(
                run_stream(&rig, seed, cut, 1 + cut % RIG_WORKERS, &restarts, limit), expected);
            rig_done(&rig);
        }
        rig_done(&plain);
    }
}

/* Of ten thousands of rows of an open window those are forgotten that cannot be among the first. */
static void rows_behind_the_rank_limit_are_not_kept_in_state(void **state)
{
    Random random = {11};
    int64_t bytes_max = 0;
    Rig rig;

    stream_window(&rig, 2);
    rig_start(&rig, 1);
    for (int i = 0; i < 40; i++) {
        Batch *batch = rig_rows_in(&rig.batch, &rig.nodes[0]->schema, "0..10 a 1 | 10..20 b 2");
        uint32_t *rows = ARENA_ARRAY(&rig.batch, uint32_t, 1000);

        for (uint32_t r = 0; r < 1000; r++)
            rows[r] = r % 2;
        batch = batch_select(&rig.batch, batch, rows, 1000);
        for (uint32_t r = 0; r < 1000; r++)
            vector_i64(batch->columns[2])[r] = (int64_t)random_below(&random, 1000000);
        vector_i64(batch->columns[2])[500] = 2000000 + i;
        rig_push(&rig, 0, 0, batch, 1000);
        bytes_max = MAX(bytes_max, rig.ops[0][1]->methods->state_bytes(rig.ops[0][1]));
        arena_reset(&rig.batch);
        if (i % 10 == 5) {
            rig_checkpoint(&rig, false);
            assert_true(rig_live_entries(&rig) < 10000);
            rig_restart(&rig, 1, 0);
        }
    }
    assert_true(bytes_max < 6 << 20);
    rig_watermark(&rig, 10);
    assert_in_order(&rig, "0..10 a 2000039 1 | 0..10 a 2000038 2");
    rig_done(&rig);
}

static void a_barrier_writes_what_changed(void **state)
{
    Rig rig;

    stream_window(&rig, -1);
    rig_start(&rig, 2);
    rig_feed(&rig, 0, "0..10 a 1 | 10..20 a 9 | 0..10 b 3");
    assert_int_equal(rig_checkpoint(&rig, false), 3);
    assert_int_equal(rig_checkpoint(&rig, false), 0);
    rig_watermark(&rig, 10);
    rig_checkpoint(&rig, false);
    assert_int_equal(rig_live_entries(&rig), 2); /* A row, and the watermark. */
    rig_restart(&rig, 3, 0);
    rig_take(&rig, false);
    rig_drain(&rig);
    assert_in_order(&rig, "10..20 a 9 1 9");
    rig_done(&rig);
}

static void damaged_entries_of_a_window_do_no_harm(void **state)
{
    static const char damage[] = {0, 1, 2, (char)0x7f, (char)0xff};
    Rig rig;

    stream_window(&rig, -1);
    rig.node_count = 2;
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "0..10 abc 1 | null null null");
    rig_checkpoint(&rig, true);
    assert_int_equal(rig.saved.count, 2);
    for (size_t e = 0; e < rig.saved.count; e++) {
        const SavedEntry *saved = &rig.saved.items[e];

        for (uint32_t at = 0; at < saved->key.bytes + saved->value.bytes; at++) {
            for (size_t d = 0; d <= sizeof damage; d++) {
                char *key = arena_copy(&rig.batch, saved->key.data, saved->key.bytes);
                char *value = arena_copy(&rig.batch, saved->value.data, saved->value.bytes);
                CheckpointEntry entry = {.flow = STR("f"),
                                         .slot = saved->slot,
                                         .group = saved->group,
                                         .key = {key, saved->key.bytes},
                                         .value = {value, saved->value.bytes}};
                Error problem = {0};
                Op *op;

                if (d < sizeof damage && at < saved->key.bytes)
                    key[at] = damage[d];
                else if (d < sizeof damage)
                    value[at - saved->key.bytes] = damage[d];
                else if (at < saved->key.bytes)
                    entry.key.bytes = at;
                else
                    entry.value.bytes = at - saved->key.bytes;
                rig_stop(&rig);
                rig_start(&rig, 1);
                op = rig.ops[0][1];
                if (op->methods->restore(op, &entry, &problem))
                    rig_drain(&rig);
                else
                    assert_non_null(strstr(problem.text, "cannot be read"));
                arena_reset(&rig.batch);
            }
        }
    }
    rig_take(&rig, false);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_ranked_within_their_partition),
        cmocka_unit_test(buckets_differ_by_one_row_at_most_the_larger_ones_first),
        cmocka_unit_test(arguments_of_window_functions_are_checked),
        cmocka_unit_test(lag_and_lead_reach_rows_of_their_own_partition),
        cmocka_unit_test(ignoring_nulls_counts_rows_with_values_only),
        cmocka_unit_test(every_frame_has_the_rows_it_is_defined_to_have),
        cmocka_unit_test(long_frames_have_their_rows_too),
        cmocka_unit_test(a_tree_of_three_levels_adds_up),
        cmocka_unit_test(ranges_of_time_are_told_by_intervals),
        cmocka_unit_test(a_range_of_days_in_local_time_knows_of_summer_time),
        cmocka_unit_test(ranges_of_doubles_go_by_their_order),
        cmocka_unit_test(a_row_whose_frame_overflows_has_an_error),
        cmocka_unit_test(frames_that_cannot_be_are_refused),
        cmocka_unit_test(a_result_that_cannot_be_computed_is_an_error_of_its_row),
        cmocka_unit_test(within_group_puts_a_partitions_rows_in_order),
        cmocka_unit_test(without_rows_nothing_is_given),
        cmocka_unit_test(a_rank_limit_drops_rows_without_changing_the_first_ones),
        cmocka_unit_test(a_rank_limit_is_not_used_where_rows_behind_count),
        cmocka_unit_test(too_many_rows_over_a_window_are_refused_in_words),
        cmocka_unit_test(a_streams_partitions_are_given_once_their_window_is_closed),
        cmocka_unit_test(the_same_rows_whatever_batches_workers_and_restarts),
        cmocka_unit_test(rows_behind_the_rank_limit_are_not_kept_in_state),
        cmocka_unit_test(a_barrier_writes_what_changed),
        cmocka_unit_test(damaged_entries_of_a_window_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
