/*
 * ast.h: the syntax tree of Spark SQL, as written: no name is resolved, no type is known.
 *
 * The parser builds it in one arena; the binder reads it and changes nothing. Names and texts are
 * unquoted and unescaped (Ident.text of `a``b` is a`b; a string literal's text is its value).
 *
 * Invariants
 *  1. Every node has a Span inside the text the user wrote.
 *  2. Pointers named in a node's comment as optional may be NULL; no other pointer of the node's
 *     kind is NULL. A list of count 0 may have items == NULL.
 *  3. No path from a statement to a leaf has more than SQL_DEPTH_MAX nodes, so that a walk may recurse.
 *     To that end AND and OR chains are one node with many operands.
 *  4. Special forms that mean a function call (EXTRACT(x FROM y), CURRENT_DATE, TRIM(BOTH ...)) are
 *     calls of that function with plain arguments; CallForm remembers how it was written.
 *  5. Parentheses leave no trace in expressions; the tree's shape is the grouping.
 *
 * To add a kind: the enum, its struct in the union, the parser, ast_print.c.
 */
#ifndef WEIR_SQL_AST_H
#define WEIR_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "sql/diagnostic.h"

#define SQL_DEPTH_MAX 1000

typedef struct Expr Expr;
typedef struct Query Query;
typedef struct QueryBody QueryBody;
typedef struct Relation Relation;
typedef struct Statement Statement;
typedef struct TypeName TypeName;
typedef struct FunctionCall FunctionCall;
typedef struct WindowSpec WindowSpec;
typedef struct GroupElement GroupElement;

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Ident {
    Str text;
    Span span;
    bool quoted; /* By backquotes: then it is no keyword. */
} Ident;

typedef struct IdentList {
    Ident *items;
    size_t count;
} IdentList;

/* a, a.b, a.b.c ... or IDENTIFIER(expr), or IDENTIFIER(expr).b */
typedef struct QualifiedName {
    Span span;
    Ident *parts; /* At least one, unless `computed`. */
    size_t count;
    Expr *computed; /* Optional: the expression in IDENTIFIER(...); comes before `parts`. */
} QualifiedName;

typedef struct QualifiedNameList {
    QualifiedName *items;
    size_t count;
} QualifiedNameList;

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

typedef enum TypeNameKind {
    TYPE_NAME_SIMPLE,   /* name [(params)] [COLLATE collation]: INT, DECIMAL(10,2), VARCHAR(5), ... */
    TYPE_NAME_ARRAY,    /* ARRAY<element> */
    TYPE_NAME_MAP,      /* MAP<key, element> */
    TYPE_NAME_STRUCT,   /* STRUCT<fields> */
    TYPE_NAME_INTERVAL, /* INTERVAL, or INTERVAL from [TO to] */
} TypeNameKind;

typedef enum IntervalUnit {
    UNIT_NONE, /* The unit stands in the text: INTERVAL '1 day'; or no unit was given. */
    UNIT_YEAR,
    UNIT_MONTH,
    UNIT_WEEK,
    UNIT_DAY,
    UNIT_HOUR,
    UNIT_MINUTE,
    UNIT_SECOND,
    UNIT_MILLISECOND,
    UNIT_MICROSECOND,
    UNIT_NANOSECOND,
} IntervalUnit;

/* "DAY" and so on, singular; "" for UNIT_NONE. */
const char *interval_unit_name(IntervalUnit unit);

typedef struct TypeField {
    Ident name;
    TypeName *type;
    bool not_null;
    bool has_comment;
    Str comment;
    Span span;
} TypeField;

struct TypeName {
    TypeNameKind kind;
    Span span;
    Str name;                     /* SIMPLE: as written ("int", "Decimal"). */
    int32_t *params;              /* SIMPLE: (10, 2). */
    size_t param_count;
    Str collation;                /* SIMPLE: empty when none. */
    TypeName *key;                /* MAP. */
    TypeName *element;            /* ARRAY, MAP (the value). */
    TypeField *fields;            /* STRUCT. */
    size_t field_count;
    IntervalUnit unit_from;       /* INTERVAL: UNIT_NONE for plain INTERVAL. */
    IntervalUnit unit_to;         /* INTERVAL: as unit_from when no TO. */
};

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

