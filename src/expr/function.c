/*
 * function.c: finding functions by name, and binding calls of them.
 *
 * The rows live in constant tables, one a family (catalog.h). The index over them is made once, at
 * the first use by any thread, and never changed again.
 */
#include "expr/function.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/edit_distance.h"
#include "base/hash.h"
#include "expr/bind.h"
#include "expr/catalog.h"

#define TABLE_ADDRESS(name) &catalog_##name,
static const FunctionTable *const tables[] = {CATALOG_TABLES(TABLE_ADDRESS)};
#undef TABLE_ADDRESS

/* ── the index ─────────────────────────────────────────────────────────────────────────────────*/

enum { NAME_BYTES_MAX = 64, INDEX_SLOTS = 2048, FUNCTIONS_MAX = INDEX_SLOTS / 2 };

typedef struct FunctionIndex {
    const Function *slots[INDEX_SLOTS]; /* By hash of the name, open addressing. */
    const Function *sorted[FUNCTIONS_MAX];
    size_t count;
} FunctionIndex;

static FunctionIndex function_index; /* Written once, by index_build. */
static pthread_once_t function_index_once = PTHREAD_ONCE_INIT;

static int by_group_and_name(const void *a, const void *b)
{
    const Function *x = *(const Function *const *)a, *y = *(const Function *const *)b;
    int order = strcmp(x->group, y->group);

    return order ? order : strcmp(x->name, y->name);
}

static size_t name_slot(Str lower)
{
    return hash_bytes(lower.data, lower.bytes) % INDEX_SLOTS;
}

static void index_add(const Function *fn)
{
    size_t slot = name_slot(str_of(fn->name));

    ASSERT(function_index.count < FUNCTIONS_MAX);
    while (function_index.slots[slot]) {
        ASSERT(strcmp(function_index.slots[slot]->name, fn->name) != 0);
        slot = (slot + 1) % INDEX_SLOTS;
    }
    function_index.slots[slot] = fn;
    function_index.sorted[function_index.count++] = fn;
}

static void index_build(void)
{
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        for (size_t i = 0; i < tables[t]->row_count; i++)
            index_add(&tables[t]->rows[i]);
    }
    qsort(function_index.sorted, function_index.count, sizeof function_index.sorted[0],
          by_group_and_name);
}

static const FunctionIndex *index_get(void)
{
    pthread_once(&function_index_once, index_build);
    return &function_index;
}

static Str lower_name(Str name, char out[NAME_BYTES_MAX])
{
    if (name.bytes > NAME_BYTES_MAX)
        return STR_EMPTY;
    for (uint32_t i = 0; i < name.bytes; i++)
        out[i] =
            name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + 32) : name.data[i];
    return (Str){out, name.bytes};
}

const Function *function_find(Str name)
{
    char buffer[NAME_BYTES_MAX];
    Str lower = lower_name(name, buffer);
    const FunctionIndex *index = index_get();

    for (size_t slot = name_slot(lower); index->slots[slot]; slot = (slot + 1) % INDEX_SLOTS) {
        if (str_is(lower, index->slots[slot]->name))
            return index->slots[slot];
    }
    return NULL;
}

const Function *function_at(size_t i)
{
    const FunctionIndex *index = index_get();

    return i < index->count ? index->sorted[i] : NULL;
}

/* ── suggestions ───────────────────────────────────────────────────────────────────────────────*/

/* Characters at both ends that two names share: of names as near the one that is more alike. */
static uint32_t shared_ends(Str a, Str b)
{
    uint32_t shorter = MIN(a.bytes, b.bytes), front = 0, back = 0;

    while (front < shorter && a.data[front] == b.data[front])
        front++;
    while (back < shorter && a.data[a.bytes - 1 - back] == b.data[b.bytes - 1 - back])
        back++;
    return front + back;
}

const char *function_suggest(Str name)
{
    char buffer[NAME_BYTES_MAX];
    Str lower = lower_name(name, buffer);
    uint32_t best = MAX(1, lower.bytes / 3) + 1, best_shared = 0;
    const char *found = NULL;
    const Function *fn;

    for (size_t i = 0; (fn = function_at(i)); i++) {
        uint32_t distance, shared;

        if (fn->flags & FN_HIDDEN)
            continue;
        distance = edit_distance(lower, str_of(fn->name), best + 1);
        shared = shared_ends(lower, str_of(fn->name));
        if (distance < best || (found && distance == best && shared > best_shared)) {
            best = distance;
            best_shared = shared;
            found = fn->name;
        }
    }
    return found;
}

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

bool function_takes(Arena *arena, const Function *fn, uint32_t arg_count, Error *err)
{
    BindCall call = {.arena = arena, .fn = fn, .arg_count = arg_count};
    int count = (int)arg_count;

    if (count >= fn->arg_min && (fn->arg_max < 0 || count <= fn->arg_max))
        return true;
    if (fn->parameters && count < fn->arg_min)
        return error_set_class(err, ERROR_USER, "REQUIRED_PARAMETER_NOT_FOUND", "4274K",
                               "Cannot invoke routine `%s` because the parameter in place %d (of %s) is "
                               "required, but the routine call did not supply a value.",
                               fn->name, count + 1, fn->parameters);
    if (fn->arg_max < 0)
        return bind_wrong_count(&call, arena_printf(arena, "> %d", fn->arg_min - 1), err);
    if (fn->arg_min == fn->arg_max)
        return bind_wrong_count(&call, arena_printf(arena, "%d", fn->arg_min), err);
    return bind_wrong_count(&call, arena_printf(arena, "[%d, %d]", fn->arg_min, fn->arg_max), err);
}

