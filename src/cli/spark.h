/*
 * spark.h: Spark as weir's commands use it: where it is, the runner written out, a run of it.
 *
 * The runner is a small Python package (spark/weir_spark) which is part of the program, so that one
 * file is enough to have it. Spark itself is found by SPARK_HOME, else where script/spark puts it:
 * build-spark beside the folder of this program, or in the working directory (WEIR_SPARK_DIR).
 */
#ifndef WEIR_CLI_SPARK_H
#define WEIR_CLI_SPARK_H

#include "os/os.h"
#include "plan/pipeline_spec.h"

typedef struct EmbeddedFile {
    const char *name;
    const char *data;
    size_t bytes;
} EmbeddedFile;

extern const EmbeddedFile spark_runner_files[];

typedef struct SparkPlace {
    const char *submit; /* spark-submit */
    const char *home;   /* SPARK_HOME */
    const char *python; /* The interpreter for Spark's Python; NULL: Spark chooses. */
} SparkPlace;

/* False: what to do to have it. */
bool spark_find(Arena *arena, SparkPlace *out, Error *err);

/* DIR/plan.json, DIR/run.py, DIR/weir_spark/ and DIR/spark.conf (the settings that begin with `spark.`): what spark-submit
 * needs to run the pipeline. */
bool spark_export(const PipelineSpec *spec, const char *dir, Error *err);

/* spark-submit of what spark_export has written, with `arguments` (ended by NULL). */
bool spark_start(const SparkPlace *place, const PipelineSpec *spec, const char *dir,
                 const char *const *arguments, bool read_output, Arena *arena, OsProcess **out,
                 Error *err);

#endif