typedef enum ExprKind {
    EXPR_LITERAL,
    EXPR_INTERVAL,
    EXPR_COLUMN,
    EXPR_STAR,
    EXPR_PARAMETER,
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_LOGICAL,
    EXPR_BETWEEN,
    EXPR_IN_LIST,
    EXPR_IN_QUERY,
    EXPR_LIKE,
    EXPR_IS,
    EXPR_IS_DISTINCT,
    EXPR_CASE,
    EXPR_CAST,
    EXPR_CALL,
    EXPR_SUBSCRIPT,
    EXPR_FIELD,
    EXPR_PATH,
    EXPR_LAMBDA,
    EXPR_ROW,
    EXPR_EXISTS,
    EXPR_SUBQUERY,
    EXPR_COLLATE,
    EXPR_KIND_COUNT,
} ExprKind;

typedef enum LiteralKind {
    LITERAL_NULL,
    LITERAL_BOOLEAN,       /* text: "true" or "false" */
    LITERAL_INTEGER,       /* 12: INT, or BIGINT or DECIMAL when it does not fit */
    LITERAL_TINYINT,       /* 12Y; the text of all numbers is without the suffix, and with the sign */
    LITERAL_SMALLINT,      /* 12S */
    LITERAL_BIGINT,        /* 12L */
    LITERAL_DECIMAL,       /* 1.2: DECIMAL(2,1) */
    LITERAL_BIG_DECIMAL,   /* 1.2BD: DECIMAL(2,1); 1e3BD */
    LITERAL_FLOAT,         /* 1.2F */
    LITERAL_DOUBLE,        /* 1.2D, 1e2 */
    LITERAL_STRING,        /* 'x', "x", r'x', 'x' 'y' */
    LITERAL_BINARY,        /* X'1F': text is the hex digits */
    LITERAL_DATE,          /* DATE 'text' */
    LITERAL_TIME,          /* TIME 'text' */
    LITERAL_TIMESTAMP,     /* TIMESTAMP 'text' */
    LITERAL_TIMESTAMP_NTZ, /* TIMESTAMP_NTZ 'text' */
    LITERAL_TIMESTAMP_LTZ, /* TIMESTAMP_LTZ 'text' */
} LiteralKind;

/* One `value unit` of an interval. */
typedef struct IntervalPart {
    Str value;     /* Digits, or a string's text: '1-2', '-1 02:03'. */
    bool negative; /* A minus stood before the value: INTERVAL -1 DAY, INTERVAL -'1' DAY. */
    bool is_string;
    IntervalUnit unit;
    Span span;
} IntervalPart;

typedef enum UnaryOp {
    UNARY_PLUS,
    UNARY_MINUS,
    UNARY_BIT_NOT, /* ~ */
    UNARY_NOT,     /* NOT, ! */
} UnaryOp;

typedef enum BinaryOp {
    BINARY_MULTIPLY,
    BINARY_DIVIDE,
    BINARY_MODULO,       /* % */
    BINARY_DIV,          /* DIV */
    BINARY_ADD,
    BINARY_SUBTRACT,
    BINARY_CONCAT,       /* || */
    BINARY_SHIFT_LEFT,
    BINARY_SHIFT_RIGHT,
    BINARY_SHIFT_RIGHT_UNSIGNED,
    BINARY_BIT_AND,
    BINARY_BIT_XOR,
    BINARY_BIT_OR,
    BINARY_EQUAL,         /* =, == */
    BINARY_NOT_EQUAL,     /* <>, != */
    BINARY_LESS,
    BINARY_LESS_EQUAL,    /* <=, !> */
    BINARY_GREATER,
    BINARY_GREATER_EQUAL, /* >=, !< */
    BINARY_EQUAL_NULL_SAFE, /* <=> */
} BinaryOp;

/* "+", "DIV", "<=>" ... */
const char *binary_op_text(BinaryOp op);
static inline bool binary_op_is_comparison(BinaryOp op)
{
    return op >= BINARY_EQUAL;
}

typedef enum LikeOp { LIKE_LIKE, LIKE_ILIKE, LIKE_RLIKE } LikeOp;
typedef enum LikeQuantifier { LIKE_ONE, LIKE_ANY, LIKE_ALL } LikeQuantifier;
typedef enum IsTest { IS_NULL, IS_TRUE, IS_FALSE, IS_UNKNOWN } IsTest;
typedef enum CastForm { CAST_PLAIN, CAST_TRY, CAST_COLONS /* x::INT */ } CastForm;

typedef struct ExprList {
    Expr **items;
    size_t count;
} ExprList;

