/*
 * physical.h: what is run: a tree of nodes, each the read-only description of one operator.
 *
 * The planner (physical.c) makes it from the logical plan; op/ runs it: op_create(node) is the one
 * place that turns a node into a running operator, and every worker makes its own operators from the
 * same nodes. Expressions are compiled Programs over the input's columns.
 *
 * A node's `schema` names its output columns. `input` 0 is the left or only input. Node ids are
 * dense, from 0 upwards, and stable for an unchanged flow: state in checkpoints is found by
 * (flow name, node id).
 */
#ifndef WEIR_PLAN_PHYSICAL_H
#define WEIR_PLAN_PHYSICAL_H

#include "expr/aggregate.h"
#include "expr/eval.h"
#include "store/store.h"

typedef struct TableDef TableDef; /* plan/catalog.h */
typedef struct Node Node;

typedef enum NodeKind {
    NODE_SCAN,      /* Rows of a table: leaf. */
    NODE_VALUES,    /* Rows written in the query, or range(...): leaf. */
    NODE_FILTER,
    NODE_PROJECT,
    NODE_WATERMARK, /* Computes each row's partition watermark; sends watermarks down. */
    NODE_ASSIGN,    /* Event-time windows: one output row a (row, window), late ones aside. */
    NODE_AGGREGATE, /* Grouping; also DISTINCT; also sessions. */
    NODE_JOIN,
    NODE_UNION,     /* UNION ALL. */
    NODE_SORT,      /* Whole input (batch), with an optional limit: top-N. */
    NODE_LIMIT,
    NODE_WINDOW,    /* fn() OVER (...) */
    NODE_GENERATE,  /* explode and the like; LATERAL VIEW. */
    NODE_EXCHANGE,  /* To the worker that owns the key; or all to worker 0. */
    NODE_RECURSE,   /* WITH RECURSIVE: a leaf, whose rows the pipeline makes by running its inputs. */
    NODE_WORKING,   /* In the step of a RECURSE: the rows of the last round: leaf. */
    NODE_KIND_COUNT
} NodeKind;

typedef struct ScanNode {
    const TableDef *table;
    uint32_t source_i;          /* Number of this scan within the pipeline. */
    const uint32_t *columns;    /* Which of the table's columns, in output order. */
    uint32_t column_count;
    bool streaming;
    const StoreFilter *filters; /* Pushed down: what a store may decide; rows for which one of them
                                   does not hold may be left out (a FILTER stands above). */
    uint32_t filter_count;
} ScanNode;

/* count numbers from `start`, `step` apart. */
typedef struct NumberRange {
    int64_t start, step;
    uint64_t count;
} NumberRange;

typedef struct ValuesNode {
    const Batch *rows; /* In the plan arena; may have 0 columns. NULL: the numbers of a range. */
    NumberRange range;
} ValuesNode;

typedef struct FilterNode {
    const Program *condition; /* One BOOLEAN output. */
} FilterNode;

typedef struct ProjectNode {
    const Program *exprs; /* One output a column. */
} ProjectNode;

typedef struct WatermarkNode {
    uint32_t time_column; /* TIMESTAMP */
    int64_t delay_us;
} WatermarkNode;

/* Output: the input's columns, then one column `window` STRUCT<start, end> (TIMESTAMPs). */
typedef struct AssignNode {
    const Program *time; /* One TIMESTAMP output. A NULL gives no row. */
    int64_t size_us, slide_us, offset_us;
    bool streaming;      /* Judge lateness by batch->watermark_us. */
    /* SESSION: size_us is the gap when gap_expr is NULL; end = time + gap. The aggregate merges. */
    bool session;
    const Program *gap; /* Session gap as INTERVAL_DT per row, or NULL. */
} AssignNode;

typedef enum EmitMode {
    EMIT_AT_END,    /* Batch: once, when the input has ended. */
    EMIT_CHANGED,   /* Update mode: at every barrier the groups changed since the last. */
    EMIT_FINAL,     /* Append mode: each group once, when the watermark has closed it. */
} EmitMode;

typedef struct AggregateItem {
    const Expr *call;           /* EXPR_AGGREGATE: fn, type, data. Its args are described here: */
    const uint32_t *arg_columns;/* Input columns. */
    uint32_t arg_count;
    int32_t filter_column;      /* BOOLEAN input column, or -1. */
    bool distinct;
    const uint32_t *order_columns; /* Rows of a group are taken in this order; 0: any. */
    const SortKey *order_keys;
    uint32_t order_count;
} AggregateItem;

/* Output: key columns, then one column an item. The input has been projected so that keys and
 * arguments are plain columns. No keys: one group, and a row even over no input (batch). */
typedef struct AggregateNode {
    const uint32_t *key_columns;
    uint32_t key_count;
    const AggregateItem *items;
    uint32_t item_count;
    EmitMode emit;
    /* Index into the keys of the event-time key that closes groups, or -1. A STRUCT<start,end> closes
     * when end <= watermark, a TIMESTAMP when it is <= watermark. */
    int32_t time_key;
    bool session;     /* time_key is a session window: overlapping ones of equal other keys merge. */
    bool global_row;  /* No keys: emit a row for an empty input. */
} AggregateNode;

typedef enum JoinKind {
    JOIN_INNER,
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_SEMI, /* Left rows with a match. */
    JOIN_ANTI, /* Left rows without one. */
    JOIN_CROSS,
    JOIN_LEFT_MARK, /* Left rows + a BOOLEAN: IN/EXISTS as a value. */
    JOIN_LEFT_SINGLE, /* Scalar subquery: at most one match, else SCALAR_SUBQUERY_TOO_MANY_ROWS. */
} JoinKind;

