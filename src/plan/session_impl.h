/*
 * session_impl.h: what session.c and session_show.c share.
 */
#ifndef WEIR_PLAN_SESSION_IMPL_H
#define WEIR_PLAN_SESSION_IMPL_H

#include "plan/bind.h"
#include "plan/session.h"

struct Session {
    Arena arena;
    Settings settings;
    SqlContext sql;
    Catalog *catalog; /* Of the session; its parent are the tables given. */
    VEC(NamedParameter) parameters;
};

/* One statement being bound. */
typedef struct SessionBind {
    Session *session;
    Arena *arena;
    Str text; /* The source the statement's spans point into. */
    DiagnosticList *diagnostics;
    BoundStatement *out;
} SessionBind;

Binder session_binder(SessionBind *sb, Arena *arena);
bool session_bind_query(SessionBind *sb, const AstQuery *query);
bool session_bind_statement(SessionBind *sb, const AstStatement *statement);
bool session_refuse_stream(Binder *b, const Logical *plan, Span span);
void session_plan(Binder *b, Logical *root, const Field *output, BoundStatement *out);
/* SHOW, DESCRIBE, EXPLAIN, SET without a value: their rows, as VALUES. */
bool session_show(SessionBind *sb, const AstStatement *statement);

#endif
