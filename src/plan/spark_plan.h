/*
 * spark_plan.h: a pipeline as JSON, for engines other than weir's: what spark/weir_spark reads.
 */
#ifndef WEIR_PLAN_SPARK_PLAN_H
#define WEIR_PLAN_SPARK_PLAN_H

#include "plan/pipeline_spec.h"

/* Tables with their columns, options and constraints; flows and views with their queries as written
 * (`${key}` replaced) and their places in the file; the settings that hold. */
void spark_plan_json(const PipelineSpec *spec, StrBuf *out);

/* A query of the file as written, `${key}` replaced. */
Str spark_query_text(const PipelineSpec *spec, Span span);

#endif
