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
 *  3. No path from a statement to a leaf has more than SQL_DEPTH_MAX nodes, so that a walk may
 * recurse. To that end AND and OR chains are one node with many operands.
 *  4. Special forms that mean a function call (EXTRACT(x FROM y), TRIM(BOTH ...)) are
 *     calls of that function with plain arguments; AstCallForm remembers how it was written.
 *  5. Parentheses leave no trace in expressions; the tree's shape is the grouping.
 *
 * All names begin with Ast (constants with AST_), since most also exist, checked and typed, in
 * expr/ and plan/. To add a kind: the enum, its struct in the union, the parser, ast_print.c.
 */
#ifndef WEIR_SQL_AST_H
#define WEIR_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "sql/diagnostic.h"

#define SQL_DEPTH_MAX 1000

typedef struct AstExpr AstExpr;
typedef struct AstQuery AstQuery;
typedef struct AstQueryBody AstQueryBody;
typedef struct AstRelation AstRelation;
typedef struct AstStatement AstStatement;
typedef struct AstTypeName AstTypeName;
typedef struct AstFunctionCall AstFunctionCall;
typedef struct AstWindowSpec AstWindowSpec;
typedef struct AstGroupElement AstGroupElement;

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
    AstExpr *computed; /* Optional: the expression in IDENTIFIER(...); comes before `parts`. */
} QualifiedName;

typedef struct QualifiedNameList {
    QualifiedName *items;
    size_t count;
} QualifiedNameList;

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

typedef enum AstTypeNameKind {
    AST_TYPE_NAME_SIMPLE,   /* name [(params)] [COLLATE collation]: INT, DECIMAL(10,2), VARCHAR(5),
                               ... */
    AST_TYPE_NAME_ARRAY,    /* ARRAY<element> */
    AST_TYPE_NAME_MAP,      /* MAP<key, element> */
    AST_TYPE_NAME_STRUCT,   /* STRUCT<fields> */
    AST_TYPE_NAME_INTERVAL, /* INTERVAL, or INTERVAL from [TO to] */
} AstTypeNameKind;

typedef enum AstIntervalUnit {
    AST_UNIT_NONE, /* The unit stands in the text: INTERVAL '1 day'; or no unit was given. */
    AST_UNIT_YEAR,
    AST_UNIT_MONTH,
    AST_UNIT_WEEK,
    AST_UNIT_DAY,
    AST_UNIT_HOUR,
    AST_UNIT_MINUTE,
    AST_UNIT_SECOND,
    AST_UNIT_MILLISECOND,
    AST_UNIT_MICROSECOND,
    AST_UNIT_NANOSECOND,
} AstIntervalUnit;

/* "DAY" and so on, singular; "" for AST_UNIT_NONE. */
const char *interval_unit_name(AstIntervalUnit unit);

typedef struct AstTypeField {
    Ident name;
    AstTypeName *type;
    bool not_null;
    bool has_comment;
    Str comment;
    Span span;
} AstTypeField;

struct AstTypeName {
    AstTypeNameKind kind;
    Span span;
    Str name;        /* SIMPLE: as written ("int", "Decimal"). */
    int32_t *params; /* SIMPLE: (10, 2). */
    size_t param_count;
    Str collation;        /* SIMPLE: empty when none. */
    AstTypeName *key;     /* MAP. */
    AstTypeName *element; /* ARRAY, MAP (the value). */
    AstTypeField *fields; /* STRUCT. */
    size_t field_count;
    AstIntervalUnit unit_from; /* INTERVAL: AST_UNIT_NONE for plain INTERVAL. */
    AstIntervalUnit unit_to;   /* INTERVAL: as unit_from when no TO. */
};

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

typedef enum AstExprKind {
    AST_EXPR_LITERAL,
    AST_EXPR_INTERVAL,
    AST_EXPR_COLUMN,
    AST_EXPR_STAR,
    AST_EXPR_PARAMETER,
    AST_EXPR_UNARY,
    AST_EXPR_BINARY,
    AST_EXPR_LOGICAL,
    AST_EXPR_BETWEEN,
    AST_EXPR_IN_LIST,
    AST_EXPR_IN_QUERY,
    AST_EXPR_LIKE,
    AST_EXPR_IS,
    AST_EXPR_IS_DISTINCT,
    AST_EXPR_CASE,
    AST_EXPR_CAST,
    AST_EXPR_CALL,
    AST_EXPR_SUBSCRIPT,
    AST_EXPR_FIELD,
    AST_EXPR_PATH,
    AST_EXPR_LAMBDA,
    AST_EXPR_ROW,
    AST_EXPR_EXISTS,
    AST_EXPR_SUBQUERY,
    AST_EXPR_COLLATE,
    AST_EXPR_KIND_COUNT,
} AstExprKind;

