/*
 * fuzz_functions.c: any function of the catalog over random typed values.
 *
 * The bytes choose a function, the types of its arguments and what each argument is: a constant, a
 * column, a lambda; seeds among them make the values. What must hold: the call is bound or refused
 * with a class; bound, it gives a well-formed column of its type (vector_verify), the same whether an
 * argument is constant or a column of equal values; a state of an aggregate survives encode and decode.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/random_vector.h"
#include "base/assert.h"
#include "column/format_value.h"
#include "expr/aggregate.h"
#include "expr/eval.h"
#include "expr/generator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { INPUT_BYTES_MAX = 512, ARGS_MAX = 6, ROWS_MAX = 9 };

/* ── bytes as choices ──────────────────────────────────────────────────────────────────────────*/

typedef struct Choices {
    const uint8_t *next, *end;
} Choices;

static uint32_t choose(Choices *c, uint32_t bound)
{
    uint32_t value = 0;

    for (uint32_t size = 1; size < bound && c->next < c->end; size <<= 8)
        value = value << 8 | *c->next++;
    return bound ? value % bound : 0;
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

/* Texts that functions read: numbers, dates, patterns, JSON, regular expressions, units, zones. */
static const char *const texts[] = {
    "",
    "a",
    "Spark SQL",
    "\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac",
    "\xff\xfe",
    "0",
    "-1",
    "1e400",
    "12345678901234567890.123",
    "NaN",
    "2024-02-29",
    "2024-02-29 12:34:56.789",
    "0000-00-00",
    "+294247-01-10T04:00:54.775807Z",
    "12:30",
    "1 day 2 hours",
    "interval -3 months",
    "1-2",
    "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "EEEE, d MMMM uuuu G 'o''clock' VV OOOO XXX",
    "DDD h a k K s n",
    "9,999.99",
    "S$99G999D000PR",
    "MI0.0",
    "{\"a\": [1, {\"b\": null}], \"c\": 1.5e3}",
    "[1, 2, \"x\", true]",
    "$.a[1].b",
    "$..*",
    "a INT, b ARRAY<STRING>",
    "STRUCT<a: DECIMAL(10,2), t: TIMESTAMP>",
    "(\\d+)-(?<n>[a-z]*)",
    "^.*$",
    "(a+)+$",
    "[",
    "%a_\\%",
    ",",
    "a,b,,c",
    "YEAR",
    "WEEK",
    "MICROSECOND",
    "mon",
    "UTC",
    "America/Los_Angeles",
    "+25:99",
    "UTF-16",
    "utf-8",
    "base64",
    "hex",
    "R0g=",
    "4A4B",
    "https://user@host:80/p/a?q=1&r=%20#f",
    "%d %s %5.2f %x",
    "<a><b x='1'>2</b></a>",
    "INTEGER",
    "GCM",
    "PKCS",
    "0000111122223333",
    "1,2,\"x\"\"y\",",
};

/* A type, one of those that most functions take in half of the cases. */
static const Type *choose_type(Arena *arena, Choices *c)
{
    static const Type *const common[] = {
        &type_string, &type_int,           &type_bigint, &type_double, &type_boolean,
        &type_date,   &type_timestamp_ntz, &type_binary, &type_timestamp, &type_string,
    };
    uint32_t pick = choose(c, 20);
    Random random = {choose(c, 1 << 16)};

    if (pick < COUNT_OF(common))
        return common[pick];
    if (pick < 13)
        return type_array(arena, common[choose(c, COUNT_OF(common))], true);
    if (pick < 15)
        return type_map(arena, &type_string, common[choose(c, COUNT_OF(common))], true);
    return random_type(arena, &random, 2, false);
}

static Vector *choose_values(Arena *arena, Choices *c, const Type *type, uint32_t row_count)
{
    Random random = {choose(c, 1 << 24)};
    VectorBuilder b;

    if ((type->kind != TYPE_STRING && type->kind != TYPE_BINARY) || choose(c, 8) == 0)
        return random_vector(arena, &random, type, row_count);
    builder_init(&b, arena, type, row_count);
    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t pick = choose(c, COUNT_OF(texts) + 8);

        if (pick < COUNT_OF(texts))
            builder_add_str(&b, str_of(texts[pick]));
        else if (pick < COUNT_OF(texts) + 2)
            builder_add_null(&b);
        else {
            Str raw = {(const char *)c->next, choose(c, 32)};

            raw.data = (const char *)c->next;
            raw.bytes = (uint32_t)MIN((size_t)raw.bytes, (size_t)(c->end - c->next));
            c->next += raw.bytes;
            builder_add_str(&b, raw);
        }
    }
    return builder_finish(&b);
}

