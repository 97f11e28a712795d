/*
 * bind.h: from the syntax tree to the logical plan: what the files bind_*.c share.
 *
 *     bind_query.c      WITH, set operations, VALUES, ORDER BY, LIMIT
 *     bind_select.c     SELECT: items, aliases, stars, WHERE, DISTINCT
 *     bind_group.c      GROUP BY, HAVING, aggregates, grouping sets
 *     bind_having.c     HAVING, ORDER BY
 *     bind_over.c       window functions: fn() OVER (...)
 *     bind_time.c       event time: WATERMARK, window(), session_window(), window_time()
 *     bind_recursion.c  WITH RECURSIVE
 *     bind_from.c       tables, joins, LATERAL, table functions
 *     bind_subquery.c   queries within expressions, turned into joins
 *     bind_expr.c       operators, casts, CASE, IN, LIKE ...
 *     bind_call.c       function calls, lambdas
 *     bind_column.c     names of columns: scopes
 *     bind_literal.c    literals and intervals
 *     bind_name.c, bind_name_call.c   what Spark calls a column that has no alias
 *     bind_type.c       names of types
 *     bind_table.c      CREATE TABLE and its like: TableDefs
 *
 * Every function that can fail adds to the binder's diagnostics and returns NULL or false; callers go
 * on with what does not depend on it, so that several mistakes are told at once.
 */
#ifndef WEIR_PLAN_BIND_H
#define WEIR_PLAN_BIND_H

#include "plan/bound.h"
#include "plan/logical.h"
#include "sql/ast.h"

typedef struct Binder Binder;

/* ── scopes ────────────────────────────────────────────────────────────────────────────────────*/

/* A column that a name may mean. */
typedef struct ScopeColumn {
    Str name;
    Str table;      /* Its qualifier: the alias or name of its relation; empty: none. */
    uint32_t id;
    const Type *type;
    bool nullable;
    bool hidden;    /* Only to be reached with its qualifier: the other side's column of USING. */
    bool persistent;/* Its relation may also be called spark_catalog.default.<table>. */
} ScopeColumn;

typedef struct Scope Scope;
struct Scope {
    VEC(ScopeColumn) columns;
    const Scope *outer; /* Of the query around a subquery or LATERAL; NULL: none. */
    /* Under HAVING: aggregates over these columns that subqueries name: HAVING EXISTS (SELECT 1 FROM u
     * WHERE u.x = max(t.y)). NULL: none may be. */
    NamedExprVec *aggregates;
};

/* A relation: its rows, and the names by which its columns are known. */
typedef struct Relation {
    Logical *plan;
    Scope *scope;
} Relation;

/* ── the binder ────────────────────────────────────────────────────────────────────────────────*/

typedef struct CteSelf CteSelf; /* bind_recursion.c */

/* WITH name AS (query): bound anew at every use. */
typedef struct CteScope {
    const AstCte *cte;
    CteSelf *self;  /* The name within its own query, WITH RECURSIVE; else NULL. */
    bool *used;     /* Whether something names it. */
    bool recursive; /* WITH RECURSIVE */
    const Scope *outer;             /* Of the query whose WITH it is. */
    const struct CteScope *visible; /* What its own query sees. */
    const struct CteScope *next;
} CteScope;

/* A table that the query reads. */
typedef struct TableRead {
    const TableDef *table;
    bool streaming;
    Span span;
} TableRead;

typedef struct NamedParameter {
    Str name;
    const Expr *value;
} NamedParameter;

/* A subquery as it was bound: the same text in the same scope is the same subquery. */
typedef struct BoundSubquery {
    const Scope *scope;
    Str text;
    const Expr *expr;
} BoundSubquery;

/* A subquery that has become a join, and its value. */
typedef struct JoinedSubquery {
    const SubqueryRef *ref;
    bool negated;     /* The value is of NOT EXISTS, NOT IN. */
    Expr *value;
    uint32_t witness; /* A column that the join's output has; UINT32_MAX: none is known. */
} JoinedSubquery;