typedef enum AstLiteralKind {
    AST_LITERAL_NULL,
    AST_LITERAL_BOOLEAN, /* text: "true" or "false" */
    AST_LITERAL_INTEGER, /* 12: INT, or BIGINT or DECIMAL when it does not fit */
    AST_LITERAL_TINYINT, /* 12Y; the text of all numbers is without the suffix, and with the sign */
    AST_LITERAL_SMALLINT,      /* 12S */
    AST_LITERAL_BIGINT,        /* 12L */
    AST_LITERAL_DECIMAL,       /* 1.2: DECIMAL(2,1) */
    AST_LITERAL_BIG_DECIMAL,   /* 1.2BD: DECIMAL(2,1); 1e3BD */
    AST_LITERAL_FLOAT,         /* 1.2F */
    AST_LITERAL_DOUBLE,        /* 1.2D, 1e2 */
    AST_LITERAL_STRING,        /* 'x', "x", r'x', 'x' 'y' */
    AST_LITERAL_BINARY,        /* X'1F': text is the hex digits */
    AST_LITERAL_DATE,          /* DATE 'text' */
    AST_LITERAL_TIME,          /* TIME 'text' */
    AST_LITERAL_TIMESTAMP,     /* TIMESTAMP 'text' */
    AST_LITERAL_TIMESTAMP_NTZ, /* TIMESTAMP_NTZ 'text' */
    AST_LITERAL_TIMESTAMP_LTZ, /* TIMESTAMP_LTZ 'text' */
} AstLiteralKind;

/* One `value unit` of an interval. */
typedef struct AstIntervalPart {
    Str value;     /* Digits, or a string's text: '1-2', '-1 02:03'. */
    bool negative; /* A minus stood before the value: INTERVAL -1 DAY, INTERVAL -'1' DAY. */
    bool is_string;
    AstIntervalUnit unit;
    Span span;
} AstIntervalPart;

typedef enum AstUnaryOp {
    AST_UNARY_PLUS,
    AST_UNARY_MINUS,
    AST_UNARY_BIT_NOT, /* ~ */
    AST_UNARY_NOT,     /* NOT, ! */
} AstUnaryOp;

typedef enum AstBinaryOp {
    AST_BINARY_MULTIPLY,
    AST_BINARY_DIVIDE,
    AST_BINARY_MODULO, /* % */
    AST_BINARY_DIV,    /* DIV */
    AST_BINARY_ADD,
    AST_BINARY_SUBTRACT,
    AST_BINARY_CONCAT, /* || */
    AST_BINARY_SHIFT_LEFT,
    AST_BINARY_SHIFT_RIGHT,
    AST_BINARY_SHIFT_RIGHT_UNSIGNED,
    AST_BINARY_BIT_AND,
    AST_BINARY_BIT_XOR,
    AST_BINARY_BIT_OR,
    AST_BINARY_EQUAL,     /* =, == */
    AST_BINARY_NOT_EQUAL, /* <>, != */
    AST_BINARY_LESS,
    AST_BINARY_LESS_EQUAL, /* <=, !> */
    AST_BINARY_GREATER,
    AST_BINARY_GREATER_EQUAL,   /* >=, !< */
    AST_BINARY_EQUAL_NULL_SAFE, /* <=> */
} AstBinaryOp;

/* "+", "DIV", "<=>" ... */
const char *binary_op_text(AstBinaryOp op);
static inline bool binary_op_is_comparison(AstBinaryOp op)
{
    return op >= AST_BINARY_EQUAL;
}

typedef enum AstLikeOp { AST_LIKE_LIKE, AST_LIKE_ILIKE, AST_LIKE_RLIKE } AstLikeOp;
typedef enum AstLikeQuantifier { AST_LIKE_ONE, AST_LIKE_ANY, AST_LIKE_ALL } AstLikeQuantifier;
typedef enum AstIsTest { AST_IS_NULL, AST_IS_TRUE, AST_IS_FALSE, AST_IS_UNKNOWN } AstIsTest;
typedef enum AstCastForm { AST_CAST_PLAIN, AST_CAST_TRY, AST_CAST_COLONS /* x::INT */ } AstCastForm;

typedef struct AstExprList {
    AstExpr **items;
    size_t count;
} AstExprList;

/* expr [[AS] alias], or [AS] (a, b) with several aliases. */
typedef struct AstNamedExpr {
    AstExpr *expr;
    IdentList aliases;
    Span span;
} AstNamedExpr;

typedef struct AstNamedExprList {
    AstNamedExpr *items;
    size_t count;
} AstNamedExprList;

typedef struct AstCaseWhen {
    AstExpr *when;
    AstExpr *then;
} AstCaseWhen;

