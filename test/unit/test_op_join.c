/*
 * Joins with a finite side, against two nested loops over small numbers.
 */
#include "op_harness.h"

enum { NO_VALUE = -1, ROWS_MAX = 24 };

typedef struct Row {
    int k, l, v; /* Two keys and a value; NO_VALUE: NULL */
} Row;

typedef struct Side {
    Row rows[ROWS_MAX];
    int count;
} Side;

typedef struct Case {
    JoinKind kind;
    int key_count;
    bool null_safe, condition, null_aware;
    bool left_streaming, right_streaming;
} Case;

static void print_int(StrBuf *out, int value)
{
    if (value == NO_VALUE)
        strbuf_add_c(out, "null");
    else
        strbuf_add_int64(out, value);
}

static void print_row(StrBuf *out, const Row *row)
{
    Row nothing = {NO_VALUE, NO_VALUE, NO_VALUE};

    if (!row)
        row = &nothing;
    print_int(out, row->k);
    strbuf_add_char(out, ' ');
    print_int(out, row->l);
    strbuf_add_char(out, ' ');
    print_int(out, row->v);
}

/* ── the model ─────────────────────────────────────────────────────────────────────────────────*/

enum { FALSE_, UNKNOWN, TRUE_ };

static int keys_equal(const Case *c, const Row *a, const Row *b)
{
    const int left[2] = {a->k, a->l};
    const int right[2] = {b->k, b->l};
    int result = TRUE_;

    for (int i = 0; i < c->key_count; i++) {
        bool null = left[i] == NO_VALUE || right[i] == NO_VALUE;

        if (null && !c->null_safe)
            result = MIN(result, UNKNOWN);
        else if (left[i] != right[i])
            result = FALSE_;
    }
    return result;
}

/* left.v < right.v */
static bool condition_holds(const Case *c, const Row *a, const Row *b)
{
    return !c->condition || (a->v != NO_VALUE && b->v != NO_VALUE && a->v < b->v);
}

typedef struct Lines {
    VEC(char *) items;
} Lines;

static void line_add(Lines *lines, const Row *left, const Row *right, bool right_too,
                     const char *mark)
{
    StrBuf line = {0};

    print_row(&line, left);
    if (right_too) {
        strbuf_add_char(&line, ' ');
        print_row(&line, right);
    }
    if (mark)
        strbuf_printf(&line, " %s", mark);
    VEC_ADD(&lines->items, line.data);
}

static void model_left(const Case *c, const Row *row, const Side *right, Lines *lines)
{
    bool outer = c->kind == JOIN_LEFT || c->kind == JOIN_FULL || c->kind == JOIN_LEFT_SINGLE;
    bool pairs = c->kind != JOIN_SEMI && c->kind != JOIN_ANTI && c->kind != JOIN_LEFT_MARK;
    int best = FALSE_;

    for (int r = 0; r < right->count; r++) {
        int equal = keys_equal(c, row, &right->rows[r]);

        if (!condition_holds(c, row, &right->rows[r]))
            continue;
        best = MAX(best, equal);
        if (equal == TRUE_ && pairs)
            line_add(lines, row, &right->rows[r], true, NULL);
    }
    if (!c->null_aware && best == UNKNOWN)
        best = FALSE_;
    if (c->kind == JOIN_LEFT_MARK)
        line_add(lines, row, NULL, false,
                 best == TRUE_ ? "true" : best == UNKNOWN ? "null" : "false");
    if ((c->kind == JOIN_SEMI && best == TRUE_) || (c->kind == JOIN_ANTI && best == FALSE_))
        line_add(lines, row, NULL, false, NULL);
    if (outer && best != TRUE_)
        line_add(lines, row, NULL, true, NULL);
}

static const char *model(Arena *arena, const Case *c, const Side *left, const Side *right)
{
    Lines lines = {0};
    StrBuf all = {0};
    const char *text;

    for (int l = 0; l < left->count; l++)
        model_left(c, &left->rows[l], right, &lines);
    for (int r = 0; r < right->count && (c->kind == JOIN_RIGHT || c->kind == JOIN_FULL); r++) {
        bool matched = false;

        for (int l = 0; l < left->count; l++)
            matched |= keys_equal(c, &left->rows[l], &right->rows[r]) == TRUE_ &&
                       condition_holds(c, &left->rows[l], &right->rows[r]);
        if (!matched)
            line_add(&lines, NULL, &right->rows[r], true, NULL);
    }
    if (lines.items.count > 0)
        qsort(lines.items.items, lines.items.count, sizeof(char *), rig_compare_lines);
    for (size_t i = 0; i < lines.items.count; i++) {
        strbuf_printf(&all, "%s%s", i ? " | " : "", lines.items.items[i]);
        free(lines.items.items[i]);
    }
    VEC_DONE(&lines.items);
    text = arena_strdup(arena, strbuf_c(&all));
    strbuf_done(&all);
    return text;
}

