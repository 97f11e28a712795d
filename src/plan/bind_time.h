/*
 * bind_time.h: event time in queries (bind_time.c).
 */
#ifndef WEIR_PLAN_BIND_TIME_H
#define WEIR_PLAN_BIND_TIME_H

#include "plan/bind.h"

/* One window(...) or session_window(...), and the column it has become. */
typedef struct TimeWindow {
    Expr *time;
    int64_t size_us, slide_us, offset_us;
    bool session;
    Expr *gap;
    uint32_t id;
} TimeWindow;

typedef struct TimeWindows {
    VEC(TimeWindow) items;
} TimeWindows;

/* Looks for window() and session_window() in the SELECT's items and GROUP BY, and puts an ASSIGN for
 * it on the input, whose scope gets the column `window` or `session_window`. NULL in *out: there is
 * none. False: wrong, and told. */
bool bind_time_windows(Binder *b, const AstSelect *ast, Relation *input, const TimeWindows **out);
/* A call of window, session_window or window_time. */
Expr *bind_time_call(Binder *b, const ExprScope *es, const AstExpr *ast);
/* WATERMARK expr [AS name] DELAY OF interval on a relation. */
bool bind_watermark(Binder *b, Relation *relation, const AstWatermark *ast);

#endif
