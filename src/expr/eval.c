/*
 * eval.c: programs: expressions as a list of steps over whole columns.
 *
 *     price * quantity > 10        0  column 2
 *                                  1  column 3
 *                                  2  * 0 1
 *                                  3  literal 10
 *                                  4  > 2 3
 *
 * Invariants
 *  1. A step's arguments are earlier steps. Equal deterministic subexpressions are one step.
 *  2. The body of a lambda is a program of its own (the parameters are inputs of it), since its
 * rows are elements and not rows of the batch.
 *  3. Errors: a strict function's result has the errors of its arguments and those it made itself,
 *     the latter only in rows whose arguments all have values. As in Spark an argument behind one that
 *     is NULL is not looked at: its error does not count (NULL + 1/0 is NULL). try_… drops its own alone.
 */
#include "expr/eval.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "expr/kernel.h"

typedef struct Step {
    const Expr *expr;
    uint32_t *args;          /* CALL: the steps of its arguments; a lambda's is 0. */
    const Program **lambdas; /* CALL: programs of arguments that are lambdas, else NULL. */
} Step;

typedef VEC(Step) StepVec;

struct Program {
    Step *steps;
    uint32_t step_count;
    uint32_t *outputs;
    uint32_t output_count;
    uint64_t *columns;     /* Lambda bodies: columns of the batch that are read. */
    uint32_t column_count; /* One past the highest column read. */
    bool is_random;        /* Some step is FN_NONDETERMINISTIC. */
};

struct ProgramState {
    Arena arena;
    CallState *calls; /* One a step. */
};

/* ── compiling ─────────────────────────────────────────────────────────────────────────────────*/

typedef struct Compiler {
    Arena *arena;
    StepVec steps;
    uint32_t
        *table; /* Steps by hash of their expression, open addressing; 0: none, else step + 1. */
    uint32_t slots;
} Compiler;

static Program *compile(Arena *arena, const Expr *const *exprs, uint32_t expr_count);

static bool count_node(void *self, const Expr *e)
{
    (void)e;
    ++*(uint32_t *)self;
    return true;
}

static bool reads_random(void *self, const Expr *e)
{
    (void)self;
    return !(e->kind == EXPR_CALL && e->fn->flags & FN_NONDETERMINISTIC);
}

static uint32_t *compiler_slot(Compiler *c, const Expr *e)
{
    uint32_t slot = (uint32_t)expr_hash(e) & (c->slots - 1);

    while (c->table[slot] && !expr_equal(c->steps.items[c->table[slot] - 1].expr, e))
        slot = (slot + 1) & (c->slots - 1);
    return &c->table[slot];
}

/* A random subexpression that stands in two places of the tree is one value; 0: not there yet. */
static uint32_t find_same_node(const Compiler *c, const Expr *e)
{
    for (size_t s = 0; s < c->steps.count; s++) {
        if (c->steps.items[s].expr == e)
            return (uint32_t)s + 1;
    }
    return 0;
}

static uint32_t compile_expr(Compiler *c, const Expr *e)
{
    bool shared = expr_walk(e, reads_random, NULL);
    uint32_t *slot = shared ? compiler_slot(c, e) : NULL;
    uint32_t known = slot ? *slot : find_same_node(c, e);
    Step step = {.expr = e};

    if (known)
        return known - 1;
    if (e->kind == EXPR_CALL) {
        step.args = ARENA_ARRAY(c->arena, uint32_t, e->arg_count);
        step.lambdas = ARENA_ARRAY(c->arena, const Program *, e->arg_count);
        for (uint32_t i = 0; i < e->arg_count; i++) {
            const Expr *arg = e->args[i];
            const Expr *body = arg->body;

            step.args[i] = 0;
            step.lambdas[i] = NULL;
            if (arg->kind == EXPR_LAMBDA)
                step.lambdas[i] = compile(c->arena, &body, 1);
            else
                step.args[i] = compile_expr(c, arg);
        }
    } else {
        ASSERT(e->kind == EXPR_COLUMN || e->kind == EXPR_LITERAL || e->kind == EXPR_LAMBDA_ARG);
    }
    VEC_ADD_IN(c->arena, &c->steps, step);
    if (shared)
        *compiler_slot(c, e) = (uint32_t)c->steps.count;
    return (uint32_t)c->steps.count - 1;
}