struct AstExpr {
    AstExprKind kind;
    Span span;
    union {
        struct {
            AstLiteralKind kind;
            Str text;
        } literal;
        /* INTERVAL 1 DAY 2 HOURS; INTERVAL '1 day 2 hours' (one part, AST_UNIT_NONE);
         * INTERVAL '1-2' YEAR TO MONTH (one part, unit YEAR, unit_to MONTH). */
        struct {
            AstIntervalPart *parts;
            size_t part_count;
            AstIntervalUnit unit_to; /* AST_UNIT_NONE without TO. */
        } interval;
        /* a.b.c: whether a is a table or a column is the binder's to say. So is what CURRENT_DATE,
         * CURRENT_TIME, CURRENT_TIMESTAMP, CURRENT_USER, USER and SESSION_USER mean without
         * parentheses: a column of that name if there is one, else the function, as in Spark. */
        QualifiedName column;
        struct {
            QualifiedName qualifier; /* count 0 for a bare star. */
            QualifiedNameList except;
        } star;
        struct {
            Str name;       /* :name; empty for ? */
            uint32_t index; /* ?: its place among the statement's question marks, from 0. */
        } parameter;
        struct {
            AstUnaryOp op;
            AstExpr *operand;
        } unary;
        struct {
            AstBinaryOp op;
            Span op_span;
            AstExpr *left;
            AstExpr *right;
        } binary;
        struct {
            bool is_or;
            AstExprList operands; /* At least two. a AND b AND c is one node. */
        } logical;
        struct {
            AstExpr *operand;
            AstExpr *low;
            AstExpr *high;
            bool negated;
        } between;
        struct {
            AstExpr *operand;
            AstExprList list; /* At least one. */
            bool negated;
        } in_list;
        struct {
            AstExpr *operand;
            AstQuery *query;
            bool negated;
        } in_query;
        struct {
            AstExpr *operand;
            AstExprList patterns; /* One, unless quantified. */
            AstLikeOp op;
            AstLikeQuantifier quantifier;
            bool negated;
            bool has_escape;
            Str escape; /* One character. */
        } like;
        struct {
            AstExpr *operand;
            AstIsTest test;
            bool negated;
        } is;
        struct {
            AstExpr *left;
            AstExpr *right;
            bool negated;
        } is_distinct;
        struct {
            AstExpr *operand; /* Optional. */
            AstCaseWhen *whens;
            size_t when_count;  /* At least one. */
            AstExpr *otherwise; /* Optional. */
        } cases;
        struct {
            AstExpr *operand;
            AstTypeName *type;
            AstCastForm form;
        } cast;
        AstFunctionCall *call;
        struct {
            AstExpr *base;
            AstExpr *index;
        } subscript;
        struct {
            AstExpr *base; /* Never AST_EXPR_COLUMN: a.b is one AST_EXPR_COLUMN. */
            Ident name;
        } field;
        struct {
            AstExpr *base;
            Str path; /* v:a.b[0].c -> "a.b[0].c", as written. */
        } path;
        struct {
            IdentList params;
            AstExpr *body;
        } lambda;
        AstNamedExprList row; /* (a, b AS c): at least two. */
        AstQuery *query;      /* EXISTS, SUBQUERY */
        struct {
            AstExpr *operand;
            QualifiedName collation;
        } collate;
    };
};

/* How a call was written. */
typedef enum AstCallForm {
    AST_CALL_PLAIN,
    AST_CALL_EXTRACT,       /* EXTRACT(YEAR FROM x): extract('YEAR', x) */
    AST_CALL_POSITION,      /* POSITION(x IN y): position(x, y) */
    AST_CALL_SUBSTRING,     /* SUBSTRING(x FROM y [FOR z]): substring(x, y[, z]) */
    AST_CALL_OVERLAY,       /* OVERLAY(x PLACING y FROM z [FOR n]): overlay(x, y, z[, n]) */
    AST_CALL_TRIM,          /* TRIM([BOTH] [c] FROM x): trim(x[, c]) */
    AST_CALL_TRIM_LEADING,  /* TRIM(LEADING [c] FROM x): ltrim(x[, c]), so not in the order of
                               Spark's ltrim(c, x) */
    AST_CALL_TRIM_TRAILING, /* TRIM(TRAILING [c] FROM x): rtrim(x[, c]) */
    AST_CALL_UNIT,          /* TIMESTAMPADD(HOUR, x, y), DATEADD, DATE_ADD, TIMESTAMPDIFF, DATEDIFF,
                           DATE_DIFF, TIMEDIFF with a unit: timestampadd('HOUR', x, y) */
    AST_CALL_STRUCT,        /* STRUCT(a AS x, b): args may have aliases */
} AstCallForm;

typedef enum AstNullTreatment {
    AST_NULLS_DEFAULT,
    AST_NULLS_IGNORE,
    AST_NULLS_RESPECT
} AstNullTreatment;
typedef enum AstSetQuantifier {
    AST_QUANTIFIER_NONE,
    AST_QUANTIFIER_ALL,
    AST_QUANTIFIER_DISTINCT
} AstSetQuantifier;
typedef enum AstSortDirection { AST_SORT_DEFAULT, AST_SORT_ASC, AST_SORT_DESC } AstSortDirection;
typedef enum AstSortNulls {
    AST_SORT_NULLS_DEFAULT,
    AST_SORT_NULLS_FIRST,
    AST_SORT_NULLS_LAST
} AstSortNulls;

