#include "op/join_build.h"

typedef struct BuildChain {
    uint32_t first, last;
} BuildChain;

void join_build_init(JoinBuild *build, const Schema *schema, const uint32_t *key_columns,
                     uint32_t key_count, bool null_safe)
{
    *build = (JoinBuild){
        .schema = schema,
        .key_columns = key_columns,
        .key_count = key_count,
        .null_safe = null_safe,
    };
    arena_init(&build->arena);
    state_table_init(&build->index, sizeof(BuildChain), false);
}

void join_build_done(JoinBuild *build)
{
    VEC_DONE(&build->parts);
    state_table_done(&build->index);
    arena_done(&build->arena);
}

void join_build_clear(JoinBuild *build)
{
    JoinBuild old = *build;

    join_build_done(build);
    join_build_init(build, old.schema, old.key_columns, old.key_count, old.null_safe);
}

bool join_build_add(JoinBuild *build, const Batch *batch, Error *err)
{
    build->row_count += batch->row_count;
    if (build->row_count >= BUILD_END)
        return error_set(err, ERROR_USER,
                         "one side of a join has more than %u rows on one worker; filter it first, "
                         "or use more workers",
                         BUILD_END);
    VEC_ADD(&build->parts, batch_copy(&build->arena, batch));
    return true;
}

static void chain_row(JoinBuild *build, BuildChain *chain, bool added, uint32_t row_i)
{
    if (added)
        chain->first = row_i;
    else
        build->next[chain->last] = row_i;
    chain->last = row_i;
}

static void index_rows(JoinBuild *build)
{
    uint32_t row_count = build->rows->row_count;
    uint64_t *nulls = build->null_safe ? NULL
                                       : join_null_keys(&build->arena, build->rows,
                                                        build->key_columns, build->key_count);
    KeySet keys;

    join_keys(&build->arena, build->rows, build->key_columns, build->key_count, &keys);
    for (uint32_t i = 0; i < row_count; i++) {
        StateEntry *entry;
        bool added;

        if (nulls && bits_get(nulls, i)) {
            build->null_rows[build->null_count++] = i;
            continue;
        }
        entry = state_table_add(&build->index, keys.keys[i], keys.hashes[i], &added);
        chain_row(build, state_entry_value(entry), added, i);
    }
}

void join_build_finish(JoinBuild *build)
{
    uint32_t row_count;

    build->rows = batch_concat(&build->arena, build->schema, build->parts.items,
                               (uint32_t)build->parts.count);
    row_count = build->rows->row_count;
    build->next = ARENA_ARRAY(&build->arena, uint32_t, row_count);
    build->null_rows = ARENA_ARRAY(&build->arena, uint32_t, row_count);
    build->matched = arena_zalloc(&build->arena, bits_words(row_count) * sizeof(uint64_t));
    for (uint32_t i = 0; i < row_count; i++)
        build->next[i] = build->key_count > 0 ? BUILD_END : i + 1;
    if (build->key_count > 0)
        index_rows(build);
    else if (row_count > 0)
        build->next[row_count - 1] = BUILD_END;
    build->complete = true;
}

uint32_t *join_build_find(const JoinBuild *build, Arena *arena, const Batch *probe,
                          const uint32_t *key_columns)
{
    uint32_t *first = ARENA_ARRAY(arena, uint32_t, probe->row_count);
    StateEntry **entries;
    uint64_t *nulls;
    KeySet keys;

    if (build->key_count == 0) {
        for (uint32_t i = 0; i < probe->row_count; i++)
            first[i] = build->rows->row_count > 0 ? 0 : BUILD_END;
        return first;
    }
    entries = ARENA_ARRAY(arena, StateEntry *, probe->row_count);
    nulls = build->null_safe ? NULL : join_null_keys(arena, probe, key_columns, build->key_count);
    join_keys(arena, probe, key_columns, build->key_count, &keys);
    state_table_find_all(&build->index, keys.keys, keys.hashes, probe->row_count, entries);
    for (uint32_t i = 0; i < probe->row_count; i++) {
        bool found = entries[i] && !(nulls && bits_get(nulls, i));

        first[i] = found ? ((BuildChain *)state_entry_value(entries[i]))->first : BUILD_END;
    }
    return first;
}

size_t join_build_bytes(const JoinBuild *build)
{
    return build->arena.allocated_bytes + state_table_bytes(&build->index);
}
