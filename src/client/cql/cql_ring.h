/*
 * cql_ring.h: who holds a partition: the nodes' tokens in a circle, and a keyspace's replicas.
 *
 *     token t belongs to the first ring entry with a token >= t, and to the nodes behind it, until
 *     the replication factor is reached: SimpleStrategy takes the next different nodes,
 *     NetworkTopologyStrategy in each datacenter those of racks not yet used, as far as there are.
 *
 * Only replicas in one datacenter, the local one, are worked out: others are not asked.
 */
#ifndef WEIR_CLIENT_CQL_RING_H
#define WEIR_CLIENT_CQL_RING_H

#include "base/arena.h"
#include "base/str.h"

enum { CQL_NODES_MAX = 1024, CQL_TOKENS_MAX = 1 << 20, CQL_REPLICAS_MAX = 8 };

typedef struct CqlRingNode {
    Str dc;
    Str rack;
} CqlRingNode;

typedef struct CqlRingToken {
    int64_t token;
    uint16_t node_i;
} CqlRingToken;

typedef struct CqlReplicas {
    uint32_t count;
    uint16_t node_i[CQL_REPLICAS_MAX];
} CqlReplicas;

typedef struct CqlRing {
    uint32_t token_count;
    const CqlRingToken *tokens;    /* Ascending. */
    const CqlReplicas *replicas;   /* Of each. */
} CqlRing;

/* Sorts `tokens` in place and keeps it. `factor`: copies, in the local datacenter if the strategy
 * goes by datacenters. In `arena`. */
void cql_ring_make(Arena *arena, const CqlRingNode *nodes, CqlRingToken *tokens,
                   uint32_t token_count, Str local_dc, bool by_datacenter, uint32_t factor,
                   CqlRing *out);
/* The entry a token belongs to; UINT32_MAX: the ring is empty. */
uint32_t cql_ring_piece(const CqlRing *ring, int64_t token);
/* NULL: the ring is empty. */
const CqlReplicas *cql_ring_find(const CqlRing *ring, int64_t token);

#endif
