/*
 * postgres_sink.h: tables in PostgreSQL, written exactly once (outside.h).
 *
 * A chunk is a piece of COPY in binary form: rows as the server reads them. A delivery is one
 * transaction:
 *
 *     UPDATE weir_epoch SET epoch = E WHERE run, table AND epoch < the first one
 *                                          must touch the row, else another got there first
 *     COPY the table FROM STDIN            appended
 *       or COPY a temporary table FROM STDIN, of each key the last row; INSERT … SELECT …
 *          ON CONFLICT (key) DO UPDATE   upserted
 *     COMMIT
 *
 * `weir_epoch` stands in the table's schema: run_id, table_name, epoch, delivered_at. That its row
 * is updated first, and under the condition, is what makes a delivery happen once: one whose client
 * died unheard may still be under way in the server, and holds the row's lock until it is decided.
 *
 * A materialized view is filled as a new table and put in the old one's place, in one transaction.
 */
#ifndef WEIR_SINK_POSTGRES_SINK_H
#define WEIR_SINK_POSTGRES_SINK_H

#include "sink/outside.h"

bool postgres_sink_open(const OutsideConfig *config, Outside **out, Error *err);

#endif
