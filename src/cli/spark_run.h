/*
 * spark_run.h: weir run --engine spark: the pipeline handed to spark-submit, watched, stopped.
 *
 *     outside ── flows that collect, in weir ──> topics in Kafka ── all other flows, in Spark ──> tables
 */
#ifndef WEIR_CLI_SPARK_RUN_H
#define WEIR_CLI_SPARK_RUN_H

#include "cli/options.h"
#include "pipeline/run.h"

typedef struct SparkParts {
    PipelineSpec *collecting; /* PART_COLLECTING; may have no flows. */
    PipelineSpec *cluster;    /* PART_CLUSTER */
    RunOptions here;          /* For the part that collects. */
} SparkParts;

/* Plan, runner, checkpoints and tables without a connection are kept in DATA_DIR/spark. The exit status. */
int spark_run(const Options *options, const SparkParts *parts, bool once, bool quiet);

#endif
