/*
 * cassandra_table.h: a table of Apache Cassandra, read whole or by its key (outside_table.h).
 */
#ifndef WEIR_SOURCE_CASSANDRA_TABLE_H
#define WEIR_SOURCE_CASSANDRA_TABLE_H

#include "source/outside_table.h"

bool cassandra_outside_table_open(const OutsideTableConfig *config, OutsideTable **out, Error *err);

#endif