struct Binder {
    PlanContext *plan;
    Arena *arena;            /* plan->arena */
    const SqlContext *sql;
    const Catalog *catalog;
    DiagnosticList *diagnostics;
    const CteScope *ctes;
    const NamedParameter *parameters;
    size_t parameter_count;
    VEC(TableRead) reads;
    VEC(BoundSubquery) subqueries;
    VEC(JoinedSubquery) joined;
    BoundExprs bound;        /* Of the text, for names. */
    const TableDef *views[32]; /* Being expanded: a view that reads itself is refused. */
    uint32_t view_count;
    bool views_elsewhere;    /* Views are of another text: point at their use. */
    bool view_used;          /* Such a view was used: expressions may have places in its text. */
    Span view_span;          /* Within a view: where it was used; diagnostics point there. */
    uint32_t depth;
    uint32_t cte_use_count;  /* Each use is a plan of its own. */
    uint32_t recursion_count;
    Relation *pipe_input;    /* What stands left of |>. */
    const AstNamedWindowList *windows; /* WINDOW w AS (...) of the SELECT being bound. */
};

void binder_init(Binder *b, PlanContext *plan, const Catalog *catalog, DiagnosticList *diagnostics);

/* All return NULL, so that a failing caller can return them. Within a view the place is its use. */
void *bind_error(Binder *b, Span span, const char *class_name, const char *sqlstate,
                 const char *format, ...) PRINTF(5, 6);
void *bind_error_from(Binder *b, Span span, const Error *err);
void *bind_unsupported(Binder *b, Span span, const char *what);
Span bind_span(const Binder *b, Span span);

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

typedef struct LambdaScope {
    const Ident *names;
    const Field *types;
    uint32_t count;
    const struct LambdaScope *outer;
} LambdaScope;

/* `SELECT a + 1 AS b, b * 2 AS c`: what earlier items are called. */
typedef struct AliasColumn {
    Str name;
    Expr *expr;
} AliasColumn;
typedef struct AliasList {
    VEC(AliasColumn) items;
} AliasList;

/* Where an expression stands, and what it may hold there. */
typedef struct ExprScope {
    const Scope *scope;
    const AliasList *aliases;       /* NULL: none. */
    bool aliases_first;             /* ORDER BY: before the columns of `scope`. */
    bool output_second;             /* HAVING: what is ambiguous in `scope` is looked for here. */
    const IdVec *no_input;          /* HAVING: columns of `scope` not known outside aggregates. */
    const LambdaScope *lambdas;
    const char *clause;             /* "WHERE" ..., for messages. */
    bool aggregates;                /* Allowed: */
    bool windows;
    bool generators;
    bool subqueries;
    bool in_aggregate;              /* Within an aggregate's arguments. */
    bool in_window;                 /* Within a window function or its OVER. */
    const struct TimeWindows *time_windows; /* window() calls and the columns they became. */
    bool grouping;                  /* grouping(), grouping_id() are allowed. */
} ExprScope;

Expr *bind_expr(Binder *b, const ExprScope *es, const AstExpr *ast);
/* A condition: BOOLEAN, or the error of `clause`. */
Expr *bind_condition(Binder *b, const ExprScope *es, const AstExpr *ast);
/* Several; false when one is wrong. */
bool bind_exprs(Binder *b, const ExprScope *es, const AstExprList *list, Expr **out);
Expr *bind_literal(Binder *b, const AstExpr *ast);
Expr *bind_interval(Binder *b, const AstExpr *ast, bool negate);
Expr *bind_call(Binder *b, const ExprScope *es, const AstExpr *ast);
Expr *bind_column(Binder *b, const ExprScope *es, const AstExpr *ast);
Expr *bind_over(Binder *b, const ExprScope *es, const AstExpr *ast);
Expr *bind_subquery(Binder *b, const ExprScope *es, const AstExpr *ast);
const Type *bind_type(Binder *b, const AstTypeName *ast);
/* Calls by name with the diagnostic at `span`. */
Expr *bind_call_named(Binder *b, const char *name, Expr *const *args, uint32_t arg_count,
                      Span span);
