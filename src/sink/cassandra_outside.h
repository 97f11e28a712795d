/*
 * cassandra_outside.h: rows into Apache Cassandra (outside.h).
 */
#ifndef WEIR_SINK_CASSANDRA_OUTSIDE_H
#define WEIR_SINK_CASSANDRA_OUTSIDE_H

#include "sink/outside.h"

bool cassandra_outside_open(const OutsideConfig *config, Outside **out, Error *err);

#endif
