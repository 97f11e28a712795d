/*
 * event_time.h: which columns carry event time, and until when their rows may come.
 *
 * A TimeColumn's rows with the value v may come until the watermark has reached v + lag_us (for a
 * window: its end + lag_us). So a group by it is final once the watermark is there; with lag_us <= 0 a
 * plain "value <= watermark" (end <= watermark) is right.
 *
 *     WATERMARK ts              ts                 lag 0
 *     ASSIGN                    window             lag 0
 *     window.end                                   lag 0
 *     window_time(window)       end - 1 us         lag 1 us
 *     window.start              end - size         lag size
 *     above a final AGGREGATE   all of them        lag 0, since a group comes at once
 */
#ifndef WEIR_PLAN_EVENT_TIME_H
#define WEIR_PLAN_EVENT_TIME_H

#include "plan/logical.h"

typedef struct TimeColumn {
    uint32_t id;
    bool window; /* STRUCT<start, end>, else TIMESTAMP. */
    bool session;
    int64_t lag_us;
    int64_t size_us; /* Of a window. */
} TimeColumn;

typedef struct TimeColumns {
    VEC(TimeColumn) items;
} TimeColumns;

const TimeColumn *time_column_find(const TimeColumns *times, uint32_t id);
void time_column_add(PlanContext *plan, TimeColumns *times, TimeColumn column);
/* Whether the expression is event time of the input's: a column of it, a window's end, ... */
bool time_column_of_expr(PlanContext *plan, const TimeColumns *times, const Expr *e,
                         TimeColumn *out);
/* A timestamp column plus a constant: *offset_us. NULL: it is something else. */
const TimeColumn *time_column_offset(PlanContext *plan, const TimeColumns *times, const Expr *e,
                                     int64_t *offset_us);

#endif