/* ── a call ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Call {
    Arena *arena;
    SqlContext sql;
    const Function *fn;
    uint32_t row_count;
    Expr *args[ARGS_MAX];
    uint32_t arg_count;
    Vector *columns[ARGS_MAX];
    uint32_t column_count;
} Call;

/* Names the function before the run ends. */
static void check(const Call *call, bool ok, const char *what)
{
    StrBuf text;

    if (ok)
        return;
    strbuf_init(&text);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (i)
            strbuf_add_c(&text, ", ");
        if (call->args[i])
            expr_print(&text, call->args[i], NULL);
        strbuf_add_c(&text, ": ");
        if (call->args[i])
            type_name(&text, call->args[i]->type);
    }
    (void)fprintf(stderr, "%s(%s): %s\n", call->fn->name, strbuf_c(&text), what);
    ASSERT(ok);
}

static void choose_constant(Call *call, Choices *c, uint32_t arg_i, const Type *type)
{
    call->args[arg_i] =
        expr_literal(call->arena, choose_values(call->arena, c, type, 1), (Span){0});
}

static void choose_column(Call *call, Choices *c, uint32_t arg_i, const Type *type)
{
    Vector *values = choose_values(call->arena, c, type, call->row_count);

    call->args[arg_i] = expr_column(call->arena, call->column_count, type, true, (Span){0});
    call->columns[call->column_count++] = values;
}

/* A lambda that gives one of its parameters, or compares two. */
static bool choose_lambda(Call *call, Choices *c, uint32_t arg_i)
{
    uint32_t count = 1 + choose(c, 3);
    Field *fields = ARENA_ARRAY(call->arena, Field, count + 1);
    Expr *lambda = ARENA_NEW(call->arena, Expr), *parameters[3], *body;
    Error err = {0};

    call->args[arg_i] = NULL;
    if (!function_lambda_types(call->arena, call->fn, call->args, arg_i + 1, arg_i, count, fields,
                               &err))
        return false;
    for (uint32_t p = 0; p < count; p++) {
        parameters[p] = ARENA_NEW(call->arena, Expr);
        parameters[p]->kind = EXPR_LAMBDA_ARG;
        parameters[p]->type = fields[p].type;
        parameters[p]->nullable = fields[p].nullable;
        parameters[p]->column_i = p;
    }
    body = parameters[choose(c, count)];
    if (choose(c, 2)) {
        static const char *const names[] = {"<=>", "+", "=", "<", "concat", "isnull", "array"};
        const char *name = names[choose(c, COUNT_OF(names))];
        Expr *operands[] = {body, parameters[count - 1]};
        Expr *e;

        if (function_call_named(call->arena, &call->sql, name, operands,
                                strcmp(name, "isnull") == 0 ? 1 : 2, (Span){0}, &e, &err))
            body = e;
    }
    lambda->kind = EXPR_LAMBDA;
    lambda->arg_count = count;
    lambda->body = body;
    lambda->type = body->type;
    lambda->nullable = body->nullable;
    call->args[arg_i] = lambda;
    return true;
}

static bool choose_args(Call *call, Choices *c)
{
    uint32_t count = (uint32_t)MIN(call->fn->arg_min, ARGS_MAX) + choose(c, 4);

    call->arg_count = MIN(count, (uint32_t)ARGS_MAX);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if ((call->fn->flags & FN_LAMBDA) && i > 0 && choose(c, 2)) {
            if (!choose_lambda(call, c, i))
                return false;
            continue;
        }
        if (choose(c, 3))
            choose_column(call, c, i, choose_type(call->arena, c));
        else
            choose_constant(call, c, i, choose_type(call->arena, c));
    }
    return true;
}

/* ── scalar functions ──────────────────────────────────────────────────────────────────────────*/

static bool same_row(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row)
{
    const RowError *a_error = vector_error(a, a_row), *b_error = vector_error(b, b_row);

    if (a_error || b_error)
        return a_error && b_error && strcmp(a_error->class_name, b_error->class_name) == 0;
    return vector_same(a, vector_row(a, a_row), b, vector_row(b, b_row));
}

static Vector *evaluate(const Call *call, const Expr *e, Vector **columns, uint32_t row_count)
{
    Program *program = program_compile(call->arena, &e, 1);
    Batch *batch = batch_new(call->arena, call->column_count, row_count);
    Vector *out;

    for (uint32_t i = 0; i < call->column_count; i++)
        batch->columns[i] = columns[i];
    program_eval(program, &call->sql, call->arena, batch, &out);
    check(call, out->row_count == row_count && type_equal(out->type, e->type), "out->row_count == row_count && type_equal(out->type, e->type)");
    check(call, vector_verify(out), "vector_verify(out)");
    return out;
}

