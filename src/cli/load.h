/*
 * load.h: a pipeline file and its settings, from the arguments of a command.
 */
#ifndef WEIR_CLI_LOAD_H
#define WEIR_CLI_LOAD_H

#include "cli/options.h"
#include "plan/pipeline_spec.h"

enum { PIPELINE_BYTES_MAX = 16 << 20 };

/* --set, the environment and --config, as the layers above a file. False: told, EXIT_INPUT. */
bool load_settings(const Options *options, Arena *arena, Settings *out);
/* Reads, binds and tells what is wrong with it, on standard error. NULL: EXIT_INPUT. */
PipelineSpec *load_pipeline(const Options *options, Arena *arena, const char *file,
                            bool engine_spark);
/* The same for a caller with wishes of its own; `input` without name, text and settings. */
PipelineSpec *load_pipeline_input(const Options *options, Arena *arena, const char *file,
                                  PipelineInput input);
/* The one operand of a command that takes a file; false: told, *exit_status set. */
bool load_operand(const Options *options, const char *what, const char **out, int *exit_status);
/* Tells an error on standard error; the exit status that goes with its kind. */
int tell_error(const Options *options, const Error *err);
/* The same, of a run of `spec`: with the line and a caret where the error has a place in the file. */
int tell_run_error(const Options *options, const PipelineSpec *spec, const Error *err);
/* --data, the setting `data`, or ./weir-data. */
const char *load_data_dir(const Options *options);

#endif
