/*
 * expr.c: making, comparing, walking and rewriting expressions.
 */
#include "expr/expr.h"

#include "base/assert.h"
#include "base/hash.h"
#include "column/vector.h"
#include "expr/function.h"

static Expr *expr_new(Arena *arena, ExprKind kind, const Type *type, bool nullable, Span span)
{
    Expr *e = ARENA_NEW(arena, Expr);

    e->kind = kind;
    e->type = type;
    e->nullable = nullable;
    e->span = span;
    return e;
}

Expr *expr_column(Arena *arena, uint32_t column_i, const Type *type, bool nullable, Span span)
{
    Expr *e = expr_new(arena, EXPR_COLUMN, type, nullable, span);

    e->column_i = column_i;
    return e;
}

Expr *expr_literal(Arena *arena, const Vector *value, Span span)
{
    Expr *e = expr_new(arena, EXPR_LITERAL, value->type, !vector_is_valid(value, 0), span);

    e->literal = value;
    return e;
}

Expr *expr_literal_null(Arena *arena, const Type *type, Span span)
{
    return expr_literal(arena, vector_null(arena, type, 1), span);
}

Expr *expr_literal_int(Arena *arena, int32_t value, Span span)
{
    Vector *v = vector_new(arena, &type_int, 1);

    vector_i32(v)[0] = value;
    return expr_literal(arena, v, span);
}

Expr *expr_literal_bigint(Arena *arena, int64_t value, Span span)
{
    Vector *v = vector_new(arena, &type_bigint, 1);

    vector_i64(v)[0] = value;
    return expr_literal(arena, v, span);
}

Expr *expr_literal_bool(Arena *arena, bool value, Span span)
{
    Vector *v = vector_new(arena, &type_boolean, 1);

    vector_bools(v)[0] = value;
    return expr_literal(arena, v, span);
}

Expr *expr_literal_string(Arena *arena, Str value, Span span)
{
    Vector *v = vector_new(arena, &type_string, 1);

    vector_strs(v)[0] = str_copy(arena, value);
    return expr_literal(arena, v, span);
}

/* ── equality ──────────────────────────────────────────────────────────────────────────────────*/

/* As stored, not as compared: 0.0 and -0.0 are two literals. */
static bool literal_equal(const Vector *a, const Vector *b)
{
    PhysKind phys = type_phys(a->type);

    if (!vector_is_valid(a, 0) || !vector_is_valid(b, 0))
        return vector_is_valid(a, 0) == vector_is_valid(b, 0);
    if (phys == PHYS_F32)
        return memcmp(vector_f32(a), vector_f32(b), sizeof(float)) == 0;
    if (phys == PHYS_F64)
        return memcmp(vector_f64(a), vector_f64(b), sizeof(double)) == 0;
    return vector_same(a, 0, b, 0);
}

static bool args_equal(Expr *const *a, Expr *const *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!expr_equal(a[i], b[i]))
            return false;
    }
    return true;
}

static bool optional_equal(const Expr *a, const Expr *b)
{
    return a && b ? expr_equal(a, b) : a == b;
}

static bool aggregate_equal(const Expr *a, const Expr *b)
{
    if (a->distinct != b->distinct || a->ignore_nulls != b->ignore_nulls ||
        a->order_count != b->order_count || a->window != b->window ||
        !optional_equal(a->filter, b->filter))
        return false;
    for (uint32_t i = 0; i < a->order_count; i++) {
        if (a->order_keys[i].descending != b->order_keys[i].descending ||
            a->order_keys[i].nulls_last != b->order_keys[i].nulls_last)
            return false;
    }
    return args_equal(a->order_by, b->order_by, a->order_count);
}

bool expr_equal(const Expr *a, const Expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->arg_count != b->arg_count || a->column_i != b->column_i ||
        a->lambda_depth != b->lambda_depth || a->fn != b->fn || !type_equal(a->type, b->type))
        return false;
    switch (a->kind) {
    case EXPR_COLUMN:
    case EXPR_OUTER:
    case EXPR_LAMBDA_ARG:
        return true;
    case EXPR_LITERAL:
        return literal_equal(a->literal, b->literal);
    case EXPR_LAMBDA:
        return expr_equal(a->body, b->body);
    case EXPR_CALL:
        /* What bind kept in `data` follows from the arguments (a bind may not drop any), save for
         * the target of a cast, which is the type; so arguments tell all. */
        return args_equal(a->args, b->args, a->arg_count);
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
        return !a->data == !b->data && aggregate_equal(a, b) &&
               args_equal(a->args, b->args, a->arg_count);
    case EXPR_SUBQUERY:
        return a->subquery == b->subquery && args_equal(a->args, b->args, a->arg_count);
    }
    UNREACHABLE();
}