/* Row 0 of every column as a constant gives what row 0 of the columns gives. */
static void check_constant_columns(const Call *call, const Expr *e, const Vector *flat)
{
    Vector *columns[ARGS_MAX];
    Vector *out;

    for (uint32_t i = 0; i < call->column_count; i++)
        columns[i] = vector_constant_of(call->arena, call->columns[i], 0, 2);
    out = evaluate(call, e, columns, 2);
    check(call, same_row(out, 0, out, 1), "same_row(out, 0, out, 1)");
    check(call, same_row(out, 1, flat, 0), "same_row(out, 1, flat, 0)");
}

static void print_values(const Call *call, const Vector *v)
{
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < v->row_count; i++) {
        strbuf_clear(&text);
        if (vector_is_valid(v, i) && !vector_has_error(v, i))
            value_to_text(&text, v, i, call->sql.zone);
    }
    strbuf_done(&text);
}

static bool is_random(void *self, const Expr *e)
{
    bool *random = self;

    *random |= e->fn && (e->fn->flags & FN_NONDETERMINISTIC);
    return true;
}

static void run_scalar(Call *call)
{
    Expr *e;
    Error err = {0};
    Vector *out;
    bool random = false;

    if (!function_call(call->arena, &call->sql, call->fn, call->args, call->arg_count, (Span){0},
                       &e, &err)) {
        check(call, err.class_name, "err.class_name");
        return;
    }
    out = evaluate(call, e, call->columns, call->row_count);
    print_values(call, out);
    expr_walk(e, is_random, &random);
    if (!random)
        check_constant_columns(call, e, out);
}

static void run_generator(Call *call)
{
    const Vector *args[ARGS_MAX];
    GeneratorRows rows = {0};
    KernelCall kernel;
    Expr *e;
    Error err = {0};

    if (!function_call(call->arena, &call->sql, call->fn, call->args, call->arg_count, (Span){0},
                       &e, &err)) {
        check(call, err.class_name, "err.class_name");
        return;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        args[i] = vector_flatten(call->arena,
                                 evaluate(call, e->args[i], call->columns, call->row_count));
    kernel = (KernelCall){.expr = e, .sql = &call->sql, .arena = call->arena, .args = args,
                          .arg_count = e->arg_count, .row_count = call->row_count};
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (args[i]->errors) /* The operator has dealt with them. */
            return;
    }
    e->fn->generate(&kernel, &rows);
    for (uint32_t i = 0; i < rows.row_count; i++)
        check(call, rows.rows[i] < call->row_count && (i == 0 || rows.rows[i] >= rows.rows[i - 1]), "rows.rows[i] < call->row_count && (i == 0 || rows.rows[i] >= rows.rows[i - 1])");
    for (uint32_t f = 0; f < e->type->field_count; f++) {
        check(call, rows.columns[f]->row_count == rows.row_count, "rows.columns[f]->row_count == rows.row_count");
        check(call, vector_verify(rows.columns[f]), "vector_verify(rows.columns[f])");
    }
}

/* ── aggregates ────────────────────────────────────────────────────────────────────────────────*/

enum { GROUPS = 2 };

static void states_free(const AggregateMethods *methods, const AggregateCall *call, void **states)
{
    for (int g = 0; g < GROUPS; g++) {
        if (methods->clear)
            methods->clear(call, states[g]);
        free(states[g]);
    }
}

static void states_init(const AggregateMethods *methods, const AggregateCall *call, void **states)
{
    for (int g = 0; g < GROUPS; g++) {
        states[g] = aligned_alloc(16, (methods->state_bytes(call) + 31) & ~15u);
        methods->init(call, states[g]);
    }
}

/* Through a checkpoint: what comes back gives the same result. */
static void check_codec(const Call *call, const AggregateMethods *methods,
                        const AggregateCall *aggregate, void **states, const Vector *result)
{
    void *copies[GROUPS];
    Vector *again;
    StrBuf buf;

    strbuf_init(&buf);
    states_init(methods, aggregate, copies);
    for (int g = 0; g < GROUPS; g++) {
        Str in;

        strbuf_clear(&buf);
        methods->encode(aggregate, states[g], &buf);
        in = strbuf_str(&buf);
        if (methods->clear)
            methods->clear(aggregate, copies[g]);
        methods->init(aggregate, copies[g]);
        check(call, methods->decode(aggregate, copies[g], &in) && in.bytes == 0, "methods->decode(aggregate, copies[g], &in) && in.bytes == 0");
    }
    again = methods->result(aggregate, (const void *const *)copies, GROUPS, call->arena);
    for (uint32_t g = 0; g < GROUPS; g++)
        check(call, same_row(again, g, result, g), "same_row(again, g, result, g)");
    states_free(methods, aggregate, copies);
    strbuf_done(&buf);
}

