/*
 * session.h: one statement after another, against tables, temporary views and tables in memory: what
 * `weir sql`, the prompt, tests and the public API bind.
 *
 * session_bind checks and plans a statement without changing anything; session_apply then makes its
 * effect on names and settings (not on rows: those are the caller's, who runs `plan`).
 *
 *     parse -> session_bind -> run plan, if any -> session_apply
 *
 * Thread: one at a time.
 */
#ifndef WEIR_PLAN_SESSION_H
#define WEIR_PLAN_SESSION_H

#include "plan/catalog.h"
#include "plan/physical.h"
#include "plan/setting.h"
#include "sql/ast.h"

typedef struct Session Session;

/* `tables`: what else there is to read (a data directory's tables); may be NULL. `settings`: the
 * layers above SET; copied; may be NULL. */
Session *session_create(const Catalog *tables, const Settings *settings);
void session_free(Session *session);
const SqlContext *session_context(const Session *session);
void session_set_now(Session *session, int64_t now_us);
/* Value of a :name parameter (an SQL literal's text is the caller's to bind); NULL expr: unset. */
void session_set_parameter(Session *session, Str name, const Expr *value);
Settings *session_settings(Session *session);
const Catalog *session_catalog(const Session *session);

typedef enum EffectKind {
    EFFECT_NONE,   /* `plan` gives the rows to show, if there is one (SELECT, SHOW, DESCRIBE, ...). */
    EFFECT_CREATE, /* `table`: a view, or a table in memory, filled from `plan` if there is one. */
    EFFECT_DROP,   /* `table` */
    EFFECT_INSERT, /* Rows of `plan` go to `table`; `overwrite`: in place of what is there. */
    EFFECT_SET,    /* `key`, `value` */
    EFFECT_RESET,
} EffectKind;

typedef struct BoundStatement {
    EffectKind effect;
    Node *plan;        /* NULL: nothing to run. */
    bool places_known; /* Expressions' places are in this text: no view of another one is used. */
    uint32_t node_count;
    Node **scans;      /* SCANs of `plan`, by source_i. */
    uint32_t scan_count;
    TableDef *table;
    bool overwrite;
    Str key;
    Str value;
} BoundStatement;

/* All it makes lives in `arena`, save what session_apply keeps, which also refers to neither `statement`
 * nor `text`. NULL: see diagnostics. */
BoundStatement *session_bind(Session *session, Arena *arena, const AstStatement *statement,
                             Str text, DiagnosticList *diagnostics);
bool session_apply(Session *session, const BoundStatement *statement, Error *err);

#endif
