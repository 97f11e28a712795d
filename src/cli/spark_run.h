/*
 * spark_run.h: weir run --engine spark: the pipeline handed to spark-submit, watched, stopped.
 */
#ifndef WEIR_CLI_SPARK_RUN_H
#define WEIR_CLI_SPARK_RUN_H

#include "cli/options.h"
#include "plan/pipeline_spec.h"

/* Plan, runner, checkpoints and tables without a connection are kept in DATA_DIR/spark. The exit status. */
int spark_run(const Options *options, PipelineSpec *spec, const char *data_dir, bool once, bool quiet);

#endif