static bool highest_column(void *self, const Expr *e)
{
    uint32_t *count = self;

    if (e->kind == EXPR_COLUMN)
        *count = MAX(*count, e->column_i + 1);
    return true;
}

static Program *compile(Arena *arena, const Expr *const *exprs, uint32_t expr_count)
{
    Program *program = ARENA_NEW(arena, Program);
    Compiler c = {.arena = arena, .slots = 16};
    uint32_t node_count = 0;

    for (uint32_t i = 0; i < expr_count; i++) {
        expr_walk(exprs[i], count_node, &node_count);
        expr_walk(exprs[i], highest_column, &program->column_count);
    }
    while (c.slots < 2 * node_count)
        c.slots *= 2;
    c.table = arena_zalloc(arena, c.slots * sizeof *c.table);
    program->outputs = ARENA_ARRAY(arena, uint32_t, expr_count);
    program->output_count = expr_count;
    program->columns =
        arena_zalloc(arena, bits_words(program->column_count) * sizeof *program->columns);
    for (uint32_t i = 0; i < expr_count; i++) {
        program->outputs[i] = compile_expr(&c, exprs[i]);
        expr_columns_used(exprs[i], program->columns);
    }
    program->steps = c.steps.items;
    program->step_count = (uint32_t)c.steps.count;
    for (uint32_t i = 0; i < expr_count; i++)
        program->is_random |= !expr_walk(exprs[i], reads_random, NULL);
    return program;
}

Program *program_compile(Arena *arena, const Expr *const *exprs, uint32_t expr_count)
{
    return compile(arena, exprs, expr_count);
}

uint32_t program_output_count(const Program *program)
{
    return program->output_count;
}

/* ── running ───────────────────────────────────────────────────────────────────────────────────*/

/* What a lambda's body sees: the parameters of each level around it, innermost first. */
typedef struct Scope Scope;
struct Scope {
    const Scope *outer;
    const Vector *const *parameters;
    uint32_t parameter_count;
};

struct LambdaFrame {
    const Program *const *lambdas;
    const Batch *batch;
    const Scope *scope;
};

static void run(const Program *program, ProgramState *state, const SqlContext *sql, Arena *arena,
                const Batch *batch, const Scope *scope, Vector **out);

Vector *vector_share(Arena *arena, const Vector *v, const Type *type)
{
    Vector *copy = ARENA_NEW(arena, Vector);

    *copy = *v;
    copy->type = type;
    return copy;
}

Vector *vector_null_flat(Arena *arena, const Type *type, uint32_t row_count)
{
    return vector_share(arena, vector_flatten(arena, vector_null(arena, type, row_count)), type);
}

/* Borrowed memory behind a const vector: the interface of outputs is not const, and nobody writes.
 */
static Vector *vector_unconst(const Vector *v)
{
    union {
        const Vector *read;
        Vector *write;
    } cast = {.read = v};

    return cast.write;
}

/* Row 0 of a constant as a flat vector of one row. */
static Vector *constant_row(Arena *arena, const Vector *v)
{
    Vector *row = vector_share(arena, v, v->type);

    row->row_count = 1;
    row->is_constant = false;
    if (v->type->kind == TYPE_STRUCT && v->children) {
        row->children = ARENA_ARRAY(arena, Vector *, v->type->field_count);
        for (uint32_t f = 0; f < v->type->field_count; f++)
            row->children[f] = constant_row(arena, v->children[f]);
    }
    if (v->errors) {
        const RowError *error = v->row_count ? vector_error(v, 0) : NULL;

        row->errors = NULL;
        if (error)
            vector_copy_error(arena, row, 0, error);
    }
    return row;
}

/* The one row of `v` for every one of row_count rows; an error too. */
static Vector *constant_spread(Arena *arena, Vector *v, uint32_t row_count)
{
    const RowError *error = v->errors ? vector_error(v, 0) : NULL;
    Vector *spread = vector_constant_of(arena, v, 0, row_count);

    spread->errors = NULL;
    for (uint32_t i = 0; error && i < row_count; i++)
        vector_copy_error(arena, spread, i, error);
    return spread;
}

