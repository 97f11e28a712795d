/*
 * context.h: what a session tells its expressions.
 *
 * One per statement or run; read-only while anything runs, shared by workers.
 */
#ifndef WEIR_EXPR_CONTEXT_H
#define WEIR_EXPR_CONTEXT_H

#include "column/zone.h"

typedef struct SqlContext {
    const Zone *zone; /* SET TIME ZONE / spark.sql.session.timeZone; UTC by default */
    int64_t now_us;   /* current_timestamp(): fixed for a statement, an epoch for streams */
    bool ansi;        /* spark.sql.ansi.enabled; true by default */
    Str user, database, catalog;
} SqlContext;

#endif