typedef struct AstSortItem {
    AstExpr *expr;
    AstSortDirection direction;
    AstSortNulls nulls;
    Span span;
} AstSortItem;

typedef struct AstSortList {
    AstSortItem *items;
    size_t count;
    bool all; /* ORDER BY ALL [ASC|DESC] [NULLS ...]: one item, whose expr is the column `ALL`. */
} AstSortList;

/* TABLE(t) [PARTITION BY ...] as an argument of a table function. */
typedef struct AstTableArgument {
    AstRelation *relation; /* AST_RELATION_TABLE or AST_RELATION_SUBQUERY */
    bool single_partition;
    AstExprList partition_by;
    AstSortList order_by;
} AstTableArgument;

typedef struct AstFunctionArg {
    Ident name;              /* name => value; text empty when positional. */
    AstExpr *value;          /* Optional: NULL for a table argument. */
    AstTableArgument *table; /* Optional. */
    Ident alias;             /* AST_CALL_STRUCT: value AS alias; text empty when none. */
    Span span;
} AstFunctionArg;

struct AstFunctionCall {
    QualifiedName name; /* As written; the special forms name the function of the table above. */
    AstCallForm form;
    AstSetQuantifier quantifier; /* count(DISTINCT x) */
    AstFunctionArg *args;        /* count(*): one AST_EXPR_STAR. */
    size_t arg_count;
    AstNullTreatment nulls;   /* Inside the parentheses or behind them: the same. */
    AstSortList within_group; /* WITHIN GROUP (ORDER BY ...); count 0 when none. */
    AstExpr *filter;          /* Optional: FILTER (WHERE ...). */
    AstWindowSpec *over;      /* Optional: OVER (...). */
};

typedef enum AstFrameUnit { AST_FRAME_ROWS, AST_FRAME_RANGE } AstFrameUnit;

typedef enum AstFrameBoundKind {
    AST_BOUND_UNBOUNDED_PRECEDING,
    AST_BOUND_PRECEDING,
    AST_BOUND_CURRENT_ROW,
    AST_BOUND_FOLLOWING,
    AST_BOUND_UNBOUNDED_FOLLOWING,
} AstFrameBoundKind;

typedef struct AstFrameBound {
    AstFrameBoundKind kind;
    AstExpr *offset; /* PRECEDING and FOLLOWING only. */
    Span span;
} AstFrameBound;

typedef struct AstWindowFrame {
    AstFrameUnit unit;
    AstFrameBound start;
    AstFrameBound end; /* CURRENT ROW when not written. */
    bool has_end;
    Span span;
} AstWindowFrame;

struct AstWindowSpec {
    Span span;
    Ident name; /* OVER w, OVER (w); text empty for a definition, and then all below holds. */
    AstExprList partition_by;
    AstSortList order_by;
    AstWindowFrame *frame; /* Optional. */
};

typedef struct AstNamedWindow {
    Ident name;
    AstWindowSpec *spec;
} AstNamedWindow;

typedef struct AstNamedWindowList {
    AstNamedWindow *items;
    size_t count;
} AstNamedWindowList;

/* ── queries ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct AstCte {
    Ident name;
    IdentList columns;
    AstQuery *query;
    AstExpr *recursion_max; /* Optional: MAX RECURSION LEVEL n. */
    Span span;
} AstCte;

/* WITH ctes body ORDER BY ... LIMIT ... */
struct AstQuery {
    Span span;
    bool recursive; /* WITH RECURSIVE */
    AstCte *ctes;
    size_t cte_count;
    AstQueryBody *body;
    AstSortList order_by;
    AstExprList cluster_by;
    AstExprList distribute_by;
    AstSortList sort_by;
    AstNamedWindowList windows; /* WINDOW behind ORDER BY. */
    AstExpr *limit;             /* Optional; NULL also for LIMIT ALL. */
    AstExpr *offset;            /* Optional. */
};

typedef enum AstQueryBodyKind {
    AST_BODY_SELECT,
    AST_BODY_SET_OPERATION,
    AST_BODY_VALUES,
    AST_BODY_TABLE, /* TABLE t */
    AST_BODY_QUERY, /* ( query ) */
    AST_BODY_PIPE,  /* input |> operator */
} AstQueryBodyKind;

typedef struct AstHint {
    Ident name;
    AstExprList args;
} AstHint;