static bool is_null_at(const Vector *v, uint32_t row_i)
{
    uint32_t i = v->is_constant ? 0 : row_i;

    return v->valid && !bits_get(v->valid, i) && !vector_has_error(v, i);
}

/* The errors of args[a], save in rows where an argument that is looked at before it is NULL. */
static void merge_errors_of(const KernelCall *call, Vector *out, uint32_t a)
{
    bool right_first = call->expr->fn->flags & FN_RIGHT_FIRST;
    const Vector *v = call->args[a];
    bool spread = v->is_constant && !out->is_constant;

    for (uint32_t i = 0; i < (spread ? out->row_count : v->errors->count); i++) {
        const RowError *error = &v->errors->items[spread ? 0 : i];
        uint32_t row_i = spread ? i : error->row_i;
        bool counts = true;

        for (uint32_t b = 0; b < call->arg_count && counts; b++) {
            bool before = right_first ? b > a : b < a;

            counts = !before || !call->args[b] || !is_null_at(call->args[b], row_i);
        }
        if (counts)
            vector_copy_error(call->arena, out, row_i, error);
    }
}

/* NULLs and errors of a strict function's arguments, over its result. */
static void merge_strict(const KernelCall *call, Vector *out)
{
    Arena *arena = call->arena;

    for (uint32_t n = 0; n < call->arg_count; n++) {
        uint32_t a = call->expr->fn->flags & FN_RIGHT_FIRST ? call->arg_count - 1 - n : n;
        const Vector *v = call->args[a];

        if (!v)
            continue;
        if (v->errors)
            merge_errors_of(call, out, a);
        if (!v->valid)
            continue;
        if (v->is_constant) {
            if (!bits_get(v->valid, 0) && out->row_count)
                memset(vector_need_valid(arena, out), 0, bits_words(out->row_count) * 8);
        } else if (!out->valid) {
            out->valid = arena_copy(arena, v->valid, bits_words(out->row_count) * 8);
        } else {
            for (size_t w = 0; w < bits_words(out->row_count); w++)
                out->valid[w] &= v->valid[w];
        }
    }
}

/* Kernels may have computed rows that are NULL: of texts nothing is left there (vector.h, 1). */
static void clear_null_texts(Vector *out)
{
    uint32_t rows = out->is_constant ? MIN(out->row_count, 1) : out->row_count;

    if (!out->valid || type_phys(out->type) != PHYS_STR)
        return;
    for (uint32_t i = 0; i < rows; i++) {
        if (!bits_get(out->valid, i))
            vector_strs(out)[i] = STR_EMPTY;
    }
}

/* Errors become NULL. */
static void errors_to_null(Arena *arena, Vector *out)
{
    if (!out->errors)
        return;
    for (uint32_t i = 0; i < out->errors->count; i++)
        vector_set_null(arena, out, out->errors->items[i].row_i);
    out->errors = NULL;
}

static bool constant_call(const KernelCall *call)
{
    if (call->expr->fn->flags & (FN_NONDETERMINISTIC | FN_LAMBDA))
        return false;
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a] && !call->args[a]->is_constant)
            return false;
    }
    return true;
}

static Vector *run_kernel(KernelCall *call)
{
    const Function *fn = call->expr->fn;
    Vector *out = fn->kernel(call);

    DEBUG_ASSERT(out->row_count == call->row_count);
    DEBUG_ASSERT(type_equal(out->type, call->expr->type));
    if (out->errors)
        vector_place_errors(out, call->expr->span);
    if (fn->flags & FN_NULL_ON_ERROR)
        errors_to_null(call->arena, out);
    if (fn->flags & FN_STRICT) {
        merge_strict(call, out);
        clear_null_texts(out);
    }
    DEBUG_ASSERT(vector_verify(out));
    return out;
}

static Vector *run_call(KernelCall *call, const Vector **args)
{
    uint32_t row_count = call->row_count;

    if (constant_call(call) && row_count != 1) {
        for (uint32_t a = 0; a < call->arg_count; a++)
            args[a] = constant_row(call->arena, args[a]);
        call->row_count = 1;
        return constant_spread(call->arena, run_kernel(call), row_count);
    }
    if (!(call->expr->fn->flags & FN_CONSTANTS)) {
        for (uint32_t a = 0; a < call->arg_count; a++) {
            if (args[a])
                args[a] = vector_flatten(call->arena, args[a]);
        }
    }
    return run_kernel(call);
}

