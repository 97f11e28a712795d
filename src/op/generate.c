/*
 * generate.c: explode and its like: rows made out of a row (LATERAL VIEW, generators in SELECT).
 *
 * The function makes the rows of a whole batch (expr/generator.h); here the kept columns of the input
 * are put beside them and, with OUTER, a row of NULLs for each input row that gave none.
 */
#include "expr/generator.h"
#include "op/op_base.h"

/* About as many elements as are taken out of lists at a time. */
enum { ELEMENTS_MAX = 1 << 16 };

/* Argument columns. Rows whose arguments have errors are put aside: *batch is what is left. */
static bool eval_args(Op *op, const Batch **batch, const Vector **args, uint32_t arg_count,
                      Error *err)
{
    Arena *arena = op->context->batch_arena;
    uint32_t column_count = (*batch)->column_count;
    Vector **columns = ARENA_ARRAY(arena, Vector *, column_count + arg_count);
    const Batch *settled;
    Batch *rest;

    memcpy(columns, (*batch)->columns, column_count * sizeof *columns);
    program_eval(op->node->as.generate.args, op->context->sql, arena, *batch,
                 columns + column_count);
    if (!op_settle_errors(op, *batch, columns, column_count + arg_count, &settled, err))
        return false;
    for (uint32_t a = 0; a < arg_count; a++)
        args[a] = settled->columns[column_count + a];
    rest = arena_copy(arena, settled, sizeof *settled);
    rest->column_count = column_count;
    *batch = rest;
    return true;
}

/* The same rows, and one more wherever an input row has none: `from` gets the input row of each
 * output row, `made` the generated row, or `none`. */
static uint32_t add_missing(const GeneratorRows *generated, uint32_t input_rows, uint32_t none,
                            uint32_t *from, uint32_t *made)
{
    uint32_t count = 0;
    uint32_t g = 0;

    for (uint32_t i = 0; i < input_rows; i++) {
        bool any = false;

        for (; g < generated->row_count && generated->rows[g] == i; g++) {
            from[count] = i;
            made[count++] = g;
            any = true;
        }
        if (!any) {
            from[count] = i;
            made[count++] = none;
        }
    }
    return count;
}

static void make_outer(Arena *arena, GeneratorRows *generated, uint32_t column_count,
                       uint32_t input_rows)
{
    uint32_t *from = ARENA_ARRAY(arena, uint32_t, (size_t)generated->row_count + input_rows);
    uint32_t *made = ARENA_ARRAY(arena, uint32_t, (size_t)generated->row_count + input_rows);
    uint32_t none = generated->row_count;
    uint32_t count = add_missing(generated, input_rows, none, from, made);

    if (count == generated->row_count)
        return;
    for (uint32_t c = 0; c < column_count; c++) {
        const Type *type = generated->columns[c]->type;
        const Vector *parts[2] = {generated->columns[c], vector_null(arena, type, 1)};
        Vector *column = vector_select(arena, vector_concat(arena, type, parts, 2), made, count);

        generated->columns[c] = column;
    }
    generated->rows = from;
    generated->row_count = count;
}

/* Few rows can make very many: those behind get them in batches of the usual size. */
static bool push_slices(Op *op, const Batch *made, Error *err)
{
    Arena *arena = op->context->batch_arena;
    uint32_t batch_rows = MAX(op->context->batch_rows, 1u);

    for (uint32_t from = 0; from < made->row_count; from += batch_rows) {
        uint32_t count = MIN(batch_rows, made->row_count - from);

        if (!op_push(op, count < made->row_count ? batch_slice(arena, made, from, count) : made, err))
            return false;
    }
    return true;
}

/* Makes the rows of `batch`; arguments are flat. */
static bool generate_rows(Op *op, const Batch *batch, const Vector *const *args, uint32_t arg_count,
                          Error *err)
{
    const GenerateNode *node = &op->node->as.generate;
    Arena *arena = op->context->batch_arena;
    uint32_t made_count = node->call->type->field_count;
    Vector **columns = ARENA_ARRAY(arena, Vector *, node->keep_count + made_count);
    GeneratorRows generated = {0};
    const Batch *kept;
    const Batch *out;

    node->call->fn->generate(
        &(KernelCall){
            .expr = node->call,
            .sql = op->context->sql,
            .arena = arena,
            .args = args,
            .arg_count = arg_count,
            .row_count = batch->row_count,
        },
        &generated);
    if (node->outer)
        make_outer(arena, &generated, made_count, batch->row_count);
    if (generated.row_count == 0)
        return true;
    kept = batch_select(arena, batch, generated.rows, generated.row_count);
    for (uint32_t k = 0; k < node->keep_count; k++)
        columns[k] = kept->columns[node->keep[k]];
    memcpy(columns + node->keep_count, generated.columns, made_count * sizeof *columns);
    if (!op_settle_errors(op, kept, columns, node->keep_count + made_count, &out, err))
        return false;
    return push_slices(op, out, err);
}

/* The end of the rows from `from` on whose lists have few enough elements together; one at least. */
static uint32_t stretch_end(const Vector *list, uint32_t from, uint32_t row_count)
{
    uint32_t to = from + 1;

    if (!list->offsets)
        return row_count;
    if (list->is_constant)
        return MIN(row_count, from + MAX(ELEMENTS_MAX / MAX(list->offsets[1] - list->offsets[0], 1u), 1u));
    while (to < row_count && list->offsets[to + 1] - list->offsets[from] <= ELEMENTS_MAX)
        to++;
    return to;
}

/* Lists are taken apart some at a time: those of a whole batch may have billions of elements. */
static bool generate_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Arena *arena = op->context->batch_arena;
    uint32_t arg_count = program_output_count(op->node->as.generate.args);
    const Vector **args = ARENA_ARRAY(arena, const Vector *, arg_count);
    const Vector **some = ARENA_ARRAY(arena, const Vector *, arg_count);
    bool ok;

    if (!eval_args(op, &batch, args, arg_count, err))
        return false;
    ok = true;
    for (uint32_t from = 0, to; ok && from < batch->row_count; from = to) {
        ArenaMark mark = arena_mark(arena);

        to = arg_count ? stretch_end(args[0], from, batch->row_count) : batch->row_count;
        for (uint32_t a = 0; a < arg_count; a++)
            some[a] = vector_flatten(arena, vector_slice(arena, args[a], from, to - from));
        ok = generate_rows(op, batch_slice(arena, batch, from, to - from), some, arg_count, err);
        arena_release(arena, mark);
    }
    return ok;
}

static const OpMethods generate_methods = {
    .name = "Generate",
    .on_batch = generate_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = op_free_plain,
};

bool generate_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    *out = op_new(sizeof(Op), &generate_methods, node, context);
    return true;
}