/* expr [[AS] alias], or [AS] (a, b) with several aliases. */
typedef struct NamedExpr {
    Expr *expr;
    IdentList aliases;
    Span span;
} NamedExpr;

typedef struct NamedExprList {
    NamedExpr *items;
    size_t count;
} NamedExprList;

typedef struct CaseWhen {
    Expr *when;
    Expr *then;
} CaseWhen;

struct Expr {
    ExprKind kind;
    Span span;
    union {
        struct {
            LiteralKind kind;
            Str text;
        } literal;
        /* INTERVAL 1 DAY 2 HOURS; INTERVAL '1 day 2 hours' (one part, UNIT_NONE);
         * INTERVAL '1-2' YEAR TO MONTH (one part, unit YEAR, unit_to MONTH). */
        struct {
            IntervalPart *parts;
            size_t part_count;
            IntervalUnit unit_to; /* UNIT_NONE without TO. */
        } interval;
        QualifiedName column; /* a.b.c: whether a is a table or a column is the binder's to say. */
        struct {
            QualifiedName qualifier; /* count 0 for a bare star. */
            QualifiedNameList except;
        } star;
        struct {
            Str name;      /* :name; empty for ? */
            uint32_t index; /* ?: its place among the statement's question marks, from 0. */
        } parameter;
        struct {
            UnaryOp op;
            Expr *operand;
        } unary;
        struct {
            BinaryOp op;
            Span op_span;
            Expr *left;
            Expr *right;
        } binary;
        struct {
            bool is_or;
            ExprList operands; /* At least two. a AND b AND c is one node. */
        } logical;
        struct {
            Expr *operand;
            Expr *low;
            Expr *high;
            bool negated;
        } between;
        struct {
            Expr *operand;
            ExprList list; /* At least one. */
            bool negated;
        } in_list;
        struct {
            Expr *operand;
            Query *query;
            bool negated;
        } in_query;
        struct {
            Expr *operand;
            ExprList patterns; /* One, unless quantified. */
            LikeOp op;
            LikeQuantifier quantifier;
            bool negated;
            bool has_escape;
            Str escape; /* One character. */
        } like;
        struct {
            Expr *operand;
            IsTest test;
            bool negated;
        } is;
        struct {
            Expr *left;
            Expr *right;
            bool negated;
        } is_distinct;
        struct {
            Expr *operand; /* Optional. */
            CaseWhen *whens;
            size_t when_count; /* At least one. */
            Expr *otherwise;   /* Optional. */
        } cases;
        struct {
            Expr *operand;
            TypeName *type;
            CastForm form;
        } cast;
        FunctionCall *call;
        struct {
            Expr *base;
            Expr *index;
        } subscript;
        struct {
            Expr *base; /* Never EXPR_COLUMN: a.b is one EXPR_COLUMN. */
            Ident name;
        } field;
        struct {
            Expr *base;
            Str path; /* v:a.b[0].c -> "a.b[0].c", as written. */
        } path;
        struct {
            IdentList params;
            Expr *body;
        } lambda;
        NamedExprList row; /* (a, b AS c): at least two. */
        Query *query;      /* EXISTS, SUBQUERY */
        struct {
            Expr *operand;
            QualifiedName collation;
        } collate;
    };
};

/* How a call was written. */
typedef enum CallForm {
    CALL_PLAIN,
    CALL_NO_PARENS,     /* CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_TIME, CURRENT_USER, USER, SESSION_USER */
    CALL_EXTRACT,       /* EXTRACT(YEAR FROM x): extract('YEAR', x) */
    CALL_POSITION,      /* POSITION(x IN y): position(x, y) */
    CALL_SUBSTRING,     /* SUBSTRING(x FROM y [FOR z]): substring(x, y[, z]) */
    CALL_OVERLAY,       /* OVERLAY(x PLACING y FROM z [FOR n]): overlay(x, y, z[, n]) */
    CALL_TRIM,          /* TRIM([BOTH] [c] FROM x): trim(x[, c]) */
    CALL_TRIM_LEADING,  /* TRIM(LEADING [c] FROM x): ltrim(x[, c]), so not in the order of Spark's ltrim(c, x) */
    CALL_TRIM_TRAILING, /* TRIM(TRAILING [c] FROM x): rtrim(x[, c]) */
    CALL_UNIT,          /* TIMESTAMPADD(HOUR, x, y), DATEADD, DATE_ADD, TIMESTAMPDIFF, DATEDIFF,
                           DATE_DIFF, TIMEDIFF with a unit: timestampadd('HOUR', x, y) */
    CALL_STRUCT,        /* STRUCT(a AS x, b): args may have aliases */
} CallForm;