/* GROUP BY's elements nest: GROUPING SETS (ROLLUP (a, b), (c)). */
typedef enum AstGroupElementKind {
    AST_GROUP_EXPR,          /* expr: not inside the three below */
    AST_GROUP_SET,           /* (a, b), (), and a for (a): only inside them */
    AST_GROUP_ROLLUP,        /* ROLLUP (elements) */
    AST_GROUP_CUBE,          /* CUBE (elements) */
    AST_GROUP_GROUPING_SETS, /* GROUPING SETS (elements) */
} AstGroupElementKind;

struct AstGroupElement {
    AstGroupElementKind kind;
    Span span;
    AstExpr *expr;   /* EXPR */
    Ident alias;     /* EXPR in |> AGGREGATE ... GROUP BY expr AS alias; text empty else. */
    AstExprList set; /* SET */
    AstGroupElement *elements; /* ROLLUP, CUBE, GROUPING_SETS */
    size_t element_count;
};

/* GROUP BY elements; GROUP BY a, b WITH ROLLUP; GROUP BY a, b GROUPING SETS ((a), (b)). */
typedef struct AstGroupBy {
    bool present;
    bool all; /* GROUP BY ALL: one element, the column `ALL`. */
    bool with_rollup;
    bool with_cube;
    Span span;
    AstGroupElement *elements;
    size_t element_count;
    AstGroupElement *grouping_sets; /* Optional: the old form's sets, an AST_GROUP_GROUPING_SETS. */
} AstGroupBy;

typedef struct AstSelect {
    AstSetQuantifier quantifier;
    AstHint *hints;
    size_t hint_count;
    AstNamedExprList items;
    AstRelation *from; /* Optional. Holds LATERAL VIEWs and PIVOTs as well. */
    AstExpr *where;    /* Optional. */
    AstGroupBy group_by;
    AstExpr *having; /* Optional. */
    AstNamedWindowList windows;
} AstSelect;

typedef enum AstSetOperator {
    AST_SET_UNION,
    AST_SET_INTERSECT,
    AST_SET_EXCEPT /* also MINUS */
} AstSetOperator;

typedef struct AstColumnAssignment {
    QualifiedName column;
    AstExpr *value;
} AstColumnAssignment;

typedef struct AstAssignmentList {
    AstColumnAssignment *items;
    size_t count;
} AstAssignmentList;

typedef enum AstPipeKind {
    AST_PIPE_SELECT, /* select: no FROM; input is what is piped. WINDOW clause in select.windows. */
    AST_PIPE_EXTEND, /* items */
    AST_PIPE_SET,    /* assignments */
    AST_PIPE_DROP,   /* names */
    AST_PIPE_AS,     /* names (one) */
    AST_PIPE_WHERE,  /* condition */
    AST_PIPE_AGGREGATE,     /* items (maybe none), group_by (maybe absent) */
    AST_PIPE_RELATION,      /* relation: JOIN, PIVOT, UNPIVOT, TABLESAMPLE whose leftmost input is
                               AST_RELATION_INPUT */
    AST_PIPE_SET_OPERATION, /* set_operator, quantifier, right */
    AST_PIPE_ORGANIZE,      /* tail: ORDER BY, SORT BY, LIMIT, OFFSET ...; its body is NULL */
} AstPipeKind;

typedef struct AstPipeOp {
    AstPipeKind kind;
    Span span;
    AstSelect *select;
    AstNamedExprList items;
    AstAssignmentList assignments;
    IdentList names;
    AstExpr *condition;
    AstGroupBy group_by;
    AstRelation *relation;
    AstSetOperator set_operator;
    AstSetQuantifier quantifier;
    AstQueryBody *right;
    AstQuery *tail;
} AstPipeOp;

typedef struct AstRelationAlias {
    Ident name;        /* text empty when none. */
    IdentList columns; /* t (a, b) */
} AstRelationAlias;

struct AstQueryBody {
    AstQueryBodyKind kind;
    Span span;
    union {
        AstSelect *select;
        struct {
            AstSetOperator op;
            AstSetQuantifier quantifier;
            AstQueryBody *left;
            AstQueryBody *right;
        } set;
        struct {
            AstExprList rows; /* Each an AST_EXPR_ROW or a single value. */
            AstRelationAlias alias;
        } values;
        AstRelation *table; /* A AST_RELATION_TABLE. */
        AstQuery *query;
        struct {
            AstQueryBody *input;
            AstPipeOp *op;
        } pipe;
    };
};

/* ── relations: what stands in FROM ────────────────────────────────────────────────────────────*/

typedef enum AstRelationKind {
    AST_RELATION_TABLE,
    AST_RELATION_SUBQUERY,
    AST_RELATION_VALUES,
    AST_RELATION_FUNCTION,
    AST_RELATION_JOIN,
    AST_RELATION_PIVOT,
    AST_RELATION_UNPIVOT,
    AST_RELATION_LATERAL_VIEW,
    AST_RELATION_PAREN, /* ( relation ) with what may follow: alias, sample, watermark */
    AST_RELATION_INPUT, /* What stands left of |> */
} AstRelationKind;