/* Output: left columns, then right columns (SEMI, ANTI: left alone; MARK: left, then the mark). */
typedef struct JoinNode {
    JoinKind kind;
    const uint32_t *left_keys;  /* Equal columns, after coercion to the same types. */
    const uint32_t *right_keys;
    uint32_t key_count;         /* 0: nested loop. */
    bool null_safe;             /* Keys compare with <=>: NULL equals NULL. */
    const Program *condition;   /* Rest of ON: over left columns then right columns; or NULL. */
    bool mark_null_aware;       /* LEFT_MARK, ANTI for NOT IN: NULL semantics of IN. */
    /* Which inputs are streams. Both: stream-stream join, kept in state. Left or right alone: the
     * other is a table, read as of the epoch's start. None: batch. */
    bool left_streaming, right_streaming;
    /* Stream-stream time bounds: right.time - left.time in [low, high]; or equal windows. */
    int32_t left_time_column, right_time_column; /* -1: none */
    bool has_bounds;
    int64_t low_us, high_us;
} JoinNode;

typedef struct SortNode {
    const uint32_t *columns;
    const SortKey *keys;
    uint32_t key_count;
    int64_t limit;  /* -1: all */
    int64_t offset;
    /* Streaming: the input's event-time column, by which the first sort key orders: rows leave once
     * the watermark has closed theirs. -1 in batch. */
    int32_t time_key;
} SortNode;

typedef struct LimitNode {
    int64_t limit; /* -1: all */
    int64_t offset;
} LimitNode;

typedef enum FrameBoundKind {
    FRAME_UNBOUNDED_PRECEDING,
    FRAME_PRECEDING,
    FRAME_CURRENT_ROW,
    FRAME_FOLLOWING,
    FRAME_UNBOUNDED_FOLLOWING,
} FrameBoundKind;

typedef struct FrameBound {
    FrameBoundKind kind;
    const Vector *value; /* PRECEDING, FOLLOWING: a constant: rows, or a value of the order type. */
} FrameBound;

typedef struct WindowItem {
    const Expr *call; /* EXPR_WINDOW: fn (window or aggregate), type, data, ignore_nulls */
    const uint32_t *arg_columns;
    uint32_t arg_count;
    int32_t filter_column;
    bool rows; /* ROWS, else RANGE. */
    FrameBound from, to;
    const uint32_t *within_columns; /* WITHIN GROUP: in which order a partition's rows are taken, */
    const SortKey *within_keys;     /* whose frame is then the whole partition. */
    uint32_t within_count;
} WindowItem;

/* Output: the input's columns, then one column an item. All items share partition and order. */
typedef struct WindowNode {
    const uint32_t *partition_columns;
    uint32_t partition_count;
    const uint32_t *order_columns;
    const SortKey *order_keys;
    uint32_t order_count;
    const WindowItem *items;
    uint32_t item_count;
    /* Streaming (top-N per window): the event-time column among the partition columns, by which a
     * partition is final; -1 in batch. */
    int32_t time_column;
    int64_t rank_limit; /* A FILTER above keeps row_number/rank <= this: -1 none. */
    /* EMIT_CHANGED: the first rank_limit rows of each partition by row_number, kept up to date. */
    EmitMode emit;
} WindowNode;

/* Output: the input's columns listed in `keep`, then the generator's columns. */
typedef struct GenerateNode {
    const Expr *call;        /* The generator's call; args evaluated by `args`. */
    const Program *args;
    bool outer;              /* A row of NULLs where it generates none. */
    const uint32_t *keep;
    uint32_t keep_count;
} GenerateNode;

typedef struct ExchangeNode {
    const uint32_t *key_columns; /* Rows of equal keys go to one worker; */
    uint32_t key_count;          /* 0: all rows to worker 0. */
} ExchangeNode;

enum { RECURSION_LEVELS_DEFAULT = 100, RECURSION_ROWS_MAX = 1000000 };

/* Inputs: the anchor; the step, over WORKING leaves of this number. */
typedef struct RecurseNode {
    uint32_t number;
    int64_t level_limit; /* Rounds; -1: any. */
    int64_t limit;       /* Rows that are needed; -1: all, of which there may be RECURSION_ROWS_MAX. */
} RecurseNode;

typedef struct WorkingNode {
    uint32_t number;
} WorkingNode;

struct Node {
    NodeKind kind;
    uint32_t id;
    Schema schema;
    Node *inputs[2];       /* UNION: see union_inputs. */
    Node **union_inputs;
    uint32_t input_count;
    Span span;             /* Of the clause it stems from. */
    const char *detail;    /* What it does, in words, for EXPLAIN; or NULL. */
    union {
        ScanNode scan;
        ValuesNode values;
        FilterNode filter;
        ProjectNode project;
        WatermarkNode watermark;
        AssignNode assign;
        AggregateNode aggregate;
        JoinNode join;
        SortNode sort;
        LimitNode limit;
        WindowNode window;
        GenerateNode generate;
        ExchangeNode exchange;
        RecurseNode recurse;
        WorkingNode working;
    } as;
};

static inline Node *node_input(const Node *node, uint32_t i)
{
    return node->kind == NODE_UNION ? node->union_inputs[i] : node->inputs[i];
}

const char *node_kind_name(NodeKind kind);
void node_print(StrBuf *out, const Node *root); /* A tree, for EXPLAIN. */

#endif
