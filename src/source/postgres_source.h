/*
 * postgres_source.h: tables of PostgreSQL, read (outside_table.h): those that the pipeline keeps
 * there, and those of others (CREATE TABLE … USING postgres).
 *
 * A scan is one COPY (SELECT …) TO STDOUT: columns and conditions go to the server, rows come as it
 * has them, batch by batch. Each column is cast there to the type that it is declared with.
 */
#ifndef WEIR_SOURCE_POSTGRES_SOURCE_H
#define WEIR_SOURCE_POSTGRES_SOURCE_H

#include "source/outside_table.h"

/* Also as a role's `table` (pipeline/role.h). */
bool postgres_source_open(const OutsideTableConfig *config, OutsideTable **out, Error *err);

#endif