typedef enum AstJoinKind {
    AST_JOIN_INNER,
    AST_JOIN_CROSS,
    AST_JOIN_COMMA, /* FROM a, b */
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT,
    AST_JOIN_FULL,
    AST_JOIN_SEMI,
    AST_JOIN_ANTI,
} AstJoinKind;

const char *join_kind_text(AstJoinKind kind); /* "LEFT OUTER JOIN" ... */

/* A property of OPTIONS, TBLPROPERTIES, WITH: 'key' = 'value'. */
typedef struct AstProperty {
    Str key; /* Parts joined by dots. */
    Span key_span;
    Str value; /* As text: strings unescaped, numbers and booleans as written. */
    Span value_span;
    bool has_value;
    AstExpr *expr; /* Optional: OPTIONS of CREATE TABLE take any expression; value is empty then. */
} AstProperty;

typedef struct AstPropertyList {
    AstProperty *items;
    size_t count;
    Span span;
} AstPropertyList;

/* The last property of that key (ASCII case ignored), or NULL. */
const AstProperty *property_find(const AstPropertyList *list, const char *key);

/* WATERMARK expr [AS name] DELAY OF interval */
typedef struct AstWatermark {
    Span span;
    AstNamedExpr column;
    AstExpr *delay; /* AST_EXPR_INTERVAL */
} AstWatermark;

typedef enum AstSampleKind {
    AST_SAMPLE_PERCENT,
    AST_SAMPLE_ROWS,
    AST_SAMPLE_BUCKET,
    AST_SAMPLE_BYTES
} AstSampleKind;

typedef struct AstTableSample {
    AstSampleKind kind;
    Span span;
    Str percent;    /* PERCENT: as written, with sign. */
    AstExpr *expr;  /* ROWS, BYTES */
    int64_t bucket; /* BUCKET bucket OUT OF bucket_count */
    int64_t bucket_count;
    bool has_seed;
    int64_t seed;
} AstTableSample;

/* [FOR] VERSION|TIMESTAMP|SYSTEM_VERSION|SYSTEM_TIME AS OF x */
typedef struct AstTemporalClause {
    Span span;
    bool is_version;
    AstExpr *value;
} AstTemporalClause;

typedef struct AstPivotValue {
    AstExpr *expr;
    Ident alias; /* text empty when none. */
} AstPivotValue;

typedef struct AstUnpivotItem {
    QualifiedNameList columns; /* One, or a set of as many as there are value columns. */
    Ident alias;               /* text empty when none. */
} AstUnpivotItem;

struct AstRelation {
    AstRelationKind kind;
    Span span;
    bool lateral; /* LATERAL stood before it. */
    AstRelationAlias alias;
    AstWatermark *watermark; /* Optional. */
    AstTableSample *sample;  /* Optional. */
    union {
        struct {
            QualifiedName name;
            bool stream;                 /* STREAM t, STREAM(t) */
            AstPropertyList options;     /* WITH (...) */
            AstTemporalClause *temporal; /* Optional. */
            Str identified_by;           /* STREAM t IDENTIFIED BY name; empty when not. */
        } table;
        AstQuery *query;  /* SUBQUERY */
        AstExprList rows; /* VALUES */
        struct {
            AstFunctionCall *call;
            bool stream;
            Str identified_by;
        } function;
        struct {
            AstJoinKind kind;
            bool natural;
            AstRelation *left;
            AstRelation *right;
            AstExpr *on; /* Optional. */
            IdentList using_columns;
        } join;
        struct {
            AstRelation *input;
            AstNamedExprList aggregates;
            IdentList columns;
            AstPivotValue *values; /* An AST_EXPR_ROW for several columns. */
            size_t value_count;
        } pivot;
        struct {
            AstRelation *input;
            bool include_nulls;
            bool nulls_given; /* INCLUDE NULLS or EXCLUDE NULLS was written. */
            IdentList value_columns;
            Ident name_column;
            AstUnpivotItem *items;
            size_t item_count;
        } unpivot;
        struct {
            AstRelation *input; /* NULL only when the SELECT has no FROM. */
            bool outer;
            AstFunctionCall *call; /* alias has the table's name and the columns. */
        } lateral_view;
        AstRelation *inner; /* PAREN */
    };
};

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

