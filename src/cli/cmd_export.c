/*
 * cmd_export.c: weir export spark FILE --out DIR: what another engine needs to run the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/load.h"
#include "cli/spark.h"
#include "plan/spark_sdp.h"

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

/* The folder as Spark's URIs want it. */
static bool full_path(Arena *arena, const char *dir, const char **out, Error *err)
{
    char *path = os_mkdir_all(dir, err) ? realpath(dir, NULL) : NULL;

    if (!path)
        return err->kind ? false : error_set_errno(err, errno, "%s", dir);
    *out = str_to_c(arena, str_of(path));
    free(path);
    return true;
}

static int export_sdp(const Options *options, Arena *arena, const char *file, const char *dir)
{
    static const char head[] =
        "# What this project does not say\n\nIt appends, and runs when it is told to (`spark-pipelines run`). Beside that:\n\n";
    PipelineSpec *spec = load_pipeline_input(
        options, arena, file, (PipelineInput){.part = PART_CLUSTER, .engine_spark = true, .append_only = true});
    SdpProject project;
    const char *full = NULL;
    StrBuf list;
    Error err = {0};
    bool ok;

    if (!spec)
        return EXIT_INPUT;
    if (!full_path(arena, dir, &full, &err))
        return tell_error(options, &err);
    spark_sdp_make(spec, arena_printf(arena, "%s/storage", full), &project);
    strbuf_init(&list);
    strbuf_printf(&list, "%s", head);
    strbuf_add_str(&list, strbuf_str(&project.not_expressed));
    ok = os_mkdir_all(arena_printf(arena, "%s/transformations", dir), &err) &&
         os_write_file(arena_printf(arena, "%s/spark-pipeline.yml", dir), strbuf_str(&project.spec), &err) &&
         os_write_private_file(arena_printf(arena, "%s/transformations/sources.py", dir),
                               strbuf_str(&project.sources), &err) &&
         os_write_file(arena_printf(arena, "%s/transformations/tables.sql", dir),
                       strbuf_str(&project.tables), &err) &&
         os_write_file(arena_printf(arena, "%s/NOT_EXPRESSED.md", dir), strbuf_str(&list), &err);
    strbuf_done(&list);
    if (ok) {
        printf("%s is written; try it with\n  spark-pipelines dry-run --spec %s/spark-pipeline.yml\n", dir, dir);
        if (project.not_expressed_count)
            printf("What it does not say (NOT_EXPRESSED.md):\n%s", strbuf_c(&project.not_expressed));
    }
    spark_sdp_done(&project);
    return ok ? EXIT_DONE : tell_error(options, &err);
}

int cmd_export(int argc, char **argv)
{
    const char *dir = NULL;
    bool sdp = false;
    const Option own[] = {
        {"out", "DIR", "the folder to write (made when missing)", &dir, NULL},
        {"sdp", NULL, "a project of Spark Declarative Pipelines instead", NULL, &sdp},
        {0},
    };
    Options options = {
        .command = "export",
        .synopsis = "weir export spark FILE --out DIR",
        .about = "Writes what Apache Spark needs to run the pipeline without weir: the plan as JSON\n"
                 "and the runner. Then: spark-submit --properties-file DIR/spark.conf DIR/run.py run\n"
                 "With --sdp: a project for `spark-pipelines run`, as far as such a project can say it;\n"
                 "what it cannot is printed, and written to DIR/NOT_EXPRESSED.md.\n"
                 "The plan and spark.conf hold the settings that are in force, passwords among them:\n"
                 "these files are for your eyes alone.\n",
        .options = own,
    };
    const char *file;
    PipelineSpec *collecting;
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
    if (sdp) {
        status = export_sdp(&options, &arena, file, dir);
        goto done;
    }
    collecting =
        load_pipeline_input(&options, &arena, file, (PipelineInput){.part = PART_COLLECTING});
    if (!collecting)
        goto done;
    spec = load_pipeline_input(&options, &arena, file,
                               (PipelineInput){.part = PART_CLUSTER, .engine_spark = true});
    if (!spec)
        goto done;
    if (!spark_export(spec, dir, &err)) {
        status = tell_error(&options, &err);
        goto done;
    }
    printf("%s/run.py, plan.json, spark.conf and the runner are written; run it with\n"
           "  spark-submit --properties-file %s/spark.conf %s/run.py run\n",
           dir, dir, dir);
    if (collecting->flow_count)
        printf("Flows that collect from outside into topics are weir's (%u here); run them beside it with\n"
               "  weir run %s --collect\n",
               collecting->flow_count, file);
    status = EXIT_DONE;
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}