static Vector *run_step(const Step *step, CallState *state, const SqlContext *sql, Arena *arena,
                        const Batch *batch, const Scope *scope, Vector *const *regs)
{
    const Expr *e = step->expr;
    struct LambdaFrame frame = {step->lambdas, batch, scope};
    const Vector **args;

    switch ((int)e->kind) {
    case EXPR_COLUMN:
        return batch->columns[e->column_i];
    case EXPR_LITERAL:
        return vector_constant_of(arena, e->literal, 0, batch->row_count);
    case EXPR_LAMBDA_ARG:
        for (uint32_t depth = e->lambda_depth; depth; depth--)
            scope = scope->outer;
        return vector_unconst(scope->parameters[e->column_i]);
    default:
        break;
    }
    args = ARENA_ARRAY(arena, const Vector *, e->arg_count);
    for (uint32_t a = 0; a < e->arg_count; a++)
        args[a] = step->lambdas[a] ? NULL : regs[step->args[a]];
    return run_call(&(KernelCall){.expr = e,
                                  .sql = sql,
                                  .arena = arena,
                                  .args = args,
                                  .arg_count = e->arg_count,
                                  .row_count = batch->row_count,
                                  .lambdas = &frame,
                                  .state = state},
                    args);
}

static CallState *fresh_states(const Program *program, Arena *arena)
{
    CallState *calls = arena_zalloc(arena, program->step_count * sizeof *calls);

    for (uint32_t s = 0; s < program->step_count; s++)
        calls[s].arena = arena;
    return calls;
}

static void run(const Program *program, ProgramState *state, const SqlContext *sql, Arena *arena,
                const Batch *batch, const Scope *scope, Vector **out)
{
    Vector **regs = ARENA_ARRAY(arena, Vector *, program->step_count);
    CallState *calls = state ? state->calls : NULL;

    if (program->is_random && !calls)
        calls = fresh_states(program, arena);
    for (uint32_t s = 0; s < program->step_count; s++)
        regs[s] =
            run_step(&program->steps[s], calls ? &calls[s] : NULL, sql, arena, batch, scope, regs);
    for (uint32_t o = 0; o < program->output_count; o++)
        out[o] = regs[program->outputs[o]];
}

void program_eval(const Program *program, const SqlContext *sql, Arena *arena, const Batch *batch,
                  Vector **out)
{
    run(program, NULL, sql, arena, batch, NULL, out);
}

void program_eval_state(const Program *program, ProgramState *state, const SqlContext *sql,
                        Arena *arena, const Batch *batch, Vector **out)
{
    run(program, state, sql, arena, batch, NULL, out);
}

ProgramState *program_state_create(const Program *program, uint32_t partition)
{
    ProgramState *state;

    if (!program->is_random)
        return NULL;
    state = mem_zalloc(sizeof *state);
    arena_init(&state->arena);
    state->calls = fresh_states(program, &state->arena);
    for (uint32_t s = 0; s < program->step_count; s++)
        state->calls[s].partition = partition;
    return state;
}

void program_state_free(ProgramState *state)
{
    if (!state)
        return;
    arena_done(&state->arena);
    free(state);
}

/* ── lambdas ───────────────────────────────────────────────────────────────────────────────────*/

static Vector *gather(Arena *arena, const Vector *v, const uint32_t *rows, uint32_t row_count)
{
    if (v->is_constant)
        return vector_constant_of(arena, v, 0, row_count);
    return vector_select(arena, v, rows, row_count);
}

/* The levels around, an element a row. */
static const Scope *gather_scope(Arena *arena, const Scope *scope, const uint32_t *rows,
                                 uint32_t row_count)
{
    Scope *copy;
    const Vector **parameters;

    if (!scope)
        return NULL;
    copy = ARENA_NEW(arena, Scope);
    parameters = ARENA_ARRAY(arena, const Vector *, scope->parameter_count);
    for (uint32_t p = 0; p < scope->parameter_count; p++)
        parameters[p] = gather(arena, scope->parameters[p], rows, row_count);
    copy->outer = gather_scope(arena, scope->outer, rows, row_count);
    copy->parameters = parameters;
    copy->parameter_count = scope->parameter_count;
    return copy;
}