typedef enum AstStatementKind {
    AST_STATEMENT_QUERY,
    AST_STATEMENT_CREATE_TABLE, /* also streaming tables and materialized views */
    AST_STATEMENT_CREATE_FLOW,
    AST_STATEMENT_CREATE_VIEW,
    AST_STATEMENT_DROP,
    AST_STATEMENT_INSERT,
    AST_STATEMENT_MULTI_INSERT,
    AST_STATEMENT_DELETE,
    AST_STATEMENT_UPDATE,
    AST_STATEMENT_TRUNCATE,
    AST_STATEMENT_SET,
    AST_STATEMENT_RESET,
    AST_STATEMENT_SET_TIME_ZONE,
    AST_STATEMENT_DECLARE_VARIABLE,
    AST_STATEMENT_SET_VARIABLE,
    AST_STATEMENT_EXPLAIN,
    AST_STATEMENT_SHOW,
    AST_STATEMENT_DESCRIBE,
    AST_STATEMENT_USE,
    AST_STATEMENT_CACHE,
    AST_STATEMENT_UNCACHE,
    AST_STATEMENT_REFRESH,
    AST_STATEMENT_KIND_COUNT,
} AstStatementKind;

const char *statement_kind_name(AstStatementKind kind); /* "CREATE TABLE" ... */

typedef struct AstColumnDef {
    Ident name;
    AstTypeName *type; /* Optional: a view's and a streaming table's columns may have none. */
    bool not_null;
    AstExpr *default_value; /* Optional. */
    AstExpr *generated;     /* Optional: GENERATED ALWAYS AS (expr). */
    bool has_comment;
    Str comment;
    Span span;
} AstColumnDef;

typedef struct AstColumnDefList {
    AstColumnDef *items;
    size_t count;
} AstColumnDefList;

typedef enum AstConstraintKind {
    AST_CONSTRAINT_CHECK,
    AST_CONSTRAINT_PRIMARY_KEY,
    AST_CONSTRAINT_UNIQUE,
    AST_CONSTRAINT_FOREIGN_KEY,
} AstConstraintKind;

typedef struct AstTableConstraint {
    AstConstraintKind kind;
    Ident name;               /* text empty when none was given. */
    AstExpr *check;           /* CHECK (expr) */
    Span check_text;          /* CHECK: the condition as written. */
    IdentList columns;        /* PRIMARY KEY, UNIQUE, FOREIGN KEY; a column's own: that column. */
    QualifiedName references; /* FOREIGN KEY */
    IdentList reference_columns;
    Span span;
} AstTableConstraint;

typedef struct AstTableConstraintList {
    AstTableConstraint *items;
    size_t count;
} AstTableConstraintList;

/* PARTITIONED BY (a, bucket(4, b), c INT) */
typedef struct AstPartitionField {
    AstExpr *
        expr; /* AST_EXPR_COLUMN, or AST_EXPR_CALL of a transform; NULL for a column with a type. */
    AstColumnDef *column; /* Optional. */
    Span span;
} AstPartitionField;

typedef enum AstTableKind {
    AST_TABLE_PLAIN,
    AST_TABLE_STREAMING,
    AST_TABLE_MATERIALIZED_VIEW,
} AstTableKind;

typedef struct AstCreateTable {
    AstTableKind kind;
    bool or_replace;
    bool replace_only; /* REPLACE TABLE */
    bool if_not_exists;
    bool temporary;
    bool external;
    QualifiedName name;
    AstColumnDefList columns;
    AstTableConstraintList constraints;
    QualifiedName provider; /* USING: count 0 when none. */
    AstPropertyList options;
    AstPropertyList properties; /* TBLPROPERTIES */
    AstPartitionField *partitioned_by;
    size_t partitioned_by_count;
    QualifiedNameList cluster_by;
    bool has_location;
    Str location;
    bool has_comment;
    Str comment;
    Str default_collation; /* Empty when none. */
    QualifiedName like;    /* CREATE TABLE t LIKE s: count 0 when not. */
    AstQuery *query;       /* Optional: AS query. */
} AstCreateTable;

typedef struct AstCreateView {
    bool or_replace;
    bool global;
    bool temporary;
    bool if_not_exists;
    QualifiedName name;
    AstColumnDefList columns; /* Names and comments; types only with USING. */
    bool has_comment;
    Str comment;
    AstPropertyList properties;
    QualifiedName provider; /* CREATE TEMPORARY VIEW v USING p OPTIONS (...): then no query. */
    AstPropertyList options;
    AstQuery *query; /* Optional: NULL with a provider. */
    Span query_text; /* The query as written. */
} AstCreateView;

typedef struct AstInsert {
    Span span;
    bool overwrite;
    QualifiedName table;
    AstProperty *partition; /* PARTITION (a = 1, b): `expr` is the value, if any. */
    size_t partition_count;
    bool if_not_exists;
    bool by_name;
    IdentList columns;
    AstExpr *replace_where; /* Optional: INSERT INTO t REPLACE WHERE cond. */
    AstQuery *query;
} AstInsert;

typedef struct AstCreateFlow {
    QualifiedName name;
    bool has_comment;
    Str comment;
    AstInsert *insert;
} AstCreateFlow;

/* FROM relation INSERT INTO a SELECT ... INSERT INTO b SELECT ...: the selects share one `from`. */
typedef struct AstMultiInsert {
    AstInsert *inserts;
    size_t count;
} AstMultiInsert;