typedef enum NullTreatment { NULLS_DEFAULT, NULLS_IGNORE, NULLS_RESPECT } NullTreatment;
typedef enum SetQuantifier { QUANTIFIER_NONE, QUANTIFIER_ALL, QUANTIFIER_DISTINCT } SetQuantifier;
typedef enum SortDirection { SORT_DEFAULT, SORT_ASC, SORT_DESC } SortDirection;
typedef enum SortNulls { SORT_NULLS_DEFAULT, SORT_NULLS_FIRST, SORT_NULLS_LAST } SortNulls;

typedef struct SortItem {
    Expr *expr;
    SortDirection direction;
    SortNulls nulls;
    Span span;
} SortItem;

typedef struct SortList {
    SortItem *items;
    size_t count;
    bool all; /* ORDER BY ALL [ASC|DESC] [NULLS ...]: one item, whose expr is the column `ALL`. */
} SortList;

/* TABLE(t) [PARTITION BY ...] as an argument of a table function. */
typedef struct TableArgument {
    Relation *relation; /* RELATION_TABLE or RELATION_SUBQUERY */
    bool single_partition;
    ExprList partition_by;
    SortList order_by;
} TableArgument;

typedef struct FunctionArg {
    Ident name;           /* name => value; text empty when positional. */
    Expr *value;          /* Optional: NULL for a table argument. */
    TableArgument *table; /* Optional. */
    Ident alias;          /* CALL_STRUCT: value AS alias; text empty when none. */
    Span span;
} FunctionArg;

struct FunctionCall {
    QualifiedName name; /* As written; the special forms name the function of the table above. */
    CallForm form;
    SetQuantifier quantifier; /* count(DISTINCT x) */
    FunctionArg *args;        /* count(*): one EXPR_STAR. */
    size_t arg_count;
    NullTreatment nulls;      /* Inside the parentheses or behind them: the same. */
    SortList within_group;    /* WITHIN GROUP (ORDER BY ...); count 0 when none. */
    Expr *filter;             /* Optional: FILTER (WHERE ...). */
    WindowSpec *over;         /* Optional: OVER (...). */
};

typedef enum FrameUnit { FRAME_ROWS, FRAME_RANGE } FrameUnit;

typedef enum FrameBoundKind {
    BOUND_UNBOUNDED_PRECEDING,
    BOUND_PRECEDING,
    BOUND_CURRENT_ROW,
    BOUND_FOLLOWING,
    BOUND_UNBOUNDED_FOLLOWING,
} FrameBoundKind;

typedef struct FrameBound {
    FrameBoundKind kind;
    Expr *offset; /* PRECEDING and FOLLOWING only. */
    Span span;
} FrameBound;

typedef struct WindowFrame {
    FrameUnit unit;
    FrameBound start;
    FrameBound end; /* CURRENT ROW when not written. */
    bool has_end;
    Span span;
} WindowFrame;

struct WindowSpec {
    Span span;
    Ident name; /* OVER w, OVER (w); text empty for a definition, and then all below holds. */
    ExprList partition_by;
    SortList order_by;
    WindowFrame *frame; /* Optional. */
};

typedef struct NamedWindow {
    Ident name;
    WindowSpec *spec;
} NamedWindow;

typedef struct NamedWindowList {
    NamedWindow *items;
    size_t count;
} NamedWindowList;

/* ── queries ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Cte {
    Ident name;
    IdentList columns;
    Query *query;
    Expr *recursion_max; /* Optional: MAX RECURSION LEVEL n. */
    Span span;
} Cte;

/* WITH ctes body ORDER BY ... LIMIT ... */
struct Query {
    Span span;
    bool recursive; /* WITH RECURSIVE */
    Cte *ctes;
    size_t cte_count;
    QueryBody *body;
    SortList order_by;
    ExprList cluster_by;
    ExprList distribute_by;
    SortList sort_by;
    NamedWindowList windows; /* WINDOW behind ORDER BY. */
    Expr *limit;             /* Optional; NULL also for LIMIT ALL. */
    Expr *offset;            /* Optional. */
};

typedef enum QueryBodyKind {
    BODY_SELECT,
    BODY_SET_OPERATION,
    BODY_VALUES,
    BODY_TABLE, /* TABLE t */
    BODY_QUERY, /* ( query ) */
    BODY_PIPE,  /* input |> operator */
} QueryBodyKind;

