#include "op/group.h"

#include "op/bag.h"

/* ── layout ────────────────────────────────────────────────────────────────────────────────────*/

static uint32_t align16(size_t bytes)
{
    return (uint32_t)((bytes + 15) & ~(size_t)15);
}

/* An item before `item_i` whose set it can share, if that has a bit left; NULL: none. */
static const GroupItem *set_to_share(const GroupLayout *layout, uint32_t item_i)
{
    const AggregateItem *wanted = layout->items[item_i].item;

    for (uint32_t i = item_i; i-- > 0;) {
        const GroupItem *other = &layout->items[i];

        if (other->distinct_i >= 0 && other->item->arg_count == wanted->arg_count &&
            memcmp(other->item->arg_columns, wanted->arg_columns,
                   wanted->arg_count * sizeof *wanted->arg_columns) == 0)
            return other->distinct_bit < UINT32_MAX / 2 ? other : NULL;
    }
    return NULL;
}

static void item_share_set(GroupLayout *layout, uint32_t item_i)
{
    GroupItem *item = &layout->items[item_i];
    const GroupItem *other = set_to_share(layout, item_i);

    item->distinct_i = other ? other->distinct_i : (int32_t)layout->distinct_count++;
    item->distinct_bit = other ? other->distinct_bit << 1 : 1;
}

static void item_init(GroupLayout *layout, GroupItem *item, const AggregateItem *from,
                      const Schema *input, const SqlContext *sql, bool session)
{
    const Type **arg_types = ARENA_ARRAY(&layout->arena, const Type *, from->arg_count);

    for (uint32_t a = 0; a < from->arg_count; a++)
        arg_types[a] = input->columns[from->arg_columns[a]].type;
    *item = (GroupItem){
        .call = {.expr = from->call, .sql = sql},
        .methods = from->call->fn->aggregate,
        .item = from,
        .bag = from->order_count > 0 || (from->distinct && session),
        .unique = from->distinct && session,
        .distinct_i = -1,
        .arg_types = arg_types,
    };
    layout->has_extra |= item->bag || item->methods->extra_bytes || item->methods->clear;
}

static uint32_t item_bytes(const GroupItem *item)
{
    return item->bag ? (uint32_t)sizeof(Bag) : item->methods->state_bytes(&item->call);
}

void group_layout_init(GroupLayout *layout, const AggregateItem *items, uint32_t item_count,
                       const Schema *input, const SqlContext *sql, bool session)
{
    size_t bytes = 0;

    *layout = (GroupLayout){.item_count = item_count};
    arena_init(&layout->arena);
    layout->items = ARENA_ARRAY(&layout->arena, GroupItem, item_count);
    for (uint32_t i = 0; i < item_count; i++) {
        item_init(layout, &layout->items[i], &items[i], input, sql, session);
        if (items[i].distinct && !session)
            item_share_set(layout, i);
    }
    if (layout->distinct_count > 0 || layout->has_extra)
        bytes = sizeof(GroupHead) + layout->distinct_count * sizeof(uint32_t);
    for (uint32_t i = 0; i < item_count; i++) {
        bytes = align16(bytes);
        layout->items[i].offset = (uint32_t)bytes;
        bytes += item_bytes(&layout->items[i]);
    }
    layout->state_bytes = align16(bytes);
}

void group_layout_done(GroupLayout *layout)
{
    arena_done(&layout->arena);
    *layout = (GroupLayout){0};
}

/* ── one group ─────────────────────────────────────────────────────────────────────────────────*/

static void *state_of(const GroupItem *item, void *group)
{
    return (char *)group + item->offset;
}

static const void *state_in(const GroupItem *item, const void *group)
{
    return (const char *)group + item->offset;
}

void group_init(const GroupLayout *layout, void *group)
{
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        if (!item->bag)
            item->methods->init(&item->call, state_of(item, group));
    }
}