static void run_aggregate(Call *call, Choices *c)
{
    const Vector *args[ARGS_MAX];
    AggregateCall aggregate;
    const AggregateMethods *methods;
    void *states[GROUPS], *row_states[ROWS_MAX];
    Expr *e;
    Error err = {0};
    Vector *out;

    if (!function_call_aggregate(call->arena, &call->sql, call->fn, call->args, call->arg_count,
                                 (Span){0}, &e, &err)) {
        check(call, err.class_name, "err.class_name");
        return;
    }
    if (e->kind != EXPR_AGGREGATE || !e->fn->aggregate)
        return;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        args[i] = evaluate(call, e->args[i], call->columns, call->row_count);
        if (args[i]->errors) /* The operator has dealt with them. */
            return;
    }
    methods = e->fn->aggregate;
    aggregate = (AggregateCall){e, &call->sql};
    states_init(methods, &aggregate, states);
    for (uint32_t i = 0; i < call->row_count; i++)
        row_states[i] = states[choose(c, GROUPS)];
    methods->update(&aggregate, row_states, args, call->row_count, call->arena);
    if (choose(c, 2))
        methods->merge(&aggregate, states[0], states[1]);
    out = methods->result(&aggregate, (const void *const *)states, GROUPS, call->arena);
    check(call, out->row_count == GROUPS && type_equal(out->type, e->type) && vector_verify(out), "out->row_count == GROUPS && type_equal(out->type, e->type) && vector_verify(out)");
    check_codec(call, methods, &aggregate, states, out);
    states_free(methods, &aggregate, states);
}

/* ── one input ─────────────────────────────────────────────────────────────────────────────────*/

static uint32_t function_count(void)
{
    static uint32_t count;

    while (function_at(count))
        count++;
    return count;
}

static void run_cast(Call *call, Choices *c)
{
    Expr *e;
    Error err = {0};
    bool try_ = choose(c, 2);

    if (!expr_cast(call->arena, &call->sql, call->args[0], choose_type(call->arena, c), try_,
                   (Span){0}, &e, &err)) {
        ASSERT(err.class_name);
        return;
    }
    print_values(call, evaluate(call, e, call->columns, call->row_count));
}

static void run_call(Call *call, Choices *c)
{
    bool cast = strcmp(call->fn->name, "cast") == 0 || strcmp(call->fn->name, "try_cast") == 0;

    call->row_count = 1 + choose(c, ROWS_MAX);
    if (!choose_args(call, c))
        return;
    if (cast && call->arg_count > 0)
        run_cast(call, c);
    else if (call->fn->class_ == FUNCTION_SCALAR && !cast)
        run_scalar(call);
    else if (call->fn->class_ == FUNCTION_GENERATOR)
        run_generator(call);
    else if (call->fn->class_ == FUNCTION_AGGREGATE && !(call->fn->flags & FN_HIDDEN))
        run_aggregate(call, c); /* Hidden ones are put in by others, which have checked for them. */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const zones[] = {"UTC", "America/Los_Angeles", "+05:30", "Europe/Berlin"};
    Choices choices = {data, data + bytes};
    Arena arena;
    Error err = {0};
    Call call = {.arena = &arena};

    if (bytes < 4 || bytes > INPUT_BYTES_MAX)
        return 0;
    arena_init(&arena);
    call.fn = function_at(choose(&choices, function_count()));
    /* Forms that the binder alone puts in, having checked what goes in: "date + days". */
    if (strchr(call.fn->name, ' ')) {
        arena_done(&arena);
        return 0;
    }
    call.sql = (SqlContext){.now_us = 1704067200000000,
                            .ansi = choose(&choices, 4) != 0,
                            .user = STR("u"),
                            .database = STR("default"),
                            .catalog = STR("spark_catalog")};
    ASSERT(zone_find(str_of(zones[choose(&choices, COUNT_OF(zones))]), &call.sql.zone, &err));
    run_call(&call, &choices);
    arena_done(&arena);
    return 0;
}