/* The same for aggregates and window functions; an EXPR_AGGREGATE or EXPR_WINDOW without its OVER. */
Expr *bind_aggregate_named(Binder *b, const char *name, Expr *const *args, uint32_t arg_count,
                           Span span);
Expr *binder_cast(Binder *b, Expr *e, const Type *to, Span span);
/* A constant of LIMIT, WATERMARK, ...: evaluated now; NULL with a diagnostic. */
const Vector *binder_constant(Binder *b, Expr *e);
/* An interval of days and less as microseconds. */
bool bind_interval_us(Binder *b, Expr *e, const char *what, int64_t *out);

/* What a star stands for. */
typedef struct StarColumn {
    Str name;
    Expr *expr;
} StarColumn;
typedef VEC(StarColumn) StarColumnVec;

/* a.b.c -> Expr; on failure *found is false when there is no such name, without a diagnostic. */
Expr *scope_resolve(Binder *b, const ExprScope *es, const QualifiedName *name, bool *found);
/* base.name; NULL when there is no such field, told at `name_span`. */
Expr *bind_struct_field(Binder *b, Expr *base, Str name, Span span, Span name_span);
/* Whether the first diagnostic since `before` says that a value has not the field asked for. */
bool bind_failed_at_field(const Binder *b, const DiagnosticList *before);
/* Whether a column of the scope itself has that name. */
bool scope_has(const Scope *scope, const QualifiedName *name);
/* Whether it is the name of a relation of the scope. */
bool scope_is_table(const Scope *scope, const QualifiedName *name);
void scope_error_unresolved(Binder *b, const Scope *scope, const QualifiedName *name, Span span);
/* The columns of `e` as those of the query around. */
Expr *expr_to_outer(Binder *b, Expr *e);
Scope *scope_new(Binder *b, const Scope *outer);
void scope_add(Binder *b, Scope *scope, ScopeColumn column);
void scope_append(Binder *b, Scope *scope, const Scope *from);
Expr *scope_column_expr(Binder *b, const ScopeColumn *column, Span span);
/* Columns that `qualifier` . * stands for. */
bool scope_expand_star(Binder *b, const Scope *scope, const AstExpr *star, StarColumnVec *out);

/* The subquery of that text as it was bound in that scope; NULL: it was not. */
const Expr *bind_known_subquery(const Binder *b, const Scope *scope, const AstExpr *ast);
/* What the i-th field of (a, b AS c) is called. */
Str row_field_name(Binder *b, const AstExpr *row, size_t i);
/* The name Spark gives an expression without an alias, in the arena. */
Str bind_name(Binder *b, const ExprScope *es, const AstExpr *ast);
/* The same for an item of a SELECT: the cast of a column has the column's name. */
Str bind_item_name(Binder *b, const ExprScope *es, const AstExpr *ast);
/* How many parts of a.b.c name its relation, as it stands in `es`. */
size_t scope_qualifier_count(const ExprScope *es, const QualifiedName *name);
/* `a`.`b` as in Spark's messages. */
const char *bind_quoted(Binder *b, const QualifiedName *name);
Str qualified_text(Arena *arena, const QualifiedName *name); /* a.b */
const char *type_text_sql(Binder *b, const Type *type);       /* "INT" */

/* ── queries ───────────────────────────────────────────────────────────────────────────────────*/

/* NULL plan on failure. `outer`: the scope around a subquery. */
Relation bind_query(Binder *b, const AstQuery *query, const Scope *outer);
Relation bind_body(Binder *b, const AstQueryBody *body, const Scope *outer);
Relation bind_from(Binder *b, const AstRelation *ast, const Scope *outer);

#endif