static uint64_t literal_hash(const Vector *v)
{
    PhysKind phys = type_phys(v->type);

    if (!vector_is_valid(v, 0))
        return 1;
    if (phys == PHYS_STR)
        return hash_bytes(vector_strs(v)[0].data, vector_strs(v)[0].bytes);
    return phys_bytes(phys) ? hash_bytes(v->data, phys_bytes(phys)) : 2;
}

uint64_t expr_hash(const Expr *e)
{
    uint64_t hash = hash_mix(e->kind, (uint64_t)e->type->kind << 32 | e->column_i);

    if (e->kind == EXPR_LITERAL)
        return hash_mix(hash, literal_hash(e->literal));
    if (e->kind == EXPR_LAMBDA)
        return hash_mix(hash, expr_hash(e->body));
    if (e->fn)
        hash = hash_mix(hash, (uint64_t)(uintptr_t)e->fn);
    for (uint32_t i = 0; i < e->arg_count; i++)
        hash = hash_mix(hash, expr_hash(e->args[i]));
    return hash;
}

/* ── walking ───────────────────────────────────────────────────────────────────────────────────*/

/* Arguments of a LAMBDA are parameters, not expressions. */
static uint32_t child_count(const Expr *e)
{
    return e->kind == EXPR_LAMBDA ? 0 : e->arg_count;
}

bool expr_walk(const Expr *e, bool (*visit)(void *self, const Expr *e), void *self)
{
    if (!visit(self, e))
        return false;
    for (uint32_t i = 0; i < child_count(e); i++) {
        if (!expr_walk(e->args[i], visit, self))
            return false;
    }
    for (uint32_t i = 0; i < e->order_count; i++) {
        if (!expr_walk(e->order_by[i], visit, self))
            return false;
    }
    if (e->filter && !expr_walk(e->filter, visit, self))
        return false;
    return !e->body || expr_walk(e->body, visit, self);
}

static Expr **rewrite_list(Arena *arena, Expr *const *list, uint32_t count,
                           Expr *(*map)(void *self, Arena *arena, Expr *e), void *self)
{
    Expr **copy = ARENA_ARRAY(arena, Expr *, count);

    for (uint32_t i = 0; i < count; i++)
        copy[i] = expr_rewrite(arena, list[i], map, self);
    return copy;
}

Expr *expr_rewrite(Arena *arena, const Expr *e, Expr *(*map)(void *self, Arena *arena, Expr *e),
                   void *self)
{
    Expr *copy = ARENA_NEW(arena, Expr);
    Expr *mapped;

    *copy = *e;
    if (child_count(e))
        copy->args = rewrite_list(arena, e->args, e->arg_count, map, self);
    if (e->order_count)
        copy->order_by = rewrite_list(arena, e->order_by, e->order_count, map, self);
    if (e->filter)
        copy->filter = expr_rewrite(arena, e->filter, map, self);
    if (e->body)
        copy->body = expr_rewrite(arena, e->body, map, self);
    mapped = map(self, arena, copy);
    return mapped ? mapped : copy;
}

static bool visit_constant(void *self, const Expr *e)
{
    (void)self;
    switch (e->kind) {
    case EXPR_LITERAL:
    case EXPR_LAMBDA:
    case EXPR_LAMBDA_ARG:
        return true;
    case EXPR_CALL:
        return e->fn->class_ == FUNCTION_SCALAR && !(e->fn->flags & FN_NONDETERMINISTIC);
    case EXPR_COLUMN:
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
    case EXPR_SUBQUERY:
    case EXPR_OUTER:
        return false;
    }
    return false;
}

bool expr_is_constant(const Expr *e)
{
    return e->kind != EXPR_LAMBDA_ARG && expr_walk(e, visit_constant, NULL);
}

static bool visit_columns(void *self, const Expr *e)
{
    if (e->kind == EXPR_COLUMN)
        bits_set((uint64_t *)self, e->column_i);
    return true;
}

void expr_columns_used(const Expr *e, uint64_t *columns)
{
    expr_walk(e, visit_columns, columns);
}
