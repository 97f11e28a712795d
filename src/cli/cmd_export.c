/*
 * cmd_export.c: weir export spark FILE --out DIR: what another engine needs to run the file.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/load.h"
#include "cli/spark.h"

static bool export_operands(Options *options, const char **file, int *status)
{
    if (options->operands.count == 0) {
        *status = usage_error(options, "say for which engine: weir export spark FILE --out DIR");
        return false;
    }
    if (strcmp(options->operands.items[0], "spark") != 0) {
        *status = usage_error(options, "there is no engine '%s' to export for; there is: spark",
                              options->operands.items[0]);
        return false;
    }
    if (options->operands.count != 2) {
        *status = options->operands.count < 2
                      ? usage_error(options, "the pipeline FILE is missing")
                      : usage_error(options, "'%s' is one too many", options->operands.items[2]);
        return false;
    }
    *file = options->operands.items[1];
    return true;
}

int cmd_export(int argc, char **argv)
{
    const char *dir = NULL;
    const Option own[] = {
        {"out", "DIR", "the folder to write (made when missing)", &dir, NULL},
        {0},
    };
    Options options = {
        .command = "export",
        .synopsis = "weir export spark FILE --out DIR",
        .about = "Writes what Apache Spark needs to run the pipeline without weir: the plan as JSON\n"
                 "and the runner. Then: spark-submit DIR/run.py run\n"
                 "The plan holds the settings that are in force, passwords among them: its file is\n"
                 "for your eyes alone.\n",
        .options = own,
    };
    const char *file;
    PipelineSpec *spec;
    int status = EXIT_INPUT;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) || !export_operands(&options, &file, &status))
        goto done;
    if (!dir) {
        status = usage_error(&options, "--out DIR is missing");
        goto done;
    }
    spec = load_pipeline(&options, &arena, file, true);
    if (!spec)
        goto done;
    if (!spark_export(spec, dir, &err)) {
        status = tell_error(&options, &err);
        goto done;
    }
    printf("%s/run.py, plan.json and the runner are written; run it with\n"
           "  spark-submit %s/run.py run\n",
           dir, dir);
    status = EXIT_DONE;
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}