typedef struct Hint {
    Ident name;
    ExprList args;
} Hint;

/* GROUP BY's elements nest: GROUPING SETS (ROLLUP (a, b), (c)). */
typedef enum GroupElementKind {
    GROUP_EXPR,          /* expr */
    GROUP_SET,           /* (a, b), also () : only inside the three below */
    GROUP_ROLLUP,        /* ROLLUP (elements) */
    GROUP_CUBE,          /* CUBE (elements) */
    GROUP_GROUPING_SETS, /* GROUPING SETS (elements) */
} GroupElementKind;

struct GroupElement {
    GroupElementKind kind;
    Span span;
    Expr *expr;             /* EXPR */
    Ident alias;            /* EXPR in |> AGGREGATE ... GROUP BY expr AS alias; text empty else. */
    ExprList set;           /* SET */
    GroupElement *elements; /* ROLLUP, CUBE, GROUPING_SETS */
    size_t element_count;
};

/* GROUP BY elements; GROUP BY a, b WITH ROLLUP; GROUP BY a, b GROUPING SETS ((a), (b)). */
typedef struct GroupBy {
    bool present;
    bool all; /* GROUP BY ALL: no elements. */
    bool with_rollup;
    bool with_cube;
    Span span;
    GroupElement *elements;
    size_t element_count;
    GroupElement *grouping_sets; /* Optional: the old form's sets, a GROUP_GROUPING_SETS. */
} GroupBy;

typedef struct Select {
    SetQuantifier quantifier;
    Hint *hints;
    size_t hint_count;
    NamedExprList items;
    Relation *from;  /* Optional. Holds LATERAL VIEWs and PIVOTs as well. */
    Expr *where;     /* Optional. */
    GroupBy group_by;
    Expr *having;    /* Optional. */
    NamedWindowList windows;
} Select;

typedef enum SetOperator { SET_UNION, SET_INTERSECT, SET_EXCEPT /* also MINUS */ } SetOperator;

typedef struct ColumnAssignment {
    QualifiedName column;
    Expr *value;
} ColumnAssignment;

typedef struct AssignmentList {
    ColumnAssignment *items;
    size_t count;
} AssignmentList;

typedef enum PipeKind {
    PIPE_SELECT,    /* select: no FROM; input is what is piped. WINDOW clause in select.windows. */
    PIPE_EXTEND,    /* items */
    PIPE_SET,       /* assignments */
    PIPE_DROP,      /* names */
    PIPE_AS,        /* names (one) */
    PIPE_WHERE,     /* condition */
    PIPE_AGGREGATE, /* items (maybe none), group_by (maybe absent) */
    PIPE_RELATION,  /* relation: JOIN, PIVOT, UNPIVOT, TABLESAMPLE whose leftmost input is RELATION_INPUT */
    PIPE_SET_OPERATION, /* set_operator, quantifier, right */
    PIPE_ORGANIZE,  /* tail: ORDER BY, SORT BY, LIMIT, OFFSET ...; its body is NULL */
} PipeKind;

typedef struct PipeOp {
    PipeKind kind;
    Span span;
    Select *select;
    NamedExprList items;
    AssignmentList assignments;
    IdentList names;
    Expr *condition;
    GroupBy group_by;
    Relation *relation;
    SetOperator set_operator;
    SetQuantifier quantifier;
    QueryBody *right;
    Query *tail;
} PipeOp;

typedef struct RelationAlias {
    Ident name;        /* text empty when none. */
    IdentList columns; /* t (a, b) */
} RelationAlias;

struct QueryBody {
    QueryBodyKind kind;
    Span span;
    union {
        Select *select;
        struct {
            SetOperator op;
            SetQuantifier quantifier;
            QueryBody *left;
            QueryBody *right;
        } set;
        struct {
            ExprList rows; /* Each an EXPR_ROW or a single value. */
            RelationAlias alias;
        } values;
        Relation *table; /* A RELATION_TABLE. */
        Query *query;
        struct {
            QueryBody *input;
            PipeOp *op;
        } pipe;
    };
};

/* ── relations: what stands in FROM ────────────────────────────────────────────────────────────*/

typedef enum RelationKind {
    RELATION_TABLE,
    RELATION_SUBQUERY,
    RELATION_VALUES,
    RELATION_FUNCTION,
    RELATION_JOIN,
    RELATION_PIVOT,
    RELATION_UNPIVOT,
    RELATION_LATERAL_VIEW,
    RELATION_PAREN, /* ( relation ) with what may follow: alias, sample, watermark */
    RELATION_INPUT, /* What stands left of |> */
} RelationKind;

