/*
 * logical.h: a query, checked and typed, before it is decided how to run it.
 *
 * The binder makes it from the syntax tree, the rules (rules.h) turn it into a better one of the same
 * meaning, physical.c turns it into the Nodes that are run.
 *
 * Columns are known by id: every column that is computed anywhere in a query has a number of its own
 * (its index in PlanContext.columns), and an EXPR_COLUMN's column_i is such an id wherever it stands.
 * So expressions move up and down the tree without being rewritten; only physical.c turns ids into
 * places.
 *
 * Invariants
 *  1. An expression of a node refers to columns of the node's inputs only (EXPR_OUTER aside, which is
 *     gone once a subquery has been turned into a join).
 *  2. `columns` are the node's output, in order; an id may stand there twice. A node may leave out
 *     columns of its input only as its kind says (PROJECT, AGGREGATE, GENERATE, UNION, SCAN).
 *  3. Expressions hold no EXPR_AGGREGATE, EXPR_WINDOW or EXPR_SUBQUERY, save AGGREGATE's items (whose
 *     call is an EXPR_AGGREGATE) and WINDOW's (an EXPR_WINDOW).
 *  4. A tree: no node has two parents.
 *
 * Nodes are changed by the rules in place; expressions never are (expr.h).
 */
#ifndef WEIR_PLAN_LOGICAL_H
#define WEIR_PLAN_LOGICAL_H

#include "base/vec.h"
#include "plan/catalog.h"
#include "plan/physical.h"

typedef struct Logical Logical;

typedef enum LogicalKind {
    LOGICAL_SCAN,
    LOGICAL_VALUES,
    LOGICAL_FILTER,
    LOGICAL_PROJECT,
    LOGICAL_WATERMARK,
    LOGICAL_ASSIGN,
    LOGICAL_AGGREGATE, /* Also DISTINCT: all columns are keys, no items. */
    LOGICAL_JOIN,
    LOGICAL_UNION,
    LOGICAL_SORT,
    LOGICAL_LIMIT,
    LOGICAL_WINDOW,
    LOGICAL_GENERATE,
    LOGICAL_RECURSE, /* WITH RECURSIVE: inputs are the anchor and the step. */
    LOGICAL_WORKING, /* In a step: the rows of the last round. */
    LOGICAL_KIND_COUNT
} LogicalKind;

typedef VEC(uint32_t) IdVec;
typedef VEC(Expr *) ExprVec;

/* A computed column: `expr` becomes column `id`. A plain EXPR_COLUMN may keep its id. */
typedef struct NamedExpr {
    Expr *expr;
    uint32_t id;
} NamedExpr;
typedef VEC(NamedExpr) NamedExprVec;

typedef struct SortItem {
    Expr *expr;
    SortKey key;
} SortItem;
typedef VEC(SortItem) SortItemVec;

/* OVER (...): EXPR_WINDOW's window. */
struct WindowSpec {
    Expr **partition;
    uint32_t partition_count;
    SortItem *order;
    uint32_t order_count;
    bool rows; /* ROWS, else RANGE. */
    FrameBoundKind from_kind, to_kind;
    Expr *from, *to; /* PRECEDING and FOLLOWING: a constant; else NULL. */
};

/* A query within an expression: EXPR_SUBQUERY. args of the expression: the left side of IN. */
typedef enum SubqueryKind { SUBQUERY_SCALAR, SUBQUERY_EXISTS, SUBQUERY_IN } SubqueryKind;
struct SubqueryRef {
    SubqueryKind kind;
    Logical *plan;
    bool correlated; /* `plan` has EXPR_OUTERs. */
};

typedef struct LogicalScan {
    const TableDef *table;
    uint32_t *table_columns; /* The table's column behind each of `columns`. */
    bool streaming;
    Expr *filter;            /* Pushed down (rule_filter.c). */
    const Type **types;      /* Pruned types of `columns` (rule_prune.c); NULL: the table's. */
} LogicalScan;

typedef struct LogicalAssign {
    Expr *time; /* TIMESTAMP */
    int64_t size_us, slide_us, offset_us;
    bool session;
    Expr *gap; /* Session: per row, or NULL. */
    uint32_t window_id;
} LogicalAssign;

typedef struct LogicalAggregate {
    NamedExpr *keys;
    uint32_t key_count;
    NamedExpr *items; /* expr: EXPR_AGGREGATE */
    uint32_t item_count;
    EmitMode emit;    /* stream_check.c */
    int32_t time_key;
    bool session;
} LogicalAggregate;

typedef struct LogicalJoin {
    JoinKind kind;
    Expr *condition;  /* NULL: none. */
    uint32_t mark_id; /* LEFT_MARK */
    /* NOT IN: the pairs it compares, beside `condition`, under which a row belongs to the query. A row
     * that may be equal (a comparison was NULL) is no ANTI row; its mark is NULL. */
    Expr **in_left, **in_right;
    uint32_t in_count;
    bool subquery;    /* No join of the text's: of a query within an expression, or INTERSECT, EXCEPT. */
    bool has_bounds;  /* stream_check.c; right - left in [low, high] */
    uint32_t left_time_id, right_time_id; /* UINT32_MAX: none */
    int64_t low_us, high_us;
} LogicalJoin;

typedef struct LogicalRecurse {
    uint32_t number;     /* Of its WORKING leaves. */
    int64_t level_limit; /* -1: none. */
    int64_t limit;       /* No more rows are needed; -1: all are (rule_limit.c). */
} LogicalRecurse;

