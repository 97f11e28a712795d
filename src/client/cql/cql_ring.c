#include "client/cql/cql_ring.h"

#include <stdlib.h>

static int by_token(const void *a, const void *b)
{
    int64_t x = ((const CqlRingToken *)a)->token;
    int64_t y = ((const CqlRingToken *)b)->token;

    return (x > y) - (x < y);
}

static bool holds(const CqlReplicas *replicas, uint16_t node_i)
{
    for (uint32_t i = 0; i < replicas->count; i++) {
        if (replicas->node_i[i] == node_i)
            return true;
    }
    return false;
}

/* Whether one of them stands in the rack of `node_i`. */
static bool rack_used(const CqlReplicas *replicas, const CqlRingNode *nodes, uint16_t node_i)
{
    for (uint32_t i = 0; i < replicas->count; i++) {
        if (str_equal(nodes[replicas->node_i[i]].rack, nodes[node_i].rack))
            return true;
    }
    return false;
}

static uint32_t rack_count(const CqlRingNode *nodes, const CqlRingToken *tokens,
                           uint32_t token_count, Str dc)
{
    Str racks[CQL_REPLICAS_MAX];
    uint32_t count = 0;

    for (uint32_t t = 0; t < token_count && count < CQL_REPLICAS_MAX; t++) {
        const CqlRingNode *node = &nodes[tokens[t].node_i];
        bool seen = !str_equal(node->dc, dc);

        for (uint32_t i = 0; i < count && !seen; i++)
            seen = str_equal(racks[i], node->rack);
        if (!seen)
            racks[count++] = node->rack;
    }
    return count;
}

/* Those of the ring from `from` on: first of racks not used yet, then whoever was passed over. */
static void collect(const CqlRingNode *nodes, const CqlRingToken *tokens, uint32_t token_count,
                    uint32_t from, Str dc, bool by_datacenter, uint32_t racks, uint32_t factor,
                    CqlReplicas *out)
{
    CqlReplicas passed = {0};

    *out = (CqlReplicas){0};
    for (uint32_t step = 0; step < token_count && out->count < factor; step++) {
        uint16_t node_i = tokens[(from + step) % token_count].node_i;

        if (holds(out, node_i) || (by_datacenter && !str_equal(nodes[node_i].dc, dc)))
            continue;
        if (by_datacenter && out->count < racks && rack_used(out, nodes, node_i)) {
            if (passed.count < CQL_REPLICAS_MAX && !holds(&passed, node_i))
                passed.node_i[passed.count++] = node_i;
            continue;
        }
        out->node_i[out->count++] = node_i;
        /* All racks have one: those passed over come before those further on. */
        if (by_datacenter && out->count == racks) {
            for (uint32_t i = 0; i < passed.count && out->count < factor; i++)
                out->node_i[out->count++] = passed.node_i[i];
        }
    }
}

void cql_ring_make(Arena *arena, const CqlRingNode *nodes, CqlRingToken *tokens,
                   uint32_t token_count, Str local_dc, bool by_datacenter, uint32_t factor,
                   CqlRing *out)
{
    CqlReplicas *replicas = ARENA_ARRAY(arena, CqlReplicas, (size_t)token_count + 1);
    uint32_t racks;

    factor = MIN(MAX(factor, 1u), (uint32_t)CQL_REPLICAS_MAX);
    qsort(tokens, token_count, sizeof *tokens, by_token);
    racks = rack_count(nodes, tokens, token_count, local_dc);
    for (uint32_t t = 0; t < token_count; t++)
        collect(nodes, tokens, token_count, t, local_dc, by_datacenter, racks, factor,
                &replicas[t]);
    *out = (CqlRing){token_count, tokens, replicas};
}

uint32_t cql_ring_piece(const CqlRing *ring, int64_t token)
{
    uint32_t low = 0;
    uint32_t high = ring->token_count;

    if (ring->token_count == 0)
        return UINT32_MAX;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (ring->tokens[middle].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low == ring->token_count ? 0 : low;
}

const CqlReplicas *cql_ring_find(const CqlRing *ring, int64_t token)
{
    uint32_t piece = cql_ring_piece(ring, token);

    return piece == UINT32_MAX ? NULL : &ring->replicas[piece];
}
