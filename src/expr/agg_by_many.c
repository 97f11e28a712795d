/*
 * agg_by_many.c: min_by and max_by with a third argument: the values of the k rows that are first, in
 * their order. Of rows that are equally far the one that came first stays.
 */
#include <stdlib.h>

#include "expr/agg.h"
#include "expr/catalog.h"

typedef struct ByItem {
    Held value, order;
} ByItem;

/* The best rows so far, the first one first. */
typedef struct ManyState {
    ByItem *items;
    uint32_t count, capacity;
} ManyState;

static uint32_t many_limit(const AggregateCall *call)
{
    return *(const uint32_t *)call->expr->data;
}

static int many_sign(const AggregateCall *call)
{
    return *(const bool *)call->expr->fn->extra ? -1 : 1;
}

/* bind_by has checked the arguments; what is left to say is the result's type. */
static bool bind_many(BindCall *call, Error *err)
{
    (void)err;
    call->type = type_array(call->arena, call->args[0]->type, true);
    call->nullable = true;
    return true;
}

static uint32_t many_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(ManyState);
}

static void many_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(ManyState));
}

static void item_clear(ByItem *item)
{
    held_clear(&item->value);
    held_clear(&item->order);
}

/* Makes room at place `at`; the last one goes if there are `limit` already. */
static ByItem *many_insert(ManyState *s, uint32_t at, uint32_t limit)
{
    if (s->count == limit) {
        item_clear(&s->items[--s->count]);
    } else if (s->count == s->capacity) {
        s->capacity = MAX(4, s->capacity * 2);
        s->items = mem_realloc(s->items, s->capacity * sizeof *s->items);
    }
    memmove(&s->items[at + 1], &s->items[at], (s->count - at) * sizeof *s->items);
    s->count++;
    s->items[at] = (ByItem){0};
    return &s->items[at];
}

static void many_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                        uint32_t row_count, Arena *scratch)
{
    uint32_t limit = many_limit(call);
    int sign = many_sign(call);

    for (uint32_t i = 0; i < row_count; i++) {
        ManyState *s = states[i];
        uint32_t low = 0, high = s->count;
        ByItem *item;

        if (!vector_is_valid(args[1], i))
            continue;
        while (low < high) {
            uint32_t middle = (low + high) / 2;

            if (held_compare(&s->items[middle].order, args[1], i, scratch) * sign <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == limit)
            continue;
        item = many_insert(s, low, limit);
        held_set(&item->value, args[0], i);
        held_set(&item->order, args[1], i);
    }
}

static void many_merge(const AggregateCall *call, void *into, const void *from)
{
    uint32_t limit = many_limit(call);
    int sign = many_sign(call);
    const ManyState *b = from;
    ManyState *a = into;

    for (uint32_t i = 0, at = 0; i < b->count && at < limit; i++, at++) {
        ByItem *item;

        while (at < a->count && held_compare_held(&a->items[at].order, &b->items[i].order,
                                                  call->expr->args[1]->type) * sign <= 0)
            at++;
        if (at == limit)
            return;
        item = many_insert(a, at, limit);
        held_copy(&item->value, &b->items[i].value);
        held_copy(&item->order, &b->items[i].order);
    }
}

static Vector *many_result(const AggregateCall *call, const void *const *states, uint32_t count,
                           Arena *arena)
{
    VectorBuilder b;

    builder_init(&b, arena, call->expr->type, count);
    for (uint32_t i = 0; i < count; i++) {
        const ManyState *s = states[i];

        if (s->count == 0) {
            builder_add_null(&b);
            continue;
        }
        for (uint32_t k = 0; k < s->count; k++)
            held_build(&s->items[k].value, &b.children[0]);
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static void many_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const ManyState *s = state;

    (void)call;
    bytes_put(out, &s->count, sizeof s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        held_encode(&s->items[i].value, out);
        held_encode(&s->items[i].order, out);
    }
}

static bool many_decode(const AggregateCall *call, void *state, Str *in)
{
    ManyState *s = state;
    uint32_t count;

    many_init(call, state);
    if (!bytes_get(in, &count, sizeof count) || count > many_limit(call))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        ByItem *item = many_insert(s, i, count);

        if (!held_decode(&item->value, in) || !held_decode(&item->order, in))
            return false;
    }
    return true;
}

static void many_clear(const AggregateCall *call, void *state)
{
    ManyState *s = state;

    for (uint32_t i = 0; i < s->count; i++)
        item_clear(&s->items[i]);
    free(s->items);
    many_init(call, state);
}

static size_t many_extra(const AggregateCall *call, const void *state)
{
    const ManyState *s = state;
    size_t bytes = s->capacity * sizeof *s->items;

    (void)call;
    for (uint32_t i = 0; i < s->count; i++)
        bytes += held_extra(&s->items[i].value) + held_extra(&s->items[i].order);
    return bytes;
}

static const AggregateMethods many_methods = {
    .state_bytes = many_bytes,
    .init = many_init,
    .update = many_update,
    .merge = many_merge,
    .result = many_result,
    .encode = many_encode,
    .decode = many_decode,
    .clear = many_clear,
    .extra_bytes = many_extra,
};

static const bool many_min = false, many_max = true;

#define MANY(name_, extra_)                                                                        \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_AGGREGATE, .flags = FN_HIDDEN, .arg_min = 3,             \
        .arg_max = 3, .bind = bind_many, .aggregate = &many_methods, .extra = extra_,              \
        .group = "aggregate", .doc = "", .example = ""                                             \
    }

static const Function rows[] = {
    MANY("min_by many", &many_min),
    MANY("max_by many", &many_max),
};

const FunctionTable catalog_agg_by_many = FUNCTION_TABLE_OF(rows);