typedef enum JoinKind {
    JOIN_INNER,
    JOIN_CROSS,
    JOIN_COMMA, /* FROM a, b */
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_SEMI,
    JOIN_ANTI,
} JoinKind;

const char *join_kind_text(JoinKind kind); /* "LEFT OUTER JOIN" ... */

/* A property of OPTIONS, TBLPROPERTIES, WITH: 'key' = 'value'. */
typedef struct Property {
    Str key; /* Parts joined by dots. */
    Span key_span;
    Str value;       /* As text: strings unescaped, numbers and booleans as written. */
    Span value_span;
    bool has_value;
    Expr *expr;      /* Optional: OPTIONS of CREATE TABLE take any expression; value is empty then. */
} Property;

typedef struct PropertyList {
    Property *items;
    size_t count;
    Span span;
} PropertyList;

/* The last property of that key (ASCII case ignored), or NULL. */
const Property *property_find(const PropertyList *list, const char *key);

/* WATERMARK expr [AS name] DELAY OF interval */
typedef struct Watermark {
    Span span;
    NamedExpr column;
    Expr *delay; /* EXPR_INTERVAL */
} Watermark;

typedef enum SampleKind { SAMPLE_PERCENT, SAMPLE_ROWS, SAMPLE_BUCKET, SAMPLE_BYTES } SampleKind;

typedef struct TableSample {
    SampleKind kind;
    Span span;
    Str percent;              /* PERCENT: as written, with sign. */
    Expr *expr;               /* ROWS, BYTES */
    int64_t bucket;           /* BUCKET bucket OUT OF bucket_count */
    int64_t bucket_count;
    bool has_seed;
    int64_t seed;
} TableSample;

/* [FOR] VERSION|TIMESTAMP|SYSTEM_VERSION|SYSTEM_TIME AS OF x */
typedef struct TemporalClause {
    Span span;
    bool is_version;
    Expr *value;
} TemporalClause;

typedef struct PivotValue {
    Expr *expr;
    Ident alias; /* text empty when none. */
} PivotValue;

typedef struct UnpivotItem {
    QualifiedNameList columns; /* One, or a set of as many as there are value columns. */
    Ident alias;               /* text empty when none. */
} UnpivotItem;

struct Relation {
    RelationKind kind;
    Span span;
    bool lateral;               /* LATERAL stood before it. */
    RelationAlias alias;
    Watermark *watermark;       /* Optional. */
    TableSample *sample;        /* Optional. */
    union {
        struct {
            QualifiedName name;
            bool stream;              /* STREAM t, STREAM(t) */
            PropertyList options;     /* WITH (...) */
            TemporalClause *temporal; /* Optional. */
            Str identified_by;        /* STREAM t IDENTIFIED BY name; empty when not. */
        } table;
        Query *query; /* SUBQUERY */
        ExprList rows; /* VALUES */
        struct {
            FunctionCall *call;
            bool stream;
            Str identified_by;
        } function;
        struct {
            JoinKind kind;
            bool natural;
            Relation *left;
            Relation *right;
            Expr *on;          /* Optional. */
            IdentList using_columns;
        } join;
        struct {
            Relation *input;
            NamedExprList aggregates;
            IdentList columns;
            PivotValue *values; /* An EXPR_ROW for several columns. */
            size_t value_count;
        } pivot;
        struct {
            Relation *input;
            bool include_nulls;
            bool nulls_given;       /* INCLUDE NULLS or EXCLUDE NULLS was written. */
            IdentList value_columns;
            Ident name_column;
            UnpivotItem *items;
            size_t item_count;
        } unpivot;
        struct {
            Relation *input; /* NULL only when the SELECT has no FROM. */
            bool outer;
            FunctionCall *call; /* alias has the table's name and the columns. */
        } lateral_view;
        Relation *inner; /* PAREN */
    };
};

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