typedef enum AstObjectKind {
    AST_OBJECT_TABLE,
    AST_OBJECT_VIEW,
    AST_OBJECT_MATERIALIZED_VIEW,
    AST_OBJECT_FLOW,
    AST_OBJECT_SCHEMA,
    AST_OBJECT_FUNCTION,
    AST_OBJECT_VARIABLE,
    AST_OBJECT_CATALOG,
    AST_OBJECT_QUERY, /* DESCRIBE QUERY */
} AstObjectKind;

typedef struct AstDrop {
    AstObjectKind object;
    bool temporary;
    bool if_exists;
    bool purge;
    bool cascade;
    QualifiedName name;
} AstDrop;

typedef struct AstSetSetting {
    Str key;   /* Empty for plain SET. */
    Str value; /* Raw text, trimmed, comments left out; backquotes around all of it removed. */
    Span key_span;
    Span value_span;
    bool has_value; /* false: SET key shows it. */
    bool verbose;   /* SET -v */
} AstSetSetting;

typedef enum AstShowKind {
    AST_SHOW_TABLES,
    AST_SHOW_TABLE_EXTENDED,
    AST_SHOW_VIEWS,
    AST_SHOW_COLUMNS,
    AST_SHOW_FUNCTIONS,
    AST_SHOW_SCHEMAS,
    AST_SHOW_CATALOGS,
    AST_SHOW_CURRENT_SCHEMA,
    AST_SHOW_TBLPROPERTIES,
    AST_SHOW_CREATE_TABLE,
    AST_SHOW_PARTITIONS,
} AstShowKind;

typedef struct AstShow {
    AstShowKind kind;
    QualifiedName name; /* The table, where there is one. */
    QualifiedName in;   /* FROM|IN schema: count 0 when none. */
    bool has_pattern;
    Str pattern; /* LIKE 'pattern' */
    Str scope;   /* SHOW USER|SYSTEM|ALL FUNCTIONS; empty when none. */
    Str key;     /* SHOW TBLPROPERTIES t (key); empty when none. */
} AstShow;

typedef struct AstDescribe {
    AstObjectKind object; /* AST_OBJECT_TABLE, QUERY, FUNCTION, SCHEMA, CATALOG */
    bool extended;
    bool as_json;
    QualifiedName name;
    QualifiedName column; /* DESCRIBE t c: count 0 when none. */
    AstQuery *query;      /* QUERY */
} AstDescribe;

typedef enum AstExplainMode {
    AST_EXPLAIN_PLAIN,
    AST_EXPLAIN_LOGICAL,
    AST_EXPLAIN_FORMATTED,
    AST_EXPLAIN_EXTENDED,
    AST_EXPLAIN_CODEGEN,
    AST_EXPLAIN_COST,
} AstExplainMode;

struct AstStatement {
    AstStatementKind kind;
    Span span;                /* Without the semicolon. */
    uint32_t parameter_count; /* Of ? markers. */
    union {
        AstQuery *query;
        AstCreateTable *create_table;
        AstCreateView *create_view;
        AstCreateFlow *create_flow;
        AstInsert *insert;
        AstMultiInsert *multi_insert;
        AstDrop *drop;
        struct {
            QualifiedName table;
            AstRelationAlias alias;
            AstExpr *where; /* Optional. */
        } delete_from;
        struct {
            QualifiedName table;
            AstRelationAlias alias;
            AstAssignmentList assignments;
            AstExpr *where; /* Optional. */
        } update;
        QualifiedName table; /* TRUNCATE, UNCACHE, REFRESH */
        AstSetSetting set;
        struct {
            Str key; /* Empty: all. */
            Span key_span;
        } reset;
        struct {
            bool local;
            Str zone;          /* A string, when neither LOCAL nor an interval. */
            AstExpr *interval; /* Optional. */
            Span zone_span;
        } time_zone;
        struct {
            bool or_replace;
            QualifiedNameList names;
            AstTypeName *type;      /* Optional. */
            AstExpr *default_value; /* Optional. */
        } declare_variable;
        struct {
            AstAssignmentList assignments; /* SET VAR a = 1, b = 2 */
            QualifiedNameList names;       /* SET VAR (a, b) = (query) */
            AstQuery *query;               /* Optional. */
        } set_variable;
        struct {
            AstExplainMode mode;
            AstStatement *statement;
        } explain;
        AstShow *show;
        AstDescribe *describe;
        struct {
            AstObjectKind object; /* AST_OBJECT_SCHEMA or AST_OBJECT_CATALOG */
            QualifiedName name;
        } use;
        struct {
            bool lazy;
            QualifiedName table;
            AstPropertyList options;
            AstQuery *query; /* Optional. */
        } cache;
    };
};

typedef struct AstStatementList {
    AstStatement **items;
    size_t count;
    size_t capacity;
} AstStatementList;

#endif
