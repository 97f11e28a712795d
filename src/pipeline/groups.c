/*
 * groups.c: which flows read which source, and from where.
 *
 * Each flow has positions of its own in the store. Flows that stand at the same positions of a source
 * share a port (port.h); one that was added later reads by itself until a start finds it level with
 * the others.
 */
#include <stdlib.h>

#include "pipeline/run_impl.h"
#include "store/meta.h"

Str port_position_part(Arena *arena, const TableDef *table, Str partition_name, int32_t partition)
{
    if (partition_name.bytes)
        return str_of(arena_printf(arena, "%.*s/%d/%.*s", STR_ARG(table->name), partition,
                                   STR_ARG(partition_name)));
    return str_of(arena_printf(arena, "%.*s/%d", STR_ARG(table->name), partition));
}

/* The flow's stored position in a partition, or -1. */
static int64_t stored_position(const StoreMeta *metas, uint32_t meta_count, const TableDef *table,
                               Source *source, int32_t partition, Arena *arena)
{
    Str name = source->methods->partition_name(source, partition);
    Str part = port_position_part(arena, table, name, partition);

    for (uint32_t m = 0; m < meta_count; m++) {
        if (str_equal(metas[m].part, part))
            return metas[m].number;
    }
    return -1;
}

static bool same_starts(const PortStart *a, const PortStart *b, uint32_t count)
{
    for (uint32_t p = 0; p < count; p++) {
        if (a[p].position != b[p].position)
            return false;
    }
    return true;
}

static bool flow_reads(const FlowSpec *flow, uint32_t source_i)
{
    for (uint32_t i = 0; i < flow->scan_count; i++) {
        if (flow->scan_source[i] == source_i)
            return true;
    }
    return false;
}

/* Adds the flow to a group of this source at the same positions, or makes one. */
static void join_group(Run *run, uint32_t first_group, uint32_t source_i, Source *source,
                       uint32_t flow_i, PortStart *starts, uint32_t start_count)
{
    PortGroup *group = NULL;

    for (uint32_t g = first_group; g < run->group_count && !group; g++) {
        if (same_starts(run->groups[g].starts, starts, start_count))
            group = &run->groups[g];
    }
    if (!group) {
        group = &run->groups[run->group_count++];
        *group = (PortGroup){
            .source_i = source_i,
            .source = source,
            .starts = starts,
            .start_count = start_count,
            .flows = ARENA_ARRAY(&run->arena, uint32_t, run->spec->flow_count),
        };
        for (uint32_t p = 0; p < start_count; p++)
            VEC_ADD(&group->committed, starts[p].position);
    }
    group->flows[group->flow_count++] = flow_i;
}

static bool group_source(Run *run, uint32_t source_i, Error *err)
{
    const TableDef *table = run->spec->sources[source_i].table;
    uint32_t first_group = run->group_count;
    Source *source;
    int32_t partition_count;
    int64_t *told;

    if (!connections_source(run->connections, table, &source, err) ||
        !source->methods->partition_count(source, &partition_count, err))
        return error_wrap(err, "read '%.*s'", STR_ARG(table->name));
    told = ARENA_ARRAY(&run->arena, int64_t, partition_count + 1);
    for (int32_t p = 0; p < partition_count; p++)
        told[p] = -1;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        PortStart *starts;
        StoreMeta *metas;
        uint32_t meta_count;

        if (!flow_reads(&run->spec->flows[f], source_i))
            continue;
        if (!store_meta_list(connections_store(run->connections), &run->arena, META_POSITION,
                             run->spec->flows[f].name, &metas, &meta_count, err))
            return false;
        starts = ARENA_ARRAY(&run->arena, PortStart, partition_count + 1);
        for (int32_t p = 0; p < partition_count; p++) {
            starts[p].position =
                stored_position(metas, meta_count, table, source, p, &run->arena);
            told[p] = MAX(told[p], starts[p].position);
        }
        join_group(run, first_group, source_i, source, f, starts, (uint32_t)partition_count);
    }
    /* Bad records below the foremost reader's position have been told of. */
    for (uint32_t g = first_group; g < run->group_count; g++) {
        for (int32_t p = 0; p < partition_count; p++)
            run->groups[g].starts[p].dead_letters_from = told[p];
    }
    return true;
}

bool port_groups_make(Run *run, Error *err)
{
    /* At most one a (source, flow). */
    run->groups = mem_zalloc((run->spec->source_count * run->spec->flow_count + 1) *
                             sizeof *run->groups);
    for (uint32_t s = 0; s < run->spec->source_count; s++) {
        if (!group_source(run, s, err))
            return false;
    }
    return true;
}

void port_groups_done(Run *run)
{
    for (uint32_t g = 0; run->groups && g < run->group_count; g++)
        VEC_DONE(&run->groups[g].committed);
    free(run->groups);
}

bool port_group_moved(PortGroup *group, int32_t partition, int64_t position)
{
    while (group->committed.count <= (size_t)partition)
        VEC_ADD(&group->committed, -1);
    if (group->committed.items[partition] == position)
        return false;
    group->committed.items[partition] = position;
    return true;
}