void group_clear(const GroupLayout *layout, void *group)
{
    if (!layout->has_extra)
        return;
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        if (item->bag)
            bag_clear(state_of(item, group));
        else if (item->methods->clear)
            item->methods->clear(&item->call, state_of(item, group));
    }
}

void group_merge(const GroupLayout *layout, void *into, const void *from)
{
    Arena scratch;

    arena_init(&scratch);
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        if (item->bag)
            bag_merge(state_of(item, into), state_in(item, from), item->arg_types,
                      item->item->arg_count, item->unique, &scratch);
        else
            item->methods->merge(&item->call, state_of(item, into), state_in(item, from));
    }
    arena_done(&scratch);
}

ptrdiff_t group_count_extra(const GroupLayout *layout, void *group)
{
    GroupHead *head = group_head(group);
    size_t before = head->extra_bytes;

    head->extra_bytes = 0;
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        if (item->bag)
            head->extra_bytes += bag_bytes(state_of(item, group));
        else if (item->methods->extra_bytes)
            head->extra_bytes += item->methods->extra_bytes(&item->call, state_of(item, group));
    }
    return (ptrdiff_t)head->extra_bytes - (ptrdiff_t)before;
}

/* ── update ────────────────────────────────────────────────────────────────────────────────────*/

const uint32_t *group_filter(const GroupLayout *layout, uint32_t item_i, const Batch *batch,
                             uint32_t *row_count, Arena *scratch)
{
    int32_t column = layout->items[item_i].item->filter_column;
    uint32_t *rows;

    if (column < 0)
        return NULL;
    rows = ARENA_ARRAY(scratch, uint32_t, batch->row_count);
    *row_count = condition_rows(batch->columns[column], rows, NULL, NULL);
    return rows;
}

/* The item's arguments, of the rows alone. */
static Vector **item_args(const GroupItem *item, const Batch *batch, const uint32_t *rows,
                          uint32_t row_count, Arena *scratch)
{
    Vector **args = ARENA_ARRAY(scratch, Vector *, item->item->arg_count);

    for (uint32_t a = 0; a < item->item->arg_count; a++) {
        Vector *column = batch->columns[item->item->arg_columns[a]];

        args[a] = rows ? vector_select(scratch, column, rows, row_count) : column;
    }
    return args;
}

/* groups[i], or the one group when there is but one. */
static void bags_update(const GroupItem *item, void *const *groups, void *one, const Batch *batch,
                        const uint32_t *rows, uint32_t row_count, Vector **args, Arena *scratch)
{
    const AggregateItem *from = item->item;
    Str *order_keys = ARENA_ARRAY(scratch, Str, row_count);
    KeySet keys = {0};

    if (from->order_count > 0) {
        const Vector **columns = ARENA_ARRAY(scratch, const Vector *, from->order_count);

        for (uint32_t o = 0; o < from->order_count; o++) {
            const Vector *column = batch->columns[from->order_columns[o]];

            columns[o] = rows ? vector_select(scratch, column, rows, row_count) : column;
        }
        key_encode_order(scratch, columns, from->order_keys, from->order_count, row_count,
                         order_keys);
    }
    if (item->unique)
        key_encode(scratch, (const Vector *const *)args, from->arg_count, row_count, &keys);
    for (uint32_t i = 0; i < row_count; i++)
        bag_add(state_of(item, one ? one : groups[i]), item->unique ? keys.keys[i] : (Str){0},
                item->unique ? keys.hashes[i] : 0, from->order_count ? order_keys[i] : STR_EMPTY,
                args, from->arg_count, i);
}

