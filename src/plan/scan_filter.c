#include "plan/scan_filter.h"

#include "base/vec.h"
#include "expr/function.h"

typedef VEC(StoreFilter) FilterVec;

static const struct {
    const char *name;
    StoreCompare op;
    StoreCompare turned; /* With the value on the left. */
} comparisons[] = {
    {"=", STORE_EQ, STORE_EQ}, {"<", STORE_LT, STORE_GT},  {"<=", STORE_LE, STORE_GE},
    {">", STORE_GT, STORE_LT}, {">=", STORE_GE, STORE_LE},
};

static bool scan_column(const Logical *scan, const Expr *e, uint32_t *out)
{
    for (uint32_t c = 0; e->kind == EXPR_COLUMN && c < scan->column_count; c++) {
        if (scan->columns[c] == e->column_i) {
            *out = scan->as.scan.table_columns[c];
            return true;
        }
    }
    return false;
}

/* A literal of the column's own type that is not NULL. */
static bool is_value(const Expr *e, const Expr *column)
{
    return e->kind == EXPR_LITERAL && type_equal(e->type, column->type) && !type_is_nested(e->type) &&
           vector_is_valid(e->literal, 0) && !vector_has_error(e->literal, 0);
}

static void add_comparison(Arena *arena, const Logical *scan, const Expr *e, FilterVec *out)
{
    StoreFilter filter = {0};

    for (size_t i = 0; e->arg_count == 2 && i < COUNT_OF(comparisons); i++) {
        if (!expr_is_call(e, comparisons[i].name))
            continue;
        for (int left = 0; left < 2; left++) {
            const Expr *column = e->args[left];
            const Expr *value = e->args[!left];

            if (!scan_column(scan, column, &filter.column_i) || !is_value(value, column))
                continue;
            filter.op = left == 0 ? comparisons[i].op : comparisons[i].turned;
            filter.value = value->literal;
            VEC_ADD_IN(arena, out, filter);
            return;
        }
    }
}

static void add_null_test(Arena *arena, const Logical *scan, const Expr *e, FilterVec *out)
{
    StoreFilter filter = {0};
    bool is_null = expr_is_call(e, "isnull");

    if ((!is_null && !expr_is_call(e, "isnotnull")) || e->arg_count != 1 ||
        !scan_column(scan, e->args[0], &filter.column_i))
        return;
    filter.op = is_null ? STORE_IS_NULL : STORE_IS_NOT_NULL;
    VEC_ADD_IN(arena, out, filter);
}

void scan_filters(Arena *arena, const Logical *scan, Expr *condition, const StoreFilter **out,
                  uint32_t *count)
{
    ExprVec conjuncts = {0};
    FilterVec filters = {0};

    expr_conjuncts(arena, condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        add_comparison(arena, scan, conjuncts.items[i], &filters);
        add_null_test(arena, scan, conjuncts.items[i], &filters);
    }
    *out = filters.items;
    *count = (uint32_t)filters.count;
}