/* ── the operator ──────────────────────────────────────────────────────────────────────────────*/

static Batch *side_batch(Arena *arena, const Schema *schema, const Side *side)
{
    StrBuf text = {0};
    Batch *batch;

    for (int i = 0; i < side->count; i++) {
        if (i)
            strbuf_add_c(&text, " | ");
        print_row(&text, &side->rows[i]);
    }
    batch = rig_rows_in(arena, schema, strbuf_c(&text));
    strbuf_done(&text);
    return batch;
}

static void join_init(Rig *rig, const Case *c)
{
    Schema side, out;
    Node *node, *right;

    rig_init(rig);
    side = rig_schema(rig, "k:bigint l:bigint v:bigint");
    out = rig_schema(rig, "k:bigint l:bigint v:bigint k2:bigint l2:bigint v2:bigint");
    node = rig_node(rig, NODE_JOIN, out);
    node->inputs[0]->schema = side;
    right = ARENA_NEW(&rig->plan, Node);
    right->kind = NODE_SCAN;
    right->schema = side;
    node->inputs[1] = right;
    node->input_count = 2;
    node->as.join = (JoinNode){
        .kind = c->kind,
        .left_keys = rig_columns(rig, 2, 0, 1),
        .right_keys = rig_columns(rig, 2, 0, 1),
        .key_count = (uint32_t)c->key_count,
        .null_safe = c->null_safe,
        .mark_null_aware = c->null_aware,
        .left_streaming = c->left_streaming,
        .right_streaming = c->right_streaming,
        .left_time_column = -1,
        .right_time_column = -1,
    };
    if (c->condition) {
        Expr *args[2] = {expr_column(&rig->plan, 2, &type_bigint, true, (Span){0}),
                         expr_column(&rig->plan, 5, &type_bigint, true, (Span){0})};
        Expr *less = NULL;

        assert_ok(function_call_named(&rig->plan, &rig->sql, "<", args, 2, (Span){0}, &less, &err));
        node->as.join.condition = program_compile(&rig->plan, (const Expr *const *)&less, 1);
    }
    rig_start(rig, 1);
}

static void random_side(Random *random, Side *side)
{
    side->count = (int)random_below(random, ROWS_MAX);
    if (random_below(random, 6) == 0)
        side->count = 0;
    for (int i = 0; i < side->count; i++) {
        Row *row = &side->rows[i];

        row->k = (int)random_below(random, 6) - 1;
        row->l = (int)random_below(random, 4) - 1;
        row->v = (int)random_below(random, 5) - 1;
        if (random_below(random, 3))
            row->l = 0;
    }
}

static void batch_join_gives_what_two_nested_loops_give(void **state)
{
    const JoinKind kinds[] = {JOIN_INNER, JOIN_LEFT, JOIN_RIGHT,     JOIN_FULL,
                              JOIN_SEMI,  JOIN_ANTI, JOIN_LEFT_MARK, JOIN_CROSS};
    Random random = {1};

    for (int round = 0; round < 1500; round++) {
        Side left, right;
        Case c = {.kind = kinds[round % 8], .key_count = (int)random_below(&random, 3)};
        bool right_first = random_below(&random, 2);
        uint32_t cut = 1 + (uint32_t)random_below(&random, 5);
        Batch *l, *r;
        Rig rig;

        c.condition = random_below(&random, 2);
        c.null_safe = random_below(&random, 4) == 0;
        c.null_aware = !c.null_safe && c.key_count > 0 && random_below(&random, 2) &&
                       (c.kind == JOIN_ANTI || c.kind == JOIN_LEFT_MARK);
        random_side(&random, &left);
        random_side(&random, &right);
        join_init(&rig, &c);
        rig.contexts[0].batch_rows = cut;
        l = side_batch(&rig.plan, &rig.nodes[0]->inputs[0]->schema, &left);
        r = side_batch(&rig.plan, &rig.nodes[0]->inputs[0]->schema, &right);
        for (int turn = 0; turn < 2; turn++) {
            uint32_t input_i = turn == right_first ? 0 : 1;

            rig_push(&rig, input_i, 0, input_i ? r : l, cut);
            arena_reset(&rig.batch);
            assert_ok(rig_in(&rig)->methods->on_end(rig_in(&rig), input_i, &err));
        }
        assert_out(&rig, model(&rig.plan, &c, &left, &right));
        assert_int_equal(rig.outs[0].end_count, 1);
        rig_done(&rig);
    }
}