typedef enum StatementKind {
    STATEMENT_QUERY,
    STATEMENT_CREATE_TABLE, /* also streaming tables and materialized views */
    STATEMENT_CREATE_FLOW,
    STATEMENT_CREATE_VIEW,
    STATEMENT_DROP,
    STATEMENT_INSERT,
    STATEMENT_MULTI_INSERT,
    STATEMENT_DELETE,
    STATEMENT_UPDATE,
    STATEMENT_TRUNCATE,
    STATEMENT_SET,
    STATEMENT_RESET,
    STATEMENT_SET_TIME_ZONE,
    STATEMENT_DECLARE_VARIABLE,
    STATEMENT_SET_VARIABLE,
    STATEMENT_EXPLAIN,
    STATEMENT_SHOW,
    STATEMENT_DESCRIBE,
    STATEMENT_USE,
    STATEMENT_CACHE,
    STATEMENT_UNCACHE,
    STATEMENT_REFRESH,
    STATEMENT_KIND_COUNT,
} StatementKind;

const char *statement_kind_name(StatementKind kind); /* "CREATE TABLE" ... */

typedef struct ColumnDef {
    Ident name;
    TypeName *type;  /* Optional: a view's and a streaming table's columns may have none. */
    bool not_null;
    Expr *default_value; /* Optional. */
    Expr *generated;     /* Optional: GENERATED ALWAYS AS (expr). */
    bool has_comment;
    Str comment;
    Span span;
} ColumnDef;

typedef struct ColumnDefList {
    ColumnDef *items;
    size_t count;
} ColumnDefList;

typedef enum ConstraintKind {
    CONSTRAINT_CHECK,
    CONSTRAINT_PRIMARY_KEY,
    CONSTRAINT_UNIQUE,
    CONSTRAINT_FOREIGN_KEY,
} ConstraintKind;

typedef struct TableConstraint {
    ConstraintKind kind;
    Ident name;              /* text empty when none was given. */
    Expr *check;             /* CHECK (expr) */
    Span check_text;         /* CHECK: the condition as written. */
    IdentList columns;       /* PRIMARY KEY, UNIQUE, FOREIGN KEY; a column's own: that column. */
    QualifiedName references; /* FOREIGN KEY */
    IdentList reference_columns;
    Span span;
} TableConstraint;

typedef struct TableConstraintList {
    TableConstraint *items;
    size_t count;
} TableConstraintList;

/* PARTITIONED BY (a, bucket(4, b), c INT) */
typedef struct PartitionField {
    Expr *expr;       /* EXPR_COLUMN, or EXPR_CALL of a transform; NULL for a column with a type. */
    ColumnDef *column; /* Optional. */
    Span span;
} PartitionField;

typedef enum TableKind {
    TABLE_PLAIN,
    TABLE_STREAMING,
    TABLE_MATERIALIZED_VIEW,
} TableKind;

typedef struct CreateTable {
    TableKind kind;
    bool or_replace;
    bool replace_only; /* REPLACE TABLE */
    bool if_not_exists;
    bool temporary;
    bool external;
    QualifiedName name;
    ColumnDefList columns;
    TableConstraintList constraints;
    QualifiedName provider; /* USING: count 0 when none. */
    PropertyList options;
    PropertyList properties; /* TBLPROPERTIES */
    PartitionField *partitioned_by;
    size_t partitioned_by_count;
    QualifiedNameList cluster_by;
    bool has_location;
    Str location;
    bool has_comment;
    Str comment;
    Str default_collation; /* Empty when none. */
    QualifiedName like;    /* CREATE TABLE t LIKE s: count 0 when not. */
    Query *query;          /* Optional: AS query. */
} CreateTable;

typedef struct CreateView {
    bool or_replace;
    bool global;
    bool temporary;
    bool if_not_exists;
    QualifiedName name;
    ColumnDefList columns; /* Names and comments; types only with USING. */
    bool has_comment;
    Str comment;
    PropertyList properties;
    QualifiedName provider; /* CREATE TEMPORARY VIEW v USING p OPTIONS (...): then no query. */
    PropertyList options;
    Query *query;           /* Optional: NULL with a provider. */
    Span query_text;        /* The query as written. */
} CreateView;

typedef struct Insert {
    Span span;
    bool overwrite;
    QualifiedName table;
    Property *partition; /* PARTITION (a = 1, b): `expr` is the value, if any. */
    size_t partition_count;
    bool if_not_exists;
    bool by_name;
    IdentList columns;
    Expr *replace_where; /* Optional: INSERT INTO t REPLACE WHERE cond. */
    Query *query;
} Insert;

typedef struct CreateFlow {
    QualifiedName name;
    bool has_comment;
    Str comment;
    Insert *insert;
} CreateFlow;

/* FROM relation INSERT INTO a SELECT ... INSERT INTO b SELECT ...: the selects share one `from`. */
typedef struct MultiInsert {
    Insert *inserts;
    size_t count;
} MultiInsert;

