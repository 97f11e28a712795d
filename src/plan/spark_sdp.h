/*
 * spark_sdp.h: a pipeline as a project of Spark Declarative Pipelines: `weir export spark --sdp`.
 *
 *     spark-pipeline.yml           name, storage, settings of the session
 *     transformations/sources.py   sources as temporary views; topics that are written, as sinks
 *     transformations/tables.sql   views, streaming tables, flows, materialized views: the file's own queries
 *     NOT_EXPRESSED.md             what such a project cannot say of this pipeline
 *
 * Such projects append only and run when they are told to. The spec must be bound with `append_only`, which
 * refuses what has no final rows.
 */
#ifndef WEIR_PLAN_SPARK_SDP_H
#define WEIR_PLAN_SPARK_SDP_H

#include "plan/pipeline_spec.h"

typedef struct SdpProject {
    StrBuf spec;
    StrBuf sources;
    StrBuf tables;
    StrBuf not_expressed; /* Markdown, an item a line. */
    uint32_t not_expressed_count;
} SdpProject;

/* `storage`: an absolute folder, for the tables' progress. `done` frees it. */
void spark_sdp_make(const PipelineSpec *spec, const char *storage, SdpProject *out);
void spark_sdp_done(SdpProject *project);

#endif
