/*
 * event_time.c: see event_time.h.
 */
#include "plan/event_time.h"

const TimeColumn *time_column_find(const TimeColumns *times, uint32_t id)
{
    for (size_t i = 0; i < times->items.count; i++) {
        if (times->items.items[i].id == id)
            return &times->items.items[i];
    }
    return NULL;
}

void time_column_add(PlanContext *plan, TimeColumns *times, TimeColumn column)
{
    if (!time_column_find(times, column.id))
        VEC_ADD_IN(plan->arena, &times->items, column);
}

/* A constant interval of days or less. */
static bool constant_interval(PlanContext *plan, const Expr *e, int64_t *out_us)
{
    const Vector *v;
    Error err = {0};

    if (e->type->kind != TYPE_INTERVAL_DT || !expr_is_constant(e) ||
        !expr_eval_constant(plan->arena, plan->sql, e, &v, &err) || !vector_is_valid(v, 0))
        return false;
    *out_us = vector_i64(v)[0];
    return true;
}

const TimeColumn *time_column_offset(PlanContext *plan, const TimeColumns *times, const Expr *e,
                                     int64_t *offset_us)
{
    int64_t more;

    if (e->kind == EXPR_COLUMN) {
        *offset_us = 0;
        return time_column_find(times, e->column_i);
    }
    /* timestamp + interval; minus is plus of the negative. */
    if (e->kind == EXPR_CALL && e->arg_count == 2 && e->type->kind == TYPE_TIMESTAMP &&
        e->args[0]->type->kind == TYPE_TIMESTAMP && constant_interval(plan, e->args[1], &more)) {
        const TimeColumn *column = time_column_offset(plan, times, e->args[0], offset_us);

        if (column && __builtin_add_overflow(*offset_us, more, offset_us))
            return NULL;
        return column;
    }
    return NULL;
}

static bool window_field(const TimeColumns *times, const Expr *e, TimeColumn *out)
{
    const TimeColumn *window;
    Str name;

    if (!expr_is_call(e, ".") || e->args[0]->kind != EXPR_COLUMN ||
        e->args[1]->kind != EXPR_LITERAL)
        return false;
    window = time_column_find(times, e->args[0]->column_i);
    if (!window || !window->window)
        return false;
    name = vector_strs(e->args[1]->literal)[0];
    *out = (TimeColumn){.id = UINT32_MAX, .lag_us = window->lag_us};
    if (str_is_nocase(name, "start"))
        out->lag_us += window->size_us;
    return true;
}

bool time_column_of_expr(PlanContext *plan, const TimeColumns *times, const Expr *e,
                         TimeColumn *out)
{
    int64_t more;

    if (e->kind == EXPR_COLUMN) {
        const TimeColumn *column = time_column_find(times, e->column_i);

        if (column)
            *out = *column;
        return column != NULL;
    }
    if (window_field(times, e, out))
        return true;
    /* end - INTERVAL 1 MICROSECOND and the like: the value is moved, so is its lag. */
    if (e->kind == EXPR_CALL && e->arg_count == 2 && e->type->kind == TYPE_TIMESTAMP &&
        e->args[0]->type->kind == TYPE_TIMESTAMP && constant_interval(plan, e->args[1], &more) &&
        time_column_of_expr(plan, times, e->args[0], out) && !out->window) {
        out->lag_us -= more;
        return true;
    }
    return false;
}