typedef enum ObjectKind {
    OBJECT_TABLE,
    OBJECT_VIEW,
    OBJECT_MATERIALIZED_VIEW,
    OBJECT_FLOW,
    OBJECT_SCHEMA,
    OBJECT_FUNCTION,
    OBJECT_VARIABLE,
    OBJECT_CATALOG,
    OBJECT_QUERY, /* DESCRIBE QUERY */
} ObjectKind;

typedef struct Drop {
    ObjectKind object;
    bool temporary;
    bool if_exists;
    bool purge;
    bool cascade;
    QualifiedName name;
} Drop;

typedef struct SetSetting {
    Str key;   /* Empty for plain SET. */
    Str value; /* Raw text, trimmed, comments left out; backquotes around all of it removed. */
    Span key_span;
    Span value_span;
    bool has_value; /* false: SET key shows it. */
    bool verbose;   /* SET -v */
} SetSetting;

typedef enum ShowKind {
    SHOW_TABLES,
    SHOW_TABLE_EXTENDED,
    SHOW_VIEWS,
    SHOW_COLUMNS,
    SHOW_FUNCTIONS,
    SHOW_SCHEMAS,
    SHOW_CATALOGS,
    SHOW_CURRENT_SCHEMA,
    SHOW_TBLPROPERTIES,
    SHOW_CREATE_TABLE,
    SHOW_PARTITIONS,
} ShowKind;

typedef struct Show {
    ShowKind kind;
    QualifiedName name;      /* The table, where there is one. */
    QualifiedName in;        /* FROM|IN schema: count 0 when none. */
    bool has_pattern;
    Str pattern;             /* LIKE 'pattern' */
    Str scope;               /* SHOW USER|SYSTEM|ALL FUNCTIONS; empty when none. */
    Str key;                 /* SHOW TBLPROPERTIES t (key); empty when none. */
} Show;

typedef struct Describe {
    ObjectKind object; /* OBJECT_TABLE, QUERY, FUNCTION, SCHEMA, CATALOG */
    bool extended;
    bool as_json;
    QualifiedName name;
    QualifiedName column; /* DESCRIBE t c: count 0 when none. */
    Query *query;         /* QUERY */
} Describe;

typedef enum ExplainMode {
    EXPLAIN_PLAIN,
    EXPLAIN_LOGICAL,
    EXPLAIN_FORMATTED,
    EXPLAIN_EXTENDED,
    EXPLAIN_CODEGEN,
    EXPLAIN_COST,
} ExplainMode;

struct Statement {
    StatementKind kind;
    Span span; /* Without the semicolon. */
    uint32_t parameter_count; /* Of ? markers. */
    union {
        Query *query;
        CreateTable *create_table;
        CreateView *create_view;
        CreateFlow *create_flow;
        Insert *insert;
        MultiInsert *multi_insert;
        Drop *drop;
        struct {
            QualifiedName table;
            RelationAlias alias;
            Expr *where; /* Optional. */
        } delete_from;
        struct {
            QualifiedName table;
            RelationAlias alias;
            AssignmentList assignments;
            Expr *where; /* Optional. */
        } update;
        QualifiedName table; /* TRUNCATE, UNCACHE, REFRESH */
        SetSetting set;
        struct {
            Str key; /* Empty: all. */
            Span key_span;
        } reset;
        struct {
            bool local;
            Str zone;       /* A string, when neither LOCAL nor an interval. */
            Expr *interval; /* Optional. */
            Span zone_span;
        } time_zone;
        struct {
            bool or_replace;
            QualifiedNameList names;
            TypeName *type;      /* Optional. */
            Expr *default_value; /* Optional. */
        } declare_variable;
        struct {
            AssignmentList assignments; /* SET VAR a = 1, b = 2 */
            QualifiedNameList names;    /* SET VAR (a, b) = (query) */
            Query *query;               /* Optional. */
        } set_variable;
        struct {
            ExplainMode mode;
            Statement *statement;
        } explain;
        Show *show;
        Describe *describe;
        struct {
            ObjectKind object; /* OBJECT_SCHEMA or OBJECT_CATALOG */
            QualifiedName name;
        } use;
        struct {
            bool lazy;
            QualifiedName table;
            PropertyList options;
            Query *query; /* Optional. */
        } cache;
    };
};

typedef struct StatementList {
    Statement **items;
    size_t count;
    size_t capacity;
} StatementList;

#endif
