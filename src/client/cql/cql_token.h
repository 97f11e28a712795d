/*
 * cql_token.h: where a partition lies on the ring: Cassandra's Murmur3Partitioner.
 */
#ifndef WEIR_CLIENT_CQL_TOKEN_H
#define WEIR_CLIENT_CQL_TOKEN_H

#include "base/str.h"

/* Of a partition key as the server serialises it: one column's bytes, or of several, for each,
 * its length in two bytes, its bytes, and a zero. */
int64_t cql_token(Str partition_key);

#endif
