/*
 * pipeline_spec.h: a pipeline file, checked and planned: what `weir run` runs.
 *
 * pipeline_spec_bind reads the whole text, statement by statement, and tells of everything that is
 * wrong in it at once. What it returns is read-only; it and all it points to live in the arena given.
 *
 *     SourceSpec   what is read of one table as a stream: which columns, by whom, which constraints
 *     FlowSpec     one continuous query and its target
 *     ViewSpec     one materialized view: a batch query and when it runs
 *
 * How rows get their types: a streaming SCAN's columns have the types of its SourceSpec's columns
 * (STRUCTs pruned to the fields that any flow reads), so one decoding serves all flows.
 */
#ifndef WEIR_PLAN_PIPELINE_SPEC_H
#define WEIR_PLAN_PIPELINE_SPEC_H

#include "plan/catalog.h"
#include "plan/physical.h"
#include "plan/setting.h"
#include "sql/diagnostic.h"

/* A table that flows read as a stream. */
typedef struct SourceSpec {
    const TableDef *table;
    /* What any flow or constraint needs: columns of the table, in its order, ... */
    const uint32_t *columns;
    uint32_t column_count;
    /* ... with types pruned to the STRUCT fields used: the decoder's schema. */
    Schema schema;
    /* The table's constraints over exactly these columns (in the constraints' order; NOT NULL of a
     * column is its own flag in `not_null`). */
    const Constraint *constraints;  /* not_null_column and condition count in `columns` */
    uint32_t constraint_count;
    int64_t idle_timeout_us;
} SourceSpec;

typedef struct FlowSpec {
    Str name;                  /* The target's name, or the flow's own (CREATE FLOW). Unique. */
    const TableDef *target;
    Node *plan;                /* Its output columns are the target's schema: order, names, types. */
    uint32_t node_count;
    /* All SCANs of the plan, by source_i: streaming ones (index of a SourceSpec in `source`, else
     * UINT32_MAX) and tables read as of the epoch's start. */
    Node **scans;
    uint32_t *scan_source;
    uint32_t scan_count;
    OutputMode output_mode;
    bool on_error_fail;        /* 'on_error' = 'fail': a row error stops the run. */
    Str state_plan;            /* What its state rests on (state_plan.c); empty: it keeps none. */
    Span span;
    Span query_span;           /* Its SELECT, as written. */
} FlowSpec;

typedef struct ViewSpec {
    const TableDef *table;
    Node *plan;
    Node **scans;              /* By source_i. */
    uint32_t scan_count;
    uint32_t node_count;
    const TableDef **reads;    /* Tables it is rebuilt after, when it has no schedule of its own. */
    uint32_t read_count;
    Str schedule;              /* data == NULL: after what it reads. */
    Str time_zone;             /* Of the schedule; the session's when not given. */
    Span query_span;           /* Its SELECT, as written. */
} ViewSpec;

/* "Table `to` is fed from table `from`" by the flow or view of that name. */
typedef struct PipelineEdge {
    const TableDef *from;
    const TableDef *to;
    Str by;
    bool streaming;
} PipelineEdge;

typedef struct PipelineSpec {
    Arena *arena;
    const char *file_name;
    Str text;
    Settings settings;
    SqlContext sql;             /* zone, ansi; now_us is the runner's to set in a copy. */
    Catalog *catalog;
    TableDef **tables;          /* In the order of the file; system tables behind their owner. */
    uint32_t table_count;
    SourceSpec *sources;
    uint32_t source_count;
    FlowSpec *flows;
    uint32_t flow_count;
    ViewSpec *views;            /* In dependency order: each behind all it reads. */
    uint32_t view_count;
    PipelineEdge *edges;
    uint32_t edge_count;
} PipelineSpec;

/* Files in the place of what a CREATE TABLE reads: the same finite rows for two engines. */
typedef struct ReplacedSource {
    Str table;
    Provider provider; /* PROVIDER_JSON or PROVIDER_CSV */
    Str path;
} ReplacedSource;

/* One file, two engines: which flows and views are planned. */
typedef enum PipelinePart {
    PART_WHOLE,
    PART_COLLECTING, /* Flows that collect from outside into topics: weir's, whatever processes the rest. */
    PART_CLUSTER,    /* All else, and all views: Spark's. */
} PipelinePart;

typedef struct PipelineInput {
    const char *file_name;         /* As shown in messages. */
    Str text;                      /* Borrowed for as long as the spec lives. */
    const Settings *settings;      /* The layers above the file's own; copied. NULL: none. */
    bool engine_spark;             /* Also warn of what Spark's streaming cannot do. */
    const ReplacedSource *replaced;
    uint32_t replaced_count;
    /* Tables USING json|csv are written here, not where they say, and those that name a server of their
     * own into the data directory; NULL: there. */
    const char *file_target_dir;
    bool keep_late;                /* As if each streaming table had 'late_table' = 'true'. */
    bool append_only;              /* As if each said 'output_mode' = 'append' (spark_sdp.c). */
    PipelinePart part;
} PipelineInput;

/* NULL when there are errors; warnings may be in `diagnostics` all the same. */
PipelineSpec *pipeline_spec_bind(Arena *arena, const PipelineInput *input,
                                 DiagnosticList *diagnostics);

const FlowSpec *pipeline_spec_flow(const PipelineSpec *spec, Str name);
const ViewSpec *pipeline_spec_view(const PipelineSpec *spec, Str name);

/* What the state of a flow rests on, a line a node; empty: it keeps none (state_plan.c). */
Str plan_state_text(Arena *arena, const Node *root, const SqlContext *sql);

/* The plan of every flow and view, as text (explain.c). */
void pipeline_spec_explain(const PipelineSpec *spec, StrBuf *out);

typedef enum GraphFormat { GRAPH_TEXT, GRAPH_JSON, GRAPH_MERMAID, GRAPH_DOT } GraphFormat;
bool graph_format_find(Str name, GraphFormat *out);
/* Tables and what feeds them (graph.c). */
void pipeline_spec_graph(const PipelineSpec *spec, GraphFormat format, StrBuf *out);

#endif