void group_update(const GroupLayout *layout, uint32_t item_i, void *const *groups,
                  const Batch *batch, const uint32_t *rows, uint32_t row_count, Arena *scratch)
{
    const GroupItem *item = &layout->items[item_i];
    Vector **args = item_args(item, batch, rows, row_count, scratch);
    void **states;

    if (row_count == 0)
        return;
    if (item->bag) {
        bags_update(item, groups, NULL, batch, rows, row_count, args, scratch);
        return;
    }
    states = ARENA_ARRAY(scratch, void *, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        states[i] = state_of(item, groups[i]);
    item->methods->update(&item->call, states, (const Vector *const *)args, row_count, scratch);
}

/* One state for every row, by update_one or, when there is none, by update. */
static void update_one(const GroupItem *item, void *state, Vector *const *args, uint32_t row_count,
                       Arena *scratch)
{
    void **states;

    if (item->methods->update_one) {
        item->methods->update_one(&item->call, state, (const Vector *const *)args, row_count,
                                  scratch);
        return;
    }
    states = ARENA_ARRAY(scratch, void *, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        states[i] = state;
    item->methods->update(&item->call, states, (const Vector *const *)args, row_count, scratch);
}

void group_update_one(const GroupLayout *layout, uint32_t item_i, void *group, const Batch *batch,
                      const uint32_t *rows, uint32_t row_count, Arena *scratch)
{
    const GroupItem *item = &layout->items[item_i];
    Vector **args = item_args(item, batch, rows, row_count, scratch);

    if (row_count == 0)
        return;
    if (item->bag)
        bags_update(item, NULL, group, batch, rows, row_count, args, scratch);
    else
        update_one(item, state_of(item, group), args, row_count, scratch);
}

/* ── results ───────────────────────────────────────────────────────────────────────────────────*/

/* Runs a bag's rows through the function: a state made for the purpose. */
static void *bag_state(const GroupItem *item, const Bag *bag, Arena *arena)
{
    void *state = arena_zalloc(arena, item->methods->state_bytes(&item->call));
    Vector **args = ARENA_ARRAY(arena, Vector *, item->item->arg_count);

    item->methods->init(&item->call, state);
    bag_rows(bag, item->arg_types, item->item->arg_count, arena, args);
    if (bag->row_count > 0)
        update_one(item, state, args, bag->row_count, arena);
    return state;
}

static Vector *item_result(const GroupItem *item, void *const *groups, uint32_t group_count,
                           Arena *arena)
{
    void **states = ARENA_ARRAY(arena, void *, group_count);
    Vector *result;

    for (uint32_t i = 0; i < group_count; i++) {
        states[i] = state_of(item, groups[i]);
        if (item->bag)
            states[i] = bag_state(item, states[i], arena);
    }
    result = item->methods->result(&item->call, (const void *const *)states, group_count, arena);
    if (item->bag && item->methods->clear) {
        /* The result may look into the states. */
        result = vector_copy(arena, result);
        for (uint32_t i = 0; i < group_count; i++)
            item->methods->clear(&item->call, states[i]);
    }
    vector_place_errors(result, item->call.expr->span);
    return result;
}

void group_results(const GroupLayout *layout, void *const *groups, uint32_t group_count,
                   Arena *arena, Vector **columns)
{
    for (uint32_t i = 0; i < layout->item_count; i++)
        columns[i] = item_result(&layout->items[i], groups, group_count, arena);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

void group_encode(const GroupLayout *layout, const void *group, StrBuf *out)
{
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        if (item->bag)
            bag_encode(state_in(item, group), out);
        else
            item->methods->encode(&item->call, state_in(item, group), out);
    }
}

bool group_decode(const GroupLayout *layout, void *group, Str *in)
{
    Arena scratch;
    bool ok = true;

    arena_init(&scratch);
    for (uint32_t i = 0; ok && i < layout->item_count; i++) {
        const GroupItem *item = &layout->items[i];

        ok = item->bag ? bag_decode(state_of(item, group), item->arg_types, item->item->arg_count,
                                    item->unique, &scratch, in)
                       : item->methods->decode(&item->call, state_of(item, group), in);
    }
    arena_done(&scratch);
    return ok;
}