Vector *lambda_eval(const KernelCall *call, uint32_t arg_i, const Vector *const *parameters,
                    const uint32_t *row_of, uint32_t row_count)
{
    const struct LambdaFrame *frame = call->lambdas;
    const Program *program = frame->lambdas[arg_i];
    Batch *batch = batch_new(call->arena, program->column_count, row_count);
    Scope scope = {gather_scope(call->arena, frame->scope, row_of, row_count), parameters,
                   call->expr->args[arg_i]->arg_count};
    Vector *out;

    for (uint32_t c = 0; c < program->column_count; c++) {
        if (bits_get(program->columns, c))
            batch->columns[c] = gather(call->arena, frame->batch->columns[c], row_of, row_count);
    }
    run(program, NULL, call->sql, call->arena, batch, &scope, &out);
    return out;
}

/* ── what kernels share ────────────────────────────────────────────────────────────────────────*/

Vector *kernel_result(const KernelCall *call)
{
    Vector *out = vector_new(call->arena, call->expr->type, call->row_count);
    size_t bytes = (size_t)call->row_count * phys_bytes(type_phys(out->type));

    if (bytes)
        memset(out->data, 0, bytes);
    return out;
}

void text_too_long(const KernelCall *call, Vector *out, uint32_t row_i, uint64_t bytes)
{
    kernel_error(call, out, row_i, "COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "54000",
                 "Can't create a string of %llu bytes, which exceeds the limit of %d; unsuccessful "
                 "try to create it in the function `%s`.",
                 (unsigned long long)bytes, (int)TEXT_BYTES_MAX, call->expr->fn->name);
}

Vector *kernel_text(const KernelCall *call, TextRow row)
{
    Vector *out = kernel_result(call);
    uint32_t *ends = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t start = 0;
    StrBuf text;
    char *bytes;

    strbuf_init(&text);
    for (uint32_t i = 0; i < call->row_count; i++) {
        size_t before = text.bytes;

        if (kernel_row_ready(call, i) && !row(call, out, i, &text)) {
            text.bytes = before;
            if (!vector_has_error(out, i))
                vector_set_null(call->arena, out, i);
        }
        if (UNLIKELY(text.bytes - before > TEXT_BYTES_MAX || text.bytes > TEXT_COLUMN_BYTES_MAX)) {
            text_too_long(call, out, i, text.bytes - before);
            text.bytes = before;
        }
        ends[i] = (uint32_t)text.bytes;
    }
    bytes = arena_copy(call->arena, text.data ? text.data : "", text.bytes);
    strbuf_done(&text);
    for (uint32_t i = 0; i < call->row_count; i++) {
        vector_strs(out)[i] = (Str){bytes + start, ends[i] - start};
        start = ends[i];
    }
    return out;
}

static PRINTF(6, 0) void set_error(const KernelCall *call, Vector *out, uint32_t row_i,
                                   const char *class_name, const char *sqlstate,
                                   const char *format, va_list args)
{
    char text[400];

    vsnprintf(text, sizeof text, format, args);
    vector_set_error(call->arena, out, row_i, class_name, sqlstate, "%s", text);
}

void kernel_error(const KernelCall *call, Vector *out, uint32_t row_i, const char *class_name,
                  const char *sqlstate, const char *format, ...)
{
    va_list args;

    if (!kernel_row_ready(call, row_i))
        return;
    va_start(args, format);
    set_error(call, out, row_i, class_name, sqlstate, format, args);
    va_end(args);
}

void kernel_ansi_error(const KernelCall *call, Vector *out, uint32_t row_i, const char *class_name,
                       const char *sqlstate, const char *format, ...)
{
    va_list args;

    if (!call->sql->ansi) {
        vector_set_null(call->arena, out, row_i);
        return;
    }
    if (!kernel_row_ready(call, row_i))
        return;
    va_start(args, format);
    set_error(call, out, row_i, class_name, sqlstate, format, args);
    va_end(args);
}

/* ── constants ─────────────────────────────────────────────────────────────────────────────────*/

