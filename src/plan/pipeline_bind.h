/*
 * pipeline_bind.h: what pipeline_spec.c (statements) and pipeline_plan.c (plans) share.
 */
#ifndef WEIR_PLAN_PIPELINE_BIND_H
#define WEIR_PLAN_PIPELINE_BIND_H

#include "plan/bind.h"
#include "plan/pipeline_spec.h"

/* A flow or a materialized view, between binding and planning. */
typedef struct Draft {
    bool is_view;
    Str name;
    TableDef *table;
    PlanContext *plan;
    Logical *root;       /* Its columns are the table's, in order. */
    const TableRead *reads;
    size_t read_count;
    OutputMode mode;
    Span span;
    Span query_span;
} Draft;

/* A SET of the file. */
typedef struct FileSetting {
    Str key;
    Span span;
} FileSetting;

typedef struct PipelineBinder {
    Arena *arena;
    PipelineSpec *spec;
    const PipelineInput *input;
    DiagnosticList *diagnostics;
    VEC(TableDef *) tables;
    VEC(Draft) drafts;
    VEC(Str) references; /* The settings that stand as ${key} somewhere. */
    VEC(FileSetting) file_settings;
} PipelineBinder;

/* Edges, cycles, sources, the plans of all drafts. False: refused and told. */
bool pipeline_plan(PipelineBinder *p);
/* Names what Spark's streaming cannot do, or does otherwise, as warnings (spark_check.c). */
void pipeline_warn_spark(PipelineBinder *p, const Draft *draft);

#endif