/* More pairs than a stretch, matched or not. */
static void a_join_may_give_many_more_rows_than_it_takes(void **state)
{
    Case c = {.kind = JOIN_INNER, .condition = true};
    uint64_t expected = 0;
    Side side;
    Rig rig;

    join_init(&rig, &c);
    side.count = ROWS_MAX;
    for (int i = 0; i < side.count; i++)
        side.rows[i] = (Row){1, 1, i};
    for (int i = 0; i < 10; i++)
        rig_push(&rig, 1, 0, side_batch(&rig.plan, &rig.nodes[0]->inputs[0]->schema, &side), 100);
    assert_ok(rig_in(&rig)->methods->on_end(rig_in(&rig), 1, &err));
    for (int i = 0; i < 10; i++)
        rig_push(&rig, 0, 0, side_batch(&rig.plan, &rig.nodes[0]->inputs[0]->schema, &side), 100);
    expected = 100 * ROWS_MAX * (ROWS_MAX - 1) / 2;
    assert_int_equal(rig.outs[0].row_count, expected);
    rig_done(&rig);
}

static void a_scalar_subquery_gives_its_row_or_null(void **state)
{
    Case c = {.kind = JOIN_LEFT_SINGLE, .key_count = 1};
    Rig rig;
    const Schema *schema;

    join_init(&rig, &c);
    schema = &rig.nodes[0]->inputs[0]->schema;
    rig_push(&rig, 1, 0, rig_rows_in(&rig.plan, schema, "1 0 5 | 2 0 6 | 2 0 7"), 100);
    assert_ok(rig_in(&rig)->methods->on_end(rig_in(&rig), 1, &err));
    rig_feed(&rig, 0, "1 1 1 | 3 3 3 | 2 2 2 | null 4 4");
    assert_out(&rig, "1 1 1 1 0 5 | 3 3 3 null null null | null 4 4 null null null");
    assert_errors(&rig, "2 2 2 SCALAR_SUBQUERY_TOO_MANY_ROWS");
    rig_done(&rig);
}

/* ── a stream with a table ─────────────────────────────────────────────────────────────────────*/

typedef struct Table {
    Rig rig; /* First: what surrounds the operators takes it for itself. */
    const char *rows;
    int64_t version;
    int loads;
} Table;

static bool table_rows(void *self, const Node *node, Op *op, uint32_t input_i, Error *err)
{
    Table *table = self;
    Batch *batch = rig_rows_in(&table->rig.batch, &node->schema, table->rows);

    table->loads++;
    return (batch->row_count == 0 || op->methods->on_batch(op, input_i, batch, err)) &&
           op->methods->on_end(op, input_i, err);
}

static int64_t table_version(void *self, const Node *node)
{
    return ((Table *)self)->version;
}

static void table_init(Table *table, const Case *c, const char *rows)
{
    *table = (Table){0};
    join_init(&table->rig, c);
    table->rows = rows;
    table->rig.contexts[0].table_rows = table_rows;
    table->rig.contexts[0].table_version = table_version;
}

static void a_table_is_read_again_in_the_epoch_after_it_changed(void **state)
{
    Case c = {.kind = JOIN_LEFT, .key_count = 1, .left_streaming = true};
    Table table;

    table_init(&table, &c, "1 0 5");
    rig_feed(&table.rig, 0, "1 1 1 | 2 2 2");
    assert_out(&table.rig, "1 1 1 1 0 5 | 2 2 2 null null null");
    /* Within the epoch it stays as it was. */
    table.rows = "2 0 6";
    table.version++;
    rig_feed(&table.rig, 0, "2 2 2");
    assert_out(&table.rig, "2 2 2 null null null");
    rig_checkpoint(&table.rig, false);
    rig_feed(&table.rig, 0, "1 1 1 | 2 2 2");
    assert_out(&table.rig, "1 1 1 null null null | 2 2 2 2 0 6");
    rig_checkpoint(&table.rig, false);
    rig_feed(&table.rig, 0, "2 2 2");
    assert_int_equal(table.loads, 2);
    rig_watermark(&table.rig, 7);
    assert_true(table.rig.outs[0].watermark_us == 7 * RIG_SECOND);
    rig_done(&table.rig);
}

static void the_table_may_stand_on_the_left(void **state)
{
    Case c = {.kind = JOIN_RIGHT, .key_count = 1, .right_streaming = true};
    Table table;

    table_init(&table, &c, "1 0 5 | 1 0 6");
    rig_push(&table.rig, 1, 0,
             rig_rows_in(&table.rig.plan, &table.rig.nodes[0]->inputs[1]->schema, "1 1 1 | 2 2 2"),
             10);
    assert_out(&table.rig, "1 0 5 1 1 1 | 1 0 6 1 1 1 | null null null 2 2 2");
    rig_done(&table.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_join_gives_what_two_nested_loops_give),
        cmocka_unit_test(a_join_may_give_many_more_rows_than_it_takes),
        cmocka_unit_test(a_scalar_subquery_gives_its_row_or_null),
        cmocka_unit_test(a_table_is_read_again_in_the_epoch_after_it_changed),
        cmocka_unit_test(the_table_may_stand_on_the_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