bool expr_eval_constant(Arena *arena, const SqlContext *sql, const Expr *e, const Vector **out,
                        Error *err)
{
    Batch *row = batch_new(arena, 0, 1);
    const RowError *error;
    Vector *v;

    if (e->kind == EXPR_LITERAL) {
        *out = e->literal;
        return true;
    }
    run(compile(arena, &e, 1), NULL, sql, arena, row, NULL, &v);
    error = v->errors ? vector_error(v, 0) : NULL;
    if (error)
        return row_error_tell(error, err);
    *out = v;
    return true;
}

typedef struct Fold {
    const SqlContext *sql;
} Fold;

static Expr *fold_node(void *self, Arena *arena, Expr *e)
{
    const Fold *fold = self;
    const Vector *value = NULL;
    Error ignored = {0};

    if (e->kind != EXPR_CALL || e->fn->class_ != FUNCTION_SCALAR ||
        e->fn->flags & (FN_NONDETERMINISTIC | FN_STATEMENT | FN_LAMBDA))
        return NULL;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (e->args[i]->kind != EXPR_LITERAL)
            return NULL;
    }
    if (!expr_eval_constant(arena, fold->sql, e, &value, &ignored))
        return NULL;
    return expr_literal(arena, value, e->span);
}

Expr *expr_fold(Arena *arena, const SqlContext *sql, const Expr *e)
{
    return expr_rewrite(arena, e, fold_node, &(Fold){sql});
}

/* ── conditions ────────────────────────────────────────────────────────────────────────────────*/

static uint32_t constant_rows(const Vector *condition, uint32_t *rows)
{
    if (!condition->row_count || !vector_is_valid(condition, 0) || !vector_bools(condition)[0])
        return 0;
    for (uint32_t i = 0; i < condition->row_count; i++)
        rows[i] = i;
    return condition->row_count;
}

static uint32_t rows_with_errors(const Vector *condition, uint32_t *rows, uint32_t *error_rows,
                                 uint32_t *error_count)
{
    uint32_t count = 0, errors = 0;

    for (uint32_t i = 0; i < condition->row_count; i++) {
        if (vector_has_error(condition, i)) {
            if (error_rows)
                error_rows[errors] = i;
            errors++;
        } else if (vector_is_valid(condition, i) &&
                   vector_bools(condition)[vector_row(condition, i)]) {
            rows[count++] = i;
        }
    }
    if (error_count)
        *error_count = errors;
    return count;
}

uint32_t condition_rows(const Vector *condition, uint32_t *rows, uint32_t *error_rows,
                        uint32_t *error_count)
{
    uint32_t count = 0;

    ASSERT(condition->type->kind == TYPE_BOOLEAN);
    if (error_count)
        *error_count = 0;
    if (condition->errors)
        return rows_with_errors(condition, rows, error_rows, error_count);
    if (condition->is_constant)
        return constant_rows(condition, rows);
    /* Written always, counted when true: no branch to mispredict. */
    if (!condition->valid) {
        for (uint32_t i = 0; i < condition->row_count; i++) {
            rows[count] = i;
            count += vector_bools(condition)[i];
        }
    } else {
        for (uint32_t i = 0; i < condition->row_count; i++) {
            rows[count] = i;
            count += vector_bools(condition)[i] & bits_get(condition->valid, i);
        }
    }
    return count;
}

/* ── printing ──────────────────────────────────────────────────────────────────────────────────*/

static void print_step(StrBuf *out, const Step *step)
{
    const Expr *e = step->expr;

    if (e->kind != EXPR_CALL) {
        expr_print(out, e, NULL);
        return;
    }
    strbuf_add_c(out, e->fn->name);
    for (uint32_t a = 0; a < e->arg_count; a++) {
        if (step->lambdas[a])
            strbuf_add_c(out, " lambda");
        else
            strbuf_printf(out, " %%%u", step->args[a]);
    }
}

void program_print(const Program *program, StrBuf *out)
{
    for (uint32_t s = 0; s < program->step_count; s++) {
        strbuf_printf(out, "%%%u = ", s);
        print_step(out, &program->steps[s]);
        strbuf_add_c(out, " : ");
        type_name(out, program->steps[s].expr->type);
        strbuf_add_char(out, '\n');
    }
    strbuf_add_c(out, "return");
    for (uint32_t o = 0; o < program->output_count; o++)
        strbuf_printf(out, " %%%u", program->outputs[o]);
    strbuf_add_char(out, '\n');
}