static bool any_nullable(const BindCall *call)
{
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (call->args[i]->nullable)
            return true;
    }
    return false;
}

static bool bind_call(ExprKind kind, Arena *arena, const SqlContext *sql, const Function *fn,
                      Expr *const *args, uint32_t arg_count, const Type *target, Span span,
                      Expr **out, Error *err)
{
    BindCall call = {
        .arena = arena,
        .sql = sql,
        .fn = fn,
        .args = ARENA_ARRAY(arena, Expr *, arg_count),
        .arg_count = arg_count,
        .span = span,
        .target = target,
    };
    Expr *e;

    if (arg_count)
        memcpy(call.args, args, arg_count * sizeof *args);
    call.nullable =
        !(fn->flags & FN_STRICT) || (fn->flags & FN_NULL_ON_ERROR) || any_nullable(&call);
    if (!function_takes(arena, fn, arg_count, err) || !fn->bind(&call, err))
        return false;
    if (call.result) {
        *out = call.result;
        return true;
    }
    ASSERT(call.type);
    e = ARENA_NEW(arena, Expr);
    e->kind = kind;
    e->type = call.type;
    e->nullable = call.nullable;
    e->span = span;
    e->fn = call.fn;
    e->args = call.args;
    e->arg_count = call.arg_count;
    e->data = call.data;
    e->ignore_nulls = call.ignore_nulls;
    *out = e;
    return true;
}

bool function_call(Arena *arena, const SqlContext *sql, const Function *fn, Expr *const *args,
                   uint32_t arg_count, Span span, Expr **out, Error *err)
{
    ASSERT(fn->class_ == FUNCTION_SCALAR || fn->class_ == FUNCTION_GENERATOR);
    return bind_call(EXPR_CALL, arena, sql, fn, args, arg_count, NULL, span, out, err);
}

bool function_call_named(Arena *arena, const SqlContext *sql, const char *name, Expr *const *args,
                         uint32_t arg_count, Span span, Expr **out, Error *err)
{
    const Function *fn = function_find(str_of(name));

    ASSERT(fn);
    return function_call(arena, sql, fn, args, arg_count, span, out, err);
}

bool function_call_aggregate(Arena *arena, const SqlContext *sql, const Function *fn,
                             Expr *const *args, uint32_t arg_count, Span span, Expr **out,
                             Error *err)
{
    ASSERT(fn->class_ == FUNCTION_AGGREGATE || fn->class_ == FUNCTION_WINDOW);
    return bind_call(fn->class_ == FUNCTION_AGGREGATE ? EXPR_AGGREGATE : EXPR_WINDOW, arena, sql,
                     fn, args, arg_count, NULL, span, out, err);
}

bool function_lambda_types(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                           uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    if (!fn->lambda_types)
        return error_set_class(err, ERROR_USER,
                               "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "42K0D",
                               "A lambda function should only be used in a higher order function. "
                               "However, its class is `%s`, which is not a higher order function.",
                               fn->name);
    if (arg_i < fn->lambda_from)
        return error_set_class(err, ERROR_USER,
                               "INVALID_LAMBDA_FUNCTION_CALL.PARAMETER_DOES_NOT_ACCEPT_LAMBDA_FUNCTION",
                               "42K0D",
                               "Invalid lambda function call. You passed a lambda function to a "
                               "parameter of `%s` that does not accept it.",
                               fn->name);
    return fn->lambda_types(arena, fn, args, arg_count, arg_i, parameter_count, parameters, err);
}

bool expr_cast(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, bool try_, Span span,
               Expr **out, Error *err)
{
    if (type_equal(e->type, to)) {
        *out = e;
        return true;
    }
    return expr_cast_written(arena, sql, e, to, try_, span, out, err);
}

bool expr_cast_written(Arena *arena, const SqlContext *sql, Expr *e, const Type *to, bool try_,
                       Span span, Expr **out, Error *err)
{
    const Function *fn = function_find(try_ ? STR("try_cast") : STR("cast"));

    if (type_equal(e->type, to) && e->kind != EXPR_LITERAL) {
        *out = e;
        return true;
    }
    if (e->type->kind == TYPE_VOID && e->kind == EXPR_LITERAL) {
        *out = expr_literal_null(arena, to, span);
        return true;
    }
    return bind_call(EXPR_CALL, arena, sql, fn, &e, 1, to, span, out, err);
}

bool expr_field(Arena *arena, const SqlContext *sql, Expr *e, Str name, Span span, Expr **out,
                Error *err)
{
    Expr *args[] = {e, expr_literal_string(arena, name, span)};

    return function_call_named(arena, sql, ".", args, 2, span, out, err);
}