typedef struct LogicalWindow {
    Expr **partition;
    uint32_t partition_count;
    SortItem *order;
    uint32_t order_count;
    NamedExpr *items; /* expr: EXPR_WINDOW */
    uint32_t item_count;
    uint32_t time_id; /* Streaming: the event-time column of the partition; UINT32_MAX in batch. */
    int64_t rank_limit; /* -1: none (rules.c, rule_limit). */
    EmitMode emit;      /* stream_check.c */
} LogicalWindow;

struct Logical {
    LogicalKind kind;
    Span span;
    bool streaming; /* Its rows come from a stream: they never end. */
    uint32_t *columns;
    uint32_t column_count;
    Logical **inputs; /* JOIN: left, right. */
    uint32_t input_count;
    union {
        LogicalScan scan;
        struct {
            Expr **cells; /* row_count * column_count constants, row by row. */
            uint32_t row_count;
            const NumberRange *range; /* Instead of cells: one column; else NULL. */
        } values;
        struct {
            Expr *condition;
        } filter;
        struct {
            NamedExpr *items; /* One each of `columns`. */
        } project;
        struct {
            uint32_t time_id;
            int64_t delay_us;
        } watermark;
        LogicalAssign assign;
        LogicalAggregate aggregate;
        LogicalJoin join;
        struct {
            SortItem *items;
            uint32_t item_count;
            int64_t limit; /* -1: all (rule_limit.c). */
            int64_t offset;
            uint32_t time_id; /* Streaming: see SortNode.time_key; UINT32_MAX. */
        } sort;
        struct {
            int64_t limit; /* -1: all. */
            int64_t offset;
        } limit;
        LogicalWindow window;
        LogicalRecurse recurse;
        struct {
            uint32_t number;
        } working;
        struct {
            Expr *call;
            uint32_t *out_ids; /* The generator's columns, behind those of the input. */
            uint32_t out_count;
            bool outer;
        } generate;
    } as;
};

/* One query's memory and columns. */
typedef struct PlanContext {
    Arena *arena;
    const SqlContext *sql;
    VEC(Field) columns;  /* By id. */
    VEC(Str) qualifiers; /* By id: the alias or name of the relation that brought it; empty: none. */
} PlanContext;

uint32_t plan_column_new(PlanContext *plan, Str name, const Type *type, bool nullable);
const Field *plan_column(const PlanContext *plan, uint32_t id);
/* An EXPR_COLUMN of that id, with the type and nullability it was made with. */
Expr *plan_column_expr(const PlanContext *plan, uint32_t id, Span span);

Logical *logical_new(PlanContext *plan, LogicalKind kind, Span span, Logical *input);
Logical *logical_filter(PlanContext *plan, Logical *input, Expr *condition, Span span);
/* Takes the items. */
Logical *logical_project(PlanContext *plan, Logical *input, NamedExpr *items, uint32_t count,
                         Span span);
Logical *logical_join(PlanContext *plan, JoinKind kind, Logical *left, Logical *right,
                      Expr *condition, Span span);
/* Recomputes `columns` from the inputs where the kind defines it by them (FILTER, SORT, JOIN, ...). */
void logical_refresh_columns(PlanContext *plan, Logical *node);
bool logical_has_column(const Logical *node, uint32_t id);
/* Calls visit for every expression of this node itself; it may put another in its place. */
void logical_each_expr(Logical *node, void (*visit)(void *self, Expr **e), void *self);
/* A copy, node by node, with the same ids. */
Logical *logical_clone(PlanContext *plan, const Logical *node);
/* A copy whose columns are new ones: (*new_ids)[id] for the column `id`. */
Logical *logical_clone_renamed(PlanContext *plan, const Logical *node, uint32_t **new_ids);
void logical_print(StrBuf *out, const PlanContext *plan, const Logical *root);

/* Small builders of expressions; they cannot fail on the types they are used with. */
Expr *expr_and(PlanContext *plan, Expr *a, Expr *b); /* Either may be NULL. */
/* The operands of nested ANDs. */
void expr_conjuncts(Arena *arena, Expr *e, ExprVec *out);
bool expr_is_call(const Expr *e, const char *function);
/* Equal, or so but for the order of operands of + * = and their like. */
bool expr_same(const Expr *a, const Expr *b);
/* A copy in which `map` may replace any node, parents first; NULL from map: look below. Goes into
 * window specifications too, not into subqueries' plans. Returns `e` itself where nothing changes. */
Expr *expr_replace(Arena *arena, Expr *e, Expr *(*map)(void *self, Expr *e), void *self);
/* Whether visit is true of any node below (window specifications included). */
bool expr_any(const Expr *e, bool (*test)(void *self, const Expr *e), void *self);
bool expr_has_kind(const Expr *e, ExprKind kind);

/* The plan of a query: the rules, then physical.c. `ids` are the root's columns. Scans are numbered
 * from 0 upwards. */
typedef struct PhysicalPlan {
    Node *root;
    uint32_t node_count;
    Node **scans;
    uint32_t scan_count;
} PhysicalPlan;
void plan_optimize(PlanContext *plan, Logical **root);
/* What a node does, in words, for EXPLAIN (explain.c). */
const char *logical_detail(PlanContext *plan, const Logical *node);
/* `names`: of the output's columns, in order. */
PhysicalPlan plan_physical(PlanContext *plan, Logical *root, const Field *output);

#endif
